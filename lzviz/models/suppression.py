"""Overlaps of boxes, and which of them say the same: torchvision's operator where its compiled part is there, else plain ones."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor


def areas(boxes: Tensor) -> Tensor:
    """(..., 4) x0, y0, x1, y1 to (...)."""
    return (boxes[..., 2] - boxes[..., 0]).clamp(min=0) * (boxes[..., 3] - boxes[..., 1]).clamp(min=0)


def overlaps(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of (N, 4) and (M, 4) boxes: (N, M); 0 where both are empty."""
    low = torch.maximum(first[:, None, :2], second[None, :, :2])
    high = torch.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    return shared / (areas(first)[:, None] + areas(second)[None] - shared).clamp(min=1e-12)


def nms(boxes: Tensor, scores: Tensor, threshold: float = 0.6) -> Tensor:
    """Non-maximum suppression: rows of boxes (N, 4), highest score (N,) first, that no kept box of a higher score overlaps by more
    than ``threshold``."""
    compiled = _compiled()
    return plain_nms(boxes, scores, threshold) if compiled is None else compiled(boxes, scores, threshold)


def nms_by_class(boxes: Tensor, scores: Tensor, classes: Tensor, threshold: float = 0.6) -> Tensor:
    """:func:`nms` within each class: rows, highest score first. Boxes that are not finite are none of them."""
    rows = boxes.isfinite().all(1).nonzero()[:, 0]
    if not len(rows):
        return rows
    boxes = boxes[rows]
    apart = (boxes.max() - boxes.min() + 1) * classes[rows].to(boxes.dtype)
    return rows[nms(boxes + apart[:, None], scores[rows], threshold)]


def plain_nms(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """The same in plain tensors.

    A box stays if no staying box before it overlaps it. Assuming that all stay and correcting until nothing changes gives the
    greedy answer: after k rounds the first k are right.
    """
    order = scores.argsort(descending=True, stable=True)
    ordered = boxes[order]
    over = (overlaps(ordered, ordered) > threshold).triu(1)
    kept = torch.ones(len(order), dtype=torch.bool, device=boxes.device)
    while True:
        now = ~(over & kept[:, None]).any(0)
        if torch.equal(now, kept):
            return order[kept]
        kept = now


@lru_cache(maxsize=1)
def _compiled() -> Callable[[Tensor, Tensor, float], Tensor] | None:
    try:
        importlib.import_module("torchvision")
        found = torch.ops.torchvision.nms
        found(torch.zeros(1, 4), torch.zeros(1), 0.5)
    except (ImportError, RuntimeError, AttributeError, NotImplementedError, TypeError):
        return None
    return found
