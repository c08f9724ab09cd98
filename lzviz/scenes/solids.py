"""What moves in a street, as convex prisms in its own box: cars, vans, cyclists, people.

Own coordinates, metres: a to the right, b up from the ground, c ahead. All vertices lie in the box |a| <= width / 2,
0 <= b <= height, |c| <= length / 2, so that the projected box always contains what is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

PAINTS = np.array(
    [
        (178, 62, 54), (62, 92, 132), (226, 224, 216), (96, 104, 112), (46, 52, 60), (170, 178, 182), (86, 118, 104),
        (194, 166, 108), (120, 64, 62), (132, 158, 176), (70, 78, 108), (212, 188, 70),
    ],
    float,
)  # fmt: skip
CLOTHES = np.array(
    [(168, 60, 58), (58, 84, 128), (226, 214, 190), (70, 74, 80), (196, 152, 70), (88, 124, 92), (128, 84, 132)], float
)
SKIN = np.array([(232, 190, 160), (204, 150, 116), (150, 104, 78), (104, 72, 56)], float)
GLASS, TYRE, STEEL = (38, 46, 54), (34, 35, 38), (176, 178, 182)
CAR_SIZES = {"hatch": (4.0, 1.78, 1.50), "sedan": (4.6, 1.82, 1.45), "van": (5.2, 1.95, 2.15)}
"""Length, width, height in metres."""
BACK, FRONT, FLANKS = (0, 0, -1), (0, 0, 1), (1, 0, 0, 1)
PHASES = 8
"""Poses of a step, or of a turn of the pedals."""


@dataclass(frozen=True, eq=False)
class Solid:
    """A drawable thing.

    points: (V, 3) metres a, b, c; faces: rows of ``points``, one array a face; colours: (F, 3) in 0..255 before light;
    normals: (F, 3) outwards; parts: (F,) which convex part a face belongs to; fine: (F,) left out where it is small.
    """

    points: np.ndarray
    faces: tuple[np.ndarray, ...]
    colours: np.ndarray
    normals: np.ndarray
    parts: np.ndarray
    fine: np.ndarray


@dataclass
class _Builder:
    points: list[np.ndarray] = field(default_factory=list)
    faces: list[np.ndarray] = field(default_factory=list)
    colours: list[np.ndarray] = field(default_factory=list)
    normals: list[np.ndarray] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    fine: list[bool] = field(default_factory=list)
    count: int = 0
    part: int = -1

    def prism(
        self, profile, a0: float, a1: float, colour, fine: bool = False, on: tuple | None = None, sides=None
    ) -> None:
        """A convex profile (k, 2) of c, b, from a0 to a1. on: it lies on the part before, on the faces that look along this
        direction (a, b, c), or along its opposite where there is a fourth entry; (): it stands on it. sides: {edge: colour}."""
        profile = np.asarray(profile, float)
        k = len(profile)
        self.part += on is None
        ring = np.stack([np.zeros(k), profile[:, 1], profile[:, 0]], 1)
        points = np.concatenate([ring + np.array((a0, 0, 0)), ring + np.array((a1, 0, 0))])
        middle = points.mean(0)
        rows = [np.arange(k), np.arange(k, 2 * k)]
        rows += [np.array([i, (i + 1) % k, k + (i + 1) % k, k + i]) for i in range(k)]
        for index, face in enumerate(rows):
            corners = points[face]
            normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
            length = np.linalg.norm(normal)
            if length < 1e-9:
                continue
            normal = normal / length * (1.0 if normal @ (corners.mean(0) - middle) >= 0 else -1.0)
            along = float(normal @ on[:3]) if on else 1.0
            if (abs(along) if on and len(on) > 3 else along) < 0.7:
                continue
            painted = (sides or {}).get(index - 2, colour) if index > 1 else colour
            self.faces.append(face + self.count)
            self.colours.append(np.asarray(painted, float))
            self.normals.append(normal)
            self.parts.append(self.part)
            self.fine.append(fine)
        self.points.append(points)
        self.count += len(points)

    def box(self, c0, c1, b0, b1, a0, a1, colour, **options) -> None:
        self.prism([(c0, b0), (c1, b0), (c1, b1), (c0, b1)], a0, a1, colour, **options)

    def done(self) -> Solid:
        return Solid(
            np.concatenate(self.points), tuple(self.faces), np.array(self.colours), np.array(self.normals),
            np.array(self.parts), np.array(self.fine),
        )  # fmt: skip


def _span(a: float, b: float) -> tuple[float, float]:
    return min(a, b), max(a, b)


def _disc(c: float, b: float, radius: float, count: int = 12) -> np.ndarray:
    turn = np.arange(count) * 2 * np.pi / count
    return np.stack([c + radius * np.cos(turn), b + radius * np.sin(turn)], 1)


def _limb(c0: float, b0: float, c1: float, b1: float, half: float) -> np.ndarray:
    """The four corners of a bar between two places of the profile."""
    along = np.array([c1 - c0, b1 - b0])
    across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9) * half
    return np.array([(c0, b0), (c1, b1), (c1, b1), (c0, b0)]) + np.outer((1, 1, -1, -1), across)


@lru_cache(maxsize=256)
def car(kind: str, paint: int) -> Solid:
    """A car of :data:`CAR_SIZES`, ``paint`` an index of :data:`PAINTS`."""
    length, width, height = CAR_SIZES[kind]
    colour, half, end = PAINTS[paint], width / 2, length / 2
    belt = height * (0.52 if kind == "van" else 0.60)
    out = _Builder()
    wheels = [(c, side) for c in (-0.31 * length, 0.31 * length) for side in (-1, 1)]
    for k, (c, side) in enumerate(wheels):
        out.prism(_disc(c, 0.32, 0.32), *_span(side * (half - 0.24), side * (half - 0.02)), TYRE, on=() if k else None)
    low = 0.18
    nose, tail = belt * 0.86, belt * 0.96
    body = [(-end + 0.04, low), (end - 0.04, low), (end, 0.45), (end - 0.06, nose), (0.3 * length, belt),
            (-0.36 * length, belt), (-end + 0.05, tail), (-end, 0.5)]  # fmt: skip
    out.prism(body, -half + 0.03, half - 0.03, colour, on=())
    for c, side in wheels:
        ends = _span(side * (half - 0.03), side * (half - 0.01))
        out.prism(_disc(c, 0.32, 0.32), *ends, TYRE, on=(side, 0, 0))
        out.prism(_disc(c, 0.32, 0.18, 8), *ends, STEEL, fine=True, on=(side, 0, 0))
    for side in (-1, 1):
        a0, a1 = sorted((side * (half - 0.06), side * (half - 0.42)))
        out.box(-end, -end + 0.02, 0.62 * belt, 0.86 * tail, a0, a1, (196, 40, 36), on=BACK)
        out.box(end - 0.05, end, 0.6 * belt, 0.8 * nose, a0, a1, (244, 242, 224), on=FRONT)
    out.box(-end, -end + 0.01, 0.40, 0.53, -0.26, 0.26, (236, 234, 222), fine=True, on=BACK)
    out.box(end - 0.03, end, 0.36, 0.5, -0.3, 0.3, (44, 46, 50), fine=True, on=FRONT)
    rear, front = {"hatch": (-0.44, 0.22), "sedan": (-0.34, 0.2), "van": (-0.49, 0.34)}[kind]
    lean = 0.05 if kind == "van" else 0.13
    roof = [(rear * length, belt - 0.01), (front * length, belt - 0.01), ((front - lean) * length, height),
            ((rear + lean * 0.6) * length, height)]  # fmt: skip
    cabin = half - 0.13
    out.prism(roof, -cabin, cabin, colour, on=(), sides={1: GLASS, 3: GLASS})
    glass = [(c * 0.9 + 0.1 * (rear + front) / 2 * length, belt + 0.06 + 0.78 * (b - belt)) for c, b in roof]
    if kind == "van":
        glass = [(max(c, 0.1 * length), b) for c, b in glass]
    out.prism(glass, -cabin - 0.01, cabin + 0.01, GLASS, on=FLANKS)
    return out.done()


@lru_cache(maxsize=512)
def pedestrian(phase: int, clothes: int, trousers: int, skin: int, tall: float = 1.0) -> Solid:
    """Somebody who walks, in the ``phase`` of :data:`PHASES` of a step; ``tall`` of 1.75 m."""
    swing = 0.30 * np.sin(2 * np.pi * phase / PHASES)
    out, top = _Builder(), 1.75
    for side, move in ((-1, swing), (1, -swing)):
        a0, a1 = sorted((side * 0.03, side * 0.17))
        out.prism(_limb(0, 0.86, move, 0.07, 0.075), a0, a1, CLOTHES[trousers] * 0.6)
        out.box(move - 0.09, min(move + 0.14, 0.39), 0.0, 0.08, a0, a1, (40, 38, 38), fine=True)
        b0, b1 = sorted((side * 0.21, side * 0.29))
        out.prism(_limb(0, 1.40, -0.8 * move, 0.88, 0.05), b0, b1, CLOTHES[clothes] * 0.9)
    out.prism([(-0.13, 0.82), (0.13, 0.82), (0.12, 1.46), (-0.12, 1.46)], -0.21, 0.21, CLOTHES[clothes])
    out.prism(_disc(0.02, 1.62, 0.13, 8), -0.09, 0.09, SKIN[skin])
    out.prism(_limb(-0.10, 1.66, 0.09, 1.70, 0.05), -0.1, 0.1, (62, 48, 40), on=())
    solid = out.done()
    points = solid.points * [tall, tall, tall]
    points[:, 1] = np.clip(points[:, 1], 0, top * tall)
    return Solid(points, solid.faces, solid.colours, solid.normals, solid.parts, solid.fine)


PEDESTRIAN = (0.80, 0.60, 1.75)
CYCLIST = (1.80, 0.60, 1.75)
"""Length, width, height in metres."""


@lru_cache(maxsize=512)
def cyclist(phase: int, clothes: int, trousers: int, skin: int) -> Solid:
    """A bicycle with its rider."""
    out, turn = _Builder(), 2 * np.pi * phase / PHASES
    for c in (-0.56, 0.56):
        out.prism(_disc(c, 0.34, 0.34, 16), -0.02, 0.02, TYRE)
        out.prism(_disc(c, 0.34, 0.29, 12), -0.021, 0.021, (150, 152, 150), on=FLANKS)
    frame = PAINTS[(clothes * 5 + 1) % len(PAINTS)]
    for bar in ((-0.56, 0.34, -0.12, 0.36), (-0.12, 0.36, -0.22, 0.92), (-0.2, 0.8, 0.42, 0.86), (-0.12, 0.36, 0.42, 0.8),
                (0.56, 0.34, 0.40, 1.02)):  # fmt: skip
        out.prism(_limb(bar[0], bar[1], bar[2], bar[3], 0.022), -0.025, 0.025, frame)
    out.box(0.36, 0.42, 1.0, 1.04, -0.27, 0.27, (52, 54, 56))
    for side, lag in ((-1, 0.0), (1, np.pi)):
        a0, a1 = sorted((side * 0.06, side * 0.19))
        foot = (-0.12 + 0.16 * np.cos(turn + lag), 0.36 + 0.16 * np.sin(turn + lag))
        knee = (0.14 + 0.06 * np.cos(turn + lag), 0.70 + 0.08 * np.sin(turn + lag))
        out.prism(_limb(-0.2, 0.96, knee[0], knee[1], 0.075), a0, a1, CLOTHES[trousers] * 0.6)
        out.prism(_limb(knee[0], knee[1], foot[0], foot[1], 0.055), a0, a1, CLOTHES[trousers] * 0.55)
        b0, b1 = sorted((side * 0.20, side * 0.28))
        out.prism(_limb(0.06, 1.38, 0.38, 1.05, 0.045), b0, b1, CLOTHES[clothes] * 0.9)
    out.prism(_limb(-0.22, 0.94, 0.08, 1.42, 0.12), -0.2, 0.2, CLOTHES[clothes])
    out.prism(_disc(0.16, 1.58, 0.12, 8), -0.09, 0.09, SKIN[skin])
    out.prism(_disc(0.15, 1.65, 0.10, 8), -0.1, 0.1, PAINTS[clothes], on=())
    return out.done()
