"""Reading an image on a grid: nearest, bilinear, anti-aliased.

Every reader takes a normalised, corner-aligned grid (:mod:`lzviz.coords`); outside the image the border pixel answers.

*nearest* reads pixel ``floor(px + 1/2)``; the only reader for labels. *bilinear* reads four taps, as the papers do: a 16x
downsample then sees 4 of 256 pixels, 1.6 %, and aliases. *antialias* reads an image pyramid (level L: L times a 2 x 2 box) at
the level whose pixels are as large as the footprint of the sample, blending the two nearest levels:

    J    = d source px / d zoomed px of the grid (differences between neighbouring samples)
    rho  = max(1, sqrt|det J|, ||J||_F / 4),   lod = log2 rho
    px_L = (px + 1/2) / 2^L - 1/2

``sqrt|det J|`` keeps the area of the footprint; the last term bounds aliasing where a footprint is much longer than wide.
Where the map magnifies, rho = 1 and the reader is plain bilinear. Cost: building the pyramid, a third of a pass over the image
more than one, and one bilinear read for each level that some sample needs (``python -m benchmarks.inversion`` prints it).
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.coords import Size, to_normalised, to_pixels

Interpolation = Literal["nearest", "bilinear", "antialias"]

ANISOTROPY = 4.0
"""A footprint longer than this many times its geometric mean is blurred more rather than left to alias."""


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


def level_of_detail(grid: Tensor, size: Size) -> Tensor:
    """``log2 rho`` of each sample of ``grid`` over a source of ``size``: (B, h, w), >= 0, without gradient.

    J is taken by differences: central inside, one-sided at the border; 0 along an axis of a single sample.
    """
    x, y = to_pixels(grid.detach(), size).unbind(-1)
    (xx, xy), (yx, yy) = ((_difference(v, 2), _difference(v, 1)) for v in (x, y))
    area = (xx * yy - xy * yx).abs()
    longest = xx.square() + xy.square() + yx.square() + yy.square()
    return torch.maximum(area, longest / ANISOTROPY**2).clamp(min=1).log2() / 2


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
    size: Size = (image.shape[-2], image.shape[-1])
    lod = level_of_detail(grid, size).clamp(max=math.ceil(math.log2(max(size))))
    lowest, highest = (float(v) for v in torch.aminmax(lod))
    px = to_pixels(grid, size)
    out: Tensor | float = 0.0
    level = image
    for n in range(math.ceil(highest) + 1):
        if n:
            level = _halve(level)
        if n < math.floor(lowest):
            continue
        at = to_normalised((px + 0.5) * 0.5**n - 0.5, (level.shape[-2], level.shape[-1])) if n else grid
        weight = (1 - (lod - n).abs()).clamp(min=0)
        out = out + weight[:, None] * _bilinear(level, at)
    return out  # type: ignore[return-value]


def _halve(level: Tensor) -> Tensor:
    """The mean of 2 x 2 pixels, of those that exist at an odd border. Twice two lerps: four times torch's pooling."""
    for dim in (2, 3):
        n = level.shape[dim]
        if n % 2:
            level = torch.cat((level, level.narrow(dim, n - 1, 1)), dim)
        even, odd = (level[:, :, k::2] if dim == 2 else level[..., k::2] for k in (0, 1))
        level = torch.lerp(even, odd, 0.5)
    return level
