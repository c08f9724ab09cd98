"""The tiles of a control grid as polynomials, with a ring of continued border tiles, and their closed-form inverse.

In a tile with ``right = p01 - p00``, ``down = p10 - p00``, ``twist = p00 - p10 - p01 + p11`` the map is

    g(u, v) = p00 + u right + v down + u v twist,            J(u, v) = det g' = Q + u (right x twist) - v (down x twist)

with ``Q = right x down``: the determinant is affine in (u, v). For a source point at ``d = x - p00``, eliminating v or u
leaves a quadratic each, and both share one root s, which is J at the solution:

    b = Q - d x twist,   s^2 = b^2 + 4 (right x twist) (d x down),   u = 2 (d x down) / (b + s)
    c = Q + d x twist,                                                v = 2 (right x d) / (c + s)

s > 0 is the positively oriented solution, s < 0 the other one. ``b + s = 2 J(0, v)`` and ``c + s = 2 J(u, 0)``: the
divisors are determinants of the tile itself, so in a sound tile nothing cancels, even in float32.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.plain import convert
from lzviz.tracing import table

EMPTY_AREA = 1e-18
"""A tile whose determinant never exceeds this (clamping collapsed it) holds no point."""

RING_MARGIN = 0.05
"""How far beyond the frame [-1, 1] the ring of continued tiles reaches."""

RING_LIMIT = 4.0
"""At most so many ranges of the control grid does a ring tile continue its border tile."""

SIMPLE_RATIO = 1e-6
"""A simple tile: its determinant is positive everywhere, and nowhere this much smaller than elsewhere."""

SOUND_RATIO = 1 / 16
SOUND_SINE = 1 / 32
"""A sound tile: its determinant varies at most 16-fold, and its sides meet at no less than about two degrees."""


@dataclass(frozen=True)
class Tiles:
    """All tiles of B control grids in float64, border tiles continued by a ring: ``T = (h + 1) (w + 1)`` an image, row-major.

    Attributes:
        shape: (h, w) of the control grid.
        outline: (B, h + 2, w + 2, 2) source position of each tile corner; the outermost ones are the ring's.
        coefficients: (8, B * T): p00, right, down, twist of the (border) tile, x and y of each.
        low, high: (2, T) the share of the plane (u, v) that the tile answers for; infinite in the ring.
        place: (2, T) column and row of the (border) tile.
        ring: (T,) bool, the tile continues a border tile outside the control grid.
        boxes: (4, B * T) least x, least y, greatest x, greatest y of the outline.
        empty: (B, T) bool, collapsed by clamping.
        folds: (B, T) bool, the determinant is negative somewhere.
        simple: (B, T) bool, the outline is convex and is covered once.
        sound: (B, T) bool, simple and so well conditioned that float32 is enough.
        tolerance: :func:`border_tolerance` of the nodes.
    """

    shape: tuple[int, int]
    outline: Tensor
    coefficients: Tensor
    low: Tensor
    high: Tensor
    place: Tensor
    ring: Tensor
    boxes: Tensor
    empty: Tensor
    folds: Tensor
    simple: Tensor
    sound: Tensor
    tolerance: float

    @property
    def count(self) -> int:
        """Tiles an image, the ring included."""
        return self.place.shape[1]

    @property
    def tangled(self) -> Tensor:
        """(B, T) bool, of the control grid's own tiles, those that are neither simple nor empty."""
        return ~(self.simple | self.empty | self.ring)

    @property
    def inner_index(self) -> Tensor:
        """(T,) index of the (border) tile in the control grid's own (h - 1) x (w - 1) tiles."""
        return self.place[1].long() * (self.shape[1] - 1) + self.place[0].long()

    @classmethod
    def of(cls, nodes: Tensor) -> Tiles:
        """The tiles of nodes (B, h, w, 2)."""
        tolerance = border_tolerance(nodes.dtype)
        nodes = nodes.detach().double()
        h, w = nodes.shape[1:3]
        frame = _Frame.of(h, w).to(nodes.device)
        own = polynomials(nodes)
        polynomial = own.index_select(2, frame.rows).index_select(3, frame.columns)  # (8, B, h+1, w+1)
        ring = frame.ring
        inner, ringed = _inner_quality(own), _Ring.of(nodes, polynomial, frame)
        least, most, simple, sound = (
            frame.around(a, b)
            for a, b in zip(inner, (ringed.least, ringed.most, ringed.simple, ringed.sound), strict=True)
        )
        # Where the map folds the ring may reach over it, and pixels on the border would be the ring's: let the search decide.
        folded = (~simple & ~ring & (most > EMPTY_AREA)).flatten(1).any(1)[:, None, None]
        simple = simple & ~(ring & folded)
        corners = torch.stack((nodes[:, :-1, :-1], nodes[:, :-1, 1:], nodes[:, 1:, :-1], nodes[:, 1:, 1:]))
        boxes = torch.cat((corners.amin(0), corners.amax(0)), dim=-1)  # (B, h-1, w-1, 4)
        around = torch.cat((ringed.spots.amin(2), ringed.spots.amax(2)), dim=-1)  # (B, R, 4)
        boxes = torch.stack([frame.around(boxes[..., k], around[..., k]).flatten() for k in range(4)])
        return cls(
            shape=(h, w),
            outline=frame.outline(nodes, ringed.spots),
            coefficients=polynomial.reshape(8, -1),
            low=frame.low,
            high=frame.high,
            place=frame.place.flatten(1),
            ring=ring.flatten(),
            boxes=boxes,
            empty=(most <= EMPTY_AREA).flatten(1),
            folds=(least < 0).flatten(1),
            simple=simple.flatten(1),
            sound=(sound & simple).flatten(1),
            tolerance=tolerance,
        )


