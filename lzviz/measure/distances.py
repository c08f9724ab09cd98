"""3D detection as nuScenes counts it (Caesar et al. 2020): a box is found where its middle is near enough on the ground.

Rows of each picture are kept, from which the scores of any set of pictures, each counted any number of times, are made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

THRESHOLDS = (0.5, 1.0, 2.0, 4.0)
"""Metres on the ground within which a middle counts as found; errors of true positives stand at the third."""
ERRORS = ("ATE", "ASE", "AOE")
"""Of true positives: metres between the middles on the ground; 1 - overlap of the aligned boxes; radians between the headings."""
LEAST = 0.1
"""Recall and precision below which nothing counts."""
STEPS = np.linspace(0, 1, 101)
AT = THRESHOLDS.index(2.0)


def matched(
    solids: Tensor,
    scores: Tensor,
    classes: Tensor,
    truths: Tensor,
    true_classes: Tensor,
    count: int,
    reach: Sequence[float],
) -> Tensor:
    """What counts of one picture: (count + N, 9) float64. The first ``count`` rows are (class, -1, true boxes, 0, ...), the others
    a found box each: (class, score, found one within each of the four distances, the three errors).

    Args:
        solids: (N, 7) centre x, y, z in camera metres, length, width, height, yaw; truths: (M, 7).
        reach: metres from the camera on the ground, of each class, within which boxes count.

    What was found with a number that is none, or a side that is not above 0, finds nothing and counts as wrong.

    Raises:
        ValueError: such a true box.
    """
    unsound = ~sound(truths)
    if unsound.any():
        k = int(unsound.nonzero()[0, 0])
        raise ValueError(
            f"true box {k} is {truths[k].tolist()}: expected finite numbers, and sides above 0 (length, width, height)"
        )
    usable = sound(solids).cpu().numpy()
    found, true = (values.detach().double().cpu().numpy() for values in (solids, truths))
    levels, kinds, labels = (values.detach().cpu().numpy() for values in (scores, classes, true_classes))
    heads, rows = np.zeros((count, 9)), []
    for k in range(count):
        mine = (kinds == k) & ~(np.hypot(found[:, 0], found[:, 2]) >= reach[k])
        ours = true[(labels == k) & (np.hypot(true[:, 0], true[:, 2]) < reach[k])]
        heads[k, :3] = k, -1, len(ours)
        order = np.flatnonzero(mine)[np.argsort(-levels[mine], kind="stable")]  # a score that is no number comes last
        part = np.zeros((len(order), 9))
        part[:, 0], part[:, 1] = k, levels[order]
        wrong = ~usable[order]
        away = np.hypot(*(found[order, None][..., [0, 2]] - ours[None][..., [0, 2]]).transpose(2, 0, 1))
        away[wrong] = np.inf
        for t, threshold in enumerate(THRESHOLDS):
            free = np.ones(len(ours), bool)
            for n, row in enumerate(away):
                left = np.where(free, row, np.inf)
                if not len(left) or left.min() >= threshold:
                    continue
                best = int(left.argmin())
                free[best], part[n, 2 + t] = False, 1
                if t == AT:
                    part[n, 6:] = errors(found[order[n]], ours[best])
        rows.append(part)
    return torch.from_numpy(np.concatenate([heads, *rows]))


def sound(solids: Tensor) -> Tensor:
    """(N,) bool: bodies (N, 7) of finite numbers and sides above 0."""
    return solids.isfinite().all(1) & (solids[:, 3:6] > 0).all(1)


def errors(found: np.ndarray, true: np.ndarray) -> tuple[float, float, float]:
    """:data:`ERRORS` of one box (7,) that is meant to be another (7,)."""
    shared = float(np.minimum(found[3:6], true[3:6]).prod())
    overlap = shared / max(float(found[3:6].prod() + true[3:6].prod()) - shared, 1e-12)
    turned = abs((float(found[6] - true[6]) + math.pi) % (2 * math.pi) - math.pi)
    return float(np.hypot(found[0] - true[0], found[2] - true[2])), 1 - overlap, turned


def scored(rows: Sequence[Tensor], count: int, what: str, weights: Tensor | None = None) -> Tensor:
    """ "AP" (mean over the distances) or one of :data:`ERRORS` of each class, (count,) float64; NaN for a class of which there is
    nothing to find. Errors are 1 where recall stays below :data:`LEAST`.

    Args:
        rows: of each of n pictures, from :func:`matched`.
        weights: (R, n) whole numbers, how often each picture counts; the answer is (R, count) then.
    """
    there = torch.stack([each[:count, 2] for each in rows]).numpy()
    found = torch.cat([each[count:] for each in rows]).numpy()
    picture = np.repeat(np.arange(len(rows)), [len(each) - count for each in rows])
    order = np.argsort(-found[:, 1], kind="stable")
    found, picture = found[order], picture[order]
    times = np.ones((1, len(rows)), int) if weights is None else weights.round().long().numpy()
    out = np.array([[_one(found, picture, there[:, k], k, what, each) for k in range(count)] for each in times])
    return torch.from_numpy(out[0] if weights is None else out)


def _one(found: np.ndarray, picture: np.ndarray, there: np.ndarray, k: int, what: str, times: np.ndarray) -> float:
    total = float(there @ times)
    if not total:
        return math.nan
    mine = found[:, 0] == k
    rows = np.repeat(found[mine], times[picture[mine]], 0)
    if what == "AP":
        return float(np.mean([_area(rows[:, 2 + t], total) for t in range(len(THRESHOLDS))]))
    return _error(rows, total, 6 + ERRORS.index(what))


def _curve(right: np.ndarray, total: float) -> tuple[np.ndarray, np.ndarray]:
    hits = right.cumsum()
    return hits / total, hits / np.arange(1, len(right) + 1)


def _area(right: np.ndarray, total: float) -> float:
    """Precision above :data:`LEAST`, over recalls above it, as a share of what is possible."""
    if not right.any():
        return 0.0
    recall, precision = _curve(right, total)
    read = np.interp(STEPS, recall, precision, right=0)[round(100 * LEAST) + 1 :]
    return float(np.maximum(read - LEAST, 0).mean() / (1 - LEAST))


def _error(rows: np.ndarray, total: float, column: int) -> float:
    """The mean, over recalls from :data:`LEAST` to the highest, of the mean error of all that was found until there."""
    hit = rows[:, 2 + AT] == 1
    if not hit.any():
        return 1.0
    recall, _ = _curve(rows[:, 2 + AT], total)
    sure = np.interp(STEPS, recall, rows[:, 1], right=0)
    last = int(np.flatnonzero(sure)[-1]) if sure.any() else 0
    first = round(100 * LEAST) + 1
    if last < first:
        return 1.0
    means = rows[hit, column].cumsum() / np.arange(1, hit.sum() + 1)
    along = np.interp(sure[::-1], rows[hit, 1][::-1], means[::-1])[::-1]
    return float(along[first : last + 1].mean())
