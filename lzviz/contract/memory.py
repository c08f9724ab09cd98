"""The one owner of what is kept, bounded by the bytes of everything together.

What can be made again goes first, least recently used first. Then what visitors brought and do not use. Of what they use now the
visitor who holds most gives up the oldest: nobody's crowd of pictures takes another one's away.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
Name = tuple[str, str]

BUDGET = 1 << 30
"""Bytes that are kept unless said otherwise: 1 GiB."""

IN_USE = 120.0
"""Seconds after its last use for which something that a visitor brought is in use."""


@dataclass
class _Held:
    value: Any
    size: int
    owner: str | None
    used: float


class Memory:
    """Values by kind and key. Safe between threads.

    A single value above the budget is still held, alone: refusing it is the business of whoever made it.

    Args:
        budget: bytes of all values together.
    """

    def __init__(self, budget: int = BUDGET):
        self.budget = budget
        self._held: OrderedDict[Name, _Held] = OrderedDict()
        self._making: dict[Name, tuple[Any, int]] = {}  # a lock for what is being made, and how many want it
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
            held = self._held.get((kind, key))
            if held is None:
                return None
            held.used = time.monotonic()
            self._held.move_to_end((kind, key))
            return held.value

    def put(self, kind: str, key: str, value: T, size: int, owner: str | None = None) -> T:
        """Hold ``value``, which costs ``size`` bytes, and let go of others beyond the budget.

        ``owner``: who brought what cannot be made again here; an empty one is nobody else's.
        """
        name = kind, key
        with self._lock:
            before = self._held.pop(name, None)
            self._held[name] = _Held(value, size, key if owner == "" else owner, time.monotonic())
            self._bytes += size - (before.size if before else 0)
            while len(self._held) > 1 and self._bytes > self.budget:
                self._bytes -= self._held.pop(self._next_to_go(name)).size
        return value

    def _next_to_go(self, newest: Name) -> Name:
        others = [(name, held) for name, held in self._held.items() if name != newest]
        unused = time.monotonic() - IN_USE
        for name, held in others:
            if held.owner is None:
                return name
        for name, held in others:
            if held.used < unused:
                return name
        if self._held[newest].owner is None:
            return newest
        total = Counter[str | None]()
        for held in self._held.values():
            total[held.owner] += held.size
        # Who holds most; what came last goes last.
        return max(others, key=lambda each: total[each[1].owner])[0]

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

    def forget(self, seconds: float) -> int:
        """Let go of what can be made again and was not used for so many seconds; the bytes of it."""
        before, gone = time.monotonic() - seconds, 0
        with self._lock:
            for name, held in list(self._held.items()):
                if held.owner is None and held.used < before:
                    gone += self._held.pop(name).size
            self._bytes -= gone
        return gone

    def clear(self, *kinds: str) -> None:
        """Let go of everything of these kinds; without any, of everything."""
        with self._lock:
            for kind, key in list(self._held):
                if not kinds or kind in kinds:
                    self._bytes -= self._held.pop((kind, key)).size
