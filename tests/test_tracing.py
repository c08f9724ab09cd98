"""An adaptive warp under torch.compile, torch.export and torch.func: the same numbers as without."""

import pytest
import torch
import torch.autograd.forward_ad as forward_ad
from torch import nn

import lzviz
from lzviz import resampling, tracing
from lzviz.coords import lattice
from lzviz.warp.grid import _positions
from tests.conftest import blobs

NODES, SOURCE, ZOOMED = (9, 11), (40, 56), (16, 20)
BOTH = pytest.mark.parametrize("separable", [True, False])


class Adaptive(nn.Module):
    """Saliency -> zoom -> network -> unzoom."""

    def __init__(self, separable: bool, interpolation: resampling.Interpolation = "bilinear"):
        super().__init__()
        self.separable, self.interpolation = separable, interpolation
        self.look = nn.Conv2d(3, 1, 3, padding=1)
        self.network = nn.Conv2d(3, 5, 3, stride=2, padding=1)

    def forward(self, image):
        saliency = nn.functional.adaptive_avg_pool2d(self.look(image).sigmoid() ** 4, NODES)
        warp = lzviz.Warp.from_saliency(saliency, NODES, fwhm=4, separable=self.separable)
        return warp.unzoom(self.network(warp.zoom(image, ZOOMED, self.interpolation)), SOURCE, ZOOMED, stride=2)


def seeded(separable, interpolation="bilinear"):
    torch.manual_seed(0)
    return Adaptive(separable, interpolation), torch.rand(2, 3, *SOURCE)


@pytest.mark.parametrize(
    ("separable", "interpolation", "strict"),
    [(True, "bilinear", False), (True, "antialias", False), (False, "bilinear", True), (False, "nearest", False)],
)
def test_an_exported_adaptive_warp_is_the_same_function_on_other_images(separable, interpolation, strict):
    module, image = seeded(separable, interpolation)
    program = torch.export.export(module, (image,), strict=strict).module()
    for other in (image, image.flip(-1) ** 2):
        torch.testing.assert_close(program(other), module(other), atol=1e-5, rtol=0)


@BOTH
def test_a_whole_graph_of_an_adaptive_warp_compiles_with_its_gradients(separable):
    module, image = seeded(separable)
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    for mode in (torch.inference_mode, torch.enable_grad):
        with mode():
            torch.testing.assert_close(compiled(image), module(image), atol=1e-5, rtol=0)
    gradients = []
    for call in (module, compiled):
        module.zero_grad()
        call(image).square().sum().backward()
        gradients.append(module.look.weight.grad)
    torch.testing.assert_close(*gradients, atol=1e-4, rtol=1e-4)
    assert gradients[0].abs().max() > 1e-2


def inverse(saliency, points, separable):
    return lzviz.Warp.from_saliency(saliency[None], NODES, fwhm=4, separable=separable).inverse(points[None])[0][0]


def case(count=3):
    torch.manual_seed(1)
    return blobs(count, NODES).double() + 0.05, torch.rand(count, 6, 2, dtype=torch.float64) * 1.6 - 0.8


@BOTH
def test_vmap_over_the_inverse_is_a_loop_over_it(separable):
    saliency, points = case()
    mapped = torch.vmap(inverse, in_dims=(0, 0, None))(saliency, points, separable)
    torch.testing.assert_close(
        mapped, torch.stack([inverse(*each, separable) for each in zip(saliency, points, strict=True)])
    )
    shared = torch.vmap(inverse, in_dims=(None, 0, None))(saliency[0], points, separable)
    torch.testing.assert_close(shared, torch.stack([inverse(saliency[0], each, separable) for each in points]))

    def on_lattice(each):
        return lzviz.Warp.from_saliency(each[None], NODES, separable=separable).inverse_grid((7, 9))[0][0]

    torch.testing.assert_close(torch.vmap(on_lattice)(saliency), torch.stack([on_lattice(each) for each in saliency]))


@BOTH
@pytest.mark.parametrize("transform", [torch.func.jacrev, torch.func.jacfwd])
def test_jacobians_through_the_inverse_are_those_of_autograd(separable, transform):
    (saliency, *_), (points, *_) = case()
    expected = torch.autograd.functional.jacobian(lambda s, p: inverse(s, p, separable), (saliency, points))
    for at in (0, 1):
        made = transform(lambda s, p: inverse(s, p, separable), at)(saliency, points)
        torch.testing.assert_close(made, expected[at], atol=1e-10, rtol=1e-8)
        assert made.abs().max() > 1e-3
    mapped = torch.vmap(transform(lambda p: inverse(saliency, p, separable)))(points[:, None])
    torch.testing.assert_close(
        mapped[:, 0, :, 0], expected[1].diagonal(dim1=0, dim2=2).movedim(-1, 0), atol=1e-10, rtol=1e-8
    )


@BOTH
def test_forward_differentiation_of_the_inverse_is_never_silently_zero(separable):
    (saliency, *_), (points, *_) = case()
    direction = torch.randn_like(saliency)
    with forward_ad.dual_level():
        made = forward_ad.unpack_dual(inverse(forward_ad.make_dual(saliency, direction), points, separable)).tangent
    jacobian = torch.autograd.functional.jacobian(lambda s: inverse(s, points, separable), saliency)
    torch.testing.assert_close(made, (jacobian * direction).sum((-1, -2, -3)), atol=1e-10, rtol=1e-8)


@pytest.mark.parametrize("shear", [0.0, 0.4])
@pytest.mark.parametrize(
    ("source", "size"), [((97, 301), (12, 17)), ((37, 5), (8, 3)), ((300, 200), (5, 4)), ((20, 30), (31, 41))]
)
def test_a_traced_antialiased_reading_is_the_eager_one(monkeypatch, source, size, shear):
    torch.manual_seed(0)
    image, grid = torch.rand(2, 3, *source), lattice(size)[None].expand(2, -1, -1, -1)
    grid = 0.9 * grid + shear * grid.flip(-1) + 0.02 * torch.randn(2, *size, 2)
    eager = resampling.read(image, grid, "antialias")
    monkeypatch.setattr(resampling, "concrete", lambda: False)
    torch.testing.assert_close(resampling.read(image, grid, "antialias"), eager, atol=3e-5, rtol=0)


def test_bad_values_are_still_refused_where_they_can_be_seen():
    with pytest.raises(ValueError, match="non-negative"):
        lzviz.Warp.from_saliency(-torch.ones(1, 1, 5, 5), (5, 5))
    assert tracing.concrete()
    seen = []
    torch.vmap(lambda x: seen.append(tracing.concrete()) or x)(torch.ones(2))
    assert seen == [False]


def test_no_table_of_a_trace_is_kept_nor_one_without_gradients():
    class Grid(nn.Module):
        def forward(self, x):
            return lzviz.Warp.identity((3, 4)).zoom(x, (23, 29))

    image = torch.rand(1, 1, 6, 7)
    program = torch.export.export(Grid(), (image,)).module()
    with torch.inference_mode():
        made = _positions(29, 4)
    assert not any(each.is_inference() for each in made) and type(made[0]) is torch.Tensor
    torch.testing.assert_close(program(image), Grid()(image))
