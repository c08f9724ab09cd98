"""What a detector found, for the page: boxes in the picture, their borders in the zoomed image, their bodies in space, verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lzviz import palette
from lzviz.contract.answers.given_boxes import Read
from lzviz.contract.answers.pipeline_parts import number
from lzviz.coords import Size
from lzviz.measure import precision
from lzviz.measure.verdicts import Verdicts, verdicts
from lzviz.plain.packed import encode_array
from lzviz.scenes.clips import box_corners
from lzviz.tasks.boxed import LEAST
from lzviz.tasks.detection import DetectionTrace
from lzviz.tasks.mono3d import Mono3D, lifted
from lzviz.trace import Trace
from lzviz.warp import Warp, WarpLayout

A_SIDE = 8
"""Points of a border that are told, a side."""
ACROSS = 80.0
"""Degrees of a camera that nobody knows."""
NEAREST = 0.1
"""Metres before the camera at which edges in space end."""
SIZES = ("small", "medium", "large")


def found(read: Read, trace: Trace) -> dict[str, Any]:
    """Of the one picture of a detector's trace (:class:`lzviz.contract.messages.boxes.Found`)."""
    assert isinstance(trace, DetectionTrace) and trace.boxes is not None
    boxes, true = trace.boxes[0].to(torch.device("cpu")), read.objects
    names = read.pipeline.classes
    judged = None
    if true is not None:
        judged = verdicts(boxes.boxes, boxes.scores, boxes.classes, true.boxes, true.classes, true.ignored)
    every = boxes.boxes if true is None else torch.cat((boxes.boxes, true.boxes))
    curves, shown = _shown(read, trace, every)
    kinds = boxes.classes if true is None else torch.cat((boxes.classes, true.classes))
    for each, kind in zip(shown, kinds.tolist(), strict=True):
        each["class"] = kind
    camera = _in_space(read, boxes, shown, judged)
    return {
        "classes": [
            {"name": name, "colour": colour} for name, colour in zip(names, palette.colours(names), strict=True)
        ],
        "least": LEAST,
        "boxes": [_found(each, boxes, row, judged) for row, each in enumerate(shown[: len(boxes)])],
        "true": None if true is None else [
            each | {"ignored": skipped}
            for each, skipped in zip(shown[len(boxes) :], true.ignored.tolist(), strict=True)
        ],
        "points": encode_array(curves.float().numpy()),
        "count": 4 * A_SIDE,
        "scores": [] if true is None else _scores(read, trace),
        "camera": camera,
    }  # fmt: skip


def _found(shown: dict[str, Any], boxes: Any, row: int, judged: Verdicts | None) -> dict[str, Any]:
    said = shown | {"score": float(boxes.scores[row]), "level": int(boxes.levels[row])}
    return said if judged is None else said | judgement(judged, row)


def judgement(judged: Verdicts, row: int) -> dict[str, Any]:
    """What became of one box."""
    about = int(judged.truth[row])
    overlap = None if about < 0 else float(judged.overlap[row])
    return {"verdict": judged.kinds[row], "truth": None if about < 0 else about, "overlap": overlap}


def _shown(read: Read, trace: DetectionTrace, boxes: Tensor) -> tuple[Tensor, list[dict[str, Any]]]:
    """The borders (N, K, 2) of boxes (N, 4) of the working size, zoomed pixel edges, and what is told of each box."""
    layout = trace.layout
    assert isinstance(layout, WarpLayout)
    warp, size, zoomed = layout.warp.to("cpu"), read.size, layout.zoomed_size
    curves = border(warp, boxes, zoomed, size)
    hulls = warp.zoom_boxes(boxes, zoomed, size)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    gain = _area(curves) / areas.clamp(min=1e-9) * (math.prod(n - 1 for n in size) / math.prod(n - 1 for n in zoomed))
    scale = boxes.new_tensor([n / m for n, m in zip(read.full, size, strict=True)]).flip(0)
    edges = boxes * scale.repeat(2)
    rows = zip(edges.tolist(), hulls.tolist(), gain.clamp(min=0).sqrt().tolist(), areas.tolist(), strict=True)
    grades = sizes_of(areas)
    shown = [
        {
            "box": [round(value, 2) for value in box],
            "zoomed": [round(value, 3) for value in hull],
            "magnification": number(times) if area > 0 else None,
            "size": grade,
        }
        for (box, hull, times, area), grade in zip(rows, grades, strict=True)
    ]
    return curves, shown


def sizes_of(areas: Tensor) -> list[str]:
    """COCO's size of each area (N,), in pixels."""
    grades = torch.stack([areas >= precision.AREAS[name][0] for name in SIZES[1:]]).sum(0)
    return [SIZES[grade] for grade in grades.tolist()]


