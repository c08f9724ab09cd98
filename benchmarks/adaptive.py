"""Content-adaptive downsampling against our own best dense runs.

``python -m benchmarks.adaptive [--device cuda] [--depths 50 101] [--threads 1 2] [--repeats 7]``
``python -m benchmarks.adaptive --pipelines [--data CAMVID] [--threads 1]``

layer3 + layer4 of ResNet-50 and -101 at 512 x 1024 (features of layer2: 512 x 64 x 128), one and two threads, fp32:

* *best dense*: the same layers at output stride 8, BatchNorm folded, the fastest of channels first, channels last and
  oneDNN's own layout, measured here and now;
* *adaptive*: ``adapt(...).compile()`` on masks of random blocks, row fraction f;
* *efficiency*: time / (multiply-add ratio x best dense); 1.00 means that every multiply-add saved is time saved.

Then the whole DeepLabv3-ResNet-101 with a learned mask's f = .45 against the stock network, eager, output stride 8; tables
for one mask; the edge mask.

With ``--pipelines`` the shipped pipelines instead, whole, image to labels' scores, in turns with the dilated one of the same size:
each on its own masks over frames of CamVid (without ``--data``: of the procedural scenes), every picture with a mask not seen
before, and the one with the edge mask on masks of random blocks. *Best dense* is the same pipeline with every cell kept.

Memory freed is kept by the process (for all sides alike): fresh pages would be timed instead.
"""

from __future__ import annotations

import argparse
import copy
import ctypes
import itertools
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.utils import mkldnn as onednn

import lzviz
from benchmarks.harness import milliseconds, processor, show, table, together
from lzviz.adaptive import masks
from lzviz.adaptive.folding import fold
from lzviz.adaptive.lattice import Tree, Window
from lzviz.datasets import open_data
from lzviz.models import resnet, segmentation
from lzviz.pipelines.adaptive import AdaptivePipeline
from lzviz.pipelines.pipeline import Pipeline

FRACTIONS = (0.25, 0.3, 0.45, 0.6, 0.8, 1.0)
IMAGE = (512, 1024)
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def keep_memory() -> None:
    """Let the allocator keep what was freed (glibc)."""
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, 1 << 30)
        library.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)


def levels_of(fraction: float, size: tuple[int, int], depth: int, seed: int = 0) -> Tensor:
    """Random blocks of level 0 or ``depth`` such that about ``fraction`` of the rows are kept."""
    coarse = 0.25**depth
    generator = torch.Generator().manual_seed(seed)
    return masks.random(size, min(max((fraction - coarse) / (1 - coarse), 0.0), 1.0), depth, generator=generator)


def folded(model: nn.Module) -> nn.Module:
    """A copy of a ResNet's stages without BatchNorm."""
    model = copy.deepcopy(model).eval()
    for block in model.modules():
        pairs = [("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3")] if hasattr(block, "conv3") else []
        for conv, norm in pairs:
            fold(getattr(block, conv), getattr(block, norm))
            setattr(block, norm, nn.Identity())
        if isinstance(getattr(block, "downsample", None), nn.Sequential):
            fold(block.downsample[0], block.downsample[1])  # type: ignore[index, union-attr]
            block.downsample[1] = nn.Identity()  # type: ignore[index, union-attr, operator]
    return model


def dense_ways(model: nn.Module, x: Tensor) -> dict[str, Callable[[], object]]:
    """The dense run in every layout that this machine knows."""
    plain = folded(model).to(x.device)
    last = copy.deepcopy(plain).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x_last = x.contiguous(memory_format=torch.channels_last)
    ways: dict[str, Callable[[], object]] = {"channels first": lambda: plain(x), "channels last": lambda: last(x_last)}
    if x.device.type == "cpu" and torch.backends.mkldnn.is_available():
        own, x_own = onednn.to_mkldnn(copy.deepcopy(plain)), x.to_mkldnn()
        ways["oneDNN"] = lambda: own(x_own)
    return ways


