"""What a viewer shows of content-adaptive downsampling: a network in its three forms, masks as thresholds, colours, proofs.

subject = Subject.make("resnet18", fine=8, coarse=16)
strengths = ring_strengths(image, dilation=11, stride=8, depth=1)
levels = levels_of(strengths, threshold=0.079)
features = subject.dilated(x)
colours = Colours.fit(features)
pixels = colours(features)                      # (h, w, 3) uint8
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import torch
from torch import Tensor, nn

from lzviz import models
from lzviz.adaptive import masks
from lzviz.adaptive.adapter import Adapted, Plan, adapt
from lzviz.adaptive.lattice import Tree
from lzviz.coords import Size
from lzviz.models.initialise import seeded
from lzviz.models.vgg import vgg_features
from lzviz.text import Text

# Guarantee 2 in single precision: rounding of another order of summation, and nothing else, stays below this.
EXACT = 1e-5
# Where the colour scale ends, as shares of the cells: single extreme cells do not dim all others.
COLOUR_ENDS = (0.01, 0.99)


# Masks as thresholds -----------------------------------------------------------------------------------------------


def ring_sizes(dilation: int, depth: int) -> list[int]:
    """Pixels across within which cells stay at level 0, 1, ... or finer: each ring reaches twice as far as the last.

    An even dilation counts as the next odd one: a window has a middle.
    """
    return [dilation // 2 * 2 ** (level + 1) + 1 for level in range(depth)]


def ring_strengths(image: Tensor, dilation: int, stride: int, depth: int, operator: str = "central") -> Tensor:
    """The strongest change of grey within each ring around each fine cell: (depth, h, w), falling in no ring.

    An edge mask of any threshold follows without the image: see :func:`levels_of`.

    Args:
        image: (1, 3 or 1, H, W) in [0, 1].
        dilation, stride, depth, operator: as for :func:`lzviz.adaptive.masks.edges`.
    """
    return strengths_of(masks.differences(masks.grey(image), operator), dilation, stride, depth)


def strengths_of(change: Tensor, dilation: int, stride: int, depth: int) -> Tensor:
    """The same of an edge map (1, 1, H, W) from anywhere: (depth, h, w)."""
    return torch.cat([masks.within(change, stride, size)[0] for size in ring_sizes(dilation, depth)])


def levels_of(strengths: Tensor, threshold: float) -> Tensor:
    """The first ring that reaches ``threshold``, else ``depth``: (1, 1, h, w) int64, ``masks.edges`` exactly.

    The comparison is that of the strengths' own type: a threshold is rounded to float32 first.
    """
    return (strengths < threshold).sum(0)[None, None]


# Networks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Subject:
    """One network three times over, with the same weights: strided, dilated, adaptive.

    Attributes:
        fine, coarse: output strides of the dilated and of the strided network.
        strided, dilated: images (1, 3, H, W), normalised, to features (1, C, h, w).
        channels: C.
        weights: where the weights come from, for people.
    """

    fine: int
    coarse: int
    strided: nn.Module
    dilated: nn.Module
    channels: int
    weights: Text | str

    @classmethod
    def make(
        cls, name: str, fine: int, coarse: int, *, width: int = 64, state: Mapping[str, Any] | None = None,
        weights: Text | str = "random, seed 0",
    ) -> Subject:  # fmt: skip
        """A ResNet without its classifier, or VGG16 up to the last convolution or pool before the coarse stride ends.

        Args:
            name: "resnet18", ..., "resnet152", "vgg16", "efficientnet" (-Lite0, which has one width) or "compact", the
                backbone of the small checkpoints.
            width: channels of the first stage.
            state: a state dict with torchvision's keys; random weights otherwise.
            weights: what to call them.
        """
        build = {"vgg16": _vgg, "compact": _compact, "efficientnet": _efficientnet}.get(name, _resnet)
        strided, dilated = (
            build(name, stride, coarse, width).eval().requires_grad_(False) for stride in (coarse, fine)
        )
        if state is not None:
            _load(strided, state, name)
        dilated.load_state_dict(strided.state_dict(), assign=True)
        convolutions = [m for m in strided.modules() if isinstance(m, nn.Conv2d)]
        channels = strided.channels[-1] if isinstance(strided, models.ResNet) else convolutions[-1].out_channels
        return cls(fine, coarse, strided, dilated, channels, weights)

    @property
    def depth(self) -> int:
        """Levels of the quadtree."""
        return (self.coarse // self.fine).bit_length() - 1

    @cached_property
    def fixed(self) -> Adapted:
        """Adapted as it should be, compiled: coarse locations are the strided network's."""
        return adapt(self.strided, (self.fine, self.coarse)).compile()

    @cached_property
    def published(self) -> Adapted:
        """Adapted as the public code does it."""
        return adapt(self.strided, (self.fine, self.coarse), offset="center", pool="paper").compile()

    @cached_property
    def per_row(self) -> tuple[int, ...]:
        """Multiply-adds of a row of the grid after 0, 1, .. ``depth`` halvings; they do not depend on the image.

        Found on a small square: there a plan of level v everywhere has ``(cells / 2^v)^2`` rows after v halvings or more.
        """
        cells = 4 << self.depth
        total = [self._plan(cells, level).macs for level in range(self.depth + 1)]
        rows = [(cells >> level) ** 2 for level in range(self.depth + 1)]
        # Of all rows from halving v on: what going from level v - 1 to v saves, over the rows that it saves.
        onwards = [(total[v - 1] - total[v]) // (rows[v - 1] - rows[v]) for v in range(1, self.depth + 1)]
        return (0, *(a - b for a, b in zip(onwards, [*onwards[1:], 0], strict=True)))

    def _plan(self, cells: int, level: int) -> Plan:
        levels = torch.full((1, 1, cells, cells), level, dtype=torch.int64)
        return self.fixed.plan(levels, (cells * self.fine, cells * self.fine))

    def coefficients(self, size: Size) -> Coefficients:
        """The price list of images of ``size`` (H, W)."""
        h, w = (-(-n // self.fine) for n in size)
        dense = self.fixed.plan(torch.zeros(1, 1, h, w, dtype=torch.int64), size).macs
        return Coefficients(dense - sum(self.per_row) * h * w, self.per_row)


def _resnet(name: str, stride: int, coarse: int, width: int) -> nn.Module:
    return models.create(name, classes=None, output_stride=stride, width=width)


def _vgg(name: str, stride: int, coarse: int, width: int) -> nn.Module:
    last = {8: "conv4_3", 16: "conv5_3", 32: "pool5"}[coarse]
    return seeded(vgg_features)(width=width, last=last, output_stride=stride, ceil_mode=True)


def _efficientnet(name: str, stride: int, coarse: int, width: int) -> nn.Module:
    return models.create("efficientnet_lite0", classes=None, output_stride=stride)


def _compact(name: str, stride: int, coarse: int, width: int) -> nn.Module:
    return cast(nn.Module, models.create(name, stem=4, decoder=False, output_stride=stride, width=width).backbone)


def _load(network: nn.Module, state: Mapping[str, Any], name: str) -> None:
    """Take those of the weights that the network has; "features." in front is VGG16's, "backbone." a segmentation network's."""
    plain = {key.removeprefix("features.").removeprefix("backbone."): value for key, value in state.items()}
    own = network.state_dict()
    wrong = [key for key, value in own.items() if getattr(plain.get(key), "shape", None) != value.shape]
    if wrong:
        raise ValueError(
            f"expected weights of {name} with torchvision's keys; {len(wrong)} of {len(own)} tensors are missing or have "
            f"another shape, the first is {wrong[0]}"
        )
    network.load_state_dict({key: plain[key] for key in own})


@dataclass(frozen=True)
class Coefficients:
    """Multiply-adds as a linear function of rows: ``fixed + sum over n of per_row[n] * rows[n]``, exactly.

    ``rows[n]`` are those of the grid after n halvings: the corners of blocks of ``2^min(level, n)`` cells. ``per_row[0]``
    is 0, for what runs before the first halving does not depend on the mask.
    """

    fixed: int
    per_row: tuple[int, ...]

    def macs(self, levels: Tensor) -> int:
        """Of completed or any other levels (1, 1, h, w)."""
        rows = grid_rows(levels, len(self.per_row) - 1)
        return self.fixed + sum(a * b for a, b in zip(self.per_row, rows, strict=True))


def grid_rows(levels: Tensor, depth: int) -> list[int]:
    """Rows of the grid after 0, 1, .. ``depth`` halvings, for levels (1, 1, h, w)."""
    tree = Tree.grow(levels[:, 0], depth)
    return [tree.grid(exponent).rows for exponent in range(depth + 1)]


def on_fine_grid(coarse: Tensor, step: int, size: Size) -> Tensor:
    """Features of the strided network repeated over the blocks that they stand for: (B, C, h, w)."""
    return coarse.repeat_interleave(step, -2).repeat_interleave(step, -1)[..., : size[0], : size[1]]


# The proof ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Badge:
    """How far an adaptive run is from the stock network where both have a feature.

    Attributes:
        most: largest absolute difference.
        relative: the same over the largest absolute feature of the stock network.
    """

    most: float
    relative: float

    @property
    def exact(self) -> bool:
        """Nothing but rounding."""
        return self.relative <= EXACT


def badge(adaptive: Tensor, strided: Tensor, step: int) -> Badge:
    """Compare adaptive features (B, C, h, w) on the fine grid with the strided network's at every ``step``-th cell."""
    there = adaptive[..., ::step, ::step]
    if there.shape != strided.shape:
        raise ValueError(f"expected features {tuple(strided.shape)} at coarse locations, got {tuple(there.shape)}")
    most = float((there - strided).abs().max())
    return Badge(most, most / max(float(strided.abs().max()), torch.finfo(strided.dtype).tiny))


# Colours -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Colours:
    """One fixed map from features to colours, so that equal features look equal in every view.

    Attributes:
        mean: (C,) subtracted first.
        axes: (C, 3) directions whose coordinates become red, green, blue; for a single channel all three are it.
        low, high: (3,) coordinates that become black and full.
    """

    mean: Tensor
    axes: Tensor
    low: Tensor
    high: Tensor

    @classmethod
    def fit(cls, features: Tensor, channel: int | None = None) -> Colours:
        """The three principal components of features (1, C, h, w), strongest first, or one channel in grey.

        A component points to where its largest weight is positive. The scale ends where 1 % of the cells are beyond it.
        """
        rows = features[0].flatten(1).T
        if channel is None:
            mean = rows.mean(0)
            axes = _principal(rows - mean)
        else:
            mean = rows.new_zeros(rows.shape[1])
            axes = torch.zeros_like(rows[0])[:, None].expand(-1, 3).clone()
            axes[channel] = 1
        place = (rows - mean) @ axes
        low, high = torch.quantile(place, place.new_tensor(COLOUR_ENDS), dim=0)
        return cls(mean, axes, low, high)

    def __call__(self, features: Tensor) -> Tensor:
        """Features (1, C, h, w) to (h, w, 3) uint8. What is constant is mid-grey."""
        rows = features[0].flatten(1).T
        place = (rows - self.mean) @ self.axes
        span = self.high - self.low
        flat = span <= 1e-12 * self.high.abs().clamp(min=1)
        share = torch.where(flat, 0.5, (place - self.low) / torch.where(flat, 1, span))
        return (share.clamp(0, 1) * 255 + 0.5).to(torch.uint8).reshape(*features.shape[-2:], 3)


def _principal(rows: Tensor, count: int = 3, sweeps: int = 16) -> Tensor:
    """The strongest directions of centred rows (N, C) by subspace iteration from a fixed start: (C, count).

    Where there are fewer directions than ``count``, the rest is zero.
    """
    generator = torch.Generator().manual_seed(0)
    width = min(2 * count + 2, rows.shape[1])
    basis = torch.randn(rows.shape[1], width, generator=generator).to(rows)
    for _ in range(sweeps):
        basis = torch.linalg.qr(rows.T @ (rows @ basis)).Q
    _, variances, turned = torch.linalg.svd(rows @ basis, full_matrices=False)
    axes = (basis @ turned.T)[:, :count]
    axes = axes * (variances[:count] > 1e-6 * variances[0].clamp(min=torch.finfo(rows.dtype).tiny))
    axes = axes * torch.where(axes.gather(0, axes.abs().argmax(0, keepdim=True)) < 0, -1, 1)
    return torch.cat([axes, axes.new_zeros(rows.shape[1], count - axes.shape[1])], dim=1)
