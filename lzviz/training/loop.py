"""The loop: one process or many, on CPUs or GPUs, with the same command; it may be killed at any moment and goes on.

Everything random is drawn from (seed, step), so a run is its recipe. What is kept is weights, their average, the optimiser's
state and the number of steps, in one file that is replaced atomically (:mod:`lzviz.training.runs`); a run that was stopped ends
bit for bit where an uninterrupted one does.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import tqdm
from torch import nn
from torch.utils.data import DataLoader

from lzviz.datasets import Dataset
from lzviz.parallel import mean_of_processes, synchronise
from lzviz.pipelines.pipeline import Pipeline
from lzviz.trace.frames import image_size
from lzviz.training import preview, runs, snapshots
from lzviz.training.batches import Batch, Batches
from lzviz.training.masks import Adaptive, Streams
from lzviz.training.objective import Edges, Objective
from lzviz.training.recipes import Recipe
from lzviz.training.starts import start_from

LOG_EVERY = 50

OBJECTIVES = {"task": Objective, "edges": Edges, "streams": Streams, "adaptive": Adaptive}
"""What a recipe may minimise: modules that take a :class:`~lzviz.training.batches.Batch` to losses, "total" among them."""


def train(
    recipe: Recipe,
    data: Dataset,
    folder: str | Path,
    *,
    starts: Mapping[str, Pipeline] | None = None,
    accelerator: Accelerator | None = None,
    save_every: float = 60.0,
    preview_every: int = 0,
    workers: int = 0,
) -> Pipeline:
    """Train a pipeline, or go on where ``folder`` left off, and return its average.

    Args:
        recipe: see :class:`Recipe`.
        data: pictures of the training split.
        folder: of the run, see :mod:`lzviz.training.runs`; with several machines, one that all of them see.
        starts: pipelines by name whose weights a new run starts from (:func:`lzviz.training.starts.starts_of`).
        accelerator: Hugging Face's; its trackers are logged to.
        save_every: seconds between two saved states.
        preview_every: steps between two pictures ``previews/STEP.png`` of what the pipeline makes of the first example; 0: none.
        workers: processes that read pictures ahead; 0: the training process reads them.

    Raises:
        ValueError: the folder holds a run of another recipe, the batch does not divide into equal parts, or a start does not fit.
        FloatingPointError: a gradient is not finite.
    """
    accelerator = accelerator or Accelerator()
    chief, folder = accelerator.is_main_process, Path(folder)
    batches = Batches(data, recipe, accelerator.process_index, accelerator.num_processes)
    if chief:
        runs.begin(folder, runs.About.of(recipe, data))
    training = _Training(recipe, data, runs.load(folder), starts or {}, accelerator)
    if chief:
        runs.rewind(folder, training.done)
    accelerator.wait_for_everyone()
    if accelerator.log_with:
        accelerator.init_trackers(recipe.run, init_kwargs={"tensorboard": {"purge_step": training.done + 1}})
    order, pin = range(training.done, recipe.steps), accelerator.device.type == "cuda"
    loader = DataLoader(batches, batch_size=None, sampler=order, num_workers=workers, pin_memory=pin)
    bar = tqdm(loader, desc=recipe.run, initial=training.done, total=recipe.steps, disable=not sys.stderr.isatty())
    saved = time.monotonic()
    for batch in bar:
        training.step(batch)
        if not chief:
            continue
        step, last = training.done, training.done == recipe.steps
        if step % LOG_EVERY == 0 or last:
            accelerator.log(_logged(training, folder), step)
            bar.set_postfix(loss=f"{training.smooth['total']:.3f}")
        if snapshots.is_due(step, recipe.steps):
            snapshots.take(training.snapshots, step, training.average)
        if preview_every and (step % preview_every == 0 or last):
            _show(preview.preview(training.average, data[0]), folder, step, accelerator)
        if time.monotonic() - saved >= save_every or last:
            runs.save(folder, training.state())
            saved = time.monotonic()
    accelerator.wait_for_everyone()
    return training.average


def _logged(training: _Training, folder: Path) -> dict[str, float]:
    """The losses of now, as the run's folder has them too."""
    line = {name: round(value, 5) for name, value in training.smooth.items()}
    runs.log(folder, {"step": training.done, **line, "seconds": round(time.time(), 1)})
    return line


