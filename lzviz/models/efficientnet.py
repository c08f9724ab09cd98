"""EfficientNet-Lite0 (Tan & Le 2019, https://arxiv.org/abs/1905.11946; the Lite form: ReLU6, no squeeze-and-excitation).

State dicts have timm's keys and shapes. Google's weights were trained with TensorFlow's "same" padding, which puts the odd zero of
a strided convolution to the right and below: feature i of an even image is centred on pixel ``2 i + 1`` there, on ``2 i`` with
symmetric padding.

A stride that would pass `output_stride` becomes a dilation, as for :mod:`lzviz.models.resnet`: the convolution that had the
stride keeps the old dilation *and the old padding's place*, so that the dilated network, read at every second location, is the
strided one.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.models.d2net import prepare
from lzviz.models.initialise import seeded
from lzviz.models.resnet import check_image

Padding = Literal["same", "symmetric"]

# Of each stage: (blocks, kernel, stride, channels); the first has depthwise-separable blocks, the others expand 6 times.
LITE0 = ((1, 3, 1, 16), (2, 3, 2, 24), (2, 5, 2, 40), (3, 3, 2, 80), (3, 5, 1, 112), (4, 5, 2, 192), (1, 3, 1, 320))
EXPANSION = 6
STEM, HEAD = 32, 1280
# TensorFlow's.
EPSILON = 1e-3


class Convolution(nn.Conv2d):
    """A convolution whose padding is that of a stride `had`, whatever is left of it in `stride`.

    had      stride that the network has there; where `stride` is 1 and `had` is not, the stride became a dilation
    padding  "same": TensorFlow's, ceil(H / had) outputs with the odd zero to the right and below; "symmetric": (kernel - 1) / 2
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int, *, had: int, stride: int, dilation: int,
                 groups: int, same: bool):  # fmt: skip
        uneven = same and had > 1
        padding = 0 if uneven else (kernel - 1) // 2 * dilation
        super().__init__(channels_in, channels_out, kernel, stride, padding, dilation, groups, bias=False)
        self.had, self.uneven = had, uneven

    def forward(self, x: Tensor) -> Tensor:
        if self.uneven:
            (top, bottom), (left, right) = (self._around(x.shape[axis]) for axis in (-2, -1))
            x = F.pad(x, (left, right, top, bottom))
        return super().forward(x)

    def _around(self, size: int) -> tuple[int, int]:
        """Zeros before and after an axis of `size` features, `dilation` of which are one of the strided network's."""
        kernel, dilation = self.kernel_size[0], self.dilation[0]
        there = -(-size // dilation)
        total = max((-(-there // self.had) - 1) * self.had + kernel - there, 0)
        before = total // 2
        if self.stride[0] == self.had:
            return before, total - before
        return before * dilation, (kernel - 1 - before) * dilation


class Separable(nn.Module):
    """Depthwise, then 1x1 without activation."""

    def __init__(self, channels_in: int, channels: int, depthwise: Convolution):
        super().__init__()
        self.conv_dw = depthwise
        self.bn1 = nn.BatchNorm2d(channels_in, EPSILON)
        self.conv_pw = nn.Conv2d(channels_in, channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels, EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv_pw(F.relu6(self.bn1(self.conv_dw(x)))))


class Inverted(nn.Module):
    """1x1 to six times the channels, depthwise, 1x1 without activation; a shortcut where shapes agree."""

    def __init__(self, channels_in: int, channels: int, depthwise: Convolution):
        super().__init__()
        inner = channels_in * EXPANSION
        self.conv_pw = nn.Conv2d(channels_in, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner, EPSILON)
        self.conv_dw = depthwise
        self.bn2 = nn.BatchNorm2d(inner, EPSILON)
        self.conv_pwl = nn.Conv2d(inner, channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels, EPSILON)
        self.shortcut = depthwise.had == 1 and channels_in == channels

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.bn1(self.conv_pw(x)))
        y = F.relu6(self.bn2(self.conv_dw(y)))
        y = self.bn3(self.conv_pwl(y))
        return y + x if self.shortcut else y


class EfficientNetLite(nn.Module):
    """Images (B, 3, H, W) to class scores (B, classes), or to features (B, 1280, H/s, W/s) if `classes` is None.

    output_stride  input pixels between neighbouring features: 4, 8, 16 or 32
    padding        "same" (what Google's weights were trained with) or "symmetric"
    normalisation  of the image before the network reads it: "half" for Google's weights, see `lzviz.models.prepare`
    at_least       side of a square with as many pixels as images are enlarged to, bilinearly, before the network reads them;
                   weights that were trained at 224 know little about pictures of 64 pixels a side
    """

    def __init__(
        self,
        *,
        classes: int | None = 1000,
        output_stride: int = 32,
        padding: Padding = "same",
        normalisation: str = "none",
        at_least: int | None = None,
        in_channels: int = 3,
    ):
        super().__init__()
        if padding not in ("same", "symmetric"):
            raise ValueError(f'padding must be "same" or "symmetric", got {padding!r}')
        if output_stride not in (4, 8, 16, 32):
            raise ValueError(f"output_stride must be 4, 8, 16 or 32, got {output_stride}")
        if at_least is not None and at_least < 1:
            raise ValueError(f"at_least must be a side in pixels, or None, got {at_least}")
        self.in_channels, self.output_stride, self.at_least = in_channels, output_stride, at_least
        self.normalisation = normalisation
        same = padding == "same"
        self.conv_stem = Convolution(in_channels, STEM, 3, had=2, stride=2, dilation=1, groups=1, same=same)
        self.bn1 = nn.BatchNorm2d(STEM, EPSILON)
        self.blocks = nn.Sequential(*_stages(output_stride, same))
        self.conv_head = nn.Conv2d(LITE0[-1][-1], HEAD, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(HEAD, EPSILON)
        self.classifier = None if classes is None else nn.Linear(HEAD, classes)
        self.channels = (24, 40, 112, HEAD)

    def features(self, x: Tensor) -> Tensor:
        """(B, 1280, H/s, W/s), what the classifier averages."""
        check_image(x, self.in_channels)
        x = prepare(self._enlarged(x), self.normalisation)
        x = self.blocks(F.relu6(self.bn1(self.conv_stem(x))))
        return F.relu6(self.bn2(self.conv_head(x)))

    def _enlarged(self, x: Tensor) -> Tensor:
        if self.at_least is None or x.shape[-2] * x.shape[-1] >= self.at_least**2:
            return x
        share = self.at_least / math.sqrt(x.shape[-2] * x.shape[-1])
        size = [max(1, round(share * n)) for n in x.shape[-2:]]
        return F.interpolate(x, size=size, mode="bilinear", align_corners=False)

    def forward(self, x: Tensor) -> Tensor:
        features = self.features(x)
        if self.classifier is None:
            return features
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(features, 1), 1))


def _stages(output_stride: int, same: bool) -> list[nn.Sequential]:
    stages, channels, reached, dilation = [], STEM, 2, 1
    for index, (count, kernel, had, channels_out) in enumerate(LITE0):
        blocks: list[nn.Module] = []
        for block in range(count):
            step = had if block == 0 else 1
            stride = step if reached < output_stride else 1
            inner = channels if index == 0 else channels * EXPANSION
            depthwise = Convolution(
                inner, inner, kernel, had=step, stride=stride, dilation=dilation, groups=inner, same=same
            )
            blocks.append((Separable if index == 0 else Inverted)(channels, channels_out, depthwise))
            channels = channels_out
            if stride < step:
                dilation *= step
            reached *= stride
        stages.append(nn.Sequential(*blocks))
    return stages


@seeded
def efficientnet_lite0(**options) -> EfficientNetLite:
    """4.65 M weights, .385 G multiply-adds at 224x224."""
    return EfficientNetLite(**options)
