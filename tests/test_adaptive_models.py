"""Whole networks, unmodified: guarantees, classes, heads, training statistics, folding, multiply-adds, extensions."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lzviz
from lzviz.adaptive import DeformableConv2d, QuadTree, SoftPool2d, adapt, masks
from lzviz.adaptive.convolution import blocked_rows, differentiable_rows, row_convolution
from lzviz.adaptive.extensions import deform_conv2d
from lzviz.measure import cost
from lzviz.models import resnet, segmentation, vgg

SIZE = (135, 100)  # 17 x 13 cells at stride 8


def lively(model: nn.Module) -> nn.Module:
    """Evaluation mode, doubles, norms that do something."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean = torch.randn(module.num_features) / 10
            module.running_var = torch.rand(module.num_features) + 0.5
            nn.init.uniform_(module.weight, 0.5, 1.5)
    return model.double().eval()


def same(got: Any, expected: Any) -> None:
    """Equal up to rounding: 1e-12 of the largest value."""
    assert got.shape == expected.shape
    assert (got - expected).abs().max() <= 1e-12 * expected.abs().max()


def backbone(name: str, **options: object) -> nn.Module:
    return lively(getattr(resnet, name)(width=8, **options))


def picture(batch: int = 2) -> Tensor:
    return torch.randn(batch, 3, *SIZE, dtype=torch.float64)


def levels_for(depth: int, batch: int = 2) -> Tensor:
    return masks.random((17, 13), 0.4, depth, batch)


