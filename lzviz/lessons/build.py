"""All lessons of a folder: whether they are whole and the same in each language, and the JSON that the page reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lzviz.lessons import FOLDER
from lzviz.lessons.parse import WORDS, lesson, words

SAME = ("number", "name", "figure", "controls", "region", "states", "claims")
"""What is no language's: it is the same in every one."""


def read(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The lessons of each language, in their order.

    Args:
        folder: with a folder a language.

    Raises:
        ValueError: what is wrong with the first lesson that is not whole, or that differs between languages.
    """
    tags = sorted((path.name for path in folder.iterdir() if path.is_dir()), key=lambda tag: tag != "en")
    if "en" not in tags:
        raise ValueError(f"{folder} has no folder en")
    told = {tag: [lesson(path) for path in sorted((folder / tag).glob("*.md"))] for tag in tags}
    for tag, lessons in told.items():
        if [each["number"] for each in lessons] != list(range(1, len(lessons) + 1)):
            raise ValueError(f"{tag}: expected the lessons numbered 01, 02, ... without a gap")
        for each in lessons:
            if (count := words(each)) > WORDS:
                raise ValueError(f"{tag}/{each['name']}: {count} words; a lesson has at most {WORDS}")
    for tag in tags[1:]:
        _alike(told["en"], told[tag], tag)
    return told


def texts(told: dict[str, list[dict[str, Any]]]) -> dict[Path, str]:
    """The built files with their texts."""
    shown = {
        tag: [{**each, "language": tag, "words": words(each)} for each in lessons] for tag, lessons in told.items()
    }
    return {
        FOLDER / f"{tag}.json": "[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in lessons) + "\n]\n"
        for tag, lessons in shown.items()
    }


def _alike(english: list[dict[str, Any]], other: list[dict[str, Any]], tag: str) -> None:
    names = {each["name"] for each in english} ^ {each["name"] for each in other}
    if names:
        raise ValueError(f"{tag}: the lesson {min(names)} is not in both languages")
    for ours, theirs in zip(english, other, strict=True):
        for key, (mine, own) in _facts(ours, theirs).items():
            if mine != own:
                raise ValueError(f"{tag}/{theirs['name']}: {key} is {own!r}, in English {mine!r}")


def _facts(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    def of(each: dict[str, Any]) -> dict[str, Any]:
        told = {key: each[key] for key in SAME}
        told["predict"] = {key: value for key, value in each["predict"].items() if key not in ("says", "unit")}
        told["check"] = [option["right"] for option in each["check"]["options"]]
        told["formulas"] = [block["latex"] for block in (*each["before"], *each["after"]) if "latex" in block]
        return told

    mine, own = of(ours), of(theirs)
    return {key: (mine[key], own[key]) for key in mine}
