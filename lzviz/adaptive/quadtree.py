"""The quadtree of kept cells, as a :class:`~lzviz.layout.Layout`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from lzviz.adaptive.lattice import Grid, Tree
from lzviz.adaptive.levels import check_levels
from lzviz.coords import Size, check_size
from lzviz.layout import Layout


class Leaves(NamedTuple):
    """The cells of a quadtree, one an entry.

    Attributes:
        batch: (N,) int64, the image.
        level: (N,) int64, how often the cell was halved.
        boxes: (N, 4) x0, y0, x1, y1 source pixel edges, cut at the image's border.
    """

    batch: Tensor
    level: Tensor
    boxes: Tensor


@dataclass(frozen=True, eq=False)
class QuadTree(Layout):
    """Rows of content-adaptive downsampling: the cells of a quadtree over the fine grid.

    Args:
        levels: (B, 1, h, w) integers on the fine grid, 0 = keep, v = halved v times; blocks are completed.
        stride: source pixels between neighbouring fine cells (the fine output stride).
        image_size: (H, W) of the source. The fine grid has ceil(H / stride) x ceil(W / stride) cells, or one less where a
            network drops the border (its pools without padding).

    Convention: cell (i, j) of a network of stride s sees source pixel (s j, s i) (x, y), its *site*. A cell of level v
    stands for the ``2^v s`` pixels a side from there on, cut at the border: footprints tile the image. Rows are ordered by
    image, then the coarsest grid row-major, then the finer cells.

    Raises:
        TypeError, ValueError: levels that are none, of another size, or a stride < 1.
    """

    levels: Tensor
    stride: int
    image_size: Size

    def __post_init__(self) -> None:
        if isinstance(self.stride, bool) or not isinstance(self.stride, int) or self.stride < 1:
            raise ValueError(f"expected stride as an integer >= 1 (source pixels a fine cell), got {self.stride!r}")
        h, w = check_size(self.image_size, "image_size")
        plain = check_levels(self.levels, 62)
        for cells, pixels, axis in ((plain.shape[1], h, "height"), (plain.shape[2], w, "width")):
            if cells not in (pixels // self.stride, -(-pixels // self.stride)):
                raise ValueError(
                    f"levels have {cells} cells along the {axis}, but {pixels} px at stride {self.stride} make "
                    f"{-(-pixels // self.stride)}: resize the mask or correct `stride`"
                )
        tree = Tree.grow(plain, int(plain.max()))
        object.__setattr__(self, "levels", tree.levels[:, None])
        object.__setattr__(self, "_tree", tree)
        object.__setattr__(self, "source_size", (h, w))

    @cached_property
    def grid(self) -> Grid:
        """The machine's grid of these rows. Its rows are ordered by level first; ``order`` brings them to ours."""
        tree: Tree = self.__dict__["_tree"]
        return tree.grid(tree.depth)

    @cached_property
    def order(self) -> Tensor:
        """(N,) the grid's row for each of our rows: images one after the other."""
        return self.grid.place[0].argsort(stable=True)

    @cached_property
    def _cells(self) -> tuple[Tensor, Tensor, Tensor]:
        batch, y, x = (place[self.order] for place in self.grid.place)
        return batch, y, x

    @property
    def batch(self) -> Tensor:
        return self._cells[0]

    @cached_property
    def level(self) -> Tensor:
        """(N,) how often each row's cell was halved."""
        return self.grid.row_level[self.order]

    @cached_property
    def sites(self) -> Tensor:
        _, y, x = self._cells
        return torch.stack([x, y], dim=1).to(torch.get_default_dtype()) * self.stride

    @cached_property
    def count(self) -> Tensor:
        return torch.bincount(self.batch, minlength=self.levels.shape[0])

    @cached_property
    def footprints(self) -> Tensor:
        x0, y0, x1, y1 = (self.leaves().boxes - 0.5).unbind(1)
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        return torch.stack([torch.stack(corner, dim=1) for corner in corners], dim=1)

    def leaves(self) -> Leaves:
        """The cells as boxes of source pixel edges."""
        batch, y, x = self._cells
        side = (1 << self.level) * self.stride
        (h, w), (cells_h, cells_w) = self.source_size, self.levels.shape[-2:]
        low = torch.stack([x, y], dim=1) * self.stride
        limit = torch.tensor([min(w, cells_w * self.stride), min(h, cells_h * self.stride)], device=low.device)
        boxes = torch.cat([low, torch.minimum(low + side[:, None], limit)], dim=1)
        return Leaves(batch, self.level, boxes.to(torch.get_default_dtype()))

    def gather(self, image: Tensor) -> Tensor:
        """Read each row at its site: (N, C).

        Args:
            image: (B, C, H, W) of ``source_size``, or features (B, C, h, w) of the fine grid.
        """
        size = tuple(image.shape[-2:])
        fine = tuple(self.levels.shape[-2:])
        if image.ndim != 4 or size not in (self.source_size, fine):
            raise ValueError(
                f"expected an image (B, C, {self.source_size[0]}, {self.source_size[1]}) or features (B, C, {fine[0]}, "
                f"{fine[1]}), got {tuple(image.shape)}"
            )
        if image.shape[0] not in (1, self.levels.shape[0]):
            raise ValueError(f"the tree has {self.levels.shape[0]} image(s), the input {image.shape[0]}")
        batch, y, x = self._cells
        step = self.stride if size == self.source_size else 1
        return image[batch if image.shape[0] > 1 else torch.zeros_like(batch), :, y * step, x * step]

    def scatter(self, rows: Tensor, size: Size) -> tuple[Tensor, Tensor]:
        """Give each location its cell's row: (B, C, H, W) on the corner-aligned lattice of ``size``, validity (B, H, W).

        At the source's size that is the pixel's own cell, at the fine grid's size the cell itself. A border that the fine
        grid leaves out is invalid and zero.
        """
        if rows.ndim != 2 or rows.shape[0] != self.batch.numel():
            raise ValueError(f"expected rows ({self.batch.numel()}, C), got {tuple(rows.shape)}")
        size = check_size(size)
        (y, y_in), (x, x_in) = (self._cell_of(axis, size[axis]) for axis in (0, 1))
        back = torch.empty_like(self.order)
        back[self.order] = torch.arange(self.order.numel(), device=back.device)
        owner = back[self.grid.owner[:, y][:, :, x]]
        valid = (y_in[:, None] & x_in)[None].expand(owner.shape)
        values = rows[owner] * valid[..., None]
        return values.permute(0, 3, 1, 2), valid.clone()

    def _cell_of(self, axis: int, length: int) -> tuple[Tensor, Tensor]:
        """The fine cell of each of ``length`` corner-aligned locations along an axis, and whether it exists."""
        source, cells = self.source_size[axis], int(self.levels.shape[-2 + axis])
        place = torch.arange(length, device=self.levels.device, dtype=torch.float64)
        pixel = place * ((source - 1) / (length - 1)) if length > 1 else place
        cell = (pixel + 0.5).div(self.stride, rounding_mode="floor").long()
        return cell.clamp(max=cells - 1), cell < cells