NAMES = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stride", [(8, 16), (8, 32)])
@torch.no_grad()
def test_class_scores_of_stock_features_are_the_stock_networks(name: str, stride: tuple[int, int]) -> None:
    model, x = backbone(name, classes=10), picture()
    adapted = adapt(model, stride, global_pool="coarse")
    made, report = adapted.run(x, levels=levels_for(stride[1] // 16))
    same(made, model(x))
    assert len(report) == 0


@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_zeros_and_ones_are_the_dilated_and_the_strided_network(name: str) -> None:
    model, x = backbone(name, classes=None), picture()
    dilated, half = (backbone(name, classes=None, output_stride=stride) for stride in (8, 16))
    for other in (dilated, half):
        other.load_state_dict(model.state_dict())
    zeros = torch.zeros(2, 1, 17, 13, dtype=torch.int64)
    same(adapt(model, (8, 32))(x, levels=zeros), dilated(x))
    same(adapt(model, (8, 32))(x, levels=zeros + 2)[..., ::4, ::4], model(x))
    same(adapt(model, (8, 16))(x, levels=zeros + 1)[..., ::2, ::2], half(x))
    mixed = adapt(model, (8, 16))(x, levels=levels_for(1))
    same(mixed[..., ::2, ::2], half(x))


@torch.no_grad()
def test_area_pooling_weights_rows_by_their_cells() -> None:
    model, x, levels = backbone("resnet18", classes=None), picture(), levels_for(2)
    dense = adapt(model, (8, 32))(x, levels=levels)
    pooled = adapt(nn.Sequential(model, nn.AdaptiveAvgPool2d(1)), (8, 32))(x, levels=levels)
    same(pooled[..., 0, 0], dense.mean((2, 3)))


@torch.no_grad()
def test_vgg_from_every_pixel_to_every_eighth() -> None:
    model = lively(vgg.vgg16(width=8, classes=10))
    x = torch.randn(1, 3, 46, 37, dtype=torch.float64)
    levels = masks.random((46, 37), 0.2, 3)
    adapted = adapt(model, (1, 8), global_pool="coarse")
    same(adapted(x, levels=levels), model(x))


def scaled_head(model: Any) -> nn.Module:
    """The head of a network of output stride 16, at output stride 8: everything in it dilated twice as much."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size != (1, 1):
            module.dilation = tuple(2 * d for d in module.dilation)  # type: ignore[assignment]
            module.padding = tuple(2 * p for p in module.padding)  # type: ignore[assignment, arg-type]
    return model


@pytest.mark.parametrize("head", [None, "classifier"])
@pytest.mark.parametrize("build", [segmentation.fcn, segmentation.deeplabv3])
@torch.no_grad()
def test_zeros_are_the_dilated_network_head_included(build: object, head: str | None) -> None:
    strided, dilated = (lively(build("resnet18", 5, output_stride=s, width=8)) for s in (16, 8))  # type: ignore[operator]
    dilated.load_state_dict(strided.state_dict())
    dilated.classifier = scaled_head(copy.deepcopy(strided.classifier))
    x, zeros = picture(), torch.zeros(2, 1, 17, 13, dtype=torch.int64)
    y = adapt(strided, (8, 16), dense_from=head)(x, levels=zeros)
    same(y, dilated(x))


@pytest.mark.parametrize("head", [None, "classifier"])
@torch.no_grad()
def test_deeplabv3plus_reads_fine_features_and_the_report_names_its_resizing(head: str | None) -> None:
    strided, dilated = (lively(segmentation.deeplabv3plus("resnet18", 5, output_stride=s, width=8)) for s in (16, 8))
    dilated.load_state_dict(strided.state_dict())
    adapted, x = adapt(strided, (8, 16), dense_from=head), picture()
    zeros = torch.zeros(2, 1, 17, 13, dtype=torch.int64)
    same(adapted(x, levels=zeros), dilated(x))
    y, report = adapted.run(x, levels=levels_for(1))
    assert y.shape == (2, 5, *SIZE)
    assert [str(entry) for entry in report] == (["interpolate in classifier"] if head is None else [])


def test_the_model_is_not_changed() -> None:
    model, x = backbone("resnet18", classes=4), picture()
    before = copy.deepcopy(model.state_dict())
    stock = model(x)
    adapted = adapt(model, (8, 16))
    adapted.compile()(x, levels=levels_for(1))
    adapted(x, levels=levels_for(1))
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert torch.equal(model(x), stock)


def test_inputs_are_not_changed() -> None:
    model, x, levels = backbone("resnet18", classes=4), picture(), masks.random((17, 13), 0.4, 2, 2)
    seen = x.clone(), levels.clone()
    adapt(model, (8, 32))(x, levels=levels)
    assert torch.equal(x, seen[0]) and torch.equal(levels, seen[1])


# Training ------------------------------------------------------------------------------------------------------------


class Normed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, 2, 1).double()
        self.norm = nn.BatchNorm2d(4, momentum=0.3).double()

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))


@pytest.mark.parametrize("statistics", ["rows", "area"])
def test_training_statistics(statistics: str) -> None:
    """Rows count once, or with their cells: then it is the norm of the dense map."""
    model, x, levels = Normed().train(), torch.randn(2, 3, 9, 12, dtype=torch.float64), masks.random((9, 12), 0.4, 1, 2)
    reference = copy.deepcopy(model)
    y = adapt(model, (1, 2), batch_norm=statistics)(x, levels=levels)
    bare = adapt(reference.conv, (1, 2))
    if statistics == "area":
        expected = reference.norm(bare(x, levels=levels))
    else:
        rows = reference.norm(bare.rows(x, levels=levels)[:, :, None, None])[:, :, 0, 0]
        expected, _ = QuadTree(levels, 1, (9, 12)).scatter(rows, (9, 12))
    same(y, expected)
    same(model.norm.running_mean, reference.norm.running_mean)
    same(model.norm.running_var, reference.norm.running_var)
    direction = torch.randn_like(y)
    for out in (y, expected):
        (out * direction).sum().backward()
    same(model.conv.weight.grad, reference.conv.weight.grad)


def test_a_network_trains_on_rows() -> None:
    torch.manual_seed(0)
    model = resnet.resnet18(width=8, classes=3).train()
    adapted = adapt(model, (8, 32))
    x, labels, levels = torch.randn(6, 3, 64, 64), torch.arange(6) % 3, masks.random((8, 8), 0.5, 2, 6)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(12):
        loss = nn.functional.cross_entropy(adapted(x, levels=levels), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]


# Folding, plans, costs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [0.0, 0.4, 0.97, 1.0])
@torch.no_grad()
def test_compiled_is_the_same_function(keep: float) -> None:
    model, x = lively(resnet.resnet50(width=16, classes=None)).float(), picture().float()
    adapted, levels = adapt(model, (8, 32)), masks.random((17, 13), keep, 2, 2)
    compiled = adapted.compile()
    expected = adapted(x, levels=levels)
    for _ in range(2):  # the first run measures, the second one knows
        y = compiled(x, levels=levels)
        assert (y - expected).abs().max() < 1e-5 * expected.abs().max()
    assert not any(isinstance(module, nn.BatchNorm2d) for module in compiled.model.modules())


@torch.no_grad()
def test_folding_leaves_alone_what_is_read_twice() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm, self.other = nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1)
            self.last = nn.BatchNorm2d(4)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            return y + self.last(self.other(self.norm(y)))

    model, x, levels = lively(Twice()), torch.randn(1, 3, 8, 8).double(), masks.random((8, 8), 0.5)
    compiled = adapt(model, (1, 2)).compile()
    same(compiled(x, levels=levels), adapt(model, (1, 2))(x, levels=levels))
    folded: Any = compiled.model
    assert folded.norm.running_mean.any() and isinstance(folded.last, nn.Identity)


@torch.no_grad()
def test_compiled_weights_follow_their_changes() -> None:
    model, x, levels = resnet.resnet18(width=8, classes=None).eval(), picture().float(), levels_for(1)
    compiled = adapt(model, (8, 16)).compile()
    before = compiled(x, levels=levels)
    for parameter in compiled.model.get_submodule("layer4").parameters():
        parameter.mul_(0.5)
    assert (compiled(x, levels=levels) - before).abs().max() > 1e-3


@torch.no_grad()
def test_a_plan_is_reusable_and_each_image_alone_gives_the_same() -> None:
    model, x, levels = backbone("resnet50", classes=None), picture(3), levels_for(2, 3)
    adapted = adapt(model, (8, 32))
    plan = adapted.plan(levels, SIZE)
    together = adapted(x, plan=plan)
    assert torch.equal(together, adapted(x, plan=plan))
    same(together, adapted(x, levels=levels))
    for image in range(3):
        alone = adapted(x[image : image + 1], levels=levels[image : image + 1])
        same(together[image : image + 1], alone)


@torch.no_grad()
def test_rows_are_in_the_order_of_the_quadtree() -> None:
    model, x, levels = backbone("resnet18", classes=None), picture(), levels_for(2)
    adapted = adapt(model, (8, 32))
    rows, plan = adapted.rows(x, levels=levels), adapted.plan(levels, SIZE)
    back, valid = plan.layout.scatter(rows, (17, 13))
    assert valid.all() and torch.equal(back, adapted(x, levels=levels))
    assert rows.shape[0] == plan.layout.count.sum()
    assert plan.row_fraction == rows.shape[0] / (2 * 17 * 13)


def test_costs_are_those_of_the_dilated_and_the_strided_network() -> None:
    strided, dilated = (segmentation.deeplabv3("resnet50", 7, output_stride=s, width=8) for s in (16, 8))
    adapted, shape = adapt(strided, (8, 16)), (2, 3, *SIZE)
    zeros = torch.zeros(2, 1, 17, 13, dtype=torch.int64)
    fine, coarse = adapted.plan(zeros, SIZE), adapted.plan(zeros + 1, SIZE)
    assert fine.macs == fine.macs_dense == coarse.macs_dense == cost.count(dilated, shape).total
    assert coarse.macs == cost.count(strided, shape).total
    assert fine.cost.without("classifier").total == cost.count(dilated, shape).without("classifier").total
    mixed = adapted.plan(levels_for(1), SIZE)
    assert coarse.macs < mixed.macs < fine.macs
    assert coarse.row_fraction < mixed.row_fraction < fine.row_fraction == 1.0


def test_the_cost_of_a_mixed_mask_by_hand() -> None:
    """A strided 3x3 and a 1x1 on 4 x 4 cells of which one block is halved: 13 rows, 9 * 2 * 3 + 3 * 5 each."""
    model = nn.Sequential(nn.Conv2d(2, 3, 3, 2, 1), nn.Conv2d(3, 5, 1))
    levels = torch.zeros(1, 1, 4, 4, dtype=torch.int64)
    levels[..., :2, 2:] = 1
    plan = adapt(model, (1, 2)).plan(levels, (4, 4))
    assert (plan.macs, plan.macs_dense) == (13 * 69, 16 * 69)
    assert plan.row_fraction == 13 / 16


# Row convolution and the extensions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_the_fast_row_convolution_is_the_plain_one(groups: int) -> None:
    features, weight = torch.randn(700, 6).double(), torch.randn(6, 6 // groups, 3, 3).double()
    table, bias = torch.randint(0, 701, (1300, 9)), torch.randn(6).double()
    expected = torch.zeros(1300, 6).double()
    padded = torch.cat([features, torch.zeros(1, 6).double()])
    for tap in range(9):
        taken = padded[table[:, tap]].view(1300, groups, -1)
        kernel = weight.flatten(2)[..., tap].view(groups, 6 // groups, -1)
        expected += torch.einsum("mgc,goc->mgo", taken, kernel).reshape(1300, 6)
    for way in (row_convolution, blocked_rows, differentiable_rows):
        same(way(features, table, weight, bias, groups), expected + bias)


@pytest.mark.parametrize("network", ["soft pool", "deformable"])
@torch.no_grad()
def test_extensions_keep_the_guarantee(network: str) -> None:
    last = {
        "soft pool": [SoftPool2d(3, 2, 1), nn.Conv2d(4, 4, 3, 1, 1), SoftPool2d(2, 2)],
        "deformable": [nn.Conv2d(4, 4, 3, 2, 1), DeformableConv2d(4, 4), DeformableConv2d(4, 4, stride=2)],
    }[network]
    model = nn.Sequential(nn.Conv2d(3, 4, 3, 1, 1), nn.ReLU(), *last).double().eval()
    for module in model.modules():
        if isinstance(module, DeformableConv2d):
            nn.init.normal_(module.offset.weight, std=0.3)
    x = torch.randn(2, 3, 22, 27).double()
    stock, adapted = model(x), adapt(model, (1, 4))
    for levels in (masks.random((22, 27), 0.4, 2, 2), torch.full((2, 1, 22, 27), 2)):
        same(adapted(x, levels=levels)[..., ::4, ::4], stock)
    zeros = adapted(x, levels=torch.zeros(2, 1, 22, 27, dtype=torch.int64))
    same(zeros[..., ::4, ::4], stock)


def test_softpool_by_hand() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 500.0]])[None, None]
    assert SoftPool2d(2)(x).item() == 500
    x = torch.tensor([[0.0, 1.0], [0.0, 0.0]])[None, None]
    assert SoftPool2d(2)(x).item() == pytest.approx(np.e / (np.e + 3))


def test_deformable_convolution_one_number_at_a_time() -> None:
    x, weight = torch.randn(1, 2, 7, 6).double(), torch.randn(3, 2, 3, 3).double()
    offset = torch.randn(1, 18, 4, 3).double() * 2

    def read(channel: int, y: float, x_: float) -> float:
        total, y0, x0 = 0.0, int(np.floor(y)), int(np.floor(x_))
        for yy in (y0, y0 + 1):
            for xx in (x0, x0 + 1):
                if 0 <= yy < 7 and 0 <= xx < 6:
                    total += (1 - abs(y - yy)) * (1 - abs(x_ - xx)) * x[0, channel, yy, xx].item()
        return total

    expected = torch.zeros(1, 3, 4, 3).double()
    for i in range(4):
        for j in range(3):
            for tap in range(9):
                dy, dx = offset[0, 2 * tap : 2 * tap + 2, i, j].tolist()
                for channel in range(2):
                    value = read(channel, 2 * i + tap // 3 - 1 + dy, 2 * j + tap % 3 - 1 + dx)
                    expected[0, :, i, j] += weight[:, channel, tap // 3, tap % 3] * value
    same(deform_conv2d(x, offset, weight, None, 2, 1), expected)


def test_deformable_convolution_starts_as_the_ordinary_one() -> None:
    module, x = DeformableConv2d(3, 4, dilation=2, padding=2), torch.randn(2, 3, 9, 8)
    torch.testing.assert_close(module(x), nn.functional.conv2d(x, module.weight, None, 1, 2, 2), rtol=1e-5, atol=1e-5)


def test_deformable_gradients() -> None:
    x, weight = torch.randn(1, 2, 5, 5).double().requires_grad_(), torch.randn(2, 2, 3, 3).double().requires_grad_()
    offset = (torch.randn(1, 18, 5, 5).double()).requires_grad_()
    assert torch.autograd.gradcheck(lambda *a: deform_conv2d(*a, padding=1), (x, offset, weight), fast_mode=True)


def test_the_public_name() -> None:
    assert lzviz.adapt is adapt
