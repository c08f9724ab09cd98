"""A warp is a value: a frozen map from points of the zoomed image to points of the source.

``warp.forward(points)`` goes zoomed -> source, ``warp.inverse(points)`` source -> zoomed, ``outer @ inner`` composes.
Reading pixels comes after: ``zoom`` reads the source on the forward grid, ``unzoom`` reads features on the inverse grid.
Coordinates: :mod:`lzviz.coords`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Self, TypeVar

import torch
from torch import Tensor

from lzviz import boxes as _boxes
from lzviz import inversion, resampling
from lzviz.attraction import Padding, attract
from lzviz.coords import Size, axis, check_size, from_half_pixel, lattice, outer, to_normalised, to_pixels
from lzviz.layout import Layout

T = TypeVar("T")


class Warp(ABC):
    """The promise that every zoom keeps: forward, inverse and Jacobian as functions of points. The rest is a gift."""

    # -- the promise ---------------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def batch(self) -> int:
        """Number of warps in the batch; 1 broadcasts over any number of images."""

    @property
    @abstractmethod
    def separable(self) -> bool:
        """True if x depends on x only and y on y only."""

    @abstractmethod
    def forward(self, points: Tensor) -> Tensor:
        """Zoomed -> source: (B, N, 2) normalised points to (B, N, 2); continued linearly outside [-1, 1]."""

    @abstractmethod
    def inverse(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Source -> zoomed: (B, N, 2) normalised points to (B, N, 2) and validity (B, N) bool.

        Valid: inside the image of the map (tolerance 1e-6 of the range). Elsewhere the answer is the linear continuation:
        finite, but no pixel of the zoomed image reads there.
        """

    @abstractmethod
    def jacobian(self, points: Tensor) -> Tensor:
        """d source / d zoomed at (B, N, 2) zoomed points: (B, N, 2, 2), ``[..., i, j] = d source_i / d zoomed_j``."""

    # -- making one ----------------------------------------------------------------------------------------------

    @staticmethod
    def from_saliency(
        saliency: Tensor,
        nodes: Size = (31, 51),
        fwhm: float = 10.0,
        separable: bool = True,
        anti_crop: bool = True,
        kernel_radius: int | None = None,
        padding: Padding | None = None,
        aspect: float = 1.0,
        floor: float | None = None,
    ) -> GridWarp:
        """The warp that zooms into salient regions: see :func:`lzviz.attraction.attract`.

        Args:
            saliency: (B, 1, h, w), non-negative, any scale; zero everywhere is the identity.
            nodes: (h, w) of the control grid.
            fwhm: kernel width in saliency cells.
            separable: attract each axis by its marginal.
            anti_crop: keep the whole image in view (reflect padding); False lets the border be cropped (replicate).
            kernel_radius, aspect: truncated and stretched kernels, as LDS has them.
            padding: overrides ``anti_crop``: "reflect", "replicate" or "zero".
            floor: least saliency as a share of the mean; ``None`` means 1e-3 where the map has exact zeros.
        """
        if padding is None:
            padding = "reflect" if anti_crop else "replicate"
        grid = attract(
            saliency,
            nodes,
            fwhm=fwhm,
            separable=separable,
            padding=padding,
            kernel_radius=kernel_radius,
            aspect=aspect,
            floor=floor,
        )
        return GridWarp(grid, separable)

    @staticmethod
    def from_grid(grid: Tensor, align_corners: bool = True, source_size: Size | None = None) -> GridWarp:
        """Any (B, H, W, 2) sampling grid as a warp whose nodes are the grid's pixels; bring your own.

        Args:
            grid: x before y. Corner-aligned by default.
            align_corners: ``False`` if the grid was made for ``grid_sample(..., align_corners=False)``; then
                ``source_size`` (H, W) is needed, because the two conventions differ by an amount that depends on it.

        Raises:
            ValueError: wrong shape, values that are not finite, a grid in [0, 1], or a missing ``source_size``.
            TypeError: not a floating-point tensor.
        """
        _check_grid(grid)
        if align_corners:
            return GridWarp(grid, _is_separable(grid))
        if source_size is None:
            raise ValueError("a grid with align_corners=False needs source_size=(H, W) to be converted")
        grid = from_half_pixel(grid, check_size(source_size, "source_size"))
        return GridWarp(grid, _is_separable(grid))

    @staticmethod
    def identity(nodes: Size = (31, 51), batch: int = 1, dtype: torch.dtype = torch.float32) -> GridWarp:
        """The warp that changes nothing: uniform sampling, corner to corner."""
        size = check_size(nodes, "nodes")
        return GridWarp(lattice(size, dtype=dtype).expand(batch, *size, 2).contiguous(), True)

    def to(self, device: torch.device | str) -> Self:
        """The same warp on a device; itself where it is there already."""
        if self.like.device == torch.device(device):
            return self
        parts = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        return replace(self, **{name: v.to(device) for name, v in parts.items() if isinstance(v, Tensor | Warp)})  # type: ignore[type-var]

    def __matmul__(self, inner: Warp) -> Composed:
        """``(outer @ inner)(p) = outer(inner(p))``, exact and lazy; ``b.zoom(a.zoom(I))`` is ``(a @ b).zoom(I)``."""
        return Composed(self, inner)

    # -- on lattices ---------------------------------------------------------------------------------------------

    def grid(self, size: Size) -> Tensor:
        """The forward map at every pixel of a zoomed image of ``size``: (B, H, W, 2) normalised source coordinates."""
        return self._on_lattice(self.forward, size)

    def inverse_grid(self, size: Size) -> tuple[Tensor, Tensor]:
        """The inverse at every pixel of a source of ``size``: (B, H, W, 2), finite, and validity (B, H, W) bool."""
        h, w = check_size(size)
        points, valid = self.inverse(self._lattice_points((h, w)))
        return points.reshape(-1, h, w, 2), valid.reshape(-1, h, w)

    def round_trip_error(self, size: Size) -> Tensor:
        """``|forward(inverse(p)) - p|`` at every pixel of a source of ``size``: (B, H, W) source pixels; 0 where not valid."""
        h, w = check_size(size)
        inverse, valid = self.inverse_grid((h, w))
        back = self.forward(inverse.reshape(inverse.shape[0], -1, 2)).reshape(inverse.shape)
        there = lattice((h, w), dtype=back.dtype, device=back.device)
        error = (to_pixels(back, (h, w)) - to_pixels(there, (h, w))).norm(dim=-1)
        return torch.where(valid, error, torch.zeros_like(error))

    def at(self, zoomed_size: Size, source_size: Size) -> WarpLayout:
        """The samples that this warp takes when a source of one size is zoomed to another: a :class:`Layout`."""
        return WarpLayout(self, check_size(zoomed_size, "zoomed_size"), check_size(source_size, "source_size"))

    # -- on images -----------------------------------------------------------------------------------------------

    def zoom(self, image: Tensor, size: Size, interpolation: resampling.Interpolation = "bilinear") -> Tensor:
        """Read an image (B, C, H, W) on the forward grid: (B, C, h, w) of ``size``.

        Args:
            interpolation: "nearest" (also for label maps (B, H, W) of integers), "bilinear" (four taps, as the papers do)
                or "antialias" (an image pyramid matched to the footprint of each sample).
        """
        return resampling.read(image, self._kept(self.grid, size), interpolation)

    def unzoom(
        self,
        features: Tensor,
        source_size: Size,
        zoomed_size: Size | None = None,
        stride: float | None = None,
        fill: float | None = 0.0,
    ) -> Tensor:
        """Bring features of the zoomed image back: (B, C, h, w) to (B, C, H, W) over the source.

        Args:
            features: from a network on the zoomed image, any float dtype.
            source_size: (H, W) of the result.
            zoomed_size: (h, w) in pixels of the zoomed image; needed with ``stride``.
            stride: ``None`` reads the features corner to corner, as the papers do. A number s says where the features of a
                strided network really sit: feature i on zoomed pixel ``s * i``.
            fill: value outside the valid set; ``None``: the border of the view answers.
        """
        grid, valid = self._kept(self.inverse_grid, source_size)
        return self._read_features(features, grid, valid, zoomed_size, stride, fill)

    def _read_features(
        self,
        features: Tensor,
        grid: Tensor,
        valid: Tensor,
        zoomed_size: Size | None,
        stride: float | None,
        fill: float | None,
    ) -> Tensor:
        if stride is not None:
            if zoomed_size is None:
                raise ValueError(
                    "unzoom(stride=...) needs zoomed_size=(h, w), the size the features were computed from"
                )
            grid = _on_stride(grid, check_size(zoomed_size, "zoomed_size"), features.shape[-2:], stride)
        out = resampling.read(features, grid, "bilinear")
        return out if fill is None else torch.where(valid[:, None].to(out.device), out, out.new_tensor(fill))

    # -- on points and boxes -------------------------------------------------------------------------------------

    def zoom_points(self, xy: Tensor, zoomed_size: Size, source_size: Size) -> Tensor:
        """Source pixels -> zoomed pixels, (N, 2) or (B, N, 2); points outside the view are continued linearly."""
        points, _ = self.inverse(self._batched(to_normalised(xy, check_size(source_size, "source_size"))))
        return self._unbatched(to_pixels(points, check_size(zoomed_size, "zoomed_size")), xy)

    def unzoom_points(self, xy: Tensor, zoomed_size: Size, source_size: Size) -> Tensor:
        """Zoomed pixels -> source pixels, (N, 2) or (B, N, 2)."""
        points = self.forward(self._batched(to_normalised(xy, check_size(zoomed_size, "zoomed_size"))))
        return self._unbatched(to_pixels(points, check_size(source_size, "source_size")), xy)

    def zoom_boxes(self, boxes: Tensor, zoomed_size: Size, source_size: Size) -> Tensor:
        """Source boxes -> zoomed boxes, (N, 4) or (B, N, 4) pixel edges: the hull of each box's mapped border."""
        return self._unbatched(_boxes.zoom(self, self._batched(boxes), zoomed_size, source_size), boxes)

    def unzoom_boxes(self, boxes: Tensor, zoomed_size: Size, source_size: Size) -> Tensor:
        """Zoomed boxes -> source boxes, (N, 4) or (B, N, 4) pixel edges: the hull of each box's mapped border."""
        return self._unbatched(_boxes.unzoom(self, self._batched(boxes), zoomed_size, source_size), boxes)

    # -- shared ------------------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def like(self) -> Tensor:
        """A tensor with the dtype and device of the warp."""

    def _kept(self, method: Callable[[Size], T], size: Size) -> T:
        """The answer of a lattice method for reading, kept until another size is asked for: a fixed warp zooms many images.

        Not kept where it carries gradients, or was made in inference mode, which later gradients could not pass.
        """
        if self.like.requires_grad or torch.is_inference_mode_enabled():
            return method(size)
        kept: dict[str, tuple[Size, T]] = vars(self).setdefault("_lattices", {})  # type: ignore[attr-defined]
        name = method.__name__
        if name not in kept or kept[name][0] != tuple(size):
            kept[name] = (check_size(size), method(size))
        return kept[name][1]

    def _lattice_points(self, size: Size) -> Tensor:
        points = lattice(size, dtype=self.like.dtype, device=self.like.device).reshape(1, -1, 2)
        return points.expand(self.batch, -1, 2)

    def _on_lattice(self, function, size: Size) -> Tensor:
        h, w = check_size(size)
        return function(self._lattice_points((h, w))).reshape(-1, h, w, 2)

    def _batched(self, values: Tensor) -> Tensor:
        if not values.is_floating_point():
            values = values.to(self.like.dtype)
        if values.ndim == 2:
            return values[None].expand(self.batch, *values.shape)
        if values.ndim == 3 and (self.batch == 1 or values.shape[0] in (1, self.batch)):
            return values.expand(max(self.batch, values.shape[0]), *values.shape[1:])
        raise ValueError(f"expected (N, k) or (B, N, k) with B = {self.batch}, got {tuple(values.shape)}")

    def _unbatched(self, values: Tensor, like: Tensor) -> Tensor:
        return values[0] if like.ndim == 2 and values.shape[0] == 1 else values


