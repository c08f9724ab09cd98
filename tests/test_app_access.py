"""Who may ask: other sites, foreign names, scripts without a token; and what each way of starting the server allows."""

from __future__ import annotations

import socket
from functools import lru_cache

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.access import SPACE_FRAMES, Access
from app.main import build, launch_options
from app.middleware import Gate
from app.server import Server
from tests.app_server import app_url, client, launch, refusal
from tests.conftest import run_async

TOKEN = "a-token-of-a-test"
LAN = Access.of("0.0.0.0", token="", environ={})
GUARDED = Access.of("0.0.0.0", environ={"LZVIZ_TOKEN": TOKEN})
PROXIED = Access.of("127.0.0.1", hosts=["lab.example", "*.tools.example"], environ={})
SPACE = Access.of("0.0.0.0", environ={"SPACE_ID": "me/lzviz", "SPACE_HOST": "me-lzviz.hf.space"})


def ask(access: Access, method: str = "POST", path: str = "/lzviz/compute", peer: str = "127.0.0.1", **headers: str):
    """A request through the gate alone, with these headers (``_`` for ``-``); nothing is added to them but Host."""

    async def told(request: Request) -> JSONResponse:
        return JSONResponse({"ok": True}, headers={"access-control-allow-origin": request.headers.get("origin", "*")})

    routes = [Route("/{rest:path}", told, methods=["GET", "POST"])]
    app = Starlette(routes=routes, middleware=[Middleware(Gate, access)])

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(peer, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:7860") as visitor:
            said = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}
            return await visitor.request(method, path, headers=said)

    return run_async(asked)


# Other sites


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost:8888", "http://127.0.0.1:7860", "http://localhost.evil.example:7860",
     "http://localhost:7860.evil.example", "file://", "http://[", "http://localhost:99999", "http://evil.example:7860", "x"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_page_of_another_site_gets_nothing(origin, method):
    answer = ask(Access(), method, origin=origin)
    assert answer.status_code == 403 and "Another web site" in refusal(answer)
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("access", "host", "origin"),
    [(Access(), "localhost:7860", "http://localhost:7860"), (Access(), "[::1]:7860", "http://[::1]:7860"),
     (LAN, "10.0.0.7:7860", "http://10.0.0.7:7860"), (LAN, socket.gethostname(), f"http://{socket.gethostname()}"),
     (PROXIED, "127.0.0.1:7860", "https://lab.example"), (PROXIED, "a.tools.example", "https://a.tools.example"),
     (SPACE, "me-lzviz.hf.space", "https://me-lzviz.hf.space")],
)  # fmt: skip
def test_the_page_itself_may_write(access, host, origin):
    assert ask(access, host=host, origin=origin).status_code == 200


@pytest.mark.parametrize(
    ("access", "host", "origin"),
    [(LAN, "10.0.0.7:7860", "http://10.0.0.8:7860"), (LAN, "10.0.0.7:7860", "http://lab.example"),
     (PROXIED, "127.0.0.1:7860", "https://tools.example"), (PROXIED, "127.0.0.1:7860", "https://eviltools.example"),
     (SPACE, "me-lzviz.hf.space", "https://evil.hf.space")],
)  # fmt: skip
def test_a_neighbour_may_not(access, host, origin):
    assert ask(access, host=host, origin=origin, peer="10.0.0.9").status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_write_that_a_browser_calls_foreign_is_refused_without_an_origin_too(site):
    assert ask(Access(), sec_fetch_site=site).status_code == 403
    assert ask(Access(), "GET", "/", sec_fetch_site=site).status_code == 200  # a link that somebody followed


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "10.0.0.7", "[", "@", "localhost@x"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_foreign_name_that_points_here_is_refused(host, method):
    answer = ask(Access(), method, host=host)
    assert answer.status_code == 403 and "--allowed-hosts" in refusal(answer)


def test_only_an_allowed_page_may_read_an_answer():
    allowed = ask(PROXIED, "OPTIONS", origin="https://lab.example")
    assert allowed.status_code == 204 and allowed.headers["access-control-allow-origin"] == "https://lab.example"
    assert allowed.headers["vary"] == "Origin" and "access-control-allow-credentials" not in allowed.headers
    assert "access-control-allow-origin" not in ask(Access(), origin="http://localhost:7860").headers
    assert "access-control-allow-origin" not in ask(Access()).headers


def test_the_app_as_launched_keeps_other_sites_out():
    for path in ("lzviz/compute", "gradio_api/queue/join", "gradio_api/call/downsample"):
        answer = client().post(path, json={"data": []}, headers={"origin": "https://evil.example"})
        assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers
    rebound = client().get("", headers={"host": "evil.example"})
    assert rebound.status_code == 403
    own = client().get("config", headers={"origin": app_url().rstrip("/")})
    assert own.status_code == 200 and "access-control-allow-origin" not in own.headers


