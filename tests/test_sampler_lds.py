"""LDS: the kernels, the deformation map and what perfect knowledge gains, each against a slow twin."""

import math

import pytest
import torch
import torch.nn.functional as F

from lzviz import samplers
from lzviz.measure import evaluation
from lzviz.samplers.base import half_pixel_warp
from lzviz.samplers.lds import (
    COMPACT,
    LDS,
    SHARP,
    DeformationModule,
    deformation_map,
    density_sweep,
    known_map,
)
from lzviz.samplers.lds_layout import NearestLayout
from lzviz.samplers.lds_loss import boundary_cells, edge_target
from lzviz.warp import Warp
from tests.conftest import blobs

SOURCE, SIZE, NODES = (48, 80), (12, 20), (8, 16)


def small(**options) -> LDS:
    return LDS(**{"nodes": NODES, "widths": (4, 4), **options})


def scene(batch=1):
    labels = torch.zeros(batch, *SOURCE, dtype=torch.int64)
    labels[:, 20:] = 1
    labels[:, 8:18, 30:36] = 2
    labels[:, 26:40, 50:70] = 17
    return labels


# -- the warp ------------------------------------------------------------------------------------------------------------


def twin(s, row_kernel, column_kernel):
    """The common warp node by node, cell by cell: (h, w, 2) in [-1, 1]."""
    h, w = s.shape
    py, px = len(row_kernel) // 2, len(column_kernel) // 2
    out = torch.zeros(h, w, 2, dtype=torch.float64)
    for i in range(h):
        for j in range(w):
            total, at = 0.0, torch.zeros(2, dtype=torch.float64)
            for a in range(-py, py + 1):
                for b in range(-px, px + 1):
                    y, x = i + a, j + b
                    value = s[min(max(y, 0), h - 1), min(max(x, 0), w - 1)] * row_kernel[a + py] * column_kernel[b + px]
                    total += float(value)
                    at += value * torch.tensor([x / (w - 1), y / (h - 1)], dtype=torch.float64)
            out[i, j] = at / total * 2 - 1
    return out.clamp(-1, 1)


def test_the_papers_kernel_is_a_gaussian_of_sigma_on_a_square_of_2_sigma_and_1():
    s = blobs(1, NODES).double()
    sigma = 3
    kernel = [math.exp(-(d**2) / (2 * sigma**2)) for d in range(-sigma, sigma + 1)]
    warp = small(kernel_radius=sigma).warp(s, SIZE, SOURCE)
    torch.testing.assert_close(warp.nodes[0], twin(s[0, 0], kernel, kernel))  # type: ignore[attr-defined]


def test_the_codes_kernel_has_a_full_width_of_r_is_cut_off_at_r_and_stretched_along_x():
    s = blobs(1, NODES).double()
    radius, aspect = 2, NODES[1] // NODES[0]
    kernel = [math.exp(-4 * math.log(2) * d**2 / radius**2) for d in range(-radius, radius + 1)]
    stretched = F.interpolate(
        torch.tensor([[kernel]], dtype=torch.float64), size=2 * aspect * radius + 1, mode="linear", align_corners=False
    )
    nodes = twin(s[0, 0], kernel, stretched[0, 0].tolist())
    expected = half_pixel_warp(nodes[None], SIZE, SOURCE, separable=False)
    warp = small(kernel_radius=radius, mode="published").warp(s, SIZE, SOURCE)
    torch.testing.assert_close(warp.nodes, expected.nodes)  # type: ignore[attr-defined]


def test_the_kernel_of_each_mode_at_the_size_of_the_paper():
    assert LDS(widths=COMPACT).kernel == (15, pytest.approx(15 * 2.3548, rel=1e-4), 1.0)
    assert LDS(widths=COMPACT, mode="published").kernel == (15, 15, 2.0)
    assert LDS(widths=COMPACT, nodes=(48, 64), fwhm=5.76, kernel_radius=47).kernel == (47, 5.76, 1.0)


# -- the deformation map -------------------------------------------------------------------------------------------------


