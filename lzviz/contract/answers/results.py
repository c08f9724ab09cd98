"""Cost against accuracy: what is drawn, the same in a table, and all of it as CSV. Data sets never share a panel."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

from lzviz.contract.answers.marks import (
    DATA_SETS,
    METRICS,
    SPLITS,
    Mark,
    Point,
    number,
    points,
    shape,
    short,
    size_key,
    size_text,
    splits,
    systems,
)
from lzviz.contract.messages.results import AskResults
from lzviz.contract.pictures import OWN_PREFIX
from lzviz.spreadsheet import no_formula

COSTS = {"macs": "Multiply-adds", "pixels": "Pixels that the network sees"}
# The same on a button.
BRIEF = {
    "heldout": "Held out",
    "boundary": "Boundary",
    "small": "Small objects",
    "intrinsic": "Intrinsic",
    "pixels": "Pixels",
}


def results(marks: Sequence[Mark], choice: AskResults) -> dict[str, Any]:
    """Everything that the Results view draws, as plain JSON values: one panel a data set, the table, what can be chosen."""
    known = splits(marks)
    if choice.split not in known:
        choice = choice.model_copy(update={"split": known[0] if known else ""})
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
            {"value": key, "label": title, "colour": list(colour)}
            for key, (title, colour) in systems().items()
            if any(mark.system == key for mark in marks)
        ],
        "panels": [panel(drawn, choice) for drawn in panels if drawn],
        "note": note(here, choice),
        "table": table(here, choice),
    }


def note(shown: Sequence[Point], choice: AskResults) -> str:
    """What a reader has to know before comparing: whose marks these are, and what could not be drawn."""
    brought = sum((point.mark.name or "").startswith(OWN_PREFIX) for point in shown)
    ours = sum(point.mark.ours for point in shown) - brought
    printed = [point for point in shown if not point.mark.ours]
    lost = sum(point.cost is None for point in printed)
    said = []
    if ours:
        said.append(f"Solid: {_count(ours, 'checkpoint')} trained here; bars span the seeds.")
    if brought:
        said.append(f"Solid too: {_count(brought, 'checkpoint')} that you loaded.")
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


def panel(shown: Sequence[Point], choice: AskResults) -> dict[str, Any]:
    """The points of one data set: title, legend of the shapes, marks, and all of it in a sentence."""
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
        "axis": f"{COSTS[choice.cost]} (log)",
        "marks": [drawn(point, choice) for point in shown],
    }


def sentence(shown: Sequence[Point], choice: AskResults) -> str:
    """A figure in words, for those who do not see it."""
    best = max(shown, key=lambda point: point.value)
    costs = [point.cost for point in shown if point.cost is not None]
    unit = "multiply-adds" if choice.cost == "macs" else "pixels"
    return (
        f"{METRICS[choice.metric]} against {unit} on {DATA_SETS.get(best.mark.data, best.mark.data)}: "
        f"{_count(len(shown), 'mark')} from {short(min(costs))} to {short(max(costs))} {unit}; "
        f"highest: {best.mark.title} with {best.value:.1f} %. The table below has every number."
    )


def drawn(point: Point, choice: AskResults) -> dict[str, Any]:
    """A mark of a figure: where it stands, its bar over the seeds, and everything about it, one fact a line."""
    mark = point.mark
    return {
        "name": mark.name,
        "x": point.cost,
        "y": point.value,
        "low": point.low,
        "high": point.high,
        "system": mark.system,
        "shape": shape(mark.size),
        "live": mark.ours and mark.name == choice.live,
        "lines": facts(point, choice),
    }


def facts(point: Point, choice: AskResults) -> list[str]:
    """Everything about a mark, its title first."""
    mark = point.mark
    lines = [
        mark.title,
        f"{METRICS[choice.metric]} {point.value:.1f} %"
        + (f", {point.spread} over {mark.seeds} seeds" if point.spread else ""),
        f"{DATA_SETS.get(mark.data, mark.data)}, {SPLITS.get(point.split, point.split).lower()}",
        mark.network + ("" if mark.size is None else f", sees {size_text(mark.size)}"),
        "multiply-adds not printed" if mark.macs is None else f"{short(mark.macs)} multiply-adds",
        mark.setting,
        mark.source,
        "open in Explore" if mark.ours and mark.name == choice.live else "",
    ]
    return list(filter(None, lines))


# Table and CSV --------------------------------------------------------------------------------------------------------

COLUMNS = ("Model", "", "Seeds", "Size", "Multiply-adds", "Data", "Measured on", "Network", "Source")
NUMBERS = slice(1, 5)


def table(shown: Iterable[Point], choice: AskResults) -> dict[str, Any]:
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
            writer.writerow(map(no_formula, (
                mark.name or "", mark.title, mark.system, mark.data, split, mark.network, *(mark.size or ("", "")),
                "" if mark.macs is None else f"{mark.macs:.0f}", mark.seeds,
                *(f"{v:.2f}" if number(v) else "" for three in found for v in three), mark.setting, mark.source,
            )))  # fmt: skip
    return file.getvalue()
