"""Words have one home: what the code asks for and what the files of the languages hold is the same."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lzviz import samplers, text
from lzviz.text import FORMATS, Text, t

ROOT = Path(__file__).parents[1]
KEYS = text.words().keys()
# What the sentences of a language are made with, besides by their keys.
RULES = re.compile(r"language$|number\.|(and|commas|clauses|sentences|facts)\.(next|last)$")
PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
SAMPLES = json.loads((ROOT / "tests/data/formats.json").read_text("utf-8"))


def sources() -> Iterator[tuple[str, str]]:
    folders = ("lzviz/**/*.py", "lzviz/canvas/**/*.js", "app/**/*.py")
    for path in sorted(path for folder in folders for path in ROOT.glob(folder)):
        yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def wanted(code: str) -> tuple[set[str], set[str]]:
    """Keys that code names whole, and patterns of those that it puts together."""
    whole = set(re.findall(r'"([a-zA-Z]\w*(?:\.[\w -]+)*)"', code))
    parts = {*re.findall(r"`([a-z]+\.[^`\s]*\$\{[^`]*)`", code), *re.findall(r'f"([a-z]+\.[^"\s]*\{[^"]*)"', code)}
    return whole, {".*".join(map(re.escape, re.split(r"\$?\{[^}]*\}", part))) for part in parts}


def test_each_key_that_the_code_asks_for_has_its_words_and_none_is_left_over():
    used: set[str] = set()
    for name, code in sources():
        asked = set(re.findall(r'(?<![\w.])(?:t|Text)\(\s*"([^"]+)"', code))
        assert asked <= KEYS, f"{name}: no words for {sorted(asked - KEYS)}"
        whole, patterns = wanted(code)
        used |= whole & KEYS
        for pattern in patterns:
            used |= {key for key in KEYS if re.fullmatch(pattern, key)}
    # A file that a room can write is named by a key; its note stands beside it.
    left = {key for key in KEYS - used if not RULES.match(key) and key.removesuffix(".note") not in used}
    assert not left, f"nobody asks for {sorted(left)}"


def test_every_field_and_choice_of_the_state_and_every_option_has_words():
    schema = json.loads((ROOT / "lzviz/canvas/schema.json").read_text("utf-8"))
    for field in schema["state"]:
        names = [f"state.{field['url']}", f"state.{field['url']}.help"]
        names += [f"state.{field['url']}.{choice}" for choice in field.get("choices", []) if field["type"] == "choice"]
        assert set(names) <= KEYS, names
    for system in samplers.REGISTRY.values():
        for option in system.options:
            assert f"option.{option.name}" in KEYS, option.name


@pytest.mark.parametrize("language", text.languages())
def test_a_language_has_the_keys_and_the_places_of_english(language):
    words = text.words(language)
    assert words.keys() == KEYS
    for key, line in words.items():
        forms = [line] if isinstance(line, str) else [*line.values()]
        assert isinstance(line, str) or "other" in line, key
        english = text.words()[key]
        places = set(PLACE.findall(english if isinstance(english, str) else english["other"]))
        for form in forms:
            assert {name for name, _ in PLACE.findall(form)} == {name for name, _ in places}, key
            lists = {"and", "commas", "clauses", "sentences", "facts", "english", ""}
            assert {kind for _, kind in PLACE.findall(form)} <= FORMATS.keys() | lists, key


@pytest.mark.parametrize(("kind", "value", "expected"), SAMPLES)
def test_numbers_are_written_as_the_page_writes_them(kind, value, expected):
    assert FORMATS[kind](float(value), "en") == expected


def test_lists_plurals_and_lines_within_lines():
    assert t("places", places=[Text("place.top"), Text("place.left"), "x"]) == "top, left and x"
    assert t("places", places=[Text("place.centre")]) == "centre"
    assert t("cad.countRows", count=1) == "· 1 row" and t("cad.countRows", count=2) == "· 2 rows"
    said = Text("warp.says", {"clauses": [Text("warp.says.noFolds"), Text("warp.says.zoom", {"most": 3.31})]})
    assert str(said) == "no folds; at most 3.3× zoom." and Text.of(json.loads(json.dumps(said.plain()))) == said


def test_the_pseudo_language_marks_and_lengthens_every_line_alike_in_python_and_in_the_page():
    made = text.words(text.PSEUDO)
    assert t("language", text.PSEUDO) == "⟦English~~~⟧" and t("cad.countRows", text.PSEUDO, count=1) == "⟦· 1 row~~⟧"
    assert text.written(-1234.5, 1, text.PSEUDO) == "-1’234,5"
    script = (
        "import { pseudo } from './lzviz/canvas/core/text.js'; import { readFileSync } from 'node:fs';"
        "console.log(JSON.stringify(pseudo(JSON.parse(readFileSync('lzviz/text/en.json', 'utf8')))));"
    )
    command = ["node", "--input-type=module", "-e", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == made


def test_the_address_then_the_browser_choose_the_language():
    cases = [("zh", ["en"], "zh"), ("xx", ["zh-TW", "en"], "zh"), (None, ["fr-CH", "en"], "en"), (None, [], "en"),
             ("pseudo", ["en"], "pseudo"), ("../secret", ["fr"], "en")]  # fmt: skip
    script = (
        "import { languageOf } from './lzviz/canvas/core/language.js';"
        "console.log(JSON.stringify(JSON.parse(process.argv[1])"
        ".map(([asked, preferred]) => languageOf(asked, preferred, ['en', 'zh']))));"
    )
    command = ["node", "--input-type=module", "-e", script, json.dumps(cases)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [expected for *_, expected in cases]


def test_an_unknown_key_a_missing_value_and_an_unknown_language_are_errors():
    with pytest.raises(KeyError, match="nowhere"):
        t("nowhere")
    with pytest.raises(KeyError, match="image"):
        t("link.unknownPicture")
    with pytest.raises(ValueError, match="no language 'xx'; choose one of en"):
        text.words("xx")


def test_no_module_of_the_page_speaks_before_it_has_a_language():
    script = "for (const name of process.argv.slice(1)) await import(name);"
    modules = [path.as_uri() for path in sorted((ROOT / "lzviz/canvas").rglob("*.js"))]
    done = subprocess.run(["node", "--input-type=module", "-e", script, *modules], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("language", [tag for tag in text.languages() if tag != "en"])
def test_what_another_program_says_in_english_is_quoted_in_another_language(language):
    """The sentence around it is the page's own."""
    lines = {key: line for key, line in text.words(language).items() if ":english}" in str(line)}
    assert lines
    for key, line in lines.items():
        before, _, after = str(line).partition("{told:english}")
        assert before.endswith(("“", "«", "„")) and after[0] in "”»“" and len(before) > 8, key
