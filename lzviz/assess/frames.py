"""Films and their frames, by the names of pictures."""

from __future__ import annotations

import re


def frame_of(name: str) -> tuple[str, int]:
    """The film and the number of a picture: ``0016E5_07959`` is frame 7959 of ``0016E5``; without a number it stands alone."""
    found = re.fullmatch(r"(.+)_\D*(\d+)", name)
    return (found[1], int(found[2])) if found else (name, 0)
