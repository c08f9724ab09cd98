"""Pedestrians and cyclists: figures built of capsules, standing upright at one depth."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from lzviz.scenes.stage import Stage, shade

_CORNERS = 16
SKINS = np.array([(236, 196, 168), (206, 156, 122), (150, 104, 78), (102, 70, 54)], float)
HAIRS = np.array([(46, 36, 32), (92, 64, 44), (156, 116, 72), (120, 116, 112), (30, 28, 30)], float)
COATS = np.array(
    [
        (178, 76, 62), (64, 92, 124), (214, 178, 104), (88, 106, 88), (96, 78, 100), (218, 206, 188), (60, 66, 76),
        (150, 112, 84), (120, 152, 158), (196, 132, 120),
    ],
    float,
)  # fmt: skip
TROUSERS = np.array([(56, 66, 88), (70, 66, 64), (104, 96, 84), (44, 46, 52), (134, 118, 96)], float)


@dataclass
class Figure:
    """Shapes in metres around a foot point: x to the right, y up. Limbs are kept as numbers until they are placed."""

    limbs: list[tuple] = field(default_factory=list)  # order, x0, y0, x1, y1, r0, r1
    solids: list[tuple[int, np.ndarray]] = field(default_factory=list)  # order, (16, 2) outline
    colours: list[np.ndarray] = field(default_factory=list)

    def limb(self, start, end, r0: float, r1: float, colour) -> None:
        """A capsule from start to end, its lit left side lighter."""
        colour = np.asarray(colour, float)
        self._capsule(start, end, r0, r1, colour * 0.80)
        if min(r0, r1) > 0.02:
            shift = 0.22 * min(r0, r1)
            self._capsule((start[0] - shift, start[1]), (end[0] - shift, end[1]), r0 * 0.74, r1 * 0.74, colour * 1.04)

    def ball(self, centre, rx: float, ry: float, colour) -> None:
        """An ellipse with its light from the left."""
        colour, centre = np.asarray(colour, float), np.asarray(centre, float)
        self._solid(centre + _CIRCLE * [rx, ry], colour * 0.82)
        self._solid(centre + _xy(-0.18 * rx, 0.08 * ry) + _CIRCLE * [rx * 0.76, ry * 0.8], colour * 1.04)

    def body(self, outline, colour) -> None:
        """A shape symmetrical about x = 0: eight (half width, y), from the top down; a darker right, a lit left."""
        half, y = np.array(outline, float).T
        colour = np.asarray(colour, float)
        left, right = np.stack([-half, y], 1), np.stack([half, y], 1)[::-1]
        self._solid(np.concatenate([left, right]), colour * 0.80)
        self._solid(np.concatenate([left * [0.97, 1], right * [0.62, 1]]), colour * 0.94)
        self._solid(np.concatenate([left * [0.9, 1], right * [0.05, 1]]), colour * 1.05)

    def ring(self, centre, radius: float, width: float, colour) -> None:
        """A circle drawn as a chain of short capsules: a wheel."""
        turn = np.linspace(0, 2 * np.pi, 25)
        rim = np.asarray(centre) + radius * np.stack([np.cos(turn), np.sin(turn)], 1)
        for a, b in pairwise(rim):
            self._capsule(a, b, width / 2, width / 2, colour)

    def _capsule(self, start, end, r0: float, r1: float, colour) -> None:
        self.limbs.append((len(self.colours), start[0], start[1], end[0], end[1], r0, r1))
        self.colours.append(np.asarray(colour, float))

    def _solid(self, outline: np.ndarray, colour) -> None:
        self.solids.append((len(self.colours), outline))
        self.colours.append(np.asarray(colour, float))

    def shapes(self) -> np.ndarray:
        """(n, 16, 2) metres, in drawing order."""
        out = np.empty((len(self.colours), _CORNERS, 2))
        limbs = np.array(self.limbs)
        out[limbs[:, 0].astype(int)] = _capsules(limbs[:, 1:3], limbs[:, 3:5], limbs[:, 5], limbs[:, 6])
        for place, outline in self.solids:
            out[place] = outline
        return out

    def place(self, stage: Stage, x: float, z: float, ground: float, label: int, size: float, mirror: bool) -> None:
        """Paint the figure with its feet at (x, ground, z), `size` times as large."""
        local = self.shapes() * size * [-1 if mirror else 1, 1]
        points = np.concatenate([local + _xy(x, ground), np.full((*local.shape[:2], 1), z)], 2)
        light = shade(np.array((-0.45, 0.35, -0.82)), stage.lit_at(x, 1.0, z))
        owner = stage.painting.add(label, boxed=True)
        stage.contacts.append((x, z, 0.3 * size, 0.24 * size))
        stage.paint(points, np.stack(self.colours) * light * 1.12, owner, cast=True)


_CIRCLE = np.stack([f(np.arange(_CORNERS) * 2 * np.pi / _CORNERS) for f in (np.cos, np.sin)], 1)


def _capsules(start, end, r0, r1) -> np.ndarray:
    """(n, 16, 2) outlines of capsules from start to end (n, 2) with radii r0 and r1 (n,)."""
    along = np.arctan2(*(end - start).T[::-1])
    arc = np.linspace(-np.pi / 2, np.pi / 2, _CORNERS // 2)
    ends = []
    for centre, radius, turn in ((end, r1, along), (start, r0, along + np.pi)):
        angle = turn[:, None] + arc
        ends.append(centre[:, None] + radius[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], 2))
    return np.concatenate(ends, 1)


def _xy(x: float, y: float) -> np.ndarray:
    return np.array((x, y))


def _choose(rng: np.random.Generator, table: np.ndarray) -> np.ndarray:
    return table[rng.integers(len(table))] * rng.uniform(0.9, 1.06)


SKIRT = [(0.13, 0.98), (0.15, 0.9), (0.17, 0.8), (0.185, 0.72), (0.2, 0.65), (0.205, 0.6), (0.2, 0.58), (0.1, 0.57)]


def pedestrian(stage: Stage, x: float, z: float, ground: float, label: int, sideways: bool = False) -> None:
    """Somebody walking, along the street or (sideways) across it."""
    rng = stage.rng
    figure = Figure()
    skin, hair, coat, legs = (_choose(rng, t) for t in (SKINS, HAIRS, COATS, TROUSERS))
    away = rng.random() < 0.5
    step = rng.uniform(0.18, 0.34) if sideways else rng.uniform(0.02, 0.07)
    shoe = np.array((58, 50, 48.0)) if rng.random() < 0.6 else np.array((214, 208, 198.0))
    hips = 0.10 if not sideways else 0.0
    skirt = rng.random() < 0.25
    for s, lift in ((1, rng.uniform(0.03, 0.10)), (-1, 0.0)):
        knee = np.array([s * (hips + step * 0.45) + (0.05 if sideways else 0), 0.48 + lift * 0.4])
        foot = np.array([s * (hips * 0.9 + step), 0.07 + lift])
        tone = legs * (0.86 if s > 0 else 1.0) if not skirt else skin * (0.84 if s > 0 else 1.0)
        figure.limb((s * hips * 0.8, 0.88), knee, 0.095, 0.07, tone)
        figure.limb(knee, foot, 0.068, 0.048, tone)
        toe = foot + ([0.13, -0.02] if sideways else [s * 0.02, -0.025])
        figure.limb(foot + _xy(0, -0.015), toe, 0.05, 0.042, shoe)
    swing = step * 0.9 if sideways else 0.03
    _arm(figure, coat, skin, sideways, swing, back=True)
    if not sideways:
        _arm(figure, coat, skin, sideways, swing, back=False)
    slim = 0.78 if sideways else 1.0
    hem, flare = (0.58, 0.20) if rng.random() < 0.4 else (0.84, 0.165)
    if skirt:
        figure.body(SKIRT, legs)
        hem, flare = 0.88, 0.15
    outline = [
        (0.06, 1.47),
        (0.15, 1.44),
        (0.20, 1.37),
        (0.195, 1.22),
        (0.165, 1.06),
        (0.165, 0.94),
        (flare, hem + 0.02),
        (flare * 0.6, hem),
    ]
    figure.body([(half * slim, y) for half, y in outline], coat)
    if not away and not sideways:
        figure.body(
            [(0.02, 1.46)] * 1
            + [(0.05, 1.45), (0.045, 1.42), (0.035, 1.38), (0.02, 1.33), (0.01, 1.3), (0.004, 1.28), (0, 1.27)],
            np.array((238, 234, 224.0)),
        )
        figure.limb((0, hem + 0.06), (0, 1.25), 0.006, 0.006, coat * 0.6)
    if sideways:
        _arm(figure, coat * 1.03, skin, sideways, swing, back=False)
    _head(figure, skin, hair, away, sideways, rng)
    _bag(figure, rng, away, sideways)
    figure.place(stage, x, z, ground, label, rng.uniform(0.94, 1.06), bool(rng.random() < 0.5))


def _arm(figure: Figure, coat, skin, sideways: bool, swing: float, back: bool) -> None:
    """One arm; seen from the side it swings, seen along the street it hangs."""
    s = 1 if back else -1
    shoulder = np.array([s * (0.02 if sideways else 0.175), 1.38])
    elbow = shoulder + _xy(s * (swing * 0.45 if sideways else 0.045), -0.27)
    hand = elbow + _xy(s * swing * 0.6 if sideways else -s * 0.005, -0.24)
    tone = coat * (0.84 if back else 0.98)
    figure.ball(hand + _xy(0, -0.05), 0.033, 0.05, skin)
    figure.limb(elbow, hand, 0.045, 0.036, tone)
    figure.limb(shoulder, elbow, 0.058, 0.046, tone)


def _head(figure: Figure, skin, hair, away: bool, sideways: bool, rng: np.random.Generator) -> None:
    figure.limb((0.0, 1.42), (0.0, 1.52), 0.05, 0.046, skin * 0.9)
    centre = np.array([0.01, 1.61])
    style = rng.random()
    if style < 0.4:
        figure.limb(centre + _xy(0, 0.02), centre + _xy(0, -0.12), 0.1, 0.085, hair)  # long hair
    figure.ball(centre, 0.08, 0.112, hair if away else skin)
    if sideways:
        figure.ball(centre + _xy(-0.03, 0.03), 0.08, 0.095, hair)
    elif not away:
        figure.ball(centre + _xy(0, 0.08), 0.084, 0.05, hair)
        for s in (-1, 1):
            figure.limb(centre + _xy(s * 0.076, 0.07), centre + _xy(s * 0.078, 0.01), 0.014, 0.01, hair)
            figure.limb(centre + _xy(s * 0.03, 0.012), centre + _xy(s * 0.036, 0.012), 0.007, 0.007, (60, 48, 44))
        figure.limb(centre + _xy(-0.02, -0.058), centre + _xy(0.02, -0.058), 0.006, 0.006, skin * 0.66)
    if style > 0.86:
        cap = COATS[rng.integers(len(COATS))]
        figure.ball(centre + _xy(0, 0.085), 0.09, 0.052, cap)


def _bag(figure: Figure, rng: np.random.Generator, away: bool, sideways: bool) -> None:
    kind = rng.random()
    colour = _choose(rng, np.concatenate([COATS, TROUSERS]))
    if kind < 0.3 and (away or sideways):
        at = np.array([-0.17, 1.16]) if sideways else np.array([0.0, 1.16])
        figure.limb(at + _xy(0, -0.12), at + _xy(0, 0.12), 0.12, 0.11, colour)
        figure.limb(at + _xy(-0.03, -0.11), at + _xy(0.03, -0.11), 0.05, 0.05, colour * 0.8)
    elif kind < 0.62:
        at = np.array([0.27, 0.72])
        figure.limb(at + _xy(-0.07, 0.0), at + _xy(0.07, 0.0), 0.11, 0.11, colour)
        figure.limb(at + _xy(0, 0.08), at + _xy(0, 0.26), 0.012, 0.012, colour * 0.7)


def cyclist(stage: Stage, x: float, z: float, label: int, view: str) -> None:
    """Somebody on a bicycle. view: "away", "towards" or "side"."""
    rng = stage.rng
    skin, hair, coat, legs = (_choose(rng, t) for t in (SKINS, HAIRS, COATS, TROUSERS))
    helmet = COATS[rng.integers(len(COATS))]
    frame = COATS[rng.integers(len(COATS))] * 0.9
    figure = Figure()
    if view == "side":
        _ride_across(figure, skin, coat, legs, helmet, frame)
    else:
        _ride_along(figure, skin, hair, coat, legs, helmet, frame, view == "away")
    figure.place(stage, x, z, 0.0, label, 1.04, bool(rng.random() < 0.5))


def _ride_across(figure: Figure, skin, coat, legs, helmet, frame) -> None:
    rubber, steel = np.array((42, 42, 44.0)), np.array((150, 152, 154.0))
    back, front, pedal = np.array([-0.52, 0.34]), np.array([0.54, 0.34]), np.array([-0.04, 0.30])
    for hub in (back, front):
        for turn in np.arange(6) * np.pi / 6:
            spoke = 0.31 * np.array([np.cos(turn), np.sin(turn)])
            figure.limb(hub - spoke, hub + spoke, 0.004, 0.004, steel)
        figure.ring(hub, 0.325, 0.042, rubber)
    saddle, head = np.array([-0.2, 0.92]), np.array([0.36, 0.86])
    figure.limb((-0.2, 0.95), (-0.06, 0.52), 0.075, 0.06, legs * 0.8)
    figure.limb((-0.06, 0.52), (-0.16, 0.22), 0.055, 0.045, legs * 0.8)
    tubes = [
        (back, pedal),
        (pedal, saddle),
        (back, saddle - [0, 0.12]),
        (pedal, head - [0, 0.1]),
        (saddle - [0, 0.1], head),
    ]
    for a, b in [*tubes, (head, front)]:
        figure.limb(a, b, 0.021, 0.021, frame)
    figure.limb(saddle + _xy(-0.1, 0.02), saddle + _xy(0.1, 0.02), 0.035, 0.02, rubber)
    figure.limb(head, head + _xy(0.02, 0.16), 0.016, 0.016, steel)
    figure.limb(head + _xy(0.02, 0.16), head + _xy(0.14, 0.18), 0.016, 0.016, rubber)
    figure.ring(pedal, 0.09, 0.018, steel)
    hip, shoulder, hand = np.array([-0.17, 1.0]), np.array([0.12, 1.44]), np.array([0.46, 1.04])
    knee, foot = np.array([0.20, 0.74]), np.array([0.08, 0.36])
    figure.limb(hip, shoulder, 0.15, 0.135, coat)
    figure.limb(hip, knee, 0.088, 0.066, legs)
    figure.limb(knee, foot, 0.06, 0.045, legs)
    figure.limb(foot + _xy(-0.03, -0.04), foot + _xy(0.12, -0.05), 0.042, 0.036, (228, 222, 212))
    figure.limb(shoulder, (0.26, 1.14), 0.06, 0.05, coat * 1.04)
    figure.limb((0.26, 1.14), hand, 0.048, 0.036, coat * 1.04)
    figure.ball(hand, 0.038, 0.038, skin)
    figure.limb(shoulder, (0.2, 1.56), 0.055, 0.05, skin * 0.9)
    figure.ball((0.22, 1.66), 0.09, 0.115, skin)
    figure.ball((0.20, 1.74), 0.125, 0.075, helmet)


def _ride_along(figure: Figure, skin, hair, coat, legs, helmet, frame, away: bool) -> None:
    rubber = np.array((42, 42, 44.0))
    figure.limb((0, 0.05), (0, 0.62), 0.026, 0.026, rubber)
    figure.limb((0, 0.5), (0, 0.95), 0.024, 0.02, frame)
    for s, lift in ((-1, 0.0), (1, 0.16)):
        knee = np.array([s * 0.15, 0.62 + lift])
        foot = np.array([s * 0.13, 0.22 + lift])
        figure.limb((s * 0.09, 0.95), knee, 0.09, 0.07, legs)
        figure.limb(knee, foot, 0.064, 0.048, legs)
        figure.limb(foot + _xy(-0.02, -0.04), foot + _xy(0.02, -0.05), 0.05, 0.05, (228, 222, 212))
    if not away:
        figure.limb((-0.3, 1.06), (0.3, 1.06), 0.02, 0.02, rubber)
    figure.body(
        [(0.09, 1.04), (0.15, 1.02), (0.165, 0.98), (0.17, 0.94), (0.165, 0.9), (0.13, 0.86), (0.08, 0.85), (0, 0.84)],
        legs,
    )
    figure.body(
        [(0.06, 1.5), (0.15, 1.47), (0.21, 1.4), (0.2, 1.28), (0.17, 1.12), (0.155, 1.0), (0.14, 0.98), (0.1, 0.97)],
        coat,
    )
    for s in (-1, 1):
        figure.limb((s * 0.18, 1.4), (s * 0.29, 1.22), 0.065, 0.052, coat)
        figure.limb((s * 0.29, 1.22), (s * 0.27, 1.06), 0.05, 0.04, coat * 0.94)
        figure.ball((s * 0.27, 1.05), 0.042, 0.042, skin)
    figure.limb((0, 1.46), (0, 1.54), 0.055, 0.05, skin * 0.9)
    figure.ball((0, 1.63), 0.09, 0.12, hair if away else skin)
    figure.ball((0, 1.70), 0.115, 0.085, helmet)
    if away:
        figure.ball((0, 0.78), 0.035, 0.028, (214, 52, 44))
    else:
        figure.ball((0, 0.98), 0.04, 0.035, (255, 250, 226))
        for s in (-1, 1):
            figure.ball((s * 0.034, 1.625), 0.011, 0.009, (52, 42, 40))
