"""Data: folders as they are handed out, pictures and labels as they come, and the batches that are made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from lzviz.datasets import (
    CAMVID,
    CITYSCAPES,
    HELD_OUT,
    Dataset,
    Example,
    camvid,
    cityscapes,
    class_names,
    open_data,
    pairs,
    procedural,
    read_labels,
    read_picture,
)
from lzviz.pipelines.blueprint import Blueprint
from lzviz.tasks.segmentation import TASK as SEGMENTATION
from lzviz.training.batches import POOLED, Batches, crop, index_at
from lzviz.training.recipes import Recipe

RECIPE = Recipe("tiny", Blueprint("uniform"), batch=6, steps=100, window=(12, 16), scale=(1.0, 2.0))


def write(path: Path, values: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), values[..., ::-1] if values.ndim == 3 else values)
    return path


def picture(height: int = 6, width: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def write_camvid(root: Path, names: list[str], split: str = "train") -> None:
    for name in names:
        write(root / split / "images" / f"{name}.png", picture())
        write(root / split / "labels" / f"{name}.png", np.arange(48, dtype=np.uint8).reshape(6, 8) % 12)


# -- CamVid --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def camvid_root(tmp_path) -> Path:
    frames = {"0001TP": 14, "0006R0": 23, "0016E5": 3}
    write_camvid(tmp_path, [f"{sequence}_{k:05d}" for sequence, n in frames.items() for k in range(n)])
    write_camvid(tmp_path, ["0016E5_09000"], "val")
    return tmp_path


def names(dataset: Dataset) -> list[str]:
    return [example.name for example in dataset]


def test_training_never_sees_what_is_held_out(camvid_root):
    train, held, official = (set(names(camvid(camvid_root, s))) for s in ("train", "heldout", "train-official"))
    assert not train & held
    assert train | held == official
    assert names(open_data("camvid", camvid_root)) == sorted(train)


def test_held_out_are_the_last_frames_of_two_sequences(camvid_root):
    held = names(camvid(camvid_root, "heldout"))
    assert len(held) == sum(HELD_OUT.values())
    assert held[:12] == [f"0001TP_{k:05d}" for k in range(2, 14)]
    assert held[12:] == [f"0006R0_{k:05d}" for k in range(3, 23)]


def test_camvid_has_eleven_classes_and_void(camvid_root):
    example = camvid(camvid_root, "val")[0]
    assert example.image.shape == (3, 6, 8) and example.image.dtype == torch.uint8
    assert np.array_equal(example.image.permute(1, 2, 0), picture())
    assert example.labels.unique().tolist() == [*range(len(CAMVID)), 255]


def test_labels_that_are_missing_are_named(camvid_root):
    (camvid_root / "val" / "labels" / "0016E5_09000.png").unlink()
    with pytest.raises(ValueError, match=r"1 of 1 pictures have no labels.*0016E5_09000\.png"):
        camvid(camvid_root, "val")


def test_a_wrong_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no pictures in .*images"):
        camvid(tmp_path)
    with pytest.raises(ValueError, match="--data FOLDER"):
        open_data("camvid")
    with pytest.raises(ValueError, match="there are camvid, cityscapes, coco, scenes and clips"):
        open_data("kitti", tmp_path)


# -- Cityscapes ----------------------------------------------------------------------------------------------------------


def test_cityscapes_as_handed_out(tmp_path):
    for city, frame in (("zurich", "zurich_000001_000019"), ("aachen", "aachen_000000_000019")):
        write(tmp_path / "leftImg8bit" / "train" / city / f"{frame}_leftImg8bit.png", picture())
        ids = np.array([0, 7, 8, 11, 14, 26, 33, 255], np.uint8).repeat(6).reshape(8, 6).T.copy()
        write(tmp_path / "gtFine" / "train" / city / f"{frame}_gtFine_labelIds.png", ids)
        write(tmp_path / "gtFine" / "train" / city / f"{frame}_gtFine_color.png", picture())
    data = cityscapes(tmp_path)
    assert names(data) == ["aachen_000000_000019", "zurich_000001_000019"]
    assert data.classes == CITYSCAPES and len(CITYSCAPES) == 19
    assert data[0].labels[0].tolist() == [255, 0, 1, 2, 255, 13, 18, 255]
    with pytest.raises(ValueError, match="leftImg8bit and gtFine"):
        cityscapes(tmp_path / "leftImg8bit")


# -- any two folders -----------------------------------------------------------------------------------------------------


def test_a_pair_of_folders(tmp_path):
    write(tmp_path / "mine" / "a.png", picture())
    write(tmp_path / "truth" / "a.png", np.eye(6, 8, dtype=np.uint8) * 2)
    (tmp_path / "mine" / "notes.txt").write_text("no picture")
    data = pairs(tmp_path / "mine", tmp_path / "truth", ("grass", "path", "tree"))
    assert (data.name, names(data), data.classes) == ("mine", ["a"], ("grass", "path", "tree"))
    assert SEGMENTATION.summary((e.truth for e in data), len(data.classes)).tolist() == pytest.approx(
        [42 / 48, 0, 6 / 48]
    )


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.full((6, 8), 3, np.uint8), "holds 3, which is no class"),
        (np.full((6, 8), 300, np.uint16), "numbers up to 255"),
        (picture(), "one whole number a pixel, got mode RGB"),
        (np.zeros((6, 9), np.uint8), "is 9 x 6, its picture is 8 x 6"),
    ],
)
def test_labels_that_cannot_be_are_errors(tmp_path, labels, message):
    write(tmp_path / "mine" / "a.png", picture())
    write(tmp_path / "truth" / "a.png", labels)
    with pytest.raises(ValueError, match=message):
        pairs(tmp_path / "mine", tmp_path / "truth", ("grass", "path", "tree"))[0]


def test_labels_may_be_a_palette_image(tmp_path):
    image = Image.fromarray(np.array([[0, 2], [1, 255]], np.uint8), "P")
    image.putpalette([200, 10, 10] * 256)
    image.save(tmp_path / "a.png")
    assert read_labels(tmp_path / "a.png").tolist() == [[0, 2], [1, 255]]


def test_labels_of_sixteen_bits_are_numbers_too(tmp_path):
    assert read_labels(write(tmp_path / "a.png", np.array([[0, 255]], np.uint16))).tolist() == [[0, 255]]


def test_pictures_of_sixteen_bits_are_scaled(tmp_path):
    grey = write(tmp_path / "grey.png", np.array([[0, 0x80FF, 0xFFFF]], np.uint16))
    assert read_picture(grey).tolist() == [[[0] * 3, [128] * 3, [255] * 3]]
    colour = write(tmp_path / "colour.png", np.array([[[0x0100, 0x80FF, 0xFFFF]]], np.uint16))
    assert read_picture(colour).tolist() == [[[1, 128, 255]]]


def test_transparency_is_laid_on_white(tmp_path):
    Image.fromarray(np.array([[[10, 20, 30, 255], [10, 20, 30, 0]]], np.uint8), "RGBA").save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png").tolist() == [[[10, 20, 30], [255, 255, 255]]]


def test_class_names_from_words_or_a_file(tmp_path):
    (tmp_path / "names.txt").write_text("sky\ntraffic light\n\n")
    assert class_names("sky, road") == ("sky", "road")
    assert class_names(str(tmp_path / "names.txt")) == ("sky", "traffic light")


# -- scenes, and what is kept --------------------------------------------------------------------------------------------


def test_scenes_of_two_splits_differ():
    train, val = (open_data("scenes", split=split, count=2, size=(24, 32)) for split in ("train", "val"))
    assert not set(names(train)) & set(names(val))
    assert torch.equal(train[1].image, procedural(count=1, size=(24, 32), first=1001)[0].image)
    with pytest.raises(ValueError, match="train, val, test"):
        open_data("scenes", split="heldout")


def test_examples_stay_in_memory_up_to_a_limit():
    reads = []

    def reader(k: int):
        def read() -> Example:
            reads.append(k)
            return Example(str(k), torch.zeros(3, 2, 2, dtype=torch.uint8), torch.zeros(2, 2, dtype=torch.uint8))

        return read

    data = Dataset("mine", ("a",), [reader(0), reader(1)], memory=20)  # an example has 16 bytes
    names(data), names(data)
    assert reads == [0, 1, 1]
    assert names(replace(data, readers=[reader(1)])) == ["1"]


# -- batches -------------------------------------------------------------------------------------------------------------


def gradient(height: int = 20, width: int = 30, count: int = 5) -> Dataset:
    """Pictures whose pixels say where they are, red the row and green the column, as the labels do, and blue the picture."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")

    def example(k: int) -> Example:
        image = torch.stack((rows, columns, torch.full_like(rows, k))).byte()
        return Example(str(k), image, (rows + columns).byte())

    return Dataset("gradient", ("a",), [lambda k=k: example(k) for k in range(count)])


