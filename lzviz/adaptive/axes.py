"""Rules for the axes of a map: functions along channels, and reshapes that leave every place where it is.

A model may see the channels of its features in several axes, (B, g, C / g, h, w), and take them apart, shuffle and join them
(ShuffleNet, split attention): rows (N, g, C / g) follow. It names sizes of the stock network, which are those of no grid that holds
more cells; so what moves, joins or cuts *places* is refused by name, whichever levels were asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lzviz.adaptive.operands import Operands, wrap
from lzviz.adaptive.rules import fall_back, pointwise, rule
from lzviz.adaptive.run import Run
from lzviz.adaptive.tensor import Dense, Filled, MultiResolution, Rows, State, place_axis, seen_shape, seen_shape_of

Order = tuple[int, ...]


def held_axis(state: State, dim: Any) -> int | None:
    """The axis of what a state holds that the model calls ``dim``; ``None`` where it is the batch's or one of places."""
    place = place_axis(state)
    if not isinstance(dim, int) or place is None:
        return None
    dim %= len(state.shape)
    if dim in (0, place, place + 1):
        return None
    return dim - 2 if isinstance(state, Rows) and state.last else dim


def followed(run: Run, value: Any) -> bool:
    """A map after the first adaptive step, not on the dense grid that was asked for: its sizes are the stock network's."""
    if not isinstance(value, MultiResolution) or run.wants_dense:
        return False
    return not isinstance(value.state, Dense) and place_axis(value.state) is not None


# Along channels ------------------------------------------------------------------------------------------------------

KEEPING = frozenset(
    ("cat", "concat", "concatenate", "softmax", "log_softmax")
)  # they leave the number of axes as it is


