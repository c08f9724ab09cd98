"""Pictures that are shown and held; no torch is needed for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lzviz.contract import pictures
from lzviz.contract.messages.base import File
from lzviz.contract.messages.pictures import AddPicture, AskPicture, Held
from lzviz.contract.pictures import OWN_PREFIX
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop


def shown(workshop: Workshop, question: AskPicture) -> File:
    entry = workshop.gallery.get(question.id)
    if question.thumb == "1" and entry is not None and entry.film is not None:
        return File(body=entry.film.thumb, media_type="image/jpeg", kept="shared")
    picture = workshop.picture(question.id)
    h, w = picture.size
    return File(
        body=picture.thumb if question.thumb == "1" else picture.display,
        media_type="image/jpeg" if question.thumb == "1" else picture.display_type,
        kept="private" if question.id.startswith(OWN_PREFIX) else "shared",
        facts={"width": w, "height": h},
    )


def held(workshop: Workshop, question: AddPicture) -> Held:
    identifier, picture = workshop.uploads.add(question.data, question.page)
    (h, w), (dh, dw) = picture.size, pictures.fit(picture.size, pictures.DISPLAY_SIDE)
    notes = list(picture.notes)
    if (dh, dw) != (h, w):
        notes.append(Text("note.shownAt", {"width": dw, "height": dh, "fullWidth": w, "fullHeight": h}))
    return Held(id=identifier, width=w, height=h, display_width=dw, display_height=dh, notes=notes)
