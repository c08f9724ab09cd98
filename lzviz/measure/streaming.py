"""What arrives late is scored late (Li, Wang and Ramanan 2020): the world goes on while a detector thinks.

A film gives a frame every so many milliseconds. A detector takes the newest frame whenever it is free, and frames that passed in
the meantime are never seen. At each frame's time the newest answer that is ready is what is known, and is scored against what is
true then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def taken(count: int, every: float, milliseconds: float | Sequence[float]) -> list[tuple[int, float]]:
    """The frames (their number, when their answer is ready in ms) that a detector comes to see of a film, in order.

    Args:
        count: of frames, the first at time 0.
        every: milliseconds between two frames.
        milliseconds: that an answer takes, the same for all or of each frame.

    Raises:
        ValueError: no frames, or times that are not positive.
    """
    spent = [float(milliseconds)] * count if isinstance(milliseconds, int | float) else [*map(float, milliseconds)]
    if count < 1 or len(spent) != count:
        raise ValueError(f"expected at least one frame and a time for each, got {count} frames and {len(spent)} times")
    if not (every > 0 and all(0 < each < math.inf for each in spent)):
        raise ValueError("frames and answers take a positive number of milliseconds")
    out: list[tuple[int, float]] = []
    frame, start = 0, 0.0
    while frame < count:
        ready = start + spent[frame]
        out.append((frame, ready))
        newest = math.floor(ready / every + 1e-9)
        frame = max(newest, frame + 1)
        start = max(ready, frame * every)
    return out


def known(count: int, every: float, milliseconds: float | Sequence[float]) -> list[int | None]:
    """Of which frame the newest answer is at each frame's time; ``None``: none is ready yet. Arguments: see :func:`taken`."""
    seen = taken(count, every, milliseconds)
    out: list[int | None] = []
    for k in range(count):
        ready = [frame for frame, when in seen if when <= k * every + 1e-9]
        out.append(ready[-1] if ready else None)
    return out
