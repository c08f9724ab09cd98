"""Rules for sliding windows: where the stride of the network lives, and its adaptive steps.

Before the fine output stride is reached, windows run as they are. The first strided one after that is the first
*adaptive step*: it turns the dense map into rows. From then on a stride never thins the fine grid; it halves those cells
that their level allows, and everything after it reads its taps twice as far apart.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.adaptive import convolution, pooling
from lzviz.adaptive.lattice import Grid, Pair, Tree, Window
from lzviz.adaptive.operands import current
from lzviz.adaptive.rules import fall_back, pointwise, rule
from lzviz.adaptive.run import Frame, Run
from lzviz.adaptive.tensor import Dense, Filled, Margin, MultiResolution, Rows, State, is_map

if TYPE_CHECKING:
    from lzviz.adaptive.engine import Engine


def pair(value: Any) -> Pair:
    """An int or a pair, as torch takes them."""
    if isinstance(value, int):
        return value, value
    return value[0], value[-1]


def bind(names: str, args: tuple, kwargs: dict, **defaults: Any) -> dict[str, Any]:
    """Arguments by name."""
    return {**defaults, **dict(zip(names.split(), args, strict=False)), **kwargs}


def one_stride(run: Run, stride: Any) -> int:
    """The stride of both axes; only powers of two can be followed."""
    y, x = pair(stride)
    if y != x or y < 1 or y & (y - 1):
        raise run.error(f"its stride is {(y, x)}", "CAD halves both axes: use strides 1, 2, 4, ... equal on both axes")
    return y


def enter(run: Run, state: State, stride: int) -> State:
    """The state in which a window of ``stride`` runs: makes the adaptive step when its time has come."""
    state = current(run, state)
    if not isinstance(state, Dense) or stride == 1:
        return state
    fine, reached = run.settings.fine, state.stride * stride
    if state.stride < fine:
        if reached > fine:
            raise run.error(
                f"it goes from output stride {state.stride} to {reached} at once, past the fine output stride {fine}",
                f"choose an output stride that the network reaches, for instance output_stride=({state.stride}, ...)",
            )
        return state
    tree = run.step_tree(state)
    grid = tree.grid(0)
    return Filled(state.tensor, grid) if tree.is_fine else Rows(grid.take(state.tensor), grid)


def note_step(run: Run, stride: int, state: Rows | Filled) -> None:
    run.halvings = max(run.halvings, state.grid.exponent + stride.bit_length() - 1)
    if stride > 1 and run.module not in run.steps:
        run.steps.append(run.module)


def check_size(run: Run, state: Dense) -> None:
    if state.tensor.ndim == 4 and tuple(state.tensor.shape[-2:]) != state.size:
        raise run.error(
            f"its features are {tuple(state.tensor.shape[-2:])} where {state.size} were expected: they were reshaped before",
            "adapt the part of the model that keeps features as (B, C, h, w) maps",
        )


def check_map(run: Run, state: State, func: Callable) -> None:
    """Only maps on the fine grid have places that a window can follow."""
    if isinstance(state, Filled) and not is_map(state):
        raise run.error(
            f"{func.__name__} reads features of shape {tuple(state.shape)}, whose places rows cannot follow any longer",
            "adapt the part of the model before it",
        )


def ran_dense(run: Run, func: Callable, state: Dense, stride: int, args: tuple, kwargs: dict) -> Dense:
    out = func(state.tensor, *args, **kwargs)
    run.reached = max(run.reached, state.stride * stride)
    return Dense(out, state.stride * stride, (out.shape[-2], out.shape[-1]))


def check_extent(run: Run, state: Rows | Filled, window: Window) -> None:
    if min(window.extent(state.grid.extent, state.grid.exponent)) < 1:
        raise run.error(f"a map of {state.grid.extent} fine cells is too small for its window", "use a larger image")


# Padding -------------------------------------------------------------------------------------------------------------


@rule("pad")
def _padded(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """Padding by a function of its own is kept aside until the window that wants it."""
    call = bind("input pad mode value", args, kwargs, mode="constant", value=None)
    x, sides, value = call["input"], tuple(call["pad"]), call["value"] or 0.0
    state = current(run, x.state)
    if isinstance(state, Filled):
        check_map(run, state, func)
        if run.wants_dense and state.grid.exponent and run.sized == run.module:
            raise run.error(
                "its padding depends on the size of its input, which is another one on the dense fine grid",
                "leave this module outside dense_from=",
            )
    if isinstance(state, Dense) and state.stride < run.settings.fine:
        out = func(state.tensor, *args[1:], **{k: v for k, v in kwargs.items() if k != "input"})
        return MultiResolution(Dense(out, state.stride, (out.shape[-2], out.shape[-1])), run)
    if isinstance(state, Dense) and state.stride == run.settings.fine and call["mode"] != "constant":
        return fall_back(run, func, args, kwargs)
    if call["mode"] != "constant" or len(sides) not in (2, 4) or x.margin is not None:
        raise run.error(
            f"it pads its features by {sides} with mode {call['mode']!r}, which rows cannot follow",
            'pad the two axes of places with zeros (padding_mode="zeros"), once',
        )
    left, right, top, bottom = (*sides, 0, 0)[:4]
    result = MultiResolution(state, run)
    result.margin = Margin((top, left), (bottom, right), value)
    return result


def padded(state: Dense, margin: Margin | None) -> Dense:
    """The padding that was kept aside, where the window turned out to run as it is."""
    if margin is None:
        return state
    (top, left), (bottom, right) = margin.before, margin.after
    out = F.pad(state.tensor, (left, right, top, bottom), value=margin.value)
    return Dense(out, state.stride, (out.shape[-2], out.shape[-1]))


def with_margin(run: Run, x: MultiResolution, state: Rows | Filled, window: Window, value: float) -> Window:
    """The window with the padding that was kept aside for it.

    TensorFlow's "same" padding gives a strided window as little as one output for every ``stride`` cells needs; so that the fine
    cells between have theirs too, the dilated network's padding is larger behind.
    """
    if x.margin is None:
        return window
    if x.margin.value != value and (x.margin.before, x.margin.after) != ((0, 0), (0, 0)):
        raise run.error(
            f"its input was padded with {x.margin.value}, where rows can only follow {value}",
            "pad in the window itself (padding=), or use dense_from=",
        )
    before, after = (
        tuple(a + b for a, b in zip(*sides, strict=True))
        for sides in ((window.before, x.margin.before), (window.after, x.margin.after))
    )
    if window.stride > 1:
        cells = [-(-n // 2**state.grid.exponent) for n in state.grid.extent]
        after = tuple(map(_behind, cells, window.kernel, window.dilation, before, after, repeat(window.stride)))
    return window._replace(before=before, after=after)


def _behind(cells: int, kernel: int, dilation: int, before: int, after: int, stride: int) -> int:
    """Padding behind an axis with which the same window without its stride has an output for each cell, where the strided one
    has ``ceil(cells / stride)``."""
    reach = dilation * (kernel - 1)
    outputs = (cells + before + after - reach - 1) // stride + 1
    return max(after, reach - before) if outputs == -(-cells // stride) else after


# Convolution ---------------------------------------------------------------------------------------------------------


def conv_window(weight: Tensor, stride: int, padding: Any, dilation: Any) -> Window:
    kernel, dilation = (weight.shape[2], weight.shape[3]), pair(dilation)
    if padding == "valid":
        padding = 0
    if padding == "same":
        total = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        before = (total[0] // 2, total[1] // 2)
        return Window(kernel, dilation, before, (total[0] - before[0], total[1] - before[1]), stride)
    return Window(kernel, dilation, pair(padding), pair(padding), stride)


@rule("conv2d")
def _conv2d(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    names = "input weight bias stride padding dilation groups"
    call = bind(names, args, kwargs, bias=None, stride=1, padding=0, dilation=1, groups=1)
    x, weight, bias, groups = call["input"], call["weight"], call["bias"], call["groups"]
    state = current(run, x.state)
    stride = one_stride(run, call["stride"])
    if isinstance(state, Filled) and not is_map(state):
        gate = state.tensor.ndim == 4 and tuple(state.tensor.shape[-2:]) == (1, 1)
        if not gate and (stride, tuple(weight.shape[2:]), call["padding"]) not in ((1, (1, 1), 0), (1, (1, 1), (0, 0))):
            check_map(run, state, func)
        gated = F.conv2d(state.tensor, weight, bias, *(call[n] for n in names.split()[3:]))
        return MultiResolution(Filled(gated, state.grid), run)
    if isinstance(state, Dense) and stride == 1 and (size := tuple(state.tensor.shape[-2:])) != state.size:
        point = tuple(weight.shape[2:]) == (1, 1) and call["padding"] in (0, (0, 0)) and x.margin is None
        if size == (1, 1) or point:  # places lie elsewhere, in patches for instance, and are left there
            gated = F.conv2d(state.tensor, weight, bias, *(call[n] for n in names.split()[3:]))
            if gated.is_meta and size != (1, 1):
                run.count("conv2d", weight, (n := gated.numel() // weight.shape[0]), n)
            return MultiResolution(Dense(gated, state.stride, state.size), run)
    state = enter(run, state, stride)
    held = state.held if isinstance(state, Rows) else state.tensor
    if run.engine is not None and run.engine.takes(held, weight, groups) and not isinstance(call["padding"], str):
        window = conv_window(weight, stride, call["padding"], call["dilation"])
        return packed(run, run.engine, x, state, weight, bias, window)
    if isinstance(state, Dense):
        check_size(run, state)
        state = padded(state, x.margin)
        rest = (weight, bias, call["stride"], call["padding"], call["dilation"], groups)
        out: State = ran_dense(run, func, state, stride, rest, {})
    else:
        note_step(run, stride, state)
        window = conv_window(weight, stride, call["padding"], call["dilation"])
        window = with_margin(run, x, state, window, 0.0)
        check_extent(run, state, window)
        run.windows[window, state.grid.exponent] += 1
        out = _convolve(run, state, window, weight, bias, groups)
    if held.is_meta:  # runs without data count
        _count(run, out, weight)
    return MultiResolution(out, run)


def packed(
    run: Run, engine: Engine, x: MultiResolution, state: State, weight: Tensor, bias: Tensor | None, window: Window
) -> MultiResolution:
    """The convolution of a state that was entered, by the engine, which rectifies in passing where nothing else is read."""
    relu = run.module in run.rectified
    if isinstance(state, Dense):
        check_size(run, state)
        rest = (weight, bias, (window.stride, window.stride), window.before, window.dilation, relu)
        out: State = ran_dense(run, engine.ordinary, padded(state, x.margin), window.stride, rest, {})
    else:
        note_step(run, window.stride, state)
        window = with_margin(run, x, state, window, 0.0)
        check_extent(run, state, window)
        out = _scheduled(run, engine, state, window, weight, bias, relu)
    result = MultiResolution(out, run)
    result.rectified = relu
    return result


class Convolution(nn.Conv2d):
    """A convolution of a compiled network: it knows its window, and meets a map without the ceremony of a module's call."""

    @staticmethod
    def replaces(module: nn.Module) -> bool:
        """An ordinary convolution, at which nobody listens."""
        if type(module) is not nn.Conv2d or module.padding_mode != "zeros" or module.groups > 1:
            return False
        if isinstance(module.padding, str) or module.stride[0] != module.stride[1]:
            return False
        return not (module._forward_hooks or module._forward_pre_hooks or module._backward_hooks)

    @cached_property
    def _window(self) -> Window:
        return conv_window(self.weight, self.stride[0], self.padding, self.dilation)

    def __call__(self, input: Any) -> Any:
        run = input.run if type(input) is MultiResolution else None
        if run is None or run.engine is None or (name := run.names.get(id(self))) is None:
            return super().__call__(input)
        state = input.state
        held = state.held if isinstance(state, Rows) else state.tensor
        if not isinstance(state, Rows):
            size = state.size if isinstance(state, Dense) else state.grid.extent
            if held.ndim != 4 or tuple(held.shape[-2:]) != size:
                return super().__call__(input)
        if not run.engine.takes(held, self.weight, 1):
            return super().__call__(input)
        run.stack.append(Frame(name, self, state))
        try:
            state = enter(run, state, one_stride(run, self.stride))
            return packed(run, run.engine, input, state, self.weight, self.bias, self._window)
        finally:
            run.stack.pop()


