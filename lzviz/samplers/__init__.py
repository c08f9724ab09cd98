"""The samplers, by name. Menus, comparison, training and the laws read this registry and nothing else.

``create("lzu", fwhm=8)`` makes one; ``register("mine", grid_of)`` lets anybody's callable image -> grid join.
A system is one file in this package that ends with its registry line; importing the package finds it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from lzviz.coords import Size
from lzviz.options import Option, plain
from lzviz.saliency import sources
from lzviz.samplers.base import AttractionSampler as AttractionSampler
from lzviz.samplers.base import Downsampled as Downsampled
from lzviz.samplers.base import Sampler as Sampler
from lzviz.samplers.base import WarpSampler as WarpSampler
from lzviz.samplers.options import INTERPOLATION
from lzviz.warp import Warp

CLAIMS = frozenset(
    {"identity", "inverse", "composition", "constants", "count", "no_fold", "flip", "batch", "dtype", "gradient"}
)
"""The laws a system may claim, one test each over the registry:

identity: uniform saliency changes nothing. inverse: inverse undoes forward on the valid set. composition: zooming twice is
zooming by the product. constants: a constant image survives gather and scatter where valid. count: the density sums to the
number of samples. no_fold: no tile folds, whatever the saliency. flip: flipping image and saliency flips the result.
batch: each image alone gives the same. dtype: float64 agrees with float32. gradient: gradcheck passes through the zoom.
"""


@dataclass(frozen=True)
class System:
    """A registry line.

    Attributes:
        name: as in ``create(name)``.
        title, summary, paper: for menus: a short name, what it does in a few words, authors and year.
        make: keyword options -> :class:`Sampler`.
        options: keyword options of ``make`` that are worth a control, typed, with their ranges and defaults.
        prescribes: values of options that the published method has, apart from what a user prefers.
        saliency: whether it looks at a saliency map, from any source but those named in ``unfit``, whose maps
            mean nothing to it.
        claims: laws it keeps, out of :data:`CLAIMS`.
        colour: in figures, on a light and on a dark page.
        twin: whether the browser computes it too; else the page shows what Python computes.
    """

    name: str
    title: str
    summary: str
    paper: str
    make: Callable[..., Sampler]
    options: tuple[Option, ...] = ()
    prescribes: Mapping[str, Any] = field(default_factory=dict)
    saliency: bool = False
    unfit: frozenset[str] = frozenset()
    claims: frozenset[str] = frozenset()
    colour: tuple[str, str] = ("#1a1c1f", "#eceef0")
    twin: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,79}", self.name, re.ASCII):
            raise ValueError(f"a sampler is named by up to 80 letters, digits, - and _, got {self.name!r}")
        if unknown := set(self.claims) - CLAIMS:
            raise ValueError(f"{self.name} claims unknown laws: {', '.join(sorted(unknown))}")
        if unknown := set(self.unfit) - set(sources.REGISTRY):
            raise ValueError(f"{self.name} does not fit unknown saliency sources: {', '.join(sorted(unknown))}")
        if len(set(self.controls)) != len(self.controls):
            raise ValueError(f"{self.name} has an option twice: {', '.join(self.controls)}")
        for name, value in self.prescribes.items():
            if name not in self.controls or not self.option(name).fits(value):
                raise ValueError(f"{self.name} prescribes {name} = {value!r}, which is none of its options' values")

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of the options."""
        return tuple(option.name for option in self.options)

    @property
    def defaults(self) -> dict[str, Any]:
        """Values of the options when nobody says."""
        return {option.name: option.default for option in self.options}

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources that it may take its saliency from, as many as there are now."""
        return tuple(name for name in sources.REGISTRY if self.saliency and name not in self.unfit)

    def option(self, name: str) -> Option:
        """The option of a name."""
        return next(option for option in self.options if option.name == name)

    def describe(self) -> dict[str, Any]:
        """The line as plain JSON values: what a page, a menu or an agent is told."""
        return {
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "paper": self.paper,
            "colour": list(self.colour),
            "twin": self.twin,
            "options": [option.describe() for option in self.options],
            "prescribes": {name: plain(value) for name, value in self.prescribes.items()},
            "saliency": list(self.sources),
            "claims": sorted(self.claims),
        }


REGISTRY: dict[str, System] = {}


def add(system: System) -> None:
    """Enter a registry line; a name can be taken once."""
    if system.name in REGISTRY:
        raise ValueError(f"a sampler named {system.name!r} is registered already; choose another name")
    REGISTRY[system.name] = system


def create(name: str, **options: Any) -> Sampler:
    """Make a sampler by name, without weights where none are needed.

    Raises:
        ValueError: no such sampler, or an option it does not have.
    """
    if name not in REGISTRY:
        raise ValueError(f"no sampler named {name!r}; there are {', '.join(REGISTRY)}")
    try:
        return REGISTRY[name].make(**options)
    except TypeError as error:
        known = ", ".join(REGISTRY[name].controls) or "none"
        raise ValueError(f"{name}: {error}; its options are: {known}") from None


def register(
    name: str,
    grid_of: Callable[[Tensor], Tensor],
    *,
    title: str | None = None,
    summary: str = "a grid of your own",
    paper: str = "",
    align_corners: bool = True,
    claims: frozenset[str] = frozenset({"count", "constants", "batch"}),
    colour: tuple[str, str] = ("#1a1c1f", "#eceef0"),
) -> None:
    """Let anybody's callable join menus, links, exports and laws.

    Args:
        name: for ``create(name)``.
        grid_of: image (B, C, H, W) -> sampling grid (B, h, w, 2), x before y, in [-1, 1].
        align_corners: the convention of that grid.
        claims: laws it keeps, out of :data:`CLAIMS`.
        colour: in figures, on a light and on a dark page.
    """

    def make(interpolation: str = "bilinear") -> Sampler:
        return GridSampler(grid_of, align_corners, interpolation)  # type: ignore[arg-type]

    system = System(
        name, title or name, summary, paper, make, (INTERPOLATION,), claims=frozenset(claims), colour=colour
    )
    add(system)


@dataclass(frozen=True, eq=False)
class GridSampler(Sampler):
    """Anybody's callable image (B, C, H, W) -> grid (B, h, w, 2) as a sampler."""

    grid_of: Callable[[Tensor], Tensor]
    align_corners: bool
    interpolation: Any

    def __call__(self, image: Tensor, size: Size, saliency: Tensor | None = None) -> Downsampled:
        source_size = (int(image.shape[-2]), int(image.shape[-1]))
        warp = Warp.from_grid(self.grid_of(image), self.align_corners, source_size)
        return Downsampled(warp.zoom(image, size, self.interpolation), warp.at(size, source_size))


for _module in ("uniform", "lz", "fovea", "lzu"):  # the order of the menus; whatever else is in the package follows
    importlib.import_module(f"{__name__}.{_module}")
for _found in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_found.name}")
SHIPPED = frozenset(REGISTRY)
"""Names of the samplers that ship; what is registered later is somebody's own."""
