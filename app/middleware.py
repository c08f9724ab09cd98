"""The gate in front of every route: which paths exist, how large a body may be, and the headers of every answer.

It is a plain ASGI middleware, so that a body is bounded *before* anything reads it, whatever route it is for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial

import anyio
import anyio.to_thread
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access import Access
from lzviz.contract.exchange import refused
from lzviz.contract.routes import ROUTES
from lzviz.contract.wire import Busy, Refusal, parse_json
from lzviz.text import Text

MIB = 1 << 20

# What the page needs of Gradio and nothing else: no upload, proxy, stream, reload, history or component_server route.
OPEN_PATHS = re.compile(
    r"""/(?:
        config/? | theme\.css | robots\.txt | manifest\.json | favicon\.ico
        | (?:assets|static|lzviz)/.+
        | gradio_api/(?: info/? | openapi\.json | app_id/? | startup-events | theme\.css | reset/? | cancel
                       | mcp/? | heartbeat/[\w-]+ | queue/(?:join|data) | (?:call|run|api)/[\w/-]+ )
    )?""",
    re.VERBOSE,
)
# Files that a component of ours may have put into Gradio's cache: an absolute path, which Gradio checks; never a URL.
OPEN_FILES = re.compile(r"/gradio_api/file=(?:/[^/]|[A-Za-z]:[\\/]).*")

# Largest body in bytes: of the questions by their path, of everything else by its start; the first match counts.
BODY_LIMITS: tuple[tuple[str, int], ...] = (
    ("/lzviz/", 1 * MIB),
    ("/gradio_api/", 16 * MIB),
    ("/", 64 << 10),
)
ROUTE_LIMITS = {f"/{route.path}": route.limit for route in ROUTES}
# All bodies being received at one time.
BODIES_IN_FLIGHT = 256 * MIB
# Seconds that a body may take to arrive: a large picture over a slow line, but no connection held open for ever.
BODY_SECONDS = 300.0
# In every span of so many seconds so many bytes a second have to arrive, or the rest of the body.
SPAN_SECONDS, BYTES_A_SECOND = 10.0, 16 << 10
# Bodies of at most this size have room of their own, which no upload takes from them.
SMALL, SMALL_IN_FLIGHT = 1 * MIB, 64 * MIB
# Requests inside at one time; and event streams, which stay for as long as a browser likes.
CONCURRENT, STREAMS = 1000, 500
STREAM = re.compile(r"/gradio_api/(?:heartbeat|queue/data|mcp|call/\w+)(?:/.*)?")
# A file reference in a Gradio call would make Gradio open that path or fetch that URL.
REFERENCES = frozenset({"path", "url", "meta", "_type"})

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio starts from inline scripts and compiles the templates and js_on_load of gr.HTML with Function().
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob: mediastream:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cross-origin-resource-policy": "same-origin",
}


def body_limit(path: str) -> int:
    """The largest body in bytes that a request to ``path`` may have."""
    if path in ROUTE_LIMITS:
        return ROUTE_LIMITS[path]
    return next(limit for start, limit in BODY_LIMITS if path.startswith(start))


def route_path(scope: Scope) -> str:
    """The path below the prefix (``root_path``) that a proxy or a mount may have put in front."""
    path, root = scope["path"], scope.get("root_path", "").rstrip("/")
    return path[len(root) :] or "/" if root and (path == root or path.startswith(f"{root}/")) else path


@dataclass
class Gate:
    """Refuses foreign pages, unknown paths, oversize or malformed bodies; adds security headers to every answer."""

    app: ASGIApp
    access: Access = field(default_factory=Access)
    _in_flight: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0}, init=False)
    _inside: int = field(default=0, init=False)
    _streams: int = field(default=0, init=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return None  # no websocket exists here; returning without accepting closes it
        path = route_path(scope)
        stream = scope["method"] == "GET" and STREAM.fullmatch(path) is not None
        self._inside, self._streams = self._inside + 1, self._streams + stream
        try:
            await self._serve(scope, receive, send, path)
        finally:
            self._inside, self._streams = self._inside - 1, self._streams - stream

    async def _serve(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        guarded = self._with_headers(scope, send)
        try:
            if self._inside > CONCURRENT or (self._streams > STREAMS and STREAM.fullmatch(path)):
                raise Busy(Text("refused.busy"))
            if (kept_out := self.access.check(scope, path)) is not None:
                return await kept_out(scope, receive, guarded)
            if scope["method"] == "OPTIONS":
                return await Response(status_code=204)(scope, receive, guarded)
            self._check_request(scope, path)
            body = await self._read(scope, receive, path) if scope["method"] in ("POST", "PUT", "PATCH") else b""
            if path.startswith("/gradio_api/") and body:
                await anyio.to_thread.run_sync(partial(parse_json, body, forbidden=REFERENCES))
        except Refusal as refusal:
            return await _answer(refusal)(scope, receive, guarded)
        await self.app(scope, _replay(body, receive), guarded)

    def _check_request(self, scope: Scope, path: str) -> None:
        if not (OPEN_PATHS.fullmatch(path) or OPEN_FILES.fullmatch(path)):
            raise Refusal(Text("refused.address"), 404)

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        """Our headers on every answer, and of Gradio's own none that lets a foreign page read it."""
        framing = " ".join(("frame-ancestors 'self'", *self.access.frames))
        own = {**SECURITY_HEADERS, **self.access.cross_origin(scope)}
        own["content-security-policy"] += f"; {framing}"
        extra = [(name.encode(), value.encode("latin-1")) for name, value in own.items()]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = [
                    line for line in message.get("headers", []) if not line[0].lower().startswith(b"access-control-")
                ]
                message = {**message, "headers": [*said, *extra]}
            await send(message)

        return guarded

    async def _read(self, scope: Scope, receive: Receive, path: str) -> bytes:
        """The whole body, counted while it streams in: a declared length is only believed when it is too large."""
        limit = body_limit(path)
        declared = _header(scope, b"content-length")
        if declared and (not declared.isdecimal() or int(declared[:20]) > limit):
            raise _too_large(limit)
        try:
            with anyio.fail_after(BODY_SECONDS):
                return await self._receive_all(receive, limit)
        except TimeoutError:
            raise Refusal(Text("refused.body.late"), 408) from None

    async def _receive_all(self, receive: Receive, limit: int) -> bytes:
        chunks: list[bytes] = []
        held, small = 0, limit <= SMALL
        room = SMALL_IN_FLIGHT if small else BODIES_IN_FLIGHT
        due, wanted = anyio.current_time() + SPAN_SECONDS, SPAN_SECONDS * BYTES_A_SECOND
        try:
            while True:
                with anyio.fail_after(due - anyio.current_time()):
                    message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refusal(Text("refused.body.ended"))
                chunk = message.get("body", b"")
                held, self._in_flight[small] = held + len(chunk), self._in_flight[small] + len(chunk)
                if held > limit:
                    raise _too_large(limit)
                if self._in_flight[small] > room:
                    raise Busy(Text("refused.busy.uploads"))
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
                if held >= wanted:
                    due, wanted = anyio.current_time() + SPAN_SECONDS, held + SPAN_SECONDS * BYTES_A_SECOND
        finally:
            self._in_flight[small] -= held


def _too_large(limit: int) -> Refusal:
    size = f"{limit // MIB} MB" if limit >= MIB else f"{limit >> 10} KB"
    return Refusal(Text("refused.body.large", {"most": size}), 413)


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _answer(refusal: Refusal) -> Response:
    # Closing the connection keeps the rest of a refused body from being taken for the next request.
    headers = {"connection": "close"} if refusal.status in (408, 413, 503) else {}
    reply = refused(refusal)
    assert reply is not None
    return Response(reply.body, reply.status, {**reply.headers, **headers}, reply.media_type)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that hands over ``body`` once and then passes on what else happens (a disconnect)."""
    pending = [body]

    async def replayed() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return replayed
