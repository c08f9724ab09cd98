"""Perfect knowledge: what a sampler would look at if it were told where the boundaries are.

    saliency = of_labels(pipeline.sampler, labels)      # true labels
    saliency = of_map(pipeline.sampler, painted)        # a map in [0, 1]: 1 = a boundary is here
    trace = pipeline.run(image, saliency=saliency)

What comes out is in the sampler's own terms: a mask of boundaries for the energy minimiser (ES), the map of a module that knows
(LDS), boundaries that outweigh the rest ``density`` times (LZ, FOVEA, LZU).
"""

from __future__ import annotations

from torch import Tensor

from lzviz import saliency
from lzviz.samplers import lds, lds_loss
from lzviz.samplers.base import AttractionSampler, Sampler
from lzviz.samplers.es import ES, boundary_pixels
from lzviz.samplers.lds import LDS

DENSITY = 100.0


def is_told(sampler: Sampler) -> bool:
    """Whether there is anything to tell: resizers and uniform sampling look nowhere in particular."""
    return isinstance(sampler, ES | LDS | AttractionSampler)


def of_labels(sampler: Sampler, labels: Tensor, density: float = DENSITY, ignore_index: int = 255) -> Tensor:
    """The saliency (B, 1, h, w) float32 that true labels (B, H, W), integers, would be to a sampler.

    Raises:
        TypeError: a sampler that looks nowhere.
    """
    if isinstance(sampler, ES):
        return boundary_pixels(labels, ignore_index)[:, None].float()
    if isinstance(sampler, LDS):
        return lds.known_map(lds_loss.edge_target(labels, sampler.nodes, sampler.mode, ignore_index))
    if isinstance(sampler, AttractionSampler):
        return saliency.from_boundaries(labels, sampler.nodes, density, 1, ignore_index)
    raise TypeError(f"{type(sampler).__name__} looks nowhere in particular: it cannot be told where")


def of_map(sampler: Sampler, values: Tensor, density: float = DENSITY) -> Tensor:
    """The saliency (B, 1, h, w) float32 that a map (B, 1, h', w') in [0, 1], corner-aligned on the image, would be to a sampler.

    Raises:
        TypeError: a sampler that looks nowhere.
    """
    if isinstance(sampler, ES):
        return values.float()
    if isinstance(sampler, LDS):
        return lds.known_map(saliency.to_nodes(values, sampler.nodes)).float()
    if isinstance(sampler, AttractionSampler):
        return saliency.from_mask(values, sampler.nodes, density).float()
    raise TypeError(f"{type(sampler).__name__} looks nowhere in particular: it cannot be told where")
