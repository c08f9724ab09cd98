"""How good a detector is on a film whose truth is known: when the film waits for its answers, and when it does not."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lzviz.contract.messages.base import Answer, Identifier, Message, Question
from lzviz.contract.messages.boxes import Before, BoxScore, Edges, Size, Verdict

MOST = 300
"""Frames of a film that are scored."""


class FrameScored(Message):
    """A frame, and the place of the answer that it is scored with; ``None``: none was there yet.

    Attributes:
        image: id of its picture.
        truth: of a visitor's film, ``ID.PLACE`` of a list of boxes, "" for what it has not; ``size``: (w, h) of the frame,
            which nobody need hold then.
    """

    image: Identifier
    answer: Annotated[int, Field(ge=0)] | None
    truth: Identifier = None
    size: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] | None = None


class FrameFound(Message):
    """What was found in a frame, by the id of its picture."""

    image: Identifier
    found: Before


class Precision(Answer):
    """COCO's average precision over ``frames`` frames, in [0, 1]; ``None`` where nothing is to be found."""

    frames: int
    ap: float | None
    ap50: float | None
    small: float | None
    medium: float | None
    large: float | None


class BoxJudged(Answer):
    """What became of a box: ``truth`` is the row of the true box that it is about, which it overlaps so much."""

    verdict: Verdict
    truth: int | None
    overlap: float | None


class BoxThere(Answer):
    """A true box of a frame, in pixel edges of its picture; ``ignored``: it counts neither as found nor as missed."""

    box: Edges
    class_: int = Field(alias="class")
    size: Size
    ignored: bool


class FrameJudged(Answer):
    """Boxes of an answer against what is true of another frame; ``scores``: metrics of that frame alone."""

    boxes: list[BoxJudged]
    true: list[BoxThere]
    scores: list[BoxScore]


class FilmScore(Answer):
    """``waiting``: each frame with its own answer; ``streamed``: with what was there when it came; ``None``: truth is not known.

    ``judged``: the frames for which that was asked, in their order.
    """

    waiting: Precision | None
    streamed: Precision | None
    judged: list[FrameJudged | None] = Field(default_factory=list)


class AskFilmScore(Question):
    """The average precision of answers on frames that are drawn with their boxes.

    Attributes:
        checkpoint: whose classes the answers are in.
        answers: what was found; ``waiting`` and ``streamed`` say for which frames each counts.
        judged: frames whose boxes are to be told one by one.
    """

    answer = FilmScore
    checkpoint: str
    answers: Annotated[list[Before], Field(max_length=MOST)]
    waiting: Annotated[list[FrameScored], Field(max_length=MOST)]
    streamed: Annotated[list[FrameScored], Field(max_length=MOST)] = Field(default_factory=list)
    judged: Annotated[list[FrameScored], Field(max_length=MOST)] = Field(default_factory=list)
