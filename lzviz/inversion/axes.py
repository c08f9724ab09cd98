"""Separable maps: one piecewise-linear inverse an axis, by binary search.

In the segment ``[a, b]`` from node k to node k + 1 the inverse is ``p = ((x - a) / (b - a) + k) * 2 / (n - 1) - 1``.
A run of equal nodes (clamping makes them) is skipped: its value belongs to the segment before it.
Everything is plain differentiable torch in float64: O(H + W) numbers are not worth less.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lzviz.coords import Size, axis
from lzviz.inversion.tiles import BORDER_TOLERANCE

SLIVER = 1e-9
"""A segment shorter than this does not set the slope of the continuation outside."""

SHORTEST = 1e-18
"""Floor of a divisor: keeps values and gradients finite in float32 whatever the nodes."""


def rising(nodes: Tensor) -> bool:
    """True if neither axis of a separable control grid ever turns back: the 1-D inverse is then unique."""
    x, y = nodes[:, 0, :, 0].detach(), nodes[:, :, 0, 1].detach()
    ends = (x[:, -1] - x[:, 0] > SLIVER).all() & (y[:, -1] - y[:, 0] > SLIVER).all()
    return bool((x.diff(dim=1) >= 0).all() & (y.diff(dim=1) >= 0).all() & ends)


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
    # As bytes: torch's "and" of bytes is vectorised, that of booleans is not.
    valid = valid_y.view(torch.uint8)[:, :, None] & valid_x.view(torch.uint8)[:, None, :]
    return _outer(x.to(nodes.dtype), y.to(nodes.dtype)), valid.view(torch.bool)


def _outer(x: Tensor, y: Tensor) -> Tensor:
    """(B, W) and (B, H) to the grid (B, H, W, 2). One complex sum writes x and y side by side, at memory speed."""
    real = torch.complex(x, torch.zeros_like(x))[:, None, :]
    imaginary = torch.complex(torch.zeros_like(y), y)[:, :, None]
    return torch.view_as_real(real + imaginary)


def _invert(line: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """(B, n) rising nodes of one axis and (B, N) values to (B, N) zoomed coordinates in float64 and validity (B, N)."""
    line, values = line.double(), values.double()
    n = line.shape[1]
    with torch.no_grad():
        wide = line.diff(dim=1) > SLIVER
        first = wide.int().argmax(dim=1, keepdim=True)
        last = n - 2 - wide.flip(1).int().argmax(dim=1, keepdim=True)
        # The lowest segment that holds the value: node[k] < value <= node[k + 1].
        segment = torch.searchsorted(line.detach().contiguous(), values.detach().contiguous()) - 1
        segment = torch.minimum(torch.maximum(segment, first), last)
        outside = torch.maximum(line[:, :1] - values, values - line[:, -1:])
    start, end = line.gather(1, segment), line.gather(1, segment + 1)
    share = (values - start) / (end - start).clamp(min=SHORTEST)
    return (share + segment) * (2 / (n - 1)) - 1, outside <= BORDER_TOLERANCE
