"""One sentence with the numbers of a warp: its alt text, its caption, its answer to a script.

    Spends 16 % of 7,776 samples on 4 % of the image, centre and right; no folds; at most 3.3× zoom.

Pure text: numpy only, no torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lzviz.text import Text

ROWS = ("top", "middle", "bottom")
COLUMNS = ("left", "middle", "right")
NINTHS = ("topLeft", "top", "topRight", "left", "centre", "right", "bottomLeft", "bottom", "bottomRight")


@dataclass(frozen=True)
class Facts:
    """What the sentence is made of.

    Attributes:
        samples: pixels of the zoomed image.
        share: share of the samples that lie on the emphasised area, [0, 1]; None when nothing is emphasised.
        area: share of the image that this area has, [0, 1].
        place: where it lies, from :func:`place`; None where that is nowhere or not asked.
        folds, tiles: how many tiles of the map fold, of how many.
        most: the largest zoom along one axis against uniform sampling, sqrt(magnification); None when not finite.
        coverage: share of the source that the zoomed image shows, [0, 1].
        mirrored: the map as a whole turns the image over; only tiles that turn it back count as folds then.
    """

    samples: int
    share: float | None
    area: float
    place: Text | None
    folds: int
    tiles: int
    most: float | None
    coverage: float = 1.0
    mirrored: bool = False


def sentence(facts: Facts) -> Text:
    """The sentence of a warp, one line, ending in a full stop."""
    return Text("warp.says", {"clauses": clauses(facts)})


def clauses(facts: Facts) -> list[Text]:
    """The parts of the sentence of a warp: each says one thing."""
    said = [_budget(facts), *[Text("warp.says.mirrored")] * facts.mirrored, _folds(facts), _zoom(facts)]
    if facts.coverage < 0.995:
        said.append(Text("warp.says.shows", {"coverage": facts.coverage}))
    return said


def _budget(facts: Facts) -> Text:
    if facts.share is None:
        return Text("warp.says.spreads", {"count": facts.samples})
    values = {"share": facts.share, "count": facts.samples, "area": facts.area}
    if facts.place is None:
        return Text("warp.says.spends", values)
    return Text("warp.says.spendsThere", values | {"where": facts.place})


def _folds(facts: Facts) -> Text:
    if not facts.folds:
        return Text("warp.says.noFolds")
    return Text("warp.says.folds", {"folds": facts.folds, "count": facts.tiles})


def _zoom(facts: Facts) -> Text:
    return Text("warp.says.unbounded") if facts.most is None else Text("warp.says.zoom", {"most": facts.most})


def place(weight: np.ndarray) -> Text | None:
    """Where a map (h, w) of non-negative weights has its mass, in words on a 3 x 3 board; ``None`` for an empty map.

    The cells with a fifth of the mass or more are named, the heaviest first; where they are a whole row or column, that
    is; "all over" where no cell stands out.
    """
    board = _board(weight)
    if board is None:
        return None
    heavy = [int(k) for k in np.argsort(-board, axis=None, kind="stable") if board.flat[k] >= 0.2 - 1e-9]
    if not heavy:
        return Text("place.allOver")
    rows, columns = {k // 3 for k in heavy}, {k % 3 for k in heavy}
    if len(heavy) == 3 and len(rows) == 1:
        return Text(f"place.across.{ROWS[heavy[0] // 3]}")
    if len(heavy) == 3 and len(columns) == 1:
        return Text(f"place.down.{COLUMNS[heavy[0] % 3]}")
    return Text("places", {"places": [Text(f"place.{NINTHS[k]}") for k in heavy]})


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
