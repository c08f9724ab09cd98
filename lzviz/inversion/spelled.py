"""The nonseparable inverse in torch's own operators, for graphs that run where lzviz is not at hand (ONNX).

The same answers as :mod:`raster` and :mod:`search` give, without a decision in Python. Where those list the rows that a side
crosses, here every side is asked about every row: tables of (sides, rows), a few million numbers. Only the pixels that no single
sound tile covers, most often none, are searched, each among the tiles whose bounding box holds it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lzviz.coords import axis
from lzviz.inversion.raster import pixel_mesh, sides, sound_table
from lzviz.inversion.search import elect, holds, tangent
from lzviz.inversion.tiles import Tiles, determinants


def points(nodes: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Source points (B, N, 2) in control grids (B, h, w, 2): (B, N, 2), validity (B, N), tiles (B, N) int64."""
    batch, n = points.shape[:2]
    image = torch.arange(batch, device=points.device)[:, None].expand(batch, n).reshape(-1)
    zoomed, valid, tile = _search(Tiles.of(nodes), points.double().reshape(-1, 2), image)
    return zoomed.to(points.dtype).reshape(batch, n, 2), valid.reshape(batch, n), tile.reshape(batch, n)


def lattice(nodes: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Every pixel of a source of (height, width): (B, H, W, 2), validity (B, H, W), tiles (B, H, W) int32."""
    mirrored = (determinants(nodes.double()) < 0).all()  # see opaque.rasterised
    tiles = Tiles.of(torch.where(mirrored, nodes.flip(2), nodes))
    batch, columns = nodes.shape[0], nodes.shape[2] - 1
    x, y = (axis(n, dtype=torch.float64, device=nodes.device) for n in (width, height))
    index, aside = _covering(tiles, height, width)  # (B, H, W)
    image = torch.arange(batch, device=nodes.device)[:, None, None]
    table = sound_table(tiles, nodes.dtype).index_select(1, (image * tiles.count + index).flatten())
    zoomed, valid = _solve_sound(table.view(-1, *index.shape), x.to(nodes.dtype), y.to(nodes.dtype)[:, None])
    tile = tiles.inner_index.index_select(0, index.flatten())
    pixel = aside.flatten().nonzero()[:, 0]
    row, column = torch.div(pixel, width, rounding_mode="floor"), pixel % width
    source = torch.stack((x[column], y[row % height]), dim=-1)
    searched, sure, its = _search(tiles, source, torch.div(row, height, rounding_mode="floor"))
    at = (pixel,)
    zoomed = zoomed.reshape(-1, 2).index_put(at, searched.to(zoomed.dtype)).view(batch, height, width, 2)
    valid = valid.flatten().index_put(at, sure).view(batch, height, width)
    tile = tile.index_put(at, its).view(batch, height, width)
    zoomed = torch.where(mirrored, zoomed * zoomed.new_tensor([-1, 1]), zoomed)
    return zoomed, valid, torch.where(mirrored, tile + columns - 1 - 2 * (tile % columns), tile).int()


def _covering(tiles: Tiles, height: int, width: int) -> tuple[Tensor, Tensor]:
    """The tile of each pixel (B, H, W), and where it is not a sound one that alone covers the pixel: then the search decides."""
    unit, batch = 1 << tiles.count.bit_length(), tiles.empty.shape[0]
    mesh = pixel_mesh(tiles, (height, width))
    start, stop, value, image = (each[:, None] for each in sides(tiles, mesh, unit))  # (E, 1, ...)
    row = torch.arange(height, device=mesh.device)
    (x0, y0), (x1, y1) = start.unbind(-1), stop.unbind(-1)
    crossed = (torch.minimum(y0, y1) <= row) & (row < torch.maximum(y0, y1))  # (E, H)
    crossing = x0 + (row - y0) * ((x1 - x0) / torch.where(y0 == y1, 1.0, y1 - y0))
    place = (image * height + row) * (width + 1) + crossing.ceil().clamp(0, width).long()
    value = torch.where(crossed, torch.where(y1 > y0, value, -value), 0).long()
    cover = torch.zeros(batch * height * (width + 1), dtype=torch.int64, device=mesh.device)
    cover = cover.scatter_add(0, place.flatten(), value.flatten()).view(batch, height, width + 1)
    index = cover[:, :, :width].cumsum(2)
    alone = (index >= unit) & (index < 2 * unit)
    index = torch.where(alone, index - unit, 0)
    first = torch.arange(batch, device=mesh.device)[:, None, None] * tiles.count
    delicate = (tiles.simple & ~tiles.sound).flatten().index_select(0, (first + index).flatten())
    return index, ~alone | delicate.view_as(alone) | _tangled(tiles, height, width)


def _tangled(tiles: Tiles, height: int, width: int) -> Tensor:
    """The pixels in the bounding box of a tangled tile, whose points all lie in it: (B, H, W) bool."""
    batch, count = tiles.tangled.shape
    box = ((tiles.boxes.view(2, 2, batch, count) + 1) / 2).clamp(-1, 2)
    left, right, top, bottom = (
        edge.clamp(0, n).long()
        for k, n in ((0, width), (1, height))
        for edge in ((box[0, k] * (n - 1)).ceil(), (box[1, k] * (n - 1)).floor() + 1)
    )
    first = torch.arange(batch, device=box.device)[:, None] * ((height + 1) * (width + 1))
    one = tiles.tangled.long()
    count_of = torch.zeros(batch * (height + 1) * (width + 1), dtype=torch.int64, device=box.device)
    for row, column, sign in ((top, left, 1), (top, right, -1), (bottom, left, -1), (bottom, right, 1)):
        count_of = count_of.scatter_add(0, (first + row * (width + 1) + column).flatten(), (sign * one).flatten())
    return count_of.view(batch, height + 1, width + 1).cumsum(1).cumsum(2)[:, :height, :width] > 0


def _solve_sound(tile: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """:func:`tiles.solve` with coefficients from :func:`raster.sound_table`: zoomed points (..., 2) and validity."""
    px, py, dx, dy, rx, ry, tx, ty, bend, zoomed_x, zoomed_y, reach = tile
    mx, my = px + x, py + y
    across, down, twist = dy * mx - dx * my, rx * my - ry * mx, ty * mx - tx * my
    root = ((1 - twist) * (1 - twist) + bend * across).clamp(min=0).sqrt()
    u, v = across / (1 - twist + root) + zoomed_x, down / (root + twist + 1) + zoomed_y
    return torch.stack((u, v), dim=-1), torch.maximum(u.abs(), v.abs()) <= reach


def _search(tiles: Tiles, points: Tensor, batch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Answers at points (M, 2) float64 of images (M,): zoomed points, validity (M,) and tiles (M,) of (h-1) x (w-1)."""
    zoomed, valid, tile = torch.zeros_like(points), torch.zeros_like(batch, dtype=torch.bool), torch.zeros_like(batch)
    owner, number = _in_box(tiles, points, batch).nonzero().unbind(-1)
    owner, found, sure, its, silent = elect(tiles, points, batch, owner, number)
    zoomed, valid, tile = (a.index_put((owner,), b) for a, b in ((zoomed, found), (valid, sure), (tile, its)))
    left = silent.nonzero()[:, 0]
    asking, image = points[left], batch[left]
    owner, number = (tiles.ring & (image >= 0)[:, None]).nonzero().unbind(-1)  # each of them, all of the ring
    owner, found, sure, its, silent = elect(tiles, asking, image, owner, number)
    at = (left[owner],)
    zoomed, valid, tile = (a.index_put(at, b) for a, b in ((zoomed, found), (valid, sure), (tile, its)))
    lost = left[silent.nonzero()[:, 0]]
    found, sure, its = tangent(tiles, points[lost], batch[lost])
    return tuple(a.index_put((lost,), b) for a, b in ((zoomed, found), (valid, sure), (tile, its)))  # type: ignore[return-value]


def _in_box(tiles: Tiles, points: Tensor, batch: Tensor) -> Tensor:
    """(M, T) bool: the tiles, not empty, whose bounding box holds the point."""
    boxes = tiles.boxes.view(4, -1, tiles.count)
    boxes, empty = (boxes, tiles.empty) if len(tiles.empty) == 1 else (boxes[:, batch], tiles.empty[batch])
    return holds(boxes, points[:, 0, None], points[:, 1, None]) & ~empty
