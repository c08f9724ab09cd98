"""Lessons of the page, as they were built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lzviz import lessons as shipped
from lzviz.contract.messages.base import File
from lzviz.contract.messages.lessons import AskLessons

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop


def lessons(workshop: Workshop, question: AskLessons) -> File:
    return File(body=shipped.built(question.language), media_type="application/json", kept="shared")
