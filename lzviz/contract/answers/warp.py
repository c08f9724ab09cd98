"""State + picture -> the exact answer: saliency, warp, zoom, unzoom by :mod:`lzviz`, with what each stage took."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from lzviz import resampling, samplers
from lzviz import saliency as maps
from lzviz.contract.answers.effort import bounded, foresee
from lzviz.contract.decoding import check_wanted
from lzviz.contract.lent import device, device_name
from lzviz.contract.maps import Map
from lzviz.contract.options import has_room, source_values, values_of
from lzviz.contract.pictures import Picture, fit
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.coords import Size
from lzviz.inversion.tiles import border_tolerance
from lzviz.measure import describe, timing
from lzviz.measure.examine import Examination, examine
from lzviz.plain.packed import encode_array
from lzviz.saliency import sources
from lzviz.samplers.base import Downsampled, WarpSampler
from lzviz.text import Text, registered
from lzviz.warp import Warp, WarpLayout

T = TypeVar("T")

# The unzoomed image has at most this many pixels a side.
UNZOOM_SIDE = 2048
# The way there and back is looked at on a lattice with this long side, by the browser too: at most 4,096 points.
TRIP_SIDE = 64
# Works that are compared run in turns, so many times, or until so many seconds have passed.
TURNS, TURNS_SECONDS = 5, 0.6
# Above this one at a time (``Workshop.large``): a float image of 100 megapixels has 1.2 GB.
LARGE_PIXELS = 16_000_000
CLOCK = Text("clock.warm", {"count": TURNS})


# Saliency and sampler of a state ------------------------------------------------------------------------------------


def map_tensor(values: Map) -> Tensor:
    """A painted map as (1, 1, h, w) float64 in [0, 1]."""
    return torch.tensor(values.values, dtype=torch.float64)[None, None] / 255


def edited(found: Map, painted: Map | None) -> Tensor:
    """What was found in the picture with what was painted on it, signed around 128: (1, 1, h, w) float64 in [0, 1]."""
    if painted is None:
        return map_tensor(found)
    if (painted.h, painted.w) != (found.h, found.w):
        there = {"pictureWidth": found.w, "pictureHeight": found.h}
        raise Refusal(Text("refused.painted", {"width": painted.w, "height": painted.h, **there}))
    return maps.edit(map_tensor(found), torch.tensor(painted.values)[None, None])


def source_of(state: State) -> sources.Source:
    """Where the saliency of a state comes from."""
    return sources.source_named(state.saliency)


def given_to(state: State, picture: Picture, file: Map | None) -> sources.Given:
    """What a state gives to its saliency source: the map that was painted, found or sent, boxes, strength."""
    taken = source_of(state).takes
    if taken == "file" and file is None:
        raise Refusal(Text("refused.map.missing"))
    values = None
    if taken == "picture":
        values = edited(found_in(picture, state.saliency, source_values(state)), state.edge_paint)
    elif taken in ("paint", "file"):
        painted = state.paint if taken == "paint" else file
        values = None if painted is None else map_tensor(painted)
    boxes = torch.tensor(state.boxes, dtype=torch.float64).reshape(-1, 4)
    return sources.Given(state.nodes, picture.size, values, boxes, state.strength)


def saliency_of(state: State, picture: Picture, file: Map | None) -> Tensor:
    """The saliency map that a state asks for: (1, 1, h, w) float64, before its contrast.

    The rules are those of ``lzviz/canvas/engine/saliency.js``, which the browser follows.
    """
    return source_of(state).make(given_to(state, picture, file))


def sampler_of(state: State) -> samplers.Sampler:
    """The sampler that a state asks for."""
    if has_room(state.sampler):
        raise Refusal(Text("refused.sampler.room", {"sampler": state.sampler}))
    try:
        return samplers.create(state.sampler, **dict(values_of(state)))
    except ValueError as error:
        raise Refusal(Text("refused.sampler.options", {"title": title_of(state), "told": str(error)})) from error


def title_of(state: State) -> str:
    """The sampler of a state in words."""
    return samplers.REGISTRY[state.sampler].title


def read_by(sampler: samplers.Sampler, state: State, picture: Picture) -> Downsampled:
    """What a sampler makes of the picture itself, float32.

    Raises:
        Refusal: whatever goes wrong in a sampler that anybody may have registered, in one sentence; or it is no warp.
    """
    image, zoomed = resampling.reduce(image_tensor(picture), state.source_scale), state.zoomed_size(picture.size)
    try:
        foresee(sampler, title_of(state), image, zoomed)
        with bounded(sampler, title_of(state)):
            made = sampler(image, zoomed)
        if not isinstance(made.layout, WarpLayout):
            raise Refusal(Text("refused.sampler.noWarp", {"title": title_of(state)}))
        if tuple(made.image.shape) != (1, 3, *zoomed):
            raise ValueError(f"its image is {tuple(made.image.shape)} instead of {(1, 3, *zoomed)}")
        if not bool(made.layout.warp.nodes.isfinite().all()):  # type: ignore[attr-defined]
            raise ValueError("its nodes are not all finite")
    except Refusal:
        raise
    except Exception as error:
        told = str(error).split("\n")[0][:200] or type(error).__name__
        said = {"title": title_of(state), "told": told.rstrip(".")}
        raise Refusal(Text("refused.sampler.fails", said)) from error
    return made


@dataclass(frozen=True)
class Setting:
    """A state on a picture, and the exact warp that follows, on the CPU: float64, or as the sampler computed it.

    Attributes:
        saliency: (1, 1, h, w) as the state asks for it; None: the sampler looks at the picture itself, or at nothing.
        read: what the sampler made of the picture, where it looks at that.
    """

    state: State
    picture: Picture
    file: Map | None
    saliency: Tensor | None
    warp: Warp
    zoomed: Size
    read: Downsampled | None = None

    @classmethod
    def of(cls, state: State, picture: Picture, file: Map | None = None) -> Setting:
        """The exact warp of a state on a picture; ``file`` is the visitor's own map, where the state wants one."""
        zoomed, sampler = state.zoomed_size(picture.size), sampler_of(state)
        saliency = saliency_of(state, picture, file) if takes_saliency(state) else None
        if samplers.REGISTRY[state.sampler].twin or (saliency is not None and isinstance(sampler, WarpSampler)):
            return cls(state, picture, file, saliency, _warp(sampler, saliency, zoomed, picture.size), zoomed)
        read = read_by(sampler, state, picture)
        return cls(state, picture, file, saliency, read.layout.warp, zoomed, read)  # type: ignore[attr-defined]

    @property
    def nodes(self) -> Tensor:
        """(h, w, 2) control nodes as they act, float64."""
        return self.warp.nodes[0].double()  # type: ignore[attr-defined]

    @property
    def warp_float32(self) -> Warp:
        """The same warp as it is used in practice."""
        if self.read is not None:
            return self.read.layout.warp  # type: ignore[attr-defined]
        saliency = None if self.saliency is None else self.saliency.float()
        return _warp(sampler_of(self.state), saliency, self.zoomed, self.picture.size)

    def image(self) -> Tensor:
        """The zoomed image (1, 3, h, w) in [0, 1], read from the original resolution."""
        if self.read is not None:
            return self.read.image.clamp(0, 1)
        image = resampling.reduce(image_tensor(self.picture), self.state.source_scale)
        return sampler_of(self.state).read(self.warp_float32, image, self.zoomed)  # type: ignore[attr-defined]

    def emphasis(self) -> Tensor | None:
        """What the state asks to see better, as weights (1, 1, h, w) in [0, 1]; None when it asks for nothing.

        Paint and boxes count for uniform sampling too: that is the number to compare with.
        """
        return emphasis_of(self.state, self.picture, self.saliency)

    def examine(self) -> Examination:
        """The numbers of the warp, its inverse on the lattice that the browser takes (:data:`TRIP_SIDE`)."""
        trip = fit_lattice(self.picture.size, TRIP_SIDE)
        return examine(self.warp, self.zoomed, self.picture.size, emphasis=self.emphasis(), inverse_size=trip)


