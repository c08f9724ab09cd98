"""Lessons: every file of both languages is whole, what the page reads is what they say, and a wrong one is named."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from pathlib import Path

import pytest

from lzviz import State, cli, lessons
from lzviz.contract.exchange import asked, found, told
from lzviz.contract.workshop import Workshop
from lzviz.lessons import build, parse
from lzviz.lessons.formula import mathml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "app" / "lessons"
TOLD = build.read(FOLDER)
EXTRA = re.compile(r"(?:^|&)(?:spot|drawn|tune)=[^&]+")


def test_what_the_page_reads_is_what_the_lessons_say(capsys):
    assert cli.main(["lessons", str(FOLDER), "--check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == sum(len(each) for each in TOLD.values()) and all(" min" in line for line in lines)


def test_both_languages_have_every_lesson_within_its_words():
    assert set(TOLD) == {"en", "zh"} and set(lessons.languages()) == {"en", "zh"}
    for each in (*TOLD["en"], *TOLD["zh"]):
        assert 60 < parse.words(each) <= parse.WORDS, each["name"]
        assert each["goal"] and len(each["claims"]) >= 3, each["name"]


def test_each_state_of_a_lesson_is_a_link_that_is_understood_whole():
    for each in TOLD["en"]:
        for name, link in each["states"].items():
            whole = link if name == "start" else f"{each['states']['start']}&{link}"
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                State.from_link(f"#{EXTRA.sub('', whole).lstrip('&')}")


def test_the_contract_answers_lessons_and_english_ones_where_there_are_none():
    for language, wanted in (("zh", "zh"), ("en", "en"), ("tlh", "en"), ("../../x", "en")):
        line, path, query = found("GET", f"lzviz/lessons/{language.replace('/', '%2F')}")
        question = asked(line, b"", query, path)
        reply = told(question, Workshop({}).answer(question))
        titles = [each["title"] for each in json.loads(reply.body)]
        assert titles == [each["title"] for each in TOLD[wanted]]


def test_a_symbol_of_a_formula_knows_its_name_and_nothing_else_comes_through():
    tree = json.dumps(mathml(r"\sym{kernel}{k(p-q)} \le \frac{1}{2}"))
    assert '["mrow", {"data-symbol": "kernel"}' in tree and "0000" not in tree
    assert "javascript" not in json.dumps(mathml(r"\href{javascript:alert(1)}{x}"))
    for latex in (r"\nonsense x", r"\sym{a}{\sym{b}{x}}", r"\sym{a}{x"):
        with pytest.raises(ValueError, match=r"command|symbol|brace"):
            mathml(latex)


WRONG = {
    "title: ": ("", "not understood|no title"),
    "land on the sign?": ("land {nowhere} on it?", "no number 'nowhere'"),
    "truth: regionSamples": ("truth: regionSamples $", "not understood"),
    "number: 0..120": ("number: 120..0", "no range"),
    "(set:double)": ("(set:triple)", "no state 'triple'"),
    "- [x] ": ("- [ ] ", "one of them with"),
    "samples = 4608 ± 0": ("samples = 4608", "claims"),
    "```state reveal": ("```state other", "state reveal"),
    "controls: width": ("colour: width", "colour"),
}


@pytest.mark.parametrize(("part", "wrong"), WRONG.items())
def test_a_lesson_that_is_not_whole_is_named_with_what_was_expected(tmp_path, part, wrong):
    shutil.copytree(FOLDER, tmp_path / "lessons")
    path = tmp_path / "lessons" / "en" / "01-uniform.md"
    text = path.read_text("utf-8")
    assert part in text
    path.write_text(text.replace(part, wrong[0], 1), "utf-8")
    with pytest.raises(ValueError, match=wrong[1]) as caught:
        build.read(tmp_path / "lessons")
    assert "uniform" in str(caught.value)


def test_a_language_that_says_another_state_than_english_is_named(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "lessons")
    path = tmp_path / "lessons" / "zh" / "01-uniform.md"
    path.write_text(path.read_text("utf-8").replace("width=96", "width=95"), "utf-8")
    with pytest.raises(ValueError, match="zh/uniform: states"):
        build.read(tmp_path / "lessons")


def test_a_lesson_of_more_words_than_three_minutes_take_is_refused(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "lessons")
    path = tmp_path / "lessons" / "en" / "01-uniform.md"
    path.write_text(path.read_text("utf-8") + "\nand so on" * 150, "utf-8")
    with pytest.raises(ValueError, match=r"en/uniform: \d+ words; a lesson has at most 450"):
        build.read(tmp_path / "lessons")


def test_the_lesson_of_the_contributors_page_is_a_lesson(tmp_path):
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (text,) = re.findall(r"^````markdown\n(.*?)^````$", page, re.MULTILINE | re.DOTALL)
    path = tmp_path / "01-wish.md"
    path.write_text(text, "utf-8")
    told = parse.lesson(path)
    assert told["claims"] and len(text.splitlines()) < 45