@dataclass(frozen=True)
class _Frame:
    """What is the same for all control grids of (h, w) nodes, whose T tiles are theirs and a ring of R.

    Attributes:
        rows, columns: (h + 1,) and (w + 1,) of the (border) tile.
        place: (2, h + 1, w + 1) column and row of the (border) tile, float64.
        low, high: (2, T), see :class:`Tiles`.
        ring: (h + 1, w + 1) bool.
        row, column: (R,) of the ring's tiles.
        order: (T,) where each tile stands among the grid's own, row by row, and the R after them.
        corners: ((h + 2) (w + 2),) where each corner stands among the nodes, row by row, and the 4 R of the ring after them.
    """

    rows: Tensor
    columns: Tensor
    place: Tensor
    low: Tensor
    high: Tensor
    ring: Tensor
    row: Tensor
    column: Tensor
    order: Tensor
    corners: Tensor

    @staticmethod
    @table
    def of(h: int, w: int) -> _Frame:
        rows, columns = torch.arange(-1, h), torch.arange(-1, w)
        low, high = _domains(columns, rows, (h, w))
        i, j = rows.clamp(0, h - 2), columns.clamp(0, w - 2)
        ring = (torch.isinf(low) | torch.isinf(high)).any(0).view(h + 1, w + 1)
        row, column = ring.nonzero().unbind(-1)
        order = F.pad(torch.arange((h - 1) * (w - 1)).view(h - 1, w - 1), (1, 1, 1, 1))
        order[row, column] = (h - 1) * (w - 1) + torch.arange(len(row))
        corners = F.pad(torch.arange(h * w).view(h, w), (1, 1, 1, 1))
        for corner, (k, m) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
            y, x = row + k, column + m
            outside = (y == 0) | (y == h + 1) | (x == 0) | (x == w + 1)
            corners[y[outside], x[outside]] = h * w + 4 * outside.nonzero()[:, 0] + corner
        place = torch.stack(torch.broadcast_tensors(j, i[:, None])).double()
        return _Frame(i, j, place, low, high, ring, row, column, order.flatten(), corners.flatten())

    def to(self, device: torch.device) -> _Frame:
        if self.rows.device == device:
            return self
        return _Frame(**{name: value.to(device) for name, value in vars(self).items()})

    def around(self, inner: Tensor, ring: Tensor) -> Tensor:
        """Values of inner tiles (B, h-1, w-1) and of the ring's (B, R) as those of all (B, h+1, w+1)."""
        return torch.cat((inner.flatten(1), ring), 1).index_select(1, self.order).view(-1, *self.ring.shape)

    def outline(self, nodes: Tensor, spots: Tensor) -> Tensor:
        """The corners of all tiles (B, h+2, w+2, 2), of nodes (B, h, w, 2) and the ring's corners (B, R, 4, 2)."""
        h, w = self.ring.shape
        mesh = torch.cat((nodes.flatten(1, 2), spots.flatten(1, 2)), 1).index_select(1, self.corners)
        return mesh.view(-1, h + 1, w + 1, 2)