def emphasis_of(state: State, picture: Picture, saliency: Tensor | None) -> Tensor | None:
    """The same of any saliency map of the state; None: its sampler takes none, and only paint and boxes count."""
    taken = source_of(state).takes
    if taken == "paint":
        weights = None if state.paint is None else map_tensor(state.paint)
    elif taken == "boxes":
        weights = box_weights(state.boxes, picture.size)
    elif saliency is None:
        return None
    else:
        low, high = torch.aminmax(saliency)
        weights = (saliency - low) / (high - low).clamp(min=1e-300)
    return weights if weights is not None and bool(weights.any()) else None


def _warp(sampler: samplers.Sampler, saliency: Tensor | None, zoomed: Size, source: Size) -> Warp:
    return sampler.warp(saliency, zoomed, source)  # type: ignore[attr-defined]


def takes_saliency(state: State) -> bool:
    """Whether the sampler of a state looks at a saliency map at all."""
    return bool(samplers.REGISTRY[state.sampler].saliency)


def found_in(picture: Picture, name: str, options: Mapping[str, Any] | None = None) -> Map:
    """What a saliency source finds in a picture, on the lattice of painted maps, 0..255, as the browser gets it; found once.

    Raises:
        Refusal: whatever goes wrong in a source that anybody may have registered, in one sentence.
    """
    source, given = sources.source_named(name), dict(options or {})

    def make() -> Map:
        try:
            values = source.find(image_tensor(picture), fit_lattice(picture.size), **given)
        except Exception as error:
            told = str(error).split("\n")[0][:200] or type(error).__name__
            said = {"title": registered(f"source.{name}", source.title), "told": told.rstrip(".")}
            raise Refusal(Text("refused.source.fails", said)) from error
        return Map.of((values[0, 0] * 255 + 0.5).floor().numpy())

    return picture.remember(f"{name}: {sorted(given.items())}", make)


