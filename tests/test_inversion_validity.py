"""Where an inverse answers, and where it says that it does not."""

from __future__ import annotations

import pytest
import torch

from lzviz.attraction import attract
from lzviz.coords import lattice
from lzviz.inversion import invert_lattice, invert_points, raster
from lzviz.warp import GridWarp
from tests.test_inversion import KINDS, identity, jittered, outer, round_trip, zoom_nodes


@KINDS
def test_validity_has_the_tolerance_of_a_millionth_of_the_range(separable: bool) -> None:
    nodes = 0.5 * identity(4, 6)
    points = torch.tensor([[[0.5 + 1.9e-6, 0.1], [0.5 + 2.1e-6, 0.1], [0.1, -0.5 - 1.9e-6], [0.1, -0.5 - 2.1e-6]]])
    _, valid = invert_points(nodes, points.double(), separable)
    assert valid.tolist() == [[True, False, True, False]]


@KINDS
def test_outside_the_border_tile_is_continued(separable: bool) -> None:
    nodes = 0.8 * zoom_nodes(separable).double()
    points = torch.tensor([[[-0.95, 0.2], [0.93, -0.99], [1.7, 0.4], [0.1, -1.5]]]).double()
    back, valid = invert_points(nodes, points, separable)
    assert not valid.any() and (back.abs().amax(-1) > 1).all()
    torch.testing.assert_close(GridWarp(nodes, separable).forward(back), points, atol=1e-9, rtol=0)


def test_where_tiles_fold_the_positive_tile_of_lowest_index_answers() -> None:
    """x runs -1, 0.2, -0.2, 1: source x = 0 is met at u = 5/6 in tile 0, backwards in tile 1, and at u = 1/6 in tile 2."""
    nodes = outer(torch.tensor([[-1, 0.2, -0.2, 1.0]]).double(), torch.tensor([[-1, 1.0]]).double())
    points, valid = invert_points(nodes, torch.zeros(1, 1, 2).double())
    torch.testing.assert_close(points[0, 0], torch.tensor([2 * (5 / 6) / 3 - 1, 0.0]).double())
    assert valid.all()


def test_a_mirrored_map_is_inverted_by_its_negative_tiles() -> None:
    nodes = jittered(5, 6, 0.05) * torch.tensor([-1.0, 1.0]).double()
    grid, valid = invert_lattice(nodes, (12, 15))
    assert valid.float().mean() > 0.8
    assert round_trip(nodes, grid)[valid].max() < 1e-4


@pytest.mark.parametrize("seed", [0, 1])
def test_pixels_beside_a_folded_tile_are_not_searched(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long slanted tile that folds has a large bounding box, in which other tiles cover each pixel once."""
    nodes = identity(9, 9)
    shear = torch.eye(2, dtype=torch.float64) + 0.6 * torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    nodes = 0.6 * nodes @ shear
    nodes[0, 4, 4 + seed] += torch.tensor([0.28, 0.26])  # past its neighbour, along the slant
    asked = []
    search = raster.search
    monkeypatch.setattr(raster, "search", lambda t, p, *rest: asked.append(len(p)) or search(t, p, *rest))
    grid, valid = invert_lattice(nodes, (120, 120))
    tiles = raster.Tiles.of(nodes)
    tangled = ~(tiles.simple | tiles.empty | tiles.ring)
    left, top, right, bottom = (tiles.boxes[:, tangled.flatten()] * 59.5 + 59.5).unbind(0)
    assert tangled.any()
    source = lattice((120, 120), dtype=torch.float64)
    y, x = torch.meshgrid(torch.arange(120.0), torch.arange(120.0), indexing="ij")
    boxed = ((x[..., None] >= left) & (x[..., None] <= right) & (y[..., None] >= top) & (y[..., None] <= bottom)).any(
        -1
    )
    once = invert_points(nodes, source[boxed][None])
    assert torch.allclose(grid[0][boxed], once[0][0], atol=1e-9) and torch.equal(valid[0][boxed], once[1][0])
    outside = int((~valid).sum())
    assert sum(asked) - outside < 0.7 * int(boxed.sum())


def test_a_mirrored_map_is_not_searched_pixel_by_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = jittered(7, 9, 0.1, batch=2)
    mirrored = nodes.flip(2).clone().requires_grad_()
    expected, valid = invert_lattice(nodes, (40, 60))
    asked = []
    search = raster.search
    monkeypatch.setattr(raster, "search", lambda t, p, *rest: asked.append(len(p)) or search(t, p, *rest))
    grid, same = invert_lattice(mirrored, (40, 60))
    assert torch.equal(same, valid) and torch.allclose(grid, expected * torch.tensor([-1.0, 1.0]), atol=1e-12)
    assert sum(asked) < 0.3 * valid.numel()
    points = invert_points(mirrored, lattice((40, 60), dtype=torch.float64).reshape(1, -1, 2).expand(2, -1, 2))[0]
    assert torch.allclose(points.view_as(grid)[valid], grid[valid], atol=1e-9)
    weight = torch.rand(grid.shape, dtype=torch.float64)
    (slope,) = torch.autograd.grad((grid * weight)[valid].sum(), mirrored, retain_graph=True)
    (other,) = torch.autograd.grad((points.view_as(grid) * weight)[valid].sum(), mirrored)
    assert torch.allclose(slope, other, atol=1e-8)


@KINDS
def test_tiles_that_clamping_made_empty_never_answer(separable: bool) -> None:
    """Three nodes share the border x = -1 and two x = +1: the border belongs to the first tile that has an area."""
    nodes = outer(torch.tensor([[-1, -1, -1, 0.3, 1, 1.0]]).double(), torch.tensor([[-1, -0.4, 1.0]]).double())
    grid, valid = invert_lattice(nodes, (5, 9), separable)
    assert valid.all()
    torch.testing.assert_close(grid[0, :, 0, 0], torch.full((5,), 2 * 2 / 5 - 1).double())
    torch.testing.assert_close(grid[0, :, -1, 0], torch.full((5,), 2 * 4 / 5 - 1).double())


@KINDS
def test_a_collapsed_map_is_finite_and_invalid(separable: bool) -> None:
    nodes = torch.zeros(1, 4, 5, 2, requires_grad=True)
    grid, valid = invert_lattice(nodes, (6, 8), separable)
    assert torch.isfinite(grid).all() and not valid.any()
    grid.sum().backward()
    assert nodes.grad is not None and torch.isfinite(nodes.grad).all()


@pytest.mark.parametrize("strength", [1e3, 1e6])
@KINDS
def test_one_bright_cell_in_a_large_control_grid(separable: bool, strength: float) -> None:
    saliency = torch.ones(1, 1, 128, 256)
    saliency[0, 0, 20, 200] = strength
    nodes = attract(saliency, (128, 256), fwhm=10, separable=separable).float().requires_grad_()
    grid, valid = invert_lattice(nodes, (50, 80), separable)
    assert torch.isfinite(grid).all() and valid.all()
    assert round_trip(nodes.detach(), grid.detach()).max() < 1e-3
    grid.square().sum().backward()
    assert nodes.grad is not None and torch.isfinite(nodes.grad).all()


def test_no_points_is_no_error() -> None:
    points, valid = invert_points(jittered(3, 4, 0.1, batch=2), torch.zeros(2, 0, 2).double())
    assert points.shape == (2, 0, 2) and valid.shape == (2, 0)
