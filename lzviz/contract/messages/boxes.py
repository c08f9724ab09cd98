"""What a detector finds in a picture: boxes in the picture, in the zoomed image and in space, beside the true ones."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lzviz.contract.messages.base import Answer, Base64, Message

Edges = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixel edges."""
Size = Literal["small", "medium", "large"]
"""COCO's sizes: below 32 x 32 pixels of the picture as it is read, below 96 x 96, and the others."""
Verdict = Literal["right", "placed", "class", "twice", "false", "ignored"]
"""What became of a box (:data:`lzviz.measure.verdicts.Verdict`)."""
Looked = Literal["before", "twice", "own"]
"""What said where to look: boxes of the frame before, a first look at this one, or neither."""


class Before(Message):
    """What was found in a frame: ``boxes`` in pixel edges of the picture, with a score and a class each."""

    boxes: Annotated[list[Edges], Field(max_length=300)]
    scores: Annotated[list[float], Field(max_length=300)]
    classes: Annotated[list[Annotated[int, Field(ge=0, le=10000)]], Field(max_length=300)]


class InSpace(Answer):
    """A box in space.

    Attributes:
        centre, size: x, y, z in metres before the camera; length, width, height.
        yaw: radians about the axis down, 0 away from the camera.
        wire: its edges in the picture, x0, y0, x1, y1 each, pixel edges; what lies behind the camera is left out.
        ground: (x, z) of its four corners on the ground, those in front last.
        apart: metres over the ground from the true one that it is about.
    """

    centre: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw: float
    wire: list[Edges]
    ground: list[tuple[float, float]]
    apart: float | None = None


class BoxShown(Answer):
    """A box of a picture.

    Attributes:
        box: in the picture.
        zoomed: the hull of where its border lies in the zoomed image.
        magnification: how many times longer a side becomes in the zoomed image than with as many uniform samples, the root of
            that of its area; ``None`` for a box without an inside.
    """

    box: Edges
    zoomed: Edges
    class_: int = Field(alias="class")
    magnification: float | None
    size: Size
    solid: InSpace | None = None


class BoxFound(BoxShown):
    """What was found.

    Attributes:
        level: of the pyramid, 0 the finest.
        verdict: what became of it, and ``truth`` the row of the true box that it is about, which it overlaps so much
            (:class:`lzviz.measure.verdicts.Verdicts`); ``None`` where nothing is known to be true.
    """

    score: float
    level: int
    verdict: Verdict | None = None
    truth: int | None = None
    overlap: float | None = None


class BoxTrue(BoxShown):
    """What is true; ``ignored``: it counts neither as found nor as missed."""

    ignored: bool


class BoxScore(Answer):
    """A metric of this picture, by its name: ``None`` where nothing counts."""

    name: str
    value: float | None


class BoxClass(Answer):
    name: str
    colour: str


class Found(Answer):
    """Everything that was found in a picture, the surest first.

    Attributes:
        least: no box has a lower score.
        true: ``None`` where nothing is known to be true.
        points: of the border of each box in the zoomed image, those that were found first, then the true ones: float32
            (boxes, points, 2), pixel edges, as base64.
        count: of those points a box.
        camera: "true" with the picture's camera, "assumed" with one of 80 degrees across; ``None``: nothing is in space.
    """

    classes: list[BoxClass]
    least: float
    boxes: list[BoxFound]
    true: list[BoxTrue] | None
    points: Base64
    count: int
    scores: list[BoxScore]
    camera: Literal["true", "assumed"] | None = None
