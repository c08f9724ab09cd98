"""Boxes in space: there and back through a camera, the metric against a plain twin, and a detector in a pipeline."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from lzviz.assess import assess
from lzviz.datasets import clips
from lzviz.measure import distances
from lzviz.pipelines.blueprint import Blueprint
from lzviz.samplers import create
from lzviz.tasks import boxed, task_named
from lzviz.tasks.boxed import Boxes
from lzviz.tasks.mono3d import Mono3D, lifted, read, scale_of, wanted
from lzviz.training import loop
from lzviz.training.recipes import RECIPES

TASK = task_named("mono3d")
assert isinstance(TASK, Mono3D)


@pytest.fixture(scope="module")
def data():
    return clips(2, 2, (128, 256), every=1.0, task="mono3d")


def test_numbers_of_a_perfect_head_are_the_true_bodies(data):
    """What features shall say, read as what they said, and lifted with the camera."""
    for k in range(len(data)):
        truth = data[k].truth
        out = create("lzu")(torch.zeros(1, 3, 128, 256), (64, 128))
        where = torch.rand(len(truth), 2) * 60
        strides = torch.full((len(truth),), 8.0)
        numbers = wanted(truth, out.layout, where, strides)
        told = read(numbers, where, 8)
        warp = boxed.frame_warp(out.layout, 0, True)
        middle = warp.unzoom_points(told[:, :2], (64, 128), (128, 256))
        more = torch.cat((middle, told[:, 2:3] * scale_of((64, 128), (128, 256)), told[:, 3:]), 1)
        zeros = torch.zeros(len(truth), dtype=torch.int64)
        found = Boxes(truth.boxes, zeros.float(), truth.classes, more, zeros)
        solid = lifted(found, truth.intrinsics)
        assert (solid[:, :3] - truth.solid[:, :3]).abs().max() < 1e-2
        assert (solid[:, 3:6] - truth.solid[:, 3:6]).abs().max() < 1e-4
        assert ((solid[:, 6] - truth.solid[:, 6]).sin().abs() < 1e-4).all()


def test_bodies_turn_with_a_mirrored_part(data):
    """Lifting the mirrored numbers with the mirrored camera gives the mirrored bodies, at any crop."""
    truth = data[0].truth
    part = TASK.cropped(truth, 10, 30, (90, 150), True, (128, 256))
    layout = create("lzu")(torch.zeros(1, 3, 90, 150), (64, 128)).layout
    numbers = wanted(part, layout, torch.zeros(len(part), 2), torch.full((len(part),), 4.0))
    assert numbers.isfinite().all()
    before = {tuple(row) for row in truth.solid[:, 1:6].tolist()}
    assert all(tuple(row) in before for row in part.solid[:, 1:6].tolist())


# -- the metric ------------------------------------------------------------------------------------------------------------


def scene(seed: int):
    """Truths of a picture, and what a poor detector makes of them."""
    rng = np.random.default_rng(seed)
    true = rng.uniform([-20, 0, 3, 1, 1, 1, -3], [20, 2, 60, 5, 2, 2, 3], (int(rng.integers(0, 9)), 7))
    labels = rng.integers(0, 2, len(true))
    found = np.concatenate([true + rng.normal(0, 0.7, true.shape), rng.uniform(-20, 40, (4, 7))])
    found[:, 3:6] = np.abs(found[:, 3:6]) + 0.1
    kinds = np.concatenate([labels, rng.integers(0, 2, 4)])
    return found, rng.random(len(found)), kinds, true, labels


def rows(seed: int, count: int = 2) -> Tensor:
    found, scores, kinds, true, labels = map(torch.from_numpy, scene(seed))
    return distances.matched(found, scores, kinds, true, labels, count, (50.0,) * count)


def plain(seeds, kind: int) -> dict[str, float]:
    """nuScenes' definition, all pictures together, one box after the other."""
    boxes, truths = [], []
    for n, seed in enumerate(seeds):
        found, scores, kinds, true, labels = scene(seed)
        near = lambda box: math.hypot(box[0], box[2]) < 50  # noqa: E731
        boxes += [(s, n, b) for s, b, k in zip(scores, found, kinds, strict=True) if k == kind and near(b)]
        truths += [(n, b) for b, k in zip(true, labels, strict=True) if k == kind and near(b)]
    boxes.sort(key=lambda each: -each[0])
    areas, errors = [], {}
    for threshold in (0.5, 1.0, 2.0, 4.0):
        taken, hits, sure, off = set(), [], [], []
        for score, n, box in boxes:
            best, nearest = None, threshold
            for g, (m, other) in enumerate(truths):
                away = math.hypot(box[0] - other[0], box[2] - other[2])
                if m == n and g not in taken and away < nearest:
                    best, nearest = g, away
            hits.append(best is not None)
            sure.append(score)
            if best is not None:
                taken.add(best)
                other = truths[best][1]
                shared = math.prod(min(a, b) for a, b in zip(box[3:6], other[3:6], strict=True))
                overlap = shared / (math.prod(box[3:6]) + math.prod(other[3:6]) - shared)
                turn = abs(math.remainder(box[6] - other[6], 2 * math.pi))
                off.append((score, nearest, 1 - overlap, turn))
        found = np.cumsum(hits)
        recall, precision = found / len(truths), found / np.arange(1, len(hits) + 1)
        steps = np.linspace(0, 1, 101)
        at = np.interp(steps, recall, precision, right=0)[11:] - 0.1
        areas.append(np.clip(at, 0, None).mean() / 0.9)
        if threshold == 2.0:
            conf = np.interp(steps, recall, sure, right=0)
            last = np.nonzero(conf)[0][-1]
            for name, column in zip(distances.ERRORS, (1, 2, 3), strict=True):
                means = np.cumsum([each[column] for each in off]) / np.arange(1, len(off) + 1)
                along = np.interp(conf[::-1], [each[0] for each in off][::-1], means[::-1])[::-1]
                errors[name] = float(along[11 : last + 1].mean())
    return {"AP": float(np.mean(areas)), **errors}


