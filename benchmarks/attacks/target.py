"""The server under attack, and what its answers must keep."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable

from lzviz.contract.routes import Route

# Of an answer so much is looked at.
LONGEST = 4 << 20
Attempt = Callable[[], object]
# An array may take thirty seconds of a decoder, and two may wait before it.
PATIENCE = 100.0
# Of a series that sends files or states: a yes, a no with a sentence, or "not now".
ANSWERS = frozenset({200, 400, 403, 404, 409, 413, 415, 422, 503, 504})


INSIDE = (b"Traceback", b"/site-packages", b"root:x:0:0", b'.py", line')


def address(route: Route) -> str:
    """Where a line of the contract is asked."""
    return f"/{route.path}".replace("{id}", "coffee")


class Target:
    """The server under attack, and what its answers must keep."""

    def __init__(self, port: int):
        self.port = port
        self.broken: list[str] = []

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One request as it is: nothing is normalised. Status 0 where the server closed."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            line.putrequest(method, path, skip_host=False, skip_accept_encoding=True)
            sent = {"content-length": str(len(body)), "content-type": "application/json", **headers}
            for name, value in sent.items():
                line.putheader(name.replace("_", "-"), value)
            line.endheaders(body)
            answer = line.getresponse()
            kind = answer.headers.get("content-type", "")
            said = b"" if "event-stream" in kind else answer.read(LONGEST)
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, said
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}, b""
        finally:
            line.close()

    def raw(self, said: bytes) -> bytes:
        """The start of what comes back for these very bytes."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as line:
                line.sendall(said)
                line.shutdown(socket.SHUT_WR)
                return line.recv(100)
        except OSError:
            return b""

    def expect(self, what: str, kept: bool) -> None:
        """Note what did not hold."""
        if not kept:
            self.broken.append(what)

    def fair(self, what: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Send it and note unless the answer is a yes or a no in one sentence that tells nothing of the inside."""
        status, _, said = self.send(method, path, body, **headers)
        kept = status in ANSWERS and not any(mark in said for mark in INSIDE)
        if kept and status != 200:
            told = answer_of(said)
            kept = told.get("ok") is False and 10 < len(str(told.get("error"))) < 400
        self.expect(f"{what}: {status} {said[:120]!r}", kept)
        return status, said


def answer_of(said: bytes) -> dict:
    """The JSON object of an answer; an empty one where it is none."""
    try:
        told = json.loads(said)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
