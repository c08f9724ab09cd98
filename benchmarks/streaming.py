"""Accuracy for the time: ``python -m benchmarks.streaming NAMES --cache FRAMES`` prints Markdown.

NAMES are checkpoints of detection, or folders of runs; ``NAME@96x192`` is one at another zoomed size than it was trained at.
Of each the milliseconds of every stage on one core, AP when the film waits for the answer, and streaming AP when it does not: at
each frame's time the newest answer that is ready is scored (:mod:`lzviz.measure.streaming`). Times are medians of processor time,
which a busy machine hardly changes.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from benchmarks.harness import processor, show, single_thread, table
from lzviz.assess.frames import frame_of
from lzviz.cli.evaluate import trained
from lzviz.datasets import Dataset, Example, open_data
from lzviz.measure import precision, streaming
from lzviz.pipelines.pipeline import STAGES, Pipeline

FRAMES = 6


class Spent:
    """Processor time of stages, in ms."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.process_time()
        yield
        self.milliseconds[name] += 1e3 * (time.process_time() - start)


def answered(pipeline: Pipeline, example: Example, previous: Any, twice: bool) -> tuple[Any, dict[str, float]]:
    """What is found in a frame, and the time of each stage."""
    spent, image, saliency = Spent(), example.image[None].float() / 255, None
    if pipeline.boundary is not None:
        if previous is None or twice:
            flat = torch.ones(1, 1, *pipeline.sampler.nodes)  # type: ignore[attr-defined]
            previous = pipeline.once(image, spent, flat).output
        with spent.stage("look"):
            saliency = pipeline.saliency_of(previous, (int(image.shape[-2]), int(image.shape[-1])))
    found = pipeline.once(image, spent, saliency).output
    return found, spent.milliseconds


def rows_of(found: Any, example: Example, classes: int) -> Tensor:
    """What is counted of an answer, or of none."""
    true = example.truth
    boxes, scores, kinds = true.boxes[:0], true.boxes.new_zeros(0), true.classes[:0]
    if found is not None:
        boxes, scores, kinds = found[0].boxes, found[0].scores, found[0].classes
    return precision.matched(boxes, scores, kinds, true.boxes, true.classes, true.ignored, classes)


def film_rows(pipeline: Pipeline, film: Sequence[Example], twice: bool, every: float, spent: float, classes: int):
    """Of each frame, what is counted of the answer that is known at its time."""
    seen, previous = {}, None
    for frame, _ in streaming.taken(len(film), every, spent):
        previous, _ = answered(pipeline, film[frame], previous, twice)
        seen[frame] = previous
    late = streaming.known(len(film), every, spent)
    return [rows_of(None if k is None else seen[k], now, classes) for k, now in zip(late, film, strict=True)]


def measured(pipeline: Pipeline, data: Dataset, every: float) -> list[str]:
    """Stages in ms, all together, AP that waits, and AP that does not."""
    assert pipeline.card is not None
    twice = pipeline.card.recipe.get("previous", "twice") == "twice"
    films: dict[str, list[Example]] = defaultdict(list)
    for example in data:
        films[frame_of(example.name)[0]].append(example)
    times: list[dict[str, float]] = []
    counts, classes = [], len(data.classes)
    answered(pipeline, data[0], None, twice)  # warm
    for film in films.values():
        previous = None
        for example in film:
            first = previous is None
            previous, stages = answered(pipeline, example, previous, twice)
            counts.append(rows_of(previous, example, classes))
            if not first or twice or pipeline.boundary is None:
                times.append(stages)
    stages = [*STAGES, pipeline.task.output]
    typical = {name: median(each.get(name, 0.0) for each in times) for name in stages}
    spent = median(sum(each.values()) for each in times)
    late = [row for film in films.values() for row in film_rows(pipeline, film, twice, every, spent, classes)]
    scores = [100 * precision.average_precision(each, classes).nanmean().item() for each in (counts, late)]
    share = len(streaming.taken(FRAMES, every, spent)) / FRAMES
    cells = [f"{typical[name]:.0f}" for name in stages]
    return [*cells, f"{spent:.0f}", f"{scores[0]:.1f}", f"{scores[1]:.1f}", f"{100 * share:.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME[@HxW]")
    parser.add_argument("--cache", type=Path, help="where drawn frames are kept")
    parser.add_argument("--films", type=int, default=6)
    parser.add_argument("--every", type=float, default=100.0, help="milliseconds between frames (%(default)s)")
    options = parser.parse_args()
    single_thread()
    data = open_data("clips", options.cache, "val", count=options.films, frames=FRAMES, size=(1024, 2048))
    print(f"{options.films} films of {FRAMES} frames, one every {options.every:g} ms. {processor()}\n")

    def rows() -> Iterator[list[str]]:
        for each in options.names:
            name, _, size = each.partition("@")
            h, _, w = size.partition("x")
            pipeline = trained(name, zoomed=(int(h), int(w)) if size else None)
            yield [f"`{each}`", *measured(pipeline, data, options.every)]

    head = ["checkpoint", *STAGES, "boxes", "all, ms", "AP", "streaming AP", "% of frames seen"]
    with torch.inference_mode():
        show(table(head, rows()))


if __name__ == "__main__":
    main()
