"""Buildings along the street: walls, windows, shops, balconies, roofs."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lzviz.scenes.stage import PLAIN, ROOF, WALL, Face, Stage, shade

GROUND = 4.0  # metres of the ground floor
STOREY = 3.2
DEPTH = 15.0  # metres a building reaches away from the street

WALLS = np.array(
    [
        (222, 203, 168), (201, 156, 128), (219, 186, 168), (212, 176, 118), (176, 186, 160), (168, 186, 194),
        (233, 224, 204), (196, 170, 150), (214, 196, 190), (186, 160, 132),
    ],
    float,
)  # fmt: skip
BRICKS = np.array([(168, 106, 84), (150, 92, 76), (182, 132, 104)], float)
TRIM = np.array((238, 231, 216), float)
SHUTTERS = np.array([(86, 112, 108), (104, 122, 138), (124, 88, 74), (92, 104, 80)], float)
SHOPFRONTS = np.array(
    [(44, 74, 78), (122, 48, 46), (52, 60, 84), (64, 84, 62), (148, 122, 84), (72, 56, 52), (38, 66, 98)], float
)
AWNINGS = np.array([(176, 74, 62), (62, 108, 104), (204, 156, 84), (78, 96, 134)], float)
NAMES = (
    "CAFE ORBIT", "BOOKS", "BAKERY", "FLORIST", "TEA & CO", "BISTRO", "MAPS", "CINEMA", "RADIO", "PHARMACY",
    "ATLAS", "NOODLES", "TAILOR", "GALLERY", "RECORDS", "OPTICIAN", "LENS 42", "PAPER", "CYCLES", "GELATO",
)  # fmt: skip
BLADES = ("BAR", "TEA", "INN", "ART", "KEY", "24H")


@dataclass(frozen=True)
class Plan:
    """One building. side: -1 left, +1 right; z0, z1: its stretch of the street, metres."""

    side: int
    z0: float
    z1: float
    storeys: int
    colour: np.ndarray
    brick: bool
    style: str  # "plain", "shutters", "balconies", "modern"
    shop: str  # the name over the shop, or "" for a house with a door
    gap: bool  # the street is open before z0, so that the front wall is in sight down to the ground

    @property
    def height(self) -> float:
        return GROUND + self.storeys * STOREY + 0.5


def plans(rng: np.random.Generator, crossing: tuple[float, float]) -> list[Plan]:
    """Both rows of buildings, far ones first; the cross street `crossing` (z0, z1) stays open."""
    rows = []
    for side in (-1, 1):
        names = rng.permutation(NAMES)
        z, previous = 0.7 + rng.uniform(0, 3), -1
        while z < 185:
            length = rng.uniform(9, 15)
            if z < crossing[0] < z + length + 5:
                length = crossing[0] - z
            brick, k = bool(rng.random() < 0.28), int(rng.integers(len(WALLS)))
            k = (k + 1) % len(WALLS) if k == previous else k
            rows.append(
                Plan(
                    side, z, z + length, int(rng.integers(2, 6) if side > 0 else rng.integers(2, 5)),
                    BRICKS[rng.integers(len(BRICKS))] if brick else WALLS[k], brick,
                    str(rng.choice(["plain", "shutters", "balconies", "modern"], p=[0.3, 0.27, 0.28, 0.15])),
                    str(names[len(rows) % len(names)]) if rng.random() < 0.72 else "",
                    abs(z - crossing[1]) < 1e-6,
                )
            )  # fmt: skip
            previous, z = k, z + length
            if abs(z - crossing[0]) < 1e-6:
                z = crossing[1]
    return sorted(rows, key=lambda plan: -plan.z0)


def draw(stage: Stage, plan: Plan, labels: dict[str, int]) -> None:
    """A building with everything that is fixed to it."""
    owner = stage.painting.add(labels["building"])
    axis = "right" if plan.side > 0 else "left"
    wall = Face(stage, axis, plan.side * WALL, owner, 1.0 if plan.side > 0 else 0.0)
    front = Face(stage, "front", plan.z0, owner, 1.0 if plan.side > 0 else 0.25)
    _roof(stage, plan, owner)
    across = sorted((plan.side * (WALL + 0.02), plan.side * (WALL + DEPTH)))
    _wall(front, across[0], across[1], plan, floor=not plan.gap)
    _wall(wall, plan.z0, plan.z1, plan, floor=False)
    if plan.shop:
        _shop(wall, plan)
        if stage.rng.random() < 0.6 and plan.z0 > 9:
            _blade(stage, plan, labels["sign"])
    else:
        _door(wall, plan)


def _wall(face: Face, u0: float, u1: float, plan: Plan, floor: bool) -> None:
    """A plastered or brick wall with rows of windows. floor: leave out the ground floor's windows."""
    rng = face.stage.rng
    bays = max(2, round((u1 - u0) / 2.75))
    edges = np.linspace(u0, u1, bays + 1)
    near_last = np.argsort(-edges[:-1]) if face.axis != "front" else np.arange(bays)
    left, right = edges[:-1][near_last], edges[1:][near_last]
    full = lambda v0, v1: np.stack([left, right, 0 * left + v0, 0 * left + v1], 1)  # noqa: E731
    material = face.material(plan.brick)
    face.paint(full(0, plan.height), plan.colour, material=material)
    base = plan.colour * 0.5 + np.array((176, 168, 156)) * 0.42
    face.paint(full(0, GROUND - 0.25), base, material=face.material(False))
    face.paint(full(0, 0.55), base * 0.8, out=0.03, material=face.material(False))
    trim = TRIM if not plan.brick else np.array((222, 206, 184.0))
    middle = (left + right) / 2
    tall = plan.style == "balconies"
    half = 1.05 if plan.style == "modern" else 0.56
    floors = GROUND + STOREY * np.arange(plan.storeys)
    across, up = (a.ravel() for a in np.meshgrid(middle, floors, indexing="ij"))
    rects = np.stack([across - half, across + half, up + (0.25 if tall else 0.9), up + 2.6], 1)
    if floor or face.axis == "front":
        low = np.stack([middle - 0.5, middle + 0.5, 0 * middle + 1.3, 0 * middle + 2.9], 1)
        rects = np.concatenate([low, rects])
    _windows(face, rects, plan, trim)
    if tall and face.axis != "front":
        chosen = (rng.random(len(up)) < 0.75) & (up > floors[0])
        _balconies(face, rects[chosen], up[chosen] + 0.12)
    face.boxes(full(GROUND - 0.25, GROUND + 0.02), 0.12, trim * 0.96)
    face.paint(full(GROUND - 0.42, GROUND - 0.25), plan.colour * 0.62)
    face.paint(full(plan.height - 0.95, plan.height - 0.55), plan.colour * 0.74, material=material)
    face.boxes(full(plan.height - 0.55, plan.height - 0.25), 0.28, trim * 0.95)
    face.boxes(full(plan.height - 0.25, plan.height), 0.42, trim)


