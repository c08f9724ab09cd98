"""Text for spreadsheets, which compute what looks like a formula."""

from __future__ import annotations

FORMULAS = tuple("=+-@＝＋－＠")
"""What a formula begins with, full-width signs too."""


def no_formula(cell: object) -> str:
    """A cell as text that no spreadsheet computes: what would start a formula gets an apostrophe before it."""
    text = str(cell)
    return f"'{text}" if text.lstrip().startswith(FORMULAS) else text
