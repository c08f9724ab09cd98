"""The state as the text after # in an address, and back, as ``lzviz/canvas`` does it.

``#image=street&strength=34&nodes=31x51&layers=points,mesh&boxes=1,2,3,4_5,6,7,8&paint=128x64.<base64url>``
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lzviz.text import t

if TYPE_CHECKING:
    from lzviz.contract.controls import Control
    from lzviz.contract.state import State

LONGEST = 200_000
"""A longer link is not one of ours: two full maps stay far below."""

RENAMED = {"sampler=cad": "room=cad", "sampler=learned": "room=pipeline"}
"""Parts of older links, and what they are called now."""

Declared = Sequence[tuple[str, str, "Control"]]


def write(state: State, declared: Declared) -> str:
    """The text after #; ``declared`` are (JSON name, Python name, kind) of the keys in order."""
    parts = []
    for key, name, control in declared:
        value = getattr(state, name)
        if key == "image" or value != type(state).model_fields[name].default:
            parts.append(f"{control.url}={control.write(value)}")
    return "&".join(parts)


def read(url: str, declared: Declared) -> tuple[dict[str, Any], list[str]]:
    """Values by Python name, and what could not be used, as sentences without their end."""
    is_address = "#" in url or "://" in url.partition("=")[0]
    text = url.partition("#")[2] if is_address else url
    if len(text) > LONGEST:
        return {}, [t("link.tooLong")]
    by_url = {control.url: (name, control) for _, name, control in declared}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for part in filter(None, text.split("&")):
        name, is_pair, value = RENAMED.get(part, part).partition("=")
        if not is_pair or name not in by_url:
            problems.append(t("link.unknown", part=f"“{clipped(_decoded(part))}”"))
            continue
        key, control = by_url[name]
        try:
            values[key] = control.read(_decoded(value), problems.append)
        except ValueError:
            problems.append(t("link.unreadable", part=control.label))
    return values, problems


def notice(problems: Sequence[str]) -> str:
    """One line about what a link asked for and did not get."""
    key = "link.problemsAndMore" if len(problems) > 2 else "link.problems"
    return t(key, problems=problems[:2], more=len(problems) - 2)


def _decoded(text: str) -> str:
    """JavaScript's ``decodeURIComponent``, or the text itself where that fails."""
    if re.search(r"%(?![0-9a-fA-F]{2})", text):
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def clipped(text: str) -> str:
    """As much of a text as stands in a sentence."""
    return text if len(text) <= 24 else f"{text[:24]}…"
