"""The app as it is launched, once a test process, on a free port; and small helpers to talk to it."""

from __future__ import annotations

import base64
import io
import json
import socket
from functools import lru_cache
from typing import Any

import gradio as gr
import httpx
import numpy as np
from PIL import Image

from app.main import build, launch_options
from app.server import Server
from lzviz.contract.maps import Map
from lzviz.contract.pictures import formats
from lzviz.text import Text


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch(demo: gr.Blocks, **options: Any) -> str:
    """Serve a page in threads of this process; its address, with the last slash."""
    _, address, _ = demo.launch(
        server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True, **options
    )
    return f"{address.rstrip('/')}/"


@lru_cache(maxsize=1)
def server() -> Server:
    """What the app shares with its routes."""
    return Server(allow_hub=True, folders=True)


@lru_cache(maxsize=1)
def app_url() -> str:
    """The address of the app."""
    return launch(build(server()), **launch_options(server()))


@lru_cache(maxsize=1)
def client() -> httpx.Client:
    """A client of the app, with a patience that a busy machine needs."""
    return httpx.Client(base_url=app_url(), timeout=120)


def post(path: str, body: object) -> httpx.Response:
    """POST a JSON object."""
    return client().post(path, json=body)


def refusal(answer: httpx.Response) -> str:
    """The sentence of a refusal; fails when the answer is none."""
    assert answer.status_code >= 400, answer.text
    told = answer.json()
    assert told["ok"] is False
    sentence = told["error"]
    assert sentence.count("\n") == 0 and 20 < len(sentence) < 300
    assert "Traceback" not in sentence and "/site-packages" not in sentence
    return sentence


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """An image as the bytes of a file."""
    formats()  # HEIC is written by those who read it
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def blob(h: int = 64, w: int = 128, at: tuple[float, float] = (0.3, 0.7)) -> Map:
    """A painted map with one soft, lopsided spot."""
    y, x = np.mgrid[:h, :w]
    spot = np.exp(-(((y - at[0] * h) / 7) ** 2) - ((x - at[1] * w) / 9) ** 2)
    return Map.of((255 * spot).astype(np.uint8))


def nodes_of(answer: dict[str, Any]) -> np.ndarray:
    """The control nodes of an answer, (h, w, 2) float64."""
    return np.frombuffer(base64.b64decode(answer["nodes"])).reshape(*answer["nodesSize"], 2)


def as_json(value: object) -> bytes:
    """Compact JSON bytes; NaN and infinities in Python's own spelling."""
    return json.dumps(value).encode()


def english(text: Any) -> str:
    """A line of an answer in English, whether it has crossed the wire or not."""
    return str(text if isinstance(text, Text) else Text.of(text))
