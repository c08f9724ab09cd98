"""The words of this field, explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lzviz import terms as shipped
from lzviz.contract.messages.base import File
from lzviz.contract.messages.terms import AskTerms

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop


def terms(workshop: Workshop, question: AskTerms) -> File:
    language = question.language if question.language in shipped.languages() else "en"
    return File(body=shipped.built(language), media_type="application/json", kept="shared")
