"""Content-adaptive downsampling, plug and play: an ImageNet network that nobody retrained, on the pictures that ship.

    python -m benchmarks.recognition [--levels 8 32] [--times]

Of each mask, over the gallery: its share of the dilated network's multiply-adds; how many pictures are called the same as by the
strided and by the dilated network (top-1); how far features are from the dilated network's on its own grid (relative RMS, the
strided network's repeated over their blocks); with --times processor time over the dilated network's as it is, and over the
fastest dense form of it that we know (channels last, wide paddings made beforehand), in turns.
"""

from __future__ import annotations

import argparse
import copy
import math
import statistics
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

import lzviz
from benchmarks.harness import processor, show, single_thread, table, together
from lzviz import gallery
from lzviz.adaptive import inspect, masks
from lzviz.adaptive.convolution import DIRECT_PADDING
from lzviz.contract.answers.working import WORKING, Working
from lzviz.models import prepare

SEEDS, REPEATS = 2, 2


class Row(NamedTuple):
    """A mask on a picture."""

    macs: float
    same_as_dilated: bool
    same_as_strided: bool
    distance: float
    time: float
    time_of_best: float


def fastest(network: nn.Module) -> nn.Module:
    """A copy in channels last, in which filters of one channel meet no wide padding."""
    network = copy.deepcopy(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for part in list(network.modules()):
        for name, layer in list(part.named_children()):
            if isinstance(layer, nn.Conv2d) and layer.groups > 1 and max(layer.padding) > DIRECT_PADDING:  # type: ignore[type-var]
                rows, columns = layer.padding
                layer.padding = (0, 0)
                setattr(part, name, nn.Sequential(nn.ZeroPad2d((columns, columns, rows, rows)), layer))  # type: ignore[arg-type]
    return network


def _size(image: Tensor) -> tuple[int, int]:
    return int(image.shape[-2]), int(image.shape[-1])


def choices(depth: int) -> dict[str, Callable[[Tensor, int], Tensor]]:
    """(image, seed) -> levels, by name."""
    edges = {
        f"edges, Sobel {name} ({value})": lambda image, seed, value=value: masks.edges(
            image, value, dilation=3, depth=depth, operator="sobel"
        )
        for name, value in masks.PAPER_PRESETS.items()
    }
    shares = {
        f"random, {share:.0%} kept": lambda image, seed, share=share: masks.random(
            _size(image), share, depth, stride=8, generator=torch.Generator().manual_seed(seed)
        )
        for share in (0.25, 0.5, 0.75)
    }
    return {
        "strided": lambda image, seed: masks.random(_size(image), 0, depth, stride=8),
        **edges,
        "inverse of Sobel high": lambda image, seed: masks.inverse(
            masks.edges(image, "high", dilation=3, depth=depth, operator="sobel"), depth
        ),
        **shares,
        "dilated": lambda image, seed: masks.random(_size(image), 1, depth, stride=8),
    }


class Shown(NamedTuple):
    """A picture as the network reads it, and what its two stock forms say."""

    image: Tensor
    x: Tensor
    dilated: Tensor
    names: tuple[int, int]


@torch.inference_mode()
def measured(fine: int, coarse: int, times: bool) -> Iterator[tuple[str, list[Row]]]:
    """Every mask, on all pictures."""
    made = lzviz.load("efficientnet-lite0-imagenet").network
    assert made is not None
    subject = inspect.Subject.make("efficientnet", fine, coarse, state=made.state_dict())

    def called(features: Tensor) -> int:
        return int(made.classifier(features.mean((2, 3))).argmax())  # type: ignore[operator]

    best = fastest(subject.dilated) if times else subject.dilated
    shown = []
    for each in gallery.shipped().values():
        image = Working.of(each.prepare().result(), WORKING["efficientnet"]).image
        x = prepare(image, "half")
        dilated = subject.dilated(x)
        shown.append(Shown(image, x, dilated, (called(dilated), called(subject.strided(x)))))
    for name, choose in choices(subject.depth).items():
        seeds = range(SEEDS if name.startswith("random") else 1)
        with torch.inference_mode():
            yield (
                name,
                [
                    _row(subject, best, each, choose(each.image, seed), called, times)
                    for each in shown
                    for seed in seeds
                ],
            )


def _row(
    subject: inspect.Subject,
    best: nn.Module,
    shown: Shown,
    levels: Tensor,
    called: Callable[[Tensor], int],
    times: bool,
) -> Row:
    image, x, dilated, (fine, coarse) = shown
    plan = subject.fixed.plan(levels, _size(image))
    features = subject.fixed(x, plan=plan)
    distance = float((features - dilated).square().mean().sqrt() / dilated.square().mean().sqrt())
    last = x.contiguous(memory_format=torch.channels_last)
    works = [lambda: subject.fixed(x, plan=plan), lambda: subject.dilated(x), lambda: best(last)]
    ours, theirs, fast = together(works, REPEATS, 1) if times else (math.nan, 1, 1)
    said = called(features)
    return Row(plan.macs / plan.macs_dense, said == fine, said == coarse, distance, ours / theirs, ours / fast)


def main() -> None:
    parser = argparse.ArgumentParser(description="CAD on an ImageNet network that nobody retrained")
    parser.add_argument("--levels", type=int, nargs=2, default=(8, 32), metavar=("FINE", "COARSE"))
    parser.add_argument("--times", action="store_true", help="measure times too, which takes minutes")
    options = parser.parse_args()
    fine, coarse = options.levels
    single_thread()
    print(f"EfficientNet-Lite0, ImageNet's weights, output stride {fine} to {coarse}, one thread. {processor()}\n")
    head = [
        "mask",
        "multiply-adds of dilated",
        "top-1 as dilated",
        "as strided",
        "features from dilated",
        "time of dilated",
        "of its best form",
    ]
    show(table(head, (_line(name, rows) for name, rows in measured(fine, coarse, options.times))))


def _line(name: str, rows: list[Row]) -> list[object]:
    shares = [row.macs for row in rows]
    dilated, strided = (sum(getattr(row, f"same_as_{form}") for row in rows) for form in ("dilated", "strided"))
    distance, *times = (
        statistics.mean(getattr(row, key) for row in rows) for key in ("distance", "time", "time_of_best")
    )
    spread = f"{statistics.mean(shares):.3f} ({min(shares):.3f} to {max(shares):.3f})"
    return [
        name,
        spread,
        f"{dilated} of {len(rows)}",
        f"{strided} of {len(rows)}",
        f"{distance:.3f}",
        *(f"{time:.2f}" if time == time else "" for time in times),
    ]


if __name__ == "__main__":
    main()
