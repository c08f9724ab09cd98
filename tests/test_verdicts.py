"""What became of each box is what pycocotools counts."""

from __future__ import annotations

import pytest
import torch

from lzviz.measure import precision
from lzviz.measure.verdicts import OVERLAP, overlaps, verdicts

CLASSES = 3


def scattered(seed: int, count: int, size: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * 60
    return torch.cat((corner, corner + 4 + size * torch.rand(count, 2, generator=generator)), 1)


@pytest.mark.parametrize("seed", range(12))
def test_right_and_ignored_are_those_of_coco(seed):
    generator = torch.Generator().manual_seed(100 + seed)
    truths = scattered(seed, 9, 30)
    moved = truths.repeat(3, 1) + 4 * torch.randn(27, 4, generator=generator)
    boxes = torch.cat((moved[:, :2], torch.maximum(moved[:, 2:], moved[:, :2] + 1)), 1)
    scores = torch.rand(27, generator=generator)
    classes, true_classes = (torch.randint(0, CLASSES, (n,), generator=generator) for n in (27, 9))
    ignored = torch.rand(9, generator=generator) < 0.2
    rows = precision.matched(boxes, scores, classes, truths, true_classes, ignored, CLASSES)[CLASSES:]
    first = 2 + precision.THRESHOLDS.index(OVERLAP)
    theirs = {round(float(row[1]), 6): float(row[first]) for row in rows}
    ours = verdicts(boxes, scores, classes, truths, true_classes, ignored)
    for score, kind in zip(scores.tolist(), ours.kinds, strict=True):
        assert theirs[round(score, 6)] == {"right": 1, "ignored": -1}.get(kind, 0), kind


def test_each_error_has_its_name():
    truths = torch.tensor([[0.0, 0, 10, 10], [40, 40, 60, 60]])
    boxes = torch.tensor(
        [[0.0, 0, 10, 9], [0, 0, 9, 10], [40, 40, 59, 60], [52, 40, 72, 60], [80, 80, 90, 90], [1, 0, 11, 10]]
    )
    scores, classes = torch.linspace(0.9, 0.4, 6), torch.tensor([0, 0, 0, 1, 1, 2])
    found = verdicts(boxes, scores, classes, truths, torch.tensor([0, 1]), torch.zeros(2, dtype=torch.bool))
    assert found.kinds == ["right", "twice", "class", "placed", "false", "class"]
    assert found.truth.tolist() == [0, 0, 1, 1, -1, 0]
    assert found.overlap[0] == pytest.approx(0.9) and found.overlap[4] == 0


def test_hiding_less_sure_boxes_changes_no_verdict():
    truths, boxes = scattered(1, 6, 20), scattered(2, 30, 20)
    scores, classes = torch.linspace(1, 0, 30), torch.zeros(30, dtype=torch.int64)
    skipped = torch.zeros(6, dtype=torch.bool)
    every = verdicts(boxes, scores, classes, truths, classes[:6], skipped).kinds
    some = verdicts(boxes[:11], scores[:11], classes[:11], truths, classes[:6], skipped).kinds
    assert every[:11] == some


def test_nothing_true_and_nothing_found():
    none, kinds = torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64)
    one = scattered(3, 1, 5)
    assert verdicts(one, torch.ones(1), torch.zeros(1).long(), none, kinds, kinds.bool()).kinds == ["false"]
    assert verdicts(none, torch.zeros(0), kinds, one, torch.zeros(1).long(), torch.zeros(1).bool()).kinds == []


def test_overlaps_of_touching_and_equal_boxes():
    box = torch.tensor([[0.0, 0, 4, 4]])
    assert overlaps(box, torch.tensor([[4.0, 0, 8, 4], [0, 0, 4, 4], [0, 0, 2, 4]])).tolist() == [[0, 1, 0.5]]
