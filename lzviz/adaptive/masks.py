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

# Ours, on central differences of grey in [0, 1]: about what the public code's thresholds are there.
PRESETS = {"low": 0.034, "medium": 0.079, "high": 0.214}
# The paper's, on a Sobel; its public code uses them on central differences of an ImageNet-normalised picture.
PAPER_PRESETS = {"low": 0.15, "medium": 0.35, "high": 0.95}
OPERATORS = {"central": PRESETS, "sobel": PAPER_PRESETS}
"""How change is measured, and the thresholds that have names there."""


def grey(image: Tensor) -> Tensor:
    """(B, 3 or 1, H, W) to its luma (B, 1, H, W)."""
    if image.ndim != 4 or image.shape[1] not in (1, 3):
        raise ValueError(f"expected an image (B, 3, H, W) or (B, 1, H, W), got {tuple(image.shape)}")
    if image.shape[1] == 1:
        return image
    red, green, blue = image.split(1, dim=1)
    return (red * LUMA[0]).add_(green, alpha=LUMA[1]).add_(blue, alpha=LUMA[2])


def window_max(values: Tensor, stride: int, before: int, after: int) -> Tensor:
    """The maximum over pixels ``s i - before .. s i + after`` of each axis, for each fine cell i: (B, 1, h, w)."""
    for axis in (-2, -1):
        length = values.shape[axis]
        cells = -(-length // stride)
        margin = (before, (cells - 1) * stride + after + 1 - length)
        values = F.pad(values, margin if axis == -1 else (0, 0, *margin), value=float("-inf"))
        values = values.unfold(axis, before + after + 1, stride).amax(-1)
    return values


def within(values: Tensor, stride: int, dilation: int = 1) -> Tensor:
    """The maximum over each fine cell's pixels and what lies within a square of ``dilation`` (odd) pixels around them.

    On a map of 0 and 1 that is: dilate, then ask whether a cell has anything in it.
    """
    if dilation < 1 or dilation % 2 == 0:
        raise ValueError(f"expected an odd dilation >= 1 (pixels across), got {dilation}")
    return window_max(values, stride, dilation // 2, stride - 1 + dilation // 2)


def rings(values: Tensor, threshold: float, stride: int, dilations: Sequence[int]) -> Tensor:
    """Levels from nested dilations of ``values >= threshold``: 0 within the first one, 1 within the second, ..."""
    levels = torch.full_like(values[..., ::stride, ::stride], len(dilations), dtype=torch.int64)
    for level, size in reversed(list(enumerate(dilations))):
        levels[within(values, stride, size) >= threshold] = level
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
        threshold: least change of grey in [0, 1], in x or y, in the operator's unit; or "low", "medium", "high": .034, .079,
            .214 on central differences (ours), .15, .35, .95 on a Sobel (the paper's; it does not say the unit of its grey).
        dilation: pixels across, odd. With more levels, cells of level v or finer reach ``2^v`` times as far.
        stride: of the fine grid, pixels.
        depth: levels.
        mode: "published" does what the public code does: the image normalised by ImageNet's statistics (thresholds .15, .35,
            .95), rising edges only, the dilated map read at every ``stride``-th pixel instead of anywhere in the cell, and only
            the levels 0 and ``depth``.
        operator: "central", ``|g(x + 1) - g(x - 1)|``; or "sobel", the paper's: four of these added up across with the weights
            1, 2, 1, so that a step of height t answers 4 t.

    Returns:
        (B, 1, h, w) int64 levels; blocks with an edge in them are wanted as a whole.
    """
    if mode not in ("fixed", "published"):
        raise ValueError(f"expected mode as 'fixed' or 'published', got {mode!r}")
    if operator not in OPERATORS:
        raise ValueError(f"expected operator as one of {', '.join(OPERATORS)}, got {operator!r}")
    _check_depth(depth)
    if isinstance(threshold, str):
        presets = PAPER_PRESETS if mode == "published" else OPERATORS[operator]
        if threshold not in presets:
            raise ValueError(f"expected threshold as a number or one of {', '.join(presets)}, got {threshold!r}")
        threshold = presets[threshold]
    if mode == "published":
        return _published_edges(image, threshold, dilation, stride, depth)
    if dilation < 1 or dilation % 2 == 0:
        raise ValueError(f"expected an odd dilation >= 1 (pixels across), got {dilation}")
    change = differences(grey(image), operator)
    return rings(change, threshold, stride, [dilation // 2 * 2 ** (level + 1) + 1 for level in range(depth)])


def differences(luma: Tensor, operator: str = "central") -> Tensor:
    """The larger change of (B, 1, H, W) in x and y, absolute, by an operator of :func:`edges`; the border is repeated."""
    padded = F.pad(luma, (1, 1, 1, 1), mode="replicate")
    if operator == "central":
        across = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]).abs_()
        return torch.maximum(across, (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]).abs_(), out=across)
    across, down = padded[..., 2:] - padded[..., :-2], padded[..., 2:, :] - padded[..., :-2, :]
    across = across[..., :-2, :] + 2 * across[..., 1:-1, :] + across[..., 2:, :]
    down = down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:]
    return torch.maximum(across.abs_(), down.abs_())


def _published_edges(image: Tensor, threshold: float, dilation: int, stride: int, depth: int) -> Tensor:
    """Signed differences with zeros around the image, dilated, read at one pixel a cell, any in a block."""
    if image.shape[1] == 3:
        mean, std = (image.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
        image = (image - mean) / std
    padded = F.pad(grey(image), (1, 1, 1, 1))
    across, down = padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2], padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]
    radius = dilation // 2
    keep = window_max(torch.maximum(across, down), stride, radius, radius) >= threshold
    side, (h, w) = 2**depth, keep.shape[-2:]
    blocks = window_max(keep.float(), side, 0, side - 1) > 0
    return (~blocks.repeat_interleave(side, -2).repeat_interleave(side, -1)[..., :h, :w]).long() * depth


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
    spots = image.new_zeros(image.shape[0], 1, h, w)
    for index, xy in enumerate(points):
        place = xy.round().long().to(image.device)
        spots[index, 0, place[:, 1].clamp(0, h - 1), place[:, 0].clamp(0, w - 1)] = 1
    levels = torch.full_like(spots[..., ::stride, ::stride], len(dilation), dtype=torch.int64)
    for level, size in reversed(list(enumerate(dilation))):
        if size == float("inf"):
            levels.fill_(level)
        elif size > 0:
            levels[within(spots, stride, int(size)) > 0] = level
    return levels


def sift(luma: Tensor, count: int) -> Tensor:
    """The ``count`` strongest SIFT keypoints of grey (H, W) in [0, 1]: (K, 2) x, y pixels, strongest first.

    A place that SIFT finds once for each of its orientations counts once.
    """
    import cv2

    pixels = (luma.detach().clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()
    found = sorted(cv2.SIFT.create().detect(pixels, None), key=lambda point: -point.response)
    places = list(dict.fromkeys(point.pt for point in found))[:count]
    return torch.tensor(places, dtype=torch.float32).reshape(-1, 2)


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
    return (within(gained[:, None].float(), stride, dilation) < 1).long() * depth


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
    strongest = within(mask.float(), stride) if size is None else F.adaptive_max_pool2d(mask.float(), fine)
    return ((1 - strongest) * depth).round().long()


# Painted values 0..255 that overrule a mask; between them the mask decides.
FORCED_FINE = 192
FORCED_COARSE = 64


def forced(levels: Tensor, paint: Tensor, stride: int, depth: int, image_size: Size) -> Tensor:
    """Overrule a mask by paint: level 0 where it is at least 192, level ``depth`` where it is at most 64.

    A cell's paint is that of the lattice point nearest to the cell's centre pixel ``s j + (s - 1) / 2``.

    Args:
        levels: (B, 1, h, w) integers on the fine grid.
        paint: (H', W') values 0..255 on a lattice that is corner-aligned on the image.
        stride: source pixels between fine cells.
        depth: the deepest level.
        image_size: (H, W) of the source.
    """
    _check_depth(depth)
    if paint.ndim != 2 or min(paint.shape) < 1:
        raise ValueError(f"expected paint (H, W) of 0..255, got {tuple(paint.shape)}")
    y, x = (
        _nearest_point(cells, stride, pixels, points)
        for cells, pixels, points in zip(levels.shape[-2:], check_size(image_size), paint.shape, strict=True)
    )
    there = paint[y[:, None], x].to(levels.device)
    levels = torch.where(there >= FORCED_FINE, 0, levels)
    return torch.where(there <= FORCED_COARSE, depth, levels)


def _nearest_point(cells: int, stride: int, pixels: int, points: int) -> Tensor:
    """Of each cell along an axis, the corner-aligned lattice point nearest to its centre; halves go up: (cells,)."""
    centre = torch.arange(cells, dtype=torch.float64) * stride + (stride - 1) / 2
    return (centre * (points - 1) / max(pixels - 1, 1) + 0.5).floor().long().clamp(0, points - 1)


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


def shuffled(levels: Tensor, depth: int, seed: int = 0) -> Tensor:
    """The same whole blocks of ``2^depth`` cells at random places: a mask of equal cost that knows nothing of the picture.

    Args:
        levels: (B, 1, h, w), blocks completed. Blocks that the border cuts stay where they are.
    """
    _check_depth(depth)
    block, moved = 2**depth, levels.clone()
    rows, columns = (n // block for n in levels.shape[-2:])
    inner = moved[..., : rows * block, : columns * block]
    blocks = inner.unflatten(3, (columns, block)).unflatten(2, (rows, block)).movedim(4, 3).flatten(2, 3)
    order = torch.randperm(rows * columns, generator=torch.Generator().manual_seed(seed)).to(levels.device)
    inner.copy_(blocks[:, :, order].unflatten(2, (rows, columns)).movedim(3, 4).flatten(4, 5).flatten(2, 3))
    return moved


def inverse(levels: Tensor, depth: int | None = None) -> Tensor:
    """The opposite of a mask, the paper's "inadequate" one: level v becomes ``depth - v``."""
    return (int(levels.max()) if depth is None else depth) - levels


def _check_depth(depth: int) -> None:
    if not isinstance(depth, int) or depth < 1:
        raise ValueError(f"expected depth as an integer >= 1, got {depth!r}")


__all__ = [
    "MaskNetwork",
    "edges",
    "forced",
    "grey",
    "inverse",
    "keypoints",
    "learned",
    "oracle",
    "painted",
    "random",
    "shuffled",
    "sift",
]
