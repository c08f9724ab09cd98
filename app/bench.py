"""The workbench: how much is computed at one time, who is next, and how many may wait for it."""

from __future__ import annotations

import asyncio
import math
import os
import sys
import traceback
from collections.abc import Callable, Hashable
from typing import TypeVar

import anyio
import anyio.to_thread

from lzviz.contract.wire import Busy, Refusal
from lzviz.text import Text

T = TypeVar("T")

PROCESSORS = int(os.environ.get("OMP_NUM_THREADS", "0")) or os.cpu_count() or 1


class Bench:
    """At most ``slots`` functions run in threads, at most ``waiting`` wait; whoever comes later is told to come again.

    Whoever gives a name has one place in the line: what is newer takes the place of what still waits there. A caller who is
    cancelled leaves the line. After ``seconds`` nobody waits any more; the thread keeps its slot until it is done.

    ``wide``: each function has all processors, for what takes seconds. Elsewhere one: on small arrays a second one of torch
    spins more than it computes, and others wait for it.
    """

    def __init__(self, slots: int = 2, waiting: int = 16, seconds: float = math.inf, *, wide: bool = False):
        self._seconds, self._waiting, self._free = seconds, waiting, slots
        self._processors = PROCESSORS if wide else 1
        self._threads = anyio.CapacityLimiter(math.inf)  # the line bounds them; a shared limit would join two benches
        self._line: dict[Hashable, asyncio.Future[bool]] = {}

    async def run(self, work: Callable[..., T], *arguments: object, name: Hashable = None) -> T:
        """``work(*arguments)`` in a thread when its turn has come.

        Raises:
            Busy: too many wait already.
            Refusal: 409 where something newer of this ``name`` has come, 504 after ``seconds``.
        """
        try:
            with anyio.fail_after(self._seconds):
                await self._turn(name)
                return await self._worked(work, arguments)
        except TimeoutError:
            raise Refusal(Text("refused.late"), 504) from None

    async def _turn(self, name: Hashable) -> None:
        """Wait for a slot and take it."""
        if self._free:
            self._free -= 1
            return
        key = object() if name is None else name
        older = self._line.get(key)
        if older is None and len(self._line) >= self._waiting:
            raise Busy(Text("refused.busy.press"))
        turn = self._line[key] = asyncio.get_running_loop().create_future()
        if older is not None and not older.done():
            older.set_result(False)
        try:
            mine = await turn
        except asyncio.CancelledError:
            if self._line.get(key) is turn:
                del self._line[key]
            elif not turn.cancelled() and turn.result():
                self._next()  # the turn came while its owner left
            raise
        if not mine:
            raise Refusal(Text("refused.newer"), 409)

    def _next(self) -> None:
        """A slot is free: the first in the line has it."""
        while self._line:
            turn = self._line.pop(next(iter(self._line)))
            if not turn.done():
                return turn.set_result(True)
        self._free += 1

    async def _worked(self, work: Callable[..., T], arguments: tuple[object, ...]) -> T:
        """Run in a thread, which gives the slot on when it ends; nothing starts any more for a caller who has left."""
        loop, slot = asyncio.get_running_loop(), iter((True,))

        def job() -> T:
            if not next(slot, False):
                raise Refusal("Nobody waits for this any more.", 499)
            try:
                if torch := sys.modules.get("torch"):
                    torch.set_num_threads(self._processors)  # of this thread
                return work(*arguments)
            except BaseException as error:
                let_go(error)
                raise
            finally:
                loop.call_soon_threadsafe(self._next)

        try:
            return await anyio.to_thread.run_sync(
                job, limiter=self._threads, abandon_on_cancel=self._seconds < math.inf
            )
        finally:
            if next(slot, False):
                self._next()


def let_go(error: BaseException) -> None:
    """Empty the frames that an error has come through, and those of its causes.

    What keeps the error, be it a cycle that waits for the collector, would keep every array of the failed work as well.
    """
    seen, pending = set[int](), [error]
    while pending:
        each = pending.pop()
        if id(each) not in seen:
            seen.add(id(each))
            traceback.clear_frames(each.__traceback__)
            pending += [other for other in (each.__cause__, each.__context__) if other is not None]
