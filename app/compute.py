"""State + picture -> the exact answer: saliency, warp, zoom, unzoom by :mod:`lzviz`, with what each stage took."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from app.pictures import Picture, fit
from app.state import Map, State
from app.wire import Refusal, encode_array
from lzviz import describe, resampling, samplers
from lzviz import saliency as maps
from lzviz.coords import Size, lattice, to_pixels
from lzviz.samplers.base import WarpSampler
from lzviz.warp import Warp

T = TypeVar("T")

# The unzoomed image and the round trip are looked at on a lattice of at most this many pixels a side: exact there.
UNZOOM_SIDE = 2048
# A stage that was faster than this is run once more, and the second run is told.
REPEAT_BELOW_MS = 60.0
# The strength that stands for FOVEA's amplitude 1.
UNIT_STRENGTH = 50
# Above this one at a time: a float image of 100 megapixels has 1.2 GB.
LARGE_PIXELS = 16_000_000
_large = threading.Lock()
CLOCK = f"stages under {REPEAT_BELOW_MS:.0f} ms: second of two runs, others: the only one; one picture, float32"


def on_gpu(function: Callable[..., T]) -> Callable[..., T]:
    """Run on a borrowed GPU where a host lends one by the call (Hugging Face ZeroGPU); elsewhere ``function`` itself."""
    if not os.environ.get("SPACES_ZERO_GPU"):
        return function
    import spaces  # type: ignore[import-not-found]

    return spaces.GPU(duration=60)(function)


def device() -> torch.device:
    """Where torch computes."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_name() -> str:
    """The device in words."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


# Saliency and sampler of a state ------------------------------------------------------------------------------------


def map_tensor(values: Map) -> Tensor:
    """A painted map as (1, 1, h, w) float64 in [0, 1]."""
    return torch.tensor(values.values, dtype=torch.float64)[None, None] / 255


def edited_edges(edges: Map, painted: Map | None) -> Tensor:
    """Edges of the picture plus what was painted on them, signed around 128: (1, 1, h, w) float64 in [0, 1]."""
    if painted is None:
        return map_tensor(edges)
    if (painted.h, painted.w) != (edges.h, edges.w):
        here, there = f"{painted.w} x {painted.h}", f"{edges.w} x {edges.h}"
        raise Refusal(f"The painted edges have {here} cells and those of this picture {there}; clear them.")
    change = (torch.tensor(painted.values, dtype=torch.float64)[None, None] - 128) / 127
    return (map_tensor(edges) + change).clamp(0, 1)


def saliency_of(state: State, picture: Picture, file: Map | None) -> Tensor:
    """The saliency map that a state asks for: (1, 1, h, w) float64, before its contrast.

    The rules are those of ``lzviz/canvas/engine/saliency.js``, which the browser follows.
    """
    nodes = state.nodes
    if state.saliency == "paint":
        mask = torch.zeros(1, 1, 2, 2, dtype=torch.float64) if state.paint is None else map_tensor(state.paint)
        return maps.from_mask(mask, nodes, state.strength)
    if state.saliency == "edges":
        return maps.to_nodes(edited_edges(edge_map(picture), state.edge_paint), nodes)
    if state.saliency == "boxes":
        boxes = torch.tensor(state.boxes, dtype=torch.float64).reshape(-1, 4)
        return maps.from_boxes(boxes, picture.size, nodes, amplitude=state.strength / UNIT_STRENGTH)
    if state.saliency == "centre":
        return maps.centre(nodes).double()
    if state.saliency == "fixed":
        return maps.fixed().double()
    if file is None:
        raise Refusal("The state asks for a map of yours but none came along; open the map file again.")
    return maps.to_nodes(map_tensor(file), nodes)


def options_of(state: State) -> dict[str, Any]:
    """Those of the state's options that its sampler has, by their Python names."""
    controls = samplers.REGISTRY[state.sampler].controls
    names = ("mode", "fwhm", "nodes", "separable", "anti_crop", "interpolation", "contrast", "floor")
    return {name: getattr(state, name) for name in names if name in controls}


def sampler_of(state: State) -> WarpSampler:
    """The sampler that a state asks for."""
    sampler = samplers.create(state.sampler, **options_of(state))
    if not isinstance(sampler, WarpSampler):
        raise Refusal(f"{state.sampler} is no warp of the image; choose another sampler.")
    return sampler


