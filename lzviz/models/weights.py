"""Published weights that the user has: state dicts in the key names of their own repositories.

    network = models.create("pspnet", backbone="resnet50", stem="deep", part=512, auxiliary=True, classes=19)
    weights.load(network, weights.read("pspnet_r50-d8.pth"))          # "mmsegmentation"

Only tensors are read from such a file, never code. The formats that are known (:data:`FORMATS`), and what they fit:

=============  =====================================================================================================
torchvision    any network of :mod:`lzviz.models` that torchvision has too
mmsegmentation ``pspnet`` with ``stem="deep"`` and ``part=512`` (its PSPNet on ResNet-50/101 "V1c", which LZU's segmentation uses)
cad            ``deeplabv3`` on ResNet-50/101 (visinf/cad, segmentation)
efficientnet   ``efficientnet_lite0`` (lukemelas/EfficientNet-PyTorch's keys; timm's load as they are)
lds            ``hrnetv2`` with widths 48, 96, 192, 384, blocks 4, modules (1, 4, 3), stem 64, output_stride 1, channels 180, kernel
               3 (lxasqjc/Deformation-Segmentation: encoder and decoder), or :class:`lzviz.samplers.lds.DeformationModule` (saliency
               and compress); two files make one network
=============  =====================================================================================================

LZU's public checkpoints are detectors (FCOS3D) and fit no network here. All but torchvision's saw images normalised as for
ImageNet (EfficientNet-Lite: mean and deviation 1/2), and :func:`load` sets ``network.normalisation``; of LDS this holds for
Cityscapes, its other data have numbers of their own. Where torchvision's weights want it, set it yourself.

``find`` looks in the folder that ``LZVIZ_WEIGHTS`` names (``checkpoints`` by default): ``resnet18.pth`` in it is ResNet-18's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from lzviz.models.efficientnet import LITE0

ENDINGS = (".pth", ".pt", ".safetensors")
WRAPPERS = ("state_dict", "model_state", "model")
"""Where training scripts put the state dict in what they save."""
SPARE = re.compile(r"(?:fc|aux_classifier)\.|.*num_batches_tracked$")
"""Keys that a network may do without: another task's classifier, training-only heads, counters."""

Rule = tuple[str, str | Callable[[re.Match[str]], str]]


class Weights(NamedTuple):
    """A file's content and its name."""

    state: Mapping[str, Any]
    file: str


# -- files ---------------------------------------------------------------------------------------------------------------


def folder() -> Path:
    """Where weights are looked for."""
    return Path(os.environ.get("LZVIZ_WEIGHTS", "checkpoints"))


def find(network: str) -> Weights | None:
    """The weights of a network by its name; None where there is no such file.

    Raises:
        ValueError: a file that holds no state dict, named with what was expected.
    """
    for path in (folder() / f"{network}{ending}" for ending in ENDINGS):
        if path.is_file():
            return Weights(read(path), path.name)
    return None


def read(*paths: str | Path) -> dict[str, Any]:
    """The state dict of a file, or of several that hold the parts of one network, without wrappers and ``module.`` prefixes.

    Raises:
        ValueError: no file of tensors, no state dict, or two parts with the same key.
    """
    state: dict[str, Any] = {}
    for path in map(Path, paths):
        part = _unwrapped(_tensors(path), path.name)
        if twice := state.keys() & part.keys():
            raise ValueError(f"{path.name} holds {min(twice)} once more: these are no parts of one network")
        state |= part
    return state


def _tensors(path: Path) -> object:
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # bytes that are no tensors fail in any way
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"{path.name} is no file of tensors, or holds more than tensors: {reason}") from None


def _unwrapped(found: object, file: str) -> dict[str, Any]:
    while isinstance(found, Mapping) and (inner := next((found[k] for k in WRAPPERS if k in found), None)) is not None:
        found = inner
    if not isinstance(found, Mapping):
        raise ValueError(f"expected a state dict in {file}, got {type(found).__name__}")
    return {str(key).removeprefix("module."): value for key, value in found.items()}


# -- key names -----------------------------------------------------------------------------------------------------------


def _down(match: re.Match[str]) -> str:
    """HRNet's path to a coarser branch: step k is a group there, two or three layers of one sequence here."""
    stage, module, target, source, step, layer = match.groups()
    return f"backbone.fusions.{int(stage) - 2}.{module}.paths.{target}.{source}.{3 * int(step) + int(layer)}."


def _up(match: re.Match[str]) -> str:
    stage, module, target, source, layer = match.groups()
    return f"backbone.fusions.{int(stage) - 2}.{module}.paths.{target}.{source}.{layer}."


def _branch(match: re.Match[str]) -> str:
    return f"backbone.fusions.{int(match[1]) - 2}.{match[2]}.branches."


def _transition(match: re.Match[str]) -> str:
    return f"backbone.transitions.{int(match[1]) - 1}.{match[2]}."


def _block(match: re.Match[str]) -> str:
    """EfficientNet's blocks are counted through; here they have a stage and a place in it."""
    stage, place = _place(int(match[1]))
    names = SEPARABLE_NAMES if stage == 0 else INVERTED_NAMES
    return f"blocks.{stage}.{place}.{names[match[2]]}."


