"""What crosses the wire: strict JSON, base64 arrays, and refusals that are one readable sentence in any language."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from lzviz.text import Text

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)

MAX_DEPTH = 8
MAX_ITEMS = 20_000
# Every value but the first follows one of these, so that their count bounds the values; texts of ours hold few of them.
STRUCTURE = (b"[", b"{", b",")
# Beyond 2**53 a browser can no longer count; no number of ours comes near it.
MAX_MAGNITUDE = 2.0**53


class Refusal(ValueError):
    """A request that is not answered. The message is for the visitor: what, why, what to do.

    It is a line of :mod:`lzviz.text`, ``says``, which a page says in its language, and ``str()`` in English. What only a
    program can meet is a sentence in English and no line.

    ``status`` is the HTTP status that goes with it: 400 wrong, 404 unknown, 413 too large, 503 busy. ``whole``: the sentence
    names its field already. ``missing``: what has to be brought again before the same request can be answered, "picture",
    "truth", "checkpoint" or "warp"; whoever asked still has it.
    """

    def __init__(self, said: Text | str, status: int = 400, *, whole: bool = False, missing: str | None = None):
        super().__init__(str(said))
        self.says = said if isinstance(said, Text) else None
        self.status, self.whole, self.missing = status, whole, missing

    def __reduce__(self) -> tuple[Any, ...]:
        return ValueError.__new__, (type(self), str(self)), self.__dict__


class Busy(Refusal):
    """Nothing is wrong with the question and there is no room for it now: whoever asks it again is answered later.

    Args:
        after: seconds that pass before it is worth asking.
    """

    def __init__(self, said: Text | str, after: int = 1):
        super().__init__(said, 503)
        self.after = after


def _no_constant(name: str) -> NoReturn:
    raise Refusal(f"The request holds {name}, which is not a number; send finite numbers only.")


def parse_json(body: bytes, *, forbidden: frozenset[str] = frozenset()) -> dict[str, Any]:
    """One JSON object of finite numbers, bounded in depth and in items; :class:`Refusal` otherwise.

    ``forbidden`` names keys that no object at any depth may have.
    """
    # Counted in the bytes: building millions of empty lists takes seconds, and all other threads wait meanwhile.
    if sum(map(body.count, STRUCTURE)) > MAX_ITEMS:
        raise _too_much()
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except Refusal:
        raise
    except RecursionError:
        raise Refusal("The request is nested too deeply; send the flat state of the page.") from None
    except (ValueError, UnicodeDecodeError):
        raise Refusal("The request is not valid JSON; reload the page and try again.") from None
    if not isinstance(value, dict):
        raise Refusal(f"expected a JSON object, got {type(value).__name__}; send an object with named fields.")
    _check_bounds(value, forbidden)
    return value


def _too_much() -> Refusal:
    limits = f"{MAX_ITEMS} values or {MAX_DEPTH} levels"
    return Refusal(f"The request holds more than {limits}; send the state of the page only.", 413)


def _check_bounds(value: Any, forbidden: frozenset[str]) -> None:
    """Walk a decoded JSON value without recursion and refuse what is too deep, too much or not finite."""
    stack, items = [(value, 1)], 0
    while stack:
        node, depth = stack.pop()
        items += 1
        if depth > MAX_DEPTH or items > MAX_ITEMS:
            raise _too_much()
        if isinstance(node, dict):
            if found := forbidden & node.keys():
                raise Refusal(
                    f"The field {min(found)!r} is not accepted: pictures travel as bytes, never as a reference."
                )
            stack.extend((child, depth + 1) for child in node.values())
        elif isinstance(node, list):
            stack.extend((child, depth + 1) for child in node)
        elif isinstance(node, int | float) and not isinstance(node, bool):
            check_number(node)


def check_number(value: int | float) -> None:
    """Refuse what overflows: JSON writes infinity as 1e999, and integers of any length."""
    if not (abs(value) <= MAX_MAGNITUDE and math.isfinite(value)):
        raise Refusal("The request holds a number that is not finite or far too large; send values within their range.")


def decode_bytes(text: object, name: str) -> bytes:
    """Base64, ordinary or URL-safe, with or without padding; :class:`Refusal` naming the field otherwise."""
    if not isinstance(text, str):
        raise Refusal(f"{name}: expected base64 text, got {type(text).__name__}; reload the page and try again.")
    standard = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(f"{name}: this is not base64; reload the page and try again.") from None


def short(value: object) -> str:
    """A value as it stands in a sentence: 40 characters at most."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def validated(model: type[M], given: Mapping[str, Any]) -> M:
    """``given`` as a message; its first fault is a :class:`Refusal` that names the field.

    A field whose check refuses by itself says its own sentence; of the others the kind of the fault makes one.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False)[0]) from None


def _place(steps: Sequence[int | str]) -> str:
    """Where a fault is, as Python writes it: ``before.boxes[0][3]``; names that are no field's are kinds of a union."""
    said = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}"
        for step in steps
        if isinstance(step, int) or step.isidentifier()
    )
    return said.removeprefix(".")


def _refusal(fault: ErrorDetails) -> Refusal:
    where = _place(fault["loc"])
    own = fault.get("ctx", {}).get("error")
    if isinstance(own, Refusal):
        own_words = own.says or str(own)
        said = Text("refused.field", {"field": where, "said": own_words}) if where and not own.whole else own_words
        return Refusal(said, own.status, whole=True)
    if fault["type"] == "missing":
        return Refusal(Text("refused.field.missing", {"field": where}), whole=True)
    if fault["type"] == "extra_forbidden":
        return Refusal(Text("refused.field.unknown", {"field": short(where)}), whole=True)
    told = re.sub(r"^input should be ", "expected ", fault["msg"][:1].lower() + fault["msg"][1:])
    values = {"field": where, "told": told, "given": short(fault["input"])}
    return Refusal(Text("refused.field.wrong", values), whole=True)
