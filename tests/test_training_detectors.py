"""Detectors in training: every recipe steps, goes on where it stopped, and is assessed on films."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

import lzviz
from lzviz.assess import assess, paired
from lzviz.cli import main
from lzviz.datasets import clips
from lzviz.pipelines.blueprint import Blueprint
from lzviz.tasks.detection import Boxes, Objects
from lzviz.training import loop, runs
from lzviz.training.recipes import RECIPES, Recipe, recipe_from
from lzviz.training.starts import start_from

SYSTEMS = ("uniform", "fovea", "lzu-fixed", "lzu-adaptive", "lzu-cascaded", "lzu-composite", "downsizenet")


def small(system: str, steps: int = 2) -> Recipe:
    recipe = RECIPES[f"{system}-clips-128x256"]
    blueprint = replace(recipe.blueprint, size=(32, 64), network_options={"width": 8, "channels": 16})
    return replace(recipe, blueprint=blueprint, window=(64, 128), steps=steps, batch=2)


@pytest.fixture(scope="module")
def data():
    return clips(2, 2, (64, 128), every=1.0)


@pytest.fixture(scope="module")
def films():
    return clips(2, 3, (64, 128), first=100, split="val")


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_learns_and_is_assessed(system, data, films, tmp_path):
    recipe = small(system)
    made = loop.train(recipe, data, tmp_path / "run", save_every=1e9)
    kept = recipe_from(runs.about(tmp_path / "run").recipe)
    assert kept.blueprint.build(3).size == (32, 64) and kept.jitter == recipe.jitter
    if "fixed" in system or "composite" in system:
        assert made.look.std() > 0
    report = assess(made, films, timing=False, name=system, previous="sequence")
    assert report.task_name == "detection" and "AP50" in str(report)
    assert 0 <= report.ap <= report.ap50 <= 1 or report.ap != report.ap
    assert set(report.columns) == {"AP", "AP50", "AP75", "AP_S", "AP_M", "AP_L"}
    assert type(report).from_json(report.to_json()).pictures == report.pictures


def test_a_run_that_was_stopped_ends_where_another_does(data, tmp_path):
    recipe = small("lzu-adaptive", 3)
    whole = loop.train(recipe, data, tmp_path / "whole", save_every=1e9)
    halted = loop.Batches.__getitem__

    def stop(self, step):
        if step == 2:
            raise KeyboardInterrupt
        return halted(self, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop.Batches, "__getitem__", stop)
        with pytest.raises(KeyboardInterrupt):
            loop.train(recipe, data, tmp_path / "parts", save_every=0.0)
    assert runs.load(tmp_path / "parts")["step"] == 2
    parts = loop.train(recipe, data, tmp_path / "parts", save_every=0.0)
    for ours, theirs in zip(parts.state_dict().values(), whole.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_loss_falls(data, tmp_path):
    """Overfitting a few pictures: the losses go down, for what comes back as features and as boxes."""
    for system in ("lzu-fixed", "fovea"):
        recipe = replace(small(system, 14), rate=5e-3, scale=(1.0, 1.0), colour=0.0, jitter=0.0)
        torch.manual_seed(0)
        pipeline = recipe.blueprint.build(3)
        made = loop.Objective(pipeline.train(), recipe, torch.empty(0))
        batch = loop.Batches(data, recipe)[0].to(torch.device("cpu"), pipeline.task)
        optimiser = torch.optim.AdamW(pipeline.parameters(), 5e-3)
        values = []
        for _ in range(14):
            losses = made(batch)
            optimiser.zero_grad()
            losses["total"].backward()
            optimiser.step()
            values.append(losses["total"].item())
        assert set(losses) == {"classes", "boxes", "quality", "total"}
        assert values[-1] < 0.8 * values[0], (system, values)


def test_boxes_in_space_start_from_flat_ones(data, tmp_path):
    """A start of another task gives what both have; what only this one says starts anew."""
    flat, solid, fresh = (
        RECIPES[name].blueprint for name in ("lzu-fixed-clips-128x256", *["lzu-fixed-mono3d-128x256"] * 2)
    )
    start, made, before = flat.build(3, 5), solid.build(3), fresh.build(3)
    told = start_from(made, {"flat": start})
    assert told == ["network: 156 of 158 tensors from flat, 2 new"]
    theirs = start.network.state_dict()
    for name, ours in made.network.state_dict().items():
        assert torch.equal(ours, theirs.get(name, before.network.state_dict()[name])), name
    assert [name for name in made.network.state_dict() if name not in theirs] == [
        f"head.regression_head.more.{part}" for part in ("weight", "bias")
    ]


def test_foveas_boxes_are_compared_in_the_source(data):
    """A pixel beside a magnified box is less of the picture than one beside another: the loss of sides differs from the zoomed
    frame's, and is nothing where the boxes that come back are the true ones. Nothing changes where features come back."""
    losses: dict[tuple[str, str], dict[str, float]] = {}
    for system in ("fovea", "lzu-adaptive"):
        recipe = replace(small(system), colour=0.0, jitter=0.0)
        torch.manual_seed(0)
        pipeline = recipe.blueprint.build(3).eval()
        batch = loop.Batches(data, recipe)[0].to(torch.device("cpu"), pipeline.task)
        for frame in ("zoomed", "source"):
            torch.manual_seed(1)
            made = loop.Objective(pipeline, replace(recipe, frame=frame), torch.empty(0))
            losses[system, frame] = {name: value.item() for name, value in made(batch).items()}
    lzu, fovea = (
        {frame: losses[system, frame] for frame in ("zoomed", "source")} for system in ("lzu-adaptive", "fovea")
    )
    assert lzu["zoomed"] == pytest.approx(lzu["source"], rel=1e-4)
    assert fovea["zoomed"]["classes"] == fovea["source"]["classes"]
    assert abs(fovea["zoomed"]["boxes"] - fovea["source"]["boxes"]) > 1e-3
    assert RECIPES["fovea-clips-128x256"].frame == "source"


