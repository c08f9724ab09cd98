"""Segmentation networks: a backbone, a head, and the way back to the size of the picture.

A head's ASPP rates follow the output stride; its plain 3x3 convolutions do not, as in the published networks. With
`head_dilation=2` they do too: a network built at half the output stride then is, head included, the *dilated* form of
the one at full stride, which is what `lzviz.adapt` runs when every cell is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from lzviz.models import resnet
from lzviz.models.d2net import prepare
from lzviz.models.heads import FCN, PSP, DeepLabv3, DeepLabv3Plus, HRNetHead, aspp_rates, resize_to
from lzviz.models.hrnet import HRNetV2
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

    normalisation         of the image before the backbone sees it, "none" by default: see `lzviz.models.prepare`

    `forward` resizes the scores to the image bilinearly, half-pixel (torchvision's convention); `logits` gives them as
    the head left them, one per feature, for callers that bring them back themselves (`Warp.unzoom`, CAD).
    """

    def __init__(self, backbone: nn.Module, classifier: nn.Module, auxiliary_classifier: nn.Module | None = None):
        super().__init__()
        self.backbone = backbone
        self.classifier = classifier
        self.aux_classifier = auxiliary_classifier
        self.normalisation = "none"

    def stages(self, image: Tensor) -> Sequence[Tensor]:
        """The backbone's feature maps, finest first."""
        return self.backbone.stages(prepare(image, self.normalisation))  # type: ignore[operator]

    def logits(self, image: Tensor) -> Tensor:
        """Scores (B, classes, h, w) on the grid of the finest stage that the head reads."""
        return self.answer(self.stages(image))

    @property
    def levels(self) -> Sequence[int]:
        """The stages that the head reads, in its order."""
        return self.classifier.levels  # type: ignore[return-value]

    def answer(self, stages: Sequence[Tensor]) -> Tensor:
        """The head's scores of the backbone's stages."""
        return self.classifier(*[stages[level] for level in self.levels])

    def forward(self, image: Tensor, auxiliary: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Scores at the size of `image`; with `auxiliary=True` the pair (scores, scores of the auxiliary head)."""
        if auxiliary and self.aux_classifier is None:
            raise ValueError("this network has no auxiliary head; build it with auxiliary=True")
        size = image.shape[-2:]
        stages = self.stages(image)
        scores = resize_to(self.answer(stages), size)
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
    head_dilation: int = 1,
    auxiliary: bool = False,
    **options,
) -> Segmenter:
    """FCN on a (dilated) ResNet. `channels`: width of the head, a quarter of the features by default."""
    trunk = backbone_named(backbone, output_stride=output_stride, **options)
    return Segmenter(
        trunk, FCN(trunk.channels[3], classes, channels, dilation=head_dilation), _auxiliary(trunk, classes, auxiliary)
    )


@seeded
def deeplabv3(
    backbone: str = "resnet50",
    classes: int = 21,
    *,
    output_stride: int = 8,
    channels: int = 256,
    rates: Sequence[float] = (12, 24, 36),
    head_dilation: int = 1,
    auxiliary: bool = False,
    **options,
) -> Segmenter:
    """DeepLabv3 on a (dilated) ResNet. `rates` are the dilations at output stride 8 (`aspp_rates` scales them)."""
    trunk = backbone_named(backbone, output_stride=output_stride, **options)
    scaled = aspp_rates(output_stride, rates)
    head = DeepLabv3(trunk.channels[3], classes, scaled, channels, dilation=head_dilation)
    return Segmenter(trunk, head, _auxiliary(trunk, classes, auxiliary))


@seeded
def deeplabv3plus(
    backbone: str = "resnet50",
    classes: int = 21,
    *,
    output_stride: int = 16,
    channels: int = 256,
    low: int = 48,
    rates: Sequence[float] = (12, 24, 36),
    **options,
) -> Segmenter:
    """DeepLabv3+: scores on the grid of the first stage. `channels`, `low`: widths of head and low-level projection."""
    trunk = backbone_named(backbone, output_stride=output_stride, **options)
    scaled = aspp_rates(output_stride, rates)
    return Segmenter(trunk, DeepLabv3Plus(trunk.channels[3], trunk.channels[0], classes, scaled, channels, low))


@seeded
def pspnet(
    backbone: str = "resnet50",
    classes: int = 21,
    *,
    output_stride: int = 8,
    channels: int = 512,
    bins: Sequence[int] = (1, 2, 3, 6),
    head_dilation: int = 1,
    part: int | None = None,
    auxiliary: bool = False,
    **options,
) -> Segmenter:
    """PSPNet on a (dilated) ResNet. `bins`: parts of the image along an axis, one pyramid level of `part` channels each."""
    trunk = backbone_named(backbone, output_stride=output_stride, **options)
    return Segmenter(
        trunk,
        PSP(trunk.channels[3], classes, bins, channels, dilation=head_dilation, part=part),
        _auxiliary(trunk, classes, auxiliary),
    )


@seeded
def hrnet_segmenter(classes: int = 21, *, channels: int | None = None, kernel: int = 1, **options) -> Segmenter:
    """HRNetV2 and its head: scores at stride 4. `options` go to `HRNetV2`."""
    trunk = HRNetV2(**options)
    return Segmenter(trunk, HRNetHead(trunk.channels, classes, channels, kernel))


@seeded
def compact(
    classes: int = 11,
    *,
    stem: int = 2,
    output_stride: int | None = None,
    decoder: bool = True,
    head_dilation: int = 1,
    width: int = 16,
    channels: int = 48,
    dropout: float = 0.1,
    in_channels: int = 3,
) -> Segmenter:
    """The network of the small checkpoints, about .9 M weights: ResNet-18 of width 16, narrow DeepLabv3(+).

    stem           stride of the first convolution(s): 2 for 96x128 pixels, 1 for 48x64, 4 for whole pictures
    output_stride  4 x stem by default, so that the last stage is dilated
    decoder        DeepLabv3+ (scores on the stem's grid) or DeepLabv3 (scores at the output stride)

    head_dilation  of the 3x3 after DeepLabv3's ASPP

    The ASPP's rates are 1, 3, 6 at the default output stride. Widths stay multiples of 16: in half precision, dilated
    convolutions of other widths have given NaN gradients on CPUs.
    """
    output_stride = 4 * stem if output_stride is None else output_stride
    trunk = resnet.resnet18(classes=None, width=width, stem=stem, output_stride=output_stride, in_channels=in_channels)
    rates = aspp_rates(output_stride, [rate * stem / 2 for rate in (1, 3, 6)])
    deep, first = trunk.channels[3], trunk.channels[0]
    if decoder:
        return Segmenter(trunk, DeepLabv3Plus(deep, first, classes, rates, channels, 16, dropout))
    return Segmenter(trunk, DeepLabv3(deep, classes, rates, channels, dropout, head_dilation))
