"""What a control grid does in each of its cells: orientation, foldovers, area, density."""

from __future__ import annotations

import numpy as np


def corners(grid: np.ndarray) -> np.ndarray:
    """Grids (..., H, W, 2) to the Jacobian's determinant at the four corners of each cell, (..., H-1, W-1, 4).

    In a bilinear cell the determinant is linear along each side, so its extremes stand at the corners: exact.
    """
    a, b = grid[..., :-1, :-1, :], grid[..., :-1, 1:, :]
    c, d = grid[..., 1:, :-1, :], grid[..., 1:, 1:, :]
    top, bottom, left, right = b - a, d - c, c - a, d - b

    def cross(s: np.ndarray, t: np.ndarray) -> np.ndarray:
        return s[..., 0] * t[..., 1] - s[..., 1] * t[..., 0]

    return np.stack((cross(top, left), cross(top, right), cross(bottom, left), cross(bottom, right)), -1)


def foldovers(grid: np.ndarray, tolerance: float = 0.0) -> np.ndarray:
    """Cells (..., H-1, W-1) whose bilinear map turns over somewhere; cells that clamping made empty are no folds."""
    return corners(grid).min(-1) < -tolerance


def areas(grid: np.ndarray) -> np.ndarray:
    """Signed area of each cell, (..., H-1, W-1), in the squared units of the grid."""
    return corners(grid)[..., [0, 3]].sum(-1) / 2


def density(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Points (N, 2) in pixels, splatted bilinearly on (H, W); the sum is the number of points inside."""
    h, w = size
    out = np.zeros((h, w))
    base = np.floor(points).astype(np.int64)
    for dx in (0, 1):
        for dy in (0, 1):
            x, y = base[:, 0] + dx, base[:, 1] + dy
            weight = (1 - np.abs(points - np.stack((x, y), -1))).clip(0).prod(-1)
            inside = (x >= 0) & (x < w) & (y >= 0) & (y < h)
            np.add.at(out, (y[inside], x[inside]), weight[inside])
    return out
