"""Healthy grids: all of them must pass without a warning."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from lzviz.plain import convert, tiles
from lzviz.warp import Warp
from tests.zoo.measure import Healthy

SIZES = ((31, 51), (48, 96), (64, 64), (33, 40))
SOURCES = ((1024, 2048), (600, 960), (256, 256), (481, 640))


def healthy() -> Iterator[Healthy]:
    for size, source in zip(SIZES, SOURCES, strict=True):
        for name, grid in _of(size):
            if not tiles.foldovers(grid, 1e-9).any():
                yield Healthy(f"{name} {size[0]}x{size[1]}", source, grid[None].astype(np.float32))
    for name, grid, source in strong():
        yield Healthy(name, source, grid)


def blob(size: tuple[int, int], strength: float, at: tuple[float, float]) -> torch.Tensor:
    y, x = np.mgrid[-1 : 1 : size[0] * 1j, -1 : 1 : size[1] * 1j]
    values = 1 + strength * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 0.08)
    return torch.tensor(values, dtype=torch.float32)[None, None]


def zoom(size: tuple[int, int], strength: float, at: tuple[float, float], **options) -> np.ndarray:
    return Warp.from_saliency(blob(size, strength, at), nodes=size, **options).grid(size)[0].double().numpy()


def _of(size: tuple[int, int]) -> Iterator[tuple[str, np.ndarray]]:
    plane = convert.identity(size)
    x, y = plane[..., 0], plane[..., 1]
    yield "identity", plane
    yield "identity of pixel edges' crop", plane * [0.9, 0.95] + [0.02, -0.01]
    for strength in (2.0, 10.0, 30.0):
        for at in ((0.0, 0.0), (0.5, -0.4), (-0.7, 0.6)):
            yield f"separable {strength} {at}", zoom(size, strength, at)
            yield f"full {strength} {at}", zoom(size, strength, at, separable=False)
            yield f"cropping {strength} {at}", zoom(size, strength, at, anti_crop=False, separable=False)
    for degrees in (3, 10, 30, 45, 90, -60, 180):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        yield f"rotation {degrees}", np.stack((c * x - s * y, s * x + c * y), -1)
    for p, q in ((0.1, 0.0), (0.0, 0.2), (-0.15, 0.1), (0.2, 0.2)):
        yield f"homography {p} {q}", plane / (1 + p * x + q * y)[..., None]
    for k in (-0.2, -0.1, 0.1, 0.2):
        yield f"lens {k}", plane * (1 + k * (x**2 + y**2))[..., None] / (1 + max(k, 0))
    for seed in range(4):
        yield f"thin plate {seed}", _plate(plane, seed)
    for x0, y0, scale in ((0.3, 0.2, 0.5), (-0.4, 0.4, 0.6), (0.0, 0.0, 0.7), (0.4, 0.4, 0.55)):
        yield f"crop {x0} {y0}", plane * scale + [x0, y0]
    for amount in (0.1, 0.25):
        yield f"waves {amount}", plane + amount * np.stack((np.sin(np.pi * x), np.sin(np.pi * y)), -1) / np.pi
        yield f"fovea {amount}", plane - amount * plane * (1 - x**2)[..., None] * (1 - y**2)[..., None]
    yield "shear", plane + np.stack((0.2 * y, 0 * y), -1)
    yield "half-pixel crop by chance", plane * 0.97


def strong(count: int = 24) -> Iterator[tuple[str, np.ndarray, tuple[int, int]]]:
    """Warps as training makes them at its worst: softmax of rough logits, on lattices of the source's aspect, 1:5 to 5:1."""
    draw = np.random.default_rng(3)
    for k in range(count):
        source = int(draw.integers(90, 1000)), int(draw.integers(90, 1600))
        h = int(draw.integers(9, 48))
        size = h, max(8, min(100, round(h * source[1] / source[0])))
        rough = torch.tensor(draw.normal(0, 4, (1, 1, 5, 7)), dtype=torch.float32)
        logits = torch.nn.functional.interpolate(rough, size, mode="bicubic", align_corners=True)
        options = {"separable": k % 2 == 0, "anti_crop": k % 4 < 3}
        warp = Warp.from_saliency(
            logits.flatten(1).softmax(1).reshape(logits.shape), size, draw.uniform(2, 14), **options
        )
        if not bool(warp.foldovers().any()):
            yield f"strong {k} {size}", warp.grid(size).numpy(), source


def _plate(plane: np.ndarray, seed: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    knots = draw.uniform(-1, 1, (8, 2))
    square = ((plane[..., None, :] - knots) ** 2).sum(-1)
    bent = plane + (square * np.log(square + 1e-6)) @ draw.normal(0, 0.012, (8, 2))
    return bent - bent.mean((0, 1))
