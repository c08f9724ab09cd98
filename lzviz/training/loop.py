"""The loop: one process or many, on CPUs or GPUs, with the same command; it may be killed at any moment and goes on.

Everything random is drawn from (seed, step), so a run is its recipe: what is saved is weights, their average, the optimiser's state
and the number of steps, in one file that is replaced atomically.
"""

from __future__ import annotations

import json
import math
import os
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from lzviz.pipeline import Pipeline
from lzviz.training.data import Dataset
from lzviz.training.objective import Objective
from lzviz.training.recipes import RECIPES, Recipe

STATE = "state.pt"


def train(
    recipe: Recipe,
    data: Dataset,
    folder: str | Path,
    *,
    start: nn.Module | None = None,
    accelerator: Accelerator | None = None,
    save_every: float = 60.0,
) -> Pipeline:
    """Train a pipeline, or go on where ``folder`` left off, and return its average.

    Args:
        recipe: see :class:`Recipe`.
        data: pictures of the training split.
        folder: of the run: ``state.pt``, ``log.jsonl``.
        start: a pipeline whose network's weights the run starts from (``recipe.start`` says its name).
        save_every: seconds between two saved states.
    """
    accelerator = accelerator or Accelerator()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    pipeline = recipe.blueprint.build(len(data.classes), recipe.seed)
    if recipe.blueprint.looks == "fixed":
        mean_boundaries(pipeline, data, recipe)
    if start is not None:
        pipeline.network.load_state_dict(start.network.state_dict())  # type: ignore[union-attr]
    pipeline.train()
    pipeline.network.to(memory_format=torch.channels_last)  # type: ignore[union-attr, call-overload]
    average = deepcopy(pipeline).to(accelerator.device)
    optimiser = torch.optim.AdamW(groups(pipeline, recipe.decay), lr=recipe.rate)
    objective, optimiser = accelerator.prepare(Objective(pipeline, recipe, data.class_shares()), optimiser)
    objective.train()
    done = _load(folder / STATE, pipeline, average, optimiser, accelerator.device)
    saved = time.monotonic()
    seen: dict[str, float] = {}
    for step in range(done, recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * schedule(step, recipe.steps)
        image, labels = batch_at(data, recipe, step, accelerator)
        torch.manual_seed(hash((recipe.seed, step, accelerator.process_index)) % 2**31)
        losses = objective(image, labels)
        optimiser.zero_grad()
        accelerator.backward(losses["total"])
        norm = accelerator.clip_grad_norm_(objective.parameters(), recipe.clip)
        if norm is None or not math.isfinite(float(norm)):
            raise FloatingPointError(f"step {step} of {recipe.name}: the gradient is not finite")
        optimiser.step()
        update(average, pipeline, min(recipe.ema, (step + 1) / (step + 10)))
        for name, value in losses.items():
            seen[name] = 0.98 * seen.get(name, float(value)) + 0.02 * float(value)
        if accelerator.is_main_process and (step + 1) % 50 == 0:
            _log(
                folder,
                {"step": step + 1, **{k: round(v, 5) for k, v in seen.items()}, "seconds": round(time.time(), 1)},
            )
        if accelerator.is_main_process and (time.monotonic() - saved > save_every or step + 1 == recipe.steps):
            _save(folder / STATE, step + 1, pipeline, average, optimiser)
            saved = time.monotonic()
    return average.eval()


def batch_at(data: Dataset, recipe: Recipe, step: int, accelerator: Accelerator) -> tuple[Tensor, Tensor]:
    """This process's part of a step's batch: images (b, 3, H, W) float in [0, 1] and labels (b, H, W) int64.

    Every epoch is a permutation of its own; each step has one crop size, each picture its own place and flip.
    """
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
    low, high = (math.log(value) for value in recipe.scale)
    scale = math.exp(low + (high - low) * float(torch.rand((), generator=generator)))
    height, width = (round(n / scale) for n in recipe.window)
    draws = torch.rand(recipe.batch, 3, generator=generator).tolist()
    mine = range(accelerator.process_index, recipe.batch, accelerator.num_processes)
    images, labels = [], []
    for k in mine:
        example = data[index_at(len(data), recipe.seed, step * recipe.batch + k)]
        y, x, flip = draws[k]
        h, w = example.labels.shape
        top, left = int(y * (max(h - height, 0) + 1)), int(x * (max(w - width, 0) + 1))
        part = (slice(top, top + height), slice(left, left + width))
        image, truth = example.image[:, *part], example.labels[part]
        images.append(image.flip(-1) if flip < 0.5 else image)
        labels.append(truth.flip(-1) if flip < 0.5 else truth)
    device = accelerator.device
    return torch.stack(images).to(device).float() / 255, torch.stack(labels).to(device).long()


def index_at(length: int, seed: int, position: int) -> int:
    """Which example stands at a position of the endless row of shuffled epochs."""
    epoch, place = divmod(position, length)
    if (length, seed, epoch) not in _ORDERS:
        _ORDERS.clear()
        generator = torch.Generator().manual_seed(seed * 7919 + epoch)
        _ORDERS[length, seed, epoch] = torch.randperm(length, generator=generator).tolist()
    return _ORDERS[length, seed, epoch][place]


_ORDERS: dict[tuple[int, int, int], list[int]] = {}


def schedule(step: int, steps: int) -> float:
    """5 % linear warm-up, then a cosine to 0."""
    warm = max(1, round(0.05 * steps))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def groups(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weights decay; biases and BatchNorm do not."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


@torch.no_grad()
def update(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move an average of weights and BatchNorm statistics towards the model's."""
    theirs = model.state_dict()
    for name, value in average.state_dict().items():
        if value.is_floating_point():
            value.lerp_(theirs[name], 1 - decay)
        else:
            value.copy_(theirs[name])


@torch.no_grad()
def mean_boundaries(pipeline: Pipeline, data: Dataset, recipe: Recipe) -> None:
    """LZU's fixed map: the mean over the training set of boundary saliency, kept in the pipeline."""
    from lzviz.saliency import from_boundaries

    total = torch.zeros_like(pipeline.look)  # type: ignore[arg-type]
    for example in data:
        total += from_boundaries(example.labels[None].long(), tuple(total.shape[-2:]), recipe.blueprint.boundary, 1)  # type: ignore[arg-type]
    pipeline.look.copy_(total / len(data))  # type: ignore[union-attr, operator]


def _save(path: Path, step: int, pipeline: Pipeline, average: Pipeline, optimiser: Any) -> None:
    state = {
        "step": step,
        "model": pipeline.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def _load(path: Path, pipeline: Pipeline, average: Pipeline, optimiser: Any, device: torch.device) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, map_location=device, weights_only=True)
    pipeline.load_state_dict(state["model"])
    average.load_state_dict(state["average"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"])


def _log(folder: Path, line: dict[str, float]) -> None:
    with (folder / "log.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")


def averaged(folder: str | Path, recipe: Recipe, classes: int) -> Pipeline:
    """The averaged pipeline of a run, finished or not."""
    pipeline = recipe.blueprint.build(classes, recipe.seed)
    state = torch.load(Path(folder) / STATE, map_location="cpu", weights_only=True)
    pipeline.load_state_dict(state["average"])
    return pipeline.eval()


def start_of(recipe: Recipe, runs: str | Path) -> Pipeline | None:
    """The pipeline that a recipe starts from: of a run in a folder of runs."""
    if recipe.start is None:
        return None
    folder = Path(runs) / recipe.start
    if not (folder / STATE).exists():
        raise ValueError(
            f"{recipe.name} starts from {recipe.start}, and there is no such run in {runs}: "
            f"`python -m lzviz train {recipe.start}` first"
        )
    return averaged(folder, RECIPES[recipe.start], 11)
