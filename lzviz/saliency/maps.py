"""Where to look: saliency maps from boxes, boundaries, edges, painted masks, and the fixed map of LZU.

Every function returns (B, 1, h, w), non-negative, at the control nodes, ready for :meth:`lzviz.Warp.from_saliency`.
Maps that live on a finer lattice are brought to the nodes corner-aligned, with a triangle filter where they shrink
(:func:`to_nodes`), so that a thin stroke between two nodes is not lost.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.coords import Size, check_size
from lzviz.tracing import concrete, table

EDGE_OVERSAMPLING = 8
"""Edges are looked for at this many pixels a node: finer texture than that is no place to zoom into."""

CENTRE_SIGMA = 0.35
"""Width of :func:`centre` in normalised coordinates."""


def to_nodes(values: Tensor, nodes: Size) -> Tensor:
    """Resample maps (B, 1, H, W) to (B, 1, h, w): corners on corners, triangle-filtered where they shrink, bilinear where they
    grow. Along an axis, with ``s = (n - 1) / (m - 1)`` cells a node and ``r = max(1, s)``,

        out[i] = sum_k w(k - i s) in[k] / sum_k w(k - i s),   w(d) = max(0, 1 - |d| / r)

    (``F.interpolate(align_corners=True, antialias=True)`` is not this: it moves everything by ``(s - 1) / 2`` cells.)
    """
    size = check_size(nodes, "nodes")
    if tuple(values.shape[-2:]) == size:
        return values
    rows, columns = (_triangle(n, m).to(values) for n, m in zip(values.shape[-2:], size, strict=True))
    return rows @ values @ columns.mT


@table
def _triangle(n: int, m: int) -> Tensor:
    """(m, n) float64 rows of weights, each of sum 1, that take n cells of an axis to m. One node sits in the middle."""
    step = (n - 1) / max(m - 1, 1)
    centre = torch.arange(m, dtype=torch.float64) * step if m > 1 else torch.tensor([step / 2], dtype=torch.float64)
    distance = (torch.arange(n, dtype=torch.float64) - centre[:, None]).abs()
    weight = (1 - distance / max(1.0, step)).clamp(min=0)
    return weight / weight.sum(1, keepdim=True)


def from_mask(mask: Tensor, nodes: Size = (31, 51), strength: float = 50.0) -> Tensor:
    """Saliency of a painted mask: ``1 + (strength - 1) * mask``.

    Args:
        mask: (B, 1, H, W), (B, H, W) or (H, W), values in [0, 1].
        nodes: (h, w) of the control grid.
        strength: how many times a fully painted cell outweighs an unpainted one, >= 0 (below 1 it repels).
    """
    if not strength >= 0:
        raise ValueError(f"strength must be >= 0, got {strength!r}")
    mask = _as_map(mask, "mask")
    if concrete():
        low, high = (float(v) for v in torch.aminmax(mask.detach()))
        if not (low >= 0 and high <= 1):
            raise ValueError(f"mask must lie in [0, 1], got [{low:.4g}, {high:.4g}]; did you mean mask / 255?")
    return 1 + (strength - 1) * to_nodes(mask, nodes)


def from_boxes(
    boxes: Tensor,
    image_size: Size,
    nodes: Size = (31, 51),
    bandwidth: float | Tensor = 64,
    amplitude: float | Tensor = 1.0,
) -> Tensor:
    """FOVEA's kernel density of boxes (Thavamani et al. 2021, sec. 3.3), sum 1.

    ``S = sum_b [a K_b / (1e-5 + sum K_b) + 1 / (2P + 1)^2]`` with ``K_b = exp(-0.5 [(X - cx)^2 / (s bw) + (Y - cy)^2 / (s bh)])``
    on ``X = linspace(0, W, w)``, ``Y = linspace(0, H, h)``, P = min(h, w) - 1: the bandwidth s makes ``s * bw`` a variance.

    Args:
        boxes: (N, 4) x0, y0, x1, y1 in pixel edges of the image; sides below a pixel count as one. None: uniform.
        image_size: (H, W).
        bandwidth: s, pixels; it and the amplitude may be tensors that are learned.
        amplitude: a, the weight of the boxes against the uniform term.

    Returns:
        (1, 1, h, w).
    """
    height, width = check_size(image_size, "image_size")
    h, w = check_size(nodes, "nodes")
    if boxes.ndim != 2 or boxes.shape[-1] != 4:
        raise ValueError(f"expected boxes (N, 4) as x0, y0, x1, y1, got {tuple(boxes.shape)}")
    if not bandwidth > 0 or not amplitude >= 0:
        raise ValueError(f"expected bandwidth > 0 and amplitude >= 0, got {bandwidth!r} and {amplitude!r}")
    dtype = boxes.dtype if boxes.is_floating_point() else torch.float32
    boxes = boxes.to(dtype)
    if boxes.shape[0] == 0:
        return boxes.new_full((1, 1, h, w), 1 / (h * w))
    x = torch.linspace(0, width, w, dtype=dtype, device=boxes.device)
    y = torch.linspace(0, height, h, dtype=dtype, device=boxes.device)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    variance = bandwidth * (boxes[:, 2:] - boxes[:, :2]).clamp(min=1)
    along_x = torch.exp(-0.5 * (x - centre[:, :1]) ** 2 / variance[:, :1])
    along_y = torch.exp(-0.5 * (y - centre[:, 1:]) ** 2 / variance[:, 1:])
    kernels = along_y[:, :, None] * along_x[:, None, :]
    kernels = amplitude * kernels / (1e-5 + kernels.sum((1, 2), keepdim=True))
    total = (kernels + 1 / (2 * min(h, w) - 1) ** 2).sum(0)
    return (total / total.sum())[None, None]


def from_boundaries(
    labels: Tensor, nodes: Size = (45, 45), boundary: float = 200, background: float = 1, ignore_index: int = 255
) -> Tensor:
    """Saliency of label boundaries: ``boundary`` where a pixel differs from any of its 8 neighbours, else ``background``.

    LZU's fixed map for segmentation is the mean of this over a training set. (Its 200 : 1 on 45 x 45 nodes with fwhm 15 is
    quoted from memory of the paper, not verified.)

    Args:
        labels: (B, H, W) or (H, W) integers; a pixel or neighbour of ``ignore_index`` makes no boundary.
        nodes: (h, w) of the control grid.

    Returns:
        (B, 1, h, w) float32 in [background, boundary].
    """
    if labels.is_floating_point() or labels.ndim not in (2, 3):
        raise ValueError(f"expected integer labels (B, H, W), got {labels.dtype} {tuple(labels.shape)}")
    labels = labels[None] if labels.ndim == 2 else labels
    edge = _boundary_pixels(labels, ignore_index)[:, None].to(torch.float32)
    return background + (boundary - background) * to_nodes(edge, nodes)


def _boundary_pixels(labels: Tensor, ignore_index: int) -> Tensor:
    edge = torch.zeros_like(labels, dtype=torch.bool)
    h, w = labels.shape[-2:]
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = labels[:, : h - dy, max(0, -dx) : w - max(0, dx)]
        there = labels[:, dy:, max(0, dx) : w - max(0, -dx)]
        differs = (here != there) & (here != ignore_index) & (there != ignore_index)
        edge[:, : h - dy, max(0, -dx) : w - max(0, dx)] |= differs
        edge[:, dy:, max(0, dx) : w - max(0, -dx)] |= differs
    return edge


def from_edges(image: Tensor, nodes: Size = (31, 51)) -> Tensor:
    """Edge strength of an image: the magnitude of the Scharr gradient of its grey values, 1 at the strongest node.

    The image is first averaged to at most 8 pixels a node, so that the answer does not depend on its resolution.

    Args:
        image: (B, C, H, W) in [0, 1], one or three channels (grey = .299 R + .587 G + .114 B).

    Returns:
        (B, 1, h, w) in [0, 1]; an image without any gradient gives zeros (uniform sampling).
    """
    h, w = check_size(nodes, "nodes")
    size = tuple(min(n, EDGE_OVERSAMPLING * k) for n, k in zip(image.shape[-2:], (h, w), strict=True))
    small = grey(F.adaptive_avg_pool2d(image, size))  # type: ignore[arg-type]
    smooth, slope = image.new_tensor([3.0, 10.0, 3.0]) / 16, image.new_tensor([-0.5, 0.0, 0.5])
    kernels = torch.stack((torch.outer(smooth, slope), torch.outer(slope, smooth)))[:, None]
    gradient = F.conv2d(F.pad(small, (1, 1, 1, 1), mode="replicate"), kernels)
    squared = gradient.square().sum(1, keepdim=True)
    # Rounding leaves 1e-8 on flat walls; a slope of 1e-5 a pixel is no edge, and its root would have no gradient.
    magnitude = torch.where(squared > 1e-10, squared.clamp(min=1e-10).sqrt(), torch.zeros_like(squared))
    magnitude = to_nodes(magnitude, (h, w))
    peak = magnitude.amax((2, 3), keepdim=True)
    return magnitude / peak.clamp(min=1e-6)


def edit(edges: Tensor, painted: Tensor) -> Tensor:
    """Edges in [0, 1] with what was painted on them: ``clip(edges + (painted - 128) / 127, 0, 1)``.

    Args:
        edges: (B, 1, h, w).
        painted: the same size, 0..255, signed around 128: above adds edges, below removes them.
    """
    return (edges + (painted.to(edges.dtype) - 128) / 127).clamp(0, 1)


def inside(boxes: Tensor, image_size: Size, size: Size) -> Tensor:
    """1 in any box, 0 outside, at a corner-aligned lattice of ``size`` over the image: (1, 1, h, w) in the dtype of ``boxes``.

    Args:
        boxes: (N, 4) pixel edges: a box holds the pixel centres between its edges.
    """
    y, x = (
        torch.arange(n, dtype=boxes.dtype) * ((pixels - 1) / max(n - 1, 1))
        for n, pixels in zip(check_size(size), check_size(image_size, "image_size"), strict=True)
    )
    x0, y0, x1, y1 = (boxes - 0.5).unbind(-1)
    rows = (y >= y0[:, None]) & (y <= y1[:, None])
    columns = (x >= x0[:, None]) & (x <= x1[:, None])
    return (rows[:, :, None] & columns[:, None, :]).any(0)[None, None].to(boxes.dtype)


def grey(image: Tensor) -> Tensor:
    """(B, 3 or 1, H, W) to its luma .299 R + .587 G + .114 B: (B, 1, H, W)."""
    if image.ndim != 4 or image.shape[1] not in (1, 3):
        raise ValueError(f"expected an image (B, 3, H, W) or (B, 1, H, W), got {tuple(image.shape)}")
    if image.shape[1] == 1:
        return image
    return (image * image.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)


def centre(nodes: Size = (31, 51), sigma: float = CENTRE_SIGMA) -> Tensor:
    """A Gaussian blob in the middle, ``exp(-(x^2 + y^2) / (2 sigma^2))`` in normalised coordinates: (1, 1, h, w) in (0, 1]."""
    h, w = check_size(nodes, "nodes")
    x, y = (torch.linspace(-1, 1, n, dtype=torch.float64) for n in (w, h))
    return torch.exp(-(x[None, :] ** 2 + y[:, None] ** 2) / (2 * sigma**2)).float()[None, None]


def fixed() -> Tensor:
    """LZU's fixed saliency for nuScenes (Thavamani et al. 2023): (1, 1, 27, 48) float32, sum 1. Use it with fwhm 10.

    The kernel density of the data set's projected boxes; published under the MIT licence with the code of the paper.
    """
    return torch.from_numpy(_fixed_map().copy())


@lru_cache(maxsize=1)
def _fixed_map() -> np.ndarray:
    with resources.files("lzviz").joinpath("data/nuscenes_saliency.npy").open("rb") as file:
        return np.load(file, allow_pickle=False)


def _as_map(values: Tensor, name: str) -> Tensor:
    if not values.is_floating_point():
        raise ValueError(f"expected {name} as floats in [0, 1], got {values.dtype}; did you mean {name} / 255?")
    if values.ndim == 2:
        return values[None, None]
    if values.ndim == 3:
        return values[:, None]
    if values.ndim == 4 and values.shape[1] == 1:
        return values
    raise ValueError(f"expected {name} of shape (B, 1, H, W), (B, H, W) or (H, W), got {tuple(values.shape)}")
