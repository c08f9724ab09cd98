"""Key points: places that are found again in another view of the same thing, each with a descriptor.

The answer is a map of descriptors (B, C, h', w') over the zoomed image. Key points are found where the network looked, in the
zoomed image, and it is their coordinates that come back through the warp; what any place of the source looks like is read at
where it lies in the zoomed image. No map is resampled on the way.

What is true of a picture is another view of it: its key points, their descriptors, and the homography that leads there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz import models
from lzviz.coords import Size
from lzviz.measure.evaluation import mutual_matches, project
from lzviz.models.d2net import D2Net, prepare, sample_descriptors
from lzviz.parallel import mean_of_processes
from lzviz.samplers.base import Downsampled
from lzviz.tasks.base import Metric, Task, View
from lzviz.tasks.matching import warped
from lzviz.trace import Trace
from lzviz.warp import WarpLayout

COUNT = 512
"""Most key points of a picture."""
THRESHOLDS = (1, 3, 5, 10)
"""Pixels within which a match is right."""
MARGIN, NEAR = 1.0, 8.0
"""Of the loss: by how much a true match has to be the more similar one; pixels within which a place is no wrong match."""


@dataclass(frozen=True, eq=False)
class Points:
    """Key points of one picture, strongest first: ``points`` (N, 2) pixels x, y of the source, ``descriptors`` (N, C) of length
    1, ``scores`` (N,)."""

    points: Tensor
    descriptors: Tensor
    scores: Tensor


@dataclass(frozen=True, eq=False)
class OtherView:
    """What is true of a picture: ``matrix`` 3x3 takes its pixels to those of the other view, whose key points are ``points``
    (L, 2), with ``descriptors`` (L, C) of length 1."""

    matrix: Tensor
    points: Tensor
    descriptors: Tensor

    @classmethod
    def of(cls, image: Tensor, matrix: Tensor, find: Callable[[Tensor], Points]) -> OtherView:
        """Of an image (1, 3, H, W) seen through a homography; ``find`` gives the key points of an image."""
        found = find(warped(image, matrix))
        return cls(matrix, found.points, found.descriptors)

    def to(self, device: torch.device) -> OtherView:
        return OtherView(*(getattr(self, field.name).to(device) for field in fields(self)))

    def origins(self) -> Tensor:
        """(L, 2) float64 where its key points lie in the picture."""
        return project(self.points.double(), torch.linalg.inv(self.matrix.double()))


@dataclass(frozen=True, eq=False)
class Described:
    """An answer in the frame of the source: descriptors of any place of it.

    Attributes:
        features: (B, C, h', w') over the zoomed image; feature i stands at zoomed pixel ``stride * i + offset``.
    """

    features: Tensor
    stride: float
    offset: float
    layout: WarpLayout

    def at(self, index: int, points: Tensor) -> Tensor:
        """(N, C) of length 1 at places (N, 2) of picture ``index``, pixels of the source."""
        zoomed = self._warp(index).zoom_points(points, self.layout.zoomed_size, self.layout.source_size)
        return sample_descriptors(self.features[index : index + 1], zoomed, self.stride, self.offset)[0]

    def found(self, index: int, count: int = COUNT) -> Points:
        """The key points of picture ``index``: features whose strongest channel is nowhere stronger in the 3x3 around (D2-Net's
        hard detection, Dusmanu et al. 2019, eq. 3)."""
        features = self.features[index]
        scores, channel = features.max(0)
        around = F.max_pool2d(features[None], 3, 1, 1)[0].gather(0, channel[None])[0]
        peaks = ((scores >= around) & (scores > 0)).nonzero()
        kept = peaks[scores[peaks[:, 0], peaks[:, 1]].argsort(descending=True)[:count]]
        zoomed = kept.flip(1).to(features.dtype) * self.stride + self.offset
        h, w = self.layout.zoomed_size
        inside = ((zoomed >= 0) & (zoomed <= zoomed.new_tensor([w - 1, h - 1]))).all(1)
        kept, zoomed = kept[inside], zoomed[inside]
        points = self._warp(index).unzoom_points(zoomed, self.layout.zoomed_size, self.layout.source_size)
        rows = F.normalize(features[:, kept[:, 0], kept[:, 1]].T, dim=1)
        return Points(points, rows, scores[kept[:, 0], kept[:, 1]])

    def _warp(self, index: int) -> Any:
        warp = self.layout.warp
        return warp if warp.batch == 1 else warp[index]


class KeypointTrace(Trace):
    """A :class:`lzviz.Trace` with the names of key points."""

    def verdict(self) -> list[str]:
        if self.truth is None or self.output is None:
            return []
        right = sum(int(error.le(THRESHOLDS[1]).sum()) for error in self.errors)
        return [f"matches    {sum(map(len, self.errors))}, {right} of them right within {THRESHOLDS[1]} px"]

    @property
    def points(self) -> list[Tensor] | None:
        """(N, 2) pixels of each picture."""
        return None if self.output is None else [one.points for one in self.output]

    @cached_property
    def matches(self) -> list[Tensor]:
        """(M, 2) rows of the key points of each picture and of its other view that are each other's nearest."""
        pairs = zip(self.output, self.truth, strict=True)
        return [mutual_matches(one.descriptors, other.descriptors.to(one.descriptors)) for one, other in pairs]

    @cached_property
    def errors(self) -> list[Tensor]:
        """(M,) pixels between where a match is and where it should be, of each picture."""
        return [
            (project(one.points[rows[:, 0]].double(), other.matrix.double()) - other.points[rows[:, 1]].double()).norm(
                dim=1
            )
            for one, other, rows in zip(self.output, self.truth, self.matches, strict=True)
        ]


