"""The key point network: published keys and weights, dense pools, where features stand."""

import pytest
import torch
import torch.nn.functional as F

from lzviz import adapt, models


@pytest.mark.parametrize("fine", [1, 2, 4])
def test_adapted_key_point_network_spans_its_strided_and_its_dense_forms(fine):
    coarse = models.d2net(width=3).double()
    dense = models.d2net(width=3, output_stride=fine).double()
    dense.load_state_dict(coarse.state_dict())
    x = torch.randn(1, 3, 37, 50, dtype=torch.float64)
    adapted, step = adapt(coarse, (fine, 8)), 8 // fine
    kept = torch.zeros(1, 1, -(-37 // fine), -(-50 // fine), dtype=torch.int64)
    torch.testing.assert_close(adapted(x, levels=kept), dense(x), rtol=1e-12, atol=1e-13)
    mixed = torch.randint(0, step.bit_length(), kept.shape)
    for levels in (kept, mixed, kept + step.bit_length() - 1):
        torch.testing.assert_close(adapted(x, levels=levels)[..., ::step, ::step], coarse(x), rtol=1e-12, atol=1e-13)


def test_d2net_has_the_published_keys():
    with torch.device("meta"):
        state = models.d2net().state_dict()
    shapes = {}
    for index, (a, b) in zip(
        (0, 2, 5, 7, 10, 12, 14, 17, 19, 21),
        (
            (3, 64),
            (64, 64),
            (64, 128),
            (128, 128),
            (128, 256),
            (256, 256),
            (256, 256),
            (256, 512),
            (512, 512),
            (512, 512),
        ),
        strict=True,
    ):
        shapes[f"dense_feature_extraction.model.{index}.weight"] = (b, a, 3, 3)
        shapes[f"dense_feature_extraction.model.{index}.bias"] = (b,)
    assert {key: tuple(tensor.shape) for key, tensor in state.items()} == shapes


def test_d2net_takes_weights_of_d2net_and_of_vgg16():
    vgg = models.vgg16(width=2, hidden=3, seed=5)
    network = models.d2net(width=2)
    network.load_weights(vgg.state_dict())
    x = torch.randn(1, 3, 32, 40)
    expected = torch.relu(vgg.features[:22](x))
    torch.testing.assert_close(network(x), expected)
    again = models.d2net(width=2, output_stride=8, seed=9)
    again.load_weights({"model": network.state_dict(), "epoch_idx": 3})
    torch.testing.assert_close(again(x), expected)
    for wrong in ({}, {"model": [1]}, {"features.0.weight": 0}, models.d2net(width=3).state_dict()):
        with pytest.raises(ValueError, match=r"20 of 20 .* first is dense_feature_extraction.model.0.weight"):
            network.load_weights(wrong)


def test_published_d2net_averages_its_third_pool():
    network = models.d2net(width=2, mode="published")
    state = network.state_dict()
    x = torch.randn(1, 3, 35, 50)
    y, pools = x, {2: 0, 7: 0, 14: 1}
    for index in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21):
        reach = 2 if index > 14 else 1
        weight, bias = (state[f"dense_feature_extraction.model.{index}.{part}"] for part in ("weight", "bias"))
        y = F.conv2d(y, weight, bias, padding=reach, dilation=reach).clamp(min=0)
        if index in pools:
            y = F.avg_pool2d(y, 2, 1) if pools[index] else F.max_pool2d(y, 2)
    torch.testing.assert_close(network(x), y)
    assert (network.output_stride, network.offset, tuple(y.shape[-2:])) == (4, 1.5, (7, 11))


@pytest.mark.parametrize("stride", [8, 4, 2, 1])
def test_convention_feature_i_stands_at_stride_i_plus_three_and_a_half(stride):
    """With box filters everywhere the response to a bright box is centred on the features that stand there."""
    network = models.d2net(width=1, in_channels=1, output_stride=stride)
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.weight.data.fill_(1 / layer.weight[0].numel())
    x = torch.zeros(1, 1, 208, 176)
    x[:, :, 104:128, 72:80] = 1  # centre y = 115.5, x = 75.5; no border within reach
    features = network(x)[0, 0].detach()
    y, x = (torch.arange(n) * stride + network.offset for n in features.shape)
    centre = ((features.sum(1) * y).sum() / features.sum(), (features.sum(0) * x).sum() / features.sum())
    assert centre == (pytest.approx(115.5, abs=1e-3), pytest.approx(75.5, abs=1e-3))


def test_descriptors_are_read_between_features():
    features = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    points = torch.tensor([[8 * 1.25 + 3.5, 8 * 2.5 + 3.5], [-100.0, 1000.0]]).double()
    read = models.sample_descriptors(features, points, 8)
    column = features[:, :, 2:4].mean(2)
    inner = 0.75 * column[:, :, 1] + 0.25 * column[:, :, 2]
    torch.testing.assert_close(read[:, 0], inner / inner.norm(dim=1, keepdim=True))
    torch.testing.assert_close(read[:, 1], features[:, :, 3, 0] / features[:, :, 3, 0].norm(dim=1, keepdim=True))
    assert not models.sample_descriptors(0 * features, points, 8).any()


def test_describe_normalises_the_image():
    network = models.d2net(width=2)
    image, points = torch.rand(1, 3, 24, 24), torch.rand(1, 5, 2) * 20
    red = torch.tensor([123.68, 116.779, 103.939]).view(1, 3, 1, 1)
    caffe = (255 * image - red)[:, [2, 1, 0]]
    torch.testing.assert_close(models.prepare(image), caffe, rtol=1e-5, atol=1e-3)
    described = network.describe(image, points)
    torch.testing.assert_close(described, models.sample_descriptors(network(caffe), points, 8), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(described.norm(dim=2), torch.ones(1, 5))
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1).expand(1, 3, 2, 2)
    torch.testing.assert_close(models.prepare(mean, "imagenet"), torch.zeros(1, 3, 2, 2))
    assert models.prepare(image, "none") is image
