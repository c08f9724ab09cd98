"""What every sampler is: a callable from an image to the samples it keeps, and what it needs to bring them back."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from itertools import chain
from typing import Any, ClassVar, Literal, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz import resampling
from lzviz import saliency as maps
from lzviz.coords import Size, check_size, from_half_pixel
from lzviz.layout import Layout
from lzviz.samplers.kept import kept
from lzviz.warp import GridWarp, Warp, WarpLayout

Mode = Literal["fixed", "published"]
DENSITY = 100.0
"""How many times a boundary outweighs the rest in the saliency of an oracle."""
Look = Callable[[Tensor], Tensor]
"""Where to look: an image (B, C, H, W) to a saliency map (B, 1, h, w)."""


@dataclass(frozen=True, eq=False)
class Downsampled:
    """What a sampler returns; it carries what the next step needs, so that unzooming asks nobody.

    Attributes:
        image: (B, C, h, w) the low-resolution image.
        layout: where its samples lie in the source; ``layout.scatter`` brings rows back.
        saliency: (B, 1, h, w) what drove it, or ``None``.
        extras: whatever else the system wants to show, by name.
        features: (B, C, h, w) what a sampler read the image by, by name; shown beside the network's.
    """

    image: Tensor
    layout: Layout
    saliency: Tensor | None = None
    extras: dict[str, Tensor] = field(default_factory=dict)
    features: dict[str, Tensor] = field(default_factory=dict)

    def __repr__(self) -> str:
        lines = [f"Downsampled: image {_shape(self.image)}"]
        layout = repr(self.layout) if type(self.layout).__repr__ is not object.__repr__ else type(self.layout).__name__
        lines += [f"  layout: {layout.splitlines()[0][:100]}"]
        lines += [f"  saliency {_shape(self.saliency)}"] if self.saliency is not None else []
        lines += [f"  extras {name!r:.40}: {_shape(value)}" for name, value in list(self.extras.items())[:8]]
        lines += [f"  and {len(self.extras) - 8} extras more"] if len(self.extras) > 8 else []
        return "\n".join(lines)


def _shape(value: object) -> str:
    if not isinstance(value, Tensor):
        return type(value).__name__
    return f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')} on {value.device}"


class Sampler(ABC):
    """The promise: ``sampler(image, size)`` keeps ``size`` samples of an image and says where they lie."""

    @abstractmethod
    def __call__(self, image: Tensor, size: Size, saliency: Tensor | None = None) -> Downsampled:
        """Downsample.

        Args:
            image: (B, C, H, W) float in [0, 1].
            size: (h, w) of the result.
            saliency: (B, 1, h', w') for this call; overrides what the sampler would look at. Ignored by samplers that have
                no saliency.
        """

    told: ClassVar[frozenset[str]] = frozenset()
    """What it can be told beside the image: "where" to look (:meth:`oracle`, :meth:`oracle_map`), and the names of its options that
    act on what it makes of that (:meth:`tuned`)."""

    def oracle(self, labels: Tensor, density: float = DENSITY, ignore_index: int = 255) -> Tensor:
        """What it would look at if it knew the boundaries of labels (B, H, W), integers: (B, 1, h, w) float32, in its own terms, to
        be given back as ``saliency``.

        Args:
            density: how many times a boundary outweighs the rest, for samplers that weigh.

        Raises:
            TypeError: a sampler that cannot be told where.
        """
        raise TypeError(f"{type(self).__name__} looks nowhere in particular: it cannot be told where")

    def oracle_map(self, values: Tensor, density: float = DENSITY) -> Tensor:
        """As :meth:`oracle`, of a map (B, 1, h', w') in [0, 1], corner-aligned on the image: 1 = a boundary is here."""
        raise TypeError(f"{type(self).__name__} looks nowhere in particular: it cannot be told where")

    def spelled(self) -> dict[str, Tensor]:
        """Options that are names of something held in this process, as what they name: a script has to carry them along."""
        return {}

    def tuned(self, **options: Any) -> Self:
        """The same sampler, weights shared, with other values of options that are in :attr:`told`."""
        if unknown := options.keys() - (self.told - {"where"}):
            known = ", ".join(sorted(self.told - {"where"})) or "none"
            raise ValueError(
                f"{type(self).__name__} cannot be told {', '.join(sorted(unknown))}; its options are: {known}"
            )
        other = copy.copy(self)
        for name, value in options.items():
            setattr(other, name, value)
        return other


class WarpSampler(Sampler):
    """A sampler whose samples are a warp at a size. Subclasses say which warp; reading is the same for all."""

    interpolation: resampling.Interpolation

    @abstractmethod
    def warp(self, saliency: Tensor | None, size: Size, source_size: Size) -> Warp:
        """The warp for one saliency map, when a source of ``source_size`` is zoomed to ``size``."""

    @abstractmethod
    def look(self, image: Tensor) -> Tensor | None:
        """Where to look in an image when the caller does not say: (B, 1, h, w), or ``None``."""

    def __call__(self, image: Tensor, size: Size, saliency: Tensor | None = None) -> Downsampled:
        if image.ndim != 4 or not image.is_floating_point():
            raise ValueError(f"expected a float image (B, C, H, W) in [0, 1], got {image.dtype} {tuple(image.shape)}")
        size, source_size = check_size(size), (int(image.shape[-2]), int(image.shape[-1]))
        saliency = self.look(image) if saliency is None else saliency
        warp = kept(
            self,
            saliency,
            (size, source_size, image.device),
            lambda: self.warp(saliency, size, source_size).to(image.device),
        )
        layout = WarpLayout(warp, size, source_size)
        return Downsampled(self.read(warp, image, size), layout, saliency)

    def read(self, warp: Warp, image: Tensor, size: Size) -> Tensor:
        """The low-resolution image (B, C, h, w): ``image`` at the samples, the border repeated outside."""
        return warp.zoom(image, size, self.interpolation)


class PlaceLearner(WarpSampler):
    """A sampler that finds its nodes by itself, without a saliency map, and learns them from those that it would want."""

    @abstractmethod
    def predict(self, image: Tensor) -> Tensor:
        """Nodes (B, h, w, 2) for images (B, C, H, W), with gradients."""

    @abstractmethod
    def wanted(self, labels: Tensor, ignore_index: int = 255) -> Tensor:
        """Nodes (B, h, w, 2) that it would want if it knew labels (B, H, W)."""

    def grid_loss(self, nodes: Tensor, labels: Tensor, ignore_index: int = 255) -> Tensor:
        """Mean squared distance (normalised) of predicted nodes from the wanted ones."""
        return (nodes - self.wanted(labels, ignore_index).to(nodes)).square().sum(-1).mean()


class MapLearner(WarpSampler):
    """A sampler with a network of its own that says where to look, from a low-resolution view.

    ``look(image)`` is ``map_of(logits(view(image)))``; training comes between these steps.
    """

    mode: Mode

    @abstractmethod
    def view(self, image: Tensor) -> Tensor:
        """What the network sees of images (B, C, H, W)."""

    @abstractmethod
    def logits(self, view: Tensor) -> Tensor:
        """The network's numbers (B, 1, h, w)."""

    @abstractmethod
    def map_of(self, logits: Tensor) -> Tensor:
        """The saliency (B, 1, h, w) that they mean."""

    @abstractmethod
    def target(self, labels: Tensor) -> Tensor:
        """What it is taught about labels (B, H, W): (B, 1, h, w) in [0, 1]."""


