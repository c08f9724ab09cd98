"""What is minimised: one objective for every system, so that only the sampler differs.

    L = L_task(answer, truth) + edge * L_edge

L_task is the task's own (:meth:`lzviz.tasks.base.Task.loss`), for segmentation a weighted cross-entropy. L_edge teaches a sampler
that learns where boundaries are: LDS's edge loss in one of its forms (:class:`lzviz.samplers.lds_loss.Loss`), or the distance of
ES's grid from the energy's minimiser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.datasets import IGNORE
from lzviz.pipelines.foreign import evaluating
from lzviz.pipelines.pipeline import Pipeline
from lzviz.samplers.base import Downsampled, MapLearner, PlaceLearner
from lzviz.samplers.lds_loss import Loss
from lzviz.trace.frames import image_size
from lzviz.training.batches import Batch
from lzviz.training.recipes import Recipe
from lzviz.warp import GridWarp


class Objective(nn.Module):
    """A pipeline and its loss as one module, which is what a distributed run wraps.

    Args:
        pipeline: to be trained.
        recipe: says which loss.
        summary: of the training set, as the task wants it; for segmentation the share of each class, (K,), sum 1.
    """

    def __init__(self, pipeline: Pipeline, recipe: Recipe, summary: Tensor):
        super().__init__()
        self.pipeline, self.recipe = pipeline, recipe
        self.criterion = pipeline.task.loss(recipe, summary)
        mode = pipeline.sampler.mode if isinstance(pipeline.sampler, MapLearner) else "fixed"
        self.joint = Loss(recipe.edge, recipe.focal, recipe.edges, recipe.area_weighted, mode, IGNORE)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """ "total", the task's losses and, where there is one, "edge"."""
        recipe, pipeline = self.recipe, self.pipeline
        out, edge = self.downsample(batch)
        zoomed = recolour(out.image, recipe.colour * batch.colour) if recipe.colour else out.image
        with torch.autocast(zoomed.device.type, torch.bfloat16, enabled=zoomed.device.type == "cuda"):
            answer = pipeline.answer(out, zoomed.contiguous(memory_format=torch.channels_last))[1]
        losses = self.criterion(in_float(answer), out, batch.truth, pipeline)
        losses["total"] = total = torch.stack(list(losses.values())).sum()
        if edge is not None:
            losses["edge"] = edge
            losses["total"] = total + recipe.edge * edge
        return losses

    def before(self, batch: Batch) -> Any:
        """What the pipeline may have said of the frame before: what it says at a first look, or what is true, moved."""
        pipeline, recipe = self.pipeline, self.recipe
        if recipe.own and float(torch.rand(())) < recipe.own:
            with torch.no_grad(), evaluating(pipeline):
                return pipeline.first(batch.image)
        return pipeline.task.earlier(batch.truth, recipe.jitter)

    def downsample(self, batch: Batch) -> tuple[Downsampled, Tensor | None]:
        """The zoomed image and the edge loss."""
        pipeline, recipe = self.pipeline, self.recipe
        sampler, seen, labels = pipeline.sampler, pipeline.seen(batch.image), pipeline.task.lesson(batch.truth)
        if isinstance(sampler, PlaceLearner) and labels is not None:
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
            saliency = pipeline.saliency_of(self.before(batch), image_size(batch.image))
            if recipe.jitter:
                saliency = jittered(saliency, recipe.jitter * batch.shift)
        elif isinstance(look, nn.Module):
            extras["logits"] = look.logits(seen)  # type: ignore[operator]
            saliency = look.saliency(extras["logits"])  # type: ignore[operator]
        out = pipeline.downsample(batch.image, saliency)
        if not recipe.edge or not extras or labels is None:
            return out, None
        return out, self.joint.edge(replace(out, extras=out.extras | extras), labels)


class Edges(Objective):
    """The sampler's loss alone, for a module that shall know boundaries before a network depends on its samples. The network stays
    as it is."""

    def __init__(self, pipeline: Pipeline, recipe: Recipe, summary: Tensor):
        super().__init__(pipeline, recipe, summary)
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


def in_float(answer: Any) -> Any:
    """An answer in float32, whatever precision the network ran in."""
    if isinstance(answer, Tensor):
        return answer.float()
    if isinstance(answer, Mapping):
        return {name: in_float(each) for name, each in answer.items()}
    return [in_float(each) for each in answer]


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
