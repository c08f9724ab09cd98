"""The learned mask: a small network on the features before the step, and how it is trained.

The real operator gives a mask no gradient, because a selected row is never compared with the other one. So the mask is
trained on two dense streams of the same weights, one at the fine output stride, one at the coarse one brought back to the
fine grid, which the hard straight-through sample blends: :func:`two_streams`. Then the mask is frozen, and the weights are
fine-tuned on the real operator with :class:`MaskNetwork` as the ``levels=`` of an adapted network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PAPER_WIDTHS = (128, 64, 64)


class MaskNetwork(nn.Module):
    """Features (B, C, h, w) before the adaptive step to levels (B, 1, h, w): ``adapted(x, levels=network)``.

    conv3x3 C -> 128, ReLU, 128 -> 64, ReLU, max-pool 2, 64 -> 64, ReLU, 64 -> 2; each decision serves 2^depth x 2^depth cells.

    Args:
        channels: C of the features (512 for layer2 of a ResNet-50).
        depth: level that "downsample" means.
        widths: of the three hidden convolutions; the paper's suit a ResNet-50, a small network needs a smaller one, which must
            not cost more than it saves.
    """

    def __init__(self, channels: int, depth: int = 1, widths: Sequence[int] = PAPER_WIDTHS):
        super().__init__()
        self.depth = depth
        first, second, third = widths
        self.layers = nn.Sequential(
            nn.Conv2d(channels, first, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2**depth, ceil_mode=True),
            nn.Conv2d(second, third, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(third, 2, 3, padding=1),
        )
        self.layers[-1].starts_small = True  # type: ignore[assignment]

    def logits(self, features: Tensor) -> Tensor:
        """(B, 2, ceil(h / 2^depth), ceil(w / 2^depth)): keep, downsample."""
        return self.layers(features)

    def sample(self, features: Tensor, temperature: float = 1.0, noise: bool = True) -> Tensor:
        """The share downsampled (B, 1, h, w), hard 0 or 1, with the gradient of the soft one (Gumbel-softmax).

        The forward value is the argmax of logits plus Gumbel noise; the gradient is that of
        ``softmax((logits + noise) / temperature)``.
        """
        logits = self.logits(features)
        if noise:
            tiny = torch.finfo(logits.dtype).tiny
            exponential = -torch.rand_like(logits).clamp(min=tiny).log()
            logits = logits - exponential.clamp(min=tiny).log()
        soft = (logits / temperature).softmax(1)[:, 1:]
        hard = (logits[:, 1:] > logits[:, :1]).to(soft.dtype)
        return self._to_cells(hard + (soft - soft.detach()), features)

    def forward(self, features: Tensor) -> Tensor:
        """Levels (B, 1, h, w) int64: the argmax, without noise."""
        logits = self.logits(features)
        return self._to_cells((logits[:, 1:] > logits[:, :1]).long() * self.depth, features)

    def _to_cells(self, blocks: Tensor, features: Tensor) -> Tensor:
        side = 2**self.depth
        h, w = features.shape[-2:]
        return blocks.repeat_interleave(side, 2).repeat_interleave(side, 3)[..., :h, :w]


def learned(features: Tensor, network: MaskNetwork) -> Tensor:
    """Levels (B, 1, h, w) that a trained network gives for features (B, C, h, w): its argmax."""
    with torch.no_grad():
        return network(features)


def blend(fine: Tensor, coarse: Tensor, downsample: Tensor) -> Tensor:
    """One map of two streams, ``m * coarse + (1 - m) * fine``, all (B, C, H, W) at one size.

    Args:
        downsample: m (B, 1, h, w) from :meth:`MaskNetwork.sample`; of another size it is read by nearest neighbour.
    """
    if fine.shape != coarse.shape:
        raise ValueError(f"the streams differ in size: fine {tuple(fine.shape)}, coarse {tuple(coarse.shape)}")
    if downsample.shape[-2:] != fine.shape[-2:]:
        downsample = F.interpolate(downsample, size=fine.shape[-2:], mode="nearest-exact")
    return downsample * coarse + (1 - downsample) * fine


def two_streams(adapted: Callable[..., Tensor], network: MaskNetwork, image: Tensor) -> tuple[Tensor, Tensor]:
    """Train a mask: run a network finely and coarsely, with the same weights, and blend by the mask's sample.

    Args:
        adapted: :func:`lzviz.adapt` of the network (or of its backbone), or what runs it: called with an image and ``levels=``.
        network: the mask's network, for the features before the adaptive step.
        image: (B, C, H, W).

    Returns:
        The blended output, as large as the network's own, and the sampled mask (B, 1, h, w), 1 = downsample.
    """
    sampled: list[Tensor] = []

    def keep_all(features: Tensor) -> Tensor:
        sampled.append(network.sample(features, noise=network.training))
        return torch.zeros_like(sampled[0], dtype=torch.int64)

    fine = adapted(image, levels=keep_all)
    coarse = adapted(image, levels=torch.full_like(sampled[0], network.depth, dtype=torch.int64))
    return blend(fine, coarse, sampled[0]), sampled[0]


def blended_loss(
    task: Tensor, downsample: Tensor, target: float = 0.5, task_weight: float = 1.0, budget_weight: float = 1.0
) -> Tensor:
    """The paper's loss ``l1 task + l2 (target - mean(m))^2``; ``target`` is .5 or .7 there."""
    return task_weight * task + budget_weight * (target - downsample.mean()).square()
