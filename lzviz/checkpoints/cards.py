"""What there is to say about a checkpoint."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NoReturn

MODEL, CARD = "model.safetensors", "card.json"
VERSION = 1
LARGEST_CARD = 1 << 20
LARGEST_COUNT = 1 << 62
STEERING = ("Cc", "Cs", "Zl", "Zp")
"""Categories of characters that no card holds: controls, halves of pairs, ends of lines and paragraphs."""
DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Nor these, which turn the direction of writing."""


@dataclass(frozen=True)
class Card:
    """What there is to say about a checkpoint; ``card.json`` has the same fields.

    Attributes:
        name: of the checkpoint, as in ``lds-camvid-96x128``.
        system, title, mode: the sampler's name in the registry, a title for menus, "fixed" or "published".
        blueprint: :class:`lzviz.pipelines.blueprint.Blueprint` as a dictionary.
        classes: their names, by index.
        recipe: how it was trained, as a dictionary.
        data, split, licence: what it was trained on, and what may be done with it.
        seed, steps, date: of this run; the date as YYYY-MM-DD.
        metrics: {split: {"miou", "boundary", "small", "intrinsic", ...}}, mIoU in [0, 1].
        seeds: the same for every seed that was trained.
        macs, parameters: multiply-adds of an image, trained numbers.
        notes: whatever a reader should know.
        version: of this format.

    Raises:
        ValueError: a text anywhere in it holds a control character or turns the direction of writing: one could break a line of
            what is made of it, another show a name as what it is not.
    """

    name: str
    system: str
    blueprint: Mapping[str, Any]
    classes: Sequence[str]
    title: str = ""
    mode: str = "fixed"
    recipe: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""
    split: str = ""
    licence: str = ""
    seed: int = 0
    steps: int = 0
    date: str = ""
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seeds: Sequence[Mapping[str, Any]] = ()
    macs: int = 0
    parameters: int = 0
    notes: str = ""
    version: int = VERSION

    def __post_init__(self) -> None:
        for each in fields(self):
            _check_texts(getattr(self, each.name), each.name)

    @property
    def task(self) -> str:
        """What the network is for, a name of :mod:`lzviz.tasks`: the blueprint says it."""
        return self.blueprint.get("task", "segmentation")

    def to_json(self) -> str:
        """The text of ``card.json``; numbers that are none (NaN) become null."""
        return json.dumps(_finite(asdict(self)), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @staticmethod
    def from_json(text: str) -> Card:
        """Read the text of ``card.json``.

        Raises:
            ValueError: no JSON, another version, or fields that are missing, unknown or of the wrong kind.
        """
        try:
            values = json.loads(text, parse_constant=_no_constant)
        except RecursionError:
            raise ValueError(f"{CARD} is nested too deeply: a card is a few levels of settings and numbers") from None
        except ValueError as error:
            raise ValueError(f"{CARD} is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise ValueError(f"{CARD} holds a {type(values).__name__}, expected an object with the fields of a card")
        version = values.get("version", VERSION)
        if version != VERSION:
            raise ValueError(f"{CARD} has version {version!r}, this lzviz reads version {VERSION}: update lzviz")
        known = {each.name: each for each in fields(Card)}
        needed = [name for name, each in known.items() if each.default is each.default_factory is MISSING]
        for problem, names in (("lacks", set(needed) - set(values)), ("has unknown fields", set(values) - set(known))):
            if names:
                raise ValueError(f"{CARD} {problem} {', '.join(sorted(names))}")
        for name, value in values.items():
            kind = _KINDS[str(known[name].type).partition("[")[0]]
            if not isinstance(value, kind) or isinstance(value, bool):
                raise ValueError(f"{CARD}: {name} is a {type(value).__name__}, expected {kind.__name__}")
        if not values["classes"] or not all(isinstance(name, str) for name in values["classes"]):
            raise ValueError(f"{CARD}: classes must be a list of names, got {values['classes']!r}")
        _check_numbers(values)
        if values.get("mode", "fixed") not in ("fixed", "published"):
            raise ValueError(f"{CARD}: mode must be fixed or published, got {values['mode']!r:.40}")
        if not values["name"].strip() or {"/", "\\"} & set(values["name"]):
            raise ValueError(f"{CARD}: name must be a name without / and \\, got {values['name']!r:.40}")
        lists = {name: tuple(values[name]) for name in ("classes", "seeds") if name in values}
        return Card(**{**values, **lists})


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON; a number that is not known is null")


def _check_numbers(values: Mapping[str, Any]) -> None:
    """Refuse counts that count nothing, and anything but numbers where results stand."""
    for name, value in values.items():
        if isinstance(value, int) and not 0 <= value < LARGEST_COUNT:
            raise ValueError(f"{CARD}: {name} must be a whole number from 0 to {LARGEST_COUNT - 1}, got {value!r:.40}")
    for name, kept in (("metrics", values.get("metrics", {}).values()), ("seeds", values.get("seeds", ()))):
        for each in kept:
            if not isinstance(each, dict):
                raise ValueError(f"{CARD}: {name} must hold objects of named numbers, got {each!r:.40}")
            results = each.values() if name == "metrics" else [n for v in each.values() for n in _leaves(v)]
            if odd := [number for number in results if not _result(number)]:
                raise ValueError(f"{CARD}: {name} must hold finite numbers or null by name, got {odd[0]!r:.40}")


def _leaves(value: Any) -> list[Any]:
    """A result of a seed, or its results by name in a split."""
    return list(value.values()) if isinstance(value, dict) else [value]


def _result(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or (number and abs(value) < LARGEST_COUNT)


def _check_texts(value: Any, name: str) -> None:
    """Refuse texts, at any depth, with characters that steer instead of being read."""
    if isinstance(value, str):
        bad = next((each for each in value if unicodedata.category(each) in STEERING or each in DIRECTIONS), None)
        if bad is not None:
            raise ValueError(
                f"{CARD}: {name[:60]} holds the control character U+{ord(bad):04X}; a card is plain text of one line a field"
            )
    elif isinstance(value, Mapping):
        for key, each in value.items():
            _check_texts(key, f"a name in {name}")
            _check_texts(each, f"{name}.{key}")
    elif isinstance(value, list | tuple):
        for each in value:
            _check_texts(each, name)


_KINDS = {"str": str, "int": int, "Mapping": dict, "Sequence": list}


def read_card(folder: str | Path) -> Card:
    """The card of a checkpoint's folder."""
    path = Path(folder) / CARD
    if not path.is_file():
        raise FileNotFoundError(f"no {CARD} in {folder}: a checkpoint is a folder with {MODEL} and {CARD}")
    if path.stat().st_size > LARGEST_CARD:
        raise ValueError(f"{path} has {path.stat().st_size:,} bytes: that is no card")
    return Card.from_json(path.read_text(encoding="utf-8"))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
