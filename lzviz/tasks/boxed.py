"""What detection tasks share: boxes that were found, boxes that are true, what the head's numbers mean, and how it is taught."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.coords import Size
from lzviz.models.suppression import areas, nms_by_class
from lzviz.objects import Objects as Objects
from lzviz.parallel import mean_of_processes
from lzviz.samplers.base import Downsampled
from lzviz.trace.frames import identity, stride_of
from lzviz.warp import Warp, WarpLayout

LEAST, CANDIDATES, KEPT, OVERLAP = 0.05, 300, 100, 0.6
"""The least score; the best candidates of a level; boxes of a picture; the overlap from which two boxes say the same."""
RADIUS, OUTSIDE = 1.5, 0.75
"""Strides from a box's middle within which features find it, and by how much a feature may lie outside of it."""
REACH = 8.0
"""Strides of the longest distance that a level is for; the finest takes all below, the coarsest all above."""


@dataclass(frozen=True, eq=False)
class Boxes:
    """What was found in a picture, best first: ``boxes`` (N, 4) pixel edges of the source, ``scores`` (N,) in [0, 1], ``classes``
    (N,) int64, ``more`` (N, C) whatever else the head says of each; ``levels`` (N,) int64, the level that found it."""

    boxes: Tensor
    scores: Tensor
    classes: Tensor
    more: Tensor
    levels: Tensor

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, rows: Tensor | slice) -> Self:
        return type(self)(*(getattr(self, each.name)[rows] for each in fields(self)))

    def to(self, device: torch.device) -> Self:
        return type(self)(*(getattr(self, each.name).to(device) for each in fields(self)))


def frame_warp(layout: WarpLayout, index: int, uniform: bool) -> Warp:
    """Between the frame in which a head's boxes lie and the source: features came back (``uniform``), or boxes do."""
    if uniform:
        return identity(layout.warp.like)
    return layout.warp if layout.warp.batch == 1 else layout.warp[index]


def places(answer: Mapping[str, Sequence[Tensor]], zoomed_size: Size) -> list[tuple[Tensor, int]]:
    """Of each level the features' places (P, 2) in pixel edges of the zoomed frame, and the stride."""
    out = []
    for level in answer["boxes"]:
        stride = stride_of(zoomed_size, level)
        axes = [torch.arange(n, device=level.device, dtype=level.dtype) * stride + 0.5 for n in level.shape[-2:]]
        y, x = torch.meshgrid(*axes, indexing="ij")
        out.append((torch.stack((x, y), -1).reshape(-1, 2), stride))
    return out


def rows_of(maps: Tensor) -> Tensor:
    """(B, C, h, w) to (B, h w, C)."""
    return maps.flatten(2).mT


def box_at(places: Tensor, distances: Tensor, stride: int) -> Tensor:
    """Boxes (..., P, 4) from distances in strides; sides are never negative."""
    low = places - distances[..., :2] * stride
    return torch.cat((low, torch.maximum(places + distances[..., 2:] * stride, low)), -1)


def candidates(
    answer: Mapping[str, Sequence[Tensor]],
    out: Downsampled,
    size: Size,
    uniform: bool,
    read: Callable[..., Tensor] | None = None,
) -> list[Boxes]:
    """The best boxes of every level, in the pixels of the source of ``size``, as many as there are: several say the same.

    read: (more (B, P, C), the places of features (P, 2), stride) to what ``more`` means.
    """
    if not isinstance(out.layout, WarpLayout):
        raise ValueError("boxes come back through a warp: choose a sampler that is one")
    layout = replace(out.layout, source_size=size)
    every: list[list[Boxes]] = [[] for _ in answer["boxes"][0]]
    for number, (where, stride) in enumerate(places(answer, layout.zoomed_size)):
        quality = rows_of(answer["quality"][number]).sigmoid()
        scores = (rows_of(answer["classes"][number]).sigmoid() * quality).sqrt()
        boxes = box_at(where, rows_of(answer["boxes"][number]), stride)
        more = rows_of(answer["more"][number]) if "more" in answer else boxes.new_zeros(*boxes.shape[:2], 0)
        more = more if read is None else read(more, where, stride)
        for k, kept in enumerate(every):
            flat = scores[k].flatten()
            best = flat.topk(min(CANDIDATES, len(flat)))
            index = best.indices[best.values > LEAST]
            row, kind = index // scores.shape[-1], index % scores.shape[-1]
            levels = torch.full_like(row, number)
            kept.append(Boxes(boxes[k, row], flat[index], kind, more[k, row], levels))
    return [_source(kept, layout, k, uniform) for k, kept in enumerate(every)]


