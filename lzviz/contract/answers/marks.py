"""Measured points: the checkpoints' own numbers and the papers', each with what it costs.

    cards, published.csv --marks_of, published--> Mark --points--> Point

Nothing is computed: accuracies were measured when a checkpoint was made, and the papers' stand in ``lzviz/data/published.csv``,
each with the table it was printed in.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from lzviz import samplers
from lzviz.coords import Size
from lzviz.text import Text, registered

if TYPE_CHECKING:
    from lzviz.checkpoints import Card
    from lzviz.contract.messages.results import AskResults

METRICS = ("miou", "boundary", "small", "intrinsic", "AP", "AP_S", "mAP")
"""Of labels, of boxes, of boxes in space; no mark has those of two of these."""
HEADLINES = ("miou", "AP", "mAP")
DATA_SETS = ("camvid", "street scenes", "cityscapes", "voc", "")
"""In reading order; the last is of cards that do not say theirs."""
SPLITS = ("heldout", "val", "test", "train")
PAPERS = {
    "lds": "Jin et al. 2022 (LDS)",
    "cad": "Hesse et al. 2023 (CAD)",
    "downsizenet": "DownsizeNet (poster)",
    "lzu": "Thavamani et al. 2023 (LZU)",
}
PUBLISHED_DATA = {"Cityscapes": "cityscapes", "VOC2012Seg": "voc"}
PUBLISHED_METHODS = {
    "uniform": "uniform",
    "bilinear": "uniform",
    "strided": "uniform",
    "dilated": "uniform",
    "es": "es",
    "lds": "lds",
    "lzu-fixed": "lzu",
    "cad-oracle": "cad",
    "cad-learned": "cad",
    "downsizenet": "downsizenet",
}
OTHER = (Text("results.other"), ("#1a1c1f", "#eceef0"))
"""Title and colours, light and dark, of what no sampler of the registry is."""

# A shape a size, by the number of pixels up to which it is used.
SHAPES = ((5_000, "circle"), (15_000, "square"), (100_000, "diamond"), (math.inf, "triangle-up"))
NO_SIZE = "hexagon"
PRINTED = "as printed"


@dataclass(frozen=True)
class Mark:
    """One measured point.

    Attributes:
        title: what it is, for readers; ``name``: its checkpoint, ``None`` for a paper's number.
        system: of the registry, ``uniform`` for every even sampling.
        data: key of the data set.
        size: (h, w) of the image that the network sees; ``None``: not said.
        macs: multiply-adds for one image; ``None``: not said.
        values: percent by split and metric, the mean of the seeds; a paper's stand under the split "as printed".
        spread: smallest and largest percent over the seeds, by split and metric; empty with one seed.
        seeds: how many were trained.
        setting: what else is said of it; source: the name of the checkpoint, or paper and table.

    Texts are what a language says; plain strings are names, which no language translates.
    """

    title: Text | str
    name: str | None
    system: str
    data: str
    network: str
    size: Size | None
    macs: float | None
    values: Mapping[str, Mapping[str, float]]
    spread: Mapping[str, Mapping[str, tuple[float, float]]]
    seeds: int
    setting: tuple[Text | str, ...]
    source: Text | str

    @property
    def ours(self) -> bool:
        """Whether it is a checkpoint, not a paper's number."""
        return self.name is not None


@dataclass(frozen=True)
class Point:
    """One number of a mark: percent on a split, its smallest and largest over the seeds, and what it costs (None: not said)."""

    mark: Mark
    split: str
    value: float
    low: float
    high: float
    cost: float | None

    @property
    def spreads(self) -> bool:
        """Whether the seeds differ."""
        return self.high > self.low


# Systems --------------------------------------------------------------------------------


def systems() -> dict[str, tuple[Text | str, tuple[str, str]]]:
    """Title and colours of each system, in the order of the legend; both readings of uniform are one."""
    lines = [line for line in samplers.REGISTRY.values() if family(line.name) == line.name]
    told: dict[str, tuple[Text | str, tuple[str, str]]] = {"other": OTHER}
    return {line.name: (line.title.partition(",")[0], line.colour) for line in lines} | told


def family(system: str) -> str:
    """The system as the legend knows it."""
    name = "uniform" if system.startswith("uniform") else system
    return name if name in samplers.REGISTRY else "other"


# Cards and papers to marks --------------------------------------------------------------------------------------------


def marks_of(cards: Iterable[Card]) -> list[Mark]:
    """One mark a checkpoint, in the cards' order."""
    return [_mark(card) for card in cards]


def _mark(card: Card) -> Mark:
    runs = card.seeds if len(card.seeds) > 1 else ()
    return Mark(
        title=title_of(card),
        name=card.name,
        system=family(card.system),
        data=card.data,
        network=card.blueprint.get("network", ""),
        size=size_of(card),
        macs=card.macs,
        values={
            split: {key: _mean(runs, split, key, found[key]) for key in METRICS if number(found.get(key))}
            for split, found in _splits(card)
        },
        spread={split: _spread(runs, split) for split, _ in _splits(card)},
        seeds=len(card.seeds) or 1,
        setting=() if card.mode == "fixed" else (Text("results.published"),),
        source=card.name,
    )


