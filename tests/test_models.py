"""Networks: published keys, an independent forward pass, strides against dilations, seeds, gradients, errors."""

import hashlib
import json
import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from lzviz import adapt, models

FROZEN = json.loads((Path(__file__).parent / "data" / "torchvision_keys.json").read_text())

PUBLISHED = {
    "resnet18": models.resnet18,
    "resnet34": models.resnet34,
    "resnet50": models.resnet50,
    "resnet101": models.resnet101,
    "resnet152": models.resnet152,
    "vgg16": models.vgg16,
    "fcn_resnet50": lambda: models.fcn("resnet50", auxiliary=True),
    "fcn_resnet101": lambda: models.fcn("resnet101", auxiliary=True),
    "deeplabv3_resnet50": lambda: models.deeplabv3("resnet50", auxiliary=True),
    "deeplabv3_resnet101": lambda: models.deeplabv3("resnet101", auxiliary=True),
}

SMALL = {
    "resnet18": {"width": 8, "classes": 7},
    "resnet34": {"width": 4, "classes": 7},
    "resnet50": {"width": 4, "classes": 7, "in_channels": 5},
    "resnet101": {"width": 4, "classes": 7},
    "resnet152": {"width": 4, "classes": 7},
    "vgg16": {"width": 4, "classes": 7, "hidden": 16},
    "fcn": {"backbone": "resnet18", "width": 8, "classes": 7},
    "deeplabv3": {"backbone": "resnet18", "width": 8, "channels": 16, "classes": 7},
    "deeplabv3plus": {"backbone": "resnet18", "width": 8, "channels": 16, "low": 8, "classes": 7},
    "pspnet": {"backbone": "resnet18", "width": 8, "channels": 16, "classes": 7},
    "hrnetv2": {"widths": (4, 8, 12, 16), "stem": 8, "classes": 7},
    "compact": {"classes": 7},
    "d2net": {"width": 2},
}
CLASSIFIERS = {"resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg16"}


def channels_of(name):
    return SMALL[name].get("in_channels", 3)


def unsettle(network, seed=0):
    """BatchNorm statistics and weights that are not the identity, so that leaving one out shows."""
    generator = torch.Generator().manual_seed(seed)
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            for tensor, low, high in (
                (part.get_buffer("running_mean"), -0.2, 0.2),
                (part.get_buffer("running_var"), 0.7, 1.4),
                (part.weight.data, 0.3, 0.8),
                (part.bias.data, -0.2, 0.2),
            ):
                tensor.uniform_(low, high, generator=generator)
    return network.eval()


def summary(state):
    """{part: [tensors, elements, hash of the sorted "key shape" lines]}."""
    parts = {}
    for key, tensor in state.items():
        names = key.split(".")
        part = ".".join(names[:2]) if names[0] in ("backbone", "classifier") and len(names) > 2 else names[0]
        parts.setdefault(part, []).append((key, list(tensor.shape)))
    return {
        part: [
            len(rows),
            sum(math.prod(shape) for _, shape in rows),
            hashlib.sha256("\n".join(f"{key} {shape}" for key, shape in sorted(rows)).encode()).hexdigest()[:16],
        ]
        for part, rows in parts.items()
    }


@pytest.mark.parametrize("name", PUBLISHED)
def test_keys_and_shapes_are_torchvisions(name):
    with torch.device("meta"):
        network = PUBLISHED[name]()
    assert summary(network.state_dict()) == FROZEN[name]


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("resnet18", 11_689_512),
        ("resnet34", 21_797_672),
        ("resnet50", 25_557_032),
        ("resnet101", 44_549_160),
        ("resnet152", 60_192_808),
        ("vgg16", 138_357_544),
    ],
)
def test_number_of_weights_is_the_published_one(name, weights):
    with torch.device("meta"):
        network = models.create(name)
    assert sum(parameter.numel() for parameter in network.parameters()) == weights


# The slow, obvious twin: a forward pass over nothing but a state dict.


