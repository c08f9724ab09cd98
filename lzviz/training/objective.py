"""What is minimised: one objective for every system, so that only the sampler differs.

    L = L_seg(scores, labels) + edge * L_edge

L_seg is cross-entropy (or, with an exponent, focal loss), classes weighted by p^-1/2 (p = share of the pixels), void ignored. It
stands on the *zoomed* image, where each sample may count by the area it stands for
(:func:`lzviz.samplers.lds_loss.area_weights`), or on the *source*, after the scores came back (LZU: the warp's distortion of the
statistics is undone before the loss sees it). L_edge teaches a sampler that learns where boundaries are: LDS's edge loss in one of
its forms (:class:`lzviz.samplers.lds_loss.Loss`), or the distance of ES's grid from the energy's minimiser.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.datasets import IGNORE
from lzviz.pipelines.pipeline import Pipeline, image_size
from lzviz.samplers.base import Downsampled, MapLearner, PlaceLearner
from lzviz.samplers.lds_loss import Loss, area_weights
from lzviz.training.batches import Batch
from lzviz.training.parallel import mean_of_processes
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
        weights = shares.clamp(min=1e-4) ** -recipe.balance
        self.register_buffer("weights", (weights / weights.mean()).float(), persistent=False)
        mode = pipeline.sampler.mode if isinstance(pipeline.sampler, MapLearner) else "fixed"
        self.joint = Loss(recipe.edge, recipe.focal, recipe.edges, recipe.area_weighted, mode, IGNORE)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """ "total", "segmentation" and, where there is one, "edge"."""
        recipe, pipeline = self.recipe, self.pipeline
        out, edge = self.downsample(batch)
        assert isinstance(out.layout, WarpLayout)
        zoomed = recolour(out.image, recipe.colour * batch.colour) if recipe.colour else out.image
        with torch.autocast(zoomed.device.type, torch.bfloat16, enabled=zoomed.device.type == "cuda"):
            scores = pipeline.scores(out, zoomed.contiguous(memory_format=torch.channels_last)).float()
        size = out.layout.zoomed_size
        if recipe.frame == "source":
            here = Warp.identity((2, 2)).zoom(batch.labels, size, "nearest")
            segmentation = self.cross_entropy(pipeline.restore(scores, out, size), here)
        else:
            here = self.joint.sampled(out.layout, batch.labels)
            area = area_weights(out.layout) if recipe.area_weighted else None
            segmentation = self.cross_entropy(pipeline.on_zoomed(scores, size), here, area)
        losses = {"segmentation": segmentation, "total": segmentation}
        if edge is not None:
            losses["edge"] = edge
            losses["total"] = segmentation + recipe.edge * edge
        return losses

    def downsample(self, batch: Batch) -> tuple[Downsampled, Tensor | None]:
        """The zoomed image and the edge loss."""
        pipeline, recipe, labels = self.pipeline, self.recipe, batch.labels
        sampler, seen = pipeline.sampler, pipeline.seen(batch.image)
        if isinstance(sampler, PlaceLearner):
            # The grid learns from what it would want alone, as in the paper; the network from what the grid shows it.
            nodes = sampler.predict(seen)
            warp = GridWarp(nodes.detach())
            layout = warp.at(pipeline.zoomed_size(seen), image_size(seen))
            out = Downsampled(warp.zoom(seen, layout.zoomed_size, sampler.interpolation), layout)
            return out, sampler.grid_loss(nodes, labels, IGNORE)
        saliency, extras = None, {}
        look = getattr(pipeline, "look", None)
        if isinstance(sampler, MapLearner):
            extras["logits"] = sampler.logits(pooled(sampler.view(seen), batch.pool))
            saliency = sampler.map_of(extras["logits"]).to(seen.dtype)
        elif pipeline.boundary is not None:
            saliency = pipeline.saliency_of(labels)
            if recipe.jitter:
                saliency = jittered(saliency, recipe.jitter * batch.shift)
        elif isinstance(look, nn.Module):
            extras["logits"] = look.logits(seen)  # type: ignore[operator]
            saliency = look.saliency(extras["logits"])  # type: ignore[operator]
        out = pipeline.downsample(batch.image, saliency)
        if not recipe.edge or not extras:
            return out, None
        return out, self.joint.edge(replace(out, extras=out.extras | extras), labels)

    def cross_entropy(self, scores: Tensor, labels: Tensor, area: Tensor | None = None) -> Tensor:
        """Weighted mean over the labelled pixels, of all processes together."""
        weights: Tensor = self.weights  # type: ignore[assignment]
        known = labels != IGNORE
        target = labels.where(known, 0).long()
        each = F.cross_entropy(scores, target, reduction="none")
        if self.recipe.focal:
            each = each * (1 - (-each).exp()).clamp(min=1e-6) ** self.recipe.focal
        counts = weights[target] * known if area is None else weights[target] * known * area
        return (each * counts).sum() / mean_of_processes(counts.sum()).clamp(min=1e-6)


class Edges(Objective):
    """The sampler's loss alone, for a module that shall know boundaries before a network depends on its samples. The network stays
    as it is."""

    def __init__(self, pipeline: Pipeline, recipe: Recipe, shares: Tensor):
        super().__init__(pipeline, recipe, shares)
        if not recipe.edge:
            raise ValueError(f"{recipe.name} needs an edge loss: edge > 0")
        for module in pipeline.children():
            module.requires_grad_(module is pipeline.sampler)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """ "total" and "edge"."""
        _, edge = self.downsample(batch._replace(image=recolour(batch.image, self.recipe.colour * batch.colour)))
        if edge is None:
            raise ValueError(f"{self.recipe.name}: this sampler has no module to be taught")
        return {"edge": edge, "total": edge}


def recolour(image: Tensor, change: Tensor) -> Tensor:
    """Change gain, bias and saturation of images (B, 3, H, W) by (B, 3)."""
    gain, bias, saturation = change[:, :, None, None, None].unbind(1)
    grey = image.mean(1, keepdim=True)
    return (grey + (image - grey) * (1 + saturation)) * (1 + gain) + bias / 2


def jittered(saliency: Tensor, change: Tensor) -> Tensor:
    """Maps (B, 1, h, w) scaled and shifted by (B, 3), scale, x, y, as shares of the image: what an older frame would have said."""
    theta = torch.zeros(len(saliency), 2, 3, device=saliency.device)
    theta[:, 0, 0] = theta[:, 1, 1] = 1 + change[:, 0]
    theta[:, :, 2] = 2 * change[:, 1:]
    grid = F.affine_grid(theta, list(saliency.shape), align_corners=True)
    return F.grid_sample(saliency, grid, padding_mode="border", align_corners=True)


def pooled(view: Tensor, sides: Tensor) -> Tensor:
    """Views (B, C, h, w), each averaged over boxes of its side, (B,), and stretched back to its size."""
    for side in sides.unique().tolist():
        if side > 1:
            small = F.avg_pool2d(view, side, ceil_mode=True, count_include_pad=False)
            view = torch.where((sides == side)[:, None, None, None], F.interpolate(small, view.shape[-2:]), view)
    return view
