"""What is measured of one method on one picture: a row of the table, and what is behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lzviz.comparison.budget import Budget
from lzviz.comparison.methods import Method
from lzviz.comparison.table import Row
from lzviz.coords import Size
from lzviz.doctor import diagnose
from lzviz.measure import evaluation, timing
from lzviz.measure.examine import examine
from lzviz.objects import Objects
from lzviz.tasks.detection import TASK as DETECTION
from lzviz.trace import Trace
from lzviz.warp import WarpLayout

IGNORE = 255
SPREAD = 1.5
"""p95 over median from which times are called noisy."""
OFF = 0.25
"""How far a median may be from a budget of milliseconds."""
LATTICE = 256
"""Longest side of the lattice on which a round trip is looked at."""
TAPS = {"nearest": 1.0, "bilinear": 2.0, "antialias": float("inf")}


@dataclass(frozen=True, eq=False)
class Measured:
    """Of one method.

    Attributes:
        row: everything but its times; trace: the run behind it.
        perfect: (1, H, W) labels that a perfect network would bring back from the same samples; ``None`` without true ones.
        intrinsic, scored: confusion matrices (K, K + 1) of those labels and of the network's, to be summed over pictures.
    """

    row: Row
    trace: Trace
    perfect: Tensor | None = None
    intrinsic: Tensor | None = None
    scored: Tensor | None = None


def measured(
    method: Method,
    image: Tensor,
    truth: Tensor | None,
    region: Tensor | None = None,
    names: Sequence[str] = (),
    objects: Objects | None = None,
    same: bool = True,
) -> Measured:
    """Everything of a method but its times.

    Args:
        image: (1, 3, H, W); truth: (1, H, W) integers, 255 not labelled, or ``None``; objects: true boxes, of one that finds them.
        region: (1, 1, h, w) in [0, 1], corner-aligned: whose share of the samples is asked for.
        names: of the classes, where the method has none.
        same: whether the true classes are the method's own; where not, they have ``names`` and give no score.
    """
    names = tuple(names) if method.finds or not same else method.pipeline.classes or tuple(names)
    scores = method.pipeline.network is not None and not method.finds and same
    known = scores and truth is not None and _most(truth) < len(names)
    trace = method.run(image, truth if known else [objects] if method.finds and objects is not None else None)
    layout, source_size = trace.layout, (int(image.shape[-2]), int(image.shape[-1]))
    size = (int(trace.zoomed.shape[-2]), int(trace.zoomed.shape[-1]))
    row = Row(method.name, method.title, size, int(layout.count.sum()), macs=sum(trace.macs.values()) or None)
    found = Measured(row, trace) if truth is None else _labelled(row, names, trace, truth, known)
    row = found.row
    if method.finds and objects is not None:
        row = replace(row, ap=_precision(method, trace))
    if isinstance(layout, WarpLayout):
        row = _warped(row, method, layout, source_size, region)
    elif region is not None:
        row = replace(row, region=_share(layout.sites, source_size, region))
    return replace(found, row=row)


def _labelled(row: Row, given: Sequence[str], trace: Trace, truth: Tensor, known: bool) -> Measured:
    count = max(len(given), _most(truth) + 1)
    names = (*given, *map(str, range(len(given), count)))
    seen = evaluation.sampled_labels(trace.layout, truth)
    shares = {n: float((seen == k).float().mean()) for k, n in enumerate(names) if bool((truth == k).any())}
    perfect = evaluation.reconstructed_labels(trace.layout, truth, count, border=True)
    intrinsic = evaluation.confusion(perfect, truth, count)
    row = replace(row, classes=shares, intrinsic=1 - evaluation.miou(intrinsic))
    if not known:
        return Measured(row, trace, perfect, intrinsic)
    scored = evaluation.confusion(trace.output, truth, count)
    return Measured(scored_row(row, scored, names), trace, perfect, intrinsic, scored)


def _precision(method: Method, trace: Trace) -> float | None:
    """AP of one picture, of what finds boxes in space too; ``None`` where nothing counts."""
    metric = DETECTION.metrics[0]
    counted = DETECTION.count(trace, 0, len(method.pipeline.classes), {})[metric.counted]
    value = float(torch.nanmean(DETECTION.score(metric, [counted])))
    return value if math.isfinite(value) else None


def scored_row(row: Row, matrix: Tensor, names: tuple[str, ...]) -> Row:
    """With the score of a confusion matrix, and each class's."""
    ious = {n: float(v) for n, v in zip(names, evaluation.iou(matrix), strict=False) if bool(torch.isfinite(v))}
    return replace(row, score=evaluation.miou(matrix), metric="mIoU", ious=ious)


def _warped(row: Row, method: Method, layout: WarpLayout, source_size: Size, region: Tensor | None) -> Row:
    warp, size = layout.warp, layout.zoomed_size
    shrink = min(1.0, LATTICE / max(source_size))
    lattice = tuple(max(2, round(n * shrink)) for n in source_size)
    found = examine(warp, size, source_size, emphasis=region, inverse_size=lattice)  # type: ignore[arg-type]
    grid = warp.grid(size).detach().float().cpu().numpy()
    told = diagnose(grid, source_size, size, use="grid") if min(size) > 1 else None
    interpolation = getattr(method.pipeline.sampler, "interpolation", "bilinear")
    return replace(
        row,
        region=found.facts.share,
        folds=found.facts.folds / max(found.facts.tiles, 1),
        out_of_range=float((np.abs(grid) > 1 + 1e-6).any(-1).mean()),
        unseen=1 - found.facts.coverage,
        step=_number(told and told.named("aliasing")),
        taps=TAPS.get(interpolation, 2.0),
        round_trip=found.round_trip["max"],
    )


def timed(row: Row, taken: timing.Timing | None, budget: Budget) -> Row:
    """With what was measured of it; noisy, too, where it is far from the milliseconds that its size was solved for."""
    if taken is None:
        return row
    off = budget.kind == "ms" and row.size is not None and not row.note and abs(taken.median / budget.amount - 1) > OFF
    return replace(row, p50=taken.median, p95=taken.p95, noisy=off or taken.p95 > SPREAD * taken.median)


def _most(truth: Tensor) -> int:
    """The largest class that occurs."""
    return max(int(torch.where(truth == IGNORE, 0, truth).max()), 0) if truth.numel() else 0


def _number(finding: Any) -> float | None:
    return None if finding is None or isinstance(finding.value, str) else float(finding.value)


def _share(sites: Tensor, source_size: Size, weights: Tensor) -> float:
    """Mean weight at sites (N, 2) in source pixels."""
    half = (
        torch.tensor([max(source_size[1] - 1, 1), max(source_size[0] - 1, 1)], dtype=sites.dtype, device=sites.device)
        / 2
    )
    points = (sites / half - 1)[None, None]
    read = torch.nn.functional.grid_sample(weights.to(sites), points, padding_mode="border", align_corners=True)
    return float(read.mean())
