"""Cost against accuracy: the checkpoints' own numbers and the papers', as marks, figures, tables and CSV.

    cards, published.csv --marks_of, published--> Mark --points--> Point --figure--> plotly.graph_objects.Figure, one a data set

Pure functions that read numbers and compute none: accuracies were measured when a checkpoint was made, and the papers' stand in
``data/published.csv``, each with the table it was printed in. Marks of different data sets never share a figure.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lzviz import samplers
from lzviz.contract.state import Size
from lzviz.contract.wire import Refusal

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from lzviz.checkpoints import Card

PUBLISHED = Path(__file__).with_name("data") / "published.csv"

Cost = Literal["macs", "pixels"]
Theme = Literal["light", "dark"]

METRICS = {"miou": "mIoU", "boundary": "Boundary mIoU", "small": "Small-object IoU", "intrinsic": "Intrinsic mIoU"}
COSTS = {"macs": "Multiply-adds", "pixels": "Pixels that the network sees"}
# The same on a button.
BRIEF = {
    "heldout": "Held out",
    "boundary": "Boundary",
    "small": "Small objects",
    "intrinsic": "Intrinsic",
    "pixels": "Pixels",
}
DATA_SETS = {
    "camvid": "CamVid",
    "street scenes": "Street scenes, procedural",
    "cityscapes": "Cityscapes",
    "voc": "PASCAL VOC 2012",
    "": "Data not said",
}
SPLITS = {
    "heldout": "Held-out sequence",
    "val": "Validation",
    "test": "Test",
    "train": "Training",
}
PAPERS = {
    "lds": "Jin et al. 2022 (LDS)",
    "cad": "Hesse et al. 2023 (CAD)",
    "downsizenet": "DownsizeNet (poster)",
    "lzu": "Thavamani et al. 2023 (LZU)",
}
PUBLISHED_DATA = {"Cityscapes": "cityscapes", "VOC2012Seg": "voc"}
PUBLISHED_METHODS = {
    "uniform": ("uniform", "Uniform"),
    "bilinear": ("uniform", "Bilinear"),
    "strided": ("uniform", "Strided"),
    "dilated": ("uniform", "Dilated"),
    "es": ("es", "ES"),
    "lds": ("lds", "LDS"),
    "lzu-fixed": ("lzu", "LZU, fixed"),
    "cad-oracle": ("cad", "CAD, oracle mask"),
    "cad-learned": ("cad", "CAD, learned mask"),
    "downsizenet": ("downsizenet", "DownsizeNet"),
}

# One colour a system, 3:1 or more against the page in its theme; the order is that of the legend.
COLOURS: dict[str, dict[Theme, str]] = {
    **{
        name: {"light": samplers.REGISTRY[name].colour[0], "dark": samplers.REGISTRY[name].colour[1]}
        for name in ("uniform", "lz", "lzu", "lds", "es", "resizer", "downsizenet", "cad")
    },
    "other": {"light": "#1a1c1f", "dark": "#eceef0"},
}
TITLES = {
    "uniform": "Uniform", "lz": "LZ", "lzu": "LZU", "lds": "LDS", "es": "ES", "resizer": "Resizer",
    "downsizenet": "DownsizeNet", "cad": "CAD", "other": "Other",
}  # fmt: skip
INK: dict[Theme, str] = {"light": "#1a1c1f", "dark": "#eceef0"}
GREY: dict[Theme, str] = {"light": "#5a5f66", "dark": "#a4abb3"}
LINE: dict[Theme, str] = {"light": "#e3e3df", "dark": "#292c31"}
AXIS: dict[Theme, str] = {"light": "#cfcfca", "dark": "#3b4047"}
PAPER: dict[Theme, str] = {"light": "#ffffff", "dark": "#1a1c1f"}
ACCENT: dict[Theme, str] = {"light": "#3557d6", "dark": "#8aa4ff"}
FONT = 'Inter, ui-sans-serif, system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

# A shape a size, by the number of pixels up to which it is used.
SHAPES = ((5_000, "circle"), (15_000, "square"), (100_000, "diamond"), (math.inf, "triangle-up"))
NO_SIZE = "hexagon"
PRINTED = "as printed"
MARK, RING = 10, 20


@dataclass(frozen=True)
class Mark:
    """One measured point.

    Attributes:
        title: what it is, for readers; ``name``: its checkpoint, ``None`` for a paper's number.
        system: of the registry, ``uniform`` for every even sampling.
        data: key of the data set.
        size: (h, w) of the image that the network sees; ``None``: not said.
        macs: multiply-adds for one image; ``None``: not said.
        values: percent by split and metric; a paper's stand under the split "as printed".
        spread: smallest and largest percent over the seeds, by split and metric; empty with one seed.
        seeds: how many were trained.
        setting: what else is said of it; source: the name of the checkpoint, or paper and table.
    """

    title: str
    name: str | None
    system: str
    data: str
    network: str
    size: Size | None
    macs: float | None
    values: Mapping[str, Mapping[str, float]]
    spread: Mapping[str, Mapping[str, tuple[float, float]]]
    seeds: int
    setting: str
    source: str

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
    def spread(self) -> str:
        """``57.1–58.3``; empty with one seed."""
        return f"{self.low:.1f}–{self.high:.1f}" if self.high > self.low else ""


@dataclass(frozen=True)
class Choice:
    """What is shown of the results.

    Attributes:
        split, metric, cost: which number against which.
        data, systems, sizes: keys that are shown; empty: all. Sizes are those of checkpoints, as in "96x128".
        live: name of the checkpoint that Explore shows, drawn with a ring.
        theme: of the page.
    """

    split: str = ""
    metric: str = "miou"
    cost: Cost = "macs"
    data: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()
    sizes: frozenset[str] = frozenset()
    live: str = ""
    theme: Theme = "light"

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Choice:
        """The choice of a query string; lists are joined by commas.

        Raises:
            Refusal: a word that is none of the possible ones.
        """
        lists = {key: frozenset(filter(None, query.get(key, "").split(","))) for key in ("data", "systems", "sizes")}
        choice = cls(
            split=query.get("split", ""),
            metric=query.get("metric", "miou"),
            cost=query.get("cost", "macs"),  # type: ignore[arg-type]
            live=query.get("live", ""),
            theme=query.get("theme", "light"),  # type: ignore[arg-type]
            **lists,
        )
        for name, known in (("metric", METRICS), ("cost", COSTS), ("theme", INK)):
            if getattr(choice, name) not in known:
                raise Refusal(f"{name}: expected one of {', '.join(known)}; reload the page.")
        return choice


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
            split: {key: 100 * found[key] for key in METRICS if _number(found.get(key))}
            for split, found in _splits(card)
        },
        spread={split: _spread(runs, split) for split, _ in _splits(card)},
        seeds=len(card.seeds) or 1,
        setting="" if card.mode == "fixed" else f"{card.mode} reading",
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


def family(system: str) -> str:
    """The system as the legend knows it: both readings of uniform are one."""
    name = "uniform" if system.startswith("uniform") else system
    return name if name in COLOURS else "other"


def _splits(card: Card) -> list[tuple[str, Mapping[str, Any]]]:
    return [(split, found) for split, found in card.metrics.items() if isinstance(found, Mapping)]


def _spread(runs: Sequence[Mapping[str, Any]], split: str) -> dict[str, tuple[float, float]]:
    out = {}
    for metric in METRICS:
        values = [100 * run[split][metric] for run in runs if _number(run.get(split, {}).get(metric))]
        if len(values) > 1:
            out[metric] = (min(values), max(values))
    return out


def _number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def published() -> tuple[Mark, ...]:
    """The papers' numbers, in the order of ``data/published.csv``."""
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return tuple(_printed(row) for row in csv.DictReader(file))