@dataclass(frozen=True)
class Setting:
    """A state on a picture, and the exact warp that follows: float64, on the CPU."""

    state: State
    picture: Picture
    file: Map | None
    saliency: Tensor | None
    warp: Warp
    zoomed: Size

    @classmethod
    def of(cls, state: State, picture: Picture, file: Map | None = None) -> Setting:
        """The exact warp of a state on a picture; ``file`` is the visitor's own map, where the state wants one."""
        zoomed = state.zoomed_size(picture.size)
        saliency = saliency_of(state, picture, file) if takes_saliency(state) else None
        return cls(state, picture, file, saliency, sampler_of(state).warp(saliency, zoomed, picture.size), zoomed)

    @property
    def nodes(self) -> Tensor:
        """(h, w, 2) control nodes as they act, float64."""
        return self.warp.nodes[0].double()  # type: ignore[attr-defined]

    @property
    def warp_float32(self) -> Warp:
        """The same warp as it is used in practice."""
        saliency = None if self.saliency is None else self.saliency.float()
        return sampler_of(self.state).warp(saliency, self.zoomed, self.picture.size)

    def emphasis(self) -> Tensor | None:
        """What the state asks to see better, as weights (1, 1, h, w) in [0, 1]; None when it asks for nothing.

        Paint and boxes count for uniform sampling too: that is the number to compare with.
        """
        if self.state.saliency == "paint":
            weights = None if self.state.paint is None else map_tensor(self.state.paint)
        elif self.state.saliency == "boxes":
            weights = box_weights(self.state.boxes, self.picture.size)
        elif self.saliency is None:
            return None
        else:
            low, high = torch.aminmax(self.saliency)
            weights = (self.saliency - low) / (high - low).clamp(min=1e-300)
        return weights if weights is not None and bool(weights.any()) else None


def takes_saliency(state: State) -> bool:
    """Whether the sampler of a state looks at a saliency map at all."""
    return "saliency" in samplers.REGISTRY[state.sampler].controls


def edge_map(picture: Picture) -> Map:
    """Edges of a picture on the lattice of painted maps, 0..255, as the browser gets them; computed once."""

    def make() -> Map:
        values = maps.from_edges(image_tensor(picture), fit_lattice(picture.size))
        return Map.of((values[0, 0] * 255 + 0.5).floor().numpy())

    return picture.remember("edges", make)