def map_of(picture: Picture) -> Map:
    """A picture read as a saliency map: its grey values on the lattice of painted maps."""
    return _on_lattice(maps.grey(image_tensor(picture)))


def map_of_values(values: np.ndarray) -> Map:
    """An array as a saliency map: (H, W), or with axes of length 1 besides, no number negative.

    Bytes mean as much as a picture's; other numbers beyond 1 are told as shares of the largest.
    """
    flat = values.squeeze()
    if flat.ndim != 2 or min(flat.shape) < 2 or flat.dtype.kind not in "biuf":
        raise Refusal(Text("refused.map.array", {"type": str(values.dtype), "shape": str(values.shape)}))
    weights = flat.astype(np.float32)
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise Refusal(Text("refused.map.negative"))
    most = 255 if flat.dtype == np.uint8 else max(1.0, float(weights.max()))
    return _on_lattice(torch.from_numpy(weights / most)[None, None])


def _on_lattice(grey: Tensor) -> Map:
    h, w = grey.shape[-2:]
    values = maps.to_nodes(grey, fit_lattice((h, w)))
    return Map.of((values[0, 0] * 255 + 0.5).floor().clamp(0, 255).numpy())


def fit_lattice(source: Size, side: int = 128) -> Size:
    """A lattice over a picture, that of painted maps by default: ``side`` cells on the long side, at least 2 on the other."""
    long = max(source)
    h, w = (side if n == long else max(2, math.floor(side * n / long + 0.5)) for n in source)
    return h, w


def box_weights(boxes: tuple[tuple[float, float, float, float], ...], source: Size) -> Tensor:
    """1 inside any box, 0 outside, on a lattice of at most 512 points a side that is corner-aligned on the source."""
    return maps.inside(torch.tensor(boxes, dtype=torch.float64).reshape(-1, 4), source, fit(source, 512))


