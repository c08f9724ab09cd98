"""What is known of trained checkpoints: their cards as texts, and cost against accuracy beside the papers' numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from lzviz.contract.messages.base import Answer, Bench, File, Question, Told
from lzviz.text import Text

MOST = 32
"""Most checkpoints of a visitor's own that a question names."""


def _listed(value: object) -> object:
    return tuple(filter(None, value.split(",")))[:MOST] if isinstance(value, str) else value


Listed = Annotated[
    tuple[str, ...], BeforeValidator(_listed), PlainSerializer(",".join), WithJsonSchema({"type": "string"})
]
"""Names joined by commas; none: all."""
Colours = tuple[str, str]
"""On a light and on a dark page."""
Shape = Literal["circle", "square", "diamond", "triangle-up", "hexagon"]


class OfOwn(Question):
    """About checkpoints; ``own`` names those that the visitor loaded."""

    own: Listed = ()

    @property
    def bench(self) -> Bench:
        return "menu"


class Headline(Answer):
    """The number that stands for a checkpoint, in percent."""

    value: float
    label: Text
    split: Told
    over: Text


class MeasureCell(Answer):
    """A number in percent, and the least and greatest of the seeds; null: not measured."""

    value: float | None
    spread: tuple[float, float] | None


class MeasureRow(Answer):
    """A metric, a cell a split."""

    label: Text
    cells: list[MeasureCell]


class Measures(Answer):
    """What was measured."""

    columns: list[Told]
    rows: list[MeasureRow]


class SeedRow(Answer):
    """What one seed reached, in percent; null: not measured."""

    seed: str
    values: list[float | None]


class Seeds(Answer):
    """A row a seed."""

    columns: list[Text]
    rows: list[SeedRow]


class CardView(Answer):
    """A card in words in reading order; ``said`` is the name that it gives itself."""

    name: str
    said: str
    title: str
    group: Text
    shape: Shape
    colour: Colours
    system: str
    about: Told
    data: str
    size: str
    own: bool
    headline: Headline | None
    metrics: Measures
    facts: list[tuple[Text, Told]]
    recipe: list[tuple[str, str]]
    seeds: Seeds | None
    python: str
    notes: str


class Cards(Answer):
    """Every card; ``empty``: what to say and type where there is none; ``forgotten``: own ones that are not held any more."""

    cards: list[CardView]
    empty: tuple[Text, str]
    forgotten: list[str]


class AskCards(OfOwn):
    """Which checkpoints are there?"""

    answer = Cards


class Chosen(Answer):
    """Which number is shown."""

    split: str
    metric: str
    cost: str


class Offer(Answer):
    """A value and its label; a system's colours."""

    value: str
    label: Told
    colour: Colours | None = None


class ShapeLine(Answer):
    """Which sizes a shape stands for."""

    shape: Shape
    sizes: Text


class DrawnMark(Answer):
    """A mark: cost, percent, its smallest and largest over the seeds, and facts, the title first. No name: a paper's number."""

    name: str | None
    x: float
    y: float
    low: float
    high: float
    system: str
    shape: Shape
    live: bool
    lines: list[Told]


class Panel(Answer):
    """One data set."""

    data: str
    title: Told
    whose: Text
    shapes: list[ShapeLine]
    sentence: Text
    axis: Text
    marks: list[DrawnMark]


class Column(Answer):
    """A heading, and whether numbers stand below it."""

    label: Text
    number: bool


class Row(Answer):
    """A mark in words; ``name`` of its checkpoint."""

    name: str | None
    cells: list[Told]


class Table(Answer):
    """The numbers of all panels."""

    columns: list[Column]
    rows: list[Row]


class Results(Answer):
    """Everything that the results show, and what can be chosen; ``forgotten``: own ones that are not held any more."""

    choice: Chosen
    splits: list[Offer]
    metrics: list[Offer]
    costs: list[Offer]
    data: list[Offer]
    sizes: list[Offer]
    systems: list[Offer]
    panels: list[Panel]
    note: Text
    table: Table
    forgotten: list[str]


class AskResults(OfOwn):
    """Which number against which cost, of what.

    Attributes:
        split: that checkpoints were measured on; the first one where there is no such split.
        data, systems, sizes: what is shown; none: all. Sizes are those of checkpoints, as in "96x128".
        live: name of the checkpoint that Explore shows.
    """

    answer = Results
    split: str = ""
    metric: Literal["miou", "boundary", "small", "intrinsic", "AP", "AP_S", "mAP"] = "miou"
    cost: Literal["macs", "pixels"] = "macs"
    data: Listed = ()
    systems: Listed = ()
    sizes: Listed = ()
    live: str = ""


class AskTable(OfOwn):
    """All numbers as a CSV file."""

    answer = File
