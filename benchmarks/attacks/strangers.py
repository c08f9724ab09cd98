"""Those who may not: no token or a wrong one, other visitors' things, clients that stall on every large route."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import product

import numpy as np

from benchmarks.attacks.pictures import encoded, npy
from benchmarks.attacks.target import Attempt, Target, address, answer_of
from lzviz.contract.routes import ROUTES

TOKEN = "benchmarks-attack-this"
NEAR = (
    TOKEN[:-1],
    TOKEN + "x",
    TOKEN.upper(),
    TOKEN[::-1],
    "",
    "*",
    "null",
    "\xff" * 20,
    "a" * 60_000,
    f" {TOKEN}x",
    "0",
)
AGENTS = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
SHAKE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "x" * 22 + "==",
}
PROXIES = (
    "x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "x-original-url", "x-rewrite-url", "client-ip",
)  # fmt: skip
LARGE = [route for route in ROUTES if route.limit > 1 << 20]


def tokens(target: Target) -> Iterator[Attempt]:
    """Against a server that wants a token: every route without, with a wrong one, by every way; and what the right one opens."""
    port = target.port

    def shut(method: str, path: str, body: bytes = b"", **headers: str) -> None:
        status, told, said = target.send(method, path, body, **headers)
        kept = status in (401, 403, 404, 413, 405) and "set-cookie" not in told and TOKEN.encode() not in said
        target.expect(f"{method} {path[:60]} {str(headers)[:80]}: {status}", kept)

    places = ["/", "/config", "/lzviz/static/bundle.js", "/gradio_api/info", "/gradio_api/mcp/", "/gradio_api/heartbeat/x",
              "/gradio_api/queue/data?session_hash=x", *(address(route) for route in ROUTES)]  # fmt: skip
    for path, method in product(places, ("GET", "POST", "PUT", "HEAD")):
        yield partial(shut, method, path, b"{}" if method == "POST" else b"")
    for path, token in product(("/lzviz/catalogue", "/config", "/"), NEAR):
        mark = "&" if "?" in path else "?"
        plain = token.isascii() and len(token) < 50_000
        if plain:
            yield partial(shut, "GET", f"{path}{mark}token={token.replace(' ', '+')}")
        if len(token) < 50_000:
            yield partial(shut, "GET", path, authorization=f"Bearer {token}")
            yield partial(shut, "GET", path, cookie=f"lzviz-token-{port}={token}")
    for cookie in (
        f"lzviz-token={TOKEN}",
        f"lzviz-token-{port + 1}={TOKEN}",
        f"Lzviz-Token-{port}={TOKEN}",
        "=",
        ";;;",
        "a" * 9000,
    ):
        yield partial(shut, "GET", "/lzviz/catalogue", cookie=cookie)
    for scheme in ("Basic", "bearer", "Token", ""):
        credentials = base64.b64encode(f"x:{TOKEN}".encode()).decode()
        yield partial(shut, "GET", "/lzviz/catalogue", authorization=f"{scheme} {credentials}")
    for path, method in product(
        ("/gradio_api/mcp/", "/gradio_api/mcp/sse", "/gradio_api/mcp/http/"), ("GET", "POST", "DELETE")
    ):
        yield partial(shut, method, path, AGENTS, accept="application/json, text/event-stream")
        yield partial(shut, method, path, AGENTS, mcp_session_id="0" * 32)
    for path, origin in product(
        places[:6], ("null", "https://evil.example", f"http://127.0.0.1:{port + 1}", f"http://localhost.evil:{port}")
    ):
        yield partial(shut, "POST", path, b"{}", origin=origin, authorization=f"Bearer {TOKEN}")
    for path in (*places[:6], "/gradio_api/queue/join"):
        yield partial(shut, "GET", path, **SHAKE)
    for name in PROXIES:
        yield partial(shut, "GET", "/lzviz/catalogue", **{name: "127.0.0.1"})
    yield from openings(target, places[:4])


def openings(target: Target, places: list[str]) -> Iterator[Attempt]:
    """What the right token opens, by each way, and that it is told to nobody."""

    def opened(path: str, **headers: str) -> None:
        status, told, said = target.send("GET", path, b"", **headers)
        kept = status in (200, 303) and TOKEN.encode() not in said and TOKEN not in told.get("location", "")
        safe = all(mark in told.get("set-cookie", "HttpOnly SameSite").lower() for mark in ("httponly", "samesite"))
        target.expect(f"{path[:50]} with the token: {status}", kept and safe)

    for path in places:
        yield partial(opened, path, authorization=f"Bearer {TOKEN}")
        yield partial(opened, path, cookie=f"a=b; lzviz-token-{target.port}={TOKEN}")
        yield partial(opened, f"{path}?token={TOKEN}")


def visitors(target: Target) -> Iterator[Attempt]:
    """Two at one time: what one brings the other cannot ask for, and a crowd of the one's takes nothing of the other's away."""
    mine: dict[str, object] = {}

    def brought(page: str, seed: int) -> dict[str, object]:
        noise = np.random.default_rng(seed).uniform(-1, 1, (1, 24, 24, 2))
        said = target.send("POST", f"/lzviz/picture?page={page}", encoded("PNG", (400 + seed, 300)))[2]
        held = target.send("POST", f"/lzviz/warp-file?name=x.npy&page={page}", npy(noise))[2]
        question = {"given": answer_of(held).get("id"), "source": [64, 64], "page": page}
        told = target.send("POST", "/lzviz/diagnosis", json.dumps(question).encode())[2]
        return {"picture": answer_of(said).get("id"), "array": question["given"], "grid": answer_of(told).get("keep")}

    def start() -> None:
        mine.update(brought("visitor-a", 0))
        target.expect(f"what a visitor brings is held: {mine}", all(mine.values()))

    def crowd(seed: int) -> None:
        theirs = brought("visitor-b", seed)
        target.expect(f"two things of one name: {theirs}", not set(theirs.values()) & set(mine.values()))
        if seed % 8 == 0:
            still()

    def still() -> None:
        options = {"given": {"grid": mine["grid"]}}
        state = {"image": "own", "sampler": "given", "options": options}
        body = {"state": state, "image": mine["picture"], "page": "visitor-a"}
        status, _ = target.fair("the other's grid", "POST", "/lzviz/compute", json.dumps(body).encode())
        target.expect(f"a visitor's picture and grid beside a crowd's: {status}", status == 200)

    def guess(name: str) -> None:
        status, _ = target.fair(f"guessed {name}", "GET", f"/lzviz/picture/{name}")
        target.expect(f"a guessed picture {name}: {status}", status != 200)

    def replaced(page: str) -> None:
        body = {"state": {"image": "coffee", "width": 16}, "page": page, "seq": 2**50}
        status, _ = target.fair(f"as page {page}", "POST", "/lzviz/compute", json.dumps(body).encode())
        target.expect(f"as page {page}: {status}", status in (200, 400, 409, 503))

    yield start
    for seed in range(1, 81):
        yield partial(crowd, seed)
    for at in range(60):
        name = str(mine.get("picture", "own-" + "0" * 32))
        yield partial(
            guess, ("own-" + f"{at:032x}", name[:-1] + "g", name[:-2], name.upper(), "own-")[at % 5] + ("x" * (at // 5))
        )
    for page in ("visitor-a", "", "x" * 40, "\x00", "x" * 41, "__proto__", "../a"):
        yield partial(replaced, page)
    yield still


def slow(target: Target) -> Iterator[Attempt]:
    """Bodies that stall on every large route, questions that trickle, answers that nobody takes; and a visitor meanwhile."""
    with ExitStack() as held:

        def begin(said: bytes, more: bytes = b"") -> None:
            line = held.enter_context(socket.create_connection(("127.0.0.1", target.port), timeout=20))
            line.sendall(said + more)

        def stalled(path: str, length: int, sent: int) -> None:
            begin(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode(), bytes(sent))

        def untaken(path: str) -> None:
            begin(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n".encode() * 40)

        def visit() -> None:
            status, _, _ = target.send("GET", "/lzviz/catalogue")
            target.expect(f"the catalogue beside stalled bodies: {status}", status == 200)
            body = json.dumps({"state": {"image": "coffee", "width": 24}}).encode()
            status, _, _ = target.send("POST", "/lzviz/compute", body)
            target.expect(f"a stroke beside stalled bodies: {status}", status == 200)

        places = [
            (
                address(route)
                + ("?name=x.npy" if route.name == "addWarp" else "?image=coffee" * (route.name == "addTruth")),
                route.limit,
            )
            for route in LARGE
        ]
        places += [
            ("/gradio_api/call/downsample", 16 << 20),
            ("/gradio_api/queue/join", 16 << 20),
            ("/lzviz/compute", 1 << 20),
        ]
        for (path, length), sent in product(places, (0, 1, 1 << 16, 1 << 19)):
            for _ in range(6):
                yield partial(stalled, path, length, sent)
            yield visit
        for path in ("/lzviz/static/bundle.js", "/lzviz/picture/street", "/lzviz/catalogue", "/"):
            for _ in range(10):
                yield partial(untaken, path)
            yield visit
