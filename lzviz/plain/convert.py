"""Conversions between the ways to write a place: [-1, 1] by pixel centres (ours), by pixel edges, [0, 1], pixels."""

from __future__ import annotations

import numpy as np

Size = tuple[int, int]
BORDER_TOLERANCE = 1e-6
BORDER_ROUNDINGS = 128
"""How far outside the image of a map a point still counts as inside, in shares of the range [-1, 1]: the first, or so many
roundings of the nodes' dtype: sums over hundreds of cells in float32 end up to 1.1e-5 short of the border."""


def border_tolerance(eps: float) -> float:
    """The same in normalised coordinates, for nodes of a dtype that rounds by ``eps``."""
    return 2 * max(BORDER_TOLERANCE, BORDER_ROUNDINGS * eps)


def span(size: Size) -> np.ndarray:
    """(W-1, H-1): pixels between the first and the last pixel centre, x before y; 1 where there is one pixel."""
    return np.maximum(np.array([size[1] - 1, size[0] - 1], np.float64), 1)


def to_pixels(grid: np.ndarray, size: Size) -> np.ndarray:
    return (grid + 1) / 2 * span(size)


def from_pixels(pixels: np.ndarray, size: Size) -> np.ndarray:
    return 2 * pixels / span(size) - 1


def from_edges(grid: np.ndarray, size: Size) -> np.ndarray:
    """A grid written for ``align_corners=False`` (-1 is the first pixel's edge) in ours: px = ((g + 1) W - 1) / 2."""
    return from_pixels(((grid + 1) * np.array([size[1], size[0]]) - 1) / 2, size)


def to_edges(grid: np.ndarray, size: Size) -> np.ndarray:
    return (2 * to_pixels(grid, size) + 1) / np.array([size[1], size[0]]) - 1


def identity(size: Size) -> np.ndarray:
    """The grid (H, W, 2) that changes nothing."""
    h, w = size
    return np.stack(np.meshgrid(np.linspace(-1, 1, w), np.linspace(-1, 1, h)), -1)


def smoothed(rough: np.ndarray, room: np.ndarray | float, axes: list[int], rounds: int = 40) -> np.ndarray:
    """Each value moved towards the mean of its neighbours along the axes, by no more than ``room``."""
    smooth = rough.copy()
    for _ in range(rounds):
        for axis in axes:
            line = np.moveaxis(smooth, axis, 0)
            line[1:-1] = (line[:-2] + 2 * line[1:-1] + line[2:]) / 4
        smooth = rough + np.clip(smooth - rough, -room, room)
    return smooth


def sample(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Values (..., H, W, C) bilinearly at fractional rows (R,) x columns (K,): (..., R, K, C)."""
    h, w = values.shape[-3:-1]
    i = np.clip(np.floor(rows).astype(int), 0, max(h - 2, 0))
    j = np.clip(np.floor(columns).astype(int), 0, max(w - 2, 0))
    v, u = (rows - i)[:, None, None], (columns - j)[:, None]
    below, right = np.minimum(i + 1, h - 1), np.minimum(j + 1, w - 1)
    upper, lower = values[..., i, :, :], values[..., below, :, :]
    rows_read = upper + (lower - upper) * v
    left, far = rows_read[..., :, j, :], rows_read[..., :, right, :]
    return left + (far - left) * u


def resize(values: np.ndarray, size: Size) -> np.ndarray:
    """Values (..., H, W, C) resized corner to corner, bilinearly."""
    h, w = values.shape[-3:-1]
    return sample(values, np.linspace(0, h - 1, size[0]), np.linspace(0, w - 1, size[1]))