@dataclass(eq=False, repr=False)
class AttractionSampler(nn.Module, WarpSampler):
    """LZ, FOVEA and LZU share this machine and differ in its numbers (see their files).

    A saliency that is a module is a part of the sampler: its weights are among ``parameters()``, move, train and save with it.

    Attributes:
        nodes, fwhm, separable, anti_crop, kernel_radius, aspect, floor: see :meth:`lzviz.Warp.from_saliency`.
        contrast: exponent of the saliency.
        interpolation: how the source is read.
        mode: "fixed" (one consistent convention) or "published" (the public code's deviations, named in each file; no floor).
        saliency: a map for every image (B or 1, 1, h, w), a callable image -> map, or ``None`` for the system's own default.
    """

    told: ClassVar[frozenset[str]] = frozenset({"where"})

    nodes: Size = (31, 51)
    fwhm: float = 10.0
    separable: bool = True
    anti_crop: bool = True
    kernel_radius: int | None = None
    aspect: float = 1.0
    floor: float | None = None
    contrast: float = 1.0
    interpolation: resampling.Interpolation = "bilinear"
    mode: Mode = "fixed"
    # A factory, since a value on the class would hide the module of that name from the instance.
    saliency: Tensor | Look | None = field(default_factory=lambda: None)

    def __new__(cls, *args: object, **options: object) -> Self:
        made = super().__new__(cls)
        nn.Module.__init__(made)  # before any field is set: a module among them finds its place
        return made

    def __post_init__(self) -> None:
        self.nodes = check_size(self.nodes, "nodes")
        if self.mode not in ("fixed", "published"):
            raise ValueError(f"mode must be 'fixed' or 'published', got {self.mode!r}")
        if not self.contrast > 0:
            raise ValueError(f"contrast must be a positive exponent, got {self.contrast!r}")

    def forward(self, image: Tensor, size: Size, saliency: Tensor | None = None) -> Downsampled:
        return WarpSampler.__call__(self, image, size, saliency)

    def extra_repr(self) -> str:
        told = [(f.name, getattr(self, f.name)) for f in fields(self)]
        return ", ".join(f"{name}={_short(value)}" for name, value in told if not isinstance(value, nn.Module))

    @abstractmethod
    def default_saliency(self, image: Tensor) -> Tensor:
        """What this system looks at when nobody says: (B, 1, h, w)."""

    def look(self, image: Tensor) -> Tensor:
        if self.saliency is None:
            return self.default_saliency(image)
        if isinstance(self.saliency, Tensor):
            return self.saliency.to(image.device)
        return self.saliency(in_own_precision(self.saliency, image))

    def warp(self, saliency: Tensor | None, size: Size, source_size: Size) -> Warp:
        return self.control_warp(saliency)

    def oracle(self, labels: Tensor, density: float = DENSITY, ignore_index: int = 255) -> Tensor:
        """Boundaries outweigh the rest ``density`` times."""
        return maps.from_boundaries(labels, self.nodes, density, 1, ignore_index)

    def oracle_map(self, values: Tensor, density: float = DENSITY) -> Tensor:
        """What is 1 outweighs what is 0 ``density`` times."""
        return maps.from_mask(values, self.nodes, density).float()

    def control_warp(self, saliency: Tensor | None) -> GridWarp:
        """The warp of the control grid, before anything a published mode does to it."""
        if saliency is None:
            raise ValueError("this sampler needs a saliency map (B, 1, h, w)")
        floor = 0.0 if self.mode == "published" and self.floor is None else self.floor
        return Warp.from_saliency(
            saliency if self.contrast == 1 else saliency**self.contrast,
            self.nodes,
            self.fwhm,
            self.separable,
            self.anti_crop,
            kernel_radius=self.kernel_radius,
            aspect=self.aspect,
            floor=floor,
        )


