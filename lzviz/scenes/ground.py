"""The ground: road, kerbs, pavements, markings, cracks, covers."""

from itertools import pairwise

import numpy as np

from lzviz.scenes.stage import ASPHALT, KERB, MARKING, PAVING, PLAIN, ROAD, WALL, Stage, shade

FAR_END = 400.0
_TAR = np.array((122, 123, 128.0))
_STONE = np.array((186, 178, 166.0))
_PAINT = np.array((226, 223, 212.0))


def lay(stage: Stage, labels: dict[str, int], crossing: tuple[float, float]) -> None:
    """The ground and what is painted on it; light and texture are the shader's."""
    flat = stage.painting
    road, pavement = flat.add(labels["road"]), flat.add(labels["pavement"])
    _slab(stage, (-400, 400), (0.95, FAR_END), 0.0, _TAR, road, ASPHALT)
    _repairs(stage, road)
    for side in (-1, 1):
        for z0, z1 in ((0.95, crossing[0]), (crossing[1], FAR_END)):
            _pavement(stage, side, z0, z1, pavement)
    _markings(stage, road, crossing)


def _slab(stage: Stage, xs, zs, y: float, colour, owner: int, material: int) -> None:
    """A level rectangle: its colour is what the shader lights and hazes."""
    (x0, x1), (z0, z1) = xs, zs
    points = np.array([[(x0, y, z0), (x1, y, z0), (x1, y, z1), (x0, y, z1)]], float)
    stage.paint(points, colour, owner, material, air=False)


def _pavement(stage: Stage, side: int, z0: float, z1: float, owner: int) -> None:
    edge = side * ROAD
    _slab(stage, sorted((edge, side * (WALL + 40))), (z0, z1), KERB, _STONE, owner, PAVING)
    _slab(stage, sorted((edge, edge + side * 0.28)), (z0, z1), KERB, _STONE * 1.1, owner, PAVING)
    _slab(stage, sorted((edge + side * 0.28, edge + side * 0.31)), (z0, z1), KERB, _STONE * 0.72, owner, PAVING)
    cuts = np.geomspace(z1, z0, 24)
    face = [[(edge, 0, b), (edge, 0, a), (edge, KERB, a), (edge, KERB, b)] for a, b in pairwise(cuts)]
    lit = stage.lit(*np.array(face).mean(1).T)
    stage.paint(face, np.array((168, 162, 154.0)) * shade((-side, 0, 0), lit), owner, PLAIN)
    gutter = sorted((edge, edge - side * 0.32))
    road = owner - 1
    _slab(stage, gutter, (z0, z1), 0.0, _TAR * 0.86, road, ASPHALT)
    if z0 > 2:
        end = [[(edge, 0, z0), (side * (WALL + 40), 0, z0), (side * (WALL + 40), KERB, z0), (edge, KERB, z0)]]
        stage.paint(end, np.array((160, 154, 148.0)) * shade((0, 0, -1.0), 0.8), owner, PLAIN)


def _markings(stage: Stage, road: int, crossing: tuple[float, float]) -> None:
    def stripe(x0, x1, z0, z1, strength=1.0) -> None:
        colour = _TAR + (_PAINT - _TAR) * strength
        _slab(stage, (x0, x1), (z0, z1), 0.0, colour, road, MARKING)

    for z in np.arange(1.5, 200, 6.0):
        if not crossing[0] - 8 < z < crossing[1] + 3:
            stripe(-0.07, 0.07, z, z + 3.0, 0.92)
    for side in (-1, 1):
        for z0, z1 in ((0.95, crossing[0] - 6), (crossing[1] + 4, 200.0)):
            for z in np.arange(z0, z1, 1.0):
                stripe(*_between(side * 3.92, side * 4.02), z, min(z + 0.55, z1), 0.8)
        for z in np.arange(9.0, 200.0, 6.2):
            if not crossing[0] - 8 < z < crossing[1] + 4:
                stripe(*_between(side * 4.0, side * (ROAD - 0.35)), z - 0.3, z - 0.2, 0.75)
    for x in np.arange(-ROAD + 0.35, ROAD - 0.3, 1.0):
        stripe(x, x + 0.5, crossing[0] - 3.0, crossing[0] - 0.2)
        stripe(x, x + 0.5, crossing[1] + 0.2, crossing[1] + 3.0)
    stripe(0.1, 3.9, crossing[0] - 4.4, crossing[0] - 4.0)
    stripe(-3.9, -0.1, crossing[1] + 4.0, crossing[1] + 4.4)
    _arrow(stage, road, 1.95, 10.5)
    _arrow(stage, road, 1.95, 31.0)


