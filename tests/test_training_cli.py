"""The command line of training: from the list of recipes to a checkpoint, and what it says when something is missing."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest

from lzviz import checkpoints
from lzviz.cli import main
from lzviz.datasets import procedural
from lzviz.training import runs
from lzviz.training.recipes import RECIPES


@pytest.fixture
def own(tmp_path) -> list[str]:
    """Options for three small pictures with labels of four classes."""
    for example in procedural(count=3, size=(48, 64)):
        for folder, values in (("mine", example.image.permute(1, 2, 0).numpy()), ("truth", example.labels.numpy() % 4)):
            (tmp_path / folder).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / folder / f"{example.name}.png"), values)
    options = ["--data", str(tmp_path / "mine"), "--labels", str(tmp_path / "truth"), "--classes", "a,b,c,d"]
    return [*options, "--runs", str(tmp_path / "runs"), "--log", "none"]


def refusal(capsys, *arguments: str) -> str:
    """The sentence on stderr."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    return capsys.readouterr().err


def test_the_list_names_every_recipe_in_a_line(capsys):
    assert main(["train", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(RECIPES)
    assert any(line.endswith("LDS, joint loss; 1000 steps of 8, from edges-camvid-96x128") for line in lines)


def test_from_own_pictures_to_a_checkpoint(own, tmp_path, capsys):
    assert main(["train", "uniform-camvid-48x64", *own, "--start", "none", "--steps", "1", "--preview-every", "1"]) == 0
    assert "next: python -m lzviz export uniform-mine-48x64" in capsys.readouterr().out
    about = runs.about(tmp_path / "runs" / "uniform-mine-48x64")
    assert (about.data, about.classes, about.recipe["window"]) == ("mine", ("a", "b", "c", "d"), [48, 64])
    assert (tmp_path / "runs" / "uniform-mine-48x64" / "previews" / "000001.png").exists()

    start = ["--start", "uniform-mine-48x64", "--steps", "1", "--seed", "2"]
    assert main(["train", "lds-camvid-48x64", *own, *start]) == 0
    capsys.readouterr()
    to = tmp_path / "checkpoints"
    assert main(["export", "lds-mine-48x64@2", "--runs", str(tmp_path / "runs"), "--to", str(to)]) == 0
    assert capsys.readouterr().out.strip() == str(to / "lds-mine-48x64")
    card = checkpoints.read_card(to / "lds-mine-48x64")
    assert (card.seed, card.steps, card.data, card.classes) == (2, 1, "mine", ("a", "b", "c", "d"))
    assert np.isfinite(card.macs) and card.recipe["start"] == ["uniform-mine-48x64"]


def test_what_must_run_first_is_said(own, tmp_path, capsys):
    message = refusal(capsys, "train", "lds-camvid-48x64", *own)
    assert "starts from edges-camvid-96x128" in message and "`python -m lzviz train edges-camvid-96x128`" in message
    assert main(["train", "uniform-camvid-48x64", *own, "--start", "none", "--steps", "1"]) == 0
    folder = tmp_path / "runs" / "uniform-mine-48x64"
    runs.save(folder, runs.load(folder) | {"step": 0})
    message = refusal(capsys, "train", "lds-camvid-48x64", *own, "--start", "uniform-mine-48x64")
    assert "has done 0 of 1 steps: finish it first" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "lds"], "no recipe named 'lds'"),
        (["train", "base-camvid-96x128"], "camvid needs its folder: --data FOLDER"),
        (["train", "base-camvid-96x128", "--labels", "here"], "--data PICTURES --labels FOLDER --classes NAMES"),
        (["export", "nothing"], "no run in runs/nothing or nothing"),
    ],
)
def test_refusals_say_what_to_do(arguments, message, capsys):
    assert message in refusal(capsys, *arguments)


@pytest.mark.parametrize("module, extra", [("PIL", "train"), ("accelerate", "train")])
def test_what_a_bare_installation_lacks_is_named(module, extra):
    """As after ``pip install lzviz`` without extras: a sentence, and no traceback."""
    command = ["train", "lds-camvid-96x128"]
    code = f"import sys; sys.modules[{module!r}] = None; from lzviz.cli import main; main({command!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"{module} is not installed: pip install 'lzviz[{extra}]'" in done.stderr
