"""Options of samplers and the lines of the registry."""

import copy
import json

import pytest
import torch

from lzviz import samplers
from lzviz.coords import lattice
from lzviz.samplers import options
from tests.test_samplers import ZOOMED, picture, run, saliency


def test_saliency_may_be_a_map_a_callable_or_given_for_the_call():
    image, look = picture(), saliency()
    by_call = samplers.create("lzu")(image, ZOOMED, look)
    by_map = samplers.create("lzu", saliency=look)(image, ZOOMED)
    by_function = samplers.create("lzu", saliency=lambda _: look)(image, ZOOMED)
    assert torch.equal(by_call.image, by_map.image) and torch.equal(by_call.image, by_function.image)
    assert by_map.saliency is not None and torch.equal(by_map.saliency, look)


def test_contrast_is_an_exponent_of_the_saliency():
    look = saliency()
    squared = run("lzu", look=look, contrast=2.0)
    torch.testing.assert_close(squared.layout.sites, run("lzu", look=look**2).layout.sites)


def test_anybodys_grid_joins_the_registry_and_keeps_its_claims(monkeypatch):
    monkeypatch.setattr(samplers, "REGISTRY", dict(samplers.REGISTRY))

    def halfway(image):
        return lattice((5, 7)).expand(image.shape[0], 5, 7, 2) * 0.5

    samplers.register("halfway", halfway, title="Halfway")
    out = samplers.create("halfway")(picture(2), (6, 9))
    assert out.image.shape == (2, 3, 6, 9)
    assert float(out.layout.density((4, 4)).sum()) == pytest.approx(2 * 6 * 9)
    with pytest.raises(ValueError, match="registered already"):
        samplers.register("halfway", halfway)
    with pytest.raises(ValueError, match="unknown laws: speed"):
        samplers.register("other", halfway, claims=frozenset({"speed"}))


@pytest.mark.parametrize("name", samplers.REGISTRY)
def test_every_registry_line_is_plain_data_and_its_prescriptions_are_options_it_takes(name):
    system = samplers.REGISTRY[name]
    line = json.loads(json.dumps(system.describe()))
    assert line["name"] == name and {option["name"] for option in line["options"]} == set(system.controls)
    made = system.make(**system.prescribes)
    assert all(getattr(made, option) == value for option, value in system.prescribes.items())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"name": "a'); import os #"}, "named by up to 80 letters"),
        ({"prescribes": {"fwhm": 99.0}, "options": (options.FWHM,)}, "prescribes fwhm = 99.0"),
        ({"prescribes": {"speed": 1}}, "prescribes speed"),
        ({"unfit": {"dreams"}}, "unknown saliency sources: dreams"),
        ({"options": (options.FWHM, options.FWHM)}, "an option twice"),
    ],
)
def test_a_registry_line_that_contradicts_itself_is_refused(line, message):
    with pytest.raises(ValueError, match=message):
        samplers.System(**{"name": "mine", "title": "", "summary": "", "paper": "", "make": samplers.Sampler, **line})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("x y", "number", 1, 0, 2), "named as a keyword"),
        (("x", "colour", 1), "kind must be one of"),
        (("x", "number", 1), "needs low and high"),
        (("x", "number", 3, 0, 2), "no number of this range"),
        (("x", "integer", True, 0, 2), "no integer of this range"),
        (("x", "size", (1, 2, 3), 0, 5), "no size of this range"),
        (("x", "number", 1, 0, 2, "log"), "needs low > 0"),
        (("x", "choice", "a"), "choices belong to a choice"),
    ],
)
def test_an_option_that_contradicts_itself_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        options.Option(*given)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: samplers.create("nope"), "no sampler named 'nope'; there are uniform"),
        (lambda: samplers.create("lzu", fwmh=3), "unexpected keyword argument 'fwmh'.*its options are: mode, fwhm"),
        (lambda: samplers.create("lzu", mode="old"), "mode must be 'fixed' or 'published'"),
        (lambda: samplers.create("lzu", contrast=0), "contrast must be a positive exponent"),
        (lambda: samplers.create("lzu")(torch.rand(3, 8, 8), (4, 4)), r"float image \(B, C, H, W\)"),
        (lambda: samplers.create("lzu")(torch.rand(1, 3, 8, 8), (4,)), "expected size as"),
    ],
)
def test_wrong_input_says_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_saliency_network_is_a_part_of_its_sampler_that_trains_and_saves():
    torch.manual_seed(0)
    look = torch.nn.Sequential(
        torch.nn.Conv2d(3, 1, 3, padding=1), torch.nn.AdaptiveAvgPool2d((9, 13)), torch.nn.Softplus()
    )
    sampler = samplers.create("lzu", saliency=look, nodes=(9, 13))
    assert isinstance(sampler, torch.nn.Module) and sampler.saliency is look
    assert set(sampler.state_dict()) == {"saliency.0.weight", "saliency.0.bias"}
    before = look[0].weight.clone()
    optimiser = torch.optim.SGD(sampler.parameters(), lr=1.0)
    (sampler(picture(2), ZOOMED).image - 0.7).square().mean().backward()
    optimiser.step()
    assert not torch.equal(look[0].weight, before)
    fresh = samplers.create("lzu", saliency=copy.deepcopy(look), nodes=(9, 13))
    torch.nn.init.zeros_(fresh.saliency[0].weight)
    fresh.load_state_dict(sampler.state_dict())
    assert torch.equal(fresh(picture(), ZOOMED).image, sampler(picture(), ZOOMED).image)
    assert sampler.double().saliency[0].weight.dtype == torch.float64
    assert copy.deepcopy(sampler).saliency is not look


def test_a_sampler_whose_saliency_is_a_map_or_none_has_no_weights_and_prints_shortly():
    for look in (None, saliency()):
        sampler = samplers.create("fovea", saliency=look)
        assert not list(sampler.parameters()) and sampler.saliency is look
        assert len(repr(sampler)) < 400 and "Fovea(" in repr(sampler)
