"""DownsizeNet: choose among the four neighbours by what the texture says (a poster; ``*`` marks our choices where it is silent).

Pixel (i, j) of the result lies at ``Q' = ((i + 1/2) H/h - 1/2, (j + 1/2) W/w - 1/2)`` of the source, half-pixel, and is a convex
combination of the four source pixels P1..P4 around it (row-major, P1 at ``floor Q'``):

    T = ReLU(conv3x3(... ReLU(conv3x3(source))))     texture, c channels, 16*, two layers
    F = T at P1                                      "floating pooling"
    D = |Q' - P_k|, k = 1..4                         relative distances
    a = softmax(conv1x1(F, D))  or  sigmoid(conv1x1(F, D)) / their sum
    out = sum_k a_k P_k

so every network keeps the range of the image and all colours together, and the same one makes things smaller and larger, images and
feature maps. conv1x1 starts at zero*: an untrained network averages the four, which is bilinear at even ratios.

A ``prior``* b_k, b the bilinear weights mixed with a least share of each neighbour, multiplies softmax or sigmoid: training then
starts bilinear at every ratio but for that share. The share must not be zero: where Q' falls on a pixel (odd integer ratios), b
would be (1, 0, 0, 0), and the other three would never learn.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from lzviz.coords import Size, check_size
from lzviz.models.initialise import he_, reproducible
from lzviz.samplers import System, add, options
from lzviz.samplers.base import Downsampled, Sampler
from lzviz.samplers.learned_resizer import area_layout
from lzviz.text import t

Compute = Literal["auto", "points", "dense"]
Coefficients = Literal["softmax", "sigmoid"]


class DownsizeNet(nn.Module, Sampler):
    """The network; see the head of the file. Made in evaluation mode.

    Args:
        channels: of what it resizes: 3 for images, any number for feature maps.
        texture: c, channels of the texture.
        depth: 3x3 convolutions of the texture, >= 1.
        coefficients: how four numbers become the weights, "softmax" or "sigmoid" (brought to sum 1).
        prior: ``None``: none, the paper's form. Else the weights start bilinear, each with at least this share, in (0, 1/4).
        texture_only: an ablation: neither distances nor a prior.
        compute: the texture "dense", at every source pixel, or at the "points" that are read; equal answers. "auto" takes the
            cheaper one.
        seed: of the initial weights.
    """

    def __init__(
        self,
        channels: int = 3,
        texture: int = 16,
        depth: int = 2,
        coefficients: Coefficients = "softmax",
        prior: float | None = None,
        texture_only: bool = False,
        compute: Compute = "auto",
        seed: int = 0,
    ):
        if channels < 1 or texture < 1 or depth < 1:
            raise ValueError(f"expected channels, texture and depth >= 1, got {channels}, {texture} and {depth}")
        if prior is not None and not 0 < prior < 0.25:
            raise ValueError(f"prior must be in (0, 1/4), the least share of each neighbour, or None, got {prior!r}")
        if prior is not None and texture_only:
            raise ValueError("texture_only knows no distances: a prior cannot go with it; leave prior out")
        for name, value, known in (("compute", compute, Compute), ("coefficients", coefficients, Coefficients)):
            if value not in get_args(known):
                raise ValueError(f"{name} must be one of {', '.join(get_args(known))}, got {value!r}")
        super().__init__()
        self.channels, self.texture, self.depth = channels, texture, depth
        self.coefficients, self.prior = coefficients, prior
        self.texture_only, self.compute = texture_only, compute
        with reproducible(seed):
            # Unpadded; what lies outside the image is zero at every layer (see `_at_points`, `_dense`).
            widths = [channels] + [texture] * depth
            self.layers = nn.ModuleList(nn.Conv2d(a, b, 3) for a, b in pairwise(widths))
            self.choose = nn.Conv2d(texture + (0 if texture_only else 4), 4, 1)
            he_(self)
        nn.init.zeros_(self.choose.weight)
        self.eval()

    def forward(self, image: Tensor, size: Size, saliency: Tensor | None = None) -> Downsampled:
        """Resize (B, channels, H, W) to ``size``, smaller or larger; ``extras["weights"]`` (B, 4, h, w) are a, sum 1, and
        ``features["texture"]`` (B, c, h, w) is F."""
        if image.ndim != 4 or image.shape[1] != self.channels or not image.is_floating_point():
            raise ValueError(
                f"expected a float image (B, {self.channels}, H, W), got {image.dtype} {tuple(image.shape)}"
            )
        size = check_size(size)
        places = Places(size, (int(image.shape[-2]), int(image.shape[-1])), image.device)
        texture = self.texture_at(image, places)
        weights = self.weights(texture, places).to(image.dtype)
        out = sum(
            weights[:, k : k + 1] * image[:, :, rows[:, None], columns]
            for k, (rows, columns) in enumerate(places.neighbours)
        )
        layout = area_layout(image, size)
        return Downsampled(out, layout, extras={"weights": weights}, features={"texture": texture})  # type: ignore[arg-type]

    def texture_at(self, image: Tensor, places: Places) -> Tensor:
        """F: (B, c, h, w), in the dtype of the network."""
        source = image.to(self.choose.weight.dtype)
        return self._at_points(source, places) if self._pointwise(places) else self._dense(source, places)

    def weights(self, texture: Tensor, places: Places) -> Tensor:
        """a of F: (B, 4, h, w), >= 0, sum 1."""
        inputs = texture
        if not self.texture_only:
            distances = places.distances.to(texture).expand(len(texture), -1, -1, -1)
            inputs = torch.cat((texture, distances), 1)
        logits = self.choose(inputs)
        if self.coefficients == "sigmoid":
            logits = nn.functional.logsigmoid(logits)  # exp of it, brought to sum 1, is the sigmoid brought to sum 1
        if self.prior is not None:
            logits = logits + places.shares(self.prior).log().to(texture)
        return logits.softmax(1)

    def _pointwise(self, places: Places) -> bool:
        if self.compute != "auto":
            return self.compute == "points"
        # Windows of neighbouring points overlap: a point alone costs 1 + 9 + 25 ... places of the layers.
        at_points = sum((2 * k + 1) ** 2 for k in range(self.depth)) * places.size[0] * places.size[1]
        return at_points < self.depth * places.source_size[0] * places.source_size[1]

    def _dense(self, source: Tensor, places: Places) -> Tensor:
        for layer in self.layers:
            source = layer(nn.functional.pad(source, (1, 1, 1, 1))).relu()
        rows, columns = places.neighbours[0]
        return source[:, :, rows[:, None], columns]

    def _at_points(self, source: Tensor, places: Places) -> Tensor:
        """The texture of P1's window alone: (B, c, h, w)."""
        (rows, columns), reach = places.neighbours[0], self.depth
        offsets = torch.arange(-reach, reach + 1, device=source.device)
        y, x = rows[:, None] + offsets, columns[:, None] + offsets  # (h, k), (w, k)
        inside_y, inside_x = ((p >= 0) & (p < n) for p, n in zip((y, x), places.source_size, strict=True))
        inside = inside_y[:, None, :, None] & inside_x[None, :, None, :]  # (h, w, k, k)
        y, x = (p.clamp(0, n - 1) for p, n in zip((y, x), places.source_size, strict=True))
        windows = source[:, :, y[:, None, :, None], x[None, :, None, :]]  # (B, C, h, w, k, k)
        batch, (h, w) = len(source), places.size
        windows = windows.permute(0, 2, 3, 1, 4, 5) * inside[:, :, None]
        windows = windows.reshape(batch * h * w, -1, 2 * reach + 1, 2 * reach + 1)
        for layer in self.layers:
            inside = inside[..., 1:-1, 1:-1]
            known = inside.reshape(1, h * w, 1, *inside.shape[2:])
            values = layer(windows).relu()
            windows = (values.reshape(batch, h * w, *values.shape[1:]) * known).reshape(values.shape)
        return windows.reshape(batch, h, w, -1).permute(0, 3, 1, 2)