def _printed(row: Mapping[str, str]) -> Mark:
    system, title = PUBLISHED_METHODS[row["method"]]
    setting = row["setting"].replace("->", " → ").replace("=", " ")
    return Mark(
        title=title,
        name=None,
        system=system,
        data=PUBLISHED_DATA[row["dataset"]],
        network=row["network"],
        size=(int(row["height"]), int(row["width"])) if row["height"] else None,
        macs=float(row["macs"]) if row["macs"] else None,
        values={PRINTED: {"miou": float(row["miou"])}},
        spread={},
        seeds=0,
        setting=setting + ("; which column is which size is inferred" if row["inferred"] == "size" else ""),
        source=f"{PAPERS[row['source']]}, {row['table']}",
    )


# What is shown --------------------------------------------------------------------------------------------------------


def splits(marks: Iterable[Mark]) -> list[str]:
    """The splits that checkpoints were measured on, the held-out ones first."""
    found = {split for mark in marks if mark.ours for split in mark.values}
    order = [*SPLITS, *sorted(found)]
    return sorted(found, key=order.index)


def points(marks: Iterable[Mark], choice: Choice) -> list[Point]:
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


def _wanted(mark: Mark, choice: Choice) -> bool:
    return (
        (not choice.data or mark.data in choice.data)
        and (not choice.systems or mark.system in choice.systems)
        and (not choice.sizes or not mark.ours or size_key(mark.size) in choice.sizes)
    )


