"""The words of this field, explained, and what of its papers can be seen here: fetched when the page is at rest.

    LANGUAGE.json (name, what, why; titles) + facts.json (labels, formula, paper; links) --built--> the page

A term is told once a language. It opens from every label that shows the line of one of its ``labels``, which are keys of
:mod:`lzviz.text`; a new one is a line in each of the three files. Of papers there are the numbers of those
figures that are known to show what opens; the titles are ours.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
FACTS = "facts"


def languages() -> list[str]:
    """Tags of the languages in which terms are told."""
    return sorted(path.stem for path in FOLDER.glob("*.json") if path.stem != FACTS)


def told(language: str) -> dict[str, Any]:
    """``terms`` by name, each with name, what, why, formula, paper and labels; ``along``, a list of papers with entries.

    English stands in for a language that there is not.
    """
    words = _read(language if language in languages() else "en")
    facts = _read(FACTS)
    terms = {name: words["terms"][name] | fact for name, fact in facts["terms"].items()}
    along = [
        {
            "paper": line["paper"],
            "entries": [each | {"title": words["along"][f"{name}.{each['name']}"]} for each in line["entries"]],
        }
        for name, line in facts["along"].items()
    ]
    return {"terms": terms, "along": along}


@cache
def built(language: str) -> bytes:
    """:func:`told` as the JSON that the page reads."""
    return json.dumps(told(language), ensure_ascii=False, separators=(",", ":")).encode()


def _read(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
