"""Segmentation networks: a backbone, a head, and the way back to the size of the picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from lzviz.models import resnet
from lzviz.models.heads import FCN, DeepLabv3, aspp_rates, resize_to
from lzviz.models.initialise import seeded

BACKBONES: dict[str, Callable[..., resnet.ResNet]] = {
    "resnet18": resnet.resnet18,
    "resnet34": resnet.resnet34,
    "resnet50": resnet.resnet50,
    "resnet101": resnet.resnet101,
    "resnet152": resnet.resnet152,
}


class Segmenter(nn.Module):
    """Images (B, C, H, W) to class scores (B, classes, H, W).

    backbone              has `.stages(x)`, the feature maps finest first
    classifier            a head: reads the stages in its `levels`, gives low-resolution scores
    auxiliary_classifier  a second head on the third stage, for training only; its keys start with `aux_classifier`

    `forward` resizes the scores to the image bilinearly, half-pixel (torchvision's convention); `logits` gives them as
    the head left them, one per feature, for callers that bring them back themselves (`Warp.unzoom`, CAD).
    """

    def __init__(self, backbone: nn.Module, classifier: nn.Module, auxiliary_classifier: nn.Module | None = None):
        super().__init__()
        self.backbone = backbone
        self.classifier = classifier
        self.aux_classifier = auxiliary_classifier

    def logits(self, image: Tensor) -> Tensor:
        """Scores (B, classes, h, w) on the grid of the finest stage that the head reads."""
        return self._classify(self.backbone.stages(image))  # type: ignore[operator]

    def _classify(self, stages: Sequence[Tensor]) -> Tensor:
        return self.classifier(*[stages[level] for level in self.classifier.levels])  # type: ignore[union-attr]

    def forward(self, image: Tensor, auxiliary: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Scores at the size of `image`; with `auxiliary=True` the pair (scores, scores of the auxiliary head)."""
        if auxiliary and self.aux_classifier is None:
            raise ValueError("this network has no auxiliary head; build it with auxiliary=True")
        size = image.shape[-2:]
        stages = self.backbone.stages(image)  # type: ignore[operator]
        scores = resize_to(self._classify(stages), size)
        if not auxiliary:
            return scores
        return scores, resize_to(self.aux_classifier(stages[2]), size)  # type: ignore[misc]


def backbone_named(name: str, **options) -> resnet.ResNet:
    """A backbone without classifier."""
    if name not in BACKBONES:
        raise ValueError(f"unknown backbone {name!r}; choose one of {', '.join(BACKBONES)}")
    return BACKBONES[name](classes=None, **options)


def _auxiliary(trunk: resnet.ResNet, classes: int, wanted: bool) -> nn.Module | None:
    return FCN(trunk.channels[2], classes) if wanted else None


@seeded
def fcn(
    backbone: str = "resnet50",
    classes: int = 21,
    *,
    output_stride: int = 8,
    channels: int | None = None,
    auxiliary: bool = False,
    **options,
) -> Segmenter:
    """FCN on a (dilated) ResNet. `channels`: width of the head, a quarter of the features by default."""
    trunk = backbone_named(backbone, output_stride=output_stride, **options)
    return Segmenter(trunk, FCN(trunk.channels[3], classes, channels), _auxiliary(trunk, classes, auxiliary))


@seeded
def deeplabv3(
    backbone: str = "resnet50",
    classes: int = 21,
    *,
    output_stride: int = 8,
    channels: int = 256,
    rates: Sequence[int] = (12, 24, 36),
    auxiliary: bool = False,
    **options,
) -> Segmenter:
    """DeepLabv3 on a (dilated) ResNet. `rates` are the dilations at output stride 8 (`aspp_rates` scales them)."""
    trunk = backbone_named(backbone, output_stride=output_stride, **options)
    head = DeepLabv3(trunk.channels[3], classes, aspp_rates(output_stride, rates), channels)
    return Segmenter(trunk, head, _auxiliary(trunk, classes, auxiliary))