def _point(mark: Mark, split: str, choice: Choice) -> Point:
    value = mark.values[split][choice.metric]
    low, high = mark.spread.get(split, {}).get(choice.metric, (value, value))
    pixels = None if mark.size is None else float(math.prod(mark.size))
    return Point(mark, split, value, low, high, mark.macs if choice.cost == "macs" else pixels)


def size_key(size: Size | None) -> str:
    """``96x128``; empty when it is not said."""
    return "" if size is None else f"{size[0]}x{size[1]}"


def size_text(size: Size | None) -> str:
    """``96 × 128``, for readers."""
    return "size not said" if size is None else f"{size[0]} × {size[1]}"


def results(marks: Sequence[Mark], choice: Choice) -> dict[str, Any]:
    """Everything that the Results view draws, as plain JSON values: one panel a data set, the table, what can be chosen."""
    known = splits(marks)
    if choice.split not in known:
        choice = replace(choice, split=known[0] if known else "")
    here = points(marks, choice)
    order = [*DATA_SETS, *sorted({mark.data for mark in marks})]
    data = sorted({mark.data for mark in marks}, key=order.index)
    sizes = sorted({mark.size for mark in marks if mark.ours and mark.size}, key=math.prod)
    panels = [[point for point in here if point.mark.data == key and point.cost is not None] for key in data]
    return {
        "choice": {"split": choice.split, "metric": choice.metric, "cost": choice.cost},
        "splits": [{"value": split, "label": BRIEF.get(split, SPLITS.get(split, split))} for split in known],
        "metrics": [{"value": key, "label": BRIEF.get(key, label)} for key, label in METRICS.items()],
        "costs": [{"value": key, "label": BRIEF.get(key, label)} for key, label in COSTS.items()],
        "data": [{"value": key, "label": DATA_SETS.get(key, key)} for key in data],
        "sizes": [{"value": size_key(size), "label": size_text(size)} for size in sizes],
        "systems": [
            {"value": key, "label": TITLES[key], "colour": COLOURS[key][choice.theme]}
            for key in COLOURS
            if any(mark.system == key for mark in marks)
        ],
        "panels": [panel(drawn, choice) for drawn in panels if drawn],
        "note": note(here, choice),
        "table": table(here, choice),
    }


def note(shown: Sequence[Point], choice: Choice) -> str:
    """What a reader has to know before comparing: whose marks these are, and what could not be drawn."""
    ours = sum(point.mark.ours for point in shown)
    printed = [point for point in shown if not point.mark.ours]
    lost = sum(point.cost is None for point in printed)
    said = []
    if ours:
        said.append(f"Solid: {_count(ours, 'checkpoint')} trained here; bars span the seeds.")
    if printed:
        said.append(
            "Hollow: the papers' numbers: other data, other networks. Compare within one panel and one network only."
        )
    elif choice.metric != "miou":
        said.append("The papers' numbers are mIoU only.")
    if any(point.mark.ours and point.mark.name == choice.live for point in shown):
        said.append("Ring: open in Explore.")
    if lost:
        what = "multiply-adds" if choice.cost == "macs" else "a size"
        said.append(f"{lost} of the papers' {len(printed)} were printed without {what}: they stand in the table only.")
    return " ".join(said)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def panel(shown: Sequence[Point], choice: Choice) -> dict[str, Any]:
    """The points of one data set: title, legend of the shapes, figure, and the figure in a sentence."""
    data = shown[0].mark.data
    kinds = {SPLITS.get(point.split, point.split) if point.mark.ours else "papers' numbers": None for point in shown}
    shapes: dict[str, dict[str, None]] = {}
    for size in sorted({point.mark.size or () for point in shown}, key=lambda size: (not size, math.prod(size))):
        shapes.setdefault(shape(size or None), {})[size_text(size or None)] = None
    return {
        "data": data,
        "title": DATA_SETS.get(data, data),
        "whose": " · ".join(kinds),
        "shapes": [{"shape": key, "sizes": ", ".join(texts)} for key, texts in shapes.items()],
        "sentence": sentence(shown, choice),
        "figure": figure(shown, choice).to_plotly_json(),
    }