def _inner_quality(tile: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of the tiles (8, ...) of a control grid: least and greatest |determinant|, simple, sound.

    Q, J(u, 0) and J(0, v), by which solutions are divided, lie between the determinants at the corners, and these are also the
    turns from side to side: no other place needs a look.
    """
    _, _, rx, ry, dx, dy, tx, ty = tile
    corners = _at_corners(tile)
    top, bottom = length(rx, ry), length(rx + tx, ry + ty)
    left, right = length(dx, dy), length(dx + tx, dy + ty)
    sides = (top * left, top * right, bottom * left, bottom * right)
    least, most, sine = corners[0], corners[0].abs(), corners[0] / sides[0].clamp(min=1e-300)
    for corner, side in zip(corners[1:], sides[1:], strict=True):
        least, most = torch.minimum(least, corner), torch.maximum(most, corner.abs())
        sine = torch.minimum(sine, corner / side.clamp(min=1e-300))
    simple = (most > EMPTY_AREA) & (least > SIMPLE_RATIO * most)
    return least, most, simple, simple & (least >= SOUND_RATIO * most) & (sine >= SOUND_SINE)


def _at_corners(tile: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The determinants of tiles (8, ...) at their corners, the least and greatest anywhere in them among these."""
    _, _, rx, ry, dx, dy, tx, ty = tile
    area, bend, lean = cross(rx, ry, dx, dy), cross(rx, ry, tx, ty), cross(dx, dy, tx, ty)
    return area, area + bend, area - lean, area + bend - lean


def determinants(nodes: Tensor) -> Tensor:
    """The determinants of nodes' tiles at their corners: (4, B, h-1, w-1)."""
    return torch.stack(_at_corners(polynomials(nodes)))


@dataclass(frozen=True)
class _Ring:
    """The R tiles of the ring: corners (B, R, 4, 2), and for each (B, R) what :func:`_inner_quality` says of inner ones."""

    spots: Tensor
    least: Tensor
    most: Tensor
    simple: Tensor
    sound: Tensor

    @classmethod
    def of(cls, nodes: Tensor, polynomial: Tensor, frame: _Frame) -> _Ring:
        row, column, place = frame.row, frame.column, frame.place
        tile = polynomial[:, :, row, column, None]  # (8, B, R, 1)
        at = _corner_positions(nodes)  # (B, h+2, w+2, 2)
        corners = [at[:, row + k, column + m] for k in (0, 1) for m in (0, 1)]
        u, v = (torch.stack([c[..., k] for c in corners], -1) - place[k, row, column, None] for k in (0, 1))
        spots = torch.stack(evaluate(tile, u, v), dim=-1)
        least = _determinants(tile, u, v)[0].amin(-1)
        # Q, J(u, 0) and J(0, v) are divisors of the solution: here they lie outside the tile.
        zero = torch.zeros_like(u)
        tested = torch.cat((u, u, zero, zero), dim=-1), torch.cat((v, zero, v, zero), dim=-1)
        determinants, sines = _determinants(tile, *tested)
        most = determinants.abs().amax(-1)
        simple = (most > EMPTY_AREA) & (least > SIMPLE_RATIO * most) & (_least_turn(spots) > 0)
        sound = simple & (determinants.amin(-1) >= SOUND_RATIO * most) & (sines.amin(-1) >= SOUND_SINE)
        return cls(spots, least, most, simple, sound)


def border_tolerance(dtype: torch.dtype) -> float:
    """How far outside the image of a map with nodes of ``dtype`` a point counts as inside, in normalised coordinates."""
    return convert.border_tolerance(torch.finfo(dtype).eps)


def cross(ax: Tensor, ay: Tensor, bx: Tensor, by: Tensor) -> Tensor:
    """z of the cross product of two plane vectors."""
    return ax * by - ay * bx


def length(x: Tensor, y: Tensor) -> Tensor:
    """Of plane vectors; exported graphs have no word for ``hypot``."""
    return (x * x + y * y).sqrt()


def evaluate(tile: Tensor, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """x and y of g(u, v) for coefficients ``tile`` (8, ...)."""
    uv = u * v
    x, y = (tile[k] + u * tile[2 + k] + v * tile[4 + k] + uv * tile[6 + k] for k in (0, 1))
    return x, y


def solve(tile: Tensor, x: Tensor, y: Tensor, sign: float = 1.0) -> tuple[Tensor, Tensor]:
    """(u, v) with g(u, v) = (x, y) in tiles ``tile`` (8, ...), at the solution whose determinant has this sign.

    Of the two forms of each root the one that adds numbers of one sign is taken. Always finite, so where there is no solution
    the result is some point that does not map to (x, y): check it.
    """
    px, py, rx, ry, dx, dy, tx, ty = tile
    mx, my = x - px, y - py
    area, bend, lean = cross(rx, ry, dx, dy), cross(rx, ry, tx, ty), cross(dx, dy, tx, ty)
    across, down, twist = cross(mx, my, dx, dy), cross(rx, ry, mx, my), cross(mx, my, tx, ty)
    b, c = area - twist, area + twist
    root = sign * (b * b + 4 * bend * across).clamp(min=0).sqrt()
    u = torch.where(b * sign >= 0, 2 * across / (b + root), (root - b) / (2 * bend))
    v = torch.where(c * sign >= 0, 2 * down / (c + root), (c - root) / (2 * lean))
    return u.nan_to_num(0, 0, 0), v.nan_to_num(0, 0, 0)


def polynomials(nodes: Tensor) -> Tensor:
    """Nodes (B, h, w, 2) to the coefficients p00, right, down, twist of each tile, x and y of each: (8, B, h-1, w-1)."""
    p00, p01, p10, p11 = nodes[:, :-1, :-1], nodes[:, :-1, 1:], nodes[:, 1:, :-1], nodes[:, 1:, 1:]
    parts = torch.stack((p00, p01 - p00, p10 - p00, p00 - p10 - p01 + p11))  # (4, B, h-1, w-1, 2)
    return parts.movedim(-1, 1).flatten(0, 1)


def _corner_positions(nodes: Tensor) -> Tensor:
    """Where the corners of all tiles lie, in units of the control grid: (B, h+2, w+2, 2); node (i, j) at (j, i).

    Each border node's ring corner goes out along the border tile's own edge until it is past the frame of the source.
    """
    h, w = nodes.shape[1:3]
    x, y = nodes[..., 0], nodes[..., 1]
    left, right = (
        _reach(x[:, :, 0] + 1, x[:, :, 1] - x[:, :, 0], w),
        _reach(1 - x[:, :, -1], x[:, :, -1] - x[:, :, -2], w),
    )
    top, bottom = _reach(y[:, 0] + 1, y[:, 1] - y[:, 0], h), _reach(1 - y[:, -1], y[:, -1] - y[:, -2], h)
    column, row = (torch.arange(n, dtype=x.dtype, device=x.device) for n in (w, h))
    across = torch.cat((-left[..., None], column.expand(x.shape), w - 1 + right[..., None]), dim=2)
    along = torch.cat((-top[:, None], row[:, None].expand(x.shape), h - 1 + bottom[:, None]), dim=1)
    # A corner of the ring goes out as far as its two neighbours on the ring do.
    across = F.pad(across[:, None], (0, 0, 1, 1), mode="replicate")[:, 0]
    along = F.pad(along[:, None], (1, 1, 0, 0), mode="replicate")[:, 0]
    return torch.stack((across, along), dim=-1)


def _reach(gap: Tensor, step: Tensor, n: int) -> Tensor:
    """How many border tiles of length ``step`` lead over ``gap`` and past the frame."""
    tiles = (gap.clamp(min=0) + RING_MARGIN) / step.clamp(min=1e-12)
    return torch.where(step > 0, tiles, 1.0).clamp(max=RING_LIMIT * (n - 1))


def _determinants(tile: Tensor, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """det g' at (u, v), and the sine of the angle at which the images of the two axes meet there."""
    _, _, rx, ry, dx, dy, tx, ty = tile
    ux, uy, vx, vy = rx + v * tx, ry + v * ty, dx + u * tx, dy + u * ty
    determinant = cross(ux, uy, vx, vy)
    return determinant, determinant / (length(ux, uy) * length(vx, vy)).clamp(min=1e-300)


def _least_turn(quads: Tensor) -> Tensor:
    """Least cross product of successive sides of quadrilaterals (..., 4, 2), corners in reading order: (...)."""
    around = quads[..., [0, 1, 3, 2], :]
    side = around.roll(-1, dims=-2) - around
    after = side.roll(-1, dims=-2)
    return cross(side[..., 0], side[..., 1], after[..., 0], after[..., 1]).amin(-1)


def _domains(columns: Tensor, rows: Tensor, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The share of (u, v) that each tile answers for: least and greatest, (2, T) each."""
    low, high = [], []
    for index, n in ((columns, shape[1]), (rows, shape[0])):
        inside = torch.zeros(index.shape, dtype=torch.float64, device=index.device)
        low.append(inside.masked_fill(index < 0, -torch.inf).masked_fill(index > n - 2, 1.0))
        high.append((inside + 1).masked_fill(index < 0, 0.0).masked_fill(index > n - 2, torch.inf))
    return _over_tiles(*low), _over_tiles(*high)


def _over_tiles(x: Tensor, y: Tensor) -> Tensor:
    """Values of the columns and of the rows, for every tile: (2, T)."""
    return torch.stack(torch.broadcast_tensors(x, y[:, None])).flatten(1)
