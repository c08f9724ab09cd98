"""What `lzviz evaluate` prints, writes and refuses."""

from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from lzviz.assess import (
    Report,
)
from lzviz.checkpoints import Card, load, save
from lzviz.cli import main
from lzviz.cli.evaluate import _order
from lzviz.datasets import CAMVID
from lzviz.measure import cost
from lzviz.pipelines.blueprint import Blueprint
from lzviz.scenes import SCENES


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two untrained checkpoints, "wide" and "narrow", and pictures with labels."""
    root = tmp_path_factory.mktemp("evaluate")
    for name, size in (("wide", (16, 24)), ("narrow", (8, 16))):
        blueprint = Blueprint("uniform", size=size, network_options={"stem": 1})
        recipe = {"data_options": {"size": [16, 32]}}
        card = Card(name, "uniform", asdict(blueprint), CAMVID, recipe=recipe, seed=1)
        save(blueprint.build(len(CAMVID), 1), root / name, card)
    towns = SCENES["aerial"](size=(16, 16), seed=0).classes
    card = replace(card, name="town", classes=towns, recipe={"data_options": {"kind": "aerial", "size": [16, 24]}})
    save(blueprint.build(len(towns), 1), root / "town", card)
    for folder in ("images", "labels", "val/images", "val/labels"):
        (root / "pictures" / folder).mkdir(parents=True)
        for k, labels in enumerate(torch.randint(0, 11, (4, 6, 9), generator=torch.Generator().manual_seed(3))):
            picture = labels.repeat_interleave(4, 0).repeat_interleave(4, 1).byte().numpy()
            picture = picture if "labels" in folder else np.stack([20 * picture] * 3, -1)
            Image.fromarray(picture).save(root / "pictures" / folder / f"street_{k:03d}.png")
    return root


def run(capsys, *arguments):
    code = main(["evaluate", *map(str, arguments)])
    return code, capsys.readouterr().out


def test_evaluate_prints_a_table_and_writes_a_report(folders, capsys):
    out = folders / "reports"
    code, text = run(capsys, folders / "wide", folders / "pictures", "--json", out)
    assert code == 0 and text.startswith("wide on images val: 4 pictures")
    report = Report.from_json((out / "wide@1.val.json").read_text())
    assert report.pictures == tuple(f"street_{k:03d}" for k in range(4)) and f"mIoU {100 * report.miou:.1f}" in text
    wide = load(folders / "wide")
    assert report.macs[0] == cost.count(wide.network, (1, 3, 16, 24)).total and report.seed == 1


def test_evaluate_compares_with_another_checkpoint_or_a_report(folders, capsys):
    pictures = folders / "pictures"
    _, against = run(capsys, folders / "wide", pictures, "--against", folders / "narrow")
    run(capsys, folders / "narrow", pictures, "--json", folders / "narrow.json")
    _, file = run(capsys, folders / "wide", pictures, "--against", folders / "narrow.json")
    differences = against.split("wide less narrow", 1)[1]
    assert differences == file.split("wide less narrow", 1)[1] and "miou" in differences
    _, same = run(capsys, folders / "wide", pictures, "--against", folders / "wide")
    assert "miou      +0.0 (no interval: the pictures are one block)" in same


def test_evaluate_knows_folders_by_what_they_hold(folders, capsys):
    _, camvid = run(capsys, folders / "wide", "camvid", "--data-root", folders / "pictures", "--limit", 2)
    assert camvid.startswith("wide on camvid val: 2 pictures")
    _, scenes = run(capsys, folders / "wide", "scenes", "--limit", 1)  # in the size of the card's recipe
    assert scenes.startswith("wide on street scenes val: 1 pictures")
    _, towns = run(capsys, folders / "town", "scenes", "--limit", 1)  # of the kind that it was trained on
    assert towns.startswith("town on aerial scenes val: 1 pictures") and "water" in towns
    for wrong, sentence in (
        ([folders], "no folder of labelled pictures"),
        (["camvid"], "needs its folder"),
        ([folders / "pictures", "--limit", 0], "at least 1"),
        ([folders / "pictures", "--split", "val", "test", "--json", "one.json"], "several splits need a folder"),
    ):
        with pytest.raises(SystemExit) as stopped:
            main(["evaluate", str(folders / "wide"), *map(str, wrong)])
        assert stopped.value.code == 2 and sentence in capsys.readouterr().err


def test_evaluate_refuses_other_classes(folders, capsys, tmp_path):
    blueprint = Blueprint("uniform", size=(8, 16), network_options={"stem": 1})
    save(blueprint.build(2), tmp_path / "two", Card("two", "uniform", asdict(blueprint), ("cat", "dog")))
    with pytest.raises(SystemExit):
        main(["evaluate", str(tmp_path / "two"), "camvid", "--data-root", str(folders / "pictures")])
    assert "two knows cat, dog; the labels of camvid are sky" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["xyz", "cpu:x", "vulkan"])
def test_a_device_that_is_not_there_is_one_sentence_before_anything_is_loaded(capsys, name):
    with pytest.raises(SystemExit):
        main(["evaluate", "no-such-checkpoint", "scenes", "--device", name])
    assert f"--device is cpu, or cuda or mps where this machine has it, got '{name}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "previous", "boundary", "told"),
    [
        (("a", "b", "c"), "sequence", 1.0, True),
        (("film_0001", "film_0002"), "sequence", 1.0, False),
        (("a", "b"), "twice", 1.0, False),
        (("a", "b"), "sequence", None, False),
    ],
)
def test_an_unknown_order_of_frames_is_told(names, previous, boundary, told):
    said = _order(SimpleNamespace(pictures=names, previous=previous), SimpleNamespace(boundary=boundary))
    assert said.startswith("the order of the frames is unknown") == told
    assert ("Looked twice at each picture; intervals are over pictures, not films" in said) == told
