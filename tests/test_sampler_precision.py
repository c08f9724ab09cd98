"""Pictures in half or double precision: places stay where float32 has them, and a module that looks runs in its own dtype."""

import pytest
import torch
from torch import nn

from lzviz import samplers
from lzviz.samplers.base import half_pixel_warp, zeros_outside
from lzviz.samplers.lds import LDS, SaliencyModule
from lzviz.warp import Warp

MODES = [(name, mode) for name, system in samplers.REGISTRY.items() for mode in ("fixed", "published")
         if mode == "fixed" or "mode" in system.controls]  # fmt: skip
DTYPES = [torch.float16, torch.bfloat16, torch.float64]


class Look(nn.Module):
    """A module that takes what it is given and answers in its own dtype, as most do."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 1, 3, padding=1))

    def forward(self, image):
        return self.layers(image).sigmoid() + 0.01


def picture(size=(48, 1500)):
    """Wide, so that half-precision places would be many pixels off; what is in it is exact in every dtype."""
    y, x = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    return torch.stack((x % 16, y % 8, (x + y) % 4), 0)[None] / 16


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "mode"), MODES)
def test_half_pictures_are_read_where_float32_ones_are(name, mode, dtype):
    sampler = samplers.create(name, **({"mode": mode} if "mode" in samplers.REGISTRY[name].controls else {}))
    look = torch.rand(1, 1, 9, 13, generator=torch.Generator().manual_seed(0))
    wanted = sampler(picture(), (12, 40), look)
    got = sampler(picture().to(dtype), (12, 40), look)
    assert got.image.dtype == dtype
    torch.testing.assert_close(got.image.float(), wanted.image, atol=0.02, rtol=0)
    assert got.layout.sites.dtype.itemsize >= 4


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weights", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", ["lz", "fovea", "lzu"])
@pytest.mark.parametrize("look", [Look, lambda: SaliencyModule((8, 12), widths=(4, 4))], ids=["any", "ours"])
def test_a_module_that_looks_runs_in_its_own_dtype_on_any_picture(name, look, weights, dtype):
    torch.manual_seed(0)
    sampler = samplers.create(name, saliency=look().to(weights).eval())
    wanted, got = (sampler(picture((32, 64)).to(kind), (12, 24)) for kind in (torch.float32, dtype))
    assert got.image.dtype == dtype and got.saliency is not None
    assert wanted.saliency is not None
    torch.testing.assert_close(got.saliency.float(), wanted.saliency.float(), atol=2e-2, rtol=2e-2)
    torch.testing.assert_close(got.layout.sites.float(), wanted.layout.sites, atol=0.3, rtol=0)


@pytest.mark.parametrize("look", [lambda image: image.mean(1, True), nn.Identity(), None])
def test_what_has_no_weights_sees_the_picture_as_it_is(look):
    seen = []

    def looking(image):
        seen.append(image.dtype)
        return image.mean(1, True) if look is None else look(image)[:, :1]

    samplers.create("lzu", saliency=looking)(picture((32, 64)).half(), (12, 24))
    assert seen == [torch.float16]


def test_gradients_reach_a_module_through_a_half_picture():
    look = Look()
    sampler = samplers.create("lzu", saliency=look)
    sampler(picture((32, 64)).bfloat16(), (12, 24)).image.float().square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in look.parameters())


def test_a_softmax_over_many_cells_keeps_what_half_precision_would_lose():
    sampler = LDS(widths=(4,)).half()
    with torch.no_grad():
        sampler.module.score.weight.normal_(std=4.0)
        d = sampler(picture((64, 128)).half(), (12, 24)).saliency
    assert d is not None and d.dtype == torch.float32 and bool((d > 0).all())
    assert d.sum().item() == pytest.approx(1, abs=1e-5)


def test_zeros_outside_serve_any_number_of_pictures_and_warps():
    nodes = Warp.identity((4, 5)).nodes.repeat(3, 1, 1, 1) * torch.tensor([1.0, 0.9, 0.7])[:, None, None, None]
    warps, images = half_pixel_warp(nodes, (6, 8), (16, 24), True), picture((16, 24)).repeat(3, 1, 1, 1)
    together = zeros_outside(warps, images, (6, 8), "bilinear")
    torch.testing.assert_close(zeros_outside(warps, images[:1], (6, 8), "bilinear"), together)
    torch.testing.assert_close(zeros_outside(warps[1], images, (6, 8), "bilinear"), together[1:2].expand(3, -1, -1, -1))


@pytest.mark.parametrize("size", [(16, 24), (15, 23)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_whole_pixels_have_no_outside(size, dtype):
    """A place on the outer edge is half a pixel outside: rounding must not say whether it is black."""
    nodes = Warp.identity((4, 5)).nodes.to(dtype)
    for interpolation in ("nearest", "antialias"):
        read = zeros_outside(half_pixel_warp(nodes, (6, 8), size, True), torch.ones(1, 3, *size), (6, 8), interpolation)
        torch.testing.assert_close(read, torch.ones(1, 3, 6, 8))
