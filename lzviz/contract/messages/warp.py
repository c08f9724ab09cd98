"""A warp of the image: its exact nodes, times and numbers, and files to keep."""

from __future__ import annotations

from lzviz.contract.messages.base import Answer, Base64, File, OnPicture, OnTruth, Pair


class RoundTrip(Answer):
    """Error of going there and back, in source pixels."""

    max: float
    median: float


class Computed(Answer):
    """Everything that Python has to say about a state on a picture.

    Attributes:
        nodes: (h, w, 2) float64 control nodes, x before y, in [-1, 1]; ``nodes_size``: (h, w).
        milliseconds: of each stage and together, as ``clock`` says, on ``device``.
        coverage, share, area: of the picture, in [0, 1].
        zoom_range: least and largest linear zoom; null where something folds.
        image: (h, w, 3) bytes of the zoomed image, for samplers that the browser has no twin of.
    """

    nodes: Base64
    nodes_size: Pair
    milliseconds: dict[str, float]
    clock: str
    device: str
    folds: int
    tiles: int
    samples: int
    round_trip: RoundTrip | None
    coverage: float
    share: float | None
    area: float | None
    zoom_range: tuple[float, float] | None
    sentence: str
    unzoom_size: Pair
    image: Base64 | None


class Compute(OnPicture):
    """The exact answer to a state on a picture."""

    answer = Computed


class Export(OnTruth):
    """A file to keep: what, in which format."""

    answer = File
    what: str
    format: str

    @property
    def slow(self) -> bool:
        return self.state.room == "pipeline"
