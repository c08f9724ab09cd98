"""Cards of checkpoints as texts in reading order, and which there are; the results that they and the papers have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lzviz import samplers
from lzviz.contract.answers import checkpoints, results
from lzviz.contract.answers.marks import (
    DATA_SETS,
    HEADLINES,
    METRICS,
    Mark,
    data_text,
    family,
    marks_of,
    metric_text,
    number,
    published,
    shape,
    size_key,
    size_of,
    size_text,
    split_text,
    splits,
    systems,
)
from lzviz.contract.messages import results as messages
from lzviz.contract.messages.base import File
from lzviz.contract.wire import Refusal
from lzviz.text import Text, registered

if TYPE_CHECKING:
    from lzviz.checkpoints import Card
    from lzviz.contract.workshop import Workshop

EMPTY = (
    Text("models.empty"),
    "python -m lzviz train lds-camvid-96x128\npython -m lzviz export runs/lds-camvid-96x128\npython app.py",
)


# Cards as texts ---------------------------------------------------------------------------------------------------------


def card_view(card: Card, size: int | None = None, own: str | None = None) -> dict[str, Any]:
    """One card in words in reading order: headline, metrics, facts, recipe, seeds, Python.

    Args:
        size: bytes of the weights.
        own: the name under which a visitor brought it.
    """
    (mark,) = marks_of([card])
    return {
        "name": own or card.name,
        "said": card.name,
        "title": mark.title,
        "group": Text("models.brought") if own else group(mark),
        "shape": shape(mark.size),
        "colour": list(systems()[mark.system][1]),
        "system": mark.system,
        "about": about(card.system),
        "data": card.data,
        "size": size_key(mark.size),
        "own": own is not None,
        "headline": headline(mark),
        "metrics": metrics_table(mark),
        "facts": facts(card, size, paper(card.system)),
        "recipe": flat(card.recipe) + flat(card.blueprint),
        "seeds": seeds_table(card),
        "python": python_of(card.name if own is None else "path/of/the/folder"),
        "notes": card.notes,
    }


def paper(name: str) -> Text | str:
    """Where a system comes from; "" of one that is not known."""
    system = samplers.REGISTRY.get(name)
    return registered(f"sampler.{name}.paper", system.paper) if system else ""


def about(name: str) -> Text | str:
    """What a system is called, and does."""
    system = samplers.REGISTRY.get(name)
    if system is None:
        return name
    said = [registered(f"sampler.{name}.{part}", getattr(system, part)) for part in ("title", "summary")]
    return Text("card.about", {"title": said[0], "summary": said[1]})


def group(mark: Mark) -> Text:
    """Under which heading a card stands: its data set and what its network sees."""
    return Text("facts", {"facts": [data_text(mark.data), *([] if mark.size is None else [size_text(mark.size)])]})


def headline(mark: Mark) -> dict[str, Any] | None:
    """The number that stands for a checkpoint: that of its task on the first of its splits, held-out ones first."""
    for split in splits([mark]):
        metric = next((each for each in HEADLINES if each in mark.values[split]), None)
        if metric is not None:
            value, spread = mark.values[split][metric], mark.spread.get(split, {}).get(metric)
            over = Text("card.oneSeed")
            if spread:
                over = Text("card.overSeeds", {"low": spread[0], "high": spread[1], "count": mark.seeds})
            return {"value": value, "label": metric_text(metric), "split": split_text(split), "over": over}
    return None


def metrics_table(mark: Mark) -> dict[str, Any]:
    """A row a metric, a column a split, in percent, with the spread over the seeds beside it."""
    columns = splits([mark])
    rows = []
    for metric in METRICS:
        cells = [_cell(mark, split, metric) for split in columns]
        if any(cell["value"] is not None for cell in cells):
            rows.append({"label": metric_text(metric), "cells": cells})
    return {"columns": [split_text(split) for split in columns], "rows": rows}


def _cell(mark: Mark, split: str, metric: str) -> dict[str, Any]:
    return {"value": mark.values[split].get(metric), "spread": mark.spread.get(split, {}).get(metric)}


def facts(card: Card, size: int | None, origin: Text | str) -> list[tuple[Text, Text | str]]:
    """What a card says of itself, as (label, text); what it does not say is left out."""
    zoomed, source = size_of(card), card.blueprint.get("source")
    said: dict[str, Text | str] = {
        "origin": origin,
        "reading": registered(f"state.mode.{card.mode}", card.mode) if card.mode else "",
        "data": Text("facts", {"facts": [data_text(card.data), *filter(None, [card.split])]}),
        "classes": _classes(card),
        "network": f"{card.blueprint.get('network', '')}{_options(card.blueprint.get('network_options', {}))}",
        "networkSees": "" if zoomed is None else Text("card.pixels", {"size": size_text(zoomed)}),
        "samplerSees": "" if not source else Text("card.pixels", {"size": size_text((source[0], source[1]))}),
        "macs": "" if not card.macs else Text("card.anImage", {"value": card.macs}),
        "parameters": "" if not card.parameters else Text("number.whole", {"value": card.parameters}),
        "file": "" if size is None else Text("card.megabytes", {"value": size / 1e6}),
        "steps": "" if not card.steps else Text("number.whole", {"value": card.steps}),
        "seed": "" if card.seed is None else f"{card.seed}",
        "date": card.date,
        "licence": card.licence,
    }
    return [(Text(f"card.fact.{name}"), text) for name, text in said.items() if text]


def _classes(card: Card) -> Text | str:
    return Text("card.classes", {"count": len(card.classes), "classes": list(card.classes)}) if card.classes else ""


def _options(options: Mapping[str, Any]) -> str:
    texts = [f"{label} {text}" for label, text in flat(options)]
    return f" ({', '.join(texts)})" if texts else ""


def flat(values: Mapping[str, Any], ahead: str = "") -> list[list[str]]:
    """Nested settings as [dotted key, text]; what is empty is left out."""
    out: list[list[str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            out += flat(value, f"{ahead}{key}.") if not (key == "blueprint" and not ahead) else []
        elif value not in (None, "", (), []):
            out.append([ahead + key.replace("_", " "), _text(value)])
    return out


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return (" × " if len(value) == 2 and all(isinstance(n, int) for n in value) else ", ").join(map(_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def seeds_table(card: Card) -> dict[str, Any] | None:
    """A row a seed, a column a split and metric; None with one seed, whose numbers stand above."""
    if len(card.seeds) < 2:
        return None
    columns = [
        (split, metric)
        for split in splits(marks_of([card]))
        for metric in METRICS
        if any(metric in run.get(split, {}) for run in card.seeds)
    ]
    return {
        "columns": [
            Text("card.seedColumn", {"metric": metric_text(metric), "split": split_text(split)})
            for split, metric in columns
        ],
        "rows": [
            {
                "seed": str(run.get("seed", at)),
                "values": [_percent(run.get(split, {}).get(metric)) for split, metric in columns],
            }
            for at, run in enumerate(card.seeds)
        ],
    }


def _percent(value: Any) -> float | None:
    return 100 * value if number(value) else None


def python_of(name: str) -> str:
    """The three lines that load and run a checkpoint."""
    return f"import lzviz\npipeline = lzviz.load({name!r})\ntrace = pipeline.run(image)  # (1, 3, H, W) in [0, 1]"


# Answers ----------------------------------------------------------------------------------------------------------------


def cards(workshop: Workshop, question: messages.AskCards) -> messages.Cards:
    views = [
        card_view(card, None if name else _size(card.name), name) for card, name in _listed(workshop, question.own)
    ]
    lost = forgotten(workshop, question.own)
    return messages.Cards.model_validate({"cards": views, "empty": EMPTY, "forgotten": lost})


def compared(workshop: Workshop, question: messages.AskResults) -> messages.Results:
    said = results.results(_marks(workshop, question.own), question)
    return messages.Results.model_validate(said | {"forgotten": forgotten(workshop, question.own)})


def forgotten(workshop: Workshop, own: Iterable[str]) -> list[str]:
    """Those of a visitor's checkpoints that are not held here: the page brings them again."""
    return [name for name in own if workshop.memory.get("pipeline", name) is None]


