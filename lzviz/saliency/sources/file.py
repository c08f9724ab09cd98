"""A map of the visitor's own."""

from __future__ import annotations

from lzviz.saliency.sources import Source, add
from lzviz.text import t

add(Source("file", t("source.file"), t("source.file.help"), takes="file", twin=True))
