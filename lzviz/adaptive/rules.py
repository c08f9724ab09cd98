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

from lzviz.adaptive.lattice import Grid
from lzviz.adaptive.run import Run
from lzviz.adaptive.tensor import Dense, Filled, MultiResolution, Rows, State, dense, is_map

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
        *("narrow", "__getitem__", "einsum", "roll"),
    )
)


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


# States --------------------------------------------------------------------------------------------------------------


def states_of(*values: Any) -> list[State]:
    return [a.state for a in tree_flatten(values)[0] if isinstance(a, MultiResolution)]


def current(run: Run, state: State) -> State:
    """The state, on the dense grid where the model wants it there (``dense_from``)."""
    return fill(state) if isinstance(state, Rows) and run.wants_dense else state


def fill(state: Rows) -> Filled:
    return Filled(dense(state), state.grid)


def grid_of(run: Run, states: list[State]) -> Grid:
    """The one grid that rows of an operation share."""
    grids = {id(s.grid): s.grid for s in states if isinstance(s, Rows | Filled)}
    first = next(iter(grids.values()))
    if len(grids) == 1:
        return first
    if len({(g.exponent, g.stock_size) for g in grids.values()}) > 1:
        sizes = ", ".join(f"{g.stock_size} after {g.exponent} halvings" for g in grids.values())
        raise run.error(
            f"it joins maps of different strides ({sizes})",
            "resize the coarser one to the size of the other first (nearest or bilinear), or use dense_from=",
        )
    # Windows that lost different parts of the border: what all of them have holds every feature of the stock network.
    h, w = zip(*(g.extent for g in grids.values()), strict=True)
    return first.tree.grid(first.exponent, (min(h), min(w)))


def trimmed(state: State, grid: Grid) -> State:
    """The part of a map that lies on a grid of smaller extent."""
    if isinstance(state, Dense) or state.grid is grid or (isinstance(state, Filled) and not is_map(state)):
        return state
    h, w = grid.extent
    if isinstance(state, Filled):
        return Filled(state.tensor[..., :h, :w], grid)
    if state.tensor.is_meta:
        return Rows(state.tensor.new_empty(grid.rows, state.tensor.shape[1]), grid, state.last)
    batch, y, x = grid.place
    return Rows(state.tensor.index_select(0, state.grid.owner[batch, y, x]), grid, state.last)


def row_operand(run: Run, value: Tensor, grid: Grid, last: bool) -> Tensor:
    """An ordinary tensor that broadcasts against (B, C, h, w), as one that broadcasts against rows (N, C)."""
    if value.numel() == 1 and value.ndim < 2:
        return value
    if value.ndim > 4:
        raise run.error(f"it joins a map with a tensor of shape {tuple(value.shape)}", "use dense_from=")
    full = value.reshape(*[1] * (4 - value.ndim), *value.shape)
    full = full.permute(0, 3, 1, 2) if last else full
    full = on_fine_grid(full, grid)
    if full.shape[-2:] == (1, 1):
        vectors = full.flatten(1)
        return vectors if full.shape[0] == 1 else vectors.index_select(0, grid.place[0])
    if tuple(full.shape[-2:]) == grid.extent:
        return grid.take(full.expand(grid.batch, -1, -1, -1))
    raise run.error(
        f"it joins a map of {grid.extent[0]} x {grid.extent[1]} cells with a tensor of shape {tuple(value.shape)}",
        "let the tensor follow the size of the features instead of a fixed one, or use dense_from=",
    )


def on_fine_grid(value: Any, grid: Grid) -> Any:
    """A map of the stock network's own size (B, C, h, w) repeated over the blocks of its features; all else as it is."""
    size = tuple(value.shape[-2:]) if isinstance(value, Tensor) and value.ndim == 4 else None
    if size != grid.stock_size or size in ((1, 1), grid.extent):
        return value
    cell, (h, w) = 2**grid.exponent, grid.extent
    return value.repeat_interleave(cell, -2).repeat_interleave(cell, -1)[..., :h, :w]


