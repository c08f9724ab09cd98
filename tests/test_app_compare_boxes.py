"""Detectors side by side, asked of the workshop as a page does: boxes, precision of a picture and of a film, what was handed on."""

from __future__ import annotations

import math
from functools import partial

import pytest

from lzviz import datasets, scenes
from lzviz.contract.boxed import TrueBoxes
from lzviz.contract.messages.compare import AskCompared, Compared
from lzviz.contract.messages.pipeline import AskPipeline
from lzviz.contract.pictures import Picture
from lzviz.contract.shipped import Shipped
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.contract.workshop import Workshop

SIZE = (192, 384)
UNIFORM, ADAPTIVE, FIXED = (f"{name}-clips-128x256" for name in ("uniform", "lzu-adaptive", "lzu-fixed"))
SEGMENTER = "uniform-camvid-48x64"


def frame(number: int, known: bool = True) -> Picture:
    drawn = scenes.clip(SIZE, 5, 2)[number]
    true = datasets.objects_of(drawn)
    parts = [each.numpy() for each in (true.boxes, true.classes, true.ignored, true.solid, true.intrinsics)]
    boxes = TrueBoxes(*parts, classes=scenes.Clip.classes)  # type: ignore[misc]
    return Picture(drawn.image, source="", boxes=boxes if known else None)


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    line = partial(Shipped, title="", credit="", size=SIZE, source="")
    return Workshop(
        {
            "street": line("street", make=lambda: frame(0)),
            "later": line("later", make=lambda: frame(1)),
            "own": line("own", make=lambda: frame(0, known=False)),
        }
    )


def asked(workshop: Workshop, methods, image="street", **more) -> Compared:
    state = State.parse({"room": "compare", "image": image, "width": 256, "compared": list(methods)})
    answer = workshop.answer(AskCompared(state=state, **more))
    assert isinstance(answer, Compared)
    return answer


def handed(row):
    boxes = row.found.boxes
    return {
        "boxes": [each.box for each in boxes],
        "scores": [each.score for each in boxes],
        "classes": [each.class_ for each in boxes],
    }


def test_a_row_has_the_boxes_and_the_precision_that_the_pipeline_has_alone(workshop):
    answer = asked(workshop, [FIXED, SEGMENTER])
    fixed, segmenter = answer.rows
    alone = workshop.answer(
        AskPipeline(state=State.parse({"room": "pipeline", "image": "street", "checkpoint": FIXED}))
    )
    assert fixed.size == (128, 256) and fixed.note is None
    assert [each.box for each in fixed.found.boxes] == [each.box for each in alone.found.boxes]
    assert [each.verdict for each in fixed.found.boxes] == [each.verdict for each in alone.found.boxes]
    precision = {each.name: each.value for each in alone.found.scores}["AP"]
    assert fixed.ap == pytest.approx(precision) and fixed.film_ap is None
    assert (segmenter.ap, segmenter.found, fixed.score) == (None, None, None)
    head, first, second = answer.csv.splitlines()[:3]
    column = head.split(",").index('"AP') if '"AP' in head.split(",") else head.index("AP")
    assert column and f"{100 * fixed.ap:.1f}" in first and f"{100 * fixed.ap:.1f}" not in second
    assert "AP" in answer.latex and "AP" in answer.markdown
    assert answer.best["ap"] == []  # nobody to be better than


def test_what_was_found_in_the_frame_before_says_where_those_look_that_follow(workshop):
    first = asked(workshop, [UNIFORM, ADAPTIVE])
    assert [(row.looked, row.follows) for row in first.rows] == [("own", False), ("twice", True)]
    found = {row.name: handed(row) for row in first.rows}
    films = {name: [{"image": "street", "found": each}] for name, each in found.items()}
    then = asked(workshop, [UNIFORM, ADAPTIVE], "later", before=found, films=films)
    assert [row.looked for row in then.rows] == ["own", "before"]
    assert then.rows[1].macs < first.rows[1].macs  # one look in place of two
    anew = asked(workshop, [UNIFORM, ADAPTIVE], "later")
    assert anew.rows[1].looked == "twice" and anew.rows[1].nodes != then.rows[1].nodes
    assert anew.rows[0].nodes == then.rows[0].nodes and anew.rows[0].film_ap is None
    timed = asked(workshop, [UNIFORM, ADAPTIVE], "later", before=found, films=films, clock=True)
    assert timed.rows[1].looked == "before" and timed.rows[1].p50 > 0
    for row in timed.rows:
        assert 0 <= row.film_ap <= 1 and row.film_ap == then.rows[timed.rows.index(row)].film_ap
    # Over one frame twice it is that frame's own.
    twice = asked(workshop, [UNIFORM, ADAPTIVE], films={UNIFORM: films[UNIFORM]})
    assert math.isclose(twice.rows[0].film_ap, twice.rows[0].ap) and twice.rows[1].film_ap is None
    assert "AP of the film" in then.csv and "AP of the film" not in anew.csv


def test_of_an_own_film_boxes_are_told_and_no_precision(workshop):
    row = asked(workshop, [UNIFORM, FIXED], "own").rows[0]
    assert row.found.true is None and row.found.boxes and row.ap is None
    films = {UNIFORM: [{"image": None, "found": handed(row)}]}
    with pytest.raises(Refusal):
        asked(workshop, [UNIFORM, FIXED], "own", films=films)


def test_boxes_of_a_class_that_the_detector_has_not_are_refused_in_its_row(workshop):
    wrong = {"boxes": [[0, 0, 9, 9]], "scores": [0.5], "classes": [99]}
    row = asked(workshop, [UNIFORM, ADAPTIVE], before={ADAPTIVE: wrong}).rows[1]
    assert row.note.key == "compare.failed" and row.found is None
