"""The app behind a proxy that strips a prefix: ``https://host/tools/lzviz/`` -> the server's ``/``."""

from __future__ import annotations

import threading
import time

import gradio as gr
import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.main import build, launch_options
from app.server import Server
from tests.app_server import free_port, launch

PREFIX = "/tools/lzviz"


def proxy(target: str) -> Starlette:
    """Passes ``PREFIX/x`` on as ``x``; nothing else exists."""
    visitor = httpx.AsyncClient(base_url=target, timeout=60)

    async def forward(request: Request) -> Response:
        headers = {k: v for k, v in request.headers.items() if k not in ("host", "content-length", "accept-encoding")}
        answer = await visitor.request(
            request.method, request.path_params["rest"], content=await request.body(), headers=headers,
            params=request.query_params,
        )  # fmt: skip
        kept = {k: v for k, v in answer.headers.items() if k not in ("content-length", "content-encoding")}
        return Response(answer.content, answer.status_code, kept)

    return Starlette(routes=[Route(f"{PREFIX}/{{rest:path}}", forward, methods=["GET", "POST"])])


@pytest.fixture(scope="module")
def address():
    """The app's address behind the proxy."""
    server, port = Server(), free_port()
    inner = launch(build(server), root_path=PREFIX, **launch_options(server))
    front = uvicorn.Server(uvicorn.Config(proxy(inner), port=port, log_level="error"))
    thread = threading.Thread(target=front.run, daemon=True)
    thread.start()
    while not front.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}{PREFIX}/"
    front.should_exit = True
    thread.join()


def test_the_page_is_served_and_its_canvas_loads_relative_to_it(address):
    page = httpx.get(address)
    assert page.status_code == 200 and '<base href="./"' in page.text
    assert httpx.get(f"{address}config").json()["root"].endswith(PREFIX)
    for path in ("lzviz/static/main.js", "lzviz/static/engine/warp.js", "lzviz/catalogue", "lzviz/picture/coffee"):
        assert httpx.get(address + path, timeout=60).status_code == 200, path


def test_questions_are_answered_behind_a_prefix(address):
    body = {"seq": 3, "state": {"image": "coffee", "saliency": "centre"}, "image": "coffee"}
    told = httpx.post(f"{address}lzviz/compute", json=body, timeout=60).json()
    assert told["ok"] and told["seq"] == 3


def test_the_gate_stands_behind_a_prefix_too(address):
    assert httpx.get(f"{address}gradio_api/file=http://127.0.0.1:9/x").status_code == 404
    assert httpx.post(f"{address}gradio_api/upload", content=b"x").status_code == 404


def test_the_page_is_one_component_that_nothing_updates():
    demo = build(Server())
    kinds = [type(block).__name__ for block in demo.blocks.values()]
    assert kinds.count("WarpCanvas") == 1
    canvas = next(block for block in demo.blocks.values() if type(block).__name__ == "WarpCanvas")
    outputs = [output for function in demo.fns.values() for output in function.outputs]
    assert canvas not in outputs
    assert isinstance(canvas, gr.HTML)
