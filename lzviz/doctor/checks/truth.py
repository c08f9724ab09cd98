"""Labels and boxes that go through the warp."""

from __future__ import annotations

import numpy as np

from lzviz.doctor.case import Case, ok
from lzviz.doctor.finding import Finding
from lzviz.plain import convert
from lzviz.text import Text

IGNORE = 255


def labels(case: Case) -> Finding | None:
    """Class ids that do not exist (labels read bilinearly), and classes that no sample hits."""
    if case.labels is None:
        return None
    from lzviz.doctor.adapters import numpy_of

    pair = isinstance(case.labels, list | tuple) and len(case.labels) == 2
    truth, read = (numpy_of(v) for v in (case.labels if pair else (case.labels, case.labels)))
    known = np.unique(truth)
    invented = ~np.isin(read, known) if pair else read != np.round(read)
    code = 'labels = F.grid_sample(labels[:, None].float(), grid, mode="nearest", align_corners=True)[:, 0].long()'
    if invented.any():
        share = float(invented.mean())
        said = Text("doctor.says.labels.invented", {"share": share})

        def mend(_: np.ndarray) -> np.ndarray:
            return _read(case, truth) if pair and case.kind == "grid" else np.round(read).astype(np.int64)

        return Finding("labels", "fault", share, 0.0, said, (), code, mend, "labels")
    if case.kind != "grid" or truth.ndim < 2:
        return ok("labels", 0.0, 0.0)
    (h, w), (height, width) = truth.shape[-2:], case.source
    if abs(np.log(h * width / (w * height))) > np.log1p(2 / min(h, w, height, width)):  # halved or doubled is well
        said = Text("doctor.says.labels.size", {"h": h, "w": w, "height": height, "width": width})
        return Finding("labels", "warning", f"{h}×{w}", f"{height}×{width}", said)
    gone = sorted(set(known.ravel().tolist()) - set(np.unique(_read(case, truth)).tolist()) - {IGNORE})
    if gone:
        said = Text("doctor.says.labels.gone", {"classes": [f"{c:g}" for c in gone[:8]]})
        return Finding("labels", "note", len(gone), 0, said)
    return ok("labels", 0.0, 0.0)


def _read(case: Case, truth: np.ndarray) -> np.ndarray:
    """By nearest neighbour, (B, h, w)."""
    truth = truth.reshape(-1, *truth.shape[-2:])
    h, w = truth.shape[-2:]
    at = convert.to_pixels(case.grid, (h, w)).round().astype(int)
    y, x = at[..., 1].clip(0, h - 1), at[..., 0].clip(0, w - 1)
    return np.stack([truth[min(k, len(truth) - 1)][y[k], x[k]] for k in range(len(at))])


Ways = tuple[tuple[str, str, np.ndarray], ...]


def boxes(case: Case) -> Finding | None:
    """Boxes (N, 4) must be x0, y0, x1, y1 in source pixels, and large enough that a sample falls into each."""
    if case.boxes is None or not case.boxes.size:
        return None
    given = case.boxes.reshape(-1, 4)
    h, w = case.source
    if (given >= 0).all() and given.max() <= 1.0 and min(h, w) > 4:
        code = f"boxes = boxes * torch.tensor([{w}, {h}, {w}, {h}])"
        said = Text("doctor.says.boxes.unit")
        scale = np.array([w, h, w, h])
        return Finding("boxes", "fault", float(given.max()), "pixels", said, (), code, lambda _: given * scale, "boxes")
    bad = _wrong(given, case.source)
    count = int(bad.sum())
    if not (given[:, 2:] <= given[:, :2]).any() and bad.mean() <= 0.25:
        return _lost(case, given)
    for what, code, read in _ways(given):
        if not _wrong(read, case.source).any():
            said = Text("doctor.says.boxes.sizes", {"count": count, "order": Text(f"doctor.boxes.{what}")})
            return Finding("boxes", "fault", count, 0, said, (), code, lambda _, read=read: read, "boxes")
    said = Text("doctor.says.boxes.beyond", {"count": count, "h": h, "w": w})
    code = f"boxes = torch.minimum(boxes.clamp(min=0), torch.tensor([{w}, {h}, {w}, {h}]))\n"
    code += "boxes = boxes[(boxes[:, 2:] > boxes[:, :2]).all(1)]"

    def within(_: np.ndarray) -> np.ndarray:
        cut = given.clip(0, [w, h, w, h])
        return cut[(cut[:, 2:] > cut[:, :2]).all(1)]

    return Finding("boxes", "warning", count, 0, said, (), code, within, "boxes")


def _wrong(boxes: np.ndarray, source: tuple[int, int]) -> np.ndarray:
    """Which boxes are empty or beyond the source, a pixel's room apart."""
    h, w = source
    empty = (boxes[:, 2:] <= boxes[:, :2]).any(1)
    return empty | (boxes < -1).any(1) | (boxes[:, 2] > w + 1) | (boxes[:, 3] > h + 1)


def _ways(given: np.ndarray) -> Ways:
    """Other ways to write boxes: the line that says them, the code that brings them over, the boxes so read."""
    first, last = given[:, :2], given[:, 2:]
    return (
        ("corner", "boxes = torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)",
         np.concatenate((first, first + last), 1)),
        ("centre",
         "boxes = torch.cat([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)",
         np.concatenate((first - last / 2, first + last / 2), 1)),
        ("rows", "boxes = boxes[:, [1, 0, 3, 2]]", given[:, [1, 0, 3, 2]]),
    )  # fmt: skip


def _lost(case: Case, given: np.ndarray) -> Finding:
    """Boxes into which no sample falls, though they lie within what is read; the mended grid draws its nearest samples there."""
    if case.kind != "grid":
        return ok("boxes", 0, 0)
    lost = [k for k, box in enumerate(given) if _hits(case.grid[0], box, case) == 0 and _seen(case, box)]
    if not lost:
        return ok("boxes", 0, 0)
    said = Text("doctor.says.boxes.unseen", {"count": len(lost), "all": len(given)})
    code = "saliency = lzviz.saliency.from_boxes(boxes, source_size, nodes)\nwarp = lzviz.Warp.from_saliency(saliency, nodes=nodes)"

    def drawn(grid: np.ndarray) -> np.ndarray:
        for k in lost:
            grid = _drawn(grid, convert.from_pixels(given[k].reshape(2, 2).mean(0) - 0.5, case.source))
        return grid

    return Finding("boxes", "warning", len(lost), 0, said, (), code, case.mended(drawn))


def _hits(grid: np.ndarray, box: np.ndarray, case: Case) -> int:
    edges = convert.to_pixels(grid, case.source) + 0.5
    return int(((edges >= box[:2]) & (edges <= box[2:])).all(-1).sum())


def _seen(case: Case, box: np.ndarray) -> bool:
    middle = convert.from_pixels(box.reshape(2, 2).mean(0) - 0.5, case.source)
    low, high = case.grid[0].min((0, 1)), case.grid[0].max((0, 1))
    return bool(((middle >= low) & (middle <= high)).all())


def _drawn(grid: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The nearest node moved to a place and its neighbours with it, less and less over three cells, so that none turns over."""
    out = np.array(grid)
    h, w = grid.shape[1:3]
    y, x = np.indices((h, w))
    for one in out:
        i, j = divmod(int(((one - place) ** 2).sum(-1).argmin()), w)
        share = (1 - np.abs(y - i) / 3).clip(0) * (1 - np.abs(x - j) / 3).clip(0)
        one += share[..., None] * (place - one[i, j])
    return out


CHECKS = {"labels": labels, "boxes": boxes}
