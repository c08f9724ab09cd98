"""Reading an image on a grid: nearest, bilinear, cubic, anti-aliased.

Every reader takes a normalised, corner-aligned grid (:mod:`lzviz.coords`); outside the image the border pixel answers.

*nearest* reads pixel ``floor(px + 1/2)``; the only reader for labels. *bilinear* reads four taps, as the papers do: a 16x
downsample then sees 4 of 256 pixels, 1.6 %, and aliases. *cubic* reads sixteen (Keys' kernel, a = -3/4, torch's), which keeps
edges crisper, leaves the range of the image by a little, and aliases no less. *antialias* is the mean over the sample's footprint
at every factor (:mod:`lzviz.footprints`).
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.coords import to_pixels
from lzviz.footprints import means
from lzviz.tracing import concrete

Interpolation = Literal["nearest", "bilinear", "cubic", "antialias"]


def read(image: Tensor, grid: Tensor, interpolation: Interpolation = "bilinear") -> Tensor:
    """Read ``image`` on ``grid``.

    Args:
        image: (B, C, H, W) of any float dtype, or labels (B, H, W) of integers ("nearest" only). A batch of 1 on either side
            broadcasts.
        grid: (B, h, w, 2) normalised source coordinates; stays float32 or better even where the image is half. It goes to the
            image's device.
        interpolation: "nearest", "bilinear", "cubic" or "antialias".

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
    out = _antialias(pixels, grid) if interpolation == "antialias" else _taps(pixels, grid, interpolation)
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


def broadcast(image: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """Images (B, ...) and grids (B, ...) as many as one another: a batch of 1 on either side serves any number."""
    batch = max(image.shape[0], grid.shape[0])
    if {image.shape[0], grid.shape[0]} - {1, batch}:
        raise ValueError(f"a batch of {image.shape[0]} images does not fit a batch of {grid.shape[0]} grids")
    return image.expand(batch, -1, -1, -1), grid.expand(batch, -1, -1, -1)


def _nearest(image: Tensor, grid: Tensor) -> Tensor:
    image, grid = broadcast(image, grid)
    b, c, h, w = image.shape
    px = (to_pixels(grid.detach(), (h, w)) + 0.5).floor().long()
    index = px[..., 1].clamp(0, h - 1) * w + px[..., 0].clamp(0, w - 1)  # (B, gh, gw)
    out = image.reshape(b, c, h * w).gather(2, index.reshape(b, 1, -1).expand(-1, c, -1))
    return out.reshape(b, c, *grid.shape[1:3])


def _taps(image: Tensor, grid: Tensor, interpolation: Interpolation) -> Tensor:
    image, grid = broadcast(image, grid)
    mode = "bicubic" if interpolation == "cubic" else "bilinear"
    return F.grid_sample(image, grid, mode=mode, padding_mode="border", align_corners=True)


def _antialias(image: Tensor, grid: Tensor) -> Tensor:
    return means(*broadcast(image, grid), visible=concrete())
