"""Which boxes say the same, and COCO's average precision, against plain twins and the official code."""

from __future__ import annotations

import contextlib
import io

import pytest
import torch
from torch import Tensor

from lzviz.measure import precision
from lzviz.models.suppression import nms_by_class, overlaps, plain_nms
from lzviz.tasks.detection import TASK


def boxes(count: int, seed: int, size: float = 100.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    low = torch.rand(count, 2, generator=generator) * size
    return torch.cat((low, low + 2 + torch.rand(count, 2, generator=generator) ** 2 * 2 * size), 1)


def greedy(rows: Tensor, scores: Tensor, threshold: float) -> list[int]:
    """Suppression, one box after the other."""
    kept: list[int] = []
    for k in scores.argsort(descending=True).tolist():
        if all(overlaps(rows[k : k + 1], rows[j : j + 1]).item() <= threshold for j in kept):
            kept.append(k)
    return kept


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.6, 1.0])
def test_suppression_is_the_greedy_one(threshold):
    for seed in range(4):
        rows, scores = boxes(60, seed), torch.rand(60, generator=torch.Generator().manual_seed(seed))
        assert plain_nms(rows, scores, threshold).tolist() == greedy(rows, scores, threshold)
    assert plain_nms(torch.zeros(0, 4), torch.zeros(0), 0.5).tolist() == []


def test_suppression_keeps_classes_apart():
    rows, scores = torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9]]), torch.tensor([0.2, 0.9, 0.5])
    assert nms_by_class(rows, scores, torch.tensor([0, 1, 1]), 0.5).tolist() == [1, 0]


# -- precision -------------------------------------------------------------------------------------------------------------


def pictures(count: int, seed: int):
    """Truths, and what a poor detector makes of them."""
    generator = torch.Generator().manual_seed(seed)
    for k in range(count):
        true = boxes(int(torch.randint(0, 9, (1,), generator=generator)), 100 * seed + k)
        classes = torch.randint(0, 3, (len(true),), generator=generator)
        crowd = torch.rand(len(true), generator=generator) < 0.15
        moved = true + torch.randn(true.shape, generator=generator) * 3
        found = torch.cat((moved, boxes(6, seed + 7 * k)))
        kinds = torch.cat((classes, torch.randint(0, 3, (6,), generator=generator)))
        yield found, torch.rand(len(found), generator=generator), kinds, true, classes, crowd


def plain_rows(found, scores, kinds, true, classes, crowd, count):
    """COCO's matching, written out: the best first, each takes the best truth left; crowds can be taken again."""
    out = torch.zeros(count, 42, dtype=torch.float64)
    rows = []
    for k in range(count):
        out[k, :2] = torch.tensor([k, -1.0])
        mine, ours = (kinds == k).nonzero()[:, 0], (classes == k).nonzero()[:, 0]
        order = mine[scores[mine].argsort(descending=True, stable=True)][:100]
        lines = torch.zeros(len(order), 42, dtype=torch.float64)
        lines[:, 0], lines[:, 1] = k, scores[order]
        for a, (low, high) in enumerate(precision.AREAS.values()):
            sizes = (true[:, 2:] - true[:, :2]).prod(1).double()
            skip = crowd | (sizes < low) | (sizes > high)
            out[k, 2 + a] = (~skip[ours]).sum()
            for t, threshold in enumerate(precision.THRESHOLDS):
                taken: set[int] = set()
                for n, d in enumerate(order.tolist()):
                    best, chosen = threshold - 1e-10, -1
                    for g in sorted(ours.tolist(), key=lambda g: bool(skip[g])):
                        if g in taken and not crowd[g]:
                            continue
                        if chosen >= 0 and not skip[chosen] and skip[g]:
                            break
                        shared = overlap(found[d], true[g], bool(crowd[g]))
                        if shared >= best:
                            best, chosen = shared, g
                    size = float((found[d, 2:] - found[d, :2]).prod())
                    if chosen < 0:
                        flag = -1.0 if not low <= size <= high else 0.0
                    else:
                        taken.add(chosen)
                        flag = -1.0 if skip[chosen] else 1.0
                    lines[n, 2 + 10 * a + t] = flag
        rows.append(lines)
    return torch.cat([out, *rows])


