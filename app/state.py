"""The state of the page as a frozen value, checked against its one declaration, ``lzviz/canvas/schema.json``.

    browser JSON --State.parse--> State --sampler(), saliency_of()--> lzviz

Maps travel as in the link: ``WxH.`` and the raw-deflated bytes as base64url.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np

from app.wire import Refusal, check_number, decode_bytes

Size = tuple[int, int]
Field = Mapping[str, Any]


@dataclass(frozen=True)
class Map:
    """A painted map: (h, w) values 0..255 on a lattice that is corner-aligned on the image."""

    h: int
    w: int
    data: bytes

    @property
    def values(self) -> np.ndarray:
        """(h, w) uint8, read-only."""
        return np.frombuffer(self.data, np.uint8).reshape(self.h, self.w)

    @classmethod
    def of(cls, values: np.ndarray) -> Map:
        """The map of an (h, w) uint8 array."""
        return cls(values.shape[0], values.shape[1], values.astype(np.uint8).tobytes())

    def to_text(self) -> str:
        """``WxH.base64url(deflate(bytes))``."""
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = squeeze.compress(self.data) + squeeze.flush()
        return f"{self.w}x{self.h}.{urlsafe_b64encode(packed).decode().rstrip('=')}"

    @classmethod
    def from_text(cls, text: object, name: str = "map") -> Map:
        """Read :meth:`to_text` back; never inflates beyond what the size in front allows."""
        match = re.fullmatch(r"(\d{1,3})x(\d{1,3})\.([\w-]+)", text, re.ASCII) if isinstance(text, str) else None
        if match is None:
            raise Refusal(f"{name}: expected WxH.data, got {_short(text)}; paint again or clear the map.")
        w, h = int(match[1]), int(match[2])
        if min(h, w) < 2 or max(h, w) > lattice_side():
            raise Refusal(f"{name}: a map has 2 to {lattice_side()} cells a side, got {w} x {h}; clear the map.")
        return cls(h, w, _inflate(decode_bytes(match[3], name), h * w, name))


def _inflate(packed: bytes, length: int, name: str) -> bytes:
    try:
        data = zlib.decompressobj(-15).decompress(packed, length + 1)
    except zlib.error:
        data = b""
    if len(data) != length:
        raise Refusal(f"{name}: the data does not fill its {length} cells; clear the map and paint again.")
    return data


@dataclass(frozen=True)
class State:
    """One field for every key of the schema, in snake case; what the page shows, and nothing else."""

    image: str
    sampler: str
    mode: str
    saliency: str
    strength: float
    fwhm: float
    width: int
    nodes: Size
    separable: bool
    anti_crop: bool
    interpolation: str
    source_scale: float
    contrast: float
    floor: float | None
    paint: Map | None
    edge_paint: Map | None
    boxes: tuple[tuple[float, float, float, float], ...]
    layers: frozenset[str]
    compare: str
    tool: str
    brush_size: float
    brush_softness: float
    cad_levels: str
    cad_mask: str
    cad_threshold: float
    cad_dilation: int
    cad_keep: float
    cad_paint: Map | None
    cad_network: str
    cad_channel: int
    cad_beside: str
    cad_view: str
    checkpoint: str
    learned_from: str
    learned_lambda: float
    learned_stage: str
    learned_channel: int
    learned_left: str
    learned_right: str
    learned_opacity: float
    learned_step: int

    @classmethod
    def parse(cls, given: object) -> State:
        """The state of a JSON object; keys left out have their default.

        Raises:
            Refusal: an unknown key, a wrong type or a value out of its range, named in the sentence.
        """
        if not isinstance(given, dict):
            raise Refusal(f"expected the state as an object, got {_short(given)}; reload the page.")
        known = schema()
        if unknown := sorted(given.keys() - known.keys()):
            raise Refusal(f"The state has no key {_short(unknown[0])}; it has {', '.join(known)}.")
        values = {snake(key): _check(field, given.get(key, field["default"])) for key, field in known.items()}
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """The JSON object that :meth:`parse` reads back to an equal state."""
        return {key: _plain(getattr(self, snake(key)), field) for key, field in schema().items()}

    def zoomed_size(self, source: Size) -> Size:
        """(h, w) of the zoomed image: its width is chosen, its height follows from the aspect of the source."""
        return max(1, math.floor(self.width * source[0] / source[1] + 0.5)), self.width


@lru_cache(maxsize=1)
def _declaration() -> dict[str, Any]:
    return json.loads(resources.files("lzviz").joinpath("canvas/schema.json").read_text("utf-8"))


@lru_cache(maxsize=1)
def schema() -> dict[str, Field]:
    """The declared keys of the state, in order: key -> its line in ``schema.json``."""
    return {field["key"]: field for field in _declaration()["state"]}


def lattice_side() -> int:
    """Most cells that a painted map has along a side."""
    return _declaration()["limits"]["lattice"]


def most_boxes() -> int:
    """Most boxes that a state holds."""
    return _declaration()["limits"]["boxes"]


def snake(key: str) -> str:
    """``antiCrop`` -> ``anti_crop``."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"_{match[1].lower()}", key)


