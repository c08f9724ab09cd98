"""ResNet-18/34/50/101/152 (He et al. 2016, https://arxiv.org/abs/1512.03385), of any width, strided or dilated.

State dicts have torchvision's keys and shapes (width 64, three input channels), so published weights load.

Convention: with 3x3 stride-2 convolutions of padding 1, feature (i, j) of a network of output stride s is centred on
input pixel (s i, s j). A stride that would pass `output_stride` becomes a dilation: the convolution that had the stride
keeps the old dilation, everything after it gets the new one. The dilated network, read at every second location, is
then exactly the strided one.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.models.initialise import seeded


def conv3x3(channels_in: int, channels_out: int, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 3, stride, padding=dilation, dilation=dilation, bias=False)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut; `dilations` are those of the first (strided) and of the second one."""

    expansion = 1

    def __init__(self, channels_in: int, channels: int, stride: int = 1, dilations: tuple[int, int] = (1, 1)):
        super().__init__()
        self.conv1 = conv3x3(channels_in, channels, stride, dilations[0])
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = conv3x3(channels, channels, dilation=dilations[1])
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = shortcut(channels_in, channels, stride)

    @property
    def last_norm(self) -> nn.BatchNorm2d:
        return self.bn2

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """1x1, 3x3 (strided), 1x1 to four times the channels; the 3x3 takes the first of `dilations`."""

    expansion = 4

    def __init__(self, channels_in: int, channels: int, stride: int = 1, dilations: tuple[int, int] = (1, 1)):
        super().__init__()
        channels_out = channels * self.expansion
        self.conv1 = nn.Conv2d(channels_in, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = conv3x3(channels, channels, stride, dilations[0])
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, channels_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels_out)
        self.downsample = shortcut(channels_in, channels_out, stride)

    @property
    def last_norm(self) -> nn.BatchNorm2d:
        return self.bn3

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


def shortcut(channels_in: int, channels_out: int, stride: int) -> nn.Sequential | None:
    """The projection on the shortcut, or None where shapes agree and the identity serves."""
    if stride == 1 and channels_in == channels_out:
        return None
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out))


class SmallStem(nn.Sequential):
    """For small images: 3x3 convolutions instead of the 7x7 and the max-pool, one for each halving (at least one)."""

    def __init__(self, channels_in: int, channels: int, stride: int):
        halvings = stride.bit_length() - 1
        parts: list[nn.Module] = []
        for step in range(max(1, halvings)):
            if step:
                parts += [nn.BatchNorm2d(channels), nn.ReLU()]
            parts.append(conv3x3(channels_in if step == 0 else channels, channels, stride=2 if halvings else 1))
        super().__init__(*parts)


class DeepStem(nn.Sequential):
    """Three 3x3 convolutions instead of the 7x7, the first with stride 2 ("ResNet-C", as mmsegmentation has it)."""

    def __init__(self, channels_in: int, channels: int):
        half = channels // 2
        super().__init__(
            *(conv3x3(channels_in, half, 2), nn.BatchNorm2d(half), nn.ReLU()),
            *(conv3x3(half, half), nn.BatchNorm2d(half), nn.ReLU()),
            conv3x3(half, channels),
        )


