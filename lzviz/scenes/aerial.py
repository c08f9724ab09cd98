"""A town from above: thousands of roofs, cars and trees in blocks between streets, fields around them."""

from dataclasses import dataclass

import cv2
import numpy as np

from lzviz.scenes.noise import grain, lookup, tile
from lzviz.scenes.paint import Band, Frame, Painting
from lzviz.scenes.scene import Scene, check, render
from lzviz.scenes.shapes import ellipses, paint, rectangles, rotate

CLASSES = ("grass", "field", "water", "road", "building", "tree", "car")
LABELS = {name: index for index, name in enumerate(CLASSES)}
_METRE = 1 / 1000  # the unit is a kilometre
_GRASS, _SOIL, _TAR, _WATER, _ROOF, _LEAF, _METAL = range(1, 8)
_SHADOW = np.array([0.55, 0.62])  # per unit of height: the sun stands in the upper left
_CARS = np.array(
    [(222, 220, 214), (60, 64, 70), (150, 156, 160), (150, 58, 52), (66, 92, 130), (196, 188, 170), (98, 108, 112)],
    float,
)
_TILES = np.array(
    [(168, 118, 98), (152, 108, 94), (180, 136, 112), (136, 122, 114), (114, 118, 126), (146, 98, 86)], float
)
_FLAT = np.array([(196, 194, 188), (172, 174, 176), (150, 154, 158), (206, 198, 184)], float)
_CROPS = np.array(
    [(168, 170, 98), (134, 152, 84), (192, 174, 112), (150, 128, 92), (116, 142, 82), (204, 190, 130)], float
)


@dataclass(frozen=True)
class Block:
    """An axis-aligned piece of the plan, in unit coordinates before the town is turned."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def centre(self) -> np.ndarray:
        return np.array([(self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2])

    @property
    def size(self) -> np.ndarray:
        return np.array([self.x1 - self.x0, self.y1 - self.y0])

    def inset(self, margin: float) -> "Block":
        return Block(self.x0 + margin, self.y0 + margin, self.x1 - margin, self.y1 - margin)


class _Town:
    """Collects the town's shapes; everything is turned by one angle, so that no street runs along the pixels."""

    def __init__(self, rng: np.random.Generator, extent: np.ndarray):
        self.rng, self.extent = rng, extent
        self.angle = rng.uniform(0.12, 0.4) * rng.choice([-1, 1])
        self.painting = Painting()
        self.shadows: list[np.ndarray] = []
        self.cars: list[tuple[np.ndarray, np.ndarray]] = []  # centres (n, 2), angles (n,)
        self.trees: list[tuple[np.ndarray, np.ndarray]] = []  # centres (n, 2), radii (n,)
        self.lake = extent * rng.uniform(0.18, 0.32, 2) + (extent * 0.5 if rng.random() < 0.5 else 0)
        self.ground = {name: self.painting.add(LABELS[name]) for name in ("grass", "field", "water", "road")}

    def turn(self, points: np.ndarray) -> np.ndarray:
        """Plan to picture."""
        middle = self.extent / 2
        points = np.asarray(points, float)
        return rotate(points - middle, np.full(points.shape[:-2], self.angle)) + middle

    def in_sight(self, block: Block) -> bool:
        """May any of the block, or a shadow from it, fall into the picture?"""
        reach = float(np.hypot(*block.size)) / 2 + 0.02
        centre = self.turn(block.centre[None])[0]
        return bool(((centre > -reach) & (centre < self.extent + reach)).all())

    def flat(self, points, colour, name: str, material: int) -> None:
        paint(self.painting, self.turn(points), colour, self.ground[name], material)

    def cast(self, points: np.ndarray, height) -> None:
        """The shadow of an upright thing with this outline (n, k, 2), in picture coordinates."""
        shift = _SHADOW * np.broadcast_to(height, len(points))[:, None]
        for part in np.linspace(0.2, 1, 4):
            self.shadows.extend(points + part * shift[:, None])


