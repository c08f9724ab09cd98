"""The fast way without gradients on a CPU: weights packed once, and each layer's best route found by timing it once.

Which route wins depends on the machine: one library's convolution may run at twice the speed of its matrix product, or
the other way round. So the first call of a layer of some shape measures

* the coarsest grid as an ordinary convolution, channels last and channels first, and as gather + product,
* gather + product in blocks of several sizes, through torch's own product and through oneDNN with a packed weight,

and from then on the cheapest combination for a given number of rows is known, the dense grid included: above the
break-even a mixed mask runs through an ordinary dilated convolution and reads its rows from the result.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.adaptive.convolution import coarse_convolution, gather_rows, tap_major
from lzviz.adaptive.lattice import Grid, Window

BLOCKS = (256, 512, 1024)
PROBES = 2  # timings of each way; the first one also warms it up
DENSE_FROM = 0.7  # share of rows above which the dense grid is considered at all

Way = Callable[[], Tensor]


@dataclass(eq=False)
class Engine:
    """Packed weights and measured times of one compiled network."""

    _packed: dict = field(default_factory=dict)
    _times: dict = field(default_factory=dict)

    def takes(self, features: Tensor, weight: Tensor, groups: int) -> bool:
        """Single precision on a CPU, without gradients and groups."""
        wants_gradients = torch.is_grad_enabled() and (features.requires_grad or weight.requires_grad)
        plain = features.device.type == "cpu" and features.dtype == weight.dtype == torch.float32
        return plain and groups == 1 and not wants_gradients

    def point(self, rows: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """A 1x1 convolution on rows."""
        matrix = self._matrix(weight)
        ways: dict[str, Way] = {"product": lambda: multiply(rows, matrix, bias)}
        if (packed := self._onednn(weight)) is not None:
            ways["packed"] = lambda: multiply_packed(rows, packed, bias)
        key = ("point", tuple(weight.shape), rows.shape[0].bit_length(), torch.get_num_threads())
        return ways[self._fastest(key, ways)[0]]()

    def convolve(
        self, rows: Tensor, grid: Grid, window: Window, out: Grid, weight: Tensor, bias: Tensor | None
    ) -> Tensor:
        """A convolution on rows (N, C) of ``grid``: the rows (M, Cout) of ``out``."""
        table, size, coarse = grid.taps(window, out), tuple(weight.shape), out.coarse_rows
        signature = (size, window, out.coarse_size, grid.exponent, torch.get_num_threads())
        gather, seconds = self._gatherer(rows, table[:coarse], weight, bias, signature)
        plans = {"gather": out.rows * seconds / coarse}
        if not grid.tree.centred or grid.tree.is_fine:
            ways = {first: self._coarse(rows, grid, window, out, weight, bias, first) for first in ("last", "first")}
            best, seconds_coarse = self._fastest(("coarse", *signature), ways)
            plans[best] = seconds_coarse + (out.rows - coarse) * seconds / coarse
        if out.rows > DENSE_FROM * out.batch * out.extent[0] * out.extent[1]:
            dense = {
                f"dense {first}": self._dense(rows, grid, window, out, weight, bias, first)
                for first in ("last", "first")
            }
            best, plans_dense = self._fastest(("dense", *signature), dense)
            plans[best] = plans_dense
        chosen = min(plans, key=lambda name: plans[name])
        if chosen.startswith("dense"):
            return dense[chosen]()
        result = rows.new_empty(out.rows, size[0])
        start = 0
        if chosen != "gather":
            result[:coarse] = ways[chosen]()
            start = coarse
        gather(rows, table[start:], result[start:])
        return result

    def filled(
        self, tensor: Tensor, grid: Grid, window: Window, out: Grid, weight: Tensor, bias: Tensor | None
    ) -> Tensor:
        """A dilated convolution on the whole fine grid, (B, C, h, w) -> (B, Cout, h', w')."""
        signature = (tuple(weight.shape), window, tuple(tensor.shape), grid.exponent, torch.get_num_threads())
        ways = {first: _dilated(tensor, grid, window, weight, bias, first) for first in ("last", "first")}
        if grid.tree.is_fine and window.stride == 1:
            ways["gather"] = lambda: self._gathered(tensor, grid, window, out, weight, bias)
        return ways[self._fastest(("filled", *signature), ways)[0]]()

    def _gathered(
        self, tensor: Tensor, grid: Grid, window: Window, out: Grid, weight: Tensor, bias: Tensor | None
    ) -> Tensor:
        """The whole fine grid by gather and product, its cells in row-major order."""
        flat, flat_out = grid.tree.grid(0, grid.extent), out.tree.grid(0, out.extent)
        cell = 2**grid.exponent
        scaled = Window(
            window.kernel,
            (window.dilation[0] * cell, window.dilation[1] * cell),
            (window.before[0] * cell, window.before[1] * cell),
            (window.after[0] * cell, window.after[1] * cell),
        )
        rows, table = flat.take(tensor), flat.taps(scaled, flat_out)
        signature = (tuple(weight.shape), scaled, flat.extent, 0, torch.get_num_threads())
        gather, _ = self._gatherer(rows, table, weight, bias, signature)
        result = rows.new_empty(flat_out.rows, weight.shape[0])
        gather(rows, table, result)
        return flat_out.fill(result)

    def _gatherer(
        self, rows: Tensor, table: Tensor, weight: Tensor, bias: Tensor | None, signature: tuple
    ) -> tuple[Callable[[Tensor, Tensor, Tensor], None], float]:
        """The fastest gather + product for a layer, and its seconds for ``table``."""
        matrix, packed = self._matrix(weight), self._onednn(weight)
        ways: dict[str, Way] = {}
        runs: dict[str, Callable[[Tensor, Tensor, Tensor], None]] = {}
        for size in BLOCKS:
            runs[f"product {size}"] = blocks_of(size, lambda c, o: multiply(c, matrix, bias, o))
            if packed is not None:
                runs[f"packed {size}"] = blocks_of(size, lambda c, o: o.copy_(multiply_packed(c, packed, bias)))

        def way(name: str) -> Way:
            def run() -> Tensor:
                out = rows.new_empty(table.shape[0], weight.shape[0])
                runs[name](rows, table, out)
                return out

            return run

        ways = {name: way(name) for name in runs}
        best, seconds = self._fastest(("gather", *signature), ways)
        return runs[best], seconds

    def _coarse(
        self, rows: Tensor, grid: Grid, window: Window, out: Grid, weight: Tensor, bias: Tensor | None, order: str
    ) -> Way:
        weight = self._ordered(weight, order)
        first = order == "first"
        return lambda: coarse_convolution(rows, grid, window, out, weight, bias, 1, channels_first=first)

    def _dense(
        self, rows: Tensor, grid: Grid, window: Window, out: Grid, weight: Tensor, bias: Tensor | None, order: str
    ) -> Way:
        def run() -> Tensor:
            full = _dilated(grid.fill(rows), grid, window, self._ordered(weight, order), bias, order)()
            return out.take(full)

        return run

    def _fastest(self, key: tuple, ways: dict[str, Way]) -> tuple[str, float]:
        """The name of the fastest way and its seconds, measured once for ``key``."""
        if key not in self._times:
            seconds = {name: min(_clock(way) for _ in range(PROBES)) for name, way in ways.items()}
            best = min(seconds, key=lambda name: seconds[name])
            self._times[key] = (best, seconds[best])
        return self._times[key]

    def _once(self, kind: str, weight: Tensor, make: Callable[[], Tensor | None]) -> Tensor | None:
        """Something made of a weight, remade when the weight has changed."""
        key, version = (kind, id(weight)), 0 if weight.is_inference() else weight._version
        found = self._packed.get(key)
        if found is None or found[0] is not weight or found[1] != version:
            with torch.no_grad():
                found = (weight, version, make())
            self._packed[key] = found
        return found[2]

    def _matrix(self, weight: Tensor) -> Tensor:
        """(K C, Cout): the weight as gathered rows meet it."""
        made = self._once("matrix", weight, lambda: tap_major(weight).reshape(weight.shape[0], -1).t())
        assert made is not None
        return made

    def _ordered(self, weight: Tensor, order: str) -> Tensor:
        memory_format = torch.channels_last if order == "last" else torch.contiguous_format
        made = self._once(order, weight, lambda: weight.detach().contiguous(memory_format=memory_format))
        assert made is not None
        return made

    def _onednn(self, weight: Tensor) -> Tensor | None:
        """The weight packed for oneDNN's linear, or None where this build of torch has none."""
        return self._once("onednn", weight, lambda: pack(tap_major(weight).reshape(weight.shape[0], -1)))


