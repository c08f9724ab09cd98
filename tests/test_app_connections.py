"""Connections as an attacker uses them, on real sockets: halves of heads, trickles, answers that nobody takes, logs."""

from __future__ import annotations

import io
import logging
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app import connections, middleware
from app.connections import Connection, Listener, Room, peer_of, possible
from app.seldom import Metered
from tests.app_server import app_url, client, free_port, refusal

HALF = b"GET /small HTTP/1.1\r\nHost: localhost\r\nX-Half: "
WHOLE = b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def small(request: Request) -> Response:
    return PlainTextResponse("served")


async def large(request: Request) -> Response:
    return Response(bytes(32 << 20))


@contextmanager
def listening(room: Room) -> Iterator[int]:
    """The port of a small server with this room."""
    app = Starlette(routes=[Route("/small", small, methods=["GET", "POST"]), Route("/large", large)])
    config = uvicorn.Config(app, host="127.0.0.1", port=free_port(), log_level="critical")
    server = Listener(config, room=room)
    server.run_in_thread()
    try:
        yield config.port
    finally:
        server.close()


def connect(port: int, said: bytes = b"") -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), timeout=10)
    made.sendall(said)
    return made


def taken(made: socket.socket, last: bytes = b"served") -> bytes:
    """What arrives until ``last``, or until there is nothing more."""
    got = b""
    while last not in got and (chunk := made.recv(1 << 16)):
        got += chunk
    return got


def heard(port: int, said: bytes = WHOLE) -> bytes:
    """An answer on a new connection."""
    with connect(port, said) as made:
        return taken(made)


def closed(made: socket.socket) -> bool:
    """Whether the other end closes within its time; anything that it says before is passed over."""
    try:
        while made.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# Heads that never end


@pytest.mark.parametrize("said", [b"", HALF, b"\r\n", WHOLE + HALF], ids=["silent", "half", "empty", "second"])
def test_a_head_that_never_ends_is_given_up(said, monkeypatch):
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    with listening(Room()) as port, connect(port, said) as made:
        assert closed(made)


def test_a_head_that_trickles_is_given_up_too(monkeypatch):
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.4)
    with listening(Room()) as port, connect(port, HALF) as made:
        started = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() < started + 5:
                made.sendall(b"x")
                time.sleep(0.05)
        assert time.monotonic() < started + 4


def test_a_connection_that_rests_outlives_the_patience_of_its_client(monkeypatch):
    """A server that hangs up just when its client asks again resets a request: so clients are the first to let go."""
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    assert connections.REST_SECONDS > 60
    with listening(Room()) as port, connect(port, WHOLE) as resting:
        assert b"served" in taken(resting)
        with connect(port, HALF) as half:
            assert closed(half)
        resting.sendall(WHOLE)
        assert b"served" in taken(resting)
        resting.sendall(HALF)
        assert closed(resting)


def test_a_body_that_nobody_reads_does_not_keep_a_connection(monkeypatch):
    """The answer is complete before the body is: what trickles afterwards belongs to no request."""
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.4)
    unread = b"POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    with listening(Room()) as port, connect(port, unread) as made:
        assert b"served" in taken(made)
        with pytest.raises(OSError):
            for _ in range(100):
                made.sendall(b"x")
                time.sleep(0.05)


def test_a_slow_but_honest_request_is_answered(monkeypatch):
    monkeypatch.setattr(connections, "HEADER_SECONDS", 2.0)
    with listening(Room()) as port, connect(port) as made:
        for part in (WHOLE[:10], WHOLE[10:30], WHOLE[30:]):
            time.sleep(0.05)
            made.sendall(part)
        assert b"served" in taken(made)
        made.sendall(WHOLE)  # and the connection is kept
        assert b"served" in taken(made)


def test_the_app_gives_up_half_a_head(monkeypatch):
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    with connect(urlsplit(app_url()).port or 0, b"GET / HTTP/1.1\r\nHost: x") as made:
        assert closed(made)
    assert client().get("lzviz/catalogue").status_code == 200


# A crowd of them


def test_half_open_connections_without_end_leave_room_for_a_visitor():
    with listening(Room(most=40)) as port, ExitStack() as crowd:
        held = [crowd.enter_context(connect(port, HALF)) for _ in range(150)]
        for _ in range(5):
            assert b"served" in heard(port)
        assert closed(held[0])  # the oldest gave way