class Describing(nn.Module):
    """D2-Net, from images in [0, 1] to {"features", "stride", "offset"}."""

    def __init__(self, network: D2Net, normalisation: str = "imagenet"):
        super().__init__()
        self.network, self.normalisation = network, normalisation

    def forward(self, image: Tensor) -> dict[str, Any]:
        features = self.network(prepare(image, self.normalisation))
        where = features.new_tensor([self.network.output_stride, self.network.offset])
        return {"features": features, "stride": where[0], "offset": where[1]}


class Keypoints(Task):
    """See the module."""

    name: ClassVar = "keypoints"
    output: ClassVar = "points"
    trace: ClassVar = KeypointTrace
    views: ClassVar = (View("points", "points"),)
    metrics: ClassVar = tuple(
        Metric(f"mma{pixels}", f"matching accuracy within {pixels} px", "matches", f"mma{pixels}")
        for pixels in THRESHOLDS
    )

    def network(self, name: str, classes: int, seed: int = 0, **options: Any) -> nn.Module:
        """D2-Net behind the normalisation that its weights expect: ``normalisation``, the other options are its own."""
        normalisation = options.pop("normalisation", "imagenet")
        made = models.create(name, seed=seed, **options)
        if not isinstance(made, D2Net):
            raise ValueError(f"key points are described by d2net, got {name!r}")
        return Describing(made, normalisation)

    def checked_answer(self, answer: Any) -> dict[str, Any]:
        """{"features": (B, C, h', w'), "stride", "offset"}: feature i stands at zoomed pixel ``stride * i + offset``."""
        features = answer.get("features") if isinstance(answer, Mapping) else None
        if not isinstance(features, Tensor) or features.ndim != 4 or not {"stride", "offset"} <= answer.keys():
            raise TypeError(
                'expected {"features": descriptors (B, C, h, w), "stride": pixels, "offset": pixels} from the network, got '
                f"{type(answer).__name__}"
            )
        return dict(answer)

    def restore(self, answer: Mapping[str, Any], out: Downsampled, size: Size, uniform: bool = False) -> Described:
        if uniform or not isinstance(out.layout, WarpLayout):
            raise ValueError(
                "key points come back through a warp: choose a sampler that is one, and bring no features back"
            )
        layout = replace(out.layout, source_size=size)
        return Described(answer["features"], float(answer["stride"]), float(answer["offset"]), layout)

    def decide(self, restored: Described) -> list[Points]:
        return [restored.found(index) for index in range(len(restored.features))]

    def checked(self, truth: Any, image: Tensor, name: str = "labels", same_size: bool = True) -> list[OtherView]:
        truths = [truth] if isinstance(truth, OtherView) else truth
        if not isinstance(truths, list | tuple) or not all(isinstance(one, OtherView) for one in truths):
            raise TypeError(f"expected {name} as an OtherView for each image, got {type(truth).__name__}")
        if len(truths) != len(image):
            raise ValueError(f"expected {name} of {len(image)} images, got {len(truths)}")
        for one in truths:
            wanted = tuple(one.matrix.shape) == (3, 3) and one.points.ndim == 2 and one.points.shape[1] == 2
            if not wanted or one.descriptors.ndim != 2 or len(one.descriptors) != len(one.points):
                shapes = [tuple(getattr(one, field.name).shape) for field in fields(one)]
                raise ValueError(f"expected a 3x3 matrix, points (L, 2), descriptors (L, C) in {name}, got {shapes}")
        return self.to(truths, image.device)

    def collate(self, truths: Sequence[OtherView]) -> list[OtherView]:
        return list(truths)

    def to(self, truth: Sequence[OtherView], device: torch.device) -> list[OtherView]:
        return [one.to(device) for one in truth]

    def cropped(self, truth: OtherView, top: int, left: int, size: Size, mirrored: bool, full: Size) -> OtherView:
        """The other view stays; the way to it begins at the part."""
        move = torch.eye(3, dtype=torch.float64)
        move[0, 2], move[1, 2] = left, top
        if mirrored:
            move = move @ torch.tensor([[-1, 0, size[1] - 1], [0, 1, 0], [0, 0, 1]], dtype=torch.float64)
        return replace(truth, matrix=truth.matrix.double() @ move)

    def loss(self, recipe: Any, summary: Tensor) -> KeypointLoss:
        return KeypointLoss()

    def count(self, trace: Trace, index: int, classes: int, settings: Mapping[str, Any]) -> dict[str, Tensor]:
        """(T + 1,) matches that are right within each threshold, and all of them."""
        assert isinstance(trace, KeypointTrace)
        errors = trace.errors[index]
        right = [int((errors <= pixels).sum()) for pixels in THRESHOLDS]
        return {"matches": torch.tensor([*right, len(errors)])}

    def score(self, metric: Metric, counts: Sequence[Tensor], weights: Tensor | None = None) -> Tensor:
        """The share of all matches of a set that is right: long pictures count as they have matches."""
        stacked = torch.stack(list(counts)).double()
        total = stacked.sum(0) if weights is None else weights.double() @ stacked
        return (total[..., self.metrics.index(metric)] / total[..., -1])[..., None]