def border(warp: Warp, boxes: Tensor, zoomed: Size, size: Size) -> Tensor:
    """(N, 4 A_SIDE, 2) of boxes (N, 4), pixel edges of the source: their borders, clockwise from the top left corner, in zoomed
    pixel edges."""
    t = torch.arange(A_SIDE) / A_SIDE
    one, none = torch.ones(A_SIDE), torch.zeros(A_SIDE)
    across, down = torch.cat((t, one, 1 - t, none)), torch.cat((none, t, one, 1 - t))
    x0, y0, x1, y1 = boxes.float().T[..., None]
    points = torch.stack((x0 + (x1 - x0) * across, y0 + (y1 - y0) * down), -1)
    if not len(boxes):
        return points
    return warp.zoom_points(points.flatten(0, 1) - 0.5, zoomed, size).unflatten(0, (len(boxes), -1)) + 0.5


def _area(curves: Tensor) -> Tensor:
    """(N,) inside of closed lines (N, K, 2)."""
    following = curves.roll(-1, 1)
    return (curves[..., 0] * following[..., 1] - curves[..., 1] * following[..., 0]).sum(1).abs() / 2


def _scores(read: Read, trace: Trace) -> list[dict[str, Any]]:
    """Every metric of the task on this picture alone."""
    task, classes = read.pipeline.task, len(read.pipeline.classes)
    counted = task.count(trace, 0, classes, {})
    return [
        {"name": metric.name, "value": number(float(torch.nanmean(task.score(metric, [counted[metric.counted]]))))}
        for metric in task.metrics
    ]


# In space ---------------------------------------------------------------------------------------------------------------


def _in_space(read: Read, boxes: Any, shown: Sequence[dict[str, Any]], judged: Verdicts | None) -> str | None:
    """Adds "solid" to what has a body in space; which camera was used."""
    true = read.objects
    if not isinstance(read.pipeline.task, Mono3D):
        return None
    matrix = assumed(read.size) if true is None else true.intrinsics
    bodies = lifted(boxes, matrix)
    every = bodies if true is None else torch.cat((bodies, true.solid))
    scale = [n / m for n, m in zip(read.full, read.size, strict=True)]
    for each, body in zip(shown, every.double().numpy(), strict=True):
        if np.isfinite(body).all():
            each["solid"] = solid(body, matrix.double().numpy(), (scale[1], scale[0]))
    if judged is not None and true is not None:
        for each, body, row in zip(shown, bodies, judged.truth.tolist(), strict=False):
            if row >= 0 and "solid" in each:
                apart = (body[[0, 2]] - true.solid[row][[0, 2]]).norm()
                each["solid"]["apart"] = number(float(apart))
    return "assumed" if true is None else "true"


def assumed(size: Size) -> Tensor:
    """(3, 3) of a camera that looks straight ahead, :data:`ACROSS` degrees from side to side."""
    focal = size[1] / 2 / math.tan(math.radians(ACROSS / 2))
    return torch.tensor([[focal, 0, size[1] / 2 - 0.5], [0, focal, size[0] / 2 - 0.5], [0, 0, 1]])


def solid(body: np.ndarray, matrix: np.ndarray, scale: tuple[float, float]) -> dict[str, Any]:
    """A body (7,) in space as the page draws it; ``scale``: pixels of the picture a pixel of the camera, (x, y)."""
    corners = box_corners(body[None, :3], body[None, 3:6], body[6:7])[0]
    pairs = [(i, i | bit) for i in range(8) for bit in (1, 2, 4) if not i & bit]
    lines = [_before(corners[i], corners[j]) for i, j in pairs]
    wire = [
        [round(float(value), 2) for end in line for value in (_pixel(end, matrix) + 0.5) * scale]
        for line in lines
        if line is not None
    ]
    return {
        "centre": body[:3].round(3).tolist(),
        "size": body[3:6].round(3).tolist(),
        "yaw": round(float(body[6]), 4),
        "wire": wire,
        "ground": corners[[2, 0, 4, 6]][:, [0, 2]].round(3).tolist(),
    }


def _before(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The part of an edge that is before the camera."""
    if max(start[2], end[2]) <= NEAREST:
        return None
    if min(start[2], end[2]) >= NEAREST:
        return start, end
    at = start + (end - start) * (NEAREST - start[2]) / (end[2] - start[2])
    return (at, end) if start[2] < end[2] else (start, at)


def _pixel(point: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    flat = matrix @ point
    return flat[:2] / flat[2]
