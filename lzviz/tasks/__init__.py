"""What networks are for: one file a task, which ends with ``TASK = ...``.

>>> task_named("segmentation").output
'labels'
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lzviz.tasks.base import Task

PARTS = frozenset({"base", "boxed", "matching", "wrapping"})
"""Files of this package that are no tasks."""


def __getattr__(name: str) -> ModuleType:
    """``lzviz.tasks.detection`` and the others, imported when asked for."""
    if name.startswith("_") or name not in names():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def names() -> tuple[str, ...]:
    """The names of all tasks, sorted."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__) if found.name not in PARTS))


def task_named(name: str) -> Task:
    """A task by the name of its file."""
    if name not in names():
        raise ValueError(f"no task named {name!r}; there are {', '.join(names())}")
    return importlib.import_module(f"{__name__}.{name}").TASK
