"""A row of a comparison in the words of the contract: its numbers, and what is drawn of its method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lzviz import palette
from lzviz.comparison import Row
from lzviz.comparison.measured import Measured
from lzviz.contract.answers.pipeline_parts import index_bytes, levels_of, png
from lzviz.contract.truth import IGNORE, Truth
from lzviz.plain.packed import encode_array
from lzviz.warp import WarpLayout


def numbers_of(row: Row) -> dict[str, Any]:
    """A row in the words of the contract."""
    shown = ("name", "title", "size", "samples", "metric", "macs", "noisy")
    scores = ("region", "intrinsic", "score", "ap", "film_ap", "folds", "out_of_range", "unseen", "step")
    return {
        **{key: getattr(row, key) for key in shown},
        **{key: _finite(getattr(row, key)) for key in (*scores, "round_trip", "p50", "p95")},
        "classes": dict(row.classes),
        "ious": dict(row.ious),
    }


def density(row: Row, truth: Truth | None) -> dict[str, float]:
    """How many times as many samples a class has as if they were spread evenly, by the name that the labels have for it."""
    if truth is None:
        return {}
    own = {palette.common(name): share for name, share in row.classes.items()}
    shares = {line["name"]: line["share"] for line in classes_of(truth) if line["share"]}
    return {name: own[key] / share for name, share in shares.items() if (key := palette.common(name)) in own}


def untold() -> dict[str, Any]:
    return {"labels": None, "error": None, "perfect": False, "lines": [], "levels": None, "nodes": None,
            "nodes_size": None, "found": None, "looked": None, "follows": False}  # fmt: skip


def told_of(made: Measured, truth: Tensor | None, names: Sequence[str]) -> dict[str, Any]:
    """What is drawn of a method: its warp or quadtree, and the labels that come back."""
    layout = made.trace.layout
    nodes = _nodes(layout) if isinstance(layout, WarpLayout) else None
    output = made.trace.output
    perfect = not isinstance(output, Tensor) or output.is_floating_point()
    labels = made.perfect if perfect else output
    error = None
    if labels is not None and truth is not None:
        error = png(index_bytes(torch.where(truth == IGNORE, IGNORE, (labels != truth).long())))
    return untold() | {
        "labels": None if labels is None else png(index_bytes(labels)),
        "error": error,
        "perfect": perfect,
        "lines": [{"name": name, "colour": colour} for name, colour in zip(names, palette.colours(names), strict=True)],
        "levels": levels_of(layout),
        "nodes": None if nodes is None else encode_array(nodes),
        "nodes_size": None if nodes is None else (int(nodes.shape[0]), int(nodes.shape[1])),
    }


def classes_of(truth: Truth) -> list[dict[str, Any]]:
    counts = np.bincount(truth.labels.ravel(), minlength=256)[: len(truth.classes)]
    shares = counts / max(int(counts.sum()), 1)
    lines = zip(truth.classes, palette.colours(truth.classes), shares.tolist(), strict=True)
    return [{"name": name, "colour": colour, "share": share} for name, colour, share in lines]


def _nodes(layout: WarpLayout) -> np.ndarray:
    """(h, w, 2) float64 nodes of a warp; one without a grid of its own is read at the zoomed pixels."""
    made = layout.warp
    nodes = getattr(made, "nodes", None)
    if nodes is None:
        h, w = layout.zoomed_size
        nodes = made.grid((max(h, 2), max(w, 2)))
    return nodes[0].detach().double().cpu().numpy()


def length(told: Any) -> int:
    """Bytes, about, of what is told."""
    if isinstance(told, dict):
        return sum(map(length, told.values()))
    return len(told) if isinstance(told, str) else sum(map(length, told)) if isinstance(told, list) else 8


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
