"""DownsizeNet: bilinear at step 0, convex always, and the same at points as densely."""

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
def test_it_is_exactly_bilinear_at_step_0_down_and_up_on_images_and_features(size, source, channels):
    x = torch.randn(2, channels, *source, dtype=torch.float64)
    plain = F.interpolate(x, size=size, mode="bilinear", align_corners=False)
    net = DownsizeNet(channels=channels)
    torch.testing.assert_close(net(x.float(), size).image.double(), plain, atol=2e-6, rtol=0)
    torch.testing.assert_close(net.double()(x, size).image, plain, atol=1e-13, rtol=0)


@given(st.integers(0, 1000), st.tuples(st.integers(1, 9), st.integers(1, 9)), st.booleans(), st.floats(0.1, 5))
@settings(max_examples=25, deadline=None)
def test_its_weights_are_convex_whatever_it_learned(seed, size, texture_only, scale):
    net = trained(seed, scale, texture=4, texture_only=texture_only)
    image = torch.rand(1, 3, 6, 7, generator=torch.Generator().manual_seed(seed))
    out = net(image, size)
    weights = out.extras["weights"]
    assert weights.shape == (1, 4, *size) and bool((weights >= 0).all())
    torch.testing.assert_close(weights.sum(1), torch.ones(1, *size))
    assert out.image.min() >= image.min() - 1e-6 and out.image.max() <= image.max() + 1e-6
    flat = torch.full_like(image, 0.3)
    torch.testing.assert_close(net(flat, size).image, torch.full((1, 3, *size), 0.3))


@pytest.mark.parametrize("texture_only", [False, True])
def test_a_pixel_by_hand(texture_only):
    net = trained(texture=4, depth=1, texture_only=texture_only).double()
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
    if not texture_only:
        logits = logits + torch.tensor([0.25 * 0.5, 0.25 * 0.5, 0.75 * 0.5, 0.75 * 0.5]).log()
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


def test_at_odd_ratios_least_revives_the_neighbours_that_bilinear_never_reads():
    image = torch.rand(1, 3, 12, 12)
    moved = {}
    for least in (0.0, 0.01):
        net = DownsizeNet(least=least)
        with torch.no_grad():
            net.state_dict()["choose.bias"].copy_(torch.tensor([0.0, 3.0, 3.0, 3.0]))
        moved[least] = net(image, (4, 4)).extras["weights"][:, 1:].max().item()
    assert moved[0.0] < 1e-30 and moved[0.01] > 0.1


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
        (lambda: DownsizeNet(least=0.25), r"least must be in \[0, 1/4\), got 0.25"),
        (lambda: DownsizeNet(compute="fast"), "one of auto, points, dense, got 'fast'"),  # type: ignore[arg-type]
        (lambda: DownsizeNet()(torch.rand(1, 4, 8, 8), (4, 4)), r"float image \(B, 3, H, W\)"),
        (lambda: DownsizeNet(channels=5)(torch.rand(1, 3, 8, 8), (4, 4)), r"float image \(B, 5, H, W\)"),
        (lambda: DownsizeNet()(torch.rand(1, 3, 8, 8), (4,)), "two integers >= 1"),  # type: ignore[arg-type]
    ],
)
def test_wrong_input_says_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
