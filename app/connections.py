"""Connections: how many are open, how long a request may take to be said, how slowly an answer may be taken.

Whatever happens before a request has a complete head reaches no middleware, and a few hundred sockets that say half a head are
enough to use up the descriptors of a process. So connections are bounded where they are accepted:

    a newcomer      -> room? else the oldest one that asks nothing gives way; where all are busy the newcomer is closed
    half a head     -> closed after HEADER_SECONDS, however slowly it trickles
    one that rests  -> kept for REST_SECONDS, longer than clients and proxies keep theirs: a server that hangs up at the moment
                       at which its client asks again resets a request that nobody may send twice
    an answer that nobody takes (no SLOWEST bytes a second) -> cut off
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from collections import defaultdict
from functools import partial
from typing import Any, cast

import gradio.http_server
import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.seldom import Seldom

# From the moment of connecting, or from the first byte after the last answer, until the head of a request is complete.
HEADER_SECONDS = 15.0
# From the last answer to the next question: clients let go after 5 to 15 seconds, proxies after 60.
REST_SECONDS = 75
# While an answer waits to be taken, so many bytes a second have to leave in every span.
SPAN_SECONDS, SLOWEST = 30.0, 1 << 10
# Connections at one time where the system allows it, and the share of them that one other machine may hold.
MOST, SHARE = 4096, 0.5
# Descriptors for everything else: libraries, files, pipes of decoders, and connections accepted at one go.
RESERVED, BACKLOG = 256, 128


class Room:
    """Which connections are open and which of them ask nothing just now.

    Args:
        most: connections at one time.
        share: of these, how many one other machine may hold. This one may hold all: a proxy on it speaks for everybody.
    """

    def __init__(self, most: int = MOST, share: float = SHARE):
        self.most, self.share = most, max(1, int(most * share))
        self._count, self._of = 0, defaultdict[str, int](int)
        self._idle: dict[Connection, None] = {}

    def enter(self, connection: Connection) -> bool:
        """Whether there is room, which an older connection that asks nothing may have to make."""
        full = self._count >= self.most
        crowded = not _is_near(connection.peer) and self._of.get(connection.peer, 0) >= self.share
        if full or crowded:
            mine = (each for each in self._idle if each.still and (each.peer == connection.peer or not crowded))
            oldest = next(mine, None)
            if oldest is None:
                return False
            self.leave(oldest)
            oldest.transport.abort()
        self._add(connection, 1)
        return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection; one that has left is left alone."""
        if connection.inside:
            self._add(connection, -1)
        self._idle.pop(connection, None)

    def _add(self, connection: Connection, one: int) -> None:
        connection.inside = one > 0
        self._count, self._of[connection.peer] = self._count + one, self._of[connection.peer] + one
        if not self._of[connection.peer]:
            del self._of[connection.peer]

    def rest(self, connection: Connection) -> None:
        """It asks nothing: the longest such goes first."""
        if connection.inside:
            self._idle.setdefault(connection)

    def work(self, connection: Connection) -> None:
        """A request of it is being answered."""
        self._idle.pop(connection, None)


class Connection(H11Protocol):
    """One connection of uvicorn, within the limits of this module."""

    def __init__(self, room: Room, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.room, self.peer, self.inside = room, "", False
        self._deadline: asyncio.TimerHandle | None = None
        self._slow: asyncio.TimerHandle | None = None

    @property
    def still(self) -> bool:
        """Whether nothing of an answer is left to be taken."""
        return not self.transport.get_write_buffer_size()

    @property
    def resting(self) -> bool:
        """Whether its last request was heard and answered whole, and nothing of another has come."""
        return self.cycle is not None and self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport, self.peer = transport, peer_of(transport)
        if not self.room.enter(self):
            return transport.abort()
        super().connection_made(transport)
        self._settle()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.flow is None:
            return  # it was never let in
        self.room.leave(self)
        self._deadline = _cancelled(self._deadline)
        self._slow = _cancelled(self._slow)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._settle()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._settle()

    def _settle(self) -> None:
        """The deadline runs while a request is being said, and no byte puts it off."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._deadline = _cancelled(self._deadline)
            self.room.work(self)
        elif self.inside:
            self.room.rest(self)
            if self._deadline is None and not self.resting:
                self._deadline = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_taking()

    def resume_writing(self) -> None:
        self._slow = _cancelled(self._slow)
        super().resume_writing()

    def _watch_taking(self) -> None:
        before = self.transport.get_write_buffer_size()

        def look() -> None:
            if before - self.transport.get_write_buffer_size() < SPAN_SECONDS * SLOWEST:
                self.transport.abort()
            else:
                self._watch_taking()

        self._slow = self.loop.call_later(SPAN_SECONDS, look)


class Listener(gradio.http_server.Server):
    """Gradio's server with bounded connections and a log that a crowd cannot fill."""

    def __init__(self, config: uvicorn.Config, *arguments: Any, room: Room | None = None, **options: Any):
        config.http = cast(Any, partial(Connection, room or Room(possible())))
        config.ws, config.backlog = "none", BACKLOG  # no websocket exists here
        config.timeout_keep_alive = REST_SECONDS
        super().__init__(config, *arguments, **options)
        for name in ("uvicorn.error", "asyncio"):
            logger = logging.getLogger(name)
            if not any(isinstance(each, Seldom) for each in logger.filters):
                logger.addFilter(Seldom())


def possible() -> int:
    """How many connections the descriptors of this process are enough for; asks the system for as many as it gives."""
    try:
        import resource
    except ImportError:  # Windows counts them otherwise
        return MOST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + RESERVED + BACKLOG
    limit = hard if hard != resource.RLIM_INFINITY else wanted
    if soft != resource.RLIM_INFINITY and soft < min(wanted, limit):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, limit), hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else max(16, min(MOST, soft - RESERVED - BACKLOG))


def peer_of(transport: asyncio.BaseTransport) -> str:
    """Who is at the other end: an IPv4 address, or the network of 64 bits that one customer has in IPv6."""
    name = transport.get_extra_info("peername")
    try:
        address = ipaddress.ip_address(str(name[0]).partition("%")[0])
    except (TypeError, ValueError, IndexError):
        return ""  # a socket of this machine's file system
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address)


def _is_near(peer: str) -> bool:
    return peer in ("", "::1") or peer.startswith("127.")


def _cancelled(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
