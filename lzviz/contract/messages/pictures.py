"""What there is to choose from, and what visitors bring: pictures, maps, true labels."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from lzviz.contract.messages.base import Answer, Base64, Bench, File, Identifier, Pair, Question
from lzviz.text import Text


class Fixed(Answer):
    """A saliency map that is the same for every picture, float32."""

    h: int
    w: int
    data: Base64


class Limits(Answer):
    """How much is accepted: pixels of a picture, bytes of files, cells of a map, boxes."""

    pixels: int
    upload_bytes: int
    map_bytes: int
    truth_bytes: int
    checkpoint_bytes: int
    display_side: int
    lattice: int
    boxes: int


class OptionLine(Answer):
    """An option of a sampler or of a saliency source.

    Attributes:
        default: of its kind; null: chosen by itself.
        key: of the state, where one holds it; ``own``: whether it stands under the key ``options``.
    """

    name: str
    kind: Literal["number", "integer", "size", "boolean", "choice", "text"]
    default: Any
    min: float | None = None
    max: float | None = None
    scale: Literal["linear", "log"] | None = None
    unit: str | None = None
    choices: list[str] | None = None
    pattern: str | None = None
    label: str
    help: str
    key: str | None
    own: bool


class SamplerLine(Answer):
    """A sampler of the menu; ``controls`` are the keys of the state that it obeys."""

    name: str
    title: str
    summary: str
    paper: str
    colour: list[str]
    twin: bool
    options: list[OptionLine]
    prescribes: dict[str, Any]
    claims: list[str]
    controls: list[str]
    modes: list[str]
    saliency: list[str]


class SourceLine(Answer):
    """A saliency source of the menu.

    Attributes:
        takes: what its map is made of; ``weighs``: whether the strength acts on it.
        twin: whether a browser makes its map; else it asks for what is found in the picture.
    """

    name: str
    title: str
    help: str
    takes: Literal["picture", "paint", "boxes", "file", "nothing"]
    twin: bool
    weighs: bool
    options: list[OptionLine]
    paper: str


class Spot(Answer):
    """A place on a picture in fractions of width and height; radius in fractions of the long side."""

    x: float
    y: float
    r: float


class PictureLine(Answer):
    """A picture of the gallery; ``dataset``: the one that it is like, "" for none; ``checkpoint``: what opens with it;
    ``labelled``, ``boxed``: true labels, or true boxes, come with it. A film has ``frames``, ``fps`` a second, called by its id, a
    point and their number."""

    id: str
    title: str
    credit: str
    width: int
    height: int
    labelled: bool
    boxed: bool
    dataset: str
    checkpoint: str
    highlight: Spot | None = None
    start: list[Spot] | None = None
    frames: int | None = None
    fps: float | None = None


class CheckpointLine(Answer):
    """A trained checkpoint of the menu."""

    name: str
    title: str
    system: str
    task: str
    system_title: str
    mode: str
    trained: bool
    size: Pair | None
    data: str
    licence: str
    classes: list[str]
    metrics: dict[str, Any]
    seeds: list[Any]
    seed: int | None
    steps: int
    date: str
    macs: float | None
    parameters: int | None
    notes: str
    adjusts: list[str]
    lambda_: bool = Field(alias="lambda")
    snapshots: bool


class Catalogue(Answer):
    """Everything that a page may choose from."""

    version: str
    languages: list[str]
    device: str
    samplers: list[SamplerLine]
    sources: list[SourceLine]
    pictures: list[PictureLine]
    checkpoints: list[CheckpointLine]
    checkpoint_default: str
    class_colours: dict[str, str]
    fixed: Fixed
    limits: Limits


class AskCatalogue(Question):
    """What is there?"""

    answer = Catalogue

    @property
    def bench(self) -> Bench:
        return "menu"


class AskPicture(Question):
    """The level of a picture that a page shows, or its thumbnail (JPEG); its true size goes along."""

    answer = File
    id: str
    thumb: Literal["0", "1"] = "0"

    @property
    def bench(self) -> Bench:
        return "menu"


class Held(Answer):
    """A picture that is held now: its id, true size, shown size, and what was decided while reading it."""

    id: str
    width: int
    height: int
    display_width: int
    display_height: int
    notes: list[Text]


class AddPicture(Question):
    """Decode and hold the image in the body."""

    answer = Held
    data: bytes

    @property
    def bench(self) -> Bench:
        return "files"


class MapAnswer(Answer):
    """A map on the lattice of painted maps, (h, w) bytes."""

    h: int
    w: int
    data: Base64


class AskSaliency(Question):
    """What a saliency source finds in a picture; a page makes the other maps by itself.

    Attributes:
        kind: name of the source, which takes a picture; ``options``: its own, by name.
    """

    answer = MapAnswer
    image: Identifier
    kind: str
    options: dict[str, Any] = Field(default_factory=dict)


class AddMap(Question):
    """An image read as a saliency map, bright = look here."""

    answer = MapAnswer
    data: bytes

    @property
    def bench(self) -> Bench:
        return "files"


class HeldTruth(Answer):
    """True labels that are held now: the classes that occur, and the share of the pixels that has a label."""

    id: str
    width: int
    height: int
    kind: str
    classes: list[str]
    labelled: float
    notes: list[Text]


class AddTruth(Question):
    """Hold the label map in the body, of a picture and in the classes of a checkpoint."""

    answer = HeldTruth
    image: Identifier
    checkpoint: str = ""
    data: bytes

    @property
    def bench(self) -> Bench:
        return "files"


class ListedPicture(Answer):
    """A picture of a list of boxes: its file, the number of its frame and its size where they are said, how many boxes it has."""

    file: str
    frame: int | None
    width: int | None
    height: int | None
    boxes: int


class HeldBoxes(Answer):
    """A list of boxes that is held now. What is true of the picture at a place of ``pictures`` goes by the name ``ID.PLACE``."""

    id: str
    pictures: list[ListedPicture]
    notes: list[Text]


class AddBoxes(Question):
    """Hold the list of boxes in the body, JSON in COCO's form or the page's own, for the classes of a checkpoint.

    Attributes:
        title: of the file, for what is said of it.
    """

    answer = HeldBoxes
    checkpoint: str = ""
    title: Annotated[str, Field(max_length=300)] = ""
    data: bytes

    @property
    def bench(self) -> Bench:
        return "files"
