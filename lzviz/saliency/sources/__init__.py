"""Where saliency may come from, by name. Menus, links, scripts and samplers read this registry and nothing else.

A source is one file in this package that ends with its registry line; importing the package finds it. Anybody's file may
``add(Source("mine", "Mine", "What it sees.", found=lambda image, size: ...))``.
"""

from __future__ import annotations

import importlib
import pkgutil

from lzviz.saliency.sources.base import Found as Found
from lzviz.saliency.sources.base import Given as Given
from lzviz.saliency.sources.base import Source as Source

REGISTRY: dict[str, Source] = {}


def add(source: Source) -> None:
    """Enter a registry line; a name can be taken once."""
    if source.name in REGISTRY:
        raise ValueError(f"a saliency source named {source.name!r} is registered already; choose another name")
    REGISTRY[source.name] = source


def source_named(name: str) -> Source:
    """A source by name."""
    if name not in REGISTRY:
        raise ValueError(f"no saliency source named {name!r}; there are {', '.join(REGISTRY)}")
    return REGISTRY[name]


for _module in ("paint", "edges", "boxes", "centre", "fixed", "file"):  # the order of the menu; others follow
    importlib.import_module(f"{__name__}.{_module}")
for _found in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_found.name}")
SHIPPED = tuple(REGISTRY)
"""Names of the sources that ship; what is added later is somebody's own."""
