"""What a warp does to an image, in numbers: folds, coverage, round trip, zoom, and where its samples go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lzviz import resampling
from lzviz.coords import Size, check_size, lattice, to_pixels
from lzviz.measure import describe
from lzviz.warp import GridWarp, Warp


@dataclass(frozen=True)
class Examination:
    """The numbers of one warp at two sizes.

    Attributes:
        facts: what the sentence is made of (:func:`lzviz.measure.describe.sentence`).
        round_trip: {"max", "median"} of ``|forward(inverse(p)) - p|`` where valid, source pixels.
        zoom_range: least and largest linear zoom against uniform sampling, ``1 / sqrt(det J)`` in normalised coordinates, at
            the pixels of the zoomed image; empty and folded places have none. ``None`` where no place has one.
    """

    facts: describe.Facts
    round_trip: dict[str, float]
    zoom_range: tuple[float, float] | None


def examine(
    warp: Warp,
    zoomed_size: Size,
    source_size: Size,
    *,
    emphasis: Tensor | np.ndarray | None = None,
    used: Warp | None = None,
    inverse_size: Size | None = None,
) -> Examination:
    """Examine a single warp: any, of batch 1.

    Args:
        warp: best in float64.
        zoomed_size, source_size: (h, w) pixels.
        emphasis: (1, 1, h, w) weights in [0, 1], corner-aligned on the source: the area whose share of the samples is asked for.
        used: the warp in the precision it is used in, for the round trip; ``warp`` by default.
        inverse_size: lattice on which the inverse is looked at; ``source_size`` by default.

    Raises:
        TypeError: no warp. ValueError: more than one, sizes that are none, another shape of ``emphasis``.
    """
    if not isinstance(warp, Warp):
        raise TypeError(f"expected a warp, got {type(warp).__name__}; did you mean Warp.from_grid(grid)?")
    if warp.batch != 1:
        raise ValueError(f"one warp is examined at a time, got a batch of {warp.batch}; did you mean warp[0]?")
    zoomed_size, source_size = check_size(zoomed_size, "zoomed_size"), check_size(source_size, "source_size")
    if emphasis is not None:
        emphasis = torch.as_tensor(emphasis)
        if emphasis.ndim != 4 or emphasis.shape[:2] != (1, 1) or not emphasis.is_floating_point():
            raise ValueError(
                f"expected emphasis (1, 1, h, w) of floats in [0, 1], got {emphasis.dtype} {tuple(emphasis.shape)}"
            )
    # A warp without nodes of its own is judged by its samples.
    judged = warp if hasattr(warp, "foldovers") else GridWarp(warp.grid(tuple(max(n, 2) for n in zoomed_size)))  # type: ignore[arg-type]
    folded = judged.foldovers()  # type: ignore[attr-defined]
    mirrored = bool(getattr(judged, "mirrored", torch.zeros(1)).any())
    found, round_trip = _there_and_back(used or warp, source_size, inverse_size or source_size)
    coverage = found if bool(folded.any()) else enclosed(judged.nodes[0].detach().cpu().numpy())  # type: ignore[attr-defined]
    zooms = zoom_range(warp, zoomed_size)
    facts = describe.Facts(
        samples=zoomed_size[0] * zoomed_size[1],
        share=None if emphasis is None else float(resampling.read(emphasis, warp.grid(zoomed_size)).mean()),
        area=0.0 if emphasis is None else _area(emphasis),
        place=None if emphasis is None else describe.place(emphasis[0, 0].detach().cpu().numpy()),
        folds=int(folded.sum()),
        tiles=folded.numel(),
        most=None if zooms is None else zooms[1],
        coverage=coverage,
        mirrored=mirrored,
    )
    return Examination(facts, round_trip, zooms)


def enclosed(nodes: np.ndarray) -> float:
    """Share of the source inside the border of a map without folds, in [0, 1]: exact, since a bilinear tile has straight edges.

    Args:
        nodes: (h, w, 2) x before y, normalised. The border is clipped at the picture's own, -1 and 1, one side after the other.
    """
    nodes = nodes.astype(np.float64)
    border = np.concatenate([nodes[0], nodes[1:, -1], nodes[-1, -2::-1], nodes[-2:0:-1, 0]])
    for axis in (0, 1):
        for side in (-1.0, 1.0):
            border = _clipped(border, axis, side)
    x, y = border.T
    return min(1.0, float(abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())) / 8)


def _clipped(border: np.ndarray, axis: int, side: float) -> np.ndarray:
    """What of a closed line of points (n, 2) lies within ``side * p[axis] <= 1``."""
    room = 1 - side * border[:, axis]
    following, beyond = np.roll(border, -1, axis=0), np.roll(room, -1)
    crosses = (room < 0) != (beyond < 0)
    share = np.where(crosses, room / np.where(crosses, room - beyond, 1), 0)[:, None]
    crossing = border + share * (following - border)
    both = np.stack([border, crossing], axis=1).reshape(-1, 2)
    return both[np.stack([room >= 0, crosses], axis=1).ravel()]


def zoom_range(warp: Warp, zoomed_size: Size) -> tuple[float, float] | None:
    """See :attr:`Examination.zoom_range`."""
    points = lattice(zoomed_size, dtype=torch.float64, device=warp.like.device).reshape(1, -1, 2)
    determinant = torch.linalg.det(warp.jacobian(points).double())
    if bool(getattr(warp, "mirrored", torch.zeros(1)).any()):
        determinant = -determinant
    zooms = determinant[determinant > 0].rsqrt()
    return (float(zooms.min()), float(zooms.max())) if zooms.numel() else None


def _there_and_back(warp: Warp, source_size: Size, inverse_size: Size) -> tuple[float, dict[str, float]]:
    """Share of the source that the inverse covers, and the round trip error there, on the lattice of ``inverse_size``."""
    inverse, valid = warp.inverse_grid(inverse_size)
    back = warp.forward(inverse.reshape(1, -1, 2)).reshape(inverse.shape)
    there = lattice(inverse_size, dtype=back.dtype, device=back.device)
    lengths = (to_pixels(back, source_size) - to_pixels(there, source_size)).norm(dim=-1)[valid]
    if not lengths.numel():
        return 0.0, {"max": 0.0, "median": 0.0}
    return float(valid.float().mean()), {"max": float(lengths.max()), "median": float(lengths.median())}


def _area(weights: Tensor) -> float:
    """The mean of a corner-aligned map over the image between its corner points: border cells count half."""
    rows, columns = (torch.ones(n, dtype=weights.dtype) for n in weights.shape[-2:])
    for axis in (rows, columns):
        if axis.numel() > 1:
            axis[0] = axis[-1] = 0.5
    return float((rows @ weights[0, 0] @ columns) / (rows.sum() * columns.sum()))
