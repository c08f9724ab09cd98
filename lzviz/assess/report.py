"""What was counted, and the scores that it makes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from lzviz.measure.timing import Timing
from lzviz.tasks import task_named
from lzviz.tasks.base import Task

Previous = Literal["twice", "sequence"]
QUIET = 0.8
"""A process that has a processor for less of the time than this is not alone on its machine."""


@dataclass(frozen=True, eq=False)
class Report:
    """What was counted, in the order of the pictures' names. Scores are in [0, 1], NaN where nothing counts; each metric of the
    task is an attribute too: of segmentation ``report.miou``, ``report.boundary_miou``, ``report.small_iou``,
    ``report.intrinsic_miou``.

    Attributes:
        name: of what was assessed; seed: of its training.
        data, split, classes: what it was assessed on.
        pictures: names, n of them.
        counted: {name: what was counted of each picture}, n tensors each (:meth:`lzviz.tasks.base.Task.count`).
        macs: multiply-adds of each picture, samplers included.
        milliseconds: of each picture, on ``device``; empty where no time was taken.
        processor: share of that time in which this process had a processor; below .8 other work was in the way (``busy``).
        parameters: weights of the pipeline.
        settings: of the task's metrics; for segmentation "distance" and "share".
        source_scale: pictures had been reduced to this share of their size.
        previous: see :func:`lzviz.assess.assess`.
        task_name: a name of :mod:`lzviz.tasks`.
    """

    name: str
    data: str
    split: str
    classes: tuple[str, ...]
    pictures: tuple[str, ...]
    counted: Mapping[str, Sequence[Tensor]]
    macs: tuple[int, ...]
    milliseconds: tuple[float, ...]
    device: str
    parameters: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    source_scale: float = 1.0
    previous: Previous = "twice"
    seed: int = 0
    processor: float = 1.0
    task_name: str = "segmentation"

    @property
    def task(self) -> Task:
        """Whose metrics these are."""
        return task_named(self.task_name)

    def __getattr__(self, name: str) -> float:
        for metric in task_named(self.__dict__["task_name"]).metrics if "task_name" in self.__dict__ else ():
            if metric.attribute == name:
                return self.score(metric.name)
        raise AttributeError(f"a report has no {name!r}")

    @property
    def slug(self) -> str:
        """A file name that no other report of the same data has: lds-camvid-96x128@1.val, with whatever was out of the ordinary."""
        run = self.name if self.seed == 0 else f"{self.name}@{self.seed}"
        reduced = "" if self.source_scale == 1 else f".source-{self.source_scale:g}"
        return f"{run}.{self.split}{reduced}{'' if self.previous == 'twice' else '.sequence'}"

    @property
    def busy(self) -> bool:
        """Times are those of a busy machine, and not to be published."""
        return self.processor < QUIET

    @property
    def per_class(self) -> Tensor:
        """The task's first metric for each class, (K,); the IoU of segmentation."""
        return self.scores(self.task.metrics[0].name)

    @property
    def columns(self) -> dict[str, Tensor]:
        """{heading: a number in [0, 1] for each class}, of tables."""
        return self.task.columns(self.counted)

    @property
    def timing(self) -> Timing | None:
        """Median, p95 and device of the pictures' times; ``None`` where no time was taken."""
        return Timing(self.milliseconds, self.device) if self.milliseconds else None

    def scores(self, metric: str, weights: Tensor | None = None) -> Tensor:
        """A metric of each class, (K,); with weights (R, n) of the pictures (R, K)."""
        chosen = self.task.metric(metric)
        return self.task.score(chosen, self.counted[chosen.counted], weights)

    def score(self, metric: str) -> float:
        """A metric of the whole set: the mean over the classes that occur."""
        return self.scores(metric).nanmean().item()

    def metrics(self) -> dict[str, float | int | None]:
        """The numbers for a card; ``None`` where nothing counts, and no time of a busy machine."""
        numbers: dict[str, float | int | None] = {}
        for metric in self.task.metrics:
            value = self.score(metric.name)
            numbers[metric.name] = None if math.isnan(value) else round(value, 5)
        numbers["macs"] = int(np.median(self.macs))
        if self.timing is not None and not self.busy:
            numbers["milliseconds"] = round(self.timing.median, 2)
        return numbers | {"pictures": len(self.pictures)}

    def to_json(self) -> str:
        """All of it, for :meth:`from_json`."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values["counted"] = {name: [_written(one) for one in counts] for name, counts in self.counted.items()}
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """A report as :meth:`to_json` wrote it; ValueError for anything else."""
        values = json.loads(text)
        known = {each.name: each for each in fields(cls)}
        needed = {name for name, f in known.items() if f.default is f.default_factory is MISSING}
        if not isinstance(values, dict) or not set(known) >= set(values) >= needed:
            raise ValueError("this JSON is no report: expected what Report.to_json (evaluate --json) writes")
        for name in ("classes", "pictures", "macs", "milliseconds"):
            values[name] = tuple(values[name])
        values["counted"] = {name: [_read(one) for one in counts] for name, counts in values["counted"].items()}
        return cls(**values)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def _written(counts: Tensor) -> dict[str, Any]:
    return {
        "kind": str(counts.dtype).removeprefix("torch."),
        "shape": list(counts.shape),
        "values": counts.flatten().tolist(),
    }


def _read(values: Mapping[str, Any]) -> Tensor:
    return torch.tensor(values["values"], dtype=getattr(torch, values["kind"])).reshape(values["shape"])


def _lines(report: Report) -> Iterator[str]:
    where = " ".join(part for part in (report.data, report.split) if part)
    yield f"{report.name} on {where}: {len(report.pictures)} pictures".lstrip()
    if report.source_scale != 1:
        yield f"source reduced to {report.source_scale:g} of its size"
    told = [(metric.title.format(**report.settings), report.score(metric.name)) for metric in report.task.metrics]
    yield "   ".join(f"{title} {_percent(value)}" for title, value in told)
    low, middle, high = (f(report.macs) / 1e6 for f in (min, np.median, max))
    between = "" if low == high else f" ({low:.1f} .. {high:.1f})"
    yield f"{middle:.1f} M multiply-adds{between}   {report.parameters / 1e6:.2f} M weights   {report.timing or 'not timed'}"
    if report.busy:
        yield f"times of a busy machine: this process had a processor for {100 * report.processor:.0f} % of them"
    columns = {heading: column for heading, column in report.columns.items() if len(column) == len(report.classes)}
    if not columns:  # what is no matter of classes stands in the sentence above
        return
    yield ""
    width = max(map(len, report.classes))
    yield "  ".join([f"{'class':{width}}", *(heading.rjust(6) for heading in columns)])
    first = next(iter(columns.values())).tolist()
    for k in sorted(range(len(report.classes)), key=lambda k: -first[k] if first[k] == first[k] else 0):
        cells = [_percent(column[k].item()).rjust(max(6, len(heading))) for heading, column in columns.items()]
        yield "  ".join([f"{report.classes[k]:{width}}", *cells])


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f}"
