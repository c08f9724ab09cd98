"""Separable maps: one piecewise-linear inverse an axis, by binary search.

In the segment ``[a, b]`` from node k to node k + 1 the inverse is ``p = ((x - a) / (b - a) + k) * 2 / (n - 1) - 1``.
A run of equal nodes (clamping makes them) is skipped: its value belongs to the segment before it.
Everything is plain differentiable torch in float64: O(H + W) numbers are not worth less.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lzviz.coords import Size, axis, outer
from lzviz.inversion.tiles import border_tolerance
from lzviz.tracing import concrete

SLIVER = 1e-9
"""A segment shorter than this does not set the slope of the continuation outside."""

SHORTEST = 1e-18
"""Floor of a divisor: keeps values and gradients finite in float32 whatever the nodes."""


def rising(nodes: Tensor) -> bool:
    """True if neither axis of a separable control grid ever turns back or collapses: the 1-D inverse is then unique. Taken for
    granted where values cannot be looked at: attraction never turns an axis back."""
    if not concrete():
        return True
    lines = nodes[:, 0, :, 0].detach(), nodes[:, :, 0, 1].detach()
    least = float(torch.cat([_lengths(line) for line in lines], dim=1).min())
    return least > SLIVER or (least >= 0 and all(bool((line[:, -1] - line[:, 0] > SLIVER).all()) for line in lines))


def invert_points(nodes: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """(B, h, w, 2) rising nodes and (B, N, 2) source points to (B, N, 2) zoomed points and (B, N) validity."""
    x, valid_x = _invert(nodes[:, 0, :, 0], points[..., 0])
    y, valid_y = _invert(nodes[:, :, 0, 1], points[..., 1])
    return torch.stack((x, y), dim=-1).to(points.dtype), valid_x & valid_y


def invert_lattice(nodes: Tensor, size: Size) -> tuple[Tensor, Tensor]:
    """(B, h, w, 2) rising nodes to (B, H, W, 2) zoomed points and (B, H, W) validity at the lattice of ``size``."""
    (x, valid_x), (y, valid_y) = (
        _invert(line, axis(n, dtype=torch.float64, device=nodes.device).expand(nodes.shape[0], n))
        for line, n in ((nodes[:, 0, :, 0], size[1]), (nodes[:, :, 0, 1], size[0]))
    )
    if not concrete():
        return outer(x.to(nodes.dtype), y.to(nodes.dtype)), valid_y[:, :, None] & valid_x[:, None, :]
    # As bytes: torch's "and" of bytes is vectorised, that of booleans is not.
    valid = valid_y.view(torch.uint8)[:, :, None] & valid_x.view(torch.uint8)[:, None, :]
    return outer(x.to(nodes.dtype), y.to(nodes.dtype)), valid.view(torch.bool)


def _invert(line: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """(B, n) rising nodes of one axis and (B, N) values to (B, N) zoomed coordinates in float64 and validity (B, N)."""
    tolerance = border_tolerance(line.dtype)
    line, values = line.double(), values.double()
    n = line.shape[1]
    with torch.no_grad():
        # The lowest segment that holds the value: node[k] < value <= node[k + 1].
        segment = _passed(line.detach(), values.detach()).sub_(1)
        segment = _within_wide(segment, line.detach())
        valid = (values >= line[:, :1] - tolerance).logical_and_(values <= line[:, -1:] + tolerance)
    start, end = line.gather(1, segment), line.gather(1, segment + 1)
    share = (values - start) / (end - start).clamp(min=SHORTEST)
    return (share + segment) * (2 / (n - 1)) - 1, valid


def _passed(line: Tensor, values: Tensor) -> Tensor:
    """How many nodes of a rising line (B, n) lie below each of (B, N) values: int64."""
    if concrete():
        return torch.searchsorted(line.contiguous(), values.contiguous())
    return (line[:, None, :] < values[..., None]).sum(-1)  # exported graphs know no binary search


def _lengths(line: Tensor) -> Tensor:
    """Of the segments of a line: (B, n) to (B, n - 1). The same as ``diff``, at a third of its overhead."""
    return line[:, 1:] - line[:, :-1]


def _within_wide(segment: Tensor, line: Tensor) -> Tensor:
    """Segments (B, N) held between the first and the last that are no slivers: these continue the map outside."""
    wide = _lengths(line) > SLIVER
    last = wide.shape[1] - 1
    if concrete() and wide.all():
        return segment.clamp_(0, last)
    ends = wide.int().argmax(dim=1, keepdim=True), last - wide.flip(1).int().argmax(dim=1, keepdim=True)
    return torch.minimum(torch.maximum(segment, ends[0]), ends[1])
