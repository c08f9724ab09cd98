"""EfficientNet-Lite0: timm's to the last bit, its dilated form the strided one's at every location, and on rows too."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lzviz
from lzviz.adaptive import masks
from lzviz.models import efficientnet_lite0, weights
from tests.test_adaptive_extras import from_timm, installed


def shaken(network: nn.Module) -> nn.Module:
    """Statistics that are not those of a BatchNorm that has seen nothing."""
    generator = torch.Generator().manual_seed(0)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.3, generator=generator)  # type: ignore[union-attr]
            part.running_var.uniform_(0.5, 2, generator=generator)  # type: ignore[union-attr]
    return network.eval().double()


@pytest.mark.skipif(not installed("timm"), reason="timm is not installed")
@pytest.mark.parametrize("size", [(224, 224), (65, 97), (33, 50), (7, 9), (1, 1)])
def test_the_same_weights_answer_as_timm_s_do(size):
    theirs, ours = shaken(from_timm("tf_efficientnet_lite0")), efficientnet_lite0().eval().double()
    ours.load_state_dict(theirs.state_dict())
    x = torch.rand(1, 3, *size, dtype=torch.float64)
    with torch.no_grad():
        assert torch.equal(ours(x), theirs(x))


@pytest.mark.parametrize("padding", ["same", "symmetric"])
@pytest.mark.parametrize(("fine", "coarse"), [(8, 32), (16, 32), (8, 16)])
@pytest.mark.parametrize("size", [(64, 96), (65, 99), (70, 90)])
def test_dilated_strided_and_adaptive_agree(padding, fine, coarse, size):
    """Also with paddings that depend on the size: TensorFlow's would lose the last fine column on rows."""
    strided, dilated = (
        shaken(efficientnet_lite0(classes=None, padding=padding, output_stride=s)) for s in (coarse, fine)
    )
    dilated.load_state_dict(strided.state_dict())
    depth, step, x = (coarse // fine).bit_length() - 1, coarse // fine, torch.rand(1, 3, *size, dtype=torch.float64)
    adapted = lzviz.adapt(strided, (fine, coarse))
    levels = masks.random(size, 0.4, depth, stride=fine, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        there = strided(x)
        torch.testing.assert_close(dilated(x)[..., ::step, ::step], there, rtol=0, atol=1e-12)
        torch.testing.assert_close(adapted(x, levels=torch.zeros_like(levels)), dilated(x), rtol=0, atol=1e-12)
        mixed = adapted(x, levels=levels)
        torch.testing.assert_close(mixed[..., ::step, ::step], there, rtol=0, atol=1e-12)
        torch.testing.assert_close(adapted.compile()(x, levels=levels), mixed, rtol=0, atol=1e-12)


def test_small_pictures_are_enlarged_to_what_the_network_knows():
    network = efficientnet_lite0(at_least=64)
    assert network._enlarged(torch.rand(1, 3, 16, 64)).shape[-2:] == (32, 128)
    x = torch.rand(1, 3, 64, 80)
    assert network._enlarged(x) is x


def test_keys_that_count_blocks_through_are_read():
    ours = efficientnet_lite0(classes=10)
    theirs = {}
    for key, value in shaken(efficientnet_lite0(classes=10)).state_dict().items():
        stage, place, rest = ([*key.split(".", 3)[1:], ""])[:3] if key.startswith("blocks.") else ("", "", key)
        if stage:
            number = sum((1, 2, 2, 3, 3, 4, 1)[: int(stage)]) + int(place)
            names = {"conv_pw": "expand_conv", "bn1": "bn0", "conv_dw": "depthwise_conv", "bn2": "bn1",
                     "conv_pwl": "project_conv", "bn3": "bn2"}  # fmt: skip
            if stage == "0":
                names |= {"conv_pw": "project_conv", "bn1": "bn1", "bn2": "bn2"}
            part, end = rest.split(".", 1)
            theirs[f"_blocks.{number}._{names[part]}.{end}"] = value
        else:
            part, end = key.split(".", 1)
            named = {"conv_stem": "conv_stem", "bn1": "bn0", "conv_head": "conv_head", "bn2": "bn1", "classifier": "fc"}
            theirs[f"_{named[part]}.{end}"] = value
    assert weights.load(ours, theirs) == "efficientnet" and ours.normalisation == "half"
    x = torch.rand(1, 3, 40, 40)
    with torch.no_grad():
        expected = shaken(efficientnet_lite0(classes=10, normalisation="half")).float()(x)
        torch.testing.assert_close(ours.eval()(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"padding": "valid"}, "padding must be"),
        ({"output_stride": 2}, "output_stride must be"),
        ({"at_least": 0}, "at_least"),
    ],
)
def test_wrong_options_are_named(options, said):
    with pytest.raises(ValueError, match=said):
        efficientnet_lite0(**options)


