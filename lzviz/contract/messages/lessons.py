"""What the room of the lessons asks."""

from __future__ import annotations

from lzviz.contract.messages.base import Answer, Bench, InLanguage, OnTruth, Pair


class AskLessons(InLanguage):
    """The lessons of a language, as ``lzviz.lessons`` built them; in English where there are none."""


class Smoothness(Answer):
    """Intrinsic IoU of each class that occurs, a row a lambda; ``size`` (h, w) is that of the sampled labels,
    ``colours`` (#rrggbb) those in which the page draws the classes.

    ``classes`` are empty for a picture without true labels.
    """

    lambdas: list[float]
    classes: list[str]
    colours: list[str]
    iou: list[list[float]]
    size: Pair


class AskSmoothness(OnTruth):
    """How stiff the grid of ES should be for each class of the picture; the width of the copy is the state's."""

    answer = Smoothness

    @property
    def bench(self) -> Bench:
        return "networks"
