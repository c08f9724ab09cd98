"""Pedestrians and cyclists: figures built of capsules, standing upright at one depth."""

from dataclasses import dataclass, field

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
    """Shapes in metres around a foot point: x to the right, y up."""

    shapes: list[np.ndarray] = field(default_factory=list)
    colours: list[np.ndarray] = field(default_factory=list)

    def limb(self, start, end, r0: float, r1: float, colour) -> None:
        """A capsule from start to end, its lit left side lighter."""
        colour = np.asarray(colour, float)
        self._add(_capsule(start, end, r0, r1), colour * 0.80)
        if min(r0, r1) > 0.02:
            shift = np.array([-0.22 * min(r0, r1), 0.0])
            self._add(_capsule(start + shift, end + shift, r0 * 0.74, r1 * 0.74), colour * 1.04)

    def ball(self, centre, rx: float, ry: float, colour) -> None:
        """An ellipse with its light from the left."""
        colour, centre = np.asarray(colour, float), np.asarray(centre, float)
        self._add(centre + _circle() * [rx, ry], colour * 0.82)
        self._add(centre + [-0.18 * rx, 0.08 * ry] + _circle() * [rx * 0.76, ry * 0.8], colour * 1.04)

    def ring(self, centre, radius: float, width: float, colour) -> None:
        """A circle drawn as a chain of short capsules: a wheel."""
        turn = np.linspace(0, 2 * np.pi, 25)
        rim = np.asarray(centre) + radius * np.stack([np.cos(turn), np.sin(turn)], 1)
        for a, b in zip(rim[:-1], rim[1:], strict=True):
            self._add(_capsule(a, b, width / 2, width / 2), colour)

    def _add(self, shape: np.ndarray, colour) -> None:
        self.shapes.append(shape)
        self.colours.append(np.asarray(colour, float))

    def place(self, stage: Stage, x: float, z: float, ground: float, label: int, size: float, mirror: bool) -> None:
        """Paint the figure with its feet at (x, ground, z), `size` times as large."""
        local = np.stack(self.shapes) * size * [-1 if mirror else 1, 1]
        points = np.concatenate([local + [x, ground], np.full((*local.shape[:2], 1), z)], 2)
        light = shade([-0.45, 0.35, -0.82], stage.lit(np.array([x, 1.0, z])))
        owner = stage.painting.add(label, boxed=True)
        stage.contacts.append((x, z, 0.34 * size, 0.3 * size))
        stage.paint(points, np.stack(self.colours) * light * 1.12, owner, cast=True)


def _circle() -> np.ndarray:
    turn = np.arange(_CORNERS) * 2 * np.pi / _CORNERS
    return np.stack([np.cos(turn), np.sin(turn)], 1)


