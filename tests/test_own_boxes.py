"""A visitor's own list of boxes beside an own picture or film: it is read, named, scaled, judged, and refused in one sentence."""

from __future__ import annotations

import io
import json
from functools import partial

import numpy as np
import pytest
from PIL import Image

from lzviz import scenes
from lzviz.contract.messages.boxes import Before
from lzviz.contract.messages.film import AskFilmScore, FrameScored
from lzviz.contract.messages.pictures import AddBoxes, AddPicture
from lzviz.contract.messages.pipeline import AskPipeline
from lzviz.contract.messages.warp import Export
from lzviz.contract.shipped import Shipped
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.contract.workshop import Workshop
from tests.test_app_boxes import SIZE, street

NAME = "uniform-clips-128x256"


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def listed(count: int = 1, size: tuple[int, int] | None = SIZE, extra: tuple[str, ...] = (), **image) -> dict:
    """The street's boxes as COCO has them, for so many pictures; boxes of other classes in the first."""
    true = street().boxes
    names = [*scenes.Clip.classes, *extra]
    sides = {} if size is None else {"height": size[0], "width": size[1]}
    images = [{"id": k, "file_name": f"a/{k:03d}.png", **sides, **image} for k in range(count)]
    scale = 1 if size is None else size[1] / SIZE[1]
    rows = [
        (k, kind, [float(v * scale) for v in (x0, y0, x1 - x0, y1 - y0)], int(skipped))
        for k in range(count)
        for (x0, y0, x1, y1), kind, skipped in zip(true.boxes, true.kinds.tolist(), true.ignored, strict=True)
    ]
    rows += [(0, len(scenes.Clip.classes) + k, [1, 1, 9, 9], 0) for k in range(len(extra)) for _ in range(3)]
    return {
        "images": images,
        "annotations": [
            {"id": n, "image_id": k, "category_id": kind + 1, "bbox": box, "iscrowd": crowd}
            for n, (k, kind, box, crowd) in enumerate(rows)
        ],
        "categories": [{"id": k + 1, "name": name} for k, name in enumerate(names)],
    }


def body(values) -> bytes:
    return json.dumps(values).encode()


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop({"street": Shipped("street", make=street, source="", title="", credit="", size=SIZE)})


@pytest.fixture(scope="module")
def own(workshop) -> str:
    return workshop.answer(AddPicture(data=png(street().pixels))).id


def state(checkpoint: str = NAME, image: str = "own") -> State:
    return State.parse({"room": "pipeline", "image": image, "checkpoint": checkpoint})


def add(workshop: Workshop, values, checkpoint: str = NAME):
    data = values if isinstance(values, bytes) else body(values)
    return workshop.answer(AddBoxes(data=data, checkpoint=checkpoint, title="mine.json"))


def found(workshop: Workshop, image: str, truth: str | None):
    return workshop.answer(AskPipeline(state=state(), image=image, truth=truth)).found


def test_an_own_picture_has_the_verdicts_and_scores_of_the_gallery(workshop, own):
    held = add(workshop, listed())
    assert [each.model_dump() for each in held.pictures] == [
        {"file": "a/000.png", "frame": None, "width": SIZE[1], "height": SIZE[0], "boxes": len(street().boxes)}
    ]
    assert held.notes == []
    ours, theirs = found(workshop, own, f"{held.id}.0"), found(workshop, "street", None)
    assert ours.true is not None and len(ours.true) == len(theirs.true)
    assert [each.verdict for each in ours.boxes] == [each.verdict for each in theirs.boxes]
    assert ours.scores == theirs.scores
    assert found(workshop, own, None).true is None and found(workshop, own, "").true is None


def test_a_film_made_smaller_has_its_boxes_made_smaller(workshop, own):
    """A page shows frames of large films smaller than they are."""
    large = (3 * SIZE[0], 3 * SIZE[1])
    held = add(workshop, listed(size=large))
    ours, theirs = found(workshop, own, f"{held.id}.0"), found(workshop, "street", None)
    np.testing.assert_allclose([each.box for each in ours.true], [each.box for each in theirs.true], atol=0.02)
    assert ours.scores == theirs.scores


def test_a_list_of_another_picture_is_refused(workshop, own):
    held = add(workshop, listed(size=(2 * SIZE[0], 3 * SIZE[1])))
    with pytest.raises(Refusal, match=r"a/000.png is 384 x 192, mine.json says 1152 x 384"):
        found(workshop, own, f"{held.id}.0")
    with pytest.raises(Refusal, match="no such picture; its 1 are counted from 0"):
        found(workshop, own, f"{held.id}.1")
    with pytest.raises(Refusal, match="no longer holds this list") as gone:
        found(workshop, own, "own-0123.0")
    assert gone.value.missing == "truth"


