"""What the page may choose from, as plain JSON values: samplers, pictures, the fixed map, limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import lzviz
from lzviz import palette, saliency, samplers, text
from lzviz.contract import pictures
from lzviz.contract.answers import checkpoints
from lzviz.contract.composites import BOXES
from lzviz.contract.lent import device_name
from lzviz.contract.maps import LATTICE
from lzviz.contract.options import key_of, own
from lzviz.contract.shipped import Box, Shipped
from lzviz.contract.state import lines
from lzviz.plain.packed import encode_array
from lzviz.saliency import sources

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

# State keys that matter to a sampler as soon as it takes a saliency map.
SALIENCY_KEYS = ("saliency", "strength", "paint", "edgePaint", "boxes")
# What is painted at a first visit reaches so much further than the thing itself: a brush is soft at its rim.
START_SPREAD = 1.5
# State keys that every sampler obeys.
COMMON_KEYS = ("width", "sourceScale")


def catalogue(workshop: Workshop, limits: Mapping[str, int]) -> dict[str, Any]:
    """Everything there is to choose from; ``limits`` are the bytes of each kind of file that may be sent."""
    fixed = saliency.fixed()[0, 0].numpy()
    return {
        "version": lzviz.__version__,
        "languages": list(text.languages()),
        "device": device_name(),
        "samplers": [sampler_entry(system) for system in samplers.REGISTRY.values()],
        "sources": [source_entry(source) for source in sources.REGISTRY.values()],
        "pictures": [picture_entry(workshop, picture) for picture in workshop.gallery.values()],
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


def sampler_entry(system: samplers.System) -> dict[str, Any]:
    """A menu line; ``controls`` are the keys of the state that it obeys, and ``key`` of an option the one that holds it."""
    keys = {option.name: key_of(option) for option in system.options}
    named = [key for key in lines() if re.match(rf"{re.escape(system.name)}[A-Z]", key)]
    described = system.describe()
    return {
        **described,
        "options": [
            {**line, "key": keys[line["name"]], "own": line["name"] in own(system)} for line in described["options"]
        ],
        "controls": [
            *filter(None, keys.values()),
            *(named if named or not system.saliency else SALIENCY_KEYS),
            *COMMON_KEYS,
        ],
        "modes": ["fixed", "published"] if "mode" in system.controls else ["fixed"],
    }


def source_entry(source: sources.Source) -> dict[str, Any]:
    """A menu line of a saliency source: its options stand under the key ``options``."""
    described = source.describe()
    return {**described, "options": [{**line, "key": None, "own": True} for line in described["options"]]}


def picture_entry(workshop: Workshop, picture: Shipped) -> dict[str, Any]:
    """A line of the gallery; ``highlight`` and ``start`` in fractions of width and height, radius of the long side."""
    h, w = picture.size
    entry: dict[str, Any] = {
        "id": picture.id, "title": picture.title, "credit": picture.credit, "width": w, "height": h,
        "labelled": picture.truth is not None, "boxed": picture.boxed, "dataset": picture.dataset,
        "checkpoint": checkpoints.default(workshop, picture.id),
    }  # fmt: skip
    if picture.film is not None:
        entry |= {"frames": picture.film.frames, "fps": picture.film.fps}
    if picture.highlight is not None:
        entry["highlight"] = _spot(picture.highlight, (h, w))
    if picture.start is not None:
        spot = _spot(picture.start, (h, w))
        entry["start"] = [{**spot, "r": START_SPREAD * spot["r"]}]
    return entry


def _spot(box: Box, size: tuple[int, int]) -> dict[str, float]:
    (x0, y0, x1, y1), (h, w) = box, size
    return {"x": (x0 + x1) / (2 * w), "y": (y0 + y1) / (2 * h), "r": max(x1 - x0, y1 - y0) / 2 / max(h, w)}
