"""The exact inverse at a whole lattice: rasterise the tiles, then one closed-form solve a pixel.

Each side of a tile crosses some rows of pixel centres. At every crossing the index of the tile to the left is exchanged for
that of the tile to the right; these differences, written at their pixels and summed along each row, give every pixel its
tile, exactly and in O(pixels + crossings). With the index runs a count of the tiles that cover the pixel, in the high bits
of the same number. Where it is not one, or in the hull of a tile that is folded or nearly degenerate, :mod:`search` answers.

A pixel then costs one gather of its tile's coefficients and about twenty operations on arrays that stay in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.coords import Size, axis
from lzviz.inversion.ragged import expand
from lzviz.inversion.search import search
from lzviz.inversion.tiles import Tiles, cross, length

PIXELS = 1 << 16
"""Pixels solved at a time on a CPU, so that a dozen arrays stay in its cache."""

SEARCHED = 1 << 18
"""Pixels searched at a time, to bound memory."""


@dataclass
class Inverted:
    """``points`` (B, H, W, 2), ``valid`` (B, H, W) bool, ``tile`` (B, H, W) int32 or ``None``."""

    points: Tensor
    valid: Tensor
    tile: Tensor | None


def rasterise(tiles: Tiles, size: Size, dtype: torch.dtype, keep_tiles: bool = False) -> Inverted:
    """The zoomed point of every pixel centre of a source of ``size``, computed in ``dtype`` where tiles are sound."""
    device = tiles.coefficients.device
    batch, (height, width) = tiles.empty.shape[0], size
    x, y = (axis(n, dtype=torch.float64, device=device) for n in (width, height))
    bits = tiles.count.bit_length()
    unit = 1 << bits
    cover = _cover(tiles, size, unit)  # (B * H, W + 1)
    table = sound_table(tiles, dtype)  # (12, B * T)
    first = (torch.arange(batch * height, device=device) // height * tiles.count).to(cover.dtype)[:, None]
    rows_y, columns_x = y.to(dtype).repeat(batch)[:, None], x.to(dtype)
    points = torch.empty(batch * height, width, 2, dtype=dtype, device=device)
    valid = torch.empty(batch * height, width, dtype=torch.bool, device=device)
    kept = torch.empty(batch * height, width, dtype=torch.int32, device=device) if keep_tiles else None
    inner, delicate = tiles.inner_index.int(), (tiles.simple & ~tiles.sound).flatten()
    ask, special = bool(delicate.any()), []
    portion = max(PIXELS // width, 1) if device.type == "cpu" else batch * height
    for start in range(0, batch * height, portion):
        rows = slice(start, start + portion)
        index = cover[rows, :width].cumsum(1, dtype=cover.dtype)
        least, most = index.aminmax()
        if ask or least < unit or most >= 2 * unit:
            special.append(_set_aside(index, unit, first[rows], delicate, start * width))
        index.sub_(unit)
        if kept is not None:
            kept[rows] = inner.index_select(0, index.flatten()).view_as(index)
        coefficients = table.index_select(1, index.add_(first[rows]).flatten()).view(-1, *index.shape)
        _solve_sound(coefficients, columns_x, rows_y[rows], points[rows], valid[rows])
    if special:
        pixels, hints = (torch.cat(parts).split(SEARCHED) for parts in zip(*special, strict=True))
        for pixel, hint in zip(pixels, hints, strict=True):
            _search_special(tiles, pixel, hint, x, y, points, valid, kept)
    shape = (batch, height, width)
    return Inverted(points.view(*shape, 2), valid.view(shape), None if kept is None else kept.view(shape))


def _solve_sound(tile: Tensor, x: Tensor, y: Tensor, points: Tensor, valid: Tensor) -> None:
    """:func:`tiles.solve` for sound tiles, whose coefficients come normalised from :func:`sound_table`; destroys ``tile``."""
    px, py, dx, dy, rx, ry, tx, ty, bend, zoomed_x, zoomed_y, reach = tile
    mx, my = px.add_(x), py.add_(y)
    across = dy.mul_(mx).addcmul_(dx, my, value=-1)  # 2 (m x down) / Q
    down = rx.mul_(my).addcmul_(ry, mx, value=-1)  # 2 (right x m) / Q
    twist = ty.mul_(mx).addcmul_(tx, my, value=-1)  # (m x twist) / Q
    b = torch.sub(1, twist, out=tx)
    root = torch.mul(b, b, out=mx).addcmul_(bend, across).sqrt_()
    u = across.div_(b.add_(root)).add_(zoomed_x)
    v = down.div_(root.add_(twist).add_(1)).add_(zoomed_y)
    torch.complex(u, v, out=torch.view_as_complex(points))  # writes x and y side by side, vectorised
    torch.le(torch.maximum(u.abs(), v.abs()), reach, out=valid)


def sound_table(tiles: Tiles, dtype: torch.dtype) -> Tensor:
    """Coefficients of :func:`_solve_sound`, (12, B * T): -p00, 2 down / Q, 2 right / Q, twist / Q, 2 (right x twist) / Q,
    the zoomed position of p00, and the greatest |zoomed coordinate| that is still valid.

    They are in zoomed units, from an origin that ``dtype`` holds exactly: the last operation of a solve is then one sum, and
    the only rounding of its size. All of it is computed in float64.
    """
    batch, count = tiles.empty.shape
    px, py, rx, ry, dx, dy, tx, ty = tiles.coefficients.view(8, batch, count)
    step_x, step_y = (2 / (n - 1) for n in reversed(tiles.shape))
    exact = torch.stack((tiles.place[0] * step_x - 1, tiles.place[1] * step_y - 1))  # (2, T)
    origin = exact.to(dtype).double()
    u, v = (origin - exact) / exact.new_tensor([[step_x], [step_y]])
    px, py = px + u * rx + v * dx + u * v * tx, py + u * ry + v * dy + u * v * ty
    rx, ry, dx, dy = (rx + v * tx) / step_x, (ry + v * ty) / step_x, (dx + u * tx) / step_y, (dy + u * ty) / step_y
    tx, ty = tx / (step_x * step_y), ty / (step_x * step_y)
    area = torch.where(tiles.sound, cross(rx, ry, dx, dy), 1.0)
    slowest = torch.minimum(length(rx, ry), length(dx, dy)).clamp(min=1e-300)
    reach = torch.where(tiles.ring, 1 + tiles.tolerance / slowest, torch.inf)
    columns = (-px, -py, 2 * dx / area, 2 * dy / area, 2 * rx / area, 2 * ry / area, tx / area, ty / area)
    columns += (2 * cross(rx, ry, tx, ty) / area, *origin[:, None].expand(2, batch, count), reach)
    return torch.stack([c.flatten() for c in columns]).to(dtype)


def _cover(tiles: Tiles, size: Size, unit: int) -> Tensor:
    """Differences along each row of pixels, (B * H, W + 1): their running sum is ``tile + unit * covering tiles``."""
    start, stop, value, image = _edges(tiles, pixel_mesh(tiles, size), unit)
    height, width = size
    low, high = torch.minimum(start[:, 1], stop[:, 1]), torch.maximum(start[:, 1], stop[:, 1])
    first, beyond = (t.ceil().clamp(0, height).long() for t in (low, high))  # rows with low <= row < high
    owner, number = expand(beyond - first)
    row = first[owner] + number
    slope = (stop[:, 0] - start[:, 0]) / (stop[:, 1] - start[:, 1])
    crossing = start[:, 0][owner] + (row - start[:, 1][owner]) * slope[owner]
    column = crossing.ceil().clamp(0, width).long()  # a pixel on the side belongs to the tile at its right
    value = torch.where(stop[:, 1] > start[:, 1], value, -value)[owner]
    cover = torch.zeros(tiles.empty.shape[0] * height, width + 1, dtype=value.dtype, device=value.device)
    cover.view(-1).index_add_(0, (image[owner] * height + row) * (width + 1) + column, value)
    return cover


def pixel_mesh(tiles: Tiles, size: Size) -> Tensor:
    """The outline of tiles in pixels of a source of ``size``: (B, h + 2, w + 2, 2)."""
    extent = tiles.outline.new_tensor([(n - 1) / 2 if n > 1 else 1.0 for n in reversed(size)])
    offset = tiles.outline.new_tensor([(n - 1) / 2 for n in reversed(size)])
    return tiles.outline * extent + offset


def sides(tiles: Tiles, mesh: Tensor, unit: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The sides of all tiles: start and stop (E, 2) in pixels, what passing one downward-going side adds (E,), image (E,)."""
    batch, (h, w) = tiles.empty.shape[0], tiles.shape
    dtype = torch.int32 if unit <= 1 << 19 else torch.int64
    index = torch.arange(tiles.count, device=mesh.device) + unit
    value = (index * tiles.simple).to(dtype).view(batch, h + 1, w + 1)
    values = F.pad(value, (1, 1, 1, 1))
    both = (
        (mesh[:, :-1], mesh[:, 1:], values[:, 1:-1, 1:] - values[:, 1:-1, :-1]),  # down a column: right minus left
        (mesh[:, :, :-1], mesh[:, :, 1:], values[:, :-1, 1:-1] - values[:, 1:, 1:-1]),  # along a row: above minus below
    )
    image = torch.arange(batch, device=mesh.device)
    start, stop = (torch.cat([each[k].reshape(-1, 2) for each in both]) for k in (0, 1))
    added = torch.cat([v.flatten() for _, _, v in both])
    return start, stop, added, torch.cat([image.repeat_interleave(v[0].numel()) for _, _, v in both])