def table(workshop: Workshop, question: messages.AskTable) -> File:
    text = results.to_csv(_marks(workshop, question.own))
    return File(body=text.encode(), media_type="text/csv; charset=utf-8", name="lzviz-results.csv")


def _listed(workshop: Workshop, own: Iterable[str]) -> list[tuple[Card, str | None]]:
    """(card, own name) of every trained checkpoint, those that the server forgot left out; in reading order."""
    shipped = [
        card
        for card in checkpoints.cards(workshop).values()
        if card.task in checkpoints.TASKS and checkpoints.is_trained(card)
    ]
    order = [*DATA_SETS, *sorted({card.data for card in shipped})]
    legend = list(systems())

    def place(card: Card) -> tuple[int, int, int, str]:
        h, w = size_of(card) or (0, 0)
        return order.index(card.data), h * w, legend.index(family(card.system)), card.name

    brought: list[tuple[Card, str | None]] = []
    for name in own:
        try:
            brought.append((checkpoints.card(workshop, name), name))
        except Refusal:
            continue
    return [*brought, *((card, None) for card in sorted(shipped, key=place))]


def _size(name: str) -> int | None:
    from lzviz.checkpoints import MODEL, places

    paths = (folder / name / MODEL for folder in places.folders())
    return next((path.stat().st_size for path in paths if path.is_file()), None)


def _marks(workshop: Workshop, own: Iterable[str]) -> list[Mark]:
    listed = _listed(workshop, own)
    ours = marks_of(card for card, _ in listed)
    for at, (_, name) in enumerate(listed):
        if name is not None:
            ours[at] = replace(ours[at], name=name, source=Text("results.brought", {"name": ours[at].source}))
    return [*ours, *published()]
