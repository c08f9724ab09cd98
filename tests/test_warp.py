"""A warp is a value: forward, inverse, composition, points, boxes, and what it says about itself."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lzviz
from lzviz.coords import lattice, to_pixels
from tests.conftest import blobs

SIZE = (31, 51)


def zooming(batch=1, separable=False, seed=0, dtype=torch.float32, **options):
    return lzviz.Warp.from_saliency(blobs(batch, SIZE, seed=seed).to(dtype), SIZE, separable=separable, **options)


def wavy(batch=1, nodes=(5, 7), amount=0.15, seed=0, dtype=torch.float64):
    """A random smooth asymmetric warp that keeps the border and does not fold."""
    rng = torch.Generator().manual_seed(seed)
    grid = lattice(nodes, dtype=dtype).repeat(batch, 1, 1, 1)
    shift = torch.randn(batch, nodes[0] - 2, nodes[1] - 2, 2, generator=rng, dtype=dtype).clamp(-1.5, 1.5)
    step = torch.tensor([2 / (nodes[1] - 1), 2 / (nodes[0] - 1)], dtype=dtype)
    grid[:, 1:-1, 1:-1] += amount * step * shift
    return lzviz.Warp.from_grid(grid)


def test_convention_forward_goes_from_zoomed_to_source_x_before_y():
    grid = lattice((3, 4))[None].clone()
    grid[..., 0] = grid[..., 0] * 0.5 + 0.25  # the zoomed image shows x in [-.25, .75] of the source
    warp = lzviz.Warp.from_grid(grid)
    assert warp.forward(torch.tensor([[[1.0, -1.0]]]))[0, 0].tolist() == [0.75, -1]
    points, valid = warp.inverse(torch.tensor([[[0.75, -1.0], [0.25, 0.5], [-0.5, 0.0]]]))
    torch.testing.assert_close(points[0, :2], torch.tensor([[1.0, -1.0], [0.0, 0.5]]))
    assert valid.tolist() == [[True, True, False]]


def test_convention_points_are_pixels_of_their_own_image():
    grid = lattice((3, 4))[None].clone()
    grid[..., 0] = grid[..., 0] * 0.5 + 0.25
    warp = lzviz.Warp.from_grid(grid)
    source = warp.unzoom_points(torch.tensor([[5.0, 3.0]]), (4, 6), (7, 9))  # last pixel of a 4 x 6 zoomed image
    torch.testing.assert_close(source, torch.tensor([[(0.75 + 1) / 2 * 8, 6.0]]))
    torch.testing.assert_close(warp.zoom_points(source, (4, 6), (7, 9)), torch.tensor([[5.0, 3.0]]))


def test_the_grid_passes_through_its_nodes_and_is_straight_between():
    warp = zooming(2)
    torch.testing.assert_close(warp.grid(SIZE), warp.nodes)
    fine = warp.grid((61, 101))
    torch.testing.assert_close(fine[:, 1::2, ::2], (warp.nodes[:, :-1] + warp.nodes[:, 1:]) / 2, atol=1e-6, rtol=0)


@pytest.mark.parametrize("separable", [True, False])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (37, 1), (60, 96)])
def test_the_grid_is_forward_at_the_lattice(separable, size):
    warp = zooming(2, separable)
    expected = warp.forward(lattice(size).reshape(1, -1, 2)).reshape(2, *size, 2)
    torch.testing.assert_close(warp.grid(size), expected, atol=2e-6, rtol=0)


def test_grids_agree_with_the_public_lzu_code(published):
    saliency = torch.tensor(published["saliency"])[1:]
    grid = lzviz.Warp.from_saliency(saliency, SIZE, 13, anti_crop=False, floor=0).grid((60, 96))
    np.testing.assert_allclose(grid[0, 0, :, 0], published["up_x"], atol=2e-6)
    np.testing.assert_allclose(grid[0, :, 0, 1], published["up_y"], atol=2e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), batch=st.sampled_from([1, 3]), amount=st.floats(0, 0.3))
def test_inverse_undoes_forward(seed, batch, amount):
    warp = wavy(batch, seed=seed, amount=amount)
    if bool(warp.foldovers().any()):
        return
    points = torch.rand(batch, 50, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    back, valid = warp.inverse(warp.forward(points))
    assert valid.all()
    torch.testing.assert_close(back, points, atol=1e-9, rtol=0)


def test_composition_is_contravariant_and_exact_on_points():
    a, b = wavy(seed=1), wavy(seed=2, nodes=(9, 6))
    points = torch.rand(1, 40, 2, dtype=torch.float64) * 2 - 1
    both = a @ b
    torch.testing.assert_close(both.forward(points), a.forward(b.forward(points)))
    assert (both.forward(points) - (b @ a).forward(points)).abs().max() > 1e-3, "the order matters"
    back, valid = both.inverse(both.forward(points))
    assert valid.all()
    torch.testing.assert_close(back, points, atol=1e-9, rtol=0)


def test_composition_is_associative_and_broadcasts_over_the_batch():
    a, b, c = wavy(3, seed=1), wavy(1, seed=2), wavy(3, seed=3)
    points = torch.rand(3, 20, 2, dtype=torch.float64) * 2 - 1
    torch.testing.assert_close(((a @ b) @ c).forward(points), (a @ (b @ c)).forward(points))
    assert (a @ b).batch == 3
    with pytest.raises(ValueError, match="cannot compose batches of 3 and 2"):
        a @ wavy(2)


def test_zooming_twice_is_zooming_by_the_product_on_smooth_images():
    y, x = torch.meshgrid(torch.linspace(0, 1, 300), torch.linspace(0, 1, 400), indexing="ij")
    image = (torch.sin(3 * x + 2 * y) + y * x)[None, None].double()
    a, b = wavy(seed=1), wavy(seed=2)
    twice = b.zoom(a.zoom(image, (300, 400)), (50, 70))
    torch.testing.assert_close((a @ b).zoom(image, (50, 70)), twice, atol=2e-3, rtol=0)


def test_the_jacobian_is_the_derivative_and_chains():
    warp = wavy(seed=3) @ wavy(seed=4)
    points = torch.rand(1, 30, 2, dtype=torch.float64) * 1.9 - 0.95
    step = 1e-7
    columns = [
        (warp.forward(points + step * e) - warp.forward(points - step * e)) / (2 * step)
        for e in torch.eye(2, dtype=torch.float64)
    ]
    torch.testing.assert_close(warp.jacobian(points), torch.stack(columns, -1), atol=1e-5, rtol=0)


def test_fold_cells_are_those_whose_determinant_turns_negative_anywhere():
    grid = lattice((4, 5), dtype=torch.float64)[None].clone()
    grid[0, 1, 2, 0] = grid[0, 1, 3, 0] + 0.1  # one node past its right neighbour: folds the four tiles around the edge
    folds = lzviz.Warp.from_grid(grid).foldovers()[0]
    dense = torch.zeros(3, 4, dtype=torch.bool)
    warp = lzviz.Warp.from_grid(grid)
    for i in range(3):
        for j in range(4):
            v, u = torch.meshgrid(torch.linspace(0.001, 0.999, 40), torch.linspace(0.001, 0.999, 40), indexing="ij")
            points = torch.stack(((j + u) / 2 - 1, (i + v) * 2 / 3 - 1), -1).reshape(1, -1, 2).double()
            dense[i, j] = bool((torch.linalg.det(warp.jacobian(points)) < 0).any())
    assert torch.equal(folds, dense) and folds.any()


def test_tiles_that_clamping_made_empty_are_no_folds():
    grid = (lattice((4, 6)) * 1.8).clamp(-1, 1)[None]
    warp = lzviz.Warp.from_grid(grid)
    assert not warp.foldovers().any()
    inverse, valid = warp.inverse_grid((20, 30))
    assert valid.all() and inverse.isfinite().all()
    assert float(warp.round_trip_error((20, 30)).max()) < 1e-4


def test_round_trip_error_is_the_distance_in_source_pixels():
    assert float(zooming(2).round_trip_error((60, 96)).max()) < 1e-3
    folded = lattice((3, 3))[None].clone()
    folded[0, 1, 1] = torch.tensor([3.0, 0.0])
    assert lzviz.Warp.from_grid(folded).round_trip_error((20, 30)).isfinite().all()


def test_outside_the_view_points_are_continued_linearly():
    grid = (lattice((3, 4)) * 0.5)[None]
    warp = lzviz.Warp.from_grid(grid)
    points, valid = warp.inverse(torch.tensor([[[0.9, -0.8], [0.5, 0.5]]]))
    torch.testing.assert_close(points, torch.tensor([[[1.8, -1.6], [1.0, 1.0]]]))
    assert valid.tolist() == [[False, True]]


# -- boxes -----------------------------------------------------------------------------------------------------------


def dense_hull(mapping, box, steps=4001):
    x0, y0, x1, y1 = (float(v) - 0.5 for v in box)
    t = torch.linspace(0, 1, steps, dtype=torch.float64)
    xs, ys = x0 + (x1 - x0) * t, y0 + (y1 - y0) * t
    sides = [torch.stack((xs, torch.full_like(xs, y)), -1) for y in (y0, y1)]
    sides += [torch.stack((torch.full_like(ys, x), ys), -1) for x in (x0, x1)]
    mapped = mapping(torch.cat(sides))
    return torch.cat((mapped.amin(0), mapped.amax(0))) + 0.5


@pytest.mark.parametrize("seed", range(4))
def test_a_box_goes_to_the_hull_of_its_mapped_border_both_ways(seed):
    warp = wavy(seed=seed, amount=0.3)
    zoomed_size, source_size = (48, 64), (240, 320)
    boxes = torch.tensor([[10.0, 20, 200, 150], [0, 0, 320, 240], [250, 100, 262, 101]], dtype=torch.float64)
    ours = warp.zoom_boxes(boxes, zoomed_size, source_size)
    for box, hull in zip(boxes, ours, strict=True):
        slow = dense_hull(lambda p: warp.zoom_points(p, zoomed_size, source_size), box)
        torch.testing.assert_close(hull, slow, atol=5e-3, rtol=0)
    back = warp.unzoom_boxes(ours, zoomed_size, source_size)
    for box, hull in zip(ours, back, strict=True):
        slow = dense_hull(lambda p: warp.unzoom_points(p, zoomed_size, source_size), box)
        torch.testing.assert_close(hull, slow, atol=5e-3, rtol=0)


def test_separable_boxes_come_back_exactly():
    warp = zooming(separable=True, dtype=torch.float64)
    boxes = torch.tensor([[100.0, 50, 400, 300], [0, 0, 960, 600]], dtype=torch.float64)
    zoomed = warp.zoom_boxes(boxes, (120, 192), (600, 960))
    torch.testing.assert_close(warp.unzoom_boxes(zoomed, (120, 192), (600, 960)), boxes, atol=1e-6, rtol=0)
    assert (zoomed[0, 2:] - zoomed[0, :2]).min() > 0


def test_batched_boxes_and_points_keep_their_shape():
    warp = zooming(2)
    boxes = torch.tensor([[10.0, 5, 30, 20]]).expand(2, 1, 4)
    assert warp.zoom_boxes(boxes, (60, 96), (600, 960)).shape == (2, 1, 4)
    assert warp.zoom_points(boxes[..., :2], (60, 96), (600, 960)).shape == (2, 1, 2)
    assert zooming(1).zoom_boxes(boxes[0], (60, 96), (600, 960)).shape == (1, 4)
    assert zooming(1).zoom_boxes(boxes[0, :0], (60, 96), (600, 960)).shape == (0, 4)
    with pytest.raises(ValueError, match="did you pass x, y, width, height"):
        warp.zoom_boxes(torch.tensor([[30.0, 5, 10, 20]]), (60, 96), (600, 960))


# -- the layout ------------------------------------------------------------------------------------------------------


def test_sites_are_the_grid_in_source_pixels_and_rows_are_row_major():
    warp = zooming(2)
    layout = warp.at((12, 20), (600, 960))
    assert layout.count.tolist() == [240, 240] and layout.batch.tolist() == [0] * 240 + [1] * 240
    torch.testing.assert_close(layout.sites.reshape(2, 12, 20, 2), to_pixels(warp.grid((12, 20)), (600, 960)))


def test_footprints_of_the_identity_are_the_pixels_own_squares():
    layout = lzviz.Warp.identity((2, 2)).at((4, 6), (4, 6))
    expected = layout.sites[:, None] + torch.tensor([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    torch.testing.assert_close(layout.footprints, expected, atol=1e-5, rtol=0)


def test_the_jacobian_counts_source_pixels_per_zoomed_pixel():
    layout = lzviz.Warp.identity((3, 3)).at((4, 6), (31, 51))
    torch.testing.assert_close(layout.jacobian(), torch.full((1, 4, 6), 10.0 * 10.0))
    torch.testing.assert_close(layout.magnification(), torch.full((1, 4, 6), 0.01))
    zoomed = zooming(1).at((62, 102), (620, 1020))
    area = zoomed.jacobian().mean() * 62 * 102
    assert float(area) == pytest.approx(620 * 1020, rel=0.05), "the footprints tile the source"


def test_density_sums_to_the_count_even_for_sites_outside():
    grid = (lattice((4, 6)) * 1.7)[None]
    layout = lzviz.Warp.from_grid(grid).at((9, 13), (50, 70))
    for size in [(1, 1), (5, 7), (50, 70)]:
        assert float(layout.density(size).sum()) == pytest.approx(9 * 13, rel=1e-5)


def test_the_share_of_a_region_is_its_sampling_budget():
    mask = torch.zeros(1, 40, 60)
    mask[:, :, :15] = 1
    layout = lzviz.Warp.identity().at((8, 12), (40, 60))
    assert float(layout.share(mask)) == pytest.approx(3 / 12)
    with pytest.raises(ValueError, match="mask \\(B, H, W\\) at the source size"):
        layout.share(mask[:, :20])


# -- zoom and unzoom -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("separable", [True, False])
def test_unzooming_a_zoomed_image_gives_the_image_back(separable):
    y, x = torch.meshgrid(torch.linspace(0, 6, 120), torch.linspace(0, 9, 160), indexing="ij")
    image = (0.5 + 0.3 * torch.sin(x) * torch.cos(y))[None, None]
    warp = zooming(separable=separable)
    back = warp.unzoom(warp.zoom(image, (120, 160)), (120, 160))
    assert (back - image).abs().max() < 0.01


def test_features_of_a_strided_network_sit_on_multiples_of_the_stride():
    # A ramp sampled where the features of a stride-8 network sit: reading them there gives the ramp, corner to corner does not.
    zoomed_size = (64, 96)
    ramp = torch.arange(96.0)[None, None, None].expand(1, 1, 64, 96)
    features = ramp[..., ::8, ::8]
    warp = lzviz.Warp.identity((2, 2))
    right = warp.unzoom(features, zoomed_size, zoomed_size, stride=8)
    torch.testing.assert_close(right[..., :89], ramp[..., :89], atol=1e-3, rtol=0)
    wrong = warp.unzoom(features, zoomed_size)
    assert (wrong - ramp).abs().max() > 6, "corner to corner is up to stride - 1 pixels off"
    with pytest.raises(ValueError, match="needs zoomed_size"):
        warp.unzoom(features, zoomed_size, stride=8)


def test_a_kept_grid_is_never_a_stale_one_and_passes_gradients():
    warp, image = zooming(), torch.rand(1, 1, 30, 40)
    fresh = {size: zooming().zoom(image, size) for size in [(6, 8), (5, 9)]}
    for size in [(6, 8), (5, 9), (6, 8), (6, 8)]:
        assert torch.equal(warp.zoom(image, size), fresh[size])
    with torch.inference_mode():
        warp.zoom(image, (7, 7))
    warp.zoom(image.requires_grad_(), (7, 7)).sum().backward()
    nodes = warp.nodes.clone().requires_grad_()
    learned = lzviz.Warp.from_grid(nodes)
    for _ in range(2):  # twice: a kept graph would be freed by the first
        learned.zoom(image, (7, 7)).sum().backward()
    assert nodes.grad is not None and nodes.grad.abs().max() > 0


def test_outside_the_view_stands_the_fill_value():
    warp = lzviz.Warp.from_grid((lattice((3, 3)) * 0.5)[None])
    out = warp.unzoom(torch.ones(1, 2, 8, 8), (9, 9), fill=-3)
    assert out[0, 0, 0, 0] == -3 and out[0, 1, 4, 4] == 1


def test_half_features_keep_their_dtype_and_their_place():
    warp = zooming(dtype=torch.float32)
    features = torch.rand(1, 3, 20, 30)
    half = warp.unzoom(features.half(), (60, 90))
    assert half.dtype == torch.float16
    torch.testing.assert_close(half.float(), warp.unzoom(features, (60, 90)), atol=2e-3, rtol=0)


@pytest.mark.parametrize("separable", [True, False])
def test_gradcheck_from_saliency_through_zoom_and_unzoom(separable):
    image = torch.rand(1, 1, 9, 11, dtype=torch.float64)
    saliency = (torch.rand(1, 1, 4, 5, dtype=torch.float64) + 0.5).requires_grad_()

    def there_and_back(s, image):
        warp = lzviz.Warp.from_saliency(s, (4, 5), fwhm=3, separable=separable)
        return warp.unzoom(warp.zoom(image, (6, 7)), (5, 8))

    assert torch.autograd.gradcheck(there_and_back, (saliency, image.requires_grad_()), atol=1e-4)


# -- from_grid -------------------------------------------------------------------------------------------------------


def test_a_half_pixel_grid_is_converted_and_reads_the_same_pixels():
    image = torch.rand(1, 1, 11, 17, dtype=torch.float64)
    grid = (lattice((5, 7), dtype=torch.float64) * 0.8)[None]
    grid = grid + 0.05 * torch.rand_like(grid)
    expected = torch.nn.functional.grid_sample(image, grid, align_corners=False, padding_mode="border")
    warp = lzviz.Warp.from_grid(grid, align_corners=False, source_size=(11, 17))
    torch.testing.assert_close(warp.zoom(image, (5, 7)), expected)
    with pytest.raises(ValueError, match="needs source_size"):
        lzviz.Warp.from_grid(grid, align_corners=False)


@pytest.mark.parametrize(
    ("grid", "error", "message"),
    [
        (lambda: lattice((4, 5))[None] / 2 + 0.5, ValueError, r"did you mean grid \* 2 - 1"),
        (lambda: lattice((4, 5)), ValueError, r"shape \(B, H, W, 2\)"),
        (lambda: lattice((4, 5))[None].permute(0, 3, 1, 2), ValueError, "did you mean grid.permute"),
        (lambda: torch.full((1, 3, 3, 2), math.nan), ValueError, "9 of the grid's points are not finite"),
        (lambda: torch.zeros(1, 3, 3, 2, dtype=torch.long), TypeError, "floating-point"),
        (lambda: torch.zeros(1, 1, 3, 2), ValueError, "at least 2 x 2"),
        (lambda: [1, 2], TypeError, "floating-point tensor"),
    ],
)
def test_a_grid_that_cannot_be_a_warp_says_why(grid, error, message):
    with pytest.raises(error, match=message):
        lzviz.Warp.from_grid(grid())


def test_warps_are_frozen():
    with pytest.raises(AttributeError):
        lzviz.Warp.identity().nodes = torch.zeros(1)