def camel(name: str) -> str:
    """``anti_crop`` -> ``antiCrop``."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


# One check a type --------------------------------------------------------------------------------------------------


def _check(field: Field, value: Any) -> Any:
    if value is None and (field.get("nullable") or field["type"] == "map"):
        return None
    return _CHECKS[field["type"]](field, value)


def _wrong(field: Field, value: object, expected: str) -> Refusal:
    return Refusal(f"{field['key']}: expected {expected}, got {_short(value)}; move the control or reload the page.")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _number(field: Field, value: Any) -> float:
    low, high = field["min"], field["max"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(field, value, f"a number from {low} to {high}")
    check_number(value)
    if not low <= value <= high:
        raise _wrong(field, value, f"a number from {low} to {high}")
    return float(value)


def _integer(field: Field, value: Any) -> int:
    if _number(field, value) != int(value):
        raise _wrong(field, value, "a whole number")
    return int(value)


def _choice(field: Field, value: Any) -> Any:
    for choice in field["choices"]:
        if type(value) in (str, int, float) and value == choice:
            return float(choice) if isinstance(choice, int | float) else choice
    raise _wrong(field, value, f"one of {', '.join(map(str, field['choices']))}")


def _boolean(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(field, value, "true or false")
    return value


def _identifier(field: Field, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[\w-]{1,80}", value, re.ASCII):
        raise _wrong(field, value, "the id of a picture")
    return value


def _size(field: Field, value: Any) -> Size:
    if not isinstance(value, list) or len(value) != 2:
        raise _wrong(field, value, "[rows, columns]")
    return _integer(field, value[0]), _integer(field, value[1])


def _boxes(field: Field, value: Any) -> tuple[tuple[float, ...], ...]:
    if not isinstance(value, list) or len(value) > most_boxes():
        raise _wrong(field, value, f"at most {most_boxes()} boxes")
    return tuple(_box(field, box) for box in value)


def _box(field: Field, value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != 4:
        raise _wrong(field, value, "boxes as [x0, y0, x1, y1]")
    x0, y0, x1, y1 = (_number(field, edge) for edge in value)
    if not (x0 < x1 and y0 < y1):
        raise _wrong(field, value, "boxes with x0 < x1 and y0 < y1")
    return x0, y0, x1, y1


def _flags(field: Field, value: Any) -> frozenset[str]:
    names = field["choices"]
    if not isinstance(value, dict) or not value.keys() <= set(names):
        raise _wrong(field, value, f"true or false for each of {', '.join(names)}")
    return frozenset(name for name, on in value.items() if _boolean(field, on))


_CHECKS: dict[str, Callable[[Field, Any], Any]] = {
    "id": _identifier,
    "choice": _choice,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "size": _size,
    "map": lambda field, value: Map.from_text(value, field["key"]),
    "boxes": _boxes,
    "flags": _flags,
}


def _plain(value: Any, field: Field) -> Any:
    """The JSON form of one checked value."""
    if isinstance(value, Map):
        return value.to_text()
    if field["type"] == "flags":
        return {name: name in value for name in field["choices"]}
    if field["type"] == "boxes":
        return [list(box) for box in value]
    return list(value) if isinstance(value, tuple) else value
