"""The exact inverse at arbitrary points: candidates from buckets, every one solved in closed form in float64.

The source is divided into buckets; each lists the tiles whose bounding box touches it, in order. A point asks the tiles of
its bucket. Points that none answers ask every ring tile, and at last the nearest point of the map's border, whose tangent
is continued. Memory is bounded: points are taken in portions of at most ``PAIRS`` candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.inversion.ragged import chunks, expand
from lzviz.inversion.tiles import EMPTY_AREA, Tiles, cross, evaluate, length, solve

PAIRS = 1 << 17
"""Candidates solved at a time."""

SEAM_TOLERANCE = 1e-10
"""A solution answers if, held inside its tile, it maps this close to the point (normalised source units)."""

FLATTEST = 0.05
FARTHEST = 1e6
"""The tangent continued: sides meet at no less than this sine, and no step is longer than so many tiles."""

MOST_BUCKETS = 1 << 19
BUCKETS_PER_TILE = (4, 2, 1)
ENTRIES_PER_TILE = 12
"""Buckets along an axis for each tile along it: the finest of at most ``MOST_BUCKETS`` in all whose lists have at most
``ENTRIES_PER_TILE`` entries a tile. Small control grids are fine in some places and coarse in others, and want small buckets;
the tiles of dense fields that fold reach over many."""


@dataclass
class Found:
    """Answers for M points: ``points`` (M, 2) normalised zoomed, ``valid`` (M,) bool, ``tile`` (M,) index in (h-1) x (w-1)."""

    points: Tensor
    valid: Tensor
    tile: Tensor

    @classmethod
    def nothing(cls, points: Tensor) -> Found:
        """Room for the answers at ``points`` (M, 2)."""
        index = torch.zeros(points.shape[0], dtype=torch.int64, device=points.device)
        return cls(torch.zeros_like(points), index.bool(), index)

    def put(self, index: Tensor, points: Tensor, valid: Tensor, tile: Tensor) -> None:
        """Write the answers of the points ``index``."""
        self.points[index], self.valid[index], self.tile[index] = points, valid, tile


def search(tiles: Tiles, points: Tensor, batch: Tensor, hint: Tensor | None = None) -> Found:
    """The zoomed points of source points.

    Args:
        points: (M, 2) float64.
        batch: (M,) int64, the image of each.
        hint: (M,) int64, the only tile that covers the point where that is known, else -1.
    """
    found = Found.nothing(points)
    left = torch.arange(points.shape[0], device=points.device)
    if hint is not None:
        left = _ask_hint(tiles, points, batch, found, hint)
    few = points.shape[0] * tiles.count <= PAIRS
    for candidates, boxed in ((_all_candidates if few else _bucket_candidates, True), (_ring_candidates, False)):
        if left.numel():
            left = _ask(tiles, points, batch, found, left, boxed, *candidates(tiles, points[left], batch[left]))
    _follow_tangent(tiles, points, batch, found, left)
    return found


def _ask_hint(tiles: Tiles, points: Tensor, batch: Tensor, found: Found, hint: Tensor) -> Tensor:
    """Answer by the tile that is known; returns the points without answer."""
    owner = (hint >= 0).nonzero()[:, 0]
    owner, tile, zoomed, valid = _fit(tiles, owner, hint[owner], points, batch, 1.0)
    found.put(owner, zoomed, valid, tiles.inner_index[tile])
    return torch.ones_like(hint, dtype=torch.bool).index_fill_(0, owner, False).nonzero()[:, 0]


def _all_candidates(tiles: Tiles, points: Tensor, batch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For each point every tile: for a few points that is less work than filling buckets."""
    lists, start = torch.arange(tiles.count, device=points.device), torch.zeros_like(batch)
    return lists, start, start + tiles.count


