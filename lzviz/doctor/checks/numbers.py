"""The numbers themselves: not finite, too coarse, the same for every element, jumping from frame to frame."""

from __future__ import annotations

import numpy as np

from lzviz.doctor.case import Case, box_of, ok
from lzviz.doctor.finding import Finding
from lzviz.plain import convert
from lzviz.text import Text

READABLE = 0.01
"""Share of finite values below which nothing but their lack can be told of an array."""


def unreadable(array: np.ndarray) -> np.ndarray:
    """Which values are not finite, or as good as that."""
    return np.asarray(~np.isfinite(array) | (np.abs(array.astype(np.float64)) >= 1e15))


def not_finite(case: Case) -> Finding | None:
    array = case.array
    bad = unreadable(array)
    count = int(bad.sum())
    if not count:
        return ok("not-finite", 0, 0)
    place = (
        box_of(np.asarray(bad.any(-3 if case.channels_first else -1))) if case.kind == "grid" and array.ndim < 5 else ()
    )
    said = Text("doctor.says.not-finite", {"count": count, "all": int(array.size)})
    if array.size - count < READABLE * array.size:  # too little is left to fill the rest from
        return Finding("not-finite", "fault", count, 0, said, place)
    code = "grid = torch.as_tensor(lzviz.diagnose(grid, source_size).named('not-finite').apply(grid))"
    return Finding("not-finite", "fault", count, 0, said, place, code, _fill(case))


def _fill(case: Case):
    from lzviz.doctor.adapters import _finite

    return lambda array: _finite(np.asarray(array)).astype(array.dtype if array.dtype.kind == "f" else np.float64)


def precision(case: Case) -> Finding | None:
    """What float16 or bfloat16 can tell apart at the border, in source pixels."""
    if case.kind != "grid":
        return None
    bits = _mantissa(case.array)
    if bits is None or _even(case.array, bits):
        return ok("precision", case.array.dtype.name)
    largest = np.abs(case.plain).max()
    ulp = 2.0 ** (np.floor(np.log2(max(largest * (1 - 1e-6), 1e-12))) - bits)
    pixel = float(ulp * (max(case.source) - 1) / 2) if largest <= 3 else float(ulp)
    verdict = "warning" if pixel > 0.1 else "note"
    name = "float16" if bits == 10 else "bfloat16"
    said = Text("doctor.says.precision", {"dtype": name, "pixel": pixel})
    code = "with torch.autocast(device, enabled=False):\n    grid = make_grid(saliency.float())"
    return Finding("precision", verdict, pixel, 0.1, said, (), code, _smooth(case, ulp))


def _mantissa(array: np.ndarray) -> int | None:
    if array.dtype == np.float16:
        return 10
    values = array.ravel()[: 1 << 16].astype(np.float32)
    values = values[np.isfinite(values) & (np.abs(values) < 60000)]
    if len(np.unique(values)) < 24 or (values == values.round()).all():
        return None
    if ((values.view(np.uint32) & 0xFFFF) == 0).all():
        return 7
    return 10 if (values.astype(np.float16).astype(np.float32) == values).all() else None


def _even(array: np.ndarray, bits: int) -> bool:
    """Whether all values are multiples of a step that no rounding makes: of an even lattice they are, and nothing was lost."""
    values = array.ravel()[: 1 << 16].astype(np.float64)
    values = values[np.isfinite(values)]
    step = 4 * 2.0 ** (np.floor(np.log2(max(float(np.abs(values).max(initial=0)), 1e-12))) - bits)
    return bool((values / step == np.round(values / step)).all())


def _smooth(case: Case, ulp: float):
    """Float32, each value moved within its half ulp towards its neighbours' mean: steps of rounding become slopes."""

    def mend(array: np.ndarray) -> np.ndarray:
        rough = np.asarray(array, np.float64)
        axes = [a for a in range(array.ndim) if array.shape[a] > 2][-2:]
        room = np.exp2(np.floor(np.log2(np.maximum(np.abs(rough), 1e-6)))) * ulp / 2
        return (convert.smoothed(rough, room, axes) + rough * 1e-7).astype(np.float32)

    return mend


def shared_batch(case: Case) -> Finding | None:
    if case.kind == "points" or case.use == "clip" or len(case.plain) < 2:
        return None
    same = np.abs(case.plain - case.plain[:1]).reshape(len(case.plain), -1).max(1) == 0
    if not same.all():
        return ok("shared-batch", int(same.sum()) - 1, 0)
    one = case.plain[0]
    bent = case.kind == "saliency" or np.abs(np.diff(one, 2, axis=0)).max(initial=0) > 1e-5
    verdict = "warning" if bent else "note"
    said = Text("doctor.says.shared-batch", {"count": len(same)})
    code = "assert saliency.shape[0] == image.shape[0]  # make one map an image; do not take element 0"
    return Finding("shared-batch", verdict, len(same), 1, said, (), code, lambda array: array[:1])


def temporal(case: Case) -> Finding | None:
    """Jumps on a clip (T, H, W, 2): frames far from the one before, where most are near."""
    if case.kind != "grid" or len(case.grid) < 4:
        return None
    pixels = convert.to_pixels(case.grid[:, ::4, ::4] if case.grid.shape[1] > 64 else case.grid, case.source)
    moves = np.hypot(*np.moveaxis(np.diff(pixels, axis=0), -1, 0)).mean((1, 2))
    usual, most = float(np.median(moves)), float(moves.max())
    returns = np.hypot(*np.moveaxis(pixels[2:] - pixels[:-2], -1, 0)).mean((1, 2))
    if usual > 0.005 * max(case.source) and np.median(returns) < 0.3 * usual:
        return _flicker(case, usual)
    still = 0.002 * max(case.source)
    # A frame left and come back to between neighbours that are near each other is out of place, if less far than a cut.
    there = np.minimum(moves[:-1], moves[1:])
    left = np.flatnonzero((there > 3 * usual + still) & (returns < 0.6 * there))
    jumps = np.zeros(len(moves), bool)
    jumps[left] = jumps[left + 1] = True
    frames = np.flatnonzero((moves > 6 * usual + still) | jumps) + 1
    if not len(frames) or usual > 0.02 * max(case.source):
        return ok("temporal", most, 6 * usual)
    named = [str(frame) for frame in frames[:6]]
    said = Text("doctor.says.temporal", {"count": len(frames), "frames": named, "most": most, "usual": usual})

    def mend(grid: np.ndarray) -> np.ndarray:
        out = grid.copy()
        for t in frames:
            if t + 1 in frames and t + 1 < len(grid):
                out[t] = (grid[t - 1] + grid[t + 1]) / 2
            elif t == len(grid) - 1:
                out[t] = 2 * grid[t - 1] - grid[t - 2]
        return out

    code = "saliency = 0.5 * saliency + 0.5 * saliency_before  # blend with the frame before"
    return Finding("temporal", "warning", most, 6 * usual, said, (), code, case.mended(mend))


def _flicker(case: Case, usual: float) -> Finding:
    def mend(grid: np.ndarray) -> np.ndarray:
        around = np.concatenate((grid[1:2], grid, grid[-2:-1]))
        return (around[:-2] + 2 * grid + around[2:]) / 4

    said = Text("doctor.says.temporal.flicker", {"usual": usual})
    code = "saliency = 0.5 * saliency + 0.5 * saliency_before  # blend with the frame before"
    return Finding("temporal", "warning", usual, 0.005 * max(case.source), said, (), code, case.mended(mend))


CHECKS = {"not-finite": not_finite, "precision": precision, "shared-batch": shared_batch, "temporal": temporal}
