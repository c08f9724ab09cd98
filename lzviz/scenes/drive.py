"""A frame of a clip: ground, sky, facades, trees and everybody in the street, far things first, with OpenCV.

Camera, metres: x to the right, y down, z ahead; pixel edges u = f x / z + w / 2, v = f y / z + horizon. What moves is drawn
in a patch of its own, supersampled, and laid over the picture by its coverage; pixels that it covers by half are its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from lzviz.scenes import facades, surfaces
from lzviz.scenes.noise import lookup, tile
from lzviz.scenes.solids import Solid
from lzviz.scenes.traffic import EYE, ROAD, SIDE_STREET, SIGHT, WALL, Building, Traffic

NEAREST = 0.8
"""Metres in front of the camera where things are cut off."""
HAZE = np.array((214.0, 218.0, 220.0))
SUN = np.array((-0.50, 0.76, -0.42))
ASPHALT, PAVING, KERB, PAINT = (98, 99, 103), (158, 152, 143), (182, 178, 170), (226, 224, 216)
FINE = 22
"""Pixels of height from which small parts are drawn."""


@dataclass(frozen=True)
class Camera:
    """size (h, w) pixels; x, z, yaw in the world, yaw positive to the right."""

    size: tuple[int, int]
    x: float
    z: float
    yaw: float

    @property
    def focal(self) -> float:
        """Pixels: 80 degrees across."""
        return 0.6 * self.size[1]

    @property
    def horizon(self) -> float:
        """Its row, in pixel edges."""
        return 0.46 * self.size[0]

    def seen(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3) X, Y up, Z, in camera coordinates."""
        across, ahead = points[..., 0] - self.x, points[..., 2] - self.z
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        return np.stack([across * cos - ahead * sin, EYE - points[..., 1], across * sin + ahead * cos], -1)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Camera points (..., 3), z > 0, in pixel edges (..., 2)."""
        middle = np.array([self.size[1] / 2, self.horizon])
        return points[..., :2] * self.focal / points[..., 2:] + middle

    def ground(self, polygon: np.ndarray) -> np.ndarray | None:
        """A convex polygon (k, 2) of X, Z on the ground, in pixel edges; ``None`` where it is behind the camera."""
        points = clipped(self.seen(np.stack([polygon[:, 0], 0 * polygon[:, 0], polygon[:, 1]], 1)))
        return None if len(points) < 3 else self.project(points)


def clipped(points: np.ndarray) -> np.ndarray:
    """A polygon in camera coordinates, without what is nearer than :data:`NEAREST`."""
    if points[:, 2].min() >= NEAREST:
        return points
    out = []
    for a, b in zip(points, np.roll(points, -1, 0), strict=True):
        if a[2] >= NEAREST:
            out.append(a)
        if (a[2] >= NEAREST) != (b[2] >= NEAREST):
            out.append(a + (b - a) * (NEAREST - a[2]) / (b[2] - a[2]))
    return np.array(out).reshape(-1, 3)


def fill(image: np.ndarray, polygon: np.ndarray, colour, shift: int = 4, line: int = cv2.LINE_AA) -> None:
    """A convex polygon in pixel edges."""
    corners = np.clip(np.rint((polygon - 0.5) * (1 << shift)), -(2**26), 2**26).astype(np.int32)
    cv2.fillConvexPoly(image, corners, colour, line, shift)


class Painter:
    """Draws one camera's picture; ``owners`` (h, w) int32 says whose pixels they are, -1 where nobody's."""

    def __init__(self, camera: Camera, seed: int):
        self.camera, self.seed = camera, seed
        h, w = camera.size
        self.image = np.empty((h, w, 3), np.uint8)
        self.owners = np.full((h, w), -1, np.int32)
        self.drawn: dict[int, tuple[slice, slice, int]] = {}  # owner: where it was drawn, and on how many pixels

    # -- what stands still -------------------------------------------------------------------------------------------

    def background(self, traffic: Traffic) -> None:
        """Sky, ground, and what is beyond sight."""
        camera, image = self.camera, self.image
        row = min(max(round(camera.horizon), 0), camera.size[0])
        sky = surfaces.sky(camera.size, self.seed)
        shift = round(camera.yaw * camera.focal)
        start = min(max((sky.shape[1] - camera.size[1]) // 2 + shift, 0), sky.shape[1] - camera.size[1])
        image[:row] = sky[:row, start : start + camera.size[1]]
        image[row:] = PAVING
        self._ground(traffic)
        self._texture(row)

    def _ground(self, traffic: Traffic) -> None:
        near, far = self.camera.z - 2, self.camera.z + 900
        strips = [(-ROAD - 0.18, ROAD + 0.18, KERB), (-ROAD, ROAD, ASPHALT)]
        strips += [(x - 0.06, x + 0.06, PAINT) for x in (-ROAD + 2.1, ROAD - 2.1)]
        for x0, x1, colour in strips:
            self._flat(x0, x1, near, far, colour)
        ends = np.arange(np.floor(near / 9) * 9, near + 260, 9)
        for z in ends:
            self._flat(-0.07, 0.07, z, z + 4, PAINT)
        for block in traffic.blocks:
            if block.crossing is None or not near - 10 < block.crossing < near + SIGHT:
                continue
            z = block.crossing
            for side in (-1, 1):
                x0, x1 = sorted((side * (ROAD - 0.2), side * 90))
                self._flat(x0, x1, z - SIDE_STREET, z + SIDE_STREET, ASPHALT)
            self._flat(-ROAD, ROAD, z - SIDE_STREET, z + SIDE_STREET, ASPHALT)
            for x in np.arange(-ROAD + 0.5, ROAD - 0.5, 1.1):
                self._flat(x, x + 0.55, z - SIDE_STREET - 3, z - SIDE_STREET, PAINT)

    def _flat(self, x0: float, x1: float, z0: float, z1: float, colour) -> None:
        polygon = self.camera.ground(np.array([(x0, z0), (x1, z0), (x1, z1), (x0, z1)]))
        if polygon is not None:
            fill(self.image, polygon, colour)

    def _texture(self, row: int) -> None:
        """Grain of the ground that passes by, and the air over it."""
        camera, (h, w) = self.camera, self.camera.size
        v = np.arange(row, h, dtype=np.float32)[:, None] + np.float32(0.5 - camera.horizon)
        if not len(v):
            return
        ahead = camera.focal * EYE / np.maximum(v, 0.4)
        across = (np.arange(w, dtype=np.float32)[None] + np.float32(0.5 - w / 2)) * (ahead / camera.focal)
        cos, sin = np.float32(np.cos(camera.yaw)), np.float32(np.sin(camera.yaw))
        x, z = camera.x + across * cos + ahead * sin, camera.z % 1000 + ahead * cos - across * sin
        foot = ahead**2 / (camera.focal * EYE)  # metres of depth that a pixel covers
        gain = 1 + 0.05 * lookup(tile(1.2, 1), x / 11, z / 17)
        near = int(np.searchsorted(-foot[:, 0], -0.25))
        if near < len(foot):
            grain = lookup(tile(0.35, 3), x[near:] / 2.1, z[near:] / 2.1)
            gain[near:] += 0.055 * np.minimum(0.03 / foot[near:], 1) * grain
        air = np.exp(-ahead / 420)
        part = self.image[row:]
        part[:] = np.clip(part * (gain * air)[..., None] + HAZE * (1 - air)[..., None], 0, 255)

    def building(self, building: Building) -> None:
        """A facade along the street, and the wall that faces the camera."""
        b, camera = building, self.camera
        x = b.side * WALL
        flank = np.array(
            [(x, 0, b.z0), (x + b.side * 14, 0, b.z0), (x + b.side * 14, b.height, b.z0), (x, b.height, b.z0)]
        )
        points = clipped(camera.seen(flank))
        air = float(np.exp(-max(b.z0 - camera.z, 0) / 300))
        colour = facades.WALLS[b.colour]
        if len(points) >= 3:
            fill(self.image, camera.project(points), (colour * 0.62 * air + HAZE * (1 - air)).tolist())
        ends = camera.seen(np.array([(x, 0, b.z0), (x, 0, b.z1)]))
        if ends[:, 2].max() <= NEAREST + 0.2:
            return
        t = (
            np.clip((NEAREST - ends[:, 2]) / (ends[::-1, 2] - ends[:, 2]), 0, 1)
            if ends[:, 2].min() < NEAREST
            else 0 * ends[:, 2]
        )
        starts = (float(t[0]) if ends[0, 2] < NEAREST else 0.0, 1 - float(t[1]) if ends[1, 2] < NEAREST else 1.0)
        zs = [b.z0 + (b.z1 - b.z0) * s for s in starts]
        wall = camera.seen(np.array([(x, b.height, zs[0]), (x, b.height, zs[1]), (x, 0, zs[1]), (x, 0, zs[0])]))
        self._wall(camera.project(wall), starts, b, air)

    def _wall(self, corners: np.ndarray, ends: tuple[float, float], b: Building, air: float) -> None:
        h, w = self.camera.size
        low, high = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int) + 1
        x0, y0, x1, y1 = max(low[0], 0), max(low[1], 0), min(high[0], w), min(high[1], h)
        if x0 >= x1 or y0 >= y1:
            return
        texture = surfaces.wall_texture(b)
        shown = max(float(np.abs(np.diff(corners[:2, 0]))[0]), 1.0) / max(ends[1] - ends[0], 1e-3)
        while texture.shape[1] > max(2 * shown, 4) and min(texture.shape[:2]) > 4:
            texture = cv2.resize(texture, (texture.shape[1] // 2, texture.shape[0] // 2), interpolation=cv2.INTER_AREA)
        tinted = np.clip(texture * (air * (0.84 if b.side < 0 else 1.04)) + HAZE * (1 - air), 0, 255).astype(np.uint8)
        th, tw = tinted.shape[:2]
        source = (
            np.array([(ends[0] * tw, 0), (ends[1] * tw, 0), (ends[1] * tw, th), (ends[0] * tw, th)], np.float32) - 0.5
        )
        target = (corners - [x0, y0] - 0.5).astype(np.float32)
        matrix = cv2.getPerspectiveTransform(source, target)
        part = np.ascontiguousarray(self.image[y0:y1, x0:x1])
        mask = np.zeros(part.shape[:2], np.uint8)
        fill(mask, corners - [x0, y0], 255)
        drawn = cv2.warpPerspective(
            tinted, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        _over(part, drawn, mask)
        self.image[y0:y1, x0:x1] = part

    def pole(self, x: float, z: float) -> None:
        foot = self.camera.seen(np.array([(x, 0.1, z), (x, 6.2, z), (x * 0.78, 6.3, z)]))
        if foot[:, 2].min() < 1.5:
            return
        half = max(0.07 * self.camera.focal / foot[0, 2], 0.3)
        a, b, c = self.camera.project(foot)
        wide = np.array((half, 0))
        stem = np.array([a + wide, b + wide * 0.7, b - wide * 0.7, a - wide])
        thin = np.array((0, half * 0.6))
        arm = np.array([b - thin, c - thin, c + thin, b + thin])
        air = float(np.exp(-foot[0, 2] / 300))
        self._patch([stem, arm], [np.array((74, 78, 82)) * air + HAZE * (1 - air)] * 2, -1)

    def tree(self, x: float, z: float, radius: float, variant: int) -> None:
        """A trunk and a crown; both hide what is behind."""
        base = self.camera.seen(np.array([(x, 0.0, z), (x, 3.0 + radius, z)]))
        depth = float(base[0, 2])
        if depth < 2.5:
            return
        scale = self.camera.focal / depth
        foot, middle = self.camera.project(base)
        air = float(np.exp(-depth / 300))
        trunk = max(0.14 * scale, 0.4)
        stem = np.array([(foot[0] - trunk, foot[1]), (foot[0] + trunk, foot[1]), (foot[0] + trunk * 0.7, middle[1]),
                         (foot[0] - trunk * 0.7, middle[1])])  # fmt: skip
        self._patch([stem], [(np.array((92, 78, 66)) * air + HAZE * (1 - air))], -1)
        half = (1.15 * radius * scale, radius * scale)
        x0, y0 = (round(float(m - n)) for m, n in zip(middle, half, strict=True))
        width, height = max(round(2 * half[0]), 1), max(round(2 * half[1]), 1)
        crown = surfaces.crown(variant)
        interpolation = cv2.INTER_AREA if width < crown.shape[1] else cv2.INTER_LINEAR
        h, w = self.camera.size
        if x0 >= w or y0 >= h or x0 + width <= 0 or y0 + height <= 0:
            return
        crown = cv2.resize(crown, (width, height), interpolation=interpolation)
        colour = np.clip(crown[..., :3] * air + HAZE * (1 - air), 0, 255).astype(np.uint8)
        self._lay(x0, y0, colour, crown[..., 3], -1)

    # -- what moves ----------------------------------------------------------------------------------------------------

    def shadow(self, footprint: np.ndarray) -> None:
        """Darkness under something, of a convex outline (k, 2) on the ground."""
        polygon = self.camera.ground(footprint)
        if polygon is not None:
            self._patch([polygon], [np.array((34.0, 35.0, 38.0))], None, 0.5)

    def solid(self, solid: Solid, points: np.ndarray, owner: int, yaw: float) -> None:
        """A solid whose points are ``points`` (V, 3) in camera coordinates, all in front of it; ``yaw`` in the world."""
        camera = self.camera
        flat = camera.project(points)
        tall = float(np.ptp(flat[:, 1]))
        cos, sin = np.cos(yaw - camera.yaw), np.sin(yaw - camera.yaw)
        a, b, c = solid.normals.T
        normals = np.stack([a * cos + c * sin, -b, c * cos - a * sin], 1)
        firsts = points[[face[0] for face in solid.faces]]
        shown = (normals * firsts).sum(1) < 0
        if tall < FINE:
            shown &= ~solid.fine
        world = np.stack([a * np.cos(yaw) + c * np.sin(yaw), b, c * np.cos(yaw) - a * np.sin(yaw)], 1)
        light = 0.58 + 0.62 * np.maximum(world @ SUN, 0) + 0.10 * b
        air = np.exp(-float(points[:, 2].mean()) / 300)
        colours = np.clip(solid.colours * light[:, None], 0, 255) * air + HAZE * (1 - air)
        centres = np.array([points[face].mean(0) for face in solid.faces])
        far = np.linalg.norm(centres, axis=1)
        depth = np.bincount(solid.parts, far) / np.bincount(solid.parts)
        order = np.argsort(-depth[solid.parts], kind="stable")
        order = order[shown[order]]
        self._patch([flat[solid.faces[k]] for k in order], [colours[k] for k in order], owner)

    def _patch(self, polygons: list[np.ndarray], colours: list, owner: int | None, opacity: float = 1.0) -> None:
        """Polygons in pixel edges, supersampled and laid over the picture; owner ``None``: nobody's, and hides nothing."""
        if not polygons:
            return
        every = np.concatenate(polygons)
        low, high = np.floor(every.min(0)).astype(int) - 1, np.ceil(every.max(0)).astype(int) + 1
        h, w = self.camera.size
        x0, y0, x1, y1 = max(low[0], 0), max(low[1], 0), min(high[0], w), min(high[1], h)
        if x0 >= x1 or y0 >= y1:
            return
        longest = max(x1 - x0, y1 - y0)
        factor = 8 if longest < 24 else 4 if longest < 160 else 2
        patch = np.zeros(((y1 - y0) * factor, (x1 - x0) * factor, 3), np.uint8)
        cover = np.zeros(patch.shape[:2], np.uint8)
        for polygon, colour in zip(polygons, colours, strict=True):
            corners = np.clip(np.rint(((polygon - [x0, y0]) * factor - 0.5) * 16), -(2**26), 2**26).astype(np.int32)
            cv2.fillConvexPoly(patch, corners, colour.tolist(), cv2.LINE_8, 4)
            cv2.fillConvexPoly(cover, corners, 255, cv2.LINE_8, 4)
        size = (x1 - x0, y1 - y0)
        alpha = cv2.resize(cover, size, interpolation=cv2.INTER_AREA)
        colour = cv2.resize(patch, size, interpolation=cv2.INTER_AREA)  # premultiplied: the patch is black outside
        part = self.image[y0:y1, x0:x1]
        rest = 255 - alpha.astype(np.uint16)
        mixed = part * rest[..., None] // 255 + colour
        part[:] = mixed if opacity == 1 else part + (mixed.astype(np.float32) - part) * opacity
        if owner is not None:
            self._own(x0, y0, alpha, owner)

    def _lay(self, x0: int, y0: int, colour: np.ndarray, alpha: np.ndarray, owner: int) -> None:
        """An image with its coverage at a place that may reach out of the picture."""
        (h, w), (height, width) = self.camera.size, alpha.shape
        left, top, right, bottom = max(x0, 0), max(y0, 0), min(x0 + width, w), min(y0 + height, h)
        inside = (slice(top - y0, bottom - y0), slice(left - x0, right - x0))
        part = self.image[top:bottom, left:right]
        _over(part, colour[inside], alpha[inside])
        self._own(left, top, alpha[inside], owner)

    def _own(self, x0: int, y0: int, alpha: np.ndarray, owner: int) -> None:
        mask = alpha >= 128
        part = self.owners[y0 : y0 + mask.shape[0], x0 : x0 + mask.shape[1]]
        part[mask] = owner
        if owner >= 0:
            here = slice(y0, y0 + mask.shape[0]), slice(x0, x0 + mask.shape[1])
            self.drawn[owner] = (*here, int(mask.sum()))

    def seen(self, owner: int) -> tuple[np.ndarray, int, int] | None:
        """Of an owner the box (4,) of its pixels in sight, their number, and the number before others hid some; ``None``: none."""
        if owner not in self.drawn:
            return None
        rows, columns, whole = self.drawn[owner]
        y, x = np.nonzero(self.owners[rows, columns] == owner)
        if not len(y):
            return None
        box = np.array([x.min(), y.min(), x.max() + 1, y.max() + 1], float)
        return box + [columns.start, rows.start] * 2, len(y), whole


def _over(part: np.ndarray, colour: np.ndarray, alpha: np.ndarray) -> None:
    share = alpha.astype(np.uint16)[..., None]
    part[:] = (part * (255 - share) + colour * share) // 255


def items(traffic: Traffic, camera: Camera) -> tuple[list, list]:
    """What stands within sight: buildings, and trees and poles, as (depth, method, arguments)."""
    walls, things = [], []
    for block in traffic.blocks:
        for b in block.buildings:
            if b.z1 > camera.z - 14 and b.z0 < camera.z + SIGHT:
                walls.append((b.z0, "building", (b,)))
        for tree in block.trees:
            things.append((tree[1], "tree", tree))
        for pole in block.poles:
            things.append((pole[1], "pole", pole))
    return walls, [each for each in things if camera.z < each[0] < camera.z + SIGHT]
