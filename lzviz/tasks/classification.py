"""Classification: what a picture shows, one class of many.

The answer is class scores (B, K); there is no way back, for a class belongs to no place. Where to look is all that a sampler can do
for it: the same few pixels, spent on what the picture is about (LZ, Recasens et al. 2018, has no other task).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.coords import Size
from lzviz.parallel import mean_of_processes
from lzviz.samplers.base import Downsampled
from lzviz.tasks.base import Metric, Task
from lzviz.trace import Trace

MANY = 5
"""How many classes count as named."""
IGNORE = -1
"""A picture without a class."""


def top(scores: Tensor, count: int = MANY) -> tuple[Tensor, Tensor]:
    """The ``count`` most probable classes of scores (B, K): (classes (B, count) int64, probabilities (B, count)), best first."""
    shares = scores.softmax(1)
    best = shares.topk(min(count, scores.shape[1]), 1)
    return best.indices, best.values


class ClassificationTrace(Trace):
    """A :class:`lzviz.Trace` with classification's names."""

    def verdict(self) -> list[str]:
        if self.output is None:
            return []
        classes, shares = self.top()
        told = ", ".join(f"{self.name(int(k))} {p:.0%}" for k, p in zip(classes[0], shares[0].tolist(), strict=True))
        return [f"classes    {told}"]

    @property
    def scores(self) -> Tensor | None:
        """(B, K)."""
        return self.answer

    @property
    def found(self) -> Tensor | None:
        """(B,) int64 the most probable class."""
        return self.output

    def top(self, count: int = MANY) -> tuple[Tensor, Tensor]:
        """See :func:`top`."""
        return top(self.answer, count)

    def name(self, index: int) -> str:
        """What a class is called, or its number."""
        return self.classes[index] if index < len(self.classes) else str(index)


class Classification(Task):
    """See the module; truths are (B,) int64, -1 for none."""

    name: ClassVar = "classification"
    output: ClassVar = "class"
    trace: ClassVar = ClassificationTrace
    metrics: ClassVar = (
        Metric("top1", "top-1", "ranks", "top1"),
        Metric("top5", f"top-{MANY}", "ranks", "top5"),
    )

    def checked_answer(self, answer: Any) -> Tensor:
        if isinstance(answer, Mapping):
            answer = answer.get("logits")
        if not isinstance(answer, Tensor) or answer.ndim != 2 or not answer.is_floating_point():
            found = f"{answer.dtype} {tuple(answer.shape)}" if isinstance(answer, Tensor) else type(answer).__name__
            raise TypeError(
                f'expected class scores (B, K) from the network, or a mapping with "logits", got {found}: is this another task\'s?'
            )
        return answer

    def restore(self, answer: Tensor, out: Downsampled, size: Size, uniform: bool = False) -> Tensor:
        return answer

    def decide(self, restored: Tensor) -> Tensor:
        return restored.argmax(1)

    def checked(self, truth: Any, image: Tensor, name: str = "labels", same_size: bool = True) -> Tensor:
        if isinstance(truth, int):
            truth = torch.tensor([truth])
        if not isinstance(truth, Tensor) or truth.is_floating_point() or truth.dtype == torch.bool:
            kind = truth.dtype if isinstance(truth, Tensor) else type(truth).__name__
            raise TypeError(f"expected {name} as a tensor of integers (B,), one class a picture, got {kind}")
        truth = truth.reshape(-1) if truth.ndim == 0 else truth
        if truth.shape != (len(image),):
            raise ValueError(f"expected {name} (B,) for {len(image)} images, got {tuple(truth.shape)}")
        return truth.to(image.device, torch.int64)

    def collate(self, truths: Sequence[Any]) -> Tensor:
        return torch.tensor([int(one) for one in truths])

    def loss(self, recipe: Any, summary: Tensor) -> nn.Module:
        return ClassificationLoss()

    def count(self, trace: Trace, index: int, classes: int, settings: Mapping[str, Any]) -> dict[str, Tensor]:
        """(K, 3) of each true class: pictures, and those whose class was most probable, or among the five."""
        assert isinstance(trace, ClassificationTrace) and trace.answer is not None
        counted, true = torch.zeros(classes, 3, dtype=torch.int64), int(trace.truth[index])
        if true != IGNORE:
            named = trace.top()[0][index].tolist()
            counted[true] = torch.tensor([1, true == named[0], true in named])
        return {"ranks": counted}

    def score(self, metric: Metric, counts: Sequence[Tensor], weights: Tensor | None = None) -> Tensor:
        """The share of all pictures of a set, whatever their class."""
        stacked = torch.stack(list(counts)).double().sum(1)
        total = stacked.sum(0) if weights is None else weights.double() @ stacked
        return (total[..., 1 + self.metrics.index(metric)] / total[..., 0])[..., None]


class ClassificationLoss(nn.Module):
    """Cross-entropy over the pictures that have a class."""

    def forward(self, answer: Tensor, out: Downsampled, truth: Tensor, pipeline: Any) -> dict[str, Tensor]:
        """{"classification": loss} of scores (B, K) and classes (B,)."""
        known = mean_of_processes((truth != IGNORE).sum().to(answer.dtype))
        each = F.cross_entropy(answer, truth, ignore_index=IGNORE, reduction="sum")
        return {"classification": each / known.clamp(min=1e-6)}


TASK = Classification()