def size_of(card: Card) -> Size | None:
    """(h, w) of the image that a checkpoint's network sees: its blueprint's, or else the one that its name ends with."""
    if size := card.blueprint.get("size"):
        return size[0], size[1]
    named = re.search(r"-(\d{1,4})x(\d{1,4})$", card.name)
    return (int(named[1]), int(named[2])) if named else None


def title_of(card: Card) -> str:
    """What a checkpoint is called: its title with a capital, or else its name."""
    return card.title[:1].upper() + card.title[1:] or card.name


def _splits(card: Card) -> list[tuple[str, Mapping[str, Any]]]:
    return [(split, found) for split, found in card.metrics.items() if isinstance(found, Mapping)]


def _mean(runs: Sequence[Mapping[str, Any]], split: str, metric: str, own: float) -> float:
    """Percent: of the seeds, where there are several; the best of three is no fair picture of a recipe."""
    found = [run[split][metric] for run in runs if number(run.get(split, {}).get(metric))]
    return 100 * (sum(found) / len(found) if found else own)


def _spread(runs: Sequence[Mapping[str, Any]], split: str) -> dict[str, tuple[float, float]]:
    out = {}
    for metric in METRICS:
        values = [100 * run[split][metric] for run in runs if number(run.get(split, {}).get(metric))]
        if len(values) > 1:
            out[metric] = (min(values), max(values))
    return out


def number(value: object) -> bool:
    """Whether it is a finite number."""
    return isinstance(value, int | float) and math.isfinite(value)


def published() -> tuple[Mark, ...]:
    """The papers' numbers, in the order of the file."""
    text = resources.files("lzviz").joinpath("data/published.csv").read_text("utf-8")
    return tuple(_printed(row) for row in csv.DictReader(text.splitlines()))


def _printed(row: Mapping[str, str]) -> Mark:
    setting = row["setting"].replace("->", " → ").replace("=", " ")
    inferred = [Text("results.inferred")] if row["inferred"] == "size" else []
    return Mark(
        title=Text(f"method.{row['method']}"),
        name=None,
        system=PUBLISHED_METHODS[row["method"]],
        data=PUBLISHED_DATA[row["dataset"]],
        network=row["network"],
        size=(int(row["height"]), int(row["width"])) if row["height"] else None,
        macs=float(row["macs"]) if row["macs"] else None,
        values={PRINTED: {"miou": float(row["miou"])}},
        spread={},
        seeds=0,
        setting=(*filter(None, [setting]), *inferred),
        source=f"{PAPERS[row['source']]}, {row['table']}",
    )


# What is shown --------------------------------------------------------------------------------------------------------


def splits(marks: Iterable[Mark]) -> list[str]:
    """The splits that checkpoints were measured on, the held-out ones first."""
    found = {split for mark in marks if mark.ours for split in mark.values}
    order = [*SPLITS, *sorted(found)]
    return sorted(found, key=order.index)


def points(marks: Iterable[Mark], choice: AskResults) -> list[Point]:
    """The chosen number of every mark that has it; a data set without the chosen split is shown on its first one."""
    marks = list(marks)
    return [
        _point(mark, split, choice)
        for data in {mark.data: None for mark in marks}
        for known in [splits(mark for mark in marks if mark.data == data)]
        for mark in marks
        if mark.data == data and _wanted(mark, choice)
        for split in [
            PRINTED if not mark.ours else choice.split if choice.split in known else known[0] if known else ""
        ]
        if choice.metric in mark.values.get(split, {})
    ]


def _wanted(mark: Mark, choice: AskResults) -> bool:
    return (
        (not choice.data or mark.data in choice.data)
        and (not choice.systems or mark.system in choice.systems)
        and (not choice.sizes or not mark.ours or size_key(mark.size) in choice.sizes)
    )


def _point(mark: Mark, split: str, choice: AskResults) -> Point:
    value = mark.values[split][choice.metric]
    low, high = mark.spread.get(split, {}).get(choice.metric, (value, value))
    pixels = None if mark.size is None else float(math.prod(mark.size))
    return Point(mark, split, value, low, high, mark.macs if choice.cost == "macs" else pixels)


def size_key(size: Size | None) -> str:
    """``96x128``; empty when it is not said."""
    return "" if size is None else f"{size[0]}x{size[1]}"


def size_text(size: Size | None) -> Text | str:
    """``96 × 128``, for readers."""
    return Text("results.noSize") if size is None else f"{size[0]} × {size[1]}"


def data_text(data: str) -> Text | str:
    """What a data set is called."""
    return registered(f"data.{data}", data) if data else Text("results.noData")


def split_text(split: str) -> Text | str:
    """What a split is called, as a title."""
    return registered(f"split.title.{split}", split)


def metric_text(metric: str) -> Text:
    """What a number is called, as a title."""
    return Text(f"metric.{metric}")


def counted(value: float | None) -> Text | str:
    """A large number; a dash where it is not known."""
    return "–" if value is None else Text("number.counted", {"value": value})


def shape(size: Size | None) -> str:
    """The mark of a size."""
    return NO_SIZE if size is None else next(name for most, name in SHAPES if math.prod(size) < most)
