"""The paper's extensions: SoftPool and deformable convolution, as modules and on rows.

Both are ordinary modules on ordinary tensors. Inside an adapted network SoftPool is made of what rows know already; a
deformable convolution reads its fractional positions through the owners of the cells around them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import handle_torch_function, has_torch_function

from lzviz.adaptive.convolution import tap_major
from lzviz.adaptive.lattice import Grid, Pair, Tree, Window
from lzviz.adaptive.operands import current
from lzviz.adaptive.rules import rule
from lzviz.adaptive.run import Run
from lzviz.adaptive.tensor import Dense, Filled, MultiResolution, Rows, dense
from lzviz.adaptive.windows import check_extent, enter, note_step, one_stride, pair, ran_dense


class SoftPool2d(nn.Module):
    """``sum e^a a / sum e^a`` over each window (Stergiou et al. 2021): between mean and maximum.

    Args:
        kernel_size, stride, padding, ceil_mode: as of ``nn.AvgPool2d``; padding counts nothing.
    """

    def __init__(self, kernel_size: int, stride: int | None = None, padding: int = 0, ceil_mode: bool = False):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride or kernel_size
        self.padding, self.ceil_mode = padding, ceil_mode

    def forward(self, x: Tensor) -> Tensor:
        # A constant for each map cancels, and keeps the exponential in range.
        weight = torch.exp(x - x.detach().amax((2, 3), keepdim=True))
        return self._mean(x * weight) / self._mean(weight)

    def _mean(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, self.kernel_size, self.stride, self.padding, self.ceil_mode, count_include_pad=False)


class DeformableConv2d(nn.Module):
    """A convolution whose taps are moved by offsets that a 3x3 convolution without bias predicts (Dai et al. 2017).

    The offsets start at zero, so that it starts as the ordinary convolution. Arguments as of ``nn.Conv2d``.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1, padding: int = 1,
        dilation: int = 1, bias: bool = False,
    ):  # fmt: skip
        super().__init__()
        self.stride, self.padding, self.dilation = stride, padding, dilation
        plain = nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias)
        self.weight, self.bias = plain.weight, plain.bias
        self.offset = nn.Conv2d(
            in_channels, 2 * kernel_size**2, 3, stride, padding=dilation, dilation=dilation, bias=False
        )
        nn.init.zeros_(self.offset.weight)

    def forward(self, x: Tensor) -> Tensor:
        offset = self.offset(x)
        return deform_conv2d(x, offset, self.weight, self.bias, self.stride, self.padding, self.dilation)


def deform_conv2d(
    x: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
) -> Tensor:
    """Deformable convolution: tap k of output p reads ``x`` bilinearly at ``stride p + dilation k - padding + offset``.

    Args:
        x: (B, C, H, W).
        offset: (B, 2 kh kw, H', W') cells, (y, x) for each tap in row-major order; zero outside the map.
        weight: (Cout, C, kh, kw).

    Returns:
        (B, Cout, H', W').
    """
    if has_torch_function((x, offset)):
        return handle_torch_function(deform_conv2d, (x, offset), x, offset, weight, bias, stride, padding, dilation)
    window = _window(weight, pair(stride)[0], padding, dilation)
    halvings = window.stride.bit_length() - 1
    levels = torch.full((x.shape[0], *x.shape[-2:]), halvings, device=x.device)
    grid = Tree(levels, halvings).grid(0)  # a tree that keeps the strided outputs only
    out = grid.after(window)
    moves = offset.permute(0, 2, 3, 1).reshape(out.rows, -1)
    return out.coarse(deformed_rows(grid.take(x), moves, grid, window, out, weight, bias))


def _window(weight: Tensor, stride: int, padding: int | Pair, dilation: int | Pair) -> Window:
    return Window((weight.shape[2], weight.shape[3]), pair(dilation), pair(padding), pair(padding), stride)


def deformed_rows(
    rows: Tensor, moves: Tensor, grid: Grid, window: Window, out: Grid, weight: Tensor, bias: Tensor | None
) -> Tensor:
    """Deformable convolution on rows (N, C) of ``grid``: the rows (M, Cout) of ``out``.

    Fractional positions lie between lattice points 2^n fine cells apart, counted from the row's corner, so that coarsest
    cells read coarsest cells only; each point is read through its owner.

    Args:
        moves: (M, 2 K) offsets (y, x) of each tap, in cells of the stock network (2^n fine cells).
    """
    if rows.is_meta:
        return rows.new_empty(out.rows, weight.shape[0])
    batch, y, x = (place[:, None] for place in out.place)
    cell = 2**grid.exponent
    shift = (1 << grid.level_at(out.place))[:, None] // 2 if grid.tree.centred else 0
    low, part = [], []
    moves = moves.view(out.rows, -1, 2)
    for axis, (corner, steps) in enumerate(zip((y, x), _steps(window, moves.device), strict=True)):
        target = steps + moves[..., axis]
        whole = target.detach().floor()
        low.append(corner + shift + whole.long() * cell)
        part.append(target - whole)
    padded = F.pad(rows, (0, 0, 0, 1))
    total = rows.new_zeros(())
    for down in (0, 1):
        for right in (0, 1):
            index = grid.owner_at(batch, low[0] + down * cell, low[1] + right * cell)
            share = (part[0] if down else 1 - part[0]) * (part[1] if right else 1 - part[1])
            total = total + padded[index] * share[..., None]  # (M, K, C)
    return F.linear(total.flatten(1), tap_major(weight).flatten(1), bias)


def _steps(window: Window, device: torch.device) -> tuple[Tensor, Tensor]:
    """The taps' places (K,) in y and x before they are moved, in cells of the stock network."""
    y, x = (
        torch.arange(window.kernel[axis], device=device) * window.dilation[axis] - window.before[axis]
        for axis in (0, 1)
    )
    return y.repeat_interleave(len(x)), x.repeat(len(y))


@rule("deform_conv2d")
def _deform_conv2d(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    x, offset, weight, bias, stride, padding, dilation = args
    step, state = one_stride(run, stride), enter(run, x.state, one_stride(run, stride))
    if isinstance(state, Dense):
        return MultiResolution(ran_dense(run, func, state, step, (offset.state.tensor, *args[2:]), {}), run)
    note_step(run, step, state)
    window = _window(weight, step, padding, dilation)
    check_extent(run, state, window)
    grid, out = state.grid, state.grid.after(window)
    rows = state.tensor if isinstance(state, Rows) else grid.take(state.tensor)
    moved = current(run, offset.state)
    moves = moved.tensor if isinstance(moved, Rows) else out.take(dense(moved))
    result = deformed_rows(rows, moves, grid, window, out, weight, bias)
    cells = out.batch * out.extent[0] * out.extent[1]
    on_rows = out if isinstance(state, Rows) else None
    run.count("deform_conv2d", weight, out.rows if on_rows else cells, cells, on_rows)
    return MultiResolution(Rows(result, out) if isinstance(state, Rows) else Filled(out.fill(result), out), run)