@pytest.mark.parametrize(("stride", "kernel", "padding"), [(1, 5, 2), (2, 3, 1), (1, 3, 0)])
@pytest.mark.parametrize("levels", [1, 2])
def test_depthwise_layers_cost_less_on_the_dense_grid_and_answer_the_same(monkeypatch, stride, kernel, padding, levels):
    """Row by row they read memory once a tap: slower than the dilated network from a seventh of the rows on."""
    layers = nn.Sequential(
        nn.Conv2d(3, 6, 3, 4, 1), nn.Conv2d(6, 6, 3, 2, 1), nn.Conv2d(6, 6, kernel, stride, padding, groups=6)
    )
    coarse = 4 << (1 + (stride > 1))
    adapted, x = lzviz.adapt(layers.double(), (4, coarse)), torch.rand(2, 3, 72, 88, dtype=torch.float64)
    depth = (coarse // 4).bit_length() - 1
    cells = masks.random((72, 88), 0.5, min(levels, depth), 2, 4, torch.Generator().manual_seed(2))
    found, weight = [], layers[2].weight
    for dense in (True, False):
        monkeypatch.setattr("lzviz.adaptive.convolution.DENSE_READS", 0 if dense else 1e9)
        y, report = adapted.run(x, levels=cells)
        assert ("dense" in report.path) is dense
        found.append((y, torch.autograd.grad(y.square().sum(), weight)[0]))
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("path", ["coarse", "dense"])
def test_wide_padding_of_depthwise_layers_is_made_beforehand(monkeypatch, path):
    """The direct kernel takes no padding beyond four places: 5 x 5 at dilation 4 took twenty times as long as at dilation 2."""
    layers = nn.Sequential(nn.Conv2d(3, 6, 3, 8, 1), nn.Conv2d(6, 6, 3, 2, 1), nn.Conv2d(6, 6, 3, 2, 1),
                           nn.Conv2d(6, 6, 5, 1, 2, groups=6), nn.Conv2d(6, 6, 7, 1, 6, 2, groups=6)).double()  # fmt: skip
    monkeypatch.setattr("lzviz.adaptive.convolution.DENSE_READS", 0 if path == "dense" else 1e9)
    ordinary, paddings = F.conv2d, []

    def noted(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        if groups == 6 and type(x) is torch.Tensor:
            paddings.append(max(padding))
        return ordinary(x, weight, bias, stride, padding, dilation, groups)

    x = torch.rand(1, 3, 72, 88, dtype=torch.float64)
    cells = masks.random((72, 88), 1, 2, 1, 8, torch.Generator().manual_seed(2))
    monkeypatch.setattr("lzviz.adaptive.convolution.F.conv2d", noted)
    found = lzviz.adapt(layers, (8, 32))(x, levels=cells)
    monkeypatch.undo()
    assert paddings and max(paddings) <= 4
    dilated = copy.deepcopy(layers)
    for k, dilation in enumerate((1, 1, 2, 4, 4)):
        layer = dilated[k]
        if k:
            layer.stride = (1, 1)
            reach = dilation * (2 if k == 4 else 1)
            layer.dilation, layer.padding = (reach, reach), (layer.padding[0] * dilation, layer.padding[1] * dilation)
    torch.testing.assert_close(found, dilated(x), rtol=1e-12, atol=1e-12)
