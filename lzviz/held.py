"""Where grids that go by name are held: by a script for as long as it runs, or by whoever owns the memory of a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


class Shelf(Protocol):
    """Grids (1, h, w, 2) by the hash of their content; a dict is one."""

    def get(self, key: str, /) -> Tensor | None:
        """The grid, or None where it is not or no longer held."""

    def __setitem__(self, key: str, grid: Tensor, /) -> None: ...


_OF_THE_SCRIPT: dict[str, Tensor] = {}
SHELF: ContextVar[Shelf] = ContextVar("shelf", default=_OF_THE_SCRIPT)


@contextmanager
def held_in(shelf: Shelf) -> Iterator[None]:
    """Inside, the samplers' names of grids mean those of ``shelf``, which may let go of them."""
    before = SHELF.set(shelf)
    try:
        yield
    finally:
        SHELF.reset(before)
