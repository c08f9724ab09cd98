"""The middle of the picture."""

from __future__ import annotations

from lzviz.saliency import maps
from lzviz.saliency.sources import Source, add

add(
    Source(
        "centre",
        "Centre",
        "A fovea: the middle of the picture.",
        takes="nothing",
        twin=True,
        make=lambda given: maps.centre(given.nodes).double(),
        code=lambda given: f"lzviz.saliency.centre(nodes={given.nodes}).double()",
    )
)
