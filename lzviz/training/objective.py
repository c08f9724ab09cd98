"""What is minimised: one objective for every system, so that only the sampler differs.

    L = CE(scores, labels) + edge * L_edge

CE is cross-entropy, classes weighted by p^-1/2 (p = share of the pixels), void ignored. It stands on the *zoomed* image, where each
sample may count by the area it stands for (:func:`lzviz.samplers.lds.area_weights`), or on the *source*, after the scores came back
(LZU: the warp's distortion of the statistics is undone before the loss sees it). L_edge teaches a sampler that learns where
boundaries are: binary cross-entropy of its numbers against "is there a boundary in this cell" (LDS, LZU learned), or the distance
of its grid from the energy's minimiser (ES).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.coords import Size
from lzviz.pipeline import Pipeline
from lzviz.samplers.base import Downsampled
from lzviz.samplers.es import ES, boundary_pixels
from lzviz.samplers.lds import area_weights, boundary_cells
from lzviz.training.data import IGNORE
from lzviz.training.recipes import Recipe
from lzviz.warp import GridWarp, Warp, WarpLayout


class Objective(nn.Module):
    """A pipeline and its loss as one module, which is what a distributed run wraps.

    Args:
        pipeline: to be trained.
        recipe: says which loss.
        shares: of each class, (K,), sum 1.
    """

    def __init__(self, pipeline: Pipeline, recipe: Recipe, shares: Tensor):
        super().__init__()
        self.pipeline, self.recipe = pipeline, recipe
        weights = shares.clamp(min=1e-4).rsqrt()
        self.register_buffer("weights", (weights / weights.mean()).float(), persistent=False)

    def forward(self, image: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """ "total", "segmentation" and, where there is one, "edge" of images (B, 3, H, W) in [0, 1] and labels (B, H, W)."""
        recipe, pipeline = self.recipe, self.pipeline
        out, edge = self.downsample(image, labels)
        assert isinstance(out.layout, WarpLayout)
        zoomed = recolour(out.image, recipe.colour) if recipe.colour else out.image
        with torch.autocast(image.device.type, torch.bfloat16, enabled=image.device.type == "cuda"):
            scores = pipeline.scores(out, zoomed.contiguous(memory_format=torch.channels_last)).float()
        size = out.layout.zoomed_size
        if recipe.frame == "source":
            here = Warp.identity((2, 2)).zoom(labels, size, "nearest")
            segmentation = self.cross_entropy(pipeline.restore(scores, out, size), here)
        else:
            here = out.layout.warp.zoom(labels, size, "nearest")
            area = area_weights(out.layout) if recipe.area_weighted else None
            segmentation = self.cross_entropy(pipeline.on_zoomed(scores, size), here, area)
        losses = {"segmentation": segmentation, "total": segmentation}
        if edge is not None:
            losses["edge"] = edge
            losses["total"] = segmentation + recipe.edge * edge
        return losses

    def downsample(self, image: Tensor, labels: Tensor) -> tuple[Downsampled, Tensor | None]:
        """The zoomed image and the edge loss."""
        pipeline, recipe = self.pipeline, self.recipe
        sampler, size = pipeline.sampler, recipe.train_size or pipeline.zoomed_size(image)
        seen = pipeline.seen(image) if pipeline.source is None else F.adaptive_avg_pool2d(image, pipeline.source)
        if isinstance(sampler, ES):
            # The grid learns from the minimiser alone, as in the paper; the network from what the grid shows it.
            nodes = sampler.predict(seen)
            wanted = sampler.locate(boundary_pixels(labels, IGNORE)).to(nodes)
            warp = GridWarp(nodes.detach())
            layout = warp.at(size, (int(seen.shape[-2]), int(seen.shape[-1])))
            out = Downsampled(warp.zoom(seen, size, sampler.interpolation), layout)
            return out, (nodes - wanted).square().sum(-1).mean()
        saliency = logits = None
        look = getattr(pipeline, "look", None)
        if pipeline.boundary is not None:
            saliency = jittered(pipeline.saliency_of(labels), recipe.jitter)
        elif isinstance(look, nn.Module):
            logits = look.logits(seen)  # type: ignore[operator]
            saliency = look.saliency(logits)  # type: ignore[operator]
        out = sampler(seen, size, saliency)
        logits = out.extras.get("logits", logits)
        if not recipe.edge or logits is None:
            return out, None
        cells: Size = (int(logits.shape[-2]), int(logits.shape[-1]))
        return out, F.binary_cross_entropy_with_logits(logits.float(), boundary_cells(labels, cells, IGNORE))

    def cross_entropy(self, scores: Tensor, labels: Tensor, area: Tensor | None = None) -> Tensor:
        """Weighted mean over the labelled pixels."""
        weights: Tensor = self.weights  # type: ignore[assignment]
        known = labels != IGNORE
        target = labels.where(known, 0).long()
        each = F.cross_entropy(scores, target, reduction="none")
        counts = weights[target] * known if area is None else weights[target] * known * area
        return (each * counts).sum() / counts.sum().clamp(min=1e-6)


def recolour(image: Tensor, most: float) -> Tensor:
    """Random gain, bias and saturation, each image its own, from torch's global generator."""
    gain, bias, saturation = ((torch.rand(3, len(image), 1, 1, 1, device=image.device) * 2 - 1) * most).unbind(0)
    grey = image.mean(1, keepdim=True)
    return (grey + (image - grey) * (1 + saturation)) * (1 + gain) + bias / 2


def jittered(saliency: Tensor, most: float) -> Tensor:
    """A map (B, 1, h, w) shifted by up to ``most`` of the image and scaled by as much: what an older frame would have said."""
    if not most:
        return saliency
    batch = len(saliency)
    theta = torch.zeros(batch, 2, 3, device=saliency.device)
    theta[:, 0, 0] = theta[:, 1, 1] = 1 + (torch.rand(batch, device=saliency.device) * 2 - 1) * most
    theta[:, :, 2] = (torch.rand(batch, 2, device=saliency.device) * 2 - 1) * 2 * most
    grid = F.affine_grid(theta, list(saliency.shape), align_corners=True)
    return F.grid_sample(saliency, grid, padding_mode="border", align_corners=True)