class KeypointLoss(nn.Module):
    """Hardest-in-batch triplet margin (Mishchuk et al. 2017; D2-Net, eq. 6 without its soft scores): at each place that the other
    view knows, its descriptor there has to be nearer than the nearest of another place, by a margin."""

    def forward(self, answer: Any, out: Downsampled, truth: Iterable[OtherView], pipeline: Any) -> dict[str, Tensor]:
        """{"keypoints": loss}; a truth without a point in sight adds nothing."""
        layout = out.layout
        assert isinstance(layout, WarpLayout)
        restored = pipeline.restore(answer, out, layout.source_size)
        each = [self._one(restored, index, other) for index, other in enumerate(truth)]
        known = torch.cat([*each, answer["features"].new_zeros(0)])
        count = mean_of_processes(known.new_tensor(float(len(known))))
        return {"keypoints": (known.sum() + 0 * answer["features"].sum()) / count.clamp(min=1)}

    @staticmethod
    def _one(restored: Described, index: int, other: OtherView) -> Tensor:
        origins, (h, w) = other.origins(), restored.layout.source_size
        seen = ((origins >= 0) & (origins <= origins.new_tensor([w - 1, h - 1]))).all(1)
        here = restored.at(index, origins[seen].to(restored.features.dtype))
        there = other.descriptors[seen].to(here)
        alike = here @ there.T
        apart = torch.cdist(origins[seen], origins[seen]) > NEAR
        wrong = alike.masked_fill(~apart, -1.0)
        hardest = torch.maximum(wrong.amax(0), wrong.amax(1)) if len(here) else alike.new_zeros(0)
        return (MARGIN - alike.diagonal() + hardest).clamp(min=0)


TASK = Keypoints()
