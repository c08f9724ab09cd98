"""Monocular 3D detection: boxes in space from one picture, FCOS3D's way (Wang et al. 2021), on detection's head and pyramid.

Each feature that finds a box says where the middle of its body is seen, how far it is, how large it is, and which side it shows.
Distance is told as depth over focal length and heading as the angle to the line of sight, so that the network needs no camera;
:func:`lifted` brings both into metres with one. Velocity is left out. Boxes in space cannot be brought back through a warp, so
features are (LZU): ``unzoom="features"``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.coords import Size
from lzviz.measure import distances
from lzviz.parallel import mean_of_processes
from lzviz.samplers.base import Downsampled
from lzviz.tasks import boxed
from lzviz.tasks.base import Metric
from lzviz.tasks.boxed import Boxes
from lzviz.tasks.detection import Detection, DetectionTrace, Objects, seen
from lzviz.trace import Trace
from lzviz.trace.frames import identity
from lzviz.warp import WarpLayout

NUMBERS = 8
"""Of a head: place of the middle x, y in strides from the feature; log of depth over focal length, plus :data:`FAR`; log of length,
width, height in metres; sine and cosine of the angle to the line of sight."""
FAR = 2.0
REACH = (50.0, 40.0, 40.0)
"""Metres within which cars, cyclists and pedestrians count, as nuScenes has them."""


class SolidTrace(DetectionTrace):
    """A :class:`lzviz.Trace` with 3D detection's names."""

    @property
    def solids(self) -> list[Tensor] | None:
        """(N, 7) of each picture, with the cameras of its truth; ``None`` where there is none."""
        if self.boxes is None or self.truth is None:
            return None
        return [lifted(each, true.intrinsics) for each, true in zip(self.boxes, self.truth, strict=True)]


def lifted(found: Boxes, intrinsics: Tensor) -> Tensor:
    """Boxes in space, (N, 7): centre x, y, z in camera metres, length, width, height, yaw.

    Args:
        found: whose ``more`` is (N, 8): pixel x, y of the middle, depth over focal length, size (3), sine, cosine.
        intrinsics: (3, 3), camera to pixels whose centres are whole numbers.

    Raises:
        ValueError: flat boxes, or intrinsics of another shape or without focal lengths.
    """
    if found.more.ndim != 2 or found.more.shape[1] != NUMBERS:
        raise ValueError(
            f"expected {NUMBERS} numbers of each box in more, (N, {NUMBERS}), got {tuple(found.more.shape)}: flat boxes"
        )
    matrix = torch.as_tensor(intrinsics).to(found.more)
    if matrix.shape != (3, 3) or not matrix.isfinite().all() or matrix[0, 0] <= 0 or matrix[1, 1] <= 0:
        raise ValueError(f"expected intrinsics (3, 3) with focal lengths above 0, got {matrix.tolist()}")
    focal = matrix[[0, 1], [0, 1]]
    pixels = torch.cat((found.more[:, :2], torch.ones_like(found.more[:, :1])), 1)
    ray = torch.linalg.solve(matrix, pixels.mT).mT
    ray = ray[:, :2] / ray[:, 2:]
    depth = found.more[:, 2:3] * focal.prod().sqrt()
    centre = torch.cat((ray * depth, depth), 1)
    yaw = torch.atan2(found.more[:, 6], found.more[:, 7]) + torch.atan(ray[:, 0])
    return torch.cat((centre, found.more[:, 3:6], torch.remainder(yaw + torch.pi, 2 * torch.pi)[:, None] - torch.pi), 1)


class Mono3D(Detection):
    """See the module."""

    name: ClassVar = "mono3d"
    trace: ClassVar = SolidTrace
    metrics: ClassVar = (
        Metric("mAP", "mAP at .5, 1, 2, 4 m", "found", "map"),
        Metric("ATE", "ATE (cm)", "found", "ate"),
        Metric("ASE", "ASE (%)", "found", "ase"),
        Metric("AOE", "AOE (rad / 100)", "found", "aoe"),
    )

    def network(self, name: str, classes: int, seed: int = 0, **options: Any) -> nn.Module:
        return super().network(name, classes, seed, more=NUMBERS, **options)

    def checked_answer(self, answer: Any) -> dict[str, Any]:
        checked = super().checked_answer(answer)
        if "more" not in checked or checked["more"][0].shape[1] != NUMBERS:
            raise TypeError(f'expected {NUMBERS} numbers a feature in "more": build the network with more={NUMBERS}')
        return checked

    def restore(self, answer: Mapping[str, Any], out: Downsampled, size: Size, uniform: bool = False) -> list[Boxes]:
        if not uniform:
            raise ValueError(
                'boxes in space cannot be brought back through a warp: build the pipeline with unzoom="features"'
            )
        layout = out.layout
        assert isinstance(layout, WarpLayout)
        there = identity(layout.warp.like)
        shrunk = scale_of(layout.zoomed_size, size)
        restored = []
        for each in boxed.candidates(answer, out, size, uniform, read):
            middle = there.unzoom_points(each.more[:, :2], layout.zoomed_size, size)
            depth = each.more[:, 2:3] * shrunk
            restored.append(replace(each, more=torch.cat((middle, depth, each.more[:, 3:]), 1)))
        return restored

    def loss(self, recipe: Any, summary: Tensor) -> SolidLoss:
        return SolidLoss()

    def count(self, trace: Trace, index: int, classes: int, settings: Mapping[str, Any]) -> dict[str, Tensor]:
        """ "found": rows of :func:`lzviz.measure.distances.matched`."""
        found, true = trace.output[index], trace.truth[index]
        solids, known = lifted(found, true.intrinsics), ~true.ignored & ~true.solid.isnan().any(1)
        reach = [*REACH, *[REACH[-1]] * classes][:classes]
        rows = distances.matched(
            solids, found.scores, found.classes, true.solid[known], true.classes[known], classes, reach
        )
        return {"found": rows}

    def score(self, metric: Metric, counts: Sequence[Tensor], weights: Tensor | None = None) -> Tensor:
        classes = int((counts[0][:, 1] < 0).sum())
        return distances.scored(counts, classes, "AP" if metric.name == "mAP" else metric.name, weights)


