"""Ragged ranges without a loop: the one idiom that rasterising and searching share."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor


def expand(counts: Tensor) -> tuple[Tensor, Tensor]:
    """For each owner k, ``counts[k]`` members: the owner of each member, and the member's number within its owner.

    ``counts = [2, 0, 3]`` gives owners ``[0, 0, 2, 2, 2]`` and numbers ``[0, 1, 0, 1, 2]``.
    """
    owner = torch.repeat_interleave(counts)
    first = counts.cumsum(0) - counts
    return owner, torch.arange(owner.shape[0], device=counts.device) - first.index_select(0, owner)


def chunks(counts: Tensor, limit: int) -> Iterator[tuple[int, int]]:
    """Ranges ``[start, stop)`` of owners with at most ``limit`` members each (a single owner may have more)."""
    total = counts.cumsum(0)
    start, done = 0, 0
    while start < counts.shape[0]:
        stop = int(torch.searchsorted(total, done + limit, right=True))
        stop = max(stop, start + 1)
        yield start, stop
        start, done = stop, int(total[stop - 1])
