"""A warp of the image: its exact nodes and numbers, what it takes, and files to keep."""

from __future__ import annotations

from lzviz.contract.messages.base import Answer, Base64, Bench, File, OnPicture, OnTruth, Pair
from lzviz.contract.messages.boxes import Before
from lzviz.text import Text


class RoundTrip(Answer):
    """Error of going there and back in float64, in source pixels."""

    max: float
    median: float


class Computed(Answer):
    """Everything that Python has to say about a state on a picture.

    Attributes:
        nodes: (h, w, 2) float64 control nodes, x before y, in [-1, 1]; ``nodes_size``: (h, w).
        tolerance: how far outside the image of the map a point still counts as on it, normalised.
        coverage, share, area: of the picture, in [0, 1].
        zoom_range: least and largest linear zoom; null where something folds.
        image: (h, w, 3) bytes of the zoomed image, for samplers that the browser has no twin of.
    """

    nodes: Base64
    nodes_size: Pair
    tolerance: float
    folds: int
    tiles: int
    samples: int
    round_trip: RoundTrip | None
    coverage: float
    share: float | None
    area: float | None
    zoom_range: tuple[float, float] | None
    sentence: Text
    image: Base64 | None


class Compute(OnPicture):
    """The exact answer to a state on a picture."""

    answer = Computed


class WarpTimes(Answer):
    """Milliseconds of each stage or network, as ``clock`` says, on ``device``."""

    milliseconds: dict[str, float]
    clock: Text
    device: str


class AskWarpTimes(OnPicture):
    """What the warp of a state takes; asked for at leisure, never beside a stroke."""

    answer = WarpTimes

    @property
    def bench(self) -> Bench:
        return "clocks"


class Export(OnTruth):
    """A file to keep: what, in which format; ``before``: what was found in the frame before, where it says where to look."""

    answer = File
    what: str
    format: str
    before: Before | None = None

    @property
    def bench(self) -> Bench:
        return "networks" if self.state.room in ("pipeline", "compare") else "files"
