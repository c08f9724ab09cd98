"""What stands behind a page that no server answers: a workshop of one picture, and the state that is shown first.

image | warp | trace | comparison --subject--> Behind --Canvas--> cell
                                                      --saved---> file
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from lzviz.contract.exchange import Reply, asked, failure, found, refused, told
from lzviz.contract.messages.pictures import AskCatalogue
from lzviz.contract.pictures import Picture
from lzviz.contract.shipped import Shipped
from lzviz.contract.state import State
from lzviz.contract.workshop import Workshop
from lzviz.held import SHELF
from lzviz.notebook.subject import subject_of
from lzviz.text import Text

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Behind:
    """A page as it is to be shown.

    Attributes:
        workshop: answers its questions.
        state: what is shown; its picture is ``shown``.
        shown: the id of the picture.
        map: a map that was brought along as text (:meth:`lzviz.contract.maps.Map.to_text`), or "".
        language: of its words.
        brought: the samplers that came with what is shown.
    """

    workshop: Workshop
    state: State
    shown: str = "shown"
    map: str = ""
    language: str = "en"
    brought: tuple[str, ...] = ()

    @classmethod
    def of(cls, what: Any, image: Any = None, state: State | None = None, language: str = "en") -> Behind:
        """What :func:`lzviz.show` shows; see there."""
        subject = subject_of(what, image)
        picture = subject.picture
        shown = Shipped("shown", "Your picture", "", picture.size, lambda: picture, source="")
        workshop = Workshop({shown.id: shown}, shelf=SHELF.get())  # a grid that the script holds is known here
        first = (state or State()).model_copy(update={"image": shown.id, **subject.state})
        return cls(workshop, first, language=language, brought=subject.brought)

    def catalogue(self) -> dict[str, Any]:
        """The page's menus."""
        return self.workshop.answer(AskCatalogue()).plain()

    @property
    def picture(self) -> Picture:
        """The picture that is shown: the one that was given, or what was opened in the page meanwhile."""
        return self.workshop.picture(self.shown)

    def reply(self, method: str, address: str, body: bytes = b"") -> Reply:
        """What a question of the page is answered; every failure is a sentence."""
        try:
            line, path, query = found(method, address)
            question = asked(line, body, query, path)
            return told(question, self.workshop.answer(question))
        except Exception as error:
            reply = refused(error)
            if reply is None:
                log.exception("%s failed", address)
                reply = failure(Text("refused.broken.cell", {"kind": type(error).__name__}), 500)
            return reply