def _windows(face: Face, rects: np.ndarray, plan: Plan, trim: np.ndarray) -> None:
    """Windows (n, 4): surround, reveal, glass with what it mirrors, curtains, frame, sill, shutters."""
    rng, n = face.stage.rng, len(rects)
    grow = np.array([-1, 1, -1, 1.0])
    modern = plan.style == "modern"
    if not modern:
        face.paint(rects + grow * 0.13, trim * 0.97, 0.02)
    face.paint(rects, plan.colour * 0.5 + 50)
    glass = face.sunk(rects, 0.2)
    _glass(face, glass, rng)
    u0, u1, v0, v1 = glass.T
    drawn = rng.random(n) < 0.55
    share = rng.uniform(0.12, 0.42, n)
    curtain = np.array((206, 198, 184.0)) * rng.uniform(0.62, 0.9, (n, 1))
    for sign in (0, 1):
        a, b = (u0, u0 + (u1 - u0) * share) if sign == 0 else (u1 - (u1 - u0) * share, u1)
        face.paint(np.stack([a, b, v0, v1], 1)[drawn], curtain[drawn], light=face.light * 0.5 + 0.16)
    frame = np.array((70, 74, 78.0)) if modern else trim * 0.98
    bar = 0.045
    middle, rail = (u0 + u1) / 2, v0 + (v1 - v0) * 0.68
    bars = [(u0, u1, v1 - bar, v1), (u0, u1, v0, v0 + bar), (u0, u0 + bar, v0, v1), (u1 - bar, u1, v0, v1)]
    bars += [(middle - bar / 2, middle + bar / 2, v0, v1)]
    bars += [] if modern else [(u0, u1, rail - bar / 2, rail + bar / 2)]
    face.paint(np.concatenate([np.stack(np.broadcast_arrays(*b), 1) for b in bars]), frame, light=face.light * 0.92)
    sills = rects.copy()
    sills[:, :2] += [-0.16, 0.16]
    sills[:, 2:] = rects[:, 2:3] + np.array([-0.12, 0.0])
    shadow = sills + np.array([0, 0, -0.14, -0.12])
    face.paint(shadow, plan.colour * 0.7)
    face.boxes(sills, 0.14, trim)
    if plan.style == "shutters":
        _shutters(face, rects, SHUTTERS[int(plan.z0 * 7) % len(SHUTTERS)])
    elif not modern:
        caps = rects.copy()
        caps[:, :2] += [-0.2, 0.2]
        caps[:, 2:] = rects[:, 3:4] + np.array([0.13, 0.27])
        face.boxes(caps, 0.12, trim)


