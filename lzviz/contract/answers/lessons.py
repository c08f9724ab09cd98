"""Lessons of the page, as they were built, and the study that one of them shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from lzviz import lessons as shipped
from lzviz import palette
from lzviz.assess.smoothness import per_class
from lzviz.contract.messages.base import File
from lzviz.contract.messages.lessons import AskLessons, AskSmoothness, Smoothness
from lzviz.contract.pictures import fit

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop


LAMBDAS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
# Long side at which labels are looked at, pixels; and the widest copy: curves need no more.
SIDE = 512
WIDEST = 128


def lessons(workshop: Workshop, question: AskLessons) -> File:
    return File(body=shipped.built(question.language), media_type="application/json", kept="shared")


def smoothness(workshop: Workshop, question: AskSmoothness) -> Smoothness:
    """The curves of the classes that occur in the picture's true labels."""
    truth = workshop.truth_of(question)
    if truth is None:
        return Smoothness(lambdas=list(LAMBDAS), classes=[], colours=[], iou=[], size=(0, 0))
    size = fit(truth.size, SIDE)
    width = min(question.state.width, WIDEST)
    zoomed = max(8, round(width * size[0] / size[1])), max(8, width)
    key = f"{truth.key} {zoomed}"
    held = workshop.memory.get("smoothness", key)
    if held is None:
        labels = torch.from_numpy(truth.within(size).astype(np.int64))[None]
        with workshop.running:
            curves = per_class(labels, zoomed, LAMBDAS, len(truth.classes))
        there = [index for index in range(len(truth.classes)) if not curves[:, index].isnan().any()]
        held = Smoothness(
            lambdas=list(LAMBDAS),
            classes=[truth.classes[index] for index in there],
            colours=[palette.colours(truth.classes)[index] for index in there],
            iou=[[row[index] for index in there] for row in curves.tolist()],
            size=zoomed,
        )
        workshop.memory.put("smoothness", key, held, 1 << 14)
    return held
