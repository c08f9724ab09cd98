"""What teaches LDS (:mod:`lzviz.samplers.lds`): where boundaries are, and the joint loss

    L = L_seg(P, Y^) + gamma MSE(d, d_t),    d_t = f_edge(f_gauss(Y_lr))

``mode="published"``: the edge target is made of class *numbers* as an 8-bit picture, by Pillow's filters (1 | 17 weighs sixteen
times 1 | 2, ignored pixels are a class, falling sides are cut off, the outermost pixels are not filtered); min-max runs over the
whole batch, and constant labels give NaN; training labels are read bilinearly and cut down to integers, which invents classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter
from torch import Tensor

from lzviz.coords import Size, check_size
from lzviz.nearest import nearest_marked
from lzviz.saliency import from_boundaries
from lzviz.samplers.base import Downsampled, Mode, zeros_outside
from lzviz.warp import Warp, WarpLayout

AREA_LIMIT = 10.0


def edge_target(labels: Tensor, size: Size, mode: Mode = "fixed", ignore_index: int = 255) -> Tensor:
    """d_t = f_edge(f_gauss(Y_lr)): where the boundaries are, at the size of d.

    fixed: half the sum over classes of |f_edge(f_gauss(is this class))|, the same for every pair of classes; pixels of
    ``ignore_index`` take their nearest label first and are 0 themselves. published: see :func:`_published_target`.

    Args:
        labels: (B, H, W) integers, read by nearest neighbour at the uniform places.
        size: (h, w) of d.

    Returns:
        (B, 1, h, w) float32, not normalised.
    """
    if labels.is_floating_point() or labels.ndim != 3:
        raise ValueError(f"expected integer labels (B, H, W), got {labels.dtype} {tuple(labels.shape)}")
    if mode == "published":
        return _published_target(labels, check_size(size))
    small = Warp.identity((2, 2)).zoom(labels, check_size(size), "nearest").long()
    known = small != ignore_index
    nearest = nearest_marked(known | ~known.flatten(1).any(1)[:, None, None])
    filled = small.flatten(1).gather(1, nearest.flatten(1)).reshape(small.shape)
    present = filled.unique()
    response = _edge_of_blur((filled[:, None] == present[:, None, None]).float())
    return response.abs().sum(1, keepdim=True) / 2 * known[:, None]


def _published_target(labels: Tensor, size: Size) -> Tensor:
    """Class numbers of each picture to [0, 1], bilinearly (half-pixel) to ``size``, to 8 bits by cutting off; Pillow's blur of
    radius 1 and its edge filter, which clips below 0 and copies the outermost pixels: (B, 1, h, w) in [0, 1]."""
    numbers = labels[:, None].float()
    low, high = numbers.amin((2, 3), True), numbers.amax((2, 3), True)
    small = F.interpolate((numbers - low) / (high - low).clamp(min=1), size, mode="bilinear", align_corners=False)
    out = []
    for picture in (small[:, 0] * 255).byte().cpu().numpy():
        edges = Image.fromarray(picture).filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.FIND_EDGES)
        out.append(torch.from_numpy(np.array(edges)))
    return (torch.stack(out)[:, None].float() / 255).to(labels.device)


def _edge_of_blur(maps: Tensor) -> Tensor:
    """Blur of sigma 1, then 8 in the middle and -1 around, of maps (B, K, h, w); the border repeats."""
    taps = torch.exp(-0.5 * torch.arange(-3.0, 4.0, device=maps.device).square())
    blur = torch.outer(taps, taps) / taps.sum().square()
    edge = -maps.new_ones(3, 3)
    edge[1, 1] = 8
    out = maps.flatten(0, 1)[:, None]
    for kernel in (blur, edge):
        r = len(kernel) // 2
        out = F.conv2d(F.pad(out, (r, r, r, r), mode="replicate"), kernel[None, None])
    return out.reshape(maps.shape)


def boundary_cells(labels: Tensor, size: Size, ignore_index: int = 255) -> Tensor:
    """1 where a cell of d holds a label boundary (8 neighbours), else 0: (B, 1, h, w) float32. Each pixel of the labels belongs to
    the nearest node of the corner-aligned lattice of ``size``."""
    h, w = check_size(size)
    edge = from_boundaries(labels, (labels.shape[-2], labels.shape[-1]), 1, 0, ignore_index)[:, 0]
    row, column = (
        ((torch.arange(n, device=labels.device) * (m - 1) / max(n - 1, 1)) + 0.5).floor().long()
        for n, m in zip(labels.shape[-2:], (h, w), strict=True)
    )
    cell = (row[:, None] * w + column).flatten().expand(len(edge), -1)
    return edge.new_zeros(len(edge), h * w).scatter_reduce(1, cell, edge.flatten(1), "amax").reshape(-1, 1, h, w)


def min_max(values: Tensor, whole_batch: bool = False) -> Tensor:
    """(B, 1, h, w) to [0, 1], each image by itself, a constant one to 0. ``whole_batch``: as published, constants to NaN."""
    if whole_batch:
        return (values - values.min()) / (values.max() - values.min())
    low, high = values.amin((1, 2, 3), keepdim=True), values.amax((1, 2, 3), keepdim=True)
    return (values - low) / torch.where(high > low, high - low, torch.ones_like(high))


def sampled_labels(layout: WarpLayout, labels: Tensor, mode: Mode) -> Tensor:
    """Labels (B, H, W) at the samples, (B, h, w), by nearest neighbour; published: bilinear in the class numbers, cut down."""
    if mode == "published":
        read = zeros_outside(layout.warp, labels[:, None].float(), layout.zoomed_size, "bilinear")
        return read[:, 0].long()
    return layout.warp.zoom(labels, layout.zoomed_size, "nearest")


def focal_loss(
    scores: Tensor, labels: Tensor, exponent: float = 2.0, ignore_index: int = 255, weight: Tensor | None = None
) -> Tensor:
    """Mean of ``-(1 - p)^exponent log p`` over the pixels whose label is known; 0 where none is. Exponent 0: cross-entropy.

    Args:
        scores: (B, K, h, w) before the softmax.
        labels: (B, h, w) integers.
        weight: (B, h, w), how much each pixel counts.
    """
    if scores.ndim != 4 or labels.shape != (len(scores), *scores.shape[-2:]):
        raise ValueError(f"scores {tuple(scores.shape)} do not fit labels {tuple(labels.shape)}")
    if not exponent >= 0:
        raise ValueError(f"exponent must be >= 0, got {exponent!r}")
    known = labels != ignore_index
    log_p = scores.log_softmax(1).gather(1, labels.where(known, 0).long()[:, None])[:, 0]
    counts = known.to(scores.dtype) if weight is None else known * weight
    return (-((1 - log_p.exp()) ** exponent) * log_p * counts).sum() / counts.sum().clamp(min=1e-12)


def area_weights(layout: WarpLayout) -> Tensor:
    """How much of the source each sample stands for, (B, h, w), |det J| over its mean, at most 10; without gradient.

    A loss in the deformed image over-weights what was magnified; these weights undo that.
    """
    area = layout.jacobian().detach().abs()
    return (area / area.mean((1, 2), keepdim=True).clamp(min=1e-12)).clamp(max=AREA_LIMIT)


@dataclass(frozen=True)
class Loss:
    """The joint loss, ``L_seg + gamma * L_edge``.

    Attributes:
        gamma: weight of the edge loss; 100 in the public code, 1 suits "bce"; 0 is the single loss.
        exponent: of the focal loss; ``None``: 2, or 0 (cross-entropy) as the released commands have it.
        edges: "mse" of the min-max normalised d and d_t, or "bce" of the module's numbers and :func:`boundary_cells`.
        area_weighted: weigh samples by :func:`area_weights` ("fixed" only).
        mode: "published" keeps the faults listed at the head of the file.
    """

    gamma: float = 100.0
    exponent: float | None = None
    edges: Literal["mse", "bce"] = "mse"
    area_weighted: bool = True
    mode: Mode = "fixed"
    ignore_index: int = 255

    def __post_init__(self) -> None:
        if not self.gamma >= 0:
            raise ValueError(f"gamma must be >= 0, got {self.gamma!r}")
        if self.edges not in ("mse", "bce"):
            raise ValueError(f"edges must be 'mse' or 'bce', got {self.edges!r}")

    def __call__(self, scores: Tensor, out: Downsampled, labels: Tensor) -> dict[str, Tensor]:
        """ "total", "segmentation" and "edge" of scores (B, K, h, w) on ``out.image`` and labels (B, H, W) of the source."""
        segmentation, edge = self.segmentation(scores, out, labels), self.edge(out, labels)
        return {"total": segmentation + self.gamma * edge, "segmentation": segmentation, "edge": edge}

    def segmentation(self, scores: Tensor, out: Downsampled, labels: Tensor) -> Tensor:
        assert isinstance(out.layout, WarpLayout)
        published = self.mode == "published"
        exponent = (0.0 if published else 2.0) if self.exponent is None else self.exponent
        weight = area_weights(out.layout).to(scores) if self.area_weighted and not published else None
        return focal_loss(scores, self.sampled(out.layout, labels), exponent, self.ignore_index, weight)

    def sampled(self, layout: WarpLayout, labels: Tensor) -> Tensor:
        """Y^ (B, h, w): labels at the samples, by nearest neighbour; published: bilinear in the class numbers, cut down."""
        return sampled_labels(layout, labels, self.mode)

    def edge(self, out: Downsampled, labels: Tensor) -> Tensor:
        if out.saliency is None or "logits" not in out.extras:
            raise ValueError("the edge loss trains the deformation module: call the sampler without a saliency map")
        size: Size = (int(out.saliency.shape[-2]), int(out.saliency.shape[-1]))
        if self.edges == "bce":
            wanted = boundary_cells(labels, size, self.ignore_index)
            return F.binary_cross_entropy_with_logits(out.extras["logits"], wanted.to(out.extras["logits"]))
        batch = self.mode == "published"
        wanted = edge_target(labels, size, self.mode, self.ignore_index).to(out.saliency)
        return (min_max(out.saliency, batch) - min_max(wanted, batch)).square().mean()
