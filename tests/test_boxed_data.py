"""Clips and folders of boxes as data sets."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from lzviz.assess.frames import frame_of
from lzviz.boxlists import read
from lzviz.datasets import coco, named, open_data
from lzviz.objects import Objects
from lzviz.tasks.boxed import checked_truth


def test_clips_are_kept_in_a_folder(tmp_path):
    first = open_data("clips", tmp_path, "val", count=2, frames=2, size=(32, 64))
    drawn = [first[k] for k in range(4)]
    assert [each.name for each in drawn] == ["clip00100_0000", "clip00100_0001", "clip00101_0000", "clip00101_0001"]
    files = sorted(tmp_path.iterdir())
    assert len(files) == 4
    again = open_data("clips", tmp_path, "val", count=2, frames=2, size=(32, 64))[1]
    assert torch.equal(again.image, drawn[1].image) and torch.equal(again.truth.boxes, drawn[1].truth.boxes)
    assert again.truth.classes.dtype == torch.int64


@pytest.fixture
def tree(tmp_path):
    """A folder in COCO's layout, and one as Argoverse-HD has it."""
    (tmp_path / "annotations").mkdir()
    (tmp_path / "val2017").mkdir()
    Image.new("RGB", (40, 30), "red").save(tmp_path / "val2017" / "b.jpg")
    Image.new("RGB", (20, 30), "blue").save(tmp_path / "val2017" / "a.jpg")
    values = {
        "images": [{"id": 5, "file_name": "b.jpg", "width": 40, "height": 30}, {"id": 6, "file_name": "a.jpg"}],
        "annotations": [
            {"id": 1, "image_id": 5, "category_id": 18, "bbox": [1, 2, 10, 5], "iscrowd": 0, "area": 50},
            {"id": 2, "image_id": 5, "category_id": 3, "bbox": [0, 0, 40, 30], "iscrowd": 1, "area": 1200},
            {"id": 3, "image_id": 5, "category_id": 3, "bbox": [7, 7, 0, 3], "iscrowd": 0, "area": 0},
        ],
        "categories": [{"id": 18, "name": "dog"}, {"id": 3, "name": "car"}],
    }
    (tmp_path / "annotations" / "instances_val2017.json").write_text(json.dumps(values))
    return tmp_path, values


def test_cocos_layout(tree):
    data = coco(tree[0], "val2017")
    assert data.classes == ("car", "dog") and [data[k].name for k in range(2)] == ["a", "b"]
    assert len(data[0].truth) == 0 and data[0].image.shape == (3, 30, 20)
    truth = data[1].truth
    assert truth.boxes.tolist() == [[1, 2, 11, 7], [0, 0, 40, 30]]
    assert truth.classes.tolist() == [1, 0] and truth.ignored.tolist() == [False, True] and truth.solid.isnan().all()


def test_films_in_cocos_layout(tree):
    root, values = tree
    values["seq_dirs"] = ["drives/one"]
    for k, image in enumerate(values["images"]):
        image |= {"sid": 0, "fid": 7 + k, "name": image.pop("file_name")}
    (root / "drives" / "one").mkdir(parents=True)
    for path in (root / "val2017").iterdir():
        path.rename(root / "drives" / "one" / path.name)
    (root / "annotations" / "val.json").write_text(json.dumps(values))
    data = coco(root, "val")
    assert [data[k].name for k in range(2)] == ["film0000_00007", "film0000_00008"]


def test_what_is_not_cocos_is_refused(tree, tmp_path):
    root, values = tree
    with pytest.raises(ValueError, match="COCO's layout"):
        coco(root, "train2017")
    path = root / "annotations" / "train2017.json"
    path.write_text(json.dumps({"images": []}))
    with pytest.raises(ValueError, match="annotations, categories"):
        coco(root, "train2017")
    path.write_text(json.dumps(values))
    with pytest.raises(ValueError, match=r"no picture a.jpg"):
        coco(root, "train2017")[0]
    (root / "val2017").rename(root / "images")
    assert int(coco(root, "train2017")[0].image.max()) > 0


