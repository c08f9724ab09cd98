"""Detection: boxes with a class and a score, of everything in a picture.

The answer is FCOS's: maps of class scores, of box sides and of how well boxes fit, at every level of a pyramid. LZU brings the
pyramid's levels back before the heads read them (``unzoom="features"``), FOVEA brings boxes back; either way they are decided upon
in the source. Other people's detectors: :func:`wrap`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from lzviz import saliency
from lzviz.coords import Size
from lzviz.measure import precision
from lzviz.objects import Objects as Objects
from lzviz.samplers.base import Downsampled
from lzviz.tasks import boxed
from lzviz.tasks.base import Metric, Task, View
from lzviz.tasks.boxed import Boxes as Boxes
from lzviz.tasks.wrapping import Wrapped as Wrapped
from lzviz.tasks.wrapping import wrap as wrap
from lzviz.trace import Trace
from lzviz.warp import WarpLayout

BANDWIDTH = 64.0 / 1200
"""FOVEA's 64 pixels at the 1,200 rows it was published for, as a share of the rows."""
SURE = 0.3
"""Score from which a box that was found says where to look next."""


class DetectionTrace(Trace):
    """A :class:`lzviz.Trace` with detection's names: ``boxes`` (:class:`Boxes` of each, best first) and ``zoomed_boxes``."""

    def verdict(self) -> list[str]:
        if self.boxes is None:
            return []
        lines = []
        for k, each in enumerate(self.boxes):
            line = f"boxes      {len(each)} found, {int((each.scores >= SURE).sum())} of them with a score of {SURE:g} or more"
            if self.truth is not None:
                skipped = int(self.truth[k].ignored.sum())
                line += f"; true: {len(self.truth[k]) - skipped} to be found, {skipped} that do not count"
            lines.append(line)
        return lines

    @property
    def boxes(self) -> list[Boxes] | None:
        """Of each picture, in pixel edges of the image."""
        return self.output

    @property
    def zoomed_boxes(self) -> list[Tensor] | None:
        """(N, 4) of each picture: the hull of where they lie in the zoomed image."""
        layout = self.layout
        if self.boxes is None or not isinstance(layout, WarpLayout):
            return None
        warps = [boxed.frame_warp(layout, k, False) for k in range(len(self.boxes))]
        return [
            warp.zoom_boxes(each.boxes, layout.zoomed_size, layout.source_size)
            for warp, each in zip(warps, self.boxes, strict=True)
        ]