def in_own_precision(look: object, image: Tensor) -> Tensor:
    """``image`` in the dtype of a module's weights, whatever precision the rest runs in; of what has no weights, as it is."""
    if not isinstance(look, nn.Module):
        return image
    weights = (each for each in chain(look.parameters(), look.buffers()) if each.is_floating_point())
    return image.to(next(weights, image).dtype)


def at_least_float32(values: Tensor) -> torch.dtype:
    """The dtype of places, and of maps that become places, beside values: theirs, or float32 where that is finer."""
    return torch.promote_types(values.dtype, torch.float32)


def _short(value: object) -> str:
    return f"map {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)


@dataclass(frozen=True, eq=False, repr=False)
class HalfPixelWarp(GridWarp):
    """What :func:`half_pixel_warp` makes; it remembers the grid as the public code has it.

    Attributes:
        half_pixel: (B, h, w, 2) that grid, where -1 and +1 are the outer edges of the first and last pixel.
    """

    half_pixel: Tensor | None = None


def zeros_outside(warp: Warp, image: Tensor, size: Size, interpolation: resampling.Interpolation) -> Tensor:
    """``image`` at the samples as ``grid_sample`` reads by default: zeros outside, so that half of a sample on the outer edge
    of a border pixel is black. Whole pixels ("nearest") and footprints ("antialias") have no such reading and repeat the border.
    """
    if interpolation != "bilinear":
        return warp.zoom(image, size, interpolation)
    half_pixel = warp.half_pixel if isinstance(warp, HalfPixelWarp) else None
    grid = (warp.grid(size) if half_pixel is None else half_pixel).to(image.device)
    dtype = torch.promote_types(image.dtype, grid.dtype)  # half precision would round the places by many pixels
    pixels, grid = resampling.broadcast(image.to(dtype), grid.to(dtype))
    return F.grid_sample(pixels, grid, "bilinear", "zeros", align_corners=half_pixel is None).to(image.dtype)


def half_pixel_warp(nodes: Tensor, size: Size, source_size: Size, separable: bool) -> HalfPixelWarp:
    """What control nodes mean to code that stretches and reads them with ``align_corners=False``.

    The nodes are stretched half-pixel to the zoomed lattice, and the result is converted to our convention; so the warp has
    one node a zoomed pixel, and agrees with the public code exactly at its samples.
    """
    grid = F.interpolate(nodes.permute(0, 3, 1, 2), size=size, mode="bilinear", align_corners=False).permute(0, 2, 3, 1)
    rows, columns = (torch.arange(max(n, 2), device=nodes.device).clamp(max=n - 1) for n in size)
    return HalfPixelWarp(from_half_pixel(grid[:, rows][:, :, columns], source_size), separable, grid)