def stages(depth: int, stride: int) -> nn.Sequential:
    """layer3 and layer4 of a ResNet at an output stride, with layer2's features as their input."""
    torch.manual_seed(0)
    network = getattr(resnet, f"resnet{depth}")(classes=None, output_stride=stride).eval()
    return nn.Sequential(network.layer3, network.layer4)


def layers(device: str, depths: tuple[int, ...], repeats: int) -> Iterator[list[object]]:
    """Rows of the table of layer3 + layer4."""
    size = (IMAGE[0] // 8, IMAGE[1] // 8)
    x = torch.relu(torch.randn(1, 512, *size, device=device)).contiguous(memory_format=torch.channels_last)
    for depth in depths:
        ways = dense_ways(stages(depth, 8), x)
        dense = dict(zip(ways, together(list(ways.values()), repeats), strict=True))
        best = min(dense, key=lambda name: dense[name])
        for coarse in (16, 32):
            adapted = lzviz.adapt(stages(depth, coarse).to(device), (1, coarse // 8)).compile()
            for fraction in FRACTIONS:
                levels = levels_of(fraction, size, coarse // 16).to(device)
                plan = adapted.plan(levels, size, channels=512)
                ratio = plan.macs / plan.macs_dense
                ours, reference = together([lambda p=plan, a=adapted: a(x, plan=p), ways[best]], repeats)
                yield [
                    f"ResNet-{depth}, 8 -> {coarse}",
                    round(plan.row_fraction, 3),
                    ratio,
                    ours,
                    f"{reference:.0f} ({best})",
                    ours / reference,
                    ours / reference / ratio,
                ]


def whole(device: str, repeats: int) -> list[list[object]]:
    """DeepLabv3-ResNet-101: stock, eager, output strides 8 and 16, and adapted."""
    strided, dense = (
        segmentation.deeplabv3("resnet101", 19, output_stride=stride).eval().to(device) for stride in (16, 8)
    )
    x = torch.rand(1, 3, *IMAGE, device=device)
    works: dict[str, Callable[[], object]] = {"stock, output stride 8": lambda: dense(x)}
    works["stock, output stride 16"] = lambda: strided(x)
    levels = levels_of(0.45, (IMAGE[0] // 8, IMAGE[1] // 8), 1).to(device)
    for name, head in (("head on rows", None), ("dense head", "classifier")):
        adapted = lzviz.adapt(strided, (8, 16), dense_from=head).compile()
        plan = adapted.plan(levels, IMAGE)
        works[f"adaptive, f = {plan.row_fraction:.2f}, {name}"] = lambda a=adapted, p=plan: a(x, plan=p)
    times = together(list(works.values()), repeats)
    return [[name, time, time / times[0]] for name, time in zip(works, times, strict=True)]


def tables(levels: Tensor) -> None:
    """Everything that a ResNet needs of one mask."""
    tree = Tree.grow(levels[:, 0], 1)
    grid, halved = tree.grid(0), tree.grid(1)
    strided = Window((3, 3), (1, 1), (1, 1), (1, 1), 2)
    grid.taps(strided, halved)
    grid.taps(Window((1, 1), (1, 1), (0, 0), (0, 0), 2), halved)
    for dilation in (1, 2):
        same = Window((3, 3), (dilation, dilation), (dilation, dilation), (dilation, dilation))
        halved.taps(same, halved)
    _ = halved.owner


def small(device: str, repeats: int) -> list[list[object]]:
    """Times around the network."""
    size = (IMAGE[0] // 8, IMAGE[1] // 8)
    levels = levels_of(0.45, size, 1).to(device)
    image = torch.rand(1, 3, *IMAGE, device=device)
    return [
        ["tables of one mask, 64 x 128 cells", milliseconds(lambda: tables(levels), repeats)],
        ["edge mask, 512 x 1024", milliseconds(lambda: masks.edges(image), repeats)],
    ]


DILATED = "dilated-camvid-360x480"
ADAPTIVE = ("cad-edges-camvid-360x480", "cad-learned-camvid-360x480", "cad-learned7-camvid-360x480")
FRAMES = 8  # more than the masks whose tables are remembered
SHARES = (0.45, 0.6, 0.7, 0.8, 0.9, 0.97)


def frames(folder: str | None) -> list[Tensor]:
    """Pictures (1, 3, 360, 480), evenly over the validation split."""
    data = open_data("camvid", folder, "val") if folder else open_data("scenes", split="val")
    chosen = [data[k].image for k in torch.linspace(0, len(data) - 1, FRAMES).long().tolist()]
    images = [image.reshape(1, 3, *image.shape[-2:]) / 255 for image in chosen]
    return [nn.functional.interpolate(image, (360, 480), mode="bilinear", antialias=True) for image in images]


def pipelines(images: list[Tensor], repeats: int) -> Iterator[list[object]]:
    """Rows of the table of whole pipelines: medians over pictures, each run in turn with the dilated pipeline."""
    dilated = lzviz.load(DILATED).eval()
    adaptive = {name: cast(AdaptivePipeline, lzviz.load(name).eval()) for name in ADAPTIVE}
    for name in ADAPTIVE:
        pipeline = adaptive[name]
        yield [name, "its own", *against(dilated, pipeline, [(image, None) for image in images], repeats)]
    for share in SHARES:
        masks = [levels_of(share, (45, 60), 1, seed) for seed in range(FRAMES)]
        works = [(image, 1.0 - mask.float()) for image, mask in zip(images, masks, strict=True)]
        yield [ADAPTIVE[0], f"random blocks, f = {share}", *against(dilated, adaptive[ADAPTIVE[0]], works, repeats)]


def against(
    dilated: Pipeline, pipeline: AdaptivePipeline, works: Sequence[tuple[Tensor, Tensor | None]], repeats: int
) -> list[object]:
    """Multiply-adds of the networks' ratio; milliseconds; ratios to the dilated pipeline and to our own dense run; the schedule."""
    ratios, paths = [], set()
    for image, saliency in works:
        ran = pipeline.through(image, pipeline.levels(image, saliency))
        ratios.append(ran.plan.macs / ran.plan.macs_dense)
        paths.add(ran.report.path)
    everything = torch.ones(1, 1, 45, 60)

    def each(run: Callable[[Tensor, Tensor | None], object]) -> Callable[[], object]:
        pictures = itertools.cycle(works)
        return lambda: run(*next(pictures))

    ways = [
        each(lambda image, _: dilated(image)),
        each(lambda image, saliency: pipeline(image, saliency)),
        each(lambda image, _: pipeline(image, everything)),
    ]
    base, ours, dense = together(ways, max(repeats, 2) * len(works), 2)
    return [statistics.median(ratios), base, ours, ours / base, ours / dense, " / ".join(sorted(paths))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, nargs="*", default=(1, 2))
    parser.add_argument("--depths", type=int, nargs="*", default=(50, 101))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--pipelines", action="store_true", help="the shipped pipelines instead")
    parser.add_argument("--data", help="folder of CamVid, for --pipelines")
    options = parser.parse_args()
    keep_memory()
    head = ["layers", "rows f", "multiply-adds", "adaptive ms", "best dense ms", "time", "time / multiply-adds"]
    with torch.inference_mode():
        for threads in options.threads if options.device == "cpu" else (1,):
            torch.set_num_threads(threads)
            print(f"\n## {processor()}, {options.device}, {threads} thread(s)\n", flush=True)
            if options.pipelines:
                columns = [
                    "pipeline",
                    "masks",
                    "multiply-adds",
                    "dilated ms",
                    "ms",
                    "of dilated",
                    "of best dense",
                    "schedule",
                ]
                show(table(columns, pipelines(frames(options.data), options.repeats)))
                continue
            show(table(head, layers(options.device, tuple(options.depths), options.repeats)))
            show(table(["DeepLabv3-ResNet-101", "ms", "of stock"], whole(options.device, max(3, options.repeats // 2))))
            show(table(["around the network", "ms"], small(options.device, 3 * options.repeats)))


if __name__ == "__main__":
    main()
