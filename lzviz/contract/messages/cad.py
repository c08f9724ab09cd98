"""Content-adaptive downsampling: masks, features of three networks with their proof, key points, cost."""

from __future__ import annotations

from typing import Literal

from lzviz.contract.messages.base import Answer, Base64, Bench, OnPicture, OnTruth
from lzviz.contract.messages.recognition import Likely
from lzviz.contract.messages.warp import WarpTimes
from lzviz.text import Text


class Image(Answer):
    """Size of the picture as the network reads it."""

    h: int
    w: int


class Grid(Answer):
    """The fine grid: its cells, source pixels between them, and the deepest level."""

    h: int
    w: int
    stride: int
    depth: int


class MaskCost(Answer):
    """Multiply-adds: a fixed part, that of a row at each level, and the totals of both stock networks."""

    fixed: int
    per_row: list[int]
    dilated: int
    strided: int


class MaskAnswer(Answer):
    """What a browser needs to move thresholds and brush by itself: strengths of the rings (float32), or levels (bytes)."""

    image: Image
    grid: Grid
    mask: str
    network: str
    strength: list[Base64] | None = None
    levels: Base64 | None = None
    macs: MaskCost


class AskMask(OnTruth):
    """The mask of a state before the brush."""

    answer = MaskAnswer

    @property
    def bench(self) -> Bench:
        return "networks" if self.state.cad_mask in ("learned", "oracle") else "numbers"


class Badge(Answer):
    """Differences from the strided network at coarse locations: largest and relative, as fixed and as published."""

    max: float
    relative: float
    published: float
    published_relative: float
    exact: bool
    # Operations of the fixed reading that the guarantee does not cover, in words.
    outside: list[str]


class Features(Answer):
    """Features of the three networks in the same colours, what they cost, and the proof."""

    image: Image
    grid: Grid
    network: str
    levels: Base64
    rows: list[int]
    active: float
    macs: dict[str, int]
    maps: dict[str, Base64]
    channel: int | None
    channels: int
    range: list[list[float]]
    badge: Badge
    # Of a network that knows classes: what each form calls the picture, and how sure it is, by its name.
    likely: dict[str, list[Likely]] | None
    weights: Text
    sentence: Text


class AskFeatures(OnTruth):
    """Run the networks on the cells of a state."""

    answer = Features

    @property
    def bench(self) -> Bench:
        return "networks"


class AskFeatureTimes(OnTruth):
    """What the three networks take on the cells of a state; asked for at leisure, never beside a stroke."""

    answer = WarpTimes

    @property
    def bench(self) -> Bench:
        return "clocks"


class ClassOf(Answer):
    """A class of the trained network and its colour."""

    name: str
    colour: str


class Segmented(Answer):
    """Labels of the strided, the adaptive and the dilated network, by these names, at the size ``image``.

    Attributes:
        labels: PNGs of class indices; errors: PNGs of 1 = wrong, 0 = right, 255 = not known; null: no labels are known.
        miou: in [0, 1], null for one without a class to score; agree: share of the pixels that have the dilated network's label.
        fits: whether the network learned from pictures of this kind.
    """

    image: Image
    grid: Grid
    network: str
    levels: Base64
    rows: list[int]
    active: float
    macs: dict[str, int]
    classes: list[ClassOf]
    labels: dict[str, Base64]
    errors: dict[str, Base64] | None
    miou: dict[str, float | None] | None
    agree: dict[str, float]
    fits: bool
    weights: Text
    sentence: Text


class AskSegmented(OnTruth):
    """Segment the picture on the cells of a state, by the trained network."""

    answer = Segmented

    @property
    def bench(self) -> Bench:
        return "networks"


class Curve(Answer):
    """Matches of one output stride or triplet, or of a control of its mask: multiply-adds, accuracy by threshold, rows (first,
    second, error)."""

    stride: int | None
    triplet: list[int] | None
    control: Literal["random", "inverse"] | None
    macs: int
    mma: list[float]
    pairs: list[tuple[int, int, float]]


class Keypoints(Answer):
    """Key points of a picture and of a known view of it, and how well each output stride matches them."""

    image: Image
    grid: Grid
    points: list[list[float]]
    warped_points: list[list[float]]
    homography: list[list[float]]
    warped: Base64
    triplet: list[int]
    levels: Base64
    thresholds: list[float]
    curves: list[Curve]
    matches: list[list[float]]
    correct: float
    device: str
    weights: Text
    sentence: Text


class AskKeypoints(OnPicture):
    """Key points of a picture."""

    answer = Keypoints

    @property
    def bench(self) -> Bench:
        return "networks"


class CostRow(Answer):
    """What a mask keeps and costs on one picture."""

    id: str
    title: str
    active: float
    macs: float
    dilated: float
    strided: float
    share: float


class Spread(Answer):
    """Least, mean and most."""

    min: float
    mean: float
    max: float


class Cost(Answer):
    """What a mask costs over the gallery."""

    rows: list[CostRow]
    active: Spread
    macs: Spread
    share: Spread


class AskCost(OnPicture):
    """What the mask of a state costs over the gallery."""

    answer = Cost

    @property
    def bench(self) -> Bench:
        return "networks"
