"""Cost against accuracy: the checkpoints' own numbers and the papers', as marks, figures, tables and CSV.

    cards, published.csv --marks_of, published--> Mark --figure--> plotly.graph_objects.Figure, one a data set

Pure functions that read numbers and compute none: accuracies were measured when a checkpoint was made, and the papers' stand in
``data/published.csv``, each with the table it was printed in. Marks of different data sets never share a figure.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.state import Size
from app.wire import Refusal

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from lzviz.checkpoints import Card

PUBLISHED = Path(__file__).with_name("data") / "published.csv"

Cost = Literal["macs", "pixels"]
Theme = Literal["light", "dark"]

METRICS = {"miou": "mIoU", "boundary": "Boundary mIoU", "small": "Small objects, IoU", "intrinsic": "Intrinsic mIoU"}
COSTS = {"macs": "Multiply-adds", "pixels": "Pixels the network sees"}
DATA_SETS = {"camvid": "CamVid", "scenes": "Procedural scenes", "cityscapes": "Cityscapes", "voc": "PASCAL VOC 2012"}
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
    "uniform": {"light": "#6b7279", "dark": "#a4abb3"},
    "lz": {"light": "#b35806", "dark": "#f0944d"},
    "lzu": {"light": "#2b6cb0", "dark": "#62a5e8"},
    "lds": {"light": "#c2185b", "dark": "#f47ba9"},
    "es": {"light": "#6d4fc4", "dark": "#b7a4f7"},
    "resizer": {"light": "#86690a", "dark": "#d6b23e"},
    "downsizenet": {"light": "#1d7f4e", "dark": "#5fc08d"},
    "cad": {"light": "#0b7c8c", "dark": "#4fc4d3"},
    "other": {"light": "#1a1c1f", "dark": "#eceef0"},
}
TITLES = {
    "uniform": "Uniform", "lz": "LZ", "lzu": "LZU", "lds": "LDS", "es": "ES", "resizer": "Learned resizer",
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
MARK, RING = 11, 21


@dataclass(frozen=True)
class Mark:
    """One measured point.

    Attributes:
        title: what it is, for readers; ``name``: its checkpoint, ``None`` for a paper's number.
        system: of the registry, ``uniform`` for every even sampling.
        data: key of the data set.
        size: (h, w) of the image that the network sees; ``None``: not said.
        macs: multiply-adds for one image; ``None``: not said.
        values: percent by split and metric; a paper's stand under the split "printed".
        spread: smallest and largest percent over the seeds, by split and metric; empty with one seed.
        seeds: how many were trained.
        setting, source: what else is said of it, and by whom.
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

    def value(self, split: str, metric: str) -> float | None:
        """Percent; of a paper, whatever split it printed."""
        return self.values.get("printed" if self.name is None else split, {}).get(metric)

    def cost(self, cost: Cost) -> float | None:
        """Multiply-adds, or pixels that the network sees."""
        if cost == "macs":
            return self.macs
        return None if self.size is None else self.size[0] * self.size[1]


@dataclass(frozen=True)
class Choice:
    """What is shown of the results.

    Attributes:
        split, metric, cost: which number against which.
        data, systems: keys that are shown; empty: all.
        live: name of the checkpoint that Explore shows, drawn with a ring.
        theme: of the page.
    """

    split: str = ""
    metric: str = "miou"
    cost: Cost = "macs"
    data: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()
    live: str = ""
    theme: Theme = "light"

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Choice:
        """The choice of a query string; lists are joined by commas.

        Raises:
            Refusal: a word that is none of the possible ones.
        """
        lists = {key: frozenset(filter(None, query.get(key, "").split(","))) for key in ("data", "systems")}
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
        title=card.title,
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
        setting=card.mode or "",
        source="trained here",
    )


def size_of(card: Card) -> Size | None:
    """(h, w) of the image that a checkpoint's network sees."""
    size = card.blueprint.get("size")
    return None if size is None else (size[0], size[1])


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


@lru_cache(maxsize=1)
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
        values={"printed": {"miou": float(row["miou"])}},
        spread={},
        seeds=0,
        setting=setting + ("; which column is which size is inferred" if row["inferred"] == "size" else ""),
        source=f"{PAPERS[row['source']]}, {row['table']}",
    )


