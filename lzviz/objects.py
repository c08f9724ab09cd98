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
    where it is not known), and ``intrinsics`` (3, 3) from there to pixels (centres of pixels are whole numbers)."""

    boxes: Tensor
    classes: Tensor
    ignored: Tensor
    solid: Tensor
    intrinsics: Tensor

    @classmethod
    def flat(cls, boxes: Tensor, classes: Tensor, ignored: Tensor | None = None) -> Objects:
        """Without depth."""
        none = torch.zeros(len(boxes), dtype=torch.bool) if ignored is None else ignored
        unknown = torch.full((len(boxes), 7), torch.nan)
        return cls(boxes.float(), classes.long(), none, unknown, torch.eye(3))

    def __len__(self) -> int:
        return len(self.boxes)

    def rows(self, kept: Tensor) -> Objects:
        return Objects(self.boxes[kept], self.classes[kept], self.ignored[kept], self.solid[kept], self.intrinsics)

    def to(self, device: torch.device) -> Objects:
        return Objects(*(getattr(self, each.name).to(device) for each in fields(self)))

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
        found = Objects(
            cut, self.classes, self.ignored | ((share < least) & (share > 0)), solid, move @ self.intrinsics
        )
        return found.rows(share > 0)


def _areas(boxes: Tensor) -> Tensor:
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)