def listed(tmp_path, change) -> None:
    """A list of two pictures and two boxes, with one thing changed, is read."""
    values = {
        "images": [
            {"id": 1, "file_name": "a.png", "width": 90, "height": 50},
            {"id": 2, "file_name": "b.png", "width": 90, "height": 50},
        ],
        "annotations": [
            {"id": 7, "image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 5], "area": 50, "iscrowd": 0},
            {"id": 8, "image_id": 2, "category_id": 3, "bbox": [-4, 2, 10, 60]},
        ],
        "categories": [{"id": 1, "name": "car"}, {"id": 3, "name": "bus"}],
    }
    values = change(values) or values
    path = tmp_path / "list.json"
    path.write_bytes(values if isinstance(values, bytes) else json.dumps(values).encode())
    read(path)


def at(part, place, **given):
    """Puts values into an entry; ``...`` takes one out."""

    def change(values):
        entry = values[part][place] | given
        values[part][place] = {name: value for name, value in entry.items() if value is not ...}

    return change


def box(*values):
    return at("annotations", 1, bbox=list(values))


def films(sid, fid=0):
    return lambda values: {
        **values,
        "seq_dirs": ["one"],
        "images": [{"id": 1, "name": "a.png", "sid": sid, "fid": fid}],
    }


WRONG = {
    "no JSON": (lambda _: b"{", r"list\.json is no JSON"),
    "Latin-1": (lambda _: '{"images": "é"}'.encode("latin-1"), "UTF-8"),
    "a number": (lambda _: b"3", "holds 3"),
    "null": (lambda _: b"null", "holds None"),
    "a list": (lambda _: b'[{"a": 1}]', "COCO's form"),
    "images are null": (lambda v: {**v, "images": None}, "images are a list of objects, got None"),
    "images are an object": (lambda v: {**v, "images": {}}, "images are a list of objects"),
    "an image is a text": (lambda v: {**v, "images": ["a.png"]}, r"images\[0\]: expected an object"),
    "an image without id": (at("images", 1, id=...), r"images\[1\]: id is .*, got nothing"),
    "an image without a file": (at("images", 1, file_name=...), r"images\[1\] \(id 2\): file_name"),
    "images of one id": (at("images", 1, id=1), r"images\[0\] has the same id 1"),
    "images of one file": (at("images", 1, file_name="a.png"), "2 images have the file 'a.png'"),
    "a picture of no size": (at("images", 1, width=0), "whole numbers from 1"),
    "a box without a picture": (at("annotations", 1, image_id=77), r"annotations\[1\] \(id 8\).*77; 1 of 2 boxes"),
    "ids that are texts": (at("images", 0, id="1"), "there is no image with the id 1"),
    "an annotation without image_id": (at("annotations", 0, image_id=...), r"annotations\[0\] \(id 7\): image_id"),
    "annotations of one id": (at("annotations", 1, id=7), r"annotations\[0\] has the same id"),
    "a category that is none": (
        at("annotations", 0, category_id=2),
        r"category_id 2 is none of the categories \[1, 3\]",
    ),
    "a category without name": (at("categories", 0, name=...), r"categories\[0\] \(id 1\): name"),
    "categories of one id": (at("categories", 1, id=1), "same id 1"),
    "categories of one name": (at("categories", 1, name="car"), "same name 'car'"),
    "ids that are both": (at("categories", 1, id="3"), "numbers or texts"),
    "a crowd as text": (at("annotations", 0, iscrowd="0"), "iscrowd is 0 or 1, got '0'"),
    "an area as text": (at("annotations", 0, area="50"), "area is a number"),
    "an area below nothing": (at("annotations", 0, area=-1), "area is a number"),
    "an area that is none": (at("annotations", 0, area=float("nan")), "area is a number"),
    "three numbers": (box(1, 2, 3), r"bbox is \[x, y, width, height\]"),
    "eight numbers": (box(*range(8)), "bbox is"),
    "texts": (box("1", "2", "3", "4"), "bbox is"),
    "no box": (at("annotations", 1, bbox=None), "bbox is .*, got None"),
    "a missing box": (at("annotations", 1, bbox=...), "bbox is .*, got nothing"),
    "NaN": (box(float("nan"), 2, 5, 4), "finite"),
    "Infinity": (box(1, 2, float("inf"), 4), "finite"),
    "a huge box": (box(1, 2, 1e30, 4), "finite"),
    "sides below nothing": (box(9, 9, -5, -5), "bbox is"),
    "outside": (box(100, 2, 5, 4), r"annotations\[1\] \(id 8\): the box from \(100, 2\) .* lies outside"),
    "outside by its border": (box(-5, 2, 5, 4), "lies outside"),
    "far over the border": (box(1, 2, 1000, 4), "reaches far out"),
    "a path from the root": (at("images", 0, file_name="/tmp/secret.png"), r"images\[0\].*lie in it"),
    "a path out of the folder": (at("images", 0, file_name="../../secret.png"), "lie in it"),
    "a path of Windows": (at("images", 0, file_name="..\\secret.png"), "lie in it"),
    "a drive of Windows": (at("images", 0, file_name="C:secret.png"), "lie in it"),
    "films elsewhere": (lambda v: {**films(0)(v), "seq_dirs": ["/tmp"]}, "lie in it"),
    "films as a text": (lambda v: {**films(0)(v), "seq_dirs": "one"}, "seq_dirs are"),
    "a film that is none": (films(5), "sid is 0 to 0, got 5"),
    "a film counted from the end": (films(-1), "sid is 0 to 0, got -1"),
    "a frame without number": (films(0, None), "fid is a whole number"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_list_that_is_wrong_is_refused_at_opening_with_its_entry(tmp_path, what):
    change, told = WRONG[what]
    with pytest.raises(ValueError, match=told) as caught:
        listed(tmp_path, change)
    assert "list.json" in str(caught.value)


def test_lists_of_every_usual_form_are_read(tmp_path):
    for change in (
        lambda values: None,
        lambda values: b"\xef\xbb\xbf" + json.dumps(values).encode(),
        at("annotations", 0, id=...),
        at("annotations", 0, bbox=[0, 0, 0, 5]),
        at("images", 0, width=..., height=...),
        at("annotations", 0, image_id=1.0),
    ):
        listed(tmp_path, change)


def test_boxes_of_another_size_of_the_picture_are_refused(tree):
    """A list of pictures that somebody made smaller since: its boxes would be silently wrong."""
    root, values = tree
    path = root / "annotations" / "instances_val2017.json"
    values["images"][0]["width"] = 80
    path.write_text(json.dumps(values))
    with pytest.raises(ValueError, match=r"b.jpg is 40 x 30, .* says 80 x 30"):
        coco(root, "val2017")[1]
    del values["images"][0]["width"]
    values["annotations"][0]["bbox"] = [50, 2, 10, 5]
    path.write_text(json.dumps(values))
    with pytest.raises(ValueError, match=r"a box of b.jpg: .* outside"):
        coco(root, "val2017")[1]


def test_films_of_one_name_in_two_folders_stay_two(tmp_path):
    """Frames of one camera of two drives: the boxes of the frame before are those of the same drive."""
    names = ["day/cam_0001.png", "night/cam_0001.png"]
    images = [{"id": k, "file_name": name} for k, name in enumerate(names)]
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"images": images, "annotations": [], "categories": []}))
    assert [frame_of(each.name) for each in read(path).pictures] == [("day/cam", 1), ("night/cam", 1)]


