"""The multi-resolution tensor: what an unmodified network is called on.

It looks like a feature map (B, C, h, w), shape, device and dtype included, and holds one of three things:

* :class:`Dense`: before the first adaptive step, an ordinary tensor that remembers its stride;
* :class:`Rows`: after it, the rows (N, C) of a :class:`~lzviz.adaptive.lattice.Grid`, or :class:`Spread`, the same rows at their
  corners on the fine grid, where a layer on the dense schedule left them;
* :class:`Filled`: after it too, but on the whole fine grid, where windows are dilated instead of strided.

Every torch function that meets one comes to ``__torch_function__`` and is answered by a rule of
:mod:`lzviz.adaptive.dispatch`. Gradients flow through what it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeGuard

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_map

from lzviz.adaptive.lattice import Grid

if TYPE_CHECKING:
    from lzviz.adaptive.run import Run


@dataclass(frozen=True, eq=False)
class Dense:
    """An ordinary tensor of any shape, made from features of ``stride`` whose size was ``size``."""

    tensor: Tensor
    stride: int
    size: tuple[int, int]

    @property
    def shape(self) -> torch.Size:
        return self.tensor.shape


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows (N, C) of a grid. ``last``: the model sees its channels last, (B, h, w, C).

    Where it sees them in several axes, (B, g, C / g, h, w), or in none, (B, h, w), so do the rows: (N, g, C / g), (N,).
    """

    tensor: Tensor
    grid: Grid
    last: bool = False

    @property
    def held(self) -> Tensor:
        """What is in memory now: rows (N, C), or a map (B, C, eh, ew)."""
        return self.tensor

    @property
    def _channels(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape[1:])

    @property
    def shape(self) -> torch.Size:
        h, w = self.grid.extent
        batch, channels = self.grid.batch, self._channels
        return torch.Size((batch, h, w, *channels) if self.last else (batch, *channels, h, w))

    def fill(self) -> Tensor:
        """The dense fine grid (B, C, eh, ew), each cell with its owner's value."""
        return self.grid.fill(self.tensor)


class Spread(Rows):
    """Rows at their corners on the dense fine grid (B, C, eh, ew); other cells hold anything unless ``filled``.

    Layers on the dense schedule that follow one another go on from there. Whoever asks for ``tensor`` gets the rows, and from
    then on they alone are kept: there is never a second copy that could differ.
    """

    def __init__(self, spread: Tensor, grid: Grid, filled: bool = False):
        self.__dict__.update(grid=grid, last=False, _held=spread, _filled=filled)

    @property
    def held(self) -> Tensor:
        return self.__dict__["_held"]

    @property
    def _channels(self) -> tuple[int, ...]:
        return (self.held.shape[1],)

    @property
    def spread(self) -> bool:
        """It is on the fine grid still."""
        return self.held.ndim == 4

    @property
    def filled(self) -> bool:
        """Every cell of the fine grid has its owner's value."""
        return self.__dict__["_filled"]

    @property
    def tensor(self) -> Tensor:  # type: ignore[override]
        if self.spread:
            self.__dict__.update(_held=self.grid.take(self.held), _filled=False)
        return self.held

    def fill(self) -> Tensor:
        if not self.spread:
            return super().fill()
        if not self.filled:
            self.__dict__.update(_held=self.grid.mend(self.held), _filled=True)
        return self.held


def lies_spread(state: object) -> TypeGuard[Spread]:
    """Rows that lie at their corners on the dense fine grid still."""
    return isinstance(state, Spread) and state.spread


@dataclass(frozen=True, eq=False)
class Filled:
    """The whole fine grid (B, C, eh, ew) of a network that is ``grid.exponent`` halvings deep."""

    tensor: Tensor
    grid: Grid

    @property
    def shape(self) -> torch.Size:
        return self.tensor.shape


State = Dense | Rows | Filled


class Margin(NamedTuple):
    """Padding that waits for the window it was made for: cells (y, x) before and after, and their value."""

    before: tuple[int, int]
    after: tuple[int, int]
    value: float


