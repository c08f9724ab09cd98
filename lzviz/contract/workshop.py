"""Where questions are answered: one object that owns everything that is kept, and every lock."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lzviz.contract.boxed import TrueBoxes
from lzviz.contract.decoding import Decoder
from lzviz.contract.listed import BoxLists
from lzviz.contract.memory import Memory
from lzviz.contract.messages.base import Answer, File, OnPicture, OnTruth, Question
from lzviz.contract.pictures import OWN_PREFIX, Picture, Uploads
from lzviz.contract.routes import route_of
from lzviz.contract.shipped import Shipped
from lzviz.contract.truth import Truth, Truths
from lzviz.contract.wire import Refusal
from lzviz.held import Shelf, held_in
from lzviz.text import Text

if TYPE_CHECKING:
    from torch import Tensor


class _Grids:
    """The grids that the doctor hands on, in the memory that owns everything: a page's grids take no other page's away."""

    def __init__(self, memory: Memory, page: str):
        self._memory, self._page = memory, page

    def get(self, key: str, /) -> Tensor | None:
        return self._memory.get("grid", key)

    def __setitem__(self, key: str, grid: Tensor, /) -> None:
        self._memory.put("grid", key, grid, grid.nbytes, self._page)


class Workshop:
    """Answers every question of the contract, without any server.

        workshop = Workshop()
        held = workshop.answer(AddPicture(data=Path("street.png").read_bytes()))
        computed = workshop.answer(Compute(state=lzviz.State.from_link(url), image=held.id))

    Args:
        gallery: the pictures that ship, by id.
        memory: what may be kept; by default :data:`~lzviz.contract.memory.BUDGET` bytes in all.
        secret: of the names of what visitors bring: only who has a file knows its name. Processes that answer for each other share
            one, so that a name means the same to all; by default one of its own.
        shelf: where grids that go by name are held; by default the memory.

    Attributes:
        decoder: what reads the files of visitors, outside this process.
        uploads, truths, lists: what visitors brought: pictures, labels, lists of boxes.
        running: held while a network runs: times next to each other mean something, and one network's memory is enough.
        large: held while a very large picture is computed.
        loading: held while a checkpoint is read.
        secret: as above, 32 bytes.
    """

    def __init__(
        self,
        gallery: Mapping[str, Shipped] | None = None,
        memory: Memory | None = None,
        secret: bytes | None = None,
        shelf: Shelf | None = None,
    ):
        self.shelf = shelf
        self.gallery = dict(gallery or {})
        self.memory = Memory() if memory is None else memory
        self.decoder = Decoder()
        self.secret = secrets.token_bytes(32) if secret is None else hashlib.blake2b(secret, digest_size=32).digest()
        self.uploads = Uploads(self.memory, self.secret, self.decoder.picture)
        self.truths = Truths(self.memory, self.secret, self.decoder.truth)
        self.lists = BoxLists(self.memory, self.secret)
        self.running, self.large, self.loading = threading.Lock(), threading.Lock(), threading.Lock()

    def answer(self, question: Question) -> Answer | File:
        """The answer, of the type ``question.answer``.

        Raises:
            Refusal: a sentence for whoever asked.
        """
        with held_in(_Grids(self.memory, question.page) if self.shelf is None else self.shelf):
            return route_of(type(question)).function()(self, question)

    def picture(self, identifier: str | None) -> Picture:
        """The picture of an id: shipped, or brought by a visitor."""
        if identifier is None:
            raise Refusal(Text("refused.picture.id"))
        if identifier.startswith(OWN_PREFIX):
            return self.uploads.get(identifier)
        if frame := self._frame(identifier):
            return frame
        if identifier not in self.gallery:
            raise Refusal(Text("refused.picture.unknown"), 404)
        return self.gallery[identifier].prepare().result()

    def _frame(self, identifier: str) -> Picture | None:
        """A frame of a film of the gallery, ``drive.4``, or its first one, ``drive``; None: it is no film's. Drawn once, and kept
        while there is room. A frame that it has not is refused."""
        name, _, number = identifier.partition(".")
        shipped = self.gallery.get(name)
        if shipped is None or shipped.film is None or (number and not re.fullmatch(r"\d{1,9}", number, re.ASCII)):
            return None
        film, k = shipped.film, int(number or 0)
        if k >= film.frames:
            raise Refusal(Text("refused.frame", {"frame": k, "last": film.frames - 1}), 404)
        return self.memory.keep("frame", f"{name}.{k}", lambda: film.draw(k), lambda frame: frame.cost)

    def identifier_of(self, question: OnPicture) -> str:
        """The name of the picture that a question is about; of a film the frame that the state shows."""
        state = question.state
        shipped = self.gallery.get(state.image)
        return question.image or (
            state.image if shipped is None or not shipped.film else f"{state.image}.{state.frame}"
        )

    def picture_of(self, question: OnPicture) -> Picture:
        """The picture that a question is about."""
        return self.picture(self.identifier_of(question))

    def boxes_of(self, question: OnTruth) -> TrueBoxes | None:
        """The boxes that a question names: of a list (``ID.PLACE``), those that the picture brings (None), or none."""
        picture = self.picture_of(question)
        if question.truth is None:
            return picture.boxes
        return self.lists.get(question.truth, picture.size) if "." in question.truth else None

    def truth_of(self, question: OnTruth) -> Truth | None:
        """The labels that a question names: an upload's, those that the picture brings (None), or none ("", or boxes)."""
        if question.truth is None:
            shipped = self.gallery.get(question.image or question.state.image)
            if shipped is None or shipped.truth is None:
                return None
            return self.memory.keep("scene", shipped.id, shipped.truth, lambda truth: truth.labels.nbytes)
        return None if not question.truth or "." in question.truth else self.truths.get(question.truth)