class _Training:
    """What changes from step to step: weights, their average, the optimiser, and how many steps are done.

    Args:
        state: as :meth:`state` made it, to go on from; ``None`` for a new run, which takes its weights from ``starts``.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: Dataset,
        state: dict[str, Any] | None,
        starts: Mapping[str, Pipeline],
        accelerator: Accelerator,
    ):
        self.recipe, self.accelerator = recipe, accelerator
        pipeline = recipe.blueprint.build(len(data.classes), recipe.seed)
        if pipeline.task.name != data.task:
            raise ValueError(
                f"{recipe.name} is for {pipeline.task.name}, the truths of {data.name} are for {data.task}"
            )
        if state is None:
            if recipe.blueprint.looks in ("fixed", "composite"):
                mean_boundaries(pipeline, data, recipe.blueprint.boundary)
            if starts:
                accelerator.print("\n".join(start_from(pipeline, starts)))
        pipeline.network.to(memory_format=torch.channels_last)  # type: ignore[union-attr, call-overload]
        self.average = deepcopy(pipeline).to(accelerator.device).eval()
        pipeline.size = recipe.train_size or pipeline.size
        synchronise(pipeline, accelerator.device)
        if state is None:
            self.summary = pipeline.task.summary((example.truth for example in data), len(data.classes))
        else:
            self.summary = state["summary"]
        objective = OBJECTIVES[recipe.objective](pipeline.train(), recipe, self.summary)
        optimiser = torch.optim.AdamW(groups(pipeline, recipe.decay), lr=recipe.rate)
        self.pipeline = pipeline
        self.objective, self.optimiser = accelerator.prepare(objective, optimiser)
        self.done, self.smooth, self.snapshots = 0, {}, {}
        if state is not None:
            pipeline.load_state_dict(state["model"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.done, self.smooth, self.snapshots = state["step"], state["smooth"], state["snapshots"]

    def state(self) -> dict[str, Any]:
        """All of it."""
        return {
            "step": self.done,
            "summary": self.summary,
            "smooth": self.smooth,
            "snapshots": self.snapshots,
            "model": self.pipeline.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def step(self, batch: Batch) -> None:
        """One step of the optimiser; ``smooth`` follows the mean of all processes' losses."""
        recipe, accelerator, step = self.recipe, self.accelerator, self.done + 1
        for group in self.optimiser.param_groups:
            group["lr"] = recipe.rate * schedule(self.done, recipe.steps)
        torch.manual_seed((recipe.seed * 1_000_003 + step) * 4096 + accelerator.process_index)  # dropout
        losses = self.objective(batch.to(accelerator.device, self.pipeline.task))
        self.optimiser.zero_grad()
        accelerator.backward(losses["total"])
        norm = accelerator.clip_grad_norm_(self.objective.parameters(), recipe.clip)
        if norm is None or not math.isfinite(float(norm)):
            raise FloatingPointError(f"step {step} of {recipe.run}: the gradient is not finite")
        self.optimiser.step()
        update(self.average, self.pipeline, min(recipe.ema, step / (step + 9)))
        for name, value in losses.items():
            value = float(mean_of_processes(value))
            self.smooth[name] = 0.98 * self.smooth.get(name, value) + 0.02 * value
        self.done = step


def schedule(step: int, steps: int) -> float:
    """Share of the learning rate: 5 % linear warm-up, then a cosine to 0."""
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
    for mine, theirs in zip(_numbers(average), _numbers(model), strict=True):
        if mine.is_floating_point():
            mine.lerp_(theirs, 1 - decay)
        else:
            mine.copy_(theirs)


def _numbers(module: nn.Module) -> Iterator[torch.Tensor]:
    """Weights and statistics, each once."""
    return chain(module.parameters(), module.buffers())


@torch.no_grad()
def mean_boundaries(pipeline: Pipeline, data: Dataset, boundary: float) -> None:
    """LZU's fixed map: the mean over the training set of what the task attends to, kept in the pipeline."""
    look = pipeline.look
    assert isinstance(look, torch.Tensor)
    nodes = (int(look.shape[-2]), int(look.shape[-1]))
    task, cpu = pipeline.task, torch.device("cpu")
    maps = (
        task.attention(task.to(task.collate([example.truth]), cpu), nodes, boundary, image_size(example.image))
        for example in data
    )
    look.copy_(sum(maps, torch.zeros_like(look)) / len(data))


def _show(picture: Any, folder: Path, step: int, accelerator: Accelerator) -> None:
    path = folder / "previews" / f"{step:06d}.png"
    path.parent.mkdir(exist_ok=True)
    runs.replace_file(path, lambda file: file.write(preview.png(picture)))
    for tracker in accelerator.trackers:
        if tracker.name == "tensorboard":
            tracker.log_images({"preview": picture.transpose(2, 0, 1)[None]}, step)  # type: ignore[attr-defined]
