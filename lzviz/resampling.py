"""Reading an image on a grid: nearest, bilinear, anti-aliased.

Every reader takes a normalised, corner-aligned grid (:mod:`lzviz.coords`); outside the image the border pixel answers.

*nearest* reads pixel ``floor(px + 1/2)``; the only reader for labels. *bilinear* reads four taps, as the papers do: a 16x
downsample then sees 4 of 256 pixels, 1.6 %, and aliases. *antialias* is the mean over the sample's footprint, its pixels taken as
squares, at any factor:

    J     = d source px / d zoomed px of the grid (differences between neighbouring samples), columns u and v
    sides = max(1, sqrt(u_x^2 + v_x^2)), max(1, sqrt(u_y^2 + v_y^2))

A box with these sides has the variance of the parallelogram (u, v) along x and y; without shear it is that parallelogram, so that
uniform sampling is an exact area average. Where x and y are correlated (``SHEAR``), the four quarters of the parallelogram have a
box each. A box is cut at the image's border. Where the map magnifies, both sides are 1 and the reader is plain bilinear. A box
longer than ``LONGEST`` pixels is read on the level of an image pyramid (level L: L times a 2 x 2 box) where it is not, its ends
counting by the part of a level's pixel that they cover. Gradients reach the image and the grid, footprints included.
(``python -m benchmarks.reading`` prints what it is worth and costs.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.coords import Size, interleave, to_pixels
from lzviz.tracing import concrete

Interpolation = Literal["nearest", "bilinear", "antialias"]

LONGEST = 8.0
"""A box is read on the finest level on which it is at most this many pixels long."""

SHEAR = 0.3
"""A footprint whose x and y are more correlated than this is read in four boxes."""

EPSILON = 1e-4
"""A smaller part of a pixel, or of a level, is left out: rounding of a grid must not cost reads."""

SPAN = 16
"""More than a box has reads along an axis."""

CHUNK = 65536
"""Samples that are read at a time."""

QUARTERS = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))
"""Middles of the four boxes, in steps to the next column and row."""


def read(image: Tensor, grid: Tensor, interpolation: Interpolation = "bilinear") -> Tensor:
    """Read ``image`` on ``grid``.

    Args:
        image: (B, C, H, W) of any float dtype, or labels (B, H, W) of integers ("nearest" only). A batch of 1 on either side
            broadcasts.
        grid: (B, h, w, 2) normalised source coordinates; stays float32 or better even where the image is half. It goes to the
            image's device.
        interpolation: "nearest", "bilinear" or "antialias".

    Returns:
        (B, C, h, w) in the dtype of the image; labels: (B, h, w).

    Raises:
        ValueError: unknown interpolation, labels with anything but "nearest", shapes that do not fit.
        TypeError: an integer image that is no label map.
    """
    if interpolation not in get_args(Interpolation):
        raise ValueError(f"interpolation must be one of {', '.join(get_args(Interpolation))}, got {interpolation!r}")
    grid = grid.to(image.device)
    if image.ndim == 3 and not image.is_floating_point():
        if interpolation != "nearest":
            raise ValueError(f"labels are only ever read by nearest neighbour, got interpolation={interpolation!r}")
        return _nearest(image[:, None], grid)[:, 0]
    if image.ndim != 4:
        raise ValueError(f"expected an image (B, C, H, W) or integer labels (B, H, W), got {tuple(image.shape)}")
    if interpolation == "nearest":
        return _nearest(image, grid)
    if not image.is_floating_point():
        raise TypeError(f"expected a float image in [0, 1], got {image.dtype}: did you mean image / 255?")
    # Half-precision pixels are read in the precision of the coordinates, then rounded once.
    dtype = torch.promote_types(image.dtype, grid.dtype)
    pixels, grid = image.to(dtype), grid.to(dtype)
    out = _bilinear(pixels, grid) if interpolation == "bilinear" else _antialias(pixels, grid)
    return out.to(image.dtype)


def reduce(image: Tensor, scale: float) -> Tensor:
    """Area-average an image (B, C, H, W) to ``scale`` in (0, 1] of its size (rounded, at least one pixel).

    For asking what is left of a zoom when the source itself was downsampled first.
    """
    if not 0 < scale <= 1:
        raise ValueError(f"scale must be in (0, 1], got {scale!r}")
    if scale == 1:
        return image
    size = tuple(max(1, math.floor(n * scale + 0.5)) for n in image.shape[-2:])
    return F.adaptive_avg_pool2d(image, size)  # type: ignore[arg-type]


def _difference(values: Tensor, dim: int) -> Tensor:
    n = values.shape[dim]
    if n == 1:
        return torch.zeros_like(values)
    first, last = (values.narrow(dim, k + 1, 1) - values.narrow(dim, k, 1) for k in (0, n - 2))
    inner = (values.narrow(dim, 2, n - 2) - values.narrow(dim, 0, n - 2)) / 2
    return torch.cat((first, inner, last), dim)


def _broadcast(image: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    batch = max(image.shape[0], grid.shape[0])
    if {image.shape[0], grid.shape[0]} - {1, batch}:
        raise ValueError(f"a batch of {image.shape[0]} images does not fit a batch of {grid.shape[0]} grids")
    return image.expand(batch, -1, -1, -1), grid.expand(batch, -1, -1, -1)


def _nearest(image: Tensor, grid: Tensor) -> Tensor:
    image, grid = _broadcast(image, grid)
    b, c, h, w = image.shape
    px = (to_pixels(grid.detach(), (h, w)) + 0.5).floor().long()
    index = px[..., 1].clamp(0, h - 1) * w + px[..., 0].clamp(0, w - 1)  # (B, gh, gw)
    out = image.reshape(b, c, h * w).gather(2, index.reshape(b, 1, -1).expand(-1, c, -1))
    return out.reshape(b, c, *grid.shape[1:3])


def _bilinear(image: Tensor, grid: Tensor) -> Tensor:
    image, grid = _broadcast(image, grid)
    return F.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=True)


def _antialias(image: Tensor, grid: Tensor) -> Tensor:
    image, grid = _broadcast(image, grid)
    size: Size = (image.shape[-2], image.shape[-1])
    if not concrete():
        return _antialias_traced(image, grid, size)
    boxes, kinds = _boxes(grid, size)
    levels, out = [image], []
    for b in range(image.shape[0]):
        flat, parts = [v[b].flatten() for v in boxes], []
        present, places = _sorted_by(kinds[b].flatten())
        for kind, at in zip(present, places, strict=True):
            while len(levels) <= kind.level:
                levels.append(_halve(levels[-1]))
            mine = flat if kind.split else flat[:4]
            if at is not None:
                mine = [v.index_select(0, at) for v in mine]
            # A part at a time, so that what it needs stays in the cache.
            for part in zip(*(v.split(CHUNK) for v in mine), strict=True):
                parts.append(_means(levels[kind.level][b : b + 1], part, kind, size))
        read = torch.cat(parts, 1)
        if places[0] is not None:
            order = torch.cat(places)  # type: ignore[arg-type]
            read = read.index_select(1, torch.empty_like(order).scatter_(0, order, torch.arange(len(order)).to(order)))
        out.append(read)
    return torch.stack(out).unflatten(2, grid.shape[1:3])


def _antialias_traced(image: Tensor, grid: Tensor, size: Size) -> Tensor:
    """The same means where values cannot be looked at: every sample has four boxes, four times the same one without shear, and
    of each as many pixels as the longest box may touch, weighed by what they cover. All levels lie side by side in one table."""
    b, channels, *_ = image.shape
    longest = max(math.ceil(math.log2(max(size) / LONGEST)), 0)
    levels = [image]
    for _ in range(longest):
        levels.append(_halve(levels[-1]))
    shapes = torch.tensor([tuple(level.shape[-2:]) for level in levels], device=image.device)  # (L, 2)
    pixels = shapes.prod(1)
    table = torch.cat([level.flatten(2) for level in levels], 2).transpose(0, 1).flatten(1)  # (C, B * P)
    boxes, kinds = _boxes(grid, size)
    x, y, half_x, half_y, *steps = (v.flatten(1) for v in boxes)  # (B, N)
    level, split = (
        kinds.flatten(1).div(SPAN**3, rounding_mode="floor").clamp(0, longest).long(),
        kinds.flatten(1) % SPAN,
    )
    start = (pixels.cumsum(0) - pixels)[level] + torch.arange(b, device=image.device)[:, None] * pixels.sum()
    shrink, total = torch.exp2(-level.to(x.dtype)), image.new_zeros(channels, *x.shape)
    for column, row in QUARTERS:
        moved = [split * (column * steps[k] + row * steps[2 + k]) for k in (0, 1)]
        rows, columns = (
            _touched(_interval(at + step, half, n), shrink, shapes[level, axis])
            for at, step, half, n, axis in ((y, moved[1], half_y, size[0], 0), (x, moved[0], half_x, size[1], 1))
        )
        (at_x, weight_x), wide = (torch.stack(each) for each in zip(*columns, strict=True)), shapes[level, 1]
        for at_y, weight_y in rows:  # a row of all boxes at a time
            read = table.index_select(1, (start + at_y * wide + at_x).flatten()).unflatten(1, at_x.shape)
            total = total + (read * weight_x).sum(1) * weight_y
    return (total / len(QUARTERS)).transpose(0, 1).unflatten(2, grid.shape[1:3])


def _touched(ends: tuple[Tensor, Tensor], shrink: Tensor, pixels: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The pixels of a level that a box may touch along an axis, and how much of the box each of them is: (B, N) each."""
    low, high = (end * shrink for end in ends)
    first, over = (low.detach() + EPSILON).floor(), 1 / (high - low)
    inside = [torch.clamp(first + k, low, high) for k in range(int(LONGEST) + 3)]
    return [
        (torch.minimum(first.long() + k, pixels - 1), (inside[k + 1] - inside[k]) * over)
        for k in range(int(LONGEST) + 2)
    ]


