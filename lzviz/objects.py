"""What is true of a picture with things in it: boxes, classes, and their bodies in space; and files of both."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor

from lzviz.coords import Size


@dataclass(frozen=True, eq=False)
class Objects:
    """What is true of a picture: ``boxes`` (N, 4) pixel edges, ``classes`` (N,) int64, ``ignored`` (N,) bool: crowds, which are
    neither to be found nor wrong; ``solid`` (N, 7) the 3D box, centre x, y, z in camera metres, length, width, height, yaw (NaN
    where it is not known), and ``intrinsics`` (3, 3) from there to pixels (centres of pixels are whole numbers); ``area`` (N,)
    square pixels by which a thing counts as small or large, COCO's are of its mask (NaN, or ``None`` for all: those of the box)."""

    boxes: Tensor
    classes: Tensor
    ignored: Tensor
    solid: Tensor
    intrinsics: Tensor
    area: Tensor | None = None

    @classmethod
    def flat(cls, boxes: Tensor, classes: Tensor, ignored: Tensor | None = None, area: Tensor | None = None) -> Objects:
        """Without depth; rows of numbers will do.

        Raises:
            ValueError: boxes that are not (N, 4) finite x0, y0, x1, y1 with x0 <= x1, y0 <= y1; other lengths than theirs.
        """
        boxes, classes = torch.as_tensor(boxes).reshape(-1, 4), torch.as_tensor(classes)
        lengths = [len(part) for part in (classes, ignored, area) if part is not None]
        if any(length != len(boxes) for length in lengths):
            raise ValueError(f"expected a class (an ignored, an area) of each of {len(boxes)} boxes, got {lengths}")
        wrong = ~(boxes.isfinite().all(1) & (boxes[:, :2] <= boxes[:, 2:]).all(1))
        if wrong.any():
            given = boxes[wrong][0].tolist()
            raise ValueError(
                f"expected finite x0 <= x1 and y0 <= y1 of a box, got {given}: are these x, y, width, height?"
            )
        none = torch.zeros(len(boxes), dtype=torch.bool) if ignored is None else ignored
        unknown = torch.full((len(boxes), 7), torch.nan)
        return cls(boxes.float(), classes.long(), none, unknown, torch.eye(3), area)

    def __len__(self) -> int:
        return len(self.boxes)

    def rows(self, kept: Tensor) -> Objects:
        area = None if self.area is None else self.area[kept]
        return Objects(
            self.boxes[kept], self.classes[kept], self.ignored[kept], self.solid[kept], self.intrinsics, area
        )

    def to(self, device: torch.device) -> Objects:
        there = {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}
        return Objects(**{name: value.to(device) for name, value in there.items()})

    def cropped(self, top: int, left: int, size: Size, mirrored: bool, least: float = 0.3) -> Objects:
        """In a part of the picture; boxes of which less than ``least`` is left do not count."""
        moved = self.boxes - self.boxes.new_tensor([left, top, left, top])
        h, w = size
        cut = torch.minimum(moved.clamp(min=0), moved.new_tensor([w, h, w, h]))
        share = _areas(cut) / _areas(moved).clamp(min=1e-6)
        move = torch.eye(3, dtype=self.intrinsics.dtype)
        move[0, 2], move[1, 2] = -left, -top
        solid = self.solid
        if mirrored:
            cut = torch.stack([w - cut[:, 2], cut[:, 1], w - cut[:, 0], cut[:, 3]], 1)
            solid = solid * solid.new_tensor([-1, 1, 1, 1, 1, 1, -1])
            # x of the camera turns with the picture: u = w - 1 - u of before, so that the middle moves and the focal length stays.
            move[0, 2] = w - 1 - (self.intrinsics[0, 2] - left) - self.intrinsics[0, 2]
        ignored = self.ignored | ((share < least) & (share > 0))
        area = None if self.area is None else self.area * share
        found = Objects(cut, self.classes, ignored, solid, move @ self.intrinsics, area)
        return found.rows(share > 0)


def _areas(boxes: Tensor) -> Tensor:
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)


def keep(path: Path, image: Tensor, truth: Objects) -> None:
    """Write a picture (3, H, W) uint8 and what is true of it into a file, whole or not at all; for :func:`read_kept`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [truth.boxes, truth.classes, truth.ignored, truth.solid, truth.intrinsics]
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    torch.save({"image": image, "truth": parts}, temporary)
    os.replace(temporary, path)


def read_kept(path: Path, size: Size) -> tuple[Tensor, Objects] | None:
    """What a file of :func:`keep` holds; ``None``: there is none, it was cut off, or it is another's or of another size (h, w)."""
    try:
        kept = torch.load(path, mmap=True, weights_only=True)
        image, truth = kept["image"], Objects(*kept["truth"])
        shapes = [(truth.boxes, (4,)), (truth.classes, ()), (truth.ignored, ()), (truth.solid, (7,))]
        fits = all(tuple(part.shape) == (len(truth.boxes), *rest) for part, rest in shapes)
        fits &= tuple(image.shape) == (3, *size) and image.dtype == torch.uint8 and truth.intrinsics.shape == (3, 3)
    except (OSError, RuntimeError, EOFError, LookupError, TypeError, AttributeError, ValueError, UnpicklingError):
        return None
    return (image, truth) if fits else None
