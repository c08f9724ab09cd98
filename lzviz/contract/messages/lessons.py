"""What the room of the lessons asks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lzviz.contract.messages.base import Bench, File, Question


class AskLessons(Question):
    """The lessons of a language, as ``lzviz.lessons`` built them; in English where there are none."""

    answer = File
    language: Annotated[str, Field(max_length=35)]

    @property
    def bench(self) -> Bench:
        return "menu"
