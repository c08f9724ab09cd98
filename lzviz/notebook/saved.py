"""The canvas of a cell as one HTML file, with the answers that its state needs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lzviz import samplers
from lzviz.canvas.page import given, page
from lzviz.contract.messages.pictures import AskCatalogue
from lzviz.contract.options import source_values
from lzviz.contract.routes import named
from lzviz.saliency import sources

if TYPE_CHECKING:
    from lzviz.contract.exchange import Reply
    from lzviz.contract.state import State
    from lzviz.notebook.widget import Canvas

COMPUTED = (
    "sampler", "mode", "saliency", "strength", "contrast", "floor", "fwhm", "width", "nodes", "separable", "antiCrop",
    "interpolation", "sourceScale", "options", "paint", "edgePaint", "boxes",
)  # fmt: skip
"""Keys of the state that an answer about a warp depends on."""
START = (
    "open(element, data).catch((error) => { element.textContent = `The canvas could not start: ${error.message}`; });"
)


def saved(canvas: Canvas) -> str:
    """The document; see :meth:`~lzviz.notebook.widget.Canvas.save_html`."""
    state = canvas.state.model_copy(update={"image": "shown", "room": "warp"})
    catalogue = canvas.workshop.answer(AskCatalogue()).plain() | {"checkpoints": []}
    (line,) = catalogue["pictures"]
    line["height"], line["width"] = canvas.picture.size
    shown = f"lzviz/picture/{canvas.shown}"
    kept = {
        "lzviz/picture/shown": [
            {"when": {"thumb": "1"}, **_kept(canvas.reply("GET", f"{shown}?thumb=1"))},
            {"when": {}, **_kept(canvas.reply("GET", shown))},
        ]
    }
    routes = [named("picture").path]
    for name, said, when in _questions(canvas, state):
        path = named(name).path
        routes.append(path)
        kept[path] = [{"when": when, **_kept(canvas.reply("POST", path, json.dumps(said).encode()))}]
    data = {
        "given": given(catalogue, canvas.language),
        "index": {"routes": routes, "kept": kept},
        "link": state.to_link(),
        "map": canvas.map,
    }
    return page("saved.js", START, data=data)


def _questions(canvas: Canvas, state: State) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """What the page of a state asks of Python: (route, what is asked, what a question has to say to have that answer)."""
    if sources.source_named(state.saliency).takes == "picture":
        said = {"kind": state.saliency, "options": source_values(state)}
        yield "saliency", {"image": canvas.shown, **said}, said
    if not samplers.REGISTRY[state.sampler].twin:
        told = state.to_json()
        # Whatever else is set changes the warp of such a sampler, or may.
        ours = {f"state.{key}": told[key] for key in COMPUTED}
        yield "compute", {"state": told, "image": canvas.shown, "file": canvas.map or None}, ours


def _kept(reply: Reply) -> dict[str, Any]:
    """An answer in the document itself.

    Raises:
        ValueError: it is none.
    """
    if reply.status != 200:
        raise ValueError(json.loads(reply.body)["error"])
    address = f"data:{reply.media_type};base64,{base64.b64encode(reply.body).decode()}"
    return {"file": address, "headers": {**reply.headers, "content-type": reply.media_type}}
