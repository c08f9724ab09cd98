"""Fixed warps are made once, by the content of their map, and never served where something has changed."""

import gc
import weakref

import pytest
import torch

import lzviz
from lzviz import samplers


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.no_grad():
        yield


def saliency(seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 1, 31, 51, generator=torch.Generator().manual_seed(seed)) + 0.1


def warp(sampler, chosen, size=(24, 32), source=(96, 128)):
    return sampler(torch.rand(1, 3, *source), size, chosen).layout.warp


@pytest.mark.parametrize("name", ["lzu", "fovea", "lz"])
def test_the_same_content_is_the_same_warp_from_the_second_time_on(name):
    sampler = samplers.create(name)
    nodes = sampler.nodes
    fixed = torch.rand(1, 1, *nodes) + 0.1
    first, second = warp(sampler, fixed), warp(sampler, fixed.clone())
    assert first is not second and warp(sampler, fixed.clone()) is second
    torch.testing.assert_close(first.nodes, second.nodes, rtol=0, atol=0)


def test_lattices_of_a_fixed_warp_are_kept_too():
    pipeline = lzviz.load("lzu-fixed-camvid-96x128")
    warps = [pipeline.run(torch.rand(1, 3, 96, 128)).layout.warp for _ in range(4)]
    assert warps[1] is warps[2] is warps[3] and {"grid", "inverse_grid"} <= set(vars(warps[3])["_lattices"])


def test_a_picture_that_is_averaged_first_keeps_its_layout():
    sampler = samplers.create("lzu", saliency=saliency())
    pipeline = lzviz.Pipeline(sampler, None, (24, 32), source=(48, 64))
    found = [pipeline.downsample(torch.rand(1, 3, 96, 128)).layout for _ in range(4)]
    assert found[2].warp is found[3].warp and found[3].source_size == (96, 128)


def test_whatever_changes_makes_a_new_warp():
    sampler, fixed = samplers.create("lzu"), saliency()
    kept = [warp(sampler, fixed) for _ in range(3)][-1]
    assert warp(sampler, saliency(1)) is not kept
    assert warp(sampler, fixed, size=(12, 16)) is not kept
    sampler.fwhm = 4.0
    other = warp(sampler, fixed)
    assert other is not kept and not torch.equal(other.nodes, kept.nodes)
    sampler.fwhm = 10.0
    fixed[..., 10, 10] = 100  # in place
    assert not torch.equal(warp(sampler, fixed).nodes, kept.nodes)
    assert warp(samplers.create("lzu"), saliency()) is not kept


def test_maps_that_are_new_each_frame_are_not_held():
    sampler = samplers.create("lzu")
    frames = [weakref.ref(warp(sampler, saliency(seed))) for seed in range(4)]
    gc.collect()
    assert [frame() for frame in frames] == [None] * 4


def test_gradients_pass_a_map_that_was_met_twice():
    sampler, fixed = samplers.create("lzu"), saliency()
    for _ in range(3):
        warp(sampler, fixed)
    with torch.enable_grad():
        fixed.requires_grad_()
        sampler(torch.rand(1, 3, 96, 128), (24, 32), fixed).image.sum().backward()
    assert fixed.grad is not None and bool(fixed.grad.any())


def test_inference_mode_answers_the_same():
    sampler, fixed = samplers.create("lzu"), saliency()
    kept = [warp(sampler, fixed) for _ in range(3)][-1]
    with torch.inference_mode():
        assert torch.equal(warp(sampler, fixed).nodes, kept.nodes)
