"""The street's shader: light, shadow, texture, air and sky, per pixel, on top of the drawn colours."""

import cv2
import numpy as np

from lzviz.scenes import stage as st
from lzviz.scenes.noise import grain, lookup, smoothstep, tile
from lzviz.scenes.paint import Band, Frame
from lzviz.scenes.stage import EYE, FOCAL, HAZE, HAZE_DISTANCE, KERB, ROAD, WALL, Stage, shade

_CONTACT = (512, 1536)  # the lattice soft contact shadows are drawn on, over x -1.5..1.5, y 0..1 units


class StreetShader:
    """Called with one `Band` after another; returns (rows, w, 3) uint8."""

    def __init__(self, stage: Stage, frame: Frame, seed: int):
        self.stage, self.frame, self.seed = stage, frame, seed
        self.x = frame.columns()[None]
        self.shadows = self._shadows()
        self.contacts = _contacts(stage)
        self.clouds = tile(1.65, seed + 11)
        self.coarse, self.middle, self.fine = tile(1.3, 1), tile(0.9, 2), tile(0.35, 3)

    def __call__(self, band: Band) -> np.ndarray:
        y = self.frame.rows(band.top, band.bottom)[:, None]
        colour = band.colour
        if (band.backdrop > 0).any():
            colour += band.backdrop[..., None] * self._sky(y)
        if y.max() > 0:
            self._ground(colour, band, y)
        self._walls(colour, band, y)
        self._leaves(colour, band, y)
        return _finish(colour, grain(band.top, band.materials.shape, self.seed))

    def _sky(self, y: np.ndarray) -> np.ndarray:
        """(rows, w, 3): blue above, warm and pale at the horizon, clouds lit from the left."""
        x = self.x
        height = np.clip(-y / 0.62, 0, 1.6)
        zenith, middle, low = np.array((104, 150, 198.0)), np.array((164, 197, 222.0)), np.array((238, 228, 208.0))
        t = height[..., None]
        base = np.where(t < 0.35, low + (middle - low) * (t / 0.35) ** 0.8, middle + (zenith - middle) * np.clip((t - 0.35) / 0.9, 0, 1))
        glow = np.exp(-(((x + 0.9) / 0.9) ** 2) - (y / 0.45) ** 2)[..., None]
        base = base + glow * (np.array((255, 238, 206.0)) - base) * 0.4
        lift = 1 / (0.35 + np.clip(-y, 0, 9))
        u, v = 0.16 * x * lift + 0.1, 0.30 * lift + 0 * x
        puff = lookup(self.clouds, u, v) + 0.28 * lookup(self.coarse, u * 5, v * 5)
        cover = smoothstep(0.05, 1.5, puff) * smoothstep(0.02, 0.16, -y)
        inner = smoothstep(0.5, 2.2, lookup(self.clouds, u + 0.012, v - 0.01))
        cloud = np.array((252, 249, 243.0)) - inner[..., None] * np.array((34, 28, 18.0))
        return (base + (cloud - base) * (0.86 * cover)[..., None]).astype(np.float32)

    def _ground(self, colour: np.ndarray, band: Band, y: np.ndarray) -> None:
        first = int(np.searchsorted(y[:, 0], 1e-4))
        kinds = band.materials[first:]
        paving = kinds == st.PAVING
        mask = (kinds == st.ASPHALT) | (kinds == st.MARKING) | paving
        if not mask.any():
            return
        y = y[first:]
        height = EYE[1] - np.where(paving, KERB, 0).astype(np.float32)
        z = FOCAL * height / y
        x = EYE[0] + self.x * z / FOCAL
        pixel = 1 / self.frame.scale
        across, along = z * (pixel / FOCAL), z * z * (pixel / FOCAL) / height  # metres a pixel covers
        factor = self._asphalt(x, z, across, along)
        factor = np.where(paving, self._paving(x, z, along), factor)
        marks = kinds == st.MARKING
        if marks.any():
            wear = lookup(self.middle, x / 1.7, z / 1.7) + 0.5 * lookup(self.fine, x / 0.4, z / 0.4) * _fade(0.03, along)
            factor = np.where(marks, 0.93 - 0.13 * np.clip(wear, 0, 2), factor)
        lit = self.stage.lit(np.stack([x, 0 * x, z], -1)).astype(np.float32)
        lit *= 1 - self.shadows[band.top + first : band.bottom].astype(np.float32) / 255
        light = (shade([0, 1.0, 0], 0.0) + (shade([0, 1.0, 0], 1.0) - shade([0, 1.0, 0], 0.0)) * lit[..., None]) * 0.92
        walls = np.abs(x) > ROAD
        corner = 1 - 0.34 * np.exp(-np.abs(WALL - np.abs(x)) / 0.7) - 0.30 * walls * 0
        gutter = 1 - 0.22 * np.exp(-np.abs(np.abs(x) - ROAD) / 0.18) * ~paving
        factor = factor * corner * gutter * self._contact(y)
        ground = colour[first:] * light * factor[..., None]
        air = (1 - np.exp(-z / HAZE_DISTANCE))[..., None]
        ground += (HAZE - ground) * air
        np.copyto(colour[first:], ground, where=mask[..., None], casting="same_kind")

    def _asphalt(self, x, z, across, along) -> np.ndarray:
        """Blotches, tracks of tyres, grains of stone; each fades where a pixel covers more than it."""
        value = 1 + 0.055 * lookup(self.coarse, x / 17, z / 29)
        value += 0.035 * lookup(self.middle, x / 2.6, z / 5.2) * _fade(0.12, along)
        value += 0.06 * lookup(self.fine, x / 1.9, z / 1.9) * _fade(0.012, along)
        for lane in (-2.65, -1.1, 1.2, 2.75):
            value -= 0.055 * np.exp(-(((x - lane) / 0.32) ** 2))
        value -= 0.05 * np.exp(-(((np.abs(x) - 1.95) / 0.35) ** 2)) * (0.6 + 0.4 * lookup(self.coarse, x / 9, z / 40))
        return value

    def _paving(self, x, z, along) -> np.ndarray:
        """Slabs of .6 x .45 m in a bond, each a little different, with dark joints."""
        row = np.floor(z / 0.45)
        u = x / 0.6 + 0.5 * (row % 2)
        joint = np.minimum(np.minimum(u % 1, 1 - u % 1) * 0.6, np.minimum(z / 0.45 % 1, 1 - z / 0.45 % 1) * 0.45)
        tint = lookup(self.fine, np.floor(u) * 0.377, row * 0.613) * _fade(0.22, along)
        soft = np.maximum(along, 0.008)
        dark = np.exp(-((joint / soft) ** 2)) * np.clip(0.010 / soft, 0, 1)
        value = 1 + 0.05 * lookup(self.coarse, x / 8, z / 11) + 0.035 * tint - 0.34 * dark
        return value + 0.04 * lookup(self.fine, x / 1.4, z / 1.4) * _fade(0.012, along)

    def _walls(self, colour: np.ndarray, band: Band, y: np.ndarray) -> None:
        kinds = band.materials
        sides = (kinds >= st.PLASTER_LEFT) & (kinds <= st.BRICK_RIGHT)
        fronts = (kinds >= st.PLASTER_FRONT) & (kinds <= st.ROOF)
        if not (sides.any() or fronts.any()):
            return
        brick = (kinds == st.BRICK_LEFT) | (kinds == st.BRICK_RIGHT)
        wall = np.where(self.x < 0, -WALL, WALL) - EYE[0]
        z = (FOCAL * wall / np.where(np.abs(self.x) < 1e-4, 1e-4, self.x)).clip(0.5, 400).astype(np.float32)
        up = EYE[1] - y * z / FOCAL
        foot = z / FOCAL / self.frame.scale * np.maximum(1, z / WALL)
        value = 1 + 0.035 * lookup(self.coarse, z / 13, up / 17)
        value += 0.05 * lookup(self.middle, z / 2.4, up / 9) * _fade(0.1, foot) * np.exp(-np.clip(up, 0, 99) / 14)
        value += 0.04 * lookup(self.fine, z / 1.3, up / 1.3) * _fade(0.012, foot)
        value -= 0.20 * np.exp(-np.clip(up, 0, 99) / 0.55)
        value = np.where(brick, value * self._bricks(z, up, foot), value)
        flat = 1 + 0.03 * lookup(self.coarse, self.x, y) + 0.02 * lookup(self.fine, self.x * 3, y * 3)
        value = np.where(sides, value, np.where(fronts, flat, 1))
        colour *= value[..., None].astype(np.float32)

    def _bricks(self, z, up, foot) -> np.ndarray:
        row = np.floor(up / 0.085)
        u = z / 0.25 + 0.5 * (row % 2)
        tint = lookup(self.fine, np.floor(u) * 0.377, row * 0.613)
        edge = np.minimum(np.minimum(u % 1, 1 - u % 1) * 0.25, np.minimum(up / 0.085 % 1, 1 - up / 0.085 % 1) * 0.085)
        joint = np.exp(-((edge / np.maximum(foot * 0.6, 0.009)) ** 2))
        return 1 + (0.07 * tint + 0.22 * joint - 0.05) * _fade(0.05, foot)

    def _leaves(self, colour: np.ndarray, band: Band, y: np.ndarray) -> None:
        mask = band.materials == st.FOLIAGE
        if mask.any():
            value = 1 + 0.10 * lookup(self.middle, self.x * 2.2, y * 2.2)
            colour *= np.where(mask, value, 1)[..., None]

    def _shadows(self) -> np.ndarray:
        """(h, w) uint8: 255 where something in the street keeps the sun from the ground."""
        frame = self.frame
        mask = np.zeros(frame.size, np.uint8)
        for polygon in self.stage.shadows:
            corners = polygon * frame.scale + frame.origin - 0.5
            corners = np.rint(np.clip(corners, -(2**20), 2**20) * 256).astype(np.int32)
            cv2.fillPoly(mask, [corners], 255, cv2.LINE_8, 8)
        return cv2.GaussianBlur(mask, (0, 0), max(0.6, 0.0013 * frame.scale))

    def _contact(self, y: np.ndarray) -> np.ndarray:
        """(rows, w) the soft darkness under things, from its own coarse lattice."""
        h, w = _CONTACT
        u, v = np.broadcast_arrays((self.x + 1.5) / 3 * w - 0.5, y * h - 0.5)
        return 1 - cv2.remap(self.contacts, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR)


