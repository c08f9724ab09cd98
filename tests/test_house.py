"""The rules of the house hold, and the script that says so can see when they do not."""

from __future__ import annotations

import pytest

from tests import house


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A house of one's own: {file: text}."""

    def build(**files: str):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_py", ".py").replace("_js", ".js")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        monkeypatch.setattr(house, "ROOT", tmp_path)
        return house.faults()

    return build


@pytest.fixture(scope="module")
def faults():
    return house.faults()


def test_house(faults):
    assert faults - house.EXCEPTIONS == set()


def test_exceptions_that_are_mended_go(faults):
    assert house.EXCEPTIONS - faults == set()


def test_long_tables_are_there():
    for place in house.TABLES:
        path, _, name = place.partition(":")
        assert f"def {name}" in (house.ROOT / path).read_text()


def test_the_picture_of_the_house_is_todays():
    assert (house.ROOT / "docs/house.svg").read_text() == house.svg(), "python -m tests.house --svg docs/house.svg"


def test_cycle_of_modules_is_found(small):
    found = small(lzviz__a_py="from lzviz import b", lzviz__b_py="def f():\n    import lzviz.a")
    assert found == {"cycle: a, b", "cycle: lzviz.a, lzviz.b"}


def test_cycle_of_rooms_is_found_where_no_module_is_in_one(small):
    found = small(
        lzviz__a__x_py="import lzviz.b.y",
        lzviz__b__y_py="",
        lzviz__b__z_py="from ..a.w import f",
        lzviz__a__w_py="f = 1",
    )
    assert found == {"cycle: a, b"}


def test_imports_for_types_are_no_cycle(small):
    types = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lzviz.a import A"
    assert small(lzviz__a_py="import lzviz.b", lzviz__b_py=types) == set()


@pytest.mark.parametrize("line", ["import gradio as gr", "from app import main", "def f():\n    import plotly.express"])
def test_library_that_needs_a_page_is_found(small, line):
    assert len(small(lzviz__a_py=line)) >= 1


def test_engine_that_touches_the_page_is_found(small):
    code = "// document.body is not touched\nexport const f = () => window.innerWidth;"
    assert small(lzviz__canvas__engine__a_js=code) == {"page in the engine: lzviz/canvas/engine/a.js touches window"}


def test_length_is_found(small):
    long = "def f():\n" + "    x = 1\n" * 60 + "x = 1\n" * 340
    assert small(app__a_py=long) == {"long file: app/a.py", "long function: app/a.py:f"}
    assert small(app__a_py="def f():\n" + "    x = 1\n" * 59) == set()
