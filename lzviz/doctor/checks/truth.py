"""Labels and boxes that go through the warp."""

from __future__ import annotations

import numpy as np

from lzviz.doctor.case import Case, ok
from lzviz.doctor.finding import Finding
from lzviz.plain import convert

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
        sentence = (
            f"{share:.2%} of the labels are no class of the source: they were read bilinearly, which invents classes."
        )

        def mend(_: np.ndarray) -> np.ndarray:
            return _read(case, truth) if pair and case.kind == "grid" else np.round(read).astype(np.int64)

        return Finding("labels", "fault", share, 0.0, sentence, (), code, mend)
    if case.kind != "grid" or truth.ndim < 2:
        return ok("labels", 0.0, 0.0)
    gone = sorted(set(known.ravel().tolist()) - set(np.unique(_read(case, truth)).tolist()) - {IGNORE})
    if gone:
        sentence = f"No sample hits class {', '.join(f'{c:g}' for c in gone[:8])}: too small for this grid."
        return Finding("labels", "note", len(gone), 0, sentence)
    return ok("labels", 0.0, 0.0)


def _read(case: Case, truth: np.ndarray) -> np.ndarray:
    """By nearest neighbour, (B, h, w)."""
    truth = truth.reshape(-1, *truth.shape[-2:])
    h, w = truth.shape[-2:]
    at = convert.to_pixels(case.grid, (h, w)).round().astype(int)
    y, x = at[..., 1].clip(0, h - 1), at[..., 0].clip(0, w - 1)
    return np.stack([truth[min(k, len(truth) - 1)][y[k], x[k]] for k in range(len(at))])


def boxes(case: Case) -> Finding | None:
    """Boxes (N, 4) must be x0, y0, x1, y1 in source pixels to survive the way there and back."""
    if case.boxes is None or not case.boxes.size:
        return None
    given = case.boxes.reshape(-1, 4)
    h, w = case.source
    wrong = (given[:, 2] <= given[:, 0]) | (given[:, 3] <= given[:, 1])
    beyond = (given[:, 2] > w + 1) | (given[:, 3] > h + 1)
    if (given >= 0).all() and given.max() <= 1.0 and min(h, w) > 4:
        code, why = f"boxes = boxes * torch.tensor([{w}, {h}, {w}, {h}])", "the boxes are in [0, 1], not in pixels"
        return Finding("boxes", "fault", float(given.max()), "pixels", why[0].upper() + why[1:] + ".", (), code)
    as_sizes = given[:, 2] + given[:, 0] <= w + 1
    if wrong.any() and (as_sizes & (given[:, 3] + given[:, 1] <= h + 1)).all() and (given[:, 2:] > 0).all():
        code = "boxes = torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)"
        sentence = f"{int(wrong.sum())} boxes end before they begin: they are x, y, width, height."
        return Finding("boxes", "fault", int(wrong.sum()), 0, sentence, (), code)
    if wrong.any() or beyond.mean() > 0.25:
        count = int((wrong | beyond).sum())
        sentence = f"{count} boxes are empty or beyond the source ({h}x{w}): expected x0, y0, x1, y1 in source pixels."
        return Finding("boxes", "warning", count, 0, sentence)
    return ok("boxes", 0, 0)


CHECKS = {"labels": labels, "boxes": boxes}