def test_a_connection_that_is_being_answered_never_gives_way():
    with listening(Room(most=4)) as port, ExitStack() as crowd:
        busy = crowd.enter_context(connect(port, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"))
        assert busy.recv(100).startswith(b"HTTP/1.1 200")
        for _ in range(20):
            crowd.enter_context(connect(port, HALF))
        assert b"served" in heard(port)
        got = 100
        while got < 32 << 20 and (chunk := busy.recv(1 << 20)):
            got += len(chunk)
        assert got >= 32 << 20


def test_where_all_are_busy_a_newcomer_is_closed_and_nothing_else_happens():
    with listening(Room(most=2)) as port, ExitStack() as crowd:
        for _ in range(2):
            busy = crowd.enter_context(connect(port, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"))
            busy.recv(100)
        with connect(port, WHOLE) as refused:
            assert closed(refused)
        crowd.close()
        until(lambda: b"served" in _tried(port))


def _tried(port: int) -> bytes:
    try:
        return heard(port)
    except OSError:
        return b""


def test_one_machine_cannot_hold_every_connection():
    room = Room(most=10, share=0.5)
    made = [_connection(room, "10.0.0.1") for _ in range(8)]
    assert [each.inside for each in made] == [False] * 3 + [True] * 5
    assert [vars(each.transport)["aborted"] for each in made] == [True] * 3 + [False] * 5
    for each in made[3:]:
        room.work(each)
    assert not room.enter(_bare("10.0.0.1")) and room.enter(_bare("10.0.0.2"))
    near = Room(most=10, share=0.5)
    assert all([_connection(near, "127.0.0.1").inside for _ in range(10)])


def _bare(peer: str) -> Connection:
    made = object.__new__(Connection)
    made.peer, made.inside = peer, False
    made.transport = SimpleNamespace(aborted=False, get_write_buffer_size=lambda: 0)  # type: ignore[assignment]
    made.transport.abort = lambda: setattr(made.transport, "aborted", True)  # type: ignore[method-assign]
    return made


def _connection(room: Room, peer: str) -> Connection:
    made = _bare(peer)
    assert room.enter(made)
    room.rest(made)
    return made


@pytest.mark.parametrize(
    ("name", "peer"),
    [(("10.0.0.1", 5), "10.0.0.1"), (("2001:db8::1:2", 5, 0, 0), "2001:db8::/64"), (("::1", 5, 0, 0), "::1"),
     (("::ffff:10.0.0.1", 5, 0, 0), "10.0.0.1"), (("fe80::1%eth0", 5, 0, 2), "fe80::/64"), ("", ""), (None, "")],
)  # fmt: skip
def test_who_is_at_the_other_end(name, peer):
    assert peer_of(SimpleNamespace(get_extra_info=lambda _: name)) == peer  # type: ignore[arg-type]


def test_there_are_descriptors_for_every_connection():
    import resource

    most = possible()
    assert 16 <= most <= connections.MOST
    assert most + connections.RESERVED <= resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_an_answer_that_nobody_takes_is_cut_off(monkeypatch):
    monkeypatch.setattr(connections, "SPAN_SECONDS", 0.2)
    room = Room()
    with listening(room) as port, connect(port, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n") as made:
        made.recv(100)
        until(lambda: not room._count)


def test_event_streams_leave_room_for_requests(monkeypatch):
    monkeypatch.setattr(middleware, "STREAMS", 0)
    assert "busy" in refusal(client().get("gradio_api/heartbeat/abc"))
    assert client().get("lzviz/catalogue").status_code == 200


# Logs


def test_malformed_requests_without_end_do_not_fill_the_log(caplog):
    with listening(Room()) as port:
        logging.getLogger("uvicorn.error").setLevel("WARNING")
        for _ in range(60):
            assert b"400" in heard(port, b"\x00 no request\r\n\r\n")
    assert len([each for each in caplog.records if each.name == "uvicorn.error"]) <= 20


@pytest.mark.parametrize("name", ["uvicorn.error", "asyncio"])
def test_the_loggers_of_the_server_are_seldom(name, caplog):
    with listening(Room()):
        for _ in range(300):
            logging.getLogger(name).error("one more")
    assert len(caplog.records) <= 20


def test_what_is_printed_past_every_logger_is_bounded(monkeypatch):
    """Gradio prints tracebacks: the stream itself has to bound them."""
    sink = io.StringIO()
    monkeypatch.setattr(sys, "stderr", Metered(sink, most=10_000))
    for _ in range(2000):
        try:
            raise ValueError("from afar")
        except ValueError:
            traceback.print_exc()
    assert 5_000 < len(sink.getvalue()) < 10_200
    assert sink.getvalue().count("left out") == 1


def test_a_bounded_stream_speaks_again(monkeypatch):
    sink = io.StringIO()
    stream = Metered(sink, most=10, seconds=60)
    now = time.monotonic()
    stream.write("x" * 50)
    monkeypatch.setattr("app.seldom.time.monotonic", lambda: now + 61)
    stream.write("back")
    assert sink.getvalue().endswith("back")
