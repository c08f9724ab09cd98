"""Models of torchvision, timm and transformers, exactly as their packages make them.

The packages are optional (``requirements-extras.txt``) and nothing here installs them. Where one is missing, a warning in
the summary of the run says so; with ``LZVIZ_EXTRAS=required`` in the environment that is a failure.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import warnings
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from lzviz.adaptive import adapt, masks

TORCHVISION = (
    *("resnet18", "resnet50", "resnext50_32x4d", "wide_resnet50_2", "vgg16", "vgg16_bn", "mobilenet_v2"),
    *("mobilenet_v3_large", "densenet121", "efficientnet_b0", "regnet_y_400mf", "convnext_tiny", "mnasnet0_5"),
    *("shufflenet_v2_x0_5", "squeezenet1_1"),
)
TIMM = (
    *("resnet50", "resnet50d", "resnetv2_50", "seresnet50", "ecaresnet50t", "efficientnet_b0", "tf_efficientnet_b0"),
    *("mobilenetv3_large_100", "regnety_004", "densenet121", "res2net50_26w_4s", "rexnet_100"),
    *("skresnet18", "resnest14d", "ghostnet_050", "convnextv2_atto", "resnet50_gn", "poolformer_s12"),
)
DECLARED: list[torch.library.Library] = []


def torchvision() -> ModuleType:
    """torchvision, also beside a torch for which its compiled operators were not built: those are declared, not defined."""
    for _ in range(20):
        try:
            return importlib.import_module("torchvision")
        except RuntimeError as error:
            missing = re.search(r"operator torchvision::(\w+) does not exist", str(error))
            if missing is None:
                raise
            DECLARED.append(torch.library.Library("torchvision", "FRAGMENT"))
            DECLARED[-1].define(f"{missing[1]}(Tensor x) -> Tensor")
            for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
                del sys.modules[name]
    raise RuntimeError("torchvision keeps asking for operators")


def from_torchvision(name: str) -> nn.Module:
    return getattr(importlib.import_module("torchvision.models"), name)(weights=None)


def from_timm(name: str) -> nn.Module:
    return importlib.import_module("timm").create_model(name, pretrained=False)


def from_transformers(name: str) -> nn.Module:
    package = importlib.import_module("transformers")
    options = (
        {"layer_type": "basic", "depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512]} if "18" in name else {}
    )
    return package.ResNetForImageClassification(package.ResNetConfig(**options))


MAKERS: dict[str, tuple[Callable[[str], nn.Module], tuple[str, ...]]] = {
    "torchvision": (from_torchvision, TORCHVISION),
    "timm": (from_timm, TIMM),
    "transformers": (from_transformers, ("resnet18", "resnet50")),
}


def installed(package: str) -> bool:
    if importlib.util.find_spec(package) is None:
        return False
    if package in ("torchvision", "timm") and importlib.util.find_spec("torchvision") is not None:
        torchvision()
    return package != "timm" or importlib.util.find_spec("torchvision") is not None


# Networks that join branches of different strides; HRNet goes back to its finest branch, of stride 4, to the end.
BRANCHES = [("hrnet_w18_small", (4, 32)), ("dla34", (4, 32)), ("dla34", (8, 32))] if installed("timm") else []
PRESENT = {package: installed(package) for package in MAKERS}
MODELS = [(package, name) for package, (_, names) in MAKERS.items() if PRESENT[package] for name in names]


def test_the_extras_are_here() -> None:
    missing = [package for package, present in PRESENT.items() if not present]
    message = f"NOT VERIFIED on the models of {', '.join(missing)}: install requirements-extras.txt to do so"
    if missing and os.environ.get("LZVIZ_EXTRAS") == "required":
        pytest.fail(message)
    if missing:
        warnings.warn(message, stacklevel=1)
    assert len(MODELS) >= 14 or missing


def mixed(features: Tensor) -> Tensor:
    """Levels for features of any size (floors and ceilings differ between networks)."""
    return masks.random((features.shape[-2], features.shape[-1]), 0.4, 2)


def scores(output: object) -> Tensor:
    return output if isinstance(output, Tensor) else output.logits  # type: ignore[attr-defined]


if MODELS:  # else there is nothing to run, as the test above says

    @pytest.mark.parametrize(("package", "name"), MODELS)
    @torch.no_grad()
    def test_class_scores_whatever_the_levels(package: str, name: str) -> None:
        """Every stock feature is exact under a mixed mask of two levels, down to the class scores; no operation falls back."""
        model = MAKERS[package][0](name).eval()
        for module in model.modules():
            if isinstance(getattr(module, "running_mean", None), Tensor):
                nn.init.normal_(module.running_mean, std=0.1)  # type: ignore[arg-type]
                nn.init.uniform_(module.running_var, 0.5, 1.5)  # type: ignore[arg-type]
        model = model.double()
        x = torch.randn(1, 3, 135, 100, dtype=torch.float64)
        deepest = 16 if name.startswith("squeezenet") else 32
        adapted = adapt(model, output_stride=(8, deepest), global_pool="coarse")
        levels = masks.random((17, 13), 0.4, 1) if deepest == 16 else mixed
        made, report = adapted.run(x, levels=levels)
        expected, got = scores(model(x)), scores(made)
        assert (got - expected).abs().max() <= 1e-12 * expected.abs().max()
        assert len(report) == 0

    @pytest.mark.parametrize(("name", "strides"), BRANCHES)
    @torch.no_grad()
    def test_branches_of_different_strides_are_exact(name: str, strides: tuple[int, int]) -> None:
        """All maps and levels; an image that the network's own strides divide, since it joins different sizes otherwise."""
        model, x = from_timm(name).double().eval(), torch.randn(1, 3, 96, 64, dtype=torch.float64)
        adapted, stock = adapt(model, strides, global_pool="coarse"), model(x)
        depth = (strides[1] // strides[0]).bit_length() - 1
        for keep in (0.0, 0.4, 1.0):
            levels = masks.random((96 // strides[0], 64 // strides[0]), keep, depth)
            made, report = adapted.run(x, levels=levels)
            assert (made - stock).abs().max() <= 1e-12 * stock.abs().max()
            assert report.guaranteed and not len(report)
