"""LDS: learning to downsample for segmentation (Jin et al. 2022, "Learning to Downsample for Segmentation of Ultra-High Resolution
Images", ICLR).

A small *deformation module* looks at a low-resolution view of the image, its map d (softmax over cells) attracts the samples by the
family's common warp (:mod:`lzviz.attraction`), the network segments the deformed image, and a reverse sampler spreads each
prediction over the pixels nearest to its sample. Both are trained together:

    L = L_seg(P, Y^) + gamma MSE(d, d_t),    d_t = f_edge(f_gauss(Y_lr))

(:class:`~lzviz.samplers.lds_loss.Loss`; gamma = 0 is the single loss). f_gauss is a Gaussian blur of sigma 1 (7 taps here), f_edge
the 3 x 3 kernel with 8 in the middle and -1 around; both maps are min-max normalised. A second form, ``form="square"``, is ours:
S = .02 + p^2 with p = sigmoid(module), trained with ``edges="bce"`` on "is there a boundary in this cell".

``mode="published"``, against the paper or a consistent convention:

* kernel: the paper's is a Gaussian of standard deviation sigma on a square of side 2 sigma + 1; the code's has a *full width* R
  at half maximum, is cut off at R rows and stretched to int(a R) columns, a = columns // rows of the map;
* the view is read at single points, the grid is stretched and read half-pixel with zeros outside, and nothing keeps saliency from
  vanishing;
* the reverse sampler is half a low-resolution pixel off (:class:`~lzviz.samplers.lds_layout.PublishedLayout`);
* what the joint loss does: :mod:`lzviz.samplers.lds_loss`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

from torch import Tensor, nn

from lzviz.attraction import Padding
from lzviz.coords import Size, check_size
from lzviz.measure import evaluation
from lzviz.models.d2net import prepare
from lzviz.models.initialise import he_, reproducible
from lzviz.resampling import Interpolation
from lzviz.saliency import from_boundaries, to_nodes
from lzviz.samplers import System, add, options
from lzviz.samplers.base import (
    DENSITY,
    Downsampled,
    MapLearner,
    Mode,
    WarpSampler,
    at_least_float32,
    half_pixel_warp,
    zeros_outside,
)
from lzviz.samplers.lds_layout import NearestLayout, PublishedLayout
from lzviz.samplers.lds_loss import boundary_cells, edge_target, min_max, sampled_labels
from lzviz.text import t
from lzviz.warp import Warp, WarpLayout

Form = Literal["softmax", "square"]
Upsampling = Literal["nearest", "inverse"]

PAPER = (192, 192, 24)
COMPACT = (16, 16, 16, 16, 16, 16)
"""Channels of the 3 x 3 convolutions of the deformation module: the public code's, and a cheaper, deeper one."""
SHARP = {"widths": COMPACT, "reduction": 2, "dilations": (1, 1, 2, 4, 8, 1)}
"""The cheap module on a view of twice as many cells a side: it sees farther and finer."""

SQUARE_FLOOR = 0.02
FWHM_OF_SIGMA = 2 * math.sqrt(2 * math.log(2))


# -- where to look -------------------------------------------------------------------------------------------------------


