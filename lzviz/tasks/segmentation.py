"""Segmentation: a class for every pixel.

The answer is class scores (B, K, h', w') at the network's own stride; they come back bilinearly on the exact inverse, for every
system alike, uniform included, and the best class at each pixel is the label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz import saliency
from lzviz.coords import Size
from lzviz.measure import evaluation
from lzviz.parallel import mean_of_processes
from lzviz.samplers.base import Downsampled
from lzviz.samplers.lds_loss import area_weights
from lzviz.tasks.base import Metric, Task, View
from lzviz.trace import Trace
from lzviz.trace.checks import checked_labels
from lzviz.trace.frames import image_size, on_zoomed, restored
from lzviz.warp import Warp, WarpLayout

IGNORE = 255


class SegmentationTrace(Trace):
    """A :class:`lzviz.Trace` with segmentation's names; with true labels, also how good it was."""

    def verdict(self) -> list[str]:
        if self.confusion is None:
            return []
        return [f"mIoU       {self.miou:.3f}; sampling alone allows {self.intrinsic:.3f}"]

    @property
    def scores(self) -> Tensor | None:
        """(B, K, h', w') at the network's own stride."""
        return self.answer

    @property
    def unzoomed(self) -> Tensor | None:
        """(B, K, H, W) scores at the image's size."""
        return self.restored

    @property
    def labels(self) -> Tensor | None:
        """(B, H, W) int64 at the image's size."""
        return self.output

    @cached_property
    def zoomed_labels(self) -> Tensor | None:
        """(B, h, w) int64 at the zoomed image's size."""
        if self.scores is None or self.labels is None:
            return None
        size = image_size(self.zoomed)
        if self.uniform and isinstance(self.layout, WarpLayout):
            return self.layout.warp.zoom(self.labels, size, "nearest")
        return best(on_zoomed(self.scores, size))

    @cached_property
    def zoomed_truth(self) -> Tensor | None:
        """(B, h, w) the true labels at the samples."""
        if self.truth is None:
            return None
        h, w = self.zoomed.shape[-2:]
        if isinstance(self.layout, WarpLayout):
            return self.layout.warp.zoom(self.truth, (h, w), "nearest")
        rows = evaluation.sampled_labels(self.layout, self.truth)
        return self.layout.scatter(rows[:, None].float(), (h, w))[0][:, 0].round().long()

    @cached_property
    def confusion(self) -> Tensor | None:
        """(K, K + 1) pixels by true and predicted class: :func:`lzviz.measure.evaluation.confusion`."""
        if self.truth is None or self.labels is None or self.scores is None:
            return None
        return evaluation.confusion(self.labels, self.truth, self.scores.shape[1])

    @property
    def miou(self) -> float:
        """Mean IoU in [0, 1]; NaN without labels."""
        return float("nan") if self.confusion is None else evaluation.miou(self.confusion)

    @property
    def per_class(self) -> Tensor | None:
        """(K,) IoU of each class; NaN for one that is neither true nor predicted."""
        return None if self.confusion is None else evaluation.iou(self.confusion)

    @cached_property
    def error(self) -> Tensor | None:
        """(B, H, W) bool: labelled pixels that are wrong."""
        if self.truth is None or self.labels is None:
            return None
        return (self.labels != self.truth) & (self.truth != IGNORE)

    @cached_property
    def perfect(self) -> Tensor | None:
        """(B, H, W) labels of a perfect network that saw these samples, brought back as this pipeline brings scores back."""
        if self.truth is None:
            return None
        return evaluation.reconstructed_labels(self.layout, self.truth, self._known, IGNORE, border=True)

    @cached_property
    def intrinsic_confusion(self) -> Tensor | None:
        """The confusion matrix of the perfect labels."""
        return None if self.perfect is None else evaluation.confusion(self.perfect, self.truth, self._known)

    @property
    def intrinsic(self) -> float:
        """mIoU that sampling alone allows, in [0, 1]; NaN without labels."""
        return float("nan") if self.intrinsic_confusion is None else evaluation.miou(self.intrinsic_confusion)

    @property
    def _known(self) -> int:
        """The number of classes: the network's, or those that occur."""
        if self.scores is not None:
            return int(self.scores.shape[1])
        labelled = self.truth[self.truth != IGNORE]
        return int(labelled.max()) + 1 if len(labelled) else 1


