"""LZ: learning to zoom (Recasens et al. 2018, "Learning to Zoom: a Saliency-Based Sampling Layer for Neural Networks", ECCV).

The full saliency map attracts each node (eq. 3), on a square control grid with replicate padding, which crops: a centred
blob at fwhm 13 covers 94.5 % of the width. Any saliency goes in: a :class:`SaliencyNetwork`'s,
trained with the task, a painted one; without one, the edges of the image stand in for the network.

``mode="published"``: the public code on today's PyTorch stretches the control grid and reads the image half-pixel
(``align_corners=False``), which shifts samples by up to half a pixel of either lattice; outside the image are zeros, so that
samples on its outer edge are half black; and it has no floor.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.coords import Size, check_size
from lzviz.models import resnet
from lzviz.models.initialise import he_, reproducible
from lzviz.saliency import from_edges
from lzviz.samplers import CLAIMS, System, add, options
from lzviz.samplers.base import AttractionSampler, at_least_float32, half_pixel_warp, zeros_outside
from lzviz.text import t
from lzviz.warp import Warp


class SaliencyNetwork(nn.Module):
    """LZ's (Recasens et al. 2018): the picture at ``view`` -> ResNet-18 up to its third stage -> ReLU -> conv1x1 to one map ->
    bilinear to the nodes -> softmax over the cells.

    Args:
        nodes: (h, w) of the map.
        width, stem: of the ResNet; 64 and "imagenet" are the paper's.
        view: (h, w) of the picture it sees, 224 x 224 in the paper.
    """

    def __init__(
        self,
        nodes: Size = (31, 31),
        width: int = 64,
        view: Size = (224, 224),
        stem: str | int = "imagenet",
        seed: int = 0,
    ):
        super().__init__()
        self.nodes, self.size = check_size(nodes, "nodes"), check_size(view, "view")
        halved = 4 if stem == "imagenet" else int(stem)
        trunk = resnet.resnet18(classes=None, width=width, stem=stem, output_stride=8 * halved, seed=seed)
        trunk.layer4 = nn.Identity()  # type: ignore[assignment]
        self.trunk = trunk
        with reproducible(seed):
            self.score = nn.Conv2d(4 * width, 1, 1)
            self.score.starts_small = True  # type: ignore[assignment]
            he_(self.score)
        self.eval()

    def logits(self, image: Tensor) -> Tensor:
        """The map before the softmax: (B, 1, h, w)."""
        view = Warp.identity((2, 2)).zoom(image, self.size, "antialias")
        features = self.trunk.stages(view.to(self.score.weight.dtype))[2]
        return F.interpolate(self.score(features), size=self.nodes, mode="bilinear", align_corners=True)

    def saliency(self, logits: Tensor) -> Tensor:
        return logits.float().flatten(1).softmax(1).reshape(logits.shape)

    def forward(self, image: Tensor) -> Tensor:
        return self.saliency(self.logits(image)).to(at_least_float32(image))


@dataclass(eq=False, repr=False)
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
        return (
            half_pixel_warp(control.nodes, size, source_size, self.separable) if self.mode == "published" else control
        )

    def read(self, warp: Warp, image: Tensor, size: Size) -> Tensor:
        if self.mode == "published":
            return zeros_outside(warp, image, size, self.interpolation)
        return super().read(warp, image, size)


add(
    System(
        name="lz",
        title="LZ",
        summary=t("sampler.lz.summary"),
        paper="Recasens et al. 2018",
        make=LZ,
        options=(
            options.MODE,
            *options.attraction(fwhm=13.0, nodes=(31, 31), separable=False, anti_crop=False),
        ),
        prescribes={"fwhm": 13.0, "nodes": (31, 31), "separable": False, "anti_crop": False},
        saliency=True,
        claims=CLAIMS - {"no_fold"},
        colour=("#b35806", "#f0944d"),
        twin=True,
    )
)