# Scripts and the token


def test_a_script_needs_this_machine_or_the_token():
    assert ask(Access()).status_code == 200
    assert ask(PROXIED, x_forwarded_for="8.8.8.8").status_code == 401
    assert ask(PROXIED, peer="10.0.0.9").status_code == 401
    assert ask(PROXIED, peer="").status_code == 401
    assert ask(SPACE, host="me-lzviz.hf.space", peer="10.0.0.9").status_code == 200
    assert ask(GUARDED).status_code == 401
    assert ask(GUARDED, authorization=f"Bearer {TOKEN}", peer="10.0.0.9").status_code == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer x", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer \xe9"]
)
def test_a_wrong_token_is_none(given):
    assert ask(GUARDED, authorization=given).status_code == 401


@pytest.mark.parametrize("path", ["/", "/config", "/lzviz/catalogue", "/lzviz/static/main.js", "/gradio_api/info"])
def test_where_there_is_a_token_nothing_is_seen_without_it(path):
    assert ask(GUARDED, "GET", path).status_code == 401
    assert ask(GUARDED, "GET", path, cookie=f"lzviz-token-7860={TOKEN}").status_code == 200
    assert ask(GUARDED, "GET", path, cookie=f"lzviz-token-7861={TOKEN}").status_code == 401
    assert ask(GUARDED, "GET", path, cookie="lzviz-token-7860=;\x00=").status_code == 401
    assert (
        ask(GUARDED, "GET", path, cookie=f"lzviz-token-7860={TOKEN}", origin="https://evil.example").status_code == 403
    )


def test_the_token_leaves_the_address_and_stays_in_a_cookie():
    answer = ask(GUARDED, "GET", f"/?theme=dark&token={TOKEN}")
    assert answer.status_code == 303 and answer.headers["location"] == "./?theme=dark"
    kept = answer.headers["set-cookie"]
    assert f"lzviz-token-7860={TOKEN}" in kept and "HttpOnly" in kept and "samesite=lax" in kept.lower()
    assert "token" in ask(GUARDED, "GET", "/?token=wrong").text


def test_a_token_is_on_where_others_can_reach_the_server():
    made, again = Access.of("0.0.0.0", environ={}), Access.of("0.0.0.0", environ={})
    assert made.token and made.token != again.token and len(made.token) >= 32
    assert made.token not in repr(made)
    assert Access.of("127.0.0.1", environ={}).token is None and SPACE.token is None and LAN.token is None
    assert Access.of("127.0.0.1", environ={"LZVIZ_TOKEN": TOKEN}).token == TOKEN
    assert Access.of("0.0.0.0", token="another-one", environ={"LZVIZ_TOKEN": TOKEN}).token == "another-one"


@pytest.mark.parametrize(
    ("options", "named"),
    [({"token": "short"}, "--token"), ({"token": "with space in"}, "--token"), ({"token": "é" * 9}, "--token"),
     ({"token": "", "folders": True}, "--allow-folders"), ({"hosts": ["https://lab.example"]}, "--allowed-hosts"),
     ({"hosts": ["*"]}, "--allowed-hosts"), ({"hosts": ["*."]}, "--allowed-hosts"), ({"frames": ["lab.example"]}, "--framed-by"),
     ({"frames": ["https://a; script-src *"]}, "--framed-by")],
)  # fmt: skip
def test_an_unsafe_start_is_refused_in_a_sentence(options, named):
    with pytest.raises(ValueError, match=named):
        Access.of("0.0.0.0", environ={}, **options)


@lru_cache(maxsize=1)
def guarded_url() -> str:
    """The address of the app with a token."""
    server = Server()
    return launch(build(server), **launch_options(server, GUARDED))


def test_the_app_starts_and_serves_its_page_with_a_token():
    with httpx.Client(base_url=guarded_url(), timeout=60) as stranger:
        assert stranger.get("").status_code == 401 and stranger.get("lzviz/catalogue").status_code == 401
    with httpx.Client(base_url=guarded_url(), timeout=60, follow_redirects=True) as visitor:
        assert "gradio" in visitor.get("", params={"token": TOKEN}).text
        assert visitor.get("lzviz/catalogue").json()["ok"]


# Frames


@pytest.mark.parametrize(
    ("access", "framed"),
    [(Access(), ()), (LAN, ()), (SPACE, SPACE_FRAMES),
     (Access.of("127.0.0.1", frames=["https://lab.example"], environ={}), ("https://lab.example",))],
)  # fmt: skip
def test_the_page_is_framed_only_where_configured(access, framed):
    policy = ask(access, "GET", "/").headers["content-security-policy"]
    assert policy.split("; ")[-1] == " ".join(("frame-ancestors 'self'", *framed))
