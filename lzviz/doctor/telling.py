"""A diagnosis in the words of the page: texts that any language says, grids and maps as base64."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lzviz.doctor import adapters, downhill
from lzviz.plain import convert
from lzviz.plain.packed import encode_array
from lzviz.text import Text, registered

if TYPE_CHECKING:
    from lzviz.doctor.finding import Diagnosis, Finding
    from lzviz.doctor.treatment import Treatment

Size = tuple[int, int]
MOST_NODES = 1 << 14
"""Nodes of a grid that a page draws; a finer one is thinned."""
SHOWN_SIDE = 256
"""Longest side of what is read through a grid, where nobody says how large."""
MAP = (256, 256)
"""Most rows and columns of a map that is drawn."""
IN_PIXELS = ("flow", "remap", "deform", "attention")
"""Uses whose values grid_sample would not take for places."""


def told(treatment: Treatment, most_nodes: int = MOST_NODES) -> dict[str, Any]:
    """All that a page knows of a diagnosis but its names: the fields of ``lzviz.contract.messages.doctor.Diagnosed``."""
    found = treatment.diagnosis
    asked = found.asked
    array = first(asked["given"])
    taken = found.named("input")
    grids = _grids(array, asked["use"], found, most_nodes)
    return {
        "kind": taken.value if taken and isinstance(taken.value, str) else "grid",
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "taken": taken.said if taken else Text("doctor.says.ok"),
        "sure": taken.value if taken and isinstance(taken.value, float) else None,
        "well": found.ok,
        "findings": [_told(f, grids["scale"]) for f in found.findings if f.check != "input"],
        "grid": grids["grid"],
        "applied": list(treatment.applied),
        "zoomed": None if found.warp is None else list(asked["zoomed_size"] or _shown(found.warp.shape[1:3])),
        "sentence": sentence(found),
        "beside": [name for name in ("labels", "boxes", "gradient") if asked[name] is not None],
        "downhill": _downhill(found),
    }


def first(given: Any) -> np.ndarray:
    """The array that is drawn: the first level of a pyramid."""
    return given[0] if isinstance(given, list) else given


def sentence(found: Diagnosis) -> Text:
    """What is wrong, in one line: how many of each, the worst one and what mends it.

    A note on what the input was taken for is told by itself and not counted.
    """
    listed = [f for f in found.findings if (f.check, f.verdict) != ("input", "note")]
    counts = {v: sum(f.verdict == v for f in listed) for v in ("fault", "warning", "note")}
    said: list[Text | str] = [Text(f"doctor.count.{verdict}", {"count": n}) for verdict, n in counts.items() if n]
    if found.ok:
        return Text("doctor.sum.noted", {"counts": said}) if said else Text("doctor.sum.well")
    worst = next(f for f in found.findings if f.verdict in ("fault", "warning"))
    values = {"counts": said, "check": worst.check, "finding": worst.said}
    if not worst.fix:
        return Text("doctor.sum.worst", values)
    return Text("doctor.sum.mend", values | {"fix": worst.fix.splitlines()[0]})


def value_told(value: float | str, unit: str = "") -> Text | str:
    """A number, with its unit, or word of a finding; what only code can read, as a shape, stays as it is."""
    if isinstance(value, str):
        return registered(f"doctor.value.{value}", value)
    if not math.isfinite(value):
        return str(value)
    if unit:
        return Text(f"doctor.unit.{unit}", {"value": float(value)})
    rounded = float(f"{value:.4g}")
    return Text("number.small" if 0 < abs(rounded) < 1e-4 else "number.plain", {"value": rounded})


def thinned(grid: np.ndarray, most: Size) -> np.ndarray:
    """(h, w, C) with at most so many rows and columns."""
    h, w = (min(n, limit) for n, limit in zip(grid.shape[:2], most, strict=True))
    return convert.resize(grid, (h, w))


def bounded(grid: np.ndarray, most_nodes: int = MOST_NODES) -> np.ndarray:
    """(h, w, C) in its proportions with at most so many nodes."""
    h, w = grid.shape[:2]
    share = min(1.0, np.sqrt(most_nodes / (h * w)))
    return grid if share == 1 else convert.resize(grid, (max(2, int(h * share)), max(2, int(w * share))))


def literal(array: np.ndarray) -> np.ndarray:
    """What grid_sample would take an array for: the first (H, W, 2), its values places in [-1, 1]; not finite: the middle."""
    plain = adapters.channels_last(np.asarray(array), None)[0].astype(np.float64)
    return np.nan_to_num(plain, posinf=0.0, neginf=0.0).clip(-1e6, 1e6)


def _told(finding: Finding, scale: tuple[float, float]) -> dict[str, Any]:
    down, across = scale
    place = [
        (int(x0 * across), int(y0 * down), max(int(np.ceil(x1 * across)), int(x0 * across) + 1),
         max(int(np.ceil(y1 * down)), int(y0 * down) + 1))
        for x0, y0, x1, y1 in finding.place
    ]  # fmt: skip
    return {
        "check": finding.check, "verdict": finding.verdict, "value": value_told(finding.value, finding.unit),
        "tolerance": value_told(finding.tolerance, finding.unit), "place": place, "sentence": finding.said, "fix": finding.fix,
        "mends": finding.mend is not None,
    }  # fmt: skip


def _grids(array: np.ndarray, use: str | None, found: Diagnosis, most_nodes: int) -> dict[str, Any]:
    """The grid as it stands, and how much of the lattice a page gets."""
    if found.warp is None:
        return {"grid": None, "scale": (1.0, 1.0)}
    read = found.warp[0]
    sent = bounded(read, most_nodes).shape[:2]
    scale = tuple((n - 1) / (whole - 1) for n, whole in zip(sent, read.shape[:2], strict=True))
    nodes = bounded(read if use in IN_PIXELS else literal(array), most_nodes)
    eps = np.finfo(np.float64 if array.dtype == np.float64 else np.float32).eps
    lattice = {"nodes": encode_array(nodes.astype(np.float64)), "nodesSize": list(nodes.shape[:2])}
    return {
        "grid": {**lattice, "whole": list(read.shape[:2]), "tolerance": convert.border_tolerance(float(eps))},
        "scale": scale,
    }


def _downhill(found: Diagnosis) -> dict[str, Any] | None:
    slope = found.gradient
    if slope is None:
        return None
    said: dict[str, Any] = {"arrows": None, "values": None, "size": None, "most": float(np.abs(slope).max())}
    if slope.ndim == 2:
        values = thinned(slope[..., None], MAP)[..., 0]
        return said | {"values": encode_array(values.astype(np.float32)), "size": list(values.shape)}
    pairs = None if found.warp is None else downhill.arrows(found.warp[0], slope, found.source_size)
    if pairs is None:
        return said
    places = convert.from_pixels(pairs, found.source_size).clip(-1e6, 1e6)
    return said | {"arrows": encode_array(places.reshape(-1, 4).astype(np.float32))}


def _shown(lattice: Size) -> Size:
    share = min(1.0, SHOWN_SIDE / max(lattice))
    h, w = (max(2, round(n * share)) for n in lattice)
    return h, w
