"""What a step of training costs: processor seconds on one thread, reading, forward, backward with the optimiser's step.

    python -m benchmarks.steps [--data CAMVID] [RECIPE ...]

Medians of a few steps after a first one that does not count; the last column is the whole recipe. Scenes need no data.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.harness import processor, show, single_thread, table
from lzviz.datasets import open_data
from lzviz.training import loop
from lzviz.training.batches import Batches
from lzviz.training.recipes import Recipe, recipe_named

STEPS = 4
SHOWN = tuple(f"{name}-camvid-96x128" for name in ("uniform", "lzu-adaptive", "lds", "downsizenet", "lds-published"))


def seconds(recipe: Recipe, folder: Path | None, steps: int = STEPS) -> tuple[float, float, float]:
    """Of a step: reading, forward, backward."""
    options = {**recipe.data_options, "count": recipe.batch} if "count" in recipe.data_options else recipe.data_options
    data = open_data(recipe.data, folder, "train", **options)
    batches, pipeline = Batches(data, recipe), recipe.blueprint.build(len(data.classes), recipe.seed)
    pipeline.network.to(memory_format=torch.channels_last)  # type: ignore[union-attr, call-overload]
    pipeline.size = recipe.train_size or pipeline.size
    share = pipeline.task.summary((data[k].truth for k in range(min(4, len(data)))), len(data.classes))
    objective = loop.OBJECTIVES[recipe.objective](pipeline.train(), recipe, share.clamp(min=1e-3))
    optimiser = torch.optim.AdamW(loop.groups(pipeline, recipe.decay), lr=1e-6)
    spent = []
    for step in range(steps + 1):
        start = time.process_time()
        batch = batches[step].to(torch.device("cpu"), pipeline.task)
        read = time.process_time()
        total = objective(batch)["total"]
        forward = time.process_time()
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        spent.append((read - start, forward - read, time.process_time() - forward))
    first, second, third = (statistics.median(part) for part in zip(*spent[1:], strict=True))
    return first, second, third


def line(name: str, folder: Path | None) -> list[str]:
    """A recipe's row."""
    recipe = replace(recipe_named(name), start=())
    parts = seconds(recipe, folder)
    return [
        name,
        str(recipe.batch),
        *(f"{part:.2f}" for part in parts),
        f"{sum(parts):.2f}",
        f"{sum(parts) * recipe.steps / 60:.0f} min",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Processor seconds of a training step.")
    parser.add_argument("recipes", nargs="*", default=SHOWN, metavar="RECIPE")
    parser.add_argument("--data", type=Path, metavar="CAMVID")
    options = parser.parse_args()
    single_thread()
    print(f"Processor seconds, one thread. {processor()}\n")
    head = ["recipe", "pictures a step", "reading", "forward", "backward", "a step", "all steps"]
    show(table(head, (line(name, options.data) for name in options.recipes)))


if __name__ == "__main__":
    main()
