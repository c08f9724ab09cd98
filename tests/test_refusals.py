"""A refusal is a line of the files of words, so that a page says it in its language, and a script in English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lzviz import text
from lzviz.contract.maps import Map
from lzviz.contract.messages.pipeline import AskPipeline
from lzviz.contract.messages.warp import Compute
from lzviz.contract.wire import Refusal, validated
from lzviz.text import Text, t

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for folder in ("lzviz/contract", "app") for path in (ROOT / folder).rglob("*.py"))
# No page sends such bodies, and what agents call has no page: only a program reads these sentences, in English.
ENGLISH = {
    "lzviz/contract/wire.py": {
        "_no_constant",
        "parse_json",
        "_too_much",
        "_check_bounds",
        "check_number",
        "decode_bytes",
    },
    "app/agents.py": {"_given", "state_of"},
}
# Passes on what a field refused, a line or not.
PASSED = {("lzviz/contract/wire.py", "_refusal")}
NOBODY = 499


def calls(path: Path, names: set[str]) -> Iterator[tuple[str, ast.Call]]:
    """The calls of functions or classes of these names, each with the function that it stands in."""

    def inside(node: ast.AST, where: str) -> Iterator[tuple[str, ast.Call]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call) and called(child) in names:
                yield where, child
            within = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from inside(child, child.name if within else where)

    return inside(ast.parse(path.read_text("utf-8")), "")


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def is_line(said: ast.expr) -> bool:
    """``Text(...)``, or ``Text.of(...)`` of what crossed the pipe of a process."""
    return isinstance(said, ast.Call) and (called(said) == "Text" or ast.unparse(said.func) == "Text.of")


def test_what_is_refused_is_a_line_unless_only_a_program_can_read_it():
    plain = set()
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        for where, call in calls(path, {"Refusal", "Busy"}):
            status = next((each.value for each in call.args[1:2] if isinstance(each, ast.Constant)), 400)
            if not is_line(call.args[0]) and status != NOBODY and (name, where) not in PASSED:
                plain.add((name, where))
    known = {(name, where) for name, functions in ENGLISH.items() for where in functions}
    assert not plain - known, f"sentences that no language has: {sorted(plain - known)}"
    assert not known - plain, f"refuse no longer in English alone: {sorted(known - plain)}"


def test_each_refusal_gives_the_values_that_its_line_has_places_for():
    for path in SOURCES:
        for where, call in calls(path, {"Text"}):
            key, *values = call.args
            if not (isinstance(key, ast.Constant) and str(key.value).startswith("refused.")):
                continue
            line = text.words()[str(key.value)]
            places = {place for place, _ in re.findall(r"\{(\w+)(?::(\w+))?\}", str(line))}
            given = values[0] if values else ast.Dict([], [])
            if isinstance(given, ast.Dict) and all(isinstance(name, ast.Constant) for name in given.keys):
                assert {name.value for name in given.keys} == places, f"{path.name}, {where}: {key.value}"  # type: ignore[union-attr]


def refused(given: dict[str, object]) -> Refusal:
    try:
        validated(Compute, given)
    except Refusal as refusal:
        return refusal
    raise AssertionError("was accepted")


def test_a_field_and_its_own_line_are_one_line_in_each_language():
    wide = refused({"seq": 1, "state": {"width": 5}})
    assert str(wide) == "width: expected a number from 8 to 1024, got 5; move the control or reload the page."
    assert wide.says is not None
    assert (
        t(wide.says.key, "zh", **wide.says.values)
        == "width：应为：8 到 1024 之间的数；得到的是 5。请调整该控件或重新加载页面。"
    )
    painted = refused({"seq": 1, "state": {"paint": Map(2, 2, bytes(4)).to_text().replace("2x2", "2x3")}})
    assert str(painted) == "paint: the data does not fill its 6 cells; clear the map and paint again."
    odd = refused({"seq": 1, "state": {}, "bogus": 1})
    assert odd.says == Text("refused.field.unknown", {"field": "'bogus'"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": 1}, "There is no field 'before.x' in this question; leave it out."),
        ({"boxes": [[1, 2, 3]]}, "before.boxes[0][3]: nothing was given"),
        ({"boxes": [[0, 0, 1, 1], [0, "a", 1, 1]]}, "before.boxes[1][1]: expected a valid number, "),
        ({"classes": [-1]}, "before.classes[0]: expected greater than"),
    ],
)
def test_a_fault_within_a_field_is_named_where_it_is(given, said):
    with pytest.raises(Refusal) as caught:
        validated(AskPipeline, {"state": {}, "before": {"boxes": [], "scores": [], "classes": [], **given}})
    assert str(caught.value).startswith(said)


def test_what_a_program_says_in_a_line_is_the_only_english_in_it():
    said = refused({"seq": "x", "state": {}}).says
    assert said is not None and said.key == "refused.field.wrong"
    assert (
        t(said.key, "zh", **said.values)
        == "seq 的值不对。程序的原话：“expected a valid integer”；得到的是 'x'；请重新加载页面。"
    )
