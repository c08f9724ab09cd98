"""The routes of the page, all below ``lzviz/``. The server keeps no visitor's state: the browser sends all of it.

Bodies were bounded by :mod:`app.middleware` before they arrive here. No path and no URL from a client is ever opened:
names are looked up in dictionaries made at start-up.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import lzviz
from app.bench import Bench
from app.seldom import Seldom
from lzviz import gallery, text
from lzviz.canvas.bundle import LATE, bundle, style
from lzviz.contract import routes as contract
from lzviz.contract.decoding import GONE
from lzviz.contract.exchange import Reply, asked, failure, refused, told
from lzviz.contract.messages.base import Question, Sequenced
from lzviz.contract.routes import ROUTES
from lzviz.contract.wire import Refusal
from lzviz.contract.workshop import Workshop

log = logging.getLogger(__name__)
log.addFilter(Seldom())
CANVAS = Path(lzviz.__file__).parent / "canvas"
CONTENT_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}
FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><g fill="#6b7279">'
    + "".join(
        f'<circle cx="{12 + 9.5 * x}" cy="{12 + 9.5 * y}" r="1.6"/>' for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y
    )
    + '</g><g fill="#3557d6">'
    + "".join(f'<circle cx="{12 + 4 * x}" cy="{12 + 4 * y}" r="2"/>' for x in (-1, 0, 1) for y in (-1, 0, 1))
    + "</g></svg>"
)

# Characters of the secret that several processes share.
SECRET_LENGTH = 16
# Bytes of a list that are packed between two other answers: two milliseconds.
MOST_PACKED = 256 << 10
# How long a checkpoint of the Hub may take.
HUB_SECONDS = 120.0

Handler = Callable[[Request], Awaitable[Response]]


class Bundled:
    """The canvas as one script and one style, each packed; made anew when a file of it has changed."""

    def __init__(self, files: Collection[Path]) -> None:
        self.files = files
        self.made: tuple[tuple[int, ...], dict[str, bytes]] = ((), {})

    def get(self, name: str) -> bytes | None:
        """The packed file of a name below ``static/``, or None."""
        stamp = tuple(path.stat().st_mtime_ns for path in self.files)
        if stamp != self.made[0]:
            whole = bundle()
            late = {f"{LATE}{each}": text for each, text in whole.late.items()}
            texts = {"bundle.js": whole.script, "bundle.css": style(), **late}
            self.made = stamp, {each: gzip.compress(text.encode(), mtime=0) for each, text in texts.items()}
        return self.made[1].get(name)


def modules() -> dict[str, Path]:
    """Every file of the canvas and of its words by its name below ``static/``; nothing else can be asked for."""
    files = (path for path in sorted(CANVAS.rglob("*")) if path.suffix in CONTENT_TYPES and path.is_file())
    words = {f"text/{language}.json": text.FOLDER / f"{language}.json" for language in text.languages()}
    return {path.relative_to(CANVAS).as_posix(): path for path in files} | words


def shared_secret(environ: Mapping[str, str] = os.environ) -> bytes | None:
    """``LZVIZ_SECRET``, which processes that answer for each other share; None where it is not set.

    Raises:
        ValueError: one that can be guessed.
    """
    secret = environ.get("LZVIZ_SECRET", "")
    if secret and len(secret) < SECRET_LENGTH:
        raise ValueError(f"LZVIZ_SECRET: expected {SECRET_LENGTH} or more characters, got {len(secret)}")
    return secret.encode() or None


def spoken(handler: Handler) -> Handler:
    """Turn every failure of a handler into one sentence with the right status; nothing of the inside is shown."""

    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except Exception as error:
            reply = refused(error)
            if reply is None:
                log.exception("%s failed", request.url.path)
                reply = failure(text.Text("refused.broken"), 500)
            return sent(request, reply)

    return answered


def packs(request: Request) -> bool:
    """Whether whoever asks reads gzip."""
    return "gzip" in request.headers.get("accept-encoding", "")


def fresh(request: Request, body: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """``body`` with an ETag to be revalidated on every use; 304 without it when the browser still has it."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": "no-cache", **(headers or {})}
    # A compressing proxy weakens the tag: W/"..."
    known = {item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


class Server:
    """The routes and what they share: the workshop that answers, and the benches on which it does.

    No bench waits for another: a menu never for a stroke, a stroke never for a network or a clock.

    Args:
        workshop: by default one with the gallery.
        allow_hub: whether visitors may name public checkpoints of the Hugging Face Hub, which are fetched then.
        folders: whether folders of this machine may be opened.
    """

    def __init__(self, workshop: Workshop | None = None, *, allow_hub: bool = False, folders: bool = False) -> None:
        self.folders = folders
        self.modules = modules()
        self.bundled = Bundled(self.modules.values())
        self.workshop = Workshop(gallery.shipped(), secret=shared_secret()) if workshop is None else workshop
        self.read = Bench(waiting=256)  # questions become messages there: a millisecond each
        self.benches = {
            "menu": Bench(slots=4, waiting=256),
            "files": Bench(),
            # A page waits once: so many pages are served in turn.
            "numbers": Bench(waiting=128),
            "clocks": Bench(slots=1, waiting=8, wide=True),
            "networks": Bench(slots=1, wide=True),
            "doctor": Bench(slots=1, waiting=64),
        }
        self.allow_hub = allow_hub
        self.hub = Bench(slots=1, waiting=4, seconds=HUB_SECONDS)  # a Hub that is silent stops nothing else
        self.workshop.gallery["street"].prepare()

    def routes(self) -> list[Route]:
        """Starlette routes for ``launch(app_kwargs={"routes": ...})``; they stay right behind a path prefix."""
        own = {
            "/favicon.ico": self.favicon,
            "/lzviz/static/{name:path}": self.static,
        }
        return [
            *(Route(path, spoken(handler), methods=["GET"]) for path, handler in own.items()),
            *(Route(f"/{line.path}", spoken(self.answering(line)), methods=[line.method]) for line in ROUTES),
        ]

    async def answer(self, question: Question) -> Any:
        """The answer, on the bench that the question belongs to."""
        return await self.benches[question.bench].run(self.workshop.answer, question)

    # Files ----------------------------------------------------------------------------------------------------------

    async def favicon(self, request: Request) -> Response:
        """The mark of lzviz."""
        return fresh(request, FAVICON.encode(), "image/svg+xml")

    async def static(self, request: Request) -> Response:
        """A module, style or schema of the canvas."""
        name = request.path_params["name"]
        path = self.modules.get(name)
        if path is None:
            packed = await anyio.to_thread.run_sync(self.bundled.get, name)
            if packed is None:
                raise Refusal(text.Text("refused.canvas"), 404)
            return self._unpacked(request, packed, CONTENT_TYPES[Path(name).suffix])
        return fresh(request, await anyio.to_thread.run_sync(path.read_bytes), CONTENT_TYPES[path.suffix])

    @staticmethod
    def _unpacked(request: Request, packed: bytes, media_type: str) -> Response:
        """A packed file as it is for those who can read it, else unpacked."""
        if packs(request):
            return fresh(request, packed, media_type, {"content-encoding": "gzip", "vary": "accept-encoding"})
        return fresh(request, gzip.decompress(packed), media_type, {"vary": "accept-encoding"})

    # Questions of the contract --------------------------------------------------------------------------------------

    def answering(self, line: contract.Route) -> Handler:
        """What answers the questions of a line of the table."""

        async def answered(request: Request) -> Response:
            if line.local and not self.folders:
                raise Refusal(text.Text("refused.folders"), 403)
            if line.hub and not self.allow_hub:
                raise Refusal(text.Text("refused.hub"), 403)
            said = await request.body(), dict(request.query_params), request.path_params
            async with left_by(request):
                # In a thread too: a check may look into a registry, and importing that takes a second the first time.
                question = await self.read.run(asked, line, *said)
                bench = self.hub if line.hub else self.benches[question.bench]
                name = (question.page, line.path) if question.page and isinstance(question, Sequenced) else None
                answer = await bench.run(self.workshop.answer, question, name=name)
                return sent(request, told(question, answer))
            raise Refusal("The page no longer waits for this answer.", 499)

        return answered


@asynccontextmanager
async def left_by(request: Request) -> AsyncIterator[None]:
    """Inside, what waits in a line leaves it, and what decodes a file or runs in turns stops, when the page goes away.

    The body has been read; the block ends early then, without an error.
    """
    left = threading.Event()
    with anyio.CancelScope() as scope:

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            left.set()
            scope.cancel()

        token, watching = GONE.set(left.is_set), asyncio.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()
            GONE.reset(token)


def sent(request: Request, reply: Reply) -> Response:
    """A reply as it crosses the wire; what is listed, and what anybody may keep, is sent again only when it has changed.

    What is listed goes packed: menus and explained words are a tenth of the first load else.
    """
    if reply.kept == "shared" or (request.method == "GET" and reply.status == 200 and not reply.kept):
        body, headers = reply.body, dict(reply.headers)
        if reply.media_type.startswith("application/json") and len(body) <= MOST_PACKED and packs(request):
            body = gzip.compress(body, 6, mtime=0)
            headers.update({"content-encoding": "gzip", "vary": "accept-encoding"})
        return fresh(request, body, reply.media_type, headers)
    private = {"cache-control": "private, no-store"} if reply.kept else {}
    return Response(reply.body, reply.status, {**reply.headers, **private}, reply.media_type)
