"""What is known of trained checkpoints: their cards as texts, and cost against accuracy beside the papers' numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from lzviz.contract.messages.base import Answer, Bench, File, Question

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
    """The number that stands for a checkpoint."""

    value: str
    unit: str
    label: str
    split: str
    over: str


class MeasureCell(Answer):
    """A number in percent, and how far the seeds spread."""

    value: str
    spread: str


class MeasureRow(Answer):
    """A metric, a cell a split."""

    label: str
    cells: list[MeasureCell]


class Measures(Answer):
    """What was measured."""

    columns: list[str]
    rows: list[MeasureRow]


class Seeds(Answer):
    """A row a seed; the first cell names it."""

    columns: list[str]
    rows: list[list[str]]


class CardView(Answer):
    """A card as texts in reading order; ``said`` is the name that it gives itself."""

    name: str
    said: str
    title: str
    group: str
    shape: Shape
    colour: Colours
    system: str
    system_title: str
    summary: str
    data: str
    size: str
    own: bool
    headline: Headline | None
    metrics: Measures
    facts: list[tuple[str, str]]
    recipe: list[tuple[str, str]]
    seeds: Seeds | None
    python: str
    notes: str


class Cards(Answer):
    """Every card; ``empty``: what to say and type where there is none; ``forgotten``: own ones that are not held any more."""

    cards: list[CardView]
    empty: tuple[str, str]
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
    label: str
    colour: Colours | None = None


class ShapeLine(Answer):
    """Which sizes a shape stands for."""

    shape: Shape
    sizes: str


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
    lines: list[str]


class Panel(Answer):
    """One data set."""

    data: str
    title: str
    whose: str
    shapes: list[ShapeLine]
    sentence: str
    axis: str
    marks: list[DrawnMark]


class Column(Answer):
    """A heading, and whether numbers stand below it."""

    label: str
    number: bool


class Row(Answer):
    """The texts of a mark; ``name`` of its checkpoint."""

    name: str | None
    cells: list[str]


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
    note: str
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
    metric: Literal["miou", "boundary", "small", "intrinsic"] = "miou"
    cost: Literal["macs", "pixels"] = "macs"
    data: Listed = ()
    systems: Listed = ()
    sizes: Listed = ()
    live: str = ""


class AskTable(OfOwn):
    """All numbers as a CSV file."""

    answer = File
