"""What the page asks to explain its words."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lzviz.contract.messages.base import Bench, File, Question


class AskTerms(Question):
    """The terms of a language, and what can be read along in it; in English where there are none."""

    answer = File
    language: Annotated[str, Field(max_length=35)]

    @property
    def bench(self) -> Bench:
        return "menu"
