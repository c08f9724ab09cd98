"""Where do the kept samples lie? The promise that a warp at a size, a quadtree and a uniform resize all keep.

A :class:`Layout` has N rows (the samples of all images of the batch, concatenated), and each row knows its place in the
source. Figures, costs and metrics are written against this promise once and then hold for every sampler.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from lzviz import resampling
from lzviz.coords import Size, as_tensor, check_size, to_normalised, to_pixels
from lzviz.tracing import concrete


class Layout(ABC):
    """Rows that know their place.

    Attributes:
        sites: (N, 2) source pixels x, y of each row (0 = centre of the first pixel).
        batch: (N,) int64, the image that each row belongs to, non-decreasing.
        footprints: (N, 4, 2) source pixels; the quadrilateral that each row stands for, in the order top-left,
            top-right, bottom-right, bottom-left of the row's own pixel.
        count: (B,) int64, rows of each image.
        source_size: (H, W) of the source in pixels.
    """

    source_size: Size

    @staticmethod
    def from_points(
        points: Tensor | np.ndarray | Sequence[Tensor],
        source_size: Size,
        units: Literal["pixels", "normalised", "unit"] = "pixels",
        order: Literal["xy", "yx"] = "xy",
        side: float = 1.0,
    ) -> PointLayout:
        """Anybody's sampling points, e.g. those of deformable convolution or attention.

        Args:
            points: (B, ..., 2) for a batch (all axes between are points: heads, queries, taps), (N, 2) for one image, or a list
                with those of each image.
            source_size: (H, W) pixels.
            units: "pixels" (0 = centre of the first), "normalised" ([-1, 1], corner-aligned) or "unit" ([0, 1] from edge to
                edge, as deformable attention has its reference points).
            order: of the two coordinates, "xy", or "yx" (deformable convolution's offsets).
            side: of the square, in source pixels, that a point stands for.

        Raises:
            ValueError: wrong shapes, unknown units or order, points that are not finite. TypeError: not floating-point.
        """
        if units not in ("pixels", "normalised", "unit") or order not in ("xy", "yx"):
            raise ValueError(f"units are pixels, normalised or unit, order xy or yx; got {units!r} and {order!r}")
        size = check_size(source_size, "source_size")
        listed = list(points) if isinstance(points, list | tuple) else None
        if listed is None:
            if not isinstance(points, Tensor | np.ndarray) or points.ndim < 2:
                raise ValueError(f"expected points (N, 2) or (B, ..., 2) as a tensor or an array, got {points!r:.60}")
            values = as_tensor(points)
            listed = [values] if values.ndim == 2 else list(values)
        each = [_points(part, size, units, order) for part in listed]
        if not each:
            raise ValueError("expected the points of at least one image, got none")
        return PointLayout(torch.cat(each), tuple(len(part) for part in each), size, float(side))

    @property
    @abstractmethod
    def sites(self) -> Tensor: ...

    @property
    @abstractmethod
    def batch(self) -> Tensor: ...

    @property
    @abstractmethod
    def footprints(self) -> Tensor: ...

    @property
    @abstractmethod
    def count(self) -> Tensor: ...

    @abstractmethod
    def gather(self, image: Tensor) -> Tensor:
        """Read an image (B, C, H, W) of ``source_size`` at the sites: (N, C)."""

    @abstractmethod
    def scatter(self, rows: Tensor, size: Size) -> tuple[Tensor, Tensor]:
        """Bring rows (N, C) back to a dense map over the source: (B, C, H, W) at ``size`` and its validity (B, H, W)."""

    def density(self, size: Size) -> Tensor:
        """Samples per cell: (B, h, w) on the corner-aligned lattice of ``size``, each site splatted bilinearly.

        Sums to ``count``, exactly up to rounding: a site outside the image counts at the nearest border cell.
        """
        h, w = check_size(size)
        out = self.sites.new_zeros(self.count.numel() * h * w)
        for index, weight in self._splats((h, w)):
            out = out.index_add(0, index, weight)
        return out.reshape(-1, h, w)

    def _splats(self, size: Size) -> Iterator[tuple[Tensor, Tensor]]:
        """The four cells around each site on the corner-aligned lattice of ``size``: flat index and bilinear weight, (N,) each."""
        h, w = size
        source_h, source_w = self.source_size
        x = (self.sites[:, 0] * ((w - 1) / max(source_w - 1, 1))).clamp(0, w - 1)
        y = (self.sites[:, 1] * ((h - 1) / max(source_h - 1, 1))).clamp(0, h - 1)
        x0, y0 = x.floor().clamp(max=max(w - 2, 0)), y.floor().clamp(max=max(h - 2, 0))
        fx, fy = x - x0, y - y0
        batch = self.batch
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
            column, row = (x0.long() + dx).clamp(max=w - 1), (y0.long() + dy).clamp(max=h - 1)
            yield (batch * h + row) * w + column, (fx if dx else 1 - fx) * (fy if dy else 1 - fy)

    def share(self, mask: Tensor) -> Tensor:
        """The sampling budget of a region: the share of each image's samples that lie on it, (B,) in [0, 1].

        Args:
            mask: (B, H, W) weights in [0, 1] at ``source_size``, read by nearest neighbour at the sites.
        """
        if mask.ndim != 3 or tuple(mask.shape[-2:]) != tuple(self.source_size):
            raise ValueError(
                f"expected a mask (B, H, W) at the source size {self.source_size}, got {tuple(mask.shape)}"
            )
        h, w = self.source_size
        column = (self.sites[:, 0] + 0.5).floor().long().clamp(0, w - 1)
        row = (self.sites[:, 1] + 0.5).floor().long().clamp(0, h - 1)
        hit = mask[self.batch if mask.shape[0] > 1 else 0, row, column].to(self.sites.dtype)
        total = torch.zeros_like(self.count, dtype=hit.dtype).index_add(0, self.batch, hit)
        return total / self.count.clamp(min=1)


@dataclass(frozen=True, eq=False)
class PointLayout(Layout):
    """Points without an order among them: see :meth:`Layout.from_points`.

    ``scatter`` lets every row spread over the four cells around its site, as ``density`` does; a cell is the weighted mean of
    what reaches it, and valid where anything does.
    """

    places: Tensor
    counts: tuple[int, ...]
    source_size: Size
    side: float = 1.0

    def __repr__(self) -> str:
        h, w = self.source_size
        most = 8
        counts = ", ".join(str(n) for n in self.counts[:most]) + (", ..." if len(self.counts) > most else "")
        text = f"PointLayout of {len(self.places)} points over {h} x {w} pixels, {len(self.counts)} images ({counts})"
        if len(self.places):
            (low_x, low_y), (high_x, high_y) = (
                self.places.detach().amin(0).tolist(),
                self.places.detach().amax(0).tolist(),
            )
            text += f"\n  x in [{low_x:.4g}, {high_x:.4g}], y in [{low_y:.4g}, {high_y:.4g}] pixels; each {self.side:g} wide"
        return text

    @property
    def sites(self) -> Tensor:
        return self.places

    @property
    def count(self) -> Tensor:
        return torch.tensor(self.counts, device=self.places.device)

    @property
    def batch(self) -> Tensor:
        return torch.arange(len(self.counts), device=self.places.device).repeat_interleave(self.count)

    @property
    def footprints(self) -> Tensor:
        corners = self.sites.new_tensor([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        return self.sites[:, None] + self.side / 2 * corners

    def gather(self, image: Tensor) -> Tensor:
        grid = to_normalised(self.sites, self.source_size)
        parts = grid.split(list(self.counts))
        images = image.expand(len(parts), -1, -1, -1)
        rows = [resampling.read(images[k : k + 1], part[None, None])[0, :, 0].T for k, part in enumerate(parts)]
        return torch.cat(rows)

    def scatter(self, rows: Tensor, size: Size) -> tuple[Tensor, Tensor]:
        h, w = check_size(size)
        sums = rows.new_zeros(len(self.counts) * h * w, rows.shape[1] + 1)
        padded = torch.cat((rows, rows.new_ones(len(rows), 1)), dim=1)
        for index, weight in self._splats((h, w)):
            sums = sums.index_add(0, index, padded * weight[:, None].to(rows.dtype))
        total = sums[:, -1:]
        dense = torch.where(total > 0, sums[:, :-1] / total.clamp(min=torch.finfo(rows.dtype).tiny), 0)
        return dense.view(-1, h, w, rows.shape[1]).permute(0, 3, 1, 2), (total > 0).view(-1, h, w)


def _points(part: Tensor | np.ndarray, size: Size, units: str, order: str) -> Tensor:
    """The points (..., 2) of one image in source pixels, x before y: (N, 2), float32 or better."""
    if not isinstance(part, Tensor | np.ndarray):
        raise TypeError(
            f"expected a tensor or an array of points (N, 2), or a list with one for each image, got {type(part).__name__}: "
            "turn plain numbers into torch.tensor(points, dtype=torch.float32) first"
        )
    values = as_tensor(part)
    if not values.is_floating_point():
        raise TypeError(f"expected points as floats, got {values.dtype}")
    if values.ndim < 2 or values.shape[-1] != 2:
        raise ValueError(f"expected points (..., 2), got {tuple(values.shape)}")
    values = values.to(torch.promote_types(values.dtype, torch.float32)).reshape(-1, 2)
    if concrete() and not bool(torch.isfinite(values).all()):
        raise ValueError(f"{int((~torch.isfinite(values)).any(-1).sum())} points are not finite")
    values = values.flip(-1) if order == "yx" else values
    if units == "normalised":
        return to_pixels(values, size)
    return values * values.new_tensor([size[1], size[0]]) - 0.5 if units == "unit" else values