def test_a_data_set_is_printed_in_a_line(tree):
    assert repr(coco(tree[0], "val2017")).endswith(", 'val2017': 2 pictures with 2 classes, for detection")


def test_area_of_the_annotation_goes_with_its_box(tree):
    truth = coco(tree[0], "val2017")[1].truth
    assert truth.area.tolist() == [50, 1200]
    half = truth.cropped(2, 6, (20, 20), True)
    assert half.area[0] == pytest.approx(25) and len(half.rows(torch.tensor([True, False])).area) == 1


def test_boxes_of_other_names_or_another_order_are_those_of_the_checkpoint(tree):
    """What ships knows car, cyclist and pedestrian; COCO has a person and a car among 80 names."""
    data = coco(tree[0], "val2017")
    assert named(data, ("dog", "cat", "Car")).classes == ("dog", "cat", "Car")
    assert named(data, ("dog", "cat", "Car"))[1].truth.classes.tolist() == [0, 2]
    only = named(data, ("cat", "dog"))[1].truth
    assert only.classes.tolist() == [1] and only.boxes.tolist() == [[1, 2, 11, 7]] and only.area.tolist() == [50]
    with pytest.raises(ValueError, match=r"none of the classes of .* is one of cat"):
        named(data, ("cat",))


@pytest.mark.parametrize("damage", ["empty", "cut off", "of another form", "of another size", "of another dtype"])
def test_a_damaged_frame_of_the_cache_is_drawn_again(tmp_path, damage):
    """A full disk, a killed copy, another program's file."""
    data = open_data("clips", tmp_path, "val", count=1, frames=1, size=(32, 64))
    good = data[0]
    (path,) = tmp_path.iterdir()
    kept = torch.load(path, weights_only=True)
    if damage in ("empty", "cut off"):
        path.write_bytes(path.read_bytes()[: 0 if damage == "empty" else 900])
    else:
        changed = {"of another size": kept["image"][:, :3, :4], "of another dtype": kept["image"].float()}
        torch.save({**kept, "image": changed[damage]} if damage in changed else {"image": 3}, path)
    again = open_data("clips", tmp_path, "val", count=1, frames=1, size=(32, 64))[0]
    assert torch.equal(again.image, good.image) and torch.equal(again.truth.boxes, good.truth.boxes)
    assert torch.equal(torch.load(path, weights_only=True)["image"], good.image)


