"""A trained pipeline on a picture: where it looks, what it sees and says, how long it takes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, StrictFloat

from lzviz.contract.messages.base import Answer, Base64, Bench, Box, OnTruth
from lzviz.contract.messages.boxes import Before, Found, Looked
from lzviz.text import Text


class Mesh(Answer):
    """Nodes (h, w, 2) float32; "control" nodes, or "dense": a place a sample. ``distance``: from the predicted grid;
    ``tolerance``: how far outside the image of the map a point still counts as on it, normalised."""

    w: int
    h: int
    nodes: Base64
    tolerance: float
    folds: int
    kind: str
    distance: float | None = None


class Levels(Answer):
    """(h, w) bytes, 0 = kept."""

    w: int
    h: int
    stride: int
    data: Base64


class MapShown(Answer):
    """(h, w) float32."""

    w: int
    h: int
    data: Base64
    low: float
    high: float
    title: Text


class OwnLook(Answer):
    """Where the trained network itself would look."""

    saliency: MapShown | None
    mesh: Mesh | None


class Weights(Answer):
    """DownsizeNet's four maps as PNG."""

    w: int
    h: int
    maps: list[Base64]
    titles: list[Text]
    mean: list[float]


class Correction(Answer):
    """What a learned resizer adds, PNG with 0 in the middle of the bytes; its largest and mean square."""

    image: Base64
    range: float
    rms: float


class ClassShare(Answer):
    name: str
    colour: str
    share: float


class ClassScore(Answer):
    name: str
    iou: float | None
    truth: float
    predicted: float


class Truth(Answer):
    """How the labels compare with true ones; all maps are PNG of indices."""

    source: str
    labels: Base64
    error: Base64
    zoomed: Base64 | None
    miou: float | None
    accuracy: float
    intrinsic: float | None
    per_class: list[ClassScore]
    notes: list[Text]


class Stage(Answer):
    name: str
    ms: float
    macs: int
    p95: float | None = None


class Total(Answer):
    ms: float
    macs: int
    p95: float | None = None


class FeatureStage(Answer):
    name: str
    title: str
    channels: int
    h: int
    w: int


class Memory(Answer):
    bytes: int
    kind: Text


class Placed(Answer):
    """Where the sampler looks and what it sees; the second part needs the network and is left out of a warp alone.

    Attributes:
        looked: of a detector, what said where to look: boxes of the frame before, a first look at this one, or neither.
        follows: whether it is meant to look where the frame before had boxes.
    """

    checkpoint: str
    title: str
    system: str
    task: str
    trained: bool
    knows: str
    picture: Box
    working: Box
    zoomed: Box
    image: Base64 | None
    mesh: Mesh | None
    levels: Levels | None
    saliency: MapShown | None
    target: MapShown | None
    wanted_mesh: Mesh | None
    own: OwnLook | None
    weights: Weights | None
    correction: Correction | None
    device: str
    sentence: Text
    sentences: dict[str, Text]
    classes: list[ClassShare] | None = None
    labels: Base64 | None = None
    confidence: Base64 | None = None
    prediction: Base64 | None = None
    truth: Truth | None = None
    truth_note: Text | None = None
    found: Found | None = None
    looked: Looked | None = None
    follows: bool | None = None
    stages: list[Stage] | None = None
    total: Total | None = None
    features: list[FeatureStage] | None = None
    memory: Memory | None = None
    clock: Text | None = None


class Slow(OnTruth):
    """A question that runs a network; ``before``: what was found in the frame before, where the picture is a film's."""

    before: Before | None = None

    @property
    def bench(self) -> Bench:
        return "networks"


class AskPipeline(Slow):
    """A checkpoint on a picture; ``only`` "warp": without the network, for a map that is being drawn."""

    answer = Placed
    only: Literal["warp"] | None = None

    @property
    def bench(self) -> Bench:
        return "networks" if self.only is None else "numbers"


class Raster(Answer):
    """(h, w, 3) bytes."""

    w: int
    h: int
    image: Base64


class FeaturesShown(Answer):
    """One stage's features, of the zoomed image and brought back, in the same colours."""

    stage: str
    channels: int
    channel: int | None
    range: list[list[float]]
    zoomed: Raster | None
    unzoomed: Raster
    stages: list[FeatureStage]
    sentence: Text


class AskStage(Slow):
    """Features of the stage and channel that the state names."""

    answer = FeaturesShown


class Times(Answer):
    """Medians of several runs."""

    stages: list[Stage]
    total: Total
    runs: int
    warm_up: int
    device: str
    clock: Text
    sentence: Text


class AskTimes(Slow):
    """Time the stages properly."""

    answer = Times


class Known(Answer):
    name: str
    index: int
    probability: float | None = None


class Sample(Answer):
    """Pixel (u, v) of the zoomed image lies at (x, y) of the picture."""

    u: int
    v: int
    x: float
    y: float
    weight: float


class Pixel(Answer):
    """What is known about one pixel of the picture."""

    x: float
    y: float
    class_: Known = Field(alias="class")
    top: list[Known]
    truth: Known | None
    zoomed: tuple[float, float] | None
    samples: list[Sample]
    sentence: Text


class AskPixel(Slow):
    """About the pixel whose centre is (x, y)."""

    answer = Pixel
    x: StrictFloat
    y: StrictFloat


class Training(Answer):
    """Maps (T, h, w) or nodes (T, h, w, 2), float32, that a sampler had on its way."""

    steps: list[int]
    kind: Literal["saliency", "nodes"]
    w: int
    h: int
    data: Base64
    low: float
    high: float
    picture: str
    sentence: Text


class AskTraining(OnTruth):
    """How a checkpoint's places moved while it was trained."""

    answer = Training

    @property
    def bench(self) -> Bench:
        return "files"
