"""Training: a run that was killed ends bit for bit like one that was not; two processes compute what one does."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from PIL import Image
from safetensors import safe_open
from torch import nn

from lzviz import checkpoints
from lzviz.measure import evaluation
from lzviz.pipelines.blueprint import Blueprint
from lzviz.pipelines.pipeline import Pipeline
from lzviz.saliency import from_boundaries
from lzviz.training import runs, snapshots
from lzviz.training.export import export
from lzviz.training.loop import schedule, train, update
from tests.training_run import LDS, NETWORK, RECIPE, UNIFORM, scenes

REPOSITORY = Path(__file__).parent.parent


def run(recipe, folder, **options) -> Pipeline:
    return train(recipe, scenes(), folder, accelerator=Accelerator(cpu=True), **options)


def child(folder: Path, how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.training_run", str(folder), how]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=REPOSITORY, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """The folder of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    run(RECIPE, folder)
    return folder


def same(a, b) -> bool:
    """Whether nested dictionaries and lists of tensors and numbers are equal, bit for bit."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


# -- stopped and resumed -------------------------------------------------------------------------------------------------


def test_a_run_killed_while_it_saves_ends_like_an_uninterrupted_one(whole, tmp_path):
    process = child(tmp_path, "kill")
    assert process.stdout.readline() == "written\n", process.stderr.read()
    process.kill()
    assert process.wait() == -9
    assert runs.load(tmp_path)["step"] == 2
    assert (tmp_path / "state.pt.tmp").exists()

    run(RECIPE, tmp_path)
    assert same(runs.load(tmp_path), runs.load(whole))


def test_a_half_written_file_hurts_nobody(whole, tmp_path):
    for name in ("state.pt", "run.json"):
        (tmp_path / name).write_bytes((whole / name).read_bytes())
    (tmp_path / "state.pt.tmp").write_bytes(b"half")
    (tmp_path / "log.jsonl").write_text('{"step": 2, "total": 1.0}\n{"step": 9, "total": 1.0}\n{"step": 3, "to')
    run(RECIPE, tmp_path)
    assert [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == [2]
    assert same(runs.load(tmp_path), runs.load(whole))


def test_previews_and_snapshots_do_not_change_a_run(whole, tmp_path):
    run(RECIPE, tmp_path, preview_every=2)
    assert same(runs.load(tmp_path), runs.load(whole))


def test_a_folder_keeps_one_run(whole, tmp_path):
    with pytest.raises(ValueError, match=r"differs in batch, rate: .* --runs"):
        run(replace(RECIPE, rate=2e-3, batch=2), whole)
    with pytest.raises(ValueError, match="differs in classes"):
        train(RECIPE, replace(scenes(), classes=("a", "b")), whole, accelerator=Accelerator(cpu=True))
    run(replace(RECIPE, about="said otherwise", notes="and more"), whole)
    run(RECIPE, whole)  # in these words again, for what follows


def test_a_run_from_before_a_recipe_had_another_field_goes_on(whole, tmp_path):
    run(RECIPE, tmp_path)
    about = json.loads((tmp_path / "run.json").read_text())
    del about["recipe"]["own"], about["recipe"]["previous"]
    (tmp_path / "run.json").write_text(json.dumps(about))
    run(RECIPE, tmp_path)
    assert same(runs.load(tmp_path), runs.load(whole))


def test_a_gradient_that_is_not_finite_stops_the_run_and_spoils_no_state(tmp_path):
    start = UNIFORM.blueprint.build(11)
    for parameter in start.network.parameters():
        parameter.data.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="step 1 of tiny"):
        run(UNIFORM, tmp_path, starts={"broken": start}, save_every=0)
    assert runs.load(tmp_path) is None


# -- several processes ---------------------------------------------------------------------------------------------------


def test_two_processes_give_the_numbers_of_one(whole, tmp_path):
    process = child(tmp_path, "two")
    _, errors = process.communicate()
    assert process.returncode == 0, errors[-3000:]

    one, two = (json.loads((folder / "log.jsonl").read_text().splitlines()[-1]) for folder in (whole, tmp_path))
    for name in ("total", "segmentation", "edge"):
        assert two[name] == pytest.approx(one[name], abs=2e-5)

    truth = scenes(count=6, first=100)
    tables = []
    for folder in (whole, tmp_path):
        pipeline, _, about = runs.pipeline_of(folder)
        scores = [pipeline(example.image[None].float() / 255) for example in truth]
        labels = [example.labels[None].long() for example in truth]
        table = sum(
            evaluation.confusion(s.argmax(1), each, len(about.classes)) for s, each in zip(scores, labels, strict=True)
        )
        tables.append((torch.cat(scores), table))
    # Sums in another order, which the first steps of Adam amplify where gradients are almost zero.
    torch.testing.assert_close(tables[1][0], tables[0][0], atol=3e-3, rtol=0)
    assert (tables[1][1] - tables[0][1]).abs().sum() <= 1e-2 * tables[0][1].sum()
    assert evaluation.miou(tables[1][1]) == pytest.approx(evaluation.miou(tables[0][1]), abs=1e-3)


# -- what a step does ----------------------------------------------------------------------------------------------------


def test_the_learning_rate_warms_up_and_falls_to_nothing():
    rates = [schedule(step, 100) for step in range(100)]
    assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[52] == pytest.approx(0.5, abs=0.02)
    assert rates[-1] < 1e-3
    assert rates[4:] == sorted(rates[4:], reverse=True)


def test_the_average_moves_towards_weights_and_statistics():
    average, model = nn.BatchNorm2d(2), nn.BatchNorm2d(2)
    model.running_mean.fill_(4)
    model.weight.data.fill_(3)
    model.num_batches_tracked.fill_(7)
    update(average, model, 0.75)
    assert average.running_mean.tolist() == [1, 1]
    assert average.weight.tolist() == [1.5, 1.5]
    assert average.num_batches_tracked == 7


def test_a_fixed_map_is_the_mean_boundary_of_the_training_set(tmp_path):
    blueprint = Blueprint("lzu", {"nodes": (6, 8), "fwhm": 2.0}, "fixed", network_options=NETWORK, size=(12, 16))
    pipeline = run(replace(UNIFORM, blueprint=blueprint, frame="source"), tmp_path)
    maps = [from_boundaries(e.labels[None].long(), (6, 8), blueprint.boundary, 1) for e in scenes()]
    torch.testing.assert_close(pipeline.look, torch.stack(maps).mean(0))


# -- what a run leaves ---------------------------------------------------------------------------------------------------


def test_a_run_reports_to_tensorboard(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accelerator = Accelerator(cpu=True, log_with="tensorboard", project_dir=tmp_path)
    train(UNIFORM, scenes(), tmp_path / "tiny", accelerator=accelerator, preview_every=2)
    accelerator.end_training()
    events = EventAccumulator(str(tmp_path / "tiny")).Reload()
    assert events.Tags()["scalars"] == ["segmentation", "total"]
    assert [event.step for event in events.Images("preview")] == [2]
    logged = json.loads((tmp_path / "tiny" / "log.jsonl").read_text())
    assert events.Scalars("total")[0].value == pytest.approx(logged["total"], abs=1e-5)


def test_a_preview_shows_points_the_small_image_the_answer_and_the_truth(tmp_path):
    run(UNIFORM, tmp_path, preview_every=1)
    assert sorted(path.name for path in (tmp_path / "previews").iterdir()) == ["000001.png", "000002.png"]
    picture = np.array(Image.open(tmp_path / "previews" / "000002.png"))
    width = 432  # 40 x 60 at a height of 288
    assert picture.shape == (288, 4 * width + 3 * 6, 3)
    points, zoomed, _, truth = (picture[:, k * (width + 6) :][:, :width] for k in range(4))
    assert (points == (255, 214, 0)).all(-1).sum() > 50
    assert not (zoomed == (255, 214, 0)).all(-1).any()
    labels = scenes()[0].labels
    assert len(np.unique(truth.reshape(-1, 3), axis=0)) == len(labels.unique())


def test_snapshots_show_how_the_map_moved(whole, tmp_path):
    taken = runs.load(whole)["snapshots"]
    assert sorted(taken) == [1, 2, 3, 4, 5, 6]
    assert snapshots.write(tmp_path, taken)
    with safe_open(tmp_path / "snapshots.safetensors", "pt") as file:
        assert file.metadata() == {"picture": "street", "size": "512x1024", "seed": "0"}
        assert file.get_tensor("steps").tolist() == [1, 2, 3, 4, 5, 6]
        maps = file.get_tensor("saliency")
    assert maps.shape == (6, 6, 8) and maps.dtype == torch.float16
    assert maps.amax((1, 2)).tolist() == [1] * 6


@pytest.mark.parametrize("steps", [1, 31, 32, 33, 1000, 2999])
def test_snapshots_are_at_most_thirty_two_and_end_with_the_last_step(steps):
    due = [step for step in range(1, steps + 1) if snapshots.is_due(step, steps)]
    assert len(due) == min(steps, 32) and due[-1] == steps
    assert max(np.diff([0, *due])) - min(np.diff([0, *due])) <= 1


def test_the_largest_snapshots_stay_small(tmp_path):
    taken = {step: {"saliency": torch.rand(*snapshots.LARGEST).half()} for step in range(snapshots.MOST)}
    snapshots.write(tmp_path, taken)
    assert (tmp_path / snapshots.FILE).stat().st_size < 300_000


def test_a_sampler_that_does_not_learn_leaves_no_snapshots(tmp_path):
    run(UNIFORM, tmp_path)
    assert not snapshots.write(tmp_path, runs.load(tmp_path)["snapshots"])
    assert not (tmp_path / snapshots.FILE).exists()


def test_es_leaves_its_nodes(tmp_path):
    blueprint = Blueprint("es", {"nodes": (4, 5)}, network_options=NETWORK, size=(12, 16))
    run(replace(UNIFORM, blueprint=blueprint, edge=10.0, rate=0.1), tmp_path)
    taken = runs.load(tmp_path)["snapshots"]
    assert taken[2]["nodes"].shape == (4, 5, 2)


def test_an_exported_run_is_a_checkpoint(whole, tmp_path):
    folder = export(whole, tmp_path)
    assert folder == tmp_path / "tiny"
    assert (folder / "snapshots.safetensors").exists()
    pipeline, card = checkpoints.load(folder), checkpoints.read_card(folder)
    assert (card.system, card.data, card.split, card.licence) == ("lds", "street scenes", "train", "drawn by lzviz")
    assert (card.seed, card.steps, card.notes) == (0, 6, "") and card.macs > 0
    assert runs.recipe_from(card.recipe).as_json()["blueprint"]["options"]["nodes"] == list(LDS["nodes"])
    image = torch.rand(1, 3, 40, 60)
    torch.testing.assert_close(pipeline(image), runs.pipeline_of(whole)[0](image), atol=2e-3, rtol=0)


def test_an_unfinished_run_says_so_on_its_card(whole, tmp_path):
    state = runs.load(whole) | {"step": 4}
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_bytes((whole / "run.json").read_bytes())
    runs.save(tmp_path / "run", state)
    assert checkpoints.read_card(export(tmp_path / "run", tmp_path)).notes == "Unfinished: 4 of 6 steps."
