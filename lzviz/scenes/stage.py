"""The street's camera, light and air: metres in, painted polygons out.

Metres: X to the right of the road's middle, Y up from the road, Z ahead of the camera. One-point perspective:
x = focal (X - eye_x) / Z, y = focal (eye_y - Y) / Z in unit coordinates, y down from the horizon. The sun stands behind
the left shoulder, so the left facades are in shade, the right ones are lit, and shadows fall to the right and away.
"""

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from lzviz.scenes.letters import text_quads, text_width
from lzviz.scenes.paint import Painting

FOCAL = 1.3
EYE_X, EYE_Y = 1.15, 2.05
EYE = np.array([EYE_X, EYE_Y, 0.0])
NEAREST = 0.9  # metres: geometry in front of this is clipped
SUN = np.array([-0.55, 0.75, -0.35])  # the direction towards the sun
_SUN = (0.55, 0.75, 0.35)  # as plain numbers, which leave float32 arrays float32
SUNLIGHT = np.array([0.86, 0.75, 0.55])
SKYLIGHT = np.array([0.50, 0.56, 0.66])
HAZE = np.array([219.0, 220.0, 216.0])
HAZE_DISTANCE = 150.0

ROAD = 6.1  # metres from the middle to the kerb
KERB = 0.14  # its height
WALL = 10.4  # metres from the middle to the facades

# materials: what the shader does with a pixel
PLAIN, SKY, ASPHALT, PAVING, MARKING, FOLIAGE, GLASS, FAR = range(8)
PLASTER_LEFT, PLASTER_RIGHT, BRICK_LEFT, BRICK_RIGHT, PLASTER_FRONT, BRICK_FRONT, ROOF = range(8, 15)


def project(points: np.ndarray) -> np.ndarray:
    """(..., 3) metres to (..., 2) unit coordinates; what is nearer than `NEAREST` is moved there."""
    points = np.asarray(points, float)
    depth = np.maximum(points[..., 2:], NEAREST)
    return (points[..., :2] - EYE[:2]) * [1, -1] * FOCAL / depth


