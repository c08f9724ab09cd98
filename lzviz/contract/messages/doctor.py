"""The doctor's questions: an array that somebody brings, what is wrong with it, and specimens to look at."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lzviz.contract.messages.base import Answer, Base64, Bench, Identifier, Pair, Question, Told
from lzviz.text import Text

LARGEST_SOURCE = 1 << 16
MOST_FIXES = 16
MOST_ELEMENTS = 1 << 20
Side = Annotated[int, Field(ge=1, le=LARGEST_SOURCE)]
Use = Literal["grid", "flow", "remap", "deform", "attention", "saliency", "points", "clip"]


class HeldWarp(Answer):
    """An array that is held now: its id, and what was read of its file."""

    id: str
    name: str
    shape: list[int]
    dtype: str
    use: Use | None


class AddWarp(Question):
    """Hold the array of the file in the body (.npy .npz .pt .safetensors .json .flo); pickles are refused.

    Attributes:
        name: of the file; its suffix says how it is read.
    """

    answer = HeldWarp
    name: Annotated[str, Field(min_length=1, max_length=200)]
    data: bytes

    @property
    def bench(self) -> Bench:
        return "files"


class Downhill(Answer):
    """A gradient as it is drawn.

    Attributes:
        arrows: -dL/dgrid, (n, 4) float32 from x, y to x, y in [-1, 1], the longest a cell; null: by no grid, or 0.
        values: dL/dsaliency, (h, w) float32; size: its (h, w).
        most: the largest of all, without sign.
    """

    arrows: Base64 | None
    values: Base64 | None
    size: Pair | None
    most: float


class FindingTold(Answer):
    """What one check says.

    Attributes:
        value, tolerance: in words.
        place: boxes x0, y0, x1, y1 in cells of the lattice that is sent, corner-exclusive.
        fix: code to run, or ""; mends: whether it can be applied here.
    """

    check: str
    verdict: Literal["ok", "note", "warning", "fault"]
    value: Told
    tolerance: Told
    place: list[tuple[int, int, int, int]]
    sentence: Told
    fix: str
    mends: bool


class Lattice(Answer):
    """A grid for the page: (h, w, 2) float64 in [-1, 1], x before y; ``whole``: (h, w) that it was thinned from; ``tolerance``: how
    far outside its image a point still counts as on it, normalised."""

    nodes: Base64
    nodes_size: Pair
    whole: Pair
    tolerance: float


class Diagnosed(Answer):
    """What is wrong with an array, where, and what mends it.

    Attributes:
        id: by which it is asked about again.
        taken: what it was taken for, how sure that is in [0, 1].
        well: no fault and no warning; findings: worst first.
        grid: as it stands, read as places in [-1, 1].
        applied: the fixes that were applied before looking.
        keep: value of the option ``grid`` of the sampler ``given`` that is this grid as the doctor reads it.
        zoomed: (h, w) at which it is shown.
        beside: what was looked at with it, of labels, boxes and gradient.
        downhill: the gradient, where one was said.
        elements: of the batch or clip that was brought; 1: it is none.
    """

    id: str
    name: str
    elements: int
    kind: Literal["grid", "saliency", "points"]
    shape: list[int]
    dtype: str
    taken: Told
    sure: float | None
    well: bool
    findings: list[FindingTold]
    grid: Lattice | None
    applied: list[str]
    keep: str | None
    zoomed: Pair | None
    sentence: Text
    beside: list[Literal["labels", "boxes", "gradient"]]
    downhill: Downhill | None


class AskDiagnosis(Question):
    """What is wrong with an array: one that is held (``given``), a ``specimen``, or the ``nodes`` of a warp.

    Attributes:
        nodes: (h, w, 2) float64 in [-1, 1], x before y; ``nodes_size``: (h, w).
        source: (h, w) of the source in pixels; zoomed: of what is read with it.
        use: what it shall be taken for; null: the doctor decides.
        element: of a batch or clip, which is looked at by itself; null: all of them together.
        direction: as declared; align_corners: how -1 and 1 are meant; stride: of the features that it reads.
        boxes: x0, y0, x1, y1 in source pixels.
        labels, boxed, gradient: ids of held arrays: class ids of the source (h, w), boxes (n, 4), a gradient by what is asked
            about or by its saliency map; null: what lies beside it in its file.
        applied: fixes to apply before looking, by the names of their checks, in order; mend: and then every other, worst first.
    """

    answer = Diagnosed
    given: Identifier = None
    specimen: Annotated[str, Field(max_length=40)] = ""
    nodes: Base64 | None = None
    nodes_size: tuple[Annotated[int, Field(ge=2, le=4096)], Annotated[int, Field(ge=2, le=4096)]] | None = None
    name: Annotated[str, Field(max_length=200)] = ""
    source: tuple[Side, Side]
    zoomed: tuple[Side, Side] | None = None
    use: Use | None = None
    element: Annotated[int, Field(ge=0, le=MOST_ELEMENTS)] | None = None
    direction: Literal["forward", "inverse"] | None = None
    align_corners: bool = True
    stride: Annotated[float, Field(ge=1, le=256)] | None = None
    boxes: Annotated[list[tuple[float, float, float, float]], Field(max_length=64, default_factory=list)]
    labels: Identifier = None
    boxed: Identifier = None
    gradient: Identifier = None
    applied: Annotated[list[str], Field(max_length=MOST_FIXES, default_factory=list)]
    mend: bool = False

    @property
    def bench(self) -> Bench:
        return "doctor"


class ElementTold(Answer):
    """What is worst in one element of a batch; ``check``: "" where nothing is to mend."""

    element: int
    verdict: Literal["ok", "warning", "fault"]
    check: str


class Elements(Answer):
    """The elements of a batch or clip, worst first; ``count``: how many it has, of which these were looked at."""

    count: int
    elements: list[ElementTold]


class AskElements(AskDiagnosis):
    """Which elements of a batch or clip are ill, each by itself?"""

    answer = Elements


class SpecimenLine(Answer):
    """A fault that can be shown; ``mesh``: its array as places, (h, w, 2) float32, for a thumbnail."""

    name: str
    check: str
    sentence: Text
    seen: str
    mesh: Base64
    mesh_size: Pair


class Specimens(Answer):
    """The specimens, in the order of the shelf."""

    specimens: list[SpecimenLine]


class AskSpecimens(Question):
    """Which faults are there to look at?"""

    answer = Specimens

    @property
    def bench(self) -> Bench:
        return "menu"
