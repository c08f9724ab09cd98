"""Films of the gallery: frames by name, boxes handed on from one to the next, and the precision of a film."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lzviz import gallery
from lzviz.contract.messages.base import Question
from lzviz.contract.messages.boxes import Before
from lzviz.contract.messages.film import AskFilmScore, FrameScored
from lzviz.contract.messages.pictures import AskCatalogue, AskPicture
from lzviz.contract.messages.pipeline import AskPipeline
from lzviz.contract.shipped import Film
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.contract.workshop import Workshop

ADAPTIVE, FIXED = "lzu-adaptive-clips-128x256", "lzu-fixed-clips-128x256"


@pytest.fixture(scope="module")
def shop() -> Workshop:
    return Workshop(gallery.shipped())


def answer(shop: Workshop, question: Question) -> Any:
    return shop.answer(question)


def test_frames_go_by_their_number_and_are_drawn_once(shop: Workshop) -> None:
    (line,) = (line for line in answer(shop, AskCatalogue()).pictures if line.id == "drive")
    assert (line.frames, line.fps) == (12, 10)
    first, third = shop.picture("drive"), shop.picture("drive.2")
    assert first is shop.picture("drive.0") and third is shop.picture("drive.2") and third is not first
    assert first.boxes is not None and third.boxes is not None and first.boxes.key != third.boxes.key
    question = AskPipeline(state=State(image="drive", frame=2))
    assert shop.picture_of(question) is third
    for name in ("drive.12", "drive.x", "drive.-1", "street.1"):
        with pytest.raises(Refusal):
            shop.picture(name)


def test_a_thumbnail_draws_no_film() -> None:
    def draw(number: int) -> None:
        raise AssertionError(f"frame {number} was drawn")

    shop = Workshop(gallery.shipped())
    entry = shop.gallery["crossing"]
    assert entry.film is not None
    object.__setattr__(entry, "film", Film(entry.film.frames, entry.film.fps, draw, entry.film.thumb))  # type: ignore[arg-type]
    shown = answer(shop, AskPicture(id="crossing", thumb="1"))
    assert shown.media_type == "image/jpeg" and 500 < len(shown.body) < 5000


def test_boxes_of_the_frame_before_say_where_to_look(shop: Workshop) -> None:
    def ask(name: str, before: Before | None):
        return answer(shop, AskPipeline(state=State(image="drive", room="pipeline", checkpoint=name), before=before))

    corner = Before(boxes=[(0, 0, 300, 200)], scores=[0.9], classes=[0])
    alone, told, again = ask(ADAPTIVE, None), ask(ADAPTIVE, corner), ask(ADAPTIVE, None)
    assert (alone.looked, told.looked, alone.follows) == ("twice", "before", True)
    assert told.mesh.nodes != alone.mesh.nodes == again.mesh.nodes, "the two are kept apart"
    fixed = ask(FIXED, corner)
    assert fixed.looked == "own" and not fixed.follows and fixed.mesh.nodes == ask(FIXED, None).mesh.nodes


NAN = float("nan")


@pytest.mark.parametrize(
    "changed, told",
    [
        ({"scores": []}, "must be as many; here are 1, 0 and 1"),
        ({"classes": [7]}, "Box 0 .* the class 7; the detector's are 0 to 2"),
        ({"boxes": [(100, 100, 10, 10)]}, "Box 0 .* is 100, 100, 10, 10; expected x0"),
        ({"boxes": [(0, 9, 10, 8)]}, "y0 not above y1"),
        ({"boxes": [(0, 0, 1e15, 10)]}, "expected x0"),
        ({"boxes": [(0, NAN, 10, 10)]}, "expected x0"),
        ({"scores": [5.0]}, "the score 5; expected one from 0 to 1"),
        ({"scores": [-1.0]}, "the score -1"),
        ({"scores": [NAN]}, "the score nan"),
    ],
)
def test_boxes_before_that_are_none_are_refused_and_not_looked_at(shop: Workshop, changed: dict, told: str) -> None:
    before = Before(boxes=[(0, 0, 300, 200)], scores=[0.9], classes=[0]).model_copy(update=changed)
    state = State(image="drive", room="pipeline", checkpoint=ADAPTIVE)
    asked = AskFilmScore(checkpoint=ADAPTIVE, answers=[before], waiting=[FrameScored(image="drive", answer=0)])
    for question in (AskPipeline(state=state, before=before), asked):
        with pytest.raises(Refusal, match=told):
            answer(shop, question)


def test_a_film_is_scored_for_detectors_only(shop: Workshop) -> None:
    asked = AskFilmScore(
        checkpoint="lzu-adaptive-camvid-48x64", answers=[], waiting=[FrameScored(image="drive", answer=None)]
    )
    with pytest.raises(Refusal, match="finds no boxes; choose a detector"):
        answer(shop, asked)


def test_a_frame_after_the_last_one_is_told_with_those_there_are(shop: Workshop) -> None:
    with pytest.raises(Refusal, match="frames 0 to 11, and none 12") as caught:
        answer(shop, AskPipeline(state=State(image="drive", room="pipeline", checkpoint=FIXED, frame=12)))
    assert caught.value.status == 404
    with pytest.raises(Refusal, match="no picture of that name"):
        shop.picture(f"drive.{'9' * 5000}")


def test_what_arrives_late_is_scored_late(shop: Workshop) -> None:
    frames = ["drive", "drive.2"]
    true = [shop.picture(name).boxes for name in frames]
    answers = [
        Before(
            boxes=[tuple(box) for box in each.boxes.tolist()],
            scores=[1.0] * len(each),
            classes=each.kinds.tolist(),
        )
        for each in true
        if each is not None
    ]
    own = [FrameScored(image=name, answer=k) for k, name in enumerate(frames)]
    late = [FrameScored(image=frames[0], answer=None), FrameScored(image=frames[1], answer=0)]
    scores = answer(shop, AskFilmScore(checkpoint=FIXED, answers=answers, waiting=own, streamed=late))
    assert scores.waiting.frames == scores.streamed.frames == 2
    assert scores.waiting.ap == pytest.approx(1) and 0 < scores.streamed.ap < 0.6
    nothing = answer(
        shop, AskFilmScore(checkpoint=FIXED, answers=[], waiting=[FrameScored(image="coffee", answer=None)])
    )
    assert nothing.waiting is None and nothing.streamed is None
    with pytest.raises(Refusal, match=r"Frame drive is to be scored with answer 0; 0 were given"):
        answer(shop, AskFilmScore(checkpoint=FIXED, answers=[], waiting=own))


def test_late_boxes_are_judged_by_the_frame_that_is_shown(shop: Workshop) -> None:
    """Boxes of the first frame were shown, and judged, in the first frame, whatever frame had come meanwhile."""
    first, third = (shop.picture(name).boxes for name in ("drive", "drive.2"))
    assert first is not None and third is not None
    late = Before(
        boxes=[tuple(box) for box in first.boxes.tolist()], scores=[1.0] * len(first), classes=first.kinds.tolist()
    )
    frames = [
        FrameScored(image="drive", answer=0),
        FrameScored(image="drive.2", answer=0),
        FrameScored(image="drive.2", answer=None),
        FrameScored(image="coffee", answer=0),
    ]
    own, moved, none, unknown = answer(
        shop, AskFilmScore(checkpoint=FIXED, answers=[late], waiting=[], judged=frames)
    ).judged
    assert {each.verdict for each in own.boxes} <= {"right", "ignored"} and unknown is None
    assert len(moved.boxes) == len(first) and len(moved.true) == len(none.true) == len(third) and none.boxes == []
    kinds = {each.verdict for each in moved.boxes}
    assert "right" in kinds and kinds & {"placed", "false"}, "what moved away is off, what stands still is found"
    assert np.allclose([each.box for each in moved.true], third.boxes, atol=1e-3)
    assert {each.size for each in moved.true} <= {"small", "medium", "large"}
    by = {each.name: each.value for each in moved.scores}
    assert 0 < by["AP"] < {each.name: each.value for each in own.scores}["AP"] == pytest.approx(1)
