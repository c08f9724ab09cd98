"""The maps of the second zoo, written from their textbook formulas in NumPy alone: (1, H, W, 2) float64, x before y,
-1 and 1 on the centres of the first and last pixel."""

from __future__ import annotations

import numpy as np

Size = tuple[int, int]


def lattice(size: Size) -> np.ndarray:
    y, x = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]), indexing="ij")
    return np.stack((x, y), -1)[None]


def pixels(grid: np.ndarray, source: Size) -> np.ndarray:
    return (grid + 1) / 2 * (np.array(source[::-1]) - 1)


def normal(points: np.ndarray, source: Size) -> np.ndarray:
    return np.asarray(points, float) / (np.array(source[::-1]) - 1) * 2 - 1


def rotated(size: Size, source: Size, degrees: float, scale: float = 1.0) -> np.ndarray:
    """A turn about the centre in pixels, so that a square stays one."""
    a = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    half = (np.array(source[::-1]) - 1) / 2
    return (lattice(size) * half) @ turn.T / half


def homography(size: Size, tilt: Size | tuple[float, float], scale: float = 0.9) -> np.ndarray:
    grid = lattice(size)
    return scale * grid / (1 + grid @ np.array(tilt))[..., None]


def lens(size: Size, k1: float, k2: float = 0.0) -> np.ndarray:
    grid = lattice(size)
    r2 = (grid**2).sum(-1, keepdims=True) / 2
    return grid * (1 + k1 * r2 + k2 * r2**2) / (1 + max(k1, 0) + max(k2, 0))


def mass(x: np.ndarray, at: float, strength: float, width: float) -> np.ndarray:
    """Cumulated density 1 + (s - 1) exp(-d^2 / 2 w^2) along one axis, from -1 to 1."""
    fine = np.linspace(-1, 1, 2001)
    density = 1 + (strength - 1) * np.exp(-((fine - at) ** 2) / (2 * width**2))
    summed = np.concatenate(([0], np.cumsum((density[1:] + density[:-1]) / 2)))
    return np.interp(x, fine, summed / summed[-1] * 2 - 1)


def zoomed(size: Size, at: tuple[float, float], strength: float, width: float = 0.3, back: bool = False) -> np.ndarray:
    """Each axis spends `strength` times more samples near `at`; `back`: the inverse map."""
    axes = []
    for n, c in zip(size[::-1], at, strict=True):
        even, fine = np.linspace(-1, 1, n), np.linspace(-1, 1, 2001)
        there = mass(fine, c, strength, width)
        axes.append(mass(even, c, strength, width) if back else np.interp(even, there, fine))
    x, y = np.meshgrid(*axes)
    return np.stack((x, y), -1)[None]


def waves(size: Size, amplitude: float, seed: int, pinned: bool = False) -> np.ndarray:
    """A few low sines a component, `amplitude` the largest offset."""
    grid, random = lattice(size), np.random.default_rng(seed)
    offset = np.zeros_like(grid)
    for k in range(2):
        for _ in range(3):
            fx, fy, phase = random.uniform((0.5, 0.5, 0), (3, 3, 6.28))
            offset[..., k] += np.sin(fx * grid[..., 0] + fy * grid[..., 1] + phase)
    if pinned:
        offset *= (1 - grid**2).prod(-1, keepdims=True)
    return grid + amplitude * offset / np.abs(offset).max()


def spline(size: Size, moved: dict[tuple[float, float], tuple[float, float]]) -> np.ndarray:
    """A thin-plate spline that keeps eight points of the border and moves those of `moved`."""
    here = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)] + list(moved)
    there = np.array(here[:8] + list(moved.values()), float)
    here = np.array(here, float)

    def kernel(a: np.ndarray) -> np.ndarray:
        r2 = ((a[:, None] - here[None]) ** 2).sum(-1)
        return r2 * np.log(np.maximum(r2, 1e-12))

    def affine(a: np.ndarray) -> np.ndarray:
        return np.concatenate((np.ones((len(a), 1)), a), 1)

    n = len(here)
    system = np.zeros((n + 3, n + 3))
    system[:n, :n], system[:n, n:], system[n:, :n] = kernel(here), affine(here), affine(here).T
    weights = np.linalg.solve(system, np.concatenate((there, np.zeros((3, 2)))))
    flat = lattice(size).reshape(-1, 2)
    return (kernel(flat) @ weights[:n] + affine(flat) @ weights[n:]).reshape(1, *size, 2)
