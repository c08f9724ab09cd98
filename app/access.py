"""Who may ask: names that this server answers to, pages that may write to it, and the token of those who may see it.

Host    -> a name of this server (a foreign name that points here is a page that wants to look like us)
Origin  -> the page itself, or a page of an allowed host; browsers cannot leave it out where it matters
neither -> a script: from this very machine, or with the token
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import secrets
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from lzviz.contract.wire import Refusal
from lzviz.text import Text

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# A proxy that says for whom it asks: whoever that is, it is not this machine.
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
SPACE_FRAMES = ("https://huggingface.co", "https://*.huggingface.co", "https://*.hf.space")
# Where a new token is kept by the browser, one a port: servers on one machine do not take each other's.
COOKIE = "lzviz-token"
# Gradio asks its own server this once, before it says that it is ready; it tells nothing.
START_UP = "/gradio_api/startup-events"
SIGN_IN = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>lzviz</title><style>:root{color-scheme:light dark;font:16px system-ui}body{max-width:26rem;margin:20vh auto;
padding:0 1rem}input,button{font:inherit;padding:.4rem .6rem}</style>
<h1>lzviz</h1><form><p><label for="token">The token that the server printed when it started</label></p>
<p><input id="token" name="token" type="password" autocomplete="off" autofocus required> <button>Open</button></p></form>
"""


@dataclass(frozen=True)
class Access:
    """What the gate lets through.

    Attributes:
        hosts: names beside loopback that this server has and whose pages may use it; ``*.name`` stands for all below it.
        numeric: whether any IP address is a name of this server: true where it listens on more than loopback.
        token: what every request has to bring (query, cookie or ``Authorization: Bearer``); None: nothing.
        public: whether scripts of other machines may ask without a token.
        folders: whether folders of the server may be opened.
        frames: origins whose pages may show this one in a frame, beside its own.
    """

    hosts: frozenset[str] = frozenset()
    numeric: bool = False
    token: str | None = field(default=None, repr=False)
    public: bool = False
    folders: bool = False
    frames: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, host: str, *, hosts: Iterable[str] = (), token: str | None = None, folders: bool = False,
        frames: Iterable[str] = (), environ: Mapping[str, str] = os.environ,
    ) -> Access:  # fmt: skip
        """Safe defaults for a server that listens on ``host``.

        Args:
            host: address it is bound to.
            hosts, frames, folders: as the attributes.
            token: None: of ``LZVIZ_TOKEN``, or else a new one unless only this machine or a Space can reach the server; "" none.

        Raises:
            ValueError: folders for everybody who can reach the server, or a token or a name that cannot be one.
        """
        near, space = host in LOOPBACK_NAMES, "SPACE_ID" in environ
        token = environ.get("LZVIZ_TOKEN") if token is None else token
        if token is None and not near and not space:
            token = secrets.token_urlsafe(24)
        if token and (len(token) < 8 or not token.isascii() or not token.isprintable() or " " in token):
            raise ValueError("--token: expected 8 or more ASCII characters without spaces, or nothing for no token")
        if folders and not token and not near:
            raise ValueError("--allow-folders: anybody could read this machine's folders; start with a token as well")
        names = {clean(name) for name in (*hosts, *environ.get("SPACE_HOST", "").split(","))} - {""}
        if not near:
            names |= {socket.gethostname().lower(), clean(host)} - {"0.0.0.0", "::"}
        framing = (*frames, *(SPACE_FRAMES if space else ()))
        for frame in framing:
            if urlsplit(frame).scheme not in ("http", "https") or any(mark in frame for mark in " ;,'\""):
                raise ValueError(f"--framed-by: expected an origin such as https://lab.example, got {frame!r}")
        return cls(frozenset(names), not near, token or None, space or token == "", folders, framing)

    def names(self, host: str) -> bool:
        """Whether a host name (without port) is one that this server goes by."""
        if host in LOOPBACK_NAMES or self.lists(host):
            return True
        return self.numeric and _address(host) is not None

    def lists(self, host: str) -> bool:
        """Whether a host name was allowed by name."""
        return host in self.hosts or any(name[0] == "*" and host.endswith(name[1:]) for name in self.hosts)

    def check(self, scope: Scope, path: str) -> Response | None:
        """Let a request pass (None), or the answer that keeps its sender out.

        Raises:
            Refusal: 403 where the page or the name it came by is foreign, 401 without the token.
        """
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        # A lone HTTP/1.0 probe has no Host; no browser is one.
        asked = headers.get("host", "").lower()
        if asked and not self.names(_host(asked)):
            raise Refusal(Text("refused.host"), 403)
        origin = headers.get("origin", "").lower()
        if origin and not self.trusts(origin, asked):
            raise Refusal(Text("refused.foreign.hosts"), 403)
        if not origin and headers.get("sec-fetch-site") in ("cross-site", "same-site") and _writes(scope):
            raise Refusal(Text("refused.foreign"), 403)
        if self.token is not None:
            return self._ask_token(scope, headers, path)
        if not origin and not self.public and _writes(scope) and not _is_near(scope, headers):
            raise Refusal(Text("refused.scripts"), 401)
        return None

    def trusts(self, origin: str, host: str) -> bool:
        """Whether a page at ``origin`` is ours: of the very address that it asks, or of a host allowed by name."""
        try:
            parts = urlsplit(origin)
            name = parts.hostname or ""
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        except (ValueError, KeyError):
            return False
        # Behind a proxy that ends TLS, Host has no port: it is that of the page's scheme.
        return self.lists(name) or (bool(host) and (name, port) == (_host(host), _port(host) or port))

    def cross_origin(self, scope: Scope) -> dict[str, str]:
        """The headers by which a page of another allowed host may read the answer; none for anybody else."""
        headers = {name.lower(): value.decode("latin-1").lower() for name, value in scope["headers"]}
        origin, host = headers.get(b"origin", ""), headers.get(b"host", "")
        own = origin.partition("://")[2] == host
        if not origin or own or not self.trusts(origin, host):
            return {}
        return {
            "access-control-allow-origin": origin,
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "authorization, content-type",
            "access-control-expose-headers": "content-disposition, etag",
            "vary": "Origin",
        }

    def _ask_token(self, scope: Scope, headers: Mapping[str, str], path: str) -> Response | None:
        assert self.token is not None
        if path == START_UP and _is_near(scope, headers):
            return None
        cookie = f"{COOKIE}-{_port(headers.get('host', '')) or 0}"
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        given = query.get("token", [""])[-1]
        if scope["method"] in ("GET", "HEAD") and same(given, self.token):
            rest = urlencode([(key, value) for key, values in query.items() if key != "token" for value in values])
            # Relative, so that it holds behind a prefix; the address that stays in the history has no token.
            answer = RedirectResponse(f"./{path.rpartition('/')[2]}{'?' if rest else ''}{rest}", 303)
            answer.set_cookie(cookie, self.token, httponly=True, samesite="lax", secure=scope.get("scheme") == "https")
            return answer
        bearer = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if same(bearer, self.token) or same(_cookie(headers.get("cookie", ""), cookie), self.token):
            return None
        if scope["method"] == "GET" and path == "/":
            return HTMLResponse(SIGN_IN, 401)
        raise Refusal(Text("refused.token"), 401)


