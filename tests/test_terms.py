"""The words of this field: told whole in every language, shown by some label, and papers whose links open what there is."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

from lzviz import checkpoints, gallery, samplers, terms, text
from lzviz.contract.messages.base import File
from lzviz.contract.messages.terms import AskTerms
from lzviz.contract.state import State
from lzviz.contract.workshop import Workshop

CANVAS = Path(terms.__file__).parents[1] / "canvas"
ENGLISH = terms.told("en")
FIELDS = ("name", "what", "why", "formula", "paper")
ENTRIES = [(line["paper"], each) for line in ENGLISH["along"] for each in line["entries"]]


def test_there_are_some_forty_terms_in_each_language_of_the_page() -> None:
    assert terms.languages() == list(text.languages())
    assert len(ENGLISH["terms"]) >= 40


@pytest.mark.parametrize("language", terms.languages())
def test_every_term_is_told_whole(language: str) -> None:
    told = terms.told(language)
    assert told["terms"].keys() == ENGLISH["terms"].keys()
    lacking = [f"{name}.{each}" for name, term in told["terms"].items() for each in FIELDS if not term[each].strip()]
    assert not lacking
    if language != "en":
        same = [name for name, term in told["terms"].items() if term["what"] == ENGLISH["terms"][name]["what"]]
        assert not same


@pytest.mark.parametrize("language", terms.languages())
def test_every_term_has_a_label_and_a_label_means_one_term(language: str) -> None:
    meaning: dict[str, str] = {}
    for name, term in ENGLISH["terms"].items():
        assert term["labels"], name
        for key in term["labels"]:
            line = text.words(language)[key]
            assert isinstance(line, str) and "{" not in line, key
            assert meaning.setdefault(line, name) == name, f"{line!r} means {name} and {meaning[line]}"


def test_files_of_languages_hold_no_term_that_is_not_shown() -> None:
    for language in terms.languages():
        told = terms._read(language)
        assert told["terms"].keys() == ENGLISH["terms"].keys()
        assert len(told["along"]) == len(ENTRIES) and all(told["along"].values())


@pytest.mark.parametrize(("paper", "entry"), ENTRIES, ids=lambda each: each["link"] if isinstance(each, dict) else "")
def test_each_line_to_read_along_opens_what_there_is(paper: str, entry: dict[str, str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        state = State.from_link(entry["link"])
    assert state.to_link() == entry["link"], "a link is written as the page writes it"
    assert state.image in gallery.shipped()
    known = {card.name for card in checkpoints.available()}
    if state.room == "pipeline":
        assert state.checkpoint in known
    if state.room == "compare":
        assert set(state.compared) <= known | set(samplers.REGISTRY)
    assert paper


def test_a_language_that_there_is_not_is_told_in_english() -> None:
    workshop = Workshop(gallery.shipped())
    for tag in ("en", "pseudo", "../en"):
        answer = workshop.answer(AskTerms(language=tag))
        assert isinstance(answer, File) and answer.body == terms.built("en")


def test_terms_are_no_part_of_the_first_load() -> None:
    first = re.findall(r'from "(\./[^"]+)"', (CANVAS / "main.js").read_text("utf-8"))
    assert "./shell/terms.js" in first and "./shell/glossary.js" not in first
    assert not re.findall(r'from "\./glossary', (CANVAS / "shell" / "terms.js").read_text("utf-8"))