class Operands:
    """The arguments of an operation, all brought to the representation in which it will run."""

    def __init__(self, run: Run, values: Any):
        states = states_of(values)
        self.dense = all(isinstance(s, Dense) for s in states)
        self.rows = (
            not self.dense
            and not run.wants_dense
            and not any(isinstance(s, Filled) and not _is_gate(s) for s in states)
        )
        self.rows = self.rows and any(isinstance(s, Rows) for s in states)
        self.last = any(isinstance(s, Rows) and s.last for s in states)
        self.template = states[0]
        self.grid = None if self.dense else grid_of(run, states)
        self.values = tree_map(lambda v: self._bring(run, v), values)

    def _bring(self, run: Run, value: Any) -> Any:
        state = value.state if isinstance(value, MultiResolution) else None
        if state is not None and self.grid is not None:
            state = trimmed(state, self.grid)
        if self.rows and isinstance(value, Tensor):
            if isinstance(state, Rows):
                return state.tensor
            assert self.grid is not None
            return row_operand(run, state.tensor if state else value, self.grid, self.last)
        if isinstance(state, Rows):
            return fill(state).tensor
        if state is None and self.grid is not None and not run.wants_dense:
            return on_fine_grid(value, self.grid)
        return state.tensor if state else value

    def state(self, tensor: Tensor) -> State:
        """The state of a result of the same representation."""
        if self.dense:
            assert isinstance(self.template, Dense)
            return Dense(tensor, self.template.stride, self.template.size)
        assert self.grid is not None
        return Rows(tensor, self.grid, self.last) if self.rows else Filled(tensor, self.grid)


def _is_gate(state: Filled) -> bool:
    """One value for each channel of a map: it broadcasts against rows."""
    return state.tensor.ndim == 4 and tuple(state.tensor.shape[-2:]) == (1, 1)


def wrap(run: Run, operands: Operands, result: Any) -> Any:
    """Every tensor of a result as a multi-resolution tensor."""
    return tree_map(lambda v: MultiResolution(operands.state(v), run) if isinstance(v, Tensor) else v, result)


# Pointwise -----------------------------------------------------------------------------------------------------------