def test_an_epoch_takes_every_picture_once():
    for epoch in range(3):
        assert sorted(index_at(7, 0, 7 * epoch + k) for k in range(7)) == list(range(7))
    first, second = ([index_at(50, 0, 50 * epoch + k) for k in range(50)] for epoch in range(2))
    assert first != second


def test_a_step_is_the_same_whatever_came_before():
    batches = Batches(gradient(), RECIPE)
    later = Batches(gradient(), RECIPE)
    for step in (3, 1, 7):
        later[step]
    assert all(torch.equal(a, b) for a, b in zip(batches[7], later[7], strict=True))
    assert any(a.shape != b.shape or not torch.equal(a, b) for a, b in zip(batches[7], batches[8], strict=True))


@pytest.mark.parametrize("processes", [2, 3])
def test_parts_of_processes_make_up_the_batch_of_one(processes):
    recipe = replace(RECIPE, curriculum=1.0)
    whole = Batches(gradient(), recipe)[4]
    for process in range(processes):
        part = Batches(gradient(), recipe, process, processes)[4]
        assert all(torch.equal(b[process::processes], a) for a, b in zip(part, whole, strict=True))


def test_a_batch_that_does_not_divide_is_an_error():
    with pytest.raises(ValueError, match="a batch of 6 does not divide into 4"):
        Batches(gradient(), RECIPE, 0, 4)
    with pytest.raises(ValueError, match="no pictures"):
        Batches(gradient(count=0), RECIPE)


