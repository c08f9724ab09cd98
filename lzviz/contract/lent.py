"""A GPU that a host lends by the call (Hugging Face ZeroGPU), and what that asks of whoever borrows it.

    borrow(function, *given) --pickled--> a process with the GPU --pickled--> what function gives, and how long it waited

Everywhere else functions run where they are called. What is lent is little: networks that a visitor asked to run or to time. A warp
computes in the browser and its check on the processor, so that nobody's quota goes for a brush.
"""

from __future__ import annotations

import functools
import importlib
import io
import os
import pickle
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

import torch

P = ParamSpec("P")
T = TypeVar("T")

SECONDS = 60
"""For how long a GPU is asked for."""
INSIDE: ContextVar[bool] = ContextVar("INSIDE", default=False)
"""Whether this is a call that has a GPU for its time."""


def by_the_call() -> bool:
    """Whether this host lends GPUs, and this call has none."""
    return bool(os.environ.get("SPACES_ZERO_GPU")) and not INSIDE.get()


def device() -> torch.device:
    """Where torch computes: on such a host the GPU is there only inside a call."""
    return torch.device("cuda" if torch.cuda.is_available() and not by_the_call() else "cpu")


def device_name() -> str:
    """The device in words."""
    return torch.cuda.get_device_name() if device().type == "cuda" else "CPU"


def on_gpu(function: Callable[P, T]) -> Callable[P, T]:
    """A function of a module, of things that can be pickled, that runs on a borrowed GPU where one is lent."""

    @functools.wraps(function)
    def there(*given: P.args, **named: P.kwargs) -> T:
        return borrow(function, *given, **named)[0]

    return there


def borrow(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> tuple[T, float | None]:
    """What a function gives, and the milliseconds that passed outside of it: in the queue for a GPU, and on the way there and back.

    ``None`` instead of them where the function runs here.

    Raises:
        whatever the function raises.
    """
    if not by_the_call():
        return function(*given, **named), None
    asked = time.perf_counter()
    body = lender()(_packed((_name(function), given, named)))
    failed, value, spent = pickle.loads(body)
    if failed:
        raise value
    return value, max(0.0, 1000 * (time.perf_counter() - asked - spent))


def lender() -> Callable[[bytes], bytes]:
    """The one function that the host sees, which it wants to see before the launch."""
    return importlib.import_module("lzviz.contract.lending").LENT


def work(body: bytes) -> bytes:
    """Run what was asked for; in the process that has the GPU. A failure is an answer: the host would hide what it says."""
    outside = INSIDE.set(True)
    start = time.perf_counter()
    try:
        (module, name), given, named = pickle.loads(body)
        function = getattr(__import__(module, fromlist=[name]), name)
        value = getattr(function, "__wrapped__", function)(*given, **named)
        return _packed((False, value, time.perf_counter() - start))
    except Exception as error:
        return _packed((True, _told(error), 0.0))
    finally:
        INSIDE.reset(outside)


def _name(function: Callable[..., Any]) -> tuple[str, str]:
    return function.__module__, function.__qualname__


def _told(error: Exception) -> Exception:
    """The error itself where it survives the way back."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


class _Pickler(pickle.Pickler):
    """Nothing of a GPU leaves the process that has it."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, torch.Tensor) and obj.device.type != "cpu":
            return obj.detach().cpu().__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        return NotImplemented


def _packed(value: Any) -> bytes:
    file = io.BytesIO()
    _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(value)
    return file.getvalue()
