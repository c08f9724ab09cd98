"""Convolution on rows: the coarsest grid through an ordinary convolution, all other rows by gather and product.

:func:`row_convolution` is the one place where a backend is chosen. It knows nothing of grids: features (N, C), a table
(M, K) of which row each of the M outputs reads at each of K taps (``N`` = outside the map, zero), weight and bias.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.adaptive.lattice import Grid, Window

Backend = Callable[[Tensor, Tensor, Tensor, "Tensor | None", int], "Tensor | None"]

# Gathered rows of one product stay in the second and third level cache.
BLOCK_BYTES = 4 << 20
BLOCK_ROWS = (256, 512)

_backends: list[Backend] = []


def register_backend(backend: Backend) -> Backend:
    """Let ``backend(features, table, weight, bias, groups)`` try every row convolution first; None = not for me."""
    _backends.insert(0, backend)
    return backend


def row_convolution(features: Tensor, table: Tensor, weight: Tensor, bias: Tensor | None, groups: int = 1) -> Tensor:
    """``out[m] = bias + sum_k weight[:, :, k] @ features[table[m, k]]``: (M, Cout).

    Args:
        features: (N, C) rows.
        table: (M, K) int64 into the rows; N means zero.
        weight: (Cout, C / groups, kh, kw) with K = kh kw, as an ordinary convolution has it.
        bias: (Cout,) or None.
    """
    if features.is_meta:
        return features.new_empty(table.shape[0], weight.shape[0])
    for backend in _backends:
        out = backend(features, table, weight, bias, groups)
        if out is not None:
            return out
    if torch.is_grad_enabled() and any(t.requires_grad for t in (features, weight, bias) if t is not None):
        return differentiable_rows(features, table, weight, bias, groups)
    return blocked_rows(features, table, weight, bias, groups)


def _product(columns: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> Tensor:
    """Columns (M, K, C) with weight (Cout, C / groups, kh, kw): (M, Cout)."""
    m, k, c = columns.shape
    if groups == 1:
        return F.linear(columns.reshape(m, k * c), tap_major(weight).reshape(weight.shape[0], -1), bias)
    split = columns.reshape(m, k, groups, c // groups)
    weights = weight.flatten(2).reshape(groups, -1, c // groups, k)
    out = torch.einsum("mkgc,gock->mgo", split, weights).reshape(m, -1)
    return out if bias is None else out + bias


def tap_major(weight: Tensor) -> Tensor:
    """Weight (Cout, C, kh, kw) as (Cout, kh kw, C): the order in which rows are gathered."""
    return weight.flatten(2).transpose(1, 2)


def differentiable_rows(
    features: Tensor, table: Tensor, weight: Tensor, bias: Tensor | None, groups: int = 1
) -> Tensor:
    """The plain form of :func:`row_convolution`, made of operations that autograd knows."""
    padded = F.pad(features, (0, 0, 0, 1))
    columns = padded.index_select(0, table.reshape(-1)).view(*table.shape, features.shape[1])
    return _product(columns, weight, bias, groups)


def blocked_rows(features: Tensor, table: Tensor, weight: Tensor, bias: Tensor | None, groups: int = 1) -> Tensor:
    """The fast form without gradients: blocks small enough for the cache, one buffer for all of them."""
    if groups == features.shape[1] == weight.shape[0]:
        return depthwise_rows(features, table, weight, bias)
    (m, taps), channels = table.shape, features.shape[1]
    out = features.new_empty(m, weight.shape[0])
    rows = int(min(max(BLOCK_BYTES // (taps * channels * features.element_size()), BLOCK_ROWS[0]), BLOCK_ROWS[1]))
    columns = features.new_empty(min(rows, m) * taps, channels)
    matrix = tap_major(weight).reshape(weight.shape[0], -1).t() if groups == 1 else None
    for start in range(0, m, rows):
        index = table[start : start + rows].reshape(-1)
        block = gather_rows(features, index, columns[: index.numel()])
        target = out[start : start + rows]
        if matrix is None:
            target.copy_(_product(block.view(-1, taps, channels), weight, None, groups))
        else:
            torch.mm(block.view(-1, taps * channels), matrix, out=target)
    return out if bias is None else out.add_(bias)


def gather_rows(features: Tensor, index: Tensor, out: Tensor) -> Tensor:
    """``features[index]`` into ``out``, zero where the index is one past the last row."""
    outside = (index == features.shape[0]).nonzero()[:, 0]
    if outside.numel():
        index = index.clamp(max=features.shape[0] - 1)
    torch.index_select(features, 0, index, out=out)
    if outside.numel():
        out.index_fill_(0, outside, 0)
    return out


def depthwise_rows(features: Tensor, table: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """One filter a channel: a weighted sum of gathered rows, tap by tap."""
    out = features.new_zeros(table.shape[0], features.shape[1])
    columns = torch.empty_like(out)
    for tap, scale in zip(table.t(), weight.flatten(1).t(), strict=True):
        out.addcmul_(gather_rows(features, tap.contiguous(), columns), scale)
    return out if bias is None else out.add_(bias)


def convolve(
    rows: Tensor, grid: Grid, window: Window, weight: Tensor, bias: Tensor | None, groups: int
) -> tuple[Tensor, Grid]:
    """Convolve rows (N, C) of ``grid``: the rows (M, Cout) of the output grid, and that grid."""
    out = grid.after(window)
    if window.is_point and window.stride == 1:
        return point(rows, weight, bias, groups), out
    if grid.tree.centred and not grid.tree.is_fine:
        return row_convolution(rows, grid.taps(window, out), weight, bias, groups), out
    coarse = coarse_convolution(rows, grid, window, out, weight, bias, groups)
    if out.rows == out.coarse_rows:
        return coarse, out
    fine = row_convolution(rows, grid.taps(window, out)[out.coarse_rows :], weight, bias, groups)
    return torch.cat([coarse, fine]), out


# On rows a depthwise layer reads and writes memory once a tap; on the dense fine grid so many times a cell, all in all, with the
# way there and back. Measured on CPUs.
DENSE_READS = 2


def depthwise_on_dense(grid: Grid, window: Window, weight: Tensor, groups: int) -> bool:
    """Whether one filter a channel costs less on the dense fine grid, where every cell has its owner's value, than row by row."""
    if not groups == weight.shape[0] > 1 or weight.shape[1] != 1 or (grid.tree.centred and not grid.tree.is_fine):
        return False
    out = grid.after(window)
    return (out.rows - out.coarse_rows) * weight[0].numel() > DENSE_READS * out.cells


