"""The time line of a watched run: one self-contained page, which asks nothing of the network."""

from __future__ import annotations

import html
import json
from importlib import resources
from typing import Any

import numpy as np

from lzviz.doctor import diagnose, downhill
from lzviz.plain import mesh
from lzviz.watching.looks import Look, Looks

LINES = 25
"""Most lines of a mesh each way."""


def page(looks: Looks) -> str:
    """All looks of a folder as one page: choose a place in the code, scrub through the steps."""
    sites: dict[str, list[dict[str, Any]]] = {}
    for look in looks.read():
        sites.setdefault(look.site, []).append(_drawn(look, looks.array(look)))
    if not sites:
        raise ValueError(f"{looks.folder} holds no look yet: the model made no warped read while it was looked at")
    data = json.dumps([{"site": site, "looks": each} for site, each in sites.items()], separators=(",", ":"))
    name = html.escape(looks.folder.name)
    style, script = (
        resources.files("lzviz.watching").joinpath(f"page.{kind}").read_text("utf-8") for kind in ("css", "js")
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Watched: {name}</title><style>{style}</style><header><h1>{name}</h1>"
        '<label>Read at <select id="site"></select></label></header>'
        '<div class="bar"><button id="play">Play</button><input id="at" type="range" min="0" aria-label="Step">'
        '<span id="step" class="step"></span></div>'
        '<svg id="line" class="line" preserveAspectRatio="none" role="img" aria-label="Worst verdict of each step"></svg>'
        '<section class="two"><svg id="mesh" role="img" aria-label="The mesh in the source"></svg><div id="told"></div></section>'
        '<script id="looks" type="application/json">'
        + data.replace("<", "\\u003c")
        + "</script><script>"
        + script
        + "</script></html>\n"
    )


def _drawn(look: Look, parts: dict[str, np.ndarray]) -> dict[str, Any]:
    """A look as the page has it: the mesh in source pixels, and arrows along -dL/dgrid of at most one mesh cell's length."""
    out: dict[str, Any] = {
        "step": look.step, "size": look.source_size, "verdict": look.verdict, "findings": look.findings,
        "mesh": None, "arrows": None,
    }  # fmt: skip
    if not parts or look.use == "attention":
        return out
    found = diagnose(parts["values"], look.source_size, use=look.use, gradient=parts.get("gradient"))
    warp = found.warp
    if warp is None:
        return out
    places = mesh.nodes(warp[0], look.source_size, LINES)
    out["mesh"] = np.nan_to_num(places).round(1).tolist()
    slope = found.gradient
    arrows = None if slope is None else downhill.arrows(warp[0], slope, look.source_size, LINES)
    out["arrows"] = None if arrows is None else arrows.round(1).tolist()
    return out
