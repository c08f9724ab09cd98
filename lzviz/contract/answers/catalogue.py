"""What the page may choose from, as plain JSON values: samplers, pictures, the fixed map, limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

import lzviz
from lzviz import saliency, samplers
from lzviz.contract import palette, pictures
from lzviz.contract.answers import checkpoints
from lzviz.contract.answers.warp import device_name
from lzviz.contract.controls import BOXES
from lzviz.contract.maps import LATTICE
from lzviz.contract.shipped import Box, Shipped
from lzviz.contract.state import lines
from lzviz.contract.wire import encode_array
from lzviz.samplers.options import plain

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

# State keys that matter to a sampler as soon as it takes a saliency map.
SALIENCY_KEYS = ("saliency", "strength", "paint", "edgePaint", "boxes")
# What is painted at a first visit reaches so much further than the thing itself: a brush is soft at its rim.
START_SPREAD = 1.5
# LZU's paper prefers separable maps, which are cheaper; on a page, the full map shows where the brush went.
PAGE_DEFAULTS = {"lzu": {"separable": False}}
SHOWN = ("uniform", "uniform-area", "lz", "fovea", "lzu", "cad")
# State keys that every sampler obeys.
COMMON_KEYS = ("width", "sourceScale")


def catalogue(workshop: Workshop, limits: Mapping[str, int]) -> dict[str, Any]:
    """Everything there is to choose from; ``limits`` are the bytes of each kind of file that may be sent."""
    fixed = saliency.fixed()[0, 0].numpy()
    return {
        "version": lzviz.__version__,
        "device": device_name(),
        "samplers": [sampler_entry(system) for system in samplers.REGISTRY.values() if _is_shown(system)],
        "pictures": [picture_entry(picture) for picture in workshop.gallery.values()],
        "checkpoints": [checkpoints.entry(workshop, name) for name in checkpoints.cards(workshop)],
        "checkpointDefault": checkpoints.default(workshop),
        "classColours": palette.COLOURS,
        "fixed": {"h": fixed.shape[0], "w": fixed.shape[1], "data": encode_array(fixed)},
        "limits": {
            "pixels": pictures.MAX_PIXELS,
            **limits,
            "displaySide": pictures.DISPLAY_SIDE,
            "lattice": LATTICE,
            "boxes": BOXES,
        },
    }


def _is_shown(system: samplers.System) -> bool:
    """Whether the page draws this system's views: it computes those of attracted grids and of cells by itself."""
    return system.name in SHOWN


def sampler_entry(system: samplers.System) -> dict[str, Any]:
    """A menu line; controls and defaults by their names in the state."""
    controls = [to_camel(name) for name in system.controls if to_camel(name) in lines()]
    own = [key for key in lines() if re.match(rf"{re.escape(system.name)}[A-Z]", key)]  # named after it
    controls += own if own or not system.saliency else SALIENCY_KEYS
    defaults = {to_camel(name): plain(v) for name, v in system.defaults.items() if v is not None}
    defaults |= PAGE_DEFAULTS.get(system.name, {})
    return {
        **system.describe(),
        "controls": [*controls, *COMMON_KEYS],
        "defaults": {key: value for key, value in defaults.items() if key in lines()},
        "modes": ["fixed", "published"] if "mode" in system.controls else ["fixed"],
        "prescribes": {to_camel(name): plain(value) for name, value in system.prescribes.items()},
    }


def picture_entry(picture: Shipped) -> dict[str, Any]:
    """A line of the gallery; ``highlight`` and ``start`` in fractions of width and height, radius of the long side."""
    h, w = picture.size
    entry: dict[str, Any] = {
        "id": picture.id, "title": picture.title, "credit": picture.credit, "width": w, "height": h,
        "labelled": picture.truth is not None,
    }  # fmt: skip
    if picture.highlight is not None:
        entry["highlight"] = _spot(picture.highlight, (h, w))
    if picture.start is not None:
        spot = _spot(picture.start, (h, w))
        entry["start"] = [{**spot, "r": START_SPREAD * spot["r"]}]
    return entry


def _spot(box: Box, size: tuple[int, int]) -> dict[str, float]:
    (x0, y0, x1, y1), (h, w) = box, size
    return {"x": (x0 + x1) / (2 * w), "y": (y0 + y1) / (2 * h), "r": max(x1 - x0, y1 - y0) / 2 / max(h, w)}
