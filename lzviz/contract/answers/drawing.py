"""What a warp makes of a picture, for who has no page: agents and scripts. Arrays are (H, W, 3 or 4) uint8.

The page draws its views and their files by itself, with its own layers; here is none of them but the samples on the source.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from torch import Tensor

from lzviz import resampling
from lzviz.contract.answers.warp import Setting
from lzviz.coords import Size, to_pixels

INK = (26, 28, 31)
DIFFERENCE_GAIN = 2.0
HEAT = np.array([(8, 8, 16), (74, 27, 98), (170, 54, 84), (240, 130, 60), (252, 245, 190)], np.float32)
# Sub-pixel bits of OpenCV's drawing functions.
SHIFT = 4
MOST_PIXELS = 8_000_000


def bounded(source: Size) -> Size:
    """The size a source-sized picture is drawn at: its own, or the largest of the same shape below 8 megapixels."""
    scale = min(1.0, math.sqrt(MOST_PIXELS / (source[0] * source[1])))
    return max(1, int(source[0] * scale)), max(1, int(source[1] * scale))


def to_bytes(image: Tensor) -> np.ndarray:
    """(1, C, H, W) in [0, 1] to (H, W, C) uint8, rounded."""
    return (image[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()


def unzoomed(setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """The zoomed image brought back: (H, W, 3) uint8 at :func:`bounded` size, and where it is valid (H, W) bool."""
    grid, valid = setting.warp_float32.inverse_grid(bounded(setting.picture.size))
    return to_bytes(resampling.read(setting.image(), grid)), valid[0].numpy()


def unzoomed_view(setting: Setting) -> np.ndarray:
    """The unzoomed image (H, W, 4), transparent where the zoomed image has seen nothing."""
    pixels, valid = unzoomed(setting)
    return np.dstack((pixels, np.where(valid, 255, 0).astype(np.uint8)))


def difference_view(setting: Setting) -> np.ndarray:
    """Mean absolute difference of unzoomed and source over the channels, twice as bright, as heat; (H, W, 4)."""
    pixels, valid = unzoomed(setting)
    there = _source(setting).astype(np.int16)
    grey = np.abs(pixels.astype(np.int16) - there).mean(axis=2, dtype=np.float32) * DIFFERENCE_GAIN
    return np.dstack((heat(grey / 255), np.where(valid, 255, 0).astype(np.uint8)))


def source_view(setting: Setting) -> np.ndarray:
    """The source, paler, with a dot at each sample (H, W, 3)."""
    values = _source(setting).astype(np.float32)
    grey = values @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    canvas = ((0.9 * 0.5) * (values + grey[..., None])).round().astype(np.uint8)
    unit = max(1.0, max(canvas.shape) / 1024)
    places = to_pixels(setting.warp.grid(setting.zoomed), (canvas.shape[0], canvas.shape[1])).reshape(-1, 2).numpy()
    # Far outside is brought near, where OpenCV's fixed point can hold it.
    for centre in (np.clip(places, -1e5, 1e5) * 2**SHIFT).round().astype(np.int32):
        cv2.circle(canvas, centre.tolist(), round(2.1 * unit * 2**SHIFT), INK, -1, cv2.LINE_AA, SHIFT)
        cv2.circle(canvas, centre.tolist(), round(1.3 * unit * 2**SHIFT), (255, 255, 255), -1, cv2.LINE_AA, SHIFT)
    return canvas


def _source(setting: Setting) -> np.ndarray:
    h, w = bounded(setting.picture.size)
    pixels = setting.picture.pixels
    return pixels if pixels.shape[:2] == (h, w) else cv2.resize(pixels, (w, h), interpolation=cv2.INTER_AREA)


def heat(values: np.ndarray) -> np.ndarray:
    """[0, 1] to black, purple, orange, pale yellow; lightness rises evenly."""
    at = np.clip(values, 0, 1) * (len(HEAT) - 1)
    low = np.minimum(at.astype(np.intp), len(HEAT) - 2)
    share = (at - low)[..., None]
    return (HEAT[low] * (1 - share) + HEAT[low + 1] * share).round().astype(np.uint8)
