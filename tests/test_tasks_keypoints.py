"""Key points are a task as segmentation is: run, taught, counted and kept by the same code."""

from dataclasses import asdict, replace

import pytest
import torch

import lzviz
from lzviz import checkpoints
from lzviz.assess import Report, assess
from lzviz.datasets import Dataset, Example
from lzviz.pipelines.blueprint import Blueprint
from lzviz.samplers.base import Downsampled
from lzviz.tasks import task_named
from lzviz.tasks.keypoints import COUNT, KeypointTrace, OtherView
from lzviz.tasks.matching import homography
from lzviz.training import loop
from lzviz.training.recipes import Recipe
from lzviz.warp import Warp

TASK = task_named("keypoints")
BLUEPRINT = Blueprint("lzu", {"nodes": (6, 8)}, size=(48, 64), task="keypoints", network="d2net",
                      network_options={"width": 2, "output_stride": 4})  # fmt: skip


def picture(seed: int) -> torch.Tensor:
    return torch.rand(1, 3, 12, 16, generator=torch.manual_seed(seed)).repeat_interleave(6, 2).repeat_interleave(6, 3)


@pytest.fixture(scope="module")
def pipeline():
    return BLUEPRINT.build(1).eval()


def other(pipeline, image, matrix=None) -> OtherView:
    matrix = homography((72, 96)) if matrix is None else matrix
    return OtherView.of(image, matrix, lambda view: pipeline.run(view).output[0])


def test_key_points_come_back_to_where_they_are(pipeline):
    warp = Warp.from_saliency(torch.rand(1, 1, 6, 8, generator=torch.manual_seed(1)) + 0.1, (6, 8), fwhm=3)
    out = Downsampled(torch.zeros(1, 3, 48, 64), warp.at((48, 64), (72, 96)))
    features = torch.zeros(1, 4, 12, 16)
    features[0, 2, 5, 9] = 3.0
    restored = TASK.restore({"features": features, "stride": 4, "offset": 1.5}, out, (72, 96))
    (found,) = TASK.decide(restored)
    zoomed = warp.zoom_points(found.points, (48, 64), (72, 96))
    assert zoomed[0].tolist() == pytest.approx([4 * 9 + 1.5, 4 * 5 + 1.5], abs=1e-3)
    assert restored.at(0, found.points)[0].tolist() == pytest.approx([0, 0, 1, 0], abs=1e-4)
    assert found.scores.tolist() == [3.0]


def test_the_same_view_matches_itself(pipeline):
    image = picture(0)
    trace = pipeline.run(image, other(pipeline, image, torch.eye(3, dtype=torch.float64)))
    assert isinstance(trace, KeypointTrace) and 5 < len(trace.points[0]) <= COUNT
    assert max(trace.errors[0]) == 0 and "right within 3 px" in repr(trace)
    counted = TASK.count(trace, 0, 1, {})["matches"]
    assert all(TASK.score(metric, [counted]) == 1 for metric in TASK.metrics)


def test_batches_and_single_pictures_agree(pipeline):
    images = torch.cat([picture(0), picture(1), picture(2)])
    together = pipeline.run(images, [other(pipeline, image[None]) for image in images])
    for k, image in enumerate(images):
        alone = pipeline.run(image[None], other(pipeline, image[None]))
        assert torch.allclose(alone.points[0], together.points[k], atol=1e-3)
        assert torch.equal(alone.matches[0], together.matches[k])


def test_the_way_to_the_other_view_begins_at_a_part():
    whole = OtherView(homography((72, 96)), torch.zeros(0, 2), torch.zeros(0, 4))
    for mirrored in (False, True):
        part = TASK.cropped(whole, 10, 20, (30, 40), mirrored, (72, 96))
        here = torch.tensor([[3.0, 5.0]], dtype=torch.float64)
        there = torch.tensor([[(39 - 3 if mirrored else 3) + 20.0, 15.0]], dtype=torch.float64)
        project = lzviz.measure.evaluation.project
        assert torch.allclose(project(here, part.matrix), project(there, whole.matrix))


def test_it_is_trained_kept_and_assessed_as_every_task(pipeline, tmp_path):
    def example(k):
        image = picture(k)
        return Example(f"{k}", (image[0] * 255).byte(), other(pipeline, image))

    data = Dataset("views", ("point",), [lambda k=k: example(k) for k in range(3)], task="keypoints")
    trained = loop.train(Recipe("tiny", BLUEPRINT, "views", steps=2, batch=2, window=(72, 96)), data, tmp_path / "run")
    card = checkpoints.Card("tiny", "lzu", asdict(BLUEPRINT), data.classes)
    loaded = lzviz.load(checkpoints.save(trained, tmp_path / "tiny", card))
    report = assess(loaded, data, batch=2, timing=False)
    assert 0 <= report.mma1 <= report.mma10 <= 1
    assert Report.from_json(report.to_json()).mma3 == report.mma3 and "matching accuracy" in str(report)


def test_the_loss_falls_where_descriptors_agree_and_has_a_gradient(pipeline):
    image = picture(3)
    truth = other(pipeline, image)
    out = pipeline.downsample(image, pipeline.where(image))
    answer = TASK.network("d2net", 1, width=2, output_stride=4)(out.image)
    loss = TASK.loss(None, torch.empty(0))
    loss(answer, out, [truth], pipeline)["keypoints"].backward()
    good = OtherView(
        truth.matrix, truth.points, TASK.restore(answer, out, (72, 96)).at(0, truth.origins().float()).detach()
    )
    assert loss(answer, out, [good], pipeline)["keypoints"] < loss(answer, out, [replace(good, descriptors=-good.descriptors)],
                                                                 pipeline)["keypoints"]  # fmt: skip
    none = OtherView(truth.matrix, torch.zeros(0, 2), torch.zeros(0, 16))
    assert loss(answer, out, [none], pipeline)["keypoints"] == 0


@pytest.mark.parametrize(
    ("truth", "error", "said"),
    [
        ("labels", TypeError, "an OtherView for each image, got str"),
        ([], ValueError, "of 1 images, got 0"),
        (OtherView(torch.eye(2), torch.zeros(0, 2), torch.zeros(0, 4)), ValueError, "3x3 matrix"),
        (OtherView(torch.eye(3), torch.zeros(3, 2), torch.zeros(2, 4)), ValueError, r"descriptors \(L, C\)"),
    ],
)
def test_truths_that_are_none_are_refused(pipeline, truth, error, said):
    with pytest.raises(error, match=said):
        pipeline.run(picture(0), truth)


def test_what_no_warp_brings_back_is_refused():
    with pytest.raises(TypeError, match=r'expected \{"features"'):
        TASK.checked_answer(torch.zeros(1, 3, 4, 4))
    layout = lzviz.samplers.create("cad")(picture(0), (72, 96)).layout
    answer = {"features": torch.zeros(1, 4, 4, 4), "stride": 4, "offset": 0}
    with pytest.raises(ValueError, match="through a warp"):
        TASK.restore(answer, Downsampled(picture(0), layout), (72, 96))
