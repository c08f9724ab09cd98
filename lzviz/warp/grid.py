"""A warp given by control nodes, bilinear between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from lzviz import inversion
from lzviz.coords import Size, axis, check_size, outer
from lzviz.tracing import concrete, keeps, table
from lzviz.warp import given
from lzviz.warp.base import KINDS, Warp
from lzviz.warp.seen import Seen


@dataclass(frozen=True, eq=False)
class GridWarp(Warp):
    """A warp given by control nodes, bilinear in each tile between them: the papers' approximate forward map, taken as
    *the* map, so that its inverse is exact.

    Attributes:
        nodes: (B, h, w, 2) normalised source coordinates of the zoomed lattice of size (h, w), both >= 2.
        separable: the nodes are an outer product of one x and one y axis (checked by ``from_grid``). Nodes that were changed in
            place are looked at again.
    """

    nodes: Tensor
    separable: bool = False  # type: ignore[assignment]  # a field keeps the promise of the abstract property
    _promise: ClassVar[tuple[bool, Seen | None]] = (False, None)

    def __post_init__(self) -> None:
        shape = tuple(self.nodes.shape)
        if len(shape) != 4 or shape[-1] != 2 or min(shape[1:3]) < 2 or shape[0] < 1:
            raise ValueError(f"expected nodes of shape (B >= 1, h >= 2, w >= 2, 2), got {shape}")
        if self.nodes.dtype not in (torch.float32, torch.float64):
            raise TypeError(
                f"expected float32 or float64 nodes, got {self.nodes.dtype}; promote them first: nodes.float()"
            )
        given.check_finite(self.nodes.detach())

    def __repr__(self) -> str:
        (low_x, low_y), (high_x, high_y) = self.nodes.detach().amin((0, 1, 2)), self.nodes.detach().amax((0, 1, 2))
        h, w = self.nodes.shape[1:3]
        folds, mirrored = int(self.foldovers().sum()), int(self.mirrored.sum())
        return (
            f"GridWarp of {h} x {w} nodes, batch {self.batch}, {'separable' if self.separable else 'nonseparable'}, "
            f"{str(self.nodes.dtype).removeprefix('torch.')} on {self.nodes.device}\n"
            f"  reads x in [{low_x:.3g}, {high_x:.3g}], y in [{low_y:.3g}, {high_y:.3g}] of [-1, 1]; "
            f"{folds or 'no'} of {self.batch * (h - 1) * (w - 1)} tiles fold"
            + (f"; {mirrored} mirrored" if mirrored else "")
        )

    def _is_separable(self) -> bool:
        promised, seen = self._promise
        if promised and concrete() and (seen is None or not seen.holds([self.nodes])):
            promised = given.has_axes(self.nodes)
            self._promise_separable(promised)
        return promised

    def _promise_separable(self, value: bool) -> None:
        known = bool(value) and keeps() and not self.nodes.is_inference()
        object.__setattr__(self, "_promise", (bool(value), Seen([self.nodes]) if known else None))

    @property
    def batch(self) -> int:
        return self.nodes.shape[0]

    @property
    def like(self) -> Tensor:
        return self.nodes

    def forward(self, points: Tensor) -> Tensor:
        p00, p01, p10, p11, u, v = self._tiles(points)
        top, bottom = p00 + u * (p01 - p00), p10 + u * (p11 - p10)
        return top + v * (bottom - top)

    def inverse(self, points: Tensor) -> tuple[Tensor, Tensor]:
        points = points.to(torch.promote_types(points.dtype, torch.float32))
        if self.batch == 1 and points.shape[0] > 1:
            together, valid = self.inverse(points.reshape(1, -1, 2))
            return together.reshape(points.shape), valid.reshape(points.shape[:2])
        points = points.expand(self.batch, -1, -1)
        return inversion.invert_points(self.nodes, points, self.separable, None if self.separable else self._searched())

    def _searched(self) -> inversion.Tiles | None:
        """The tiles to search for points, kept as long as the nodes stay what they are."""
        seen = self._state()
        if seen is None:
            return None
        kept = vars(self).get("_prepared")
        if kept is None or kept[0] is not seen:
            kept = vars(self)["_prepared"] = (seen, inversion.Tiles.of(self.nodes))
        return kept[1]

    def jacobian(self, points: Tensor) -> Tensor:
        p00, p01, p10, p11, u, v = self._tiles(points)
        du = (p01 - p00) + v * (p11 - p10 - p01 + p00)
        dv = (p10 - p00) + u * (p11 - p10 - p01 + p00)
        h, w = self.nodes.shape[1:3]
        return torch.stack((du * ((w - 1) / 2), dv * ((h - 1) / 2)), dim=-1)

    def grid(self, size: Size) -> Tensor:
        h, w = check_size(size)
        if self.separable:
            x, y = _stretch(self.nodes[:, 0, :, 0], w, 1), _stretch(self.nodes[:, :, 0, 1], h, 1)
            return outer(x, y)
        # Columns first: few rows are stretched along x, then whole rows are blended along y.
        return _stretch(_stretch(self.nodes, w, 2), h, 1)

    def inverse_grid(self, size: Size) -> tuple[Tensor, Tensor]:
        return inversion.invert_lattice(self.nodes, check_size(size), self.separable)

    @property
    def mirrored(self) -> Tensor:
        """(B,) bool: the map as a whole turns the image over, since its signed area is negative."""
        p = self.nodes.detach().double()
        around = torch.cat((p[:, 0, :-1], p[:, :-1, -1], p[:, -1, 1:].flip(1), p[:, 1:, 0].flip(1)), dim=1)
        return _cross(around, around.roll(-1, dims=1)).sum(1) < 0

    def foldovers(self) -> Tensor:
        """Tiles that fold: (B, h-1, w-1) bool. Exact: the determinant of a bilinear map is affine in the tile, so its least
        value stands at a corner. A tile that clamping made empty (determinant 0) is no fold; in a map that is mirrored as a
        whole (:attr:`mirrored`) those tiles fold that are not."""
        p = self.nodes.detach().double()
        top, bottom = p[:, :-1, 1:] - p[:, :-1, :-1], p[:, 1:, 1:] - p[:, 1:, :-1]
        left, right = p[:, 1:, :-1] - p[:, :-1, :-1], p[:, 1:, 1:] - p[:, :-1, 1:]
        corners = torch.stack([_cross(a, b) for a in (top, bottom) for b in (left, right)])
        return torch.where(self.mirrored[:, None, None], -corners, corners).amin(0) < 0

    def _tiles(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The four nodes around each point, (B, N, 2) each, and the point's place in its tile, (B, N, 1) each."""
        if points.ndim != 3 or points.shape[-1] != 2:
            raise ValueError(f"expected points of shape (B, N, 2), got {tuple(points.shape)}")
        points = points.to(torch.promote_types(points.dtype, torch.float32))
        batch = max(self.batch, points.shape[0])
        nodes, points = self.nodes.expand(batch, -1, -1, -1), points.expand(batch, -1, -1)
        h, w = nodes.shape[1:3]
        x, y = (points[..., 0] + 1) * ((w - 1) / 2), (points[..., 1] + 1) * ((h - 1) / 2)
        j, i = (v.detach().nan_to_num(0).floor().clamp(0, n - 2) for v, n in ((x, w), (y, h)))
        start = i.long() * w + j.long()  # in integers: no float32 counts 2^24 nodes and more
        flat = nodes.reshape(batch, h * w, 2)
        corners = [flat.gather(1, (start + offset)[..., None].expand(-1, -1, 2)) for offset in (0, 1, w, w + 1)]
        return corners[0], corners[1], corners[2], corners[3], (x - j)[..., None], (y - i)[..., None]


# A field for those who make a warp, a look at the nodes for those who ask.
GridWarp.separable = property(GridWarp._is_separable, GridWarp._promise_separable)  # type: ignore[assignment,misc]


@table
def _positions(n: int, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """Neighbours and weight of n corner-aligned positions among k nodes; a single one sits in the middle."""
    position = (axis(n, dtype=torch.float64) + 1) * ((k - 1) / 2)
    before = position.floor().clamp(max=k - 2)
    return before.long(), before.long() + 1, position - before


def _stretch(values: Tensor, n: int, dim: int) -> Tensor:
    """Linear interpolation along ``dim`` to n corner-aligned positions; passes exactly through the nodes."""
    before, after, weight = (t.to(values.device) for t in _positions(n, values.shape[dim]))
    weight = weight.to(values.dtype).reshape([n if d == dim else 1 for d in range(values.ndim)])
    return torch.lerp(values.index_select(dim, before), values.index_select(dim, after), weight)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


KINDS["grid"] = GridWarp