def _place(block: int) -> tuple[int, int]:
    """(stage, place) of EfficientNet-Lite0's block of a number."""
    for stage, (count, *_) in enumerate(LITE0):
        if block < count:
            return stage, block
        block -= count
    return len(LITE0), block


INVERTED_NAMES = {
    "expand_conv": "conv_pw", "bn0": "bn1", "depthwise_conv": "conv_dw", "bn1": "bn2", "project_conv": "conv_pwl",
    "bn2": "bn3",
}  # fmt: skip
SEPARABLE_NAMES = {**INVERTED_NAMES, "bn1": "bn1", "project_conv": "conv_pw", "bn2": "bn2"}

FORMATS: dict[str, Sequence[Rule]] = {
    "torchvision": (),
    "mmsegmentation": (
        (r"backbone\.stem\.7\.", "backbone.bn1."),
        (r"backbone\.stem\.", "backbone.conv1."),
        (r"decode_head\.psp_modules\.(\d)\.1\.conv\.", r"classifier.pyramid.\1.1."),
        (r"decode_head\.psp_modules\.(\d)\.1\.bn\.", r"classifier.pyramid.\1.2."),
        (r"decode_head\.bottleneck\.conv\.", "classifier.refine.0."),
        (r"decode_head\.bottleneck\.bn\.", "classifier.refine.1."),
        (r"decode_head\.conv_seg\.", "classifier.refine.4."),
        (r"auxiliary_head\.convs\.0\.conv\.", "aux_classifier.0."),
        (r"auxiliary_head\.convs\.0\.bn\.", "aux_classifier.1."),
        (r"auxiliary_head\.conv_seg\.", "aux_classifier.4."),
    ),
    "efficientnet": (
        (r"_conv_stem\.", "conv_stem."),
        (r"_bn0\.", "bn1."),
        (r"_blocks\.(\d+)\._(expand_conv|depthwise_conv|project_conv|bn\d)\.", _block),
        (r"_conv_head\.", "conv_head."),
        (r"_bn1\.", "bn2."),
        (r"_fc\.", "classifier."),
    ),
    "cad": ((r"classifier\.classifier\.", "classifier."),),
    "lds": (
        (r"conv1\.", "backbone.stem.0."),
        (r"bn1\.", "backbone.stem.1."),
        (r"conv2\.", "backbone.stem.3."),
        (r"bn2\.", "backbone.stem.4."),
        (r"layer1\.", "backbone.layer1."),
        (r"transition1\.0\.", "backbone.first."),
        (r"transition(\d)\.\d\.0\.([01])\.", _transition),
        (r"stage(\d)\.(\d)\.branches\.", _branch),
        (r"stage(\d)\.(\d)\.fuse_layers\.(\d)\.(\d)\.(\d)\.([01])\.", _down),
        (r"stage(\d)\.(\d)\.fuse_layers\.(\d)\.(\d)\.([01])\.", _up),
        (r"cbr\.([01])\.", r"classifier.mix.\1."),
        (r"conv_last\.", "classifier.classify."),
    ),
    "lds, saliency": (
        (r"fov_expand_1\.", "layers.0."),
        (r"norm1\.", "layers.1."),
        (r"fov_expand_2\.", "layers.3."),
        (r"norm2\.", "layers.4."),
        (r"fov_squeeze_1\.", "layers.6."),
        (r"norm3\.", "layers.7."),
        (r"conv_last\.", "score."),
    ),
}


def load(network: nn.Module, state: Mapping[str, Any]) -> str:
    """Put published weights into a network, in place, and say which of :data:`FORMATS` they had.

    Raises:
        ValueError: no format fits: missing, unexpected and differently shaped tensors of the one that comes closest.
    """
    own = network.state_dict()
    renamed = {name: {_renamed(key, rules): value for key, value in state.items()} for name, rules in FORMATS.items()}
    name = max(renamed, key=lambda each: len(own.keys() & renamed[each].keys()))
    given = {key: value for key, value in renamed[name].items() if key in own or not SPARE.match(key)}
    problems = {
        "missing": [key for key in own if key not in given and not SPARE.match(key)],
        "unexpected": [key for key in given if key not in own],
        "of another shape": [
            f"{key} {_shape(given[key])} instead of {tuple(own[key].shape)}"
            for key in own
            if key in given and _shape(given[key]) != tuple(own[key].shape)
        ],
    }
    if any(problems.values()):
        said = "; ".join(f"{len(keys)} {what}, e.g. {keys[0]}" for what, keys in problems.items() if keys)
        raise ValueError(
            f"these weights are none of {', '.join(FORMATS)} for this {type(network).__name__}; as {name}: {said}"
        )
    network.load_state_dict({**own, **given})
    if name != "torchvision" and hasattr(network, "normalisation"):
        network.normalisation = "half" if name == "efficientnet" else "imagenet"  # type: ignore[assignment]
    return name


def _renamed(key: str, rules: Sequence[Rule]) -> str:
    for pattern, replacement in rules:
        new, hits = re.subn(f"^{pattern}", replacement, key)
        if hits:
            return new
    return key


def _shape(value: object) -> tuple[int, ...] | str:
    return tuple(value.shape) if isinstance(value, Tensor) else f"({type(value).__name__})"
