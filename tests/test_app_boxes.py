"""A detector on a picture, as the page is told: boxes in both images, what became of them, files and scripts."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from lzviz import datasets, gallery, scenes
from lzviz.contract.answers import words
from lzviz.contract.answers.pipeline_boxes import assumed, border, solid
from lzviz.contract.answers.pipeline_files import export
from lzviz.contract.answers.pipeline_session import Session
from lzviz.contract.answers.pipeline_snippet import snippet
from lzviz.contract.boxed import TrueBoxes
from lzviz.contract.messages.boxes import Before
from lzviz.contract.messages.pipeline import AskPipeline, AskPixel, AskStage
from lzviz.contract.messages.warp import Export
from lzviz.contract.pictures import Picture
from lzviz.contract.shipped import Film, Shipped
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.contract.workshop import Workshop
from lzviz.text import Text
from lzviz.warp import Warp

ROOT = Path(__file__).resolve().parent.parent
SIZE = (192, 384)
DRAWN = f"lzviz.scenes.clip({SIZE}, seed=5, length=1)[0]"


def street() -> Picture:
    frame = scenes.clip(SIZE, 5, 1)[0]
    true = datasets.objects_of(frame)
    parts = [each.numpy() for each in (true.boxes, true.classes, true.ignored, true.solid, true.intrinsics)]
    known = TrueBoxes(*parts, classes=scenes.Clip.classes, source=f"lzviz.datasets.objects_of({DRAWN})")  # type: ignore[misc]
    return Picture(frame.image, source=f"{DRAWN}.image", boxes=known)


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    line = partial(Shipped, title="", credit="", size=SIZE)
    bare = Picture(street().pixels)
    return Workshop(
        {
            "street": line("street", make=street, source=f"{DRAWN}.image"),
            "bare": line("bare", make=lambda: bare, source=""),
        }
    )


def state(checkpoint: str, image: str = "street", **more) -> State:
    return State.parse({"room": "pipeline", "image": image, "checkpoint": checkpoint, **more})


def asked(workshop: Workshop, checkpoint: str, image: str = "street", **more):
    return workshop.answer(AskPipeline(state=state(checkpoint, image, **more)))


@pytest.mark.parametrize("name", ["uniform-clips-128x256", "lzu-fixed-clips-128x256"])
def test_boxes_lie_in_both_images_and_are_judged(workshop, name):
    answer = asked(workshop, name)
    found = answer.found
    assert answer.task == "detection" and answer.labels is None and len(found.true) == len(street().boxes)
    points = np.frombuffer(b64decode(found.points), np.float32).reshape(-1, found.count, 2)
    every = [*found.boxes, *found.true]
    assert len(points) == len(every)
    for curve, box in zip(points, every, strict=True):
        low, high = curve.min(0), curve.max(0)
        assert np.allclose([*low, *high], box.zoomed, atol=0.3)
    assert [box.score for box in found.boxes] == sorted((box.score for box in found.boxes), reverse=True)
    assert {score.name for score in found.scores} == {"AP", "AP50", "AP75", "AP_S", "AP_M", "AP_L"}
    right = [box for box in found.boxes if box.verdict == "right"]
    assert all(box.overlap >= 0.5 and found.true[box.truth].class_ == box.class_ for box in right)
    if name.startswith("uniform"):
        wide = [box.magnification for box in every if box.size != "small"]
        assert wide == pytest.approx([1.0] * len(wide), abs=1e-3)


def test_nothing_is_judged_where_nothing_is_known_to_be_true(workshop):
    found = asked(workshop, "uniform-clips-128x256", "bare").found
    assert found.true is None and found.scores == [] and all(box.verdict is None for box in found.boxes)


def test_truth_says_where_to_look(workshop):
    told = asked(workshop, "lzu-fixed-clips-128x256", learnedFrom="truth")
    assert told.knows == "truth" and told.found.boxes and told.saliency.high > told.saliency.low


def test_levels_of_the_pyramid_have_their_names_and_come_back(workshop):
    levels = asked(workshop, "lzu-fixed-clips-128x256").features
    assert [level.title for level in levels] == ["P2", "P3", "P4", "P5"]
    chosen = state("lzu-fixed-clips-128x256", learnedStage=levels[1].name)
    shown = workshop.answer(AskStage(state=chosen))
    assert shown.zoomed is not None and (shown.zoomed.h, shown.zoomed.w) == (levels[1].h, levels[1].w)


def test_a_detector_says_nothing_of_a_pixel(workshop):
    with pytest.raises(Refusal, match="detector"):
        workshop.answer(AskPixel(state=state("uniform-clips-128x256"), x=3.0, y=3.0))


def session(workshop: Workshop, **more) -> Session:
    picture = workshop.picture("street")
    return Session(workshop, state("lzu-fixed-clips-128x256", **more), picture, boxed=picture.boxes)


def test_files_hold_the_boxes_that_are_shown(workshop):
    some = session(workshop, foundScore=0.2)
    said = json.loads(export(some, "boxes", "json").body)
    rows = list(csv.DictReader(io.StringIO(export(some, "boxes", "csv").body.decode())))
    assert said["boxes"] and all(box["score"] >= 0.2 for box in said["boxes"])
    assert [row["of"] for row in rows] == ["found"] * len(said["boxes"]) + ["true"] * len(said["true"])
    assert float(rows[0]["x0 px"]) == said["boxes"][0]["box"][0] and rows[0]["class"] == said["boxes"][0]["class"]
    arrays = np.load(io.BytesIO(export(some, "trace", "npz").body))
    assert arrays["boxes"].shape[1] == 4 and len(arrays["boxes"]) == len(arrays["box_scores"])
    with pytest.raises(Refusal, match="boxes"):
        export(some, "labels", "png")


def test_files_of_a_film_name_their_frame_and_say_what_the_page_says(workshop):
    some = session(workshop, frame=4)
    shipped = workshop.gallery["street"]
    object.__setattr__(shipped, "film", Film(8, 10.0, lambda k: street(), b""))
    try:
        file, made = export(some, "boxes", "json"), export(some, "boxes", "csv")
    finally:
        object.__setattr__(shipped, "film", None)
    assert file.name == "lzviz-street-frame4-lzu-fixed-clips-128x256-boxes.json"
    said, row = json.loads(file.body), next(csv.DictReader(io.StringIO(made.body.decode())))
    assert said["frame"] == 4 and row["frame"] == "4" and "pixels of the picture" in said["units"]["box"]
    assert row["level"] in {"P2", "P3", "P4", "P5"}
    assert {each["verdict"] for each in said["boxes"]} <= {
        "found",
        "false",
        "badly placed",
        "of another class",
        "found twice",
        "does not count",
    }
    assert float(row["zoom"]) == said["boxes"][0]["zoom"] and ("IoU" in row) and "true box" in row


@pytest.mark.parametrize("told", ["network", "truth", "before"])
def test_a_script_finds_what_the_page_shows(workshop, tmp_path, told):
    shown = session(workshop, learnedFrom="network" if told == "before" else told)
    if told == "before":  # a played frame of an adaptive form: looked once, where the frame before had boxes
        before = Before(boxes=[(10, 90, 60, 140), (0, 0, 9, 9)], scores=[0.8, 0.1], classes=[0, 1])
        adaptive = state("lzu-adaptive-clips-128x256")
        shown = Session(workshop, adaptive, shown.picture, boxed=shown.boxed, before=before)
        assert shown.looked == "before" and len(snippet(shown).split("clip(")) == 2
    path, kept = tmp_path / "script.py", tmp_path / "kept.pt"
    more = f"\nimport torch\ntorch.save([trace.boxes[0].boxes, trace.boxes[0].scores, len(trace.truth[0])], {str(kept)!r})\n"
    path.write_text(snippet(shown) + more)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(path)], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^(?:car|cyclist|pedestrian) ", done.stdout, re.M)) == int(
        (shown.run().output[0].scores >= 0.3).sum()
    )
    ignored = int(shown.objects.ignored.sum())
    assert f"true: {len(shown.objects) - ignored} to be found, {ignored} that do not count" in done.stdout
    boxes, scores, true = torch.load(kept)
    trace = shown.run()
    assert true == len(shown.picture.boxes) and len(boxes) == len(trace.output[0])
    assert torch.allclose(boxes, trace.output[0].boxes, atol=0.05) and torch.allclose(
        scores, trace.output[0].scores, atol=1e-3
    )


def test_true_boxes_follow_names_and_sizes():
    known = street().boxes
    swapped = known.named(["person", "car"])
    assert swapped.classes == ("person", "car") and len(swapped) == (known.kinds != 1).sum()
    assert known.named(["sky"]) is None
    renamed = replace(known, classes=tuple(reversed(known.classes)))
    assert renamed.key != known.key, "a list of the same boxes and numbers under other names is another"
    half = known.within((SIZE[0] // 2, SIZE[1] // 2), SIZE)
    assert np.allclose(half.boxes, known.boxes / 2)
    point = np.array([1.0, 0.5, 9.0])
    full, small = (matrix @ point for matrix in (known.intrinsics, half.intrinsics))
    assert (small / small[2])[:2] + 0.5 == pytest.approx(((full / full[2])[:2] + 0.5) / 2)


def test_a_border_is_its_box_where_nothing_is_bent():
    box = torch.tensor([[8.0, 4, 24, 12]])
    curve = border(Warp.identity((2, 2)), box, (16, 32), (16, 32))[0]
    assert torch.allclose(torch.cat((curve.amin(0), curve.amax(0))), box[0], atol=1e-4)


def test_what_lies_behind_the_camera_is_left_out():
    matrix = assumed((100, 200)).double().numpy()
    ahead = solid(np.array([0, 1, 20.0, 4, 2, 1.5, 0]), matrix, (1, 1))
    across = solid(np.array([2, 1, 0.5, 4, 2, 1.5, 0]), matrix, (1, 1))
    assert len(ahead["wire"]) == 12 and np.isfinite(across["wire"]).all() and len(across["wire"]) < 12
    assert [z for _, z in ahead["ground"]] == pytest.approx([18, 18, 22, 22])


@pytest.mark.parametrize(("name", "said"), [("boxes", "Boxes"), ("mine", "mine")])
def test_the_slowest_stage_has_its_word_or_the_name_its_author_gave(name, said):
    stages = [{"name": "network", "ms": 1.0}, {"name": name, "ms": 3.0}]
    told = words.timing(stages, {"ms": 4.0, "macs": 10**9}, "CPU", Text("size", {"width": 1, "height": 1}))
    assert str(told.values["stage"]) == said and said in str(told)


def test_files_hold_the_boxes_of_a_frame_that_was_shown_by_those_before_it():
    """Exported while a film plays: the question says what was found before, as the page's own does."""
    shop = Workshop(gallery.shipped())
    chosen = State(image="drive", room="pipeline", checkpoint="lzu-adaptive-clips-128x256")
    corner = Before(boxes=[(0, 0, 300, 200)], scores=[0.9], classes=[0])
    shown = shop.answer(AskPipeline(state=chosen, before=corner))
    file = shop.answer(Export(state=chosen, before=corner, what="boxes", format="json"))
    said = json.loads(file.body)
    assert said["looked"] == shown.looked == "before"
    assert [each["box"] for each in said["boxes"]] == [
        list(each.box) for each in shown.found.boxes if each.score >= chosen.found_score
    ]