class DeformationModule(nn.Module):
    """A view (B, channels, H, W) to one number a cell of the map, (B, 1, H / reduction, W / reduction): 3x3 convolutions with
    BatchNorm and ReLU6 (the last: ReLU), then 1x1. It starts near zero, so that an untrained module hardly deforms.

    Args:
        widths: channels of the 3x3 convolutions.
        channels: of the view.
        reduction: stride of the first convolution, 1 or 2: the view has so many times the cells of the map, a side.
        dilations: of the 3x3 convolutions; none: 1.
    """

    def __init__(
        self,
        widths: Sequence[int] = PAPER,
        channels: int = 3,
        reduction: int = 1,
        dilations: Sequence[int] = (),
    ):
        if not widths or min(widths) < 1 or channels < 1:
            raise ValueError(f"expected widths and channels >= 1, got {tuple(widths)} and {channels}")
        if reduction not in (1, 2):
            raise ValueError(f"reduction must be 1 or 2, got {reduction!r}")
        if dilations and (len(dilations) != len(widths) or min(dilations) < 1):
            raise ValueError(f"expected one dilation >= 1 for each of {len(widths)} widths, got {tuple(dilations)}")
        super().__init__()
        self.reduction = reduction
        self.layers = nn.Sequential()
        for k, width in enumerate(widths):
            wide, stride = dilations[k] if dilations else 1, reduction if k == 0 else 1
            self.layers.append(nn.Conv2d(widths[k - 1] if k else channels, width, 3, stride, wide, wide, bias=False))
            self.layers.append(nn.BatchNorm2d(width))
            self.layers.append(nn.ReLU() if k == len(widths) - 1 else nn.ReLU6())
        self.score = nn.Conv2d(widths[-1], 1, 1)
        self.score.starts_small = True  # type: ignore[assignment]
        self.normalisation = "none"  # of the view; published weights want another
        he_(self)

    def forward(self, view: Tensor) -> Tensor:
        return self.score(self.layers(prepare(view, self.normalisation)))


def deformation_map(logits: Tensor, form: Form = "softmax") -> Tensor:
    """d of the module's numbers (B, 1, h, w): softmax over the cells of each image, or .02 + sigmoid^2; float32 or better."""
    logits = logits.to(at_least_float32(logits))
    if form == "square":
        return SQUARE_FLOOR + logits.sigmoid().square()
    return logits.flatten(1).softmax(1).reshape(logits.shape)


class SaliencyModule(nn.Module):
    """LDS's deformation module as the saliency of another sampler: a view of the picture at the nodes -> S = .02 + p^2."""

    def __init__(
        self,
        nodes: Size = (31, 41),
        widths: Sequence[int] = COMPACT,
        reduction: int = 1,
        dilations: Sequence[int] = (),
        seed: int = 0,
    ):
        super().__init__()
        self.nodes = check_size(nodes, "nodes")
        with reproducible(seed):
            self.module = DeformationModule(widths, 3, reduction, dilations)
        self.eval()

    def logits(self, image: Tensor) -> Tensor:
        view = Warp.identity((2, 2)).zoom(image, _times(self.nodes, self.module.reduction), "antialias")
        return self.module(view.to(self.module.score.weight.dtype))

    def saliency(self, logits: Tensor) -> Tensor:
        return deformation_map(logits, "square")

    def target(self, labels: Tensor) -> Tensor:
        """What the edge loss teaches it about labels (B, H, W): (B, 1, h, w) in [0, 1]."""
        return boundary_cells(labels, self.nodes)

    def forward(self, image: Tensor) -> Tensor:
        return self.saliency(self.logits(image)).to(at_least_float32(image))


def _times(size: Size, factor: int) -> Size:
    return factor * size[0], factor * size[1]


def known_map(target: Tensor) -> Tensor:
    """The map of a module that knows: .02 + t^2, t the edge target (B, 1, h, w), or any map, brought to [0, 1] image by image."""
    return SQUARE_FLOOR + min_max(target).square()


def simulated(labels: Tensor, nodes: Size, density: float, ignore_index: int = 255) -> Tensor:
    """The map of a simulated edge-based sampler (B, 1, h, w): a boundary outweighs the rest ``density`` times (1: uniform)."""
    return from_boundaries(labels, nodes, boundary=density, background=1, ignore_index=ignore_index)


def density_sweep(
    sampler: LDS, labels: Tensor, size: Size, classes: int, densities: Sequence[float] = (1, 5, 20, 100, 1000)
) -> dict[float, float]:
    """Intrinsic mIoU of simulated edge-based samplers, by density: what sampling alone allows on labels (B, H, W)."""
    out = {}
    source_size = (int(labels.shape[-2]), int(labels.shape[-1]))
    for density in densities:
        warp = sampler.warp(simulated(labels, sampler.nodes, density), check_size(size), source_size)
        layout = sampler.layout(warp, check_size(size), source_size)
        out[density] = 1 - evaluation.intrinsic_upsampling_error(layout, labels, classes)
    return out


