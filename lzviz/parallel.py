"""What several processes must agree on, so that they compute what one process would on the whole batch.

Gradients are averaged by PyTorch's DistributedDataParallel, which Accelerate wraps around the objective. What is left are two
sums over the batch inside the forward pass: BatchNorm's statistics, and the number of pixels that a mean divides by.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce


def processes() -> int:
    """How many there are."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def mean_of_processes(value: Tensor) -> Tensor:
    """The mean over the processes, without gradient; the value itself where there is one process."""
    if processes() == 1:
        return value.detach()
    total = value.detach().clone()
    dist.all_reduce(total)
    return total / processes()


class SyncBatchNorm(nn.BatchNorm2d):
    """BatchNorm over the batches of all processes, which must be equally large; on any device. PyTorch's own runs on GPUs only."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        assert self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None
        axes, count = (0, 2, 3), input.numel() // input.shape[1] * processes()
        mean = all_reduce(input.sum(axes)) / count
        centred = input - mean[:, None, None]
        variance = all_reduce(centred.square().sum(axes)) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            momentum = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
            self.running_mean.lerp_(mean.to(self.running_mean), momentum)
            self.running_var.lerp_((variance * count / max(count - 1, 1)).to(self.running_var), momentum)
        scale = (variance + self.eps).rsqrt() * self.weight
        return centred * scale[:, None, None] + self.bias[:, None, None]


def synchronise(module: nn.Module, device: torch.device) -> None:
    """Replace each BatchNorm2d inside a module by one that spans all processes; keys, weights and statistics stay."""
    if processes() == 1:
        return
    if device.type == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(module)
        return
    for part in module.modules():
        if type(part) is nn.BatchNorm2d:
            part.__class__ = SyncBatchNorm
