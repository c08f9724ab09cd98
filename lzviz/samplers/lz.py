"""LZ: learning to zoom (Recasens et al. 2018, "Learning to Zoom: a Saliency-Based Sampling Layer for Neural Networks", ECCV).

The full saliency map attracts each node (eq. 3), on a square control grid with replicate padding, which crops: a centred
blob at fwhm 13 covers 94.5 % of the width. Any saliency goes in; without one, the edges of the image stand in for the network.

``mode="published"``: the public code on today's PyTorch stretches the control grid and reads the image half-pixel
(``align_corners=False``), which shifts samples by up to half a pixel of either lattice; and it has no floor.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from lzviz.coords import Size
from lzviz.saliency import from_edges
from lzviz.samplers import ATTRACTION_CONTROLS, CLAIMS, SOURCES, System, add
from lzviz.samplers.base import AttractionSampler, half_pixel_warp
from lzviz.warp import Warp


@dataclass(frozen=True, eq=False)
class LZ(AttractionSampler):
    """See :class:`lzviz.samplers.base.AttractionSampler` for the options."""

    nodes: Size = (31, 31)
    fwhm: float = 13.0
    separable: bool = False
    anti_crop: bool = False

    def default_saliency(self, image: Tensor) -> Tensor:
        return from_edges(image, self.nodes)

    def warp(self, saliency: Tensor | None, size: Size, source_size: Size) -> Warp:
        control = self.control_warp(saliency)
        return half_pixel_warp(control.nodes, size, source_size) if self.mode == "published" else control


add(
    System(
        name="lz",
        title="LZ",
        summary="learning to zoom",
        paper="Recasens et al. 2018",
        make=LZ,
        controls=("mode", *ATTRACTION_CONTROLS),
        defaults={"mode": "fixed", "fwhm": 13.0, "nodes": (31, 31), "separable": False, "anti_crop": False},
        saliency=SOURCES,
        claims=CLAIMS - {"no_fold"},
    )
)
