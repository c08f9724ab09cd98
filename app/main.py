"""build() -> gr.Blocks: the canvas, whose bar leads to its rooms, and nothing else; and how the page is launched."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import gradio as gr
import gradio.http_server
import gradio.routes
from gradio import themes
from gradio.events import api
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access import Access
from app.agents import Tools, has_mcp
from app.api import downsample_endpoint
from app.canvas import WarpCanvas
from app.connections import Listener
from app.middleware import Gate
from app.server import Server
from lzviz.contract.routes import named


class NoCors:
    """In the place of Gradio's own CORS, which answers pages of any site where the server has a name: the gate decides."""

    def __init__(self, app: ASGIApp, **_: Any):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


gradio.routes.CustomCORSMiddleware = NoCors  # type: ignore[misc]
gradio.http_server.Server = Listener  # type: ignore[misc]

STYLE = Path(__file__).with_name("shell.css")
# What the canvas needs is on its way while Gradio's own page is still being built.
HEAD = (
    '<link rel="stylesheet" href="lzviz/static/bundle.css"><link rel="modulepreload" href="lzviz/static/bundle.js">'
    f'<link rel="preload" as="fetch" crossorigin href="{named("catalogue").path}">'
)
SYSTEM_FONTS = ["Inter", "ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
MONO_FONTS = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]


def build(server: Server | None = None) -> gr.Blocks:
    """The page: one canvas with all its rooms, and what scripts may ask.

    ``server`` is what the routes of :func:`launch_options` share with it; by default one of its own.
    """
    server = server or Server()
    page = gr.Blocks(title="lzviz", fill_width=True, analytics_enabled=False, delete_cache=(600, 3600))
    with page as demo:
        WarpCanvas(elem_id="explore-canvas")
        api(downsample_endpoint(server), api_name="downsample", concurrency_limit=2)
        for tool in Tools(server).all():
            api(tool, api_name=tool.__name__, queue=False)
    demo.queue(max_size=32, default_concurrency_limit=2)
    return demo


def launch_options(server: Server, access: Access | None = None) -> dict[str, Any]:
    """Keyword arguments of ``Blocks.launch``: our routes, the gate before every route, and nothing that calls out.

    ``access`` is who may ask; by default this machine alone.
    """
    if os.environ.get("SPACES_ZERO_GPU"):
        lent = importlib.import_module("lzviz.contract.lent")
        lent.lender()  # such a host wants to see a function for its GPU before the launch
    return {
        "app_kwargs": {"routes": server.routes(), "middleware": [Middleware(Gate, access or Access())]},
        "theme": themes.Base(font=SYSTEM_FONTS, font_mono=MONO_FONTS),
        "css_paths": STYLE,
        "head": HEAD,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "pwa": False,
        "ssr_mode": False,
        "mcp_server": has_mcp(),
        "share": False,
        "state_session_capacity": 500,
        "max_file_size": "1mb",
    }
