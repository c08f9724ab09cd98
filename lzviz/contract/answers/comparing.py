"""The methods of a state side by side, each at the size that spends the budget, by :mod:`lzviz.comparison`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lzviz import resampling, samplers
from lzviz.comparison import Budget, Row, Table
from lzviz.comparison.compare import fitted, row_of, timed
from lzviz.comparison.methods import Method
from lzviz.contract.answers import checkpoints, warp
from lzviz.contract.decoding import check_wanted
from lzviz.contract.messages.compare import AskCompared, Compared
from lzviz.contract.options import has_room, values_of
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal, encode_array
from lzviz.coords import Size
from lzviz.measure import timing
from lzviz.pipelines.pipeline import Pipeline
from lzviz.text import Text
from lzviz.trace import Trace
from lzviz.warp import WarpLayout

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

REPEATS = 7
MOST_PIXELS = 1 << 22
"""Of a picture that is compared on; a larger one is averaged down to so many."""


def compared(workshop: Workshop, question: AskCompared) -> Compared:
    """The answer; one comparison runs at a time, so that its times mean something."""
    with workshop.running:
        return Compared.model_validate(answer(workshop, question))


@warp.on_gpu
def answer(workshop: Workshop, question: AskCompared) -> dict[str, Any]:
    asked = Asked(workshop, question)
    with torch.inference_mode():
        found = [asked.row(name) for name in question.state.compared]
        rows = asked.clocked([row for row, *_ in found], [at for *_, at in found]) if question.clock else None
    table = Table(rows or [row for row, *_ in found])
    told = zip(table, found, strict=True)
    return {
        "rows": [_told(row, note, trace) for row, (_, note, trace, _) in told],
        "best": {column.name: sorted(table.best(column)) for column in table.columns()},
        "csv": table.to_csv(),
        "latex": table.to_latex(),
        "markdown": table.to_markdown(),
        "device": warp.device_name(),
    }


Found = tuple[Row, Text | None, Trace | None, Method | None]
"""A row, why something of it is missing, the run behind it, and the method at its size."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What is compared on what."""

    workshop: Workshop
    question: AskCompared

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
        return resampling.reduce(warp.image_tensor(picture), min(self.state.source_scale, most)).to(warp.device())

    @cached_property
    def region(self) -> Tensor | None:
        """What the state asks to see better, (1, 1, h, w) in [0, 1]."""
        picture = self.workshop.picture_of(self.question)
        return warp.emphasis_of(self.state, picture, warp.saliency_of(self.state, picture, self.question.file))

    def labels(self, method: Method) -> Tensor | None:
        """(1, H, W) true labels as the classes of a network; of a sampler as their own."""
        truth = self.workshop.truth_of(self.question)
        if truth is not None and method.pipeline.network is not None:
            truth = truth.named(method.pipeline.classes)
        if truth is None:
            return None
        h, w = self.image.shape[-2:]
        return torch.from_numpy(truth.within((int(h), int(w))).astype(np.int64))[None].to(self.image.device)

    def method(self, name: str) -> Method:
        """A sampler as its paper sets it, told where the state tells it; or a trained pipeline, which looks by itself."""
        if name not in samplers.REGISTRY:
            card = checkpoints.card(self.workshop, name)
            return Method(name, checkpoints.title(card), checkpoints.pipeline(self.workshop, name))
        system = samplers.REGISTRY[name]
        if has_room(name):
            raise Refusal(f"{system.title} keeps cells of a network and is no sampler; take one of its checkpoints.")
        keys = {key: value for key, value in system.prescribes.items() if key in State.model_fields}
        state = self.state.model_copy(update={"sampler": name, **keys})
        look = None
        if self.state.saliency in system.sources:
            picture = self.workshop.picture_of(self.question)
            look = warp.saliency_of(state, picture, self.question.file).float().to(self.image.device)
        sampler = samplers.create(name, **(dict(values_of(state)) | dict(system.prescribes)))
        return Method(name, system.title, Pipeline(sampler), look)

    def row(self, name: str) -> Found:
        """One method; what goes wrong in it stands in its row, and the others stay."""
        check_wanted()
        title = samplers.REGISTRY[name].title if name in samplers.REGISTRY else name
        try:
            method = self.method(name)
            at, none = fitted(method, self.image, self.budget)
            if none:
                return Row(name, method.title, note=none), self.unfit(method), None, None
            row, trace = row_of(at, self.image, self.labels(method), self.region)
        except Exception as error:
            if isinstance(error, Refusal) and error.status == 499:
                raise
            why = str(error).split("\n")[0][:200].rstrip(".") or type(error).__name__
            return Row(name, title, note=why), Text("compare.failed", {"why": why}), None, None
        if method.pipeline.network is None:
            row = replace(row, macs=None)  # those of a sampler alone stand beside no network's
        note = "has no size that could be another" if method.fixed else ""
        return replace(row, note=note), Text("compare.fixedSize") if note else None, trace, at

    def unfit(self, method: Method) -> Text:
        """Why no size spends the budget."""
        if self.budget.kind == "macs" and method.pipeline.network is None:
            return Text("compare.noNetwork")
        return Text("compare.noSize", {"budget": str(self.budget)})

    def clocked(self, rows: list[Row], methods: list[Method | None]) -> list[Row]:
        """With milliseconds, warmed and in turns."""
        works = {at.name: (lambda at=at: at.once(self.image)) for at in methods if at is not None}
        taken = timing.compare(works, device=self.image.device, warm_up=1, repeats=REPEATS) if works else {}
        return [timed(row, taken.get(row.name)) for row in rows]


def _told(row: Row, note: Text | None, trace: Trace | None) -> dict[str, Any]:
    """A row in the words of the contract."""
    shown = {"name", "title", "size", "samples", "metric", "macs", "noisy"}
    numbers = ("region", "intrinsic", "score", "folds", "out_of_range", "unseen", "step", "round_trip", "p50", "p95")
    nodes = _nodes(trace)
    return {
        **{key: getattr(row, key) for key in shown},
        **{key: _finite(getattr(row, key)) for key in numbers},
        "classes": dict(row.classes),
        "note": note,
        "nodes": None if nodes is None else encode_array(nodes),
        "nodes_size": None if nodes is None else _size(nodes),
    }


def _nodes(trace: Trace | None) -> np.ndarray | None:
    """(h, w, 2) float64 nodes of a run's warp; a warp without a grid of its own is read at the zoomed pixels."""
    if trace is None or not isinstance(trace.layout, WarpLayout):
        return None
    made = trace.layout.warp
    nodes = getattr(made, "nodes", None)
    if nodes is None:
        h, w = trace.layout.zoomed_size
        nodes = made.grid((max(h, 2), max(w, 2)))
    return nodes[0].detach().double().cpu().numpy()


def _size(nodes: np.ndarray) -> Size:
    return int(nodes.shape[0]), int(nodes.shape[1])


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