def _source(kept: list[Boxes], layout: WarpLayout, index: int, uniform: bool) -> Boxes:
    joined = Boxes(*(torch.cat([getattr(each, f.name) for each in kept]) for f in fields(Boxes)))
    warp = frame_warp(layout, index, uniform)
    back = warp.unzoom_boxes(joined.boxes, layout.zoomed_size, layout.source_size)
    h, w = layout.source_size
    return replace(joined, boxes=torch.minimum(back.clamp(min=0), back.new_tensor([w, h, w, h])))


def decided(found: Boxes) -> Boxes:
    """Of those that say the same the best."""
    return found[nms_by_class(found.boxes, found.scores, found.classes, OVERLAP)[:KEPT]]


# -- training ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taught:
    """Of the features of all levels of one picture: ``rows`` (P,) int64, the true box each shall find, -1 = none; ``ignored`` (P,)
    bool, in a crowd."""

    rows: Tensor
    ignored: Tensor


def assigned(boxes: Tensor, ignored: Tensor, levels: Sequence[tuple[Tensor, int]]) -> Taught:
    """Which feature shall find which of the boxes (N, 4), pixel edges of the zoomed frame.

    FCOS's rule: near the middle, inside, at the level that is made for its size, and of several the smallest; but a feature may
    lie outside by :data:`OUTSIDE` of a stride, or boxes below a stride would be nobody's.
    """
    rows, crowd = [], []
    middle, size = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    area = areas(boxes).masked_fill(ignored, float("inf"))
    for number, (where, stride) in enumerate(levels):
        if not len(boxes):
            rows.append(where.new_full((len(where),), -1, dtype=torch.int64))
            crowd.append(where.new_zeros(len(where), dtype=torch.bool))
            continue
        reach = (where[:, None] - middle[None]).abs()
        far = (reach + size / 2).amax(-1)  # the longest distance to a side
        near = (reach <= RADIUS * stride).all(-1) & (reach <= size / 2 + OUTSIDE * stride).all(-1)
        low = 0.0 if number == 0 else REACH * levels[number - 1][1]
        high = float("inf") if number == len(levels) - 1 else REACH * stride
        fits = near & (far > low) & (far <= high)
        smallest, row = torch.where(fits & ~ignored, area[None], float("inf")).min(1)
        rows.append(torch.where(smallest < float("inf"), row, -1))
        crowd.append(((reach <= size / 2).all(-1) & ignored).any(1))
    return Taught(torch.cat(rows), torch.cat(crowd))


