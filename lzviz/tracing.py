"""Whether values can be looked at. Under ``torch.compile``, ``torch.export`` and ``torch.func`` there are shapes, but no values.

Checks of values, caches and choices that depend on values ask :func:`concrete` and no one else; what a transform cannot see is then
neither checked nor kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
T = TypeVar("T")
TABLES = 256
"""So many answers of a function are kept."""


def concrete() -> bool:
    """True where a tensor's values can be read: outside ``torch.compile``, ``torch.export``, ``torch.jit.trace`` and the transforms
    of ``torch.func``."""
    if torch.compiler.is_compiling() or torch.compiler.is_exporting():
        return False
    return not torch._C._get_tracing_state() and not transformed()


def transformed() -> bool:
    """Inside ``vmap``, ``grad``, ``jacrev`` and the other transforms of ``torch.func``."""
    return torch._C._functorch.peek_interpreter_stack() is not None  # type: ignore[attr-defined]


_plain = False


@contextmanager
def in_plain_operators() -> Iterator[None]:
    """What is traced in here is made of torch's own operators only, and runs where lzviz is not at hand."""
    global _plain
    before, _plain = _plain, True
    try:
        yield
    finally:
        _plain = before


def plainly() -> bool:
    """Inside of :func:`in_plain_operators`."""
    return _plain


def keeps() -> bool:
    """True where tensors that are made now may serve any later call: not in inference mode, whose tensors gradients cannot pass."""
    return concrete() and not torch.is_inference_mode_enabled()


def table(function: Callable[P, T]) -> Callable[P, T]:
    """Keep what a function of plain numbers answers: real tensors, fit for gradients. A trace takes what is there as constants, and
    what it has to make itself is never kept."""
    kept: dict[object, T] = {}

    @wraps(function)
    def of(*args: P.args, **options: P.kwargs) -> T:
        key = (*args, *options.items())
        if key in kept:
            return kept[key]
        if not concrete():
            return function(*args, **options)
        with torch.inference_mode(False):
            made = function(*args, **options)
        if len(kept) >= TABLES:
            kept.pop(next(iter(kept)), None)
        kept[key] = made
        return made

    return of
