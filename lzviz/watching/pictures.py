"""Sampling points as a picture."""

from __future__ import annotations

import numpy as np


def density(places: np.ndarray, source_size: tuple[int, int], longest: int = 256) -> np.ndarray:
    """Places (h, w, 2) in source pixels as (H', W') uint8: white where nothing reads, black where most do; log scale."""
    h, w = source_size
    scale = min(1.0, longest / max(h, w))
    shape = max(1, round(h * scale)), max(1, round(w * scale))
    flat = places.reshape(-1, 2)
    flat = flat[np.isfinite(flat).all(1)]
    counts, _, _ = np.histogram2d(flat[:, 1], flat[:, 0], shape, ((-0.5, h - 0.5), (-0.5, w - 0.5)))
    shade = np.log1p(counts) / max(np.log1p(counts.max()), 1e-9)
    return (255 * (1 - shade)).round().astype(np.uint8)
