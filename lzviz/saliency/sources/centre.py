"""The middle of the picture."""

from __future__ import annotations

from lzviz.saliency import maps
from lzviz.saliency.sources import Source, add
from lzviz.text import t

add(
    Source(
        "centre",
        t("source.centre"),
        t("source.centre.help"),
        takes="nothing",
        twin=True,
        make=lambda given: maps.centre(given.nodes).double(),
        code=lambda given: f"lzviz.saliency.centre(nodes={given.nodes}).double()",
    )
)
