"""Why a detector that looks is better or worse: ``python -m benchmarks.looking NAMES --cache FRAMES`` prints Markdown.

NAMES are checkpoints of detection, or folders of runs. The same weights look at the same films by other maps: by what they found
themselves in the frame before, by what is true of it, by what is true of the frame itself, and nowhere. Beside AP stands how
much the warp magnifies true objects, along a side and against uniform sampling, by COCO's sizes.

``--grid`` moves amplitude, bandwidth and the warp's kernel one at a time, with the weights as they are: nothing is trained again.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.harness import processor, show, single_thread, table
from lzviz import saliency, samplers
from lzviz.assess.frames import frame_of
from lzviz.cli.evaluate import trained
from lzviz.coords import Size
from lzviz.datasets import Dataset, open_data
from lzviz.measure.precision import AREAS
from lzviz.models.suppression import areas
from lzviz.pipelines.pipeline import Pipeline
from lzviz.tasks.boxed import Boxes
from lzviz.tasks.detection import BANDWIDTH, SURE
from lzviz.warp import WarpLayout

METRICS = ("AP", "AP50", "AP_S", "AP_M", "AP_L")
SIZES = ("small", "medium", "large")
AMPLITUDES = (0.1, 0.3, 1.0, 3.0, 10.0)
BANDWIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Of what the recipes have."""
KERNELS = (4.0, 7.0, 10.0, 14.0, 20.0)

Map = Callable[[Any, Any, Any], Any]
"""(what was found in the frame before, what was true of it, what is true now) to a saliency, or to boxes; ``None`` is nothing."""


def found_before(found: Any, before: Any, true: Any) -> Any:
    return found


def true_before(found: Any, before: Any, true: Any) -> Any:
    return true if before is None else before


def true_now(found: Any, before: Any, true: Any) -> Any:
    return true


def nowhere(found: Any, before: Any, true: Any) -> Any:
    return None


def looks_of(pipeline: Pipeline) -> dict[str, Map]:
    """The maps that suit a pipeline, the one that it was made for first."""
    if pipeline.boundary is None and not isinstance(getattr(pipeline, "look", None), Tensor):
        return {"nowhere": nowhere}
    looks = {"what it found before": found_before, "true boxes before": true_before, "true boxes now": true_now}
    if pipeline.boundary is None:
        own: Map = lambda *_: pipeline.look  # noqa: E731
        looks = {"its map": own, "true boxes now": true_now}
    return {**looks, "nowhere": nowhere}


def walked(pipeline: Pipeline, data: Dataset, look: Map, amplitude: float = 1.0, width: float = 1.0) -> list[str]:
    """AP in percent and the magnification of small, medium and large objects, of one way of looking at films.

    Args:
        amplitude, width: of the kernel density; ``width`` in what the recipes have.
    """
    counts, sides, task = [], [[], [], []], pipeline.task  # type: ignore[var-annotated]
    last: tuple[str, Any, Any] = ("", None, None)
    for example in data:
        image, film = example.image[None].float() / 255, frame_of(example.name)[0]
        found, before = last[1:] if last[0] == film else (None, None)
        size: Size = (int(image.shape[-2]), int(image.shape[-1]))
        if found is None and look is found_before:
            found = pipeline.first(image)[0]
        seen = mapped(pipeline, look(found, before, example.truth), size, amplitude, width)
        trace = pipeline.run(image, [example.truth], saliency=seen)
        counts.append(task.count(trace, 0, len(data.classes), {})["found"])
        last = film, trace.output[0], example.truth
        layout, boxes = trace.layout, example.truth.boxes[~example.truth.ignored]
        assert isinstance(layout, WarpLayout)
        small = layout.warp.zoom_boxes(boxes, layout.zoomed_size, layout.source_size)
        plain = math.prod(layout.zoomed_size) / math.prod(layout.source_size)
        grown = (areas(small) / (areas(boxes) * plain).clamp(min=1e-9)).sqrt()
        for kept, name in zip(sides, SIZES, strict=True):
            low, high = AREAS[name]
            kept += grown[(areas(boxes) >= low) & (areas(boxes) < high)].tolist()
    scores = [100 * task.score(task.metric(name), counts).nanmean().item() for name in METRICS]
    means = [sum(kept) / len(kept) if kept else math.nan for kept in sides]
    return [*(f"{value:.1f}" for value in scores), *(f"{value:.2f}" for value in means)]