def pack(weight: Tensor) -> Tensor | None:
    """(Cout, K) packed for oneDNN, or None."""
    if not torch.backends.mkldnn.is_available():
        return None
    try:
        return torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous(), BLOCKS[-1])
    except (AttributeError, RuntimeError):
        return None


def multiply(columns: Tensor, matrix: Tensor, bias: Tensor | None, out: Tensor | None = None) -> Tensor:
    """``columns @ matrix + bias`` with torch's own product."""
    if out is None:
        out = columns.new_empty(columns.shape[0], matrix.shape[1])
    return torch.mm(columns, matrix, out=out) if bias is None else torch.addmm(bias, columns, matrix, out=out)


def multiply_packed(columns: Tensor, packed: Tensor, bias: Tensor | None) -> Tensor:
    """The same with oneDNN and a packed weight."""
    return torch.ops.mkldnn._linear_pointwise(columns, packed, bias, "none", [], "")


def blocks_of(size: int, product: Callable[[Tensor, Tensor], object]) -> Callable[[Tensor, Tensor, Tensor], None]:
    """Gather + product in blocks of ``size`` rows through one buffer: ``run(rows, table, out)``."""

    def run(rows: Tensor, table: Tensor, out: Tensor) -> None:
        count, taps = table.shape
        columns = rows.new_empty(min(size, count) * taps, rows.shape[1])
        for start in range(0, count, size):
            index = table[start : start + size].reshape(-1)
            block = gather_rows(rows, index, columns[: index.numel()])
            product(block.view(-1, taps * rows.shape[1]), out[start : start + size])

    return run


def _dilated(tensor: Tensor, grid: Grid, window: Window, weight: Tensor, bias: Tensor | None, order: str) -> Way:
    """An ordinary convolution over the fine grid with taps 2^n apart, in either memory order."""
    cell = 2**grid.exponent
    before, after = ([p * cell for p in side] for side in (window.before, window.after))
    dilation = [d * cell for d in window.dilation]

    def run() -> Tensor:
        source = tensor.contiguous() if order == "first" else tensor.contiguous(memory_format=torch.channels_last)
        if before != after:
            source = F.pad(source, (before[1], after[1], before[0], after[0]))
        padding = before if before == after else 0
        result = F.conv2d(source, weight, bias, 1, padding, dilation)
        return result.contiguous(memory_format=torch.channels_last)

    return run


def _clock(way: Way) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start
