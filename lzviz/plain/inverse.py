"""The slow, obvious twin of the inverse: every tile tries every point, in numpy, with the textbook quadratic.

With M = p00 - q, right = p01 - p00, down = p10 - p00, twist = p00 - p10 - p01 + p11 the condition
M + u right + v down + u v twist = 0 loses v by a cross product: a u^2 + b u + c = 0.
"""

from __future__ import annotations

import numpy as np

NONE = np.inf


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def invert(nodes: np.ndarray, points: np.ndarray, tolerance: float = 1e-9) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (h, w, 2) and source points (N, 2) to zoomed points (N, 2), NaN outside, and the rank of each answer (N,).

    The rank is the tile's index, plus a million where only the negatively oriented solution fits, infinite where none does.
    """
    h, w, _ = nodes.shape
    answer, best = np.full(points.shape, np.nan), np.full(len(points), NONE)
    for tile in range((h - 1) * (w - 1)):
        i, j = divmod(tile, w - 1)
        p00, p01, p10, p11 = nodes[i, j], nodes[i, j + 1], nodes[i + 1, j], nodes[i + 1, j + 1]
        right, down, twist, offset = p01 - p00, p10 - p00, p00 - p01 - p10 + p11, p00 - points
        if max(abs(cross(s, t)) for s in (right, right + twist) for t in (down, down + twist)) < 1e-18:
            continue
        a, b, c = cross(right, twist), cross(right, down) + cross(offset, twist), cross(offset, down)
        for u in _roots(a, b, c):
            with np.errstate(all="ignore"):
                along = down + u[:, None] * twist
                v = -((offset + u[:, None] * right) * along).sum(-1) / (along * along).sum(-1)
            u, v = np.nan_to_num(u).clip(0, 1), np.nan_to_num(v).clip(0, 1)
            mapped = p00 + np.outer(u, right) + np.outer(v, down) + np.outer(u * v, twist)
            positive = cross(right + np.outer(v, twist), down + np.outer(u, twist)) >= 0
            rank = np.where(np.abs(mapped - points).max(-1) <= tolerance, tile + 1e6 * ~positive, NONE)
            better = rank < best
            answer[better] = np.stack((2 * (j + u) / (w - 1) - 1, 2 * (i + v) / (h - 1) - 1), -1)[better]
            best = np.minimum(best, rank)
    return answer, best


def _roots(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both roots of a u^2 + b u + c, in the form that does not cancel."""
    with np.errstate(all="ignore"):
        q = -(b + np.copysign(np.sqrt(np.maximum(b * b - 4 * a * c, 0)), b)) / 2
        return c / q, q / a


def forward(nodes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Zoomed points (N, 2) to source points (N, 2), bilinear in each tile, one point after the other."""
    h, w, _ = nodes.shape
    out = []
    for x, y in (points + 1) / 2 * [w - 1, h - 1]:
        j, i = int(np.clip(np.floor(x), 0, w - 2)), int(np.clip(np.floor(y), 0, h - 2))
        u, v = x - j, y - i
        top, bottom = (1 - u) * nodes[i, j] + u * nodes[i, j + 1], (1 - u) * nodes[i + 1, j] + u * nodes[i + 1, j + 1]
        out.append((1 - v) * top + v * bottom)
    return np.array(out)


def invert_grid(grid: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Grids (B, h, w, 2) zoomed -> source to (B, H, W, 2) source -> zoomed; outside the image: the nearest answer.

    Newton's method in the bilinear cells from the nearest of a coarse choice of nodes: exact where nothing folds.
    """
    at = np.stack(np.meshgrid(np.linspace(-1, 1, size[1]), np.linspace(-1, 1, size[0])), -1)
    return np.stack([_newton(one, at.reshape(-1, 2)).reshape(at.shape) for one in grid])


def there_and_back(grid: np.ndarray, count: int) -> np.ndarray:
    """Of at most ``count`` zoomed points of a lattice the distance, in cells, to where the inverse takes their image."""
    h, w = grid.shape[:2]
    side = max(int(np.sqrt(count)), 2)
    x, y = np.meshgrid(np.linspace(-0.99, 0.99, side), np.linspace(-0.99, 0.99, count // side))
    points = np.stack((x.ravel(), y.ravel()), -1)
    back = _newton(grid, _value(grid, points)[0])
    return (np.abs(back - points) / 2 * [w - 1, h - 1]).max(-1)


def _value(grid: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The bilinear map at points (N, 2) and its derivatives along x and y."""
    h, w = grid.shape[:2]
    at = (points + 1) / 2 * [w - 1, h - 1]
    base = np.clip(np.floor(at), 0, [w - 2, h - 2]).astype(int)
    j, i = base.T
    u, v = (at - base)[:, :1], (at - base)[:, 1:]
    p00, p01, p10, p11 = grid[i, j], grid[i, j + 1], grid[i + 1, j], grid[i + 1, j + 1]
    along_x = (1 - v) * (p01 - p00) + v * (p11 - p10)
    along_y = (1 - u) * (p10 - p00) + u * (p11 - p01)
    value = (1 - v) * ((1 - u) * p00 + u * p01) + v * ((1 - u) * p10 + u * p11)
    return value, along_x * (w - 1) / 2, along_y * (h - 1) / 2


def _newton(grid: np.ndarray, targets: np.ndarray, steps: int = 25) -> np.ndarray:
    h, w = grid.shape[:2]
    rows, columns = np.unique(np.linspace(0, h - 1, 24).astype(int)), np.unique(np.linspace(0, w - 1, 24).astype(int))
    coarse = grid[np.ix_(rows, columns)].reshape(-1, 2)
    starts = np.stack(np.meshgrid(2 * columns / (w - 1) - 1, 2 * rows / (h - 1) - 1), -1).reshape(-1, 2)
    points = np.empty_like(targets)
    for part in range(0, len(targets), 4096):
        some = targets[part : part + 4096]
        apart = (some**2).sum(1)[:, None] - 2 * some @ coarse.T + (coarse**2).sum(1)
        points[part : part + 4096] = starts[apart.argmin(1)]
    for _ in range(steps):
        value, s, t = _value(grid, points)
        miss = targets - value
        det = cross(s, t)
        det = np.where(np.abs(det) < 1e-12, 1e-12, det)
        step = np.stack((cross(miss, t), cross(s, miss)), -1) / det[:, None]
        points = np.clip(points + step.clip(-0.25, 0.25), -1, 1)
        if np.abs(miss).max() < 1e-10:
            break
    return points
