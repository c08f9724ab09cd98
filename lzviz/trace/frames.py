"""Where features lie, and the way back: maps on the zoomed image to maps on the source.

A network of stride s puts feature i on zoomed pixel ``s i`` (see :mod:`lzviz.warp`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from lzviz import resampling
from lzviz.coords import Size, lattice, to_normalised
from lzviz.samplers.base import Downsampled
from lzviz.samplers.lzu import unzoom_pyramid
from lzviz.warp import GridWarp, Warp, WarpLayout


def identity(like: Tensor) -> GridWarp:
    """The warp that changes nothing, on the device of a tensor."""
    return Warp.identity((2, 2)).to(like.device)


def image_size(image: Tensor) -> Size:
    """(H, W)."""
    return int(image.shape[-2]), int(image.shape[-1])


def stride_of(size: Size, features: Tensor) -> int:
    """Zoomed pixels between neighbouring features: those of 3x3 convolutions of padding 1 count ``ceil(n / s)`` an axis. Where
    several strides would fit, as with few pixels, powers of two are what networks have."""
    h, w = size
    fits = [s for s in range(1, max(size) + 1) if (-(-h // s), -(-w // s)) == tuple(features.shape[-2:])]
    if not fits:
        raise ValueError(
            f"features {tuple(features.shape[-2:])} fit no stride of a zoomed image of {h} x {w}: "
            "choose a zoomed size that is a multiple of the network's stride"
        )
    return min(fits, key=lambda s: (s & (s - 1) != 0, s))


def restored(maps: Tensor, out: Downsampled, size: Size, uniform: bool = False) -> Tensor:
    """Maps (B, K, h', w') over the zoomed image, at a network's own stride, on the source's lattice of ``size``: (B, K, H, W).

    Bilinear on the exact inverse. A pixel outside the view takes what the nearest border of the view has.

    Args:
        uniform: the maps lie on a uniform lattice of the zoomed size already: their features were brought back.
    """
    zoomed = image_size(out.image)
    stride = stride_of(zoomed, maps)
    if uniform or isinstance(out.layout, WarpLayout):
        warp = out.layout.warp if isinstance(out.layout, WarpLayout) and not uniform else identity(maps)
        return warp.unzoom(maps, size, zoomed, stride, fill=None)
    # Each row has what the zoomed image has at its site, and gives it to all that it stands for.
    dense = identity(maps).unzoom(maps, zoomed, zoomed, stride, fill=None)
    points = to_normalised(out.layout.sites, out.layout.source_size)
    each = [points[out.layout.batch == k][None, None] for k in range(len(dense))]
    rows = [resampling.read(dense[k : k + 1], grid)[0, :, 0].T for k, grid in enumerate(each)]
    return out.layout.scatter(torch.cat(rows), size)[0]


def on_zoomed(maps: Tensor, size: Size) -> Tensor:
    """Maps (B, K, h', w') at every pixel of the zoomed image of ``size``: (B, K, h, w)."""
    return identity(maps).unzoom(maps, size, size, stride_of(size, maps), fill=None)


def unzoomed(stages: Sequence[Tensor], levels: Sequence[int], out: Downsampled) -> list[Tensor]:
    """The stages of a network with those of ``levels`` brought back, each in its own size (LZU)."""
    layout, back = warped(out), list(stages)
    chosen = sorted(levels)
    strides = [stride_of(layout.zoomed_size, stages[k]) for k in chosen]
    features = [stages[k].float() for k in chosen]
    for k, feature in zip(chosen, unzoom_pyramid(layout.warp, features, layout.zoomed_size, strides), strict=True):
        back[k] = feature.to(stages[k].dtype)
    return back


def warped(out: Downsampled) -> WarpLayout:
    """The layout of samples that a warp placed."""
    if not isinstance(out.layout, WarpLayout):
        raise TypeError(
            f"{type(out.layout).__name__} is no warp: neither source=, unzoom='features' nor boxes can be had with it"
        )
    return out.layout


def over(layout: WarpLayout, size: Size) -> WarpLayout:
    """The layout of an averaged picture in the picture of ``size`` itself, where mean k of n stands at (k + 1/2) N / n - 1/2."""
    warp, few = layout.warp, layout.source_size
    reach = [(n - n / k) / (n - 1) for n, k in zip(reversed(size), reversed(few), strict=True)]
    scale = warp.like.new_tensor(reach)
    if isinstance(warp, GridWarp):
        moved: Warp = GridWarp(warp.nodes * scale, warp.separable)
    else:
        moved = GridWarp(lattice((2, 2)).to(scale)[None] * scale, True) @ warp
    return replace(layout, warp=moved, source_size=size)
