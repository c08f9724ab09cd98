"""Edges of the picture."""

from __future__ import annotations

from lzviz.saliency import maps
from lzviz.saliency.sources import Source, add

add(
    Source(
        "edges",
        "Edges",
        "Where the picture changes. Paint adds edges, erase removes them.",
        found=maps.from_edges,
    )
)
