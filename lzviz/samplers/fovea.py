"""FOVEA: foveated image magnification (Thavamani et al. 2021, "FOVEA: Foveated Image Magnification for Autonomous Navigation").

Saliency is a kernel density of boxes (:func:`lzviz.saliency.from_boxes`; the boxes are the last frame's detections, or a data
set's average), the warp is separable, and "anti-crop" (reflect padding) keeps the whole image in view. Released settings:
31 x 51 nodes, fwhm 4, amplitude 1, bandwidth 64. Detections go back by ``layout.warp.unzoom_boxes``.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from lzviz.saliency import from_boxes
from lzviz.samplers import CLAIMS, System, add, options
from lzviz.samplers.base import AttractionSampler
from lzviz.text import t


@dataclass(eq=False, repr=False)
class Fovea(AttractionSampler):
    """See :class:`lzviz.samplers.base.AttractionSampler` for the rest.

    Attributes:
        boxes: (N, 4) pixel edges of the image: where to look when no saliency is given. ``None``: uniform, as without
            detections in the paper.
        bandwidth, amplitude: of the kernel density.
    """

    fwhm: float = 4.0
    boxes: Tensor | None = None
    bandwidth: float = 64.0
    amplitude: float = 1.0

    def default_saliency(self, image: Tensor) -> Tensor:
        boxes = image.new_zeros(0, 4) if self.boxes is None else self.boxes.to(image)
        return from_boxes(boxes, (image.shape[-2], image.shape[-1]), self.nodes, self.bandwidth, self.amplitude)


add(
    System(
        name="fovea",
        title="FOVEA",
        summary=t("sampler.fovea.summary"),
        paper="Thavamani et al. 2021",
        make=Fovea,
        options=(*options.attraction(fwhm=4.0, nodes=(31, 51), separable=True, anti_crop=True),),
        prescribes={"fwhm": 4.0, "nodes": (31, 51), "separable": True, "anti_crop": True},
        saliency=True,
        claims=CLAIMS,
        colour=("#8a5a2b", "#d9a871"),
        twin=True,
    )
)
