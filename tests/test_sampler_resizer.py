"""The learned resizer: the paper's size and wiring, bilinear plus a correction, and where its samples lie."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lzviz import samplers
from lzviz.samplers.learned_resizer import LearnedResizer


def weights(module):
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def shaken(**options) -> Any:
    """A resizer whose every weight and running statistic matters."""
    net = LearnedResizer(**options)
    rng = torch.Generator().manual_seed(3)
    for value in net.state_dict().values():
        if value.is_floating_point():
            value.copy_(0.1 + 0.4 * torch.rand(value.shape, generator=rng))
    return net


def test_it_has_the_papers_number_of_weights():
    assert weights(LearnedResizer()) == 12_035
    # one block more: two 3x3 convolutions without bias and two BatchNorms
    assert weights(LearnedResizer(blocks=2)) - 12_035 == 2 * (16 * 16 * 9 + 2 * 16)


@pytest.mark.parametrize("size", [(6, 7), (20, 31)])
def test_its_wiring_step_by_step(size):
    net = shaken(width=4, blocks=2).double()
    image = torch.rand(2, 3, 13, 17, dtype=torch.float64)

    def norm(x, layer):
        mean, var, gain, shift = (
            t[:, None, None] for t in (layer.running_mean, layer.running_var, layer.weight, layer.bias)
        )
        return (x - mean) / (var + layer.eps).sqrt() * gain + shift

    def leaky(x):
        return torch.where(x > 0, x, 0.2 * x)

    conv7, _, conv1, _, bn = net.before
    f = leaky(F.conv2d(image, conv7.weight, conv7.bias, padding=3))
    f = norm(leaky(F.conv2d(f, conv1.weight, conv1.bias)), bn)
    g = F.interpolate(f, size=size, mode="bilinear", align_corners=False)
    r = g
    for block in net.residual:
        a, bn_a, _, b, bn_b = block.layers
        inner = leaky(norm(F.conv2d(r, a.weight, padding=1), bn_a))
        r = r + norm(F.conv2d(inner, b.weight, padding=1), bn_b)
    joined = norm(F.conv2d(r, net.join[0].weight, padding=1), net.join[1]) + g
    out = F.conv2d(joined, net.last.weight, net.last.bias, padding=3)
    out = out + F.interpolate(image, size=size, mode="bilinear", align_corners=False)
    torch.testing.assert_close(net(image, size).image, out)


def test_every_block_is_fed_by_the_one_before():
    net = shaken(width=4, blocks=2)
    seen = []
    for block in net.residual:
        block.register_forward_hook(lambda _, inputs, output: seen.append((inputs[0], output)))
    net(torch.rand(1, 3, 9, 9), (5, 5))
    assert seen[1][0] is seen[0][1]


def test_its_places_are_those_of_uniform_area_for_every_image():
    image = torch.rand(2, 3, 48, 80)
    out = samplers.create("resizer")(image, (16, 24))
    one = samplers.create("uniform-area")(torch.rand(1, 3, 48, 80), (16, 24)).layout.sites
    torch.testing.assert_close(out.layout.sites, torch.cat((one, one)))
    assert out.layout.count.tolist() == [16 * 24] * 2
    plain = F.interpolate(image, (16, 24), mode="bilinear", align_corners=False)
    torch.testing.assert_close(out.image - out.extras["correction"], plain)


def test_the_same_seed_gives_the_same_weights_and_leaves_the_random_state_alone():
    state = torch.get_rng_state()
    first, again, other = LearnedResizer(seed=1), LearnedResizer(seed=1), LearnedResizer(seed=2)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(first.last.weight, again.last.weight)
    assert not torch.equal(first.last.weight, other.last.weight)


def test_it_learns_what_bilinear_loses():
    # The target is a sharper reading than bilinear; a few steps must bring the resizer nearer to it.
    torch.manual_seed(0)
    image = torch.rand(4, 3, 16, 16)
    target = F.adaptive_avg_pool2d(image, (4, 4))
    net = LearnedResizer(width=4).train()
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)

    def loss():
        return (net(image, (4, 4)).image - target).square().mean()

    before = loss().item()
    for _ in range(30):
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()
    assert loss().item() < 0.7 * before


def test_gradients_are_right():
    net = shaken(width=2).double()
    net.before[1] = net.before[3] = net.residual[0].layers[2] = nn.Tanh()  # no kinks for finite differences
    image = torch.rand(1, 3, 5, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda i: net(i, (3, 4)).image, (image,))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LearnedResizer(width=0), "width, channels >= 1"),
        (lambda: LearnedResizer(blocks=-1), "blocks >= 0, got 16, 3 and -1"),
        (lambda: LearnedResizer()(torch.rand(1, 4, 8, 8), (4, 4)), r"float image \(B, 3, H, W\), got .*\(1, 4, 8, 8\)"),
        (lambda: LearnedResizer()(torch.zeros(1, 3, 8, 8, dtype=torch.uint8), (4, 4)), "got torch.uint8"),
        (lambda: LearnedResizer()(torch.rand(1, 3, 8, 8), (4, 0)), "two integers >= 1"),
        (lambda: samplers.create("resizer", depth=3), "its options are: width, blocks"),
    ],
)
def test_wrong_input_says_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
