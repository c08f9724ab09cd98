"""How good trained detectors are on clips: ``python -m benchmarks.detection RUNS`` prints Markdown.

RUNS holds the folders of runs (``lzviz train uniform-clips-128x256 --runs RUNS``); finished or not, the average of their weights is
assessed on films of other seeds, each frame looked at by what was found in the frame before ("twice": in a first look at the same
frame, for the cascaded form). Differences are paired, from the run that is named first, with 95 % intervals over films.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import torch

from benchmarks.harness import processor, show, single_thread, table
from lzviz.assess import Report, assess, paired
from lzviz.datasets import open_data
from lzviz.training import runs

FRAMES = 6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", type=Path)
    parser.add_argument(
        "--names", nargs="+", metavar="RUN", help="which, the one to compare with first (all, uniform first)"
    )
    parser.add_argument("--films", type=int, default=12)
    parser.add_argument("--split", default="val")
    parser.add_argument("--cache", type=Path, help="where drawn frames are kept")
    options = parser.parse_args()
    single_thread()
    found = sorted(path.parent.name for path in options.runs.glob(f"*/{runs.STATE}"))
    names = options.names or sorted(found, key=lambda name: (not name.startswith("uniform"), name))
    print(f"{options.films} films of {FRAMES} frames, {options.split}. {processor()}\n")
    reports = [reported(options.runs / name, options) for name in names]
    titles = [metric.name for metric in reports[0].task.metrics]
    show(table(("run", "steps", *titles, "M multiply-adds", "ms"), rows(reports, options.runs)))
    if len(reports) > 1:
        print(f"\nless {reports[0].name}, points of 100\n")
        show(table(("run", *titles), differences(reports)))


def reported(folder: Path, options: argparse.Namespace) -> Report:
    pipeline, recipe, _ = runs.pipeline_of(folder)
    size = tuple(recipe.data_options["size"])
    values = dict(count=options.films, frames=FRAMES, size=size, task=pipeline.task.name)
    data = open_data("clips", options.cache, options.split, **values)
    with torch.inference_mode():
        return assess(pipeline, data, name=folder.name, previous=recipe.previous)


def rows(reports: list[Report], folder: Path) -> Iterator[tuple[object, ...]]:
    for report in reports:
        steps = (runs.load(folder / report.name) or {})["step"]
        values = [100 * report.score(metric.name) for metric in report.task.metrics]
        scores = ["-" if math.isnan(value) else f"{value:.1f}" for value in values]
        timing = report.timing
        spent = "busy" if report.busy or timing is None else f"{timing.median:.0f}"
        yield report.name, steps, *scores, f"{sum(report.macs) / len(report.macs) / 1e6:.0f}", spent


def differences(reports: list[Report]) -> Iterator[tuple[object, ...]]:
    for report in reports[1:]:
        cells = []
        for metric in report.task.metrics:
            try:
                cells.append(str(paired(report, reports[0], metric.name)).split(",")[0].rstrip(")") + ")")
            except ValueError:
                cells.append("-")
        yield report.name, *cells


if __name__ == "__main__":
    main()
