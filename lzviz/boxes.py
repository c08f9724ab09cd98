"""Boxes through a warp, both ways: the hull of the mapped border.

In a bilinear tile the lines of constant zoomed x (or y) are straight in the source, so the zoomed x along a straight source
line is monotone within a tile, and so is the source position along a straight zoomed line. The extremes of a mapped border
therefore stand at the box's corners or where its border crosses node lines, and the hull over those is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lzviz.coords import Size, axis, check_size, edges_to_points, lattice, points_to_edges, to_normalised, to_pixels
from lzviz.tracing import concrete

if TYPE_CHECKING:
    from lzviz.warp import Warp

BORDER_SAMPLES = 65
"""Points along each side of a box where a warp has no control nodes of its own to cross (a composition)."""

NEAR = 1e-3
"""A zoomed point this far over the border lies on it: a share of the half-side."""


def unzoom(warp: Warp, boxes: Tensor, zoomed_size: Size, source_size: Size) -> Tensor:
    """Zoomed boxes (B, N, 4), pixel edges, to the hull of their borders in the source: (B, N, 4)."""
    corners = _normalised(boxes, zoomed_size)
    nodes = getattr(warp, "nodes", None)
    border = _border(corners, None if nodes is None else nodes.shape[1:3])
    return _hull(warp.forward(border.flatten(1, 2)).reshape(border.shape), None, source_size)


def zoom(warp: Warp, boxes: Tensor, zoomed_size: Size, source_size: Size) -> Tensor:
    """Source boxes (B, N, 4), pixel edges, to the hull of their borders in the zoomed image: (B, N, 4)."""
    corners = _normalised(boxes, source_size)
    nodes = getattr(warp, "nodes", None)
    border = _border(corners, None if nodes is not None else (0, 0))
    points, _ = warp.inverse(border.flatten(1, 2))
    points = points.reshape(border.shape)
    if nodes is None or warp.separable:
        return _hull(points, None, zoomed_size)
    sources, crossings, found = _crossings(nodes, corners)
    # Continued over its border, a bent grid lies over itself too: what the view itself shows is not looked for out there.
    outside = found & (crossings.abs() > 1 + NEAR).any(-1)
    if not concrete() or bool(outside.any()):
        _, seen = warp.inverse(torch.where(outside[..., None], sources, 0.0).flatten(1, 2))
        found = found & ~(outside & seen.reshape(found.shape))
    points = torch.cat((points, crossings), dim=2)
    keep = torch.cat((found.new_ones(*border.shape[:3]), found), dim=2)
    return _hull(points, keep, zoomed_size)


def _normalised(boxes: Tensor, size: Size) -> Tensor:
    if boxes.shape[-1] != 4:
        raise ValueError(f"expected boxes (..., 4) as x0, y0, x1, y1, got {tuple(boxes.shape)}")
    if concrete() and bool((boxes[..., 2:] < boxes[..., :2]).any()):
        raise ValueError("boxes must be x0, y0, x1, y1 with x0 <= x1 and y0 <= y1; did you pass x, y, width, height?")
    points = edges_to_points(boxes).unflatten(-1, (2, 2))
    return to_normalised(points, check_size(size)).flatten(-2)


def _border(corners: Tensor, lines: tuple[int, ...] | torch.Size | None) -> Tensor:
    """Points on the border of normalised boxes (B, N, 4): the corners, and along each side the node lines of a grid of
    ``lines`` (h, w) that it crosses; ``None``: the corners only; (0, 0): :data:`BORDER_SAMPLES` even steps. (B, N, K, 2)."""
    x0, y0, x1, y1 = corners.unbind(-1)
    like = {"dtype": corners.dtype, "device": corners.device}
    if lines is None:
        xs, ys = torch.stack((x0, x1), -1), torch.stack((y0, y1), -1)
    elif lines[0] == 0:
        t = torch.linspace(0, 1, BORDER_SAMPLES, **like)
        xs, ys = x0[..., None] + (x1 - x0)[..., None] * t, y0[..., None] + (y1 - y0)[..., None] * t
    else:
        xs = torch.cat((x0[..., None], _between(axis(lines[1], **like), x0, x1), x1[..., None]), -1)
        ys = torch.cat((y0[..., None], _between(axis(lines[0], **like), y0, y1), y1[..., None]), -1)
    sides = [torch.stack((xs, y[..., None].expand_as(xs)), -1) for y in (y0, y1)]
    sides += [torch.stack((x[..., None].expand_as(ys), ys), -1) for x in (x0, x1)]
    return torch.cat(sides, dim=2)


def _between(values: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Node coordinates clamped into each box: those outside fall on its corners and change no hull."""
    return torch.minimum(torch.maximum(values, low[..., None]), high[..., None])


def _crossings(nodes: Tensor, corners: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where the sides of source boxes cross the mapped node lines: points (B, N, K, 2) of the source, those of the zoomed image,
    and which exist (B, N, K)."""
    nodes, zoomed = (
        _ringed(nodes),
        _ringed(lattice((nodes.shape[1], nodes.shape[2]), dtype=nodes.dtype, device=nodes.device)[None]),
    )
    zoomed = zoomed.expand_as(nodes)
    ends = [(n[:, :, :-1].flatten(1, 2), n[:, :, 1:].flatten(1, 2)) for n in (nodes, zoomed)]
    ends = [
        (torch.cat((a, n[:, :-1].flatten(1, 2)), 1), torch.cat((e, n[:, 1:].flatten(1, 2)), 1))
        for (a, e), n in zip(ends, (nodes, zoomed), strict=True)
    ]
    (start, end), (zoomed_start, zoomed_end) = ends
    sources, points, found = [], [], []
    for dim, side in ((0, 0), (0, 2), (1, 1), (1, 3)):
        level = corners[..., side][..., None]  # the side lies on coordinate `dim` = level
        a, step = start[:, None, :, dim], (end - start)[:, None, :, dim]
        t = (level - a) / torch.where(step == 0, torch.ones_like(step), step)
        along = start[:, None, :, 1 - dim] + t * (end - start)[:, None, :, 1 - dim]
        low, high = corners[..., 1 - dim][..., None], corners[..., 3 - dim][..., None]
        found.append((step != 0) & (t >= 0) & (t <= 1) & (along >= low) & (along <= high))
        place = (along, level.expand_as(along)) if dim else (level.expand_as(along), along)
        sources.append(torch.stack(place, -1))
        points.append(zoomed_start[:, None] + t[..., None].clamp(0, 1) * (zoomed_end - zoomed_start)[:, None])
    return torch.cat(sources, 2), torch.cat(points, 2), torch.cat(found, 2)


def _ringed(nodes: Tensor) -> Tensor:
    """The grid with one more tile on each side, the border tiles' formula continued: boxes may reach over the border."""
    first, last = 2 * nodes[:, :1] - nodes[:, 1:2], 2 * nodes[:, -1:] - nodes[:, -2:-1]
    nodes = torch.cat((first, nodes, last), 1)
    first, last = 2 * nodes[:, :, :1] - nodes[:, :, 1:2], 2 * nodes[:, :, -1:] - nodes[:, :, -2:-1]
    return torch.cat((first, nodes, last), 2)


def _hull(points: Tensor, keep: Tensor | None, size: Size) -> Tensor:
    pixels = to_pixels(points, check_size(size))
    if keep is None:
        low, high = pixels.amin(2), pixels.amax(2)
    else:
        low = pixels.masked_fill(~keep[..., None], float("inf")).amin(2)
        high = pixels.masked_fill(~keep[..., None], float("-inf")).amax(2)
    return points_to_edges(torch.cat((low, high), -1))
