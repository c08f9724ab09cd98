"""A log that a crowd cannot fill the disk with."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, TextIO, cast


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


class Metered:
    """A text stream that takes at most ``most`` characters in every span of ``seconds`` and then says that it leaves some out.

    Gradio prints tracebacks past every logger; what stands around ``sys.stderr`` holds for them too.
    """

    def __init__(self, stream: TextIO, most: int = 128 << 10, seconds: float = 60.0):
        self._stream, self._most, self._seconds = stream, most, seconds
        self._start, self._count = time.monotonic(), 0
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        """Write ``text``, or drop it; as with any stream, its length comes back."""
        with self._lock:
            now = time.monotonic()
            if now - self._start > self._seconds:
                self._start, self._count = now, 0
            before, self._count = self._count, self._count + len(text)
            if self._count <= self._most:
                self._stream.write(text)
            elif before <= self._most:
                self._stream.write(
                    f"\n[more than {self._most >> 10} KB in {self._seconds:g} s: the rest is left out]\n"
                )
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def metered(stream: TextIO) -> TextIO:
    """``stream``, bounded."""
    return cast(TextIO, Metered(stream))
