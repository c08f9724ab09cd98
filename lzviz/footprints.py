"""Anti-aliased samples: the mean of an image over each sample's footprint, its pixels taken as squares, at any factor.

    J     = d source px / d zoomed px of the grid (differences between neighbouring samples), columns u and v
    sides = max(1, sqrt(u_x^2 + v_x^2)), max(1, sqrt(u_y^2 + v_y^2))

A box with these sides has the variance of the parallelogram (u, v) along x and y; without shear it is that parallelogram, so that
uniform sampling is an exact area average. Where x and y are correlated (``SHEAR``), the four quarters of the parallelogram have a
box each. A box is cut at the image's border. Where the map magnifies, both sides are 1 and a sample is plain bilinear. Large
boxes are read on a level of an image pyramid (level L: L times a 2 x 2 box), their ends counting by the part of a level's pixel
that they cover. On white noise of deviation s that is at most s sqrt((a + b) / (a b)^2) off for sides a, b; the level is the finest
with

    (2 (a b)^2 / (a + b))^(1/3) <= LONGEST          (a where a = b, in pixels of the level)

so that what is read is within s / 80 of the mean over the footprint.

Three ways to the same means. A grid of rows and columns that needs no gradient: a product of two banded matrices per image. Any
other: each box as weighted bilinear reads, two pixels an axis each. Where values cannot be looked at: differences of summed areas.
Gradients reach the image and the grid, footprints included. (``python -m benchmarks.reading`` prints what it is worth and costs.)
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
import torch.autograd.forward_ad as forward_ad
import torch.nn.functional as F
from torch import Tensor

from lzviz.coords import Size, interleave, to_pixels

LONGEST = 24.0
"""A square box is read on the finest level on which it is at most this many pixels long, an oblong one where it errs no more."""


class _Reading(threading.local):
    now = False


READING = _Reading()
"""``now``: this thread multiplies pixels by how much of them is in a box. That is reading, which multiply-adds do not count."""

SHEAR = 0.3
"""A footprint whose x and y are more correlated than this is read in four boxes."""

EPSILON = 1e-4
"""A smaller part of a pixel, or of a level, is left out: rounding of a grid must not cost reads."""

READS = (1, 2, 3, 4, 5, 6, 8, 10, 13, *(int(17 * 1.3**k) for k in range(32)))
"""Reads along an axis: a box takes the next number that is enough, so that few kinds of boxes are read one after the other."""

CHUNK = 32768
"""Reads at a time, so that what they need stays in the cache."""

BAND = 16
"""Rows of a banded matrix that are multiplied at a time."""

QUARTERS = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))
"""Middles of the four boxes, in steps to the next column and row."""


def means(image: Tensor, grid: Tensor, *, visible: bool) -> Tensor:
    """The mean over each sample's footprint.

    Args:
        image: (B, C, H, W).
        grid: (B, h, w, 2) normalised source coordinates, of the image's dtype.
        visible: whether values can be looked at (:func:`lzviz.tracing.concrete`).

    Returns:
        (B, C, h, w).
    """
    size: Size = (image.shape[-2], image.shape[-1])
    if not visible:
        return _summed(image, grid, size)
    pyramid = _Pyramid(image)
    return torch.stack([_of_one(pyramid, b, to_pixels(grid[b], size), size) for b in range(image.shape[0])])


def _of_one(pyramid: _Pyramid, b: int, px: Tensor, size: Size) -> Tensor:
    if not (px.requires_grad or forward_ad._current_level >= 0):
        separate = _separate(px, size)
        if separate is not None:
            across, down, level = separate
            return _product(pyramid[level][b], across, down)
    return _gathered(pyramid, b, px, size)


class _Pyramid:
    """Levels of detail, made when one is asked for; each is one pixel at last."""

    def __init__(self, image: Tensor) -> None:
        self.levels = [image]

    def __getitem__(self, level: int) -> Tensor:
        while len(self.levels) <= level:
            self.levels.append(_halve(self.levels[-1]))
        return self.levels[level]


def _halve(level: Tensor) -> Tensor:
    """The mean of 2 x 2 pixels, of those that exist at an odd border. Twice two lerps: four times torch's pooling."""
    for dim in (2, 3):
        n = level.shape[dim]
        if n % 2:
            level = torch.cat((level, level.narrow(dim, n - 1, 1)), dim)
        even, odd = (level[:, :, k::2] if dim == 2 else level[..., k::2] for k in (0, 1))
        level = torch.lerp(even, odd, 0.5)
    return level


