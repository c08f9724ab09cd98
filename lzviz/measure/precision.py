"""COCO's average precision (Lin et al. 2014). pycocotools matches the boxes of each picture; what it found is kept as numbers, from
which the precision of any set of pictures, each counted any number of times, is summed.

    rows = matched(boxes, scores, classes, truths, true_classes, ignored, 3)      # of each picture
    average_precision([rows, ...], 3)                                             # (3,) AP of each class
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

THRESHOLDS = tuple(round(0.5 + 0.05 * k, 2) for k in range(10))
"""Overlaps from which a box counts as found."""
AREAS = {"all": (0.0, 1e10), "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""COCO's sizes in square pixels of the picture."""
RECALLS = torch.from_numpy(
    np.linspace(0, 1, 101)
)  # torch's own differs by a rounding, which matters where recall is a step
MOST = 100
"""Boxes of a picture that count, the best ones."""
T, A = len(THRESHOLDS), len(AREAS)
CHUNK = 4_000_000
"""Numbers held at once."""


def matched(
    boxes: Tensor,
    scores: Tensor,
    classes: Tensor,
    truths: Tensor,
    true_classes: Tensor,
    ignored: Tensor,
    count: int,
    area: Tensor | None = None,
) -> Tensor:
    """What counts of one picture: (count + N, 2 + T A) float64.

    The first ``count`` rows are (class, -1, how many true boxes of each area, 0, ...), the others a box each: (class, score, then
    for each area and threshold 1 = found one, 0 = found none, -1 = does not count).

    Args:
        boxes, scores, classes: (N, 4) pixel edges, (N,), (N,) of what was found.
        truths, true_classes: (M, 4), (M,); ignored: (M,) bool, crowds: what lies in them does not count.
        count: of classes.
        area: (M,) square pixels by which a true box is small, medium or large, COCO's are of masks; NaN, or none given: the box's.
    """
    evaluation = _evaluation()
    found, true = boxes.detach().double().cpu().numpy(), truths.detach().double().cpu().numpy()
    levels, kinds = scores.detach().double().cpu().numpy(), classes.cpu().numpy()
    crowds, labels = ignored.cpu().numpy(), true_classes.cpu().numpy()
    own = (true[:, 2:] - true[:, :2]).prod(1)
    given = own if area is None else area.detach().double().cpu().numpy()
    sizes = np.where(np.isnan(given), own, given)
    evaluation.params.imgIds, evaluation.params.catIds = [0], list(range(count))
    evaluation.params.iouThrs, evaluation.params.maxDets = np.array(THRESHOLDS), [MOST]
    for k in range(count):
        evaluation._dts[0, k] = [
            _found(each, score, n)
            for n, (each, score) in enumerate(zip(found[kinds == k], levels[kinds == k], strict=True))
        ]
        evaluation._gts[0, k] = [
            _true(*each, n)
            for n, each in enumerate(zip(true[labels == k], crowds[labels == k], sizes[labels == k], strict=True))
        ]
        evaluation.ious[0, k] = evaluation.computeIoU(0, k)
    heads, rows = torch.zeros(count, 2 + T * A, dtype=torch.float64), []
    for k in range(count):
        heads[k, 0], heads[k, 1] = k, -1
        each = [evaluation.evaluateImg(0, k, list(area), MOST) for area in AREAS.values()]
        if each[0] is None:
            continue
        heads[k, 2 : 2 + A] = torch.tensor([float((np.asarray(area["gtIgnore"]) == 0).sum()) for area in each])
        if len(each[0]["dtScores"]):
            flags = [np.where(area["dtIgnore"], -1.0, np.asarray(area["dtMatches"]) > 0).T for area in each]
            values = np.column_stack([np.full(len(flags[0]), float(k)), each[0]["dtScores"], *flags])
            rows.append(torch.from_numpy(values))
    return torch.cat([heads, *rows])


def _found(box: np.ndarray, score: float, number: int) -> dict[str, Any]:
    width, height = box[2] - box[0], box[3] - box[1]
    return {
        "id": number + 1,
        "bbox": [box[0], box[1], width, height],
        "area": width * height,
        "score": score,
        "iscrowd": 0,
    }


def _true(box: np.ndarray, crowd: bool, area: float, number: int) -> dict[str, Any]:
    shape = {"bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]], "area": area}
    return {"id": number + 1, "iscrowd": int(crowd), "ignore": int(crowd), **shape}


def _evaluation() -> Any:
    try:
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        raise ImportError("average precision is COCO's own: pip install lzviz[train], or pycocotools") from None
    return COCOeval(iouType="bbox")


def average_precision(
    rows: Sequence[Tensor],
    count: int,
    area: str = "all",
    thresholds: Sequence[float] = THRESHOLDS,
    weights: Tensor | None = None,
) -> Tensor:
    """AP of each class, (count,) float64 in [0, 1], the mean over thresholds; NaN for a class of which there is nothing to find.

    Args:
        rows: of each of n pictures, from :func:`matched`.
        area: one of :data:`AREAS`.
        weights: (R, n) how often each picture counts, for R sets at once; the answer is (R, count) then.
    """
    times = torch.ones(1, len(rows), dtype=torch.float64) if weights is None else weights.double()
    a = list(AREAS).index(area)
    columns = [2 + a * T + THRESHOLDS.index(round(t, 2)) for t in thresholds]
    there = torch.stack([each[:count, 2 + a] for each in rows])  # (n, count)
    found = torch.cat([each[count:] for each in rows])
    picture = torch.cat([torch.full((len(each) - count,), k) for k, each in enumerate(rows)]).long()
    out = torch.full((len(times), count), torch.nan, dtype=torch.float64)
    for k in range(count):
        mine = found[:, 0] == k
        order = (-found[mine, 1]).argsort(stable=True)  # a score that is no number comes last
        flags, of = found[mine][order][:, columns], picture[mine][order]
        step = max(1, CHUNK // max(1, flags.numel()))
        out[:, k] = torch.cat([_precision(flags, part[:, of], part @ there[:, k]) for part in times.split(step)])
    return out[0] if weights is None else out


def _precision(flags: Tensor, times: Tensor, there: Tensor) -> Tensor:
    """(R,) mean precision at 101 recalls of detections (D, t), best first, of R sets: ``times`` (R, D), ``there`` (R,)."""
    if not len(flags):
        return torch.where(there > 0, 0.0, torch.nan)
    right = (times[:, None] * (flags.T == 1)[None]).cumsum(-1)  # (R, t, D)
    counted = (times[:, None] * (flags.T >= 0)[None]).cumsum(-1)
    recall = right / there[:, None, None]
    precision = (right / counted.clamp(min=torch.finfo(torch.float64).eps)).numpy()
    # From the right the largest so far; torch's own cummax also keeps where it was, which takes most of the time.
    precision = torch.from_numpy(np.maximum.accumulate(precision[..., ::-1], -1)[..., ::-1].copy())
    wanted = RECALLS.expand(*recall.shape[:2], -1).contiguous()
    places = torch.searchsorted(recall.nan_to_num(0.0).contiguous(), wanted)
    read = torch.nn.functional.pad(precision, (0, 1)).gather(-1, places)
    return torch.where(there > 0, read.mean((1, 2)), torch.nan)