def _scheduled(
    run: Run, engine: Engine, state: Rows | Filled, window: Window, weight: Tensor, bias: Tensor | None, relu: bool
) -> State:
    """The convolution by the engine's cheapest way."""
    grid, out = state.grid, state.grid.after(window)
    if isinstance(state, Filled):
        run.note_path("dense")
        return Filled(engine.filled(state.tensor, grid, window, weight, bias, relu), out)
    if window.is_point and window.stride == 1:
        return engine.point(state, weight, bias, relu)
    result, path = engine.convolve(state, window, weight, bias, relu)
    run.note_path(path)
    return result


def _convolve(
    run: Run, state: Rows | Filled, window: Window, weight: Tensor, bias: Tensor | None, groups: int
) -> State:
    if isinstance(state, Rows):
        if convolution.depthwise_on_dense(state.grid, window, weight, groups):
            run.note_path("dense")
            return Rows(*convolution.depthwise_dense(state.tensor, state.grid, window, weight, bias))
        run.note_path("rows")
        return Rows(*convolution.convolve(state.tensor, state.grid, window, weight, bias, groups))
    run.note_path("dense")
    cell = 2**state.grid.exponent
    before, after, dilation = ([n * cell for n in sides] for sides in (window.before, window.after, window.dilation))
    tensor = convolution.on_map(state.tensor, weight, bias, 1, before, after, dilation, groups)
    return Filled(tensor, state.grid.after(window))