def sentence(shown: Sequence[Point], choice: Choice) -> str:
    """A figure in words, for those who do not see it."""
    best = max(shown, key=lambda point: point.value)
    costs = [point.cost for point in shown if point.cost is not None]
    unit = "multiply-adds" if choice.cost == "macs" else "pixels"
    return (
        f"{METRICS[choice.metric]} against {unit} on {DATA_SETS.get(best.mark.data, best.mark.data)}: "
        f"{_count(len(shown), 'mark')} from {short(min(costs))} to {short(max(costs))} {unit}; "
        f"highest: {best.mark.title} with {best.value:.1f} %. The table below has every number."
    )


def shape(size: Size | None) -> str:
    """The mark of a size."""
    return NO_SIZE if size is None else next(name for most, name in SHAPES if math.prod(size) < most)


def short(value: float | None) -> str:
    """A large number in three digits: 1.53 G."""
    if value is None:
        return "–"
    for power, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= power:
            return f"{value / power:.3g} {letter}"
    return f"{value:.3g}"


# Figures --------------------------------------------------------------------------------------------------------------


def figure(shown: Sequence[Point], choice: Choice) -> Figure:
    """Cost (log) against percent on one data set: solid = a checkpoint, hollow = a paper's, ring = open in Explore."""
    from plotly import graph_objects as go

    drawn = go.Figure(layout=_layout(shown, choice))
    for system in COLOURS:
        for ours in (False, True):
            group = [point for point in shown if point.mark.system == system and point.mark.ours == ours]
            if group:
                drawn.add_trace(_solid(group, choice) if ours else _hollow(group, choice))
    if live := [point for point in shown if point.mark.ours and point.mark.name == choice.live]:
        drawn.add_trace(_ring(live, choice))
    return drawn


def _solid(group: Sequence[Point], choice: Choice) -> Any:
    colour = COLOURS[group[0].mark.system][choice.theme]
    drawn = _trace(group, choice, "", {"line": {"width": 1, "color": PAPER[choice.theme]}})
    drawn.error_y = {
        "array": [point.high - point.value for point in group],
        "arrayminus": [point.value - point.low for point in group],
        "symmetric": False,
        "color": colour,
        "thickness": 1.25,
        "width": 3,
    }
    return drawn


def _hollow(group: Sequence[Point], choice: Choice) -> Any:
    return _trace(group, choice, "-open", {"line": {"width": 1.75}})


