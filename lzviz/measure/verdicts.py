"""What became of each box: right, badly placed, of another class, said twice, or false.

Boxes are matched as COCO matches them (Lin et al. 2014): the surest first, each with the true box of its class that it overlaps
most among those that are left. So a box's verdict depends on surer ones alone, and stays when the less sure are hidden. The errors
are TIDE's (Bolya et al. 2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Verdict = Literal["right", "placed", "class", "twice", "false", "ignored"]
OVERLAP, NEAR = 0.5, 0.1
"""Overlap from which a box counts as right, and from which it is at least about the thing that it overlaps."""


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Of N boxes.

    Attributes:
        kinds: "right"; "placed": about a true box of its class, too far off; "class": on a true box of another class; "twice": on
            one that a surer box has found; "false": on nothing; "ignored": by half of itself on what does not count.
        truth: (N,) int64, the row of the true box that it is about, -1 = none.
        overlap: (N,) intersection over union with it.
    """

    kinds: list[Verdict]
    truth: Tensor
    overlap: Tensor


def overlaps(first: Tensor, second: Tensor) -> Tensor:
    """(N, M) intersection over union of boxes (N, 4) and (M, 4)."""
    shared = _shared(first, second)
    return shared / (_areas(first)[:, None] + _areas(second)[None] - shared).clamp(min=1e-12)


def _shared(first: Tensor, second: Tensor) -> Tensor:
    low = torch.maximum(first[:, None, :2], second[None, :, :2])
    high = torch.minimum(first[:, None, 2:], second[None, :, 2:])
    return (high - low).clamp(min=0).prod(-1)


def _areas(boxes: Tensor) -> Tensor:
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(-1)


def verdicts(
    boxes: Tensor, scores: Tensor, classes: Tensor, truths: Tensor, true_classes: Tensor, ignored: Tensor
) -> Verdicts:
    """What became of boxes (N, 4), pixel edges, with scores (N,) and classes (N,), where (M, 4) with classes (M,) are true and
    ``ignored`` (M,) do not count."""
    count = len(boxes)
    kinds: list[Verdict] = ["false"] * count
    about, by = torch.full((count,), -1), torch.zeros(count)
    if not len(truths):
        return Verdicts(kinds, about, by)
    first, second = boxes.detach().double().cpu(), truths.detach().double().cpu()
    shared, inside = overlaps(first, second), _shared(first, second) / _areas(first).clamp(min=1e-12)[:, None]
    same = classes.cpu()[:, None] == true_classes.cpu()[None]
    skipped, taken = ignored.cpu().bool(), torch.zeros(len(truths), dtype=torch.bool)
    for row in (-scores.detach().cpu()).argsort(stable=True).tolist():
        kinds[row], at = _one(shared[row], inside[row], same[row], taken, skipped)
        if at < 0:
            continue
        about[row], by[row] = at, shared[row, at]
        taken[at] |= kinds[row] == "right"
    return Verdicts(kinds, about, by)


def _one(shared: Tensor, inside: Tensor, same: Tensor, taken: Tensor, skipped: Tensor) -> tuple[Verdict, int]:
    """Of one box with its overlaps (M,), and the shares of it that lie inside: the first of the verdicts that fits, and the
    true box."""
    tries: tuple[tuple[Verdict, Tensor, Tensor, float], ...] = (
        ("right", shared, same & ~taken & ~skipped, OVERLAP),
        ("ignored", inside, same & skipped, OVERLAP),
        ("twice", shared, same & taken, OVERLAP),
        ("class", shared, ~same & ~skipped, OVERLAP),
        ("placed", shared, same & ~skipped, NEAR),
    )
    for kind, by, fits, least in tries:
        best, at = torch.where(fits, by, -1.0).max(0)
        if best >= least:
            return kind, int(at)
    return "false", -1
