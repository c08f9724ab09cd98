"""Pipelines as ONNX files: onnxruntime answers what torch does on other pictures too, and what cannot be said is refused."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import lzviz
from lzviz import cli, models, samplers
from lzviz.pipelines.blueprint import Blueprint
from lzviz.pipelines.onnx import _held, written
from lzviz.pipelines.pipeline import Pipeline
from lzviz.samplers.es import ES
from lzviz.samplers.lds import LDS, SaliencyModule
from lzviz.warp import GridWarp

SIZE, SOURCE, CLASSES = (16, 24), (46, 70), 3


def network():
    torch.manual_seed(0)
    return models.compact(CLASSES, stem=1, width=4, channels=8).eval()


class Colours(torch.nn.Module):
    """Every colour is a class: scores far apart, so that no label hangs on a rounding."""

    def forward(self, image):
        return 10 * torch.nn.functional.avg_pool2d(image, 4)


class Folding(samplers.lz.LZ):
    """Its tiles fold in places, and its view leaves out a border."""

    def warp(self, saliency, size, source_size):
        nodes = super().warp(saliency, size, source_size).nodes
        return GridWarp(0.8 * nodes + 0.2 * (5 * nodes).sin().flip(-1), False)


def unsettled(sampler):
    """Untrained, yet it does not sample uniformly."""
    torch.manual_seed(1)
    for name, weights in sampler.named_parameters():
        if name.endswith(("score.weight", "offset.weight")):
            torch.nn.init.normal_(weights, std=0.5)
    return sampler


def learned():
    look = SaliencyModule((8, 12), widths=(4, 4))
    torch.nn.init.normal_(look.module.score.weight)
    return Pipeline(samplers.create("lzu", nodes=(8, 12), fwhm=4, saliency=look), network(), SIZE)


PIPELINES = {
    "where it looks is learned": learned,
    "it looks twice": lambda: Pipeline(samplers.create("lzu", nodes=(8, 12)), Colours(), SIZE, boundary=50.0),
    "features come back": lambda: Pipeline(samplers.create("lzu", nodes=(8, 12)), network(), SIZE, unzoom="features"),
    "it sees an averaged picture": lambda: Pipeline(samplers.create("downsizenet"), network(), SIZE, source=(32, 48)),
    "without a network": lambda: Pipeline(samplers.create("lz", nodes=(8, 8)), None, SIZE),
    "es without a network": lambda: Pipeline(unsettled(ES((4, 5), width=4)), None, SIZE),
    "lds": lambda: Pipeline(
        unsettled(LDS((8, 12), "square", fwhm=3, upsampling="inverse", widths=(4, 4))), network(), SIZE
    ),
    "a map that folds": lambda: Pipeline(Folding(nodes=(6, 8)), Colours(), SIZE),
}
WHOLE = {
    "lz": lambda: Pipeline(samplers.create("lz", nodes=(8, 8), fwhm=4), network(), SIZE),
    "es": lambda: Pipeline(unsettled(ES((4, 5), width=4)), network(), SIZE),
}
"""Nothing that the others lack: their maps are there without a network, and their way back with the map that folds."""


@pytest.mark.parametrize("name", [*PIPELINES, *(pytest.param(name, marks=pytest.mark.full) for name in WHOLE)])
def test_onnxruntime_answers_what_torch_does(tmp_path, name):
    pipeline, path = (PIPELINES | WHOLE)[name]().eval(), tmp_path / "file.onnx"
    assert lzviz.export_onnx(pipeline, path, SOURCE) < 1e-4
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [each.name for each in session.get_inputs()] == ["image"]
    for seed in (1, 2):
        image = torch.rand(1, 3, *SOURCE, generator=torch.Generator().manual_seed(seed))
        image[..., :20, :30] *= 0.1
        got, *first = session.run(None, {"image": image.numpy()})
        with torch.no_grad():
            if first:
                np.testing.assert_array_equal(first[0], pipeline.first(image).numpy())
            if name == "a map that folds":
                assert pipeline.downsample(image).layout.warp.foldovers().any()
            wanted = pipeline(image) if pipeline.network else pipeline.downsample(image).image
        np.testing.assert_allclose(got, wanted.numpy(), atol=1e-4)


def adaptive():
    return Pipeline(samplers.create("lzu", nodes=(8, 12)), Colours(), SIZE, boundary=50.0).eval()


def tipped(monkeypatch, change):
    """Torch's own look, but not the file's, sees something else first."""
    glance = Pipeline.glance

    def glanced(self, image):
        scores = glance(self, image)
        return scores if torch.compiler.is_exporting() else change(scores)

    monkeypatch.setattr(Pipeline, "glance", glanced)


def test_a_label_on_a_rounding_of_the_first_look_is_no_fault_of_the_file(tmp_path, monkeypatch):
    """The file is held to what torch sees the second time where the first look fell as the file's did."""

    def barely(scores):
        one = scores[:, :, 5, 7]
        middle = (one.amin(1) + one.amax(1))[:, None] / 2
        scores[:, :, 5, 7] = middle + 1e-6 * (middle - one).sign()
        return scores

    monkeypatch.setattr("lzviz.pipelines.onnx.TOLERANCE", 1.0)
    tipped(monkeypatch, barely)
    found = written(adaptive(), tmp_path / "file.onnx", SOURCE)
    assert found.difference < 1e-4
    assert found.first_agreeing == pytest.approx(1 - 1 / (SOURCE[0] * SOURCE[1]), abs=1e-6)


