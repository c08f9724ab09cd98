"""DownsizeNet: the mean of four or bilinear at step 0, convex always, and the same at points as densely."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lzviz import samplers
from lzviz.samplers.downsizenet import DownsizeNet, Places

SIZES = [(5, 7), (6, 6), (13, 9), (26, 20), (1, 4), (3, 1)]


def trained(seed=0, scale=1.0, **options):
    """As if trained: a chooser that has left zero, with biases everywhere."""
    net = DownsizeNet(**options)
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(scale * torch.randn(p.shape, generator=rng))
    return net


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("source", [(12, 18), (13, 9), (1, 5), (1, 1)])
@pytest.mark.parametrize("channels", [3, 7])
def test_with_a_prior_it_is_bilinear_at_step_0_but_for_the_least_share(size, source, channels):
    x = torch.randn(2, channels, *source, dtype=torch.float64)
    plain = F.interpolate(x, size=size, mode="bilinear", align_corners=False)
    net, least = DownsizeNet(channels=channels, prior=1e-3).double(), 1e-3
    four = 4 * DownsizeNet(channels=channels).double()(x, size).image  # their sum
    torch.testing.assert_close(net(x, size).image, (1 - 4 * least) * plain + least * four, atol=1e-12, rtol=0)


@pytest.mark.parametrize("coefficients", ["softmax", "sigmoid"])
def test_without_one_it_is_the_mean_of_four_at_step_0_which_at_even_ratios_is_bilinear(coefficients):
    x = torch.randn(2, 3, 12, 16, dtype=torch.float64)
    net = DownsizeNet(coefficients=coefficients).double()
    plain = F.interpolate(x, size=(6, 4), mode="bilinear", align_corners=False)
    torch.testing.assert_close(net(x, (6, 4)).image, plain, atol=1e-13, rtol=0)
    assert bool((net(x, (5, 3)).extras["weights"] == 0.25).all())


@pytest.mark.parametrize("prior", [None, 0.05])
def test_the_sigmoid_form_is_each_sigmoid_over_their_sum(prior):
    image, size = torch.rand(1, 3, 9, 11, dtype=torch.float64), (4, 5)
    net = trained(texture=4, prior=prior, coefficients="sigmoid", compute="dense").double()
    places = Places(size, (9, 11))
    y, x = places.neighbours[0]
    texture = image
    for layer in net.layers:
        texture = F.conv2d(texture, layer.weight, layer.bias, padding=1).relu()
    inputs = torch.cat((texture[:, :, y[:, None], x], places.distances[None]), 1)
    wanted = net.choose(inputs).sigmoid() * (1.0 if prior is None else places.shares(prior))
    torch.testing.assert_close(net(image, size).extras["weights"], wanted / wanted.sum(1, keepdim=True))


@given(
    st.integers(0, 1000),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.sampled_from([{}, {"texture_only": True}, {"prior": 0.01}, {"coefficients": "sigmoid"}]),
    st.floats(0.1, 5),
)
@settings(max_examples=25, deadline=None)
def test_its_weights_are_convex_whatever_it_learned(seed, size, form, scale):
    net = trained(seed, scale, texture=4, **form)
    image = torch.rand(1, 3, 6, 7, generator=torch.Generator().manual_seed(seed))
    out = net(image, size)
    weights = out.extras["weights"]
    assert weights.shape == (1, 4, *size) and bool((weights >= 0).all())
    torch.testing.assert_close(weights.sum(1), torch.ones(1, *size))
    assert out.image.min() >= image.min() - 1e-6 and out.image.max() <= image.max() + 1e-6
    flat = torch.full_like(image, 0.3)
    torch.testing.assert_close(net(flat, size).image, torch.full((1, 3, *size), 0.3))


@pytest.mark.parametrize(("texture_only", "prior"), [(False, None), (False, 0.1), (True, None)])
def test_a_pixel_by_hand(texture_only, prior):
    net = trained(texture=4, depth=1, texture_only=texture_only, prior=prior).double()
    image = torch.rand(1, 3, 10, 8, dtype=torch.float64)
    out = net(image, (4, 3))
    i, j = 2, 1
    qy, qx = (i + 0.5) * 10 / 4 - 0.5, (j + 0.5) * 8 / 3 - 0.5
    y, x = int(qy), int(qx)
    assert (qy, qx) == (5.75, 3.5)
    corners = [(y, x), (y, x + 1), (y + 1, x), (y + 1, x + 1)]
    state = net.state_dict()
    texture = F.conv2d(image, state["layers.0.weight"], state["layers.0.bias"], padding=1).relu()[0, :, y, x]
    distances = torch.tensor([((qy - a) ** 2 + (qx - b) ** 2) ** 0.5 for a, b in corners], dtype=torch.float64)
    inputs = texture if texture_only else torch.cat((texture, distances))
    logits = state["choose.weight"][:, :, 0, 0] @ inputs + state["choose.bias"]
    if prior is not None:
        logits = logits + (0.6 * torch.tensor([0.25 * 0.5, 0.25 * 0.5, 0.75 * 0.5, 0.75 * 0.5]) + 0.1).log()
    weights = logits.softmax(0)
    torch.testing.assert_close(out.extras["weights"][0, :, i, j], weights)
    expected = sum(weight * image[0, :, a, b] for weight, (a, b) in zip(weights, corners, strict=True))
    torch.testing.assert_close(out.image[0, :, i, j], expected)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("size", [*SIZES, (24, 36)])
def test_the_texture_at_points_is_the_dense_texture(depth, size):
    x = torch.rand(2, 3, 12, 18, dtype=torch.float64)
    points, dense = (trained(texture=4, depth=depth, compute=kind).double()(x, size) for kind in ("points", "dense"))
    torch.testing.assert_close(points.extras["weights"], dense.extras["weights"])
    torch.testing.assert_close(points.features["texture"], dense.features["texture"])


def test_auto_takes_points_where_few_are_read():
    net = DownsizeNet()
    assert net._pointwise(Places((64, 128), (1024, 2048)))
    assert not net._pointwise(Places((64, 128), (128, 256)))


def test_texture_alone_starts_at_the_plain_mean_and_does_not_know_where_it_is():
    image = torch.rand(1, 3, 8, 8)
    out = DownsizeNet(texture_only=True)(image, (4, 4))
    torch.testing.assert_close(out.image, F.avg_pool2d(image, 2))
    # An image that is the same around every P1 must be weighed the same wherever Q' lies between its neighbours.
    flat = trained(texture=4, texture_only=True)(torch.full((1, 3, 30, 30), 0.5), (7, 7)).extras["weights"]
    inner = flat[..., 1:-1, 1:-1]
    torch.testing.assert_close(inner, inner[..., :1, :1].expand_as(inner))


@pytest.mark.parametrize("prior", [None, 0.001, 0.05])
@pytest.mark.parametrize("coefficients", ["softmax", "sigmoid"])
def test_every_tap_has_a_gradient_also_at_odd_ratios(prior, coefficients):
    image = torch.rand(1, 3, 12, 12)
    net = DownsizeNet(prior=prior, coefficients=coefficients)
    net(image, (4, 4)).image.square().sum().backward()  # a third: Q' falls on pixels
    assert bool((net.choose.bias.grad.abs() > 1e-6).all())
    with torch.no_grad():
        net.choose.bias.copy_(torch.tensor([-9.0, 9.0, 9.0, 9.0]))
    assert net(image, (4, 4)).extras["weights"][:, 1:].amax() > 0.2


def test_its_places_are_those_of_uniform_area():
    out = samplers.create("downsizenet")(torch.rand(2, 3, 10, 8), (4, 3))
    one = samplers.create("uniform-area")(torch.rand(1, 3, 10, 8), (4, 3)).layout.sites
    torch.testing.assert_close(out.layout.sites, torch.cat((one, one)))
    assert one.reshape(4, 3, 2)[2, 1].tolist() == pytest.approx([3.5, 5.75], abs=1e-5)


def test_gradients_are_right_at_step_0_and_later():
    x = torch.rand(1, 3, 5, 6, dtype=torch.float64, requires_grad=True)
    for net in (DownsizeNet(texture=2, depth=1), trained(texture=2, depth=1)):
        net = net.double()
        head = net.choose.weight
        assert torch.autograd.gradcheck(lambda i, w, net=net: net(i, (2, 4)).image, (x, head))


def test_it_learns_which_neighbour_carries_the_stripe():
    # Bright one-pixel columns on black: the mean of four loses half of them, choosing by texture keeps them.
    torch.manual_seed(0)
    image = torch.zeros(8, 1, 8, 16)
    for k in range(8):
        image[k, :, :, torch.randperm(16)[:4]] = 1
    target = F.max_pool2d(image, 2)
    net = DownsizeNet(channels=1, texture=8, depth=1)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.05)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = (net(image, (4, 8)).image - target).square().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DownsizeNet(depth=0), "depth >= 1, got 3, 16 and 0"),
        (lambda: DownsizeNet(prior=0.0), r"prior must be in \(0, 1/4\).*got 0.0"),
        (lambda: DownsizeNet(prior=0.1, texture_only=True), "leave prior out"),
        (lambda: DownsizeNet(coefficients="relu"), "one of softmax, sigmoid, got 'relu'"),  # type: ignore[arg-type]
        (lambda: DownsizeNet(compute="fast"), "one of auto, points, dense, got 'fast'"),  # type: ignore[arg-type]
        (lambda: DownsizeNet()(torch.rand(1, 4, 8, 8), (4, 4)), r"float image \(B, 3, H, W\)"),
        (lambda: DownsizeNet(channels=5)(torch.rand(1, 3, 8, 8), (4, 4)), r"float image \(B, 5, H, W\)"),
        (lambda: DownsizeNet()(torch.rand(1, 3, 8, 8), (4,)), "two integers >= 1"),  # type: ignore[arg-type]
    ],
)
def test_wrong_input_says_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
