"""Options of samplers and saliency sources as typed data, so that a menu, a link and a script read the same line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from lzviz.text import Text

Kind = Literal["number", "integer", "size", "boolean", "choice", "text"]


@dataclass(frozen=True)
class Option:
    """An option that is worth a control.

    Attributes:
        name: of the keyword argument.
        kind: "size" is (rows, columns). ``default`` is of that kind, or ``None``: chosen by itself.
        low, high: ends of the slider (the library may take more); of each number of a size.
        scale: how the slider runs.
        choices: of a "choice".
        pattern: regular expression that a whole "text" matches, ASCII; it names something that is looked up elsewhere.
    """

    name: str
    kind: Kind
    default: Any
    low: float | None = None
    high: float | None = None
    scale: Literal["linear", "log"] = "linear"
    unit: str = ""
    choices: tuple[str, ...] = ()
    pattern: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"{self.name}: kind must be one of {', '.join(get_args(Kind))}, got {self.kind!r}")
        if not self.name.isidentifier():
            raise ValueError(f"an option is named as a keyword argument is, got {self.name!r}")
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"{self.name}: choices belong to a choice and to nothing else, got {self.choices!r}")
        if (self.kind == "text") != bool(self.pattern):
            raise ValueError(f"{self.name}: a pattern belongs to a text and to nothing else, got {self.pattern!r}")
        if self.kind in ("number", "integer", "size") and (self.low is None or self.high is None):
            raise ValueError(f"{self.name}: a {self.kind} needs low and high")
        if self.scale == "log" and not (self.low or 0) > 0:
            raise ValueError(f"{self.name}: a log scale needs low > 0, got {self.low!r}")
        if self.default is not None and not self.fits(self.default):
            raise ValueError(f"{self.name}: the default {self.default!r} is no {self.kind} of this range")

    def fits(self, value: Any) -> bool:
        """Whether a value is of this kind and range."""
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.kind == "choice":
            return value in self.choices
        if self.kind == "text":
            return isinstance(value, str) and re.fullmatch(self.pattern, value, re.ASCII) is not None
        if self.kind == "size":
            return isinstance(value, Sequence) and len(value) == 2 and all(self._within(n, int) for n in value)
        return self._within(value, int if self.kind == "integer" else (int, float))

    def _within(self, value: Any, kind: type | tuple[type, ...]) -> bool:
        number = isinstance(value, kind) and not isinstance(value, bool)
        return number and self.low <= value <= self.high  # type: ignore[operator]

    def read(self, text: str, number: Callable[[str], float] = float) -> Any:
        """The value that a text means: ``0`` and ``1``, ``31x51``, ``auto`` for a default that chooses itself.

        Args:
            number: how numbers are read.

        Raises:
            ValueError: none of this kind and range.
        """
        if text == "auto" and self.default is None:
            return None
        value: Any = text
        if self.kind == "boolean":
            value = {"0": False, "1": True}.get(text)
        elif self.kind not in ("choice", "text"):
            match = re.fullmatch(r"(\d{1,5})x(\d{1,5})" if self.kind == "size" else r"([\s\S]+)", text, re.ASCII)
            values = [number(each) for each in match.groups()] if match else []
            if self.kind != "number":
                values = [int(each) for each in values if abs(each) < 1e9 and each == int(each)]
            value = tuple(values) if self.kind == "size" else values[0] if values else None
        if value is None or not self.fits(value):
            raise ValueError(f"{text!r} is no value of {self.name}: expected {self.range()}")
        return value

    def range(self) -> Text:
        """What its values are, in words."""
        if self.kind == "boolean":
            return Text("refused.expected.toggle")
        if self.kind == "choice":
            return Text("refused.expected.one", {"choices": [*self.choices]})
        if self.kind == "text":
            return Text("refused.expected.text")
        what = {"size": "size.range", "integer": "whole.range", "number": "number"}[self.kind]
        return Text(f"refused.expected.{what}", {"low": self.low, "high": self.high})

    def at(self, default: Any) -> Option:
        """The same option with another default."""
        return replace(self, default=default)

    def describe(self) -> dict[str, Any]:
        """As plain JSON values. ``label`` and ``help`` are keys of the texts."""
        said: dict[str, Any] = {"name": self.name, "kind": self.kind, "default": plain(self.default)}
        if self.low is not None:
            said |= {"min": self.low, "max": self.high, "scale": self.scale}
        if self.unit:
            said["unit"] = self.unit
        if self.pattern:
            said["pattern"] = self.pattern
        if self.choices:
            said["choices"] = list(self.choices)
        return said | {"label": f"option.{self.name}", "help": f"option.{self.name}.help"}


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return list(value) if isinstance(value, tuple) else value