def aerial(size: tuple[int, int] = (2048, 2048), seed: int = 0) -> Scene:
    """A town seen from above with exact labels, and boxes for each building and car (visible pixels only).

    size: (h, w) pixels, 16..8192 each; the picture always covers a square kilometre, whatever its shape.
    `highlight` is the box of one building near the middle.
    """
    h, w = check(size, seed)
    scale = float(np.sqrt(h * w))
    rng = np.random.default_rng([seed, 2])
    town = _Town(rng, np.array([w / scale, h / scale]))
    _compose(town)
    frame = Frame((h, w), scale, (0.0, 0.0))
    scene = render(town.painting, frame, _Shader(town, frame, seed), CLASSES, seed)
    return _with_highlight(scene)


def _with_highlight(scene: Scene) -> Scene:
    h, w = scene.size
    houses = scene.boxes[scene.box_classes == LABELS["building"]]
    if len(houses) == 0:
        return scene
    off = (houses[:, :2] + houses[:, 2:]) / 2 - (w / 2, h / 2)
    near = houses[np.argmin((off**2).sum(1))]
    x0, y0, x1, y1 = near.tolist()
    return Scene(scene.image, scene.labels, scene.boxes, scene.box_classes, scene.classes, scene.seed, (x0, y0, x1, y1))


def _compose(town: _Town) -> None:
    margin = 0.35 * float(town.extent.max())
    x1, y1 = town.extent + margin
    whole = Block(-margin, -margin, x1, y1)
    town.flat([[(whole.x0, whole.y0), (x1, whole.y0), (x1, y1), (whole.x0, y1)]], (126, 126, 128), "road", _TAR)
    for block in _split(town, whole):
        _fill(town, block)
    _lake(town)
    _draw_cars(town)
    _draw_trees(town)


def _split(town: _Town, block: Block) -> list[Block]:
    """Halve the plan until blocks have the size of a city block, leaving streets with dashes between."""
    rng = town.rng
    w, h = block.size
    if not town.in_sight(block):
        return []
    if max(w, h) < rng.uniform(0.13, 0.24):
        return [block]
    share = rng.uniform(0.36, 0.64)
    street = 5 * _METRE if max(w, h) < 0.5 else 8 * _METRE
    across = w > h
    cut = (block.x0 + share * w) if across else (block.y0 + share * h)
    start, end = (block.y0, block.y1) if across else (block.x0, block.x1)
    dashes = np.arange(start + 6 * _METRE, end - 6 * _METRE, 9 * _METRE)
    centres = np.stack([np.full_like(dashes, cut), dashes] if across else [dashes, np.full_like(dashes, cut)], 1)
    halves = np.array([0.14, 1.8]) * _METRE
    town.flat(rectangles(centres, halves if across else halves[::-1], 0.0), (206, 204, 196), "road", _TAR)
    _street_cars(town, cut, start, end, across, street)
    if across:
        parts = Block(block.x0, block.y0, cut - street, block.y1), Block(cut + street, block.y0, block.x1, block.y1)
    else:
        parts = Block(block.x0, block.y0, block.x1, cut - street), Block(block.x0, cut + street, block.x1, block.y1)
    return [leaf for part in parts for leaf in _split(town, part)]


def _street_cars(town: _Town, cut: float, start: float, end: float, across: bool, street: float) -> None:
    rng = town.rng
    for side in (-1, 1):
        along = np.arange(start + 0.01, end - 0.01, 16 * _METRE)
        along = along[rng.random(len(along)) < 0.4]
        along = along + rng.uniform(-4, 4, len(along)) * _METRE
        lane = np.full_like(along, cut + side * street * 0.42)
        centres = np.stack([lane, along] if across else [along, lane], 1)
        town.cars.append((centres, np.full(len(along), np.pi / 2 if across else 0.0)))


def _fill(town: _Town, block: Block) -> None:
    """Give a block its use: the further out, the greener."""
    rng = town.rng
    out = float(np.abs((block.centre - town.extent / 2) / town.extent).max())
    use = rng.random() + 1.1 * (out - 0.32)
    near = np.maximum(np.abs(block.centre - town.lake) - block.size / 2, 0)
    if np.hypot(*near) < 0.13:
        _park(town, block)
        return
    if use > 0.86:
        _field(town, block)
        return
    pavement = [[(block.x0, block.y0), (block.x1, block.y0), (block.x1, block.y1), (block.x0, block.y1)]]
    town.flat(pavement, (176, 170, 160), "road", _TAR)
    yard = block.inset(2.5 * _METRE)
    if min(yard.size) < 20 * _METRE:
        return
    if use < 0.14:
        _works(town, yard)
    elif use < 0.26:
        _park(town, yard)
    elif use < 0.5 and max(yard.size) < 0.15:
        _perimeter(town, yard)
    else:
        _houses(town, yard)