def map_of(picture: Picture) -> Map:
    """A picture read as a saliency map: its grey values on the lattice of painted maps."""
    grey = (image_tensor(picture) * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    values = maps.to_nodes(grey, fit_lattice(picture.size))
    return Map.of((values[0, 0] * 255 + 0.5).floor().clamp(0, 255).numpy())


def fit_lattice(source: Size, side: int = 128) -> Size:
    """The lattice of painted maps over a picture: ``side`` cells on the long side, at least 2 on the other."""
    long = max(source)
    h, w = (side if n == long else max(2, math.floor(side * n / long + 0.5)) for n in source)
    return h, w


def box_weights(boxes: tuple[tuple[float, float, float, float], ...], source: Size) -> Tensor:
    """1 inside any box, 0 outside, on a lattice of at most 512 points a side that is corner-aligned on the source."""
    h, w = fit(source, 512)
    y, x = (torch.arange(n, dtype=torch.float64) * (s - 1) / max(n - 1, 1) for n, s in zip((h, w), source, strict=True))
    inside = torch.zeros(h, w, dtype=torch.bool)
    for x0, y0, x1, y1 in boxes:
        inside |= ((y >= y0 - 0.5) & (y <= y1 - 0.5))[:, None] & ((x >= x0 - 0.5) & (x <= x1 - 0.5))[None, :]
    return inside[None, None].double()


def image_tensor(picture: Picture) -> Tensor:
    """A picture as (1, 3, H, W) float32 in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(picture.pixels.transpose(2, 0, 1)))[None].float().div_(255)


# The answer ---------------------------------------------------------------------------------------------------------


def answer(state: State, picture: Picture, file: Map | None = None) -> dict[str, Any]:
    """Everything that Python has to say about a state on a picture, as plain JSON values."""
    if picture.size[0] * picture.size[1] > LARGE_PIXELS:
        with _large:
            return _answer(state, picture, file)
    return _answer(state, picture, file)


@on_gpu
def _answer(state: State, picture: Picture, file: Map | None) -> dict[str, Any]:
    with torch.inference_mode():
        setting = Setting.of(state, picture, file)
        milliseconds = measure(setting)
        facts, round_trip, zoom_range = examine(setting)
    return {
        "nodes": encode_array(setting.nodes.numpy()),
        "nodesSize": list(setting.nodes.shape[:2]),
        "milliseconds": milliseconds,
        "clock": CLOCK,
        "device": device_name(),
        "folds": facts.folds,
        "tiles": facts.tiles,
        "samples": facts.samples,
        "roundTrip": round_trip,
        "coverage": facts.coverage,
        "share": facts.share,
        "area": facts.area,
        "zoomRange": zoom_range,
        "sentence": describe.sentence(facts),
        "unzoomSize": list(fit(picture.size, UNZOOM_SIDE)),
    }


def measure(setting: Setting) -> dict[str, float]:
    """Milliseconds of each stage in float32 on the full picture, and of all together; see :data:`CLOCK`."""
    state, picture, where = setting.state, setting.picture, device()
    image = resampling.reduce(image_tensor(picture).to(where), state.source_scale)
    saliency = None if setting.saliency is None else setting.saliency.float().to(where)
    clock = Clock(where)
    if saliency is not None:
        clock.time("saliency", lambda: saliency_of(state, picture, setting.file))
    warp = clock.time("warp", lambda: sampler_of(state).warp(saliency, setting.zoomed, picture.size))
    small = clock.time("zoom", lambda: warp.zoom(image, setting.zoomed, state.interpolation))  # type: ignore[arg-type]
    clock.time("unzoom", lambda: warp.unzoom(small, fit(picture.size, UNZOOM_SIDE)))
    return {**clock.milliseconds, "total": sum(clock.milliseconds.values())}


class Clock:
    """Milliseconds of named stages, synchronised with the device."""

    def __init__(self, where: torch.device):
        self.milliseconds: dict[str, float] = {}
        self._where = where

    def time(self, name: str, work: Callable[[], T]) -> T:
        """Run ``work``, twice when it is fast, and note how long the last run took."""
        result, taken = self._once(work)
        if taken < REPEAT_BELOW_MS:
            result, taken = self._once(work)
        self.milliseconds[name] = taken
        return result

    def _once(self, work: Callable[[], T]) -> tuple[T, float]:
        self._wait()
        start = perf_counter()
        result = work()
        self._wait()
        return result, 1000 * (perf_counter() - start)

    def _wait(self) -> None:
        if self._where.type == "cuda":
            torch.cuda.synchronize()


def examine(setting: Setting) -> tuple[describe.Facts, dict[str, float], list[float] | None]:
    """The facts of a warp, its round trip error {max, median} in source pixels, and its least and largest zoom."""
    folded = setting.warp.foldovers()  # type: ignore[attr-defined]
    grid = setting.warp.grid(setting.zoomed).double()
    coverage, round_trip = _there_and_back(setting)
    zooms = _zoom_range(setting)
    weights = setting.emphasis()
    facts = describe.Facts(
        samples=setting.zoomed[0] * setting.zoomed[1],
        share=None if weights is None else float(resampling.read(weights, grid).mean()),
        area=0.0 if weights is None else _mean_over_image(weights),
        place="" if weights is None else describe.place(weights[0, 0].numpy()),
        folds=int(folded.sum()),
        tiles=folded.numel(),
        most=None if zooms is None else zooms[1],
        coverage=coverage,
    )
    return facts, round_trip, zooms


def _there_and_back(setting: Setting) -> tuple[float, dict[str, float]]:
    """Share of the source that the inverse covers, and ``|forward(inverse(p)) - p|`` there, in float32 as used."""
    source, lattice_size = setting.picture.size, fit(setting.picture.size, UNZOOM_SIDE)
    warp = setting.warp_float32
    inverse, valid = warp.inverse_grid(lattice_size)
    back = warp.forward(inverse.reshape(1, -1, 2)).reshape(inverse.shape)
    error = to_pixels(back, source) - to_pixels(lattice(lattice_size), source)
    lengths = error.norm(dim=-1)[valid]
    if not lengths.numel():
        return 0.0, {"max": 0.0, "median": 0.0}
    return float(valid.float().mean()), {"max": float(lengths.max()), "median": float(lengths.median())}


def _zoom_range(setting: Setting) -> list[float] | None:
    """Least and largest linear zoom against uniform sampling, ``1 / sqrt(det J)`` in normalised coordinates.

    Taken at the pixels of the zoomed image; empty and folded places have none. None where no place has one.
    """
    points = lattice(setting.zoomed, dtype=torch.float64).reshape(1, -1, 2)
    determinant = torch.linalg.det(setting.warp.jacobian(points).double())
    zooms = determinant[determinant > 0].rsqrt()
    return [float(zooms.min()), float(zooms.max())] if zooms.numel() else None


def _mean_over_image(weights: Tensor) -> float:
    """The mean of a corner-aligned map over the image between its corner points: border cells count half."""
    rows, columns = (torch.ones(n, dtype=torch.float64) for n in weights.shape[-2:])
    for axis in (rows, columns):
        if axis.numel() > 1:
            axis[0] = axis[-1] = 0.5
    return float((rows @ weights[0, 0] @ columns) / (rows.sum() * columns.sum()))
