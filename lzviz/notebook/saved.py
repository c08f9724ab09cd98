"""The canvas as one HTML file, with the answers that its state needs."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lzviz import samplers
from lzviz.canvas.page import given, page
from lzviz.contract.options import source_values
from lzviz.contract.routes import named
from lzviz.saliency import sources

if TYPE_CHECKING:
    from lzviz.contract.exchange import Reply
    from lzviz.contract.state import State
    from lzviz.notebook.behind import Behind

COMPUTED = (
    "sampler", "mode", "saliency", "strength", "contrast", "floor", "fwhm", "width", "nodes", "separable", "antiCrop",
    "interpolation", "sourceScale", "options", "paint", "edgePaint", "boxes",
)  # fmt: skip
"""Keys of the state that an answer about a warp depends on."""
START = (
    "open(element, data).catch((error) => { element.textContent = `The canvas could not start: ${error.message}`; });"
)


def written(behind: Behind, path: str | Path) -> Path:
    """The page as a file at ``path``; see :func:`lzviz.save_html`."""
    path = Path(path)
    path.write_text(_document(behind), "utf-8")
    return path


def _document(behind: Behind) -> str:
    state = behind.state.model_copy(update={"image": "shown", "room": "warp"})
    catalogue = behind.catalogue() | {"checkpoints": []}
    (line,) = catalogue["pictures"]
    line["height"], line["width"] = behind.picture.size
    shown = f"lzviz/picture/{behind.shown}"
    shown_at = "lzviz/picture/shown"
    kept = {
        shown_at: [
            {"when": {"thumb": "1"}, **_kept(behind.reply("GET", f"{shown}?thumb=1"))},
            {"when": {}, **_kept(behind.reply("GET", shown))},
        ]
    }
    for name, said, when in _questions(behind, state):
        path = named(name).path
        kept.setdefault(path, []).append({"when": when, **_kept(behind.reply("POST", path, json.dumps(said).encode()))})
    terms = named("terms").path
    words = terms.replace("{language}", behind.language)
    kept[words] = [{"when": {}, **_kept(behind.reply("GET", words))}]
    data = {
        "given": given(catalogue, behind.language),
        "index": {
            "routes": [named("picture").path, terms, *(path for path in kept if path not in (shown_at, words))],
            "kept": kept,
        },
        "link": state.to_link(),
        "map": behind.map,
    }
    return page("saved.js", START, data=data)


def _questions(behind: Behind, state: State) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """What the page of a state asks of Python: (route, what is asked, what a question has to say to have that answer)."""
    if sources.source_named(state.saliency).takes == "picture":
        said = {"kind": state.saliency, "options": source_values(state)}
        yield "saliency", {"image": behind.shown, **said}, said
    for name in dict.fromkeys((state.sampler, *behind.brought)):
        if not samplers.REGISTRY[name].twin:
            told = state.model_copy(update={"sampler": name}).to_json()
            # Whatever else is set changes the warp of such a sampler, or may.
            ours = {f"state.{key}": told[key] for key in COMPUTED}
            yield "compute", {"state": told, "image": behind.shown, "file": behind.map or None}, ours


def _kept(reply: Reply) -> dict[str, Any]:
    """An answer in the document itself.

    Raises:
        ValueError: it is none.
    """
    if reply.status != 200:
        raise ValueError(json.loads(reply.body)["error"])
    address = f"data:{reply.media_type};base64,{base64.b64encode(reply.body).decode()}"
    return {"file": address, "headers": {**reply.headers, "content-type": reply.media_type}}
