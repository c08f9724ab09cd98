"""Where the rows of a multi-resolution map lie, and which row each kernel tap reads.

After n halvings of a network (*exponent* n) a cell of level v stands for a block of ``2^min(v, n)`` fine cells a side. Its
row belongs to the block's top-left cell, its *corner*. Rows come in the order of the paper: the coarsest grid, dense and
row-major, then the finer cells. A convolution of the network reads its taps ``(k * dilation - padding) * 2^n`` fine cells
away from its corner, through the row that owns the cell found there; outside the map it reads zero.

All coarsest cells lie on multiples of their own size and their taps on multiples of it too, so they only ever read each
other: they are the strided network, whatever the finer cells do (the paper's Guarantee 2).

The *extent* (h, w) of a map is the part of the fine grid on which its rows live. The stock network has
``ceil(extent / 2^n)`` features an axis there, and nested ceilings let odd sizes and unpadded kernels through unharmed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.adaptive.levels import complete

Pair = tuple[int, int]
BLOCK = 512  # gathered rows of one product: large enough for the product, small enough for the caches


class Window(NamedTuple):
    """A sliding window, in cells of the stock network: kernel (y, x), dilation, padding before and after, stride."""

    kernel: Pair
    dilation: Pair
    before: Pair
    after: Pair
    stride: int = 1
    ceil_mode: bool = False

    @property
    def is_point(self) -> bool:
        """True for a 1x1 window without padding."""
        return self.kernel == (1, 1) and self.before == self.after == (0, 0)

    def extent(self, extent: Pair, exponent: int) -> Pair:
        """The extent of the output, at exponent + log2(stride), of a map of ``extent`` at ``exponent``."""
        return (self._axis(0, extent[0], 2**exponent), self._axis(1, extent[1], 2**exponent))

    def _axis(self, axis: int, extent: int, cell: int) -> int:
        reach = self.dilation[axis] * (self.kernel[axis] - 1)
        out = extent + (self.before[axis] + self.after[axis] - reach) * cell
        if self.ceil_mode:  # one more window where it starts inside the map or its left padding
            out = min(out + (self.stride - 1) * cell, extent + self.before[axis] * cell)
        return out


class Block(NamedTuple):
    """Rows [start, stop) of a table: what they read, and which of these reads lie outside the map."""

    start: int
    stop: int
    index: Tensor
    outside: Tensor | None


@dataclass(frozen=True, eq=False)
class Tree:
    """Completed levels of a batch and the grids that a network makes of them.

    Attributes:
        levels: (B, h, w) int64, constant on their blocks.
        depth: the deepest level possible; the coarsest grid never gets wider than ``2^depth`` cells.
        centred: sample later convolutions at ``2^v // 2`` of the block instead of its corner (the public code).
    """

    levels: Tensor
    depth: int
    centred: bool = False
    _grids: dict = field(default_factory=dict, repr=False)
    _cuts: dict = field(default_factory=dict, repr=False)

    @staticmethod
    def grow(levels: Tensor, depth: int, centred: bool = False) -> Tree:
        """The tree of any levels (B, h, w) >= 0; blocks are completed."""
        return Tree(complete(levels, depth), depth, centred)

    @property
    def size(self) -> Pair:
        return self.levels.shape[-2], self.levels.shape[-1]

    @cached_property
    def is_fine(self) -> bool:
        """No cell is downsampled: the dilated network."""
        return not bool(self.levels.any())

    @cached_property
    def is_mixed(self) -> bool:
        """Neither the dilated network nor the strided one."""
        return not self.is_fine and bool((self.levels < self.depth).any())

    def grid(self, exponent: int, extent: Pair | None = None) -> Grid:
        """The grid after ``exponent`` halvings; made once."""
        key = (exponent, extent or self.size)
        if key not in self._grids:
            self._grids[key] = Grid(self, *key)
        return self._grids[key]

    def cut(self, size: Pair) -> Tree:
        """The first (h, w) cells, for networks whose windows without padding lose cells; made once."""
        if size not in self._cuts:
            self._cuts[size] = Tree(self.levels[:, : size[0], : size[1]].contiguous(), self.depth, self.centred)
        return self._cuts[size]


class Trees:
    """The trees of the latest masks, so that a mask seen again brings its tables along."""

    def __init__(self, most: int = 4):
        self._most = most
        self._trees: dict[tuple, Tree] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple:
        """Copies start anew."""
        return Trees, (self._most,)

    def of(self, levels: Tensor, depth: int, centred: bool) -> Tree:
        """:meth:`Tree.grow`, remembered on CPUs (elsewhere looking at a mask would make the device wait)."""
        if levels.device.type != "cpu":
            return Tree.grow(levels, depth, centred)
        # Tables made in inference mode would be refused by training.
        key = (tuple(levels.shape), depth, centred, torch.is_inference_mode_enabled(), levels.numpy().tobytes())
        with self._lock:
            tree = self._trees.pop(key, None) or Tree.grow(levels, depth, centred)
            self._trees[key] = tree
            while len(self._trees) > self._most:
                self._trees.pop(next(iter(self._trees)))
        return tree


@dataclass(frozen=True, eq=False)
class Grid:
    """The rows of a tree after ``exponent`` halvings, on ``extent`` fine cells."""

    tree: Tree
    exponent: int
    extent: Pair
    _tables: dict = field(default_factory=dict, repr=False)

    @cached_property
    def batch(self) -> int:
        return self.tree.levels.shape[0]

    @cached_property
    def step(self) -> int:
        """Fine cells between neighbours of the coarsest grid."""
        return 2 ** min(self.exponent, self.tree.depth)

    @cached_property
    def coarse_size(self) -> Pair:
        return -(-self.extent[0] // self.step), -(-self.extent[1] // self.step)

    @cached_property
    def coarse_rows(self) -> int:
        return self.batch * self.coarse_size[0] * self.coarse_size[1]

    @cached_property
    def rows(self) -> int:
        """Their number, from the mask alone: no table is made for it."""
        return self.cells if self.step == 1 else int(self._is_corner.sum())

    @property
    def cells(self) -> int:
        """Fine cells of the extents, over the batch."""
        return self.batch * self.extent[0] * self.extent[1]

    @cached_property
    def size(self) -> Pair:
        """(h, w) of the fine cells considered: those of the tree, or more where wide padding made the map grow."""
        return max(self.extent[0], self.tree.size[0]), max(self.extent[1], self.tree.size[1])

    @cached_property
    def level(self) -> Tensor:
        """(B, h, w) how often each cell is halved here, ``min(levels, exponent)``; border levels are continued."""
        levels = self.tree.levels.clamp(max=self.exponent)
        if self.size == self.tree.size:
            return levels
        (h, w), (y, x) = self.tree.size, self._axes
        return levels[:, y[:, 0].clamp(max=h - 1)][:, :, x[0].clamp(max=w - 1)]

    def level_at(self, place: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """The level of cells (batch, y, x)."""
        (batch, y, x), (h, w) = place, self.size
        return self.level[batch, y.clamp(max=h - 1), x.clamp(max=w - 1)]

    @cached_property
    def _axes(self) -> tuple[Tensor, Tensor]:
        (h, w), device = self.size, self.tree.levels.device
        return torch.arange(h, device=device)[:, None], torch.arange(w, device=device)[None, :]

    @cached_property
    def _corner(self) -> Tensor:
        """(B eh ew,) the corner of the row that each cell of the extent belongs to: flat indices of the extent."""
        flat = torch.arange(self.cells, device=self.tree.levels.device)
        if self.step == 1:
            return flat
        (h, w), (y, x) = self.extent, self._axes
        keep = -1 << self.level[:, :h, :w]
        inside = (y[:h] & keep) * w + (x[:, :w] & keep)
        return (inside + flat[:: h * w, None, None]).reshape(-1) if self.batch > 1 else inside.reshape(-1)

    @cached_property
    def _is_corner(self) -> Tensor:
        return self._corner == torch.arange(self.cells, device=self._corner.device)

    @cached_property
    def _at(self) -> Tensor:
        """(N,) flat index b eh ew + y ew + x, in the extent, of each row's corner."""
        if self.step == 1:
            return self._corner
        flat = torch.arange(self.cells, device=self._corner.device).view(self.batch, *self.extent)
        finer = self._is_corner.view_as(flat).clone()
        finer[:, :: self.step, :: self.step] = False
        return torch.cat([flat[:, :: self.step, :: self.step].reshape(-1), finer.view(-1).nonzero()[:, 0]])

    @cached_property
    def place(self) -> tuple[Tensor, Tensor, Tensor]:
        """(batch, y, x) of each row's corner, (N,) int64 each."""
        h, w = self.extent
        rest = self._at % (h * w) if self.batch > 1 else self._at
        return self._at // (h * w), rest // w, rest % w

    @cached_property
    def row_level(self) -> Tensor:
        """(N,) level of each row."""
        return self.level_at(self.place)

    @cached_property
    def _row_at(self) -> Tensor:
        """(B eh ew,) the row whose corner a cell is; ``rows`` elsewhere."""
        rows = torch.full((self.cells,), self.rows, device=self._at.device)
        return rows.index_copy_(0, self._at, torch.arange(self.rows, device=rows.device))

    @cached_property
    def owner(self) -> Tensor:
        """(B, eh, ew) the row that each cell of the extent belongs to."""
        owner = self._corner if self.step == 1 else self._row_at.index_select(0, self._corner)
        return owner.view(self.batch, *self.extent)

    def owner_at(self, batch: Tensor, y: Tensor, x: Tensor) -> Tensor:
        """The row that owns fine cells (batch, y, x) of any place; ``rows`` outside the map."""
        (h, w), found = self.extent, (y >= 0) & (x >= 0) & (y < self.extent[0]) & (x < self.extent[1])
        index = (batch * h + y.clamp(0, h - 1)) * w + x.clamp(0, w - 1)
        return torch.where(found, self.owner.reshape(-1)[index], self.rows)

    def _owner_of(self, y: Tensor, x: Tensor) -> Tensor:
        """The owner of cells y (H, 1), x (1, W), which may lie beyond the border: (B, H, W); ``rows`` = nobody."""
        (h, w), (high, wide) = self.extent, self.size
        side = (1 << self.level[:, y[:, 0].clamp(0, high - 1)][:, :, x[0].clamp(0, wide - 1)]) - 1
        corner_y, corner_x = y & ~side, x & ~side
        found = (corner_y >= 0) & (corner_y < h) & (corner_x >= 0) & (corner_x < w)
        image = torch.arange(self.batch, device=side.device)[:, None, None] * (h * w)
        index = (image + corner_y * w + corner_x).clamp(0, self.cells - 1)
        return torch.where(found, self._row_at[index], self.rows)

    @cached_property
    def area(self) -> Tensor:
        """(N,) fine cells that each row stands for."""
        return torch.bincount(self.owner.reshape(-1), minlength=self.rows)

    def fill(self, rows: Tensor) -> Tensor:
        """Rows (N, C) to the dense fine grid, each cell with its owner's value: (B, C, eh, ew), channels last."""
        if rows.is_meta:
            return rows.new_empty(self.batch, rows.shape[1], *self.extent)
        values = rows if self.in_order else rows.index_select(0, self.owner.reshape(-1))
        return values.view(self.batch, *self.extent, rows.shape[1]).permute(0, 3, 1, 2)

    @property
    def in_order(self) -> bool:
        """The rows are the cells of the extent in their order."""
        return self.step == 1

    def take(self, dense: Tensor) -> Tensor:
        """The rows (N, C) of a dense fine map (B, C, eh, ew), read at their corners."""
        if dense.is_meta:
            return dense.new_empty(self.rows, dense.shape[1])
        values = dense.permute(0, 2, 3, 1).reshape(-1, dense.shape[1])
        return values if self.in_order else values.index_select(0, self._at)

    def mend(self, dense: Tensor) -> Tensor:
        """A map (B, C, eh, ew) with right values at the corners only, filled; where memory allows in place."""
        if self.in_order:
            return dense
        dense = dense.contiguous(memory_format=torch.channels_last)
        cells, (others, corners) = dense.permute(0, 2, 3, 1).flatten(0, 2), self._others
        cells.index_copy_(0, others, cells.index_select(0, corners))
        return dense

    @cached_property
    def _others(self) -> tuple[Tensor, Tensor]:
        """Cells that are no corner, as flat indices of the extent, and the corner of the row that each belongs to."""
        others = (~self._is_corner).nonzero()[:, 0]
        return others, self._corner.index_select(0, others)

    def coarse(self, rows: Tensor) -> Tensor:
        """The coarsest grid of rows (N, C) as an ordinary map (B, C, hc, wc), channels last; a view."""
        return rows[: self.coarse_rows].view(self.batch, *self.coarse_size, rows.shape[1]).permute(0, 3, 1, 2)

    @property
    def surplus(self) -> int:
        """Coarsest cells, along an axis, for one feature of the stock network: 2^(halvings beyond the deepest level)."""
        return 2**self.exponent // self.step

    @property
    def stock_size(self) -> Pair:
        """(h, w) of the stock network's features."""
        return -(-self.extent[0] // 2**self.exponent), -(-self.extent[1] // 2**self.exponent)

    def stock(self, rows: Tensor) -> Tensor:
        """The features that the stock network has: (B, C, ceil(eh / 2^n), ceil(ew / 2^n))."""
        return self.coarse(rows)[..., :: self.surplus, :: self.surplus]

    def after(self, window: Window, extent: Pair | None = None) -> Grid:
        """The grid of a window's output."""
        extent = window.extent(self.extent, self.exponent) if extent is None else extent
        return self.tree.grid(self.exponent + window.stride.bit_length() - 1, extent)

    def taps(self, window: Window, out: Grid) -> Tensor:
        """Which row each output row reads: (out.rows, taps) int64 into the rows of this grid; ``rows`` = outside."""
        key = (window, out.exponent, out.extent)
        if key not in self._tables:
            self._tables[key] = self._make_taps(window, out)
        return self._tables[key]

    def blocks(self, window: Window, out: Grid, start: int) -> list[Block]:
        """The output rows from ``start`` on, and what they read, ready for gather + product; made once."""
        key = (window, out.exponent, out.extent, start)
        if key not in self._tables:
            self._tables[key] = self.make_blocks(window, out, start)
        return self._tables[key]

    def make_blocks(self, window: Window, out: Grid, start: int) -> list[Block]:
        """Make them anew."""
        return blocks_of(self._make_taps(window, out, start), self.rows, start)

    def _make_taps(self, window: Window, out: Grid, start: int = 0) -> Tensor:
        cell, device = 2**self.exponent, self.level.device
        shifts = [
            (torch.arange(window.kernel[axis], device=device) * window.dilation[axis] - window.before[axis]) * cell
            for axis in (0, 1)
        ]
        slack = self.step // 2 if self.tree.centred else 0
        low = [max(0, -int(shift[0])) for shift in shifts]
        high = [max(0, int(shift[-1])) + slack for shift in shifts]
        high = [reach + out.extent[axis] for axis, reach in enumerate(high)]
        owner = self._padded_owner(low, high)
        batch, y, x = place = (out.place[0][start:], out.place[1][start:], out.place[2][start:])
        if self.tree.centred:
            centre = (1 << self.level_at(place)) // 2
            y, x = y + centre, x + centre
        width = owner.shape[2]
        base = (batch * owner.shape[1] + y + low[0]) * width + x + low[1]
        offset = (shifts[0][:, None] * width + shifts[1][None, :]).reshape(-1)
        return owner.reshape(-1).index_select(0, (base[:, None] + offset).reshape(-1)).view(-1, offset.numel())

    def _padded_owner(self, low: list[int], high: list[int]) -> Tensor:
        """The owner of the cells from -low to high, both axes; ``rows`` where nobody is.

        The public code's centres may lie in the cut-off part of a border block: that belongs to the block.
        """
        if not self.tree.centred:
            h, w = (max(h, e) for h, e in zip(high, self.extent, strict=True))
            margin = (low[1], w - self.extent[1], low[0], h - self.extent[0])
            return F.pad(self.owner, margin, value=self.rows)
        device = self.level.device
        y = torch.arange(-low[0], high[0], device=device)[:, None]
        x = torch.arange(-low[1], high[1], device=device)[None, :]
        return torch.where((y >= 0) & (x >= 0), self._owner_of(y, x), self.rows)


def blocks_of(table: Tensor, rows: int, start: int = 0) -> list[Block]:
    """A table (M, K) into ``rows`` rows, in blocks, for the output rows from ``start`` on; ``rows`` itself means zero."""
    inside, outside = table.clamp(max=rows - 1), table == rows
    found, count = [], table.shape[0]
    size = max(1, -(-count // max(1, round(count / BLOCK))))  # blocks of one size: a short last one costs as many calls
    for first in range(0, count, size):
        last = min(first + size, count)
        beyond = outside[first:last].reshape(-1).nonzero()[:, 0]
        index = inside[first:last].reshape(-1)
        found.append(Block(start + first, start + last, index, beyond if beyond.numel() else None))
    return found
