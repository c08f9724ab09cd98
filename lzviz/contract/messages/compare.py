"""Methods side by side at one budget: a row each, and the table as files."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lzviz.contract.messages.base import Answer, Base64, Bench, OnTruth, Pair
from lzviz.contract.messages.boxes import Before, Found, Looked
from lzviz.contract.messages.film import MOST as FRAMES
from lzviz.contract.messages.film import FrameFound
from lzviz.contract.messages.pipeline import Levels
from lzviz.text import Text

MOST = 4
"""Methods that are compared."""
FilmFound = Annotated[list[FrameFound], Field(max_length=FRAMES)]


class ClassLine(Answer):
    """A class of labels: what it is called and drawn in; share: of the labelled picture, where that is known."""

    name: str
    colour: str
    share: float | None = None


class ComparedRow(Answer):
    """What a method does with the budget; null: not comparable, or not asked for. Shares are in [0, 1].

    Attributes:
        size: (h, w) of its zoomed image; null: no size spends the budget.
        region: share of the samples on what was painted, boxed or found; classes: on each class of the labels; density: the same
            over the class's share of the picture, 1 for samples that are spread evenly.
        intrinsic: intrinsic upsampling error; score: of the task, by ``metric``; ious: intersection over union of each class.
        folds: share of folded tiles; out_of_range: of samples outside the picture; unseen: of the picture without a sample.
        step: distance of neighbouring samples, source pixels; round_trip: largest error there and back, source pixels.
        macs: multiply-adds; p50, p95: milliseconds; noisy: their spread is wide.
        floor: milliseconds that go whatever the size, where a budget of them was solved.
        note: why something is missing.
        labels: PNG of indices into ``lines``, the network's; perfect: a perfect network's from the same samples, of a method that
            has none. error: PNG, 0 right, 1 wrong, 255 not labelled.
        ap: of a detector, COCO's average precision of the boxes of this picture; film_ap: of those of a film's frames so far.
        found: its boxes; looked: what said where to look, as a pipeline's answer has it; follows: whether it is meant to look where
            the frame before had boxes.
        levels: of a quadtree, where the method keeps one in place of a warp.
        nodes: (h, w, 2) float64 control nodes, x before y, in [-1, 1]; null: no warp of the picture.
    """

    name: str
    title: str
    size: Pair | None
    samples: int | None
    region: float | None
    classes: dict[str, float]
    density: dict[str, float]
    intrinsic: float | None
    score: float | None
    metric: str
    ious: dict[str, float]
    ap: float | None
    film_ap: float | None
    folds: float | None
    out_of_range: float | None
    unseen: float | None
    step: float | None
    round_trip: float | None
    macs: int | None
    p50: float | None
    p95: float | None
    noisy: bool
    floor: float | None
    note: Text | None
    labels: Base64 | None
    error: Base64 | None
    perfect: bool
    lines: list[ClassLine]
    found: Found | None
    looked: Looked | None
    follows: bool
    levels: Levels | None
    nodes: Base64 | None
    nodes_size: Pair | None


class Compared(Answer):
    """The table.

    Attributes:
        best: rows that are best, by column; ties are all there.
        csv, latex, markdown: the table as files.
        device: what computed.
        size: (H, W) of the picture as it was compared on.
        truth: PNG of indices into ``classes``, the true labels; null: none are known.
    """

    rows: list[ComparedRow]
    best: dict[str, list[int]]
    csv: str
    latex: str
    markdown: str
    device: str
    size: Pair
    truth: Base64 | None
    classes: list[ClassLine]


class AskCompared(OnTruth):
    """The methods of a state on a picture, each at the size that spends the state's budget; ``clock``: timed in turns too.

    Attributes:
        before: of a film, what each detector has found in the frame before, by the name of the method.
        films: what each has found in other frames.
    """

    answer = Compared
    clock: bool = False
    before: Annotated[dict[str, Before], Field(max_length=MOST)] = Field(default_factory=dict)
    films: Annotated[dict[str, FilmFound], Field(max_length=MOST)] = Field(default_factory=dict)

    @property
    def bench(self) -> Bench:
        return "clocks" if self.clock or self.state.compared_equal == "ms" else "networks"