# -- the sampler ---------------------------------------------------------------------------------------------------------


class LDS(nn.Module, MapLearner):
    """The sampler; made in evaluation mode. A ``saliency`` map for a call stands in for the deformation module.

    Args:
        nodes: (h, w) of the map and of the control grid.
        form: of the map, "softmax" or "square" (see :func:`deformation_map`).
        mode: see the head of the file.
        kernel_radius: sigma (fixed) or R (published) in cells. ``None``: a quarter of the shorter side less one, 15 for 64 x 128.
        fwhm: full width of the kernel at half maximum in cells, where it shall differ from what the mode makes of the radius.
        anti_crop, padding, floor: see :meth:`lzviz.Warp.from_saliency`. The paper replicates the border, which crops.
        interpolation: how the source is read.
        upsampling: the way back, "nearest" (the paper's) or "inverse" (bilinear on the exact inverse, as the other samplers).
        widths, reduction, dilations: of the deformation module, which sees a view of ``reduction`` times the nodes; :data:`PAPER`,
            :data:`COMPACT`, the whole of :data:`SHARP`, or any.
        channels: of the image.
        seed: of the initial weights.
    """

    told = frozenset({"where"})

    def __init__(
        self,
        nodes: Size = (64, 128),
        form: Form = "softmax",
        mode: Mode = "fixed",
        kernel_radius: int | None = None,
        fwhm: float | None = None,
        anti_crop: bool = False,
        padding: Padding | None = None,
        floor: float | None = None,
        interpolation: Interpolation = "bilinear",
        upsampling: Upsampling = "nearest",
        widths: Sequence[int] = PAPER,
        reduction: int = 1,
        dilations: Sequence[int] = (),
        channels: int = 3,
        seed: int = 0,
    ):
        for name, value, known in (("mode", mode, Mode), ("form", form, Form), ("upsampling", upsampling, Upsampling)):
            if value not in get_args(known):
                raise ValueError(f"{name} must be one of {', '.join(get_args(known))}, got {value!r}")
        super().__init__()
        self.nodes = check_size(nodes, "nodes")
        self.mode: Mode = mode
        self.form: Form = form
        self.kernel_radius, self.fwhm, self.floor = kernel_radius, fwhm, floor
        self.anti_crop = anti_crop
        self.padding: Padding | None = padding
        self.interpolation: Interpolation = interpolation
        self.upsampling, self.channels = upsampling, channels
        with reproducible(seed):
            self.module = DeformationModule(widths, channels, reduction, dilations)
        self.eval()

    @property
    def kernel(self) -> tuple[int, float, float]:
        """Radius in rows, full width at half maximum, and stretch along x, all in cells."""
        radius = max(1, min(self.nodes) // 4 - 1) if self.kernel_radius is None else self.kernel_radius
        published = self.mode == "published"
        fwhm = max(radius, 1) * (1 if published else FWHM_OF_SIGMA) if self.fwhm is None else self.fwhm
        return radius, fwhm, float(max(1, self.nodes[1] // self.nodes[0])) if published else 1.0

    def view(self, image: Tensor) -> Tensor:
        """X_lr (B, channels, reduction h, reduction w): what the deformation module sees."""
        if image.ndim != 4 or image.shape[1] != self.channels or not image.is_floating_point():
            raise ValueError(
                f"expected a float image (B, {self.channels}, H, W), got {image.dtype} {tuple(image.shape)}"
            )
        size = _times(self.nodes, self.module.reduction)
        return Warp.identity((2, 2)).zoom(image, size, "bilinear" if self.mode == "published" else "antialias")

    def logits(self, view: Tensor) -> Tensor:
        """The module's numbers (B, 1, h, w) for a view, in its own precision."""
        return self.module(view.to(self.module.score.weight.dtype))

    def target(self, labels: Tensor) -> Tensor:
        """What the edge loss teaches it about labels (B, H, W): (B, 1, h, w) in [0, 1]."""
        if self.form == "square":
            return boundary_cells(labels, self.nodes)
        return min_max(edge_target(labels, self.nodes, self.mode))

    def sampled_labels(self, layout: WarpLayout, labels: Tensor) -> Tensor:
        """Labels (B, H, W) at the samples: see :func:`lzviz.samplers.lds_loss.sampled_labels`."""
        return sampled_labels(layout, labels, self.mode)

    def read(self, warp: Warp, image: Tensor, size: Size) -> Tensor:
        if self.mode == "published":
            return zeros_outside(warp, image, size, self.interpolation)
        return super().read(warp, image, size)

    def map_of(self, logits: Tensor) -> Tensor:
        return deformation_map(logits, self.form)

    def look(self, image: Tensor) -> Tensor:
        return self.map_of(self.logits(self.view(image))).to(at_least_float32(image))

    def oracle(self, labels: Tensor, density: float = DENSITY, ignore_index: int = 255) -> Tensor:
        """The map of a module that knows the edge target; it has a contrast of its own, so nothing is weighed."""
        return known_map(edge_target(labels, self.nodes, self.mode, ignore_index))

    def oracle_map(self, values: Tensor, density: float = DENSITY) -> Tensor:
        """The map of a module that knows ``values``."""
        return known_map(to_nodes(values, self.nodes)).float()

    def warp(self, saliency: Tensor | None, size: Size, source_size: Size) -> Warp:
        if saliency is None:
            raise ValueError("LDS needs a deformation map (B, 1, h, w)")
        radius, fwhm, aspect = self.kernel
        control = Warp.from_saliency(
            saliency,
            self.nodes,
            fwhm,
            separable=False,
            anti_crop=self.anti_crop,
            kernel_radius=radius,
            padding=self.padding,
            aspect=aspect,
            floor=0.0 if self.mode == "published" and self.floor is None else self.floor,
        )
        return half_pixel_warp(control.nodes, size, source_size, False) if self.mode == "published" else control

    def layout(self, warp: Warp, size: Size, source_size: Size) -> WarpLayout:
        """The samples, with the way back that ``upsampling`` says."""
        if self.upsampling == "inverse":
            return WarpLayout(warp, size, source_size)
        way = PublishedLayout if self.mode == "published" else NearestLayout
        return way(warp, size, source_size)

    def forward(self, image: Tensor, size: Size, saliency: Tensor | None = None) -> Downsampled:
        """``extras`` of a call without saliency: "view" and "logits"; ``Downsampled.saliency`` is d."""
        extras = {}
        if saliency is None:
            view = self.view(image)
            logits = self.logits(view)
            saliency = self.map_of(logits).to(at_least_float32(image))
            extras = {"view": view, "logits": logits}
        out = WarpSampler.__call__(self, image, size, saliency)
        assert isinstance(out.layout, WarpLayout)
        layout = self.layout(out.layout.warp, out.layout.zoomed_size, out.layout.source_size)
        return Downsampled(out.image, layout, saliency, extras)


add(
    System(
        name="lds",
        title="LDS",
        summary=t("sampler.lds.summary"),
        paper="Jin et al. 2022",
        make=LDS,
        options=(
            options.MODE,
            options.NODES.at((64, 128)),
            options.Option("form", "choice", "softmax", choices=get_args(Form)),
            options.Option("kernel_radius", "integer", None, 1, 64, unit="cells"),
            options.FWHM.at(None),
            options.ANTI_CROP.at(False),
            options.FLOOR,
            options.Option("upsampling", "choice", "nearest", choices=get_args(Upsampling)),
            options.INTERPOLATION,
        ),
        prescribes={"nodes": (64, 128), "form": "softmax", "anti_crop": False, "upsampling": "nearest"},
        saliency=True,
        # Of the warp for a given map. Not "no_fold": its kernel is cut off.
        claims=frozenset(
            {"identity", "inverse", "composition", "constants", "count", "flip", "batch", "dtype", "gradient"}
        ),
        colour=("#c2185b", "#f47ba9"),
    )
)
