"""What is true of a picture with things in it: boxes, classes, and their bodies in space."""

from __future__ import annotations

from dataclasses import dataclass, fields

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
        """Without depth."""
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
