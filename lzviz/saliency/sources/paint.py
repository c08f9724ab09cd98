"""What was painted by hand."""

from __future__ import annotations

from torch import Tensor

from lzviz.saliency import maps
from lzviz.saliency.sources import Given, Source, add
from lzviz.saliency.sources.base import filled
from lzviz.text import t


def made(given: Given) -> Tensor:
    return maps.from_mask(filled(given), given.nodes, given.strength)


add(
    Source(
        "paint",
        t("source.paint"),
        t("source.paint.help"),
        takes="paint",
        twin=True,
        make=made,
        code=lambda given: f"lzviz.saliency.from_mask(mask, nodes={given.nodes}, strength={given.strength!r})",
        weighs=True,
    )
)
