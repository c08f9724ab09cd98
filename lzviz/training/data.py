"""Pictures with labels: CamVid and Cityscapes in their own folders, any pair of folders, and procedural scenes.

Every set is a sequence of :class:`Example`; labels are class indices or 255, "not labelled". Small sets stay in memory.

>>> open_data("scenes", split="train", count=2, size=(64, 128))[0].image.shape
torch.Size([3, 64, 128])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lzviz import scenes
from lzviz.coords import Size

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
    """A picture (3, H, W) uint8, its labels (H, W) uint8, and a name; names sort by sequence and time."""

    name: str
    image: Tensor
    labels: Tensor


@dataclass(eq=False)
class Dataset(Sequence[Example]):
    """Examples that are read when asked for, and kept up to ``memory`` bytes.

    Attributes:
        name: for cards and tables.
        classes: names, by index.
        readers: one for each example.
        licence: what may be done with the pictures.
    """

    name: str
    classes: tuple[str, ...]
    readers: Sequence[Callable[[], Example]]
    licence: str = ""
    memory: int = 2 << 30
    _kept: dict[int, Example] = field(default_factory=dict, repr=False)
    _bytes: int = 0

    def __len__(self) -> int:
        return len(self.readers)

    def __getitem__(self, index: int) -> Example:  # type: ignore[override]
        if index in self._kept:
            return self._kept[index]
        example = self.readers[index]()
        size = example.image.numel() + example.labels.numel()
        if self._bytes + size <= self.memory:
            self._kept[index], self._bytes = example, self._bytes + size
        return example

    def class_shares(self) -> Tensor:
        """Share of the labelled pixels that each class has: (classes,) float64, sum 1."""
        counts = torch.zeros(len(self.classes), dtype=torch.float64)
        for example in self:
            counts += torch.bincount(example.labels.flatten().long(), minlength=256)[: len(self.classes)]
        return counts / counts.sum().clamp(min=1)


def read_pair(name: str, image: Path, labels: Path, lookup: np.ndarray | None = None) -> Example:
    """An example from two files; ``lookup`` (256,) takes the file's numbers to class indices."""
    with Image.open(image) as opened:
        pixels = np.array(opened.convert("RGB"))
    with Image.open(labels) as opened:
        numbers = np.array(opened)
    if numbers.ndim != 2:
        raise ValueError(f"{labels}: expected a label image with one number a pixel, got shape {numbers.shape}")
    if numbers.shape != pixels.shape[:2]:
        raise ValueError(
            f"{labels} is {numbers.shape[1]} x {numbers.shape[0]}, its picture is {pixels.shape[1]} x {pixels.shape[0]}"
        )
    numbers = numbers.astype(np.uint8) if lookup is None else lookup[numbers.astype(np.uint8)]
    return Example(name, torch.from_numpy(pixels).permute(2, 0, 1).contiguous(), torch.from_numpy(numbers))


def _lookup(pairs: Mapping[int, int]) -> np.ndarray:
    table = np.full(256, IGNORE, np.uint8)
    for number, index in pairs.items():
        table[number] = index
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
    lookup = _lookup({k: k for k in range(len(CAMVID))})
    readers = [
        lambda p=path: read_pair(p.stem, p, p.parent.parent / "labels" / f"{p.stem}.png", lookup) for path in images
    ]
    return Dataset("camvid", CAMVID, readers, "CamVid: research use")


def cityscapes(root: str | Path, split: str = "train") -> Dataset:
    """Cityscapes as handed out: ``leftImg8bit/SPLIT/CITY/*_leftImg8bit.png`` and ``gtFine/SPLIT/CITY/*_gtFine_labelIds.png``."""
    base = Path(root) / "leftImg8bit" / split
    images = sorted(base.glob("*/*_leftImg8bit.png"))
    if not images:
        raise ValueError(
            f"no pictures in {base}/CITY/*_leftImg8bit.png: is {root} the folder that holds leftImg8bit and gtFine?"
        )
    lookup = _lookup({number: index for index, number in enumerate(CITYSCAPES_IDS)})

    def reader(path: Path) -> Callable[[], Example]:
        name = path.name.removesuffix("_leftImg8bit.png")
        labels = Path(root) / "gtFine" / split / path.parent.name / f"{name}_gtFine_labelIds.png"
        return lambda: read_pair(name, path, labels, lookup)

    return Dataset("cityscapes", CITYSCAPES, [reader(path) for path in images], "Cityscapes: non-commercial research")


def pairs(images: str | Path, labels: str | Path, classes: Sequence[str]) -> Dataset:
    """Any two folders: each picture's labels have its name, ending in .png, and hold class indices; 255 is ignored."""
    found = _pictures(Path(images))
    missing = [path.stem for path in found if not (Path(labels) / f"{path.stem}.png").exists()]
    if missing:
        raise ValueError(f"{len(missing)} pictures have no labels in {labels}, e.g. {missing[0]}.png")
    readers = [lambda p=path: read_pair(p.stem, p, Path(labels) / f"{p.stem}.png") for path in found]
    return Dataset(Path(images).name, tuple(classes), readers)


def procedural(
    kind: str = "street", count: int = 64, size: Size = (1024, 2048), first: int = 0, memory: int = 4 << 30
) -> Dataset:
    """Scenes drawn by :mod:`lzviz.scenes` from seeds ``first, first + 1, ...``: exact labels, no files."""

    def reader(seed: int) -> Callable[[], Example]:
        def draw() -> Example:
            scene = scenes.SCENES[kind](size=size, seed=seed)
            image = torch.from_numpy(scene.image).permute(2, 0, 1).contiguous()
            return Example(f"{kind}_{seed:05d}", image, torch.from_numpy(scene.labels))

        return draw

    classes = scenes.SCENES[kind](size=(16, 16), seed=0).classes
    return Dataset(f"{kind} scenes", classes, [reader(first + k) for k in range(count)], "drawn by lzviz", memory)


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
        return procedural(first={"train": 1000, "val": 100, "test": 500}[split], **options)
    known = {"camvid": camvid, "cityscapes": cityscapes}
    if name not in known:
        raise ValueError(f"no data set named {name!r}; there are {', '.join(known)} and scenes")
    if root is None:
        raise ValueError(f"{name} needs its folder: --data PATH")
    return known[name](root, split)
