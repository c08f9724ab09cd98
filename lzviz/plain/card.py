"""A picture under a warp that comes without one."""

from __future__ import annotations

import numpy as np

CARD = (384, 768)


def card(size: tuple[int, int] = CARD) -> np.ndarray:
    """(H, W, 3) uint8: squares, each of its own colour, crossed by thin lines, so that any warp can be seen."""
    h, w = size
    side = 4 * max(1, round(max(h, w) / 64))  # 16 squares across; the thin lines quarter them
    y, x = np.mgrid[:h, :w]
    even = (y // side + x // side) % 2
    squares = np.stack((90 + 110 * x / w, 110 + 90 * y / h, 190 - 80 * x / w), -1) * (0.72 + 0.28 * even[..., None])
    squares[(y % (side // 4) == 0) | (x % (side // 4) == 0)] = 30
    squares[(y % side == 0) | (x % side == 0)] = 245
    return squares.astype(np.uint8)
