"""What stands in a town: fields, parks, houses, works, a lake, cars and trees."""

import numpy as np

from lzviz.scenes.shapes import ellipses, paint, rectangles, rotate
from lzviz.scenes.town import GRASS, LABELS, LEAF, METAL, METRE, ROOF, SOIL, TAR, WATER, Block, Town

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


def _plot(town: Town, block: Block, colour, name: str, material: int) -> None:
    corners = [[(block.x0, block.y0), (block.x1, block.y0), (block.x1, block.y1), (block.x0, block.y1)]]
    town.flat(corners, colour, name, material)


def field(town: Town, block: Block) -> None:
    """A crop in rows."""
    rng = town.rng
    colour = _CROPS[rng.integers(len(_CROPS))] * rng.uniform(0.92, 1.06)
    _plot(town, block, colour * 0.98, "field", SOIL)
    inner = block.inset(3 * METRE)
    count = int(max(inner.size) / (4.5 * METRE))
    lines = (np.arange(count) + 0.5) / count
    if rng.random() < 0.5:
        centres = np.stack([inner.x0 + lines * inner.size[0], np.full(count, inner.centre[1])], 1)
        halves = np.array([0.9 * METRE, inner.size[1] / 2])
    else:
        centres = np.stack([np.full(count, inner.centre[0]), inner.y0 + lines * inner.size[1]], 1)
        halves = np.array([inner.size[0] / 2, 0.9 * METRE])
    town.flat(rectangles(centres, halves, 0.0), colour * 0.9, "field", SOIL)
    hedge = int(block.size.sum() / (9 * METRE))
    edge = np.stack([np.full(hedge, block.x0), rng.uniform(block.y0, block.y1, hedge)], 1)
    town.trees.append((edge + rng.normal(0, 1.2, (hedge, 2)) * METRE, rng.uniform(2, 4, hedge) * METRE))


def park(town: Town, block: Block) -> None:
    """Lawn, paths and many trees."""
    rng = town.rng
    _plot(town, block, (138, 156, 98), "grass", GRASS)
    halves = block.size / 2
    for angle in rng.uniform(0, np.pi, 2):
        reach = np.array([halves.min() * 0.98, 1.4 * METRE])
        town.flat(rectangles(block.centre[None], reach, angle), (206, 192, 164), "road", TAR)
    town.flat(ellipses(block.centre[None], np.full(2, 8 * METRE), 0.0, 24), (206, 192, 164), "road", TAR)
    count = int(block.size.prod() / (13 * METRE) ** 2)
    place = rng.uniform((block.x0, block.y0), (block.x1, block.y1), (count, 2))
    town.trees.append((place, rng.uniform(2.5, 6.0, count) * METRE))


def houses(town: Town, block: Block) -> None:
    """Rows of small houses in gardens."""
    rng = town.rng
    _plot(town, block, (142, 154, 104), "grass", GRASS)
    step = np.array([rng.uniform(17, 22), rng.uniform(21, 26)]) * METRE
    columns, rows = (max(1, int(n)) for n in block.size / step)
    grid = np.stack(np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5), -1).reshape(-1, 2)
    centres = (block.x0, block.y0) + grid / (columns, rows) * block.size
    kept = rng.random(len(centres)) < 0.92
    centres = centres[kept] + rng.normal(0, 1.0, (int(kept.sum()), 2)) * METRE
    n = len(centres)
    drives = rectangles(centres + np.array([7.2, 6]) * METRE, np.array([1.6, 5.5]) * METRE, 0.0)
    town.flat(drives, (186, 178, 166), "road", TAR)
    halves = np.stack([rng.uniform(4.2, 5.8, n), rng.uniform(3.6, 5.2, n)], 1) * METRE
    _gables(town, centres, halves, rng.random(n) < 0.3)
    parked = rng.random(n) < 0.6
    town.cars.append((centres[parked] + np.array([7.2, 8.0]) * METRE, np.full(int(parked.sum()), np.pi / 2)))
    for _ in range(3):
        spots = centres + rng.uniform(-0.5, 0.5, (n, 2)) * step + np.array([0.0, -8]) * METRE
        town.trees.append((spots, rng.uniform(1.4, 3.6, n) * METRE))