def _glass(face: Face, glass: np.ndarray, rng: np.random.Generator) -> None:
    """Panes: dark rooms below, the sky's reflection above, now and then a lamp."""
    n = len(glass)
    warm = face.axis == "left"
    low = np.array((112, 98, 82.0) if warm else (52, 62, 72.0)) * rng.uniform(0.7, 1.15, (n, 1))
    high = np.array((176, 190, 198.0) if warm else (138, 166, 186.0)) * rng.uniform(0.85, 1.05, (n, 1))
    lamp = rng.random(n) < 0.07
    low[lamp] = (214, 168, 102)
    high[lamp] = (238, 206, 150)
    u0, u1, v0, v1 = glass.T
    steps = 14 if face.axis != "front" and u0.min() < 26 else 6
    t = (np.arange(steps) + 0.5)[:, None] / steps
    panes = np.stack(
        np.broadcast_arrays(u0, u1, v0 + (v1 - v0) * (t - 0.5 / steps), v0 + (v1 - v0) * (t + 0.5 / steps)), -1
    )
    tone = low + (high - low) * (t**1.4)[..., None]
    face.paint(panes.reshape(-1, 4), tone.reshape(-1, 3), light=1.0, material=PLAIN)
    slant = (v1 - v0) * rng.uniform(0.2, 0.5, n)
    streak = face.points(
        np.stack([u0 + (u1 - u0) * 0.15, u0 + (u1 - u0) * 0.5, u1, u1], 1),
        np.stack([v0 + slant, v1, v1, v1 - slant * 0.4], 1), 0.0,
    )  # fmt: skip
    seen = (rng.random(n) < 0.45) & ~lamp
    face.stage.paint(streak[seen], (low * 0.35 + high * 0.72)[seen], face.owner)


def _shutters(face: Face, rects: np.ndarray, colour: np.ndarray) -> None:
    u0, u1, v0, v1 = rects.T
    slats = np.arange(9)[:, None] / 9
    for a, b in ((u0 - 0.62, u0 - 0.1), (u1 + 0.1, u1 + 0.62)):
        face.paint(np.stack([a + 0.05, b + 0.05, v0 - 0.08, v1 - 0.06], 1), colour * 0.45, 0.01)
        face.paint(np.stack([a, b, v0, v1], 1), colour, 0.05)
        low = v0 + 0.1 + (v1 - v0 - 0.2) * slats
        rects = np.stack(np.broadcast_arrays(a + 0.06, b - 0.06, low, low + 0.07), -1)
        face.paint(rects.reshape(-1, 4), colour * 0.76, 0.05)


