"""A map of the visitor's own."""

from __future__ import annotations

from lzviz.saliency.sources import Source, add

add(Source("file", "File", "A map of your own: bright where samples should go.", takes="file", twin=True))