def twin_norm(state, name, x):
    mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    scale = weight / (var + 1e-5).sqrt()
    return (x - mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]


def twin_block(state, name, x, stride):
    bottleneck = f"{name}.conv3.weight" in state
    kernels = (1, 3, 1) if bottleneck else (3, 3)
    strided = 1 if bottleneck else 0
    y = x
    for index, kernel in enumerate(kernels):
        y = F.conv2d(
            y, state[f"{name}.conv{index + 1}.weight"], stride=stride if index == strided else 1, padding=kernel // 2
        )
        y = twin_norm(state, f"{name}.bn{index + 1}", y)
        if index < len(kernels) - 1:
            y = y.clamp(min=0)
    if f"{name}.downsample.0.weight" in state:
        x = twin_norm(state, f"{name}.downsample.1", F.conv2d(x, state[f"{name}.downsample.0.weight"], stride=stride))
    return (x + y).clamp(min=0)


def twin_resnet(state, x):
    x = twin_norm(state, "bn1", F.conv2d(x, state["conv1.weight"], stride=2, padding=3)).clamp(min=0)
    x = F.max_pool2d(F.pad(x, (1, 1, 1, 1), value=-1e30), 3, 2)
    for layer in range(1, 5):
        block = 0
        while f"layer{layer}.{block}.conv1.weight" in state:
            x = twin_block(state, f"layer{layer}.{block}", x, 2 if layer > 1 and block == 0 else 1)
            block += 1
    return x.mean((2, 3)) @ state["fc.weight"].T + state["fc.bias"]


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_resnet_is_its_state_dict(name):
    network = unsettle(models.create(name, width=4, classes=5)).double()
    x = torch.randn(2, 3, 75, 50, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    torch.testing.assert_close(network(x), twin_resnet(network.state_dict(), x), rtol=1e-10, atol=1e-12)


def test_deeplabv3_head_is_its_state_dict():
    head = unsettle(models.DeepLabv3(6, 4, rates=(2, 3), channels=5)).double()
    x = torch.randn(1, 6, 9, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    state = head.state_dict()
    branches = []
    for index, rate in enumerate((0, 2, 3)):
        y = F.conv2d(x, state[f"0.convs.{index}.0.weight"], padding=rate, dilation=max(rate, 1))
        branches.append(twin_norm(state, f"0.convs.{index}.1", y).clamp(min=0))
    pooled = F.conv2d(x.mean((2, 3), keepdim=True), state["0.convs.3.1.weight"])
    branches.append(twin_norm(state, "0.convs.3.2", pooled).clamp(min=0).expand(1, 5, 9, 7))
    y = F.conv2d(torch.cat(branches, 1), state["0.project.0.weight"])
    y = twin_norm(state, "0.project.1", y).clamp(min=0)
    y = twin_norm(state, "2", F.conv2d(y, state["1.weight"], padding=1)).clamp(min=0)
    torch.testing.assert_close(head(x), F.conv2d(y, state["4.weight"], state["4.bias"]), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
@pytest.mark.parametrize("stem", ["imagenet", 1, 2, 4])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_dilated_network_read_sparsely_is_the_strided_one(name, stem, steps):
    coarse_stride = 8 * (4 if stem == "imagenet" else stem)
    coarse = unsettle(models.create(name, width=4, classes=None, stem=stem, output_stride=coarse_stride)).double()
    fine = models.create(name, width=4, classes=None, stem=stem, output_stride=coarse_stride >> steps).double().eval()
    fine.load_state_dict(coarse.state_dict())
    x = torch.randn(1, 3, 97, 70, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    expected = coarse(x)
    step = 1 << steps
    torch.testing.assert_close(fine(x)[:, :, ::step, ::step], expected, rtol=1e-12, atol=1e-12)
    assert expected.shape[-2:] == (-(-97 // coarse_stride), -(-70 // coarse_stride))


@pytest.mark.parametrize("output_stride", [1, 2, 4, 8, 16])
def test_vgg_with_dense_pools_read_sparsely_is_the_strided_one(output_stride):
    coarse = models.vgg_features(width=3, ceil_mode=True).double()
    fine = models.vgg_features(width=3, ceil_mode=True, output_stride=output_stride).double()
    fine.load_state_dict(coarse.state_dict())
    x = torch.randn(1, 3, 67, 45, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    expected, step = coarse(x), 32 // output_stride
    torch.testing.assert_close(fine(x)[:, :, ::step, ::step], expected, rtol=1e-12, atol=1e-15)
    assert expected.shape[-2:] == (3, 2)


def test_vgg_parts_end_where_their_name_says():
    layers = models.vgg_features(last="conv4_3", width=2)
    weighted = [index for index, part in enumerate(layers) if isinstance(part, torch.nn.Conv2d)]
    assert weighted == [0, 2, 5, 7, 10, 12, 14, 17, 19, 21] and len(layers) == 22
    assert len(models.vgg_features(width=2)) == 31


@pytest.mark.parametrize("name", SMALL)
def test_output_has_the_size_of_the_image(name):
    network = models.create(name, **SMALL[name]).eval()
    x = torch.randn(2, channels_of(name), 97, 70, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        scores = network(x)
        alone = network(x[1:])
    expected = {"d2net": (2, 16, 13, 9), **dict.fromkeys(CLASSIFIERS, (2, 7))}
    assert scores.shape == expected.get(name, (2, 7, 97, 70))
    torch.testing.assert_close(scores[1:], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", SMALL)
def test_every_weight_takes_part(name):
    network = models.create(name, **SMALL[name])
    x = torch.randn(2, channels_of(name), 65, 97, generator=torch.Generator().manual_seed(5))
    network(x).square().sum().backward()
    silent = [key for key, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert silent == []


@pytest.mark.parametrize("name", SMALL)
def test_seeds(name):
    torch.manual_seed(11)
    before = torch.get_rng_state()
    first, same, other = (models.create(name, seed=seed, **SMALL[name]).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[key], same[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_he_initialisation():
    network = models.resnet50(width=16, classes=3)
    weight = network.layer3[1].conv2.weight
    assert weight.std().item() == pytest.approx(math.sqrt(2 / (9 * weight.shape[0])), rel=0.05)
    assert network.layer3[1].bn3.weight.unique().item() == pytest.approx(6**-0.5)
    assert network.layer3[1].bn1.weight.unique().item() == 1


def test_an_untrained_deep_network_fits_half_precision():
    network = models.resnet152(width=8, classes=None).eval()
    with torch.no_grad():
        stages = network.stages(torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(6)))
    assert max(features.abs().max().item() for features in stages) < 1000


def test_logits_lie_on_the_grid_of_the_features():
    x = torch.randn(1, 3, 97, 70)
    assert models.fcn("resnet18", 5, width=4, output_stride=16).eval().logits(x).shape == (1, 5, 7, 5)
    assert models.deeplabv3plus("resnet18", 5, width=4, channels=8).eval().logits(x).shape == (1, 5, 25, 18)
    assert models.compact(5, stem=1).eval().logits(x[..., :48, :64]).shape == (1, 5, 48, 64)


def test_auxiliary_scores():
    network = models.fcn("resnet18", 5, width=4, auxiliary=True).eval()
    x = torch.randn(1, 3, 40, 33)
    scores, auxiliary = network(x, auxiliary=True)
    assert torch.equal(scores, network(x))
    assert auxiliary.shape == scores.shape and not torch.equal(auxiliary, scores)


def test_convention_scores_are_resized_half_pixel():
    network = models.fcn("resnet18", 1, width=4, output_stride=32).eval()
    x = torch.randn(1, 3, 64, 32)
    low, high = network.logits(x)[0, 0, :, 0], network(x)[0, 0, :, 5]
    assert low.shape == (2,)
    position = ((torch.arange(64) + 0.5) / 32 - 0.5).clamp(0, 1)
    torch.testing.assert_close(high, low[0] * (1 - position) + low[1] * position)


def test_rates_span_the_same_pixels_at_every_stride():
    assert [models.aspp_rates(stride) for stride in (8, 16, 32)] == [(12, 24, 36), (6, 12, 18), (3, 6, 9)]
    network = models.deeplabv3("resnet18", width=4, channels=4, output_stride=16)
    dilations = [part.dilation[0] for part in network.classifier.modules() if isinstance(part, torch.nn.Conv2d)]
    assert dilations[1:4] == [6, 12, 18]


def test_compact_is_small_and_its_widths_are_safe_in_half_precision():
    network = models.compact(11)
    assert 0.7e6 < sum(parameter.numel() for parameter in network.parameters()) < 1e6
    dilated = [part for part in network.modules() if isinstance(part, torch.nn.Conv2d) and part.dilation[0] > 1]
    assert dilated and all(part.out_channels % 16 == 0 and part.in_channels % 16 == 0 for part in dilated)


HEADS = {
    "fcn": {},
    "deeplabv3": {"channels": 8},
    "deeplabv3 dense": {"channels": 8},
    "pspnet": {"channels": 8},
}


@pytest.mark.parametrize("name", HEADS)
def test_an_adapted_network_that_keeps_every_cell_is_the_dilated_one_head_included(name):
    options = {"backbone": "resnet18", "classes": 3, "width": 4, **HEADS[name]}
    strided = unsettle(models.create(name.split()[0], output_stride=16, **options)).double()
    dilated = models.create(name.split()[0], output_stride=8, head_dilation=2, **options).double().eval()
    dilated.load_state_dict(strided.state_dict())
    x = torch.randn(2, 3, 97, 70, dtype=torch.float64)
    adapted = adapt(strided, (8, 16), dense_from="classifier" if "dense" in name else None)
    kept = torch.zeros(2, 1, 13, 9, dtype=torch.int64)
    torch.testing.assert_close(adapted(x, levels=kept), dilated(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: models.create("resnet19"), "unknown network 'resnet19'"),
        (lambda: models.fcn("vgg16"), "unknown backbone 'vgg16'"),
        (lambda: models.resnet18(output_stride=12), r"one of \[4, 8, 16, 32\] with a stem of stride 4, got 12"),
        (lambda: models.resnet18(stem=2, output_stride=32), r"one of \[2, 4, 8, 16\] with a stem of stride 2"),
        (lambda: models.resnet18(stem=3), "got 3"),
        (lambda: models.resnet18(width=0), "at least 1 channel, got 0"),
        (lambda: models.vgg_features(last="conv4_4"), "got 'conv4_4'"),
        (lambda: models.vgg_features(last="conv4_3", output_stride=16), r"one of \[1, 2, 4, 8\], got 16"),
        (lambda: models.hrnetv2(widths=(8, 16)), r"four numbers, one a branch, got \(8, 16\)"),
        (lambda: models.d2net(output_stride=16), r"one of \[1, 2, 4, 8\], got 16"),
        (lambda: models.d2net(mode="published", output_stride=8), "stride 4 only, got 8"),
        (lambda: models.d2net(mode="old"), "got 'old'"),
        (lambda: models.prepare(torch.zeros(1, 3, 2, 2), "bgr"), "got 'bgr'"),
        (lambda: models.sample_descriptors(torch.zeros(1, 1, 2, 2), torch.zeros(3), 8), r"x before y, got \(3,\)"),
        (lambda: models.resnet18(width=4)(torch.zeros(1, 1, 8, 8)), r"\(B, 3, H, W\), got \(1, 1, 8, 8\)"),
        (lambda: models.vgg16(width=1, hidden=1)(torch.zeros(3, 8, 8)), r"got \(3, 8, 8\)"),
        (lambda: models.fcn("resnet18", width=4)(torch.zeros(1, 3, 8, 8), auxiliary=True), "auxiliary=True"),
    ],
)
def test_errors_name_the_value_and_the_remedy(build, message):
    with pytest.raises(ValueError, match=message):
        build()