def _balconies(face: Face, rects: np.ndarray, v: np.ndarray) -> None:
    """Slabs at heights v (n,) with iron railings before windows (n, 4)."""
    if len(rects) == 0:
        return
    u0, u1 = rects[:, 0] - 0.35, rects[:, 1] + 0.35
    flat = lambda low, high: np.stack([u0, u1, v + low, v + high], 1)  # noqa: E731
    face.paint(flat(-0.75, -0.16) + np.array([0.1, 0, 0, 0]), (96, 90, 88), light=face.light * 0.9)
    face.boxes(flat(-0.16, 0), 0.85, TRIM * 0.92)
    iron = np.array((52, 54, 58.0))
    post = np.array([-0.015, 0.015, 0.0, 0.95])
    u = u0 + (u1 - u0) * np.linspace(0, 1, 13)[:, None]
    row = np.stack(np.broadcast_arrays(u, u, v, v), -1).reshape(-1, 4)
    face.paint(row + post, iron, 0.83)
    end = np.stack([u0, u0, v, v], 1) + post
    face.paint(np.tile(end, (6, 1)), iron, np.repeat(np.linspace(0.05, 0.83, 6), len(u0)))
    face.paint(flat(0.92, 0.99), iron, 0.83)
    rail = face.points(
        u0[:, None] + np.zeros(4), v[:, None] + np.array([0.92, 0.92, 0.99, 0.99]), np.array([0, 0.83, 0.83, 0])
    )
    face.stage.paint(rail, iron * face.light, face.owner)


def _shop(face: Face, plan: Plan) -> None:
    """A shop on the ground floor: windows with a warm inside, a door, the name over them, sometimes an awning."""
    rng = face.stage.rng
    colour = SHOPFRONTS[rng.integers(len(SHOPFRONTS))]
    u0, u1 = plan.z0 + 0.5, plan.z1 - 0.5
    face.paint([[u0, u1, 0.0, 3.7]], colour * 0.86, 0.04)
    bays = max(2, round((u1 - u0) / 2.6))
    edges = np.linspace(u0, u1, bays + 1)[::-1]
    door = int(rng.integers(bays))
    for i in range(bays):
        high, low = edges[i], edges[i + 1]
        if i == door:
            _entrance(face, (low + high) / 2, colour, glazed=True)
            continue
        pane = np.array([[low + 0.18, high - 0.18, 0.75, 2.85]])
        face.paint(pane + np.array([-0.07, 0.07, -0.07, 0.07]), np.clip(colour * 1.45, 0, 235), 0.06)
        _display(face, pane, rng)
    face.boxes(np.array([[u0, u1, 3.0, 3.72]]), 0.2, colour)
    ink = np.array((246, 234, 204.0)) if colour.mean() < 105 else np.array((52, 40, 34.0))
    text = min(0.42, 0.84 * (u1 - u0) / len(plan.shop))
    face.text(plan.shop, (u0 + u1) / 2, 3.36 - text / 2, text, ink, 0.21, 0.17, face.light * 0.75 + 0.3)
    if rng.random() < 0.62:
        _awning(face, u0 + 0.1, u1 - 0.1, AWNINGS[rng.integers(len(AWNINGS))])


def _display(face: Face, pane: np.ndarray, rng: np.random.Generator) -> None:
    """A shop window: a dim, warm room with goods, and reflections over it."""
    room = face.sunk(pane, 0.25)[0]
    u0, u1, v0, v1 = room
    glow = rng.uniform(0.6, 1.0)
    t = np.arange(10)
    strips = np.stack([0 * t + u0, 0 * t + u1, v0 + (v1 - v0) * t / 10, v0 + (v1 - v0) * (t + 1) / 10], 1)
    face.paint(strips, (np.array((84, 72, 62.0)) + (t / 9)[:, None] * [96, 74, 44]) * glow, light=1.0)
    for v in (v0, v0 + (v1 - v0) * 0.36):
        count = 7
        width = (u1 - u0) / count
        u = u0 + width * (np.arange(count) + rng.uniform(0.1, 0.25, count))
        goods = WALLS[rng.integers(len(WALLS), size=count)] * rng.uniform(0.45, 0.95, (count, 1)) * [1.0, 0.86, 0.72]
        rects = np.stack([u, u + width * 0.62, 0 * u + v, v + rng.uniform(0.18, 0.55, count)], 1)
        face.paint(rects, goods, light=glow)
    lamps = u0 + (u1 - u0) * np.array([[0.3], [0.7]]) + [[-0.14, 0.14]]
    face.paint(np.concatenate([lamps, np.full((2, 2), v1) - [0.22, 0.12]], 1), (255, 236, 190), light=1.0)
    reach = (u1 - u0) * 0.25
    streak = face.points([[u0 + reach, u0 + 2.1 * reach, u0 + 1.3 * reach, u0 + 0.2 * reach]], [[v1, v1, v0, v0]], 0.0)
    face.stage.paint(streak, np.array((150, 162, 166.0)) * glow, face.owner)
    face.paint([[(u0 + u1) / 2 - 0.03, (u0 + u1) / 2 + 0.03, v0, v1]], (60, 54, 48))