def test_the_module_has_the_public_layers_and_starts_nearly_uniform():
    net = LDS()
    kinds = [type(layer).__name__ for layer in net.module.layers]
    assert kinds == ["Conv2d", "BatchNorm2d", "ReLU6"] * 2 + ["Conv2d", "BatchNorm2d", "ReLU"]
    weights = sum(p.numel() for p in net.parameters())
    assert weights == 9 * (3 * 192 + 192 * 192 + 192 * 24) + 2 * (192 + 192 + 24) + 24 + 1
    assert sum(p.numel() for p in LDS(widths=COMPACT).parameters()) < 13_000
    out = small(anti_crop=True)(torch.rand(1, 3, *SOURCE), SIZE)
    assert out.saliency is not None and out.saliency.sum().item() == pytest.approx(1, abs=1e-5)
    uniform = samplers.create("uniform")(torch.rand(1, 3, *SOURCE), SIZE).layout.sites
    assert (out.layout.sites - uniform).abs().max() < 1


def test_a_sharp_module_sees_twice_the_cells_and_answers_for_each():
    sampler, image = LDS(nodes=(6, 8), **SHARP), torch.rand(1, 3, 50, 70)
    view = sampler.view(image)
    assert view.shape == (1, 3, 12, 16)
    assert sampler.logits(view).shape == sampler.look(image).shape == (1, 1, 6, 8)
    far = torch.zeros_like(view)
    far[..., 0] = 1
    seen = [
        (module(view + far) - module(view)).abs()[0, 0, 3, 7]
        for module in (sampler.module, DeformationModule(COMPACT).eval())
    ]
    assert seen[0] > 0, "dilated convolutions see the other end of the picture"
    assert seen[1] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reduction": 3}, "reduction must be 1 or 2"),
        ({"widths": (4, 4), "dilations": (1,)}, "one dilation >= 1 for each of 2"),
    ],
)
def test_a_module_that_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        LDS(**options)


@pytest.mark.parametrize("form", ["softmax", "square"])
def test_the_forms_of_the_map(form):
    logits = torch.randn(2, 1, 3, 4, dtype=torch.float64)
    d = deformation_map(logits, form)
    softmax = logits.exp() / logits.exp().sum((2, 3), keepdim=True)
    square = 0.02 + 1 / (1 + (-logits).exp()) ** 2
    torch.testing.assert_close(d, {"softmax": softmax, "square": square}[form])


def test_the_view_and_the_numbers_are_shown_and_every_image_stands_alone():
    net = small()
    torch.nn.init.normal_(net.module.score.weight, std=3)
    image = torch.rand(3, 3, *SOURCE)
    out = net(image, SIZE)
    assert out.extras["view"].shape == (3, 3, *NODES) and out.extras["logits"].shape == (3, 1, *NODES)
    torch.testing.assert_close(out.saliency, deformation_map(out.extras["logits"]))
    torch.testing.assert_close(net(image[1:2], SIZE).image, out.image[1:2], atol=1e-4, rtol=0)
    assert "logits" not in net(image, SIZE, out.saliency).extras
    assert torch.equal(net(image, SIZE, out.saliency).image, out.image)


def test_gradients_reach_the_module_through_the_zoom():
    net = small(nodes=(4, 5), widths=(2,)).double()
    image = torch.rand(1, 3, 7, 9, dtype=torch.float64)
    weight = dict(net.named_parameters())["module.score.weight"]
    torch.nn.init.normal_(weight)
    assert torch.autograd.gradcheck(lambda w: net(image, (3, 4)).image, (weight,))
    assert torch.autograd.grad(net(image, (3, 4)).image.square().sum(), weight)[0].abs().max() > 1e-6


# -- perfect knowledge ---------------------------------------------------------------------------------------------------


def test_denser_samples_at_the_boundaries_lose_less_than_uniform_ones():
    net = small(nodes=(24, 40), fwhm=3.0, kernel_radius=23, anti_crop=True)
    sweep = density_sweep(net, scene(), SIZE, 18, (1, 20, 100))
    assert list(sweep) == [1, 20, 100]
    assert sweep[20] > sweep[1] + 0.02
    uniform = NearestLayout(Warp.identity((2, 2)), SIZE, SOURCE)
    assert sweep[1] == pytest.approx(1 - evaluation.intrinsic_upsampling_error(uniform, scene(), 18), abs=1e-3)


def test_the_edge_target_drives_the_sampler_as_a_module_that_knows():
    net = small(nodes=(24, 40), fwhm=3.0, kernel_radius=23, anti_crop=True)
    target = edge_target(scene(), net.nodes)
    look = known_map(target)
    assert look.min() == pytest.approx(0.02) and look.max() == pytest.approx(1.02)
    near = boundary_cells(scene(), SOURCE)[:, 0]
    image = torch.rand(1, 3, *SOURCE)
    uniform = samplers.create("uniform")(image, SIZE).layout
    assert net(image, SIZE, look).layout.share(near) > 1.5 * uniform.share(near)
