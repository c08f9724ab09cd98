"""Gradients of a loss by a warp or by its saliency map, as arrows and as a map."""

from __future__ import annotations

from typing import Any

import numpy as np

from lzviz.doctor import adapters
from lzviz.plain import convert, mesh

PIXELS = ("flow", "remap")
"""Uses whose values are source pixels; all others are places in [-1, 1]."""


def of(gradient: Any, took: adapters.Taken) -> np.ndarray:
    """The gradient as numbers, in the shape of what was given, or (..., h, w) by a saliency map.

    Raises:
        ValueError: it has another shape.
    """
    values = adapters.numpy_of(gradient)
    if values.shape != took.array.shape and not _is_map(values):
        raise ValueError(
            f"gradient of shape {values.shape}: expected {took.array.shape} as what was given, or (B, 1, h, w) by its saliency map"
        )
    return values


def shown(gradient: np.ndarray, took: adapters.Taken, source: tuple[int, int]) -> np.ndarray | None:
    """dL/dgrid (H, W, 2) by places in [-1, 1], or dL/dsaliency (h, w), of the first element; what is not finite counts as 0.

    ``None`` where it is neither: by scattered points, or by the taps of a deformable convolution.
    """
    values = np.nan_to_num(gradient.astype(float), posinf=0.0, neginf=0.0)
    if values.shape == took.array.shape and took.kind == "grid" and took.use != "deform":
        by_place = adapters.channels_last(values, took.use)[0]
        return by_place * convert.span(source) / 2 if took.use in PIXELS else by_place
    return values.reshape(-1, *values.shape[-2:])[0] if _is_map(values) else None


def arrows(grid: np.ndarray, gradient: np.ndarray, source: tuple[int, int], most: int = mesh.MOST) -> np.ndarray | None:
    """-dL/dgrid (H, W, 2) at the thinned nodes of a grid (H, W, 2): pairs (n, 2, 2) from, to, x before y, in source pixels.

    The longest arrow is as long as a thinned cell. ``None`` where ``gradient`` is no grid's, or 0.
    """
    if gradient.shape != grid.shape:
        return None
    rows, columns = mesh.thinned(grid, most)
    step = -gradient[np.ix_(rows, columns)] / np.maximum(convert.span(source) / 2, 1e-9)
    longest = np.linalg.norm(step, axis=-1).max()
    if longest == 0:
        return None
    places = mesh.nodes(grid, source, most)
    step = step / longest * min(source[0] / len(rows), source[1] / len(columns))
    return np.nan_to_num(np.stack((places, places + step), 2).reshape(-1, 2, 2))


def _is_map(values: np.ndarray) -> bool:
    return values.ndim == 2 or (values.ndim in (3, 4) and values.shape[-3] == 1)