def test_labels_stay_with_their_pixels():
    sizes = set()
    for step in range(12):
        batch = Batches(gradient(), RECIPE)[step]
        assert torch.equal(batch.image[:, 0] + batch.image[:, 1], batch.truth)
        sizes.add(tuple(batch.truth.shape[1:]))
        steps = batch.image[:, 1, 0].long().diff(dim=1)
        assert set(steps.unique().tolist()) <= {-1, 1}
    assert all(6 <= h <= 12 and 8 <= w <= 16 for h, w in sizes) and len(sizes) > 3


def test_a_picture_smaller_than_the_window_repeats_its_border_unlabelled():
    example = gradient(height=3, width=30)[1]
    image, labels = crop(example, (5, 4), y=0.9, x=0.0, flip=0.9)
    assert image[0].tolist() == [[0] * 4, [1] * 4, [2] * 4, [2] * 4, [2] * 4]
    assert labels.tolist() == [[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [255] * 4, [255] * 4]
    mirrored = crop(gradient(height=9, width=3)[1], (2, 4), y=0.0, x=0.9, flip=0.1)[1]
    assert mirrored.tolist() == [[255, 2, 1, 0], [255, 3, 2, 1]]


def test_floats_go_to_the_device():
    batch = Batches(gradient(), RECIPE)[0].to(torch.device("cpu"))
    assert batch.image.dtype == torch.float32 and batch.image.max() <= 29 / 255
    assert batch.truth.dtype == torch.int64
    for draws in (batch.colour, batch.shift):
        assert draws.shape == (6, 3) and -1 <= draws.min() < 0 < draws.max() < 1


def test_a_curriculum_pools_in_the_first_steps():
    batches = Batches(gradient(), replace(RECIPE, curriculum=0.2))
    assert set(torch.cat([batches[step].pool for step in range(20)]).tolist()) == set(POOLED)
    assert all((batches[step].pool == 1).all() for step in range(20, 30))
    plain = Batches(gradient(), RECIPE)[3]
    assert all(torch.equal(a, b) for a, b in zip(plain[:4], batches[3][:4], strict=True))


def test_two_pictures_that_share_one_label_are_named(tmp_path):
    for name in ("a.png", "a.jpg", "b.png"):
        write(tmp_path / "mine" / name, picture())
    for name in ("a.png", "b.png"):
        write(tmp_path / "truth" / name, np.zeros((6, 8), np.uint8))
    with pytest.raises(ValueError, match=r"a\.jpg and a\.png share the labels a\.png"):
        pairs(tmp_path / "mine", tmp_path / "truth", ("grass", "path", "tree"))
