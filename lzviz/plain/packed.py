"""Arrays as text, as the page reads them."""

from __future__ import annotations

import base64

import numpy as np


def encode_array(array: np.ndarray) -> str:
    """The little-endian bytes of an array as base64 (the reader knows type and shape)."""
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()).decode()
