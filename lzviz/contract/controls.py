"""The kinds of keys that a state has. Each knows its check and its sentence, its line in the schema, and its text in a link.

A kind stands in the annotation of a field: ``Annotated[float, Number("fwhm", low=0.5, high=40)] = 10.0``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from urllib.parse import quote

from pydantic_core import core_schema

from lzviz.contract import numbers
from lzviz.contract.wire import Refusal, check_number, short
from lzviz.text import Text, t

Complain = Callable[[str], None]


@dataclass(frozen=True)
class Control(ABC):
    """A key of the state.

    Attributes:
        url: its name in a link, and after ``state.`` the key of its words.
        history: whether undo brings an earlier value back.
    """

    url: str
    history: bool = True

    type: ClassVar[str]

    @property
    def label(self) -> str:
        """Its name, for people."""
        return t(f"state.{self.url}")

    @abstractmethod
    def check(self, value: Any) -> Any:
        """The value of a JSON value; :class:`Refusal` that says what was expected."""

    @abstractmethod
    def read(self, text: str, complain: Complain) -> Any:
        """The value of a text in a link. What is out of range comes as near as possible and is told to ``complain``.

        Raises:
            ValueError: the text means nothing.
        """

    @abstractmethod
    def write(self, value: Any) -> str:
        """The text of a value in a link."""

    def plain(self, value: Any) -> Any:
        """The JSON value of a value."""
        return value

    def limits(self) -> dict[str, Any]:
        """What else the schema says of this kind."""
        return {}

    def json_type(self) -> dict[str, Any]:
        """JSON Schema of :meth:`plain`."""
        return {"type": "string"}

    def line(self, key: str, default: Any) -> dict[str, Any]:
        """The line of the schema that a browser reads."""
        line = {"key": key, "url": self.url, "type": self.type, "default": self.plain(default), **self.limits()}
        return {**line, **({} if self.history else {"history": False})}

    def wrong(self, value: object, expected: Text) -> Refusal:
        return Refusal(Text("refused.expected", {"expected": expected, "given": short(value)}))

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        shown = core_schema.plain_serializer_function_ser_schema(self.plain)
        return core_schema.no_info_plain_validator_function(self.check, serialization=shown)

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        return {**self.json_type(), "title": self.label, "description": t(f"state.{self.url}.help")}


@dataclass(frozen=True)
class Number(Control):
    """A number in a range.

    Attributes:
        scale: how a slider runs; ``decimals``: digits that it keeps; ``nullable``: None is "automatic".
    """

    low: float = 0
    high: float = 1
    scale: Literal["log", "linear"] = "linear"
    decimals: int | None = None
    unit: str = ""
    nullable: bool = False

    type = "number"

    def check(self, value: Any) -> float | None:
        if value is None and self.nullable:
            return None
        expected = Text("refused.expected.number", {"low": self.low, "high": self.high})
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(value, expected)
        check_number(value)
        if not self.low <= value <= self.high:
            raise self.wrong(value, expected)
        return float(value)

    def read(self, text: str, complain: Complain) -> float | None:
        if self.nullable and text == "auto":
            return None
        value = numbers.read(text)
        if not text.strip() or not abs(value) < float("inf"):
            raise ValueError("not a number")
        kept = min(self.high, max(self.low, self.settled(value)))
        if kept != value:
            complain(t("link.outOfRange", label=self.label, text=text, kept=numbers.written(kept)))
        return kept

    def settled(self, value: float) -> float:
        return value

    def write(self, value: Any) -> str:
        return "auto" if value is None else numbers.written(value)

    def plain(self, value: Any) -> Any:
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def limits(self) -> dict[str, Any]:
        said = {"min": self.low, "max": self.high, "scale": self.scale}
        more = {"decimals": self.decimals, "unit": self.unit or None, "nullable": self.nullable or None}
        return said | {name: value for name, value in more.items() if value is not None}

    def json_type(self) -> dict[str, Any]:
        plain = {"type": self.type, "minimum": self.low, "maximum": self.high}
        return {"anyOf": [plain, {"type": "null"}]} if self.nullable else plain


@dataclass(frozen=True)
class Integer(Number):
    """A whole number in a range."""

    type = "integer"

    def check(self, value: Any) -> int | None:
        kept = super().check(value)
        if kept is None:
            return None
        if kept != int(kept):
            raise self.wrong(value, Text("refused.expected.whole"))
        return int(kept)

    def settled(self, value: float) -> float:
        return numbers.rounded(value)

    def read(self, text: str, complain: Complain) -> int | None:
        kept = super().read(text, complain)
        return None if kept is None else int(kept)


@dataclass(frozen=True)
class Choice(Control):
    """One of a few values, texts or numbers."""

    choices: tuple[str | float, ...] = ()

    type = "choice"

    def check(self, value: Any) -> Any:
        for choice in self.choices:
            if type(value) in (str, int, float) and value == choice:
                return float(choice) if isinstance(choice, int | float) else choice
        raise self.wrong(value, Text("refused.expected.one", {"choices": [*map(str, self.choices)]}))

    def read(self, text: str, complain: Complain) -> Any:
        for choice in self.choices:
            if text == (choice if isinstance(choice, str) else numbers.written(choice)):
                return self.check(choice)
        raise ValueError("not one of the choices")

    def write(self, value: Any) -> str:
        return escaped(value) if isinstance(value, str) else numbers.written(value)

    def plain(self, value: Any) -> Any:
        return int(value) if isinstance(value, float) and value.is_integer() else value

    def limits(self) -> dict[str, Any]:
        return {"choices": list(self.choices)}

    def json_type(self) -> dict[str, Any]:
        return {"enum": list(self.choices)}


@dataclass(frozen=True)
class Identifier(Control):
    """The name of something that is looked up elsewhere: a picture, a checkpoint, a stage.

    Attributes:
        what: it names, the end of a key ``refused.expected.id.*``.
    """

    what: str = "picture"

    type = "id"

    def check(self, value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"[\w-]{1,80}", value, re.ASCII):
            raise self.wrong(value, Text("refused.expected.id", {"what": Text(f"refused.expected.id.{self.what}")}))
        return value

    def read(self, text: str, complain: Complain) -> str:
        return self.check(text)

    def write(self, value: Any) -> str:
        return escaped(value)


@dataclass(frozen=True)
class Registered(Identifier):
    """The name of a line of a registry, which everybody may enter.

    Attributes:
        registry: its name, for a page that was told its lines.
        known: the names that there are now; it is called late, because a registry may be costly to import.
    """

    registry: str = ""
    known: Callable[[], Any] = tuple

    def check(self, value: Any) -> str:
        name = super().check(value)
        if name not in (known := self.known()):
            raise self.wrong(value, Text("refused.expected.one", {"choices": [*known]}))
        return name

    def limits(self) -> dict[str, Any]:
        return {"of": self.registry}


@dataclass(frozen=True)
class Toggle(Control):
    """On or off."""

    type = "boolean"

    def check(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(value, Text("refused.expected.toggle"))
        return value

    def read(self, text: str, complain: Complain) -> bool:
        if text not in ("0", "1"):
            raise ValueError("neither 0 nor 1")
        return text == "1"

    def write(self, value: Any) -> str:
        return "1" if value else "0"

    def json_type(self) -> dict[str, Any]:
        return {"type": "boolean"}


def escaped(text: str) -> str:
    """JavaScript's ``encodeURIComponent``."""
    return quote(text, safe="!~*'()")
