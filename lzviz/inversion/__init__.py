"""The exact inverse of a piecewise-(bi)linear map: source -> zoomed, as a function of points, with its validity.

A control grid maps the zoomed image to the source, bilinear in each tile and corner-aligned everywhere. Inverting it:

* **separable** (``axes``): two 1-D piecewise-linear inverses by binary search, O(H + W) for a whole lattice;
* **lattice** (``raster``): each source pixel's tile is found exactly by rasterising the tile edges, a difference at each
  crossing and one running sum per row, then solved in closed form with that tile's coefficients;
* **points** (``search``): a bucket of candidate tiles for each point, all solved in float64, the first that fits answers.
  The lattice sends the pixels of folded, overlapping, degenerate or missing tiles here too.

Where several tiles cover a point (the map folds), the positively oriented solution in the tile of lowest index answers;
one that only a negatively oriented solution reaches gets that one. Tiles that clamping made empty never answer.
``valid`` says whether the point lies in the image of the map, with a tolerance of 1e-6 of the range [-1, 1]
or 128 roundings of the nodes' dtype, whichever is more. Outside,
the answer is the border tile's own formula continued, or where even that reaches nothing, the tangent at the nearest point
of the border: finite always.

Gradients to nodes and points come from the implicit function theorem (``gradient``): exact, of any order, at no cost for
the forward pass, and bounded where the map is singular.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lzviz.coords import Size, check_size, lattice
from lzviz.inversion import axes, opaque, spelled
from lzviz.inversion.gradient import implicit
from lzviz.inversion.opaque import rasterised, searched
from lzviz.inversion.tiles import Tiles
from lzviz.tracing import concrete, plainly, transformed

__all__ = ["Tiles", "invert_lattice", "invert_points"]


def invert_points(
    nodes: Tensor, points: Tensor, separable: bool = False, tiles: Tiles | None = None
) -> tuple[Tensor, Tensor]:
    """Source -> zoomed at any points.

    Args:
        nodes: (B, h, w, 2) control nodes in normalised source coordinates, x before y, h and w >= 2, float32 or float64.
        points: (B, N, 2) normalised source points; also outside [-1, 1].
        separable: ``nodes[..., 0]`` is the same in each row and ``nodes[..., 1]`` in each column.
        tiles: ``Tiles.of(nodes)`` where it is at hand; ``None``: it is made.

    Returns:
        (B, N, 2) normalised zoomed points in the dtype of ``points``, finite wherever these are, and ``valid`` (B, N) bool:
        inside the image of the map. Differentiable in ``nodes`` and ``points``.

    Raises:
        ValueError: a wrong shape, or batches that differ.
        TypeError: a dtype other than float32 and float64.
    """
    _check_nodes(nodes)
    if points.ndim != 3 or points.shape[-1] != 2 or points.shape[0] != nodes.shape[0]:
        raise ValueError(f"expected points of shape ({nodes.shape[0]}, N, 2), got {tuple(points.shape)}")
    if separable and axes.rising(nodes):
        return axes.invert_points(nodes, points)
    if concrete():
        solution, valid, tile = searched(nodes, points, tiles)
    else:
        operators = spelled if plainly() else opaque
        solution, valid, tile = operators.points(nodes.detach(), points.detach())
    if _needs_gradient(nodes, points):
        solution = implicit(nodes, points, solution, tile)
    # A point at infinity is nowhere, and must not come back as a place.
    return torch.where(points.isfinite().all(-1, keepdim=True), solution, torch.nan), valid


def invert_lattice(nodes: Tensor, size: Size, separable: bool = False) -> tuple[Tensor, Tensor]:
    """Source -> zoomed at every pixel centre of a source of ``size`` (H, W), corner-aligned.

    Args:
        nodes: (B, h, w, 2) control nodes, as in :func:`invert_points`.
        size: (H, W) of the source lattice.
        separable: as in :func:`invert_points`.

    Returns:
        (B, H, W, 2) normalised zoomed points in the dtype of ``nodes``, finite everywhere, and ``valid`` (B, H, W) bool.
        Differentiable in ``nodes``.

    Raises:
        ValueError: a wrong shape or size. TypeError: a dtype other than float32 and float64.
    """
    _check_nodes(nodes)
    size = check_size(size)
    if separable and axes.rising(nodes):
        return axes.invert_lattice(nodes, size)
    needs_gradient = _needs_gradient(nodes)
    if concrete():
        solution, valid, tile = rasterised(nodes, size, needs_gradient)
    else:
        solution, valid, tile = (spelled if plainly() else opaque).lattice(nodes.detach(), *size)
    if needs_gradient:
        flat = solution.reshape(solution.shape[0], -1, 2)
        source = lattice(size, dtype=nodes.dtype, device=nodes.device).reshape(1, -1, 2).expand_as(flat)
        assert tile is not None
        solution = implicit(nodes, source, flat, tile.reshape(flat.shape[:2])).reshape(solution.shape)
    return solution, valid


def _needs_gradient(*tensors: Tensor) -> bool:
    """Also under ``torch.func`` and forward differentiation, where a tensor does not say that it is being differentiated."""
    if transformed() or torch.autograd.forward_ad._current_level >= 0:
        return True
    return torch.is_grad_enabled() and any(t.requires_grad for t in tensors)


def _check_nodes(nodes: Tensor) -> None:
    if nodes.ndim != 4 or nodes.shape[-1] != 2 or min(nodes.shape[1:3]) < 2:
        raise ValueError(f"expected nodes of shape (B, h, w, 2) with h, w >= 2, got {tuple(nodes.shape)}")
    if nodes.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"expected float32 or float64 nodes, got {nodes.dtype}; promote them first: nodes.float()")