def _awning(face: Face, u0: float, u1: float, colour: np.ndarray) -> None:
    """A striped awning, slanting out over the pavement, and its shadow on the shop."""
    count = max(4, round((u1 - u0) / 0.42))
    edges = np.linspace(u1, u0, count + 1)
    a, b = edges[:-1], edges[1:]
    stripes = np.where((np.arange(count) % 2 == 0)[:, None], colour, np.array((236, 226, 206.0)))
    light = shade(np.array([face.normal[0] * 0.6, 0.8, 0]), face.lit)
    top = face.points(np.stack([a, b, b, a], 1), np.array([2.98, 2.98, 2.45, 2.45]), np.array([0.2, 0.2, 1.3, 1.3]))
    face.stage.paint(top, stripes * light, face.owner)
    cloth = face.points(np.stack([a, b, b, a], 1), np.array([2.45, 2.45, 2.2, 2.2]), np.full(4, 1.3))
    face.stage.paint(cloth, stripes * face.light * 0.94, face.owner)
    end = face.points(np.full((1, 3), u0), np.array([2.98, 2.45, 2.45]), np.array([0.2, 1.3, 0.2]))
    face.stage.paint(end, colour * 0.62, face.owner)


def _entrance(face: Face, u: float, colour: np.ndarray, glazed: bool) -> None:
    face.paint([[u - 0.62, u + 0.62, 0.05, 2.85]], np.clip(colour * 1.3, 0, 235), 0.05)
    leaf = face.sunk(np.array([[u - 0.52, u + 0.52, 0.1, 2.5]]), 0.3)
    face.paint(leaf, colour * 0.6, 0.0)
    if glazed:
        face.paint(leaf + np.array([0.14, -0.14, 0.75, -0.12]), (72, 82, 86), light=1.0)
        face.paint(leaf + np.array([0.14, -0.5, 1.5, -0.12]), (126, 142, 150), light=1.0)
    else:
        for low, high in ((0.25, 1.0), (1.15, 2.2)):
            for a, b in ((0.1, 0.46), (0.54, 0.9)):
                width = leaf[0, 1] - leaf[0, 0]
                panel = [[leaf[0, 0] + a * width, leaf[0, 0] + b * width, low, high]]
                face.paint(panel, colour * 0.8)
    face.paint([[leaf[0, 0] + 0.1, leaf[0, 0] + 0.16, 1.05, 1.2]], (214, 190, 120), 0.02)


def _door(face: Face, plan: Plan) -> None:
    """The ground floor of a house: a door under a lintel, and windows."""
    rng = face.stage.rng
    bays = max(2, round((plan.z1 - plan.z0) / 2.75))
    edges = np.linspace(plan.z0, plan.z1, bays + 1)
    middle = ((edges[:-1] + edges[1:]) / 2)[::-1]
    door = int(rng.integers(bays))
    others = np.delete(middle, door)
    rects = np.stack([others - 0.55, others + 0.55, 0 * others + 1.2, 0 * others + 2.95], 1)
    _windows(face, rects, plan, TRIM)
    _entrance(face, middle[door], SHOPFRONTS[rng.integers(len(SHOPFRONTS))], glazed=False)
    u = middle[door]
    face.boxes(np.array([[u - 0.85, u + 0.85, 2.9, 3.1]]), 0.35, TRIM)
    number = str(int(plan.z0 * 2 + (plan.side > 0)) % 97 + 2)
    face.paint([[u - 1.05, u - 0.75, 1.75, 2.0]], (40, 66, 116), 0.04)
    face.text(number, u - 0.9, 1.81, 0.13, (244, 244, 238), 0.05)


