"""What a control grid does in each of its cells: orientation, foldovers, area, density."""

from __future__ import annotations

import numpy as np


def corners(grid: np.ndarray) -> np.ndarray:
    """Grids (..., H, W, 2) to the Jacobian's determinant at the four corners of each cell, (..., H-1, W-1, 4).

    In a bilinear cell the determinant is linear along each side, so its extremes stand at the corners: exact.
    """
    return np.stack(_determinants(grid), -1)


def least(grid: np.ndarray) -> np.ndarray:
    """The least of the four determinants of each cell, (..., H-1, W-1)."""
    first, second, third, fourth = _determinants(grid)
    return np.minimum(np.minimum(first, second), np.minimum(third, fourth))


def foldovers(grid: np.ndarray, tolerance: float = 0.0) -> np.ndarray:
    """Cells (..., H-1, W-1) whose bilinear map turns over somewhere; cells that clamping made empty are no folds."""
    return least(grid) < -tolerance


def areas(grid: np.ndarray) -> np.ndarray:
    """Signed area of each cell, (..., H-1, W-1), in the squared units of the grid: half the product of its diagonals."""
    x, y = (np.ascontiguousarray(grid[..., k]) for k in (0, 1))
    (down_x, up_x), (down_y, up_y) = (
        (v[..., 1:, 1:] - v[..., :-1, :-1], v[..., 1:, :-1] - v[..., :-1, 1:]) for v in (x, y)
    )
    return (down_x * up_y - down_y * up_x) / 2


def _determinants(grid: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """At top left, top right, bottom left and bottom right: side along x cross side along y."""
    x, y = (np.ascontiguousarray(grid[..., k]) for k in (0, 1))
    (along_x, across_x), (along_y, across_y) = ((np.diff(v, axis=-1), np.diff(v, axis=-2)) for v in (x, y))
    top, bottom = (along_x[..., :-1, :], along_y[..., :-1, :]), (along_x[..., 1:, :], along_y[..., 1:, :])
    left, right = (across_x[..., :-1], across_y[..., :-1]), (across_x[..., 1:], across_y[..., 1:])

    def cross(s: tuple[np.ndarray, np.ndarray], t: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        return s[0] * t[1] - s[1] * t[0]

    return cross(top, left), cross(top, right), cross(bottom, left), cross(bottom, right)


def density(points: np.ndarray, size: tuple[int, int], block: int = 1) -> np.ndarray:
    """Points (N, 2) in pixels, splatted bilinearly on (H, W) and summed over blocks of ``block`` x ``block`` pixels.

    (max(H // block, 1), max(W // block, 1)), what is left over beyond whole blocks aside; with blocks of one pixel the sum is
    the number of points inside.
    """
    rows, columns = (max(n // block, 1) for n in size)
    h, w = min(rows * block, size[0]), min(columns * block, size[1])
    out = np.zeros((rows, columns))
    base = np.floor(points).astype(np.int64)
    for dx in (0, 1):
        for dy in (0, 1):
            x, y = base[:, 0] + dx, base[:, 1] + dy
            weight = (1 - np.abs(points - np.stack((x, y), -1))).clip(0).prod(-1)
            inside = (x >= 0) & (x < w) & (y >= 0) & (y < h)
            np.add.at(out, (y[inside] // block, x[inside] // block), weight[inside])
    return out
