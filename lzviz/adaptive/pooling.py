"""Pooling on rows, exact or as the paper leaves it, and pooling over the whole map.

* ``exact``: every row takes the maximum (mean) over its taps at distance 2^n, as the dilated network does. Guarantee 2
  then holds for pooling as it does for convolution.
* ``paper``: only blocks that are downsampled at this step are pooled; finer cells stay as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lzviz.adaptive.lattice import Grid, Window


def pool(
    rows: Tensor, grid: Grid, window: Window, reduce: str, divisor: str | int = "window", exact: bool = True
) -> tuple[Tensor, Grid]:
    """Pool rows (N, C) of ``grid`` with ``reduce`` = "max" | "mean": the rows of the output grid, and that grid.

    Args:
        divisor: of a mean: "window" counts the padding, "inside" only cells of the map, a number is itself.
        exact: False leaves cells that this step does not downsample unpooled (strided windows only).
    """
    if exact or window.stride == 1:
        out = grid.after(window)
        return _reduce(rows, grid, window, out, None, reduce, divisor), out
    out = grid.after(window, _unpooled_extent(grid, window))
    deeper = out.row_level > grid.level_at(out.place)
    kept = rows.index_select(0, grid.owner.reshape(-1).index_select(0, _flat(out, grid)))
    pooled = _reduce(rows, grid, window, out, deeper, reduce, divisor)
    return kept.index_put((deeper.nonzero()[:, 0],), pooled), out


def _unpooled_extent(grid: Grid, window: Window) -> tuple[int, int]:
    """Unpooled cells lose no border: cut the extent to whole features of the stock network only."""
    cell = 2**grid.exponent * window.stride
    exact = window.extent(grid.extent, grid.exponent)
    h, w = (min(old, -(-new // cell) * cell) for old, new in zip(grid.extent, exact, strict=True))
    return h, w


def _flat(out: Grid, grid: Grid) -> Tensor:
    batch, y, x = out.place
    return (batch * grid.extent[0] + y) * grid.extent[1] + x


def _reduce(
    rows: Tensor, grid: Grid, window: Window, out: Grid, only: Tensor | None, reduce: str, divisor: str | int
) -> Tensor:
    if rows.is_meta:
        return rows.new_empty(out.rows if only is None else int(only.sum()), rows.shape[1])
    table = grid.taps(window, out)
    if only is not None:
        table = table[only]
    nothing = float("-inf") if reduce == "max" else 0.0
    padded = torch.cat([rows, rows.new_full((1, rows.shape[1]), nothing)])
    total = padded.index_select(0, table[:, 0])
    for tap in table.t()[1:]:
        values = padded.index_select(0, tap)
        total = torch.maximum(total, values) if reduce == "max" else total + values
    if reduce == "max":
        return total
    return total / _divisor(grid, window, out, only, divisor, table).to(rows.dtype)[:, None]


def _divisor(grid: Grid, window: Window, out: Grid, only: Tensor | None, divisor: str | int, table: Tensor) -> Tensor:
    if isinstance(divisor, int):
        return torch.full_like(table[:, 0], divisor)
    if divisor == "inside":
        return (table < grid.rows).sum(1)
    return _clipped_window(grid, window, out, only)


def _clipped_window(grid: Grid, window: Window, out: Grid, only: Tensor | None) -> Tensor:
    """Taps of each window that lie on the map or its padding; windows of ceil mode may hang over it."""
    count = torch.ones_like(out.place[0])
    cell = 2**grid.exponent
    for axis, place in ((0, out.place[1]), (1, out.place[2])):
        room = grid.extent[axis] + window.after[axis] * cell - place
        count = count * (window.before[axis] - (-room // cell)).clamp(max=window.kernel[axis])
    return count if only is None else count[only]


def over_images(rows: Tensor, grid: Grid, reduce: str, coarse: bool) -> Tensor:
    """Mean or maximum of each image: (B, C).

    Args:
        coarse: of the stock network's features only; else every row counts with the area that it stands for.
    """
    if rows.is_meta:
        return rows.new_empty(grid.batch, rows.shape[1])
    if coarse:
        cells = grid.stock(rows)
        return cells.mean((2, 3)) if reduce == "mean" else cells.amax((2, 3))
    if reduce == "max":
        index = grid.place[0][:, None].expand_as(rows)
        start = rows.new_full((grid.batch, rows.shape[1]), float("-inf"))
        return start.scatter_reduce(0, index, rows, "amax")
    weight = grid.area.to(rows.dtype) / (grid.extent[0] * grid.extent[1])
    total = rows.new_zeros(grid.batch, rows.shape[1])
    return total.index_add(0, grid.place[0], rows * weight[:, None])
