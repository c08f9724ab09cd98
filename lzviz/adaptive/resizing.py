"""Resizing a multi-resolution map: each cell is read as the network of its own stride would read it.

Where all cells are coarse that is the strided network's resizing of its own features, where all are fine the dilated
network's. Between, a pixel of the result that falls into a cell halved v times is read from the grid of every ``2^v``-th cell,
on which deeper cells are interpolated bilinearly between their corners.

A map brought to the size of a finer branch of the same network (feature pyramids, HRNet) stays on rows instead: each row reads
the features around it, ``2^n`` fine cells apart, through their owners, so that coarse locations read coarse locations only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.adaptive.lattice import Grid
from lzviz.adaptive.operands import current
from lzviz.adaptive.rules import fall_back, rule
from lzviz.adaptive.run import Run
from lzviz.adaptive.tensor import Dense, Filled, MultiResolution, Rows, State, dense, is_map
from lzviz.adaptive.windows import whole


def midway(here: Tensor, size: tuple[int, int]) -> Tensor:
    """A grid twice as fine (B, C, h, w), values between the given ones bilinear, its border continued."""
    twice = here.repeat_interleave(2, -2).repeat_interleave(2, -1)
    return F.avg_pool2d(F.pad(twice, (0, 1, 0, 1), mode="replicate"), 2, 1)[..., : size[0], : size[1]]


@rule("interpolate")
def _interpolate(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    names = ("input", "size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")
    call = {**dict(zip(names, args, strict=False)), **kwargs}
    x, options = call["input"], {k: v for k, v in call.items() if k not in ("input", "size", "scale_factor")}
    state = current(run, x.state)
    if isinstance(state, Dense) or (isinstance(state, Filled) and not is_map(state)):
        onto = _coarse_grid(run, x, call.get("size"))
        if onto is None:
            return fall_back(run, func, args, kwargs)
        return MultiResolution(_onto(onto, dense(state), func, options), run)
    if isinstance(state, Rows) and state.last:
        raise run.error("it resizes features whose channels are last", "permute them first")
    stock = state.grid.extent if run.wants_dense else state.grid.stock_size
    size = _target(stock, call.get("size"), call.get("scale_factor"))
    branch = None if run.wants_dense else _branch(state.grid, size)
    if branch is not None:
        return MultiResolution(_to_branch(run, state, branch, options), run)
    if isinstance(state, Rows):
        run.note_fallback("interpolate")
    fine = dense(state)
    if fine.is_meta:
        return fine.new_empty(*fine.shape[:2], *size)
    if run.wants_dense:
        run.note_outside("interpolate")
        return func(fine, size, **options)
    if state.grid.tree.is_mixed:
        run.note_outside("interpolate")
    return _by_level(fine, state, func, size, options)


def _target(stock: tuple[int, int], size: Any, scale: Any) -> tuple[int, int]:
    """(H, W) of the result for the stock network's features."""
    if size is not None:
        return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
    factors = scale if isinstance(scale, tuple | list) else (scale, scale)
    return int(stock[0] * factors[0]), int(stock[1] * factors[1])


