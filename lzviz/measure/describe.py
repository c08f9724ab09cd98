"""One sentence with the numbers of a warp: its alt text, its caption, its answer to a script.

    Spends 16 % of 7,776 samples on 4 % of the image, centre and right; no folds; at most 3.3× zoom.

Pure text: numpy only, no torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

ROWS = ("top", "", "bottom")
COLUMNS = ("left", "", "right")


@dataclass(frozen=True)
class Facts:
    """What the sentence is made of.

    Attributes:
        samples: pixels of the zoomed image.
        share: share of the samples that lie on the emphasised area, [0, 1]; None when nothing is emphasised.
        area: share of the image that this area has, [0, 1].
        place: where it lies, from :func:`place`.
        folds, tiles: how many tiles of the map fold, of how many.
        most: the largest zoom along one axis against uniform sampling, sqrt(magnification); None when not finite.
        coverage: share of the source that the zoomed image shows, [0, 1].
        mirrored: the map as a whole turns the image over; only tiles that turn it back count as folds then.
    """

    samples: int
    share: float | None
    area: float
    place: str
    folds: int
    tiles: int
    most: float | None
    coverage: float = 1.0
    mirrored: bool = False


def sentence(facts: Facts) -> str:
    """The sentence of a warp, one line, ending in a full stop."""
    parts = [_budget(facts), *["mirrored"] * facts.mirrored, _folds(facts), _zoom(facts)]
    if facts.coverage < 0.995:
        parts.append(f"shows {percent(facts.coverage)} of the image")
    return "; ".join(parts) + "."


def _budget(facts: Facts) -> str:
    if facts.share is None:
        return f"Spreads {facts.samples:,} samples over the whole image"
    where = f", {facts.place}" if facts.place else ""
    return f"Spends {percent(facts.share)} of {facts.samples:,} samples on {percent(facts.area)} of the image{where}"


def _folds(facts: Facts) -> str:
    if not facts.folds:
        return "no folds"
    return f"{facts.folds:,} of {facts.tiles:,} tiles fold"


def _zoom(facts: Facts) -> str:
    return "unbounded zoom" if facts.most is None else f"at most {_times(facts.most)}× zoom"


def _times(value: float) -> str:
    return f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


def percent(share: float) -> str:
    """``0.164`` -> ``16 %``; a decimal below 1 %, and never 0 % or 100 % of what is not exactly so."""
    value = 100 * share
    if 0 < value < 0.1:
        return "under 0.1 %"
    if value < 0.95:
        return f"{value:.1f} %" if value else "0 %"
    if 99.5 <= value < 100:
        return "over 99 %"
    return f"{value:.0f} %"


def place(weight: np.ndarray) -> str:
    """Where a map (h, w) of non-negative weights has its mass, in words on a 3 x 3 board.

    The cells with a fifth of the mass or more are named, the heaviest first; where they are a whole row or column, that
    is; ``"all over"`` where no cell stands out; ``""`` for an empty map.
    """
    board = _board(weight)
    if board is None:
        return ""
    heavy = [int(k) for k in np.argsort(-board, axis=None, kind="stable") if board.flat[k] >= 0.2 - 1e-9]
    if not heavy:
        return "all over"
    rows, columns = {k // 3 for k in heavy}, {k % 3 for k in heavy}
    if len(heavy) == 3 and len(rows) == 1:
        return f"across the {ROWS[heavy[0] // 3] or 'middle'}"
    if len(heavy) == 3 and len(columns) == 1:
        return f"down the {COLUMNS[heavy[0] % 3] or 'middle'}"
    return _join([_cell(k) for k in heavy])


def _board(weight: np.ndarray) -> np.ndarray | None:
    """The mass of each ninth of the map, (3, 3), sum 1; cells of the map are divided where a border crosses them."""
    total = float(weight.sum(dtype=np.float64))
    if not total > 0 or not math.isfinite(total):
        return None
    board = _thirds(weight.shape[0]) @ weight.astype(np.float64) @ _thirds(weight.shape[1]).T / total
    return board.round(9)


def _thirds(n: int) -> np.ndarray:
    """(3, n): the part of each of n cells that lies in each third of the axis."""
    edges = np.arange(n + 1) / n
    starts, ends = np.arange(3)[:, None] / 3, np.arange(1, 4)[:, None] / 3
    return np.clip(np.minimum(edges[1:], ends) - np.maximum(edges[:-1], starts), 0, None) * n


def _cell(k: int) -> str:
    return f"{ROWS[k // 3]} {COLUMNS[k % 3]}".strip() or "centre"


def _join(words: list[str]) -> str:
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
