"""A warp at two sizes, as rows that know their place."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lzviz import resampling
from lzviz.coords import Size, outer, to_normalised, to_pixels
from lzviz.layout import Layout
from lzviz.warp.base import KINDS, Warp


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


KINDS["layout"] = WarpLayout
