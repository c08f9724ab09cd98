"""The one owner of what is kept: least recently used goes first, bounded by the bytes of everything together."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

BUDGET = 1 << 30
"""Bytes that are kept unless said otherwise: 1 GiB."""


class Memory:
    """Values by kind and key. Safe between threads.

    A single value above the budget is still held, alone: refusing it is the business of whoever made it.

    Args:
        budget: bytes of all values together.
    """

    def __init__(self, budget: int = BUDGET):
        self.budget = budget
        self._held: OrderedDict[tuple[str, str], tuple[Any, int]] = OrderedDict()
        self._making: dict[tuple[str, str], tuple[Any, int]] = {}  # a lock for what is being made, and how many want it
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def bytes_held(self) -> int:
        """Bytes held now."""
        with self._lock:
            return self._bytes

    def get(self, kind: str, key: str) -> Any:
        """The value, now the most recently used; None when it is not (or no longer) held."""
        with self._lock:
            if (kind, key) not in self._held:
                return None
            self._held.move_to_end((kind, key))
            return self._held[kind, key][0]

    def put(self, kind: str, key: str, value: T, size: int) -> T:
        """Hold ``value``, which costs ``size`` bytes, and let go of the oldest ones beyond the budget."""
        with self._lock:
            _, before = self._held.pop((kind, key), (None, 0))
            self._held[kind, key] = (value, size)
            self._bytes += size - before
            while len(self._held) > 1 and self._bytes > self.budget:
                self._bytes -= self._held.popitem(last=False)[1][1]
        return value

    def keep(self, kind: str, key: str, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """The value that is held, or the one that ``make()`` gives now, which is not None: once, however many ask for it."""
        value = self.get(kind, key)
        if value is not None:
            return value
        with self._lock:
            making, waiting = self._making.get((kind, key), (threading.RLock(), 0))
            self._making[kind, key] = making, waiting + 1
        try:
            with making:
                value = self.get(kind, key)
                if value is None:
                    value = make()
                    self.put(kind, key, value, size(value))
                return value
        finally:
            with self._lock:
                making, waiting = self._making.pop((kind, key))
                if waiting > 1:
                    self._making[kind, key] = making, waiting - 1

    def clear(self, *kinds: str) -> None:
        """Let go of everything of these kinds; without any, of everything."""
        with self._lock:
            for kind, key in list(self._held):
                if not kinds or kind in kinds:
                    self._bytes -= self._held.pop((kind, key))[1]