def along(names: str, position: int, default: int | None = None) -> None:
    """Declare functions with ``dim`` at ``position``: along channels they run on rows, otherwise on the dense grid."""

    def run_rule(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
        dim = args[position] if len(args) > position else kwargs.get("dim", kwargs.get("axis", default))
        operands = Operands(run, args[0], in_place=func.__name__ in KEEPING)
        axis = held_axis(operands.template, dim)
        if axis is None:
            return fall_back(run, func, args, kwargs)
        rest = list(args[1:])
        named = {k: v for k, v in kwargs.items() if k not in ("dim", "axis")}
        if len(args) > position:
            rest[position - 1] = axis
        else:
            named["dim"] = axis
        return wrap(run, operands, func(operands.values, *rest, **named))

    rule(*names.split())(run_rule)


along("cat concat concatenate softmax log_softmax cumsum cumprod glu unbind narrow select index_select", 1, 0)
along("split chunk tensor_split split_with_sizes roll", 2, 0)
along("normalize", 2, 1)
along("flip", 1)


def reduced(run: Run, func: Callable, x: MultiResolution, dims: Any, rest: dict, known: Callable | None = None) -> Any:
    """A reduction over channels on rows; over places with ``global_pool="coarse"`` of the stock network's features."""
    operands = Operands(run, x)
    several = isinstance(dims, tuple | list)
    axes = [held_axis(operands.template, d) for d in (dims if several else (dims,))]
    if not axes or None in axes:
        state = x.state
        if run.settings.global_pool == "coarse" and followed(run, x) and not isinstance(state, Dense):
            return func(stock_features(state), dims, **rest)
        return fall_back(run, known, (x,), {"dim": dims, **rest}) if known else fall_back(run, func, (x, dims), rest)
    return wrap(run, operands, func(operands.values, axes if several else axes[0], **rest))


def stock_features(state: Rows | Filled) -> Tensor:
    """What the stock network has there, in its own layout."""
    if isinstance(state, Rows):
        flat = state.grid.stock(state.tensor.reshape(state.tensor.shape[0], -1))
        flat = flat.permute(0, 2, 3, 1) if state.last else flat
        return flat.reshape(seen_shape_of(state))
    step, place = 2**state.grid.exponent, place_axis(state)
    return state.tensor[:, ::step, ::step] if place == 1 else state.tensor[..., ::step, ::step]


@rule("norm", "linalg_vector_norm")
def _norm(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """The length over channels or over places."""
    call = {
        **dict(zip(("input", "p" if func.__name__ == "norm" else "ord", "dim", "keepdim"), args, strict=False)),
        **kwargs,
    }
    x, dims = call.pop("input"), call.pop("dim", None)
    if dims is None or not isinstance(x, MultiResolution):
        return fall_back(run, func, args, kwargs)
    return reduced(run, lambda value, dim, **rest: func(value, dim=dim, **rest), x, dims, call, func)


@rule("amin", "logsumexp", "var", "std", "argmax", "argmin", "prod", "any", "all")
def _reduction(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    rest = {k: v for k, v in kwargs.items() if k not in ("dim", "axis")}
    x, *more = args
    dims = more[0] if more else kwargs.get("dim", kwargs.get("axis"))
    if len(more) > 2 or not isinstance(dims, int | tuple | list) or isinstance(dims, bool):
        return fall_back(run, func, args, kwargs)
    return reduced(run, func, x, dims, rest | ({"keepdim": more[1]} if len(more) > 1 else {}))


@rule("max", "min")
def _extreme(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """Of two maps, or over channels with the places where it was found."""
    if len(args) > 1 and isinstance(args[1], Tensor):
        return pointwise(run, torch.maximum if func.__name__ == "max" else torch.minimum, args, kwargs)
    return _reduction(run, func, args, kwargs)


@rule("stack")
def _stack(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    tensors, *more = args
    dim = more[0] if more else kwargs.get("dim", 0)
    operands = Operands(run, list(tensors))
    place, rank = place_axis(operands.template), len(operands.template.shape) + 1
    dim %= rank
    before = place is not None and (dim >= 3 if operands.last else 1 <= dim <= place)
    if operands.dense or not before:
        return fall_back(run, func, args, kwargs)
    axis = dim - 2 if operands.rows and operands.last else dim
    return wrap(run, operands, func(operands.values, axis))


@rule("__getitem__")
def _getitem(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    x, index = args[0], args[1] if isinstance(args[1], tuple) else (args[1],)
    if not followed(run, x):
        return fall_back(run, func, args, kwargs)
    kept = _channel_index(x.state, index)
    if kept is None:
        raise refusal(run, "reshapes its features (__getitem__)")
    operands = Operands(run, x)
    if isinstance(operands.template, Filled):
        return wrap(run, operands, operands.values[index])
    return wrap(run, operands, operands.values[(slice(None), *kept)])


def _channel_index(state: State, index: tuple) -> list[Any] | None:
    """What an index does to the axes of channels; ``None`` if it does anything to another."""
    rank, place = len(state.shape), place_axis(state)
    used = sum(i is not None and i is not Ellipsis for i in index)
    if sum(i is Ellipsis for i in index) > 1 or used > rank:
        return None
    at = next((n for n, i in enumerate(index) if i is Ellipsis), len(index))
    index = (*index[:at], *[slice(None)] * (rank - used), *index[at + 1 :])
    kept, axis, picked, last = [], 0, 0, place == 1 and rank > 3
    for entry in index:
        channels = held_axis(state, axis) is not None if axis < rank else True
        if entry is None:
            if axis == 0 or (last and axis < 3) or (not last and axis > (place or 0)):
                return None
            kept.append(None)
            continue
        axis += 1
        if channels and isinstance(entry, int | slice) and not isinstance(entry, bool):
            kept.append(entry)
        elif channels and isinstance(entry, list | Tensor) and not isinstance(entry, MultiResolution) and not picked:
            kept.append(entry)
            picked += 1
        elif channels or not isinstance(entry, slice) or entry != slice(None):
            return None
    return kept if picked == 0 or not any(isinstance(k, int) for k in kept) else None


# Reshapes ------------------------------------------------------------------------------------------------------------


def refusal(run: Run, what: str) -> ValueError:
    """A reshape that rows cannot follow."""
    return run.error(
        f"it {what}, which rows cannot follow where it joins, moves or cuts places",
        f"run it on the dense fine grid: {run.on_dense_grid}",
    )


@rule(
    "view", "reshape", "view_as", "reshape_as", "flatten", "unflatten", "squeeze", "unsqueeze", "squeeze_", "unsqueeze_"
)
def _reshape(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """The model names sizes of the stock network: those of channels are taken, those of places stay."""
    x = args[0]
    if not followed(run, x) or func.__name__.endswith("_"):
        return fall_back(run, func, args, kwargs)
    seen, what = seen_shape(x), f"reshapes its features ({func.__name__} of {tuple(seen_shape(x))}"
    try:
        rest = [torch.empty(seen_shape(a), device="meta") if isinstance(a, MultiResolution) else a for a in args[1:]]
        target = tuple(func(torch.empty(seen, device="meta"), *rest, **kwargs).shape)
    except (RuntimeError, TypeError):
        raise refusal(run, f"{what})") from None
    place = place_axis(x.state)
    head, tail = target[:3] == (seen[0], *seen[1:3]), (target[:1], target[-2:]) == (seen[:1], seen[-2:])
    last = place == 1 and (len(seen) > 3 or not tail)  # (B, h, w) may get its channels on either side
    if len(target) < 3 or not (head if last else tail):
        raise refusal(run, f"{what} to {target})")
    parts = target[3:] if last else target[1:-2]
    state = x.state
    if isinstance(state, Rows):
        return MultiResolution(Rows(state.tensor.reshape(state.tensor.shape[0], *parts), state.grid, last), run)
    size = state.grid.extent
    shape = (seen[0], *size, *parts) if last else (seen[0], *parts, *size)
    return MultiResolution(Filled(state.tensor.reshape(shape), state.grid), run)


@rule("permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis")
def _permute(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """Channels may change their order, and be first or last; the two axes of places stay together."""
    x = args[0]
    if not followed(run, x):
        return fall_back(run, func, args, kwargs)
    state, rank, place = x.state, len(x.state.shape), place_axis(x.state) or 0
    probe = torch.empty(tuple(range(2, 2 + rank)), device="meta")
    order: Order = tuple(n - 2 for n in func(probe, *args[1:], **kwargs).shape)
    at = order.index(place)
    if order[0] != 0 or order[at + 1 : at + 2] != (place + 1,) or at not in (1, rank - 2):
        raise refusal(run, f"reshapes its features ({func.__name__} to the order {order})")
    if isinstance(state, Filled):
        return MultiResolution(Filled(state.tensor.permute(order), state.grid), run)
    held = [axis for dim in order if (axis := held_axis(state, dim)) is not None]
    return MultiResolution(Rows(state.tensor.permute(0, *held), state.grid, at == 1 and rank > 3), run)


@rule("channel_shuffle", "native_channel_shuffle")
def _channel_shuffle(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    x, groups = args[0], args[1] if len(args) > 1 else kwargs["groups"]
    b, c, *size = x.shape
    return x.view(b, groups, c // groups, *size).transpose(1, 2).reshape(b, c, *size)


# Functions of the last axis ------------------------------------------------------------------------------------------


@rule("linear", "layer_norm", "rms_norm")
def _channels_last(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """They run on rows where that axis is the channels'."""
    x, name = args[0], func.__name__
    state = x.state
    if not followed(run, x):
        return fall_back(run, func, args, kwargs)
    if name == "layer_norm" and tuple(args[1]) == tuple(seen_shape(x)[1:]) and place_axis(state) == 2:
        return _over_features(run, x, *args[2:], **kwargs)
    last = isinstance(state, Rows) and state.last
    if not last or state.tensor.ndim != 2 or (name != "linear" and len(args[1]) != 1):
        return fall_back(run, func, args, kwargs)
    result = func(state.tensor, *args[1:], **kwargs)
    if name == "linear":
        grid = state.grid
        run.count("linear", args[1], grid.rows, grid.batch * math.prod(grid.extent), grid)
    return MultiResolution(Rows(result, state.grid, True), run)


def _over_features(
    run: Run, x: MultiResolution, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Any:
    """A layer norm over all features of an image: one group, and scales that belong to places."""
    out = torch.nn.functional.group_norm(x, 1, eps=eps)
    out = out if weight is None else out * weight[None]
    return out if bias is None else out + bias[None]
