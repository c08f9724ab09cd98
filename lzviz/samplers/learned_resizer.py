"""The learned resizer (Talebi & Milanfar 2021, "Learning to Resize Images for Computer Vision Tasks", ICCV, fig. 3).

A small network before the bilinear resize and a residual one after it, trained with the task; the plain bilinear resize is added
to its answer:

    f = BN(LReLU(conv1x1(LReLU(conv7x7(image)))))        at the source's size
    g = bilinear(f)                                      at the target's size
    r = g, then r + BN(conv3x3(LReLU(BN(conv3x3(r)))))   as many times as there are blocks, each fed by the one before
    out = conv7x7(BN(conv3x3(r)) + g) + bilinear(image)

n = 16 channels and one block have 12,035 trainable weights. Where it reads is uniform, half-pixel: the layout of "uniform-area".
The output is no convex combination of pixels and may leave [0, 1].
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.coords import Size, check_size
from lzviz.models.initialise import he_, reproducible
from lzviz.samplers import System, add, options
from lzviz.samplers.base import Downsampled, Sampler
from lzviz.samplers.uniform import Uniform
from lzviz.text import t
from lzviz.warp import GridWarp, WarpLayout


def area_layout(image: Tensor, size: Size) -> WarpLayout:
    """Uniform half-pixel samples of every image of a batch (B, C, H, W)."""
    source_size = (int(image.shape[-2]), int(image.shape[-1]))
    nodes = Uniform(half_pixel=True).warp(None, size, source_size).nodes
    warp = GridWarp(nodes.to(image.device).expand(image.shape[0], -1, -1, -1), separable=True)
    return WarpLayout(warp, size, source_size)


class Block(nn.Module):
    """``x + BN(conv3x3(LReLU(BN(conv3x3(x)))))``."""

    def __init__(self, channels: int, slope: float):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.LeakyReLU(slope),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class LearnedResizer(nn.Module, Sampler):
    """The resizer; made in evaluation mode, ``.train()`` it to train it.

    Args:
        width: n, channels of its features.
        blocks: r, residual blocks after the resize.
        channels: of the image.
        slope: of the leaky ReLU.
        seed: of the initial weights. The last convolution starts small, so that an untrained resizer is nearly bilinear.
    """

    def __init__(self, width: int = 16, blocks: int = 1, channels: int = 3, slope: float = 0.2, seed: int = 0):
        if width < 1 or blocks < 0 or channels < 1:
            raise ValueError(f"expected width, channels >= 1 and blocks >= 0, got {width}, {channels} and {blocks}")
        super().__init__()
        self.width, self.blocks, self.channels = width, blocks, channels
        with reproducible(seed):
            self.before = nn.Sequential(
                nn.Conv2d(channels, width, 7, padding=3),
                nn.LeakyReLU(slope),
                nn.Conv2d(width, width, 1),
                nn.LeakyReLU(slope),
                nn.BatchNorm2d(width),
            )
            self.residual = nn.Sequential(*(Block(width, slope) for _ in range(blocks)))
            self.join = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
            self.last = nn.Conv2d(width, channels, 7, padding=3)
            self.last.starts_small = True  # type: ignore[assignment]
            he_(self)
        self.eval()

    def forward(self, image: Tensor, size: Size, saliency: Tensor | None = None) -> Downsampled:
        """Resize an image (B, C, H, W) to ``size``; ``extras["correction"]`` is what the network adds to bilinear."""
        if image.ndim != 4 or image.shape[1] != self.channels or not image.is_floating_point():
            raise ValueError(
                f"expected a float image (B, {self.channels}, H, W), got {image.dtype} {tuple(image.shape)}"
            )
        size = check_size(size)
        plain = _bilinear(image, size)
        resized = _bilinear(self.before(image.to(self.last.weight.dtype)), size)
        correction = self.last(self.join(self.residual(resized)) + resized).to(image.dtype)
        return Downsampled(plain + correction, area_layout(image, size), extras={"correction": correction})


def _bilinear(x: Tensor, size: Size) -> Tensor:
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


add(
    System(
        name="resizer",
        title=t("sampler.resizer.title"),
        summary=t("sampler.resizer.summary"),
        paper="Talebi & Milanfar 2021",
        make=LearnedResizer,
        options=(
            options.Option("width", "integer", 16, 1, 64, "log"),
            options.Option("blocks", "integer", 1, 0, 8),
        ),
        prescribes={"width": 16, "blocks": 1},
        # Of its places, not of its pixels: what the correction does to constants or to flips depends on its weights.
        claims=frozenset({"inverse", "count", "no_fold", "batch", "dtype"}),
        colour=("#86690a", "#d6b23e"),
    )
)