class MultiResolution(Tensor):
    """A feature map in one of three states; see the module."""

    state: State
    run: Run
    margin: Margin | None = None
    answer: ClassVar[
        Callable[..., Any]
    ]  # by :mod:`lzviz.adaptive.dispatch`, which knows every rule and stands on this file
    rectified: bool = False  # no value below zero: its convolution rectified in passing

    @staticmethod
    def __new__(cls, state: State, run: Run) -> MultiResolution:
        tensor = state.held if isinstance(state, Rows) else state.tensor
        out = torch.Tensor._make_wrapper_subclass(cls, state.shape, dtype=tensor.dtype, device=tensor.device)
        out.state, out.run = state, run
        return out

    def dense(self) -> Tensor:
        """An ordinary tensor: the map on the finest grid, each cell with its owner's value."""
        return dense(self.state)

    def __repr__(self, *, tensor_contents: object = None) -> str:
        return f"MultiResolution({type(self.state).__name__}, {tuple(self.state.shape)})"

    @classmethod
    def __torch_function__(cls, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        return cls.answer(func, args, kwargs or {})

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        holder = next(a for a in tree_flatten((args, kwargs))[0] if isinstance(a, MultiResolution))
        raise holder.run.error(
            f"{func} reached a multi-resolution map past every rule",
            "name the module in dense_from=, so that it runs on the dense fine grid",
        )


def dense(state: State) -> Tensor:
    """The dense tensor of a state, its channels where the model has them."""
    if not isinstance(state, Rows):
        return state.tensor
    if isinstance(state, Spread) or state.tensor.ndim == 2:
        tensor = state.fill()
        return tensor.permute(0, 2, 3, 1) if state.last else tensor
    rows = state.tensor
    flat = state.grid.fill(rows.reshape(rows.shape[0], -1))
    return (flat.permute(0, 2, 3, 1) if state.last else flat).reshape(state.shape)


def rows_of(tensor: Tensor, grid: Grid, last: bool) -> Rows:
    """The rows of a dense tensor (B, ..., h, w), or (B, h, w, ...) where ``last``."""
    first = tensor.flatten(3).permute(0, 3, 1, 2) if last and tensor.ndim > 3 else tensor.flatten(1, -3)
    first = tensor[:, None] if tensor.ndim == 3 else first
    rows = grid.take(first)
    channels = tensor.shape[3:] if last else tensor.shape[1:-2]
    return Rows(rows if len(channels) == 1 else rows.reshape(-1, *channels), grid, last and tensor.ndim > 3)


def place_axis(state: State) -> int | None:
    """The first of the two axes of places, as the model sees them; ``None`` if they are no longer apart."""
    shape = tuple(state.shape)
    if isinstance(state, Rows):
        return 1 if state.last else len(shape) - 2
    size = state.size if isinstance(state, Dense) else state.grid.extent
    if len(shape) >= 3 and shape[-2:] == size:
        return len(shape) - 2
    return 1 if len(shape) >= 4 and shape[1:3] == size else None


def is_map(state: Filled) -> bool:
    """The tensor lies on the fine grid: (B, C, eh, ew)."""
    return state.tensor.ndim == 4 and tuple(state.tensor.shape[-2:]) == state.grid.extent


def seen_shape(value: MultiResolution) -> torch.Size:
    """The shape that the model sees: that of its own feature there, so that paddings and sizes computed from it come out right.

    On the dense fine grid that was asked for (``dense_from``) it is the fine grid's.
    """
    return value.state.shape if value.run.wants_dense else seen_shape_of(value.state)


def seen_shape_of(state: State) -> torch.Size:
    """The same, wherever the model is."""
    if isinstance(state, Dense) or (place := place_axis(state)) is None:
        return state.shape
    shape = list(state.shape)
    shape[place : place + 2] = state.grid.stock_size
    return torch.Size(shape)


def to_dense(value: Any) -> Any:
    """Every multi-resolution tensor in nested ``value`` as an ordinary one."""
    return tree_map(lambda leaf: leaf.dense() if isinstance(leaf, MultiResolution) else leaf, value)
