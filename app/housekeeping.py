"""What a server that nobody asks gives back: made values that rest, and the pages that the allocator keeps for reuse."""

from __future__ import annotations

import ctypes
import threading

from lzviz.contract.memory import Memory

REST = 45.0
"""Seconds without use after which what can be made again goes."""
EVERY = 10.0
"""Seconds between two looks."""
ARENAS = -8  # M_ARENA_MAX of glibc's mallopt


class Housekeeping(threading.Thread):
    """Looks at ``memory`` every few seconds; a daemon, started by whoever serves.

    On Linux's C library it also hands the allocator's free pages back, and keeps it from holding a heap for each thread: after a
    crowd has left, those were half of what the process held.
    """

    def __init__(self, memory: Memory, rest: float = REST, every: float = EVERY):
        super().__init__(daemon=True, name="housekeeping")
        self._memory, self._rest, self._every = memory, rest, every
        self._ended = threading.Event()
        self._library = ctypes.CDLL(None)
        if hasattr(self._library, "mallopt"):
            self._library.mallopt(ARENAS, 2)

    def run(self) -> None:
        while not self._ended.wait(self._every):
            self.look()

    def look(self) -> None:
        """Let go of what rests."""
        self._memory.forget(self._rest)
        if hasattr(self._library, "malloc_trim"):
            self._library.malloc_trim(0)

    def end(self) -> None:
        """Stop at the next chance."""
        self._ended.set()
