"""From what was given to findings."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from lzviz.doctor import adapters, downhill, reading
from lzviz.doctor.case import Case
from lzviz.doctor.checks import CHECKS
from lzviz.doctor.checks.numbers import READABLE, unreadable
from lzviz.doctor.finding import VERDICTS, Diagnosis, Finding
from lzviz.text import Text

Size = tuple[int, int]
Place = tuple[tuple[int, int, int, int], ...]
EVERYWHERE = (-1, -1, 1 << 31, 1 << 31)
CAUSES = {"round-trip": ("not-finite", "pyramid", "collisions"), "doctor.says.round-trip.folded": ("folds",),
          "folds": ("pyramid", "not-finite"),
          "out-of-range": ("not-finite", "pyramid", "units"), "crop": ("not-finite",), "precision": ("units",)}  # fmt: skip


def diagnose(
    given: Any,
    source_size: Size,
    zoomed_size: Size | None = None,
    image: Any = None,
    labels: Any = None,
    boxes: Any = None,
    stride: float | None = None,
    *,
    use: str | None = None,
    direction: str | None = None,
    align_corners: bool = True,
    gradient: Any = None,
    checks: Collection[str] | None = None,
) -> Diagnosis:
    """What is wrong with a warp, where, and what mends it.

    ``given``: a ``Warp``; a grid (B, H, W, 2), x before y in [-1, 1] from the first pixel's centre to the last one's;
    offsets or an optical flow; offsets (B, 2 K, H, W) of a deformable convolution (``use="deform"``); sampling locations
    of deformable attention (``use="attention"``); OpenCV's pair (map_x, map_y); a callable image -> grid (with
    ``image``); a saliency map; a list of grids, one a pyramid level; or the path of a file with one of these. numpy or torch.
    ``source_size``, ``zoomed_size``: (H, W). ``image``: (H, W[, C]) or (B, C, H, W). ``labels``: class ids of the source, or a
    pair (source's, as read through the warp). ``boxes``: (N, 4) x0, y0, x1, y1 in source pixels. ``stride``: of the
    features that the grid reads. ``use``: "grid", "flow", "remap", "deform", "attention", "saliency", "points", "clip".
    ``direction``: "forward" (zoomed -> source, what reading needs) or "inverse" (source -> zoomed) as declared.
    ``align_corners``: how -1 and 1 are meant. ``gradient``: of a loss by the array given, in its shape, or by the saliency
    map that made it, (..., h, w). What a file holds as ``labels``, ``boxes`` or ``gradient`` beside its warp counts as said.
    Labels, boxes and a gradient may be paths, labels of a PNG too. ``checks``: only these, by their names.

    Raises ``ValueError`` or ``TypeError`` where the input is nothing of these, saying what was seen.
    """
    wanted = _wanted(checks)
    source = _size(source_size, "source_size")
    zoomed = None if zoomed_size is None else _size(zoomed_size, "zoomed_size")
    took = adapters.take(given, source, image, use)
    labels, boxes, gradient = (
        _beside(name, said, took) for name, said in (("labels", labels), ("boxes", boxes), ("gradient", gradient))
    )
    asked = partial(
        diagnose, given=list(took.levels) if took.levels else took.array, source_size=source, zoomed_size=zoomed, image=image,
        labels=labels, boxes=boxes, stride=stride, use=took.use, direction=direction, align_corners=align_corners,
        gradient=gradient, checks=checks,
    )  # fmt: skip
    case = Case(
        took.kind, took.array, took.plain, None, source, zoomed,
        None if image is None else adapters.numpy_of(image), labels,
        None if boxes is None else _boxes(boxes), stride, took.use, direction, align_corners,
        None if gradient is None else downhill.of(gradient, took), took.levels,
    )  # fmt: skip
    if case.kind == "grid":
        case = replace(case, reading=reading.read(case.plain, source, zoomed, case.use, case.channels_first))
    if unreadable(took.array).mean() > 1 - READABLE:
        case = replace(case, reading=reading.Reading(case.plain, (), 0.0, None)) if case.kind == "grid" else case
        wanted = [check for check in wanted if check in (CHECKS["input"], CHECKS["not-finite"])]
    found = [finding for check in wanted if (finding := check(case)) is not None]
    found.sort(key=lambda f: -VERDICTS.index(f.verdict))
    warp = case.grid if case.kind == "grid" else None
    slope = None if case.gradient is None else downhill.shown(case.gradient, took, source)
    return Diagnosis(tuple(_consequences(found)), warp, source, given, slope, asked)


def _wanted(checks: Collection[str] | None) -> list[Callable[[Case], Finding | None]]:
    if unknown := [name for name in checks or () if name not in CHECKS]:
        raise ValueError(f"checks holds {unknown[0]!r}: expected names of {', '.join(CHECKS)}")
    return [check for name, check in CHECKS.items() if checks is None or name in checks]


def _consequences(found: list[Finding]) -> list[Finding]:
    """What follows from another finding is a note under it, and has no fix of its own."""
    bad = {f.check: f.place for f in found if f.verdict in ("warning", "fault")}
    out = []
    for f in found:
        cause = next((c for c in _causes(f) if c in bad and _within(f.place, bad[c])), None)
        if cause and f.verdict in ("warning", "fault"):
            said = Text("doctor.says.follows", {"cause": cause, "finding": f.said})
            f = replace(f, verdict="note", said=said, fix="", mend=None)
        out.append(f)
    return sorted(out, key=lambda f: -VERDICTS.index(f.verdict))


def _causes(finding: Finding) -> tuple[str, ...]:
    """Of what is said, then of the check that says it."""
    key = finding.said.key if isinstance(finding.said, Text) else ""
    return CAUSES.get(key, ()) + CAUSES.get(finding.check, ())


def _within(place: Place, cause: Place) -> bool:
    """Whether a place is its cause's, a cell around it included; what has no place may be everywhere."""
    around = [(x0 - 1, y0 - 1, x1 + 1, y1 + 1) for x0, y0, x1, y1 in cause] or [EVERYWHERE]
    return all(any(x0 >= a and y0 >= b and x1 <= c and y1 <= d for a, b, c, d in around) for x0, y0, x1, y1 in place)


def _beside(name: str, said: Any, took: adapters.Taken) -> Any:
    """What is said beside a warp: an array, the path of a file with one, or what the warp's own file holds."""
    if isinstance(said, str | os.PathLike):
        from lzviz.doctor.adapters.files import load

        return load(said, None, (name,)).values
    return took.beside.get(name) if said is None else said


def _boxes(boxes: Any) -> np.ndarray:
    values = adapters.numpy_of(boxes).astype(float)
    if values.ndim != 2 or values.shape[1] != 4:
        raise ValueError(f"boxes of shape {values.shape}: expected (N, 4), x0, y0, x1, y1 in source pixels")
    return values


def _size(size: Any, name: str) -> Size:
    try:
        h, w = (int(v) for v in size)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {size!r}: expected (height, width) in pixels") from None
    if not (0 < h <= 1 << 20 and 0 < w <= 1 << 20):
        raise ValueError(f"{name} is {size!r}: expected (height, width) in pixels, each from 1 to {1 << 20}")
    return h, w
