"""Cards of checkpoints as texts in reading order, and which there are; the results that they and the papers have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lzviz import samplers
from lzviz.contract.answers import checkpoints, results
from lzviz.contract.answers.marks import (
    DATA_SETS,
    METRICS,
    SPLITS,
    Mark,
    family,
    marks_of,
    published,
    shape,
    short,
    size_key,
    size_of,
    size_text,
    splits,
    systems,
)
from lzviz.contract.messages import results as messages
from lzviz.contract.messages.base import File
from lzviz.contract.wire import Refusal

if TYPE_CHECKING:
    from lzviz.checkpoints import Card
    from lzviz.contract.workshop import Workshop

EMPTY = (
    "No checkpoint is here yet. Train one, bring it into the list, and start the page again:",
    "python -m lzviz train lds-camvid-96x128\npython -m lzviz export runs/lds-camvid-96x128\npython app.py",
)


# Cards as texts ---------------------------------------------------------------------------------------------------------


def card_view(card: Card, size: int | None = None, own: str | None = None) -> dict[str, Any]:
    """One card as texts in reading order: headline, metrics, facts, recipe, seeds, Python.

    Args:
        size: bytes of the weights.
        own: the name under which a visitor brought it.
    """
    (mark,) = marks_of([card])
    system = samplers.REGISTRY.get(card.system)
    return {
        "name": own or card.name,
        "said": card.name,
        "title": mark.title,
        "group": "Loaded by you" if own else group(mark),
        "shape": shape(mark.size),
        "colour": list(systems()[mark.system][1]),
        "system": mark.system,
        "systemTitle": system.title if system else card.system,
        "summary": system.summary if system else "",
        "data": card.data,
        "size": size_key(mark.size),
        "own": own is not None,
        "headline": headline(mark),
        "metrics": metrics_table(mark),
        "facts": facts(card, size, system.paper if system else ""),
        "recipe": flat(card.recipe) + flat(card.blueprint),
        "seeds": seeds_table(card),
        "python": python_of(card.name if own is None else "path/of/the/folder"),
        "notes": card.notes,
    }


def group(mark: Mark) -> str:
    """Under which heading a card stands: its data set and what its network sees."""
    size = "" if mark.size is None else size_text(mark.size)
    return " · ".join(filter(None, (DATA_SETS.get(mark.data, mark.data), size))) or "Other"


def headline(mark: Mark) -> dict[str, str] | None:
    """The number that stands for a checkpoint: mIoU on the first of its splits, held-out ones first."""
    for split in splits([mark]):
        value = mark.values[split].get("miou")
        if value is not None:
            spread = mark.spread.get(split, {}).get("miou")
            over = f"{spread[0]:.1f}–{spread[1]:.1f} over {mark.seeds} seeds" if spread else "one seed"
            return {
                "value": f"{value:.1f}",
                "unit": "%",
                "label": "mIoU",
                "split": SPLITS.get(split, split),
                "over": over,
            }
    return None


def metrics_table(mark: Mark) -> dict[str, Any]:
    """A row a metric, a column a split, in percent, with the spread over the seeds beside it."""
    columns = splits([mark])
    rows = []
    for metric, label in METRICS.items():
        cells = [_cell(mark, split, metric) for split in columns]
        if any(cell["value"] for cell in cells):
            rows.append({"label": label, "cells": cells})
    return {"columns": [SPLITS.get(split, split) for split in columns], "rows": rows}


def _cell(mark: Mark, split: str, metric: str) -> dict[str, str]:
    value, spread = mark.values[split].get(metric), mark.spread.get(split, {}).get(metric)
    return {
        "value": "" if value is None else f"{value:.1f}",
        "spread": f"{spread[0]:.1f}–{spread[1]:.1f}" if spread else "",
    }


def facts(card: Card, size: int | None, origin: str) -> list[list[str]]:
    """What a card says of itself, as [label, text]; what it does not say is left out."""
    zoomed = size_of(card)
    source = card.blueprint.get("source")
    return [
        [label, text]
        for label, text in (
            ("Origin", origin),
            ("Reading", card.mode),
            ("Data", " · ".join(filter(None, (DATA_SETS.get(card.data, card.data), card.split)))),
            ("Classes", f"{len(card.classes)}: {', '.join(card.classes)}" if card.classes else ""),
            ("Network", f"{card.blueprint.get('network', '')}{_options(card.blueprint.get('network_options', {}))}"),
            ("Network sees", "" if zoomed is None else f"{size_text(zoomed)} px"),
            ("Sampler sees", "" if not source else f"{size_text((source[0], source[1]))} px"),
            ("Multiply-adds", "" if not card.macs else f"{short(card.macs)} an image"),
            ("Parameters", "" if not card.parameters else f"{card.parameters:,}".replace(",", " ")),
            ("File", "" if size is None else f"{size / 1e6:.2f} MB, safetensors"),
            ("Steps", "" if not card.steps else f"{card.steps}"),
            ("Seed", "" if card.seed is None else f"{card.seed}"),
            ("Date", card.date),
            ("Licence", card.licence),
        )
        if text
    ]


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
        "columns": [f"{METRICS[metric]}, {SPLITS.get(split, split).lower()}" for split, metric in columns],
        "rows": [
            [str(run.get("seed", at)), *(_percent(run.get(split, {}).get(metric)) for split, metric in columns)]
            for at, run in enumerate(card.seeds)
        ],
    }


def _percent(value: Any) -> str:
    return f"{100 * value:.1f}" if isinstance(value, int | float) else ""


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
    shipped = [card for card in checkpoints.cards(workshop).values() if checkpoints.is_trained(card)]
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
            ours[at] = replace(ours[at], name=name, source=f"{ours[at].source}, loaded by you")
    return [*ours, *published()]