# What is shown --------------------------------------------------------------------------------------------------------


def splits(marks: Iterable[Mark]) -> list[str]:
    """The splits that checkpoints were measured on, the held-out ones first."""
    found = {split for mark in marks if mark.name is not None for split in mark.values}
    order = [*SPLITS, *sorted(found)]
    return sorted(found, key=order.index)


def settle(choice: Choice, marks: Sequence[Mark]) -> Choice:
    """The choice with a split that exists."""
    known = splits(marks)
    return choice if choice.split in known else replace(choice, split=known[0] if known else "")


def shown(marks: Iterable[Mark], choice: Choice) -> list[Mark]:
    """The marks of the chosen data sets and systems that have the chosen number."""
    return [
        mark
        for mark in marks
        if (not choice.data or mark.data in choice.data)
        and (not choice.systems or mark.system in choice.systems)
        and mark.value(choice.split, choice.metric) is not None
    ]


def results(marks: Sequence[Mark], choice: Choice) -> dict[str, Any]:
    """Everything that the Results view draws, as plain JSON values: one panel a data set, the table, what can be chosen."""
    choice = settle(choice, marks)
    here = shown(marks, choice)
    drawn = [mark for mark in here if mark.cost(choice.cost) is not None]
    order = [*DATA_SETS, *sorted({mark.data for mark in marks})]
    data = sorted({mark.data for mark in marks}, key=order.index)
    return {
        "choice": {"split": choice.split, "metric": choice.metric, "cost": choice.cost},
        "splits": [{"value": split, "label": SPLITS.get(split, split)} for split in splits(marks)],
        "metrics": [{"value": key, "label": label} for key, label in METRICS.items()],
        "costs": [{"value": key, "label": label} for key, label in COSTS.items()],
        "data": [{"value": key, "label": DATA_SETS.get(key, key)} for key in data],
        "systems": [
            {"value": key, "label": TITLES[key], "colour": COLOURS[key][choice.theme]}
            for key in COLOURS
            if any(mark.system == key for mark in marks)
        ],
        "panels": [panel([mark for mark in drawn if mark.data == key], choice) for key in data if _any(drawn, key)],
        "note": note(here, choice),
        "table": table(here, choice),
    }


def _any(marks: Iterable[Mark], data: str) -> bool:
    return any(mark.data == data for mark in marks)


def note(marks: Sequence[Mark], choice: Choice) -> str:
    """What a reader has to know before comparing: whose marks these are, and what could not be drawn."""
    ours = sum(mark.name is not None for mark in marks)
    printed = [mark for mark in marks if mark.name is None]
    lost = sum(mark.cost(choice.cost) is None for mark in printed)
    said = []
    if ours:
        said.append(f"Solid: {_count(ours, 'checkpoint')} trained here; bars span the seeds.")
    if printed:
        said.append(
            "Hollow: numbers from the papers: other data, other networks. Compare within one panel and one network only."
        )
    elif choice.metric != "miou":
        said.append("The papers' numbers are mIoU only.")
    if lost:
        word = "multiply-adds" if choice.cost == "macs" else "a size"
        said.append(f"{lost} of the papers' {len(printed)} come without {word} and stand in the table only.")
    return " ".join(said)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"


def panel(marks: Sequence[Mark], choice: Choice) -> dict[str, Any]:
    """One data set: its title, the legend of its shapes, its figure and the figure in a sentence."""
    ours = [mark for mark in marks if mark.name is not None]
    data = marks[0].data
    whose = " · ".join(
        filter(None, (ours and SPLITS.get(choice.split, choice.split), len(ours) < len(marks) and "papers' numbers"))
    )
    shapes: dict[str, list[str]] = {}
    for mark in sorted(marks, key=lambda mark: (mark.size is None, math.prod(mark.size or ()))):
        text = "size not said" if mark.size is None else "×".join(map(str, mark.size))
        if text not in shapes.setdefault(shape(mark.size), []):
            shapes[shape(mark.size)].append(text)
    return {
        "data": data,
        "title": DATA_SETS.get(data, data),
        "whose": whose,
        "shapes": [{"shape": key, "sizes": ", ".join(texts)} for key, texts in shapes.items()],
        "sentence": sentence(marks, choice),
        "figure": figure(marks, choice).to_plotly_json(),
    }