def _between(a: float, b: float) -> tuple[float, float]:
    return min(a, b), max(a, b)


def _arrow(stage: Stage, road: int, x: float, z: float) -> None:
    shapes = [
        [(x - 0.09, 0, z), (x + 0.09, 0, z), (x + 0.09, 0, z + 2.2), (x - 0.09, 0, z + 2.2)],
        [(x - 0.42, 0, z + 2.1), (x + 0.42, 0, z + 2.1), (x + 0.02, 0, z + 3.4), (x - 0.02, 0, z + 3.4)],
    ]
    stage.paint(shapes, _PAINT * 0.97, road, MARKING, air=False)


def _repairs(stage: Stage, road: int) -> None:
    """Patches of another asphalt, tar seams, cracks and iron covers."""
    rng = stage.rng
    for _ in range(12):
        x, z = rng.uniform(-4.5, 4.5), rng.uniform(4, 90)
        half, length = rng.uniform(0.4, 1.1), rng.uniform(1, 5)
        _slab(stage, (x - half - 0.05, x + half + 0.05), (z - 0.06, z + length + 0.06), 0.0, _TAR * 0.68, road, ASPHALT)
        _slab(stage, (x - half, x + half), (z, z + length), 0.0, _TAR * rng.uniform(0.84, 1.1), road, ASPHALT)
    for _ in range(34):
        x, z = rng.uniform(-5.6, 5.6), 3.4 * (26 ** rng.random())
        heading = rng.uniform(0, 2 * np.pi)
        for _ in range(int(rng.integers(5, 16))):
            heading += rng.normal(0, 0.5)
            reach = rng.uniform(0.15, 0.5)
            nx, nz = x + reach * np.cos(heading), z + reach * np.sin(heading)
            wide = rng.uniform(0.004, 0.014)
            ax, az = -np.sin(heading) * wide, np.cos(heading) * wide
            quad = [[(x - ax, 0, z - az), (nx - ax, 0, nz - az), (nx + ax, 0, nz + az), (x + ax, 0, z + az)]]
            stage.paint(quad, _TAR * 0.74, road, ASPHALT, air=False)
            x, z = nx, nz
    _leaves(stage, road)
    for x, z in ((-0.9, 7.6), (2.4, 14.2), (-2.2, 19.0), (0.7, 27.0), (-2.6, 37.0), (1.6, 58.0)):
        _cover(stage, road, x, z)


def _leaves(stage: Stage, road: int) -> None:
    """Fallen leaves, most of them along the kerbs."""
    rng, count = stage.rng, 420
    side = np.where(rng.random(count) < 0.5, -1, 1)
    x = side * (ROAD - 0.08 - rng.exponential(0.5, count))
    z = 3.6 * 16 ** rng.random(count)
    turn, long = rng.uniform(0, np.pi, count), rng.uniform(0.03, 0.065, count)
    ring = np.array([(1, 0), (0.3, 0.5), (-1, 0), (0.3, -0.5)])
    spin = np.stack([np.cos(turn), -np.sin(turn), np.sin(turn), np.cos(turn)], 1).reshape(-1, 2, 2)
    flat = np.einsum("nij,kj->nki", spin, ring) * long[:, None, None]
    points = np.stack([x[:, None] + flat[..., 0], 0 * flat[..., 0], z[:, None] + flat[..., 1]], 2)
    tones = np.array([(150, 128, 70), (140, 104, 66), (120, 118, 72), (164, 140, 84)], float)
    stage.paint(points, tones[rng.integers(4, size=count)] * 0.92, road, ASPHALT, air=False)


def _cover(stage: Stage, road: int, x: float, z: float) -> None:
    """An iron cover: rim, plate, a grid of studs."""
    turn = np.arange(28) * 2 * np.pi / 28
    disc = lambda r: np.stack([x + r * np.cos(turn), 0 * turn, z + r * np.sin(turn)], 1)[None]  # noqa: E731
    for r, tone in ((0.42, 0.66), (0.38, 0.98), (0.345, 0.6), (0.33, 0.8)):
        stage.paint(disc(r), _TAR * tone * [1.0, 0.97, 0.93], road, ASPHALT, air=False)
    for a in np.arange(-0.24, 0.25, 0.12):
        for b in np.arange(-0.24, 0.25, 0.12):
            if np.hypot(a, b) < 0.29:
                r = 0.035
                stud = [
                    [
                        (x + a - r, 0, z + b - r),
                        (x + a + r, 0, z + b - r),
                        (x + a + r, 0, z + b + r),
                        (x + a - r, 0, z + b + r),
                    ]
                ]
                stage.paint(stud, _TAR * 0.98, road, ASPHALT, air=False)