def _fade(detail: float, footprint: np.ndarray) -> np.ndarray:
    """How much of a texture `detail` metres fine is left where a pixel covers `footprint` metres."""
    return np.clip(2.0 * detail / np.maximum(footprint, 1e-6), 0, 1)


def _contacts(stage: Stage) -> np.ndarray:
    """Soft ellipses on the ground under everything that stands on it, (512, 1536) float32 in 0..1."""
    h, w = _CONTACT
    dark = np.zeros(_CONTACT, np.float32)
    for x, z, rx, rz in stage.contacts:
        near, far = max(z - rz * 1.9, 1.0), z + rz * 1.9
        depth = max(z, 1.0)
        y0, y1 = FOCAL * EYE[1] / far * h, FOCAL * EYE[1] / near * h
        half = FOCAL * rx * 1.9 / near
        x0, x1 = (((x - EYE[0]) * FOCAL / depth + s * half + 1.5) / 3 * w for s in (-1, 1))
        a, b, c, d = max(0, int(y0)), min(h, int(y1) + 2), max(0, int(x0)), min(w, int(x1) + 2)
        if a >= b or c >= d:
            continue
        zz = FOCAL * EYE[1] / ((np.arange(a, b)[:, None] + 0.5) / h)
        xx = EYE[0] + ((np.arange(c, d)[None] + 0.5) / w * 3 - 1.5) * zz / FOCAL
        far_out = np.maximum(np.abs(xx - x) / rx, 0) ** 4 + np.abs((zz - z) / rz) ** 4
        spot = 0.72 * np.exp(-1.1 * far_out)
        dark[a:b, c:d] = 1 - (1 - dark[a:b, c:d]) * (1 - spot)
    return dark


def _finish(colour: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """A gentle curve, warm lights and cool darks, a little grain; to bytes."""
    tone = colour / 255
    tone = tone + 0.10 * (tone - 0.5) * (1 - np.clip(tone, 0, 1)) * np.clip(tone, 0, 1) * 4
    tone = tone * np.array((1.015, 1.0, 0.985), np.float32) + np.array((0.004, 0.006, 0.014), np.float32)
    return np.clip(tone * 255 + noise[..., None] * 1.7 + 0.5, 0, 255).astype(np.uint8)
