"""What all messages share, and what most questions are about: a state, on a picture, perhaps beside its true labels."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StrictInt, WithJsonSchema
from pydantic.alias_generators import to_camel

from lzviz.contract.maps import Map
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.text import Text

Base64 = Annotated[str, Field(description="bytes as base64")]
"""Little-endian values row by row, or a PNG, as base64."""
Pair = tuple[int, int]
Told = Text | str
"""What a language says, or a name, which no language translates."""
Bench = Literal["menu", "files", "numbers", "clocks", "networks", "doctor"]
"""Where a question is answered: what is listed and shown, files read and written, numbers of a warp, honest times, networks,
and what is looked at for seconds because somebody brought it."""


class Message(BaseModel):
    """A frozen value; nothing but its declared fields is accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)

    def plain(self) -> dict[str, Any]:
        """The JSON object that crosses the wire; what was not said is left out."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class Answer(Message):
    """What is answered in JSON."""


class File(Message):
    """What is answered in bytes.

    Attributes:
        name: of the file, where it is one to keep.
        kept: "shared": anybody's browser may keep it and asks again whether it changed; "private": never kept.
        facts: numbers that go along.
    """

    body: bytes
    media_type: str
    name: str | None = None
    kept: str = "private"
    facts: dict[str, int] = {}


class Question(Message):
    """Something that a :class:`~lzviz.contract.workshop.Workshop` answers; ``answer`` is the type of what comes back.

    Attributes:
        page: a name that a page gave itself; what it asks and brings counts as one visitor's. Empty: a script.
    """

    answer: ClassVar[type[Answer] | type[File]]
    page: Annotated[str, Field(max_length=40)] = ""

    @property
    def bench(self) -> Bench:
        """Where it is answered: one place never waits for another."""
        return "numbers"


class InLanguage(Question):
    """Asks for what was built of a language; in English where there is nothing in it."""

    answer = File
    language: Annotated[str, Field(max_length=35)]

    @property
    def bench(self) -> Bench:
        return "menu"


class Sequenced(Question):
    """A question of which only the newest of a page matters: it takes the place of one that still waits.

    ``seq`` comes back with the answer.
    """

    seq: StrictInt = 0


def _state(value: object) -> State:
    return value if isinstance(value, State) else State.parse(value)


def _map(value: object) -> Map | None:
    return value if value is None or isinstance(value, Map) else Map.from_text(value)


def _id(value: object) -> object:
    if value is not None and not isinstance(value, str):
        raise Refusal(Text("refused.id"))
    return value


Identifier = Annotated[str | None, BeforeValidator(_id)]
MapText = Annotated[
    Map | None,
    BeforeValidator(_map),
    PlainSerializer(lambda value: value and value.to_text()),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]}),
]


class OnState(Sequenced):
    """About a state."""

    state: Annotated[State, BeforeValidator(_state)]


class OnPicture(OnState):
    """About a state on a picture.

    Attributes:
        image: id of the picture, where it is not the one that the state names.
        file: the visitor's own map.
    """

    image: Identifier = None
    file: MapText = None


class OnTruth(OnPicture):
    """About a state on a picture beside what is true of it: an id of labels, or ``ID.PLACE`` of a list of boxes; null for what the
    picture brings, "" for none."""

    truth: Identifier = None


class Box(Answer):
    """A size in pixels or cells."""

    w: int
    h: int
