"""CAD beside the warps: what of it the common laws do not say."""

import pytest
import torch

from lzviz import samplers
from lzviz.adaptive import QuadTree
from lzviz.samplers.cad import smallest_stride


def test_the_mosaic_shows_each_cells_corner():
    image = torch.rand(1, 3, 48, 80)
    image[:, :, :, :40] = 0.5
    out = samplers.create("cad", dilation=1)(image, (24, 40))
    assert isinstance(out.layout, QuadTree) and out.layout.stride == 2
    levels = out.extras["levels"]
    assert (levels[..., :18] == 1).all() and (levels[..., 22:] == 0).all()
    full, valid = out.layout.scatter(out.layout.gather(image), (48, 80))
    assert valid.all() and torch.equal(full[..., ::4, ::4], image[..., ::4, ::4])
    assert torch.equal(full[..., ::2, 44::2], image[..., ::2, 44::2])


@pytest.mark.parametrize("size", [(24, 40), (13, 17), (1, 1), (48, 80), (99, 99)])
def test_it_never_spends_more_than_its_budget(size):
    stride = smallest_stride((48, 80), size)
    cells = -(-48 // stride) * -(-80 // stride)
    assert cells <= size[0] * size[1]
    assert stride == 1 or -(-48 // (stride - 1)) * -(-80 // (stride - 1)) > size[0] * size[1]


def test_saliency_keeps_its_upper_half_fine_and_a_uniform_one_keeps_everything():
    image, look = torch.rand(2, 3, 48, 80), torch.ones(2, 1, 9, 13)
    assert (samplers.create("cad")(image, (24, 40), look).extras["levels"] == 0).all()
    look[..., :5] = 5
    levels = samplers.create("cad", depth=2)(image, (24, 40), look).extras["levels"]
    assert (levels[..., :12] == 0).all() and (levels[..., 24:] == 2).all()
