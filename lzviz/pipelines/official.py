"""What an official weight file is, by its keys and shapes alone, and the network that it fits.

fit = official.identify(weights.read("pspnet_r50-d8_512x1024_40k_cityscapes.pth"))
print(fit.sentence)
network = fit.build()                 # with the weights in it
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from lzviz import models
from lzviz.models import weights
from lzviz.samplers.lds import DeformationModule

DEPTHS: dict[tuple[int, ...], Any] = {
    (2, 2, 2, 2): 18,
    (3, 4, 6, 3): {False: 34, True: 50},
    (3, 4, 23, 3): 101,
    (3, 8, 36, 3): 152,
}
State = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Fit:
    """A file that fits.

    Attributes:
        title: what it is, for a menu; sentence: the same, and what it fits.
        network, options: as :func:`lzviz.models.create` takes them; ``network`` is "" where the file is a sampler's.
        classes: of the network.
    """

    title: str
    sentence: str
    network: str
    options: Mapping[str, Any]
    classes: int
    state: State

    def build(self) -> nn.Module:
        """The network, or LDS's deformation module, with the weights of the file.

        Raises:
            ValueError: a tensor is missing or of another shape.
        """
        if self.network:
            made = models.create(self.network, classes=self.classes, **self.options)
        else:
            made = DeformationModule(**self.options)
        weights.load(made, self.state)
        return made


def identify(state: State) -> Fit:
    """The fit of a state dict, as :func:`lzviz.models.weights.read` gives it.

    Raises:
        ValueError: it is none that fits, with what it looks like and what would.
    """
    for signs, make in FITS:
        if all(sign in state for sign in signs):
            return make(state)
    if any(key.startswith(("bbox_head.", "rpn_head.", "neck.")) for key in state):
        raise ValueError(
            "these are the weights of a detector (LZU's public ones are FCOS3D's): no network here has them; wrap "
            "the detector itself with lzviz.tasks.detection.wrap"
        )
    if "conv1.weight" in state and "stage4.0.branches.0.0.conv1.weight" in state:
        raise ValueError(
            "this is LDS's encoder alone: read it together with the decoder's file (weights.read(encoder, decoder))"
        )
    if "cbr.0.weight" in state:
        raise ValueError(
            "this is LDS's decoder alone: read it together with the encoder's file (weights.read(encoder, decoder))"
        )
    first = ", ".join(list(state)[:3]) or "nothing"
    raise ValueError(
        f"these weights, which begin with {first}, are of no network that is known: mmsegmentation's PSPNet, CAD's "
        "DeepLabv3, LDS's HRNetV2 (encoder and decoder) or its deformation module"
    )


def _shape(state: State, key: str) -> tuple[int, ...]:
    return tuple(state[key].shape) if key in state else ()


def _blocks(state: State, pattern: str) -> int:
    found = [int(match[1]) for key in state if (match := re.match(pattern, key))]
    return max(found, default=-1) + 1


def _resnet(state: State) -> dict[str, Any]:
    """Backbone and width of a ResNet below ``backbone.``."""
    counts = tuple(_blocks(state, rf"backbone\.layer{k}\.(\d+)\.") for k in (1, 2, 3, 4))
    depth = DEPTHS.get(counts)
    if isinstance(depth, dict):
        depth = depth["backbone.layer1.0.conv3.weight" in state]
    if depth is None:
        raise ValueError(
            f"a ResNet of {', '.join(map(str, counts))} blocks: expected that of a ResNet-18, 34, 50, 101 or 152"
        )
    width = _shape(state, "backbone.layer1.0.conv1.weight")[0]
    return {"backbone": f"resnet{depth}", **({} if width == 64 else {"width": width})}


def _called(options: Mapping[str, Any]) -> str:
    return "ResNet-" + options["backbone"].removeprefix("resnet")


def _mmsegmentation(state: State) -> Fit:
    options = {
        **_resnet(state), "stem": "deep", "part": _shape(state, "decode_head.psp_modules.0.1.conv.weight")[0],
        "channels": _shape(state, "decode_head.bottleneck.conv.weight")[0],
        "auxiliary": "auxiliary_head.conv_seg.weight" in state,
    }  # fmt: skip
    classes = _shape(state, "decode_head.conv_seg.weight")[0]
    title = f"mmsegmentation PSPNet, {_called(options)} V1c, {classes} classes"
    return Fit(
        title,
        f"{title}: fits lzviz's pspnet at any size, behind any sampler; LZU's segmentation uses it.",
        "pspnet", options, classes, state,
    )  # fmt: skip


def _cad(state: State) -> Fit:
    options = {**_resnet(state), "channels": _shape(state, "classifier.classifier.0.project.0.weight")[0],
               "auxiliary": "aux_classifier.4.weight" in state}  # fmt: skip
    classes = _shape(state, "classifier.classifier.4.weight")[0]
    title = f"CAD's DeepLabv3, {_called(options)}, {classes} classes"
    sentence = f"{title}: fits lzviz's deeplabv3, strided, dilated, or adaptive through lzviz.adapt."
    return Fit(title, sentence, "deeplabv3", options, classes, state)


def _lds(state: State) -> Fit:
    widths = tuple(_shape(state, f"stage4.0.branches.{k}.0.conv1.weight")[0] for k in range(4))
    options = {
        "widths": widths, "stem": _shape(state, "conv1.weight")[0],
        "blocks": _blocks(state, r"stage2\.0\.branches\.0\.(\d+)\."),
        "modules": tuple(_blocks(state, rf"stage{k}\.(\d+)\.") for k in (2, 3, 4)), "output_stride": 1,
        "channels": _shape(state, "cbr.0.weight")[0], "kernel": 3,
    }  # fmt: skip
    classes = _shape(state, "conv_last.weight")[0]
    title = f"LDS's HRNetV2, {classes} classes"
    sentence = f"{title}: fits lzviz's hrnetv2 on the zoomed image; its deformation module is a file of its own."
    return Fit(title, sentence, "hrnetv2", options, classes, state)


def _deformation(state: State) -> Fit:
    wide, narrow = _shape(state, "fov_expand_1.weight")[0], _shape(state, "fov_squeeze_1.weight")[0]
    options = {} if (wide, narrow) == (192, 24) else {"widths": (wide, wide, narrow)}
    title = "LDS's deformation module"
    return Fit(title, f"{title}: fits lzviz.samplers.lds.DeformationModule, which says where to look.", "", options, 0,
               state)  # fmt: skip


FITS: tuple[tuple[tuple[str, ...], Callable[[State], Fit]], ...] = (
    (("decode_head.psp_modules.0.1.conv.weight", "backbone.layer1.0.conv1.weight"), _mmsegmentation),
    (("classifier.classifier.4.weight", "backbone.layer1.0.conv1.weight"), _cad),
    (("stage4.0.branches.0.0.conv1.weight", "cbr.0.weight", "conv1.weight"), _lds),
    (("fov_expand_1.weight", "fov_squeeze_1.weight"), _deformation),
)
"""Keys that a file of each kind has, the most telling first."""
