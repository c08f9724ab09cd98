"""Rules for what looks at a whole map: pooling over it, and norms, over the batch or over space.

With ``global_pool="coarse"`` pooling and spatial norms take their statistics from the features of the stock network only, so that
these come out exactly whatever the levels; with "area" every row counts with the cells that it stands for, and the run notes
that coarse locations are then outside the guarantee.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lzviz.adaptive import pooling
from lzviz.adaptive.axes import reduced
from lzviz.adaptive.operands import current
from lzviz.adaptive.rules import fall_back, rule
from lzviz.adaptive.run import Run
from lzviz.adaptive.tensor import Dense, Filled, MultiResolution, Rows, Spread, State, dense, is_map, place_axis
from lzviz.adaptive.windows import bind, pair

# The whole map -------------------------------------------------------------------------------------------------------


@rule("adaptive_avg_pool2d", "adaptive_max_pool2d")
def _adaptive_pool(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    x, size = args[0], args[1] if len(args) > 1 else kwargs["output_size"]
    reduce = "mean" if "avg" in func.__name__ else "max"
    target = pair(size) if isinstance(size, int) or None not in size else None
    if target == (1, 1):
        return _over_map(run, x, reduce)[..., None, None]
    state = current(run, x.state)
    if run.settings.global_pool == "coarse" and isinstance(state, Rows):
        bins = func(state.grid.stock(state.tensor), *args[1:], **kwargs)
    else:
        if not isinstance(state, Dense) and run.settings.global_pool == "area":
            run.note_outside(func.__name__)
        bins = func(_stock(run, state), *args[1:], **kwargs)
    if run.tree is None or run.wants_dense or not isinstance(bins, Tensor):
        return bins
    # Still followed, so that it meets the rows again where the model resizes it to their size.
    return MultiResolution(Dense(bins, run.settings.fine, (int(bins.shape[-2]), int(bins.shape[-1]))), run)


def _over_map(run: Run, x: MultiResolution, reduce: str) -> Tensor:
    """(B, C): the mean or maximum of each map."""
    state, coarse = current(run, x.state), run.settings.global_pool == "coarse"
    if not coarse and not isinstance(state, Dense):
        run.note_outside("pooling over the map", state.grid)
    if isinstance(state, Spread) and state.spread:  # its rows stay where they are
        step = 2**state.grid.exponent
        cells = state.held[..., ::step, ::step] if coarse else state.fill()
        return cells.mean((2, 3)) if reduce == "mean" else cells.amax((2, 3))
    if isinstance(state, Rows):
        return pooling.over_images(state.tensor, state.grid, reduce, coarse)
    if isinstance(state, Filled) and place_axis(state) == 1:
        state = Filled(state.tensor.permute(0, 3, 1, 2), state.grid)
    tensor = _stock(run, state)
    return tensor.mean((2, 3)) if reduce == "mean" else tensor.amax((2, 3))


def _has_map(state: State) -> bool:
    return len(state.shape) == 4 and (isinstance(state, Dense) or place_axis(state) is not None)


def _stock(run: Run, state: State) -> Tensor:
    """A dense map as pooling over all of it sees it."""
    if isinstance(state, Filled) and is_map(state) and run.settings.global_pool == "coarse":
        step = 2**state.grid.exponent
        return state.tensor[..., ::step, ::step]
    return dense(state)


@rule("mean", "amax", "sum")
def _mean(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    call = bind("input dim keepdim", args, kwargs, dim=None, keepdim=False)
    x, dim, name = call["input"], call["dim"], func.__name__
    state = x.state
    rank = len(state.shape)
    dims = tuple(d % rank for d in (dim if isinstance(dim, tuple | list) else (dim,))) if dim is not None else ()
    whole = (1, 2) if place_axis(state) == 1 else (2, 3)
    if tuple(sorted(dims)) == whole and name != "sum" and _has_map(state):
        out = _over_map(run, x, "mean" if name == "mean" else "max")
        if not call["keepdim"]:
            return out
        return out[:, None, None] if whole == (1, 2) else out[..., None, None]
    if dim is None:
        return fall_back(run, func, args, kwargs)
    if rank > 4 and place_axis(state) == rank - 2 and tuple(sorted(dims)) == (rank - 2, rank - 1) and name != "sum":
        flat = func(x.flatten(1, rank - 3), (2, 3), keepdim=call["keepdim"])
        return flat.unflatten(1, tuple(x.shape[1 : rank - 2]))
    return reduced(run, func, x, dims, {k: v for k, v in call.items() if k not in ("input", "dim")})


# Norms ---------------------------------------------------------------------------------------------------------------


@rule("batch_norm")
def _batch_norm(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    names = "input running_mean running_var weight bias training momentum eps"
    call = bind(names, args, kwargs, running_mean=None, running_var=None, weight=None, bias=None, training=False,
                momentum=0.1, eps=1e-5)  # fmt: skip
    if run.module in run.folded:
        return call["input"]
    state = current(run, call["input"].state)
    rest = (args[1:], kwargs)
    if not isinstance(state, Rows):
        out = func(state.tensor, *rest[0], **rest[1])
        return MultiResolution(_like(state, out), run)
    if call["training"] and run.settings.statistics == "area":
        return MultiResolution(Rows(_area_norm(state, call), state.grid), run)
    return MultiResolution(Rows(func(state.tensor, *rest[0], **rest[1]), state.grid), run)


def _like(state: State, tensor: Tensor) -> State:
    if isinstance(state, Rows):
        return Rows(tensor, state.grid, state.last)
    return Dense(tensor, state.stride, state.size) if isinstance(state, Dense) else Filled(tensor, state.grid)


def _area_norm(state: Rows, call: dict) -> Tensor:
    """Batch normalisation whose statistics count each row with the area that it stands for."""
    rows, area = state.tensor, state.grid.area.to(state.tensor.dtype)[:, None]
    total = area.sum()
    mean = (rows * area).sum(0) / total
    variance = ((rows - mean).square() * area).sum(0) / total
    if call["running_mean"] is not None:
        with torch.no_grad():
            call["running_mean"].lerp_(mean, call["momentum"])
            call["running_var"].lerp_(variance * total / (total - 1), call["momentum"])
    out = (rows - mean) * torch.rsqrt(variance + call["eps"])
    out = out if call["weight"] is None else out * call["weight"]
    return out if call["bias"] is None else out + call["bias"]


# Norms over space ----------------------------------------------------------------------------------------------------


@rule("group_norm")
def _group_norm(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    call = bind("input num_groups weight bias eps", args, kwargs, weight=None, bias=None, eps=1e-5)
    return _over_space(run, func, args, kwargs, call, call["num_groups"])


@rule("instance_norm")
def _instance_norm(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    names = "input running_mean running_var weight bias use_input_stats momentum eps"
    call = bind(names, args, kwargs, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True,
                momentum=0.1, eps=1e-5)  # fmt: skip
    return _over_space(run, func, args, kwargs, call, call["input"].shape[1])


def _over_space(run: Run, func: Callable, args: tuple, kwargs: dict, call: dict, groups: int) -> Any:
    state = current(run, call["input"].state)
    if isinstance(state, Dense) or (isinstance(state, Filled) and (run.wants_dense or not is_map(state))):
        return fall_back(run, func, args, kwargs)
    if call.get("running_mean") is not None:
        raise run.error(
            "an instance norm with running statistics has no meaning on rows", "use track_running_stats=False"
        )
    coarse = run.settings.global_pool == "coarse"
    if not coarse:
        run.note_outside(func.__name__, state.grid)
    grid = state.grid
    rows = state.tensor if isinstance(state, Rows) else state.tensor.permute(0, 2, 3, 1).flatten(0, 2)
    if isinstance(state, Rows) and state.last:
        return fall_back(run, func, args, kwargs)
    if rows.is_meta:
        return MultiResolution(_like(state, state.tensor), run)
    if isinstance(state, Filled):
        image = torch.arange(grid.batch, device=rows.device).repeat_interleave(grid.extent[0] * grid.extent[1])
        seen = _stock(run, state)
        mean, variance = _moments(seen.flatten(2), groups)
    elif coarse:
        image = grid.place[0]
        mean, variance = _moments(grid.stock(rows).flatten(2), groups)
    else:
        image = grid.place[0]
        mean, variance = _area_moments(rows, grid.area.to(rows.dtype), image, grid.batch, groups)
    spread = rows.shape[1] // groups
    scale = torch.rsqrt(variance + call["eps"]).repeat_interleave(spread, 1)
    shift = -mean.repeat_interleave(spread, 1) * scale
    if call["weight"] is not None:
        scale, shift = scale * call["weight"], shift * call["weight"]
    if call["bias"] is not None:
        shift = shift + call["bias"]
    out = torch.addcmul(shift.index_select(0, image), rows, scale.index_select(0, image))
    if isinstance(state, Filled):
        out = out.view(grid.batch, *grid.extent, -1).permute(0, 3, 1, 2)
    return MultiResolution(_like(state, out), run)


def _moments(values: Tensor, groups: int) -> tuple[Tensor, Tensor]:
    """Mean and variance (B, groups) of (B, C, cells)."""
    grouped = values.reshape(values.shape[0], groups, -1)
    return grouped.mean(2), grouped.var(2, correction=0)


def _area_moments(rows: Tensor, area: Tensor, image: Tensor, batch: int, groups: int) -> tuple[Tensor, Tensor]:
    """The same of rows (N, C), each counted with its cells."""

    def mean_of(values: Tensor) -> Tensor:
        total = rows.new_zeros(batch, groups).index_add(
            0, image, values.view(len(rows), groups, -1).mean(2) * area[:, None]
        )
        return total / rows.new_zeros(batch).index_add(0, image, area)[:, None]

    mean = mean_of(rows)
    centred = rows - mean.repeat_interleave(rows.shape[1] // groups, 1).index_select(0, image)
    return mean, mean_of(centred.square())
