"""Tileable noise, looked up at any coordinates: the grain of asphalt, plaster, clouds and leaves."""

from functools import lru_cache

import cv2
import numpy as np

TILE = 512


@lru_cache(maxsize=8)
def tile(slope: float, seed: int = 0) -> np.ndarray:
    """(512, 512) float32 periodic noise of mean 0 and deviation 1, its amplitude falling as frequency^-slope."""
    rng = np.random.default_rng([seed, round(slope * 100)])
    fy, fx = np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None]
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(rng.standard_normal((TILE, TILE))) * frequency**-slope
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, (TILE, TILE))
    return (field / field.std()).clip(-3, 3).astype(np.float32)


def lookup(texture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """`texture` read bilinearly and periodically at (x, y), both (h, w) float, in units of one repeat."""
    x, y = np.broadcast_arrays(np.asarray(x, np.float32), np.asarray(y, np.float32))
    x, y = (x - np.floor(x)) * TILE, (y - np.floor(y)) * TILE
    return cv2.remap(texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def cells(texture: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """One value of `texture` for each whole-numbered cell: bricks and slabs, each with its own tint."""
    return texture[(row.astype(np.int32) * 157) % TILE, (column.astype(np.int32) * 97) % TILE]


def grain(top: int, shape: tuple[int, int], seed: int) -> np.ndarray:
    """(h, w) white noise of deviation 1 for the rows from `top`: the same however the rows are cut into bands."""
    texture = tile(0.0, seed)
    rows = np.arange(top, top + shape[0])
    shifted = (np.arange(shape[1])[None] + 193 * (rows[:, None] // TILE)) % TILE
    return texture[rows[:, None] % TILE, shifted]


def smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
