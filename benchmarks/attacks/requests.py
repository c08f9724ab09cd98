"""Attacks by requests: routes, names, scripts, foreign sites, bytes that are no request."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterator
from functools import partial
from itertools import product
from urllib.parse import quote

from benchmarks.attacks.target import Attempt, Target, address
from lzviz.contract.routes import ROUTES

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT")
GRADIO = """
upload upload_progress component_server queue/join queue/data queue/status call/downsample run/downsample
api/predict file=/etc/passwd file=http://127.0.0.1:9/ proxy=http://127.0.0.1:9/ stream/1 dev/reload runs
heartbeat/x reset cancel startup-events app_id info openapi.json deep_link process_recording vibe-code mcp
custom_component/1/client/component/x.js theme.css token login_check reload static/img/logo.svg
"""
# Beside the routes of the contract: what this page, Gradio and careless servers have had.
PATHS = (
    "/", "/config", "/info", "/docs", "/openapi.json", "/login", "/logout", "/upload", "/monitoring", "/favicon.ico", "/robots.txt",
    "/lzviz/models", "/lzviz/results", "/lzviz/results.csv", "/lzviz/plotly.js", "/lzviz/static/main.js", "/lzviz/", "/lzviz",
    *(f"/gradio_api/{name}" for name in GRADIO.split()),
    "/.env", "/.git/config", "/app.py", "/server-status", "/wp-login.php", "/cgi-bin/test", "/%00", "/x" * 400,
)  # fmt: skip
BODIES = (b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"state": {}}', b"a=1&b=2")
SECRET = b"root:x:0:0", b"[build-system]", b"import annotations", b"Traceback", b"/site-packages"
STEPS = (
    "../",
    "..%2f",
    "%2e%2e/",
    "..\\",
    "..%5c",
    "%2e%2e%2f",
    "....//",
    "..;/",
    "%252e%252e%252f",
    "..%c0%af",
    "/",
    "//",
    "file:///",
)
TARGETS = (
    "etc/passwd",
    "app.py",
    "pyproject.toml",
    "proc/self/environ",
    "lzviz/__init__.py",
    "checkpoints/../app.py",
    "etc/passwd%00.js",
)
PLACES = ("/lzviz/static/", "/lzviz/picture/", "/gradio_api/file=", "/gradio_api/file/", "/static/", "/assets/", "/")
SCRIPTS = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>",
    "javascript:alert(1)", "'-alert(1)-'", "</title><svg onload=alert(1)>",
    "{{7*7}}", "${alert(1)}", "\u202e<b>", "<iframe srcdoc='<script>1</script>'>", "%3Cscript%3E",
)  # fmt: skip
FIELDS = ("image", "sampler", "room", "saliency", "checkpoint", "paint", "seq", "what", "format", "kind")
ODD = (None, -1, 0, 2**40, 1e308, "x", [], {}, [0, 0], [1e9, 1e9], True, "\x00", "../../x", [[[[]]]], 0.5)
ORIGINS = (
    "https://evil.example",
    "null",
    "http://localhost:1",
    "http://localhost.evil.example",
    "file://",
    "http://[",
    "x",
)
HOSTS = ("evil.example", "localhost.evil.example", "127.0.0.1.nip.example", "8.8.8.8", "169.254.169.254")
MALFORMED = (
    b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
)  # fmt: skip


def routes(target: Target) -> Iterator[Attempt]:
    """Every route with every method, with bodies that are none."""

    def attempt(method: str, path: str, body: bytes) -> None:
        status, _, said = target.send(method, path, body)
        shown = any(mark in said for mark in (SECRET[0], *SECRET[3:]))
        target.expect(f"{method} {path[:60]}: {status}", status < 500 and not shown)

    for path, method in product((*PATHS, *(address(route) for route in ROUTES)), METHODS):
        body = random.choice(BODIES) if method in ("POST", "PUT", "PATCH") else b""
        yield partial(attempt, method, path, body)


def traversal(target: Target) -> Iterator[Attempt]:
    """Ways out of every folder that is served."""

    def attempt(path: str) -> None:
        status, _, said = target.send("GET", path)
        target.expect(f"GET {path}: {status}", status < 500 and not any(mark in said for mark in SECRET))

    for place, step, deep, goal in product(PLACES, STEPS, (1, 3, 6, 12), TARGETS):
        yield partial(attempt, place + step * deep + goal)


def scripts(target: Target) -> Iterator[Attempt]:
    """Scripts in every text that a visitor can send: no answer is a page that would run them."""

    def asked(path: str, field: str, text: str) -> None:
        body = json.dumps({"state": {field: text}, field: text, "image": text}).encode()
        status, headers, _ = target.send("POST", path, body)
        plain = "html" not in headers.get("content-type", "") and headers.get("x-content-type-options") == "nosniff"
        target.expect(f"{path} {field}={text}: {status}", 400 <= status < 500 and plain)

    def visited(place: str, text: str) -> None:
        status, headers, said = target.send("GET", f"{place}{quote(text)}?{quote(text)}={quote(text)}")
        sentence = headers.get("content-type") == "application/json" and "nosniff" in headers.values()
        kept = sentence or text.encode() not in said or "<" not in text
        target.expect(f"GET {place}{text}: {status}", status < 500 and kept)

    asking = [address(route) for route in ROUTES if route.takes == "json" and not route.hub]
    for path, field, text in product(asking, FIELDS, SCRIPTS):
        yield partial(asked, path, field, text)
    for place, text in product(PLACES, SCRIPTS):
        yield partial(visited, place, text)


def foreign(target: Target) -> Iterator[Attempt]:
    """Other sites, and other names for this server."""

    def from_site(method: str, path: str, origin: str) -> None:
        status, headers, _ = target.send(method, path, origin=origin)
        kept = status == 403 and "access-control-allow-origin" not in headers
        target.expect(f"{method} {path} from {origin}: {status}", kept)

    def by_name(path: str, host: str) -> None:
        said = target.raw(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        target.expect(f"{path} as {host}: {said[:30]!r}", said.startswith(b"HTTP/1.1 403"))

    paths = [*(address(route) for route in ROUTES), "/gradio_api/call/downsample", "/"]
    for method, path, origin in product(("GET", "POST", "OPTIONS"), paths, ORIGINS):
        yield partial(from_site, method, path, origin)
    for path, host in product(paths, HOSTS):
        yield partial(by_name, path, host)


def malformed(target: Target) -> Iterator[Attempt]:
    """Bytes that are no request."""
    chance = random.Random(1)
    for said in MALFORMED:
        yield partial(target.raw, said)
    for _ in range(1000 - len(MALFORMED)):
        yield partial(target.raw, chance.randbytes(chance.randrange(1, 400)) + b"\r\n\r\n")


def halves(target: Target) -> Iterator[Attempt]:
    """1,100 connections that say half a head and stall, and a visitor after every hundred."""
    held: list[socket.socket] = []

    def attempt(last: bool) -> None:
        held.append(socket.create_connection(("127.0.0.1", target.port), timeout=20))
        held[-1].sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Half: ")
        if len(held) % 100 == 0 or last:
            status, _, _ = target.send("GET", "/lzviz/catalogue")
            target.expect(f"the catalogue beside {len(held)} half heads: {status}", status == 200)

    for at in range(1100):
        yield partial(attempt, at == 1099)
    for line in held:
        line.close()