class Places:
    """Where the pixels of the result lie among those of the source; depends on the two sizes only.

    Attributes:
        neighbours: rows (h,) and columns (w,) of P1..P4; on an axis of one pixel the two are the same one.
        distances: (4, h, w), |Q' - P_k| in source pixels.
    """

    def __init__(self, size: Size, source_size: Size, device: torch.device | None = None):
        self.size, self.source_size = size, source_size
        (top, bottom, below), (left, right, beyond) = (
            _axis(n, m, device) for n, m in zip(size, source_size, strict=True)
        )
        self.neighbours = [(rows, columns) for rows in (top, bottom) for columns in (left, right)]
        # Fractions of the pixel pair (float64): the distance to the first of the two, and to the second.
        ys, xs = (below, (bottom - top) - below), (beyond, (right - left) - beyond)
        self.distances = torch.stack([(y[:, None].square() + x.square()).sqrt() for y in ys for x in xs])
        self.bilinear = torch.stack([y[:, None] * x for y in (1 - below, below) for x in (1 - beyond, beyond)])

    def shares(self, least: float) -> Tensor:
        """(4, h, w): the bilinear weights, mixed so that each is at least ``least``."""
        return (1 - 4 * least) * self.bilinear + least


def _axis(n: int, source: int, device: torch.device | None) -> tuple[Tensor, Tensor, Tensor]:
    """The two source pixels around each of n half-pixel places, and how far behind the first it lies, in [0, 1]."""
    place = ((torch.arange(n, dtype=torch.float64, device=device) + 0.5) * (source / n) - 0.5).clamp(0, source - 1)
    first = place.floor().clamp(max=max(source - 2, 0))
    return first.long(), (first.long() + 1).clamp(max=source - 1), place - first


add(
    System(
        name="downsizenet",
        title="DownsizeNet",
        summary=t("sampler.downsizenet.summary"),
        paper="DownsizeNet (poster)",
        make=DownsizeNet,
        options=(
            options.Option("texture", "integer", 16, 1, 64),
            options.Option("depth", "integer", 2, 1, 4),
            options.Option("coefficients", "choice", "softmax", choices=get_args(Coefficients)),
            options.Option("prior", "number", None, 0.001, 0.24),
            options.Option("texture_only", "boolean", False),
            options.Option("compute", "choice", "auto", choices=get_args(Compute)),
        ),
        # Of its places, not of its pixels; it is convex besides, but what flips do depends on its weights.
        claims=frozenset({"inverse", "count", "no_fold", "batch", "dtype"}),
        colour=("#1d7f4e", "#5fc08d"),
    )
)