def test_scores_are_the_plain_ones():
    seeds = range(12)
    kept = [rows(seed) for seed in seeds]
    for kind in (0, 1):
        expected = plain(seeds, kind)
        for name, value in expected.items():
            assert distances.scored(kept, 2, name)[kind].item() == pytest.approx(value, abs=1e-9), name
        assert 0.1 < expected["AP"] < 0.9


def test_a_picture_that_counts_twice_is_two_pictures():
    kept = [rows(seed) for seed in range(6)]
    weights = torch.tensor([[2.0, 0, 1, 1, 3, 0], [1.0] * 6])
    repeated = [kept[k] for k, times in enumerate(weights[0].int().tolist()) for _ in range(times)]
    for what in ("AP", *distances.ERRORS):
        both = distances.scored(kept, 2, what, weights)
        assert torch.allclose(both[1], distances.scored(kept, 2, what))
        assert torch.allclose(both[0], distances.scored(repeated, 2, what), atol=0.02)


def test_what_is_right_is_one_and_what_is_missing_is_no_number():
    true = torch.tensor([[0.0, 1, 10, 4, 2, 1.5, 0.3], [5, 1, 20, 4, 2, 1.5, -3.1], [0, 1, 90, 4, 2, 1.5, 0]])
    labels, scores = torch.zeros(3, dtype=torch.int64), torch.tensor([0.9, 0.8, 0.7])
    kept = [distances.matched(true, scores, labels, true, labels, 2, (50.0, 50.0))]
    assert kept[0][0, 2] == 2  # the third is out of reach
    assert distances.scored(kept, 2, "AP")[0] == pytest.approx(1) and distances.scored(kept, 2, "AP")[1].isnan()
    assert all(distances.scored(kept, 2, name)[0].item() == pytest.approx(0, abs=1e-12) for name in distances.ERRORS)
    none = torch.zeros(0, 7), torch.zeros(0), torch.zeros(0, dtype=torch.int64)
    lost = [distances.matched(*none, true, labels, 1, (50.0,))]
    assert distances.scored(lost, 1, "AP")[0] == 0 and distances.scored(lost, 1, "AOE")[0] == 1


