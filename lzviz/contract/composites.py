"""The kinds of keys that hold several values: sizes, maps, boxes, flags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lzviz.contract import numbers
from lzviz.contract.controls import Complain, Control, Integer, Number, escaped
from lzviz.contract.maps import Map
from lzviz.text import Text, t

BOXES = 64
"""Most boxes that a state holds."""


@dataclass(frozen=True)
class GridSize(Control):
    """(rows, columns), each in a range."""

    low: int = 2
    high: int = 128

    type = "size"

    def check(self, value: Any) -> tuple[int, int]:
        one = Integer(self.url, low=self.low, high=self.high)
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise self.wrong(value, Text("refused.expected.size"))
        rows, columns = (one.check(each) for each in value)
        return int(rows), int(columns)  # type: ignore[arg-type]

    def read(self, text: str, complain: Complain) -> tuple[int, int]:
        match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text, re.ASCII)
        if not match:
            raise ValueError("not a size")
        asked = int(match[1]), int(match[2])
        kept = min(self.high, max(self.low, asked[0])), min(self.high, max(self.low, asked[1]))
        if kept != asked:
            complain(t("link.outOfRange", label=self.label, text=text, kept=self.write(kept)))
        return kept

    def write(self, value: Any) -> str:
        return f"{value[0]}x{value[1]}"

    def plain(self, value: Any) -> list[int]:
        return list(value)

    def limits(self) -> dict[str, Any]:
        return {"min": self.low, "max": self.high}

    def json_type(self) -> dict[str, Any]:
        return _array({"type": "integer", "minimum": self.low, "maximum": self.high}, 2, 2)


@dataclass(frozen=True)
class Painted(Control):
    """A painted map or nothing; ``neutral`` is the value of an unpainted cell."""

    neutral: int = 0

    type = "map"

    def check(self, value: Any) -> Map | None:
        return value if value is None or isinstance(value, Map) else Map.from_text(value)

    def read(self, text: str, complain: Complain) -> Map | None:
        return None if text == "none" else Map.from_text(text)

    def write(self, value: Any) -> str:
        return "none" if value is None else value.to_text()

    def plain(self, value: Any) -> str | None:
        return None if value is None else value.to_text()

    def limits(self) -> dict[str, Any]:
        return {"neutral": self.neutral}

    def json_type(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "pattern": r"^\d+x\d+\.[\w-]+$"}, {"type": "null"}]}


@dataclass(frozen=True)
class Boxes(Control):
    """At most :data:`BOXES` boxes x0, y0, x1, y1, their edges in a range."""

    low: float = -0.5
    high: float = 65536

    type = "boxes"

    def check(self, value: Any) -> tuple[tuple[float, ...], ...]:
        if not isinstance(value, list | tuple) or len(value) > BOXES:
            raise self.wrong(value, Text("refused.expected.boxes", {"count": BOXES}))
        return tuple(self._box(box) for box in value)

    def _box(self, value: Any) -> tuple[float, ...]:
        edge = Number(self.url, low=self.low, high=self.high)
        if not isinstance(value, list | tuple) or len(value) != 4:
            raise self.wrong(value, Text("refused.expected.boxes.corners"))
        x0, y0, x1, y1 = (edge.check(each) for each in value)
        if not (x0 < x1 and y0 < y1):  # type: ignore[operator]
            raise self.wrong(value, Text("refused.expected.boxes.order"))
        return x0, y0, x1, y1  # type: ignore[return-value]

    def read(self, text: str, complain: Complain) -> tuple[tuple[float, ...], ...]:
        if text == "none":
            return ()
        return self.check([[numbers.read(edge) for edge in box.split(",")] for box in text.split("_")[:BOXES]])

    def write(self, value: Any) -> str:
        return "_".join(",".join(map(numbers.written, box)) for box in value) or "none"

    def plain(self, value: Any) -> list[list[float]]:
        return [list(box) for box in value]

    def limits(self) -> dict[str, Any]:
        return {"min": self.low, "max": self.high}

    def json_type(self) -> dict[str, Any]:
        edge = {"type": "number", "minimum": self.low, "maximum": self.high}
        return _array(_array(edge, 4, 4), 0, BOXES)


@dataclass(frozen=True)
class Flags(Control):
    """Names that are on."""

    choices: tuple[str, ...] = ()

    type = "flags"

    def check(self, value: Any) -> frozenset[str]:
        if isinstance(value, frozenset) and value <= set(self.choices):
            return value
        if not isinstance(value, dict) or not value.keys() <= set(self.choices):
            raise self.wrong(value, Text("refused.expected.each", {"choices": self.choices}))
        if odd := [on for on in value.values() if not isinstance(on, bool)]:
            raise self.wrong(odd[0], Text("refused.expected.toggle"))
        return frozenset(name for name, on in value.items() if on)

    def read(self, text: str, complain: Complain) -> frozenset[str]:
        on = [] if text == "none" else text.split(",")
        if not set(on) <= set(self.choices):
            raise ValueError("unknown name")
        return frozenset(on)

    def write(self, value: Any) -> str:
        return ",".join(name for name in self.choices if name in value) or "none"

    def plain(self, value: Any) -> dict[str, bool]:
        return {name: name in value for name in self.choices}

    def limits(self) -> dict[str, Any]:
        return {"choices": list(self.choices)}

    def json_type(self) -> dict[str, Any]:
        each = {name: {"type": "boolean"} for name in self.choices}
        return {"type": "object", "properties": each, "additionalProperties": False}


@dataclass(frozen=True)
class Camera(Control):
    """Where one looks: the fractions of the picture in the middle and a zoom; (1/2, 1/2, 1) shows all."""

    high: float = 10_000

    type = "camera"

    def check(self, value: Any) -> tuple[float, float, float]:
        if not isinstance(value, list | tuple) or len(value) != 3:
            raise self.wrong(value, Text("refused.expected.camera"))
        across, down, zoom = (Number(self.url, low=low, high=high) for low, high in ((0, 1), (0, 1), (1, self.high)))
        x, y, times = (one.check(each) for one, each in zip((across, down, zoom), value, strict=True))
        return x, y, times  # type: ignore[return-value]

    def read(self, text: str, complain: Complain) -> tuple[float, float, float]:
        parts = text.split(",")
        if any(not part.strip() for part in parts):
            raise ValueError("not a number")
        return self.check([numbers.read(part) for part in parts])

    def write(self, value: Any) -> str:
        return ",".join(map(numbers.written, value))

    def plain(self, value: Any) -> list[float]:
        return [Number(self.url).plain(each) for each in value]

    def limits(self) -> dict[str, Any]:
        return {"min": 1, "max": self.high}

    def json_type(self) -> dict[str, Any]:
        return _array({"type": "number", "minimum": 0, "maximum": self.high}, 3, 3)


NAMES = 32
"""Most names that a key holds."""


@dataclass(frozen=True)
class Names(Control):
    """A few names of what a page lists, each once."""

    type = "names"

    def check(self, value: Any) -> tuple[str, ...]:
        known = isinstance(value, list | tuple) and len(value) <= NAMES and all(isinstance(name, str) for name in value)
        if not known or not all(re.fullmatch(r"[\w -]{1,40}", name, re.ASCII) for name in value):
            raise self.wrong(value, Text("refused.expected.names", {"count": NAMES}))
        return tuple(dict.fromkeys(value))

    def read(self, text: str, complain: Complain) -> tuple[str, ...]:
        return () if text == "none" else self.check(text.split(","))

    def write(self, value: Any) -> str:
        return ",".join(map(escaped, value)) or "none"

    def plain(self, value: Any) -> list[str]:
        return list(value)

    def json_type(self) -> dict[str, Any]:
        return _array({"type": "string", "pattern": r"^[\w -]{1,40}$"}, 0, NAMES)


METHOD = re.compile(r"[\w-]{1,80}(:[\w-]{1,40}(=[\w.-]{1,80})?){0,6}", re.ASCII)


@dataclass(frozen=True)
class Methods(Control):
    """Several methods that are looked up elsewhere, samplers and checkpoints, in order, each once; samplers with settings, as
    ``lzu:published`` or ``cad:threshold=high:depth=2``."""

    least: int = 2
    most: int = 4

    type = "methods"

    def check(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not self.least <= len(value) <= self.most:
            raise self.wrong(value, Text("refused.expected.names.between", {"least": self.least, "most": self.most}))
        if wrong := [n for n in value if not isinstance(n, str) or not METHOD.fullmatch(n)]:
            raise self.wrong(wrong[0], Text("refused.expected.id", {"what": Text("refused.expected.id.method")}))
        names = tuple(value)
        if len(set(names)) < len(names):
            raise self.wrong(list(names), Text("refused.expected.names.once"))
        return names

    def read(self, text: str, complain: Complain) -> tuple[str, ...]:
        return self.check(text.split(","))

    def write(self, value: Any) -> str:
        return ",".join(map(escaped, value))

    def plain(self, value: Any) -> list[str]:
        return list(value)

    def limits(self) -> dict[str, Any]:
        return {"min": self.least, "max": self.most}

    def json_type(self) -> dict[str, Any]:
        return _array({"type": "string"}, self.least, self.most)


def _array(items: dict[str, Any], least: int, most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}
