"""What can be shown in a cell, and the first state that shows it.

image | warp | trace | comparison --subject_of--> Subject: a picture and the state that shows it
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lzviz import samplers
from lzviz.comparison import Comparison
from lzviz.contract.pictures import Picture
from lzviz.plain import card
from lzviz.samplers import given
from lzviz.trace import Trace
from lzviz.warp import GridWarp, Warp, WarpLayout

LATTICE = (65, 129)
"""Nodes by which a warp is shown that is not made of nodes itself."""
WIDTHS = (8, 1024)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Subject:
    """A picture, the state in which it is shown first, and the samplers that were brought along, by name."""

    picture: Picture
    state: Mapping[str, Any] = field(default_factory=dict)
    brought: tuple[str, ...] = ()


def subject_of(what: Any, image: Any = None) -> Subject:
    """What :func:`lzviz.show` shows; see there."""
    if image is not None and not isinstance(what, Warp):
        raise TypeError(f"image: goes with a Warp alone, and {type(what).__name__} brings its own; leave it out")
    if isinstance(what, Comparison):
        layouts = {name: trace.layout for name, trace in what.traces.items()}
        warps = {name: layout for name, layout in layouts.items() if isinstance(layout, WarpLayout)}
        if not warps:
            raise ValueError("no method of this comparison is a warp of the image; show comparison.image instead")
        states = [_registered(layout.warp, layout.zoomed_size, name) for name, layout in warps.items()]
        return Subject(picture_of(what.image), states[0], tuple(each["sampler"] for each in states))
    if isinstance(what, Trace):
        if not isinstance(what.layout, WarpLayout):
            raise TypeError(
                f"a trace whose samples are a {type(what.layout).__name__} is no warp: show trace.image instead"
            )
        return Subject(picture_of(what.image), _given(what.layout.warp, "run", what.layout.zoomed_size))
    if isinstance(what, Warp):
        return Subject(picture_of(card.card() if image is None else image), _given(what, "warp"))
    return Subject(picture_of(card.card() if what is None else what))


def _given(warp: Warp, source: str, zoomed: tuple[int, int] | None = None) -> dict[str, Any]:
    """The state that shows a warp."""
    name = given.hold(_nodes(warp), source)
    return {"sampler": "given", "options": (("given", "grid", name),), **_width(zoomed)}


def _registered(warp: Warp, zoomed: tuple[int, int], title: str) -> dict[str, Any]:
    """The state that shows a warp of several, which joins the menu of samplers under its title."""
    name, nodes = f"shown-{next(_numbers)}", _nodes(warp)
    samplers.register(name, nodes.to, title=title, summary="of the comparison that is shown")
    return {"sampler": name, **_width(zoomed)}


def _nodes(warp: Warp) -> Tensor:
    """(1, h, w, 2) of the first of a batch."""
    nodes = warp.nodes if isinstance(warp, GridWarp) else warp.grid(LATTICE)
    return nodes[:1].detach().cpu()


def _width(zoomed: tuple[int, int] | None) -> dict[str, int]:
    return {} if zoomed is None else {"width": min(max(zoomed[1], WIDTHS[0]), WIDTHS[1])}


def picture_of(given: Any) -> Picture:
    """A picture in any of the forms that :func:`lzviz.show` takes.

    Raises:
        TypeError, ValueError: it is none.
    """
    from lzviz.comparison.compare import picture_of as tensor_of

    image = tensor_of(given)
    pixels = (image[0].detach().cpu() * 255 + 0.5).floor().to(torch.uint8).permute(1, 2, 0)
    return Picture(np.ascontiguousarray(pixels.numpy()))
