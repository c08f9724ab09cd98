"""A question as it crosses a wire, and its answer as it comes back, whatever the wire: HTTP, or the messages of a notebook.

method, address, body --asked--> Question --Workshop.answer--> Answer | File --told--> Reply
                                    any failure --refused--> Reply
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from lzviz.contract.messages.base import Answer, File, Question, Sequenced
from lzviz.contract.routes import ROUTES, Route
from lzviz.contract.wire import Busy, Refusal, parse_json, validated
from lzviz.text import Text


@dataclass(frozen=True)
class Reply:
    """What comes back, in the words of HTTP.

    Attributes:
        status: 200, or what went wrong.
        body: a file, or JSON: ``{"ok": true, ...}`` or ``{"ok": false, "error": sentence, "says": line}``, the sentence in
            English and, where it has one, its line of :mod:`lzviz.text`.
        kept: of a file "shared" or "private" (:class:`File`); else "": kept and asked for again where it was listed.
    """

    body: bytes
    media_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kept: str = ""


def found(method: str, address: str) -> tuple[Route, dict[str, str], dict[str, str]]:
    """The line of the table that an address means, what stands in its path, and in its query.

    Raises:
        Refusal: there is none.
    """
    parts = urlsplit(address)
    asked = parts.path.split("/")
    for route in ROUTES:
        pattern = route.path.split("/")
        if route.method != method or len(pattern) != len(asked):
            continue
        pairs = list(zip(pattern, asked, strict=True))
        if all(each == given or (each.startswith("{") and given) for each, given in pairs):
            told = {each[1:-1]: unquote(given) for each, given in pairs if each.startswith("{")}
            return route, told, dict(parse_qsl(parts.query, keep_blank_values=True))
    raise Refusal(Text("refused.question"), 404)


def asked(line: Route, body: bytes, query: Mapping[str, Any], path: Mapping[str, Any]) -> Question:
    """What a request says, as the question that its line of the table takes.

    Raises:
        Refusal: it says something else.
    """
    said = parse_json(body) if line.takes == "json" else query
    return validated(line.question, {**said, **path, **({"data": body} if line.takes == "bytes" else {})})


def told(question: Question, answer: Answer | File) -> Reply:
    """An answer as it crosses the wire."""
    if isinstance(answer, File):
        headers = {f"x-lzviz-{name}": str(value) for name, value in answer.facts.items()}
        if answer.name is not None:
            headers["content-disposition"] = f'attachment; filename="{answer.name}"'
        return Reply(answer.body, answer.media_type, headers=headers, kept=answer.kept)
    said = {"seq": question.seq} if isinstance(question, Sequenced) else {}
    return Reply(_json({"ok": True, **said, **answer.plain()}))


def refused(error: Exception) -> Reply | None:
    """The sentence and the status of a failure that has words; ``None`` where something broke inside."""
    if isinstance(error, Refusal):
        headers = {"retry-after": str(error.after)} if isinstance(error, Busy) else None
        return failure(error.says or str(error), error.status, headers, error.missing)
    if isinstance(error, MemoryError):
        return failure(Text("refused.memory"), 503)
    return None


def failure(
    said: Text | str, status: int, headers: Mapping[str, str] | None = None, missing: str | None = None
) -> Reply:
    """The reply of every error; ``missing``: what the page can bring again."""
    more = {"says": said.plain() if isinstance(said, Text) else None, "missing": missing}
    body = {"ok": False, "error": str(said), **{name: value for name, value in more.items() if value is not None}}
    return Reply(_json(body), status=status, headers=headers or {})


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