def _plot(town: _Town, block: Block, colour, name: str, material: int) -> None:
    corners = [[(block.x0, block.y0), (block.x1, block.y0), (block.x1, block.y1), (block.x0, block.y1)]]
    town.flat(corners, colour, name, material)


def _field(town: _Town, block: Block) -> None:
    """A crop in rows."""
    rng = town.rng
    colour = _CROPS[rng.integers(len(_CROPS))] * rng.uniform(0.92, 1.06)
    _plot(town, block, colour * 0.98, "field", _SOIL)
    inner = block.inset(3 * _METRE)
    count = int(max(inner.size) / (4.5 * _METRE))
    lines = (np.arange(count) + 0.5) / count
    if rng.random() < 0.5:
        centres = np.stack([inner.x0 + lines * inner.size[0], np.full(count, inner.centre[1])], 1)
        halves = np.array([0.9 * _METRE, inner.size[1] / 2])
    else:
        centres = np.stack([np.full(count, inner.centre[0]), inner.y0 + lines * inner.size[1]], 1)
        halves = np.array([inner.size[0] / 2, 0.9 * _METRE])
    town.flat(rectangles(centres, halves, 0.0), colour * 0.9, "field", _SOIL)
    hedge = int(block.size.sum() / (9 * _METRE))
    edge = np.stack([np.full(hedge, block.x0), rng.uniform(block.y0, block.y1, hedge)], 1)
    town.trees.append((edge + rng.normal(0, 1.2, (hedge, 2)) * _METRE, rng.uniform(2, 4, hedge) * _METRE))


def _park(town: _Town, block: Block) -> None:
    """Lawn, paths and many trees."""
    rng = town.rng
    _plot(town, block, (138, 156, 98), "grass", _GRASS)
    halves = block.size / 2
    for angle in rng.uniform(0, np.pi, 2):
        reach = np.array([halves.min() * 0.98, 1.4 * _METRE])
        town.flat(rectangles(block.centre[None], reach, angle), (206, 192, 164), "road", _TAR)
    town.flat(ellipses(block.centre[None], np.full(2, 8 * _METRE), 0.0, 24), (206, 192, 164), "road", _TAR)
    count = int(block.size.prod() / (13 * _METRE) ** 2)
    place = rng.uniform((block.x0, block.y0), (block.x1, block.y1), (count, 2))
    town.trees.append((place, rng.uniform(2.5, 6.0, count) * _METRE))


def _houses(town: _Town, block: Block) -> None:
    """Rows of small houses in gardens."""
    rng = town.rng
    _plot(town, block, (142, 154, 104), "grass", _GRASS)
    step = np.array([rng.uniform(17, 22), rng.uniform(21, 26)]) * _METRE
    columns, rows = (max(1, int(n)) for n in block.size / step)
    grid = np.stack(np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5), -1).reshape(-1, 2)
    centres = (block.x0, block.y0) + grid / (columns, rows) * block.size
    kept = rng.random(len(centres)) < 0.92
    centres = centres[kept] + rng.normal(0, 1.0, (int(kept.sum()), 2)) * _METRE
    n = len(centres)
    drives = rectangles(centres + np.array([7.2, 6]) * _METRE, np.array([1.6, 5.5]) * _METRE, 0.0)
    town.flat(drives, (186, 178, 166), "road", _TAR)
    halves = np.stack([rng.uniform(4.2, 5.8, n), rng.uniform(3.6, 5.2, n)], 1) * _METRE
    _gables(town, centres, halves, rng.random(n) < 0.3)
    parked = rng.random(n) < 0.6
    town.cars.append((centres[parked] + np.array([7.2, 8.0]) * _METRE, np.full(int(parked.sum()), np.pi / 2)))
    for _ in range(3):
        spots = centres + rng.uniform(-0.5, 0.5, (n, 2)) * step + np.array([0.0, -8]) * _METRE
        town.trees.append((spots, rng.uniform(1.4, 3.6, n) * _METRE))


