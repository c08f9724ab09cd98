"""The paper's guarantees, in float64: zeros = dilated, ones = strided, and for every mask the coarse locations are stock."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lzviz.adaptive import adapt, masks
from lzviz.adaptive.levels import complete
from tests.adaptive_twin import twin

CLOSE: dict[str, Any] = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture(autouse=True)
def _doubles():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


class Residual(nn.Module):
    """A strided block with a shortcut, additions in place, and whatever pooling it is given."""

    def __init__(self, channels: int, stride: int, groups: int = 1, pool: nn.Module | None = None):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, stride, 1, groups=groups)
        self.norm = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(channels, channels, 3, 1, 2, dilation=2)
        self.short = pool or nn.Conv2d(channels, channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.second(self.relu(self.norm(self.first(x))))
        y += self.short(x)
        return self.relu(y)


def convolutions() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(4, 4, 3, 1, 1),
        nn.Conv2d(4, 5, 3, 2, 1),
        nn.Conv2d(5, 4, 3, 1, 1),
    )


NETWORKS = {
    "convolutions": convolutions,
    "even kernels": lambda: nn.Sequential(nn.Conv2d(3, 4, 2, 2), nn.GELU(), nn.Conv2d(4, 4, 2, 2), nn.Conv2d(4, 4, 1)),
    "no padding": lambda: nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3, 2, 1)),
    "max pools": lambda: nn.Sequential(nn.MaxPool2d(3, 2, 1), nn.Conv2d(3, 4, 3, 1, 1), nn.MaxPool2d(2, 2)),
    "ceil pools": lambda: nn.Sequential(
        nn.MaxPool2d(2, 2, ceil_mode=True), nn.Conv2d(3, 4, 3, 1, 1), nn.AvgPool2d(3, 2, 1, ceil_mode=True)
    ),
    "mean pools": lambda: nn.Sequential(
        nn.AvgPool2d(3, 2, 1), nn.Conv2d(3, 4, 3, 1, 1), nn.AvgPool2d(2, 2, count_include_pad=False, ceil_mode=True)
    ),
    "residual": lambda: nn.Sequential(
        nn.Conv2d(3, 4, 3, 1, 1), Residual(4, 2), Residual(4, 2, groups=2), Residual(4, 1)
    ),
    "depthwise": lambda: nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 5, 2, 2, groups=4), nn.Conv2d(4, 4, 3, 2, 1)
    ),
    "pooled shortcut": lambda: nn.Sequential(
        nn.Conv2d(3, 4, 1),
        Residual(4, 2, pool=nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)),
        Residual(4, 2),
    ),
    "one big stride": lambda: nn.Sequential(nn.Conv2d(3, 4, 4, 4), nn.Conv2d(4, 4, 3, 1, 1)),
}
SIZES = [(16, 24), (17, 23), (13, 30)]


def networks() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("network", NETWORKS, ids=lambda name: name.replace(" ", "-"))


def build(name: str) -> nn.Module:
    """A network with norms that do something."""
    model = NETWORKS[name]().eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean, module.running_var = (
                torch.randn(module.num_features),
                torch.rand(module.num_features) + 0.5,
            )
    return model


def mixed(batch: int, size: tuple[int, int], depth: int) -> Tensor:
    """A quadtree of blocks of every level, drawn for each image; at least one of each of the extremes."""
    levels = torch.full((batch, *size), depth)
    for level in range(depth, 0, -1):
        side = 2**level
        split = torch.rand(batch, -(-size[0] // side), -(-size[1] // side)) < 0.5
        split = split.repeat_interleave(side, 1).repeat_interleave(side, 2)[:, : size[0], : size[1]]
        levels[split & (levels == level)] = level - 1
    step = 2**depth
    levels[0, :step, :step] = depth
    levels[0, -1, -1] = 0
    return complete(levels, depth)[:, None]


def dilated(model: nn.Module) -> nn.Module:
    """The same network with strides turned into dilations, layer by layer in the order of execution.

    Works for networks whose branches keep step: a module's dilation is the stride that the network had before it.
    """
    model = copy.deepcopy(model)
    rate = 1
    for module in [m for m in model.children()]:
        if isinstance(module, Residual):
            inside = rate * module.first.stride[0]
            for part, before in ((module.first, rate), (module.second, inside), (module.short, rate)):
                _dilate(part, before)
            rate = inside
        elif isinstance(module, nn.Conv2d):
            stride = module.stride[0]
            _dilate(module, rate)
            rate *= stride
    return model


def _dilate(conv: nn.Module, rate: int) -> None:
    assert isinstance(conv, nn.Conv2d)
    conv.stride = (1, 1)
    conv.padding = tuple(p * rate for p in conv.padding)  # type: ignore[misc]
    conv.dilation = tuple(d * rate for d in conv.dilation)  # type: ignore[misc]


def coarse(y: Tensor, stride: int, like: Tensor) -> Tensor:
    return y[..., ::stride, ::stride][..., : like.shape[-2], : like.shape[-1]]


@networks()
@pytest.mark.parametrize("size", SIZES)
def test_all_ones_is_the_strided_network(network: str, size: tuple[int, int]) -> None:
    model, x = build(network), torch.randn(2, 3, *size)
    stock = model(x)
    y = adapt(model, output_stride=(1, 4))(x, levels=torch.full((2, 1, *size), 2))
    assert -(-y.shape[-2] // 4) == stock.shape[-2] and -(-y.shape[-1] // 4) == stock.shape[-1]
    torch.testing.assert_close(y[..., ::4, ::4], stock, **CLOSE)


@networks()
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("stride", [(1, 4), (1, 2)])
def test_any_mask_leaves_coarse_locations_alone(network: str, size: tuple[int, int], stride: tuple[int, int]) -> None:
    if network == "one big stride" and stride == (1, 2):
        stride = (1, 4)
    model, x = build(network), torch.randn(2, 3, *size)
    levels = mixed(2, size, stride[1].bit_length() - 1)
    y = adapt(model, output_stride=stride)(x, levels=levels)
    torch.testing.assert_close(y[..., ::4, ::4], model(x), **CLOSE)


@pytest.mark.parametrize("network", ["convolutions", "even kernels", "no padding", "residual", "depthwise"])
@pytest.mark.parametrize("size", SIZES)
def test_all_zeros_is_the_dilated_network(network: str, size: tuple[int, int]) -> None:
    model, x = build(network), torch.randn(2, 3, *size)
    y = adapt(model, output_stride=(1, 4))(x, levels=torch.zeros(2, 1, *size, dtype=torch.int64))
    torch.testing.assert_close(y, dilated(model)(x), **CLOSE)


@networks()
def test_almost_all_zeros_runs_on_rows_and_is_dilated_far_from_the_block(network: str) -> None:
    """One halved block in a corner takes the path of rows; what does not see that block is the dilated network."""
    model, x = build(network), torch.randn(1, 3, 64, 64)
    adapted = adapt(model, output_stride=(1, 4))
    levels = torch.zeros(1, 1, 64, 64, dtype=torch.int64)
    whole = adapted(x, levels=levels)
    levels[..., :4, :4] = 2
    y = adapted(x, levels=levels)
    torch.testing.assert_close(y[..., -16:, -16:], whole[..., -16:, -16:], **CLOSE)
    assert not torch.equal(y[..., :4, :4], whole[..., :4, :4])


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_one_to_four_levels(depth: int) -> None:
    layers = [nn.Conv2d(2, 3, 3, 2, 1), nn.ReLU()]
    for _ in range(depth):
        layers += [nn.Conv2d(3, 3, 3, 2, 1), nn.ReLU(), nn.Conv2d(3, 3, 3, 1, 1)]
    model, x = nn.Sequential(*layers), torch.randn(2, 2, 71, 53)
    levels = mixed(2, (36, 27), depth)
    assert set(levels.unique().tolist()) >= {0, depth}
    y = adapt(model, output_stride=(2, 2 ** (depth + 1)))(x, levels=levels)
    torch.testing.assert_close(y[..., :: 2**depth, :: 2**depth], model(x), **CLOSE)


@networks()
def test_gradients_of_coarse_locations_are_the_stock_networks(network: str) -> None:
    model, x = build(network), torch.randn(2, 3, 17, 23)
    stock = model(x)
    direction = torch.randn_like(stock)
    expected = torch.autograd.grad((stock * direction).sum(), list(model.parameters()), allow_unused=True)
    y = adapt(model, output_stride=(1, 4))(x, levels=mixed(2, (17, 23), 2))
    got = torch.autograd.grad((y[..., ::4, ::4] * direction).sum(), list(model.parameters()), allow_unused=True)
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-12)


def test_gradcheck_of_a_mixed_mask() -> None:
    model, levels = convolutions(), mixed(1, (9, 8), 2)
    adapted = adapt(model, output_stride=(1, 4))
    x = torch.randn(1, 3, 9, 8, requires_grad=True)
    assert torch.autograd.gradcheck(lambda image: adapted(image, levels=levels), (x,), fast_mode=True)


TWINS = {
    "convolutions": lambda: nn.Sequential(nn.Conv2d(2, 3, 3, 2, 1), nn.ReLU(), nn.Conv2d(3, 2, 3, 1, 1)),
    "two steps": lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3, 2, 1),
        nn.Conv2d(3, 3, 3, 1, 1),
        nn.ReLU(),
        nn.Conv2d(3, 2, 3, 2, 1),
        nn.Conv2d(2, 2, 3, 1, 2, 2),
    ),
    "residual": lambda: nn.Sequential(Residual(2, 2), Residual(2, 1), Residual(2, 2), Residual(2, 1)),
    "padded max pools": lambda: nn.Sequential(
        nn.MaxPool2d(3, 2, 1), nn.Conv2d(2, 2, 3, 1, 1), nn.MaxPool2d(3, 2, 1), nn.Conv2d(2, 2, 3, 1, 1)
    ),
    "max pools": lambda: nn.Sequential(
        nn.MaxPool2d(2, 2), nn.Conv2d(2, 2, 3, 1, 1), nn.MaxPool2d(2, 2), nn.Conv2d(2, 2, 3, 1, 1)
    ),
}


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("offset", ["corner", "center"])
@pytest.mark.parametrize("pool", ["exact", "paper"])
def test_the_slow_twin_agrees(name: str, offset: str, pool: str) -> None:
    model, x = TWINS[name]().eval(), torch.randn(2, 2, 12, 16)
    depth = 1 if name == "convolutions" else 2
    levels = mixed(2, (12, 16), depth)
    y = adapt(model, output_stride=(1, 2**depth), offset=offset, pool=pool)(x, levels=levels)
    if name == "max pools" and pool == "exact":  # cells whose window crosses the border are no features of the network
        assert y.shape[-2:] == (9, 13)
        return
    assert y.shape[-2:] == (12, 16)
    torch.testing.assert_close(y, twin(model, x, levels, offset, pool), **CLOSE)


def test_the_published_offset_breaks_the_guarantee_on_mixed_masks_only() -> None:
    model, x = convolutions(), torch.randn(1, 3, 32, 32)
    published = adapt(model, output_stride=(1, 4), offset="center", pool="paper")
    stock = model(x)
    ones = torch.full((1, 1, 32, 32), 2)
    torch.testing.assert_close(published(x, levels=ones)[..., ::4, ::4], stock, **CLOSE)
    error = published(x, levels=mixed(1, (32, 32), 2))[..., ::4, ::4] - stock
    assert error.square().mean().sqrt() > 0.1 * stock.square().mean().sqrt()


def test_paper_pooling_leaves_fine_cells_unpooled() -> None:
    x = torch.randn(1, 1, 4, 4)
    levels = torch.tensor([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])[None, None]
    y = adapt(nn.MaxPool2d(2, 2), output_stride=(1, 2), pool="paper")(x, levels=levels)
    assert (y[..., :2, :2] == x[..., :2, :2].amax()).all()
    assert torch.equal(y[..., 2:, :], x[..., 2:, :]) and torch.equal(y[..., :2, 2:], x[..., :2, 2:])


def test_strides_beyond_the_coarse_one_dilate_everything() -> None:
    model, x = convolutions(), torch.randn(2, 3, 20, 26)
    y = adapt(model, output_stride=(1, 2))(x, levels=mixed(2, (20, 26), 1))
    half = copy.deepcopy(model)
    half[3].stride, half[4].padding, half[4].dilation = (1, 1), (2, 2), (2, 2)  # type: ignore[union-attr]
    torch.testing.assert_close(y[..., ::2, ::2], half(x), **CLOSE)


def test_each_image_alone_gives_the_same() -> None:
    model, x = build("residual"), torch.randn(3, 3, 17, 23)
    levels = mixed(3, (17, 23), 2)
    adapted = adapt(model, output_stride=(1, 4))
    together = adapted(x, levels=levels)
    for image in range(3):
        alone = adapted(x[image : image + 1], levels=levels[image : image + 1])
        torch.testing.assert_close(together[image : image + 1], alone, **CLOSE)


def test_random_masks_reach_every_share() -> None:
    for keep in (0.0, 0.3, 1.0):
        levels = masks.random((64, 64), keep, depth=1)
        fraction = 0.25 + 0.75 * (levels == 0).double().mean().item()
        assert abs(fraction - (0.25 + 0.75 * keep)) < 0.06


class PaddedApart(nn.Module):
    """Asymmetric padding by a function of its own, before a convolution and a pool."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 4, 3, 2), nn.Conv2d(4, 4, 3, padding="same")

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(nn.functional.pad(x, (0, 1, 0, 1)))
        y = nn.functional.max_pool2d(nn.functional.pad(y, (0, 1, 0, 1), value=float("-inf")), 3, 2)
        return self.last(y)


@pytest.mark.parametrize("size", SIZES)
def test_padding_by_a_function_of_its_own(size: tuple[int, int]) -> None:
    model, x = PaddedApart(), torch.randn(2, 3, *size)
    y = adapt(model, (1, 4))(x, levels=mixed(2, size, 2))
    torch.testing.assert_close(y[..., ::4, ::4], model(x), **CLOSE)


class ChannelsLast(nn.Module):
    """A block that works with its channels last, as ConvNeXt does."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.depthwise = nn.Conv2d(3, 4, 2, 2), nn.Conv2d(4, 4, 7, padding=3, groups=4)
        self.norm, self.linear = nn.LayerNorm(4), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.down(x)
        z = self.linear(self.norm(self.depthwise(y).permute(0, 2, 3, 1))) * self.linear.bias
        return y + z.permute(0, 3, 1, 2)


def test_channels_last_blocks_stay_on_rows() -> None:
    model, x = ChannelsLast(), torch.randn(2, 3, 17, 23)
    adapted = adapt(model, (1, 2))
    y, report = adapted.run(x, levels=mixed(2, (17, 23), 1))
    torch.testing.assert_close(y[..., ::2, ::2], model(x), **CLOSE)
    assert len(report) == 0
