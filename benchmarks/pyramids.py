"""What LZU's shortcut costs at the levels of a pyramid: ``python -m benchmarks.pyramids`` prints Markdown (its table A.3).

A level's inverse computed at that level, against the finest level's inverse read bilinearly there (``inverse="downsampled"``). The
nuScenes map at 600 x 960, float64. Distances are in pixels of the level and of the image, over all features; the mean of blocks of
the finest inverse, as image libraries make things smaller, stands beside them.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.harness import show, table
from lzviz import Warp, saliency
from lzviz.coords import Size, lattice
from lzviz.samplers.lzu import unzoom_pyramid

SIZE: Size = (600, 960)
STRIDES = (8, 16, 32, 64, 128)


def main() -> None:
    for title, strides in (("Levels corner to corner, as in the paper", None), ("Features at s * i", STRIDES)):
        print(f"### {title}\n")
        show(
            table(
                ("stride", "level", "mean, level px", "largest", "mean, image px", "block mean, level px"),
                rows(strides),
            )
        )


def rows(strides: tuple[int, ...] | None) -> Iterator[tuple[str, ...]]:
    """A line a level."""
    warp = Warp.from_saliency(saliency.fixed().double(), (27, 48), 10.0, separable=True, anti_crop=True)
    sizes = [(-(-SIZE[0] // s), -(-SIZE[1] // s)) for s in STRIDES]
    # A level that holds its own coordinates is unzoomed to what it reads: the inverse, in that level's normalised coordinates.
    levels = [lattice(size, dtype=torch.float64).permute(2, 0, 1)[None] for size in sizes]
    exact, shortcut = (unzoom_pyramid(warp, levels, SIZE, strides, kind) for kind in ("exact", "downsampled"))
    for stride, size, a, b in zip(STRIDES, sizes, exact, shortcut, strict=True):
        apart = _apart(a, b, size)
        blocks = None if strides else _apart(a, F.adaptive_avg_pool2d(exact[0], size), size)
        yield (
            str(stride),
            f"{size[0]}x{size[1]}",
            f"{apart.mean():.5f}",
            f"{apart.max():.5f}",
            f"{apart.mean() * stride:.4f}",
            "" if blocks is None else f"{blocks.mean():.2f}",
        )


def _apart(a: Tensor, b: Tensor, size: Size) -> Tensor:
    """Distances in pixels of a level."""
    half = torch.tensor([(size[1] - 1) / 2, (size[0] - 1) / 2], dtype=a.dtype)[:, None, None]
    return ((a - b) * half).norm(dim=1)


if __name__ == "__main__":
    main()
