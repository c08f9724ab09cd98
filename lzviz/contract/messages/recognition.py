"""What a network that knows the world sees in the same few pixels, spent uniformly and spent by a warp."""

from __future__ import annotations

from lzviz.contract.messages.base import Answer, Bench, OnPicture, Pair
from lzviz.text import Text


class Likely(Answer):
    """A class and how sure the network is of it, in [0, 1]."""

    name: str
    share: float


class Reading(Answer):
    """What the network says of pixels: ``size`` (h, w), the most likely classes first."""

    size: Pair
    likely: list[Likely]


class Recognised(Answer):
    """The same network on the whole picture at the size that it was trained for, and on few pixels of it.

    Attributes:
        whole, uniform, warped: where the pixels were taken; ``uniform`` and ``warped`` have equally many.
        seen: (h, w) to which few pixels are enlarged before the network reads them.
        network, weights: what reads, whose numbers it has.
        milliseconds: of the network, on all three.
    """

    whole: Reading
    uniform: Reading
    warped: Reading
    seen: Pair
    network: str
    weights: str
    milliseconds: float
    sentence: Text


class AskRecognised(OnPicture):
    """What is recognised of a state on a picture."""

    answer = Recognised

    @property
    def bench(self) -> Bench:
        return "networks"
