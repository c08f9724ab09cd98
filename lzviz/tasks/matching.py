"""Key points under a known change of view: what a finer output stride buys, and what it costs.

    pair = Pair.of(image, homography(size))
    trial(pair, network)                        # stride of the network
    trial(pair, network, triplet=(0, 19, 35))   # adaptive, fine around key points
    trial(pair, network, triplet=(0, 19, 35), control="random")     # the same blocks, anywhere

The descriptors are those of D2-Net's network (VGG16 up to conv4_3); the points are SIFT's, the same for every network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import torch
from torch import Tensor

from lzviz.adaptive import QuadTree, masks
from lzviz.adaptive.adapter import Plan, adapt
from lzviz.coords import Size, to_normalised
from lzviz.measure import cost
from lzviz.measure.evaluation import mma, mutual_matches, project
from lzviz.models.d2net import D2Net, prepare, sample_descriptors

# The paper's ten: pixels across within which a key point keeps cells at output stride 1, 2, 4; 0 = nowhere.
TRIPLETS = (
    (0, 0, 0), (0, 0, 5), (0, 0, 11), (0, 0, 21), (0, 0, 31),
    (0, 19, 35), (0, 27, 37), (19, 41, 41), (25, 51, 51), (torch.inf, torch.inf, torch.inf),
)  # fmt: skip
THRESHOLDS = tuple(range(1, 11))
# Masks that must do worse for their cost if a good mask is worth anything.
Control = Literal["random", "inverse"]
CONTROLS: tuple[Control, ...] = ("random", "inverse")
# Levels above the finest: output strides 1 to 8.
DEPTH = 3


def homography(
    size: Size, seed: int = 0, turn: float = 8.0, grow: float = 0.1, shift: float = 0.04, tilt: float = 0.08
) -> Tensor:
    """A mild change of view of an image (H, W): 3x3 float64, pixels to pixels, about the centre.

    Args:
        turn: degrees at most, either way.
        grow: change of scale at most, either way, as a share.
        shift: of the longer side, at most, either way.
        tilt: how much the far side of the longer side shrinks or grows by perspective, at most.
    """
    h, w = size
    long, generator = max(h, w), torch.Generator().manual_seed(seed)
    drawn = (2 * torch.rand(6, generator=generator, dtype=torch.float64) - 1).tolist()
    angle, scale = torch.tensor(drawn[0] * turn, dtype=torch.float64).deg2rad(), 1 + drawn[1] * grow
    cos, sin = (scale * f(angle).item() for f in (torch.cos, torch.sin))
    bend = [tilt * d / (long / 2) for d in drawn[4:]]
    change = torch.tensor(
        [[cos, -sin, drawn[2] * shift * long], [sin, cos, drawn[3] * shift * long], [*bend, 1]], dtype=torch.float64
    )
    centre = torch.tensor([[1, 0, (w - 1) / 2], [0, 1, (h - 1) / 2], [0, 0, 1]], dtype=torch.float64)
    return centre @ change @ torch.linalg.inv(centre)


def warped(image: Tensor, matrix: Tensor) -> Tensor:
    """The image (1, C, H, W) seen through a homography at its own size, bilinear; black where it shows nothing."""
    h, w = image.shape[-2:]
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    points = torch.stack([x, y], -1).reshape(-1, 2).double()
    back = to_normalised(project(points, torch.linalg.inv(matrix)), (h, w)).reshape(1, h, w, 2)
    return torch.nn.functional.grid_sample(image, back.to(image.dtype), align_corners=True)


@dataclass(frozen=True, eq=False)
class Pair:
    """An image, its other view, and the key points of both.

    Attributes:
        first, second: (1, 3, H, W) in [0, 1].
        matrix: 3x3, pixels of the first to the second.
        first_points, second_points: (N, 2) and (L, 2) pixels, strongest first; of the second only those whose origin lies in
            the first, so that the black around it gives none.
    """

    first: Tensor
    second: Tensor
    matrix: Tensor
    first_points: Tensor
    second_points: Tensor

    @classmethod
    def of(cls, image: Tensor, matrix: Tensor, count: int = 512, margin: float = 2.0) -> Pair:
        """Two views with at most ``count`` SIFT points each; points of the second are ``margin`` pixels inside its part."""
        second = warped(image, matrix)
        points, others = (masks.sift(masks.grey(view)[0, 0], count) for view in (image, second))
        h, w = image.shape[-2:]
        origin = project(others.double(), torch.linalg.inv(matrix))
        limit = torch.tensor([w - 1 - margin, h - 1 - margin])
        return cls(image, second, matrix, points, others[((origin >= margin) & (origin <= limit)).all(1)])

    def to(self, device: torch.device) -> Pair:
        """The same on a device."""
        return Pair(*(getattr(self, field.name).to(device) for field in fields(self)))


@dataclass(frozen=True, eq=False)
class Trial:
    """How one network matched a pair.

    Attributes:
        mma: mean matching accuracy within 1 .. 10 pixels: right matches over *possible* ones, as for content-adaptive
            downsampling (points of the first view that have a partner so near in the second).
        matches: (M, 2) rows of the first and of the second points.
        errors: (M,) pixels between where a match is and where it should be.
        macs: multiply-adds of both views together.
        levels: (1, 1, h, w) of both views' adaptive grids; none for a network of one stride.
    """

    mma: tuple[float, ...]
    matches: Tensor
    errors: Tensor
    macs: int
    levels: tuple[Tensor, ...] = ()


def trial(
    pair: Pair,
    network: D2Net,
    normalisation: str = "none",
    triplet: Sequence[float] | None = None,
    control: Control | None = None,
) -> Trial:
    """Describe both views' points and match them.

    Args:
        network: at the output stride to be tried; at 8 for a triplet.
        normalisation: as its weights expect it, see :func:`lzviz.models.prepare`.
        triplet: dilations at output strides 1, 2, 4: the network runs adaptively, 1 to 8.
        control: of the triplet's mask: "random" moves its blocks to random places (the same cost), "inverse" is coarse
            where it is fine and fine where it is coarse.

    Raises:
        ValueError: an unknown control, or one without a triplet.
    """
    if control is not None and (triplet is None or control not in CONTROLS):
        raise ValueError(f"expected control as one of {', '.join(CONTROLS)}, of a triplet, got {control!r}")
    views = ((pair.first, pair.first_points), (pair.second, pair.second_points))
    plans = () if triplet is None else tuple(_plan(network, *view, triplet, control) for view in views)
    descriptors, macs = [], 0
    for index, (view, points) in enumerate(views):
        x = prepare(view, normalisation)
        if plans:
            features = adapt(network, (1, 8))(x, plan=plans[index])
            macs += plans[index].macs
            descriptors.append(_described(features, plans[index].levels, points, network.offset))
        else:
            macs += cost.count(network, tuple(x.shape)).total
            descriptors.append(sample_descriptors(network(x), points, network.output_stride, network.offset)[0])
    first, second = pair.first_points, pair.second_points
    matches = mutual_matches(*descriptors)
    expected = project(first.double(), pair.matrix)
    errors = (expected[matches[:, 0]] - second[matches[:, 1]].double()).norm(dim=1)
    accuracy = mma(first, descriptors[0], second, descriptors[1], pair.matrix, THRESHOLDS, "possible")
    return Trial(tuple(accuracy.tolist()), matches, errors, macs, tuple(plan.levels for plan in plans))


def _described(features: Tensor, levels: Tensor, points: Tensor, offset: float) -> Tensor:
    """Descriptors (N, C) of points (N, 2), each read between the cells of its own level's grid.

    The filled grid repeats a coarse cell's features over all that it covers; read bilinearly there, a point would lose its
    place within the cell. Where all is coarse this is the strided network's own reading.
    """
    h, w = levels.shape[-2:]
    x, y = (points - offset).round().long().unbind(1)
    own = levels[0, 0, y.clamp(0, h - 1), x.clamp(0, w - 1)]
    read = features.new_empty(len(points), features.shape[1])
    for level in own.unique().tolist():
        step, here = 2**level, own == level
        read[here] = sample_descriptors(features[..., ::step, ::step], points[here], step, offset)[0]
    return read


def _plan(network: D2Net, view: Tensor, points: Tensor, triplet: Sequence[float], control: Control | None) -> Plan:
    size = (int(view.shape[-2]), int(view.shape[-1]))
    levels = masks.keypoints(view, dilation=triplet, points=[points])
    if control is not None:
        levels = QuadTree(levels, 1, size).levels
        levels = masks.shuffled(levels, DEPTH) if control == "random" else masks.inverse(levels, DEPTH)
    return adapt(network, (1, 8)).plan(levels, size)