def test_the_kernels_of_boxes_are_learned(data, tmp_path):
    """FOVEA's L-S: amplitude and width get gradients through the warp, move, and are saved; before, nothing is changed by them."""
    recipe = replace(RECIPES["fovea-learned-clips-128x256"], window=(64, 128), steps=3, batch=2, rate=0.05)
    network = {"width": 8, "channels": 16}
    recipe = replace(recipe, blueprint=replace(recipe.blueprint, size=(32, 64), network_options=network))
    plain = replace(recipe.blueprint, look_options={}).build(3)
    made = recipe.blueprint.build(3)
    truth = [data[0].truth]
    assert torch.equal(made.saliency_of(truth, (64, 128)), plain.saliency_of(truth, (64, 128)))
    learned = loop.train(recipe, data, tmp_path / "run", save_every=1e9)
    assert learned.kernel is not None and (learned.kernel.abs() > 1e-3).all()
    assert torch.equal(runs.pipeline_of(tmp_path / "run")[0].kernel, learned.kernel)
    with pytest.raises(ValueError, match="kernels"):
        replace(recipe.blueprint, task="segmentation", network="compact", network_options={}).build(3)


def test_a_share_of_the_steps_looks_at_its_own_boxes(data, monkeypatch):
    recipe = replace(small("lzu-adaptive"), own=1.0, jitter=0.0)
    pipeline = recipe.blueprint.build(3).train()
    seen = []
    monkeypatch.setattr(type(pipeline.task), "earlier", lambda *_: pytest.fail("true boxes were looked at"))
    kept = pipeline.saliency_of
    monkeypatch.setattr(pipeline, "saliency_of", lambda found, size: seen.append(found) or kept(found, size))
    batch = loop.Batches(data, recipe)[0].to(torch.device("cpu"), pipeline.task)
    losses = loop.Objective(pipeline, recipe, torch.empty(0))(batch)
    assert len(seen[0]) == 2 and all(isinstance(each, Boxes) for each in seen[0])
    assert pipeline.network.training and losses["total"].requires_grad
    monkeypatch.undo()
    drawn = [loop.Objective(pipeline, replace(recipe, own=share), torch.empty(0)).before(batch) for share in (0.0, 1.0)]
    assert [type(each[0]) for each in drawn] == [Objects, Boxes]


