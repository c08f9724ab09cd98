"""The faulty warps of the second zoo by the functions that make them.

Each gives what ``diagnose`` is handed, what was meant where that can be known, and what is told beside it; ``room``: how far, in
source pixels, the mended array may be from that; ``proof``: names for the code of a fix, and what must be true once it ran.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.zoo.measure import Faulty

Maker = Callable[[tuple[int, int]], tuple[Any, ...]]
MAKERS: list[tuple[str, str, tuple[int, int], Maker]] = []


def fault(check: str, seen: str, height: int, width: int) -> Callable[[Maker], Maker]:
    """Enter a maker of (given, true[, told]) for a source of this size."""

    def keep(make: Maker) -> Maker:
        MAKERS.append((check, seen, (height, width), make))
        return make

    return keep


def faulty() -> Iterator[Faulty]:
    for check, seen, source, make in MAKERS:
        given, true, told = (*make(source), {})[:3]
        proof, room = told.pop("proof", None), told.pop("room", 0.5)
        name = f"{make.__name__}: {seen}"
        yield Faulty(check, name, given, true, {"source_size": source} | told, 2 * room / max(source), proof)
