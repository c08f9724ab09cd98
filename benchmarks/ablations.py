"""LDS's studies that need networks, each value a run that goes on where it was stopped:

    python -m benchmarks.ablations gamma --data CAMVID [--runs RUNS] [--size 96 128] [--steps N] [--only 1 10]
    python -m benchmarks.ablations density --data CAMVID

* gamma: the weight of the edge loss (its ablation A.1). All start from the same network with a new module; 0 is the single loss.
* density: samples so many times denser at *true* edges, in training and after (its figure 3b; the best is its edge-based baseline).
  1 is uniform. How dense they are is all that differs.

Printed are the held-out scores of the runs that are finished.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.harness import show, single_thread, table
from lzviz.coords import Size
from lzviz.datasets import Dataset, open_data
from lzviz.measure import evaluation
from lzviz.pipelines.pipeline import Pipeline
from lzviz.training import loop
from lzviz.training.recipes import Recipe, recipe_named
from lzviz.training.starts import starts_of
from lzviz.training.systems import EDGE_FWHM

GAMMAS = (0.0, 0.1, 1.0, 10.0)
DENSITIES = (1.0, 2.0, 5.0, 20.0, 100.0, 1000.0)
ROWS = 48  # of the map


def of_gamma(gamma: float, size: Size) -> Recipe:
    """LDS's single loss, to which so much of the edge loss is added."""
    name = f"camvid-{size[0]}x{size[1]}"
    single = recipe_named(f"lds-single-{name}")
    return replace(single, name=f"lds-gamma{gamma:g}-{name}", edge=gamma, about=f"LDS, gamma {gamma:g}", notes="")


def of_density(density: float, size: Size) -> Recipe:
    """A network that sees what true edges attract, LDS's way: one kernel, weights by area."""
    name = f"camvid-{size[0]}x{size[1]}"
    uniform = recipe_named(f"uniform-{name}")
    nodes = ROWS, round(ROWS * size[1] / size[0])
    options = {"nodes": nodes, "fwhm": EDGE_FWHM * ROWS, "separable": False, "interpolation": "antialias"}
    blueprint = replace(uniform.blueprint, system="lzu", options=options, looks="previous", boundary=density)
    about = f"samples {density:g} times denser at true edges"
    return replace(
        uniform, name=f"edges{density:g}-{name}", blueprint=blueprint, area_weighted=True, about=about, notes=""
    )


STUDIES: dict[str, tuple[Callable[[float, Size], Recipe], Sequence[float]]] = {
    "gamma": (of_gamma, GAMMAS),
    "density": (of_density, DENSITIES),
}


def trained(recipe: Recipe, data: Dataset, folder: Path) -> Pipeline:
    """The recipe's average, trained as far as it was not."""
    return loop.train(recipe, data, folder / recipe.run, starts=starts_of(recipe, folder))


@torch.no_grad()
def scores(pipeline: Pipeline, data: Dataset) -> tuple[float, float, float]:
    """mIoU, mIoU near boundaries and intrinsic mIoU. Who looks at the output before is told the truth."""
    task, found = pipeline.task, {}
    for example in data:
        image, truth = example.image[None].float() / 255, example.labels[None].long()
        trace = pipeline.run(image, truth, previous=None if pipeline.boundary is None else truth)
        size = int(truth.shape[-2]), int(truth.shape[-1])
        for name, counts in task.count(trace, 0, len(data.classes), task.settings(size)).items():
            found[name] = counts + found.get(name, 0)
    everywhere, boundary, intrinsic = (
        float(evaluation.miou(found[name])) for name in ("everywhere", "boundary", "intrinsic")
    )
    return everywhere, boundary, intrinsic


def lines(
    make: Callable[[float, Size], Recipe],
    values: Sequence[float],
    size: Size,
    steps: int | None,
    data: Dataset,
    held: Dataset,
    folder: Path,
) -> Iterator[list[str]]:
    """A row a value."""
    for value in values:
        recipe = make(value, size)
        recipe = recipe if steps is None else replace(recipe, steps=steps)
        found = scores(trained(recipe, data, folder), held)
        yield [f"{value:g}", str(recipe.steps), *(f"{100 * score:.1f}" for score in found)]


def main() -> None:
    parser = argparse.ArgumentParser(description="LDS's studies that need networks.")
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("--data", type=Path, required=True, metavar="CAMVID")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where runs are kept and resumed (%(default)s)")
    parser.add_argument("--size", type=int, nargs=2, default=(96, 128), metavar=("H", "W"))
    parser.add_argument("--steps", type=int, help="another number of steps than the recipes'")
    parser.add_argument("--only", type=float, nargs="+", metavar="VALUE", help="some of the values")
    options = parser.parse_args()
    single_thread()
    make, values = STUDIES[options.study]
    data, held = (open_data("camvid", options.data, split) for split in ("train", "heldout"))
    head = [options.study, "steps", "mIoU", "boundary", "intrinsic"]
    show(table(head, lines(make, options.only or values, tuple(options.size), options.steps, data, held, options.runs)))


if __name__ == "__main__":
    main()
