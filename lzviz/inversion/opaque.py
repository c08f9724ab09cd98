"""The nonseparable inverse as operators of torch, which traces take as they are: what it does depends on values.

So ``torch.compile(fullgraph=True)``, ``torch.export`` and ``torch.func`` go through; a program exported with one of these operators
needs lzviz where it runs. :func:`lattice` and :func:`points` answer (points, valid, tile) without gradients:
:mod:`gradient` attaches those.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lzviz.inversion.raster import rasterise
from lzviz.inversion.search import search
from lzviz.inversion.tiles import Tiles, determinants


@torch.no_grad()
def searched(nodes: Tensor, points: Tensor, tiles: Tiles | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Source points (B, N, 2) in control grids (B, h, w, 2): (B, N, 2), validity (B, N), tiles (B, N) int64."""
    batch, n = points.shape[:2]
    image = torch.arange(batch, device=points.device).repeat_interleave(n)
    found = search(Tiles.of(nodes) if tiles is None else tiles, points.detach().double().reshape(-1, 2), image)
    return (
        found.points.to(points.dtype).reshape(batch, n, 2),
        found.valid.reshape(batch, n),
        found.tile.reshape(batch, n),
    )


@torch.no_grad()
def rasterised(nodes: Tensor, size: tuple[int, int], keep_tiles: bool) -> tuple[Tensor, Tensor, Tensor | None]:
    """Every pixel of a source of ``size``: (B, H, W, 2), validity (B, H, W), tiles (B, H, W) int32 where they are kept."""
    mirrored = _mirrored(nodes)
    found = rasterise(Tiles.of(nodes.flip(2) if mirrored else nodes), size, nodes.dtype, keep_tiles=keep_tiles)
    if mirrored:
        found.points[..., 0].neg_()
        if found.tile is not None:
            columns = nodes.shape[2] - 1
            found.tile.add_(columns - 1 - 2 * (found.tile % columns))
    return found.points, found.valid, found.tile


def _mirrored(nodes: Tensor) -> bool:
    """Every tile is turned over: from right to left the columns are those of a map that turns none.

    The search would find each pixel's tile too, one pixel at a time.
    """
    nodes = nodes.detach().double()
    return all(bool((determinants(part) < 0).all()) for part in (nodes[:, :2, :2], nodes))


@torch.library.custom_op("lzviz::inverse_points", mutates_args=())
def points(nodes: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return tuple(each.clone() for each in searched(nodes, points))  # type: ignore[return-value]


@points.register_fake
def _(nodes: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    shape = points.shape[:2]
    return (
        torch.empty_like(points),
        points.new_empty(shape, dtype=torch.bool),
        points.new_empty(shape, dtype=torch.int64),
    )


@torch.library.custom_op("lzviz::inverse_lattice", mutates_args=())
def lattice(nodes: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    return rasterised(nodes, (height, width), True)  # type: ignore[return-value]


@lattice.register_fake
def _(nodes: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    shape = (nodes.shape[0], height, width)
    empty = nodes.new_empty
    return empty((*shape, 2)), empty(shape, dtype=torch.bool), empty(shape, dtype=torch.int32)


def _together(value: Tensor, dim: int | None, count: int) -> Tensor:
    """(..., B, ...) mapped over ``dim``, or not at all, as one batch (count * B, ...)."""
    value = value.expand(count, *value.shape) if dim is None else value.movedim(dim, 0)
    return value.flatten(0, 1)


@points.register_vmap
def _(info, in_dims, nodes: Tensor, asked: Tensor):
    out = points(*(_together(v, d, info.batch_size) for v, d in zip((nodes, asked), in_dims, strict=True)))
    return tuple(each.unflatten(0, (info.batch_size, -1)) for each in out), (0, 0, 0)


@lattice.register_vmap
def _(info, in_dims, nodes: Tensor, height: int, width: int):
    out = lattice(_together(nodes, in_dims[0], info.batch_size), height, width)
    return tuple(each.unflatten(0, (info.batch_size, -1)) for each in out), (0, 0, 0)
