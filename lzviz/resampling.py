"""Reading an image on a grid: nearest, bilinear, anti-aliased.

Every reader takes a normalised, corner-aligned grid (:mod:`lzviz.coords`); outside the image the border pixel answers.

*nearest* reads pixel ``floor(px + 1/2)``; the only reader for labels. *bilinear* reads four taps, as the papers do: a 16x
downsample then sees 4 of 256 pixels, 1.6 %, and aliases. *antialias* reads an image pyramid (level L: L times a 2 x 2 box) at
the level whose pixels are as large as the footprint of the sample, blending the two nearest levels:

    J    = d source px / d zoomed px of the grid (differences between neighbouring samples)
    rho  = max(1, sqrt|det J|, ||J||_F / 4),   lod = log2 rho
    px_L = (px + 1/2) / 2^L - 1/2

``sqrt|det J|`` keeps the area of the footprint; the last term bounds aliasing where a footprint is much longer than wide.
Where the map magnifies, rho = 1 and the reader is plain bilinear. Cost: two bilinear reads of the pyramid plus one of the
image where some sample needs it, and building the pyramid, about a third of one pass over the image.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.coords import Size, to_pixels

Interpolation = Literal["nearest", "bilinear", "antialias"]

ANISOTROPY = 4.0
"""A footprint longer than this many times its geometric mean is blurred more rather than left to alias."""


def read(image: Tensor, grid: Tensor, interpolation: Interpolation = "bilinear") -> Tensor:
    """Read ``image`` on ``grid``.

    Args:
        image: (B, C, H, W) of any float dtype, or labels (B, H, W) of integers ("nearest" only). A batch of 1 on either side
            broadcasts.
        grid: (B, h, w, 2) normalised source coordinates; stays float32 or better even where the image is half.
        interpolation: "nearest", "bilinear" or "antialias".

    Returns:
        (B, C, h, w) in the dtype of the image; labels: (B, h, w).

    Raises:
        ValueError: unknown interpolation, labels with anything but "nearest", shapes that do not fit.
        TypeError: an integer image that is no label map.
    """
    if interpolation not in get_args(Interpolation):
        raise ValueError(f"interpolation must be one of {', '.join(get_args(Interpolation))}, got {interpolation!r}")
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


def level_of_detail(grid: Tensor, size: Size) -> Tensor:
    """``log2 rho`` of each sample of ``grid`` over a source of ``size``: (B, h, w), >= 0, without gradient.

    J is taken by differences: central inside, one-sided at the border; 0 along an axis of a single sample.
    """
    px = to_pixels(grid.detach(), size)
    jx, jy = _difference(px, 2), _difference(px, 1)
    area = (jx[..., 0] * jy[..., 1] - jx[..., 1] * jy[..., 0]).abs()
    longest = jx.square().sum(-1) + jy.square().sum(-1)
    squared = torch.maximum(area, longest / ANISOTROPY**2).clamp(min=1)
    return squared.log2() / 2


def _difference(px: Tensor, dim: int) -> Tensor:
    n = px.shape[dim]
    if n == 1:
        return torch.zeros_like(px)
    ahead = torch.cat((px.narrow(dim, 1, n - 1), px.narrow(dim, n - 1, 1)), dim)
    behind = torch.cat((px.narrow(dim, 0, 1), px.narrow(dim, 0, n - 1)), dim)
    step = torch.full((n,), 2.0, dtype=px.dtype, device=px.device)
    step[0] = step[-1] = 1.0
    return (ahead - behind) / step.reshape([n if d == dim else 1 for d in range(px.ndim)])


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
    size: Size = (image.shape[-2], image.shape[-1])
    lod = level_of_detail(grid, size)
    deepest = max(0, math.ceil(math.log2(max(size))))
    lod = lod.clamp(max=deepest)
    lowest, highest = (float(v) for v in torch.aminmax(lod))
    if highest == 0:
        return _bilinear(image, grid)
    out: Tensor | float = 0.0
    if lowest < 1:
        out = (1 - lod).clamp(min=0)[:, None] * _bilinear(image, grid)
    below = lod.floor().clamp(min=1)
    atlas, offsets, sizes = _pyramid(image, math.ceil(highest))
    px = to_pixels(grid, size)
    for level, weight in ((below, (1 - (lod - below).abs()).clamp(min=0)), (below + 1, (lod - below).clamp(min=0))):
        if float(weight.max()) > 0:
            place = _in_atlas(px, level.clamp(max=len(sizes)), offsets, sizes, (atlas.shape[-2], atlas.shape[-1]))
            out = out + weight[:, None] * _bilinear(atlas, place)
    return out  # type: ignore[return-value]


def _pyramid(image: Tensor, levels: int) -> tuple[Tensor, Tensor, Tensor]:
    """Levels 1..levels of the 2 x 2 box pyramid in one picture, so that one gather reads any level.

    Returns the atlas (B, C, H', W'), the (levels, 2) x, y of each level's first pixel in it, and the (levels, 2) last pixel
    w - 1, h - 1 of each level.
    """
    stack, level = [], image
    for _ in range(levels):
        level = F.avg_pool2d(level, 2, ceil_mode=True, count_include_pad=False)
        stack.append(level)
    # Level 1 on the left, the rest in a column on its right; their heights sum to less than level 1 plus one row a level.
    height = max(stack[0].shape[-2], sum(s.shape[-2] for s in stack[1:]))
    column = [F.pad(s, (0, stack[1].shape[-1] - s.shape[-1], 0, 0)) for s in stack[1:]]
    parts = [F.pad(stack[0], (0, 0, 0, height - stack[0].shape[-2]))]
    if column:
        tower = torch.cat(column, dim=2)
        parts.append(F.pad(tower, (0, 0, 0, height - tower.shape[-2])))
    offsets, y = [(0, 0)], 0
    for s in stack[1:]:
        offsets.append((stack[0].shape[-1], y))
        y += s.shape[-2]
    last = [(s.shape[-1] - 1, s.shape[-2] - 1) for s in stack]
    return torch.cat(parts, dim=3), image.new_tensor(offsets), image.new_tensor(last)


def _in_atlas(px: Tensor, level: Tensor, offsets: Tensor, last: Tensor, atlas_size: Size) -> Tensor:
    """Source pixels (B, h, w, 2) at integer levels (B, h, w) >= 1 as normalised coordinates of the atlas."""
    at = (px + 0.5) * torch.exp2(-level)[..., None] - 0.5
    which = level.long() - 1
    at = torch.minimum(at.clamp(min=0), last[which]) + offsets[which]
    extent = px.new_tensor([atlas_size[1] - 1, atlas_size[0] - 1]).clamp(min=1)
    return at / extent * 2 - 1