def test_the_composite_is_a_share_of_both():
    blueprint = RECIPES["lzu-composite-clips-128x256"].blueprint
    mixed, own = (replace(blueprint, look_options={"alpha": a}).build(3) for a in (0.25, 0.999999))
    truth = [clips(1, 1, (64, 128))[0].truth]
    fixed = torch.rand(1, 1, 31, 51)
    for each in (mixed, own):
        each.look.copy_(fixed)
    seen, adaptive = (each.saliency_of(truth, (64, 128)) for each in (mixed, own))
    assert (seen - (0.25 * adaptive + 0.75 * fixed / fixed.sum())).abs().max() < 1e-6
    assert seen.sum().item() == pytest.approx(1)
    for alpha in (0.0, 1.5):
        with pytest.raises(ValueError, match="alpha"):
            replace(blueprint, look_options={"alpha": alpha}).build(3)
    with pytest.raises(ValueError, match="saliency"):
        plain = Blueprint("lzu", network="compact-fcos", task="detection").build(3)
        type(plain)(plain.sampler, plain.network, boundary=1.0, alpha=0.5, task=plain.task)


def test_on_a_folder_in_cocos_layout(tmp_path):
    """Your own boxes: the folder's name takes the place of the clips'; it is assessed on the folder too."""
    root = tmp_path / "mine"
    for folder in ("annotations", "train"):
        (root / folder).mkdir(parents=True)
    shapes = [(60, 90), (70, 80)]
    for k, (h, w) in enumerate(shapes):
        Image.new("RGB", (w, h), (40 * k, 90, 20)).save(root / "train" / f"{k}.png")
    boxes = [{"id": k, "image_id": k, "category_id": 2, "bbox": [5, 5, 30, 20], "iscrowd": 0} for k in range(2)]
    images = [{"id": k, "file_name": f"{k}.png"} for k in range(2)]
    values = {"images": images, "annotations": boxes, "categories": [{"id": 2, "name": "cat"}]}
    (root / "annotations" / "train.json").write_text(json.dumps(values))
    again = ["--runs", str(tmp_path / "runs"), "--log", "none", "--data", str(root), "--steps", "1", "--start", "none"]
    with pytest.MonkeyPatch.context() as patch:
        recipe = small("lzu-fixed")
        patch.setitem(RECIPES, recipe.name, recipe)
        assert main(["train", recipe.name, *again]) == 0
    run = str(tmp_path / "runs" / "lzu-fixed-mine-128x256")
    assert runs.about(run).classes == ("cat",)
    assert main(["evaluate", run, str(root), "--split", "train"]) == 0


def test_lists_of_boxes_are_no_onnx_file(tmp_path):
    pipeline = small("lzu-fixed").blueprint.build(3).eval()
    with pytest.raises(TypeError, match="as many boxes as there are"):
        lzviz.export_onnx(pipeline, tmp_path / "no.onnx", (64, 128))


def test_from_the_command_line(tmp_path, capsys, monkeypatch):
    """Train two steps, assess on films, compare: what the documentation says."""
    for system in ("uniform", "lzu-fixed"):
        recipe = replace(small(system), data_options={"count": 1, "frames": 2, "size": (64, 128)})
        monkeypatch.setitem(RECIPES, recipe.name, recipe)
        again = ["--runs", str(tmp_path), "--log", "none", "--data", str(tmp_path / "frames")]
        assert main(["train", recipe.name, *again]) == 0
    names = [str(tmp_path / f"{system}-clips-128x256") for system in ("lzu-fixed", "uniform")]
    options = ["clips", "--limit", "6", "--previous", "sequence", "--against", names[1]]
    assert main(["evaluate", names[0], *options]) == 0
    out = capsys.readouterr().out
    assert "on clips val: 6 pictures" in out and "AP50" in out and "pedestrian" in out
    assert len(list((tmp_path / "frames").iterdir())) == 2
    pictures = clips(2, 2, (64, 128), first=100)
    pipeline = runs.pipeline_of(names[0])[0]
    first = assess(pipeline, pictures, timing=False)
    assert paired(first, first, "AP_S").mean == 0
