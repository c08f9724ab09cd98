"""The way back of LDS (Jin et al. 2022): each pixel has the answer of the sample nearest to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.coords import Size, check_size, lattice, to_pixels
from lzviz.nearest import nearest_marked
from lzviz.warp import WarpLayout


@dataclass(frozen=True, eq=False)
class NearestLayout(WarpLayout):
    """LDS's reverse sampler: every source pixel takes the sample nearest to it, so that nothing is left without an answer.

    One index map serves all channels. Of samples that fall on one pixel the first answers.
    """

    def scatter(self, rows: Tensor, size: Size) -> tuple[Tensor, Tensor]:
        sample = self.nearest(size).flatten(1)  # (B, H W)
        values = rows.reshape(-1, math.prod(self.zoomed_size), rows.shape[-1])
        sample = sample.expand(len(values), -1)
        dense = values.gather(1, sample[..., None].expand(-1, -1, rows.shape[-1]))
        dense = dense.mT.reshape(len(values), -1, *size)
        return dense, torch.ones_like(dense[:, 0], dtype=torch.bool)

    def nearest(self, size: Size) -> Tensor:
        """The sample (row-major in the zoomed image) nearest to each pixel: (B, H, W) int64."""
        return self._spread(self._pixels(check_size(size)), check_size(size), "amin")

    def _pixels(self, size: Size) -> Tensor:
        like = self.warp.like.detach()
        points = lattice(self.zoomed_size, dtype=like.dtype, device=like.device).reshape(1, -1, 2)
        places = self.warp.forward(points.expand(self.warp.batch, -1, -1)).detach()
        return (to_pixels(places, size) + 0.5).floor().long()

    def _spread(self, pixel: Tensor, size: Size, which: Literal["amin", "amax"]) -> Tensor:
        """Nearest of the samples at ``pixel`` (B, N, 2); of several on one pixel the first or the last."""
        h, w = size
        pixel = pixel[..., 1].clamp(0, h - 1) * w + pixel[..., 0].clamp(0, w - 1)  # (B, N)
        samples = torch.arange(pixel.shape[1], device=pixel.device).expand_as(pixel)
        none = pixel.shape[1] if which == "amin" else -1
        answer = torch.full((len(pixel), h * w), none, device=pixel.device).scatter_reduce(1, pixel, samples, which)
        index = nearest_marked((answer != none).reshape(-1, h, w))
        return answer.gather(1, index.flatten(1)).reshape(-1, h, w)


@dataclass(frozen=True, eq=False)
class PublishedLayout(NearestLayout):
    """The public code's reverse sampler. A sample stands on the pixel to which its place is cut down; of samples on one pixel the
    last answers; and sample k of n is written as 2 k / n - 1, which half-pixel code reads at k - 1/2: scores are means with the
    sample before (zero before the first), labels (integers) come from one of the two."""

    def scatter(self, rows: Tensor, size: Size) -> tuple[Tensor, Tensor]:
        h, w = self.zoomed_size
        image = rows.reshape(-1, h, w, rows.shape[-1]).permute(0, 3, 1, 2)
        floating = image.is_floating_point()
        y, x = (2 * torch.arange(n, dtype=torch.float32, device=rows.device) / n - 1 for n in (h, w))
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1).expand(len(image), -1, -1, -1)
        values = image if image.dtype in (torch.float32, torch.float64) else image.float()
        read = F.grid_sample(values, grid.to(values), "bilinear" if floating else "nearest", align_corners=False)
        return super().scatter(read.to(image.dtype).permute(0, 2, 3, 1).reshape(rows.shape), size)

    def nearest(self, size: Size) -> Tensor:
        h, w = check_size(size)
        grid = self.warp.half_pixel.detach().flatten(1, 2)  # type: ignore[attr-defined]
        place = (grid + 1) / 2 * grid.new_tensor([w - 1, h - 1])
        return self._spread(place.long(), (h, w), "amax")
