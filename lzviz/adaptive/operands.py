"""What takes part in an operation on multi-resolution tensors, brought to the one representation in which it will run."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_map

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
    rows_of,
)


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