def depthwise_dense(
    rows: Tensor, grid: Grid, window: Window, weight: Tensor, bias: Tensor | None
) -> tuple[Tensor, Grid]:
    """:func:`convolve` of one filter a channel, by an ordinary convolution of all cells."""
    out, cell = grid.after(window), 2**grid.exponent
    before, after, dilation = ([n * cell for n in sides] for sides in (window.before, window.after, window.dilation))
    dense = on_map(grid.fill(rows), weight, bias, 1, before, after, dilation, weight.shape[0])
    return out.take(dense), out


# oneDNN's kernel for one filter a channel takes no wider padding; beyond it an ordinary convolution is several times slower.
DIRECT_PADDING = 4


def on_map(
    dense: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: int,
    before: Sequence[int],
    after: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> Tensor:
    """An ordinary convolution of a map (B, C, H, W) with zeros before and after it along both axes, which are left to the operation
    where it takes them well."""
    wide = dense.device.type == "cpu" and groups == weight.shape[0] > 1 and max(*before, *after) > DIRECT_PADDING
    if wide or tuple(before) != tuple(after):
        dense, before = F.pad(dense, (before[1], after[1], before[0], after[0])), (0, 0)
    return F.conv2d(dense, weight, bias, stride, tuple(before), tuple(dilation), groups)


def point(rows: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> Tensor:
    """A 1x1 convolution on rows."""
    if groups == 1:
        return F.linear(rows, weight.flatten(1), bias)
    return _product(rows[:, None], weight, bias, groups)


def coarse_convolution(
    rows: Tensor,
    grid: Grid,
    window: Window,
    out: Grid,
    weight: Tensor,
    bias: Tensor | None,
    groups: int,
) -> Tensor:
    """The output's coarsest grid, which reads the input's coarsest grid only: an ordinary convolution."""
    scale = 2**grid.exponent // grid.step  # more halvings than levels: the coarsest grid is dilated itself
    stride = out.step // grid.step
    dilation = tuple(d * scale for d in window.dilation)
    before, after = ([p * scale for p in side] for side in (window.before, window.after))
    result = on_map(grid.coarse(rows), weight, bias, stride, before, after, dilation, groups)
    if tuple(result.shape[-2:]) != out.coarse_size:
        raise AssertionError(f"coarse grid is {out.coarse_size}, the convolution made {tuple(result.shape[-2:])}")
    return result.permute(0, 2, 3, 1).reshape(-1, result.shape[1])