class ResNet(nn.Module):
    """Images (B, in_channels, H, W) to class scores (B, classes), or to features (B, C, H/s, W/s) if `classes` is None.

    block          BasicBlock or Bottleneck
    depths         blocks in each of the four stages
    width          channels of the first stage; the others have 2, 4 and 8 times as many (times the block's expansion)
    output_stride  input pixels between neighbouring features, a power of two from the stem's stride to 8 times that
    stem           "imagenet": 7x7 stride 2 and a 3x3 max-pool (stride 4); "deep": `DeepStem` and the max-pool; 1, 2 or 4:
                   `SmallStem` of that stride
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        depths: tuple[int, int, int, int],
        *,
        width: int = 64,
        output_stride: int = 32,
        in_channels: int = 3,
        classes: int | None = 1000,
        stem: str | int = "imagenet",
    ):
        super().__init__()
        if stem not in ("imagenet", "deep", 1, 2, 4):
            raise ValueError(f'stem must be "imagenet", "deep", 1, 2 or 4, got {stem!r}')
        stem_stride = 4 if isinstance(stem, str) else stem
        strides, dilations = strides_and_dilations(stem_stride, output_stride)
        if width < 1:
            raise ValueError(f"width must be at least 1 channel, got {width}")
        self.in_channels, self.output_stride, self.stem_stride = in_channels, output_stride, stem_stride
        if isinstance(stem, str):
            plain = stem == "imagenet"
            self.conv1 = (
                nn.Conv2d(in_channels, width, 7, 2, padding=3, bias=False) if plain else DeepStem(in_channels, width)
            )
            self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        else:
            self.conv1 = SmallStem(in_channels, width, stem)
            self.maxpool = nn.Identity()
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        stages = []
        for index, depth in enumerate(depths):
            stages.append(stage(block, channels, width << index, depth, strides[index], dilations[index]))
            channels = (width << index) * block.expansion
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.channels = tuple((width << index) * block.expansion for index in range(4))
        self.fc = None if classes is None else nn.Linear(channels, classes)

    def stages(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The outputs of the four stages, finest first; channels are `self.channels`."""
        check_image(x, self.in_channels)
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        first = self.layer1(x)
        second = self.layer2(first)
        third = self.layer3(second)
        return first, second, third, self.layer4(third)

    def forward(self, x: Tensor) -> Tensor:
        features = self.stages(x)[-1]
        if self.fc is None:
            return features
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(features, 1), 1))


def strides_and_dilations(stem_stride: int, output_stride: int) -> tuple[list[int], list[tuple[int, int]]]:
    """Of the four stages: the stride of the first block, and the (first, later) dilations.

    >>> strides_and_dilations(4, 8)
    ([1, 2, 1, 1], [(1, 1), (1, 1), (1, 2), (2, 4)])
    """
    allowed = [stem_stride * factor for factor in (1, 2, 4, 8)]
    if output_stride not in allowed:
        raise ValueError(
            f"output_stride must be one of {allowed} with a stem of stride {stem_stride}, got {output_stride}"
        )
    strides, dilations, reached, dilation = [1], [(1, 1)], stem_stride, 1
    for _ in range(3):
        before = dilation
        if reached < output_stride:
            reached *= 2
            strides.append(2)
        else:
            dilation *= 2
            strides.append(1)
        dilations.append((before, dilation))
    return strides, dilations


def stage(
    block: type[BasicBlock] | type[Bottleneck],
    channels_in: int,
    channels: int,
    depth: int,
    stride: int,
    dilations: tuple[int, int],
) -> nn.Sequential:
    """`depth` blocks; only the first has the stride, and only in the first may the strided convolution lag behind."""
    before, after = dilations
    blocks = [block(channels_in, channels, stride, (before, after))]
    for _ in range(depth - 1):
        blocks.append(block(channels * block.expansion, channels, 1, (after, after)))
    for part in blocks:
        part.last_norm.residual_gain = depth**-0.5  # type: ignore[assignment]
    return nn.Sequential(*blocks)


def check_image(x: Tensor, channels: int) -> None:
    """Say what was expected, before a convolution says it in its own words."""
    if len(x.shape) != 4 or x.shape[1] != channels:
        raise ValueError(f"expected images of shape (B, {channels}, H, W), got {tuple(x.shape)}")


@seeded
def resnet18(**options) -> ResNet:
    """11.7 M weights, 1.814 G multiply-adds at 224x224."""
    return ResNet(BasicBlock, (2, 2, 2, 2), **options)


@seeded
def resnet34(**options) -> ResNet:
    """21.8 M weights, 3.664 G multiply-adds at 224x224."""
    return ResNet(BasicBlock, (3, 4, 6, 3), **options)


@seeded
def resnet50(**options) -> ResNet:
    """25.6 M weights, 4.089 G multiply-adds at 224x224."""
    return ResNet(Bottleneck, (3, 4, 6, 3), **options)


@seeded
def resnet101(**options) -> ResNet:
    """44.5 M weights, 7.801 G multiply-adds at 224x224."""
    return ResNet(Bottleneck, (3, 4, 23, 3), **options)


@seeded
def resnet152(**options) -> ResNet:
    """60.2 M weights, 11.514 G multiply-adds at 224x224."""
    return ResNet(Bottleneck, (3, 8, 36, 3), **options)