def _gables(town: Town, centres: np.ndarray, halves: np.ndarray, across: np.ndarray) -> None:
    """Pitched roofs: a lit and a shaded side, a ridge, a chimney."""
    rng, n = town.rng, len(centres)
    angle = np.where(across, np.pi / 2, 0.0)
    tiles = _TILES[rng.integers(len(_TILES), size=n)] * rng.uniform(0.9, 1.08, (n, 1))
    owners = np.array([town.painting.add(LABELS["building"], boxed=True) for _ in range(n)])
    outline = town.turn(rectangles(centres, halves, angle))
    town.cast(outline, rng.uniform(5, 8, n) * METRE)
    put = lambda shape, colour: paint(town.painting, town.turn(shape), colour, owners, ROOF)  # noqa: E731
    lit, dark = np.where(across[:, None], 0.84, 1.10), np.where(across[:, None], 1.12, 0.80)
    offset = rotate(np.stack([0 * halves[:, 0], halves[:, 1] / 2], 1)[:, None], angle)[:, 0]
    half_roof = halves * [1, 0.5]
    put(rectangles(centres, halves, angle), tiles * dark)
    put(rectangles(centres - offset, half_roof, angle), tiles * lit)
    for k in (-0.55, 0.0, 0.55):
        row = rotate(np.stack([0 * halves[:, 0], halves[:, 1] * k], 1)[:, None], angle)[:, 0]
        put(rectangles(centres + row, np.stack([halves[:, 0], np.full(n, 0.12 * METRE)], 1), angle), tiles * 0.74)
    stack = rotate((halves * [0.5, -0.3])[:, None], angle)[:, 0]
    put(rectangles(centres + stack + 0.5 * METRE, np.full(2, 0.6 * METRE), angle), tiles * 0.5)
    put(rectangles(centres + stack, np.full(2, 0.55 * METRE), angle), (178, 150, 136))


