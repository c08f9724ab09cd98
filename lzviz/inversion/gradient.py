"""Gradients of the inverse by the implicit function theorem.

p(x, nodes) solves g(p; nodes) = x, so dp = J^-1 (dx - dg), J = dg/dp. Backwards, with the incoming gradient e and
``l = J^-T e``, points receive l, and the tile's coefficients (p00, right, down, twist) receive ``-l (1, u, v, u v)``,
which its four nodes share; forwards, the formula itself.
The backward pass is itself differentiable torch, and p in it is the differentiable output:
any order comes for free.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

from lzviz.inversion.tiles import EMPTY_AREA, cross, length, polynomials

PORTION = 1 << 17
"""Points differentiated at a time, to bound memory."""

FLATTEST = 1e-6
"""Where the sides of a tile meet at a smaller sine (a fold line), the gradient is held to what it is at this one."""


def implicit(nodes: Tensor, points: Tensor, solution: Tensor, tile: Tensor) -> Tensor:
    """``solution`` (B, N, 2), found without gradient for source ``points`` in tiles ``tile`` (B, N) of (h-1) x (w-1), with
    its gradients to ``nodes`` (B, h, w, 2) and ``points`` (B, N, 2) attached."""
    out = (_Implicit if torch.compiler.is_compiling() else _Forwards).apply(nodes, points, solution, tile)
    assert isinstance(out, Tensor)
    return out


class _Implicit(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(nodes: Tensor, points: Tensor, solution: Tensor, tile: Tensor) -> Tensor:  # type: ignore[override]
        return solution.clone()

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, ...], output: Tensor) -> None:  # type: ignore[override]
        nodes, points, _, tile = inputs
        ctx.save_for_backward(nodes, output, tile)
        ctx.save_for_forward(nodes, output, tile)
        ctx.points_dtype = points.dtype

    @staticmethod
    def backward(ctx, gradient: Tensor):  # type: ignore[override]
        nodes, solution, tile = ctx.saved_tensors
        batch, h, w, _ = nodes.shape
        table = polynomials(nodes)  # (8, B, h-1, w-1)
        image = torch.arange(batch, device=nodes.device).view(-1, 1) * ((h - 1) * (w - 1))
        total, pulled = torch.zeros_like(table).flatten(1), []
        parts = (t.split(PORTION) for t in (gradient.reshape(-1, 2), solution.reshape(-1, 2), (image + tile).flatten()))
        for portion in zip(*parts, strict=True):
            back, shares = _pull(table.flatten(1), (h, w), *portion)
            total = total.scatter_add(1, portion[-1].expand_as(shares), shares)
            if ctx.needs_input_grad[1]:
                pulled.append(back.T)
        to_points = torch.cat(pulled).reshape(gradient.shape).to(ctx.points_dtype) if pulled else None
        to_nodes = _to_nodes(-total.view_as(table)) if ctx.needs_input_grad[0] else None
        return to_nodes, to_points, None, None


class _Forwards(_Implicit):
    """With forward differentiation too, through which ``torch.compile`` does not go."""

    generate_vmap_rule = True

    @staticmethod
    def jvp(ctx, d_nodes: Tensor | None, d_points: Tensor | None, *_: None):  # type: ignore[override]
        """``dp = J^-1 (dx - dg)``."""
        nodes, solution, tile = ctx.saved_tensors
        batch, h, w, _ = nodes.shape
        image = torch.arange(batch, device=nodes.device).view(-1, 1) * ((h - 1) * (w - 1))
        index = (image + tile).flatten()
        u, v, ux, uy, vx, vy, inverse = _local(polynomials(nodes).flatten(1), (h, w), solution.reshape(-1, 2), index)
        residual = torch.zeros_like(ux).expand(2, -1)
        if d_points is not None:
            residual = residual + d_points.reshape(-1, 2).T
        if d_nodes is not None:
            moved = polynomials(d_nodes).flatten(1).index_select(1, index).unflatten(0, (4, 2))
            residual = residual - (moved[0] + u * moved[1] + v * moved[2] + u * v * moved[3])
        x, y = residual * inverse
        steps = (vy * x - vx * y) * (2 / (w - 1)), (ux * y - uy * x) * (2 / (h - 1))
        return torch.stack(steps, -1).to(solution.dtype).reshape(solution.shape)


def _local(table: Tensor, shape: tuple[int, int], solution: Tensor, index: Tensor) -> tuple[Tensor, ...]:
    """Of zoomed points (N, 2) in tiles ``index`` (N,): place u, v in the tile, columns ux, uy and vx, vy of J, and 1 / det J."""
    h, w = shape
    column, row = index % (w - 1), torch.div(index, w - 1, rounding_mode="floor") % (h - 1)
    px, py = solution.to(table.dtype).unbind(-1)
    u, v = (px + 1) * ((w - 1) / 2) - column, (py + 1) * ((h - 1) / 2) - row
    _, _, rx, ry, dx, dy, tx, ty = table.index_select(1, index)
    ux, uy, vx, vy = rx + v * tx, ry + v * ty, dx + u * tx, dy + u * ty
    return u, v, ux, uy, vx, vy, 1 / _held_away(cross(ux, uy, vx, vy), ux, uy, vx, vy)


def _pull(
    table: Tensor, shape: tuple[int, int], gradient: Tensor, solution: Tensor, index: Tensor
) -> tuple[Tensor, Tensor]:
    """``l = J^-T e`` (2, N), and ``l (1, u, v, u v)`` (8, N) in the order of the coefficients.

    Args:
        table: (8, B * (h-1) * (w-1)) coefficients; index: (N,) the tile of each point.
        gradient, solution: (N, 2), the incoming gradient e and the zoomed point.
    """
    u, v, ux, uy, vx, vy, inverse = _local(table, shape, solution, index)
    a, b = gradient.to(table.dtype).unbind(-1)
    a, b = a * (2 / (shape[1] - 1)) * inverse, b * (2 / (shape[0] - 1)) * inverse
    back = torch.stack((vy * a - uy * b, ux * b - vx * a))
    return back, torch.cat((back, u * back, v * back, u * v * back))


def _held_away(determinant: Tensor, ux: Tensor, uy: Tensor, vx: Tensor, vy: Tensor) -> Tensor:
    """The determinant, held away from zero where the map is singular."""
    with torch.no_grad():
        floor = (FLATTEST * length(ux, uy) * length(vx, vy)).clamp(min=EMPTY_AREA)
        singular = determinant.abs() < floor
    return torch.where(singular, torch.copysign(floor, determinant), determinant)


def _to_nodes(coefficients: Tensor) -> Tensor:
    """The adjoint of :func:`tiles.polynomials`: (8, B, h-1, w-1) to (B, h, w, 2)."""
    origin, right, down, twist = coefficients.unflatten(0, (4, 2)).movedim(1, -1)  # (B, h-1, w-1, 2) each
    corners = ((origin - right - down + twist, (0, 1, 0, 1)), (right - twist, (1, 0, 0, 1)))
    corners += ((down - twist, (0, 1, 1, 0)), (twist, (1, 0, 1, 0)))
    return torch.stack([F.pad(corner, (0, 0, *sides)) for corner, sides in corners]).sum(0)
