"""Gradients of the inverse by the implicit function theorem.

p(x, nodes) solves g(p; nodes) = x, so dp = J^-1 (dx - dg), J = dg/dp. Backwards, with the incoming gradient e and
``l = J^-T e``, points receive l, and nodes receive -l, shared among the tile's four corners by their bilinear weights.
The backward pass is itself differentiable torch, and p in it is the differentiable output: any order comes for free.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function

from lzviz.inversion.tiles import EMPTY_AREA, cross

PORTION = 1 << 17
"""Points differentiated at a time, to bound memory."""

FLATTEST = 1e-6
"""Where the sides of a tile meet at a smaller sine (a fold line), the gradient is held to what it is at this one."""


def implicit(nodes: Tensor, points: Tensor, solution: Tensor, tile: Tensor) -> Tensor:
    """``solution`` (B, N, 2), found without gradient for source ``points`` in tiles ``tile`` (B, N) of (h-1) x (w-1), with
    its gradients to ``nodes`` (B, h, w, 2) and ``points`` (B, N, 2) attached."""
    out = _Implicit.apply(nodes, points, solution, tile)
    assert isinstance(out, Tensor)
    return out


class _Implicit(Function):
    @staticmethod
    def forward(ctx, nodes: Tensor, points: Tensor, solution: Tensor, tile: Tensor) -> Tensor:  # type: ignore[override]
        out = solution.clone()
        ctx.save_for_backward(nodes, out, tile)
        ctx.points_dtype = points.dtype
        return out

    @staticmethod
    def backward(ctx, gradient: Tensor):  # type: ignore[override]
        nodes, solution, tile = ctx.saved_tensors
        batch, h, w, _ = nodes.shape
        flat = nodes.reshape(-1, 2)
        column, row = tile % (w - 1), torch.div(tile, w - 1, rounding_mode="floor")
        image = torch.arange(batch, device=nodes.device).view(-1, 1) * (h * w)
        corner = (image + row * w + column).flatten()
        place = torch.stack((column, row), dim=-1).reshape(-1, 2)
        total, pulled = torch.zeros_like(flat), []
        parts = (t.split(PORTION) for t in (gradient.reshape(-1, 2), solution.reshape(-1, 2), corner, place))
        for portion in zip(*parts, strict=True):
            back, contribution = _pull(flat, (h, w), *portion)
            total = total - contribution
            if ctx.needs_input_grad[1]:
                pulled.append(back)
        to_points = torch.cat(pulled).reshape(gradient.shape).to(ctx.points_dtype) if pulled else None
        return total.reshape(nodes.shape) if ctx.needs_input_grad[0] else None, to_points, None, None


def _pull(
    flat: Tensor, shape: tuple[int, int], gradient: Tensor, solution: Tensor, corner: Tensor, place: Tensor
) -> tuple[Tensor, Tensor]:
    """``l = J^-T e`` (N, 2) and its share at all nodes (B * h * w, 2)."""
    h, w = shape
    scale = flat.new_tensor([(w - 1) / 2, (h - 1) / 2])
    u, v = ((solution.to(flat.dtype) + 1) * scale - place).unbind(-1)
    corners = [corner, corner + 1, corner + w, corner + w + 1]
    p00, p01, p10, p11 = (flat.index_select(0, c) for c in corners)
    twist = p00 - p01 - p10 + p11
    ux, uy = (p01 - p00 + v[:, None] * twist).unbind(-1)
    vx, vy = (p10 - p00 + u[:, None] * twist).unbind(-1)
    determinant = cross(ux, uy, vx, vy)
    with torch.no_grad():
        size = torch.hypot(ux, uy) * torch.hypot(vx, vy)
        flat_here = determinant.abs() < FLATTEST * size
        floor = torch.copysign((FLATTEST * size).clamp(min=EMPTY_AREA), determinant)
    inverse = 1 / torch.where(flat_here | (size <= EMPTY_AREA), floor, determinant)
    a, b = (gradient.to(flat.dtype) * scale.reciprocal()).unbind(-1)
    back = torch.stack(((vy * a - uy * b) * inverse, (ux * b - vx * a) * inverse), dim=-1)
    weights = torch.stack(((1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v))
    shares = (weights[..., None] * back).flatten(0, 1)
    return back, torch.zeros_like(flat).index_add(0, torch.cat(corners), shares)
