"""Boxes that a page names, as tasks have them: those that are true of a picture, those that were found in the frame before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from lzviz.contract.boxed import TrueBoxes
from lzviz.contract.messages.boxes import Before
from lzviz.contract.wire import Refusal
from lzviz.coords import Size
from lzviz.objects import Objects
from lzviz.pipelines.pipeline import Pipeline
from lzviz.tasks.detection import Boxes
from lzviz.text import Text

# Pixels from the first one beyond which no box of any picture lies.
EDGE = 1e6


@dataclass(frozen=True, eq=False)
class Read:
    """A picture that a detector has read: at which ``size`` (h, w), ``full`` its own, ``objects`` what is true at that size."""

    pipeline: Pipeline
    size: Size
    full: Size
    objects: Objects | None


def boxes_of(said: Before, classes: int) -> Boxes:
    """What a page says was found, as a task has it.

    Raises:
        Refusal: boxes, scores and classes of different numbers, a class that the detector has not, sides that are turned round, or
            a score that is none.
    """
    counts = {"boxes": len(said.boxes), "scores": len(said.scores), "classes": len(said.classes)}
    if len(set(counts.values())) > 1:
        raise Refusal(Text("refused.before.count", counts))
    for place, (box, score, kind) in enumerate(zip(said.boxes, said.scores, said.classes, strict=True)):
        x0, y0, x1, y1 = box
        if not (-EDGE <= x0 <= x1 <= EDGE and -EDGE <= y0 <= y1 <= EDGE):
            raise Refusal(Text("refused.before.box", {"place": place, "box": ", ".join(f"{side:g}" for side in box)}))
        if not 0 <= score <= 1:
            raise Refusal(Text("refused.before.score", {"place": place, "score": f"{score:g}"}))
        if kind >= classes:
            raise Refusal(Text("refused.before.class", {"place": place, "kind": kind, "last": classes - 1}))
    boxes = torch.tensor(said.boxes, dtype=torch.float32).reshape(-1, 4)
    kinds, none = torch.tensor(said.classes, dtype=torch.int64), torch.zeros(len(boxes), dtype=torch.int64)
    return Boxes(boxes, torch.tensor(said.scores, dtype=torch.float32), kinds, boxes.new_zeros(len(boxes), 0), none)


def previous_of(said: Before, classes: int, size: Size, full: Size) -> list[Boxes]:
    """The same in pixels of the ``size`` (h, w) at which a picture of the ``full`` one is read, as a batch of one."""
    found = boxes_of(said, classes)
    y, x = (n / m for n, m in zip(size, full, strict=True))
    return [replace(found, boxes=found.boxes * found.boxes.new_tensor([x, y, x, y]))]


def objects_of(true: TrueBoxes | None, classes: Sequence[str], size: Size, full: Size) -> Objects | None:
    """True boxes of a picture of the ``full`` size as a detector's ``classes``, in pixels of ``size``; ``None`` where there are
    none, or none of its classes."""
    named = None if true is None else true.named(classes)
    if named is None:
        return None
    there = named.within(size, full)
    parts = (there.boxes, there.kinds, there.ignored, there.solid, there.intrinsics)
    boxes, kinds, ignored, solid, matrix = map(torch.from_numpy, parts)
    area = None if there.area is None else torch.from_numpy(there.area).float()
    return Objects(boxes.float(), kinds.long(), ignored, solid.float(), matrix.float(), area)
