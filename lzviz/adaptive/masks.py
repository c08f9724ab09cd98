"""Masks: which cells of the fine grid may be downsampled, and how often.

Every function returns ``levels`` (B, 1, h, w) int64 on the fine grid of ``ceil(H / stride)`` x ``ceil(W / stride)`` cells: 0
keeps a cell, ``depth`` is the deepest level. Blocks need not be complete; the library completes them.

The learned mask, which needs a network, is :mod:`lzviz.adaptive.learned`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.adaptive.learned import MaskNetwork, learned
from lzviz.coords import Size, check_size

LUMA = (0.299, 0.587, 0.114)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# The paper's three thresholds, in our unit (central difference of grey in [0, 1]) and in the public code's (of an
# ImageNet-normalised image).
PRESETS = {"low": 0.034, "medium": 0.079, "high": 0.214}
PUBLISHED_PRESETS = {"low": 0.15, "medium": 0.35, "high": 0.95}


def grey(image: Tensor) -> Tensor:
    """(B, 3 or 1, H, W) to its luma (B, 1, H, W)."""
    if image.ndim != 4 or image.shape[1] not in (1, 3):
        raise ValueError(f"expected an image (B, 3, H, W) or (B, 1, H, W), got {tuple(image.shape)}")
    if image.shape[1] == 1:
        return image
    red, green, blue = image.unbind(1)
    return (red * LUMA[0] + green * LUMA[1] + blue * LUMA[2])[:, None]


def dilate(wanted: Tensor, size: int) -> Tensor:
    """Dilation of (B, 1, H, W) bool by a square of ``size`` (odd) pixels, one axis after the other."""
    if size <= 1:
        return wanted
    if size % 2 == 0:
        raise ValueError(f"expected an odd dilation (pixels across), got {size}")
    h, w = wanted.shape[-2:]
    radius = size // 2
    # Running sums find "any within the window" in one pass, whatever its size.
    for axis, length in ((-1, w), (-2, h)):
        total = F.pad(wanted.to(torch.int32).cumsum(axis), (1, 0) if axis == -1 else (0, 0, 1, 0))
        place = torch.arange(length, device=wanted.device)
        high = total.index_select(axis, (place + radius + 1).clamp(max=length))
        wanted = high > total.index_select(axis, (place - radius).clamp(min=0))
    return wanted


def cells_of(wanted: Tensor, stride: int) -> Tensor:
    """Fine cells (B, 1, h, w) bool in whose ``stride`` x ``stride`` pixels something is wanted."""
    h, w = wanted.shape[-2:]
    padded = F.pad(wanted.to(torch.float32), (0, -w % stride, 0, -h % stride))
    return F.max_pool2d(padded, stride) > 0


def rings(wanted: Tensor, stride: int, dilations: Sequence[int]) -> Tensor:
    """Levels from nested dilations: 0 within the first one of what is wanted, 1 within the second, ... (B, 1, h, w)."""
    levels = torch.full_like(cells_of(wanted, stride), len(dilations), dtype=torch.int64)
    for level, size in reversed(list(enumerate(dilations))):
        levels[cells_of(dilate(wanted, size), stride)] = level
    return levels


def edges(
    image: Tensor,
    threshold: float | str = "medium",
    dilation: int = 11,
    stride: int = 8,
    depth: int = 1,
    mode: str = "fixed",
    operator: str = "central",
) -> Tensor:
    """Keep what lies around edges: where grey changes by ``threshold`` or more between a pixel's two neighbours.

    Args:
        image: (B, 3 or 1, H, W) in [0, 1].
        threshold: central difference ``|g(x + 1) - g(x - 1)|`` of grey in [0, 1], in x or y; or "low" (.034), "medium" (.079),
            "high" (.214), the paper's three.
        dilation: pixels across, odd. With more levels, cells of level v or finer reach ``2^v`` times as far.
        stride: of the fine grid, pixels.
        depth: levels.
        mode: "published" does what the public code does: the image normalised by ImageNet's statistics (thresholds .15, .35,
            .95), rising edges only, the dilated map read at every ``stride``-th pixel instead of anywhere in the cell, and only
            the levels 0 and ``depth``.
        operator: "central", or "sobel": the same smoothed across, in the same unit.

    Returns:
        (B, 1, h, w) int64 levels; blocks with an edge in them are wanted as a whole.
    """
    presets = {"fixed": PRESETS, "published": PUBLISHED_PRESETS}
    if mode not in presets:
        raise ValueError(f"expected mode as 'fixed' or 'published', got {mode!r}")
    if operator not in ("central", "sobel"):
        raise ValueError(f"expected operator as 'central' or 'sobel', got {operator!r}")
    _check_depth(depth)
    if isinstance(threshold, str):
        if threshold not in presets[mode]:
            raise ValueError(f"expected threshold as a number or one of {', '.join(presets[mode])}, got {threshold!r}")
        threshold = presets[mode][threshold]
    if mode == "published":
        return _published_edges(image, threshold, dilation, stride, depth)
    found = edge_map(grey(image), threshold, smooth=operator == "sobel")
    return rings(found, stride, [dilation // 2 * 2 ** (level + 1) + 1 for level in range(depth)])


def edge_map(luma: Tensor, threshold: float, smooth: bool = False, rising: bool = False) -> Tensor:
    """Pixels of (B, 1, H, W) whose central difference in x or y reaches ``threshold``: (B, 1, H, W) bool.

    Args:
        smooth: average across the difference with [1, 2, 1] / 4 first (Sobel, in the same unit).
        rising: signed differences on a zero border (the public code); else absolute ones, the border repeated.
    """
    padded = F.pad(luma, (1, 1, 1, 1), mode="constant" if rising else "replicate")
    across, down = padded[..., 2:] - padded[..., :-2], padded[..., 2:, :] - padded[..., :-2, :]
    if smooth:
        across = (across[..., :-2, :] + 2 * across[..., 1:-1, :] + across[..., 2:, :]) / 4
        down = (down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:]) / 4
    else:
        across, down = across[..., 1:-1, :], down[..., 1:-1]
    return (
        torch.maximum(across, down) >= threshold if rising else (across.abs() >= threshold) | (down.abs() >= threshold)
    )


def _published_edges(image: Tensor, threshold: float, dilation: int, stride: int, depth: int) -> Tensor:
    if image.shape[1] == 3:
        mean, std = (image.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
        image = (image - mean) / std
    found = dilate(edge_map(grey(image), threshold, rising=True), dilation)
    keep = found[..., ::stride, ::stride]
    block = cells_of(keep, 2**depth)
    kept = block.repeat_interleave(2**depth, -2).repeat_interleave(2**depth, -1)[
        ..., : keep.shape[-2], : keep.shape[-1]
    ]
    return (~kept).long() * depth


def keypoints(
    image: Tensor,
    count: int = 512,
    dilation: Sequence[float] = (0, 11),
    stride: int = 1,
    points: Sequence[Tensor] | None = None,
) -> Tensor:
    """Keep what lies around the strongest SIFT keypoints.

    Args:
        image: (B, 3 or 1, H, W) in [0, 1].
        count: how many keypoints an image.
        dilation: for levels 0, 1, ...: pixels across (odd) within which a keypoint holds cells at that level or finer; 0 =
            nowhere, ``inf`` = everywhere. The paper's triplets at strides 1, 2, 4 give three levels; cells that none
            reaches get level ``len(dilation)``.
        stride: of the fine grid, pixels.
        points: (K, 2) x, y pixels for each image, instead of detecting them.
    """
    h, w = image.shape[-2:]
    points = [sift(grey(one[None])[0, 0], count) for one in image] if points is None else points
    spots = torch.zeros(image.shape[0], 1, h, w, dtype=torch.bool, device=image.device)
    for index, xy in enumerate(points):
        place = xy.round().long().to(image.device)
        spots[index, 0, place[:, 1].clamp(0, h - 1), place[:, 0].clamp(0, w - 1)] = True
    levels = torch.full_like(cells_of(spots, stride), len(dilation), dtype=torch.int64)
    for level, size in reversed(list(enumerate(dilation))):
        if size == float("inf"):
            levels.fill_(level)
        elif size > 0:
            levels[cells_of(dilate(spots, int(size)), stride)] = level
    return levels


def sift(luma: Tensor, count: int) -> Tensor:
    """The ``count`` strongest SIFT keypoints of grey (H, W) in [0, 1]: (K, 2) x, y pixels, strongest first."""
    import cv2

    pixels = (luma.detach().clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()
    found = sorted(cv2.SIFT.create(nfeatures=count).detect(pixels, None), key=lambda point: -point.response)[:count]
    return torch.tensor([point.pt for point in found], dtype=torch.float32).reshape(-1, 2)


def oracle(
    fine: Tensor,
    coarse: Tensor,
    labels: Tensor,
    dilation: int = 33,
    stride: int = 8,
    depth: int = 1,
    ignore_index: int = 255,
) -> Tensor:
    """Keep what only the fine network gets right.

    Args:
        fine, coarse: (B, classes, H, W) scores, or (B, H, W) labels predicted at the fine and the coarse output stride.
        labels: (B, H, W) int64 truth.
        dilation: pixels across around such pixels.
    """
    predicted = [p.argmax(1) if p.ndim == 4 else p for p in (fine, coarse)]
    for name, value in (("fine", predicted[0]), ("coarse", predicted[1])):
        if value.shape != labels.shape:
            raise ValueError(f"expected {name} at the size of labels {tuple(labels.shape)}, got {tuple(value.shape)}")
    gained = (predicted[0] == labels) & (predicted[1] != labels) & (labels != ignore_index)
    return (~cells_of(dilate(gained[:, None], dilation), stride)).long() * depth


def painted(mask: Tensor, size: Size | None = None, stride: int = 8, depth: int = 1) -> Tensor:
    """Levels from a painted map (B, 1, H, W) in [0, 1]: 1 keeps, 0 downsamples ``depth`` times, in between in between.

    Args:
        size: (H, W) of the image; the map's own by default. A cell takes the strongest paint in it.
    """
    if mask.ndim != 4 or mask.shape[1] != 1:
        raise ValueError(f"expected a painted mask (B, 1, H, W), got {tuple(mask.shape)}")
    if mask.numel() and not (mask.min() >= 0 and mask.max() <= 1):
        raise ValueError(f"a painted mask lies in [0, 1], got {mask.min().item():g}..{mask.max().item():g}")
    h, w = mask.shape[-2:] if size is None else check_size(size)
    fine = (-(-h // stride), -(-w // stride))
    if size is None:
        padded = F.pad(mask.float(), (0, -w % stride, 0, -h % stride))
        strongest = F.max_pool2d(padded, stride)
    else:
        strongest = F.adaptive_max_pool2d(mask.float(), fine)
    return ((1 - strongest) * depth).round().long()


def random(
    size: Size, keep: float, depth: int = 1, batch: int = 1, stride: int = 1, generator: torch.Generator | None = None
) -> Tensor:
    """Whole blocks kept at random: each block of ``2^depth`` cells with probability ``keep`` in [0, 1], else level ``depth``."""
    if not 0 <= keep <= 1:
        raise ValueError(f"expected keep as a share in [0, 1], got {keep}")
    _check_depth(depth)
    h, w = (-(-n // stride) for n in check_size(size))
    block = 2**depth
    drawn = torch.rand(batch, 1, -(-h // block), -(-w // block), generator=generator) >= keep
    return drawn.repeat_interleave(block, 2).repeat_interleave(block, 3)[..., :h, :w].long() * depth


def inverse(levels: Tensor, depth: int | None = None) -> Tensor:
    """The opposite of a mask, the paper's "inadequate" one: level v becomes ``depth - v``."""
    return (int(levels.max()) if depth is None else depth) - levels


def _check_depth(depth: int) -> None:
    if not isinstance(depth, int) or depth < 1:
        raise ValueError(f"expected depth as an integer >= 1, got {depth!r}")


__all__ = [
    "MaskNetwork",
    "cells_of",
    "dilate",
    "edges",
    "grey",
    "inverse",
    "keypoints",
    "learned",
    "oracle",
    "painted",
    "random",
    "rings",
    "sift",
]
