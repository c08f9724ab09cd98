"""A run, kept: what every stage of a pipeline gave, how long it took, and what it cost.

A task gives its own names to what a trace holds: a subclass in the task's file (``labels`` of segmentation, and so on).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor

from lzviz.layout import Layout
from lzviz.nested import shape, tensors
from lzviz.samplers.base import Downsampled
from lzviz.samplers.lzu import unzoom_pyramid
from lzviz.trace.frames import stride_of
from lzviz.warp import WarpLayout


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything of one run; all maps are float32 unless said otherwise. Without a network there is no answer and no output.

    Attributes:
        image: (B, 3, H, W) in [0, 1].
        out: the sampler's answer; ``saliency``, ``layout`` and ``zoomed`` are its parts.
        extras: whatever else the sampler shows, by name; "target": with a truth, the map (B, 1, h, w) that the sampler's saliency
            was taught; "previous": the output of the first look, where a pipeline looks twice.
        features: {stage: (B, C, h', w')} of the backbone, on the zoomed image.
        answer: of the network, as it left it: a tensor, or mappings and sequences of tensors.
        restored: the answer in the frame of the image.
        output: the result of the task, in the frame of the image.
        truth: what was given as true, as the task takes it.
        milliseconds, macs: {stage: milliseconds}, {stage: multiply-adds}, stages out of :attr:`lzviz.Pipeline.stages`. Both looks
            count where a pipeline looks twice.
        memory: bytes: the most that was allocated on the GPU, weights included (``memory_kind`` "peak"), or the tensors of
            this run that are kept, without workspace ("kept").
        device: name of the device.
        classes: names of the classes, where the pipeline knows them.
        uniform: features came back before the head read them: the answer is in the image's frame already.
        report: what an adaptive network says about this run (:class:`lzviz.adaptive.report.Report`): ``path`` is its schedule.
    """

    image: Tensor
    out: Downsampled
    extras: Mapping[str, Any]
    features: Mapping[str, Tensor]
    answer: Any
    restored: Any
    output: Any
    truth: Any
    milliseconds: Mapping[str, float]
    macs: Mapping[str, int]
    memory: int
    memory_kind: str
    device: str
    classes: tuple[str, ...] = ()
    uniform: bool = False
    report: Any = None

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} of {shape(self.image)}, {type(self.layout).__name__}, on {self.device}"]
        shown = {"look": self.saliency, "downsample": self.zoomed, "network": self.answer, "restore": self.restored}
        for stage, spent in self.milliseconds.items():
            cost = f"{spent:8.1f} ms  {self.macs[stage] / 1e9:8.3f} G multiply-adds"
            lines.append(f"  {stage:<10} {cost}  -> {shape(shown.get(stage, self.output))}")
        for title, named in (("features", self.features), ("extras", self.extras)):
            if named:
                lines.append(f"  {title:<10} " + ", ".join(f"{name} {shape(value)}" for name, value in named.items()))
        return "\n".join([*lines, *(f"  {line}" for line in self.verdict())])

    def verdict(self) -> list[str]:
        """How good the output is, in a line or two; none without a truth."""
        return []

    def save_html(self, path: str | Path) -> Path:
        """The live canvas on this run's warp as one file: see :func:`lzviz.save_html`."""
        from lzviz import save_html

        return save_html(self, path)

    @property
    def saliency(self) -> Tensor | None:
        """(B or 1, 1, h, w) what drove the sampler."""
        return self.out.saliency

    @property
    def layout(self) -> Layout:
        """Where the samples lie, in pixels of the image."""
        return self.out.layout

    @property
    def zoomed(self) -> Tensor:
        """(B, 3, h, w) the low-resolution image."""
        return self.out.image

    @cached_property
    def unzoomed_features(self) -> dict[str, Tensor]:
        """The features on uniform lattices over the image, in the sizes they came in (element i at ``stride * i`` of the zoomed
        size); zero outside the view."""
        if not isinstance(self.layout, WarpLayout):
            return dict(self.features)
        size = self.layout.zoomed_size
        levels = [feature.float() for feature in self.features.values()]
        strides = [stride_of(size, feature) for feature in levels]
        each = [unzoom_pyramid(self.layout.warp, [f], size, [s])[0] for f, s in zip(levels, strides, strict=True)]
        return dict(zip(self.features, each, strict=True))

    def held(self) -> int:
        """Bytes of the tensors that are kept, each storage once."""
        kept = [self.image, self.zoomed, self.saliency, self.features, self.extras]
        found = tensors([*kept, self.answer, self.restored, self.output, self.truth])
        storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in found}
        return sum(storages.values())