def _gables(town: _Town, centres: np.ndarray, halves: np.ndarray, across: np.ndarray) -> None:
    """Pitched roofs: a lit and a shaded side, a ridge, a chimney."""
    rng, n = town.rng, len(centres)
    angle = np.where(across, np.pi / 2, 0.0)
    tiles = _TILES[rng.integers(len(_TILES), size=n)] * rng.uniform(0.9, 1.08, (n, 1))
    owners = np.array([town.painting.add(LABELS["building"], boxed=True) for _ in range(n)])
    outline = town.turn(rectangles(centres, halves, angle))
    town.cast(outline, rng.uniform(5, 8, n) * _METRE)
    put = lambda shape, colour: paint(town.painting, town.turn(shape), colour, owners, _ROOF)  # noqa: E731
    lit, dark = np.where(across[:, None], 0.84, 1.10), np.where(across[:, None], 1.12, 0.80)
    offset = rotate(np.stack([0 * halves[:, 0], halves[:, 1] / 2], 1)[:, None], angle)[:, 0]
    half_roof = halves * [1, 0.5]
    put(rectangles(centres, halves, angle), tiles * dark)
    put(rectangles(centres - offset, half_roof, angle), tiles * lit)
    for k in (-0.55, 0.0, 0.55):
        row = rotate(np.stack([0 * halves[:, 0], halves[:, 1] * k], 1)[:, None], angle)[:, 0]
        put(rectangles(centres + row, np.stack([halves[:, 0], np.full(n, 0.12 * _METRE)], 1), angle), tiles * 0.74)
    stack = rotate((halves * [0.5, -0.3])[:, None], angle)[:, 0]
    put(rectangles(centres + stack + 0.5 * _METRE, np.full(2, 0.6 * _METRE), angle), tiles * 0.5)
    put(rectangles(centres + stack, np.full(2, 0.55 * _METRE), angle), (178, 150, 136))