class Segmentation(Task):
    """See the module; 255 is not labelled."""

    name: ClassVar = "segmentation"
    output: ClassVar = "labels"
    trace: ClassVar = SegmentationTrace
    views: ClassVar = (
        View("labels", "classes"),
        View("zoomed_labels", "classes", "zoomed"),
        View("truth", "classes"),
        View("zoomed_truth", "classes", "zoomed"),
        View("error", "mask"),
        View("miou", "number"),
        View("intrinsic", "number"),
    )
    metrics: ClassVar = (
        Metric("miou", "mIoU", "everywhere", "miou"),
        Metric("boundary", "boundary (within {distance} px)", "boundary", "boundary_miou"),
        Metric("small", "small (below {share:.2%} of the picture)", "small", "small_iou"),
        Metric("intrinsic", "intrinsic", "intrinsic", "intrinsic_miou"),
    )

    def checked_answer(self, answer: Any) -> Tensor:
        if isinstance(answer, Mapping):
            answer = answer.get("out", answer.get("logits"))
        if not isinstance(answer, Tensor) or answer.ndim != 4 or not answer.is_floating_point():
            found = f"{answer.dtype} {tuple(answer.shape)}" if isinstance(answer, Tensor) else type(answer).__name__
            raise TypeError(
                f'expected class scores (B, K, h, w) from the network, or a dictionary with "out", got {found}'
            )
        return answer

    def restore(self, answer: Tensor, out: Downsampled, size: Size, uniform: bool = False) -> Tensor:
        return restored(answer, out, size, uniform)

    def decide(self, restored: Tensor) -> Tensor:
        return best(restored)

    def attention(
        self, output: Tensor, nodes: Size, strength: float | Tensor, source_size: Size, width: float | Tensor = 1.0
    ) -> Tensor:
        """The boundaries of labels (LZU's adaptive form), which have no kernels."""
        return saliency.from_boundaries(output, nodes, float(strength), 1, IGNORE)

    def checked(self, truth: Any, image: Tensor, name: str = "labels", same_size: bool = True) -> Tensor:
        return checked_labels(truth, image, name, same_size)

    def collate(self, truths: Sequence[Tensor]) -> Tensor:
        return torch.stack(list(truths))

    def to(self, truth: Tensor, device: torch.device) -> Tensor:
        return truth.to(device, non_blocking=True).long()

    def cropped(self, truth: Tensor, top: int, left: int, size: Size, mirrored: bool, full: Size) -> Tensor:
        part = truth[top : top + size[0], left : left + size[1]]
        if tuple(part.shape) != tuple(size):
            more = [(0, n - m) for n, m in zip(size, part.shape, strict=True)]
            part = torch.from_numpy(np.pad(part.numpy(), more, constant_values=IGNORE))
        return part.flip(-1) if mirrored else part

    def lesson(self, truth: Tensor) -> Tensor:
        return truth

    def summary(self, truths: Iterable[Tensor], classes: int) -> Tensor:
        """Share of the labelled pixels that each class has: (K,) float64, sum 1."""
        counts = torch.zeros(classes, dtype=torch.float64)
        for labels in truths:
            counts += torch.bincount(labels.flatten().long(), minlength=256)[:classes]
        return counts / counts.sum().clamp(min=1)

    def loss(self, recipe: Any, summary: Tensor) -> SegmentationLoss:
        return SegmentationLoss(recipe, summary)

    def settings(self, size: Size, distance: int | None = None, share: float = 0.001) -> dict[str, Any]:  # type: ignore[override]
        """
        distance: of the boundary band, pixels; ``None``: 4 for 360 rows, and in proportion (at least 1).
        share: of the picture, below which an object is small.
        """
        return {"distance": distance or max(1, round(size[0] / 90)), "share": share}

    def count(self, trace: Trace, index: int, classes: int, settings: Mapping[str, Any]) -> dict[str, Tensor]:
        """Confusion matrices (K, K + 1) of all pixels, within ``distance`` pixels of a true boundary, and of a perfect network
        behind the same samples; pixels of small objects (K, 3), see :func:`lzviz.measure.evaluation.small_counts`."""
        assert isinstance(trace, SegmentationTrace) and trace.labels is not None and trace.perfect is not None
        one, distance, share = slice(index, index + 1), settings["distance"], settings["share"]
        labels, perfect, truth = trace.labels[one], trace.perfect[one], trace.truth[one]
        return {
            "everywhere": evaluation.confusion(labels, truth, classes, IGNORE).long(),
            "boundary": evaluation.boundary_confusion(labels, truth, classes, distance, IGNORE).long(),
            "intrinsic": evaluation.confusion(perfect, truth, classes, IGNORE).long(),
            "small": evaluation.small_counts(labels, truth, classes, share, distance, IGNORE).long(),
        }

    def score(self, metric: Metric, counts: Sequence[Tensor], weights: Tensor | None = None) -> Tensor:
        stacked = torch.stack(list(counts)).double()
        total = stacked.sum(0) if weights is None else torch.tensordot(weights.double(), stacked, 1)
        return (evaluation.small_iou if metric.counted == "small" else evaluation.iou)(total)

    def columns(self, counted: Mapping[str, Sequence[Tensor]]) -> dict[str, Tensor]:
        """The share of each class among the labelled pixels, its scores, and how much of its small objects was found."""
        pixels = torch.stack(list(counted["everywhere"])).sum((0, 2)).double()
        scores = super().columns(counted)
        recall = evaluation.small_recall(torch.stack(list(counted["small"])).sum(0).double())
        last = scores.pop("intrinsic")
        return {
            "share": pixels / pixels.sum(),
            "IoU": scores.pop("miou"),
            **scores,
            "recall": recall,
            "intrinsic": last,
        }


