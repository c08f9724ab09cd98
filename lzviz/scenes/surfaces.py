"""What a clip's street is covered with, drawn once: sky, leaves, facades."""

from functools import lru_cache

import numpy as np

from lzviz.scenes import facades
from lzviz.scenes.noise import lookup, tile
from lzviz.scenes.traffic import Building


@lru_cache(maxsize=2)
def sky(size: tuple[int, int], seed: int) -> np.ndarray:
    """(rows above the horizon, 1.2 w, 3) uint8: blue above, pale below, clouds, far hills."""
    h, w = size
    rows, columns = max(round(0.46 * h), 1), round(1.2 * w) + 2
    y = (np.arange(rows, 0, -1) / (0.46 * h) * 0.46 * h / w)[:, None].astype(np.float32)
    x = (np.arange(columns)[None] / w).astype(np.float32)
    t = np.clip(y / 0.24, 0, 1)[..., None]
    base = np.array((226, 231, 232)) + (np.array((118, 162, 206)) - np.array((226, 231, 232))) * t**0.8
    puff = lookup(tile(1.9, seed % 64 + 11), x * 0.5 + 0.13 * (seed % 7), y * 1.1) - 0.25
    cover = (np.clip(puff / 1.4, 0, 1) * np.clip(y / 0.06, 0, 1) * 0.85)[..., None]
    out = base * (1 - cover) + np.array((248, 247, 243)) * cover
    hills = 0.010 + 0.006 * lookup(tile(1.6, seed % 64 + 3), x * 0.7, 0 * x + 0.3)
    return np.where((y < hills)[..., None], (176, 186, 186), out).astype(np.uint8)


@lru_cache(maxsize=3)
def crown(variant: int) -> np.ndarray:
    """(160, 184, 4) uint8: leaves, and how much of a pixel they cover."""
    y, x = np.mgrid[-1:1:160j, -1:1:184j].astype(np.float32)
    rough = lookup(tile(1.1, 40 + variant), x * 0.35 + variant, y * 0.35)
    inside = 1 - (x * x + y * y) + 0.22 * rough
    light = 0.86 - 0.22 * y - 0.16 * x + 0.16 * lookup(tile(0.6, 50 + variant), x * 0.3, y * 0.3)
    colour = np.array((98, 126, 70)) * light[..., None]
    return np.dstack([np.clip(colour, 0, 255), np.clip(inside * 8, 0, 1) * 255]).astype(np.uint8)


@lru_cache(maxsize=160)
def wall_texture(b: Building) -> np.ndarray:
    """(20 pixels a metre, 3) uint8: plaster, windows, a shop below."""
    rng, per = np.random.default_rng(b.seed), 20
    length, height = max(round((b.z1 - b.z0) * per), 8), round(b.height * per)
    colour = facades.WALLS[b.colour]
    out = np.empty((height, length, 3), np.float32)
    noise = lookup(tile(1.0, 2), np.arange(length)[None] / 300 + rng.random(), np.arange(height)[:, None] / 300)
    out[:] = colour * (1 + 0.035 * noise[..., None])
    bays = max(2, round(length / per / 2.8))
    ground = height - 4 * per
    for level in range(round((b.height - 4) / 3.2)):
        top = ground - round((level + 1) * 3.2 * per) + round(0.55 * per)
        for bay in range(bays):
            left = round((bay + 0.5) * length / bays - 0.6 * per)
            out[top - 3 : top + 35, left - 3 : left + 27] = np.array((238, 231, 216)) * 0.96
            out[top : top + 32, left : left + 24] = np.array((62, 72, 82)) * float(rng.uniform(0.8, 1.5))
            out[top : top + 32, left + 11 : left + 13] = (228, 224, 212)
        out[top - 12 : top - 9] = colour * 0.8
    out[ground : ground + 5] = (220, 214, 200)
    shop = facades.SHOPFRONTS[int(rng.integers(len(facades.SHOPFRONTS)))]
    out[ground + 8 : ground + 22, 6:-6] = shop
    out[ground + 24 : height - 8, 10:-10] = np.array((70, 82, 90)) * float(rng.uniform(0.9, 1.4))
    for bay in range(bays + 1):
        at = min(max(round(bay * length / bays), 4), length - 4)
        out[ground + 22 :, at - 4 : at + 4] = colour * 0.7
    out[:8] = (236, 230, 216)
    return np.clip(out, 0, 255).astype(np.uint8)
