"""Uniform sampling, in its two readings. They are 7.5 px apart at the border for 1024 -> 64: say which one a number is against.

*Corners*: samples at ``j (W - 1) / (w - 1)``, the first and last on the border pixels; the identity of the warp family.
*Area*: samples at ``(j + 1/2) W / w - 1/2``, each in the middle of its own W / w pixels: what image libraries do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from lzviz.coords import Size, lattice
from lzviz.resampling import Interpolation
from lzviz.samplers import CLAIMS, System, add, options
from lzviz.samplers.base import WarpSampler, half_pixel_warp
from lzviz.text import t
from lzviz.warp import GridWarp, Warp


@dataclass(frozen=True, eq=False)
class Uniform(WarpSampler):
    """Uniform samples; ``half_pixel`` chooses the reading."""

    half_pixel: bool
    interpolation: Interpolation = "bilinear"

    def look(self, image: Tensor) -> None:
        return None

    def warp(self, saliency: Tensor | None, size: Size, source_size: Size) -> GridWarp:
        if not self.half_pixel:
            return Warp.identity((2, 2))
        # Half-pixel sample j of w lies at (2j + 1) / w - 1 of the image's outer edges.
        y, x = ((2 * torch.arange(n) + 1) / n - 1 for n in size)
        grid = torch.stack(torch.broadcast_tensors(x[None, :], y[:, None]), -1)[None]
        return half_pixel_warp(grid, size, source_size, True) if min(size) > 1 else _single(grid, source_size)


def _single(grid: Tensor, source_size: Size) -> GridWarp:
    """One sample along an axis: a constant there has no inverse, so the axis keeps its identity, whose middle it is."""
    rows, columns = (lattice((1, max(n, 2)))[0, :, 0] for n in grid.shape[1:3])
    x = grid[0, 0, :, 0] if grid.shape[2] > 1 else columns
    y = grid[0, :, 0, 1] if grid.shape[1] > 1 else rows
    nodes = torch.stack(torch.broadcast_tensors(x[None, :], y[:, None]), -1)[None]
    return Warp.from_grid(nodes, align_corners=False, source_size=source_size)


add(
    System(
        name="uniform",
        title=t("sampler.uniform.title"),
        summary=t("sampler.uniform.summary"),
        paper=t("sampler.uniform.paper"),
        make=partial(Uniform, False),
        options=(options.INTERPOLATION,),
        claims=CLAIMS,
        colour=("#6b7279", "#a4abb3"),
        twin=True,
    )
)
AREA = System(
    name="uniform-area",
    title=t("sampler.uniform-area.title"),
    summary=t("sampler.uniform-area.summary"),
    paper=t("sampler.uniform-area.paper"),
    make=partial(Uniform, True, interpolation="antialias"),
    options=(options.INTERPOLATION.at("antialias"),),
    claims=CLAIMS - {"identity"},
    colour=("#4b5158", "#c3c9d0"),
    twin=True,
)
add(AREA)
add(
    replace(
        AREA,
        name="uniform-cubic",
        title=t("sampler.uniform-cubic.title"),
        summary=t("sampler.uniform-cubic.summary"),
        make=partial(Uniform, True, interpolation="cubic"),
        options=(),
        colour=("#7a5c34", "#c9a777"),
        twin=False,
    )
)