def _capsule(start, end, r0: float, r1: float) -> np.ndarray:
    start, end = np.asarray(start, float), np.asarray(end, float)
    along = np.arctan2(*(end - start)[::-1])
    arc = np.linspace(-np.pi / 2, np.pi / 2, _CORNERS // 2)
    round_end = lambda centre, r, turn: centre + r * np.stack([np.cos(arc + turn), np.sin(arc + turn)], 1)  # noqa: E731
    return np.concatenate([round_end(end, r1, along), round_end(start, r0, along + np.pi)])


def _choose(rng: np.random.Generator, table: np.ndarray) -> np.ndarray:
    return table[rng.integers(len(table))] * rng.uniform(0.9, 1.06)


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
        figure.limb(foot + [0, -0.015], toe, 0.05, 0.042, shoe)
    swing = step * 0.9 if sideways else 0.04
    _arms(figure, coat, skin, hips, swing, back=True)
    width = 0.15 if sideways else 0.185
    long = rng.random() < 0.4
    if long or skirt:
        figure.limb((0, 0.72), (0, 1.0), 0.19, 0.15, coat if long else legs)
    figure.limb((0, 0.93), (0, 1.30), width * 0.82, width, coat)
    figure.limb((-width * 0.45, 1.36), (width * 0.45, 1.36), 0.085, 0.085, coat)
    if not away and not sideways:
        figure.limb((0, 1.28), (0, 1.40), 0.03, 0.06, np.array((236, 232, 222.0)))
        figure.limb((0, 0.85), (0, 1.22), 0.008, 0.008, coat * 0.55)
    _arms(figure, coat * 1.03, skin, hips, swing, back=False)
    _head(figure, skin, hair, away, sideways, rng)
    _bag(figure, rng, away, sideways)
    figure.place(stage, x, z, ground, label, rng.uniform(0.94, 1.06), bool(rng.random() < 0.5))


def _arms(figure: Figure, coat, skin, hips: float, swing: float, back: bool) -> None:
    """One arm (seen from the side), or one of the two that hang down (seen along the street)."""
    s = 1 if back else -1
    shoulder = np.array([s * (0.19 if hips else 0.02), 1.36])
    elbow = shoulder + [s * (0.05 if hips else swing * 0.45), -0.27]
    hand = elbow + [s * (0.0 if hips else swing * 0.6), -0.24]
    tone = coat * (0.84 if back else 1.0)
    figure.limb(shoulder, elbow, 0.065, 0.052, tone)
    figure.limb(elbow, hand, 0.05, 0.04, tone)
    figure.ball(hand + [0, -0.04], 0.04, 0.05, skin)


def _head(figure: Figure, skin, hair, away: bool, sideways: bool, rng: np.random.Generator) -> None:
    figure.limb((0.01, 1.40), (0.01, 1.50), 0.055, 0.05, skin * 0.92)
    centre = np.array([0.02, 1.62])
    style = rng.random()
    if style < 0.4:
        figure.limb(centre + [0, 0.03], centre + [0, -0.14], 0.115, 0.10, hair)  # long hair
    figure.ball(centre, 0.092, 0.122, hair if away else skin)
    if not away and not sideways:
        figure.ball(centre + [0, 0.065], 0.098, 0.075, hair)
        for s in (-1, 1):
            figure.ball(centre + [s * 0.035, 0.005], 0.011, 0.009, (52, 42, 40))
        figure.limb(centre + [-0.025, -0.06], centre + [0.025, -0.06], 0.007, 0.007, skin * 0.6)
    elif sideways:
        figure.ball(centre + [-0.035, 0.035], 0.09, 0.10, hair)
    if style > 0.82:
        cap = COATS[rng.integers(len(COATS))]
        figure.ball(centre + [0, 0.08], 0.105, 0.062, cap)


def _bag(figure: Figure, rng: np.random.Generator, away: bool, sideways: bool) -> None:
    kind = rng.random()
    colour = _choose(rng, np.concatenate([COATS, TROUSERS]))
    if kind < 0.3 and (away or sideways):
        at = np.array([-0.17, 1.16]) if sideways else np.array([0.0, 1.16])
        figure.limb(at + [0, -0.12], at + [0, 0.12], 0.12, 0.11, colour)
        figure.limb(at + [-0.03, -0.11], at + [0.03, -0.11], 0.05, 0.05, colour * 0.8)
    elif kind < 0.62:
        at = np.array([0.27, 0.72])
        figure.limb(at + [-0.07, 0.0], at + [0.07, 0.0], 0.11, 0.11, colour)
        figure.limb(at + [0, 0.08], at + [0, 0.26], 0.012, 0.012, colour * 0.7)


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
    tubes = [(back, pedal), (pedal, saddle), (back, saddle - [0, 0.12]), (pedal, head - [0, 0.1]), (saddle - [0, 0.1], head)]
    for a, b in [*tubes, (head, front)]:
        figure.limb(a, b, 0.021, 0.021, frame)
    figure.limb(saddle + [-0.1, 0.02], saddle + [0.1, 0.02], 0.035, 0.02, rubber)
    figure.limb(head, head + [0.02, 0.16], 0.016, 0.016, steel)
    figure.limb(head + [0.02, 0.16], head + [0.14, 0.18], 0.016, 0.016, rubber)
    figure.ring(pedal, 0.09, 0.018, steel)
    hip, shoulder, hand = np.array([-0.17, 1.0]), np.array([0.12, 1.44]), np.array([0.46, 1.04])
    knee, foot = np.array([0.20, 0.74]), np.array([0.08, 0.36])
    figure.limb(hip, shoulder, 0.15, 0.135, coat)
    figure.limb(hip, knee, 0.088, 0.066, legs)
    figure.limb(knee, foot, 0.06, 0.045, legs)
    figure.limb(foot + [-0.03, -0.04], foot + [0.12, -0.05], 0.042, 0.036, (228, 222, 212))
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
        figure.limb(foot + [-0.02, -0.04], foot + [0.02, -0.05], 0.05, 0.05, (228, 222, 212))
    if not away:
        figure.limb((-0.3, 1.06), (0.3, 1.06), 0.02, 0.02, rubber)
    figure.limb((-0.03, 0.95), (0.03, 0.95), 0.12, 0.12, legs)
    figure.limb((0, 1.02), (0, 1.34), 0.15, 0.18, coat)
    figure.limb((-0.08, 1.42), (0.08, 1.42), 0.09, 0.09, coat)
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
