"""LZU: learning to zoom and unzoom (Thavamani et al. 2023, "Learning to Zoom and Unzoom", CVPR).

Zoom with the bilinear stretch of a small control grid, compute features there, and *unzoom* the features by the exact inverse
of that same map (:mod:`lzviz.inversion`), so that any network and any dense task can follow. Saliency may be fixed (the default:
the paper's nuScenes map, :func:`lzviz.saliency.fixed`), per frame (previous detections), or painted.

``mode="published"`` keeps what the public code does to its separable inverse: the border test is finer than float32, so the last
column or row of every level has no answer where the float32 grid ends short of 1 by rounding (half to two thirds of maps lose at
least one), and is filled with an out-of-range marker, ``2 max(H, W)`` in units of control nodes, which at small levels is a valid
place: those holes sample the middle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz import resampling, saliency
from lzviz.coords import Size, check_size, lattice, to_normalised, to_pixels
from lzviz.saliency import to_nodes
from lzviz.samplers import CLAIMS, System, add, options
from lzviz.samplers.base import AttractionSampler
from lzviz.text import t
from lzviz.warp import Warp


@dataclass(eq=False, repr=False)
class LZU(AttractionSampler):
    """See :class:`lzviz.samplers.base.AttractionSampler` for the options."""

    def default_saliency(self, image: Tensor) -> Tensor:
        return saliency.fixed().to(image)

    def warp(self, saliency: Tensor | None, size: Size, source_size: Size) -> Warp:
        control = self.control_warp(saliency)
        if self.mode == "fixed" or saliency is None or not self.separable:
            return control
        ends = rounded_ends(
            saliency.float() ** self.contrast, self.nodes, self.fwhm, self.kernel_radius, self.anti_crop
        )
        return PublishedInverse(control, ends < 1)


def rounded_ends(
    saliency: Tensor, nodes: Size, fwhm: float, kernel_radius: int | None = None, anti_crop: bool = True
) -> Tensor:
    """Where the grid ends as the public code rounds it: (B, 2) float32, x and y of the last node, at most 1.

    The same sums as :func:`lzviz.attraction.attract`, as float32 convolutions of the padded marginals, which end at 1 or some
    1e-7 below it where the true end is 1.
    """
    values = to_nodes(saliency.float(), nodes)
    radius = min(nodes) - 1 if kernel_radius is None else kernel_radius
    steps = torch.arange(-radius, radius + 1, dtype=torch.float32, device=values.device)
    kernel = torch.exp(-4 * math.log(2) * steps.square() / fwhm**2)[None, None]
    ends = []
    for marginal in (values.sum(2), values.sum(3)):  # (B, 1, w), (B, 1, h)
        n = marginal.shape[-1]
        padded = F.pad(marginal, (radius, radius), mode="reflect" if anti_crop else "replicate")
        place = (torch.arange(n + 2 * radius, dtype=torch.float32, device=values.device) - radius) / (n - 1)
        mean = F.conv1d(padded * place, kernel) / F.conv1d(padded, kernel)
        ends.append((mean * 2 - 1).clamp(-1, 1)[:, 0, -1])
    return torch.stack(ends, -1)


@dataclass(frozen=True, eq=False)
class PublishedInverse(Warp):
    """A warp whose inverse on a lattice has the public code's border fault; everything else is that of ``exact``.

    Attributes:
        lost: (B, 2) bool, whether the last column (x) and the last row (y) have no answer.
    """

    exact: Warp
    lost: Tensor

    @property
    def batch(self) -> int:
        return self.exact.batch

    @property
    def separable(self) -> bool:
        return self.exact.separable

    @property
    def like(self) -> Tensor:
        return self.exact.like

    @property
    def nodes(self) -> Tensor:
        return self.exact.nodes  # type: ignore[attr-defined]

    def forward(self, points: Tensor) -> Tensor:
        return self.exact.forward(points)

    def inverse(self, points: Tensor) -> tuple[Tensor, Tensor]:
        return self.exact.inverse(points)

    def jacobian(self, points: Tensor) -> Tensor:
        return self.exact.jacobian(points)

    def grid(self, size: Size) -> Tensor:
        return self.exact.grid(size)

    def foldovers(self) -> Tensor:
        return self.exact.foldovers()  # type: ignore[attr-defined]

    def inverse_grid(self, size: Size) -> tuple[Tensor, Tensor]:
        grid, valid = self.exact.inverse_grid(size)
        h, w = check_size(size)
        hole = torch.zeros(len(grid), h, w, dtype=torch.bool, device=grid.device)
        hole[:, :, -1] |= self.lost[:, :1].to(grid.device)
        hole[:, -1] |= self.lost[:, 1:].to(grid.device)
        marker = to_normalised(grid.new_full((2,), 2 * max(h, w)), (self.nodes.shape[1], self.nodes.shape[2]))
        grid = torch.where(hole[..., None], marker, grid)
        return grid, (hole | valid) & (grid.float().abs() <= 1).all(-1)  # in that code's precision


def unzoom_pyramid(
    warp: Warp,
    features: Sequence[Tensor],
    zoomed_size: Size,
    strides: Sequence[float] | None = None,
    inverse: Literal["exact", "downsampled"] = "exact",
    fill: float = 0.0,
) -> list[Tensor]:
    """Unzoom every level of a feature pyramid, each to its own size.

    Args:
        features: levels (B, C, h_l, w_l), finest first.
        zoomed_size: (h, w) pixels of the zoomed image that the pyramid was computed from.
        strides: pixels between neighbouring features of each level, where they really sit (feature i on pixel ``s * i``, before
            and after). ``None``: every level corner to corner, as in the paper.
        inverse: "exact" inverts at every level; "downsampled", the paper's shortcut, inverts at the finest level and reads that
            grid bilinearly where the features of the other levels sit (its appendix A.3 has the errors).
        fill: value outside the view.

    Returns:
        The levels over the source, in the sizes they came in.
    """
    if inverse not in ("exact", "downsampled"):
        raise ValueError(f"inverse must be 'exact' or 'downsampled', got {inverse!r}")
    if strides is not None and len(strides) != len(features):
        raise ValueError(f"expected a stride for each of the {len(features)} levels, got {len(strides)}")
    sizes = [(int(f.shape[-2]), int(f.shape[-1])) for f in features]
    zoomed_size = check_size(zoomed_size, "zoomed_size")
    places = [None] * len(sizes) if strides is None else [(stride, zoomed_size) for stride in strides]
    finest = (*_inverse_at(warp, sizes[0], places[0]), 1.0 if strides is None else float(strides[0]))
    out = []
    for level, size, place in zip(features, sizes, places, strict=True):
        grid, valid = finest[:2] if level is features[0] else _level(warp, size, place, finest, inverse)
        read = resampling.read(level, grid, "bilinear")
        out.append(torch.where(valid[:, None], read, read.new_tensor(fill)))
    return out


def _level(
    warp: Warp, size: Size, place: tuple[float, Size] | None, finest: tuple[Tensor, Tensor, float], inverse: str
) -> tuple[Tensor, Tensor]:
    if inverse == "exact":
        return _inverse_at(warp, size, place)
    grid, valid, stride = finest
    fine: Size = (int(grid.shape[1]), int(grid.shape[2]))
    points = lattice(size, dtype=grid.dtype, device=grid.device)
    if place is not None:
        points = to_normalised(to_pixels(points, size) * (place[0] / stride), fine)
    points = points.expand(len(grid), -1, -1, -1)
    known = torch.cat((grid.permute(0, 3, 1, 2), valid[:, None].to(grid.dtype)), 1)
    *_, seen = read = F.grid_sample(known, points, padding_mode="border", align_corners=True).unbind(1)
    out = torch.stack(read[:2], -1)
    if place is not None:
        out = to_normalised(to_pixels(out, fine) * (stride / place[0]), size).clamp(-1, 1)
    return out, seen > 1 - 1e-4


def _inverse_at(warp: Warp, size: Size, place: tuple[float, Size] | None) -> tuple[Tensor, Tensor]:
    """Where each feature of an unzoomed level reads in the zoomed level, in that level's own normalised coordinates."""
    if place is None:
        return warp.inverse_grid(size)
    stride, zoomed_size = place
    here = to_pixels(lattice(size, dtype=warp.like.dtype, device=warp.like.device), size) * stride
    points = to_normalised(here, zoomed_size).reshape(1, -1, 2).expand(warp.batch, -1, 2)
    zoomed, valid = warp.inverse(points)
    grid = to_normalised(to_pixels(zoomed, zoomed_size) / stride, size).clamp(-1, 1)
    return grid.reshape(-1, *size, 2), valid.reshape(-1, *size)


add(
    System(
        name="lzu",
        title="LZU",
        summary=t("sampler.lzu.summary"),
        paper="Thavamani et al. 2023",
        make=LZU,
        options=(
            options.MODE,
            *options.attraction(fwhm=10.0, nodes=(31, 51), separable=True, anti_crop=True),
        ),
        prescribes={"fwhm": 10.0, "nodes": (31, 51), "anti_crop": True},  # separable and full are both in the paper
        saliency=True,
        claims=CLAIMS,
        colour=("#2b6cb0", "#62a5e8"),
        twin=True,
    )
)
