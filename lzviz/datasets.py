"""Pictures with what is true of them: CamVid and Cityscapes in their own folders, any pair of folders, folders of boxes as COCO has
them, and procedural scenes and clips.

Every set is a sequence of :class:`Example`; labels are class indices or 255, "not labelled". Small sets stay in memory.

>>> open_data("scenes", split="train", count=2, size=(64, 128))[0].image.shape
torch.Size([3, 64, 128])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from lzviz import boxlists, scenes
from lzviz.coords import Size
from lzviz.nested import tensors
from lzviz.objects import Objects, keep, read_kept
from lzviz.palette import common
from lzviz.scenes import clips as drawing

IGNORE = 255
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")

CAMVID = ("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist")
CITYSCAPES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation", "terrain",
    "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
)  # fmt: skip
CITYSCAPES_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
"""Which of the official label ids the 19 classes are; the others are not evaluated."""

HELD_OUT = {"0001TP": 12, "0006R0": 20}
"""CamVid's official validation frames stand between training frames of one sequence. A fairer second set: the last frames (one a
second) of these two training sequences, which no training run of ours sees."""


@dataclass(frozen=True, eq=False)
class Example:
    """A picture (3, H, W) uint8, what is true of it, and a name; names sort by sequence and time.

    Attributes:
        truth: as the data set's task takes it; for segmentation labels (H, W) uint8.
    """

    name: str
    image: Tensor
    truth: Any

    @property
    def labels(self) -> Tensor:
        """Segmentation's name for the truth."""
        return self.truth


@dataclass(eq=False)
class Dataset(Sequence[Example]):
    """Examples that are read when asked for, and kept up to ``memory`` bytes.

    Attributes:
        name: for cards and tables.
        classes: names, by index.
        readers: one for each example.
        licence: what may be done with the pictures.
        split: which part of the data this is.
        task: whose truths these are, a name of :mod:`lzviz.tasks`.
    """

    name: str
    classes: tuple[str, ...]
    readers: Sequence[Callable[[], Example]]
    licence: str = ""
    split: str = "train"
    task: str = "segmentation"
    memory: int = 2 << 30
    _kept: dict[int, Example] = field(default_factory=dict, init=False, repr=False)
    _bytes: int = field(default=0, init=False, repr=False)

    def __repr__(self) -> str:
        return f"{self.name}, {self.split!r}: {len(self)} pictures with {len(self.classes)} classes, for {self.task}"

    def __len__(self) -> int:
        return len(self.readers)

    def __getitem__(self, index: int) -> Example:  # type: ignore[override]
        if index in self._kept:
            return self._kept[index]
        example = self.readers[index]()
        size = sum(tensor.nbytes for tensor in tensors([example.image, example.truth]))
        if self._bytes + size <= self.memory:
            self._kept[index], self._bytes = example, self._bytes + size
        return example


def read_pair(name: str, image: Path, labels: Path, lookup: np.ndarray) -> Example:
    """An example from two files; ``lookup`` (256,) takes the file's numbers to class indices, -1: no number that may occur."""
    pixels, numbers = read_picture(image), read_labels(labels)
    if numbers.shape != pixels.shape[:2]:
        raise ValueError(
            f"{labels} is {numbers.shape[1]} x {numbers.shape[0]}, its picture is {pixels.shape[1]} x {pixels.shape[0]}"
        )
    indices = lookup[numbers]
    if indices.min() < 0:
        raise ValueError(
            f"{labels} holds {numbers[indices < 0][0]}, which is no class: see the number of classes given"
        )
    truth = torch.from_numpy(indices.astype(np.uint8))
    return Example(name, torch.from_numpy(pixels).permute(2, 0, 1).contiguous(), truth)


def read_picture(path: Path) -> np.ndarray:
    """(H, W, 3) uint8: 16 bits are scaled to 8, transparency is laid on white, grey becomes colour."""
    with _opened(path) as opened:
        return colours_of(opened)


def _opened(path: Path) -> Image.Image:
    """A picture's file; what is wrong with it is told with what to give instead."""
    instead = "give the path of a picture (PNG, JPEG, WebP, ...), or the picture itself as a tensor or an array"
    try:
        return Image.open(path)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {str(path)!r} in {Path.cwd()}: {instead}") from None
    except (IsADirectoryError, UnidentifiedImageError):
        what = "a folder" if path.is_dir() else "no picture that Pillow can read"
        raise ValueError(f"{str(path)!r} is {what}: {instead}") from None