def _roof(stage: Stage, plan: Plan, owner: int) -> None:
    """A mansard with dormers and chimneys; what the wall hides is painted over by it later."""
    rng, h, s = stage.rng, plan.height, plan.side
    if plan.style == "modern":
        return
    slate = np.array((104, 110, 122.0)) if rng.random() < 0.6 else np.array((158, 100, 78.0))
    light = shade(np.array([-s * 0.86, 0.5, 0]), 1.0 if s > 0 else 0.3)
    for place in rng.uniform(plan.z0 + 1, plan.z1 - 1, 2):
        _chimney(stage, owner, s, place, h, rng)
    inner, outer = s * (WALL + 0.15), s * (WALL + 1.9)
    edges = np.linspace(plan.z1, plan.z0, 5)
    quads = [[(inner, h, a), (inner, h, b), (outer, h + 2.7, b), (outer, h + 2.7, a)] for a, b in pairwise(edges)]
    far = s * (WALL + DEPTH)
    gable = [[(inner, h, plan.z0), (outer, h + 2.7, plan.z0), (far, h + 2.7, plan.z0), (far, h, plan.z0)]]
    stage.paint(gable, slate * shade((0, 0.4, -0.92), 0.8), owner, ROOF)
    stage.paint(quads, slate * light, owner, ROOF)
    dormers = max(2, round((plan.z1 - plan.z0) / 2.75))
    face = Face(stage, "right" if s > 0 else "left", s * (WALL + 0.5), owner, 1.0 if s > 0 else 0.0)
    step = (plan.z1 - plan.z0) / dormers
    u = plan.z0 + step * (np.arange(dormers)[::-1] + 0.5)
    face.boxes(np.stack([u - 0.62, u + 0.62, 0 * u + h + 0.3, 0 * u + h + 2.0], 1), 0.1, TRIM * 0.9)
    _glass(face, np.stack([u - 0.42, u + 0.42, 0 * u + h + 0.5, 0 * u + h + 1.75], 1), rng)
    face.boxes(np.stack([u - 0.75, u + 0.75, 0 * u + h + 2.0, 0 * u + h + 2.2], 1), 0.25, slate * 0.8)


def _chimney(stage: Stage, owner: int, side: int, z: float, height: float, rng: np.random.Generator) -> None:
    x, top = side * (WALL + 2.6), height + rng.uniform(3.2, 4.2)
    brick = np.array((158, 104, 84.0))
    near = z - 0.4
    body = [[(x, height, near), (x + side, height, near), (x + side, top, near), (x, top, near)]]
    flank = [[(x, height, near), (x, height, near + 0.8), (x, top, near + 0.8), (x, top, near)]]
    stage.paint(flank, brick * shade((-side, 0, 0), 1.0), owner)
    stage.paint(body, brick * shade((0, 0, -1.0), 0.9), owner)
    for k in (0.25, 0.7):
        pot = x + side * k
        quad = [
            [
                (pot - 0.1, top, near),
                (pot + 0.1, top, near),
                (pot + 0.08, top + 0.5, near),
                (pot - 0.08, top + 0.5, near),
            ]
        ]
        stage.paint(quad, np.array((176, 112, 84.0)), owner)


def _blade(stage: Stage, plan: Plan, label: int) -> None:
    """A small sign hanging out over the pavement, facing along the street."""
    rng = stage.rng
    owner = stage.painting.add(label, boxed=True)
    face = Face(stage, "front", plan.z0 + 1.2, owner, 0.9 if plan.side > 0 else 0.0)
    near, far = sorted((plan.side * (WALL - 1.15), plan.side * (WALL - 0.2)))
    v = 4.15
    colour = SHOPFRONTS[rng.integers(len(SHOPFRONTS))]
    face.paint([[near - 0.05, far + 0.05, v + 0.72, v + 0.78]], (48, 48, 50))
    face.paint([[near, far, v, v + 0.7]], (232, 222, 200))
    face.paint([[near + 0.05, far - 0.05, v + 0.05, v + 0.65]], colour, 0.01)
    face.text(str(rng.choice(BLADES)), (near + far) / 2, v + 0.18, 0.32, (246, 236, 212), 0.02)
