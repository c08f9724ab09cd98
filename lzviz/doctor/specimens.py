"""Specimens: one healthy warp, spoilt in the ways that are met most often. Numpy only; the zoo of the tests holds many more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lzviz.plain import convert
from lzviz.text import Text

Size = tuple[int, int]


@dataclass(frozen=True)
class Specimen:
    """A fault that can be shown.

    Attributes:
        name: of this specimen; check: what the doctor names it.
        seen: where it was met.
        spoil: a healthy grid (B, H, W, 2) and the source's size to the array that somebody hands over.
    """

    name: str
    check: str
    seen: str
    spoil: Callable[[np.ndarray, Size], np.ndarray]

    @property
    def said(self) -> Text:
        """How it comes about."""
        return Text(f"doctor.specimen.{self.name}")

    def make(self, source: Size) -> np.ndarray:
        """The faulty array for a source of this size, float32."""
        return self.spoil(healthy(lattice_of(source)), source).astype(np.float32)


def lattice_of(source: Size, long: int = 48) -> Size:
    """Rows and columns of a lattice with the source's aspect, at least 8 of each."""
    h, w = (max(8, round(long * n / max(source))) for n in source)
    return h, w


def healthy(size: Size, at: tuple[float, float] = (0.15, 0.05), strength: float = 4.0) -> np.ndarray:
    """A separable zoom (1, H, W, 2) towards ``at``: along each axis the samples are as dense as a bump over an even floor."""
    axes = [_axis(n, centre, strength) for n, centre in zip(size, at[::-1], strict=True)]
    return np.stack(np.meshgrid(axes[1], axes[0]), -1)[None]


def _axis(n: int, centre: float, strength: float) -> np.ndarray:
    """Where the cumulative density reaches n even levels."""
    t = np.linspace(-1, 1, 2001)
    density = 1 + strength * np.exp(-((t - centre) ** 2) / 0.12)
    mass = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return np.interp(np.linspace(0, mass[-1], n), mass, t)


def _mirrored_patch(grid: np.ndarray, _: Size) -> np.ndarray:
    out = grid.copy()
    h, w = grid.shape[1:3]
    patch = (slice(None), slice(h // 2, h * 3 // 4), slice(w // 2, w * 5 // 8))
    out[patch] = grid[patch][:, :, ::-1]
    return out


def _without_weight(grid: np.ndarray, _: Size) -> np.ndarray:
    out = grid.copy()
    h, w = grid.shape[1:3]
    out[:, h // 3 : h // 3 + 2, w // 6] = np.nan
    return out


def _lost_row(grid: np.ndarray, _: Size) -> np.ndarray:
    out = grid.copy()
    out[:, -1] = 2.0
    return out


SPECIMENS: dict[str, Specimen] = {
    each.name: each
    for each in (
        Specimen("axis-order", "axis-order", "kornia 747",
                 lambda g, _: g[..., ::-1]),
        Specimen("folds", "folds", "voxelmorph 50",
                 _mirrored_patch),
        Specimen("pixels", "units", "kornia 1651",
                 lambda g, source: convert.to_pixels(g, source)),
        Specimen("unit-interval", "units", "ES",
                 lambda g, _: (g + 1) / 2),
        Specimen("displacement", "displacement", "voxelmorph 66",
                 lambda g, source: (g - convert.identity(g.shape[1:3])) / 2 * convert.span(source)),
        Specimen("transposed", "transposed", "pytorch 89836",
                 lambda g, _: g.swapaxes(1, 2)),
        Specimen("flipped", "flipped", "pytorch 36107",
                 lambda g, _: g * [1, -1]),
        Specimen("layout", "layout", "pytorch 23923",
                 lambda g, _: np.moveaxis(g, -1, 1)),
        Specimen("convention", "convention", "pytorch 20785",
                 lambda g, source: convert.to_edges(g, source)),
        Specimen("not-finite", "not-finite", "FOVEA 4",
                 _without_weight),
        Specimen("pyramid", "pyramid", "LZU",
                 _lost_row),
        Specimen("out-of-range", "out-of-range", "Saliency-Sampler 5",
                 lambda g, _: g * 1.2),
    )
}  # fmt: skip
