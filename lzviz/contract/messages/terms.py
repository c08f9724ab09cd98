"""What the page asks to explain its words."""

from __future__ import annotations

from lzviz.contract.messages.base import InLanguage


class AskTerms(InLanguage):
    """The terms of a language, and what can be read along in it; in English where there are none."""
