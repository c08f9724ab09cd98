"""Pictures with what is true of them: CamVid and Cityscapes in their own folders, any pair of folders, and procedural scenes.

Every set is a sequence of :class:`Example`; labels are class indices or 255, "not labelled". Small sets stay in memory.

>>> open_data("scenes", split="train", count=2, size=(64, 128))[0].image.shape
torch.Size([3, 64, 128])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lzviz import scenes
from lzviz.coords import Size
from lzviz.nested import tensors

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
    with Image.open(path) as opened:
        if opened.mode.startswith("I;16") or opened.mode == "I":
            opened = Image.fromarray((np.array(opened) >> 8).astype(np.uint8))
        if opened.has_transparency_data:
            opened = opened.convert("RGBA")
            opened = Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened)
        return np.array(opened.convert("RGB"))


def read_labels(path: Path) -> np.ndarray:
    """(H, W) uint8: the numbers of a grey or palette image; the palette's colours do not count."""
    with Image.open(path) as opened:
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
    """A data set by name: "camvid", "cityscapes" (with their folder), or "scenes" (with :func:`procedural`'s options).

    Scenes of the split "train" have seeds from 1000, of "val" from 100, of "test" from 500.
    """
    if name == "scenes":
        first = {"train": 1000, "val": 100, "test": 500}
        if split not in first:
            raise ValueError(f"scenes have the splits {', '.join(first)}, got {split!r}")
        return procedural(first=first[split], split=split, **options)
    known = {"camvid": camvid, "cityscapes": cityscapes}
    if name not in known:
        raise ValueError(f"no data set named {name!r}; there are {', '.join(known)} and scenes")
    if root is None:
        raise ValueError(f"{name} needs its folder: --data FOLDER")
    return known[name](root, split)