def _difference(values: Tensor, dim: int) -> Tensor:
    n = values.shape[dim]
    if n == 1:
        return torch.zeros_like(values)
    first, last = (values.narrow(dim, k + 1, 1) - values.narrow(dim, k, 1) for k in (0, n - 2))
    inner = (values.narrow(dim, 2, n - 2) - values.narrow(dim, 0, n - 2)) / 2
    return torch.cat((first, inner, last), dim)


def _level(wide: Tensor, high: Tensor) -> Tensor:
    """The finest level on which boxes with these sides may be read."""
    ratio = 2 / LONGEST**3 * (wide * high).square() / (wide + high)
    return (ratio.clamp(min=1).log2() / 3).sub_(EPSILON).ceil_()


def _ends(centre: Tensor, half: Tensor, size: int, shrink: Tensor | float) -> tuple[Tensor, Tensor]:
    """First and last place of a box along an axis, inside the image and without slivers of pixels; pixel k of the level is from k
    to k + 1."""
    middle = centre.clamp(0, size - 1) + 0.5
    low, high = (middle - half).clamp(min=0) * shrink, (middle + half).clamp(max=size) * shrink
    first, last = (low.detach() + EPSILON).floor(), (high.detach() - EPSILON).ceil()
    return torch.maximum(low, first), torch.minimum(high, last)


# Rows and columns ---------------------------------------------------------------------------------------------------------


def _separate(px: Tensor, size: Size) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor], int] | None:
    """The boxes of a grid of rows and columns on their one level: ends along x (w,), along y (h,), the level; None for others."""
    x, y = px[0, :, 0], px[:, 0, 1]
    apart = (px[-1, :, 0] != x).any() or (px[:, -1, 1] != y).any()  # most of the others, at once
    if apart or (px[..., 0] != x).any() or (px[..., 1] != y[:, None]).any():
        return None
    half_x, half_y = (_difference(v, 0).abs().clamp(min=1) / 2 for v in (x, y))
    levels = _level(*(2 * torch.stack(half.aminmax()) for half in (half_x, half_y))).tolist()
    if levels[0] != levels[1]:
        return None
    shrink = 0.5 ** levels[0]
    return _ends(x, half_x, size[1], shrink), _ends(y, half_y, size[0], shrink), int(levels[0])


def _product(level: Tensor, across: tuple[Tensor, Tensor], down: tuple[Tensor, Tensor]) -> Tensor:
    """Means of a level (C, H, W) over boxes in rows and columns: ``down @ level @ across^T``, the matrices in bands."""
    READING.now = True
    try:
        rows = [weights @ level[:, k : k + weights.shape[1]] for k, weights in _bands(down, level.shape[1])]
        high = torch.cat(rows, 1).flatten(0, 1)
        columns = [high[:, k : k + weights.shape[1]] @ weights.T for k, weights in _bands(across, level.shape[2])]
        return torch.cat(columns, 1).unflatten(0, (level.shape[0], -1))
    finally:
        READING.now = False


def _bands(ends: tuple[Tensor, Tensor], pixels: int) -> Iterator[tuple[int, Tensor]]:
    """``BAND`` boxes at a time: the first pixel they touch, and the part of each box that each pixel from there on is."""
    for low, high in zip(*(each.split(BAND) for each in ends), strict=True):
        first, last = int(low.min()), min(math.ceil(float(high.max())), pixels)
        edges = torch.arange(first, last + 1, device=low.device).to(low.dtype)
        low, high = low[:, None], high[:, None]
        yield first, torch.clamp(edges, low, high).diff(dim=1) / (high - low)


# Any grid -----------------------------------------------------------------------------------------------------------------


class _Boxes(NamedTuple):
    """What samples average, in pixels: places, half the sides, whether there are four boxes, the level, and the steps to the next
    column and row, x and y each."""

    x: Tensor
    y: Tensor
    half_x: Tensor
    half_y: Tensor
    split: Tensor
    level: Tensor
    steps: tuple[Tensor, Tensor, Tensor, Tensor]

    def ends(self, size: Size, shrink: Tensor | float, quarter: tuple[float, float]) -> list[tuple[Tensor, Tensor]]:
        """Ends of the boxes around a quarter's middle, along x and y."""
        column, row = quarter
        xx, yx, xy, yy = self.steps
        x, y = self.x + column * xx + row * xy, self.y + column * yx + row * yy
        return [_ends(x, self.half_x, size[1], shrink), _ends(y, self.half_y, size[0], shrink)]