def haze(colours: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """(..., 3) colours seen through `depth` (...) metres of air."""
    air = 1 - np.exp(-np.maximum(depth, 0)[..., None] / HAZE_DISTANCE)
    return colours + (HAZE - colours) * air


def shade(normal, lit=1.0) -> np.ndarray:
    """(..., 3) the factor light puts on a colour. normal: (..., 3) of length 1; lit: share of the sun that arrives."""
    if isinstance(normal, tuple) and isinstance(lit, float):
        return _shade_once(normal, lit)
    return _shade(np.asarray(normal, float), np.asarray(lit))


def _shade(normal: np.ndarray, lit: np.ndarray) -> np.ndarray:
    sun = np.maximum(normal @ SUN, 0)[..., None] * lit[..., None]
    sky = (0.78 + 0.22 * normal[..., 1])[..., None]
    return SKYLIGHT * sky * 1.16 + SUNLIGHT * sun


@lru_cache(maxsize=4096)
def _shade_once(normal: tuple[float, float, float], lit: float) -> np.ndarray:
    return _shade(np.array(normal), np.array(lit))


@dataclass
class Stage:
    """A painting seen through the street's camera, and the shadows that fall in it."""

    painting: Painting
    rng: np.random.Generator
    skyline: list[tuple[float, float, float]] = field(default_factory=list)  # left buildings: z0, z1, height
    shadows: list[np.ndarray] = field(default_factory=list)  # (n, k, 3) polygons that throw shadows
    contacts: list[tuple[float, float, float, float]] = field(default_factory=list)  # soft dark spots: X, Z, rx, rz
    _painted: list[tuple] = field(default_factory=list)

    def lit(self, x, y, z):
        """Share of sunlight (0..1, soft edge) that the left buildings let through to points in metres, any shape."""
        reach = (x + WALL) / _SUN[0]
        top = y + _SUN[1] * reach
        return np.clip((top - self.skyline_at(z - _SUN[2] * reach)) / 0.7 + 0.5, 0, 1)

    def lit_at(self, x: float, y: float, z: float) -> float:
        """`lit` of one point, as a number."""
        return float(self.lit(x, y, z))

    @cached_property
    def _outline(self) -> np.ndarray:
        """(n, 2) z and height from there on, of the left row of buildings."""
        return np.array([e for z0, z1, h in self.skyline for e in ((z0, h), (z1 - 1e-3, h), (z1, 0))], np.float32)

    def skyline_at(self, z: np.ndarray) -> np.ndarray:
        """Height of the left row of buildings at depth z, metres; 0 in a gap."""
        place = np.searchsorted(self._outline[:, 0], z, side="right") - 1
        return self._outline[np.maximum(place, 0), 1]

    def paint(self, points, colours, owner, material: int = PLAIN, cast: bool = False, air: bool = True) -> None:
        """Polygons (n, k, 3) in metres, colours (3,) or (n, 3) as lit. cast: they throw shadows; air: haze them."""
        points = np.asarray(points, float)
        n, k = points.shape[:2]
        if n:
            self._painted.append((points.reshape(-1, 3), n, k, colours, int(owner) << 8 | material, air))
        if cast and n:
            self.shadows.append(points)

    def cast(self, points) -> None:
        """Polygons (n, k, 3) in metres throw shadows on the ground, painted or not."""
        self.shadows.append(np.asarray(points, float))

    def finish(self) -> None:
        """Project everything painted so far and hand it to the painting."""
        points = np.concatenate([item[0] for item in self._painted])
        numbers = np.array([item[1] for item in self._painted])
        counts = np.repeat([item[2] for item in self._painted], numbers)
        tags = np.repeat([item[4] for item in self._painted], numbers)
        air = np.repeat([item[5] for item in self._painted], numbers)
        colours = np.empty((len(counts), 3))
        place = 0
        for _, n, _, colour, _, _ in self._painted:
            colours[place : place + n] = colour
            place += n
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        depth = np.add.reduceat(points[:, 2], starts) / counts
        self.painting.polygons(project(points), counts, haze(colours, depth * air), tags)
        self._painted.clear()

    def ground_shadows(self) -> list[np.ndarray]:
        """(n, k, 2) unit coordinates of the shadows on the ground (the pavement lies `KERB` higher)."""
        out = []
        for points in self.shadows:
            base = np.where(np.abs(points[:, :1, 0]) > ROAD, KERB, 0.0)
            height = (points[..., 1] - base)[..., None]
            out.append(project(points + height * [-SUN[0] / SUN[1], -1, -SUN[2] / SUN[1]]))
        return out


@dataclass(frozen=True)
class Face:
    """An upright plane with its own coordinates: u along it, v up, `out` towards the viewer; metres.

    axis "left" and "right": the walls along the street (u = Z); "front": a wall across it (u = X) at depth `at`.
    """

    stage: Stage
    axis: str
    at: float
    owner: int
    lit: float = 1.0

    @cached_property
    def normal(self) -> np.ndarray:
        return np.array({"left": (1.0, 0, 0), "right": (-1.0, 0, 0), "front": (0, 0, -1.0)}[self.axis])

    @cached_property
    def light(self) -> np.ndarray:
        return shade(self.normal, self.lit) + (np.array([0.10, 0.07, 0.03]) if self.axis == "left" else 0)

    def material(self, brick: bool) -> int:
        """The plaster or brick of this face."""
        names = {"left": (PLASTER_LEFT, BRICK_LEFT), "right": (PLASTER_RIGHT, BRICK_RIGHT)}
        return names.get(self.axis, (PLASTER_FRONT, BRICK_FRONT))[brick]

    def points(self, u, v, out) -> np.ndarray:
        """(..., 3) metres of plane coordinates."""
        u = np.asarray(u, float)
        points = np.empty((*np.broadcast_shapes(u.shape, np.shape(v), np.shape(out)), 3))
        along, through = (0, 2) if self.axis == "front" else (2, 0)
        points[..., along], points[..., 1] = u, v
        points[..., through] = self.at + np.asarray(out) * self.normal[through]
        return points

    def corners(self, rects, out: float | np.ndarray = 0.0) -> np.ndarray:
        """(n, 4, 3) metres of rectangles (n, 4) u0, u1, v0, v1."""
        rects = np.asarray(rects, float).reshape(-1, 4)
        return self.points(rects[:, (0, 1, 1, 0)], rects[:, (2, 2, 3, 3)], np.asarray(out)[..., None])

    def paint(self, rects, colour, out: float | np.ndarray = 0.0, light=None, material: int = PLAIN) -> None:
        """Rectangles (n, 4) u0, u1, v0, v1 of a colour (before light)."""
        light = self.light if light is None else light
        self.stage.paint(self.corners(rects, out), np.asarray(colour, float) * light, self.owner, material)

    def sunk(self, rects: np.ndarray, depth: float) -> np.ndarray:
        """Rectangles as seen `depth` metres behind openings of the same size: what the reveal leaves in sight."""
        rects = np.asarray(rects, float).reshape(-1, 4)
        distance = abs(self.at - EYE[2 if self.axis == "front" else 0])
        factor = distance / (distance + depth)
        eye = np.array([EYE[0 if self.axis == "front" else 2]] * 2 + [EYE[1]] * 2)
        moved = eye + (rects - eye) * factor
        return np.stack([f(rects[:, i], moved[:, i]) for i, f in enumerate((np.maximum, np.minimum) * 2)], 1)

    def boxes(self, rects: np.ndarray, out: float, colour) -> None:
        """Boxes standing `out` metres proud of the face: underside or top, the end in sight, the front."""
        rects = np.asarray(rects, float).reshape(-1, 4)
        if len(rects) == 0:
            return
        u0, u1, v0, v1 = rects.T
        below = v1 < EYE[1]
        edge = np.where(below, v1, v0)
        ones = np.ones_like(u0)
        flat = self.points(
            np.stack([u0, u1, u1, u0], 1), edge[:, None], np.stack([0 * ones, 0 * ones, ones, ones], 1) * out
        )
        side = u0 if self.axis != "front" else np.where(u0 > EYE[0], u0, u1)
        end = self.points(
            side[:, None], np.stack([v0, v0, v1, v1], 1), np.stack([0 * ones, ones, ones, 0 * ones], 1) * out
        )
        faces = np.stack([flat, end, self.corners(rects, out)], 1)
        level = np.where(below[:, None], shade((0, 1, 0), self.lit), shade((0, -1, 0), 0.0) * 0.72)
        cross = shade((0, 0, -1.0) if self.axis != "front" else (-1.0 if side[0] > EYE[0] else 1.0, 0, 0), self.lit)
        colour = np.broadcast_to(np.asarray(colour, float), (len(u0), 3))
        colours = np.stack([colour * level, colour * cross, colour * self.light], 1)
        self.stage.paint(faces.reshape(-1, 4, 3), colours.reshape(-1, 3), self.owner)

    def text(self, line: str, u: float, v: float, height: float, colour, out=0.02, weight=0.16, light=None) -> None:
        """A line of capitals centred at u, its baseline at v."""
        quads = text_quads(line, height, weight)
        across = (quads[..., 0] - text_width(line, height) / 2) * (-1 if self.axis == "right" else 1)
        light = self.light if light is None else light
        self.stage.paint(self.points(u + across, v + quads[..., 1], out), np.asarray(colour, float) * light, self.owner)
