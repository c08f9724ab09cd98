"""The batches of a run. All that is random in them is drawn from (seed, step) for the whole batch of all processes, before each
takes its part: step 700 is the same whether the run was stopped before it or not, on one process or on eight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lzviz.datasets import Dataset, Example
from lzviz.tasks import task_named
from lzviz.tasks.base import Task
from lzviz.tasks.segmentation import TASK as SEGMENTATION
from lzviz.training.recipes import Recipe

POOLED = (1, 2, 4, 8)
"""Sides of the boxes by which a curriculum pools, in cells of the view."""


class Batch(NamedTuple):
    """One process's part of a step.

    image   (b, 3, H, W) uint8, as floats in [0, 1] after ``to``
    truth   of the task; for segmentation labels (b, H, W) uint8, as int64 after ``to``
    colour  (b, 3) in [-1, 1): how much of the recipe's largest change of gain, bias and saturation
    shift   (b, 3) in [-1, 1): how much of its largest change of scale and place of a previous frame
    pool    (b,) int64: side of the boxes by which the view of a sampler that looks is pooled
    """

    image: Tensor
    truth: Any
    colour: Tensor
    shift: Tensor
    pool: Tensor

    def to(self, device: torch.device, task: Task = SEGMENTATION) -> Batch:
        image, *draws = (part.to(device, non_blocking=True) for part in (self.image, *self[2:]))
        return Batch(image.float() / 255, task.to(self.truth, device), *draws)


@dataclass(frozen=True, eq=False)
class Batches(torch.utils.data.Dataset[Batch]):
    """Step -> :class:`Batch`. Every epoch is a permutation of its own; each step has one crop size, each picture its own place
    and flip. Pictures smaller than the crop repeat their border, where nothing is labelled.

    Attributes:
        data, recipe: what is trained on, and how.
        process, processes: whose part.
    """

    data: Dataset
    recipe: Recipe
    process: int = 0
    processes: int = 1

    def __post_init__(self) -> None:
        if self.recipe.batch % self.processes:
            raise ValueError(f"a batch of {self.recipe.batch} does not divide into {self.processes} equal parts")
        if not len(self.data):
            raise ValueError(f"{self.data.name} has no pictures")

    @property
    def task(self) -> Task:
        """Whose truths the data have."""
        return task_named(self.data.task)

    def __len__(self) -> int:
        return self.recipe.steps

    def __getitem__(self, step: int) -> Batch:
        recipe, count = self.recipe, self.recipe.batch
        generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
        low, high = (math.log(value) for value in recipe.scale)
        scale = math.exp(low + (high - low) * float(torch.rand((), generator=generator)))
        height, width = (round(n / scale) for n in recipe.window)
        places = torch.rand(count, 3, generator=generator).tolist()
        colour, shift = (torch.rand(2, count, 3, generator=generator) * 2 - 1).unbind()
        pool = torch.ones(count, dtype=torch.int64)
        if step < recipe.curriculum * recipe.steps:
            pool = torch.tensor(POOLED)[torch.randint(len(POOLED), (count,), generator=generator)]
        mine = range(self.process, count, self.processes)
        parts = []
        for k in mine:
            example = self.data[index_at(len(self.data), recipe.seed, step * count + k)]
            parts.append(crop(example, (height, width), *places[k], task=self.task))
        images, truths = zip(*parts, strict=True)
        take = slice(self.process, None, self.processes)
        return Batch(torch.stack(images), self.task.collate(truths), colour[take], shift[take], pool[take])


def crop(
    example: Example, size: tuple[int, int], y: float, x: float, flip: float, task: Task = SEGMENTATION
) -> tuple[Tensor, Any]:
    """A part of a picture (3, *size) and what is true there; y, x, flip in [0, 1) choose its place and whether it is mirrored."""
    (h, w), (height, width) = example.image.shape[-2:], size
    top, left = int(y * (max(h - height, 0) + 1)), int(x * (max(w - width, 0) + 1))
    image, mirrored = example.image[:, top : top + height, left : left + width], flip < 0.5
    if tuple(image.shape[-2:]) != tuple(size):
        more = [(0, n - m) for n, m in zip(size, image.shape[-2:], strict=True)]
        image = torch.from_numpy(np.pad(image.numpy(), [(0, 0), *more], "edge"))
    truth = task.cropped(example.truth, top, left, size, mirrored, (int(h), int(w)))
    return image.flip(-1) if mirrored else image, truth


def index_at(length: int, seed: int, position: int) -> int:
    """Which example stands at a position of the endless row of shuffled epochs."""
    epoch, place = divmod(position, length)
    return _epoch(length, seed, epoch)[place]


@lru_cache(maxsize=4)
def _epoch(length: int, seed: int, epoch: int) -> list[int]:
    return torch.randperm(length, generator=torch.Generator().manual_seed(seed * 7919 + epoch)).tolist()