def test_frames_of_another_step_or_another_drawing_are_other_files(tmp_path, monkeypatch):
    for every in (0.1, 0.1000000001):
        open_data("clips", tmp_path, "val", count=1, frames=1, size=(32, 64), every=every)[0]
    monkeypatch.setattr("lzviz.scenes.clips.DRAWING", 99)
    open_data("clips", tmp_path, "val", count=1, frames=1, size=(32, 64))[0]
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    "options", [{"every": 0}, {"every": float("nan")}, {"every": "1"}, {"count": 0}, {"frames": 1.5}, {"task": "bogus"}]
)
def test_clips_of_nothing_are_refused_before_any_is_drawn(options):
    with pytest.raises(ValueError, match=f"{next(iter(options))}|tasks"):
        open_data("clips", **options)


@pytest.mark.parametrize(
    "boxes, classes", [([[50, 50, 3, 4]], [0]), ([[0, 0, 3, float("nan")]], [0]), ([[0, 0, 3, 4]] * 2, [0, 1, 2])]
)
def test_boxes_that_are_none_are_refused_when_they_are_made(boxes, classes):
    with pytest.raises(ValueError, match="expected"):
        Objects.flat(torch.tensor(boxes, dtype=torch.float32), torch.tensor(classes))
    assert len(Objects.flat([[0, 0, 3, 4]], [1])) == 1  # rows of numbers will do


def test_boxes_to_learn_from_are_checked_with_their_place():
    flat = Objects.flat(torch.tensor([[0.0, 0, 3, 4]]), torch.tensor([0]))
    for corner in (float("nan"), -1.0):
        wrong = replace(flat, boxes=torch.tensor([[0.0, 0, corner, 4]]))
        with pytest.raises(ValueError, match="box 0 in previous is"):
            checked_truth([wrong], 1, "previous")