def test_a_first_look_that_strays_from_torchs_is_refused(tmp_path, monkeypatch):
    tipped(monkeypatch, lambda scores: scores + 3e-3)
    with pytest.raises(ValueError, match="apart from torch at its first look, more than"):
        lzviz.export_onnx(adaptive(), tmp_path / "file.onnx", SOURCE)


def test_other_labels_at_the_first_look_are_refused():
    scores = torch.rand(1, 3, 40, 50)
    labels = scores.argmax(1)
    other = labels.clone()
    other[0, 0, :2] = (other[0, 0, :2] + 1) % 3
    assert _held((scores, other, scores), (scores, labels, scores), Path("x")).first_agreeing == pytest.approx(0.999)
    other[0, 0, 2] = (other[0, 0, 2] + 1) % 3
    with pytest.raises(ValueError, match=r"torch's labels on 99.85% of the pixels of its first look, less than 99.9%"):
        _held((scores, other, scores), (scores, labels, scores), Path("x"))


@pytest.mark.parametrize(("scale", "allowed"), [(0.1, 1e-4), (1.0, 1e-4), (40.0, 4e-3)])
def test_what_is_allowed_is_of_the_range_or_of_one(scale, allowed):
    wanted = 1000 + scale * torch.linspace(0, 1, 5)
    assert _held((wanted,), (wanted,), Path("x")).allowed == pytest.approx(allowed, rel=0.01)
    with pytest.raises(ValueError, match="apart from torch, more than"):
        _held((wanted + 2 * allowed,), (wanted,), Path("x"))
    with pytest.raises(ValueError, match="answers up to nan"):
        _held((wanted * float("nan"),), (wanted,), Path("x"))


def test_an_adaptive_network_is_refused_in_a_sentence(tmp_path):
    pipeline = Blueprint("cad", {"stride": 8}, mask={"kind": "coarse"}, network_options={"width": 4}).build(CLASSES)
    with pytest.raises(TypeError, match="as many rows as a picture asks for"):
        lzviz.export_onnx(pipeline, tmp_path / "file.onnx", (64, 64))


def test_the_size_of_the_pictures_must_be_known(tmp_path):
    with pytest.raises(ValueError, match="size=\\(height, width\\)"):
        lzviz.export_onnx(Pipeline(samplers.create("lzu"), network(), SIZE), tmp_path / "file.onnx")


def test_the_command_writes_a_file_of_a_checkpoint_and_says_how_far_it_is_off(tmp_path, capsys):
    blueprint = Blueprint("uniform", size=SIZE, network_options={"width": 4, "channels": 8, "stem": 1})
    made = blueprint.build(CLASSES).eval()
    card = lzviz.checkpoints.Card("tiny", "uniform", vars(blueprint), ["a", "b", "c"])
    lzviz.checkpoints.save(made, tmp_path / "tiny", card)
    arguments = ["export", str(tmp_path / "tiny"), "--onnx", str(tmp_path / "tiny.onnx"), "--size", "46", "70"]
    assert cli.main(arguments) == 0
    said = capsys.readouterr().out
    assert (
        "differ by" in said
        and "is allowed: 0.0001 of the answer's range, or of 1" in said
        and (tmp_path / "tiny.onnx").stat().st_size > 1000
    )
    with pytest.raises(SystemExit):
        cli.main(["export", "x", "--size", "4", "4"])
    assert "--size is of --onnx FILE" in capsys.readouterr().err
