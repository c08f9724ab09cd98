"""The fast schedule without gradients on a CPU: weights packed once, and each convolution's cheapest way known by a cost model.

A convolution on rows has two schedules of the same function:

* on *rows*: the coarsest grid through an ordinary convolution, all other rows by gather and product in blocks;
* on the *dense* fine grid: every cell gets its owner's value, an ordinary dilated convolution runs, and its rows stay where they
  are until someone wants them as rows: layers that follow on this schedule only give the cells between their values.

Their times depend on the machine, so they are measured, once for each shape: a row of gather and product on one block, a row of
the tables that say what is gathered, the coarsest grid's convolution, and the dense grid's only where the coarsest grid's time says
that it might win. What a mask costs then follows from its number of rows, before any table is made; tables are shared by the
convolutions that read them. Every convolution rectifies in passing where nothing else reads what it rectifies.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from lzviz.adaptive import kernels
from lzviz.adaptive.convolution import tap_major
from lzviz.adaptive.kernels import Geometry
from lzviz.adaptive.lattice import BLOCK, Block, Grid, Pair, Window
from lzviz.adaptive.tensor import Rows, Spread, lies_spread

PROBES = (3, 7)  # timings of each way, at least and at most, of which the shortest counts
ENOUGH = 0.03  # seconds of timings after which no more than the least are made
COLD = 1 << 21  # values that pass through the caches before each timing, as other layers' do in a network
DENSE_AT_BEST = 0.8  # of the coarsest grid's time for each cell: the least that the dense grid's is expected to take
POINT = Geometry((1, 1), (0, 0), (0, 0), (1, 1))

Path = Literal["rows", "dense"]


class Price(NamedTuple):
    """Seconds of a convolution on rows: a row of gather and product; the coarsest grid; a row of tables; moving all features
    between rows and the dense grid."""

    row: float
    corner: float
    table: float
    move: float


@dataclass(eq=False)
class Engine:
    """Packed weights and measured times of one compiled network.

    Attributes:
        users: how many convolutions of the network read the tables of a window at an exponent.
    """

    users: dict[tuple[Window, int], int] = field(default_factory=dict)
    _packed: dict = field(default_factory=dict)
    _seconds: dict = field(default_factory=dict)
    _prices: dict[tuple, Price] = field(default_factory=dict)

    def __reduce__(self) -> tuple:
        """Copies and pickles start anew: packed weights belong to this process."""
        return Engine, (self.users,)

    def takes(self, features: Tensor, weight: Tensor, groups: int) -> bool:
        """Single precision on a CPU, without gradients and groups."""
        wants_gradients = torch.is_grad_enabled() and (features.requires_grad or weight.requires_grad)
        plain = features.device.type == "cpu" and features.dtype == weight.dtype == torch.float32
        return plain and groups == 1 and not wants_gradients

    # -- ordinary maps ---------------------------------------------------------------------------------------------------

    def ordinary(
        self, x: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair, dilation: Pair, relu: bool
    ) -> Tensor:
        """A convolution of an ordinary map (B, C, h, w), before the first adaptive step."""
        return self._convolve(x, weight, bias, Geometry(stride, padding, padding, dilation), relu)

    def filled(
        self, tensor: Tensor, grid: Grid, window: Window, weight: Tensor, bias: Tensor | None, relu: bool
    ) -> Tensor:
        """A dilated convolution on the whole fine grid, (B, C, h, w) -> (B, Cout, h', w')."""
        return self._convolve(tensor, weight, bias, _dilated(grid, window), relu)

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None, how: Geometry, relu: bool) -> Tensor:
        packed = self._once(("convolution", how), weight, lambda: kernels.pack_convolution(weight, how, list(x.shape)))
        assert packed is not None
        return kernels.convolve_packed(x, packed, bias, how, relu)

    # -- rows ------------------------------------------------------------------------------------------------------------

    def point(self, state: Rows, weight: Tensor, bias: Tensor | None, relu: bool) -> Rows:
        """A 1x1 convolution of rows, where they are."""
        if lies_spread(state):
            return Spread(self._convolve(state.held, weight, bias, POINT, relu), state.grid, state.filled)
        return Rows(self._product(state.tensor, weight)(state.tensor, bias, relu, None), state.grid)

    def convolve(
        self, state: Rows, window: Window, weight: Tensor, bias: Tensor | None, relu: bool
    ) -> tuple[Rows, Path]:
        """A convolution of rows: those of ``grid.after(window)``, and where it ran."""
        grid, out = state.grid, state.grid.after(window)
        begin, dense = self._choose(state, window, weight, bias, relu, out)
        if dense:
            return Spread(self._convolve(state.fill(), weight, bias, _dilated(grid, window), relu), out), "dense"
        rows = state.tensor
        result = rows.new_empty(out.rows, weight.shape[0])
        if begin:
            made = self._convolve(grid.coarse(rows), weight, bias, _coarsest(grid, window, out), relu)
            result[:begin] = made.permute(0, 2, 3, 1).reshape(begin, -1)
        self._gathered(rows, grid.blocks(window, out, begin), weight, bias, relu, result)
        return Rows(result, out), "rows"

    def _gathered(
        self, rows: Tensor, blocks: list[Block], weight: Tensor, bias: Tensor | None, relu: bool, out: Tensor
    ) -> None:
        """Gather + product in blocks into ``out``."""
        product = self._product(rows, weight)
        for block in blocks:
            product(kernels.gather(rows, block), bias, relu, out[block.start : block.stop])

    # -- the cost model --------------------------------------------------------------------------------------------------

    def _choose(
        self, state: Rows, window: Window, weight: Tensor, bias: Tensor | None, relu: bool, out: Grid
    ) -> tuple[int, bool]:
        """The cheapest way of a convolution, from the number of its rows: from which row on to gather (the coarsest grid's go
        through an ordinary convolution, or none do), and whether the dense grid beats that."""
        grid = state.grid
        if grid.tree.centred and not grid.tree.is_fine:
            return 0, False
        shape = (tuple(weight.shape), window, grid.exponent, grid.extent, grid.batch, torch.get_num_threads())
        if (price := self._prices.get(shape)) is None:
            price = self._prices[shape] = self._price(shape, state, window, weight, bias, relu, out)
        begin, seconds = 0, out.rows * price.row
        if price.corner < out.coarse_rows * price.row:
            begin, seconds = out.coarse_rows, price.corner + (out.rows - out.coarse_rows) * price.row
        # Made once for all who read them. Charged also where they are there already: a mask has one schedule, whatever ran before.
        seconds += price.table * (out.rows - begin) / self.users.get((window, grid.exponent), 1)
        share = grid.rows / grid.cells
        if lies_spread(state):
            seconds += price.move * share
        if seconds <= DENSE_AT_BEST * price.corner / out.coarse_rows * out.cells:
            return begin, False
        # Filled by the first run, of which the shortest counts.
        filled, wide = cache(state.fill), _dilated(grid, window)
        dense = self._seconds_of(("dense", shape), lambda: self._convolve(filled(), weight, bias, wide, relu))
        if not lies_spread(state):
            dense += price.move
        elif not state.filled:
            dense += price.move * 2 * (1 - share)  # only what is no corner is read and written
        return begin, dense < seconds

    def _price(
        self, shape: tuple, state: Rows, window: Window, weight: Tensor, bias: Tensor | None, relu: bool, out: Grid
    ) -> Price:
        """Measure a convolution's ways on rows."""
        grid, how = state.grid, _coarsest(state.grid, window, out)
        rows = cache(lambda: grid.take(state.held) if lies_spread(state) else state.tensor)
        corner = self._seconds_of(
            ("coarse", shape), lambda: self._convolve(grid.coarse(rows()), weight, bias, how, relu)
        )
        tables = self._seconds_of(("tables", window, *shape[2:]), lambda: grid.make_blocks(window, out, 0))
        move = 0.0 if grid.in_order else self._seconds_of_moving(grid, state.shape[1])
        return Price(self._seconds_of_a_row(rows, weight), corner, tables / out.rows, move)

    def _product(self, rows: Tensor, weight: Tensor) -> Callable[[Tensor, Tensor | None, bool, Tensor | None], Tensor]:
        """The faster product with a weight, measured on one block: ``product(columns, bias, relu, out)``."""
        matrix = self._once("matrix", weight, lambda: tap_major(weight).reshape(weight.shape[0], -1).t())
        packed = self._once(
            "packed", weight, lambda: kernels.pack_product(tap_major(weight).reshape(weight.shape[0], -1))
        )
        assert matrix is not None

        def plain(columns: Tensor, bias: Tensor | None, relu: bool, out: Tensor | None) -> Tensor:
            return kernels.multiply(columns, matrix, bias, relu, out)

        def fused(columns: Tensor, bias: Tensor | None, relu: bool, out: Tensor | None) -> Tensor:
            made = kernels.multiply_packed(columns, packed, bias, relu)  # type: ignore[arg-type]
            return made if out is None else out.copy_(made)

        if packed is None:
            return plain

        def probe(way: Callable[..., Tensor]) -> Callable[[], Tensor]:
            return lambda: way(rows.new_zeros(BLOCK, matrix.shape[0]), rows.new_zeros(matrix.shape[1]), False, None)

        key = (*matrix.shape, torch.get_num_threads())
        fast, slow = (self._seconds_of((name, *key), probe(way)) for name, way in (("fused", fused), ("plain", plain)))
        return fused if fast <= slow else plain

    def _seconds_of_a_row(self, features: Callable[[], Tensor], weight: Tensor) -> float:
        """Gather and product of one row, measured on two blocks whose reads are scattered."""
        taps = weight.shape[2] * weight.shape[3]

        def block() -> Tensor:
            rows = features()
            out = rows.new_empty(2 * BLOCK, weight.shape[0])
            index = torch.arange(BLOCK * taps) * 7 % rows.shape[0]
            blocks = [Block(start, start + BLOCK, index, None) for start in (0, BLOCK)]
            self._gathered(rows, blocks, weight, out[0], True, out)
            return out

        return self._seconds_of(("row", *weight.shape, torch.get_num_threads()), block) / (2 * BLOCK)

    def _seconds_of_moving(self, grid: Grid, channels: int) -> float:
        """Bringing rows to the fine grid, mending them there, or taking them from it: about as many values are copied."""

        def copy() -> Tensor:
            rows = torch.zeros(grid.cells, channels)
            return rows.index_select(0, torch.arange(grid.cells))

        return self._seconds_of(("copy", grid.cells, channels, torch.get_num_threads()), copy)

    def _seconds_of(self, key: tuple, way: Callable[[], object]) -> float:
        """The shortest of some runs, measured once for ``key``."""
        if key not in self._seconds:
            self._seconds[key] = _shortest(way)
        return self._seconds[key]

    def _once(self, kind: object, weight: Tensor, make: Callable[[], Tensor | None]) -> Tensor | None:
        """Something made of a weight, remade when the weight has changed."""
        key, version = (kind, id(weight)), 0 if weight.is_inference() else weight._version
        found = self._packed.get(key)
        if found is None or found[0] is not weight or found[1] != version:
            with torch.no_grad():
                found = (weight, version, make())
            self._packed[key] = found
        return found[2]