def _edges(tiles: Tiles, mesh: Tensor, unit: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """:func:`sides`, and those of the hulls of tangled tiles."""
    start, stop, added, images = sides(tiles, mesh, unit)
    hulls, owner = _tangled_hulls(tiles, mesh)  # (K, 3, 2)
    # The sides of each triangle of a tangled tile's hull make the count of everything inside at least two.
    one, two, three = hulls.unbind(1)
    flag = -2 * unit * cross(*(two - one).unbind(-1), *(three - one).unbind(-1)).sign().to(added.dtype)
    parts = (
        (start, one, two, three),
        (stop, two, three, one),
        (added, flag, flag, flag),
        (images, owner, owner, owner),
    )
    return tuple(torch.cat(each) for each in parts)  # type: ignore[return-value]


def _tangled_hulls(tiles: Tiles, mesh: Tensor) -> tuple[Tensor, Tensor]:
    """Triangles (K, 3, 2) in pixels that together are the convex hulls of the tiles inside that are not simple nor empty, and
    the image (K,) of each.

    A folded tile reaches beyond its outline, never beyond the hull of its corners: each of its points is a mean of them. Any
    three corners make a triangle, and the four triangles cover the hull twice.
    """
    h, w = tiles.shape
    image, row, column = tiles.tangled.view(-1, h + 1, w + 1).nonzero().unbind(-1)
    corners = [mesh[image, row + k, column + m] for k in (0, 1) for m in (0, 1)]
    triangles = [torch.stack([c for n, c in enumerate(corners) if n != left], dim=1) for left in range(4)]
    return torch.cat(triangles), image.repeat(4)


def _set_aside(index: Tensor, unit: int, first: Tensor, delicate: Tensor, offset: int) -> tuple[Tensor, Tensor]:
    """The pixels of a portion that :func:`_solve_sound` must not answer, flat from ``offset``, and each one's tile or -1.

    Afterwards ``index`` names some tile at each pixel, known to cover it or not.
    """
    alone = index.div(unit, rounding_mode="floor") == 1
    index.copy_(torch.where(alone, index, unit))
    aside = ~alone | delicate.index_select(0, (index - unit + first).flatten()).view_as(alone)
    hint = torch.where(alone, index - unit, -1)[aside]
    return aside.flatten().nonzero()[:, 0] + offset, hint.long()


def _search_special(
    tiles: Tiles,
    pixels: Tensor,
    hints: Tensor,
    x: Tensor,
    y: Tensor,
    points: Tensor,
    valid: Tensor,
    kept: Tensor | None,
) -> None:
    """Answer ``pixels`` (flat indices) by search, in place."""
    row, column = pixels // x.numel(), pixels % x.numel()
    source = torch.stack((x[column], y[row % y.numel()]), dim=-1)
    found = search(tiles, source, row // y.numel(), hints)
    points.view(-1, 2)[pixels] = found.points.to(points.dtype)
    valid.view(-1)[pixels] = found.valid
    if kept is not None:
        kept.view(-1)[pixels] = found.tile.int()
