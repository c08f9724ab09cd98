"""What the map does: foldovers, what is never seen, what is read outside, whether the way back exists."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lzviz.doctor.case import Case, box_of, ok
from lzviz.doctor.finding import Finding
from lzviz.plain import convert, tiles
from lzviz.text import Text


def folded(grid: np.ndarray) -> np.ndarray:
    """Cells that turn over, rounding aside."""
    return tiles.least(grid) < -1e-5 * np.abs(tiles.areas(grid)).mean((-1, -2), keepdims=True) - 1e-15


def folds(case: Case) -> Finding | None:
    if case.kind != "grid":
        return None
    cells = folded(case.grid)
    count = int(cells.sum())
    if not count:
        return ok("folds", 0, 0)
    area = float(np.abs(tiles.areas(case.grid))[cells].sum() / 4 / len(case.grid))
    place = box_of(cells)
    x0, y0, x1, y1 = place[0]
    corners = {"x0": x0, "x1": x1 - 1, "y0": y0, "y1": y1 - 1}
    said = Text("doctor.says.folds", {"count": count, "all": cells.size, "area": area} | corners)
    code = "grid = torch.as_tensor(lzviz.diagnose(grid, source_size).named('folds').apply(grid))"
    if case.use == "deform":
        return Finding("folds", "note", count, 0, Text("doctor.says.folds.deform", {"said": said}), place)
    return Finding("folds", "fault", count, 0, said, place, code, case.mended(unfold))


UPDATES = 1 << 26
"""Nodes that are relaxed to mend a batch, each as often as it is: grids of 128 x 128 reach every limit below."""


def unfold(grid: np.ndarray) -> np.ndarray:
    """The grid without foldovers: a mirrored patch turned back; else what folds filled smoothly from around it."""
    out, effort = np.array(grid), Effort(UPDATES)
    for k, one in enumerate(grid):
        out[k] = _unfold(one, effort)
    return out


class Effort:
    """What is left of a number of updates, so that no grid, whatever its size, is relaxed for minutes."""

    def __init__(self, updates: int):
        self._left = updates

    def rounds(self, most: int, nodes: int) -> Iterator[int]:
        """At most ``most`` rounds over so many nodes, while there is effort left."""
        for k in range(most):
            if self._left < nodes:
                return
            self._left -= nodes
            yield k


def _unfold(grid: np.ndarray, effort: Effort) -> np.ndarray:
    cells = folded(grid)
    if not cells.any():
        return grid
    core = tiles.corners(grid).max(-1) < 0
    if core.any():
        x0, y0, x1, y1 = box_of(core)[0]
        for flip in ((slice(None), slice(None, None, -1)), (slice(None, None, -1), slice(None))):
            for grown in (0, 1):
                patch = (slice(max(y0 - grown, 0), y1 + 1 + grown), slice(max(x0 - grown, 0), x1 + 1 + grown))
                tried = grid.copy()
                tried[patch] = grid[patch][flip]
                if not folded(tried).any():
                    return tried
    touched = np.zeros(grid.shape[:2])
    for dy in (0, 1):
        for dx in (0, 1):
            touched[dy : dy + cells.shape[0], dx : dx + cells.shape[1]] += cells
    masks = [touched >= 4, touched >= 3, touched >= 1]
    for _ in range(6):
        masks.append(_grown(masks[-1]))
    for mask in masks:
        if mask.any() and not mask.all():
            tried = _filled(grid, mask, effort)
            if not folded(tried).any():
                return tried
    offset = grid - convert.identity(grid.shape[:2])
    for _ in effort.rounds(200, offset[..., 0].size):
        edge = np.pad(offset, ((1, 1), (1, 1), (0, 0)), "edge")
        offset = (edge[:-2, 1:-1] + edge[2:, 1:-1] + edge[1:-1, :-2] + edge[1:-1, 2:] + 2 * offset) / 6
        if not folded(convert.identity(grid.shape[:2]) + offset).any():
            break
    return convert.identity(grid.shape[:2]) + offset


def _grown(mask: np.ndarray) -> np.ndarray:
    edge = np.pad(mask, 1)
    return edge[:-2, 1:-1] | edge[2:, 1:-1] | edge[1:-1, :-2] | edge[1:-1, 2:] | mask


def _filled(grid: np.ndarray, mask: np.ndarray, effort: Effort) -> np.ndarray:
    """Where marked, the smooth continuation: lines extrapolated, then each offset relaxed to the mean around it."""
    offset = grid - convert.identity(grid.shape[:2])
    offset[mask] = offset[~mask].mean(0)
    box = box_of(_grown(mask))[0]
    patch = (slice(box[1], box[3]), slice(box[0], box[2]))
    inner, inside = offset[patch], mask[patch][..., None]
    for _ in effort.rounds(min(400, 20 * max(inner.shape[:2])), inside.size):
        edge = np.pad(inner, ((1, 1), (1, 1), (0, 0)), "edge")
        mean = (edge[:-2, 1:-1] + edge[2:, 1:-1] + edge[1:-1, :-2] + edge[1:-1, 2:]) / 4
        inner = np.where(inside, mean, inner)
    offset[patch] = inner
    return convert.identity(grid.shape[:2]) + offset


LITTLE = 0.2
"""Share of the source below which a crop is asked about: zoomed that far, most networks were meant to see more."""


def crop(case: Case) -> Finding | None:
    if case.kind != "grid":
        return None
    lows, highs = case.grid.min((1, 2)), case.grid.max((1, 2))
    low, high = lows.max(0), highs.min(0)
    seen = float(np.prod((np.minimum(high, 1) - np.maximum(low, -1)).clip(0) / 2))
    half = np.maximum(case.step, 0) * 0.5
    if (low <= -1 + half).all() and (high >= 1 - half).all():
        return ok("crop", 0.0, 0.0)
    left, top = (low + 1) / case.step
    right, bottom = (1 - high) / case.step
    sides = {"left": left, "top": top, "right": right, "bottom": bottom}
    away = {name: max(float(value), 0.0) for name, value in sides.items()}
    said = Text("doctor.says.crop", {"share": 1 - seen} | away)
    lost = _unseen(case, low, high)
    if not lost and (seen >= LITTLE or case.use == "deform"):
        return Finding("crop", "note", 1 - seen, 0.0, said)
    if lost and case.boxes is not None:
        said = Text("doctor.says.crop.boxes", {"said": said, "count": lost, "all": len(case.boxes)})
    said = _fitting(case, said) if seen < LITTLE else said
    middle, half = (lows + highs)[:, None, None] / 2, np.maximum(highs - lows, 1e-9)[:, None, None] / 2
    code = "low, high = grid.amin((1, 2), keepdim=True), grid.amax((1, 2), keepdim=True)\n"
    code += "grid = 2 * (grid - low) / (high - low) - 1"
    return Finding("crop", "warning", 1 - seen, 0.0, said, (), code, case.mended(lambda g: (g - middle) / half))


def _fitting(case: Case, said: Text) -> Text:
    """With the size that pixels beginning at the source's first one would fill: where they miss the source, it was said wrong."""
    steps = case.reading.steps if case.reading else ()
    if not any(step.said.key == "doctor.step.pixels.source" for step in steps):
        return said
    pixels = convert.to_pixels(case.grid, case.source)
    (w, h), low = pixels.max((0, 1, 2)).round().astype(int) + 1, pixels.min((0, 1, 2))
    if np.abs(low).max() > 1 or min(h, w) < 2:
        return said
    return Text("doctor.says.fits", {"said": said, "h": int(h), "w": int(w)})