# -- in a pipeline ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", ["uniform", "lzu-fixed"])
def test_it_learns_and_is_assessed(system, data, tmp_path):
    recipe = RECIPES[f"{system}-mono3d-128x256"]
    blueprint = replace(recipe.blueprint, size=(32, 64), network_options={"width": 8, "channels": 16})
    recipe = replace(recipe, blueprint=blueprint, window=(128, 256), steps=2, batch=2)
    made = loop.train(recipe, data, tmp_path / "run", save_every=1e9)
    with torch.no_grad():
        made.network.head.classification_head.cls_logits.bias.fill_(0.0)
    report = assess(made, data, timing=False)
    assert 0 <= report.map <= 1 and report.ate >= 0 and "mAP at" in str(report) and "pedestrian" in str(report)
    trace = made.run(data[0].image[None].float() / 255, [data[0].truth])
    assert trace.solids[0].shape == (len(trace.boxes[0]), 7) and trace.solids[0].isfinite().all()


def test_what_cannot_be_brought_back_is_refused(data):
    made = Blueprint("lzu", network="compact-fcos", size=(32, 64), task="mono3d").build(3)
    with pytest.raises(ValueError, match='unzoom="features"'):
        made.run(data[0].image[None].float() / 255)
    with pytest.raises(TypeError, match="more=8"):
        TASK.checked_answer({"classes": [], "boxes": [], "quality": []})


@pytest.mark.parametrize("place, value", [(6, math.nan), (0, math.nan), (3, -4.0), (4, 0.0), (2, math.inf)])
def test_a_body_that_is_none_is_wrong_and_spoils_no_other(place, value):
    """One heading that is no number made the error of a whole class none; sides below 0 were "perfect"."""
    true = torch.tensor([[0.0, 1, 10, 4, 2, 1.5, 0.3], [5, 1, 20, 4, 2, 1.5, -3.1]])
    labels, scores = torch.zeros(2, dtype=torch.int64), torch.tensor([0.9, 0.8])
    found = true.clone()
    found[1, place] = value
    rows = distances.matched(found, scores, labels, true, labels, 1, (50.0,))
    errors = [distances.scored([rows], 1, name).item() for name in distances.ERRORS]
    assert errors == pytest.approx([0, 0, 0], abs=1e-6) and 0 < distances.scored([rows], 1, "AP").item() < 1
    with pytest.raises(ValueError, match="true box 1 is"):
        distances.matched(true, scores, labels, found, labels, 1, (50.0,))


def test_a_skewed_camera_is_followed_both_ways_and_none_is_refused():
    more = torch.tensor([[40.0, 30, 0.1, 4, 2, 1.5, 0.2, 0.9]])
    flat = torch.zeros(1)
    found = Boxes(torch.zeros(1, 4), flat, flat.long(), more, flat.long())
    matrix = torch.tensor([[90.0, 30, 32], [0, 80, 24], [0, 0, 1]])
    seen = matrix @ lifted(found, matrix)[0, :3]
    assert (seen / seen[2])[:2].tolist() == pytest.approx([40, 30], abs=1e-4)
    assert lifted(found, matrix.numpy()).shape == (1, 7)
    for wrong in (matrix[:, [0, 1, 2, 2]], matrix * torch.tensor([[-1.0], [1], [1]])):
        with pytest.raises(ValueError, match="focal lengths above 0"):
            lifted(found, wrong)
    with pytest.raises(ValueError, match="flat boxes"):
        lifted(Boxes(found.boxes, flat, flat.long(), more[:, :0], flat.long()), matrix)
