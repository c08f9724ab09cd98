"""Clips and folders of boxes as data sets."""

from __future__ import annotations

import json

import pytest
import torch
from PIL import Image

from lzviz.datasets import coco, open_data


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
    values["annotations"][0]["category_id"] = 99
    path.write_text(json.dumps(values))
    with pytest.raises(ValueError, match="no picture"):
        coco(root, "train2017")[1]
    (root / "val2017").rename(root / "images")
    with pytest.raises(ValueError, match="99"):
        coco(root, "train2017")[1]
    assert int(coco(root, "train2017")[0].image.max()) > 0