def _ring_candidates(tiles: Tiles, points: Tensor, batch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For each point the whole ring."""
    lists, start = tiles.ring.nonzero()[:, 0], torch.zeros_like(batch)
    return lists, start, start + lists.numel()


def _bucket_candidates(tiles: Tiles, points: Tensor, batch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For each point the tiles whose bounding box touches its bucket: ``lists[start:stop]``, in order of index.

    Only buckets that hold a point have a list, and only tiles that touch one of these are looked at.
    """
    inner = tiles.outline[:, 1:-1, 1:-1].flatten(0, 2)
    low, high = inner.amin(0).clamp(max=-1), inner.amax(0).clamp(min=1)
    there = (~tiles.empty).flatten().nonzero()[:, 0]
    images = tiles.empty.shape[0]
    for fineness in [n for n in BUCKETS_PER_TILE if n == 1 or n * n * tiles.empty.numel() <= MOST_BUCKETS]:
        height, width = (fineness * n for n in tiles.shape)
        scale = low.new_tensor([width, height]) / (high - low)
        limit = torch.tensor([width - 1, height - 1], device=low.device)

        def bucket(position: Tensor, scale: Tensor = scale, limit: Tensor = limit) -> Tensor:
            """(..., 2) positions to (..., 2) column and row; what lies outside counts to the nearest one."""
            return torch.minimum(((position - low) * scale).long().clamp_(min=0), limit)

        place = bucket(points)
        key = (batch * height + place[:, 1]) * width + place[:, 0]
        held = torch.zeros(images * height * width, dtype=torch.int32, device=key.device)
        held[key] = 1
        first, last = bucket(tiles.boxes[:2, there].T), bucket(tiles.boxes[2:, there].T) + 1
        asked = _sums(held.view(images, height, width), there // tiles.count, first, last) > 0
        owner, first, last = there[asked], first[asked], last[asked]
        span = last - first
        counts = span.prod(-1)
        if int(counts.sum()) <= ENTRIES_PER_TILE * tiles.empty.numel():
            break
    number_of = held.cumsum(0) - 1  # buckets that hold a point, in order
    member, number = expand(counts)
    columns = span[:, 0].index_select(0, member)
    down = torch.div(number, columns, rounding_mode="floor")
    corner = (owner // tiles.count * height + first[:, 1]) * width + first[:, 0]
    at = corner.index_select(0, member) + down * width + (number - down * columns)
    kept = held.index_select(0, at).nonzero()[:, 0]
    entry, order = number_of.index_select(0, at.index_select(0, kept)).sort(stable=True)
    lists = torch.remainder(owner, tiles.count).index_select(0, member.index_select(0, kept.index_select(0, order)))
    stop = torch.bincount(entry, minlength=int(number_of[-1]) + 1).cumsum(0)
    wanted = number_of.index_select(0, key)
    return lists, torch.cat((stop.new_zeros(1), stop))[wanted], stop[wanted]


def _sums(values: Tensor, image: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """Sums of ``values`` (B, h, w) over the rectangles [first, last) (K, 2), column before row, of images (K,)."""
    total = F.pad(values.cumsum(1).cumsum(2), (1, 0, 1, 0))
    (x0, y0), (x1, y1) = first.unbind(-1), last.unbind(-1)
    return total[image, y1, x1] - total[image, y0, x1] - total[image, y1, x0] + total[image, y0, x0]


def _ask(
    tiles: Tiles,
    points: Tensor,
    batch: Tensor,
    found: Found,
    asking: Tensor,
    boxed: bool,
    lists: Tensor,
    start: Tensor,
    stop: Tensor,
) -> Tensor:
    """Let the tiles ``lists[start:stop]`` of each point of ``asking`` answer, ``boxed``: if their bounding box holds it; returns
    the points without answer."""
    counts, left = stop - start, []
    for a, b in chunks(counts, PAIRS):
        target = asking[a:b]
        owner, number = expand(counts[a:b])
        tile = lists.index_select(0, start[a:b].index_select(0, owner).add_(number))
        if boxed:
            near = _in_box(tiles, points, batch, target[owner], tile)
            owner, tile = owner[near], tile[near]
        owner, *answer, silent = elect(tiles, points[target], batch[target], owner, tile)
        found.put(target[owner], *answer)
        left.append(target[silent])
    return torch.cat(left)


def elect(
    tiles: Tiles, points: Tensor, batch: Tensor, owner: Tensor, tile: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Let pairs (owner, tile) answer points (M, 2) of images (M,). Of the points that have an answer: their index, zoomed point,
    validity, and tile of (h-1) x (w-1). And (M,) bool, the points that have none."""
    owner, tile, rank, answer, valid = _answers(tiles, owner, tile, points, batch)
    none = torch.full_like(batch, 3 * tiles.count)
    best = none.scatter_reduce(0, owner, rank, "amin")
    won = (rank == best[owner]).nonzero()[:, 0]
    return owner[won], answer[won], valid[won], tiles.inner_index[tile[won]], best == none


def _in_box(tiles: Tiles, points: Tensor, batch: Tensor, owner: Tensor, tile: Tensor) -> Tensor:
    """The pairs (owner, tile) whose point lies in the tile's bounding box."""
    x, y = points.index_select(0, owner).unbind(-1)
    boxes = tiles.boxes.index_select(1, batch.index_select(0, owner) * tiles.count + tile)
    return holds(boxes, x, y).nonzero()[:, 0]


def holds(boxes: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Which of the bounding boxes (4, ...) hold points, to rounding."""
    x0, y0, x1, y1 = boxes
    slack = SEAM_TOLERANCE
    return (x >= x0 - slack) & (x <= x1 + slack) & (y >= y0 - slack) & (y <= y1 + slack)


def _answers(
    tiles: Tiles, owner: Tensor, tile: Tensor, points: Tensor, batch: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Solve pairs (owner, tile). Returns those that fit: owner, tile, rank (lowest answers), zoomed point, validity.

    Positively oriented solutions come first, then those of tiles turned over, then the ring's.
    """
    negative = tiles.folds.flatten()[batch[owner] * tiles.count + tile] & ~tiles.ring[tile]
    upright = _fit(tiles, owner, tile, points, batch, 1.0)
    turned = _fit(tiles, owner[negative], tile[negative], points, batch, -1.0)
    later = torch.cat((2 * tiles.ring[upright[1]].long(), torch.ones_like(turned[1])))
    owner, tile, zoomed, valid = (torch.cat(parts) for parts in zip(upright, turned, strict=True))
    return owner, tile, tile + tiles.count * later, zoomed, valid


def _fit(
    tiles: Tiles, owner: Tensor, tile: Tensor, points: Tensor, batch: Tensor, sign: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Solve pairs (owner, tile) on one orientation. Returns those that fit: owner, tile, zoomed point, validity."""
    coefficients = tiles.coefficients.index_select(1, batch.index_select(0, owner) * tiles.count + tile)
    low, high = tiles.low.index_select(1, tile), tiles.high.index_select(1, tile)
    x, y = points.index_select(0, owner).unbind(-1)
    u, v = solve(coefficients, x, y, sign)
    u, v = torch.minimum(torch.maximum(u, low[0]), high[0]), torch.minimum(torch.maximum(v, low[1]), high[1])
    miss = _miss(coefficients, u, v, x, y)
    fits = (miss <= SEAM_TOLERANCE * (1 + torch.maximum(x.abs(), y.abs()))).nonzero()[:, 0]
    owner, tile, coefficients, u, v, x, y = (t[..., fits] for t in (owner, tile, coefficients, u, v, x, y))
    valid = _miss(coefficients, u.clamp(0, 1), v.clamp(0, 1), x, y) <= tiles.tolerance
    return owner, tile, _zoomed(tiles, tile, u, v), valid


def _miss(coefficients: Tensor, u: Tensor, v: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """How far g(u, v) is from (x, y), the larger of both axes."""
    gx, gy = evaluate(coefficients, u, v)
    return torch.maximum((gx - x).abs(), (gy - y).abs())


def _zoomed(tiles: Tiles, tile: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Local coordinates in tiles to normalised zoomed points (..., 2)."""
    h, w = tiles.shape
    column, row = tiles.place[:, tile]
    return torch.stack(((column + u) * (2 / (w - 1)) - 1, (row + v) * (2 / (h - 1)) - 1), dim=-1)


def _follow_tangent(tiles: Tiles, points: Tensor, batch: Tensor, found: Found, lost: Tensor) -> None:
    """Answer the points ``lost`` by the tangent of the map at the nearest point of its border."""
    portion = max(PAIRS // (2 * sum(tiles.shape)), 1)
    for index in lost.split(portion):
        found.put(index, *tangent(tiles, points[index], batch[index]))


def tangent(tiles: Tiles, points: Tensor, batch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The tangent of the map at the nearest point of its border, for points (M, 2) of images (M,): points, validity, tiles."""
    side, ends = _border(tiles)  # (S,), (2, S, 2)
    column = batch[:, None] * tiles.count
    coefficients = tiles.coefficients[:, column + side]  # (8, M, S)
    start, stop = (torch.stack(evaluate(coefficients, *end.T), dim=-1) for end in ends)  # (M, S, 2)
    along, away = stop - start, points[:, None] - start
    share = ((away * along).sum(-1) / along.square().sum(-1).clamp(min=1e-300)).clamp(0, 1)
    nearest = (away - share[..., None] * along).square().sum(-1).argmin(1, keepdim=True)  # (M, 1)
    share, tile = share.gather(1, nearest)[:, 0], side[nearest[:, 0]]
    here = ends[:, nearest[:, 0]]  # (2, M, 2)
    local = here[0] + share[:, None] * (here[1] - here[0])
    coefficients = tiles.coefficients[:, column[:, 0] + tile]
    u, v = _tangent_step(coefficients, *local.T, *points.T)
    valid = _miss(coefficients, *local.T, *points.T) <= tiles.tolerance
    return _zoomed(tiles, tile, u, v), valid, tiles.inner_index[tile]


def _border(tiles: Tiles) -> tuple[Tensor, Tensor]:
    """The segments of the map's border: tile (S,), and local coordinates of both ends (2, S, 2)."""
    h, w = tiles.shape
    index = torch.arange(tiles.count, device=tiles.place.device).reshape(h + 1, w + 1)[1:-1, 1:-1]
    sides = (  # tiles, ends of the segment
        (index[0], ((0, 0), (1, 0))),
        (index[-1], ((0, 1), (1, 1))),
        (index[:, 0], ((0, 0), (0, 1))),
        (index[:, -1], ((1, 0), (1, 1))),
    )
    ends = [tiles.coefficients.new_tensor(end)[:, None].expand(2, tile.numel(), 2) for tile, end in sides]
    return torch.cat([tile for tile, _ in sides]), torch.cat(ends, dim=1)


def _tangent_step(tile: Tensor, u: Tensor, v: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """One Newton step from (u, v) towards (x, y); a determinant near zero is held away from it."""
    gx, gy = evaluate(tile, u, v)
    ux, uy, vx, vy = tile[2] + v * tile[6], tile[3] + v * tile[7], tile[4] + u * tile[6], tile[5] + u * tile[7]
    determinant, size = cross(ux, uy, vx, vy), length(ux, uy) * length(vx, vy)
    divisor = torch.maximum(determinant.abs(), FLATTEST * size).clamp(min=EMPTY_AREA)
    divisor = torch.where(determinant < 0, -divisor, divisor)
    step = [cross(x - gx, y - gy, vx, vy) / divisor, cross(ux, uy, x - gx, y - gy) / divisor]
    return tuple(start + d.clamp(-FARTHEST, FARTHEST) for start, d in zip((u, v), step, strict=True))  # type: ignore[return-value]
