"""What of the source a warp shows is an area, whatever lattice anybody looks at."""

from __future__ import annotations

import pytest
import torch

from lzviz import Warp
from lzviz.measure.examine import enclosed, examine


@pytest.mark.parametrize("across, down, share", [(0.9, 0.5, 0.45), (-0.9, 0.5, 0.45), (1.4, 0.5, 0.5), (3, 3, 1)])
@pytest.mark.parametrize("sizes", [((7, 9), (90, 100)), ((96, 128), (1024, 2048)), ((3, 3), (1, 1))])
def test_a_scaled_view_shows_its_area_at_every_size(across, down, share, sizes):
    warp = Warp.from_grid(
        Warp.identity(nodes=(5, 7)).nodes.double() * torch.tensor([across, down], dtype=torch.float64)
    )
    assert examine(warp, *sizes).facts.coverage == pytest.approx(share, abs=1e-12)


def test_a_half_pixel_grid_leaves_out_half_a_sample_all_round():
    grid = torch.nn.functional.affine_grid(
        torch.eye(2, 3, dtype=torch.float64)[None], (1, 1, 8, 16), align_corners=False
    )
    warp = Warp.from_grid(grid, align_corners=False, source_size=(64, 128))
    assert examine(warp, (8, 16), (64, 128)).facts.coverage == pytest.approx(56 / 63 * 120 / 127, abs=1e-12)


def test_a_square_on_its_corner_is_clipped_at_the_picture():
    corners = torch.tensor([[[0.0, -1.5], [1.5, 0]], [[-1.5, 0], [0, 1.5]]])
    assert enclosed(corners.numpy()) == pytest.approx(1 - 4 * (0.5**2 / 2) / 4, abs=1e-7)
    assert enclosed(corners.numpy() + 9) == 0


def test_a_folded_map_counts_no_place_twice():
    nodes = Warp.identity(nodes=(2, 5)).nodes.double().clone()
    nodes[..., 0] = torch.tensor([-1.0, 0.5, -0.5, 0.5, 1.0])
    assert examine(Warp.from_grid(nodes), (8, 8), (40, 40)).facts.coverage <= 1