def image_tensor(picture: Picture) -> Tensor:
    """A picture as (1, 3, H, W) float32 in [0, 1]."""
    return torch.from_numpy(picture.pixels.transpose(2, 0, 1).copy())[None].float().div_(255)


# The answer ---------------------------------------------------------------------------------------------------------


def answer(state: State, picture: Picture, file: Map | None = None) -> dict[str, Any]:
    with torch.inference_mode():
        setting = Setting.of(state, picture, file)
        found = setting.examine()
        image = None if samplers.REGISTRY[state.sampler].twin else encode_array(bytes_of(setting.image()))
    facts = found.facts
    return {
        "nodes": encode_array(setting.nodes.numpy()),
        "nodesSize": list(setting.nodes.shape[:2]),
        "tolerance": border_tolerance(setting.warp.like.dtype),
        "folds": facts.folds,
        "tiles": facts.tiles,
        "samples": facts.samples,
        "roundTrip": found.round_trip,
        "coverage": facts.coverage,
        "share": facts.share,
        "area": facts.area,
        "zoomRange": None if found.zoom_range is None else list(found.zoom_range),
        "sentence": describe.sentence(facts),
        "image": image,
    }


def times_answer(state: State, picture: Picture, file: Map | None = None) -> dict[str, Any]:
    with torch.inference_mode():
        milliseconds = measure(Setting.of(state, picture, file))
    return {"milliseconds": milliseconds, "clock": CLOCK, "device": device_name()}


def bytes_of(image: Tensor) -> np.ndarray:
    """(1, 3, h, w) in [0, 1] as (h, w, 3) uint8."""
    return (image[0].clamp(0, 1) * 255 + 0.5).byte().permute(1, 2, 0).contiguous().numpy()


def measure(setting: Setting) -> dict[str, float]:
    """Milliseconds of each stage in float32 on the full picture, and of all together; see :data:`CLOCK`."""
    state, picture, where = setting.state, setting.picture, device()
    image = resampling.reduce(image_tensor(picture).to(where), state.source_scale)
    saliency = None if setting.saliency is None else setting.saliency.float().to(where)
    sampler, source = sampler_of(state), fit(picture.size, UNZOOM_SIDE)
    works: dict[str, Callable[[], Any]] = {}
    if saliency is not None:
        works["saliency"] = lambda: saliency_of(state, picture, setting.file)
        works["saliency"]()
    if setting.read is not None:
        works["sampler"] = lambda: read_by(sampler, state, picture)
        made = works["sampler"]()
        warp, small = made.layout.warp.to(where), made.image.to(where)  # type: ignore[attr-defined]
    else:
        works["warp"] = lambda: _warp(sampler, saliency, setting.zoomed, picture.size)
        warp = works["warp"]()
        works["zoom"] = lambda: sampler.read(warp, image, setting.zoomed)  # type: ignore[attr-defined]
        small = works["zoom"]()
    works["unzoom"] = lambda: warp.unzoom(small, source)
    works["unzoom"]()
    milliseconds = in_turn(works, where)
    return {**milliseconds, "total": sum(milliseconds.values())}


def in_turn(
    works: Mapping[str, Callable[[], object]],
    where: torch.device,
    alone: AbstractContextManager[object] | None = None,
) -> dict[str, float]:
    """Median milliseconds of works that have run before, taken in turns (a, b, a, b, ...): what slows one slows all.

    At least one turn, at most :data:`TURNS`, and no new one after :data:`TURNS_SECONDS`. ``alone`` is held around each work, and
    waiting for it is not counted.

    Raises:
        Refusal: nobody waits for them any more.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    start = time.perf_counter()
    for _ in range(TURNS):
        for name, work in works.items():
            check_wanted()
            clock = timing.Clock(where)
            with alone or nullcontext(), clock.stage(name):
                work()
            taken[name].append(clock.milliseconds()[name])
        if time.perf_counter() - start > TURNS_SECONDS:
            break
    return {name: statistics.median(each) for name, each in taken.items()}