def colours_of(image: Image.Image) -> np.ndarray:
    """The same of an image of Pillow."""
    if image.mode.startswith("I;16") or image.mode == "I":
        image = Image.fromarray((np.array(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image.convert("RGB"))


def read_labels(path: Path) -> np.ndarray:
    """(H, W) uint8: the numbers of a grey or palette image; the palette's colours do not count."""
    with _opened(path) as opened:
        numbers = np.array(opened)
    if numbers.ndim != 2 or numbers.dtype.kind not in "biu":
        raise ValueError(f"{path}: expected a label image with one whole number a pixel, got mode {opened.mode}")
    if numbers.max() > 255:
        raise ValueError(f"{path}: expected numbers up to 255 (255: not labelled), got {numbers.max()}")
    return numbers.astype(np.uint8)


def _lookup(numbers: Sequence[int], other: int = IGNORE) -> np.ndarray:
    """Number -> its place in ``numbers``; what does not occur there is ``other``."""
    table = np.full(256, other, np.int16)
    table[list(numbers)] = range(len(numbers))
    table[IGNORE] = IGNORE
    return table


def camvid(root: str | Path, split: str = "train") -> Dataset:
    """CamVid in the 480 x 360, 11-class version: ``root/train|val|test/images/NAME`` and ``labels/NAME.png``, 11 = void.

    split: "train" (without what is held out), "heldout" (see :data:`HELD_OUT`), "train-official" (all of the official training
        set), "val", "test".
    """
    folder = {"heldout": "train", "train-official": "train"}.get(split, split)
    images = _pictures(Path(root) / folder / "images")
    if split in ("train", "heldout"):
        held = set()
        for sequence, count in HELD_OUT.items():
            held |= set([path for path in images if path.name.startswith(sequence)][-count:])
        images = [path for path in images if (path in held) == (split == "heldout")]
    labels = [path.parent.parent / "labels" / f"{path.stem}.png" for path in images]
    readers = _readers([path.stem for path in images], images, labels, _lookup(range(len(CAMVID))))
    return Dataset("camvid", CAMVID, readers, "CamVid: research use", split)


def cityscapes(root: str | Path, split: str = "train") -> Dataset:
    """Cityscapes as handed out: ``leftImg8bit/SPLIT/CITY/*_leftImg8bit.png`` and ``gtFine/SPLIT/CITY/*_gtFine_labelIds.png``."""
    base = Path(root) / "leftImg8bit" / split
    images = sorted(base.glob("*/*_leftImg8bit.png"))
    if not images:
        raise ValueError(
            f"no pictures in {base}/CITY/*_leftImg8bit.png: is {root} the folder that holds leftImg8bit and gtFine?"
        )
    names = [path.name.removesuffix("_leftImg8bit.png") for path in images]
    labels = [
        Path(root) / "gtFine" / split / path.parent.name / f"{name}_gtFine_labelIds.png"
        for path, name in zip(images, names, strict=True)
    ]
    readers = _readers(names, images, labels, _lookup(CITYSCAPES_IDS))
    return Dataset("cityscapes", CITYSCAPES, readers, "Cityscapes: non-commercial research", split)


def pairs(images: str | Path, labels: str | Path, classes: Sequence[str], split: str = "train") -> Dataset:
    """Any two folders: each picture's labels have its name, ending in .png, and hold class indices; 255: not labelled."""
    found = _pictures(Path(images))
    truths = [Path(labels) / f"{path.stem}.png" for path in found]
    first: dict[str, Path] = {}
    for path in found:
        if first.setdefault(path.stem, path) is not path:
            raise ValueError(
                f"{first[path.stem].name} and {path.name} share the labels {path.stem}.png: give each picture a name of its own"
            )
    readers = _readers([path.stem for path in found], found, truths, _lookup(range(len(classes)), other=-1))
    return Dataset(Path(images).resolve().name, tuple(classes), readers, split=split)


def class_names(names: str) -> tuple[str, ...]:
    """Of "sky,road,car", or of a text file with one name a line."""
    if Path(names).is_file():
        names = ",".join(Path(names).read_text().split("\n"))
    return tuple(name.strip() for name in names.split(",") if name.strip())


def procedural(
    kind: str = "street", count: int = 64, size: Size = (1024, 2048), first: int = 0, split: str = "train"
) -> Dataset:
    """Scenes drawn by :mod:`lzviz.scenes` from seeds ``first, first + 1, ...``: exact labels, no files."""
    classes = scenes.SCENES[kind](size=(16, 16), seed=0).classes
    readers = [partial(draw, kind, size, first + k) for k in range(count)]
    return Dataset(f"{kind} scenes", classes, readers, "drawn by lzviz", split, memory=4 << 30)


def draw(kind: str, size: Size, seed: int) -> Example:
    """A procedural scene."""
    scene = scenes.SCENES[kind](size=size, seed=seed)
    image = torch.from_numpy(scene.image).permute(2, 0, 1).contiguous()
    return Example(f"{kind}_{seed:05d}", image, torch.from_numpy(scene.labels))


BOXED = ("detection", "mono3d")
"""Tasks whose truths are boxes."""
HIDDEN = 0.75
"""Share of a clip's object that others hide from which it is no fault not to find it."""


def clips(
    count: int = 16,
    frames: int = 8,
    size: Size = (1024, 2048),
    first: int = 0,
    every: float = 0.1,
    split: str = "train",
    task: str = "detection",
    cache: str | Path | None = None,
) -> Dataset:
    """Films drawn by :func:`lzviz.scenes.clip` from seeds ``first, first + 1, ...``: exact boxes, no files.

    frames: of each film, ``every`` so many seconds; cache: a folder where drawn frames are kept, shared by all who name it.
    """
    for what, number in (("count", count), ("frames", frames)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ValueError(f"expected {what} as a whole number from 1, got {number!r}")
    if isinstance(every, bool) or not isinstance(every, int | float) or not (every > 0 and math.isfinite(every)):
        raise ValueError(f"expected every as seconds between two frames, above 0, got {every!r}")
    if task not in BOXED:
        raise ValueError(f"films have boxes, for the tasks {' and '.join(BOXED)}, got {task!r}")
    folder, every = None if cache is None else Path(cache), float(every)
    readers = [partial(frame, size, first + k, frames, every, n, folder) for k in range(count) for n in range(frames)]
    memory = 2 << 30 if cache is None else 0  # what is in files is in the system's memory already
    return Dataset("clips", scenes.Clip.classes, readers, "drawn by lzviz", split, task, memory)


def frame(size: Size, seed: int, frames: int, every: float, number: int, cache: Path | None = None) -> Example:
    """A frame of a film, from the cache where it is there."""
    name = f"clip{seed:05d}_{number:04d}"
    path = None if cache is None else cache / f"{name}-{size[0]}x{size[1]}-{every!r}-v{drawing.DRAWING}.pt"
    if path is not None and (kept := read_kept(path, size)) is not None:
        return Example(name, *kept)
    drawn = _film(tuple(size), seed, frames, every)[number]  # type: ignore[arg-type]
    image = torch.from_numpy(drawn.image.transpose(2, 0, 1).copy())
    truth = objects_of(drawn)
    if path is not None:
        keep(path, image, truth)
    return Example(name, image, truth)


def objects_of(drawn: scenes.Frame) -> Objects:
    """What is true of a frame: the boxes in sight; what is nearly hidden is ignored."""
    found = drawn.objects
    solid = np.concatenate([found.centre, found.size, found.yaw[:, None]], 1)
    boxes, hidden = torch.from_numpy(found.visible).float(), torch.from_numpy(found.occlusion > HIDDEN)
    depth, matrix = (torch.from_numpy(values).float() for values in (solid, drawn.intrinsics))
    return Objects(boxes, torch.from_numpy(found.classes), hidden, depth, matrix)


@lru_cache(maxsize=2)
def _film(size: Size, seed: int, frames: int, every: float) -> scenes.Clip:
    return scenes.clip(size, seed, frames, 1 / every, memory=1)


def coco(root: str | Path, split: str = "train2017", task: str = "detection") -> Dataset:
    """Boxes as COCO writes them: ``root/annotations/instances_SPLIT.json`` (or ``SPLIT.json``) and the pictures in ``root/SPLIT``,
    ``root/images`` or ``root``; of films (Argoverse-HD) ``seq_dirs`` says where each one's frames are.

    Crowds are ignored in the sense of the metric, and an annotation's ``area`` says how large its thing is, as COCO's own code has
    it. Classes are the categories in the order of their ids. The whole list is checked here (:mod:`lzviz.boxlists`).

    Raises:
        ValueError: no such list, or the first entry of it that is wrong.
    """
    root = Path(root)
    files = [root / "annotations" / name for name in (f"instances_{split}.json", f"{split}.json")]
    path = next((each for each in files if each.is_file()), None)
    if path is None:
        raise ValueError(f"expected {files[0]} or {files[1].name} beside it: is {root} a folder in COCO's layout?")
    listed = boxlists.read(path)
    folders = [root / split, root / "images", root]
    readers = [partial(_read_boxes, each, folders) for each in listed.pictures]
    return Dataset(root.resolve().name, listed.classes, readers, split=split, task=task)


def _read_boxes(listed: boxlists.Pictured, folders: Sequence[Path]) -> Example:
    path = next((folder / listed.file for folder in folders if (folder / listed.file).is_file()), None)
    if path is None:
        raise ValueError(f"there is no picture {listed.file} in {', '.join(map(str, folders))}")
    pixels = torch.from_numpy(read_picture(path)).permute(2, 0, 1).contiguous()
    return Example(listed.name, pixels, listed.objects((pixels.shape[1], pixels.shape[2])))


def named(data: Dataset, classes: Sequence[str]) -> Dataset:
    """Boxes as indices of other class names, found by name (:func:`lzviz.palette.common`); what has no namesake is left out.

    Raises:
        ValueError: no name fits.
    """
    places = {common(name): k for k, name in reversed(list(enumerate(classes)))}
    table = torch.tensor([places.get(common(name), -1) for name in data.classes], dtype=torch.int64)
    if not (table >= 0).any():
        raise ValueError(
            f"none of the classes of {data.name} ({', '.join(data.classes)}) is one of {', '.join(classes)}: name its categories so"
        )
    return replace(data, classes=tuple(classes), readers=[partial(_renamed, each, table) for each in data.readers])


def _renamed(reader: Callable[[], Example], table: Tensor) -> Example:
    example = reader()
    kinds = table[example.truth.classes]
    return replace(example, truth=replace(example.truth, classes=kinds).rows(kinds >= 0))


def _readers(
    names: Sequence[str], images: Sequence[Path], labels: Sequence[Path], lookup: np.ndarray
) -> list[Callable[[], Example]]:
    missing = [path for path in labels if not path.exists()]
    if missing:
        raise ValueError(f"{len(missing)} of {len(labels)} pictures have no labels, e.g. there is no {missing[0]}")
    return [partial(read_pair, *each, lookup) for each in zip(names, images, labels, strict=True)]


def _pictures(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in PICTURES)
    if not found:
        raise ValueError(f"no pictures in {folder}: expected a folder of {', '.join(PICTURES)} files")
    return found


def open_data(name: str, root: str | Path | None = None, split: str = "train", **options) -> Dataset:
    """A data set by name: "camvid", "cityscapes", "coco" (with their folder), "scenes" (options of :func:`procedural`) or "clips"
    (with those of :func:`clips`; ``root`` is where drawn frames are kept).

    Scenes and clips of the split "train" have seeds from 1000, of "val" from 100, of "test" from 500.
    """
    if name in ("scenes", "clips"):
        first = {"train": 1000, "val": 100, "test": 500}
        if split not in first:
            raise ValueError(f"{name} have the splits {', '.join(first)}, got {split!r}")
        if name == "clips":
            return clips(first=first[split], split=split, cache=root, **options)
        return procedural(first=first[split], split=split, **options)
    known = {"camvid": camvid, "cityscapes": cityscapes, "coco": coco}
    if name not in known:
        raise ValueError(f"no data set named {name!r}; there are {', '.join(known)}, scenes and clips")
    if root is None:
        raise ValueError(f"{name} needs its folder: --data FOLDER")
    return known[name](root, split)
