"""A sampling grid over its source, as lines and boxes in pixels: what every drawing that Python makes of one is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from lzviz.plain import convert

Edges = tuple[float, float, float, float]
MOST = 49
"""Lines each way that can be told apart in a report."""


def thinned(grid: np.ndarray, most: int = MOST) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of ``grid`` (h, w, 2) that are drawn: evenly apart, first and last among them, at most ``most`` each."""
    rows, columns = (np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int)) for n in grid.shape[:2])
    return rows, columns


def nodes(grid: np.ndarray, source_size: tuple[int, int], most: int = MOST) -> np.ndarray:
    """The thinned grid (h', w', 2), x before y, in source pixels; 0 is the centre of the first."""
    return convert.to_pixels(grid[np.ix_(*thinned(grid, most))], source_size)


def lines(grid: np.ndarray, source_size: tuple[int, int], most: int = MOST) -> list[np.ndarray]:
    """The lines of the mesh: rows, then columns, each (n, 2) source pixels."""
    places = nodes(grid, source_size, most)
    return [*places, *places.swapaxes(0, 1)]


def hulls(grid: np.ndarray, source_size: tuple[int, int], places: Iterable[Sequence[int]]) -> list[Edges]:
    """Where cells (x0, y0, x1, y1) of a grid (h, w, 2) read: left, top, right, bottom in source pixels; empty ones are left out."""
    pixels = convert.to_pixels(grid, source_size)
    parts = (pixels[max(y0, 0) : y1 + 1, max(x0, 0) : x1 + 1].reshape(-1, 2) for x0, y0, x1, y1 in places)
    return [(*map(float, part.min(0)), *map(float, part.max(0))) for part in parts if len(part)]  # type: ignore[misc]
