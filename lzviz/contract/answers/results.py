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
    Mark,
    Point,
    counted,
    data_text,
    metric_text,
    number,
    points,
    shape,
    size_key,
    size_text,
    split_text,
    splits,
    systems,
)
from lzviz.contract.messages.results import AskResults
from lzviz.contract.pictures import OWN_PREFIX
from lzviz.spreadsheet import no_formula
from lzviz.text import Text, registered

COSTS = ("macs", "pixels")


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
        "splits": [{"value": split, "label": registered(f"split.brief.{split}", split)} for split in known],
        "metrics": [{"value": key, "label": Text(f"metric.brief.{key}")} for key in METRICS],
        "costs": [{"value": key, "label": Text(f"cost.brief.{key}")} for key in COSTS],
        "data": [{"value": key, "label": data_text(key)} for key in data],
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


def note(shown: Sequence[Point], choice: AskResults) -> Text:
    """What a reader has to know before comparing: whose marks these are, and what could not be drawn."""
    brought = sum((point.mark.name or "").startswith(OWN_PREFIX) for point in shown)
    ours = sum(point.mark.ours for point in shown) - brought
    printed = [point for point in shown if not point.mark.ours]
    lost = sum(point.cost is None for point in printed)
    said = []
    if ours:
        said.append(Text("results.note.ours", {"count": ours}))
    if brought:
        said.append(Text("results.note.brought", {"count": brought}))
    if printed:
        said.append(Text("results.note.papers"))
    elif choice.metric != "miou":
        said.append(Text("results.note.miou"))
    if any(point.mark.ours and point.mark.name == choice.live for point in shown):
        said.append(Text("results.note.ring"))
    if lost:
        said.append(Text(f"results.note.lost.{choice.cost}", {"count": lost, "all": len(printed)}))
    return Text("results.note", {"parts": said})


def panel(shown: Sequence[Point], choice: AskResults) -> dict[str, Any]:
    """The points of one data set: title, legend of the shapes, marks, and all of it in a sentence."""
    data = shown[0].mark.data
    kinds: dict[str, Text | str] = {}
    for point in shown:
        whose = split_text(point.split) if point.mark.ours else Text("results.papers")
        kinds.setdefault(str(whose), whose)
    shapes: dict[str, dict[str, Text | str]] = {}
    for size in sorted({point.mark.size or () for point in shown}, key=lambda size: (not size, math.prod(size))):
        said = size_text(size or None)
        shapes.setdefault(shape(size or None), {})[str(said)] = said
    return {
        "data": data,
        "title": data_text(data),
        "whose": Text("facts", {"facts": list(kinds.values())}),
        "shapes": [
            {"shape": key, "sizes": Text("results.sizes", {"sizes": list(texts.values())})}
            for key, texts in shapes.items()
        ],
        "sentence": sentence(shown, choice),
        "axis": Text(f"results.axis.{choice.cost}"),
        "marks": [drawn(point, choice) for point in shown],
    }


def sentence(shown: Sequence[Point], choice: AskResults) -> Text:
    """A figure in words, for those who do not see it."""
    best = max(shown, key=lambda point: point.value)
    costs = [point.cost for point in shown if point.cost is not None]
    values = {"metric": metric_text(choice.metric), "data": data_text(best.mark.data), "count": len(shown)}
    range_ = {"least": min(costs), "most": max(costs)}
    return Text(f"results.says.{choice.cost}", values | range_ | {"title": best.mark.title, "value": best.value})


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


def facts(point: Point, choice: AskResults) -> list[Text | str]:
    """Everything about a mark, its title first."""
    mark = point.mark
    value: dict[str, Any] = {"metric": metric_text(choice.metric), "value": point.value}
    spread = value | {"low": point.low, "high": point.high, "count": mark.seeds}
    lines = [
        mark.title,
        Text("results.fact.spread", spread) if point.spreads else Text("results.fact.value", value),
        Text("results.fact.data", {"data": data_text(mark.data), "split": split_text(point.split)}),
        mark.network
        if mark.size is None
        else Text("results.fact.network", {"network": mark.network, "size": size_text(mark.size)}),
        Text("results.fact.noMacs") if mark.macs is None else Text("results.fact.macs", {"value": mark.macs}),
        *mark.setting,
        mark.source,
        Text("results.fact.open") if mark.ours and mark.name == choice.live else "",
    ]
    return [line for line in lines if line]


# Table and CSV --------------------------------------------------------------------------------------------------------

COLUMNS = ("model", "value", "seeds", "size", "macs", "data", "split", "network", "source")
NUMBERS = COLUMNS[1:5]


def table(shown: Iterable[Point], choice: AskResults) -> dict[str, Any]:
    """The points in words: {columns: [{label, number}], rows: [{name, cells}]}, best first within a data set."""
    shown = list(shown)
    order = [*DATA_SETS, *sorted({point.mark.data for point in shown})]
    best = sorted(shown, key=lambda point: (order.index(point.mark.data), -point.value))
    metric = {"metric": metric_text(choice.metric)}
    return {
        "columns": [{"label": Text(f"results.column.{key}", metric), "number": key in NUMBERS} for key in COLUMNS],
        "rows": [{"name": point.mark.name, "cells": _cells(point)} for point in best],
    }


def _cells(point: Point) -> list[Text | str]:
    mark = point.mark
    spread = {"count": mark.seeds, "low": point.low, "high": point.high}
    seeds = Text("results.seeds", spread) if point.spreads else str(mark.seeds)
    return [
        mark.title,
        Text("number.one", {"value": point.value}),
        seeds if mark.ours else "–",
        "–" if mark.size is None else size_text(mark.size),
        counted(mark.macs),
        data_text(mark.data),
        split_text(point.split),
        mark.network,
        mark.source if mark.ours else _sourced([mark.source, *mark.setting]),
    ]


def _sourced(parts: Sequence[Text | str]) -> Text | str:
    names = [part for part in parts if isinstance(part, str)]
    return "; ".join(names) if len(names) == len(parts) else Text("results.sourced", {"parts": list(parts)})


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
                mark.name or "", str(mark.title), mark.system, mark.data, split, mark.network, *(mark.size or ("", "")),
                "" if mark.macs is None else f"{mark.macs:.0f}", mark.seeds,
                *(f"{v:.2f}" if number(v) else "" for three in found for v in three), "; ".join(map(str, mark.setting)),
                str(mark.source),
            )))  # fmt: skip
    return file.getvalue()
