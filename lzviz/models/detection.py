"""FCOS (Tian et al. 2019) with a feature pyramid (Lin et al. 2017), of any width: torchvision's keys, a box and a class a feature.

Convention: feature i of a level of stride s sits on pixel s i, whose middle is s i + 1/2 in pixel edges. The four distances of a
box are in strides and may be negative: boxes that are smaller than a stride need not hold the feature that finds them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.models import resnet
from lzviz.models.d2net import prepare
from lzviz.models.initialise import seeded
from lzviz.models.segmentation import BACKBONES


class FeaturePyramid(nn.Module):
    """Stages, finest first, to levels of one width: 1x1 convolutions, a top-down path of nearest neighbours, 3x3 convolutions; then
    ``extra`` levels, each of half the size of the one before (3x3, stride 2)."""

    def __init__(self, channels_in: Sequence[int], channels: int, extra: int):
        super().__init__()
        self.inner_blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(c, channels, 1)) for c in channels_in)
        self.layer_blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1)) for _ in channels_in
        )
        names = [f"p{6 + k}" for k in range(extra)]
        self.extra_blocks = nn.ModuleDict({name: nn.Conv2d(channels, channels, 3, 2, padding=1) for name in names})

    def forward(self, stages: Sequence[Tensor]) -> list[Tensor]:
        inner = [block(stage) for block, stage in zip(self.inner_blocks, stages, strict=True)]
        for k in range(len(inner) - 2, -1, -1):
            inner[k] = inner[k] + F.interpolate(inner[k + 1], size=inner[k].shape[-2:], mode="nearest")
        levels = [block(each) for block, each in zip(self.layer_blocks, inner, strict=True)]
        last = levels[-1]
        for k, block in enumerate(self.extra_blocks.values()):
            last = block(last if k == 0 else F.relu(last))
            levels.append(last)
        return levels


class PyramidBackbone(nn.Module):
    """A ResNet's stages ``read`` (0..3) behind a pyramid: images to levels, finest first."""

    def __init__(self, body: resnet.ResNet, read: Sequence[int], channels: int, extra: int):
        super().__init__()
        self.body, self.read = body, tuple(read)
        self.fpn = FeaturePyramid([body.channels[k] for k in read], channels, extra)

    def forward(self, image: Tensor) -> list[Tensor]:
        stages = self.body.stages(image)
        return self.fpn([stages[k] for k in self.read])


def tower(channels: int, depth: int) -> nn.Sequential:
    """3x3 convolutions, each normalised in groups."""
    groups = 32 if channels >= 128 and channels % 32 == 0 else math.gcd(channels, 8)
    parts: list[nn.Module] = []
    for _ in range(depth):
        parts += [nn.Conv2d(channels, channels, 3, padding=1), nn.GroupNorm(groups, channels), nn.ReLU()]
    return nn.Sequential(*parts)


def start_small(layer: nn.Conv2d, bias: float) -> None:
    """Small weights around a bias (`he_` reads the marks)."""
    layer.starts_small, layer.bias_start = True, bias  # type: ignore[assignment]


class ClassificationHead(nn.Module):
    """Levels to class scores (B, K, h, w), before the sigmoid."""

    def __init__(self, channels: int, classes: int, depth: int, prior: float = 0.01):
        super().__init__()
        self.conv = tower(channels, depth)
        self.cls_logits = nn.Conv2d(channels, classes, 3, padding=1)
        start_small(self.cls_logits, -math.log((1 - prior) / prior))

    def forward(self, level: Tensor) -> Tensor:
        return self.cls_logits(self.conv(level))


class RegressionHead(nn.Module):
    """Levels to the distances of a box's left, top, right and bottom side, (B, 4, h, w) in strides, how well it fits, (B, 1, h, w)
    before the sigmoid, and ``more`` numbers (B, more, h, w)."""

    def __init__(self, channels: int, depth: int, more: int = 0):
        super().__init__()
        self.conv = tower(channels, depth)
        self.bbox_reg = nn.Conv2d(channels, 4, 3, padding=1)
        self.bbox_ctrness = nn.Conv2d(channels, 1, 3, padding=1)
        self.more = nn.Conv2d(channels, more, 3, padding=1) if more else None
        start_small(self.bbox_reg, 1.0)
        for last in (self.bbox_ctrness, self.more):
            if last is not None:
                start_small(last, 0.0)

    def forward(self, level: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        features = self.conv(level)
        return self.bbox_reg(features), self.bbox_ctrness(features), self.more(features) if self.more else None


class DetectionHead(nn.Module):
    """Both heads, the same for all levels."""

    def __init__(self, channels: int, classes: int, depth: int, more: int = 0):
        super().__init__()
        self.classification_head = ClassificationHead(channels, classes, depth)
        self.regression_head = RegressionHead(channels, depth, more)

    def forward(self, levels: Sequence[Tensor]) -> dict[str, list[Tensor]]:
        out: dict[str, list[Tensor]] = {"classes": [], "boxes": [], "quality": []}
        for level in levels:
            boxes, quality, more = self.regression_head(level)
            out["classes"].append(self.classification_head(level))
            out["boxes"].append(boxes)
            out["quality"].append(quality)
            if more is not None:
                out.setdefault("more", []).append(more)
        return out


class FCOS(nn.Module):
    """Images (B, 3, H, W) to {"classes": [(B, K, h, w), ...], "boxes": [(B, 4, h, w), ...], "quality": [(B, 1, h, w), ...]}, finest
    level first, and "more" where the head has more numbers.

    backbone   images to levels; anything with `stages` of its own may stand here
    head       levels to the answer
    """

    def __init__(self, backbone: PyramidBackbone, head: DetectionHead):
        super().__init__()
        self.backbone, self.head = backbone, head
        self.normalisation = "none"

    @property
    def levels(self) -> Sequence[int]:
        """All levels are read, and brought back, by themselves."""
        return range(len(self.backbone.read) + len(self.backbone.fpn.extra_blocks))

    def stages(self, image: Tensor) -> list[Tensor]:
        return self.backbone(prepare(image, self.normalisation))

    def answer(self, stages: Sequence[Tensor]) -> dict[str, list[Tensor]]:
        return self.head(stages)

    def forward(self, image: Tensor) -> dict[str, list[Tensor]]:
        return self.answer(self.stages(image))


@seeded
def fcos(
    classes: int = 3,
    *,
    backbone: str = "resnet50",
    read: Sequence[int] = (1, 2, 3),
    channels: int = 256,
    extra: int = 2,
    depth: int = 4,
    more: int = 0,
    **options,
) -> FCOS:
    """FCOS on a ResNet; as it stands torchvision's `fcos_resnet50_fpn`. read: stages of the pyramid; options: the ResNet's."""
    body = BACKBONES[backbone](classes=None, **options)
    return FCOS(PyramidBackbone(body, read, channels, extra), DetectionHead(channels, classes, depth, more))


@seeded
def compact_fcos(classes: int = 3, *, stem: int = 2, width: int = 16, channels: int = 32, more: int = 0) -> FCOS:
    """The detector of the small checkpoints, about .8 M weights: levels of stride 2, 4, 8 and 16 times the stem's."""
    body = resnet.resnet18(classes=None, width=width, stem=stem, output_stride=8 * stem)
    return FCOS(PyramidBackbone(body, (1, 2, 3), channels, 1), DetectionHead(channels, classes, 2, more))
