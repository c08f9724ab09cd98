"""Levels: how often each cell of the fine grid is downsampled.

Convention: ``levels`` is (B, 1, h, w) int64 on the fine grid; 0 keeps a cell, v halves it v times. With one level this
is the paper's mask: **1 = downsample**. A block of 2^v x 2^v cells (aligned to the grid, cut off at its border) is
downsampled v times only if all its cells allow it, so that wanting one cell keeps its whole block: quadtrees come out,
never errors about blocks.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def check_levels(
    levels: object, depth: int, *, batch: int | None = None, size: tuple[int, int] | None = None
) -> Tensor:
    """Return ``levels`` as (B, h, w) int64, or say what is wrong with it.

    Args:
        levels: (B, 1, h, w), (B, h, w) or (h, w); bool, integers, or floats that happen to be whole.
        depth: the deepest level that the network offers; ``log2(coarse stride / fine stride)``.
        batch: images in the batch; one level map serves all.
        size: (h, w) of the fine grid.

    Raises:
        TypeError: not a tensor, or values that are no levels.
        ValueError: another size than the fine grid, or a level deeper than the network.
    """
    if not isinstance(levels, Tensor):
        raise TypeError(f"expected levels as a tensor (B, 1, h, w) of integers, got {type(levels).__name__}")
    if levels.is_complex():
        raise TypeError("levels are integers (0 = keep, v = halve v times), got complex numbers")
    if (levels.ndim == 4 and levels.shape[1] != 1) or levels.ndim not in (2, 3, 4):
        raise ValueError(f"expected levels of shape (B, 1, h, w), got {tuple(levels.shape)}: did you pass the image?")
    plain = levels.detach().reshape(-1, *levels.shape[-2:])
    if plain.is_floating_point() and not torch.equal(plain, plain.round()):
        odd = plain[plain != plain.round()][0].item()
        raise TypeError(
            f"levels are integers (0 = keep, v = halve v times), got the value {odd:g}: threshold the map first, "
            "for instance `(map < threshold).long()`"
        )
    plain = plain.long()
    if size is not None and tuple(plain.shape[-2:]) != tuple(size):
        raise ValueError(
            f"levels are {plain.shape[-2]} x {plain.shape[-1]}, but the fine grid of this image is {size[0]} x {size[1]}: "
            "make the mask at the fine output stride (the masks of lzviz.adaptive.masks take `stride=`)"
        )
    low, high = (int(plain.min()), int(plain.max())) if plain.numel() else (0, 0)
    if low < 0 or high > depth:
        raise ValueError(
            f"levels run from {low} to {high}, but this network can halve its fine grid {depth} time(s): use levels "
            f"0..{depth}, or a larger second output stride"
        )
    if batch is not None and plain.shape[0] != batch:
        if plain.shape[0] != 1:
            raise ValueError(f"levels for {plain.shape[0]} images, but the batch has {batch}")
        plain = plain.expand(batch, -1, -1)
    return plain


def block_minimum(levels: Tensor, size: int) -> Tensor:
    """The smallest level in each aligned ``size`` x ``size`` block of (B, h, w): (B, ceil(h/size), ceil(w/size))."""
    h, w = levels.shape[-2:]
    padded = F.pad(levels[:, None].to(torch.float32), (0, -w % size, 0, -h % size), value=float("inf"))
    return -F.max_pool2d(-padded, size)[:, 0]


def expand_blocks(blocks: Tensor, size: int, to: tuple[int, int]) -> Tensor:
    """Repeat each block ``size`` x ``size`` times and cut to the grid ``to``: (B, h, w)."""
    return blocks.repeat_interleave(size, -2).repeat_interleave(size, -1)[..., : to[0], : to[1]]


def complete(levels: Tensor, depth: int) -> Tensor:
    """The largest levels, none above the given ones, that are constant on their blocks: a quadtree, (B, h, w) int64."""
    out = torch.zeros_like(levels)
    for level in range(1, depth + 1):
        whole = block_minimum(levels, 2**level) >= level
        out += expand_blocks(whole, 2**level, (levels.shape[-2], levels.shape[-1]))
    return out


def row_count(levels: Tensor) -> Tensor:
    """Rows that each image of completed levels (B, h, w) keeps: (B,) int64."""
    return active_cells(levels).sum(dim=(-2, -1))


def active_cells(levels: Tensor) -> Tensor:
    """The top-left cell of each block of completed levels (B, h, w): (B, h, w) bool."""
    h, w = levels.shape[-2:]
    side = 2**levels
    y = torch.arange(h, device=levels.device)[:, None]
    x = torch.arange(w, device=levels.device)
    return (y % side == 0) & (x % side == 0)
