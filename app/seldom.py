"""A log that a crowd cannot fill the disk with."""

from __future__ import annotations

import logging
import time


class Seldom(logging.Filter):
    """Lets at most ``most`` records through in every span of ``seconds``; the others are dropped."""

    def __init__(self, most: int = 20, seconds: float = 60.0):
        super().__init__()
        self._most, self._seconds = most, seconds
        self._start, self._count = 0.0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether there is room for ``record``."""
        now = time.monotonic()
        if now - self._start > self._seconds or not self._count:
            self._start, self._count = now, 0
        self._count += 1
        return self._count <= self._most
