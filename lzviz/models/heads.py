"""What turns features into class scores: FCN, DeepLabv3, DeepLabv3+, PSPNet and the HRNetV2 head.

A head says in `levels` which stages of the backbone it reads (index 3 is the deepest), receives them in that order and
returns scores (B, classes, h, w) at the size of the *finest* map it read. FCN and DeepLabv3 have torchvision's keys.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv_norm(channels_in: int, channels_out: int, kernel: int = 1, dilation: int = 1) -> list[nn.Module]:
    """Convolution (size kept, no bias), BatchNorm, ReLU."""
    convolution = nn.Conv2d(
        channels_in, channels_out, kernel, padding=kernel // 2 * dilation, dilation=dilation, bias=False
    )
    return [convolution, nn.BatchNorm2d(channels_out), nn.ReLU()]


def resize_to(x: Tensor, size: Sequence[int]) -> Tensor:
    """Bilinear, half-pixel (`align_corners=False`), as torchvision's segmentation networks do it."""
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


def aspp_rates(output_stride: int, rates: Sequence[int] = (12, 24, 36)) -> tuple[int, ...]:
    """`rates` are meant at output stride 8; elsewhere they shrink or grow so that they span the same input pixels.

    >>> aspp_rates(8), aspp_rates(16), aspp_rates(32)
    ((12, 24, 36), (6, 12, 18), (3, 6, 9))
    """
    return tuple(max(1, round(rate * 8 / output_stride)) for rate in rates)


class FCN(nn.Sequential):
    """3x3 to a quarter of the channels, then 1x1 to the classes (Long et al. 2015, as published with torchvision)."""

    levels = (3,)

    def __init__(self, channels_in: int, classes: int, channels: int | None = None, dropout: float = 0.1):
        channels = channels_in // 4 if channels is None else channels
        super().__init__(*conv_norm(channels_in, channels, 3), nn.Dropout(dropout), nn.Conv2d(channels, classes, 1))


class GlobalPool(nn.Sequential):
    """The image-level branch: mean over the picture, 1x1, spread over the picture again."""

    def __init__(self, channels_in: int, channels: int):
        super().__init__(nn.AdaptiveAvgPool2d(1), *conv_norm(channels_in, channels))

    def forward(self, x: Tensor) -> Tensor:
        return resize_to(super().forward(x), x.shape[-2:])


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: a 1x1, a 3x3 for each dilation in `rates`, the image's mean; then a projection."""

    def __init__(self, channels_in: int, channels: int, rates: Sequence[int], dropout: float = 0.5):
        super().__init__()
        branches: list[nn.Module] = [nn.Sequential(*conv_norm(channels_in, channels))]
        branches += [nn.Sequential(*conv_norm(channels_in, channels, 3, rate)) for rate in rates]
        branches.append(GlobalPool(channels_in, channels))
        self.convs = nn.ModuleList(branches)
        self.project = nn.Sequential(*conv_norm(len(branches) * channels, channels), nn.Dropout(dropout))

    def forward(self, x: Tensor) -> Tensor:
        return self.project(torch.cat([branch(x) for branch in self.convs], 1))


class DeepLabv3(nn.Sequential):
    """ASPP, 3x3, 1x1 (Chen et al. 2017, https://arxiv.org/abs/1706.05587). `rates` as they apply to this grid."""

    levels = (3,)

    def __init__(
        self,
        channels_in: int,
        classes: int,
        rates: Sequence[int] = (12, 24, 36),
        channels: int = 256,
        dropout: float = 0.5,
    ):
        super().__init__(
            ASPP(channels_in, channels, rates, dropout),
            *conv_norm(channels, channels, 3),
            nn.Conv2d(channels, classes, 1),
        )
