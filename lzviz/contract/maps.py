"""Painted maps, and how they travel: ``WxH.`` and the raw-deflated bytes as base64url."""

from __future__ import annotations

import re
import zlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass

import numpy as np

from lzviz.contract.wire import Refusal, decode_bytes, short
from lzviz.text import Text

LATTICE = 128
"""Most cells that a painted map has along a side."""


@dataclass(frozen=True)
class Map:
    """A painted map: (h, w) values 0..255 on a lattice that is corner-aligned on the image."""

    h: int
    w: int
    data: bytes

    @property
    def values(self) -> np.ndarray:
        """(h, w) uint8, read-only."""
        return np.frombuffer(self.data, np.uint8).reshape(self.h, self.w)

    @classmethod
    def of(cls, values: np.ndarray) -> Map:
        """The map of an (h, w) uint8 array."""
        return cls(values.shape[0], values.shape[1], values.astype(np.uint8).tobytes())

    def to_text(self) -> str:
        """``WxH.base64url(deflate(bytes))``."""
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = squeeze.compress(self.data) + squeeze.flush()
        return f"{self.w}x{self.h}.{urlsafe_b64encode(packed).decode().rstrip('=')}"

    @classmethod
    def from_text(cls, text: object) -> Map:
        """Read :meth:`to_text` back; never inflates beyond what the size in front allows.

        Raises:
            Refusal: no such text, a side of less than 2 or more than :data:`LATTICE` cells, data that does not fill them.
        """
        match = re.fullmatch(r"(\d{1,4})x(\d{1,4})\.([\w-]+)", text, re.ASCII) if isinstance(text, str) else None
        if match is None:
            raise Refusal(Text("refused.map.text", {"given": short(text)}))
        w, h = int(match[1]), int(match[2])
        if min(h, w) < 2 or max(h, w) > LATTICE:
            raise Refusal(Text("refused.map.side", {"most": LATTICE, "width": w, "height": h}))
        return cls(h, w, _inflate(decode_bytes(match[3], "the map"), h * w))


def _inflate(packed: bytes, length: int) -> bytes:
    try:
        data = zlib.decompressobj(-15).decompress(packed, length + 1)
    except zlib.error:
        data = b""
    if len(data) != length:
        raise Refusal(Text("refused.map.data", {"count": length}))
    return data
