"""The methods of a state side by side, each at the size that spends the budget, by :mod:`lzviz.comparison`."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lzviz import palette, resampling, samplers
from lzviz.comparison import Budget, Comparison, Row, Table
from lzviz.comparison.fits import Fit, fits
from lzviz.comparison.measured import Measured, measured, timed
from lzviz.comparison.methods import Method
from lzviz.comparison.names import base, settings, title
from lzviz.contract.answers import checkpoints, warp
from lzviz.contract.answers.pipeline_parts import index_bytes, levels_of, png
from lzviz.contract.decoding import check_wanted
from lzviz.contract.lent import device, device_name
from lzviz.contract.messages.base import File, OnTruth
from lzviz.contract.messages.compare import AskCompared, Compared
from lzviz.contract.messages.warp import Export
from lzviz.contract.options import values_of
from lzviz.contract.state import State
from lzviz.contract.truth import IGNORE, Truth
from lzviz.contract.wire import Refusal
from lzviz.coords import Size
from lzviz.measure import timing
from lzviz.pipelines.pipeline import Pipeline
from lzviz.plain.packed import encode_array
from lzviz.text import Text
from lzviz.warp import WarpLayout

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

REPEATS = 7
MOST_PIXELS = 1 << 22
"""Of a picture that is compared on; a larger one is averaged down to so many."""
VIEW = ("room", "camera", "compared_view", "layers", "tool")
"""Keys of a state that change nothing of what is measured."""


def compared(workshop: Workshop, question: AskCompared) -> Compared:
    """The answer; one comparison runs at a time, so that its times mean something."""
    with workshop.running:
        return Compared.model_validate(answer(workshop, question))


def answer(workshop: Workshop, question: AskCompared) -> dict[str, Any]:
    asked = Asked(workshop, question)
    found = asked.found()
    with torch.inference_mode():
        rows = asked.clocked(found) if question.clock else [each.row for each in found]
    table = Table(rows)
    truth = asked.truth
    return {
        "rows": [
            {**_numbers(row), "density": _density(row, truth), "note": each.note, "floor": each.floor, **each.told}
            for row, each in zip(table, found, strict=True)
        ],
        "best": {column.name: sorted(table.best(column)) for column in table.columns()},
        "csv": table.to_csv(),
        "latex": table.to_latex(),
        "markdown": table.to_markdown(),
        "device": device_name(),
        "size": asked.size,
        "truth": None if truth is None else png(truth.within(asked.size)),
        "classes": [] if truth is None else _classes(truth),
    }


FIGURES = {("sheet", "png"): "image/png", ("sheet", "svg"): "image/svg+xml", ("pareto", "png"): "image/png"}


def export(workshop: Workshop, question: Export) -> File:
    """The contact sheet, or score against cost, as a figure for a paper.

    Raises:
        Refusal: another ``what`` or ``format``.
    """
    from lzviz.comparison import figures

    kind = FIGURES.get((question.what, question.format))
    if kind is None:
        raise Refusal(Text("refused.export", {"known": [f"{w}.{f}" for w, f in FIGURES]}))
    asked = Asked(workshop, question)
    with workshop.running, torch.inference_mode():
        comparison = asked.comparison(timed=question.what == "pareto")
        figure = comparison.figure() if question.what == "sheet" else comparison.pareto()
    return File(body=figures.written(figure, question.format), media_type=kind, kept="private",
                name=f"lzviz-{question.state.image}-{question.what}.{question.format}")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Found:
    """What is known of a method but its times: kept until it is asked with them.

    Attributes:
        note: why something of it is missing; method: at its size, ``None`` where no size spends the budget.
        told: what is drawn of it, in the words of the contract.
    """

    row: Row
    note: Text | None
    method: Method | None
    told: dict[str, Any]
    floor: float | None = None


@dataclass(frozen=True, eq=False)
class Asked:
    """What is compared on what."""

    workshop: Workshop
    question: OnTruth

    @property
    def state(self) -> State:
        return self.question.state

    @cached_property
    def budget(self) -> Budget:
        """What each method can spend."""
        state, picture = self.state, self.workshop.picture_of(self.question)
        if state.compared_equal == "macs":
            return Budget("macs", amount=1e6 * state.compared_macs)
        if state.compared_equal == "ms":
            return Budget("ms", amount=state.compared_ms)
        return Budget("pixels", state.zoomed_size(picture.size))

    @cached_property
    def image(self) -> Tensor:
        """(1, 3, H, W) on the device, at most :data:`MOST_PIXELS`."""
        picture = self.workshop.picture_of(self.question)
        most = math.sqrt(MOST_PIXELS / (picture.size[0] * picture.size[1]))
        return resampling.reduce(warp.image_tensor(picture), min(self.state.source_scale, most)).to(device())

    @property
    def size(self) -> Size:
        """(H, W) of that."""
        return int(self.image.shape[-2]), int(self.image.shape[-1])

    @cached_property
    def region(self) -> Tensor | None:
        """What the state asks to see better, (1, 1, h, w) in [0, 1]."""
        picture = self.workshop.picture_of(self.question)
        return warp.emphasis_of(self.state, picture, warp.saliency_of(self.state, picture, self.question.file))

    @cached_property
    def truth(self) -> Truth | None:
        """The true labels of the picture."""
        return self.workshop.truth_of(self.question)

    def truth_of(self, method: Method) -> Truth | None:
        """The same as the classes of a network; of a sampler as their own."""
        if self.truth is None or method.pipeline.network is None:
            return self.truth
        return self.truth.named(method.pipeline.classes)

    def method(self, name: str) -> Method:
        """A sampler as its paper sets it, told where the state tells it; or a trained pipeline, which looks by itself."""
        if base(name) not in samplers.REGISTRY:
            card = checkpoints.card(self.workshop, name)
            return Method(name, checkpoints.title(card), checkpoints.pipeline(self.workshop, name))
        system, own = samplers.REGISTRY[base(name)], settings(name)
        keys = {key: value for key, value in (dict(system.prescribes) | own).items() if key in State.model_fields}
        state = self.state.model_copy(update={"sampler": system.name, **keys})
        look = None
        if self.state.saliency in system.sources:
            picture = self.workshop.picture_of(self.question)
            look = warp.saliency_of(state, picture, self.question.file).float().to(self.image.device)
        sampler = samplers.create(system.name, **(dict(values_of(state)) | dict(system.prescribes) | own))
        return Method(name, title(name), Pipeline(sampler), look)

    def found(self) -> list[Found]:
        """Every method, in the order of the state; computed once for a state on a picture."""
        state = self.state.model_copy(update={key: State.model_fields[key].default for key in VIEW})
        file = self.question.file
        asked = [state.to_link(), self.question.image, self.question.truth, file and file.to_text()]
        key = hashlib.blake2b(repr(asked).encode(), digest_size=16).hexdigest()
        return self.workshop.memory.keep("compared", key, self._found, _bytes)

    @torch.inference_mode()
    def _found(self) -> list[Found]:
        made = {name: self._made(name) for name in self.state.compared}
        methods = [each for each in made.values() if isinstance(each, Method)]
        fitted = {fit.method.name: fit for fit in fits(methods, self.image, self.budget)}
        return [self._one(fitted[name]) if name in fitted else each for name, each in made.items()]  # type: ignore[misc]

    def _made(self, name: str) -> Method | Found:
        check_wanted()
        try:
            return self.method(name)
        except Exception as error:
            return _failed(name, title(name) if base(name) in samplers.REGISTRY else name, error)

    def _one(self, fit: Fit) -> Found:
        """One method; what goes wrong in it stands in its row, and the others stay."""
        check_wanted()
        method = fit.method
        if fit.note:
            row = Row(method.name, method.title, note=fit.note)
            return Found(row, self.unfit(fit), None, _untold(), fit.floor)
        try:
            truth = self.truth_of(method)
            labels = None if truth is None else torch.from_numpy(truth.within(self.size).astype(np.int64))[None]
            labels = None if labels is None else labels.to(self.image.device)
            made = measured(method, self.image, labels, self.region, () if truth is None else truth.classes)
        except Exception as error:
            return _failed(method.name, method.title, error)
        row = made.row
        if method.pipeline.network is None:
            row = replace(row, macs=None)  # those of a sampler alone stand beside no network's
        note = "has no size that could be another" if method.fixed else ""
        told = _told(made, labels, method.pipeline.classes or (() if truth is None else truth.classes))
        return Found(
            replace(row, note=note), Text("compare.fixedSize") if note else None, method, told, fit.floor
        )  # fmt: skip

    def unfit(self, fit: Fit) -> Text:
        """Why no size spends the budget."""
        if fit.nearest is None and fit.price is None:
            return Text("compare.noNetwork")
        unit = "ms" if self.budget.kind == "ms" else "macs"
        return Text(f"compare.noSize.{unit}", {"budget": self.budget.amount, "least": fit.price})

    def comparison(self, timed: bool) -> Comparison:
        """The same as a script has it; with times where they are asked for, or something has to be held against them."""
        found = self.found()
        rows = self.clocked(found) if timed else [each.row for each in found]
        traces = {each.row.name: each.method.run(self.image) for each in found if each.method is not None}
        return Comparison(self.image, None, self.budget, Table(rows), traces, timing.device_name(self.image.device))

    def clocked(self, found: Sequence[Found]) -> list[Row]:
        """Rows with milliseconds, warmed and in turns."""
        works = {f.row.name: (lambda at=f.method: at.once(self.image)) for f in found if f.method is not None}
        taken = timing.compare(works, device=self.image.device, warm_up=1, repeats=REPEATS) if works else {}
        return [timed(each.row, taken.get(each.row.name), self.budget) for each in found]


def _failed(name: str, called: str, error: Exception) -> Found:
    if isinstance(error, Refusal) and error.status == 499:
        raise error
    why = str(error).split("\n")[0][:200].rstrip(".") or type(error).__name__
    own = error.says if isinstance(error, Refusal) else None
    return Found(Row(name, called, note=why), Text("compare.failed", {"why": own or why}), None, _untold())


def _numbers(row: Row) -> dict[str, Any]:
    """A row in the words of the contract."""
    shown = ("name", "title", "size", "samples", "metric", "macs", "noisy")
    numbers = ("region", "intrinsic", "score", "folds", "out_of_range", "unseen", "step", "round_trip", "p50", "p95")
    return {
        **{key: getattr(row, key) for key in shown},
        **{key: _finite(getattr(row, key)) for key in numbers},
        "classes": dict(row.classes),
        "ious": dict(row.ious),
    }


def _density(row: Row, truth: Truth | None) -> dict[str, float]:
    """How many times as many samples a class has as if they were spread evenly, by the name that the labels have for it."""
    if truth is None:
        return {}
    own = {palette.common(name): share for name, share in row.classes.items()}
    shares = {line["name"]: line["share"] for line in _classes(truth) if line["share"]}
    return {name: own[key] / share for name, share in shares.items() if (key := palette.common(name)) in own}


def _untold() -> dict[str, Any]:
    return {"labels": None, "error": None, "perfect": False, "lines": [], "levels": None, "nodes": None,
            "nodes_size": None}  # fmt: skip


def _told(made: Measured, truth: Tensor | None, names: Sequence[str]) -> dict[str, Any]:
    """What is drawn of a method: its warp or quadtree, and the labels that come back."""
    layout = made.trace.layout
    nodes = _nodes(layout) if isinstance(layout, WarpLayout) else None
    output = made.trace.output
    perfect = not isinstance(output, Tensor) or output.is_floating_point()
    labels = made.perfect if perfect else output
    error = None
    if labels is not None and truth is not None:
        error = png(index_bytes(torch.where(truth == IGNORE, IGNORE, (labels != truth).long())))
    return {
        "labels": None if labels is None else png(index_bytes(labels)),
        "error": error,
        "perfect": perfect,
        "lines": [{"name": name, "colour": colour} for name, colour in zip(names, palette.colours(names), strict=True)],
        "levels": levels_of(layout),
        "nodes": None if nodes is None else encode_array(nodes),
        "nodes_size": None if nodes is None else (int(nodes.shape[0]), int(nodes.shape[1])),
    }


def _classes(truth: Truth) -> list[dict[str, Any]]:
    counts = np.bincount(truth.labels.ravel(), minlength=256)[: len(truth.classes)]
    shares = counts / max(int(counts.sum()), 1)
    lines = zip(truth.classes, palette.colours(truth.classes), shares.tolist(), strict=True)
    return [{"name": name, "colour": colour, "share": share} for name, colour, share in lines]


def _nodes(layout: WarpLayout) -> np.ndarray:
    """(h, w, 2) float64 nodes of a warp; one without a grid of its own is read at the zoomed pixels."""
    made = layout.warp
    nodes = getattr(made, "nodes", None)
    if nodes is None:
        h, w = layout.zoomed_size
        nodes = made.grid((max(h, 2), max(w, 2)))
    return nodes[0].detach().double().cpu().numpy()


def _bytes(found: Sequence[Found]) -> int:
    return sum(1024 + sum(len(value) for value in each.told.values() if isinstance(value, str)) for each in found)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
