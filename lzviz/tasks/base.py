"""The promise of a task: what a network is for. Pipelines, training, reports and pages ask it, and never which task it is.

An image goes sampler -> network -> *answer* -> *restored* -> *output*. The answer is what the head gave, in the frame of the zoomed
image: a tensor, or mappings and sequences of tensors (a pyramid's levels). Restored is the answer in the frame of the image, what a
loss may stand on; the output is what a user wanted: labels, boxes, a class. Outputs and truths of a batch are tensors with a batch
axis, or lists with one entry an image where their lengths vary.

A new task is one file in this package: a subclass of :class:`Task`, and ``TASK = ...`` at its end.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from lzviz import models
from lzviz.coords import Size
from lzviz.samplers.base import Downsampled
from lzviz.trace import Trace


@dataclass(frozen=True)
class View:
    """Something of a trace that a page may show.

    Attributes:
        name: the attribute of the trace.
        kind: how it is drawn: "classes" (B, h, w) of indices, "mask" (B, h, w) of bool, "boxes", "points", "number".
        frame: whose pixels it is over.
    """

    name: str
    kind: Literal["classes", "mask", "boxes", "points", "number"]
    frame: Literal["source", "zoomed"] = "source"


@dataclass(frozen=True)
class Metric:
    """A score over a set of pictures.

    Attributes:
        name: in cards and tables.
        title: in sentences; ``{}`` takes settings, as in "boundary (within {distance} px)".
        counted: the name of the counts (:meth:`Task.count`) that it is made of.
        attribute: its name on a report.
    """

    name: str
    title: str
    counted: str
    attribute: str


class Task(ABC):
    """What a network is for.

    Attributes:
        name: of its file, as cards have it.
        output: the name of its results; the last stage of a run is called so.
        trace: the trace with this task's names.
        views: what a page may show of a trace.
        metrics: of a set of pictures, the most telling first.
        has_kernels: where it looks consists of kernels, whose width may be changed.
    """

    name: ClassVar[str]
    output: ClassVar[str]
    trace: ClassVar[type[Trace]] = Trace
    views: ClassVar[tuple[View, ...]] = ()
    metrics: ClassVar[tuple[Metric, ...]] = ()
    has_kernels: ClassVar[bool] = False

    # -- from an image to a result -----------------------------------------------------------------------------------------

    def network(self, name: str, classes: int, seed: int = 0, **options: Any) -> nn.Module:
        """The network of a blueprint, head included: one of :mod:`lzviz.models`, unless a task builds its own."""
        return models.create(name, classes=classes, seed=seed, **options)

    def checked_answer(self, answer: Any) -> Any:
        """What anybody's network answered, in this task's form; TypeError where it has another."""
        return answer

    @abstractmethod
    def restore(self, answer: Any, out: Downsampled, size: Size, uniform: bool = False) -> Any:
        """The way back: an answer over the zoomed image, in the frame of the source of ``size``.

        Args:
            out: the samples: ``out.layout`` knows the warp.
            uniform: features came back before the head read them, so that the answer lies on uniform lattices already.
        """

    @abstractmethod
    def decide(self, restored: Any) -> Any:
        """The result, from what was brought back."""

    def attention(
        self, output: Any, nodes: Size, strength: float | Tensor, source_size: Size, width: float | Tensor = 1.0
    ) -> Tensor:
        """Where the next frame is worth looking at, given this output: saliency (B, 1, *nodes).

        Args:
            width: of the kernels that it consists of, against the task's own, where ``has_kernels`` says that there are any.
        """
        raise ValueError(f"{self.name} does not say where to look next: boundary= cannot be had with it")

    def earlier(self, truth: Any, amount: float) -> Any:
        """What an output for the frame before may have been, for training on single pictures: a batch of truths, changed by about
        ``amount`` of the size of things. Unless a task knows better, the truth."""
        return truth

    # -- what is true ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def checked(self, truth: Any, image: Tensor, name: str = "labels", same_size: bool = True) -> Any:
        """A truth, or an earlier output, for images (B, 3, H, W), as a batch on their device; TypeError or ValueError."""

    @abstractmethod
    def collate(self, truths: Sequence[Any]) -> Any:
        """The truths of single pictures, as data sets hold them, as one batch."""

    def to(self, truth: Any, device: torch.device) -> Any:
        """A batch of truths on a device, in the precision that the loss wants."""
        return truth.to(device)

    def cropped(self, truth: Any, top: int, left: int, size: Size, mirrored: bool, full: Size) -> Any:
        """The truth of a part of a picture of the size ``full``, which may reach beyond it below and to the right, where nothing
        is known; then mirrored left to right."""
        return truth

    def lesson(self, truth: Any) -> Tensor | None:
        """Labels (B, H, W) whose boundaries samplers may be taught; ``None``: this task has none."""
        return None

    # -- training ----------------------------------------------------------------------------------------------------------

    def summary(self, truths: Iterable[Any], classes: int) -> Tensor:
        """What a loss wants to know of the whole training set; kept with a run."""
        return torch.empty(0)

    @abstractmethod
    def loss(self, recipe: Any, summary: Tensor) -> nn.Module:
        """A module: (answer, samples :class:`~lzviz.samplers.base.Downsampled`, truth, pipeline) -> {name: loss}, which are
        added up.

        Args:
            recipe: :class:`lzviz.training.recipes.Recipe`.
            summary: of the training set.
        """

    # -- how good ----------------------------------------------------------------------------------------------------------

    def settings(self, size: Size, **given: Any) -> dict[str, Any]:
        """What metrics depend on, for pictures (H, W); only reports of the same settings can be compared."""
        if given:
            raise TypeError(f"{self.name} has no setting {', '.join(given)}")
        return {}

    @abstractmethod
    def count(self, trace: Trace, index: int, classes: int, settings: Mapping[str, Any]) -> dict[str, Tensor]:
        """What is counted of picture ``index`` of a trace, by name; lengths may differ from picture to picture."""

    @abstractmethod
    def score(self, metric: Metric, counts: Sequence[Tensor], weights: Tensor | None = None) -> Tensor:
        """A metric of a set, each class by itself, (K,) float64 in [0, 1], NaN where nothing counts; (1,) where classes
        do not matter.

        Args:
            counts: of each of n pictures.
            weights: (R, n) how often each picture occurs, for R sets at once; the answer is (R, K) then.
        """

    def columns(self, counted: Mapping[str, Sequence[Tensor]]) -> dict[str, Tensor]:
        """For tables: {heading: a share (K,) in [0, 1] for each class}, in their order."""
        return {metric.name: self.score(metric, counted[metric.counted]) for metric in self.metrics}

    def metric(self, name: str) -> Metric:
        """A metric by name."""
        for each in self.metrics:
            if each.name == name:
                return each
        raise ValueError(f"metric must be one of {', '.join(each.name for each in self.metrics)}, got {name!r}")
