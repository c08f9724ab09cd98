"""One map for all pictures of a data set: LZU's of nuScenes."""

from __future__ import annotations

from lzviz.saliency import maps
from lzviz.saliency.sources import Source, add
from lzviz.text import t

add(
    Source(
        "fixed",
        t("source.fixed"),
        t("source.fixed.help"),
        takes="nothing",
        twin=True,
        make=lambda given: maps.fixed().double(),
        code=lambda given: "lzviz.saliency.fixed().double()",
        paper="Thavamani et al. 2023",
    )
)
