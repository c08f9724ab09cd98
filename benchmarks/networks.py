"""Networks of other libraries under ``lzviz.adapt``: how far coarse locations are from the stock network's.

    python -m benchmarks.networks            # every network, an even and an odd size
    python -m benchmarks.networks resnet50_gn dla34

Random weights, lively norms, float64, ``global_pool="coarse"``; the largest difference at coarse locations over all maps and class
scores that the network returns, relative to the largest value. "ones": all levels deepest; "zeros": none halved; "mixed": random.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

import lzviz
from lzviz.adaptive import masks

SIZES = ((128, 160), (117, 155))


class Entry(NamedTuple):
    """A network, where it is adapted, and which of its modules runs on the dense fine grid."""

    make: Callable[[], nn.Module]
    strides: tuple[int, int] = (8, 32)
    dense_from: str | tuple[str, ...] | None = None


def _timm(name: str, **options: Any) -> Callable[[], nn.Module]:
    import timm

    return lambda: timm.create_model(name, pretrained=False, **options)


def _vision(name: str, **options: Any) -> Callable[[], nn.Module]:
    import torchvision

    return lambda: torchvision.models.get_model(name, weights=None, **options)


def _segmenting(name: str) -> Callable[[], Any]:
    import torchvision

    return lambda: torchvision.models.get_model(name, weights=None, weights_backbone=None, num_classes=5).backbone


def _transformers(name: str, **options: Any) -> Callable[[], nn.Module]:
    import transformers

    return lambda: getattr(transformers, name + "Model")(getattr(transformers, name + "Config")(**options))


def without_operators() -> None:
    """Let a torchvision that was built for another torch be imported: no network here uses the operators that it then lacks."""
    register = torch.library.register_fake
    torch.library.register_fake = lambda *args, **kwargs: lambda function: function  # type: ignore[assignment]
    try:
        importlib.import_module("torchvision")
    finally:
        torch.library.register_fake = register


SMALL = {"depths": [1, 1, 1, 1], "hidden_sizes": [8, 16, 24, 32]}


# What looks at the whole map, to be run on the dense fine grid: the names in the refusal.
ATTENTION = {
    "mobilevit_xxs": ("stages.2.1", "stages.3.1", "stages.4.1"),
    "edgenext_xx_small": ("stages.1.blocks.1", "stages.2.blocks.5", "stages.3.blocks.1"),
    "gcresnet33ts": tuple(f"stages.{k}.{n}.attn" for k, many in enumerate((2, 3, 3, 2)) for n in range(many)),
}


def entries() -> dict[str, Entry]:
    """Networks by the names of their libraries."""
    found = {name: Entry(_timm(name)) for name in (
        "resnet18", "resnet50_gn", "skresnet18", "resnest14d", "tf_efficientnet_b0", "mobilenetv3_small_100", "regnetx_002",
        "regnety_002", "densenet121", "convnext_atto", "convnextv2_atto", "poolformer_s12", "ghostnet_050", "res2net50d",
        "hrnet_w18_small", "dla34", "ese_vovnet19b_dw", "gcresnet33ts", "eca_resnet33ts", "repvgg_a0", "cspresnet50",
        "edgenext_xx_small", "mobilevit_xxs", "fastvit_t8", "starnet_s1",
    )}  # fmt: skip
    for name in ("hrnet_w18_small", "dla34"):
        found[f"{name}, 4 to 32"] = Entry(found[name].make, (4, 32))
        found[f"{name}, features"] = Entry(_timm(name, features_only=True), (8, 32))
    for name in ("shufflenet_v2_x0_5", "vgg16_bn", "mobilenet_v2", "mnasnet0_5", "googlenet", "squeezenet1_1"):
        options = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
        found[name] = Entry(_vision(name, **options), (8, 16) if name == "squeezenet1_1" else (8, 32))
    found["lraspp_mobilenet_v3_large"] = Entry(_segmenting("lraspp_mobilenet_v3_large"), (8, 16))
    for name, modules in ATTENTION.items():
        found[f"{name}, dense"] = Entry(found[name].make, (8, 32), modules)
    found["transformers ResNet"] = Entry(_transformers("ResNet", **SMALL))
    found["transformers ConvNext"] = Entry(_transformers("ConvNext", **SMALL))
    found["transformers MobileNetV2"] = Entry(_transformers("MobileNetV2"))
    found["transformers RegNet"] = Entry(_transformers("RegNet", **SMALL, groups_width=8))
    return found


def lively(model: nn.Module) -> nn.Module:
    """Evaluation mode in doubles, with norms and scales that do something."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None:
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)  # type: ignore[union-attr]
            if module.weight is not None:
                nn.init.uniform_(module.weight, 0.5, 1.5)
    for parameter in model.parameters():
        if parameter.ndim == 1:  # layer scales that start near zero hide what a block does
            parameter.data.add_(torch.randn_like(parameter) * 0.1)
    return model.double().eval()


def error(got: Any, stock: Any) -> float:
    """The largest relative difference at coarse locations, over all tensors that the network returns."""
    worst = 0.0
    for y, expected in zip(tree_flatten(got)[0], tree_flatten(stock)[0], strict=True):
        if not isinstance(expected, Tensor):
            continue
        if expected.ndim == 4 and y.shape != expected.shape:
            step = 1
            while -(-y.shape[-1] // step) > expected.shape[-1]:
                step *= 2
            y = y[..., ::step, ::step]
        if y.shape != expected.shape:
            return float("inf")
        worst = max(worst, float((y - expected).abs().max() / expected.abs().max()))
    return worst


@torch.no_grad()
def trial(entry: Entry, size: tuple[int, int]) -> tuple[list[str], str]:
    """Errors of ones, zeros and mixed levels, or the sentence that refuses them."""
    torch.manual_seed(0)
    model, x = lively(entry.make()), torch.randn(1, 3, *size, dtype=torch.float64)
    stock = model(x)
    fine, coarse = entry.strides
    depth = (coarse // fine).bit_length() - 1
    adapted = lzviz.adapt(model, entry.strides, global_pool="coarse", dense_from=entry.dense_from)
    row, said = [], ""
    for kind in ("ones", "zeros", "mixed"):
        cells = [-(-n // fine) for n in size]
        levels = torch.full((1, 1, *cells), depth if kind == "ones" else 0)
        if kind == "mixed":
            levels = masks.random((cells[0], cells[1]), 0.4, depth)
        try:
            made, report = adapted.run(x, levels=levels)
            row.append(f"{error(made, stock):.0e}")
            said = "; ".join(map(str, report.outside)) or said
        except ValueError as failure:
            row.append("refused")
            said = str(failure)
        except Exception as failure:  # torch's own words are what a table of faults is for
            row.append("FAILED")
            said = f"{type(failure).__name__}: {str(failure)[:160]}"
    return row, said


def main(names: list[str]) -> None:
    """Print the table."""
    warnings.filterwarnings("ignore")
    without_operators()
    print("network | size | ones | zeros | mixed | outside the guarantee, or refused")
    for name, entry in entries().items():
        if names and name.split(",")[0] not in names:
            continue
        for size in SIZES:
            try:
                row, said = trial(entry, size)
            except Exception as failure:
                row, said = ["-"] * 3, f"the stock network fails: {str(failure)[:70]}"
            print(f"{name} | {size[0]}x{size[1]} | {' | '.join(row)} | {said}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
