"""One call of an adapted network: what was asked, where in the model it is, what it met."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from lzviz.adaptive.lattice import Grid, Pair, Tree, Trees, Window
from lzviz.adaptive.levels import check_levels
from lzviz.adaptive.tensor import Dense, MultiResolution
from lzviz.measure.cost import Layer

if TYPE_CHECKING:
    from lzviz.adaptive.engine import Engine, Path

_hooking = threading.Lock()  # torch numbers its hooks without one: two at a time may get the same number
Levels = Tensor | Callable[[Tensor], "Tensor | Tree"]


@dataclass(frozen=True)
class Settings:
    """How a network is adapted; see :func:`lzviz.adapt`."""

    fine: int
    coarse: int
    offset: str = "corner"
    pool: str = "exact"
    dense_from: tuple[str, ...] = ()
    global_pool: str = "area"
    statistics: str = "rows"

    @property
    def depth(self) -> int:
        """Levels of the quadtree: halvings from the fine to the coarse output stride."""
        return (self.coarse // self.fine).bit_length() - 1


class Fallback(NamedTuple):
    """An operation that ran on the dense fine grid, and where."""

    module: str
    operation: str

    def __str__(self) -> str:
        return f"{self.operation} in {self.module}"


class Frame(NamedTuple):
    """A module being run, and the first multi-resolution state that it received."""

    name: str
    module: nn.Module
    state: Any


@dataclass(eq=False)
class Run:
    """The state of one call."""

    settings: Settings
    names: dict[int, str]
    levels: Levels | Tree
    folded: frozenset[str] = frozenset()
    tree: Tree | None = None
    stack: list[Frame] = field(default_factory=list)
    fallbacks: list[Fallback] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    layers_dense: list[Layer] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    reached: int = 1
    halvings: int = 0
    watch: Any = None
    engine: Engine | None = None
    rectified: frozenset[str] = frozenset()
    paths: dict[str, Path] = field(default_factory=dict)
    trees: Trees = field(default_factory=Trees)
    grids: list[tuple[int, Pair] | None] = field(default_factory=list)
    any_mask: bool = True
    image: Pair = (0, 0)
    sized: str = ""  # the module that asked last for a size
    outside: list[Fallback] = field(default_factory=list)
    windows: Counter[tuple[Window, int]] = field(
        default_factory=Counter
    )  # of convolutions on rows, with their exponents

    @property
    def module(self) -> str:
        """The name of the module being run."""
        return self.stack[-1].name if self.stack else "the model"

    @property
    def wants_dense(self) -> bool:
        """Inside a submodule named by ``dense_from``."""
        names = self.settings.dense_from
        return bool(names) and any(frame.name in names for frame in self.stack)

    @property
    def on_dense_grid(self) -> str:
        """How to ask for the module being run, and for all others of its kind, on the dense fine grid."""
        names = list(self.settings.dense_from)
        if self.stack:
            kind = type(self.stack[-1].module)
            alike = [n for n, m in self.stack[0].module.named_modules() if type(m) is kind and n]
            names += [self.module] if kind.__module__.startswith("torch.") else alike
        names = list(dict.fromkeys([*names, self.module]))
        return f"adapt(..., dense_from={names[0]!r})" if len(names) == 1 else f"adapt(..., dense_from={tuple(names)!r})"

    def error(self, what: str, remedy: str) -> ValueError:
        """A ``ValueError`` that names the module and the remedy."""
        return ValueError(f"module {self.module!r}: {what}. Remedy: {remedy}.")

    def note_fallback(self, operation: str) -> None:
        entry = Fallback(self.module, operation)
        if entry not in self.fallbacks:
            self.fallbacks.append(entry)

    def note_outside(self, operation: str, grid: Grid | None = None) -> None:
        """An operation after which coarse locations may differ from the stock network's, unless no cell is coarse.

        Args:
            grid: whose cells the operation weighs by their area: where all are coarse and whole, that is the stock network too.
        """
        entry = Fallback(self.module, operation)
        if entry in self.outside or self.tree is None or self.tree.is_fine:
            return
        if grid is None or self.tree.is_mixed or any(n % 2**grid.exponent for n in grid.extent):
            self.outside.append(entry)

    def note_path(self, path: Path) -> None:
        """Where the module's convolution ran, unless it was asked for."""
        if not self.wants_dense:
            self.paths[self.module] = path

    def count(self, operation: str, weight: Tensor, outputs: int, outputs_dense: int, grid: Grid | None = None) -> None:
        """Note a product that uses ``weight`` once for each of its outputs: as it ran, and on the dense fine grid.

        Args:
            grid: whose rows the outputs are; None: their number is the same for every mask.
        """
        self.grids.append((grid.exponent, grid.extent) if grid else None)
        self.any_mask = self.any_mask and (grid is not None or outputs == outputs_dense)
        for layers, rows in ((self.layers, outputs), (self.layers_dense, outputs_dense)):
            layers.append(Layer(self.module, operation, rows * weight.numel(), (rows, weight.shape[0])))

    def layers_of(self, tree: Tree) -> list[Layer]:
        """What the layers of this run, in which no map was empty, cost on another tree of its size."""
        found = []
        for layer, grid in zip(self.layers, self.grids, strict=True):
            rows = layer.output[0] if grid is None else tree.grid(*grid).rows
            macs = layer.macs // layer.output[0] * rows
            found.append(Layer(layer.module, layer.operation, macs, (rows, *layer.output[1:])))
        return found

    def step_tree(self, features: Dense) -> Tree:
        """The tree of this call, made at the first adaptive step from the levels or from what predicts them."""
        if self.tree is None:
            tree = self.levels if isinstance(self.levels, Tree) else self._grow(features)
            self.tree = tree.cut(features.size) if self._loses_cells(tree.size, features) else tree
        if self.tree.size != features.size or self.tree.levels.shape[0] != features.tensor.shape[0]:
            b, (h, w) = self.tree.levels.shape[0], self.tree.size
            raise self.error(
                f"the levels are for {b} image(s) of {h} x {w} fine cells, the features here are "
                f"{features.tensor.shape[0]} of {features.size[0]} x {features.size[1]}",
                "make the levels (or the plan) at the size of this image's fine grid",
            )
        return self.tree

    def _grow(self, features: Dense) -> Tree:
        levels = self.levels
        if not isinstance(levels, Tensor) and callable(levels):
            levels = levels(self._features_before_step(features))
            if isinstance(levels, Tree):
                return levels
        loses = isinstance(levels, Tensor) and self._loses_cells(tuple(levels.shape[-2:]), features)
        size = None if loses else features.size
        plain = check_levels(levels, self.settings.depth, batch=features.tensor.shape[0], size=size)
        device = "cpu" if features.tensor.is_meta else features.tensor.device
        return self.trees.of(plain.to(device), self.settings.depth, self.settings.offset == "center")

    def _loses_cells(self, size: tuple[int, ...], features: Dense) -> bool:
        """Levels of ``size`` are for the image's cells, of which windows without padding lost some before the first step."""
        whole = tuple(-(-n // self.settings.fine) for n in self.image)
        return size == whole != features.size and all(a >= b for a, b in zip(size, features.size, strict=True))

    def _features_before_step(self, features: Dense) -> Tensor:
        """What the outermost running module got at the fine stride (layer3's input in a ResNet)."""
        for frame in self.stack:
            if isinstance(frame.state, Dense) and frame.state.stride == self.settings.fine:
                return frame.state.tensor
        return features.tensor

    @contextmanager
    def following(self, model: nn.Module) -> Iterator[None]:
        """Follow the modules of ``model`` as they run in this thread; nothing stays behind."""
        thread, here = threading.get_ident(), threading.get_ident
        names, stack = self.names, self.stack

        def enter(module: nn.Module, args: tuple) -> None:
            if here() == thread and (name := names.get(id(module))) is not None:
                first = args[0] if args else None
                if not isinstance(first, MultiResolution):
                    first = next((a for a in args if isinstance(a, MultiResolution)), None)
                stack.append(Frame(name, module, None if first is None else first.state))

        def leave(module: nn.Module, args: tuple, output: Any) -> None:
            if stack and stack[-1].module is module and here() == thread:
                stack.pop()

        with _hooking:
            hooks = (register_module_forward_pre_hook(enter), register_module_forward_hook(leave))
        try:
            yield
        finally:
            with _hooking:
                for hook in hooks:
                    hook.remove()
            stack.clear()


def names_of(model: nn.Module) -> dict[int, str]:
    """The dotted name of every module of ``model``, by identity."""
    return {id(module): name or type(model).__name__ for name, module in model.named_modules()}


def settle(x: Tensor) -> Dense:
    """The state in which an image (B, C, H, W) enters the network."""
    return Dense(x, 1, (x.shape[-2], x.shape[-1]))
