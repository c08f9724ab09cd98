"""The convention, on lopsided numbers: a square would agree with the mistake too."""

import pytest
import torch

from lzviz import coords


def test_convention_first_and_last_pixel_are_minus_one_and_one():
    corners = torch.tensor([[0.0, 0.0], [5.0, 3.0], [1.0, 3.0]])  # x, y in an image of 4 rows and 6 columns
    expected = torch.tensor([[-1.0, -1.0], [1.0, 1.0], [-0.6, 1.0]])
    torch.testing.assert_close(coords.to_normalised(corners, (4, 6)), expected)
    torch.testing.assert_close(coords.to_pixels(expected, (4, 6)), corners)


def test_convention_lattice_is_x_before_y():
    grid = coords.lattice((2, 3))
    assert grid.shape == (2, 3, 2)
    assert grid[0].tolist() == [[-1, -1], [0, -1], [1, -1]]
    assert grid[1, 2].tolist() == [1, 1]


def test_convention_a_single_pixel_sits_at_zero():
    assert coords.lattice((1, 3))[0].tolist() == [[-1, 0], [0, 0], [1, 0]]
    assert coords.to_normalised(torch.tensor([2.0, 0.0]), (1, 3)).tolist() == [1, 0]
    assert coords.to_pixels(torch.tensor([1.0, 0.0]), (1, 3)).tolist() == [2, 0]


def test_convention_half_pixel_grids_name_outer_edges():
    # px = ((g + 1) W - 1) / 2: -1 is the outer edge of the first pixel, half a pixel before its centre.
    px = coords.to_pixels(coords.from_half_pixel(torch.tensor([[-1.0, -1.0], [0.5, 0.0]]), (4, 6)), (4, 6))
    torch.testing.assert_close(px, torch.tensor([[-0.5, -0.5], [4.0, 1.5]]))


def test_convention_box_edges_are_half_a_pixel_from_centres():
    box = torch.tensor([2.0, 1.0, 5.0, 3.0])  # columns 2, 3, 4 and rows 1, 2
    assert coords.edges_to_points(box).tolist() == [1.5, 0.5, 4.5, 2.5]
    assert coords.points_to_edges(coords.edges_to_points(box)).tolist() == box.tolist()


@pytest.mark.parametrize("n", [2, 3, 51, 2048, 8192])
def test_the_last_pixel_is_exactly_one(n):
    assert coords.to_normalised(torch.tensor([n - 1.0, 0.0]), (2, n))[0] == 1
    assert coords.axis(n)[0] == -1 and coords.axis(n)[-1] == 1


@pytest.mark.parametrize("size", [(0, 3), (3,), (2.5, 3), "ab", None, (3, -1)])
def test_a_bad_size_says_what_was_expected(size):
    with pytest.raises(ValueError, match=r"expected nodes as \(height, width\)"):
        coords.check_size(size, "nodes")
