"""What a saliency source is: one line that a menu, a link, a page and a script read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from lzviz.coords import Size
from lzviz.options import Option
from lzviz.saliency import maps

Taken = Literal["picture", "paint", "boxes", "file", "nothing"]
Found = Callable[..., Tensor]
"""(image (B, C, H, W) in [0, 1], size (h, w), **options) -> (B, 1, h, w) in [0, 1], corner-aligned on the image."""


def no_boxes() -> Tensor:
    return torch.zeros(0, 4, dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class Given:
    """What a source may make its map of.

    Attributes:
        nodes: (h, w) of the control grid; ``source_size``: (H, W) of the picture, pixels.
        map: (1, 1, h', w') in [0, 1]: what was painted, what was found in the picture, or the visitor's own file.
        boxes: (N, 4) x0, y0, x1, y1, pixel edges.
        strength: how many times what was chosen by hand outweighs the rest.
    """

    nodes: Size
    source_size: Size
    map: Tensor | None = None
    boxes: Tensor = field(default_factory=no_boxes)
    strength: float = 50.0


def at_nodes(given: Given) -> Tensor:
    """The map itself, at the nodes."""
    return maps.to_nodes(filled(given), given.nodes)


def filled(given: Given) -> Tensor:
    return torch.zeros(1, 1, 2, 2, dtype=torch.float64) if given.map is None else given.map


@dataclass(frozen=True)
class Source:
    """A registry line.

    Attributes:
        name: as it stands in a link; ``title``: as it stands in a menu; ``help``: one sentence below it.
        takes: what its map is made of. A map that is found in a picture can be painted on.
        twin: whether the browser makes the map by itself. It has a twin of those whose line says so, and asks Python for what is
            found in a picture: that alone needs no code there.
        found: what is found in a picture, of those that take one.
        make: the saliency (1, 1, h, w) of what was given.
        code: that in Python, where ``mask`` and ``boxes`` are what was given.
        weighs: whether ``strength`` acts on it.
        options: keyword options of ``found`` that are worth a control.
        paper: authors and year.
    """

    name: str
    title: str
    help: str
    takes: Taken = "picture"
    twin: bool = False
    found: Found | None = None
    make: Callable[[Given], Tensor] = at_nodes
    code: Callable[[Given], str] = lambda given: f"lzviz.saliency.to_nodes(mask, {given.nodes})"
    weighs: bool = False
    options: tuple[Option, ...] = ()
    paper: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z][\w-]{0,39}", self.name, re.ASCII):
            raise ValueError(f"a saliency source is named by up to 40 letters, digits, - and _, got {self.name!r}")
        if (self.found is None) == (self.takes == "picture"):
            raise ValueError(
                f'{self.name}: found= says what is found in a picture and belongs to takes="picture" alone'
            )
        if not self.twin and self.found is None:
            raise ValueError(
                f"{self.name}: what is not found in a picture is made by the browser, which needs a twin of it"
            )

    def find(self, image: Tensor, size: Size, **options: Any) -> Tensor:
        """What is found in images (B, C, H, W), in [0, 1]: (B, 1, *size).

        Raises:
            ValueError: it finds nothing in pictures, or its map has another shape or range.
        """
        if self.found is None:
            raise ValueError(f"{self.name} takes {self.takes} and finds nothing in a picture")
        made = self.found(image, size, **options)
        wanted = (len(image), 1, *size)
        if tuple(made.shape) != wanted or not bool(made.isfinite().all()) or not 0 <= made.min() <= made.max() <= 1:
            raise ValueError(f"{self.name} has to find a map {wanted} in [0, 1], got {tuple(made.shape)}")
        return made

    def describe(self) -> dict[str, Any]:
        """The line as plain JSON values."""
        return {
            "name": self.name,
            "title": self.title,
            "help": self.help,
            "takes": self.takes,
            "twin": self.twin,
            "weighs": self.weighs,
            "options": [option.describe() for option in self.options],
            "paper": self.paper,
        }
