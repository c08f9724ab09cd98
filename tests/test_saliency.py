"""Where to look: the formulas, the public code's densities, and inputs with nothing in them."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lzviz import saliency


@pytest.mark.parametrize(
    ("key", "bandwidth", "amplitude"), [("bw64_amp1", 64, 1), ("bw16_amp1", 16, 1), ("bw256_amp0.5", 256, 0.5)]
)
def test_box_density_agrees_with_the_public_fovea_code(published, key, bandwidth, amplitude):
    size = tuple(int(n) for n in published["fovea_image_hw"])
    for case, k in ((0, 0), (4, 1)):
        boxes = torch.tensor(published[f"fovea_boxes_{case}"])
        density = saliency.from_boxes(boxes, size, (31, 51), bandwidth, amplitude)
        np.testing.assert_allclose(density[0, 0], published[f"fovea_sal_{key}"][k], rtol=2e-3)


def test_box_density_sums_to_one_peaks_at_the_box_and_is_uniform_without_boxes():
    boxes = torch.tensor([[80.0, 10, 90, 20]])  # x 85 of 120, y 15 of 60
    density = saliency.from_boxes(boxes, (60, 120), (7, 13), bandwidth=4)[0, 0]
    assert density.sum() == pytest.approx(1)
    assert divmod(int(density.argmax()), 13) == (1, 8) or divmod(int(density.argmax()), 13) == (2, 9)
    assert saliency.from_boxes(boxes[:0], (60, 120), (4, 5)).unique().tolist() == pytest.approx([1 / 20])


def test_boxes_are_left_as_they_were_and_an_empty_box_is_no_nan():
    boxes = torch.tensor([[5.0, 5, 5, 5]])
    before = boxes.clone()
    assert saliency.from_boxes(boxes, (20, 30), (5, 5)).isfinite().all()
    assert torch.equal(boxes, before)


def test_strength_is_how_many_times_a_painted_cell_outweighs_an_unpainted_one():
    mask = torch.tensor([[0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    assert saliency.from_mask(mask, (2, 3), strength=5)[0, 0].tolist() == [[1, 5, 3], [1, 1, 5]]


def test_a_thin_stroke_between_two_nodes_is_not_lost():
    mask = torch.zeros(1, 1, 256, 512)
    mask[..., 100, :] = 1  # one row of 256, between nodes
    assert float(saliency.from_mask(mask, (31, 51), strength=50).max()) > 3


def test_masks_are_brought_to_the_nodes_corner_aligned():
    row = torch.tensor([1.0, 2, 4, 8, 16])
    mask = torch.stack((row, 3 * row)).double()[None, None] / 64
    # 5 cells to 3 nodes: two cells a node, so a triangle of two cells to each side of cells 0, 2 and 4.
    shrunk = torch.tensor([(2 * 1 + 2) / 3, (2 + 2 * 4 + 8) / 4, (8 + 2 * 16) / 3], dtype=torch.float64) / 64
    torch.testing.assert_close(saliency.from_mask(mask, (2, 3), strength=2)[0, 0, 0], 1 + shrunk)
    grown = F.interpolate(mask, size=(3, 9), mode="bilinear", align_corners=True)
    torch.testing.assert_close(saliency.to_nodes(mask, (3, 9)), grown)


@pytest.mark.parametrize("nodes", [(3, 5), (31, 51), (64, 128)])
def test_a_spot_stays_where_it_was_painted(nodes):
    y, x = torch.linspace(-1, 1, 64)[:, None], torch.linspace(-1, 1, 128)
    saliency_map = saliency.to_nodes((2 + 0.5 * x + 0.3 * y)[None, None].double(), nodes)[0, 0]
    node_y, node_x = (torch.linspace(-1, 1, n, dtype=torch.float64) for n in nodes)
    # Where the triangle lies inside the map a plane is kept, up to what sampling a triangle at whole cells costs.
    expected = 2 + 0.5 * node_x + 0.3 * node_y[:, None]
    torch.testing.assert_close(saliency_map[1:-1, 1:-1], expected[1:-1, 1:-1], atol=2e-3, rtol=0)


def test_boundaries_differ_from_any_of_eight_neighbours_and_void_makes_none():
    labels = torch.zeros(5, 6, dtype=torch.long)
    labels[3:, 4:] = 2
    labels[0, 0] = 255
    found = saliency.from_boundaries(labels, (5, 6), boundary=200, background=1)[0, 0] == 200
    expected = torch.zeros(5, 6, dtype=torch.bool)
    expected[2, 3:] = expected[3:, 3] = expected[3, 4:] = expected[3:, 4] = True
    assert torch.equal(found, expected)


def test_edges_see_a_step_and_not_a_flat_wall():
    image = torch.zeros(1, 3, 64, 96)
    image[..., 48:] = 1
    edges = saliency.from_edges(image, (9, 13))[0, 0]
    assert edges.max() == 1
    assert edges.argmax(dim=1).tolist() == [6] * 9, "the step is at 48 of 96: the middle column of 13"
    assert edges[:, :4].max() < 1e-3
    assert saliency.from_edges(torch.full((2, 3, 20, 20), 0.3), (5, 5)).max() == 0


def test_edges_do_not_depend_on_resolution():
    image = F.interpolate(torch.rand(1, 3, 8, 12), size=(128, 192), mode="bicubic").clamp(0, 1)
    large = F.interpolate(image, scale_factor=4, mode="bilinear")
    assert (saliency.from_edges(image, (8, 12)) - saliency.from_edges(large, (8, 12))).abs().max() < 0.05


def test_the_fixed_map_is_the_published_one(published):
    from lzviz.attraction import attract

    density = saliency.fixed()
    assert density.shape == (1, 1, 27, 48) and float(density.sum()) == pytest.approx(1, abs=1e-5)
    grid = attract(density, (27, 48), fwhm=10)
    np.testing.assert_allclose(grid[0, 0, :, 0], published["nuscenes_grid_x"], atol=2e-6)
    np.testing.assert_allclose(grid[0, :, 0, 1], published["nuscenes_grid_y"], atol=2e-6)


def test_the_centre_is_a_gaussian_in_normalised_coordinates():
    blob = saliency.centre((5, 9))[0, 0]
    assert blob[2, 4] == 1
    assert float(blob[0, 8]) == pytest.approx(math.exp(-2 / (2 * 0.35**2)), rel=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: saliency.from_mask(torch.ones(4, 4) * 255, (3, 3)), "did you mean mask / 255"),
        (lambda: saliency.from_mask(torch.ones(4, 4, dtype=torch.uint8), (3, 3)), "did you mean mask / 255"),
        (lambda: saliency.from_mask(torch.full((4, 4), math.nan), (3, 3)), r"mask must lie in \[0, 1\]"),
        (lambda: saliency.from_boxes(torch.zeros(3, 5), (9, 9)), r"boxes \(N, 4\)"),
        (lambda: saliency.from_boundaries(torch.rand(4, 4), (3, 3)), "integer labels"),
        (lambda: saliency.from_edges(torch.rand(1, 4, 8, 8), (3, 3)), "expected an image"),
    ],
)
def test_wrong_input_says_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