class SegmentationLoss(nn.Module):
    """Cross-entropy (or, with an exponent, focal loss), classes weighted by p^-balance (p = share of the pixels), void ignored. It
    stands on the *zoomed* image, where each sample may count by the area it stands for
    (:func:`lzviz.samplers.lds_loss.area_weights`), or on the *source*, after the scores came back (LZU: the warp's distortion of
    the statistics is undone before the loss sees it)."""

    weights: Tensor

    def __init__(self, recipe: Any, shares: Tensor):
        super().__init__()
        self.recipe = recipe
        weights = shares.clamp(min=1e-4) ** -recipe.balance
        self.register_buffer("weights", (weights / weights.mean()).float(), persistent=False)

    def forward(self, answer: Tensor, out: Downsampled, truth: Tensor, pipeline: Any) -> dict[str, Tensor]:
        """{"segmentation": loss} of scores (B, K, h', w') and labels (B, H, W)."""
        layout = out.layout
        assert isinstance(layout, WarpLayout)
        size = layout.zoomed_size
        if self.recipe.frame == "source":
            here = Warp.identity((2, 2)).zoom(truth, size, "nearest")
            return {"segmentation": self.cross_entropy(pipeline.restore(answer, out, size), here)}
        read = getattr(pipeline.sampler, "sampled_labels", None)
        here = layout.warp.zoom(truth, size, "nearest") if read is None else read(layout, truth)
        area = area_weights(layout) if self.recipe.area_weighted else None
        return {"segmentation": self.cross_entropy(on_zoomed(answer, size), here, area)}

    def cross_entropy(self, scores: Tensor, labels: Tensor, area: Tensor | None = None) -> Tensor:
        """Weighted mean over the labelled pixels, of all processes together."""
        known = labels != IGNORE
        target = labels.where(known, 0).long()
        each = F.cross_entropy(scores, target, reduction="none")
        if self.recipe.focal:
            each = each * (1 - (-each).exp()).clamp(min=1e-6) ** self.recipe.focal
        counts = self.weights[target] * known if area is None else self.weights[target] * known * area
        return (each * counts).sum() / mean_of_processes(counts.sum()).clamp(min=1e-6)


def best(scores: Tensor) -> Tensor:
    """The class of the highest score: (B, K, H, W) to (B, H, W) int64. On CPUs ``argmax`` takes four times as long."""
    return scores.max(1).indices


TASK = Segmentation()