@dataclass(frozen=True, eq=False)
class GridWarp(Warp):
    """A warp given by control nodes, bilinear in each tile between them: the papers' approximate forward map, taken as
    *the* map, so that its inverse is exact.

    Attributes:
        nodes: (B, h, w, 2) normalised source coordinates of the zoomed lattice of size (h, w), both >= 2.
        separable: the nodes are an outer product of one x and one y axis (checked by ``from_grid``).
    """

    nodes: Tensor
    separable: bool = False  # type: ignore[assignment]  # a field keeps the promise of the abstract property

    def __post_init__(self) -> None:
        if self.nodes.ndim != 4 or self.nodes.shape[-1] != 2 or min(self.nodes.shape[1:3]) < 2:
            raise ValueError(f"expected nodes of shape (B, h >= 2, w >= 2, 2), got {tuple(self.nodes.shape)}")

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
        nodes = self.nodes.expand(max(self.batch, points.shape[0]), -1, -1, -1)
        return inversion.invert_points(nodes, points.expand(nodes.shape[0], -1, -1), self.separable)

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

    def foldovers(self) -> Tensor:
        """Tiles that fold: (B, h-1, w-1) bool. Exact: the determinant of a bilinear map is affine in the tile, so its least
        value stands at a corner. A tile that clamping made empty (determinant 0) is no fold."""
        p = self.nodes.double()
        top, bottom = p[:, :-1, 1:] - p[:, :-1, :-1], p[:, 1:, 1:] - p[:, 1:, :-1]
        left, right = p[:, 1:, :-1] - p[:, :-1, :-1], p[:, 1:, 1:] - p[:, :-1, 1:]
        corners = torch.stack([_cross(a, b) for a in (top, bottom) for b in (left, right)])
        return corners.amin(0) < 0

    def _tiles(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The four nodes around each point, (B, N, 2) each, and the point's place in its tile, (B, N, 1) each."""
        if points.ndim != 3 or points.shape[-1] != 2:
            raise ValueError(f"expected points of shape (B, N, 2), got {tuple(points.shape)}")
        batch = max(self.batch, points.shape[0])
        nodes, points = self.nodes.expand(batch, -1, -1, -1), points.expand(batch, -1, -1)
        h, w = nodes.shape[1:3]
        x, y = (points[..., 0] + 1) * ((w - 1) / 2), (points[..., 1] + 1) * ((h - 1) / 2)
        j, i = x.detach().floor().clamp(0, w - 2), y.detach().floor().clamp(0, h - 2)
        start = (i * w + j).long()
        flat = nodes.reshape(batch, h * w, 2)
        corners = [flat.gather(1, (start + offset)[..., None].expand(-1, -1, 2)) for offset in (0, 1, w, w + 1)]
        return corners[0], corners[1], corners[2], corners[3], (x - j)[..., None], (y - i)[..., None]


@dataclass(frozen=True, eq=False)
class Composed(Warp):
    """``outer`` after ``inner``: forward(p) = outer(inner(p)). Exact: nothing is resampled to a common control grid."""

    outer: Warp
    inner: Warp

    def __post_init__(self) -> None:
        if self.outer.batch != self.inner.batch and 1 not in (self.outer.batch, self.inner.batch):
            raise ValueError(f"cannot compose batches of {self.outer.batch} and {self.inner.batch} warps")

    @property
    def batch(self) -> int:
        return max(self.outer.batch, self.inner.batch)

    @property
    def separable(self) -> bool:
        return self.outer.separable and self.inner.separable

    @property
    def like(self) -> Tensor:
        return self.inner.like

    def forward(self, points: Tensor) -> Tensor:
        return self.outer.forward(self.inner.forward(points))

    def inverse(self, points: Tensor) -> tuple[Tensor, Tensor]:
        middle, outer_valid = self.outer.inverse(points)
        zoomed, inner_valid = self.inner.inverse(middle)
        return zoomed, outer_valid & inner_valid

    def jacobian(self, points: Tensor) -> Tensor:
        return self.outer.jacobian(self.inner.forward(points)) @ self.inner.jacobian(points)


@dataclass(frozen=True, eq=False)
class WarpLayout(Layout):
    """A warp at two sizes: h x w samples an image, row-major. See :class:`lzviz.layout.Layout`."""

    warp: Warp
    zoomed_size: Size
    source_size: Size

    @property
    def sites(self) -> Tensor:
        return to_pixels(self.warp.grid(self.zoomed_size), self.source_size).reshape(-1, 2)

    @property
    def batch(self) -> Tensor:
        h, w = self.zoomed_size
        return torch.arange(self.warp.batch, device=self.warp.like.device).repeat_interleave(h * w)

    @property
    def count(self) -> Tensor:
        h, w = self.zoomed_size
        return torch.full((self.warp.batch,), h * w, device=self.warp.like.device)

    @property
    def footprints(self) -> Tensor:
        """The zoomed pixel's square, half a pixel to each side, mapped corner by corner (linear outside the image)."""
        h, w = self.zoomed_size
        like = self.warp.like
        edge_y, edge_x = (torch.arange(n + 1, dtype=like.dtype, device=like.device) - 0.5 for n in (h, w))
        pixels = outer(edge_x, edge_y).reshape(1, -1, 2)
        points = to_normalised(pixels, self.zoomed_size).expand(self.warp.batch, -1, 2)
        corners = to_pixels(self.warp.forward(points), self.source_size).reshape(-1, h + 1, w + 1, 2)
        quads = (corners[:, :-1, :-1], corners[:, :-1, 1:], corners[:, 1:, 1:], corners[:, 1:, :-1])
        return torch.stack(quads, dim=3).reshape(-1, 4, 2)

    def gather(self, image: Tensor) -> Tensor:
        zoomed = self.warp.zoom(image, self.zoomed_size)
        return zoomed.permute(0, 2, 3, 1).reshape(-1, zoomed.shape[1])

    def scatter(self, rows: Tensor, size: Size) -> tuple[Tensor, Tensor]:
        h, w = self.zoomed_size
        zoomed = rows.reshape(-1, h, w, rows.shape[-1]).permute(0, 3, 1, 2)
        grid, valid = self.warp.inverse_grid(size)
        out = resampling.read(zoomed, grid, "bilinear")
        return torch.where(valid[:, None], out, torch.zeros_like(out)), valid.expand(out.shape[0], -1, -1)

    def jacobian(self) -> Tensor:
        """(B, h, w) determinant at each sample: signed source pixels^2 per zoomed pixel^2; < 0 where the map folds."""
        h, w = self.zoomed_size
        points = self.warp._lattice_points(self.zoomed_size)
        determinant = torch.linalg.det(self.warp.jacobian(points)).reshape(-1, h, w)
        scale = [(s - 1) / max(z - 1, 1) for s, z in zip(self.source_size, self.zoomed_size, strict=True)]
        return determinant * (scale[0] * scale[1])

    def magnification(self) -> Tensor:
        """(B, h, w): 1 / :meth:`jacobian`, zoomed pixels^2 per source pixel^2; infinite where a tile is empty."""
        return 1 / self.jacobian()


@lru_cache(maxsize=256)
@torch.inference_mode(False)  # what is kept must serve gradients later
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


def _on_stride(grid: Tensor, zoomed_size: Size, feature_size: Size | torch.Size, stride: float) -> Tensor:
    """Zoomed coordinates to coordinates of a feature map whose element i sits on zoomed pixel ``stride * i``."""
    if not stride > 0:
        raise ValueError(f"stride must be positive, got {stride!r}")
    h, w = int(feature_size[-2]), int(feature_size[-1])
    return to_normalised(to_pixels(grid, zoomed_size) / stride, (h, w)).clamp(-1, 1)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _is_separable(grid: Tensor) -> bool:
    g = grid.detach()
    return bool((g[:, :1, :, 0] == g[..., 0]).all() and (g[:, :, :1, 1] == g[..., 1]).all())


def _check_grid(grid: Tensor) -> None:
    if not isinstance(grid, Tensor) or not grid.is_floating_point():
        raise TypeError(f"expected a floating-point tensor (B, H, W, 2), got {getattr(grid, 'dtype', type(grid))}")
    if grid.ndim != 4 or grid.shape[-1] != 2:
        hint = "; did you mean grid.permute(0, 2, 3, 1)?" if grid.ndim == 4 and grid.shape[1] == 2 else ""
        raise ValueError(f"expected a grid of shape (B, H, W, 2), got {tuple(grid.shape)}{hint}")
    if min(grid.shape[1:3]) < 2:
        raise ValueError(f"a warp needs at least 2 x 2 grid points, got {tuple(grid.shape[1:3])}")
    values = grid.detach()
    if not bool(torch.isfinite(values).all()):
        bad = int((~torch.isfinite(values)).any(-1).sum())
        raise ValueError(f"{bad} of the grid's points are not finite; replace them first, e.g. by their neighbours")
    low, high = (float(v) for v in torch.aminmax(values))
    if low >= 0 and 0.5 < high <= 1 and bool((values[:, 0, 0] < 0.25).all()):
        raise ValueError(f"grid is in [{low:.3g}, {high:.3g}]; did you mean grid * 2 - 1?")
