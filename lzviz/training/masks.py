"""Training of a learned mask (:mod:`lzviz.adaptive.learned`), in two recipes one after the other:

1. :class:`Streams`: a network that is trained already runs finely and coarsely, dense; the mask's sample blends the two answers,
   and a budget asks for the share ``gamma`` of halved cells. This trains the mask; the weights stay, and a step takes
   a third of the time.
2. :class:`Adaptive`: the mask stays as it is, and the weights are fine-tuned on what will run: its argmax, on the quadtree's rows.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lzviz.adaptive.learned import blended_loss, two_streams
from lzviz.pipelines.adaptive import AdaptivePipeline
from lzviz.pipelines.pipeline import Pipeline
from lzviz.tasks.segmentation import SegmentationLoss
from lzviz.trace.frames import identity, image_size, on_zoomed
from lzviz.training.batches import Batch
from lzviz.training.objective import Objective, recolour
from lzviz.training.recipes import Recipe


class Adaptive(Objective):
    """Cross-entropy of an adaptive pipeline's scores at the size of the picture."""

    pipeline: AdaptivePipeline
    criterion: SegmentationLoss

    def __init__(self, pipeline: Pipeline, recipe: Recipe, summary: Tensor):
        if not isinstance(pipeline, AdaptivePipeline):
            raise TypeError(f"{recipe.name} trains an adaptive pipeline: its blueprint needs mask=")
        super().__init__(pipeline, recipe, summary)
        if pipeline.mask == "learned":
            pipeline.look.requires_grad_(False)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """ "total" and "segmentation"."""
        pipeline = self.pipeline
        seen, truth = self.picture(batch)
        scores = pipeline.through(seen, pipeline.levels(seen))[2]
        segmentation = self.criterion.cross_entropy(on_zoomed(scores, image_size(truth)), truth)
        return {"segmentation": segmentation, "total": segmentation}

    def picture(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Images and labels at the size of training, with other colours."""
        size, same = self.recipe.train_size or self.pipeline.zoomed_size(batch.image), identity(batch.image)
        seen = recolour(same.zoom(batch.image, size), self.recipe.colour * batch.colour)
        return seen.contiguous(memory_format=torch.channels_last), same.zoom(batch.truth, size, "nearest")


class Streams(Adaptive):
    """Cross-entropy of two blended streams, and the mask's budget."""

    def __init__(self, pipeline: Pipeline, recipe: Recipe, summary: Tensor):
        super().__init__(pipeline, recipe, summary)
        mask = recipe.blueprint.mask or {}
        if mask.get("kind") != "learned" or "gamma" not in mask:
            raise ValueError(f'{recipe.name} needs a blueprint with mask={{"kind": "learned", "gamma": .5}}')
        self.gamma: float = mask["gamma"]
        pipeline.network.requires_grad_(False)  # type: ignore[union-attr]
        self.pipeline.look.requires_grad_(True)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Also "halved", the share of cells that the mask's sample halves."""
        pipeline = self.pipeline
        pipeline.network.eval()  # frozen: neither dropout nor new statistics
        seen, truth = self.picture(batch)
        scores, halved = two_streams(lambda x, levels: pipeline.through(x, levels)[2], pipeline.look, seen)
        segmentation = self.criterion.cross_entropy(on_zoomed(scores, image_size(truth)), truth)
        total = blended_loss(segmentation, halved, self.gamma)
        return {"segmentation": segmentation, "halved": halved.mean().detach(), "total": total}
