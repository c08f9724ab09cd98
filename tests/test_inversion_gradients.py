"""Gradients of an inverse, separable or not, folded or not."""

from __future__ import annotations

import torch
from torch.autograd import gradcheck, gradgradcheck

from lzviz.inversion import invert_lattice, invert_points
from tests.test_inversion import DTYPES, jittered, outer


def test_gradients_of_the_nonseparable_inverse() -> None:
    nodes = jittered(4, 5, 0.1, batch=2).requires_grad_()
    points = (2.4 * torch.rand(2, 7, 2, dtype=torch.float64) - 1.2).requires_grad_()
    assert gradcheck(lambda n, p: invert_points(n, p)[0], (nodes, points))
    assert gradgradcheck(lambda n, p: invert_points(n, p)[0], (nodes, points))
    assert gradcheck(lambda n: invert_lattice(n, (5, 6))[0], (nodes,))


def test_gradients_of_the_separable_inverse() -> None:
    lines = [(torch.linspace(-1, 1, n) + 0.04 * torch.randn(2, n)).double().sort(1)[0].requires_grad_() for n in (5, 4)]
    points = (2.4 * torch.rand(2, 7, 2, dtype=torch.float64) - 1.2).requires_grad_()
    assert gradcheck(lambda x, y, p: invert_points(outer(x, y), p, separable=True)[0], (*lines, points))
    assert gradgradcheck(lambda x, y, p: invert_points(outer(x, y), p, separable=True)[0], (*lines, points))
    assert gradcheck(lambda x, y: invert_lattice(outer(x, y), (5, 6), separable=True)[0], lines)


def test_both_kinds_have_the_same_gradient() -> None:
    x, y = (torch.linspace(-1, 1, n).double()[None] ** 3 for n in (6, 8))
    x.requires_grad_()
    weight = torch.rand(1, 11, 9, 2, dtype=torch.float64)
    got = [
        torch.autograd.grad((invert_lattice(outer(x, y), (11, 9), kind)[0] * weight).sum(), x)[0]
        for kind in (True, False)
    ]
    torch.testing.assert_close(got[0], got[1], atol=1e-8, rtol=1e-8)


@DTYPES
def test_gradients_are_finite_where_the_map_folds(dtype: torch.dtype) -> None:
    nodes = jittered(9, 9, 0.6).clamp(-1, 1).to(dtype).requires_grad_()
    points = (3 * torch.rand(1, 400, 2) - 1.5).to(dtype).requires_grad_()
    out, _ = invert_points(nodes, points)
    out.sum().backward()
    assert nodes.grad is not None and points.grad is not None
    assert torch.isfinite(nodes.grad).all() and torch.isfinite(points.grad).all()


def test_no_graph_is_built_without_need() -> None:
    nodes = jittered(4, 5, 0.1).requires_grad_()
    assert not invert_lattice(nodes.detach(), (6, 7))[0].requires_grad
    with torch.no_grad():
        assert not invert_lattice(nodes, (6, 7))[0].requires_grad