def mapped(pipeline: Pipeline, seen: Any, size: Size, amplitude: float, width: float) -> Tensor | None:
    """A saliency as it is, or the kernel density of boxes, or a flat map."""
    if isinstance(seen, Tensor):
        return seen
    nodes = getattr(pipeline.sampler, "nodes", None)
    if nodes is None:
        return None
    if seen is None:
        return torch.ones(1, 1, *nodes)
    boxes = seen.boxes[seen.scores >= SURE] if isinstance(seen, Boxes) else seen.boxes
    return saliency.from_boxes(boxes, size, nodes, width * BANDWIDTH * size[0], amplitude)


def looking(pipelines: Sequence[Pipeline], data: Dataset) -> Iterator[list[str]]:
    for pipeline in pipelines:
        for name, look in looks_of(pipeline).items():
            yield [f"`{pipeline.card.name}`", name, *walked(pipeline, data, look)]  # type: ignore[union-attr]


def grid(pipeline: Pipeline, data: Dataset, films: Dataset | None) -> Iterator[list[str]]:
    """Each of the three numbers by itself; a fixed map is made anew from the boxes of the training set."""
    own = pipeline.sampler

    def row(amplitude: float, width: float, kernel: float) -> list[str]:
        options = {"nodes": own.nodes, "fwhm": kernel, "separable": True, "interpolation": "antialias"}  # type: ignore[attr-defined]
        pipeline.sampler = samplers.create("lzu", **options)
        look = found_before
        if films is not None:
            made = density(pipeline, films, amplitude, width)
            look = lambda *_: made  # noqa: E731
        return walked(pipeline, data, look, amplitude, width)

    kernel = own.fwhm  # type: ignore[attr-defined]
    for amplitude in AMPLITUDES:
        yield ["amplitude", f"{amplitude:g}", *row(amplitude, 1, kernel)]
    for width in BANDWIDTHS:
        yield ["bandwidth, of 64 / 1200 rows", f"{width:g}", *row(1, width, kernel)]
    for other in KERNELS:
        yield ["kernel, nodes (fwhm)", f"{other:g}", *row(1, 1, other)]


def density(pipeline: Pipeline, films: Dataset, amplitude: float, width: float) -> Tensor:
    """The mean kernel density of the boxes of a training set."""
    maps = []
    for example in films:
        size: Size = (int(example.image.shape[-2]), int(example.image.shape[-1]))
        maps.append(mapped(pipeline, example.truth, size, amplitude, width))
    return torch.stack(maps).mean(0)  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--cache", type=Path, help="where drawn frames are kept")
    parser.add_argument("--films", type=int, default=6)
    parser.add_argument("--frames", type=int, default=4, help="of each film, a tenth of a second apart (%(default)s)")
    parser.add_argument("--grid", action="store_true", help="move amplitude, bandwidth and kernel")
    options = parser.parse_args()
    single_thread()
    pipelines = [trained(name) for name in options.names]
    data = open_data("clips", options.cache, "val", count=options.films, frames=options.frames, size=(1024, 2048))
    counted = torch.cat([areas(example.truth.boxes[~example.truth.ignored]) for example in data])
    small = int((counted < AREAS["small"][1]).sum())
    print(
        f"{options.films} films of {options.frames} frames: {len(counted)} boxes count, {small} of them small. {processor()}\n"
    )
    head = [*METRICS, *(f"{name}, x" for name in SIZES)]
    with torch.inference_mode():
        if not options.grid:
            show(table(["checkpoint", "looks by", *head], looking(pipelines, data)))
            return
        for pipeline in pipelines:
            assert pipeline.card is not None
            fixed = pipeline.boundary is None
            films = (
                open_data("clips", options.cache, "train", **pipeline.card.recipe["data_options"]) if fixed else None
            )
            print(f"### {pipeline.card.name}\n")
            show(table(["moved", "to", *head], grid(pipeline, data, films)))


if __name__ == "__main__":
    main()