def pointwise(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """An operation on each value by itself; in place where the function is."""
    if (quick := _on_equal_rows(run, func, args, kwargs)) is not None:
        return quick
    operands = Operands(run, (args, kwargs))
    new_args, new_kwargs = operands.values
    if operands.rows:
        new_kwargs = {k: v for k, v in new_kwargs.items() if k != "memory_format"}
    result = _shape_only(operands) if operands.template.tensor.is_meta else func(*new_args, **new_kwargs)
    target = args[0] if args else None
    if isinstance(target, MultiResolution) and isinstance(result, Tensor) and result is new_args[0]:
        target.state = operands.state(result)
        return target
    return wrap(run, operands, result)


def _on_equal_rows(run: Run, func: Callable, args: tuple, kwargs: dict) -> MultiResolution | None:
    """The same, without looking for special cases, where all operands are rows of one grid: the usual case by far."""
    states = [getattr(value, "state", None) for value in args]
    first = states[0] if states else None
    if not isinstance(first, Rows) or first.tensor.is_meta or run.wants_dense or not QUICK.issuperset(kwargs):
        return None
    if not all(isinstance(s, Rows) and s.grid is first.grid and s.last == first.last for s in states):
        return None
    values = [state.tensor for state in states]  # type: ignore[union-attr]
    result = func(*values, **kwargs)
    state = Rows(result, first.grid, first.last)
    if result is not values[0]:
        return MultiResolution(state, run)
    args[0].state = state
    return args[0]


QUICK = frozenset(("inplace", "training", "p"))


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


# Channels ------------------------------------------------------------------------------------------------------------


def _axis(state: State, dim: Any) -> int | None:
    """The axis of (B, C, h, w) that ``dim`` names, as the model sees it."""
    if not isinstance(dim, int):
        return None
    dim %= 4
    return (0, 2, 3, 1)[dim] if isinstance(state, Rows) and state.last else dim


def channel_rule(position: int, default: int | None = None) -> Rule:
    """A rule for functions with ``dim`` at ``position``: along channels it runs on rows, otherwise on the dense grid."""

    def run_rule(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
        operands = Operands(run, args[0])
        dim = args[position] if len(args) > position else kwargs.get("dim", kwargs.get("axis", default))
        if not operands.rows:
            rest = args[1:]
            return wrap(run, operands, func(operands.values, *rest, **kwargs))
        if _axis(operands.template, dim) != 1:
            return fall_back(run, func, args, kwargs)
        rest = list(args[1:])
        named = {k: v for k, v in kwargs.items() if k not in ("dim", "axis")}
        if len(args) > position:
            rest[position - 1] = 1
        else:
            named["dim"] = 1
        return wrap(run, operands, func(operands.values, *rest, **named))

    return run_rule


rule("cat", "concat", "concatenate", "softmax", "log_softmax", "cumsum", "glu")(channel_rule(1, 0))
rule("split", "chunk", "tensor_split", "split_with_sizes", "normalize")(channel_rule(2, 0))
RULES["normalize"] = channel_rule(2, 1)


@rule("__getitem__")
def _getitem(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    operands = Operands(run, args[0])
    index = args[1] if isinstance(args[1], tuple) else (args[1],)
    if operands.rows and len(index) == 2 and index[0] == slice(None) and isinstance(index[1], slice):
        return wrap(run, operands, operands.values[:, index[1]])
    return fall_back(run, func, args, kwargs)


@rule("permute")
def _permute(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    operands = Operands(run, args[0])
    dims = args[1:] or tuple(kwargs.values())
    order = tuple(dims[0]) if len(dims) == 1 and not isinstance(dims[0], int) else tuple(dims)
    order = tuple(d % 4 for d in order) if all(isinstance(d, int) for d in order) else order
    if operands.rows and order == ((0, 3, 1, 2) if operands.last else (0, 2, 3, 1)):
        assert operands.grid is not None
        return MultiResolution(Rows(operands.values, operands.grid, not operands.last), run)
    return fall_back(run, func, args, kwargs)


@rule("linear", "layer_norm", "rms_norm")
def _channels_last(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """Functions of the last axis run on rows where that axis is the channels'."""
    state = current(run, args[0].state)
    if isinstance(state, Rows) and state.last and (func.__name__ == "linear" or len(args[1]) == 1):
        result = func(state.tensor, *args[1:], **kwargs)
        if func.__name__ == "linear":
            grid = state.grid
            run.count("linear", args[1], grid.rows, grid.batch * grid.extent[0] * grid.extent[1], grid)
        return MultiResolution(Rows(result, state.grid, True), run)
    return fall_back(run, func, args, kwargs)


# The dense grid ------------------------------------------------------------------------------------------------------


def fall_back(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """Run what no rule knows on the dense fine grid; report it; come back to rows where the size is still the map's."""
    states = states_of(args, kwargs)
    name = func.__name__
    if all(isinstance(s, Dense) for s in states):
        return _before_step(run, func, args, kwargs)
    was_rows = any(isinstance(current(run, s), Rows) for s in states)
    if was_rows and name in RESHAPES:
        raise run.error(
            f"it reshapes its features ({name}), which rows cannot follow",
            f"run it on the dense fine grid: adapt(..., dense_from={run.module!r})",
        )
    if name not in RESHAPES and any(word in name for word in PLACES):
        raise run.error(f"no rule follows {name} on a multi-resolution map", "adapt the part of the model before it")
    if kwargs.get("out") is not None or name == "__setitem__":
        raise run.error(f"{name} writes into a multi-resolution map", "let the model make a new tensor instead")
    if was_rows:
        run.note_fallback(name)
    if name not in RESHAPES and name not in POINTWISE and name not in RULES and not run.wants_dense:
        run.note_outside(name)
    grid = grid_of(run, states)
    new_args, new_kwargs = tree_map(
        lambda v: dense_value(v.state) if isinstance(v, MultiResolution) else v, (args, kwargs)
    )
    result = func(*new_args, **new_kwargs)
    last = any(isinstance(s, Rows) and s.last for s in states)
    found = tree_map(lambda v: _after_fall_back(run, v, grid, was_rows, last) if isinstance(v, Tensor) else v, result)
    in_place = (name.endswith("_") and not name.endswith("__")) or name in IN_PLACE
    if in_place and isinstance(args[0], MultiResolution) and isinstance(found, MultiResolution):
        args[0].state = found.state
        return args[0]
    return found


def dense_value(state: State) -> Tensor:
    return fill(state).tensor if isinstance(state, Rows) else state.tensor


def _after_fall_back(run: Run, tensor: Tensor, grid: Grid, rows: bool, last: bool) -> Tensor:
    """A map of the same size goes back to rows; whatever else came out is followed as it is, never let go as a plain tensor."""
    place = tuple(tensor.shape[1:3] if last else tensor.shape[-2:])
    if rows and tensor.ndim == 4 and place == grid.extent and tensor.shape[0] == grid.batch:
        return MultiResolution(Rows(grid.take(tensor.permute(0, 3, 1, 2) if last else tensor), grid, last), run)
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
