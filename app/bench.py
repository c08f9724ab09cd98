"""The workbench: how much is computed at one time, and how many may wait for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from lzviz.contract.wire import Refusal

T = TypeVar("T")


class Bench:
    """At most ``slots`` functions run in threads, at most ``waiting`` wait; whoever comes later is told to come again.

    After ``seconds`` nobody waits any more; the thread keeps its slot until it is done.

    One bench holds everything heavy (decoding, torch, drawing), so that a crowd cannot exhaust memory or threads.
    """

    def __init__(self, slots: int = 2, waiting: int = 16, seconds: float = math.inf):
        self._seconds = seconds
        self._limiter = anyio.CapacityLimiter(slots)
        self._room = slots + waiting
        self._inside = 0

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """``work(*arguments)`` in a thread when a slot is free; :class:`Refusal` 503 when too many wait already."""
        if self._inside >= self._room:
            raise Refusal("The server is busy with other visitors; wait a moment and press again.", 503)
        self._inside += 1
        try:
            with anyio.fail_after(self._seconds):
                return await anyio.to_thread.run_sync(
                    work, *arguments, limiter=self._limiter, abandon_on_cancel=self._seconds < math.inf
                )
        except TimeoutError:
            raise Refusal("This took too long and was given up; try again later.", 504) from None
        finally:
            self._inside -= 1