@rule("relu", "relu_")
def _relu(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    """What its convolution rectified in passing is rectified already."""
    x = args[0] if args else kwargs["input"]
    return x if x.rectified else pointwise(run, func, args, kwargs)


def _count(run: Run, out: State, weight: Tensor) -> None:
    if isinstance(out, Dense):
        cells = rows = out.tensor.shape[0] * out.size[0] * out.size[1]
    else:
        cells = out.grid.batch * out.grid.extent[0] * out.grid.extent[1]
        rows = out.grid.rows if isinstance(out, Rows) else cells
    run.count("conv2d", weight, rows, cells, out.grid if isinstance(out, Rows) else None)


# Pooling -------------------------------------------------------------------------------------------------------------


@rule("max_pool2d", "max_pool2d_with_indices")
def _max_pool2d(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    names = "input kernel_size stride padding dilation ceil_mode return_indices"
    call = bind(names, args, kwargs, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False)
    if call["return_indices"] or "indices" in func.__name__:
        raise run.error("max-pooling with indices has no meaning on rows", "use max-pooling without return_indices")
    return _pool(run, func, args, kwargs, call, "max", "window")


@rule("avg_pool2d")
def _avg_pool2d(run: Run, func: Callable, args: tuple, kwargs: dict) -> Any:
    names = "input kernel_size stride padding ceil_mode count_include_pad divisor_override"
    call = bind(
        names, args, kwargs, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
    )
    divisor = call["divisor_override"] or ("window" if call["count_include_pad"] else "inside")
    return _pool(run, func, args, kwargs, {**call, "dilation": 1}, "mean", divisor)


def _pool(run: Run, func: Callable, args: tuple, kwargs: dict, call: dict, reduce: str, divisor: str | int) -> Any:
    kernel = pair(call["kernel_size"])
    stride = one_stride(run, kernel if call["stride"] in (None, [], ()) else call["stride"])
    state = enter(run, call["input"].state, stride)
    check_map(run, state, func)
    if isinstance(state, Dense):
        check_size(run, state)
        state = padded(state, call["input"].margin)
        rest = {k: v for k, v in kwargs.items() if k != "input"}
        return MultiResolution(ran_dense(run, func, state, stride, args[1:] if args else (), rest), run)
    note_step(run, stride, state)
    padding = pair(call["padding"])
    window = Window(kernel, pair(call["dilation"]), padding, padding, stride, bool(call["ceil_mode"]))
    window = with_margin(run, call["input"], state, window, float("-inf") if reduce == "max" else 0.0)
    if call["input"].margin is not None and divisor == "window":
        divisor = kernel[0] * kernel[1]
    check_extent(run, state, window)
    return MultiResolution(_pooled(run, state, window, reduce, divisor), run)


def _pooled(run: Run, state: Rows | Filled, window: Window, reduce: str, divisor: str | int) -> State:
    exact = run.settings.pool == "exact"
    if isinstance(state, Rows):
        return Rows(*pooling.pool(state.tensor, state.grid, window, reduce, divisor, exact))
    # On the dense grid: the same pooling over a tree of nothing but fine cells.
    grid, cells = state.grid, whole(state.grid)
    rows, out = pooling.pool(cells.take(state.tensor), cells, window, reduce, divisor, exact)
    return Filled(out.fill(rows), grid.tree.grid(out.exponent, out.extent))


def whole(grid: Grid) -> Grid:
    """The grid of the same place in a tree without coarse cells."""
    if grid.tree.is_fine:
        return grid
    levels = torch.zeros_like(grid.tree.levels)
    return Tree(levels, grid.tree.depth, grid.tree.centred).grid(grid.exponent, grid.extent)
