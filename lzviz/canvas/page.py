"""The canvas as one HTML document that asks for no file: in a frame of a notebook, or a file of its own."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from lzviz import text
from lzviz.canvas.bundle import FOLDER, STYLES, bundle, style

# The whole document is the canvas's, whatever it stands in.
ROOM = (
    ":root{color-scheme:light dark}body{margin:0;background:var(--lz-bg)}"
    ".lz-page,.lz-page[data-framed]{height:100dvh;min-height:560px}"
)


def given(catalogue: Mapping[str, Any], language: str = "en") -> dict[str, Any]:
    """What a mount would otherwise fetch: schema, words of a language and the catalogue.

    Raises:
        ValueError: there are no words in that language.
    """
    # A line that a language has not got yet stands in English.
    lines = {**text.words(), **text.words(language)}
    return {
        "schema": json.loads((FOLDER / "schema.json").read_text("utf-8")),
        "words": {"language": language, "lines": lines},
        "catalogue": catalogue,
    }


def page(
    entry: str,
    start: str,
    *,
    title: str = "lzviz",
    data: Mapping[str, Any] | None = None,
    styles: Sequence[str] = STYLES,
    without: str = "",
) -> str:
    """The document.

    Args:
        entry: the module of the canvas whose exports ``start`` uses.
        start: JavaScript, run once; ``element`` is where to mount, ``data`` what stands here as JSON.
        title: of the document.
        styles: of the canvas that it needs, by their files.
        without: HTML for where no script runs.
    """
    told = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{style(names=styles)}{ROOM}</style></head>"
        f'<body><div class="lz" data-lzviz></div>{f"<noscript>{without}</noscript>" if without else ""}'
        f'<script type="application/json" id="lzviz-data">{told}</script>'
        f'<script type="module">{bundle(entry, inline=True).script}\n'
        'const element = document.querySelector("[data-lzviz]");\n'
        'const data = JSON.parse(document.getElementById("lzviz-data").textContent);\n'
        f"{start}\n</script></body></html>\n"
    )
