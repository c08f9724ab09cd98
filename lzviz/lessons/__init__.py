"""Lessons of the page: Markdown that carries the states it shows, built into JSON with its formulas as MathML.

    app/lessons/LANGUAGE/NN-name.md --parse.lesson--> dict --build.write--> lzviz/lessons/LANGUAGE.json --> the page

``python -m lzviz lessons`` builds, ``--check`` says what is wrong and what is out of date. The page and an installed lzviz
read the JSON alone: they need neither the Markdown nor what renders formulas.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def languages() -> list[str]:
    """Tags of the languages in which there are lessons, English first."""
    tags = sorted(path.stem for path in FOLDER.glob("*.json"))
    return sorted(tags, key=lambda tag: tag != "en")


def built(language: str) -> bytes:
    """The lessons of a language as JSON; those in English where there are none in it."""
    return (FOLDER / f"{language if language in languages() else 'en'}.json").read_bytes()
