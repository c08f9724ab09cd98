"""VGG16 (Simonyan & Zisserman 2015, https://arxiv.org/abs/1409.1556), of any width, last pools dense on demand.

State dicts have torchvision's keys and shapes (width 64), so published weights load; also `features` alone up to any
named convolution, which is what keypoint networks are made of.

Convention: a 2x2 max-pool of stride 2 covers pixels 2i and 2i+1. Feature i of stride s therefore stands for pixels
s i ... s i + s - 1, with its centre at s i + (s - 1) / 2.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.models.initialise import seeded
from lzviz.models.resnet import check_image

GROUPS = ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3))  # (channels in units of the width, convolutions) before each pool


class DensePool(nn.Module):
    """What remains of a 2x2 stride-2 max-pool without its stride: the same taps, `dilation` apart, everywhere.

    y(i, j) = max of x at (i, j), (i + d, j), (i, j + d), (i + d, j + d), as far as they lie inside. Size is kept; at
    every 2d-th location the value is the strided pool's.
    """

    def __init__(self, dilation: int):
        super().__init__()
        self.dilation = dilation

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (0, self.dilation, 0, self.dilation), value=-float("inf"))
        return F.max_pool2d(x, 2, stride=1, dilation=self.dilation)

    def extra_repr(self) -> str:
        return f"dilation={self.dilation}"


def convolution_names() -> list[str]:
    """conv1_1, conv1_2, conv2_1, ... conv5_3."""
    return [f"conv{group}_{index}" for group, (_, n) in enumerate(GROUPS, 1) for index in range(1, n + 1)]


def vgg_features(
    *,
    width: int = 64,
    in_channels: int = 3,
    last: str = "pool5",
    output_stride: int | None = None,
    ceil_mode: bool = False,
) -> nn.Sequential:
    """The convolutional part, ending with `last` ("conv4_3" ends *before* its ReLU; "pool5" is all of it).

    output_stride  the pools beyond it become `DensePool`s and the convolutions after them dilated; by default all
                   pools up to `last` keep their stride
    ceil_mode      an odd row or column left over by a pool makes a cell of its own (published VGG16: is dropped);
                   dense and strided networks then agree for images of every size
    """
    if last != "pool5" and last not in convolution_names():
        raise ValueError(f"last must be pool5 or one of {', '.join(convolution_names())}, got {last!r}")
    pools = 5 if last == "pool5" else int(last[4]) - 1
    allowed = [2**index for index in range(pools + 1)]
    wanted = allowed[-1] if output_stride is None else output_stride
    if wanted not in allowed:
        raise ValueError(f"output_stride up to {last} must be one of {allowed}, got {wanted}")
    if width < 1:
        raise ValueError(f"width must be at least 1 channel, got {width}")
    layers: list[nn.Module] = []
    channels, stride, dilation = in_channels, 1, 1
    for group, (factor, count) in enumerate(GROUPS, 1):
        for index in range(1, count + 1):
            layers.append(nn.Conv2d(channels, factor * width, 3, padding=dilation, dilation=dilation))
            channels = factor * width
            if last == f"conv{group}_{index}":
                return nn.Sequential(*layers)
            layers.append(nn.ReLU())
        if stride < wanted:
            layers.append(nn.MaxPool2d(2, 2, ceil_mode=ceil_mode))
            stride *= 2
        else:
            layers.append(DensePool(dilation))
            dilation *= 2
    return nn.Sequential(*layers)


class VGG16(nn.Module):
    """Images (B, in_channels, H, W) to class scores (B, classes). `hidden`: units of the two hidden linear layers."""

    def __init__(
        self,
        *,
        width: int = 64,
        in_channels: int = 3,
        classes: int = 1000,
        hidden: int = 4096,
        output_stride: int = 32,
        ceil_mode: bool = False,
        dropout: float = 0.5,
    ):
        super().__init__()
        self.in_channels, self.output_stride = in_channels, output_stride
        self.features = vgg_features(
            width=width, in_channels=in_channels, output_stride=output_stride, ceil_mode=ceil_mode
        )
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(8 * width * 49, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        check_image(x, self.in_channels)
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


@seeded
def vgg16(**options) -> VGG16:
    """138.4 M weights, 15.47 G multiply-adds at 224x224."""
    return VGG16(**options)
