"""A small run, for tests that kill it or spread it over processes: ``python -m tests.training_run FOLDER kill|two``.

"kill" stops in the third save, when the new file is written and not yet in its place, says so, and waits for its end. "two" runs
on two processes.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import torch
from accelerate import Accelerator, debug_launcher

from lzviz.datasets import Dataset, procedural
from lzviz.pipelines.blueprint import Blueprint
from lzviz.training import loop
from lzviz.training.recipes import Recipe

NETWORK = {"stem": 1, "width": 16, "channels": 16, "dropout": 0.0}
LDS = {"nodes": (6, 8), "form": "square", "widths": (8,), "interpolation": "antialias", "upsampling": "inverse"}

RECIPE = Recipe(
    "tiny",
    Blueprint("lds", LDS, network_options=NETWORK, size=(12, 16)),
    "scenes",
    steps=6,
    batch=4,
    rate=1e-3,
    window=(36, 48),
    edge=1.0,
    area_weighted=True,
    curriculum=0.5,
)
UNIFORM = replace(RECIPE, blueprint=Blueprint("uniform", network_options=NETWORK, size=(12, 16)), edge=0.0, steps=2)


def scenes(count: int = 5, first: int = 0) -> Dataset:
    return procedural(count=count, size=(40, 60), first=first)


def run(folder: str) -> None:
    torch.set_num_threads(1)
    loop.train(RECIPE, scenes(), folder, accelerator=Accelerator(cpu=True), save_every=0)


def run_and_wait(folder: str) -> None:
    replace, saves = os.replace, 0

    def counted(source: str, target: str) -> None:
        nonlocal saves
        saves += str(target).endswith("state.pt")
        if saves == 3:
            print("written", flush=True)
            sys.stdin.read()
        replace(source, target)

    os.replace = counted
    run(folder)


if __name__ == "__main__":
    if sys.argv[2] == "kill":
        run_and_wait(sys.argv[1])
    else:
        debug_launcher(run, (sys.argv[1],), num_processes=2)