def scale_of(zoomed_size: Size, source_size: Size) -> float:
    """Zoomed pixels a source pixel, the geometric mean of both axes, corner to corner."""
    ratios = [(a - 1) / max(b - 1, 1) for a, b in zip(zoomed_size, source_size, strict=True)]
    return (ratios[0] * ratios[1]) ** 0.5


def read(numbers: Tensor, where: Tensor, stride: int) -> Tensor:
    """What a head's numbers (..., P, 8) mean in the zoomed frame, whose features are at ``where`` (P, 2), pixel edges."""
    middle = where - 0.5 + numbers[..., :2] * stride
    depth = (numbers[..., 2:3] - FAR).clamp(max=6).exp()
    return torch.cat((middle, depth, numbers[..., 3:6].clamp(-4, 4).exp(), numbers[..., 6:]), -1)


def wanted(truth: Objects, layout: WarpLayout, where: Tensor, strides: Tensor) -> Tensor:
    """The numbers (N, 8) that features at ``where`` (N, 2), pixel edges of the zoomed frame, shall say of ``truth``, row by row."""
    centre, matrix = truth.solid[:, :3], truth.intrinsics
    flat = centre @ matrix.T
    middle = identity(layout.warp.like).zoom_points(flat[:, :2] / flat[:, 2:], layout.zoomed_size, layout.source_size)
    focal = (matrix[0, 0] * matrix[1, 1]).sqrt() * scale_of(layout.zoomed_size, layout.source_size)
    depth = (centre[:, 2:] / focal).clamp(min=1e-6).log() + FAR
    angle = truth.solid[:, 6] - torch.atan(centre[:, 0] / centre[:, 2])
    turned = torch.stack((angle.sin(), angle.cos()), 1)
    return torch.cat(((middle - where + 0.5) / strides[:, None], depth, truth.solid[:, 3:6].log(), turned), 1)


class SolidLoss(nn.Module):
    """Detection's losses, and the mean absolute error of what positives say of bodies whose place is known."""

    def forward(self, answer: Any, out: Downsampled, truth: Sequence[Objects], pipeline: Any) -> dict[str, Tensor]:
        """{"classes", "boxes", "quality", "place", "depth", "size", "heading"}."""
        layout = out.layout
        assert isinstance(layout, WarpLayout)
        if pipeline.unzoom != "features":
            raise ValueError(
                'boxes in space are learned where features came back: build the pipeline with unzoom="features"'
            )
        size = layout.zoomed_size
        boxes, taught = seen(answer, layout, truth, True)
        losses = boxed.box_losses(answer, taught, boxes, [each.classes for each in truth], size)
        levels, numbers = boxed.places(answer, size), boxed.flattened(answer, "more")
        where = torch.cat([each for each, _ in levels])
        strides = torch.cat([each.new_full((len(each),), stride) for each, stride in levels])
        said, true = [], []
        for k, each in enumerate(taught):
            solid = truth[k].solid
            there = distances.sound(solid) & (solid[:, 2] > 0)  # what is not before the camera is seen nowhere
            known = torch.cat((there, each.rows.new_zeros(1, dtype=torch.bool)))
            mine = known[each.rows]
            chosen = truth[k].rows(each.rows[mine])
            said.append(numbers[k, mine])
            true.append(wanted(chosen, layout, where[mine], strides[mine]))
        off = F.smooth_l1_loss(torch.cat(said), torch.cat(true), beta=0.1, reduction="none").sum(0)
        off = off / mean_of_processes(off.new_tensor(float(sum(map(len, said))))).clamp(min=1)
        parts = {"place": off[:2], "depth": off[2:3], "size": off[3:6], "heading": off[6:]}
        return {**losses, **{name: part.sum() for name, part in parts.items()}}


TASK = Mono3D()
