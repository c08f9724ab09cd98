"""``adapt``: content-adaptive downsampling (Hesse et al. 2023) inside any convolutional network, which stays as it is."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten

from lzviz.adaptive.engine import Engine
from lzviz.adaptive.folding import Folded, Watch, fold, shape_twin
from lzviz.adaptive.lattice import Tree, Trees
from lzviz.adaptive.levels import active_cells, check_levels
from lzviz.adaptive.quadtree import QuadTree
from lzviz.adaptive.report import Ran, Report
from lzviz.adaptive.run import Levels, Run, Settings, names_of, settle
from lzviz.adaptive.tensor import Filled, MultiResolution, Rows, to_dense
from lzviz.adaptive.windows import Convolution
from lzviz.coords import Size, check_size
from lzviz.measure.cost import Cost, Layer


def adapt(
    model: nn.Module,
    output_stride: tuple[int, int] = (8, 16),
    *,
    offset: str = "corner",
    pool: str = "exact",
    dense_from: str | Sequence[str] | None = None,
    global_pool: str = "area",
    batch_norm: str = "rows",
) -> Adapted:
    """Let a network spend its resolution where it is wanted; the module itself is called unchanged.

    Args:
        model: any module of convolutions; give it *strided* (its own output stride the coarse one, or more).
        output_stride: (fine, coarse). Up to ``fine`` the network runs as it is; from there on its strides halve only
            the cells that the levels allow, down to ``coarse``; strides after that dilate everything.
        offset: where later convolutions sample a halved block: "corner" (its cell (0, 0), whose value it has; coarse
            locations then equal the stock network exactly) or "center" (as the public code does).
        pool: "exact", or "paper": max and average pooling leave fine cells unpooled.
        dense_from: name of a submodule, or of several, that run on the dense fine grid, dilated by the same rule; what follows
            the first of them stays there.
        global_pool: pooling and norms over the whole map: "area" weights each row with the cells that it stands for (then the
            report names them as outside the guarantee), "coarse" reads the features of the stock network only, so that its
            features and class scores come out whatever the levels.
        batch_norm: statistics in training: "rows" counts every row once, "area" by its cells.

    Raises:
        ValueError: an option that is none, strides that are no powers of two, a submodule that is not there.
    """
    fine, coarse = _check_strides(output_stride)
    chosen = {"offset": offset, "pool": pool, "global_pool": global_pool, "batch_norm": batch_norm}
    for name, options in OPTIONS.items():
        if chosen[name] not in options:
            raise ValueError(f"expected {name} as one of {', '.join(map(repr, options))}, got {chosen[name]!r}")
    if not isinstance(model, nn.Module):
        raise TypeError(f"expected model as a torch.nn.Module, got {type(model).__name__}")
    names = {name for name, _ in model.named_modules()}
    dense = (dense_from,) if isinstance(dense_from, str) else tuple(dense_from or ())
    for name in dense:
        if name not in names:
            near = ", ".join(repr(name) for name, _ in model.named_children())
            raise ValueError(f"the model has no submodule {name!r} to run densely; its children are {near}")
    return Adapted(model, Settings(fine, coarse, offset, pool, dense, global_pool, batch_norm))


OPTIONS = {
    "offset": ("corner", "center"),
    "pool": ("exact", "paper"),
    "global_pool": ("area", "coarse"),
    "batch_norm": ("rows", "area"),
}


SIZES = 8  # of images whose multiply-adds are remembered


def _check_strides(output_stride: object) -> tuple[int, int]:
    try:
        fine, coarse = output_stride  # type: ignore[misc]
        good = all(isinstance(s, int) and s > 0 and not s & (s - 1) for s in (fine, coarse)) and fine < coarse
    except (TypeError, ValueError):
        good = False
    if not good:
        raise ValueError(
            f"expected output_stride as (fine, coarse), powers of two, fine < coarse, got {output_stride!r}"
        )
    return fine, coarse  # type: ignore[possibly-undefined]


@dataclass(frozen=True, eq=False)
class Plan:
    """The tables of some levels, to be used for many images: ``adapted(x, plan=plan)``.

    Attributes:
        tree: the machine's grids and tables.
        image_size: (H, W) of the images.
    """

    tree: Tree
    image_size: Size
    _adapted: Adapted = field(repr=False)
    channels: int | None = None

    @property
    def levels(self) -> Tensor:
        """(B, 1, h, w) int64, blocks completed."""
        return self.tree.levels[:, None]

    @property
    def layout(self) -> QuadTree:
        """The kept cells as a layout over the image."""
        return QuadTree(self.levels, self._adapted.settings.fine, self.image_size)

    @cached_property
    def row_fraction(self) -> float:
        """Rows over cells of the fine grid, in (0, 1]."""
        return active_cells(self.tree.levels).double().mean().item()

    @cached_property
    def _counted(self) -> tuple[list[Layer], list[Layer]]:
        return self._adapted._layers(self.tree, self.image_size, self.channels)

    @property
    def cost(self) -> Cost:
        """Layer by layer, for the whole batch: ``plan.cost.without("classifier").total``."""
        return Cost(tuple(self._counted[0]))

    @property
    def cost_dense(self) -> Cost:
        """The same with every cell kept: the dilated network."""
        return Cost(tuple(self._counted[1]))

    @property
    def macs(self) -> int:
        """Multiply-adds of one adaptive run over the batch."""
        return self.cost.total

    @property
    def macs_dense(self) -> int:
        """Multiply-adds with every cell kept."""
        return self.cost_dense.total


class Adapted:
    """A network that takes levels; see :func:`adapt`.

    Attributes:
        model: the module, unchanged.
        settings: how it is adapted.
    """

    def __init__(
        self,
        model: nn.Module,
        settings: Settings,
        folded: frozenset[str] = frozenset(),
        rectified: frozenset[str] = frozenset(),
        engine: Engine | None = None,
    ):
        self.model = model
        self.settings = settings
        self._folded = folded
        self._rectified = rectified
        self._engine = engine
        self._trees = Trees()
        self._counts: dict[tuple, Run] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Copies name their own modules, and make their own tables."""
        return {**self.__dict__, "_names": None, "_trees": Trees(), "_counts": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        del state["_names"]
        self.__dict__.update(state)

    def __call__(
        self, x: Tensor, *args: Any, levels: Levels | None = None, plan: Plan | None = None, **kwargs: Any
    ) -> Any:
        """Run the model on an image (B, C, H, W).

        Args:
            levels: (B, 1, h, w) integers on the fine grid (0 = keep, v = halve v times), or a callable that makes them from
                the features before the first adaptive step (the input of the module that makes it, dense). Where windows
                without padding lose cells of the image on the way, its last rows and columns are left out.
            plan: levels prepared by :meth:`plan`, instead.
            args, kwargs: whatever else the model takes.

        Returns:
            What the model returns, its maps as ordinary tensors on the finest grid.
        """
        return self.run(x, *args, levels=levels, plan=plan, **kwargs).output

    def run(self, x: Tensor, *args: Any, levels: Levels | None = None, plan: Plan | None = None, **kwargs: Any) -> Ran:
        """The same, with its report: what fell back to the dense grid, where the adaptive steps are, which schedule ran."""
        output, run = self._run(x, args, kwargs, levels, plan)
        return Ran(to_dense(output), Report.of(run))

    def rows(
        self, x: Tensor, *args: Any, levels: Levels | None = None, plan: Plan | None = None, **kwargs: Any
    ) -> Tensor:
        """The rows (N, C) of the model's last map, in the order of :class:`QuadTree`: images one after the other."""
        output, run = self._run(x, args, kwargs, levels, plan)
        maps = [leaf for leaf in tree_flatten(output)[0] if isinstance(leaf, MultiResolution)]
        if not maps or not isinstance(maps[-1].state, Rows | Filled):
            raise ValueError(
                f"{run.names[id(self.model)]} returns no rows: its output is an ordinary tensor; call it instead"
            )
        state = maps[-1].state
        rows = state.tensor if isinstance(state, Rows) else state.grid.take(state.tensor)
        return rows.index_select(0, state.grid.place[0].argsort(stable=True)) if state.grid.batch > 1 else rows

    def plan(self, levels: Tensor, size: Size, channels: int | None = None) -> Plan:
        """Tables of ``levels`` for images of ``size`` (H, W), reusable; counts its multiply-adds when asked.

        Args:
            channels: of the image; those of the first convolution by default.
        """
        h, w = check_size(size)
        plain = check_levels(levels, self.settings.depth)
        for cells, pixels in zip(plain.shape[-2:], (h, w), strict=True):
            if cells not in (pixels // self.settings.fine, -(-pixels // self.settings.fine)):
                fine = tuple(-(-n // self.settings.fine) for n in (h, w))
                raise ValueError(
                    f"levels are {plain.shape[-2]} x {plain.shape[-1]}, but an image of {h} x {w} has "
                    f"{fine[0]} x {fine[1]} cells at output stride {self.settings.fine}"
                )
        tree = self._trees.of(plain, self.settings.depth, self.settings.offset == "center")
        return Plan(tree, (h, w), self, channels)

    def compile(self) -> Adapted:
        """A faster one for inference: BatchNorm is folded into the convolutions of a copy of the model."""
        model = copy.deepcopy(self.model).eval()
        pairs, rectified, users = self._fusions()
        modules = dict(model.named_modules())
        for conv, norm in pairs:
            fold(modules[conv], modules[norm])  # type: ignore[arg-type]
            if type(modules[norm]) is nn.BatchNorm2d:
                model.set_submodule(norm, Folded())
        for module in modules.values():
            if Convolution.replaces(module):
                module.__class__ = Convolution
        return Adapted(model, self.settings, frozenset(norm for _, norm in pairs), frozenset(rectified), Engine(users))

    def _fusions(self) -> tuple[list[tuple[str, str]], list[str], dict]:
        """Names of (convolution, norm) that can be folded, of convolutions that may rectify in passing, and how many read the
        tables of a window: seen in a run without data on the smallest image of use."""
        side = self.settings.coarse * 4
        while True:
            watch = Watch()
            cells = side // self.settings.fine
            levels = torch.zeros(1, cells, cells, dtype=torch.int64)
            try:
                run = self._shapes(Tree(levels, self.settings.depth), (side, side), None, watch)
            except ValueError:
                if side >= 1024:
                    raise
                side *= 2
                continue
            names = run.names
            pairs = [(names[id(conv)], names[id(norm)]) for conv, norm in watch.pairs()]
            return pairs, [names[id(conv)] for conv in watch.rectified()], dict(run.windows)

    @cached_property
    def _names(self) -> dict[int, str]:
        """Of a compiled model, whose modules are nobody else's to replace."""
        return names_of(self.model)

    @cached_property
    def _twin(self) -> nn.Module:
        return shape_twin(self.model)

    def _layers(self, tree: Tree, size: Size, channels: int | None) -> tuple[list[Layer], list[Layer]]:
        """The layers of a run on some tree, and of one with every cell kept.

        One pass without data serves all masks of a size: after it only rows are counted.
        """
        key = (tree.levels.shape, size, channels)
        if key not in self._counts:
            if len(self._counts) >= SIZES:
                self._counts.clear()
            coarse = Tree(torch.full_like(tree.levels, tree.depth), tree.depth, tree.centred)
            self._counts[key] = self._shapes(coarse, size, channels)
        run = self._counts[key]
        if not run.any_mask or tree.is_fine:
            run = self._shapes(tree, size, channels)
            return run.layers, run.layers_dense
        return run.layers_of(tree), run.layers_dense

    def _shapes(self, tree: Tree, size: Size, channels: int | None, watch: Watch | None = None) -> Run:
        """A run without data: counts multiply-adds and checks that the model fits."""
        channels = channels or _input_channels(self.model)
        x = torch.empty(tree.levels.shape[0], channels, *size, device="meta", dtype=_dtype(self.model))
        run = self._new_run(self._twin, tree, watch)
        with Counting(run), torch.no_grad():
            self._follow(self._twin, run, x, (), {})
        return run

    def _run(self, x: Tensor, args: tuple, kwargs: dict, levels: Levels | None, plan: Plan | None) -> tuple[Any, Run]:
        if not isinstance(x, Tensor) or x.ndim != 4:
            raise ValueError(
                f"expected an image (B, C, H, W), got {tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__}"
            )
        if (levels is None) == (plan is None):
            raise ValueError("give either levels=(B, 1, h, w) integers (or a callable that makes them) or plan=")
        run = self._new_run(self.model, levels if plan is None else plan.tree, None)  # type: ignore[arg-type]
        return self._follow(self.model, run, x, args, kwargs), run

    def _new_run(self, model: nn.Module, levels: Levels | Tree, watch: Watch | None) -> Run:
        return Run(
            self.settings,
            self._names if model is self.model and self._engine else names_of(model),
            levels,
            self._folded,
            watch=watch,
            engine=self._engine,
            rectified=self._rectified,
        )

    def _follow(self, model: nn.Module, run: Run, x: Tensor, args: tuple, kwargs: dict) -> Any:
        run.image = (int(x.shape[-2]), int(x.shape[-1]))
        with run.following(model):
            output = model(MultiResolution(settle(x), run), *args, **kwargs)
        if run.watch is not None:
            run.watch.returned(output)
        _check_steps(run)
        return output


def _check_steps(run: Run) -> None:
    """Complain if the model never came to its adaptive steps."""
    name, settings = next(iter(run.names.values())), run.settings
    resized = f" Its features were resized by {', '.join(run.changes)}." if run.changes else ""
    if run.tree is None:
        reached = "it has no stride" if run.reached == 1 else f"its strides end at {run.reached}"
        raise ValueError(
            f"module {name!r}: {reached}, so nothing is left to adapt after output stride {settings.fine}.{resized} "
            f"Remedy: give the strided network (not its dilated version), or an output_stride below its own."
        )
    if run.halvings < settings.depth:
        raise ValueError(
            f"module {name!r}: it halves the fine grid {run.halvings} time(s) and ends at output stride "
            f"{settings.fine << run.halvings}, never reaching {settings.coarse}.{resized} Remedy: "
            f"output_stride=({settings.fine}, {settings.fine << run.halvings})."
        )


def _input_channels(model: nn.Module) -> int:
    first = next((m for m in model.modules() if isinstance(m, nn.Conv2d)), None)
    return first.in_channels if first else 3


def _dtype(model: nn.Module) -> torch.dtype:
    return next((p.dtype for p in model.parameters() if p.is_floating_point()), torch.float32)


class Counting(TorchFunctionMode):
    """Counts the multiply-adds of layers that run on ordinary tensors (after a global pooling, for instance)."""

    def __init__(self, run: Run):
        super().__init__()
        self.run = run

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if not any(isinstance(a, MultiResolution) for a in args) and func in (F.conv2d, F.linear, F.conv_transpose2d):
            x, weight = args[:2]
            used = (x if func is F.conv_transpose2d else result).numel() // weight.shape[0]
            self.run.count(func.__name__, weight, used, used)
        return result