def focal(logits: Tensor, target: Tensor, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    """Lin et al. 2017: of each number."""
    plain = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    share = logits.sigmoid()
    missed = share + target - 2 * share * target
    return (alpha * target + (1 - alpha) * (1 - target)) * missed**gamma * plain


def generalised_overlap(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Of pairs of boxes (N, 4): intersection over union, and Rezatofighi et al.'s (2019), which also knows boxes apart."""
    low, high = torch.maximum(first[:, :2], second[:, :2]), torch.minimum(first[:, 2:], second[:, 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    union = areas(first) + areas(second) - shared
    hull = (torch.maximum(first[:, 2:], second[:, 2:]) - torch.minimum(first[:, :2], second[:, :2])).prod(-1)
    overlap = shared / union.clamp(min=1e-6)
    return overlap, overlap - (hull - union) / hull.clamp(min=1e-6)


def flattened(answer: Mapping[str, Sequence[Tensor]], name: str) -> Tensor:
    """All levels in a row: (B, P, C)."""
    return torch.cat([rows_of(each) for each in answer[name]], 1)


def box_losses(
    answer: Mapping[str, Sequence[Tensor]],
    taught: Sequence[Taught],
    boxes: Sequence[Tensor],
    classes: Sequence[Tensor],
    size: Size,
    back: Callable[[int, Tensor], Tensor] | None = None,
) -> dict[str, Tensor]:
    """Focal loss of the classes, generalised overlap of the boxes, cross-entropy of how well they fit; over all positives.

    Args:
        taught: of each picture; boxes, classes: the true ones, in the zoomed frame of ``size``.
        back: (number of a picture, what was found in it (N, 4)) to the frame in which ``boxes`` lie, where that is another one.
    """
    levels = places(answer, size)
    scores, distances, quality = (flattened(answer, name) for name in ("classes", "boxes", "quality"))
    at = torch.cat(
        [
            box_at(where, part, stride)
            for (where, stride), part in zip(levels, distances.split([len(w) for w, _ in levels], 1), strict=True)
        ],
        1,
    )
    target, counts = torch.zeros_like(scores), torch.ones_like(scores[..., :1])
    found, true, said = [], [], []
    for k, each in enumerate(taught):
        mine = each.rows >= 0
        target[k, mine, classes[k][each.rows[mine]]] = 1
        counts[k, each.ignored & ~mine] = 0
        found.append(at[k, mine] if back is None else back(k, at[k, mine]))
        true.append(boxes[k][each.rows[mine]])
        said.append(quality[k, mine, 0])
    positives = mean_of_processes(target.sum()).clamp(min=1)
    overlap, generalised = generalised_overlap(torch.cat(found), torch.cat(true))
    fits = F.binary_cross_entropy_with_logits(torch.cat(said), overlap.detach(), reduction="sum")
    return {
        "classes": (focal(scores, target) * counts).sum() / positives,
        "boxes": (1 - generalised).sum() / positives,
        "quality": fits / positives,
    }


def checked_answer(answer: Any) -> dict[str, Any]:
    """Of a head: {"classes", "boxes", "quality"}, each a list of maps, finest level first; TypeError for anything else."""
    names = ("classes", "boxes", "quality")
    if not isinstance(answer, Mapping) or not all(isinstance(answer.get(name), list | tuple) for name in names):
        raise TypeError(
            f'expected {{"classes": [(B, K, h, w), ...], "boxes": [(B, 4, h, w), ...], "quality": [(B, 1, h, w), ...]}} from the '
            f"network, got {type(answer).__name__}; for other detectors see lzviz.tasks.detection.wrap"
        )
    return dict(answer)


def checked_truth(truth: Any, count: int, name: str) -> list[Any]:
    """Objects, or boxes that were found, of ``count`` images."""
    truths = [truth] if isinstance(truth, Objects | Boxes) else truth
    if not isinstance(truths, list | tuple) or not all(isinstance(one, Objects | Boxes) for one in truths):
        raise TypeError(f"expected {name} as Objects (or Boxes) of each image, got {type(truth).__name__}")
    if len(truths) != count:
        raise ValueError(f"expected {name} of {count} images, got {len(truths)}")
    for one in truths:
        if one.boxes.ndim != 2 or one.boxes.shape[1] != 4 or len(one.classes) != len(one.boxes):
            shapes = tuple(one.boxes.shape), tuple(one.classes.shape)
            raise ValueError(f"expected boxes (N, 4) and classes (N,) in {name}, got {shapes[0]} and {shapes[1]}")
        wrong = ~(one.boxes.isfinite().all(1) & (one.boxes[:, :2] <= one.boxes[:, 2:]).all(1))
        if wrong.any():
            k = int(wrong.nonzero()[0, 0])
            raise ValueError(
                f"box {k} in {name} is {one.boxes[k].tolist()}: expected finite pixels x0, y0, x1, y1 with x0 <= x1 and y0 <= y1"
            )
    return list(truths)
