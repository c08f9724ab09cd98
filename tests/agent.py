"""An agent's dialogue with the app; ``python -m tests.agent --write`` puts it into docs/agents.md."""

from __future__ import annotations

import base64
import io
import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from lzviz.doctor.specimens import SPECIMENS, healthy
from tests.app_server import app_url
from tests.conftest import run_async

DOCS = Path(__file__).parents[1] / "docs/agents.md"
MARK = "<!-- made by python -m tests.agent --write -->\n"


def spoilt() -> str:
    """A file of somebody: y before x, with a mirrored patch, as base64."""
    grid = SPECIMENS["folds"].spoil(healthy((24, 48)), (1024, 2048))[..., ::-1]
    file = io.BytesIO()
    np.save(file, grid.astype(np.float32))
    return base64.b64encode(file.getvalue()).decode()


DIALOGUE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("My network's grid gives nonsense. What is wrong with it?", "diagnose",
     {"array": spoilt(), "name": "grid.npy", "height": 1024, "width": 2048}),
    ("Mend all of it.", "diagnose",
     {"array": spoilt(), "name": "grid.npy", "height": 1024, "width": 2048, "mend": True}),
    ("How does a warp that follows the edges of the coffee picture spend its samples?", "describe_warp",
     {"link": "image=coffee&from=edges&width=96"}),
    ("Show it to me.", "render_warp", {"link": "image=coffee&from=edges&width=96", "view": "zoomed"}),
    ("Is there a specimen called unicorn?", "diagnose", {"specimen": "unicorn"}),
)  # fmt: skip


async def called(calls: list[tuple[str, dict[str, Any]]]) -> tuple[dict[str, Any], list[CallToolResult]]:
    """The tools by name, and the answers to calls in one session."""
    async with (
        streamable_http_client(f"{app_url()}gradio_api/mcp/") as (reading, writing, _),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        return tools, [await session.call_tool(name, told) for name, told in calls]


def ask(*calls: tuple[str, dict[str, Any]]) -> tuple[dict[str, Any], list[CallToolResult]]:
    return run_async(partial(called, list(calls)))


def transcript() -> str:
    _, answers = ask(*((name, told) for _, name, told in DIALOGUE))
    parts = []
    for (user, name, told), answer in zip(DIALOGUE, answers, strict=True):
        shown = {key: f"{value[:24]}…" if key == "array" else value for key, value in told.items()}
        parts.append(f"**{user}**\n\n```\n{name}({json.dumps(shown, ensure_ascii=False)})\n```\n\n")
        for part in answer.content:
            if part.type == "image":
                parts.append(f"> *a picture, {part.mimeType}*\n\n")
            elif part.type == "text" and not part.text.startswith("Image URL"):
                parts.append(f"> {_short(part.text)}\n\n")
    return "".join(parts)


def _short(text: str) -> str:
    text = re.sub(r"\s+", " ", text)
    return text if len(text) <= 600 else f"{text[:600]} …"


def main() -> None:
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.agent --write")
    head = DOCS.read_text("utf-8").split(MARK)[0]
    DOCS.write_text(head + MARK + "\n" + transcript().rstrip() + "\n", "utf-8")


if __name__ == "__main__":
    main()
