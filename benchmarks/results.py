"""The tables of docs/results.md.

``python -m benchmarks.results``
    the shipped checkpoints, from their cards.
``python -m benchmarks.results --reports FOLDER --against uniform-camvid-96x128``
    paired differences from one checkpoint, with their intervals, of what ``python -m lzviz evaluate NAME DATA --json FOLDER``
    wrote. Reports of one name and split are runs with other seeds.
``python -m benchmarks.results --intrinsic scenes``, ``--intrinsic camvid --data FOLDER``
    what sampling alone allows, without any network: labels are read at the samples of each sampler and brought back bilinearly on
    the exact inverse, the same for all.
``python -m benchmarks.results --equal-cost NAME ...``
    the size at which uniform sampling costs what these checkpoints do.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.harness import show, single_thread, table
from lzviz import evaluation, saliency, samplers
from lzviz.coords import Size
from lzviz.layout import Layout
from lzviz.samplers.es import ES, boundary_pixels
from lzviz.samplers.lds import LDS, simulated
from lzviz.samplers.lzu import LZU
from lzviz.training.data import IGNORE, Dataset, open_data
from lzviz.warp import GridWarp

DENSITIES = (5, 20, 100, 1000)
LAMBDAS = (0.3, 1.0, 3.0, 10.0, 30.0)
EDGE_ROWS = 48  # of the map that simulated edge-based samplers are drawn by; full width of their kernel .12 of it
BOUNDARY = 100  # how often a boundary outweighs the rest in LZU's maps

# What sampling alone allows

Place = Callable[[Tensor, Tensor | None], Layout | None]
"""Labels of a picture and of its predecessor, (1, H, W), to the samples; ``None`` where there is no predecessor."""


def placements(size: Size, source: Size, mean: Tensor | None) -> dict[str, Place]:
    """Every network-free sampler by the name of its row.

    Args:
        size: (h, w) of the zoomed image.
        source: (H, W).
        mean: LZU's fixed map.
    """
    aspect = source[1] / source[0]
    edges = LDS((EDGE_ROWS, round(EDGE_ROWS * aspect)), fwhm=0.12 * EDGE_ROWS, anti_crop=True, upsampling="inverse")
    zoom = LZU(lzu_nodes(source), fwhm=9.3, separable=True)
    whole = torch.zeros(1, 1, *source)

    def uniform(name: str) -> Place:
        return lambda labels, before: samplers.create(name)(whole, size).layout

    def simulate(density: float) -> Place:
        return lambda labels, before: edges.warp(simulated(labels, edges.nodes, density), size, source).at(size, source)

    def minimise(smoothness: float) -> Place:
        sampler = ES(size, smoothness)
        return lambda labels, before: GridWarp(sampler.locate(boundary_pixels(labels, IGNORE)).float()).at(size, source)

    def follow(labels: Tensor, before: Tensor | None) -> Layout | None:
        if before is None:
            return None
        looked = saliency.from_boundaries(before, zoom.nodes, BOUNDARY, 1, IGNORE)
        return zoom.warp(looked, size, source).at(size, source)

    rows = {"uniform, corners": uniform("uniform"), "uniform, area": uniform("uniform-area")}
    rows |= {f"true edges {density} : 1": simulate(density) for density in DENSITIES}
    rows |= {f"ES, lambda {smoothness:g}": minimise(smoothness) for smoothness in LAMBDAS}
    if mean is not None:
        rows["LZU, fixed"] = lambda labels, before: zoom.warp(mean, size, source).at(size, source)
    rows["LZU, own truth"] = lambda labels, before: follow(labels, labels)
    rows["LZU, previous frame's truth"] = follow
    return rows


def lzu_nodes(source: Size) -> Size:
    """31 rows and as many columns as the aspect asks for."""
    return 31, round(30 * source[1] / source[0]) + 1


def mean_map(data: Sequence, source: Size) -> Tensor:
    """LZU's fixed map: the mean boundary saliency of a training set."""
    maps = [saliency.from_boundaries(one.labels[None].long(), lzu_nodes(source), BOUNDARY, 1, IGNORE) for one in data]
    return torch.stack(maps).mean(0)


def intrinsic(data: Dataset, chosen: Sequence[int], size: Size, mean: Tensor | None, back: int) -> Iterator[list]:
    """Rows: sampler, intrinsic mIoU, boundary mIoU and IoU of small objects of its reconstruction, in percent."""
    classes = len(data.classes)
    truths = {k: data[k].labels[None].long() for n in chosen for k in (n, n - back) if k >= 0}
    source = (int(truths[chosen[0]].shape[-2]), int(truths[chosen[0]].shape[-1]))
    distance = max(1, round(source[0] / 90))
    first = None
    for name, place in placements(size, source, mean).items():
        everywhere, boundary, small = (0.0, 0.0, 0.0)
        for k in chosen:
            layout = place(truths[k], truths.get(k - back) if back else None)
            if layout is None:
                break
            rebuilt = evaluation.reconstructed_labels(layout, truths[k], classes, IGNORE, border=True)
            everywhere = everywhere + evaluation.confusion(rebuilt, truths[k], classes, IGNORE)
            boundary = boundary + evaluation.boundary_confusion(rebuilt, truths[k], classes, distance, IGNORE)
            small = small + evaluation.small_counts(rebuilt, truths[k], classes, distance=distance, ignore_index=IGNORE)
        else:
            assert isinstance(everywhere, Tensor) and isinstance(boundary, Tensor) and isinstance(small, Tensor)
            numbers = [evaluation.miou(everywhere), evaluation.miou(boundary)]
            numbers.append(evaluation.small_iou(small).nanmean().item())
            first = first or numbers
            yield [name, *(f"{100 * n:.1f} ({100 * (n - u):+.1f})" for n, u in zip(numbers, first, strict=True))]


def intrinsic_tables(options: argparse.Namespace) -> None:
    head = ["sampler", "intrinsic mIoU", "within the boundary band", "small objects"]
    if options.intrinsic == "scenes":
        data = open_data("scenes", split="val", count=options.pictures, size=(1024, 2048))
        mean = mean_map(open_data("scenes", split="train", count=options.pictures, size=(512, 1024)), (1024, 2048))
        sizes, chosen, back = [(64, 128)], range(len(data)), 0
    else:
        data = open_data("camvid", options.data, options.split)
        mean = mean_map(open_data("camvid", options.data, "train"), (360, 480))
        sizes, back = [(48, 64), (96, 128)], 1
        chosen = range(back, len(data), options.every)
    for size in sizes:
        print(f"### {data.name}, {size[0]} x {size[1]}, {len(chosen)} pictures\n")
        show(table(head, intrinsic(data, chosen, size, mean, back)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intrinsic", choices=("scenes", "camvid"), help="print what sampling alone allows")
    parser.add_argument("--data", type=Path, help="folder of CamVid")
    parser.add_argument("--split", default="val")
    parser.add_argument("--every", type=int, default=5, help="of CamVid's pictures, one in so many (%(default)s)")
    parser.add_argument("--pictures", type=int, default=6, help="number of scenes (%(default)s)")
    options = parser.parse_args()
    single_thread()
    with torch.inference_mode():
        if options.intrinsic:
            intrinsic_tables(options)


if __name__ == "__main__":
    main()