class _Kind(NamedTuple):
    """What samples that are read alike share: the level, the reads along either axis, and whether there are four boxes."""

    level: int
    x_reads: int
    y_reads: int
    split: int


def _sorted_by(kinds: Tensor) -> tuple[list[_Kind], list[Tensor] | list[None]]:
    """The kinds that occur, and where each does; ``[None]`` where all are of one."""
    lowest, highest = (int(k) for k in torch.aminmax(kinds))
    present = [lowest]
    if lowest < highest:
        present = (torch.bincount(kinds - lowest).nonzero()[:, 0] + lowest).tolist()
    digits = [_Kind(*(k // SPAN**n % SPAN for n in (3, 2, 1, 0))) for k in present]
    return digits, [(kinds == k).nonzero()[:, 0] for k in present] if len(present) > 1 else [None]


def _boxes(grid: Tensor, size: Size) -> tuple[list[Tensor], Tensor]:
    """What each sample reads, and its kind as a number, its digits to the base ``SPAN``: (B, h, w) each.

    In pixels: x, y of the sample, half the sides of its box, and the steps to the next column and row, x and y each.
    """
    x, y = (v.contiguous() for v in to_pixels(grid, size).unbind(-1))
    (xx, xy), (yx, yy) = ((_difference(v, 2), _difference(v, 1)) for v in (x, y))
    wide, high = xx * xx + xy * xy, yx * yx + yy * yy
    split = ((xx * yx + xy * yy).square() > SHEAR**2 * (wide * high).clamp(min=1)).detach()
    sheared = not concrete() or bool(split.any())
    if sheared:
        part = torch.where(split, 0.25, 1.0).to(x.dtype)
        wide, high = wide * part, high * part
    wide, high = (v.clamp(min=1).sqrt() / 2 for v in (wide, high))
    kind = (torch.maximum(wide, high).detach() * (2 / LONGEST)).clamp(min=1).log2().sub_(EPSILON).ceil_()
    shrink = torch.exp2(-kind)
    for at, half, n in ((x, wide, size[1]), (y, high, size[0])):
        first, last = _interval(at.detach(), half.detach(), n)
        pixels = (last * shrink - EPSILON).ceil_() - (first * shrink + EPSILON).floor_()
        if sheared:  # the four boxes lie elsewhere
            pixels = torch.where(split, (half.detach() * shrink * 2).ceil_() + 1, pixels)
        kind = torch.add((pixels * 0.5).ceil_().clamp_(min=1), kind, alpha=SPAN)
    return [x, y, wide, high, xx, yx, xy, yy], torch.add(split, kind, alpha=SPAN).int()


def _interval(centre: Tensor, half: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """First and last place of a box along an axis, inside the image; pixel k is from k to k + 1."""
    middle = centre.clamp(0, size - 1) + 0.5
    return (middle - half).clamp(min=0), (middle + half).clamp(max=size)


def _means(level: Tensor, boxes: Sequence[Tensor], kind: _Kind, size: Size) -> Tensor:
    """Means of a pyramid level (1, C, h, w) over boxes (N,) of one kind: (C, N)."""
    x, y, half_x, half_y, *steps = boxes
    total = level.new_zeros(level.shape[1], x.shape[0])
    for column, row in QUARTERS if kind.split else ((0.0, 0.0),):
        if kind.split:
            x, y = (boxes[k] + column * steps[k] + row * steps[2 + k] for k in (0, 1))
        across = _axis_reads(_interval(x, half_x, size[1]), level.shape[3], kind.level, kind.x_reads)
        down = _axis_reads(_interval(y, half_y, size[0]), level.shape[2], kind.level, kind.y_reads)
        for at_y, weight_y in down:
            for at_x, weight_x in across:
                read = _bilinear(level, interleave(at_x, at_y)[None, None])[0, :, 0]
                total = torch.addcmul(total, read, weight_x * weight_y)
    return total / 4 if kind.split else total


def _axis_reads(ends: tuple[Tensor, Tensor], pixels: int, level: int, reads: int) -> list[tuple[Tensor, Tensor]]:
    """The reads of an axis whose weighted sum is the mean over an interval: normalised places and weights (N,), sum 1.

    A pixel counts by the part of it that lies inside. Two neighbours, so weighted, are one bilinear read between them.
    """
    low, high = (end * 0.5**level for end in ends)
    first, unit = (low.detach() + EPSILON).floor(), 2 / max(pixels - 1, 1)
    # How far each pixel's end is inside.
    inside = [torch.clamp(first + k, low, high) for k in range(2 * reads + 1)]
    over, origin = 1 / (inside[-1] - inside[0]), first * unit - int(pixels > 1)
    taken = []
    for k in range(0, 2 * reads, 2):
        both = inside[k + 2] - inside[k]
        share = (inside[k + 2] - inside[k + 1]) / both.clamp(min=1e-12)
        taken.append((torch.add(origin + k * unit, share, alpha=unit), both * over))
    return taken


def _halve(level: Tensor) -> Tensor:
    """The mean of 2 x 2 pixels, of those that exist at an odd border. Twice two lerps: four times torch's pooling."""
    for dim in (2, 3):
        n = level.shape[dim]
        if n % 2:
            level = torch.cat((level, level.narrow(dim, n - 1, 1)), dim)
        even, odd = (level[:, :, k::2] if dim == 2 else level[..., k::2] for k in (0, 1))
        level = torch.lerp(even, odd, 0.5)
    return level
