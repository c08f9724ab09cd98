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

from lzviz import resampling, samplers
from lzviz.comparison import Budget, Comparison, Row, Table
from lzviz.comparison.fits import Fit, fits
from lzviz.comparison.measured import measured, timed
from lzviz.comparison.methods import Method
from lzviz.comparison.names import base, settings, title
from lzviz.contract.answers import checkpoints, film, warp
from lzviz.contract.answers.comparing_rows import classes_of, density, length, numbers_of, told_of, untold
from lzviz.contract.answers.given_boxes import Read, objects_of, previous_of
from lzviz.contract.answers.pipeline_boxes import found as boxes_found
from lzviz.contract.answers.pipeline_parts import png
from lzviz.contract.decoding import check_wanted
from lzviz.contract.lent import device, device_name
from lzviz.contract.messages.base import File, OnTruth
from lzviz.contract.messages.boxes import Before
from lzviz.contract.messages.compare import AskCompared, Compared
from lzviz.contract.messages.warp import Export
from lzviz.contract.options import values_of
from lzviz.contract.state import State
from lzviz.contract.truth import Truth
from lzviz.contract.wire import Refusal
from lzviz.coords import Size
from lzviz.measure import timing
from lzviz.pipelines.pipeline import Pipeline
from lzviz.tasks.detection import Boxes, Detection
from lzviz.text import Text

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
    table = Table(replace(row, film_ap=asked.over_film(each)) for row, each in zip(rows, found, strict=True))
    truth = asked.truth
    return {
        "rows": [
            {**numbers_of(row), "density": density(row, truth), "note": each.note, "floor": each.floor, **each.told}
            for row, each in zip(table, found, strict=True)
        ],
        "best": {column.name: sorted(table.best(column)) for column in table.columns()},
        "csv": table.to_csv(),
        "latex": table.to_latex(),
        "markdown": table.to_markdown(),
        "device": device_name(),
        "size": asked.size,
        "truth": None if truth is None else png(truth.within(asked.size)),
        "classes": [] if truth is None else classes_of(truth),
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

    @property
    def boxes(self) -> Before | None:
        """What it found; ``None``: it is no detector."""
        found = self.told["found"]
        if found is None:
            return None
        rows = found["boxes"]
        return Before(boxes=[row["box"] for row in rows], scores=[row["score"] for row in rows],
                      classes=[row["class"] for row in rows])  # fmt: skip


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
        """The same as the classes of a network; of a sampler, and of what finds boxes, as their own."""
        if self.truth is None or method.pipeline.network is None or method.finds:
            return self.truth
        return self.truth.named(method.pipeline.classes)

    @property
    def full(self) -> Size:
        """(H, W) of the picture itself."""
        return self.workshop.picture_of(self.question).size

    def read(self, pipeline: Pipeline) -> Read:
        """The picture as a detector reads it."""
        true = self.workshop.boxes_of(self.question)
        return Read(pipeline, self.size, self.full, objects_of(true, pipeline.classes, self.size, self.full))

    def previous(self, name: str, pipeline: Pipeline) -> list[Boxes] | None:
        """What a detector that looks at the frame before has found there; ``None`` where nobody says."""
        before = self.question.before.get(name) if isinstance(self.question, AskCompared) else None
        if before is None or pipeline.boundary is None or not isinstance(pipeline.task, Detection):
            return None
        return previous_of(before, len(pipeline.classes), self.size, self.full)

    def over_film(self, found: Found) -> float | None:
        """AP of what a detector has found in the frames of a film, this one among them."""
        frames = self.question.films.get(found.row.name, []) if isinstance(self.question, AskCompared) else []
        if not frames or found.method is None or found.boxes is None:
            return None
        shown = self.workshop.identifier_of(self.question)
        every = {each.image: each.found for each in frames} | {shown: found.boxes}
        told = film.precision_of(self.workshop, every, found.method.pipeline.classes)
        return None if told is None else told.ap

    def method(self, name: str) -> Method:
        """A sampler as its paper sets it, told where the state tells it; or a trained pipeline, which looks by itself."""
        if base(name) not in samplers.REGISTRY:
            card, pipeline = checkpoints.card(self.workshop, name), checkpoints.pipeline(self.workshop, name)
            return Method(name, checkpoints.title(card), pipeline, previous=self.previous(name, pipeline))
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
        asked = [state.to_link(), self.question.image, self.question.truth, file and file.to_text(),
                 sorted(self.question.before.items()) if isinstance(self.question, AskCompared) else ()]  # fmt: skip
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
            return Found(row, self.unfit(fit), None, untold(), fit.floor)
        try:
            truth = self.truth_of(method)
            labels = None if truth is None else torch.from_numpy(truth.within(self.size).astype(np.int64))[None]
            labels = None if labels is None else labels.to(self.image.device)
            read = self.read(method.pipeline) if method.finds else None
            names = () if truth is None else truth.classes
            made = measured(method, self.image, labels, self.region, names, read and read.objects)
        except Exception as error:
            return _failed(method.name, method.title, error)
        row = made.row
        if method.pipeline.network is None:
            row = replace(row, macs=None)  # those of a sampler alone stand beside no network's
        note = "has no size that could be another" if method.fixed else ""
        told = told_of(made, labels, names if method.finds else method.pipeline.classes or names)
        if read is not None:
            told |= {"labels": None, "error": None, "perfect": False}  # of boxes there are no labels
            told |= {"found": boxes_found(read, made.trace), **self._looks(method)}
        return Found(
            replace(row, note=note), Text("compare.fixedSize") if note else None, method, told, fit.floor
        )  # fmt: skip

    def _looks(self, method: Method) -> dict[str, Any]:
        """What said where a detector looks, and whether it is meant to look where the frame before had boxes."""
        boundary = method.pipeline.boundary
        looked = "before" if method.previous is not None else "own" if boundary is None else "twice"
        card = checkpoints.card(self.workshop, method.name)
        return {"looked": looked, "follows": boundary is not None and card.recipe.get("previous") == "sequence"}

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
    return Found(Row(name, called, note=why), Text("compare.failed", {"why": own or why}), None, untold())


def _bytes(found: Sequence[Found]) -> int:
    return sum(1024 + length(each.told) for each in found)
