"""The words of the page, of its pictures' alternatives and of scripts: one file a language, a line a key.

The page makes its sentences from these files by the rules of ``lzviz/canvas/core/text.js``; here are the same rules. A line
is a text with places, ``Keeps {share:percent} of {count} cells``, or such texts by their plural forms, chosen by ``count``.
A place holds a number (by a format of :data:`FORMATS`), a text, another line, or a list of those, whose format is a prefix
of keys: ``{parts:clauses}``. ``{told:english}`` holds the sentence of a program, which is English in every language.

What is said later, perhaps in another language, is a :class:`Text`: its key and its values.

The language ``pseudo`` has no file: it is English with every line marked and a third longer, made when it is asked for. What
a page shows unmarked in it comes from no file of words, and what is cut off has no room for longer languages.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ENGLISH = "en"
PSEUDO = "pseudo"
_PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
# How the pseudo-language writes numbers: unlike English, so that a number that ignores the language is seen.
_PSEUDO_MARKS = {"number.decimal": ",", "number.group": "’"}


@dataclass(frozen=True)
class Text:
    """A sentence or label that is made where it is shown.

    Attributes:
        key: of its line in the file of a language.
        values: by the names of its places: numbers, texts, other :class:`Text`, or lists of those.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Text:
        """What crossed the wire, as :meth:`plain` wrote it."""
        return cls(plain["key"], {name: _read(value) for name, value in plain["values"].items()})

    def __str__(self) -> str:
        return t(self.key, **self.values)

    def plain(self) -> dict[str, Any]:
        """What crosses the wire."""
        return {"key": self.key, "values": _plain(self.values)}


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return value.plain()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _read(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Text.of(value)
    return [_read(each) for each in value] if isinstance(value, list) else value


def languages() -> tuple[str, ...]:
    """The languages that there are, as BCP 47 tags."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


@cache
def words(language: str = ENGLISH) -> Mapping[str, Any]:
    """The lines of a language by key; :class:`ValueError` names the languages that there are."""
    if language == PSEUDO:
        return {key: _PSEUDO_MARKS.get(key) or _forms(line, _marked) for key, line in words().items()}
    if language not in languages():
        raise ValueError(f"there is no language {language!r}; choose one of {', '.join(languages())}")
    return json.loads((FOLDER / f"{language}.json").read_text("utf-8"))


def _forms(line: Any, change: Callable[[str], str]) -> Any:
    return change(line) if isinstance(line, str) else {form: change(text) for form, text in line.items()}


def _marked(text: str) -> str:
    """A line of the pseudo-language: between marks, and longer by 30 % of its letters."""
    letters = len(_PLACE.sub("", text))
    return f"⟦{text}{'~' * ((3 * letters + 9) // 10)}⟧"


def t(key: str, /, language: str = ENGLISH, **values: Any) -> str:
    """The sentence or label of a key; :class:`KeyError` for an unknown key or a value that is missing."""
    line = words(language)[key]
    text = line if isinstance(line, str) else line.get(_plural(line, values["count"]), line["other"])
    return _PLACE.sub(lambda place: _shown(values[place[1]], place[2] or "plain", language), text)


def registered(key: str, own: str) -> Text | str:
    """What a line of a registry is called: by a key where it ships with lzviz, else as its author calls it."""
    return Text(key) if key in words() else own


def _plural(line: Mapping[str, str], count: float) -> str:
    """The rule of plurals: a language that has a form "one" uses it for 1 and for nothing else; "other" is the rest.

    A language with more forms needs its rule here; the page has it from ``Intl.PluralRules``.
    """
    return "one" if count == 1 and "one" in line else "other"


def _shown(value: Any, kind: str, language: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Text):
        return t(value.key, language, **value.values)
    if isinstance(value, Sequence):
        return _listed([_shown(each, "plain", language) for each in value], kind, language)
    return FORMATS[kind](float(value), language)


def _listed(texts: list[str], kind: str, language: str) -> str:
    if len(texts) < 2:
        return "".join(texts)
    start = texts[0]
    for following in texts[1:-1]:
        start = t(f"{kind}.next", language, start=start, next=following)
    return t(f"{kind}.last", language, start=start, next=texts[-1])


def written(value: float, digits: int, language: str = ENGLISH) -> str:
    """A number as the language writes it, with all its digits behind the point."""
    # Halves away from zero, of the number as it is in binary: JavaScript's toFixed.
    number = Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    known = words(language)
    marks = str.maketrans({",": known["number.group"], ".": known["number.decimal"]})
    return f"{abs(number) if number == 0 else number:,f}".translate(marks)


def percent(share: float, language: str = ENGLISH) -> str:
    """``0.164`` -> ``16 %``; a decimal below 1 %, and never 0 % or 100 % of what is not exactly so."""
    value = 100 * share
    if 0 < value < 0.1:
        return t("number.under", language, value=written(0.1, 1, language))
    if 99.5 <= value < 100:
        return t("number.over", language, value=written(99, 0, language))
    return t("number.percent", language, value=written(value, 1 if 0 < value < 0.95 else 0, language))


Format = Callable[[float, str], str]


def _fixed(digits: int) -> Format:
    return lambda value, language: written(value, digits, language)


def _share(digits: int) -> Format:
    return lambda value, language: t("number.percent", language, value=written(100 * value, digits, language))


def _power(value: float, digits: int, language: str) -> str:
    power = re.sub(r"e([+-])0*(\d)", r"e\1\2", f"{value:.{digits - 1}e}")
    return power.replace(".", words(language)["number.decimal"])


def _small(value: float, language: str) -> str:
    if value == 0:
        return "0"
    return _power(value, 2, language) if value < 0.01 else _significant(value, 2, language)


def _significant(value: float, digits: int, language: str) -> str:
    size = 0 if value == 0 else math.floor(math.log10(abs(value)))
    if size < -4:
        return _power(value, digits, language)
    return written(value, max(0, digits - 1 - size), language)


def _as_it_is(value: float, language: str) -> str:
    return written(value, 0 if value.is_integer() else min(6, len(repr(value).partition(".")[2])), language)


def _typed(value: float, language: str) -> str:
    return _as_it_is(value, language).replace(words(language)["number.group"], "")


def _short(value: float, language: str) -> str:
    if value < 1e6:
        return written(value, 0, language)
    return t("number.millions", language, value=written(value / 1e6, 2, language))


def _counted(value: float, language: str) -> str:
    if value >= 1e9:
        return t("number.billions", language, value=written(value / 1e9, 2, language))
    if value >= 1e6:
        return t("number.millions", language, value=written(value / 1e6, 1, language))
    return written(value, 0, language)


FORMATS: Mapping[str, Format] = {
    "plain": _as_it_is,
    "typed": _typed,
    "digits": lambda value, language: str(math.floor(value + 0.5)),
    "whole": _fixed(0),
    "one": _fixed(1),
    "two": _fixed(2),
    "three": _fixed(3),
    "percent": percent,
    "percent0": _share(0),
    "percent1": _share(1),
    "percent2": _share(2),
    "short": _short,
    "counted": _counted,
    "times": lambda value, language: written(value, 1 if value < 99.95 else 0, language),
    "small": _small,
    "significant": lambda value, language: _significant(value, 3, language),
    "ms": lambda value, language: written(value, 1 if value < 10 else 0, language),
}
"""How numbers are written, by the names that places use."""
