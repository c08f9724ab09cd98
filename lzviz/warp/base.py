"""What every warp promises, and what it is given for that: lattices, images, points and boxes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from lzviz import boxes as _boxes
from lzviz import resampling
from lzviz.attraction import Padding, attract
from lzviz.coords import Size, check_size, lattice, to_normalised, to_pixels
from lzviz.tracing import keeps
from lzviz.warp import given, kinds
from lzviz.warp.seen import Seen

if TYPE_CHECKING:
    from lzviz.warp.composed import Composed
    from lzviz.warp.grid import GridWarp
    from lzviz.warp.layout import WarpLayout

T = TypeVar("T")
KINDS: dict[str, Callable[..., Any]] = {}
"""What warps make of each other, by the files that stand on this one: "grid", "composed", "layout"."""
IGNORE = 255
"""The label of what is not labelled, or not seen."""


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

        Valid: inside the image of the map (tolerance: 1e-6 of the range, or 128 roundings of the nodes'
        dtype). Elsewhere the answer is the linear continuation:
        finite, but no pixel of the zoomed image reads there. A point that is not finite comes back as one that is not.
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
        return _grid_warp(grid, separable)

    @staticmethod
    def from_grid(grid: Tensor | np.ndarray, align_corners: bool = True, source_size: Size | None = None) -> GridWarp:
        """Any (B, H, W, 2) sampling grid as a warp whose nodes are the grid's pixels; bring your own.

        Args:
            grid: x before y. Corner-aligned by default. Halves become float32; an array is copied.
            align_corners: ``False`` if the grid was made for ``grid_sample(..., align_corners=False)``; then
                ``source_size`` (H, W) is needed, because the two conventions differ by an amount that depends on it.

        Raises:
            ValueError: wrong shape, values that are not finite, a grid in [0, 1] or in pixels, or a missing ``source_size``.
            TypeError: not floating-point.

        A grid that looks like displacements is taken as it is, with a warning.
        """
        nodes = given.nodes_from_grid(grid, align_corners, source_size)
        return _grid_warp(nodes, given.is_separable(nodes))

    @staticmethod
    def from_flow(flow: Tensor | np.ndarray, units: given.Units = "pixels", order: given.Order = "xy") -> GridWarp:
        """A displacement field: pixel p of the zoomed image reads the source, of the same size, at p + flow(p).

        Args:
            flow: (B, H, W, 2), (B, 2, H, W) or (H, W, 2), as optical flow, registration and elastic transforms give it.
            units: of the displacements, "pixels" or "normalised" (2 is the whole axis, corner to corner).
            order: of the two components, "xy", or "yx" (row first).

        Raises:
            ValueError: wrong shape, unknown units or order, values that are not finite. TypeError: not floating-point.
        """
        nodes = given.nodes_from_flow(flow, units, order)
        return _grid_warp(nodes, given.is_separable(nodes))

    @staticmethod
    def from_map(
        map_x: Tensor | np.ndarray, map_y: Tensor | np.ndarray | None = None, source_size: Size | None = None
    ) -> GridWarp:
        """The maps of OpenCV's ``remap``: zoomed pixel (i, j) reads the source at pixel (map_x[i, j], map_y[i, j]).

        Args:
            map_x, map_y: (H, W) or (B, H, W) source pixels, floats; without ``map_y``, both in one (H, W, 2).
            source_size: (H, W) of the source; ``None``: that of the maps.

        Raises:
            ValueError: shapes that differ or are too small, values that are not finite. TypeError: not floating-point.
        """
        nodes = given.nodes_from_map(map_x, map_y, source_size)
        return _grid_warp(nodes, given.is_separable(nodes))

    @staticmethod
    def identity(nodes: Size = (31, 51), batch: int = 1, dtype: torch.dtype = torch.float32) -> GridWarp:
        """The warp that changes nothing: uniform sampling, corner to corner."""
        size = check_size(nodes, "nodes")
        if batch < 1:
            raise ValueError(f"expected a batch of at least one warp, got {batch!r}")
        return _grid_warp(lattice(size, dtype=dtype).expand(batch, *size, 2).contiguous(), True)

    def to(self, to: torch.device | str | torch.dtype) -> Self:
        """The same warp on a device or in a dtype; itself where nothing changes. Coordinates never go below float32."""
        if isinstance(to, torch.dtype):
            to = torch.promote_types(to, torch.float32)
        return self._mapped(lambda tensor: tensor.to(to), lambda warp: warp.to(to))

    def double(self) -> Self:
        """The same warp in float64."""
        return self.to(torch.float64)

    def float(self) -> Self:
        """The same warp in float32."""
        return self.to(torch.float32)

    def half(self) -> Self:
        """The warp for half-precision images and features: its coordinates stay float32, which half precision cannot hold."""
        return self.to(torch.float16)

    def __len__(self) -> int:
        return self.batch

    def __getitem__(self, index: int | slice | Sequence[int]) -> Self:
        """Warps of the batch: ``warp[i]`` is a batch of one, ``warp[2:5]`` and ``warp[[0, 3]]`` of several."""
        chosen = kinds.chosen(index, self.batch)
        rows = torch.as_tensor(chosen, device=self.like.device)
        return self._mapped(lambda tensor: tensor[rows], lambda warp: warp if warp.batch == 1 else warp[chosen])

    def __iter__(self) -> Iterator[Self]:
        return (self[k] for k in range(self.batch))

    def _mapped(self, tensors: Callable[[Tensor], Tensor], warps: Callable[[Warp], Warp]) -> Self:
        """The same kind of warp of other tensors and warps; itself where all stay what they are."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]
        new = {
            k: tensors(v) if isinstance(v, Tensor) else warps(v)
            for k, v in parts.items()
            if isinstance(v, Tensor | Warp)
        }
        return self if all(new[k] is parts[k] for k in new) else replace(self, **new)  # type: ignore[type-var]

    def __matmul__(self, inner: Warp) -> Composed:
        """``(outer @ inner)(p) = outer(inner(p))``, exact and lazy; ``b.zoom(a.zoom(I))`` is ``(a @ b).zoom(I)``."""
        return KINDS["composed"](self, inner)

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

    def save_html(self, path: str | Path, image: Any = None) -> Path:
        """The live canvas on this warp, over ``image`` or a test card, as one file: see :func:`lzviz.save_html`."""
        from lzviz import save_html

        return save_html(self, path, image=image)

    def at(self, zoomed_size: Size, source_size: Size) -> WarpLayout:
        """The samples that this warp takes when a source of one size is zoomed to another: a :class:`Layout`."""
        return KINDS["layout"](self, check_size(zoomed_size, "zoomed_size"), check_size(source_size, "source_size"))

    # -- on images -----------------------------------------------------------------------------------------------

    def zoom(self, image: Any, size: Size, interpolation: resampling.Interpolation = "bilinear") -> Any:
        """Read an image (B, C, H, W), tensor or array, on the forward grid: the same kind, (B, C, h, w) of ``size``.

        Args:
            interpolation: "nearest" (also for label maps (B, H, W) of integers), "bilinear" (four taps, as the papers do)
                or "antialias" (the mean over the footprint of each sample).
        """
        size = check_size(size)
        return kinds.like(
            image, resampling.read(kinds.pixels(image, self.batch), self._kept(self.grid, size), interpolation)
        )

    def unzoom(
        self,
        features: Any,
        source_size: Size,
        zoomed_size: Size | None = None,
        stride: float | None = None,
        fill: float | None = 0.0,
        ignore_index: int = IGNORE,
    ) -> Any:
        """Bring features of the zoomed image back: (B, C, h, w) to (B, C, H, W) over the source, tensor or array.

        Args:
            features: from a network on the zoomed image, any float dtype; or labels (B, h, w) of integers, which are read by
                nearest neighbour and are ``ignore_index`` outside the valid set.
            source_size: (H, W) of the result.
            zoomed_size: (h, w) in pixels of the zoomed image; needed with ``stride``.
            stride: ``None`` reads the features corner to corner, as the papers do. A number s says where the features of a
                strided network really sit: feature i on zoomed pixel ``s * i``.
            fill: value outside the valid set; ``None``: the border of the view answers, in labels too.
        """
        grid, valid = self._kept(self.inverse_grid, check_size(source_size, "source_size"))
        pixels = kinds.pixels(features, self.batch)
        if pixels.ndim == 3 and fill is not None:
            fill = 0 if pixels.dtype == torch.bool else kinds.checked_label(ignore_index, pixels.dtype)
        return kinds.like(features, self._read_features(pixels, grid, valid, zoomed_size, stride, fill))

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
        out = resampling.read(features, grid, "nearest" if features.ndim == 3 else "bilinear")
        valid = (valid if out.ndim == 3 else valid[:, None]).to(out.device)
        return out if fill is None else torch.where(valid, out, out.new_tensor(fill))

    # -- on points and boxes -------------------------------------------------------------------------------------

    def zoom_points(self, xy: Any, zoomed_size: Size, source_size: Size) -> Any:
        """Source pixels -> zoomed pixels, (N, 2) or (B, N, 2); points outside the view are continued linearly.

        Like all four: tensors or arrays, or a list with those of each image; the answer is of the same kind, and float32 or
        better, since places in half precision would be hundreds of pixels off.
        """

        def there(points: Tensor) -> Tensor:
            zoomed, _ = self.inverse(to_normalised(points, check_size(source_size, "source_size")))
            return to_pixels(zoomed, check_size(zoomed_size, "zoomed_size"))

        return kinds.each(self, xy, 2, there, lambda warp, part: warp.zoom_points(part, zoomed_size, source_size))

    def unzoom_points(self, xy: Any, zoomed_size: Size, source_size: Size) -> Any:
        """Zoomed pixels -> source pixels, (N, 2) or (B, N, 2)."""

        def back(points: Tensor) -> Tensor:
            source = self.forward(to_normalised(points, check_size(zoomed_size, "zoomed_size")))
            return to_pixels(source, check_size(source_size, "source_size"))

        return kinds.each(self, xy, 2, back, lambda warp, part: warp.unzoom_points(part, zoomed_size, source_size))

    def zoom_boxes(self, boxes: Any, zoomed_size: Size, source_size: Size) -> Any:
        """Source boxes -> zoomed boxes, (N, 4) or (B, N, 4) pixel edges: the hull of each box's mapped border."""
        return kinds.each(
            self,
            boxes,
            4,
            lambda values: _boxes.zoom(self, values, zoomed_size, source_size),
            lambda warp, part: warp.zoom_boxes(part, zoomed_size, source_size),
        )

    def unzoom_boxes(self, boxes: Any, zoomed_size: Size, source_size: Size) -> Any:
        """Zoomed boxes -> source boxes, (N, 4) or (B, N, 4) pixel edges: the hull of each box's mapped border."""
        return kinds.each(
            self,
            boxes,
            4,
            lambda values: _boxes.unzoom(self, values, zoomed_size, source_size),
            lambda warp, part: warp.unzoom_boxes(part, zoomed_size, source_size),
        )

    # -- shared ------------------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def like(self) -> Tensor:
        """A tensor with the dtype and device of the warp."""

    def _kept(self, method: Callable[[Size], T], size: Size) -> T:
        """The answer of a lattice method for reading, kept until another size is asked for: a fixed warp zooms many images.

        Not kept where it carries gradients, or was made in inference mode, which later gradients could not pass.
        """
        seen = self._state()
        if seen is None:
            return method(size)
        kept: dict[str, tuple[Size, Seen, T]] = vars(self).setdefault("_lattices", {})  # type: ignore[attr-defined]
        name = method.__name__
        if name not in kept or kept[name][0] != tuple(size) or kept[name][1] is not seen:
            kept[name] = (size, seen, method(size))
        return kept[name][2]

    def _state(self) -> Seen | None:
        """The tensors as they are now, the same object as long as they stay so; ``None`` where nothing is to be kept, as with
        gradients."""
        tensors = self._tensors() if keeps() else []
        if not tensors or any(t.is_inference() or t.requires_grad for t in tensors):
            return None
        seen: Seen | None = vars(self).get("_seen")
        if seen is None or not seen.holds(tensors):
            seen = vars(self)["_seen"] = Seen(tensors)
        return seen

    def _tensors(self) -> list[Tensor]:
        """All that this warp is made of."""
        parts = [getattr(self, f.name) for f in fields(self)]  # type: ignore[arg-type]
        own = [part for part in parts if isinstance(part, Tensor)]
        return own + [tensor for part in parts if isinstance(part, Warp) for tensor in part._tensors()]

    def _lattice_points(self, size: Size) -> Tensor:
        points = lattice(size, dtype=self.like.dtype, device=self.like.device).reshape(1, -1, 2)
        return points.expand(self.batch, -1, 2)

    def _on_lattice(self, function, size: Size) -> Tensor:
        h, w = check_size(size)
        return function(self._lattice_points((h, w))).reshape(-1, h, w, 2)


def _grid_warp(nodes: Tensor, separable: bool) -> GridWarp:
    return KINDS["grid"](nodes, separable)


def _on_stride(grid: Tensor, zoomed_size: Size, feature_size: Size | torch.Size, stride: float) -> Tensor:
    """Zoomed coordinates to coordinates of a feature map whose element i sits on zoomed pixel ``stride * i``."""
    if not stride > 0:
        raise ValueError(f"stride must be positive, got {stride!r}")
    h, w = int(feature_size[-2]), int(feature_size[-1])
    return to_normalised(to_pixels(grid, zoomed_size) / stride, (h, w)).clamp(-1, 1)