def sentence(marks: Sequence[Mark], choice: Choice) -> str:
    """A figure in words, for those who do not see it."""
    best = max(marks, key=lambda mark: mark.value(choice.split, choice.metric) or 0)
    value = best.value(choice.split, choice.metric)
    costs = [mark.cost(choice.cost) or 0 for mark in marks]
    unit = "multiply-adds" if choice.cost == "macs" else "pixels"
    return (
        f"{METRICS[choice.metric]} against {unit} on {DATA_SETS.get(marks[0].data, marks[0].data)}: "
        f"{_count(len(marks), 'mark')} from {short(min(costs))} to {short(max(costs))} {unit}; "
        f"highest: {best.title} with {value:.1f} %. The table below has every number."
    )


def shape(size: Size | None) -> str:
    """The mark of a size."""
    return NO_SIZE if size is None else next(name for most, name in SHAPES if size[0] * size[1] < most)


def short(value: float | None) -> str:
    """A large number in three digits: 1.53 G."""
    if value is None:
        return "–"
    for power, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= power:
            return f"{value / power:.3g} {letter}"
    return f"{value:.3g}"


# Figures --------------------------------------------------------------------------------------------------------------


def figure(marks: Sequence[Mark], choice: Choice) -> Figure:
    """Cost (log) against percent for the marks of one data set: solid = a checkpoint, hollow = a paper's, ring = live."""
    from plotly import graph_objects as go

    drawn = go.Figure(layout=_layout(marks, choice))
    for system in COLOURS:
        for hollow in (True, False):
            group = [mark for mark in marks if mark.system == system and (mark.name is None) == hollow]
            if group:
                drawn.add_trace(_trace(group, choice, hollow))
    live = [mark for mark in marks if mark.name is not None and mark.name == choice.live]
    if live:
        drawn.add_trace(_ring(live, choice))
    return drawn


