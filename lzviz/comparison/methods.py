"""A method that is compared: a sampler, or a pipeline that was trained, at any zoomed size."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lzviz import checkpoints, samplers
from lzviz.comparison import names
from lzviz.coords import Size
from lzviz.doctor import diagnose
from lzviz.doctor.adapters.files import SUFFIXES
from lzviz.measure.timing import Clock
from lzviz.pipelines.pipeline import Pipeline
from lzviz.samplers.base import Sampler
from lzviz.tasks.detection import Detection
from lzviz.trace import Trace
from lzviz.warp import Warp

Given = str | Sampler | Pipeline | Callable[[Tensor], Tensor]
MULTIPLE = 8
"""Sides of zoomed images before a network are multiples of it, its stride."""


@dataclass(frozen=True, eq=False)
class Method:
    """``pipeline`` has a network or none; ``fixed``: it has no zoomed size that could be another (adaptive networks); ``previous``:
    what it answered to the frame before, where it looks at that."""

    name: str
    title: str
    pipeline: Pipeline
    saliency: Tensor | None = None
    previous: Any = None

    @property
    def finds(self) -> bool:
        """Whether it finds boxes."""
        return self.pipeline.network is not None and isinstance(self.pipeline.task, Detection)

    @property
    def fixed(self) -> bool:
        return self.pipeline.size is None and self.pipeline.network is not None

    @property
    def multiple(self) -> int:
        return 1 if self.pipeline.network is None else MULTIPLE

    def at(self, size: Size) -> Method:
        """The same weights at another zoomed size; a reduced source stays as many times as large."""
        if self.fixed or size == self.pipeline.size:
            return self
        other = copy.copy(self.pipeline)
        if other.source is not None and other.size is not None:
            other.source = tuple(round(n * s / z) for n, s, z in zip(size, other.source, other.size, strict=True))  # type: ignore[assignment]
        other.size, other._macs = size, {}
        return replace(self, pipeline=other)

    def run(self, image: Tensor, labels: Any = None) -> Trace:
        """One run on (1, 3, H, W); labels where its task takes them."""
        return self.pipeline.run(image, labels, self._map(), self.previous)

    def cost(self, image: Tensor) -> int:
        """Multiply-adds of one look at such an image."""
        return sum(self.pipeline.cost(image, self._map()).values())

    def once(self, image: Tensor) -> None:
        """One look, for the clock."""
        with torch.no_grad():
            self.pipeline.every_look(image, Clock(image.device), self._map(), self.previous)

    def _map(self) -> Tensor | None:
        return self.saliency if _looks(self.pipeline.sampler) else None


def _looks(sampler: Sampler) -> bool:
    """Whether a map of where to look is anything to a sampler."""
    return any(
        system.saliency and isinstance(sampler, kind)
        for system in samplers.REGISTRY.values()
        if isinstance(kind := system.make, type)
    )


def methods_of(
    given: Sequence[Given] | Mapping[str, Given], source_size: Size, saliency: Tensor | None = None
) -> list[Method]:
    """Names of samplers (with settings, see :mod:`~lzviz.comparison.names`) and checkpoints, files of grids, samplers, pipelines
    and callables image -> grid, each once.

    Args:
        source_size: of the picture, (h, w), for files that hold places in pixels.

    Raises:
        ValueError: an unknown name, one name twice, or nothing to compare.
    """
    pairs = list(given.items()) if isinstance(given, Mapping) else [(None, each) for each in given]
    if not pairs:
        raise ValueError("nothing to compare: give at least one sampler or checkpoint")
    found = [_method(name, each, source_size, saliency) for name, each in pairs]
    twice = {m.name for m in found if sum(other.name == m.name for other in found) > 1}
    if twice:
        raise ValueError(f"{', '.join(sorted(twice))} stands there twice; give a mapping of names to methods")
    return found


def _method(name: str | None, given: Given, source_size: Size, saliency: Tensor | None) -> Method:
    if isinstance(given, str):
        return _named(name, given, source_size, saliency)
    if isinstance(given, Pipeline):
        own = "pipeline" if given.card is None else given.card.name
        return Method(name or own, own, given.eval(), saliency)
    if isinstance(given, Sampler) or hasattr(given, "warp"):
        return Method(name or type(given).__name__, type(given).__name__, Pipeline(given), saliency)  # type: ignore[arg-type]
    if callable(given):
        label = name or getattr(given, "__name__", "grid")
        return Method(label, label, Pipeline(samplers.GridSampler(given, True, "bilinear")))
    raise TypeError(f"expected a name, a sampler, a pipeline or a callable image -> grid, got {type(given).__name__}")


def _named(name: str | None, given: str, source_size: Size, saliency: Tensor | None) -> Method:
    if names.base(given) in samplers.REGISTRY:
        sampler = samplers.create(names.base(given), **names.settings(given))
        return Method(name or given, names.title(given), Pipeline(sampler), saliency)
    path = Path(given)
    if path.suffix.lower() in SUFFIXES and path.is_file():
        return Method(name or path.stem, path.name, Pipeline(samplers.create("given", grid=grid_of(path, source_size))))
    try:
        pipeline = checkpoints.load(given)
    except (ValueError, OSError) as problem:
        raise ValueError(
            f"no sampler, checkpoint or file of a grid named {given!r}: samplers are {', '.join(samplers.REGISTRY)}; {problem}"
        ) from None
    return Method(name or given, given, pipeline, saliency)


def grid_of(path: Path, source_size: Size) -> Tensor:
    """The nodes (1, h, w, 2) of a file with a warp, whatever its convention: what the doctor makes of it, with nothing mended."""
    found = diagnose(path, source_size).warp
    if found is None:
        raise ValueError(f"{path} holds no grid that a picture could be read through; lzviz doctor says what it is")
    return Warp.from_grid(torch.as_tensor(found[:1], dtype=torch.float64)).nodes
