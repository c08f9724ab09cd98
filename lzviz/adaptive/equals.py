"""Pointwise operations whose operands are all of one place: the usual case by far, answered without looking for special ones."""

from __future__ import annotations

from collections.abc import Callable

from lzviz.adaptive.run import Run
from lzviz.adaptive.tensor import Dense, Filled, MultiResolution, Rows, Spread, State, lies_spread

QUICK = frozenset(("inplace", "training", "p"))


def on_equals(run: Run, func: Callable, args: tuple, kwargs: dict) -> MultiResolution | None:
    """The result where all operands are maps, or rows of one grid; None: look closer."""
    states = [getattr(value, "state", None) for value in args]
    first = states[0] if states else None
    if isinstance(first, Dense | Filled) and QUICK.issuperset(kwargs):
        return _on_equal_maps(run, func, args, kwargs, states, first)
    if not isinstance(first, Rows) or first.held.is_meta or run.wants_dense or not QUICK.issuperset(kwargs):
        return None
    if not all(isinstance(s, Rows) and s.grid is first.grid and s.last == first.last for s in states):
        return None
    lying = [lies_spread(s) for s in states]
    spread = all(lying)
    if any(lying) and not spread:
        return None
    if not spread and any(s.tensor.ndim != first.tensor.ndim for s in states):  # type: ignore[union-attr]
        return None
    values = [state.held if spread else state.tensor for state in states]  # type: ignore[union-attr]
    result = func(*values, **kwargs)
    if spread:
        state: Rows = Spread(result, first.grid, all(s.filled for s in states))  # type: ignore[union-attr]
    else:
        state = Rows(result, first.grid, first.last)
    if result is not values[0]:
        return MultiResolution(state, run)
    args[0].state = state
    return args[0]


def _on_equal_maps(
    run: Run, func: Callable, args: tuple, kwargs: dict, states: list, first: Dense | Filled
) -> MultiResolution | None:
    """Before the first adaptive step, or on the whole fine grid."""
    if first.tensor.is_meta or not all(type(s) is type(first) for s in states):
        return None
    if isinstance(first, Filled) and not all(s.grid is first.grid for s in states):
        return None
    result = func(*(s.tensor for s in states), **kwargs)
    state: State = Dense(result, first.stride, first.size) if isinstance(first, Dense) else Filled(result, first.grid)
    if result is not first.tensor:
        return MultiResolution(state, run)
    args[0].state = state
    return args[0]
