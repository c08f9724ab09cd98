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
from lzviz.adaptive.run import Run
from lzviz.adaptive.tensor import (
    Dense,
    Filled,
    MultiResolution,
    Rows,
    Spread,
    State,
    dense,
    is_map,
    lies_spread,
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


# States --------------------------------------------------------------------------------------------------------------


def states_of(*values: Any) -> list[State]:
    return [a.state for a in tree_flatten(values)[0] if isinstance(a, MultiResolution)]


def current(run: Run, state: State) -> State:
    """The state, on the dense grid where the model wants it there (``dense_from``)."""
    if not isinstance(state, Rows):
        return state
    if run.wants_dense:
        return fill(state)
    if len(state.shape) != 4:
        raise run.error(
            f"it takes features of shape {tuple(state.shape)}, whose channels are in several axes", "reshape them first"
        )
    return state


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
        return Rows(state.tensor.new_empty(grid.rows, *state.tensor.shape[1:]), grid, state.last)
    batch, y, x = grid.place
    return Rows(state.tensor.index_select(0, state.grid.owner[batch, y, x]), grid, state.last)


def row_operand(run: Run, value: Tensor, grid: Grid, last: bool, rank: int = 4) -> Tensor:
    """An ordinary tensor that broadcasts against (B, C, h, w), as one that broadcasts against rows (N, C).

    Args:
        rank: axes of the map as the model sees it: more than four where its channels are in several.
    """
    if value.numel() == 1 and value.ndim < 2:
        return value
    if value.ndim > rank:
        raise run.error(f"it joins a map with a tensor of shape {tuple(value.shape)}", "use dense_from=")
    full = value.reshape(*[1] * (rank - value.ndim), *value.shape)
    full = full.movedim((1, 2), (-2, -1)) if last else full
    full = on_fine_grid(full, grid)
    if full.shape[-2:] == (1, 1):
        vectors = full[..., 0, 0]
        return vectors if full.shape[0] == 1 else vectors.index_select(0, grid.place[0])
    if all(have in (1, cells) for have, cells in zip(full.shape[-2:], grid.extent, strict=True)):
        return rows_of(full.expand(grid.batch, *full.shape[1:-2], *grid.extent), grid, False).tensor
    raise run.error(
        f"it joins a map of {grid.extent[0]} x {grid.extent[1]} cells with a tensor of shape {tuple(value.shape)}",
        "let the tensor follow the size of the features instead of a fixed one, or use dense_from=",
    )


def on_fine_grid(value: Any, grid: Grid) -> Any:
    """A map of the stock network's own size (B, C, h, w) repeated over the blocks of its features; all else as it is."""
    size = tuple(value.shape[-2:]) if isinstance(value, Tensor) and value.ndim >= 4 else None
    if size is None or size in ((1, 1), grid.extent):
        return value
    if any(have not in (1, stock) for have, stock in zip(size, grid.stock_size, strict=True)):
        return value
    for axis in (-2, -1):  # what is one row or column broadcasts
        if size[axis] > 1 or grid.stock_size[axis] == 1 != max(size):
            value = value.repeat_interleave(2**grid.exponent, axis).narrow(axis, 0, grid.extent[axis])
    return value


class Operands:
    """The arguments of an operation, all brought to the representation in which it will run.

    Args:
        in_place: the operation takes each place by itself and leaves four axes as they are, so that rows which lie on the dense
            fine grid may stay there.
    """

    def __init__(self, run: Run, values: Any, in_place: bool = False):
        states = states_of(values)
        self.dense = all(isinstance(s, Dense) for s in states)
        self.rows = (
            not self.dense
            and not run.wants_dense
            and not any(isinstance(s, Filled) and not _is_gate(s) for s in states)
        )
        self.rows = self.rows and any(isinstance(s, Rows) for s in states)
        self.last = any(isinstance(s, Rows) and s.last for s in states)
        self.template = next((s for s in states if isinstance(s, Rows)), states[0]) if self.rows else states[0]
        if self.rows and len({len(s.shape) for s in states if isinstance(s, Rows)}) > 1:
            raise run.error(
                "it joins features whose channels are in different numbers of axes", "reshape them alike first"
            )
        self.grid = None if self.dense else grid_of(run, states)
        self.spread = in_place and self.rows and self._stays(values)
        self.filled = self.spread and all(s.filled for s in states if lies_spread(s))
        self.values = tree_map(lambda v: self._bring(run, v), values)

    def _stays(self, values: Any) -> bool:
        """Most rows lie on the fine grid still, and what joins them is a number or has its places."""
        assert self.grid is not None
        sizes, balance = ((1, 1), self.grid.stock_size, self.grid.extent), 0
        for value in tree_flatten(values)[0]:
            state = value.state if isinstance(value, MultiResolution) else value
            if isinstance(state, Rows):
                if state.last or len(state.shape) != 4 or state.grid is not self.grid or state.held.is_meta:
                    return False
                balance += state.shape[1] if lies_spread(state) else -state.shape[1]
            elif isinstance(state, Tensor | Dense | Filled):
                tensor = state if isinstance(state, Tensor) else state.tensor
                if tensor.numel() != 1 and (tensor.ndim != 4 or tuple(tensor.shape[-2:]) not in sizes):
                    return False
        return balance >= 0

    def _on_cells(self, value: Any) -> Any:
        """What joins rows that lie on the fine grid: a number, or a map of that grid."""
        assert self.grid is not None
        if not isinstance(value, Tensor) or value.ndim != 4:
            return value
        if tuple(value.shape[-2:]) == self.grid.extent != self.grid.stock_size:
            self.filled = False  # a value of its own at each cell
        return on_fine_grid(value, self.grid).expand(-1, -1, *self.grid.extent)

    def _bring(self, run: Run, value: Any) -> Any:
        state = value.state if isinstance(value, MultiResolution) else None
        if self.spread:
            if isinstance(state, Rows):
                return state.held if lies_spread(state) else state.fill()
            return self._on_cells(state.tensor if state else value)
        if state is not None and self.grid is not None:
            state = trimmed(state, self.grid)
        if self.rows and isinstance(value, Tensor):
            if isinstance(state, Rows):
                return state.tensor
            assert self.grid is not None
            rank = len(self.template.shape)
            return row_operand(run, state.tensor if state else value, self.grid, self.last, rank)
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
        if self.spread:
            return Spread(tensor, self.grid, self.filled)
        return Rows(tensor, self.grid, self.last) if self.rows else Filled(tensor, self.grid)


def _is_gate(state: Filled) -> bool:
    """One value for each channel of a map: it broadcasts against rows."""
    return state.tensor.ndim >= 4 and tuple(state.tensor.shape[-2:]) == (1, 1)


def wrap(run: Run, operands: Operands, result: Any) -> Any:
    """Every tensor of a result as a multi-resolution tensor."""
    return tree_map(lambda v: MultiResolution(operands.state(v), run) if isinstance(v, Tensor) else v, result)


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
            f"run it on the dense fine grid: adapt(..., dense_from={run.module!r})",
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
        inside = run.settings.dense_from if run.wants_dense else None
        raise run.error(
            f"{func.__name__} fails on its features {shapes}, which are those of the finest grid ({str(failure).splitlines()[0]})",
            "let it follow the size of the features, or adapt the part of the model before it"
            if inside
            else f"run it on the dense fine grid, where sizes are its own: adapt(..., dense_from={run.module!r})",
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
