"""Boxes drawn by hand, as FOVEA reads them."""

from __future__ import annotations

from torch import Tensor

from lzviz.saliency import maps
from lzviz.saliency.sources import Given, Source, add
from lzviz.text import t

UNIT_STRENGTH = 50
"""The strength that stands for FOVEA's amplitude 1."""


def made(given: Given) -> Tensor:
    amplitude = given.strength / UNIT_STRENGTH
    return maps.from_boxes(given.boxes, given.source_size, given.nodes, amplitude=amplitude)


def code(given: Given) -> str:
    amplitude = given.strength / UNIT_STRENGTH
    return f"lzviz.saliency.from_boxes(boxes, {given.source_size}, nodes={given.nodes}, amplitude={amplitude!r})"


add(
    Source(
        "boxes",
        t("source.boxes"),
        t("source.boxes.help"),
        takes="boxes",
        twin=True,
        make=made,
        code=code,
        weighs=True,
        paper="Thavamani et al. 2021",
    )
)
