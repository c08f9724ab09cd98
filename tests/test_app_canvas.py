"""The canvas as a component: a constant template, and values that are checked both ways."""

from pathlib import Path

import pytest

import app
from app.canvas import JS_ON_LOAD, TEMPLATE, WarpCanvas

HOSTILE = "${alert(1)}{{constructor}}`</div><script>alert(1)</script>"


def test_no_text_from_outside_enters_a_template():
    canvas = WarpCanvas({"title": HOSTILE})
    config = canvas.get_config()
    assert config["html_template"] == TEMPLATE and config["js_on_load"] == JS_ON_LOAD
    assert "${" not in TEMPLATE and "{{" not in TEMPLATE and "`" not in TEMPLATE


@pytest.mark.parametrize("value", [None, {}, {"a": 1, "b": "x", "c": None, "d": True, "e": 0.5}])
def test_plain_values_pass(value):
    assert WarpCanvas().preprocess(value) == value
    assert WarpCanvas().postprocess(value) == value


@pytest.mark.parametrize(
    "value",
    ["text", [1], {"a": [1]}, {"a": {"b": 1}}, {"a": float("nan")}, {"a": float("inf")}, {"a": "x" * 5000},
     {str(k): k for k in range(65)}, {1: 2}, {"path": {"path": "/etc/passwd"}}],
)  # fmt: skip
def test_anything_else_does_not(value):
    assert WarpCanvas().preprocess(value) is None
    with pytest.raises(TypeError, match="expected a flat dict"):
        WarpCanvas().postprocess(value)


def test_the_schema_of_the_value_is_told():
    assert [part["type"] for part in WarpCanvas().api_info()["anyOf"]] == ["object", "null"]


def test_gradio_writes_no_stub_beside_our_sources():
    assert not list(Path(app.__file__).parent.rglob("*.pyi"))
