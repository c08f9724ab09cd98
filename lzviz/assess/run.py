"""Running a pipeline over a set of labelled pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.assess.frames import frame_of
from lzviz.assess.report import Previous, Report
from lzviz.datasets import Dataset, Example
from lzviz.pipelines.pipeline import Pipeline
from lzviz.resampling import reduce
from lzviz.trace import Trace

WARM_UP = 2


def assess(
    pipeline: Pipeline,
    dataset: Dataset,
    *,
    batch: int = 1,
    timing: bool = True,
    name: str | None = None,
    seed: int | None = None,
    source_scale: float = 1.0,
    previous: Previous = "twice",
    progress: Callable[[int], None] | None = None,
    **settings: Any,
) -> Report:
    """Run a pipeline over a data set and count.

    Args:
        pipeline: with a network, in evaluation mode, on the device that shall run it.
        dataset: see :mod:`lzviz.datasets`.
        batch: pictures of one size in a row that run together; times are then means of the batch.
        timing: after two runs that do not count, the times of the pipeline's stages.
        name, seed: for the report; ``None``: the card's.
        source_scale: reduce pictures to this share of their size first, by area, and stretch them back: no detail beyond that is
            left, wherever a sampler looks.
        previous: what pipelines see that look at previous outputs (LZU's adaptive form): "twice" lets the pipeline look twice,
            first on uniform samples, which suits any picture; "sequence" takes the answer to the previous frame of the same film.
            Names tell, as in ``0016E5_07959``; the first frame of a film is looked at twice.
        progress: is told how many pictures are done.
        settings: of the task's metrics; for segmentation ``distance``, of the boundary band in pixels (4 for 360 rows, and in
            proportion), and ``share`` of the picture, below which an object is small (.001).

    Raises:
        ValueError: no pictures, no network, truths of another task, frames of a film out of order.
    """
    _check(pipeline, dataset, batch, previous)
    card = pipeline.card
    running = _Running(pipeline, timing, previous == "sequence" and pipeline.boundary is not None)
    rows: list[_Row] = []
    found: dict[str, Any] = {}
    for examples in _batches(dataset, batch):
        image = _pixels(examples, source_scale)
        found = pipeline.task.settings((int(image.shape[-2]), int(image.shape[-1])), **settings)
        rows += running.rows(image, examples, found, len(dataset.classes))
        if progress is not None:
            progress(len(rows))
    return Report(
        name=(card.name if card else "") if name is None else name,
        data=dataset.name,
        split=dataset.split,
        classes=dataset.classes,
        **_columns(rows, timing),
        device=running.device,
        parameters=sum(p.numel() for p in pipeline.parameters()),
        settings=found,
        source_scale=source_scale,
        previous=previous,
        seed=(card.seed if card else 0) if seed is None else seed,
        processor=running.processor if timing and _device(pipeline).type == "cpu" else 1.0,
        task_name=pipeline.task.name,
    )


def _check(pipeline: Pipeline, dataset: Dataset, batch: int, previous: Previous) -> None:
    if previous not in get_args(Previous):
        raise ValueError(f"previous must be one of {', '.join(get_args(Previous))}, got {previous!r}")
    if batch < 1 or (previous == "sequence" and batch > 1):
        raise ValueError(f"batch must be at least 1, and 1 where frames follow each other, got {batch}")
    if not len(dataset):
        raise ValueError("there are no pictures to assess on")
    if dataset.task != pipeline.task.name:
        raise ValueError(
            f"this pipeline is for {pipeline.task.name}, the truths of {dataset.name} are for {dataset.task}"
        )


@dataclass
class _Row:
    """What is kept of a picture."""

    name: str
    counted: dict[str, Tensor]
    macs: int
    milliseconds: float


def _columns(rows: list[_Row], timing: bool) -> dict[str, Any]:
    """What a report keeps of the pictures, in the order of their names."""
    rows = sorted(rows, key=lambda row: row.name)
    return {
        "pictures": tuple(row.name for row in rows),
        "counted": {kind: [row.counted[kind].cpu() for row in rows] for kind in rows[0].counted},
        "macs": tuple(row.macs for row in rows),
        "milliseconds": tuple(row.milliseconds for row in rows) if timing else (),
    }


@dataclass
class _Running:
    """Runs of a pipeline one after the other, warm, and how much of a processor they had."""

    pipeline: Pipeline
    timing: bool
    follow: bool
    wall: float = 0.0
    worked: float = 0.0
    device: str = ""
    last: dict[str, tuple[int, Any]] = field(default_factory=dict)

    @torch.no_grad()
    def rows(self, image: Tensor, examples: list[Example], settings: dict[str, Any], classes: int) -> list[_Row]:
        """What is kept of each of the pictures."""
        trace, task = self.trace(image, examples), self.pipeline.task
        macs, spent = (sum(stages.values()) / len(examples) for stages in (trace.macs, trace.milliseconds))
        return [
            _Row(example.name, task.count(trace, k, classes, settings), round(macs), spent)
            for k, example in enumerate(examples)
        ]

    def trace(self, image: Tensor, examples: list[Example]) -> Trace:
        """Run pictures of one size; the first ones also twice in vain, where times count."""
        pipeline, device = self.pipeline, _device(self.pipeline)
        truth = pipeline.task.to(pipeline.task.collate([example.truth for example in examples]), device)
        image, before = image.to(device), self._before(examples[0].name)
        for _ in range(0 if self.device or not self.timing else WARM_UP):
            pipeline.run(image, truth, previous=before)
        start, begun = time.perf_counter(), time.process_time()
        trace = pipeline.run(image, truth, previous=before)
        self.wall, self.worked = (
            self.wall + time.perf_counter() - start,
            self.worked + time.process_time() - begun,
        )
        if trace.output is None:
            raise ValueError("this pipeline has no network: there is nothing to assess but its samples")
        film, number = frame_of(examples[0].name)
        self.last[film], self.device = (number, trace.output), trace.device
        return trace

    def _before(self, name: str) -> Any:
        """The output for the frame before, where frames follow each other."""
        film, number = frame_of(name)
        if not self.follow or film not in self.last:
            return None
        if self.last[film][0] >= number:
            raise ValueError(f"{name} comes after a later frame of its film: sort the pictures")
        return self.last[film][1]

    @property
    def processor(self) -> float:
        """The share of the time in which this process had a processor."""
        return min(1.0, self.worked / self.wall)


def _batches(dataset: Dataset, batch: int) -> Iterator[list[Example]]:
    """Up to ``batch`` examples in a row of one size."""
    kept: list[Example] = []
    for k in range(len(dataset)):
        example = dataset[k]
        if kept and (len(kept) == batch or kept[0].image.shape != example.image.shape):
            yield kept
            kept = []
        kept.append(example)
    yield kept


def _pixels(examples: list[Example], scale: float) -> Tensor:
    image = torch.stack([example.image for example in examples]).float() / 255
    if scale == 1:
        return image
    small = reduce(image, scale)
    return F.interpolate(small, size=image.shape[-2:], mode="bilinear", align_corners=False)


def _device(module: nn.Module) -> torch.device:
    return next((p.device for p in module.parameters()), torch.device("cpu"))
