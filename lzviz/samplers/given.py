"""A grid of one's own as a sampler: brought as an array or a file's content, mended by the doctor, or out of somebody's network.

A grid (1, h, w, 2), x before y, in [-1, 1] by pixel centres, is taken as control nodes: bilinear between them.
:func:`hold` keeps it under a hash of its content, so that a state, a link and a script can name it by a short text,
``HASH.source``: whoever opens such a link where the grid is held gets the same warp, and elsewhere a sentence with its source.
A script holds its grids for as long as it runs; inside :func:`lzviz.held.held_in` whoever owns the memory does.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from torch import Tensor

from lzviz.coords import Size
from lzviz.held import SHELF
from lzviz.options import Option
from lzviz.resampling import Interpolation
from lzviz.samplers import CLAIMS, System, add, options
from lzviz.samplers.base import WarpSampler
from lzviz.text import t
from lzviz.warp import GridWarp, Warp

NAME = r"[0-9a-f]{32}(\.[\w-]{1,40})?"


def hold(grid: Tensor, source: str = "") -> str:
    """Keep a grid (1, h, w, 2) under its content; the name by which :class:`Given` finds it.

    ``source`` says where it came from: a file's name, a specimen's. What is no letter, digit, - or _ in it becomes -.
    """
    nodes = Warp.from_grid(grid).nodes.detach().cpu().double().contiguous()
    if len(nodes) != 1:
        raise ValueError(f"expected one grid (1, h, w, 2), got a batch of {len(nodes)}: hold grid[:1]")
    told = repr(tuple(nodes.shape)).encode() + nodes.numpy().tobytes()
    key = hashlib.blake2b(told, digest_size=16).hexdigest()
    SHELF.get()[key] = nodes
    said = re.sub(r"[^A-Za-z0-9_]+", "-", source).strip("-")[:40]
    return f"{key}.{said}" if said else key


def find(name: str) -> Tensor:
    """The grid of a name; ``ValueError`` where it is not held here."""
    key, _, source = name.partition(".")
    if (grid := SHELF.get().get(key)) is not None:
        return grid
    raise ValueError(
        f"the grid {source or key[:8]} is not held here: open its file in the doctor, and hand it to Explore from there"
    )


@dataclass(frozen=True, eq=False)
class Given(WarpSampler):
    """The warp of a grid.

    Attributes:
        grid: (1, h, w, 2), x before y, in [-1, 1]; or a name that :func:`hold` gave. ``None``: the identity.
    """

    grid: Tensor | str | None = None
    interpolation: Interpolation = "bilinear"
    _warp: GridWarp = field(init=False, repr=False)

    def __post_init__(self) -> None:
        grid = find(self.grid) if isinstance(self.grid, str) else self.grid
        warp = Warp.identity((2, 2)) if grid is None else Warp.from_grid(grid)
        object.__setattr__(self, "_warp", warp)

    def look(self, image: Tensor) -> None:
        return None

    def warp(self, saliency: Tensor | None, size: Size, source_size: Size) -> GridWarp:
        return self._warp

    def spelled(self) -> dict[str, Tensor]:
        return {"grid": self._warp.nodes} if isinstance(self.grid, str) else {}


add(
    System(
        name="given",
        title=t("sampler.given.title"),
        summary=t("sampler.given.summary"),
        paper="any grid, flow or map, through the doctor",
        make=Given,
        options=(Option("grid", "text", None, pattern=NAME), options.INTERPOLATION),
        claims=CLAIMS - {"identity", "no_fold", "flip"},
        colour=("#7a4bb5", "#b591e8"),
    )
)
