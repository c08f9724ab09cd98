"""CAD (Hesse et al. 2023): a quadtree of cells, fine around edges, coarse elsewhere.

Unlike the warps it keeps samples on a lattice: cell (i, j) of the fine grid stands at source pixel (s j, s i), and where
nothing is wanted 2^v x 2^v cells share the sample of their corner. Inside a network the same quadtree says where it computes
(:func:`lzviz.adapt`); here it downsamples the picture itself, so that it can be looked at beside the warps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.adaptive import QuadTree, masks
from lzviz.coords import Size, check_size
from lzviz.samplers import System, add, options
from lzviz.samplers.base import Downsampled, Mode, Sampler
from lzviz.text import t


@dataclass(frozen=True, eq=False)
class CAD(Sampler):
    """Samples of a quadtree whose fine grid has at most as many cells as the result has pixels.

    Attributes:
        threshold, dilation, mode, operator: of the edges that are kept fine, see :func:`lzviz.adaptive.masks.edges`.
        depth: levels of the quadtree.
        stride: source pixels a fine cell; the smallest that fits the size by default.
    """

    threshold: float | str = "medium"
    dilation: int = 11
    depth: int = 1
    stride: int | None = None
    mode: Mode = "fixed"
    operator: Literal["central", "sobel"] = "central"

    def __call__(self, image: Tensor, size: Size, saliency: Tensor | None = None) -> Downsampled:
        """As :class:`Sampler` says. A saliency map keeps the cells fine that reach the middle of its range."""
        if image.ndim != 4 or not image.is_floating_point():
            raise ValueError(f"expected a float image (B, C, H, W) in [0, 1], got {image.dtype} {tuple(image.shape)}")
        size, source_size = check_size(size), (int(image.shape[-2]), int(image.shape[-1]))
        stride = self.stride or smallest_stride(source_size, size)
        if saliency is None:
            levels = masks.edges(image, self.threshold, self.dilation, stride, self.depth, self.mode, self.operator)
        else:
            levels = self.from_saliency(saliency, [-(-n // stride) for n in source_size]).expand(len(image), -1, -1, -1)
        tree = QuadTree(levels, stride, source_size)
        mosaic, _ = tree.scatter(tree.gather(image), size)
        return Downsampled(mosaic, tree, saliency, {"levels": tree.levels})

    def from_saliency(self, saliency: Tensor, fine: list[int]) -> Tensor:
        """Levels (B, 1, h, w): 0 where a map, brought to the fine grid corner-aligned, reaches the middle of its range."""
        full = F.interpolate(saliency, size=fine, mode="bilinear", align_corners=True)
        low, high = full.amin((2, 3), keepdim=True), full.amax((2, 3), keepdim=True)
        return torch.where(full >= (low + high) / 2, 0, self.depth)


def smallest_stride(source_size: Size, size: Size) -> int:
    """The smallest stride at which the fine grid of a source has no more cells than the result has pixels."""
    budget = size[0] * size[1]
    stride = max(1, math.isqrt(source_size[0] * source_size[1] // budget))
    while math.prod(-(-n // stride) for n in source_size) > budget:
        stride += 1
    return stride


add(
    System(
        name="cad",
        title="CAD",
        summary=t("sampler.cad.summary"),
        paper="Hesse, Schaub-Meyer, Roth 2023",
        make=CAD,
        options=(
            options.Option("threshold", "choice", "medium", choices=tuple(masks.PRESETS)),
            options.Option("operator", "choice", "central", choices=tuple(masks.OPERATORS)),
            options.Option("dilation", "integer", 11, 1, 63, unit="px"),
            options.Option("depth", "integer", 1, 1, 4),
            options.Option("stride", "integer", None, 1, 64, unit="px"),
            options.MODE,
        ),
        claims=frozenset({"constants", "count", "batch", "dtype"}),
        colour=("#0b7c8c", "#4fc4d3"),
        twin=True,
    )
)
