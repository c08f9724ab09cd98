"""A paragraph of a lesson as plain data: texts, and marked parts as objects.

*em*  **strong**  `code`  $formula$  {expression:format}  [text](set:state)  [text](symbol:name)  [text](lesson:3)
"""

from __future__ import annotations

import re
from typing import Any

from lzviz.lessons.expression import names_in
from lzviz.lessons.formula import mathml
from lzviz.text import FORMATS

_PART = re.compile(
    r"\$(?P<math>[^$]+)\$|\*\*(?P<strong>[^*]+)\*\*|\*(?P<em>[^*]+)\*|`(?P<code>[^`]+)`"
    r"|\{(?P<number>[^{}:@]+)(?:@(?P<at>\w+))?(?::(?P<format>\w+))?\}|\[(?P<text>[^\]]+)\]\((?P<kind>set|symbol|lesson):(?P<to>\w+)\)"
)


def inline(text: str) -> list[Any]:
    """The parts of a paragraph.

    Raises:
        ValueError: a formula, a number or a format that is not understood, or a mark that does not end.
    """
    parts: list[Any] = []
    at = 0
    for found in _PART.finditer(text):
        _keep(parts, text[at : found.start()])
        parts.append(_part(found))
        at = found.end()
    _keep(parts, text[at:])
    return parts


def _keep(parts: list[Any], text: str) -> None:
    if left := re.search(r"[$*`{}]|\]\(", text):
        raise ValueError(f"{left[0]!r} is not closed, or its part is not understood, in {text.strip()!r}")
    if text:
        parts.append(text)


def _part(found: re.Match[str]) -> dict[str, Any]:
    if found["math"]:
        return {"math": mathml(found["math"])}
    if found["number"]:
        style = found["format"] or "plain"
        if style not in FORMATS:
            raise ValueError(
                f"there is no format {style!r} for {found['number']!r}; expected one of {', '.join(FORMATS)}"
            )
        names_in(found["number"])
        return {"number": found["number"].strip(), "format": style, **({"at": found["at"]} if found["at"] else {})}
    if found["kind"]:
        return {found["kind"]: found["to"], "text": inline(found["text"])}
    kind = next(name for name in ("strong", "em", "code") if found[name])
    return {kind: found[kind] if kind == "code" else inline(found[kind])}


def texts(parts: list[Any]) -> str:
    """The words of a paragraph, a word for each formula and each number."""
    return " ".join(
        part
        if isinstance(part, str)
        else texts(part.get("text") or part.get("strong") or part.get("em") or [part.get("code", "0")])
        for part in parts
    )