def test_other_classes_are_told_and_left_out(workshop, own):
    held = add(workshop, listed(extra=("dog",)))
    assert str(held.notes[0]) == "dog: not known to this detector, 3 boxes left out"
    assert len(found(workshop, own, f"{held.id}.0").true) == len(street().boxes)


def test_names_are_matched_as_everywhere(workshop, own):
    values = listed()
    for each in values["categories"]:
        each["name"] = {"pedestrian": "person", "cyclist": "rider"}.get(each["name"], each["name"])
    held = add(workshop, values)
    assert held.notes == [] and len(found(workshop, own, f"{held.id}.0").true) == len(street().boxes)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x89PNG", r"mine.json is no text in UTF-8"),
        (b"[1, 2]", r"mine.json holds \[1, 2\]: it is no list of boxes in COCO's form"),
        (b"[" * 100_000, r"mine.json is no JSON"),
        ({"images": [], "annotations": [], "categories": []}, "The list has no box in it"),
        (listed() | {"annotations": [{"image_id": 0, "category_id": 1, "bbox": [1, 2]}]}, r"annotations\[0\]: bbox is"),
        (
            listed() | {"categories": [{"id": k, "name": f"fish{k}"} for k in (1, 2, 3)]},
            "this detector knows car, cyclist",
        ),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(workshop, data, message):
    with pytest.raises(Refusal, match=message) as refused:
        add(workshop, data)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("checkpoint", ["uniform-camvid-96x128", "uniform-mono3d-128x256"])
def test_boxes_are_for_detectors_of_flat_boxes(workshop, checkpoint):
    with pytest.raises(Refusal, match="finds no flat boxes; choose a detector first"):
        add(workshop, listed(), checkpoint)


def test_numbers_of_frames_are_told(workshop):
    values = listed(3)
    for k, each in enumerate(values["images"]):
        each["frame_index"] = 10 * k
    assert [each.frame for each in add(workshop, values).pictures] == [0, 10, 20]
    values["images"][1]["frame_index"] = "ten"
    with pytest.raises(Refusal, match=r"images\[1\] \(id 1\): frame_index is a whole number from 0, got 'ten'"):
        add(workshop, values)


def test_the_pages_own_file_is_read_back(workshop, own):
    """What is true in it, or, where nothing is known, what was found: then everything was found rightly."""
    export = partial(Export, what="boxes", format="json")
    drawn = workshop.answer(export(state=state(image="street"))).body
    held = add(workshop, drawn)
    theirs = found(workshop, "street", None)
    assert found(workshop, own, f"{held.id}.0").scores == theirs.scores
    written = workshop.answer(export(state=state(), image=own)).body
    again = found(workshop, own, f"{add(workshop, written).id}.0")
    least = json.loads(written)["least"]
    sure = [each for each in again.boxes if each.score >= least]
    assert sure and all(each.verdict == "right" for each in sure)
    with pytest.raises(Refusal, match="bbox is"):
        add(workshop, {**json.loads(drawn), "true": [{"class": "car", "box": [1, 2, "x", 4]}]})


def test_precision_of_an_own_film_is_that_of_the_gallerys(workshop):
    """Frames that are no longer held are scored by their size alone."""
    held = add(workshop, listed(2))
    boxes, kinds = street().boxes.boxes, street().boxes.kinds
    answer = Before(boxes=boxes.tolist(), scores=[0.9] * len(boxes), classes=kinds.tolist())
    size = (SIZE[1], SIZE[0])
    own = [FrameScored(image="", answer=k, truth=f"{held.id}.{place}", size=size) for place, k in enumerate((0, None))]
    theirs = [FrameScored(image="street", answer=k) for k in (0, None)]
    ask = partial(AskFilmScore, checkpoint=NAME, answers=[answer], streamed=[])
    ours = workshop.answer(ask(waiting=own, judged=own))
    shipped = workshop.answer(ask(waiting=theirs, judged=theirs))
    assert ours == shipped and 0 < ours.waiting.ap < 1
    with pytest.raises(Refusal, match="no longer holds this list"):
        workshop.answer(ask(waiting=[FrameScored(image="", answer=0, truth="own-1.0", size=size)]))
