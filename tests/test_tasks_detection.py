"""Detection: what features are taught, what a head's numbers mean, and a detector in a pipeline."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import lzviz
from lzviz import models, samplers
from lzviz.datasets import clips
from lzviz.models.suppression import overlaps
from lzviz.pipelines.blueprint import Blueprint
from lzviz.tasks import boxed, task_named
from lzviz.tasks.detection import Boxes, Detection, Objects
from tests.test_precision import boxes

TASK = task_named("detection")
assert isinstance(TASK, Detection)


# -- the head --------------------------------------------------------------------------------------------------------------


def perfect(truth: Objects, size=(64, 128)) -> dict[str, list[Tensor]]:
    """The answer of a head that has learned :func:`boxed.assigned`."""
    strides = (4, 8, 16, 32)
    answer: dict[str, list[Tensor]] = {"classes": [], "boxes": [], "quality": []}
    for stride in strides:
        shape = (-(-size[0] // stride), -(-size[1] // stride))
        answer["classes"].append(torch.full((1, 3, *shape), -20.0))
        answer["boxes"].append(torch.ones(1, 4, *shape))
        answer["quality"].append(torch.full((1, 1, *shape), 9.0))
    levels = boxed.places(answer, size)
    taught = boxed.assigned(truth.boxes, truth.ignored, levels)
    start = 0
    for (where, stride), kinds, sides in zip(levels, answer["classes"], answer["boxes"], strict=True):
        rows = taught.rows[start : start + len(where)]
        start += len(where)
        for place in (rows >= 0).nonzero()[:, 0].tolist():
            y, x = divmod(place, kinds.shape[-1])
            box = truth.boxes[rows[place]]
            kinds[0, truth.classes[rows[place]], y, x] = 5
            sides[0, :, y, x] = torch.cat((where[place] - box[:2], box[2:] - where[place])) / stride
    return answer


def some_objects() -> Objects:
    rows = torch.tensor([[3.0, 4, 6, 6.5], [20, 10, 50, 40], [60, 5, 127, 63], [100, 20, 112, 31], [0, 50, 10, 64]])
    return Objects.flat(rows, torch.tensor([0, 1, 2, 1, 0]))


@pytest.mark.parametrize("uniform", [True, False])
def test_a_perfect_head_finds_every_box_in_the_source(uniform):
    """Also those of three pixels, whatever the warp; the loss of its boxes is nothing."""
    truth, size = some_objects(), (64, 128)
    saliency = lzviz.saliency.from_boxes(truth.boxes[:1] * 4, (256, 512), amplitude=3)
    out = samplers.create("lzu")(torch.zeros(1, 3, 256, 512), size, saliency)
    warp = boxed.frame_warp(out.layout, 0, uniform)
    source = warp.unzoom_boxes(truth.boxes, size, (256, 512)).clamp(min=0)
    source = torch.minimum(source, torch.tensor([512.0, 256, 512, 256]))
    found = TASK.decide(TASK.restore(perfect(truth), out, (256, 512), uniform))[0]
    assert len(found) == len(truth)
    best = overlaps(found.boxes, source)
    assert (best.max(0).values > 0.97).all()
    assert torch.equal(truth.classes[best.argmax(1)], found.classes)
    losses = boxed.box_losses(
        perfect(truth),
        [boxed.assigned(truth.boxes, truth.ignored, boxed.places(perfect(truth), size))],
        [truth.boxes],
        [truth.classes],
        size,
    )
    assert losses["boxes"] < 1e-4 and losses["classes"] < 0.01


def test_every_object_is_taught_and_crowds_are_not():
    truth = some_objects()
    levels = boxed.places(perfect(truth), (64, 128))
    assert set(boxed.assigned(truth.boxes, truth.ignored, levels).rows.tolist()) == {-1, 0, 1, 2, 3, 4}
    crowd = torch.tensor([False, True, False, False, False])
    taught = boxed.assigned(truth.boxes, crowd, levels)
    assert 1 not in taught.rows and taught.ignored.any()
    none = boxed.assigned(torch.zeros(0, 4), torch.zeros(0, dtype=torch.bool), levels)
    assert (none.rows == -1).all()


def test_overlap_and_its_general_form():
    one, other = torch.tensor([[0.0, 0, 2, 2], [0, 0, 1, 1]]), torch.tensor([[1.0, 0, 3, 2], [3, 0, 4, 1]])
    plain, general = boxed.generalised_overlap(one, other)
    assert torch.allclose(plain, torch.tensor([1 / 3, 0])) and torch.allclose(general, torch.tensor([1 / 3, -0.5]))


def test_keys_are_torchvisions():
    from tests.torchvision_plain import detectors

    theirs = detectors().fcos_resnet50_fpn(weights=None, weights_backbone=None, num_classes=91).state_dict()
    ours = models.create("fcos", classes=91).state_dict()
    theirs = {key: value.shape for key, value in theirs.items() if not key.endswith("num_batches_tracked")}
    ours = {key: value.shape for key, value in ours.items() if not key.endswith("num_batches_tracked")}
    assert ours == theirs


def test_a_detector_says_where_it_started():
    network = models.create("compact-fcos", classes=3, seed=1)
    answer = network(torch.rand(2, 3, 64, 96))
    assert [tuple(level.shape[-2:]) for level in answer["boxes"]] == [(16, 24), (8, 12), (4, 6), (2, 3)]
    assert 0.005 < torch.cat([level.sigmoid().flatten() for level in answer["classes"]]).mean() < 0.02
    assert (boxed.flattened(answer, "boxes") - 1).abs().max() < 0.6
    assert sum(p.numel() for p in network.parameters()) < 1_000_000


# -- in a pipeline ---------------------------------------------------------------------------------------------------------


def pipeline(**options) -> lzviz.Pipeline:
    blueprint = Blueprint("lzu", {"nodes": (9, 15)}, network="compact-fcos", size=(32, 64), task="detection", **options)
    return blueprint.build(3)


@pytest.mark.parametrize("unzoom", ["scores", "features"])
def test_a_run_gives_boxes_and_counts(unzoom):
    data = clips(1, 2, (64, 128))
    made = pipeline(unzoom=unzoom, looks="previous", boundary=1.0)
    with torch.no_grad():
        made.network.head.classification_head.cls_logits.bias.fill_(0.0)
    image = data[0].image[None].float() / 255
    trace = made.run(image, [data[0].truth])
    assert trace.boxes is not None and 0 < len(trace.boxes[0]) <= 100
    assert (trace.boxes[0].boxes >= 0).all() and (trace.boxes[0].scores.diff() <= 0).all()
    assert trace.zoomed_boxes[0].shape == trace.boxes[0].boxes.shape and "boxes" in repr(trace)
    again = made.run(image, [data[0].truth], previous=trace.boxes)
    assert not torch.equal(again.saliency, trace.saliency) or torch.equal(
        trace.saliency, made.attention(trace.boxes, image)
    )
    counts = TASK.count(trace, 0, 3, {})
    assert counts["found"].shape == (3 + len(trace.boxes[0]), 42)


def test_uniform_features_are_uniform_scores():
    image = clips(1, 1, (64, 128))[0].image[None].float() / 255
    ones = torch.ones(1, 1, 9, 15)
    first, second = (pipeline(unzoom=way).run(image, saliency=ones).answer for way in ("scores", "features"))
    for name in first:
        for a, b in zip(first[name], second[name], strict=True):
            assert (a - b).abs().max() < 1e-5


def test_where_to_look_next():
    found = Boxes(
        torch.tensor([[10.0, 10, 20, 20], [90, 40, 110, 60]]), torch.tensor([0.9, 0.1]), torch.tensor([0, 0]),
        torch.zeros(2, 0), torch.zeros(2, dtype=torch.int64),
    )  # fmt: skip
    sure = TASK.attention([found], (9, 15), 1.0, (64, 128))
    assert sure.shape == (1, 1, 9, 15) and sure.flatten().argmax() % 15 < 4
    true = TASK.attention([some_objects(), Objects.flat(torch.zeros(0, 4), torch.zeros(0))], (9, 15), 1.0, (64, 128))
    assert true.shape == (2, 1, 9, 15) and true[1].std() < 1e-9


def test_what_was_found_earlier_is_near_what_is_true():
    torch.manual_seed(0)
    truth = Objects.flat(boxes(200, 0), torch.zeros(200))
    earlier = TASK.earlier([truth], 0.1)[0]
    assert 130 < len(earlier) < 190 and (earlier.boxes[:, 2:] >= earlier.boxes[:, :2]).all()
    assert (overlaps(earlier.boxes, truth.boxes).max(1).values > 0.3).all()
    assert len(TASK.earlier([truth.rows(torch.zeros(200, dtype=torch.bool))], 0.1)[0]) == 0


def test_a_part_of_a_picture_has_its_boxes_and_its_camera():
    data = clips(1, 1, (128, 256), first=3)
    truth = data[0].truth
    for mirrored in (False, True):
        part = TASK.cropped(truth, 20, 40, (90, 180), mirrored, (128, 256))
        assert (part.boxes >= 0).all() and (part.boxes <= torch.tensor([180.0, 90, 180, 90])).all()
        flat = part.solid[:, :3] @ part.intrinsics.T
        x, y = (flat[:, 0] / flat[:, 2]).tolist(), (flat[:, 1] / flat[:, 2]).tolist()
        before = truth.solid[:, :3] @ truth.intrinsics.T
        u, v = before[:, 0] / before[:, 2] - 40, before[:, 1] / before[:, 2] - 20
        wanted = [(179 - a if mirrored else a, b) for a, b in zip(u.tolist(), v.tolist(), strict=True)]
        assert all(any(abs(a - c) + abs(b - d) < 1e-2 for c, d in wanted) for a, b in zip(x, y, strict=True))
        assert len(part) <= len(truth)


@pytest.mark.parametrize("wrong", [torch.zeros(1, 4), [torch.zeros(1, 4)], [], "boxes"])
def test_what_is_no_truth_is_refused(wrong):
    with pytest.raises((TypeError, ValueError), match="expected"):
        TASK.checked(wrong, torch.zeros(1, 3, 8, 8))
    with pytest.raises(TypeError, match="wrap"):
        TASK.checked_answer(torch.zeros(1))
