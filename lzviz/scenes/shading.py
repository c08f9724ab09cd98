"""The street's shader: light, shadow, texture, air and sky, per pixel, on top of the drawn colours."""

import cv2
import numpy as np

from lzviz.scenes import stage as st
from lzviz.scenes.noise import cells, grain, lookup, smoothstep, tile
from lzviz.scenes.paint import Band, Frame
from lzviz.scenes.stage import EYE_X, EYE_Y, FOCAL, HAZE, HAZE_DISTANCE, KERB, ROAD, WALL, Stage, shade

_CONTACT = (512, 1536)  # the lattice soft contact shadows are drawn on, over x -1.5..1.5, y 0..1 units


_SKY = np.array([(104, 150, 198), (164, 197, 222), (238, 228, 208), (255, 238, 206), (252, 249, 243)], np.float32)
_AIR = HAZE.astype(np.float32)


class StreetShader:
    """Called with one `Band` after another; returns (rows, w, 3) uint8."""

    def __init__(self, stage: Stage, frame: Frame, seed: int):
        self.stage, self.frame, self.seed = stage, frame, seed
        self.x = frame.columns()[None]
        self.shadows = self._shadows()
        self.contacts = _contacts(stage)
        self.clouds = tile(1.9, seed + 11)
        self.coarse, self.middle, self.fine = tile(1.3, 1), tile(0.9, 2), tile(0.35, 3)
        probe = self._puff(np.linspace(-0.6, 0.6, 64)[None], np.linspace(-0.57, -0.1, 64)[:, None])
        self.clear_share = float(np.quantile(probe, 0.52))  # so much of the sky stays clear, whatever the seed

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
        t = np.clip(-y / 0.62, 0, 1.6)[..., None]
        zenith, middle, low, sun, white = _SKY
        rise = low + (middle - low) * np.minimum(t / 0.35, 1) ** 0.8
        base = rise + (zenith - rise) * np.clip((t - 0.35) / 0.9, 0, 1)
        glow = 0.4 * np.exp(-(((x + 0.9) / 0.9) ** 2) - (y / 0.45) ** 2)
        puff = self._puff(x, y) - self.clear_share
        cover = 0.9 * smoothstep(0.0, 1.1, puff) * smoothstep(0.03, 0.2, -y)
        inner = smoothstep(0.3, 2.2, self._puff(x + 0.04, y - 0.03) - self.clear_share)
        clear = base * (1 - glow[..., None]) + glow[..., None] * sun
        return clear * (1 - cover[..., None]) + cover[..., None] * (white - inner[..., None] * (30, 25, 16))

    def _puff(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """How thick the clouds are at unit coordinates, before a threshold."""
        u, v = 0.22 * x + 0.21, 0.42 * y - 0.05 / (0.25 + np.clip(-y, 0, 9))
        return lookup(self.clouds, u, v) + 0.3 * lookup(self.coarse, u * 3, v * 3)

    def _ground(self, colour: np.ndarray, band: Band, y: np.ndarray) -> None:
        first = int(np.searchsorted(y[:, 0], 1e-4))
        kinds = band.materials[first:]
        paving = kinds == st.PAVING
        mask = (kinds == st.ASPHALT) | (kinds == st.MARKING) | paving
        if not mask.any():
            return
        y = y[first:]
        height = EYE_Y - np.float32(KERB) * paving
        z = FOCAL * height / y
        x = EYE_X + self.x * z / FOCAL
        pixel = 1 / self.frame.scale
        along = z * z * (pixel / FOCAL) / height  # metres of depth that a pixel covers
        z, along = (np.broadcast_to(a, kinds.shape) for a in (z, along))
        factor = self._asphalt(x, z, along)
        flat = np.flatnonzero(paving)
        factor.flat[flat] = self._paving(x.flat[flat], z.flat[flat], along.flat[flat])
        marks = kinds == st.MARKING
        if marks.any():
            wear = lookup(self.middle, x / 1.7, z / 1.7) + 0.5 * lookup(self.fine, x / 0.4, z / 0.4) * _fade(
                0.03, along
            )
            factor = np.where(marks, 0.93 - 0.13 * np.clip(wear, 0, 2), factor)
        lit = self.stage.lit(x, 0.0, z)
        lit *= 1 - self.shadows[band.top + first : band.bottom].astype(np.float32) / 255
        dark, bright = (0.92 * shade((0, 1.0, 0), s).astype(np.float32) for s in (0.0, 1.0))
        factor *= 1 - 0.34 * np.exp(-np.abs(WALL - np.abs(x)) / 0.7)
        factor *= 1 - 0.22 * np.exp(-np.abs(np.abs(x) - ROAD) / 0.18) * ~paving
        factor *= self._contact(y)
        ground = colour[first:] * (dark + (bright - dark) * lit[..., None]) * factor[..., None]
        ground += (_AIR - ground) * (1 - np.exp(-z / HAZE_DISTANCE))[..., None]
        np.copyto(colour[first:], ground, where=mask[..., None])

    def _asphalt(self, x, z, along) -> np.ndarray:
        """Blotches, tracks of tyres, grains of stone; each fades where a pixel covers more than it."""
        value = 1 + 0.055 * lookup(self.coarse, x / 17, z / 29)
        value += 0.035 * lookup(self.middle, x / 2.6, z / 5.2) * _fade(0.12, along)
        value += 0.06 * lookup(self.fine, x / 1.9, z / 1.9) * _fade(0.012, along)
        for lane in (-2.65, -1.1, 1.2, 2.75):
            value -= 0.055 * np.exp(-(((x - lane) / 0.32) ** 2))
        value -= 0.05 * np.exp(-(((np.abs(x) - 1.95) / 0.35) ** 2)) * (0.6 + 0.4 * lookup(self.coarse, x / 9, z / 40))
        return value

    def _paving(self, x, z, along) -> np.ndarray:
        """Slabs of .6 x .45 m in a bond, each a little different, with dark joints. All (n,)."""
        row = np.floor(z / 0.45)
        u = x / 0.6 + 0.5 * (row % 2)
        joint = np.minimum(np.minimum(u % 1, 1 - u % 1) * 0.6, np.minimum(z / 0.45 % 1, 1 - z / 0.45 % 1) * 0.45)
        tint = cells(self.fine, np.floor(u), row) * _fade(0.22, along)
        soft = np.maximum(along, 0.008)
        dark = np.exp(-((joint / soft) ** 2)) * np.clip(0.010 / soft, 0, 1)
        dust = cells(self.middle, x / 0.011, z / 0.011) * _fade(0.012, along)
        return 1 + 0.03 * tint - 0.34 * dark + 0.03 * dust + 0.04 * cells(self.coarse, x / 0.05, z / 0.05)

    def _walls(self, colour: np.ndarray, band: Band, y: np.ndarray) -> None:
        kinds = band.materials
        sides = (kinds >= st.PLASTER_LEFT) & (kinds <= st.BRICK_RIGHT)
        fronts = (kinds >= st.PLASTER_FRONT) & (kinds <= st.ROOF)
        if not (sides.any() or fronts.any()):
            return
        brick = (kinds == st.BRICK_LEFT) | (kinds == st.BRICK_RIGHT)
        wall = np.where(self.x < 0, -WALL - EYE_X, WALL - EYE_X).astype(np.float32)
        z = (FOCAL * wall / np.where(np.abs(self.x) < 1e-4, 1e-4, self.x)).clip(0.5, 400).astype(np.float32)
        up = EYE_Y - y * z / FOCAL
        foot = z / FOCAL / self.frame.scale * np.maximum(1, z / WALL)
        value = 1 + 0.035 * lookup(self.coarse, z / 13, up / 17)
        value += 0.05 * lookup(self.middle, z / 2.4, up / 9) * _fade(0.1, foot) * np.exp(-np.clip(up, 0, 99) / 14)
        value += 0.04 * lookup(self.fine, z / 1.3, up / 1.3) * _fade(0.012, foot)
        value -= 0.20 * np.exp(-np.clip(up, 0, 99) / 0.55)
        some = np.flatnonzero(brick)
        column = some % z.shape[1]
        value.flat[some] *= self._bricks(z[0, column], up.flat[some], foot[0, column])
        flat = 1 + 0.03 * lookup(self.coarse, self.x, y) + 0.02 * lookup(self.fine, self.x * 3, y * 3)
        value = np.where(sides, value, np.where(fronts, flat, 1))
        colour *= value[..., None].astype(np.float32)

    def _bricks(self, z, up, foot) -> np.ndarray:
        """Courses of bricks with pale joints. All (n,)."""
        row = np.floor(up / 0.085)
        u = z / 0.25 + 0.5 * (row % 2)
        tint = cells(self.fine, np.floor(u), row)
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
        x0, _, x1, y1 = frame.extent()
        for polygons in self.stage.ground_shadows():
            low, high = polygons.min(1), polygons.max(1)
            seen = (high[:, 0] > x0) & (low[:, 0] < x1) & (low[:, 1] < y1)
            corners = np.clip(polygons[seen] * frame.scale + frame.origin - 0.5, -(2**20), 2**20)
            for polygon in np.rint(corners * 256).astype(np.int32):
                cv2.fillPoly(mask, [polygon], 255, cv2.LINE_8, 8)
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
        eye = EYE_Y - (KERB if abs(x) > ROAD else 0)
        near, far = max(z - rz * 1.9, 1.0), z + rz * 1.9
        depth = max(z, 1.0)
        y0, y1 = FOCAL * eye / far * h, FOCAL * eye / near * h
        half = FOCAL * rx * 1.9 / near
        x0, x1 = (((x - EYE_X) * FOCAL / depth + s * half + 1.5) / 3 * w for s in (-1, 1))
        a, b, c, d = max(0, int(y0)), min(h, int(y1) + 2), max(0, int(x0)), min(w, int(x1) + 2)
        if a >= b or c >= d:
            continue
        zz = FOCAL * eye / ((np.arange(a, b)[:, None] + 0.5) / h)
        xx = EYE_X + ((np.arange(c, d)[None] + 0.5) / w * 3 - 1.5) * zz / FOCAL
        far_out = np.maximum(np.abs(xx - x) / rx, 0) ** 5 + np.abs((zz - z) / rz) ** 5
        spot = 0.80 * np.exp(-1.1 * far_out)
        dark[a:b, c:d] = 1 - (1 - dark[a:b, c:d]) * (1 - spot)
    return dark


def _finish(colour: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """A gentle curve, warm lights and cool darks, a little grain; to bytes."""
    tone = colour * (1 / 255)
    tone = tone + 0.10 * (tone - 0.5) * (1 - np.clip(tone, 0, 1)) * np.clip(tone, 0, 1) * 4
    tone = tone * np.array((1.015, 1.0, 0.985), np.float32) + np.array((0.004, 0.006, 0.014), np.float32)
    return np.clip(tone * 255 + noise[..., None] * 1.3 + 0.5, 0, 255).astype(np.uint8)