def overlap(one: Tensor, other: Tensor, crowd: bool) -> float:
    one, other = one.double(), other.double()
    shared = (torch.minimum(one[2:], other[2:]) - torch.maximum(one[:2], other[:2])).clamp(min=0).prod()
    own = (one[2:] - one[:2]).clamp(min=0).prod()
    return float(shared / (own if crowd else own + (other[2:] - other[:2]).prod() - shared))


def test_matching_is_the_plain_one():
    for each in pictures(6, 1):
        ours, plain = precision.matched(*each, 3), plain_rows(*each, 3)
        assert ours.shape == plain.shape and (ours - plain).abs().max() < 1e-6


def official(sets, filled: float = 1.0) -> dict[str, float]:
    """COCOeval over the whole set, as its authors run it; masks fill so much of their boxes."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    images, given, found = [], [], []
    for n, (predicted, scores, kinds, true, classes, crowd) in enumerate(sets):
        images.append({"id": n})
        for box, kind, many in zip(true.double().tolist(), classes.tolist(), crowd.tolist(), strict=True):
            w, h = box[2] - box[0], box[3] - box[1]
            entry = {"image_id": n, "category_id": kind, "bbox": [box[0], box[1], w, h], "area": w * h * filled}
            given.append({**entry, "iscrowd": int(many), "id": len(given) + 1})
        for box, score, kind in zip(predicted.double().tolist(), scores.tolist(), kinds.tolist(), strict=True):
            entry = {"image_id": n, "category_id": kind, "score": score}
            found.append({**entry, "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]]})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {"images": images, "annotations": given, "categories": [{"id": k} for k in range(3)]}
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    names = ("AP", "AP50", "AP75", "AP_S", "AP_M", "AP_L")
    return dict(zip(names, evaluation.stats[:6].tolist(), strict=True))


@pytest.mark.parametrize("filled", [1.0, 0.4])
def test_scores_are_cocos_also_where_masks_say_what_is_small(filled):
    sets = list(pictures(25, 2))
    sizes = [None if filled == 1 else (each[3][:, 2:] - each[3][:, :2]).prod(1).double() * filled for each in sets]
    counts = [precision.matched(*each, 3, area) for each, area in zip(sets, sizes, strict=True)]
    expected = official(sets, filled)
    for metric in TASK.metrics:
        assert TASK.score(metric, counts).nanmean().item() == pytest.approx(expected[metric.name], abs=1e-9), (
            metric.name
        )


def test_a_picture_that_counts_twice_is_two_pictures():
    counts = [precision.matched(*each, 3) for each in pictures(8, 3)]
    weights = torch.tensor([[1.0, 0, 2, 1, 0, 3, 1, 0], [1.0] * 8])
    repeated = [counts[k] for k, times in enumerate(weights[0].int().tolist()) for _ in range(times)]
    for metric in TASK.metrics:
        both = TASK.score(metric, counts, weights)
        for row, plain in zip(both, (repeated, counts), strict=True):
            assert torch.allclose(row, TASK.score(metric, plain), equal_nan=True, atol=1e-12)


def test_nothing_to_find_is_no_number_and_nothing_found_is_zero():
    none = torch.zeros(0, 4), torch.zeros(0), torch.zeros(0, dtype=torch.int64)
    truth = torch.tensor([[0.0, 0, 50, 50]]), torch.tensor([1]), torch.tensor([False])
    score = TASK.score(TASK.metric("AP"), [precision.matched(*none, *truth, 3)])
    assert score[1] == 0 and score[[0, 2]].isnan().all()


def test_a_score_that_is_no_number_comes_last():
    """As COCO's code has it: one wrong box of unknown score below two right ones costs nothing."""
    true = torch.tensor([[0.0, 0, 9, 9], [20, 20, 40, 40]])
    found, scores = torch.cat((torch.tensor([[50.0, 50, 60, 60]]), true)), torch.tensor([torch.nan, 0.5, 0.6])
    rows = [
        precision.matched(found, scores, torch.zeros(3).long(), true, torch.zeros(2).long(), torch.zeros(2).bool(), 1)
    ]
    assert precision.average_precision(rows, 1).item() == 1.0


def test_a_box_that_is_none_leaves_the_others_suppressed():
    rows = torch.tensor([[0.0, 0, 9, 9], [torch.nan, 0, 9, 9], [20, 20, 30, 30], [0, 0, 9, 9]])
    kept = nms_by_class(rows, torch.tensor([0.9, 0.8, 0.7, 0.6]), torch.zeros(4).long())
    assert kept.tolist() == [0, 2]
