"""Boxes through warps whose border is bent."""

import pytest
import torch

from lzviz.coords import lattice, to_normalised, to_pixels
from lzviz.warp import GridWarp


@pytest.mark.parametrize("seed", [488, 496])
def test_a_bent_border_continued_does_not_widen_what_the_view_shows(seed):
    """Tiles continued over the border of a bent grid lie over tiles of the view: only the latter count for what it shows."""
    generator = torch.Generator().manual_seed(seed)
    warp = GridWarp(lattice((7, 9))[None] + 0.05 * torch.randn(1, 7, 9, 2, generator=generator))
    ends = torch.rand(2, 1, 6, 2, generator=generator)[:, 0] * torch.tensor([517.0, 301.0])
    boxes = torch.cat((ends.amin(0), ends.amax(0)), -1)
    view = torch.tensor([90.0, 60.0, 90.0, 60.0])
    ours = warp.zoom_boxes(boxes, (60, 90), (301, 517)).clamp(min=0).minimum(view)
    t = torch.linspace(0, 1, 401)
    for box, found in zip(boxes, ours, strict=True):
        x, y = box[0] + t * (box[2] - box[0]), box[1] + t * (box[3] - box[1])
        sides = [torch.stack((x, torch.full_like(x, float(box[k]))), -1) for k in (1, 3)]
        sides += [torch.stack((torch.full_like(y, float(box[k])), y), -1) for k in (0, 2)]
        inside, _ = warp.inverse(to_normalised(torch.cat(sides) - 0.5, (301, 517))[None])
        edges = to_pixels(inside[0], (60, 90)) + 0.5
        hull = torch.cat((edges.amin(0), edges.amax(0))).clamp(min=0).minimum(view)
        assert (found - hull).abs().max() < 0.6