def perimeter(town: Town, block: Block) -> None:
    """Apartment houses around a green court."""
    rng = town.rng
    _plot(town, block, (148, 154, 112), "grass", GRASS)
    deep = 6.5 * METRE
    w, h = block.size
    sides = [
        (0, block.y0 + deep, w),
        (0, block.y1 - deep, w),
        (1, block.x0 + deep, h - 4 * deep),
        (1, block.x1 - deep, h - 4 * deep),
    ]
    centres, halves = [], []
    for axis, at, length in sides:
        count = max(1, int(length / (24 * METRE)))
        along = (np.arange(count) + 0.5) / count * length - length / 2 + block.centre[axis]
        for a in along:
            centres.append((a, at) if axis == 0 else (at, a))
            halves.append((length / count / 2 * 0.985, deep))
    turned = np.repeat([axis == 1 for axis, _, _ in sides], [max(1, int(n / (24 * METRE))) for _, _, n in sides])
    _gables(town, np.array(centres), np.array(halves), turned)
    count = int(block.size.prod() / (17 * METRE) ** 2)
    inner = block.inset(3.2 * deep)
    if min(inner.size) > 12 * METRE:
        sheds = rng.uniform((inner.x0, inner.y0), (inner.x1, inner.y1), (1 + count // 12, 2))
        town.flat(rectangles(sheds, np.array([9, 7]) * METRE, 0.0), (186, 178, 166), "road", TAR)
        _gables(town, sheds, np.tile(np.array([6.0, 3.2]) * METRE, (len(sheds), 1)), rng.random(len(sheds)) < 0.5)
        spots = rng.uniform((inner.x0, inner.y0), (inner.x1, inner.y1), (count, 2))
        town.trees.append((spots, rng.uniform(2, 4.5, count) * METRE))


def works(town: Town, block: Block) -> None:
    """A hall with a flat roof, and a car park with rows of cars."""
    rng = town.rng
    _plot(town, block, (140, 140, 142), "road", TAR)
    share = rng.uniform(0.38, 0.55)
    hall = Block(block.x0, block.y0, block.x1, block.y0 + share * block.size[1]).inset(5 * METRE)
    lot = Block(block.x0, block.y0 + share * block.size[1], block.x1, block.y1).inset(4 * METRE)
    if min(hall.size) > 12 * METRE:
        _hall(town, hall)
    row_step, bay = 17 * METRE, 2.6 * METRE
    for y in np.arange(lot.y0 + 4 * METRE, lot.y1 - 4 * METRE, row_step):
        x = np.arange(lot.x0 + bay, lot.x1 - bay, bay)
        for side in (-1, 1):
            centres = np.stack([x, np.full_like(x, y + side * 2.6 * METRE)], 1)
            lines = centres - [bay / 2, 0]
            town.flat(rectangles(lines, np.array([0.09, 2.4]) * METRE, 0.0), (214, 212, 204), "road", TAR)
            full = rng.random(len(x)) < 0.72
            town.cars.append((centres[full], np.full(int(full.sum()), np.pi / 2)))


def _hall(town: Town, hall: Block) -> None:
    rng = town.rng
    owner = town.painting.add(LABELS["building"], boxed=True)
    colour = _FLAT[rng.integers(len(_FLAT))]
    put = lambda shape, tone: paint(town.painting, town.turn(shape), tone, owner, ROOF)  # noqa: E731
    outline = rectangles(hall.centre[None], hall.size / 2, 0.0)
    town.cast(town.turn(outline), 10 * METRE)
    put(outline, colour * 0.78)
    put(rectangles(hall.centre[None], hall.size / 2 - 0.9 * METRE, 0.0), colour)
    inner = hall.inset(4 * METRE)
    counts = np.maximum((inner.size / (np.array([9, 12]) * METRE)).astype(int), 1)
    grid = np.stack(np.meshgrid(np.arange(counts[0]) + 0.5, np.arange(counts[1]) + 0.5), -1).reshape(-1, 2)
    lights = (inner.x0, inner.y0) + grid / counts * inner.size
    put(rectangles(lights + 0.3 * METRE, np.array([1.2, 2.6]) * METRE, 0.0), colour * 0.62)
    put(rectangles(lights, np.array([1.2, 2.6]) * METRE, 0.0), (168, 190, 202))


def lake(town: Town) -> None:
    """A pond with a sandy edge, off the middle."""
    rng = town.rng
    at = town.lake
    turn = np.arange(48) * 2 * np.pi / 48
    rough = 1 + 0.16 * np.sin(2 * turn + rng.uniform(0, 6)) + 0.1 * np.sin(3 * turn + rng.uniform(0, 6))
    halves = np.array([0.10, 0.065])
    spin = rng.uniform(0, np.pi)
    for grow, colour, name, material in (
        (1.14, (134, 152, 96), "grass", GRASS),
        (1.03, (196, 184, 150), "grass", GRASS),
        (1.0, (92, 128, 140), "water", WATER),
    ):
        town.flat(ellipses(at[None], halves * grow, spin, 48, rough[None]), colour, name, material)
    count = 70
    edge = rng.uniform(0, 2 * np.pi, count)
    ring = np.stack([np.cos(edge), np.sin(edge)], 1) * halves * rng.uniform(1.15, 1.35, (count, 1))
    town.trees.append((at + rotate(ring[None], np.array([spin]))[0], rng.uniform(2, 5, count) * METRE))
    wet = lambda c, grow: ((rotate((c - at)[None], np.array([-spin]))[0] / halves / grow) ** 2).sum(1) < 1  # noqa: E731
    town.cars[:] = [(c[~wet(c, 1.3)], a[~wet(c, 1.3)]) for c, a in town.cars]
    town.trees[:] = [(c[~wet(c, 1.15)], r[~wet(c, 1.15)]) for c, r in town.trees]


def draw_cars(town: Town) -> None:
    rng = town.rng
    centres = np.concatenate([c for c, _ in town.cars])
    angles = np.concatenate([a for _, a in town.cars]) + rng.normal(0, 0.03, len(centres))
    n = len(centres)
    paints = _CARS[rng.integers(len(_CARS), size=n)] * rng.uniform(0.92, 1.05, (n, 1))
    owners = np.array([town.painting.add(LABELS["car"], boxed=True) for _ in range(n)])
    flip = np.where(rng.random(n) < 0.5, 0.0, np.pi)
    long = rng.uniform(2.0, 2.4, n) * METRE
    part = lambda x0, x1, y: np.stack(  # noqa: E731
        [np.stack([x * long, s * y * METRE * np.ones(n)], 1) for x, s in ((x0, -1), (x1, -1), (x1, 1), (x0, 1))], 1
    )
    put = lambda shape, tone: paint(  # noqa: E731
        town.painting, town.turn(rotate(shape, angles + flip) + centres[:, None]), tone, owners, METAL
    )
    corner = np.array([(-1, -0.7), (-0.9, -1), (0.86, -1), (1, -0.6), (1, 0.6), (0.86, 1), (-0.9, 1), (-1, 0.7)])
    body = corner * np.stack([long, np.full(n, 0.92 * METRE)], 1)[:, None]
    town.cast(town.turn(rotate(body, angles + flip) + centres[:, None]), 1.5 * METRE)
    put(body, paints)
    put(part(0.1, 0.42, 0.78), (54, 62, 70))
    put(part(-0.82, -0.56, 0.74), (54, 62, 70))
    put(part(-0.56, 0.1, 0.8), np.clip(paints * 1.08 + 6, 0, 245))


def draw_trees(town: Town) -> None:
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
    paint(town.painting, outline, green * 0.72, owners, LEAF)
    inner = ellipses(
        centres - 0.12 * radii[:, None], radii[:, None] * [0.8, 0.8], rng.uniform(0, 6, n), 14, rough[:, ::-1]
    )
    paint(town.painting, inner, green * 0.96, owners, LEAF)
    for k in range(6):
        away = rng.normal(0, 0.3, (n, 2)) - 0.2
        clump = ellipses(centres + away * radii[:, None], radii[:, None] * rng.uniform(0.16, 0.34, (n, 2)), k, 7)
        paint(town.painting, clump, green * (1.06 + 0.05 * k) + (8, 8, 0), owners, LEAF)
