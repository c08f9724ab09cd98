"""LDS's studies, without any network: what sampling alone allows, on drawn streets of 1024 x 2048.

    python -m benchmarks.studies [--pictures 3]

* its figure 3a for a set: IoU of every class against how much denser samples are around true edges;
* its figure 6: mIoU over five sizes, and the multiply-adds of the small network that uniform sampling needs for the same score;
* its ablation of sigma: the width of the kernel that draws samples to edges, as a share of the map's rows.

Those that need networks are in :mod:`benchmarks.ablations`.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from benchmarks.harness import show, single_thread, table
from benchmarks.results import EDGE_ROWS, layouts, mean_map
from lzviz import models, samplers
from lzviz.coords import Size
from lzviz.datasets import IGNORE, open_data
from lzviz.layout import Layout
from lzviz.measure import cost, evaluation
from lzviz.samplers.lds import LDS, simulated

SOURCE: Size = (1024, 2048)
SIZES: tuple[Size, ...] = ((32, 64), (48, 96), (64, 128), (96, 192), (128, 256))
MIDDLE: Size = (64, 128)
DENSITIES = (2, 5, 20, 100, 1000)
SIGMAS = (0.025, 0.05, 0.1)
SHOWN = ("Uniform, corners", "true edges, 100 : 1", "ES, lambda 1", "LZU, fixed", "LZU, own truth")
FWHM = 2 * math.sqrt(2 * math.log(2))
Counts = dict[tuple[str, str, Size], Tensor]


def edges(labels: Tensor, density: float, sigma: float, size: Size) -> Layout:
    """Samples that true edges attract: LDS as if its map were right."""
    source: Size = (int(labels.shape[-2]), int(labels.shape[-1]))
    nodes = EDGE_ROWS, round(EDGE_ROWS * source[1] / source[0])
    sampler = LDS(nodes, fwhm=FWHM * sigma * EDGE_ROWS, anti_crop=True, upsampling="inverse")
    return sampler.warp(simulated(labels, nodes, density), size, source).at(size, source)


def asked(labels: Tensor, mean: Tensor) -> Iterator[tuple[tuple[str, str, Size], Layout]]:
    """((study, name, size), samples) of a picture."""
    plain = samplers.create("uniform")(torch.zeros(1, 1, *SOURCE), MIDDLE).layout
    yield ("density", "uniform", MIDDLE), plain
    for density in DENSITIES:
        yield ("density", f"{density} : 1", MIDDLE), edges(labels, density, 0.05, MIDDLE)
    for sigma in SIGMAS:
        yield ("sigma", f"{sigma:g}", MIDDLE), edges(labels, 100, sigma, MIDDLE)
    for size in SIZES:
        for name, layout in layouts(labels, None, size, mean):
            if name in SHOWN:
                yield ("size", name, size), layout


def count(pictures: int) -> tuple[Counts, Sequence[str]]:
    """Confusion matrices (K, K + 1), summed over the pictures."""
    data = open_data("scenes", split="val", count=pictures, size=SOURCE)
    mean = mean_map(open_data("scenes", split="train", count=pictures, size=(512, 1024)), SOURCE)
    counts: Counts = defaultdict(lambda: torch.zeros(len(data.classes), len(data.classes) + 1))
    for k in range(len(data)):
        truth = data[k].labels[None].long()
        for key, layout in asked(truth, mean):
            rebuilt = evaluation.reconstructed_labels(layout, truth, len(data.classes), IGNORE, border=True)
            counts[key] += evaluation.confusion(rebuilt, truth, len(data.classes), IGNORE)
    return counts, data.classes


def densities(counts: Counts, classes: Sequence[str]) -> Iterator[list[str]]:
    """A row a class, the rarest last; the best density in bold."""
    columns = ["uniform", *(f"{density} : 1" for density in DENSITIES)]
    scores = torch.stack([100 * evaluation.iou(counts["density", name, MIDDLE]) for name in columns], 1)
    pixels = counts["density", "uniform", MIDDLE].sum(1)
    for k in (pixels / pixels.sum()).argsort(descending=True).tolist():
        if pixels[k]:
            yield _line(f"{classes[k]}", f"{100 * pixels[k] / pixels.sum():.2f}", scores[k])
    yield _line("mean", "", scores[pixels > 0].nanmean(0))


def _line(name: str, share: str, scores: Tensor) -> list[str]:
    best = int(scores.nan_to_num(-1).argmax())
    return [name, share, *(f"**{v:.1f}**" if k == best else f"{v:.1f}" for k, v in enumerate(scores.tolist()))]


def sizes(counts: Counts) -> Iterator[list[str]]:
    """A row a size: millions of multiply-adds of the small network, mIoU of each sampler."""
    for size in SIZES:
        scores = [f"{100 * evaluation.miou(counts['size', name, size]):.1f}" for name in SHOWN]
        yield [f"{size[0]} x {size[1]}", f"{macs(size) / 1e6:.0f}", *scores]


def macs(size: Size) -> int:
    """Multiply-adds of the network of the small checkpoints."""
    return cost.count(models.compact(), (1, 3, *size)).total


def savings(counts: Counts) -> Iterator[list[str]]:
    """What uniform sampling would cost for the score that each sampler has at the middle size, and the share that is saved."""
    work = [math.log(macs(size)) for size in SIZES]
    plain = [float(evaluation.miou(counts["size", SHOWN[0], size])) for size in SIZES]
    here = macs(MIDDLE)
    for name in SHOWN[1:]:
        score = float(evaluation.miou(counts["size", name, MIDDLE]))
        needed = _at(score, plain, work)
        if needed is None:
            yield [name, f"{100 * score:.1f}", "more than the largest size", f"> {1 - here / math.exp(work[-1]):.0%}"]
        else:
            yield [name, f"{100 * score:.1f}", f"{math.exp(needed) / 1e6:.0f} M", f"{1 - here / math.exp(needed):.0%}"]


def _at(score: float, scores: Sequence[float], work: Sequence[float]) -> float | None:
    """Where a rising curve reaches a score, between its points linearly; None beyond its end, the first point before it."""
    if score <= scores[0]:
        return work[0]
    for (a, b), (x, y) in zip(pairwise(scores), pairwise(work), strict=True):
        if a <= score <= b:
            return x + (y - x) * (score - a) / max(b - a, 1e-12)
    return None


def sigmas(counts: Mapping[tuple[str, str, Size], Tensor]) -> Iterator[list[str]]:
    """A row a width."""
    for sigma in SIGMAS:
        yield [f"{sigma:g}", f"{100 * evaluation.miou(counts['sigma', f'{sigma:g}', MIDDLE]):.1f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description="LDS's studies on drawn streets, without a network.")
    parser.add_argument("--pictures", type=int, default=3, help="number of streets (%(default)s)")
    options = parser.parse_args()
    single_thread()
    with torch.inference_mode():
        counts, classes = count(options.pictures)
    print(f"### Density around edges, {options.pictures} streets, 64 x 128: IoU of every class, percent\n")
    show(table(["class", "% of pixels", "uniform", *(f"{d} : 1" for d in DENSITIES)], densities(counts, classes)))
    print("### Five sizes: mIoU, percent\n")
    show(table(["zoomed to", "M multiply-adds", *SHOWN], sizes(counts)))
    print("### What the score at 64 x 128 costs uniform sampling\n")
    show(table(["sampler", "mIoU", "uniform needs", "saved"], savings(counts)))
    print("### Width of the kernel, 100 : 1, 64 x 128\n")
    show(table(["sigma, share of the map's rows", "mIoU"], sigmas(counts)))


if __name__ == "__main__":
    main()
