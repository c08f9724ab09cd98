"""Warps as people hold them: points without order, dense fields, edits in place, one screen of print."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import lzviz
from lzviz.coords import lattice, to_normalised
from lzviz.inversion import Tiles, invert_points
from lzviz.warp import GridWarp, Warp
from tests.test_warp_given import flow, warp

# -- points without order --------------------------------------------------------------------------------------------


def test_sampling_points_of_anybody_are_a_layout():
    torch.manual_seed(0)
    size, points = (30, 40), 29 * torch.rand(2, 4, 7, 2)  # heads, points
    layout = lzviz.Layout.from_points(points, size)
    assert layout.count.tolist() == [28, 28] and layout.batch.tolist() == [0] * 28 + [1] * 28
    assert torch.equal(layout.sites, points.reshape(-1, 2))
    torch.testing.assert_close(layout.density((6, 8)).sum((1, 2)), torch.full((2,), 28.0))
    ramp = torch.arange(40.0).expand(2, 1, 30, 40)
    torch.testing.assert_close(layout.gather(ramp)[:, 0], points.reshape(-1, 2)[:, 0], atol=1e-4, rtol=0)
    dense, valid = layout.scatter(torch.full((56, 3), 0.25), (10, 12))
    torch.testing.assert_close(dense, 0.25 * valid[:, None].float().expand_as(dense))
    assert valid.any() and not valid.all()
    for same in (
        lzviz.Layout.from_points(points.flip(-1), size, order="yx"),
        lzviz.Layout.from_points(to_normalised(points, size), size, units="normalised"),
        lzviz.Layout.from_points((points + 0.5) / torch.tensor([40.0, 30]), size, units="unit"),
        lzviz.Layout.from_points(list(points.flatten(1, 2)), size),
    ):
        torch.testing.assert_close(same.sites, layout.sites, atol=1e-4, rtol=0)
    ragged = lzviz.Layout.from_points([points[0, 0], points[1, 0, :2]], size)
    assert ragged.count.tolist() == [7, 2] and ragged.footprints.shape == (9, 4, 2)
    with pytest.raises(ValueError, match="units are pixels"):
        lzviz.Layout.from_points(points, size, units="px")


# -- dense fields ----------------------------------------------------------------------------------------------------


def test_points_of_a_dense_field_that_folds_are_those_of_a_search_through_all_tiles():
    nodes = lzviz.Warp.from_flow(flow((48, 64), pixels=9.0)).nodes.double()
    w = GridWarp(nodes)
    assert 0.1 < float(w.foldovers().double().mean()) < 0.6
    points = torch.rand(1, 400, 2, dtype=torch.float64) * 2.4 - 1.2
    many, valid = w.inverse(points)
    few = [invert_points(nodes, part) for part in points.split(20, dim=1)]  # so few that every tile is asked
    assert torch.equal(valid, torch.cat([f[1] for f in few], 1)) and valid.float().mean() > 0.5
    torch.testing.assert_close(many[valid], torch.cat([f[0] for f in few], 1)[valid])


def test_tiles_are_made_once_for_many_points(monkeypatch):
    made = []
    monkeypatch.setattr(Tiles, "of", classmethod(lambda cls, nodes, real=Tiles.of: (made.append(1), real(nodes))[1]))
    w = lzviz.Warp.from_flow(flow())
    for _ in range(3):
        w.inverse(torch.rand(2, 50, 2))
    assert len(made) == 1


def test_warps_print_on_one_screen():
    text = repr((warp(2) @ warp()) @ lzviz.Warp.identity())
    assert len(text.splitlines()) < 12 and "nodes" in text and "nonseparable" in text


def test_a_warp_is_chosen_by_the_integers_of_numpy_and_torch_too():
    w = lzviz.Warp.from_saliency(torch.rand(3, 1, 9, 12), (5, 7))
    for index in (2, -1, np.int64(2), np.uint8(2), torch.tensor(2), np.array([2]), (2,), range(2, 3)):
        assert torch.equal(w[index].nodes, w.nodes[2:]), repr(index)
    assert torch.equal((w @ w)[np.int64(1)].grid((5, 7)), (w @ w)[1].grid((5, 7)))
    for index in (True, 1.0, "1", None, torch.tensor(1.0), np.zeros((2, 2), int)):
        with pytest.raises(TypeError):
            w[index]
    with pytest.raises(IndexError, match="no warp 3"):
        w[np.int64(3)]


@pytest.mark.parametrize("way", ["grid", "flow"])
def test_offsets_that_start_at_zero_have_the_gradient_of_every_node(way):
    image, weight = torch.rand(1, 1, 33, 35).double(), torch.rand(1, 1, 17, 19).double()
    plain = lzviz.Warp.identity((9, 7), dtype=torch.float64).nodes * 0.9
    offset, nodes = torch.zeros_like(plain).requires_grad_(), plain.clone().requires_grad_()
    w = lzviz.Warp.from_grid(plain + offset)
    if way == "flow":
        w = lzviz.Warp.from_flow(plain - lattice((9, 7), dtype=plain.dtype) + offset, units="normalised")
    (w.zoom(image, (17, 19)) * weight).sum().backward()
    grid = F.interpolate(nodes.permute(0, 3, 1, 2), (17, 19), mode="bilinear", align_corners=True).permute(0, 2, 3, 1)
    read = F.grid_sample(image, grid, align_corners=True, padding_mode="border")
    (read * weight).sum().backward()
    torch.testing.assert_close(offset.grad, nodes.grad)


@pytest.mark.parametrize("inference", [False, True])
def test_a_separable_grid_edited_in_place_is_looked_at_again(inference):
    with torch.inference_mode(inference):
        grid = lzviz.Warp.from_saliency(torch.rand(1, 1, 9, 11) ** 4, (9, 11)).nodes.clone()
        image = torch.rand(1, 3, 60, 96)
        direct = GridWarp(grid, separable=True)
        for w in (lzviz.Warp.from_grid(grid), direct, direct @ lzviz.Warp.identity(), copy.deepcopy(direct)):
            assert w.separable
        w = lzviz.Warp.from_grid(grid)
        w.zoom(image, (20, 30)), w.unzoom(image, (20, 30))
        grid[:, 4, 5] += 0.05
        for edited in (w, direct):
            assert not edited.separable
            whole = GridWarp(grid.clone())
            torch.testing.assert_close(edited.zoom(image, (20, 30)), whole.zoom(image, (20, 30)))
            points = torch.rand(1, 9, 2) - 0.5
            torch.testing.assert_close(edited.inverse(points)[0], whole.inverse(points)[0], atol=1e-5, rtol=0)
        assert not (direct @ lzviz.Warp.identity()).separable


def test_points_that_are_no_tensors_are_refused_with_the_remedy():
    for points in ([[1, 2], [3, 4]], [(1.0, 2.0)], ["a"]):
        with pytest.raises(TypeError, match=r"torch\.tensor\(points, dtype=torch\.float32\)"):
            lzviz.Layout.from_points(points, (30, 40))
    for points in (7, torch.rand(2)):
        with pytest.raises(ValueError, match=r"expected points \(N, 2\) or \(B, \.\.\., 2\)"):
            lzviz.Layout.from_points(points, (30, 40))


def test_layouts_and_answers_of_samplers_are_one_screen():
    layout = lzviz.Layout.from_points([torch.rand(5000, 2) * 30 for _ in range(50)], (30, 40))
    sampled = lzviz.samplers.create("lzu")(torch.rand(1, 3, 64, 128), size=(16, 32))
    sampled.extras.update({f"more {k}": torch.rand(99, 99) for k in range(40)})
    for value, word in ((layout, "250000 points over 30 x 40"), (sampled, "image (1, 3, 16, 32) float32 on cpu")):
        text = repr(value)
        assert word in text and "tensor(" not in text
        assert len(text.splitlines()) <= 20 and max(map(len, text.splitlines())) <= 120
    assert "0 points" in repr(lzviz.Layout.from_points(torch.zeros(0, 2), (30, 40)))


@pytest.mark.parametrize(
    "turned", [lambda a: a[..., ::-1].copy()[..., ::-1], lambda a: a.astype(">f4"), np.asfortranarray]
)
def test_arrays_that_run_backwards_or_in_another_order_are_taken(turned):
    rng = np.random.default_rng(0)
    nodes = Warp.identity((5, 6)).nodes.numpy() * np.float32(0.9)
    warp = Warp.from_grid(turned(nodes))
    assert np.array_equal(warp.nodes.numpy(), nodes)
    image, points = rng.random((1, 3, 8, 9), np.float32), rng.random((4, 2), np.float32)
    assert np.array_equal(warp.zoom(turned(image), (4, 5)), warp.zoom(image, (4, 5)))
    assert np.array_equal(warp.zoom_points(turned(points), (4, 5), (8, 9)), warp.zoom_points(points, (4, 5), (8, 9)))
    sites = lzviz.Layout.from_points(turned(points), (8, 9)).sites
    assert torch.equal(sites, lzviz.Layout.from_points(points, (8, 9)).sites)
