"""What each torch function does to a multi-resolution tensor.

A rule is found by the function's name: windows (convolution, pooling), norms, everything pointwise, channels (cat, split,
softmax over channels), pooling over the whole map. What no rule knows runs on the dense fine grid, is reported, and comes
back to rows if its size allows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_map

from lzviz.adaptive.equals import on_equals
from lzviz.adaptive.lattice import Grid
from lzviz.adaptive.operands import Operands, fill, grid_of, states_of, wrap
from lzviz.adaptive.run import Run
from lzviz.adaptive.tensor import (
    Dense,
    Filled,
    MultiResolution,
    Rows,
    State,
    place_axis,
    rows_of,
)

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {}

POINTWISE = frozenset(
    (
        *("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "sigmoid", "tanh", "hardswish"),
        *("hardsigmoid", "hardtanh", "softplus", "softsign", "logsigmoid", "exp", "log", "sqrt", "rsqrt", "abs"),
        *("neg", "clamp", "clamp_min", "clamp_max", "pow", "reciprocal", "square", "sin", "cos", "erf", "threshold"),
        *("rrelu", "dropout", "alpha_dropout", "to", "float", "half", "double", "bfloat16", "detach", "clone"),
        *("contiguous", "type_as", "zeros_like", "ones_like", "where", "add", "sub", "subtract", "mul", "multiply"),
        *("div", "divide", "true_divide", "rsub", "maximum", "minimum", "lerp", "addcmul", "addcdiv", "fmod"),
        *("remainder", "radd", "rmul", "rdiv", "rtruediv", "truediv", "rpow", "iadd", "isub", "imul", "itruediv"),
        *("idiv", "eq", "ne", "lt", "le", "gt", "ge", "nan_to_num", "prelu"),
    )
)
RESHAPES = frozenset(
    (
        *("view", "reshape", "flatten", "unflatten", "transpose", "permute", "swapaxes", "swapdims", "movedim"),
        *("moveaxis", "squeeze", "unsqueeze", "unfold", "view_as", "reshape_as", "channel_shuffle", "pixel_shuffle"),
        *("pixel_unshuffle", "matmul", "bmm", "linear", "layer_norm", "chunk", "split", "unbind", "tensor_split"),
        *("narrow", "__getitem__", "einsum", "roll", "expand", "select", "flip"),
    )
)
# What moves, joins or weighs nothing but axes that are not places'.
MOVES = frozenset(
    (
        *(
            "view",
            "reshape",
            "flatten",
            "unflatten",
            "transpose",
            "permute",
            "swapaxes",
            "swapdims",
            "movedim",
            "moveaxis",
        ),
        *("squeeze", "unsqueeze", "view_as", "reshape_as", "expand", "expand_as", "stack", "unbind", "chunk", "split"),
        *("tensor_split", "split_with_sizes", "__getitem__"),
    )
)
LAST = ("linear", "layer_norm", "rms_norm")  # functions of the last axis


PLACES = ("conv", "pool", "fold", "grid_sample", "affine_grid")  # what reads neighbours, and would read other ones here
IN_PLACE = frozenset(
    f"__i{name}__" for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor")
)


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Declare the rule of the torch functions called ``names``: ``rule(run, func, args, kwargs)``."""

    def declare(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return declare


# Pointwise -----------------------------------------------------------------------------------------------------------


def pointwise(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """An operation on each value by itself; in place where the function is."""
    if (quick := on_equals(run, func, args, kwargs)) is not None:
        return quick
    operands = Operands(run, (args, kwargs), in_place=True)
    new_args, new_kwargs = operands.values
    if operands.rows:
        new_kwargs = {k: v for k, v in new_kwargs.items() if k != "memory_format"}
    template = operands.template
    held = template.held if isinstance(template, Rows) else template.tensor  # asking for rows would fetch them
    result = _shape_only(operands) if held.is_meta else func(*new_args, **new_kwargs)
    target = args[0] if args else None
    if isinstance(target, MultiResolution) and isinstance(result, Tensor) and result is new_args[0]:
        target.state = operands.state(result)
        return target
    return wrap(run, operands, result)


def _shape_only(operands: Operands) -> Tensor:
    """The result of a pointwise operation in a pass without data (torch's own way loads its compiler)."""
    tensors = [v for v in tree_flatten(operands.values)[0] if isinstance(v, Tensor)]
    return operands.template.tensor.new_empty(torch.broadcast_shapes(*(t.shape for t in tensors)))


@rule("dropout2d", "feature_dropout", "feature_dropout_")
def _dropout2d(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    x = args[0]
    if isinstance(x.state, Dense):
        return pointwise(run, func, args, kwargs)
    ones = x.state.tensor.new_ones(x.shape[0], x.shape[1], 1, 1)
    return pointwise(run, torch.mul, (x, func(ones, *args[1:], **kwargs)), {})


@rule("expand_as")
def _expand_as(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """Expanding to a map's size waits for the operation that broadcasts."""
    x, other = args
    if not isinstance(x, MultiResolution) and isinstance(other.state, Rows | Filled) and x.shape[-2:] == (1, 1):
        return x
    return fall_back(run, func, args, kwargs)


@rule("new_zeros", "new_ones", "new_empty", "new_full", "new_tensor")
def _new(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    return func(args[0].state.tensor, *args[1:], **kwargs)


# The dense grid ------------------------------------------------------------------------------------------------------


def fall_back(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """Run what no rule knows on the dense fine grid; report it; come back to rows where the size is still the map's."""
    states = states_of(args, kwargs)
    name = func.__name__
    if all(isinstance(s, Dense) for s in states):
        return _before_step(run, func, args, kwargs)
    was_rows = not run.wants_dense and any(isinstance(s, Rows) for s in states)
    if was_rows and name in RESHAPES:
        raise run.error(
            f"it reshapes its features ({name}), which rows cannot follow",
            f"run it on the dense fine grid: {run.on_dense_grid}",
        )
    if name not in RESHAPES and any(word in name for word in PLACES):
        raise run.error(f"no rule follows {name} on a multi-resolution map", "adapt the part of the model before it")
    if kwargs.get("out") is not None or name == "__setitem__":
        raise run.error(f"{name} writes into a multi-resolution map", "let the model make a new tensor instead")
    if was_rows:
        run.note_fallback(name)
    if not _keeps_places(name, states[0]):
        run.note_outside(name)
    grid = grid_of(run, states)
    new_args, new_kwargs = tree_map(
        lambda v: dense_value(v.state) if isinstance(v, MultiResolution) else v, (args, kwargs)
    )
    result = _run_dense(run, func, new_args, new_kwargs, states)
    last = any(isinstance(s, Rows) and s.last for s in states)
    found = tree_map(lambda v: _after_fall_back(run, v, grid, was_rows, last) if isinstance(v, Tensor) else v, result)
    in_place = (name.endswith("_") and not name.endswith("__")) or name in IN_PLACE
    if in_place and isinstance(args[0], MultiResolution) and isinstance(found, MultiResolution):
        args[0].state = found.state
        return args[0]
    return found


def _keeps_places(name: str, state: State) -> bool:
    """Each place of the result comes from that place alone."""
    if name in MOVES or name.strip("_") in POINTWISE:
        return True
    if name not in LAST or isinstance(state, Dense):
        return False
    shape, (h, w) = tuple(state.shape), state.grid.extent
    return place_axis(state) == 1 or (len(shape) == 3 and shape[1] == h * w)


def _run_dense(run: Run, func: Callable, args: tuple, kwargs: dict, states: list[State]) -> Any:
    try:
        return func(*args, **kwargs)
    except RuntimeError as failure:
        shapes = ", ".join(str(tuple(s.shape)) for s in states)
        raise run.error(
            f"{func.__name__} fails on its features {shapes}, which are those of the finest grid ({str(failure).splitlines()[0]})",
            "let it follow the size of the features, or adapt the part of the model before it"
            if run.wants_dense
            else f"run it on the dense fine grid, where sizes are its own: {run.on_dense_grid}",
        ) from failure


def dense_value(state: State) -> Tensor:
    return fill(state).tensor if isinstance(state, Rows) else state.tensor


def _after_fall_back(run: Run, tensor: Tensor, grid: Grid, rows: bool, last: bool) -> Tensor:
    """A map of the same size goes back to rows; whatever else came out is followed as it is, never let go as a plain tensor."""
    place = tuple(tensor.shape[1:3] if last else tensor.shape[-2:])
    if rows and tensor.ndim >= 4 and place == grid.extent and tensor.shape[0] == grid.batch:
        return MultiResolution(rows_of(tensor, grid, last), run)
    return MultiResolution(Filled(tensor, grid), run)


def _before_step(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """Before the first adaptive step everything runs as it is; maps of another size are followed no longer."""
    operands = Operands(run, (args, kwargs))
    new_args, new_kwargs = operands.values
    result = func(*new_args, **new_kwargs)
    template = operands.template
    assert isinstance(template, Dense)

    def follow(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        mapped = template.tensor.ndim == 4 and tuple(template.tensor.shape[-2:]) == template.size
        if (
            mapped
            and value.ndim == 4
            and value.shape[-2:] != template.tensor.shape[-2:]
            and func.__name__ not in RESHAPES
        ):
            run.changes.append(f"{func.__name__} in {run.module!r}")
            return value
        return MultiResolution(operands.state(value), run)

    return tree_map(follow, result)
