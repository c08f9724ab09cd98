"""Where do the kept samples lie? The promise that a warp at a size, a quadtree and a uniform resize all keep.

A :class:`Layout` has N rows (the samples of all images of the batch, concatenated), and each row knows its place in the
source. Figures, costs and metrics are written against this promise once and then hold for every sampler.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from lzviz.coords import Size, check_size


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
        source_h, source_w = self.source_size
        x = (self.sites[:, 0] * ((w - 1) / max(source_w - 1, 1))).clamp(0, w - 1)
        y = (self.sites[:, 1] * ((h - 1) / max(source_h - 1, 1))).clamp(0, h - 1)
        x0, y0 = x.floor().clamp(max=max(w - 2, 0)), y.floor().clamp(max=max(h - 2, 0))
        fx, fy = x - x0, y - y0
        out = x.new_zeros(self.count.numel() * h * w)
        for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
            weight = (fx if dx else 1 - fx) * (fy if dy else 1 - fy)
            column, row = (x0.long() + dx).clamp(max=w - 1), (y0.long() + dy).clamp(max=h - 1)
            out = out.index_add(0, (self.batch * h + row) * w + column, weight)
        return out.reshape(-1, h, w)

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
