"""What a stranger's card says is data: in no export does it become code, a formula, markup or another field."""

import ast
import csv
import io
import json
from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from lzviz.checkpoints import Card
from lzviz.contract.answers import cards as models
from lzviz.contract.answers import marks as measured
from lzviz.contract.answers import pipeline_files, pipeline_snippet, results
from lzviz.contract.answers.snippet import headline
from tests.test_app_models import card

HOSTILE = (
    '"""; import os; os.abort(); """',
    "'); import os; os.abort(); ('",
    "ends with \\",
    'ends with a quote"',
    '=HYPERLINK("http://example.invalid","click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1,1)",
    "  =1+1",
    "＝1+1",
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]><x/>&amp;",
    "{0.__class__} %s ${x} {{7*7}}",
    "naïve 中 — Ω",
)
TEXTS = [each.name for each in fields(Card) if each.type == "str"]


def hostile(text: str) -> Card:
    """A card that says the text wherever a card says anything."""
    plain = card()
    blueprint = {**plain.blueprint, "network": text, "look_options": {text: text}}
    return replace(
        plain,
        **{name: text for name in TEXTS if name not in ("mode", "name")},  # these are refused, or one of two words
        name=text.replace("/", "_").replace("\\", "_"),
        classes=(text, "sky"),
        blueprint=blueprint,
        recipe={**plain.recipe, text: text},
        metrics={**plain.metrics, text: plain.metrics["val"]},
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sign", ["\n", "\r", "\t", "\0", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\u202e", "\u2066"]
)
def test_a_card_refuses_characters_that_steer_in_every_field(sign):
    for name in [*TEXTS, "classes", "blueprint", "recipe", "metrics", "seeds"]:
        for value in ({f"a{sign}b": 1}, {"a": [f"x{sign}"]}) if name not in TEXTS else (f"a{sign}b",):
            value = ("road", f"a{sign}b") if name == "classes" else (value,) if name == "seeds" else value
            with pytest.raises(ValueError, match=rf"{name}.*U\+{ord(sign):04X}"):
                card(**{name: value})
    text = card().to_json().replace('"Ours."', json.dumps(f"a{sign}b"))
    with pytest.raises(ValueError, match="notes holds the control character"):
        Card.from_json(text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["lzu-fixed-camvid-48x64", "own-0123", "untrained-lzu"])
def test_python(monkeypatch, text, name):
    def statements(made: Card, called: str) -> list[str]:
        trained = SimpleNamespace(classes=made.classes, task=SimpleNamespace(output="labels"))
        session = SimpleNamespace(
            workshop=None,
            name=called,
            picture=SimpleNamespace(source="", size=(8, 8)),
            size=(8, 8),
            trained=trained,
            pipeline=trained,
            labels=None,
            saliency=lambda: None,
            told=True,
            previous=None,
            finds=False,
            state=SimpleNamespace(learned_from="truth", strength=3.0),
        )
        monkeypatch.setattr(pipeline_snippet.checkpoints, "card", lambda *_: made)
        tree = ast.parse(pipeline_snippet.snippet(session))  # type: ignore[arg-type]
        return [ast.dump(each) for each in tree.body]

    first, *others = statements(hostile(text), name)
    assert others == statements(card(), name)[1:]
    assert isinstance(ast.parse(headline(text)).body[0], ast.Expr) and first.startswith("Expr(value=Constant(")
    if name.startswith("lzu"):  # a folder may be called anything
        _, *named = statements(card(), text)
        assert len(named) == len(others) and [n[:6] for n in named] == [n[:6] for n in others]


@pytest.mark.parametrize("text", HOSTILE)
def test_csv(text):
    table = results.to_csv([*measured.marks_of([hostile(text), card()]), *measured.published()])
    header, *rows = csv.reader(io.StringIO(table))
    assert any(text in (cell, cell[1:]) for row in rows for cell in row)
    for row in rows:
        assert len(row) == len(header)
        assert not any(cell.lstrip()[:1] in tuple("=+-@＝＋－＠") for cell in row if cell.strip())


@pytest.mark.parametrize("text", HOSTILE)
def test_json(text):
    assert Card.from_json(hostile(text).to_json()) == hostile(text)
    view = json.loads(json.dumps(models.card_view(hostile(text)), default=str))
    assert view["title"] == str(measured.title_of(hostile(text))) and view["notes"] == text
    theirs, ours = (ast.parse(models.card_view(each)["python"]).body for each in (hostile(text), card()))
    assert [type(each) for each in theirs] == [type(each) for each in ours] and ast.dump(theirs[0]) == ast.dump(ours[0])


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_picture_says_of_itself(monkeypatch, text):
    question = SimpleNamespace(trained=SimpleNamespace(classes=(text, "sky")))
    monkeypatch.setattr(pipeline_files, "_sentence", lambda _: text)
    made = Image.open(io.BytesIO(pipeline_files._indexed(question, np.zeros((2, 2), np.uint8))))  # type: ignore[arg-type]
    assert made.text == {"Description": text, "Classes": f"{text}, sky"}  # type: ignore[attr-defined]
