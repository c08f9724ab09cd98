"""Content-adaptive downsampling against our own best dense runs.

``python -m benchmarks.adaptive [--device cuda] [--depths 50 101] [--threads 1 2] [--repeats 7]``

layer3 + layer4 of ResNet-50 and -101 at 512 x 1024 (features of layer2: 512 x 64 x 128), one and two threads, fp32:

* *best dense*: the same layers at output stride 8, BatchNorm folded, the fastest of channels first, channels last and
  oneDNN's own layout, measured here and now;
* *adaptive*: ``adapt(...).compile()`` on masks of random blocks, row fraction f;
* *efficiency*: time / (multiply-add ratio x best dense); 1.00 means that every multiply-add saved is time saved.

Then the whole DeepLabv3-ResNet-101 with a learned mask's f = .45 against the stock network, eager, output stride 8; tables
for one mask; the edge mask. Memory freed is kept by the process (for all sides alike): fresh pages would be timed instead.
"""

from __future__ import annotations

import argparse
import copy
import ctypes
import sys
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.utils import mkldnn as onednn

import lzviz
from benchmarks.harness import milliseconds, processor, show, table, together
from lzviz.adaptive import masks
from lzviz.adaptive.folding import fold
from lzviz.adaptive.lattice import Tree, Window
from lzviz.models import resnet, segmentation

FRACTIONS = (0.25, 0.3, 0.45, 0.6, 0.8, 1.0)
IMAGE = (512, 1024)
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def keep_memory() -> None:
    """Let the allocator keep what was freed (glibc)."""
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, 1 << 30)
        library.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)


def levels_of(fraction: float, size: tuple[int, int], depth: int) -> Tensor:
    """Random blocks of level 0 or ``depth`` such that about ``fraction`` of the rows are kept."""
    coarse = 0.25**depth
    generator = torch.Generator().manual_seed(0)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, nargs="*", default=(1, 2))
    parser.add_argument("--depths", type=int, nargs="*", default=(50, 101))
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    keep_memory()
    head = ["layers", "rows f", "multiply-adds", "adaptive ms", "best dense ms", "time", "time / multiply-adds"]
    with torch.inference_mode():
        for threads in options.threads if options.device == "cpu" else (1,):
            torch.set_num_threads(threads)
            print(f"\n## {processor()}, {options.device}, {threads} thread(s)\n", flush=True)
            show(table(head, layers(options.device, tuple(options.depths), options.repeats)))
            show(table(["DeepLabv3-ResNet-101", "ms", "of stock"], whole(options.device, max(3, options.repeats // 2))))
            show(table(["around the network", "ms"], small(options.device, 3 * options.repeats)))


if __name__ == "__main__":
    main()
