"""Whether another one is better: differences on the same pictures, and how sure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lzviz.assess.frames import frame_of
from lzviz.assess.report import Report

BLOCK_FRAMES, BLOCK_PICTURES = 30, 3
"""Neighbours that are resampled together: a second of film by the numbers in the names, and at least so many pictures."""


@dataclass(frozen=True)
class Difference:
    """First less second, in [-1, 1], and how sure.

    Attributes:
        mean: over the pairs of reports.
        low, high: of the interval that holds ``level`` of the resampled means.
        pairs: the difference of each pair.
        blocks: of pictures, that were resampled; below about 10 the interval is too narrow, and one gives none (NaN).
    """

    metric: str
    mean: float
    low: float
    high: float
    pairs: tuple[float, ...]
    blocks: int
    level: float = 0.95

    def __str__(self) -> str:
        if math.isnan(self.low):
            return f"{100 * self.mean:+.1f} (no interval: the pictures are one block)"
        seeds = f", {len(self.pairs)} pairs" if len(self.pairs) > 1 else ""
        return f"{100 * self.mean:+.1f} ({100 * self.low:+.1f} .. {100 * self.high:+.1f}{seeds}, {self.blocks} blocks)"


def paired(
    first: Report | Sequence[Report],
    second: Report | Sequence[Report],
    metric: str | None = None,
    *,
    block: int | None = None,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Difference:
    """The difference of a metric on the same pictures, with its bootstrap interval (percentiles).

    Blocks of neighbouring pictures are drawn with replacement, the same ones for both sides. Several reports a side are runs with
    other seeds, paired in their order; then pairs are drawn with replacement too.

    Args:
        metric: of the task; ``None``: its first, for segmentation mIoU.
        block: pictures of one film in a row that are drawn together; ``None``: as :func:`block_length` says.
        resamples: how many draws.
        level: of the interval.
    """
    ours, theirs = ([side] if isinstance(side, Report) else list(side) for side in (first, second))
    if len(ours) != len(theirs) or not ours:
        raise ValueError(f"pairs need as many reports on both sides, got {len(ours)} and {len(theirs)}")
    pictures, metric = ours[0].pictures, metric or ours[0].task.metrics[0].name
    for report in (*ours, *theirs):
        if report.pictures != pictures or report.classes != ours[0].classes:
            raise ValueError(f"{report.name!r} was assessed on other pictures than {ours[0].name!r}")
        if (report.task_name, report.settings) != (ours[0].task_name, ours[0].settings):
            raise ValueError(
                f"the metrics of {report.name!r} were defined differently ({_told(report)} instead of {_told(ours[0])})"
            )
    pairs = tuple(a.score(metric) - b.score(metric) for a, b in zip(ours, theirs, strict=True))
    if any(map(math.isnan, pairs)):
        raise ValueError(f"there is nothing to compare by {metric!r}: no picture has what it counts")
    mean = sum(pairs) / len(pairs)
    blocks = blocks_of(pictures, block or block_length(ours[0]))
    if len(blocks) == 1:
        return Difference(metric, mean, math.nan, math.nan, pairs, 1, level)
    draw = np.random.default_rng(seed)
    belongs = np.zeros((len(blocks), len(pictures)))
    for row, members in zip(belongs, blocks, strict=True):
        row[members] = 1
    times = draw.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), size=resamples)
    weights = torch.from_numpy(times @ belongs)  # (resamples, n): how often each picture was drawn
    spread = torch.stack(
        [_resampled(a, metric, weights) - _resampled(b, metric, weights) for a, b in zip(ours, theirs, strict=True)]
    )
    runs = torch.from_numpy(draw.integers(len(ours), size=(len(ours), resamples)))
    means = spread.gather(0, runs).mean(0).numpy()
    low, high = np.nanquantile(means, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Difference(metric, mean, low, high, pairs, len(blocks), level)


def _resampled(report: Report, metric: str, weights: Tensor) -> Tensor:
    return report.scores(metric, weights).nanmean(-1)


def _told(report: Report) -> str:
    return ", ".join([report.task_name, *(f"{name} {value}" for name, value in report.settings.items())])


def block_length(report: Report) -> int:
    """Pictures in a row that are not independent: those of a second of film, at least three; drawn scenes stand alone, drawn
    clips are short and stand alone as wholes."""
    if report.data.endswith(" scenes"):
        return 1
    frames = [frame_of(name) for name in report.pictures]
    steps = [b[1] - a[1] for a, b in itertools.pairwise(frames) if a[0] == b[0]]
    return max(BLOCK_PICTURES, round(BLOCK_FRAMES / np.median(steps))) if steps else 1


def blocks_of(pictures: Sequence[str], block: int) -> list[np.ndarray]:
    """Indices of pictures, sorted by name, in runs of about ``block`` of one film; no run crosses films."""
    films: dict[str, list[int]] = {}
    for index, name in enumerate(pictures):
        films.setdefault(frame_of(name)[0], []).append(index)
    return [
        part
        for members in films.values()
        for part in np.array_split(np.array(members), max(1, round(len(members) / block)))
    ]
