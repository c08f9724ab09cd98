"""Networks with the usual names, of any width; torchvision's keys where torchvision has the network.

>>> create("deeplabv3", backbone="resnet18", classes=12, width=16, channels=48).backbone.channels
(16, 32, 64, 128)
"""

from collections.abc import Callable

from torch import nn

from lzviz.models.d2net import D2Net, d2net, prepare, sample_descriptors
from lzviz.models.detection import FCOS, compact_fcos, fcos
from lzviz.models.efficientnet import EfficientNetLite, efficientnet_lite0
from lzviz.models.heads import FCN, PSP, DeepLabv3, DeepLabv3Plus, HRNetHead, aspp_rates
from lzviz.models.hrnet import HRNetV2, hrnetv2
from lzviz.models.resnet import ResNet, resnet18, resnet34, resnet50, resnet101, resnet152
from lzviz.models.segmentation import (
    Segmenter,
    compact,
    deeplabv3,
    deeplabv3plus,
    fcn,
    hrnet_segmenter,
    pspnet,
)
from lzviz.models.vgg import VGG16, vgg16, vgg_features

NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "resnet18": resnet18,
    "resnet34": resnet34,
    "resnet50": resnet50,
    "resnet101": resnet101,
    "resnet152": resnet152,
    "vgg16": vgg16,
    "efficientnet_lite0": efficientnet_lite0,
    "fcn": fcn,
    "deeplabv3": deeplabv3,
    "deeplabv3plus": deeplabv3plus,
    "pspnet": pspnet,
    "hrnetv2": hrnet_segmenter,
    "compact": compact,
    "d2net": d2net,
    "fcos": fcos,
    "compact-fcos": compact_fcos,
}


def create(name: str, **options) -> nn.Module:
    """Build a network by name (`NETWORKS`); `options` are its builder's, `seed` among them."""
    if name not in NETWORKS:
        raise ValueError(f"unknown network {name!r}; choose one of {', '.join(NETWORKS)}")
    return NETWORKS[name](**options)


__all__ = [
    "FCN",
    "FCOS",
    "NETWORKS",
    "PSP",
    "VGG16",
    "D2Net",
    "DeepLabv3",
    "DeepLabv3Plus",
    "EfficientNetLite",
    "HRNetHead",
    "HRNetV2",
    "ResNet",
    "Segmenter",
    "aspp_rates",
    "compact",
    "compact_fcos",
    "create",
    "d2net",
    "deeplabv3",
    "deeplabv3plus",
    "efficientnet_lite0",
    "fcn",
    "fcos",
    "hrnet_segmenter",
    "hrnetv2",
    "prepare",
    "pspnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "sample_descriptors",
    "vgg16",
    "vgg_features",
]
