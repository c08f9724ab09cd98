"""Multiply-adds: against formulas written out by hand, and against the figures that are published."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lzviz import adapt, models
from lzviz.measure import cost


def weightless(build, *arguments, **options):
    """The network without memory for its weights: shapes are enough."""
    with torch.device("meta"):
        return build(*arguments, **options)


def halved(size, kernel, stride, padding):
    return (size + 2 * padding - kernel) // stride + 1


def resnet_by_hand(depths, bottleneck, size=224, dilate=0):
    """{child: multiply-adds} of a ResNet of width 64; the last `dilate` stages keep their grid."""
    side = halved(size, 7, 2, 3)
    macs = {"conv1": side * side * 7 * 7 * 3 * 64}
    side, channels, expansion = halved(side, 3, 2, 1), 64, 4 if bottleneck else 1
    for index, depth in enumerate(depths):
        width, total = 64 * 2**index, 0
        for block in range(depth):
            strided = block == 0 and 0 < index < 4 - dilate
            after = halved(side, 3, 2, 1) if strided else side
            if bottleneck:
                total += side * side * channels * width + after * after * (9 * width * width + width * width * 4)
            else:
                total += after * after * (9 * channels * width + 9 * width * width)
            if block == 0 and channels != width * expansion:
                total += after * after * channels * width * expansion
            side, channels = after, width * expansion
        macs[f"layer{index + 1}"] = total
    return {**macs, "fc": channels * 1000}


@pytest.mark.parametrize(
    ("name", "depths", "bottleneck", "published"),
    [
        ("resnet18", (2, 2, 2, 2), False, 1.814e9),
        ("resnet34", (3, 4, 6, 3), False, 3.664e9),
        ("resnet50", (3, 4, 6, 3), True, 4.089e9),
        ("resnet101", (3, 4, 23, 3), True, 7.801e9),
        ("resnet152", (3, 8, 36, 3), True, 11.514e9),
    ],
)
def test_resnets_at_224(name, depths, bottleneck, published):
    counted = cost.count(weightless(models.create, name), (1, 3, 224, 224))
    assert counted.by_module(depth=1) == resnet_by_hand(depths, bottleneck)
    assert counted.total == pytest.approx(published, rel=2e-4)


def test_resnet50_to_the_last_digit():
    assert cost.count(weightless(models.resnet50), (1, 3, 224, 224)).total == 4_089_184_256


def test_dilated_resnet_and_a_size_that_divides_by_nothing():
    counted = cost.count(weightless(models.resnet50, output_stride=8), (1, 3, 135, 135))
    assert counted.by_module(depth=1) == resnet_by_hand((3, 4, 6, 3), True, size=135, dilate=2)


def test_vgg16_at_224():
    widths = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    sides = [224, 224, 112, 112, 56, 56, 56, 28, 28, 28, 14, 14, 14]
    by_hand = sum(9 * a * b * side**2 for a, b, side in zip(widths[:-1], widths[1:], sides, strict=True))
    counted = cost.count(weightless(models.vgg16), (1, 3, 224, 224))
    assert counted.only("features").total == by_hand
    assert counted.only("classifier").total == 25088 * 4096 + 4096 * 4096 + 4096 * 1000
    assert counted.total == 15_470_264_320


def test_deeplabv3_head_included_and_excluded():
    counted = cost.count(weightless(models.deeplabv3, "resnet101", 19, auxiliary=True), (1, 3, 256, 512))
    cells = 32 * 64
    head = cells * (2048 * 256 + 3 * 9 * 2048 * 256 + 5 * 256 * 256 + 9 * 256 * 256 + 256 * 19) + 2048 * 256
    assert counted.only("classifier").total == head
    assert counted.without("classifier").total == counted.only("backbone").total == counted.total - head
    assert counted.only("class").layers == ()  # names are whole


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", sorted(models.NETWORKS))
def test_shapes_and_numbers_cost_the_same(name, batch):
    small = {
        "vgg16": {"width": 2, "hidden": 4},
        "hrnetv2": {"widths": (2, 4, 4, 4), "stem": 4},
        "compact": {"stem": 4, "width": 4, "channels": 4},
        "d2net": {"width": 2},
        "efficientnet_lite0": {},
    }.get(name, {"width": 4})
    network = models.create(name, **small)
    counted = cost.count(network, (batch, 3, 40, 64))
    assert counted == cost.count(network, torch.rand(batch, 3, 40, 64))
    assert counted.total == batch * cost.count(network, (1, 3, 40, 64)).total > 0


class Everything(nn.Module):
    """One product of each kind, in modules and outside them."""

    def __init__(self):
        super().__init__()
        self.grouped = nn.Conv2d(6, 4, (3, 2), stride=2, groups=2)
        self.upward = nn.ConvTranspose2d(4, 3, 3, stride=2)
        self.linear = nn.Linear(3, 5)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)

    def forward(self, x):
        y = self.grouped(x)
        z = self.upward(y)
        self.linear(z.permute(0, 2, 3, 1))
        torch.bmm(z.flatten(2), z.flatten(2).transpose(1, 2))
        rows = x.flatten(2).transpose(1, 2)
        self.attention(rows, rows, rows, need_weights=False)
        return F.scaled_dot_product_attention(rows[:, :5], rows, rows[..., :4])


def test_each_kind_of_product():
    counted = cost.count(Everything(), torch.rand(2, 6, 7, 8)).by_module()
    assert counted == {
        "grouped": 2 * 4 * (3 * 4) * (3 * 2 * 3),  # out (2, 4, 3, 4), three channels a group
        "upward": 2 * 4 * (3 * 4) * (3 * 3 * 3),  # every input value meets every tap and every output channel
        "linear": 2 * (7 * 9) * 3 * 5,
        "": 2 * (3 * 3 * 63) + 2 * 5 * 56 * (6 + 4),
        "attention": 2 * 56 * (4 * 6 * 6) + 2 * (56 * 56 * 12),
    }


def test_deformable_convolution_counts_as_a_convolution():
    rule = cost.RULES["torchvision::deform_conv2d"]
    out = torch.empty(2, 8, 5, 5)
    assert rule((torch.empty(2, 6, 5, 5), torch.empty(8, 6, 3, 3)), out) == 2 * 25 * 8 * 6 * 9


def test_inference_mode_hides_nothing():
    linear, x = nn.Linear(3, 4), torch.rand(5, 2, 3)
    with torch.inference_mode():
        assert cost.count(linear, x).total == 5 * 2 * 3 * 4


def test_the_network_is_left_as_it_was():
    network = models.compact(stem=4).train()
    network.backbone.eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    cost.count(network, (1, 3, 64, 64))
    cost.count(network, torch.rand(1, 3, 64, 64))
    assert [module.training for module in network.modules()] == modes
    assert all(
        torch.equal(value, before[key]) and value.device.type == "cpu" for key, value in network.state_dict().items()
    )
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_rows_of_a_tree_that_keeps_everything_cost_the_dense_convolution():
    convolution = nn.Conv2d(12, 8, 3, padding=2, dilation=2, groups=2)
    dense = cost.count(convolution, (2, 12, 9, 7)).total
    assert cost.rows_convolution(2 * 9 * 7, (3, 3), 12, 8, groups=2) == dense
    assert cost.rows_convolution(torch.zeros(63, 9, dtype=torch.int64), (3, 3), 12, 8, groups=2) == dense // 2


PLANNED = {
    "resnet18": (models.resnet18, {"width": 4, "classes": None}, {}),
    "resnet50": (models.resnet50, {"width": 4, "classes": None}, {}),
    "fcn": (models.fcn, {"backbone": "resnet18", "width": 4}, {}),
    "deeplabv3": (models.deeplabv3, {"backbone": "resnet18", "width": 4, "channels": 8}, {"dense_from": "classifier"}),
    "deeplabv3plus": (models.deeplabv3plus, {"backbone": "resnet18", "width": 4, "channels": 8, "low": 4}, {}),
    "pspnet": (models.pspnet, {"backbone": "resnet18", "width": 4, "channels": 8}, {}),
    "d2net": (models.d2net, {"width": 2}, {}),
}


@pytest.mark.parametrize("name", PLANNED)
@pytest.mark.parametrize("size", [(96, 128), (75, 101)])
def test_plans_of_adaptive_runs_cost_what_the_dense_networks_cost(name, size):
    build, options, how = PLANNED[name]
    fine, coarse = (2, 8) if name == "d2net" else (8, 32)
    strided, dilated = (build(output_stride=stride, **options) for stride in (coarse, fine))
    adapted = adapt(strided, (fine, coarse), **how)
    cells = [-(-n // fine) for n in size]
    kept = torch.zeros(2, 1, *cells, dtype=torch.int64)
    expected = cost.count(dilated, (2, 3, *size))
    mixed = kept.clone()
    mixed[:, :, cells[0] // 2 :] = 2
    for levels in (kept, mixed):
        assert adapted.plan(levels, size).cost_dense.total == expected.total
    assert adapted.plan(kept, size).cost.by_module() == expected.by_module()
    halved = adapted.plan(kept + 2, size).cost
    strided_cost = cost.count(strided, (2, 3, *size)).total
    if "dense_from" in how:
        head = expected.only("classifier").total
        strided_cost = cost.count(strided, (2, 3, *size)).without("classifier").total + head
    assert halved.total == strided_cost
    assert halved.total < adapted.plan(mixed, size).cost.total < expected.total


def test_costs_add_up_and_print():
    first = cost.count(nn.Conv2d(2, 3, 1), (1, 2, 4, 5)).under("sampler")
    second = cost.count(nn.Sequential(nn.Linear(4, 5)), (1, 4)).under("network")
    both = first + second
    assert both.by_module() == {"sampler": 120, "network.0": 20}
    assert both.table(depth=1).splitlines() == [
        "sampler               120   85.7 %",
        "network                20   14.3 %",
        "total                 140  100.0 %",
    ]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cost.count(nn.Linear(2, 2)), TypeError, "network's inputs"),
        (lambda: cost.count(nn.Linear(2, 2), (0, 2)), TypeError, r"got \(0, 2\)"),
        (
            lambda: cost.count(nn.Linear(2, 2), "big"),  # type: ignore[arg-type]
            TypeError,
            "got 'big'",
        ),
        (lambda: cost.count(torch.relu, (1, 2)), TypeError, "pass tensors instead"),
        (lambda: cost.count(nn.LSTM(2, 3), torch.zeros(1, 4, 2)), ValueError, "hides its products"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
