"""A film's answers held against the boxes that were drawn with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lzviz.contract.answers import checkpoints
from lzviz.contract.answers.given_boxes import boxes_of
from lzviz.contract.answers.pipeline_parts import number
from lzviz.contract.messages.boxes import Before
from lzviz.contract.messages.film import AskFilmScore, FilmScore, FrameScored, Precision
from lzviz.contract.wire import Refusal
from lzviz.measure import precision
from lzviz.tasks import task_named
from lzviz.tasks.boxed import Boxes
from lzviz.tasks.detection import Detection
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop


def scored(workshop: Workshop, question: AskFilmScore) -> FilmScore:
    """Both precisions of a film.

    Raises:
        Refusal: a checkpoint that finds no boxes, answers that are none (:func:`boxes_of`), or one that is not among them.
    """
    card = checkpoints.card(workshop, question.checkpoint)
    if not isinstance(task_named(card.task), Detection):
        raise Refusal(Text("refused.film.checkpoint", {"title": checkpoints.title(card)}))
    names = card.classes
    answers = [boxes_of(each, len(names)) for each in question.answers]
    return FilmScore(
        waiting=_precision(workshop, question.waiting, answers, names),
        streamed=_precision(workshop, question.streamed, answers, names),
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
    given = workshop.picture(frame.image).boxes
    true = None if given is None else given.named(names)
    if true is None:
        return None
    if frame.answer is not None and frame.answer >= len(answers):
        said = {"answer": frame.answer, "count": len(answers), "image": str(frame.image)}
        raise Refusal(Text("refused.film.answer", said))
    found = answers[frame.answer] if frame.answer is not None else boxes_of(Before(boxes=[], scores=[], classes=[]), 0)
    boxes, kinds, ignored = map(torch.from_numpy, (true.boxes, true.kinds, true.ignored))
    return precision.matched(found.boxes, found.scores, found.classes, boxes, kinds, ignored, len(names))