def _trace(group: Sequence[Point], choice: Choice, suffix: str, marker: Mapping[str, Any]) -> Any:
    from plotly import graph_objects as go

    mark = group[0].mark
    return go.Scatter(
        x=[point.cost for point in group],
        y=[point.value for point in group],
        mode="markers",
        name=TITLES[mark.system] + ("" if mark.ours else ", papers"),
        marker={
            "symbol": [shape(point.mark.size) + suffix for point in group],
            "size": MARK,
            "color": COLOURS[mark.system][choice.theme],
            "opacity": 1,
            **marker,
        },
        text=[hover(point, choice) for point in group],
        customdata=[point.mark.name or "" for point in group],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _ring(live: Sequence[Point], choice: Choice) -> Any:
    from plotly import graph_objects as go

    return go.Scatter(
        x=[point.cost for point in live],
        y=[point.value for point in live],
        mode="markers",
        name="open in Explore",
        marker={"symbol": "circle-open", "size": RING, "color": ACCENT[choice.theme], "line": {"width": 2.5}},
        hoverinfo="skip",
        showlegend=False,
    )


def hover(point: Point, choice: Choice) -> str:
    """Everything about a mark, one fact a line; text from cards is escaped, because Plotly reads tags."""
    mark = point.mark
    lines = [
        f"<b>{escape(mark.title)}</b>",
        f"{METRICS[choice.metric]} <b>{point.value:.1f} %</b>"
        + (f", {point.spread} over {mark.seeds} seeds" if point.spread else ""),
        escape(f"{DATA_SETS.get(mark.data, mark.data)}, {SPLITS.get(point.split, point.split).lower()}"),
        escape(mark.network) + ("" if mark.size is None else f", sees {size_text(mark.size)}"),
        "multiply-adds not printed" if mark.macs is None else f"{short(mark.macs)} multiply-adds",
        escape(mark.setting),
        escape(mark.source),
        "open in Explore" if mark.ours and mark.name == choice.live else "",
    ]
    return "<br>".join(filter(None, lines))


def _layout(shown: Sequence[Point], choice: Choice) -> dict[str, Any]:
    theme = choice.theme
    costs = [math.log10(point.cost) for point in shown if point.cost]
    axis = {
        "gridcolor": LINE[theme], "linecolor": AXIS[theme], "zeroline": False, "showline": False,
        "tickfont": {"size": 11, "color": GREY[theme]}, "title": {"font": {"size": 11, "color": GREY[theme]}},
    }  # fmt: skip
    low, high = min(costs, default=8.0), max(costs, default=9.0)
    room = max(0.1, 0.25 - (high - low) / 2)  # at least half a decade is shown, so that nearly equal costs look equal
    ticks = _ticks(low - room, high + room)
    return {
        "font": {"family": FONT, "size": 12, "color": INK[theme]},
        "autosize": True,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 44, "r": 8, "t": 8, "b": 40},
        "hovermode": "closest",
        "hoverdistance": 24,
        "dragmode": "zoom",
        "hoverlabel": {
            "bgcolor": PAPER[theme], "bordercolor": AXIS[theme], "align": "left",
            "font": {"family": FONT, "size": 12, "color": INK[theme]},
        },
        "xaxis": axis | {
            "type": "log", "range": [low - room, high + room],
            "tickmode": "array", "tickvals": ticks, "ticktext": [short(tick) for tick in ticks],
            "title": axis["title"] | {"text": f"{COSTS[choice.cost]} (log)", "standoff": 8},
        },
        "yaxis": axis | {"ticksuffix": " %", "nticks": 7},
    }  # fmt: skip


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between 10^low and 10^high, few enough that their labels keep apart."""
    kept: list[float] = []
    for steps in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        kept = [step * 10.0**power for power in range(math.floor(low), math.ceil(high)) for step in steps]
        kept = [tick for tick in kept if low <= math.log10(tick) <= high]
        if len(kept) <= 6:
            break
    return kept


# Table and CSV --------------------------------------------------------------------------------------------------------

FORMULAS = tuple("=+-@＝＋－＠")
COLUMNS = ("Model", "", "Seeds", "Size", "Multiply-adds", "Data", "Measured on", "Network", "Source")
NUMBERS = slice(1, 5)


def table(shown: Iterable[Point], choice: Choice) -> dict[str, Any]:
    """The points as texts: {columns: [{label, number}], rows: [{name, cells}]}, best first within a data set."""
    labels = [label or f"{METRICS[choice.metric]}, %" for label in COLUMNS]
    shown = list(shown)
    order = [*DATA_SETS, *sorted({point.mark.data for point in shown})]
    best = sorted(shown, key=lambda point: (order.index(point.mark.data), -point.value))
    return {
        "columns": [{"label": label, "number": label in labels[NUMBERS]} for label in labels],
        "rows": [{"name": point.mark.name, "cells": _cells(point)} for point in best],
    }


def _cells(point: Point) -> list[str]:
    mark = point.mark
    return [
        mark.title,
        f"{point.value:.1f}",
        " ".join(filter(None, (str(mark.seeds), point.spread and f"({point.spread})"))) if mark.ours else "–",
        "–" if mark.size is None else size_text(mark.size),
        short(mark.macs),
        DATA_SETS.get(mark.data, mark.data),
        SPLITS.get(point.split, point.split),
        mark.network,
        mark.source if mark.ours else "; ".join(filter(None, (mark.source, mark.setting))),
    ]


def to_csv(marks: Iterable[Mark]) -> str:
    """All marks in full: a line a mark and split, accuracies in percent, empty where nothing was measured."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    numbers = [column for metric in METRICS for column in (metric, f"{metric}_low", f"{metric}_high")]
    writer.writerow(["checkpoint", "title", "system", "data", "split", "network", "height", "width", "macs", "seeds",
                     *numbers, "setting", "source"])  # fmt: skip
    for mark in marks:
        for split, values in mark.values.items():
            spread = mark.spread.get(split, {})
            found = [(values.get(metric, ""), *spread.get(metric, ("", ""))) for metric in METRICS]
            writer.writerow(map(_no_formula, (
                mark.name or "", mark.title, mark.system, mark.data, split, mark.network, *(mark.size or ("", "")),
                "" if mark.macs is None else f"{mark.macs:.0f}", mark.seeds,
                *(f"{v:.2f}" if _number(v) else "" for three in found for v in three), mark.setting, mark.source,
            )))  # fmt: skip
    return file.getvalue()


def _no_formula(cell: object) -> str:
    """A cell as text that no spreadsheet computes: what would start a formula gets an apostrophe before it."""
    text = str(cell)
    return f"'{text}" if text.lstrip().startswith(FORMULAS) else text
