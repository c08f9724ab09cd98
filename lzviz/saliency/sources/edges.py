"""Edges of the picture."""

from __future__ import annotations

from lzviz.saliency import maps
from lzviz.saliency.sources import Source, add
from lzviz.text import t

add(
    Source(
        "edges",
        t("source.edges"),
        t("source.edges.help"),
        found=maps.from_edges,
    )
)
