"""Saliency maps that say nothing, everything at one cell, or less than nothing; and gradients that do not arrive."""

from __future__ import annotations

import numpy as np

from lzviz.doctor.adapters import channels_last
from lzviz.doctor.case import Case, box_of, ok
from lzviz.doctor.finding import Finding
from lzviz.text import Text


def flat(case: Case) -> Finding | None:
    if case.kind != "saliency":
        return None
    mean = np.abs(case.plain).mean((1, 2))
    value = float((case.plain.std((1, 2)) / np.maximum(mean, 1e-30)).min())
    if value > 0.01:
        return ok("saliency-flat", value, 0.01)
    said = Text("doctor.says.saliency-flat", {"share": value})
    if not np.ptp(case.plain, axis=(1, 2)).min():  # nothing is in it that could be brought out
        code = "saliency = lzviz.saliency.from_edges(image, nodes)  # until the network answers more than a constant"
        return Finding("saliency-flat", "warning", value, 0.01, said, (), code)
    code = "low, high = saliency.amin((-2, -1), keepdim=True), saliency.amax((-2, -1), keepdim=True)\n"
    code += "saliency = (saliency - low) / (high - low) + 0.1"

    def mend(array: np.ndarray) -> np.ndarray:
        low, high = array.min((-2, -1), keepdims=True), array.max((-2, -1), keepdims=True)
        return (array - low) / (high - low) + 0.1

    return Finding("saliency-flat", "warning", value, 0.01, said, (), code, mend)


def peaked(case: Case) -> Finding | None:
    if case.kind != "saliency":
        return None
    mass = case.plain.clip(0)
    total = mass.sum((1, 2))
    value = float((mass.max((1, 2)) / np.maximum(total, 1e-30)).max())
    if value <= 0.5 or mass[0].size < 4:
        return ok("saliency-peaked", value, 0.5)
    said = Text("doctor.says.saliency-peaked", {"share": value})
    code = "saliency = saliency + 0.1 * saliency.mean((-2, -1), keepdim=True) * saliency[0].numel() ** 0.5"

    def mend(array: np.ndarray) -> np.ndarray:
        return array + 0.1 * array.mean((-2, -1), keepdims=True) * (array.shape[-1] * array.shape[-2]) ** 0.5

    return Finding("saliency-peaked", "warning", value, 0.5, said, (), code, mend)


def negative(case: Case) -> Finding | None:
    if case.kind != "saliency":
        return None
    share = float((case.plain < 0).mean())
    if not share:
        return ok("saliency-negative", 0.0, 0.0)
    said = Text("doctor.says.saliency-negative", {"share": share})
    code = "saliency = saliency.clamp(min=0)  # or softmax, if these are logits"
    return Finding("saliency-negative", "fault", share, 0.0, said, (), code, lambda a: a.clip(0))


def gradient(case: Case) -> Finding | None:
    """Why does my saliency not learn? The gradient's size, where it is zero and where it is not finite."""
    if case.gradient is None:
        return None
    values = case.gradient.astype(float)
    if not np.isfinite(values).all():
        return Finding("gradient", "fault", "not finite", "finite", Text("doctor.says.gradient.notFinite"))
    dead = float((values == 0).mean())
    if dead > 0.5:
        said = Text("doctor.says.gradient.zero", {"share": dead})
        place = box_of(_dead(case, values))
        return Finding(
            "gradient", "warning", dead, 0.5, said, place, 'F.grid_sample(image, grid, mode="bilinear", ...)'
        )
    return ok("gradient", float(np.abs(values).mean()))


def _dead(case: Case, values: np.ndarray) -> np.ndarray:
    """Nodes of the grid (h, w) whose gradient is 0 or next to such; none where it is no grid's."""
    if case.kind != "grid" or values.shape != case.array.shape or case.use == "deform":
        return np.zeros((1, 1), bool)
    return (channels_last(values, case.use) == 0).all(-1)[0]


CHECKS = {"saliency-flat": flat, "saliency-peaked": peaked, "saliency-negative": negative, "gradient": gradient}