def _boxes(px: Tensor, size: Size) -> _Boxes:
    """The boxes of samples at pixels (..., h, w, 2)."""
    x, y = (v.contiguous() for v in px.unbind(-1))
    (xx, xy), (yx, yy) = ((_difference(v, -1), _difference(v, -2)) for v in (x, y))
    wide, high = xx * xx + xy * xy, yx * yx + yy * yy
    split = ((xx * yx + xy * yy).square() > SHEAR**2 * (wide * high).clamp(min=1)).detach()
    part = torch.where(split, 0.25, 1.0).to(x.dtype)
    half_x, half_y = ((v * part).clamp(min=1).sqrt() / 2 for v in (wide, high))
    level = _level(2 * half_x.detach(), 2 * half_y.detach())
    return _Boxes(x, y, half_x, half_y, split, level, (xx, yx, xy, yy))


def _gathered(pyramid: _Pyramid, b: int, px: Tensor, size: Size) -> Tensor:
    boxes, n = _boxes(px, size), px.shape[0] * px.shape[1]
    ends, level, samples = _placed(boxes, size)
    kinds = _kinds(ends.detach(), level)
    order, counts = None, [len(kinds)]
    if bool((kinds != kinds[0]).any()):
        kinds, order = kinds.sort()
        ends = ends.index_select(1, order)
        counts = torch.unique_consecutive(kinds, return_counts=True)[1].tolist()
    parts, start = [], 0
    for count in counts:
        kind = int(kinds[start])
        across, down = READS[kind % len(READS)], READS[kind // len(READS) % len(READS)]
        image = pyramid[kind // len(READS) ** 2][b : b + 1]
        for some in ends[:, start : start + count].split(max(1, CHUNK // (across * down)), 1):
            parts.append(_read(image, some[:2], some[2:], across, down))
        start += count
    read = torch.cat(parts, 1)
    if order is not None:
        read = read.index_select(1, _inverse(order))
    if samples is not None:
        several = (read.shape[1] - n) // (len(QUARTERS) - 1)
        whole, quarters = read[:, : n - several], read[:, n - several :]
        read = torch.cat((whole, quarters.unflatten(1, (len(QUARTERS), -1)).mean(1)), 1)
        read = read.index_select(1, _inverse(samples))
    return read.unflatten(1, px.shape[:2])


def _placed(boxes: _Boxes, size: Size) -> tuple[Tensor, Tensor, Tensor | None]:
    """Ends of all boxes, left, right, top, bottom (4, M), and their levels (M,): of samples with one box, then of those with four,
    a quarter at a time. Last the samples in this order; None where all have one box."""
    flat = _Boxes(*(v.flatten() for v in boxes[:6]), steps=tuple(v.flatten() for v in boxes.steps))  # type: ignore[arg-type]
    split = flat.split.nonzero()[:, 0]
    if not len(split):
        (low_x, high_x), (low_y, high_y) = flat.ends(size, torch.exp2(-flat.level), (0.0, 0.0))
        return torch.stack((low_x, high_x, low_y, high_y)), flat.level, None
    whole, ends, levels = (~flat.split).nonzero()[:, 0], [], []
    for at, quarters in ((whole, ((0.0, 0.0),)), (split, QUARTERS)):
        some = _Boxes(*(v[at] for v in flat[:6]), steps=tuple(v[at] for v in flat.steps))  # type: ignore[arg-type]
        shrink = torch.exp2(-some.level)
        for quarter in quarters:
            ends.append(torch.stack([end for axis in some.ends(size, shrink, quarter) for end in axis]))
            levels.append(some.level)
    return torch.cat(ends, 1), torch.cat(levels), torch.cat((whole, split))


def _kinds(ends: Tensor, level: Tensor) -> Tensor:
    """What boxes that are read alike share, as a number: level, and places in ``READS`` along y and x."""
    pixels = ends[1::2].ceil() - ends[::2].floor()  # (2, M)
    enough = 2 * torch.tensor(READS, device=ends.device)
    x, y = torch.bucketize(torch.arange(int(pixels.max()) + 1, device=ends.device), enough).take(pixels.long())
    return (level.to(x.dtype) * len(READS) + y) * len(READS) + x


def _inverse(order: Tensor) -> Tensor:
    return torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device))


def _read(level: Tensor, x: Tensor, y: Tensor, across: int, down: int) -> Tensor:
    """Means of a level (1, C, h, w) over boxes with ends (2, N) along either axis: (C, N)."""
    at_x, weight_x = _axis_reads(x, level.shape[3], across)
    at_y, weight_y = _axis_reads(y, level.shape[2], down)
    grid = interleave(*torch.broadcast_tensors(at_x, at_y[:, None])).flatten(0, 1)[None]
    read = F.grid_sample(level, grid, mode="bilinear", padding_mode="border", align_corners=True)[0]
    read = read.unflatten(1, (down, across))
    rows = (read * weight_x).sum(2) if across > 1 else read[:, :, 0]
    return (rows * weight_y).sum(1) if down > 1 else rows[:, 0]


def _axis_reads(ends: Tensor, pixels: int, reads: int) -> tuple[Tensor, Tensor]:
    """The reads of an axis whose weighted sum is the mean over an interval: normalised places and weights (reads, N), sum 1.

    A pixel counts by the part of it that lies inside. Two neighbours, so weighted, are one bilinear read between them.
    """
    low, high = ends
    first, unit = low.detach().floor(), 2 / max(pixels - 1, 1)
    counts = torch.arange(2 * reads + 1, device=low.device).to(low.dtype)[:, None]
    # How far each pixel's end is inside.
    inside = torch.clamp(first + counts, low, high)
    both = inside[2::2] - inside[:-2:2]
    share = (inside[2::2] - inside[1::2]) / both.clamp(min=1e-12)
    return (first + counts[:-1:2] + share) * unit - int(pixels > 1), both / (high - low)


# Without looking ----------------------------------------------------------------------------------------------------------


def _summed(image: Tensor, grid: Tensor, size: Size) -> Tensor:
    """Every sample has four boxes, four times the same one without shear; the sum over a box is a difference of summed areas, in
    float64 since they are large, between whose pixels they grow linearly. All levels lie side by side in one table."""
    boxes = _boxes(to_pixels(grid, size), size)
    longest = max(math.ceil(math.log2(max(size) / LONGEST)), 0)
    pyramid = _Pyramid(image)
    pyramid[longest]
    sums = [F.pad(level.double().cumsum(2).cumsum(3), (1, 0, 1, 0)) for level in pyramid.levels]
    table = torch.cat([each.flatten(2) for each in sums], 2).transpose(0, 1).flatten(1)  # (C, B * P)
    shapes = torch.tensor([tuple(each.shape[-2:]) for each in sums], device=image.device)  # (L, 2)
    level = boxes.level.clamp(0, longest).long()
    area = shapes.prod(1)
    batch = torch.arange(image.shape[0], device=image.device)[:, None, None]
    start, wide = (area.cumsum(0) - area)[level] + batch * area.sum(), shapes[level, 1]
    last = [shapes[level, axis] - 2 for axis in (1, 0)]
    shrink, total = torch.exp2(-level.to(grid.dtype)), 0
    for column, row in QUARTERS:
        x, y = boxes.ends(size, shrink, (boxes.split * column, boxes.split * row))  # type: ignore[arg-type]
        for sign_y, end_y in zip((-1, 1), y, strict=True):
            for sign_x, end_x in zip((-1, 1), x, strict=True):
                i, j = (
                    torch.minimum(end.detach().floor().long(), most)
                    for end, most in ((end_y, last[1]), (end_x, last[0]))
                )
                v, u, at = end_y.double() - i, end_x.double() - j, start + i * wide + j
                a, b, c, d = (
                    table.index_select(1, (at + k).flatten()).unflatten(1, at.shape) for k in (0, 1, wide, wide + 1)
                )
                top, bottom = a + u * (b - a), c + u * (d - c)
                total = total + sign_x * sign_y * (top + v * (bottom - top)) / _area(x, y)
    return (total / len(QUARTERS)).to(image.dtype).transpose(0, 1)  # type: ignore[union-attr]


def _area(x: Sequence[Tensor], y: Sequence[Tensor]) -> Tensor:
    return (x[1] - x[0]).double() * (y[1] - y[0]).double()