def _dilated(grid: Grid, window: Window) -> Geometry:
    """An ordinary convolution over the fine grid, its taps 2^n apart."""
    cell = 2**grid.exponent
    before, after, dilation = ((s[0] * cell, s[1] * cell) for s in (window.before, window.after, window.dilation))
    return Geometry((1, 1), before, after, dilation)


def _coarsest(grid: Grid, window: Window, out: Grid) -> Geometry:
    """An ordinary convolution from the input's coarsest grid to the output's, which reads nothing else."""
    scale = 2**grid.exponent // grid.step  # more halvings than levels: the coarsest grid is dilated itself
    before, after, dilation = ((s[0] * scale, s[1] * scale) for s in (window.before, window.after, window.dilation))
    stride = out.step // grid.step
    return Geometry((stride, stride), before, after, dilation)


def _shortest(way: Callable[[], object]) -> float:
    """Seconds of the shortest of some runs, each on cold caches."""
    passing, seen = torch.empty(COLD), []
    while len(seen) < PROBES[0] or (len(seen) < PROBES[1] and sum(seen) < ENOUGH):
        passing.zero_()
        seen.append(_clock(way))
    return min(seen)


def _clock(way: Callable[[], object]) -> float:
    """Seconds of one run; on one thread those of the thread, which other work does not lengthen."""
    now = time.thread_time if torch.get_num_threads() == 1 else time.perf_counter
    start = now()
    way()
    return now() - start