def _perimeter(town: _Town, block: Block) -> None:
    """Apartment houses around a green court."""
    rng = town.rng
    _plot(town, block, (148, 154, 112), "grass", _GRASS)
    deep = 6.5 * _METRE
    w, h = block.size
    sides = [
        (0, block.y0 + deep, w),
        (0, block.y1 - deep, w),
        (1, block.x0 + deep, h - 4 * deep),
        (1, block.x1 - deep, h - 4 * deep),
    ]
    centres, halves = [], []
    for axis, at, length in sides:
        count = max(1, int(length / (24 * _METRE)))
        along = (np.arange(count) + 0.5) / count * length - length / 2 + block.centre[axis]
        for a in along:
            centres.append((a, at) if axis == 0 else (at, a))
            halves.append((length / count / 2 * 0.985, deep))
    turned = np.repeat([axis == 1 for axis, _, _ in sides], [max(1, int(n / (24 * _METRE))) for _, _, n in sides])
    _gables(town, np.array(centres), np.array(halves), turned)
    count = int(block.size.prod() / (17 * _METRE) ** 2)
    inner = block.inset(3.2 * deep)
    if min(inner.size) > 12 * _METRE:
        sheds = rng.uniform((inner.x0, inner.y0), (inner.x1, inner.y1), (1 + count // 12, 2))
        town.flat(rectangles(sheds, np.array([9, 7]) * _METRE, 0.0), (186, 178, 166), "road", _TAR)
        _gables(town, sheds, np.tile(np.array([6.0, 3.2]) * _METRE, (len(sheds), 1)), rng.random(len(sheds)) < 0.5)
        spots = rng.uniform((inner.x0, inner.y0), (inner.x1, inner.y1), (count, 2))
        town.trees.append((spots, rng.uniform(2, 4.5, count) * _METRE))


def _works(town: _Town, block: Block) -> None:
    """A hall with a flat roof, and a car park with rows of cars."""
    rng = town.rng
    _plot(town, block, (140, 140, 142), "road", _TAR)
    share = rng.uniform(0.38, 0.55)
    hall = Block(block.x0, block.y0, block.x1, block.y0 + share * block.size[1]).inset(5 * _METRE)
    lot = Block(block.x0, block.y0 + share * block.size[1], block.x1, block.y1).inset(4 * _METRE)
    if min(hall.size) > 12 * _METRE:
        _hall(town, hall)
    row_step, bay = 17 * _METRE, 2.6 * _METRE
    for y in np.arange(lot.y0 + 4 * _METRE, lot.y1 - 4 * _METRE, row_step):
        x = np.arange(lot.x0 + bay, lot.x1 - bay, bay)
        for side in (-1, 1):
            centres = np.stack([x, np.full_like(x, y + side * 2.6 * _METRE)], 1)
            lines = centres - [bay / 2, 0]
            town.flat(rectangles(lines, np.array([0.09, 2.4]) * _METRE, 0.0), (214, 212, 204), "road", _TAR)
            full = rng.random(len(x)) < 0.72
            town.cars.append((centres[full], np.full(int(full.sum()), np.pi / 2)))


def _hall(town: _Town, hall: Block) -> None:
    rng = town.rng
    owner = town.painting.add(LABELS["building"], boxed=True)
    colour = _FLAT[rng.integers(len(_FLAT))]
    put = lambda shape, tone: paint(town.painting, town.turn(shape), tone, owner, _ROOF)  # noqa: E731
    outline = rectangles(hall.centre[None], hall.size / 2, 0.0)
    town.cast(town.turn(outline), 10 * _METRE)
    put(outline, colour * 0.78)
    put(rectangles(hall.centre[None], hall.size / 2 - 0.9 * _METRE, 0.0), colour)
    inner = hall.inset(4 * _METRE)
    counts = np.maximum((inner.size / (np.array([9, 12]) * _METRE)).astype(int), 1)
    grid = np.stack(np.meshgrid(np.arange(counts[0]) + 0.5, np.arange(counts[1]) + 0.5), -1).reshape(-1, 2)
    lights = (inner.x0, inner.y0) + grid / counts * inner.size
    put(rectangles(lights + 0.3 * _METRE, np.array([1.2, 2.6]) * _METRE, 0.0), colour * 0.62)
    put(rectangles(lights, np.array([1.2, 2.6]) * _METRE, 0.0), (168, 190, 202))


def _lake(town: _Town) -> None:
    """A pond with a sandy edge, off the middle."""
    rng = town.rng
    at = town.lake
    turn = np.arange(48) * 2 * np.pi / 48
    rough = 1 + 0.16 * np.sin(2 * turn + rng.uniform(0, 6)) + 0.1 * np.sin(3 * turn + rng.uniform(0, 6))
    halves = np.array([0.10, 0.065])
    spin = rng.uniform(0, np.pi)
    for grow, colour, name, material in (
        (1.14, (134, 152, 96), "grass", _GRASS),
        (1.03, (196, 184, 150), "grass", _GRASS),
        (1.0, (92, 128, 140), "water", _WATER),
    ):
        town.flat(ellipses(at[None], halves * grow, spin, 48, rough[None]), colour, name, material)
    count = 70
    edge = rng.uniform(0, 2 * np.pi, count)
    ring = np.stack([np.cos(edge), np.sin(edge)], 1) * halves * rng.uniform(1.15, 1.35, (count, 1))
    town.trees.append((at + rotate(ring[None], np.array([spin]))[0], rng.uniform(2, 5, count) * _METRE))
    wet = lambda c, grow: ((rotate((c - at)[None], np.array([-spin]))[0] / halves / grow) ** 2).sum(1) < 1  # noqa: E731
    town.cars[:] = [(c[~wet(c, 1.3)], a[~wet(c, 1.3)]) for c, a in town.cars]
    town.trees[:] = [(c[~wet(c, 1.15)], r[~wet(c, 1.15)]) for c, r in town.trees]


def _draw_cars(town: _Town) -> None:
    rng = town.rng
    centres = np.concatenate([c for c, _ in town.cars])
    angles = np.concatenate([a for _, a in town.cars]) + rng.normal(0, 0.03, len(centres))
    n = len(centres)
    paints = _CARS[rng.integers(len(_CARS), size=n)] * rng.uniform(0.92, 1.05, (n, 1))
    owners = np.array([town.painting.add(LABELS["car"], boxed=True) for _ in range(n)])
    flip = np.where(rng.random(n) < 0.5, 0.0, np.pi)
    long = rng.uniform(2.0, 2.4, n) * _METRE
    part = lambda x0, x1, y: np.stack(  # noqa: E731
        [np.stack([x * long, s * y * _METRE * np.ones(n)], 1) for x, s in ((x0, -1), (x1, -1), (x1, 1), (x0, 1))], 1
    )
    put = lambda shape, tone: paint(  # noqa: E731
        town.painting, town.turn(rotate(shape, angles + flip) + centres[:, None]), tone, owners, _METAL
    )
    corner = np.array([(-1, -0.7), (-0.9, -1), (0.86, -1), (1, -0.6), (1, 0.6), (0.86, 1), (-0.9, 1), (-1, 0.7)])
    body = corner * np.stack([long, np.full(n, 0.92 * _METRE)], 1)[:, None]
    town.cast(town.turn(rotate(body, angles + flip) + centres[:, None]), 1.5 * _METRE)
    put(body, paints)
    put(part(0.1, 0.42, 0.78), (54, 62, 70))
    put(part(-0.82, -0.56, 0.74), (54, 62, 70))
    put(part(-0.56, 0.1, 0.8), np.clip(paints * 1.08 + 6, 0, 245))


def _draw_trees(town: _Town) -> None:
    """Crowns: a dark outline, a body, and a few clumps that catch the light."""
    rng = town.rng
    centres = np.concatenate([c for c, _ in town.trees])
    radii = np.concatenate([r for _, r in town.trees])
    n = len(centres)
    owners = np.array([town.painting.add(LABELS["tree"]) for _ in range(n)])
    green = np.array((92, 116, 72.0)) * rng.uniform(0.82, 1.16, (n, 1)) * rng.uniform(0.94, 1.06, (n, 3))
    rough = rng.uniform(0.82, 1.12, (n, 14))
    centres = town.turn(centres[None])[0]
    outline = ellipses(centres, radii[:, None] * np.ones(2), rng.uniform(0, 6, n), 14, rough)
    town.cast(outline, 1.3 * radii)
    paint(town.painting, outline, green * 0.72, owners, _LEAF)
    inner = ellipses(
        centres - 0.12 * radii[:, None], radii[:, None] * [0.8, 0.8], rng.uniform(0, 6, n), 14, rough[:, ::-1]
    )
    paint(town.painting, inner, green * 0.96, owners, _LEAF)
    for k in range(6):
        away = rng.normal(0, 0.3, (n, 2)) - 0.2
        clump = ellipses(centres + away * radii[:, None], radii[:, None] * rng.uniform(0.16, 0.34, (n, 2)), k, 7)
        paint(town.painting, clump, green * (1.06 + 0.05 * k) + (8, 8, 0), owners, _LEAF)


class _Shader:
    """Mottled ground, shadows on the ground, grain."""

    def __init__(self, town: _Town, frame: Frame, seed: int):
        self.frame, self.seed = frame, seed
        self.x = frame.columns()[None]
        self.coarse, self.fine = tile(1.4, seed + 5), tile(0.6, 4)
        self.mask = np.zeros(frame.size, np.uint8)
        for polygon in town.shadows:
            cv2.fillPoly(self.mask, [np.rint((polygon * frame.scale - 0.5) * 256).astype(np.int32)], 255, cv2.LINE_8, 8)

    def __call__(self, band: Band) -> np.ndarray:
        y = self.frame.rows(band.top, band.bottom)[:, None]
        kinds, colour = band.materials, band.colour
        noise = lookup(self.coarse, self.x * 1.3, y * 1.3)
        detail = lookup(self.fine, self.x * 4.1, y * 4.1) * min(1.0, self.frame.scale / 900)
        amount = np.array([0, 0.085, 0.055, 0.03, 0.03, 0.02, 0.03, 0.01], np.float32)[kinds]
        fine = np.array([0, 0.06, 0.05, 0.03, 0.02, 0.02, 0.09, 0.01], np.float32)[kinds]
        factor = 1 + amount * noise + fine * detail
        flat = (kinds > 0) & (kinds <= _WATER)
        shadow = self.mask[band.top : band.bottom].astype(np.float32) / 255 * flat
        colour *= factor[..., None] * (1 - shadow[..., None] * np.array((0.54, 0.50, 0.42), np.float32))
        colour += grain(band.top, kinds.shape, self.seed)[..., None] * 1.6 + 0.5
        return np.clip(colour, 0, 255).astype(np.uint8)