class Detection(Task):
    """See the module."""

    name: ClassVar = "detection"
    output: ClassVar = "boxes"
    trace: ClassVar = DetectionTrace
    has_kernels: ClassVar = True
    views: ClassVar = (View("boxes", "boxes"), View("zoomed_boxes", "boxes", "zoomed"))
    metrics: ClassVar = (
        Metric("AP", "AP", "found", "ap"),
        Metric("AP50", "AP50", "found", "ap50"),
        Metric("AP75", "AP75", "found", "ap75"),
        Metric("AP_S", "AP of small objects (below 32x32 pixels)", "found", "ap_small"),
        Metric("AP_M", "of medium ones", "found", "ap_medium"),
        Metric("AP_L", "of large ones (from 96x96)", "found", "ap_large"),
    )

    def checked_answer(self, answer: Any) -> dict[str, Any]:
        return boxed.checked_answer(answer)

    def restore(self, answer: Mapping[str, Any], out: Downsampled, size: Size, uniform: bool = False) -> list[Boxes]:
        return boxed.candidates(answer, out, size, uniform)

    def decide(self, restored: list[Boxes]) -> list[Boxes]:
        return [boxed.decided(each) for each in restored]

    def attention(
        self, output: Any, nodes: Size, strength: float | Tensor, source_size: Size, width: float | Tensor = 1.0
    ) -> Tensor:
        """FOVEA's kernel density of boxes; ``strength`` is its amplitude. Boxes that were found count by nothing but being sure."""
        maps, bandwidth = [], width * (BANDWIDTH * source_size[0])
        for each in output:
            sure = each.boxes[each.scores >= SURE] if isinstance(each, Boxes) else each.boxes
            maps.append(saliency.from_boxes(sure.detach().float(), source_size, nodes, bandwidth, strength))
        return torch.cat(maps)

    def earlier(self, truth: Sequence[Objects], amount: float) -> list[Objects]:
        """What a detector may have found in the frame before: boxes moved and resized by normal shares of their size, every fifth
        one missed."""
        out = []
        for each in truth:
            size = (each.boxes[:, 2:] - each.boxes[:, :2]).repeat(1, 2)
            moved = each.boxes + size * amount * torch.randn_like(each.boxes)
            low, high = torch.minimum(moved[:, :2], moved[:, 2:]), torch.maximum(moved[:, :2], moved[:, 2:])
            kept = torch.rand(len(moved), device=moved.device) > 0.2
            out.append(replace(each, boxes=torch.cat((low, high), 1)).rows(kept))
        return out

    def checked(self, truth: Any, image: Tensor, name: str = "labels", same_size: bool = True) -> list[Any]:
        return self.to(boxed.checked_truth(truth, len(image), name), image.device)

    def collate(self, truths: Sequence[Objects]) -> list[Objects]:
        return list(truths)

    def to(self, truth: Sequence[Any], device: torch.device) -> list[Any]:
        return [each.to(device) for each in truth]

    def cropped(self, truth: Objects, top: int, left: int, size: Size, mirrored: bool, full: Size) -> Objects:
        return truth.cropped(top, left, size, mirrored)

    def loss(self, recipe: Any, summary: Tensor) -> DetectionLoss:
        return DetectionLoss(recipe.frame == "source")

    def count(self, trace: Trace, index: int, classes: int, settings: Mapping[str, Any]) -> dict[str, Tensor]:
        """ "found": rows of :func:`lzviz.measure.precision.matched`."""
        found, true = trace.output[index], trace.truth[index]
        rows = precision.matched(
            found.boxes, found.scores, found.classes, true.boxes, true.classes, true.ignored, classes, true.area
        )
        return {"found": rows}

    def score(self, metric: Metric, counts: Sequence[Tensor], weights: Tensor | None = None) -> Tensor:
        area = {"AP_S": "small", "AP_M": "medium", "AP_L": "large"}.get(metric.name, "all")
        thresholds = {"AP50": (0.5,), "AP75": (0.75,)}.get(metric.name, precision.THRESHOLDS)
        classes = int((counts[0][:, 1] < 0).sum())
        return precision.average_precision(counts, classes, area, thresholds, weights)


class DetectionLoss(nn.Module):
    """FCOS's losses, in the frame in which the heads see: uniform for LZU, whose features came back, zoomed for FOVEA.

    ``source``: FOVEA's boxes are compared after the warp brought them back, so that a side counts by what it is in the picture,
    as Thavamani et al. 2021 have it. Which feature finds which box is still decided in the zoomed frame. To boxes of a uniform
    frame it makes no difference: the overlap does not see a change of scale.
    """

    def __init__(self, source: bool = False):
        super().__init__()
        self.source = source

    def forward(self, answer: Any, out: Downsampled, truth: Sequence[Objects], pipeline: Any) -> dict[str, Tensor]:
        """{"classes", "boxes", "quality"} of an answer and Objects of each picture."""
        layout = out.layout
        assert isinstance(layout, WarpLayout)
        boxes, taught = seen(answer, layout, truth, pipeline.unzoom == "features")
        classes, back = [each.classes for each in truth], None
        if self.source and pipeline.unzoom != "features":
            boxes, back = [each.boxes for each in truth], partial(_back, layout)
        return boxed.box_losses(answer, taught, boxes, classes, layout.zoomed_size, back)


def _back(layout: WarpLayout, index: int, boxes: Tensor) -> Tensor:
    return boxed.frame_warp(layout, index, False).unzoom_boxes(boxes, layout.zoomed_size, layout.source_size)


def seen(
    answer: Any, layout: WarpLayout, truth: Sequence[Objects], uniform: bool
) -> tuple[list[Tensor], list[boxed.Taught]]:
    """The true boxes in the frame of the heads, and which feature shall find which."""
    levels = boxed.places(answer, layout.zoomed_size)
    boxes, taught = [], []
    for k, each in enumerate(truth):
        warp = boxed.frame_warp(layout, k, uniform)
        boxes.append(warp.zoom_boxes(each.boxes, layout.zoomed_size, layout.source_size))
        taught.append(boxed.assigned(boxes[-1], each.ignored, levels))
    return boxes, taught


TASK = Detection()