def _trace(marks: Sequence[Mark], choice: Choice, hollow: bool) -> Any:
    from plotly import graph_objects as go

    colour = COLOURS[marks[0].system][choice.theme]
    values = [mark.value(choice.split, choice.metric) or 0.0 for mark in marks]
    ranges = [
        mark.spread.get(choice.split, {}).get(choice.metric, (v, v)) for mark, v in zip(marks, values, strict=True)
    ]
    return go.Scatter(
        x=[mark.cost(choice.cost) for mark in marks],
        y=values,
        error_y={
            "array": [max(0.0, high - v) for (_, high), v in zip(ranges, values, strict=True)],
            "arrayminus": [max(0.0, v - low) for (low, _), v in zip(ranges, values, strict=True)],
            "symmetric": False,
            "visible": not hollow,
            "color": colour,
            "thickness": 1.25,
            "width": 4,
        },
        mode="markers",
        name=TITLES[marks[0].system] + (" (papers)" if hollow else ""),
        marker={
            "symbol": [shape(mark.size) + ("-open" if hollow else "") for mark in marks],
            "size": MARK,
            "color": colour,
            "opacity": 1,
            "line": {"width": 1.75 if hollow else 1, "color": colour if hollow else PAPER[choice.theme]},
        },
        text=[hover(mark, choice) for mark in marks],
        customdata=[mark.name or "" for mark in marks],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _ring(marks: Sequence[Mark], choice: Choice) -> Any:
    from plotly import graph_objects as go

    return go.Scatter(
        x=[mark.cost(choice.cost) for mark in marks],
        y=[mark.value(choice.split, choice.metric) for mark in marks],
        mode="markers",
        name="open in Explore",
        marker={"symbol": "circle-open", "size": RING, "color": ACCENT[choice.theme], "line": {"width": 2}},
        hoverinfo="skip",
        showlegend=False,
    )


def hover(mark: Mark, choice: Choice) -> str:
    """Everything about a mark, one fact a line; text from cards is escaped, because Plotly reads tags."""
    value = mark.value(choice.split, choice.metric)
    spread = mark.spread.get(choice.split, {}).get(choice.metric)
    split = "as printed" if mark.name is None else SPLITS.get(choice.split, choice.split).lower()
    lines = [
        f"<b>{escape(mark.title)}</b>",
        f"{METRICS[choice.metric]} <b>{value:.1f} %</b>"
        + (f", {_range(spread)} over {mark.seeds} seeds" if spread else ""),
        f"{DATA_SETS.get(mark.data, escape(mark.data))}, {escape(split)}",
        escape(mark.network) + ("" if mark.size is None else f", sees {mark.size[0]} × {mark.size[1]}"),
        "multiply-adds not printed" if mark.macs is None else f"{short(mark.macs)} multiply-adds",
        escape(mark.setting),
        escape(mark.name or mark.source),
    ]
    if mark.name is not None and mark.name == choice.live:
        lines.append("open in Explore")
    return "<br>".join(filter(None, lines))


def _layout(marks: Sequence[Mark], choice: Choice) -> dict[str, Any]:
    theme = choice.theme
    costs = [cost for mark in marks if (cost := mark.cost(choice.cost))]
    axis = {
        "gridcolor": LINE[theme], "linecolor": AXIS[theme], "zeroline": False, "showline": False,
        "tickfont": {"size": 11, "color": GREY[theme]}, "title": {"font": {"size": 11, "color": GREY[theme]}},
    }  # fmt: skip
    low, high = math.log10(min(costs, default=1e8)), math.log10(max(costs, default=1e9))
    room = max(0.12, 0.5 - (high - low) / 2)  # at least a decade is shown, so that equal costs look equal
    return {
        "font": {"family": FONT, "size": 12, "color": INK[theme]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 44, "r": 12, "t": 8, "b": 40},
        "hovermode": "closest",
        "hoverdistance": 24,
        "dragmode": "zoom",
        "hoverlabel": {
            "bgcolor": PAPER[theme], "bordercolor": AXIS[theme], "align": "left",
            "font": {"family": FONT, "size": 12, "color": INK[theme]},
        },
        "xaxis": axis | {
            "type": "log", "range": [low - room, high + room], "tickformat": "~s", "dtick": "D2",
            "title": axis["title"] | {"text": COSTS[choice.cost] + " (log)", "standoff": 8},
        },
        "yaxis": axis | {"ticksuffix": " %", "nticks": 7},
    }  # fmt: skip


# Table and CSV --------------------------------------------------------------------------------------------------------


def table(marks: Sequence[Mark], choice: Choice) -> dict[str, Any]:
    """The shown marks as texts: {columns: [{label, number}], rows: [{name, cells}]}, best first within a data set."""
    label = METRICS[choice.metric]
    columns = ["Model", "Data", "Network", "Size", "Multiply-adds", f"{label}, %", "Seeds", "Source"]
    order = [*DATA_SETS, *sorted({mark.data for mark in marks})]
    best = sorted(marks, key=lambda mark: (order.index(mark.data), -(mark.value(choice.split, choice.metric) or 0)))
    return {
        "columns": [{"label": text, "number": text in columns[3:7]} for text in columns],
        "rows": [{"name": mark.name, "system": mark.system, "cells": _cells(mark, choice)} for mark in best],
    }


def _cells(mark: Mark, choice: Choice) -> list[str]:
    spread = mark.spread.get(choice.split, {}).get(choice.metric)
    return [
        mark.title,
        DATA_SETS.get(mark.data, mark.data),
        mark.network,
        "–" if mark.size is None else f"{mark.size[0]} × {mark.size[1]}",
        short(mark.macs),
        f"{mark.value(choice.split, choice.metric):.1f}",
        "–" if mark.name is None else f"{mark.seeds}" + (f" ({_range(spread)})" if spread else ""),
        mark.name or "; ".join(filter(None, (mark.source, mark.setting))),
    ]


def _range(spread: tuple[float, float]) -> str:
    return f"{spread[0]:.1f}–{spread[1]:.1f}"


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
            writer.writerow([
                mark.name or "", mark.title, mark.system, mark.data, split, mark.network, *(mark.size or ("", "")),
                "" if mark.macs is None else f"{mark.macs:.0f}", mark.seeds,
                *(f"{v:.2f}" if _number(v) else "" for three in found for v in three), mark.setting, mark.source,
            ])  # fmt: skip
    return file.getvalue()