def _unseen(case: Case, low: np.ndarray, high: np.ndarray) -> int:
    """Boxes of which nothing lies within what is read."""
    if case.boxes is None or not case.boxes.size:
        return 0
    first, last = convert.to_pixels(low, case.source), convert.to_pixels(high, case.source)
    boxes = case.boxes.reshape(-1, 4)
    return int(((boxes[:, 2:] < first) | (boxes[:, :2] > last)).any(1).sum())


def out_of_range(case: Case) -> Finding | None:
    """Places outside the source: a corner turned out of it is usual; a whole frame, or single nodes far out, are not."""
    if case.kind != "grid":
        return None
    far = ((np.abs(case.grid) - 1) / case.step).max(-1)
    out = far > 1.0
    if not out.any():
        return ok("out-of-range", 0.0, 1.0)
    ring = np.ones(out.shape[1:], bool)
    ring[1:-1, 1:-1] = False
    framed, share = float(out[:, ring].mean()), float(out.mean())
    alone = out & ~_near(out)
    # A rectangle turned about its middle loses 17 % at most, in all its corners; what leaves on one side is shifted.
    bad = (framed > 0.9 and share > 0.05) or share > 0.35 or alone[:, 1:-1, 1:-1].any()
    said = Text("doctor.says.out-of-range", {"share": share, "far": float(far.max())})
    code = "grid = grid.clamp(-1, 1)"
    verdict = "warning" if bad and case.use != "deform" else "note"
    said = _fitting(case, said) if verdict == "warning" else said
    place = box_of(out[:, :-1, :-1])
    return Finding("out-of-range", verdict, share, 0.0, said, place, code, case.mended(lambda g: g.clip(-1, 1)))


def _near(out: np.ndarray) -> np.ndarray:
    edge = np.pad(out, ((0, 0), (1, 1), (1, 1)), "edge").astype(int)
    h, w = out.shape[1:]
    around = sum(edge[:, i : i + h, j : j + w] for i in range(3) for j in range(3)) - out
    return around >= 2


def round_trip(case: Case) -> Finding | None:
    """Zoomed points there and back, at up to 4,096 places."""
    if case.kind != "grid" or case.use == "deform":
        return None
    from lzviz.plain.inverse import there_and_back

    flat = _flat(case.grid)
    # Where a map stands still, rounding turns a few cells over too; that it stands still says more than those.
    turned = int(folded(case.grid).sum())
    if flat > 0.02 and turned < flat * tiles.areas(case.grid).size:
        said = Text("doctor.says.round-trip.flat", {"share": flat})
        identity = "F.affine_grid(torch.eye(2, 3)[None], (1, 1, *grid.shape[1:3]), align_corners=True)"
        code = f"grid = 0.9 * grid + 0.1 * {identity}"
        mend = case.mended(lambda g: 0.9 * g + 0.1 * convert.identity(g.shape[1:3]))
        return Finding("round-trip", "warning", flat, 0.02, said, (), code, mend)
    if turned:
        return Finding("round-trip", "warning", "not unique", 0.01, Text("doctor.says.round-trip.folded"))
    error = there_and_back(case.grid[0], 4096)
    lost = float((error > 0.01).mean())
    if lost > 0.01:
        return Finding("round-trip", "note", lost, 0.01, Text("doctor.says.round-trip", {"share": lost}))
    return ok("round-trip", lost, 0.01)


def _flat(grid: np.ndarray) -> float:
    """Share of the cells without area whose corners are not all on the border, where clamping puts them, and not all rounded."""
    areas = np.abs(tiles.areas(grid))
    inside = (np.abs(grid) < 1 - 1e-7).all(-1)
    inside = np.asarray(inside)
    inside = inside[:, :-1, :-1] & inside[:, 1:, 1:]
    return float(((areas < 1e-9 * areas.mean()) & inside).mean())


CHECKS = {"folds": folds, "crop": crop, "out-of-range": out_of_range, "round-trip": round_trip}
