"""What arrives late is scored late (Li, Wang and Ramanan 2020): the world goes on while a detector thinks.

A film gives a frame every so many milliseconds. A detector takes the newest frame whenever it is free, and frames that passed in
the meantime are never seen. At each frame's time the newest answer that is ready is what is known, and is scored against what is
true then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np


def taken(count: int, every: float, milliseconds: float | Sequence[float]) -> list[tuple[int, float]]:
    """The frames (their number, when their answer is ready in ms) that a detector comes to see of a film, in order.

    Args:
        count: of frames, the first at time 0.
        every: milliseconds between two frames.
        milliseconds: that an answer takes, the same for all or of each frame.

    Raises:
        ValueError: no frames, or times that are not positive and finite.
        TypeError: what is no number.
    """
    if isinstance(count, bool) or not isinstance(count, Integral):
        raise TypeError(f"expected a whole number of frames, got {count!r}")
    every, spent = _times("every", every)[0], _times("milliseconds", milliseconds)
    if not isinstance(milliseconds, Sequence) and len(spent) == 1:
        spent = spent * count
    if count < 1 or len(spent) != count:
        raise ValueError(f"expected at least one frame and a time for each, got {count} frames and {len(spent)} times")
    if not all(0 < each < math.inf for each in (every, *spent)):
        raise ValueError("frames and answers take a positive, finite number of milliseconds")
    out: list[tuple[int, float]] = []
    frame, start = 0, 0.0
    while frame < count:
        ready = start + spent[frame]
        out.append((frame, ready))
        newest = math.floor(ready / every + 1e-9)
        frame = max(newest, frame + 1)
        start = max(ready, frame * every)
    return out


def _times(name: str, given: Any) -> list[float]:
    """Numbers of Python, NumPy or torch, one or a row of them."""
    try:
        if given is None or isinstance(given, str | bytes | bool):
            raise TypeError
        values = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"expected {name} as a number or a row of numbers, got {given!r}") from None
    if values.ndim > 1:
        raise ValueError(f"expected {name} as a number or a row of numbers, got the shape {values.shape}")
    return values.reshape(-1).tolist()


def known(count: int, every: float, milliseconds: float | Sequence[float]) -> list[int | None]:
    """Of which frame the newest answer is at each frame's time; ``None``: none is ready yet. Arguments: see :func:`taken`."""
    seen = taken(count, every, milliseconds)
    out: list[int | None] = []
    for k in range(count):
        ready = [frame for frame, when in seen if when <= k * every + 1e-9]
        out.append(ready[-1] if ready else None)
    return out
