"""What anti-aliased reading is worth and costs: ``python -m benchmarks.reading`` prints Markdown. One thread, fixed seeds.

Uniform sampling in the half-pixel frame against OpenCV's area average, on a rendered street and on white noise, the
hardest picture there is. Times are against a plain bilinear read of the same samples.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch import Tensor

from benchmarks.harness import processor, show, single_thread, table, together
from lzviz import resampling, samplers
from lzviz.samplers.base import WarpSampler
from lzviz.scenes import street

SIZE = (1024, 2048)
FACTORS = (1.3, 2, 3, 5, 7, 12, 16, 31)


def main() -> None:
    single_thread()
    print(f"Anti-aliased reading of 3x{SIZE[0]}x{SIZE[1]}, one thread. {processor()}\n")
    show(table(("factor", "street dB", "noise dB", "bilinear ms", "antialias ms", "ratio"), rows()))


def rows() -> Iterator[tuple[object, ...]]:
    """One factor at a time; sides are cut so that the factor is exact where it is whole."""
    picture = torch.from_numpy(street(SIZE).image).permute(2, 0, 1)[None]
    pictures = [picture.float() / (255 if picture.dtype == torch.uint8 else 1), torch.rand(1, 3, *SIZE)]
    sampler = samplers.create("uniform-area", interpolation="antialias")
    for factor in FACTORS:
        h, w = (int(n / factor) for n in SIZE)
        cut = [image[..., : round(h * factor), : round(w * factor)].contiguous() for image in pictures]
        decibels = [psnr(sampler(image, size=(h, w)).image, area(image, (h, w))) for image in cut]
        assert isinstance(sampler, WarpSampler)
        grid = sampler.warp(None, (h, w), (int(cut[0].shape[-2]), int(cut[0].shape[-1]))).grid((h, w))
        kinds = ("bilinear", "antialias")
        plain, smooth = together([lambda g=grid, i=cut[0], k=k: resampling.read(i, g, k) for k in kinds], repeats=5)
        yield factor, *decibels, plain, smooth, smooth / plain


def area(image: Tensor, size: tuple[int, int]) -> Tensor:
    """OpenCV's area average."""
    pixels = np.ascontiguousarray(image[0].permute(1, 2, 0).double().numpy())
    return torch.from_numpy(cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA)).permute(2, 0, 1)[None]


def psnr(image: Tensor, reference: Tensor) -> float:
    """Decibels at a peak of 1."""
    return float(-10 * (image.double() - reference).square().mean().log10())


if __name__ == "__main__":
    main()
