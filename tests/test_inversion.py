"""The exact inverse against a brute-force twin, laws, conventions in lopsided numbers, and the traps of public code."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lzviz.attraction import attract
from lzviz.coords import lattice
from lzviz.inversion import invert_lattice, invert_points, opaque, spelled
from lzviz.inversion.ragged import chunks, expand
from lzviz.plain import inverse as plain_inverse
from lzviz.warp import GridWarp
from tests.conftest import blobs

KINDS = pytest.mark.parametrize("separable", [True, False], ids=["separable", "nonseparable"])
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])


def identity(h: int, w: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return lattice((h, w), dtype=dtype)[None]


def jittered(h: int, w: int, amount: float, seed: int = 0, batch: int = 1) -> Tensor:
    """The identity with each node moved by ``amount`` cells (standard deviation); above about .2 it folds."""
    noise = torch.randn(batch, h, w, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return identity(h, w) + amount * noise * torch.tensor([2 / (w - 1), 2 / (h - 1)])


def zoom_nodes(separable: bool, padding: str = "reflect", size: tuple[int, int] = (31, 51), **options) -> Tensor:
    return attract(blobs(1, size), size, separable=separable, padding=padding, **options)  # type: ignore[arg-type]


def outer(x: Tensor, y: Tensor) -> Tensor:
    """Separable nodes (B, h, w, 2) of the lines x (B, w) and y (B, h)."""
    return torch.stack(torch.broadcast_tensors(x[:, None, :], y[:, :, None]), dim=-1)


def round_trip(nodes: Tensor, grid: Tensor) -> Tensor:
    """|forward(inverse(p)) - p| (B, H, W) in source pixels, in float64."""
    h, w = grid.shape[1:3]
    back = GridWarp(nodes.double(), False).forward(grid.double().flatten(1, 2)).view_as(grid)
    return ((back - lattice((h, w), dtype=torch.float64)) * torch.tensor([(w - 1) / 2, (h - 1) / 2])).norm(dim=-1)


def agrees_with_twin(nodes: Tensor, grid: Tensor, valid: Tensor, places: float) -> None:
    """Same validity and same answers; where two answers are equally good (a corner that tiles share), both map right."""
    for one, answer, inside in zip(nodes.double().numpy(), grid.double(), valid, strict=True):
        source = lattice((grid.shape[1], grid.shape[2]), dtype=torch.float64).reshape(-1, 2).numpy()
        expected, rank = plain_inverse.invert(one, source)
        ours, inside = answer.reshape(-1, 2).numpy(), inside.flatten().numpy()
        assert np.isfinite(ours).all()
        assert inside[np.isfinite(rank)].all()
        miss = np.abs(plain_inverse.forward(one, ours) - source).max(-1)
        assert (miss[inside] < 3e-6 + places).all()
        apart = np.abs(ours - expected).max(-1)[np.isfinite(rank)]
        assert np.mean(apart > places) <= 0.02, apart.max()


# -- against the twin ------------------------------------------------------------------------------------------------


@DTYPES
@pytest.mark.parametrize("amount", [0.0, 0.02, 0.1, 0.3, 0.8])
@pytest.mark.parametrize("shape", [(2, 2), (2, 5), (7, 2), (5, 6)])
def test_agrees_with_the_brute_force_twin(shape: tuple[int, int], amount: float, dtype: torch.dtype) -> None:
    nodes = jittered(*shape, amount, seed=shape[0], batch=2).to(dtype)
    grid, valid = invert_lattice(nodes, (13, 17))
    assert grid.dtype == dtype
    agrees_with_twin(nodes, grid, valid, 1e-7 if dtype == torch.float64 else 1e-4)


@pytest.mark.parametrize("amount", [0.1, 0.4])
def test_agrees_with_the_twin_where_nodes_are_clamped(amount: float) -> None:
    nodes = (1.4 * jittered(6, 7, amount, batch=3)).clamp(-1, 1)
    grid, valid = invert_lattice(nodes, (19, 23))
    agrees_with_twin(nodes, grid, valid, 1e-7)


@pytest.mark.parametrize("seed", [26, 72, 116])
def test_a_ring_that_reaches_over_a_folded_map_does_not_take_its_border(seed: int) -> None:
    nodes = jittered(4, 5, 0.5, seed).clamp(-1, 1)
    grid, valid = invert_lattice(nodes, (24, 37))
    agrees_with_twin(nodes, grid, valid, 1e-7)


@pytest.mark.parametrize("turned", [False, True])
def test_a_tile_that_tapers_a_thousandfold_is_exact_in_float32(turned: bool) -> None:
    """The determinant grows a thousandfold along the tile: float32 alone would lose three digits at the far end."""
    nodes = torch.tensor([[[[-1.0, -1e-3], [1.0, -1.0]], [[-1.0, 1e-3], [1.0, 1.0]]]])
    nodes = nodes.transpose(1, 2).flip(-1).contiguous() if turned else nodes
    grid, valid = invert_lattice(nodes, (1000, 1500))
    assert 0.49 < valid.float().mean() < 0.51
    assert round_trip(nodes, grid)[valid].max() < 2e-4


def test_a_tile_sheared_to_a_thin_band_is_exact_in_float32() -> None:
    """Two sides that meet at half a degree: their cross product alone would lose two digits."""
    x, y = identity(3, 4, torch.float32).unbind(-1)
    nodes = torch.stack((0.5 * x + 0.49 * y, 0.5 * x + 0.5 * y), dim=-1)
    grid, valid = invert_lattice(nodes, (1000, 1500))
    assert valid.any()
    assert round_trip(nodes, grid)[valid].max() < 2e-4


def test_points_and_lattice_are_one_function() -> None:
    nodes = jittered(6, 9, 0.3, batch=3)
    grid, valid = invert_lattice(nodes, (14, 11))
    points, also = invert_points(nodes, lattice((14, 11), dtype=torch.float64).reshape(1, -1, 2).expand(3, -1, 2))
    assert torch.equal(also.view_as(valid), valid)
    torch.testing.assert_close(points.view_as(grid)[valid], grid[valid], atol=1e-9, rtol=0)


@pytest.mark.parametrize("padding", ["reflect", "replicate"])
def test_both_kinds_agree_on_a_separable_map(padding: str) -> None:
    nodes = zoom_nodes(True, padding)
    fast, fast_valid = invert_lattice(nodes, (67, 90), separable=True)
    full, full_valid = invert_lattice(nodes, (67, 90), separable=False)
    assert torch.equal(fast_valid, full_valid)
    torch.testing.assert_close(fast, full, atol=1e-6, rtol=0)  # outside too: both continue the border tiles


def test_a_separable_map_that_folds_is_inverted_all_the_same() -> None:
    nodes = outer(torch.tensor([[-1, 0.2, -0.1, 1.0]]).double(), torch.tensor([[-1, -0.5, 1.0]]).double())
    grid, valid = invert_lattice(nodes, (9, 31), separable=True)
    assert valid.all()
    agrees_with_twin(nodes, grid, valid, 1e-7)


# -- laws ------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    h=st.integers(2, 9),
    w=st.integers(2, 9),
    size=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    amount=st.sampled_from([0.0, 1e-7, 1e-3, 0.1, 0.5, 2.0]),
    scale=st.sampled_from([0.5, 1.0, 1.5]),
    clamp=st.booleans(),
    seed=st.integers(0, 999),
)
def test_valid_points_are_undone_and_all_are_finite(h, w, size, amount, scale, clamp, seed) -> None:
    nodes = scale * jittered(h, w, amount, seed)
    nodes = (nodes.clamp(-1, 1) if clamp else nodes).requires_grad_()
    grid, valid = invert_lattice(nodes, size)
    assert torch.isfinite(grid).all()
    error = (
        GridWarp(nodes.detach(), False).forward(grid.detach().flatten(1, 2)) - lattice(size).double().view(1, -1, 2)
    ).abs()
    assert (error.amax(-1).view_as(valid)[valid] <= 2e-6 + 1e-7).all()
    grid.sum().backward()
    assert nodes.grad is not None and torch.isfinite(nodes.grad).all()


@settings(max_examples=40, deadline=None)
@given(amount=st.sampled_from([0.0, 0.1, 0.4, 1.0]), seed=st.integers(0, 999), folded=st.booleans())
def test_every_point_of_the_image_of_the_map_is_valid(amount, seed, folded) -> None:
    """Forward any zoomed point: its image has an answer, which maps to the same place, even where the map folds."""
    nodes = 0.8 * jittered(5, 6, amount, seed)
    there = GridWarp(nodes, False).forward(2 * torch.rand(1, 200, 2, dtype=torch.float64) - 1)
    back, valid = invert_points(nodes, there)
    assert valid.all()
    torch.testing.assert_close(GridWarp(nodes, False).forward(back), there, atol=1e-8, rtol=0)


@KINDS
@pytest.mark.parametrize("padding", ["reflect", "replicate"])
def test_inverse_undoes_forward_on_points(separable: bool, padding: str) -> None:
    nodes = zoom_nodes(separable, padding).double()
    points = 2 * torch.rand(1, 500, 2, dtype=torch.float64) - 1
    back, valid = invert_points(nodes, GridWarp(nodes, separable).forward(points), separable)
    assert valid.all()
    torch.testing.assert_close(back, points, atol=1e-9, rtol=0)


@KINDS
@DTYPES
def test_each_image_of_a_batch_alone_gives_the_same(separable: bool, dtype: torch.dtype) -> None:
    nodes = attract(blobs(3, (9, 14)), (9, 14), separable=separable).to(dtype)
    grid, valid = invert_lattice(nodes, (40, 33), separable)
    for k in range(3):
        alone, alone_valid = invert_lattice(nodes[k : k + 1], (40, 33), separable)
        assert torch.equal(alone[0], grid[k]) and torch.equal(alone_valid[0], valid[k])


def test_each_image_of_a_batch_alone_gives_the_same_beside_one_that_folds() -> None:
    nodes = torch.cat((jittered(6, 7, 0.05), jittered(6, 7, 0.6), (1.3 * jittered(6, 7, 0.1)).clamp(-1, 1)))
    grid, valid = invert_lattice(nodes, (25, 31))
    for k in range(3):
        alone, alone_valid = invert_lattice(nodes[k : k + 1], (25, 31))
        assert torch.equal(alone_valid[0], valid[k])
        torch.testing.assert_close(alone[0], grid[k], atol=1e-12, rtol=0)


@KINDS
def test_inputs_are_left_as_they_were(separable: bool) -> None:
    nodes, points = zoom_nodes(separable), torch.rand(1, 20, 2)
    before = nodes.clone(), points.clone()
    invert_lattice(nodes, (20, 30), separable)
    invert_points(nodes, points, separable)
    assert torch.equal(nodes, before[0]) and torch.equal(points, before[1])


@KINDS
@pytest.mark.parametrize("axis", [1, 2])
def test_flips_commute(separable: bool, axis: int) -> None:
    nodes = zoom_nodes(separable).double()
    mirror = torch.ones(2, dtype=torch.float64)
    mirror[2 - axis] = -1
    flipped, _ = invert_lattice(nodes.flip(axis) * mirror, (33, 47), separable)
    straight, _ = invert_lattice(nodes, (33, 47), separable)
    torch.testing.assert_close(flipped, straight.flip(axis) * mirror, atol=1e-9, rtol=0)


# -- conventions, in lopsided numbers --------------------------------------------------------------------------------


def test_convention_axes_corners_and_direction() -> None:
    """x before y, corners aligned, source -> zoomed. Column nodes at source x = -1, 0.5, 1; row nodes at y = -1, -0.5, 0, 1."""
    nodes = outer(torch.tensor([[-1.0, 0.5, 1.0]]), torch.tensor([[-1.0, -0.5, 0.0, 1.0]]))
    for separable in (True, False):
        grid, valid = invert_lattice(nodes, (3, 5), separable)
        x, y = torch.tensor([-1.0, -2 / 3, -1 / 3, 0.0, 1.0]), torch.tensor([-1.0, 1 / 3, 1.0])
        torch.testing.assert_close(grid, outer(x[None], y[None]), atol=1e-6, rtol=0)
        assert valid.shape == (1, 3, 5) and valid.all()


def test_convention_a_bilinear_tile_by_hand() -> None:
    """One tile, corners (-1, -1), (1, -1), (-1, 1), (0, 0.5): at u = v = 1/2 it passes (-0.25, -0.125)."""
    nodes = torch.tensor([[[[-1.0, -1.0], [1.0, -1.0]], [[-1.0, 1.0], [0.0, 0.5]]]])
    points, valid = invert_points(nodes, torch.tensor([[[-0.25, -0.125], [0.0, 0.5], [0.9, 0.9]]]))
    torch.testing.assert_close(points[0, :2], torch.tensor([[0.0, 0.0], [1.0, 1.0]]), atol=1e-6, rtol=0)
    assert valid.tolist() == [[True, True, False]]


@KINDS
def test_convention_an_axis_of_one_pixel_is_its_middle(separable: bool) -> None:
    nodes = zoom_nodes(separable)
    row, _ = invert_lattice(nodes, (1, 7), separable)
    expected, _ = invert_points(nodes, torch.stack((torch.linspace(-1, 1, 7), torch.zeros(7)), -1)[None], separable)
    torch.testing.assert_close(row[0], expected, atol=1e-6, rtol=0)
    assert invert_lattice(nodes, (1, 1), separable)[0].shape == (1, 1, 1, 2)


@KINDS
def test_agrees_with_the_public_inverse_where_that_has_no_hole(
    published: dict[str, np.ndarray], separable: bool
) -> None:
    """Its inverse is read at the corner-aligned lattice too; outside its holes the two agree to float32 rounding."""
    x, y = torch.tensor(published["nuscenes_grid_x"])[None], torch.tensor(published["nuscenes_grid_y"])[None]
    for size in ((15, 25), (8, 13)):
        grid, valid = invert_lattice(outer(x, y), size, separable)
        theirs, hole = (published[f"nuscenes_{what}_{size[0]}x{size[1]}"] for what in ("inv_official", "hole"))
        assert hole.any() and valid.all()
        np.testing.assert_allclose(grid[0].numpy()[~hole], theirs[~hole], atol=5e-7, rtol=0)


# -- the traps of public code ----------------------------------------------------------------------------------------


@KINDS
@pytest.mark.parametrize("size", [(2, 4), (4, 7), (60, 100)])
@pytest.mark.parametrize("seed", range(5))
def test_trap_the_last_row_and_column_are_kept(separable: bool, size: tuple[int, int], seed: int) -> None:
    nodes = attract(blobs(1, (27, 48), seed=seed), (27, 48), separable=separable).float()
    grid, valid = invert_lattice(nodes, size, separable)
    assert valid.all()
    torch.testing.assert_close(grid[0, -1, :, 1], torch.ones(size[1]), atol=1e-5, rtol=0)
    torch.testing.assert_close(grid[0, :, -1, 0], torch.ones(size[0]), atol=1e-5, rtol=0)


@KINDS
@pytest.mark.parametrize("size", [(4, 7), (15, 25), (60, 100)])
def test_trap_no_invalid_point_samples_the_image(separable: bool, size: tuple[int, int]) -> None:
    """A cropping map leaves a frame without answer: it is marked, and its continuation lies outside the zoomed image."""
    nodes = 0.7 * zoom_nodes(separable, "replicate").float()
    grid, valid = invert_lattice(nodes, size, separable)
    assert not valid.all() and valid.any()
    assert (grid[~valid].abs().amax(-1) > 1).all()


def test_trap_a_shear_has_no_holes() -> None:
    nodes = identity(31, 51, torch.float32).clone()
    nodes[..., 0] += 0.4 * nodes[..., 1]
    grid, valid = invert_lattice(nodes, (60, 96))
    source = lattice((60, 96))[None]
    inside = (source[..., 0] - 0.4 * source[..., 1]).abs() <= 1
    assert torch.equal(valid, inside)
    torch.testing.assert_close(grid[..., 0], source[..., 0] - 0.4 * source[..., 1], atol=3e-6, rtol=0)


@pytest.mark.parametrize("amount", [0.0, 1e-7, 1e-5, 1e-3])
def test_trap_weak_warps_are_exact(amount: float) -> None:
    nodes = jittered(31, 51, amount).clamp(-1, 1).float()
    grid, valid = invert_lattice(nodes, (600, 960))
    assert round_trip(nodes, grid)[valid].max() < 2e-4


@DTYPES
@pytest.mark.parametrize("separable", [True, False])
def test_round_trip_of_a_large_lattice(separable: bool, dtype: torch.dtype) -> None:
    nodes = zoom_nodes(separable).to(dtype)
    grid, valid = invert_lattice(nodes, (1024, 2048), separable)
    assert valid.all()
    assert round_trip(nodes, grid).max() < (1e-3 if dtype == torch.float32 else 1e-9)


@KINDS
def test_ten_thousand_pixels_wide(separable: bool) -> None:
    nodes = zoom_nodes(separable).float()
    grid, valid = invert_lattice(nodes, (8, 10_000), separable)
    assert valid.all()
    assert round_trip(nodes, grid).max() < 5e-3  # float32 itself is 6e-4 px here


# -- errors and parts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 5, 2), (1, 4, 5, 3), (1, 1, 5, 2)])
def test_nodes_of_a_wrong_shape_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected nodes of shape \(B, h, w, 2\)"):
        invert_lattice(torch.zeros(shape), (4, 4))


def test_half_precision_nodes_are_refused_with_the_remedy() -> None:
    with pytest.raises(TypeError, match=r"nodes\.float\(\)"):
        invert_lattice(identity(3, 4).half(), (4, 4))


def test_points_of_another_batch_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected points of shape \(2, N, 2\), got \(1, 5, 2\)"):
        invert_points(jittered(3, 4, 0.1, batch=2), torch.zeros(1, 5, 2).double())


def test_ragged_ranges() -> None:
    owner, number = expand(torch.tensor([2, 0, 3]))
    assert owner.tolist() == [0, 0, 2, 2, 2] and number.tolist() == [0, 1, 0, 1, 2]
    assert list(chunks(torch.tensor([2, 0, 3, 9, 1]), 5)) == [(0, 3), (3, 4), (4, 5)]


@pytest.mark.parametrize("amount", [0.0, 0.02, 0.12, 0.4])
@pytest.mark.parametrize("mirror", [1, -1])
@pytest.mark.parametrize("batch", [1, 2])
def test_the_inverse_in_plain_operators_is_the_same(amount: float, mirror: int, batch: int) -> None:
    nodes = lattice((7, 9)).expand(batch, -1, -1, -1) * torch.tensor([0.8 * mirror, 0.9])
    nodes = nodes + amount * torch.randn(nodes.shape, generator=torch.Generator().manual_seed(3))
    for size in ((33, 41), (2, 57)):
        points, valid, tile = opaque.rasterised(nodes, size, True)
        spelled_points, spelled_valid, spelled_tile = spelled.lattice(nodes, *size)
        torch.testing.assert_close(spelled_points, points, atol=1e-5, rtol=1e-5)
        assert torch.equal(spelled_valid, valid) and torch.equal(spelled_tile, tile)
        asked = lattice(size).reshape(1, -1, 2).expand(batch, -1, -1)
        found = opaque.searched(nodes, asked)
        for ours, theirs in zip(spelled.points(nodes, asked), found, strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_a_point_has_the_same_answer_however_many_are_asked() -> None:
    """Outside of a map that folds, a few points used to be continued by another tile than many."""
    generator = torch.Generator().manual_seed(0)
    nodes = 0.8 * lattice((16, 16))[None] + 0.3 * torch.randn(1, 16, 16, 2, generator=generator)
    points = lattice((60, 80)).reshape(1, -1, 2)
    together, _ = invert_points(nodes, points)
    alone = torch.cat([invert_points(nodes, part)[0] for part in points.split(160, 1)], 1)
    torch.testing.assert_close(alone, together, atol=1e-6, rtol=1e-6)
