"""Networks with the usual names, of any width; torchvision's keys where torchvision has the network."""

from lzviz.models.heads import FCN, DeepLabv3, aspp_rates
from lzviz.models.resnet import ResNet, resnet18, resnet34, resnet50, resnet101, resnet152
from lzviz.models.segmentation import Segmenter, deeplabv3, fcn

__all__ = [
    "FCN",
    "DeepLabv3",
    "ResNet",
    "Segmenter",
    "aspp_rates",
    "deeplabv3",
    "fcn",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
]
