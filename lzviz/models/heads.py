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


def score(channels_in: int, classes: int) -> nn.Conv2d:
    """The 1x1 that ends a head; it starts small (`he_`), so that an untrained network is undecided, not wrong."""
    convolution = nn.Conv2d(channels_in, classes, 1)
    convolution.starts_small = True  # type: ignore[assignment]
    return convolution


def resize_to(x: Tensor, size: Sequence[int]) -> Tensor:
    """Bilinear, half-pixel (`align_corners=False`), as torchvision's segmentation networks do it."""
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


def aspp_rates(output_stride: int, rates: Sequence[float] = (12, 24, 36)) -> tuple[int, ...]:
    """`rates` are meant at output stride 8; elsewhere they shrink or grow so that they span the same input pixels.

    >>> aspp_rates(8), aspp_rates(16), aspp_rates(32)
    ((12, 24, 36), (6, 12, 18), (3, 6, 9))
    """
    return tuple(max(1, round(rate * 8 / output_stride)) for rate in rates)


class FCN(nn.Sequential):
    """3x3 to a quarter of the channels, then 1x1 to the classes (Long et al. 2015, as published with torchvision).

    dilation  of the 3x3: 2 on a grid twice as fine makes it the same filter as before
    """

    levels = (3,)

    def __init__(
        self, channels_in: int, classes: int, channels: int | None = None, dropout: float = 0.1, dilation: int = 1
    ):
        channels = channels_in // 4 if channels is None else channels
        super().__init__(*conv_norm(channels_in, channels, 3, dilation), nn.Dropout(dropout), score(channels, classes))


class GlobalPool(nn.Sequential):
    """The image-level branch: mean over the picture, 1x1, spread over the picture again."""

    def __init__(self, channels_in: int, channels: int):
        super().__init__(nn.AdaptiveAvgPool2d(1), *conv_norm(channels_in, channels))

    def forward(self, input: Tensor) -> Tensor:
        return resize_to(super().forward(input), input.shape[-2:])


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: a 1x1, a 3x3 for each dilation in `rates`, the image's mean; projected."""

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
    """ASPP, 3x3, 1x1 (Chen et al. 2017, https://arxiv.org/abs/1706.05587). `rates`, `dilation` as they apply here."""

    levels = (3,)

    def __init__(
        self,
        channels_in: int,
        classes: int,
        rates: Sequence[int] = (12, 24, 36),
        channels: int = 256,
        dropout: float = 0.5,
        dilation: int = 1,
    ):
        super().__init__(
            ASPP(channels_in, channels, rates, dropout),
            *conv_norm(channels, channels, 3, dilation),
            score(channels, classes),
        )


class DeepLabv3Plus(nn.Module):
    """ASPP on the deepest stage, refined with the first one (Chen et al. 2018, https://arxiv.org/abs/1802.02611).

    channels_in, channels_low  channels of the deepest and of the first stage
    channels, low              widths of the head and of the low-level projection (paper: 256, 48)
    """

    levels = (3, 0)

    def __init__(
        self,
        channels_in: int,
        channels_low: int,
        classes: int,
        rates: Sequence[int] = (12, 24, 36),
        channels: int = 256,
        low: int = 48,
        dropout: float = 0.5,
    ):
        super().__init__()
        self.aspp = ASPP(channels_in, channels, rates, dropout)
        self.low = nn.Sequential(*conv_norm(channels_low, low))
        self.refine = nn.Sequential(*conv_norm(channels + low, channels, 3), *conv_norm(channels, channels, 3))
        self.classify = score(channels, classes)

    def forward(self, deep: Tensor, first: Tensor) -> Tensor:
        context = resize_to(self.aspp(deep), first.shape[-2:])
        return self.classify(self.refine(torch.cat([context, self.low(first)], 1)))


class PSP(nn.Module):
    """Pyramid pooling (Zhao et al. 2017, https://arxiv.org/abs/1612.01105): means over bins x bins parts of the image.

    Each level gets `part` channels, `channels` / number of levels by default; all are concatenated to the features and
    refined by a 3x3. The paper's `part` for a ResNet-50 is 512.
    """

    levels = (3,)

    def __init__(
        self,
        channels_in: int,
        classes: int,
        bins: Sequence[int] = (1, 2, 3, 6),
        channels: int = 512,
        dropout: float = 0.1,
        dilation: int = 1,
        part: int | None = None,
    ):
        super().__init__()
        part = max(1, channels // len(bins)) if part is None else part
        self.pyramid = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(bin_count), *conv_norm(channels_in, part)) for bin_count in bins
        )
        self.refine = nn.Sequential(
            *conv_norm(channels_in + part * len(bins), channels, 3, dilation),
            nn.Dropout(dropout),
            score(channels, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        pooled = [resize_to(level(x), x.shape[-2:]) for level in self.pyramid]
        return self.refine(torch.cat([x, *pooled], 1))


class HRNetHead(nn.Module):
    """All branches at the size of the finest, concatenated, 1x1 to `channels` (default: their sum), 1x1 to classes.

    kernel  of the first of the two convolutions; 3 is LDS's head, which has a quarter of the channels
    """

    levels = (0, 1, 2, 3)

    def __init__(self, widths: Sequence[int], classes: int, channels: int | None = None, kernel: int = 1):
        super().__init__()
        channels = sum(widths) if channels is None else channels
        self.mix = nn.Sequential(*conv_norm(sum(widths), channels, kernel))
        self.classify = score(channels, classes)

    def forward(self, *branches: Tensor) -> Tensor:
        size = branches[0].shape[-2:]
        return self.classify(self.mix(torch.cat([branches[0], *(resize_to(x, size) for x in branches[1:])], 1)))
