"""What a network that knows the world recognises in the same few pixels, spent uniformly and spent by a warp."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.contract.answers.networks import classifier, precisely
from lzviz.contract.answers.warp import Setting, image_tensor
from lzviz.contract.lent import device
from lzviz.contract.messages import recognition as messages
from lzviz.coords import Size
from lzviz.measure.timing import Clock
from lzviz.pipelines.pipeline import Pipeline
from lzviz.tasks.classification import top
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.contract.pictures import Picture
    from lzviz.contract.state import State
    from lzviz.contract.workshop import Workshop

# Pixels that both samplings have: a square of 64 a side, in the shape of the picture.
FEW = 64 * 64
# A picture longer than this is no wider than a network's feature.
LONGEST = 512


def few(size: Size, pixels: int) -> Size:
    """(h, w) with about so many pixels, in the shape of a picture of ``size``, at least 2 and at most :data:`LONGEST` a side."""
    share = math.sqrt(pixels / (size[0] * size[1]))
    h, w = (min(LONGEST, max(2, round(share * n))) for n in size)
    return h, w


def recognised(workshop: Workshop, question: messages.AskRecognised) -> messages.Recognised:
    """The answer to a state on a picture."""
    picture = workshop.picture_of(question)
    made = classifier(workshop)
    assert made.card is not None and made.network is not None
    with torch.inference_mode(), precisely():
        seen = math.prod(made.size or (1, 1))
        asked = question.state.model_copy(update={"width": few(picture.size, FEW)[1]})
        warped, clock = Setting.of(asked, picture, question.file).image(), Clock(device())
        with workshop.running, clock.stage("network"):
            read = {
                "whole": picture.remember("recognised", lambda: _read(made, _whole(picture, few(picture.size, seen)))),
                "uniform": _uniform(made, asked, picture),
                "warped": _read(made, warped),
            }
        found = {name: reading(made.card.classes) for name, reading in read.items()}
    values: dict[str, Any] = {
        "whole": _first(found["whole"]),
        "uniform": _first(found["uniform"]),
        "warped": _first(found["warped"]),
        "pixels": math.prod(found["warped"].size),
    }
    return messages.Recognised(
        **found,
        seen=few(found["warped"].size, seen),
        network=made.card.title,
        weights=made.card.licence,
        milliseconds=clock.milliseconds()["network"],
        sentence=Text("recognition.says", values),
    )


@dataclass(frozen=True, eq=False)
class _Read:
    """What the network said of an image of ``size``."""

    size: Size
    best: list[int]
    shares: list[float]

    def __call__(self, classes: Sequence[str]) -> messages.Reading:
        likely = [
            messages.Likely(name=classes[k], share=share) for k, share in zip(self.best, self.shares, strict=True)
        ]
        return messages.Reading(size=self.size, likely=likely)


def _read(made: Pipeline, image: Tensor) -> _Read:
    assert made.network is not None
    best, shares = top(made.network(image.float().to(device())))
    return _Read((image.shape[-2], image.shape[-1]), best[0].tolist(), shares[0].tolist())


def _whole(picture: Picture, size: Size) -> Tensor:
    """All of a picture, averaged."""
    return F.interpolate(image_tensor(picture), size=size, mode="bilinear", antialias=True).clamp(0, 1)


def _uniform(made: Pipeline, asked: State, picture: Picture) -> _Read:
    """As many uniform samples, read in the way of the state; kept, because strokes change nothing about them."""
    plain = asked.model_copy(update={"sampler": "uniform"})
    key = f"recognised {plain.width} {plain.interpolation} {plain.source_scale}"
    return picture.remember(key, lambda: _read(made, Setting.of(plain, picture).image()))


def _first(reading: messages.Reading) -> str:
    return reading.likely[0].name
