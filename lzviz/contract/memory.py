"""A cache bounded by the bytes it holds, not by how many things."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class ByteCache(Generic[T]):
    """Least recently used goes first, once the values together exceed ``limit`` bytes. Safe between threads.

    A single value above the limit is still held, alone: refusing it is the business of whoever made it.
    """

    def __init__(self, limit: int):
        self.limit = limit
        self._held: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def bytes_held(self) -> int:
        """Bytes held now."""
        with self._lock:
            return sum(size for _, size in self._held.values())

    def get(self, key: str) -> T | None:
        """The value, now the most recently used; None when it is not (or no longer) held."""
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]

    def put(self, key: str, value: T, size: int) -> None:
        """Hold ``value``, which costs ``size`` bytes, and let go of the oldest ones beyond the limit."""
        with self._lock:
            self._held[key] = (value, size)
            self._held.move_to_end(key)
            while len(self._held) > 1 and sum(cost for _, cost in self._held.values()) > self.limit:
                self._held.popitem(last=False)
