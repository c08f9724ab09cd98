"""A film's answers held against the boxes that were drawn with it, or that a visitor brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lzviz.contract.answers import checkpoints
from lzviz.contract.answers.given_boxes import boxes_of, objects_of
from lzviz.contract.answers.pipeline_boxes import judgement, sizes_of
from lzviz.contract.answers.pipeline_parts import number
from lzviz.contract.messages.boxes import Before, BoxScore
from lzviz.contract.messages.film import (
    AskFilmScore,
    BoxJudged,
    BoxThere,
    FilmScore,
    FrameJudged,
    FrameScored,
    Precision,
)
from lzviz.contract.wire import Refusal
from lzviz.measure import precision
from lzviz.measure.verdicts import verdicts
from lzviz.objects import Objects
from lzviz.tasks import task_named
from lzviz.tasks.boxed import Boxes
from lzviz.tasks.detection import Detection
from lzviz.tasks.mono3d import Mono3D
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop


def scored(workshop: Workshop, question: AskFilmScore) -> FilmScore:
    """Both precisions of a film.

    Raises:
        Refusal: a checkpoint that finds no boxes, answers that are none (:func:`boxes_of`), or one that is not among them.
    """
    card = checkpoints.card(workshop, question.checkpoint)
    task = task_named(card.task)
    if not isinstance(task, Detection):
        raise Refusal(Text("refused.film.checkpoint", {"title": checkpoints.title(card)}))
    names = card.classes
    answers = [boxes_of(each, len(names)) for each in question.answers]
    return FilmScore(
        waiting=_precision(workshop, question.waiting, answers, names),
        streamed=_precision(workshop, question.streamed, answers, names),
        judged=[_judged(workshop, each, answers, names, task) for each in question.judged],
    )


def precision_of(workshop: Workshop, found: Mapping[str | None, Before], names: Sequence[str]) -> Precision | None:
    """Precision over frames, each by the id of its picture with what was found in it; ``None`` where nothing is known to be true.

    Args:
        names: the classes that were looked for.
    """
    answers = [boxes_of(each, len(names)) for each in found.values()]
    frames = [FrameScored(image=image, answer=k) for k, image in enumerate(found)]
    return _precision(workshop, frames, answers, names)


def _precision(
    workshop: Workshop, frames: Sequence[FrameScored], answers: Sequence[Boxes], names: Sequence[str]
) -> Precision | None:
    rows = [row for each in frames if (row := _counted(workshop, each, answers, names)) is not None]
    if not rows:
        return None

    def mean(area: str = "all", thresholds: Sequence[float] = precision.THRESHOLDS) -> float | None:
        return number(float(precision.average_precision(rows, len(names), area, thresholds).nanmean()))

    return Precision(
        frames=len(rows),
        ap=mean(),
        ap50=mean(thresholds=(0.5,)),
        small=mean("small"),
        medium=mean("medium"),
        large=mean("large"),
    )


def _counted(workshop: Workshop, frame: FrameScored, answers: Sequence[Boxes], names: Sequence[str]) -> Tensor | None:
    """What counts of one frame (:func:`lzviz.measure.precision.matched`); None: nobody knows what is in it."""
    pair = _pair(workshop, frame, answers, names)
    return None if pair is None else _rows(*pair, len(names))


def _pair(
    workshop: Workshop, frame: FrameScored, answers: Sequence[Boxes], names: Sequence[str]
) -> tuple[Boxes, Objects] | None:
    """What was found in a frame and what is true of it, in the pixels of its picture; None: nobody knows that."""
    if frame.truth == "":
        return None
    if frame.truth is not None and frame.size is not None:
        size = frame.size[1], frame.size[0]
        boxes = workshop.lists.get(frame.truth, size)
    else:
        picture = workshop.picture(frame.image)
        size, boxes = picture.size, picture.boxes
    true = objects_of(boxes, names, size, size)
    if true is None:
        return None
    if frame.answer is not None and frame.answer >= len(answers):
        said = {"answer": frame.answer, "count": len(answers), "image": str(frame.image)}
        raise Refusal(Text("refused.film.answer", said))
    found = answers[frame.answer] if frame.answer is not None else boxes_of(Before(boxes=[], scores=[], classes=[]), 0)
    return found, true


def _rows(found: Boxes, true: Objects, classes: int) -> Tensor:
    return precision.matched(
        found.boxes, found.scores, found.classes, true.boxes, true.classes, true.ignored, classes, true.area
    )


def _judged(
    workshop: Workshop, frame: FrameScored, answers: Sequence[Boxes], names: Sequence[str], task: Detection
) -> FrameJudged | None:
    """Boxes of one frame one by one. The metrics are those of flat boxes: what is true in space is of another camera's place."""
    pair = _pair(workshop, frame, answers, names)
    if pair is None:
        return None
    found, true = pair
    judged = verdicts(found.boxes, found.scores, found.classes, true.boxes, true.classes, true.ignored)
    sizes = sizes_of((true.boxes[:, 2:] - true.boxes[:, :2]).prod(1))
    rows = zip(true.boxes.tolist(), true.classes.tolist(), sizes, true.ignored.tolist(), strict=True)
    flat = () if isinstance(task, Mono3D) else task.metrics
    counted = [_rows(found, true, len(names))] if flat else []
    return FrameJudged(
        boxes=[BoxJudged(**judgement(judged, row)) for row in range(len(found))],
        true=[
            BoxThere.model_validate({"box": box, "class": kind, "size": size, "ignored": skipped})
            for box, kind, size, skipped in rows
        ],
        scores=[
            BoxScore(name=metric.name, value=number(float(torch.nanmean(task.score(metric, counted)))))
            for metric in flat
        ],
    )
