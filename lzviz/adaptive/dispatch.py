"""Which rule answers a torch function that meets a multi-resolution tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._pytree import tree_flatten

from lzviz.adaptive import axes, extensions, resizing, rules, whole, windows
from lzviz.adaptive.run import Run
from lzviz.adaptive.tensor import MultiResolution, seen_shape

HOMES = (rules, axes, windows, whole, resizing, extensions)  # importing them declares their rules

METADATA = frozenset(
    (
        *("dim", "ndimension", "stride", "get_device", "element_size"),
        *("is_floating_point", "is_complex", "is_contiguous", "is_sparse", "is_signed", "is_inference"),
        *("__hash__", "__repr__", "__set__"),
    )
)


SIZES = frozenset(("size", "numel", "nelement", "__len__"))
WINDOWS = frozenset(("conv2d", "max_pool2d", "avg_pool2d"))  # what padding may wait for


def apply(func: Callable, args: tuple, kwargs: dict) -> Any:
    """Answer ``func(*args, **kwargs)``, in which a multi-resolution tensor takes part."""
    name = getattr(func, "__name__", str(func))
    if name == "__get__":
        return _attribute(func, args)
    if name in METADATA:
        return _plainly(func, args, kwargs)
    if name in SIZES:
        return _size(name, *args, **kwargs)
    run = args[0].run if args and isinstance(args[0], MultiResolution) else _run_of(args, kwargs)
    if name not in WINDOWS and any(isinstance(a, MultiResolution) and a.margin is not None for a in args):
        raise run.error(f"it pads its features and then calls {name}", "pad in the window itself (padding=)")
    if run.watch is None:
        return _answer(run, name, func, args, kwargs)
    run.watch.used(run, name, args, kwargs)
    return run.watch.made(run, name, _answer(run, name, func, args, kwargs))


def _run_of(args: tuple, kwargs: dict) -> Run:
    return next(a.run for a in tree_flatten((args, kwargs))[0] if isinstance(a, MultiResolution))


def _answer(run: Run, name: str, func: Callable, args: tuple, kwargs: dict) -> Any:
    if name in rules.RULES:
        return rules.RULES[name](run, func, args, kwargs)
    if name.strip("_") in rules.POINTWISE:
        return rules.pointwise(run, func, args, kwargs)
    return rules.fall_back(run, func, args, kwargs)


def _size(name: str, value: MultiResolution, dim: int | None = None) -> Any:
    value.run.sized = value.run.module
    shape = seen_shape(value)
    if name == "size":
        return shape if dim is None else shape[dim]
    return shape[0] if name == "__len__" else shape.numel()


def _attribute(func: Any, args: tuple) -> Any:
    name = getattr(getattr(func, "__self__", None), "__name__", "")
    if name == "shape":
        return _size("size", args[0])
    if name == "data":
        return args[0].detach()
    if name == "requires_grad":
        return args[0].state.tensor.requires_grad
    return _plainly(func, args, {})


def _plainly(func: Callable, args: tuple, kwargs: dict) -> Any:
    """Ask the tensor itself: shape, device and the like are the map's own."""
    with torch._C.DisableTorchFunctionSubclass():
        return func(*args, **kwargs)


MultiResolution.answer = staticmethod(apply)