def _coarse_grid(run: Run, x: Any, size: Any) -> Grid | None:
    """The grid of rows that the model means when it brings an ordinary map (pyramid pooling) to the size that it sees there."""
    if run.tree is None or run.wants_dense or size is None or x.ndim != 4:
        return None
    wanted = (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
    found = [g for g in list(run.tree._grids.values()) if g.exponent and g.stock_size == wanted and g.extent != wanted]
    return max(found, key=lambda g: (g.exponent, g.extent)) if found else None


def _onto(grid: Grid, x: Tensor, func: Callable, options: dict) -> Rows:
    """An ordinary map read at each row's place, as the network of the row's own stride would read it."""
    h, w = grid.extent
    if x.is_meta:
        return Rows(x.new_empty(grid.rows, x.shape[1]), grid)
    out = func(x, (h, w), **options)
    levels = grid.level[:, None, :h, :w]
    for level in range(1, min(grid.exponent, grid.tree.depth) + 1):
        cell = 2**level
        own = func(x, (-(-h // cell), -(-w // cell)), **options)
        own = own.repeat_interleave(cell, -2).repeat_interleave(cell, -1)[..., :h, :w]
        out = torch.where(levels >= level, own, out)
    return Rows(grid.take(out), grid)


def _branch(grid: Grid, size: tuple[int, int]) -> Grid | None:
    """The grid of a branch that is finer than ``grid`` and whose features in the stock network are of ``size``."""
    grid.tree.grid(0)
    found = [g for g in list(grid.tree._grids.values()) if g.exponent < grid.exponent and g.stock_size == size]
    return max(found, key=lambda g: (-g.exponent, g.extent)) if found else None


def _to_branch(run: Run, state: Rows | Filled, branch: Grid, options: dict) -> State:
    mode, corners = options.get("mode", "nearest"), bool(options.get("align_corners"))
    if mode not in ("nearest", "bilinear") or options.get("antialias"):
        raise run.error(f"it resizes to a finer branch with mode {mode!r}", 'use "nearest" or "bilinear"')
    grid, out, filled = state.grid, branch, isinstance(state, Filled)
    if filled:
        grid, out = whole(grid), whole(branch)
    rows = grid.take(state.tensor) if filled else state.tensor
    if rows.is_meta:
        result = rows.new_empty(out.rows, rows.shape[1])
    else:
        batch, y, x = out.place
        (y0, y1, down), (x0, x1, right) = (
            _neighbours(place, axis, grid, out, mode, corners) for axis, place in enumerate((y, x))
        )
        down, right = (share.to(rows.dtype)[:, None] for share in (down, right))
        corner = [rows.index_select(0, grid.owner_at(batch, a, b)) for a in (y0, y1) for b in (x0, x1)]
        result = (1 - down) * ((1 - right) * corner[0] + right * corner[1])
        result = result + down * ((1 - right) * corner[2] + right * corner[3])
    return Filled(out.fill(result), branch) if filled else Rows(result, branch)


def _neighbours(
    place: Tensor, axis: int, grid: Grid, out: Grid, mode: str, corners: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Two fine cells, ``2^n`` apart, between which each row of ``out`` reads along an axis, and the share of the second."""
    cell, small = 2**grid.exponent, 2**out.exponent
    phase, index = place % small, place // small
    have, want = grid.stock_size[axis], out.stock_size[axis]
    if mode == "nearest":
        at = (index * have).double() / want
        at = at.floor()
    elif corners:
        at = index.double() * ((have - 1) / max(want - 1, 1))
    else:
        at = ((index.double() + 0.5) * (have / want) - 0.5).clamp(min=0)
    last = (grid.extent[axis] - 1 - phase).clamp(min=0) // cell
    low = torch.minimum(at.floor().long(), last)
    high = torch.minimum(low + 1, last)
    ends = grid.extent[axis] - 1
    return (phase + low * cell).clamp(max=ends), (phase + high * cell).clamp(max=ends), at - at.floor()


def _by_level(fine: Tensor, state: Rows | Filled, func: Callable, size: tuple[int, int], options: dict) -> Tensor:
    grid = state.grid
    if grid.tree.is_fine:
        return func(fine, size, **options)
    cell = 2**grid.exponent
    out = func(fine[..., ::cell, ::cell], size, **options)
    deepest = min(grid.exponent, grid.tree.depth)
    levels = grid.level[:, None, : grid.extent[0], : grid.extent[1]]
    pixels = F.interpolate(levels.float(), size, mode="nearest")
    here = fine[..., :: 2**deepest, :: 2**deepest]
    for level in reversed(range(deepest)):
        step = 2**level
        own = fine[..., ::step, ::step]
        here = torch.where(levels[..., ::step, ::step] <= level, own, midway(here, (own.shape[-2], own.shape[-1])))
        out = torch.where(pixels <= level, func(here, size, **options), out)
    return out