def clean(name: str) -> str:
    """A host name as it is compared; :class:`ValueError` for what is no name (an address with scheme or path, a lone star)."""
    name = name.strip().lower().rstrip(".")
    if any(mark in name for mark in "/ @") or (name.startswith("*") and not name.startswith("*.")) or name == "*.":
        raise ValueError(f"--allowed-hosts: expected names such as lab.example or *.lab.example, got {name!r}")
    return _host(name) if name else ""


def same(given: str, expected: str) -> bool:
    """Compared in a time that tells nothing."""
    return bool(given) and hmac.compare_digest(given.encode(), expected.encode())


def _host(netloc: str) -> str:
    """The name of ``name:port`` or ``[address]:port``; a bare IPv6 address stays whole."""
    if _address(netloc) is not None:
        return netloc
    name = netloc[1:].partition("]")[0] if netloc.startswith("[") else netloc.partition(":")[0]
    return name.rstrip(".")


def _port(netloc: str) -> int | None:
    tail = netloc.rpartition(":")[2]
    return int(tail) if ":" in netloc and tail.isascii() and tail.isdecimal() and len(tail) < 6 else None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _writes(scope: Scope) -> bool:
    return scope["method"] not in ("GET", "HEAD", "OPTIONS")


def _is_near(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether this very machine asks, through no proxy that says otherwise."""
    address = _address(scope["client"][0]) if scope.get("client") else None
    return address is not None and address.is_loopback and not any(name in headers for name in FORWARDED)


def _cookie(header: str, name: str) -> str:
    try:
        jar = SimpleCookie(header)
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""
