"""Faulty and healthy warps drawn at random: sizes, aspects, kinds, types and how they are written. Nobody looked at them before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from tests.zoo import maps
from tests.zoo.measure import Faulty, Healthy

Size = tuple[int, int]


def _sizes(draw: np.random.Generator) -> tuple[Size, Size]:
    """A source and a lattice of nearly its aspect."""
    source = (int(draw.integers(40, 400)), int(draw.integers(40, 400)))
    share = draw.uniform(0.15, 1.0)
    size = (max(12, round(source[0] * share)), max(12, round(source[1] * share)))
    return source, (min(size[0], 90), min(size[1], 90)) if max(size) > 90 else size


def _map(draw: np.random.Generator, size: Size, source: Size) -> np.ndarray:
    """A healthy warp without a fold: a turn, a tilt, a lens, a spline, waves or a zoom."""
    kinds: tuple[Callable[[], np.ndarray], ...] = (
        lambda: maps.rotated(size, source, draw.uniform(-25, 25), draw.uniform(0.6, 0.9)),
        lambda: maps.homography(size, tuple(draw.uniform(-0.15, 0.15, 2)), draw.uniform(0.7, 0.85)),
        lambda: maps.lens(size, draw.uniform(-0.15, 0.4)),
        lambda: maps.spline(size, {(0.3, -0.2): tuple(np.array([0.3, -0.2]) + draw.uniform(-0.15, 0.15, 2))}),
        lambda: maps.waves(size, draw.uniform(0.02, 0.1), int(draw.integers(1 << 30)), True),
        lambda: maps.zoomed(size, tuple(draw.uniform(-0.7, 0.7, 2)), draw.uniform(2, 12)),
    )
    return kinds[draw.integers(len(kinds))]()


def _typed(draw: np.random.Generator, array: np.ndarray) -> Any:
    array = np.ascontiguousarray(array)
    ways = (array, array.astype(np.float32), torch.from_numpy(array), torch.from_numpy(array).float())
    return ways[draw.integers(len(ways))]


def _flow(grid: np.ndarray, source: Size) -> np.ndarray:
    plane = maps.lattice((grid.shape[1], grid.shape[2]))
    return np.moveaxis(maps.pixels(grid, source) - maps.pixels(plane, source), -1, 1)


WRITTEN: dict[str, tuple[str, Callable[[np.ndarray, Size], np.ndarray]]] = {
    "channels first": ("layout", lambda g, s: np.moveaxis(g, -1, 1)),
    "no batch": ("layout", lambda g, s: g[0]),
    "y before x": ("axis-order", lambda g, s: g[..., ::-1]),
    "y up": ("flipped", lambda g, s: g * [1, -1]),
    "[0, 1]": ("units", lambda g, s: (g + 1) / 2),
    "pixels": ("units", maps.pixels),
    "offsets": ("displacement", lambda g, s: g - maps.lattice((g.shape[1], g.shape[2]))),
    "pixel offsets": ("displacement", lambda g, s: np.moveaxis(_flow(g, s), 1, -1)),
}


def faulty(count: int, seed: int) -> Iterator[Faulty]:
    draw = np.random.default_rng(seed)
    for k in range(count):
        source, size = _sizes(draw)
        true = _map(draw, size, source)
        name, (check, write) = list(WRITTEN.items())[k % len(WRITTEN)]
        given = _typed(draw, write(true, source))
        yield Faulty(check, f"{name} {size} of {source}, {k}", given, true, {"source_size": source}, 1 / max(source))


def healthy(count: int, seed: int) -> Iterator[Healthy]:
    draw = np.random.default_rng(seed)
    for k in range(count):
        source, size = _sizes(draw)
        true = _map(draw, size, source)
        if k % 4 == 3:
            given = _typed(draw, _flow(true, source))
            yield Healthy(f"flow {size} of {source}, {k}", source, given, {"use": "flow"}, true)
        else:
            yield Healthy(f"{size} of {source}, {k}", source, _typed(draw, true), {}, true)
