"""Channels in several axes, and what looks at places: followed on rows, exact on coarse features, or named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.adaptive import adapt
from tests.test_adaptive_faults import SIZES_OF_IMAGES, Does, close, coarse, masks_of, on_stride_2


@pytest.fixture(autouse=True)
def _doubles():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(before)


def every_mask(size: tuple[int, int]) -> list[Tensor]:
    mixed, deepest = masks_of(size, 2)
    return [mixed, deepest, torch.zeros_like(mixed)]


def shuffled(x: Tensor) -> Tensor:
    b, c, h, w = x.shape
    return x.view(b, 2, c // 2, h, w).transpose(1, 2).contiguous().view(b, c, h, w)


def attended(x: Tensor) -> Tensor:
    """Split attention (ResNeSt): halves of the channels, weighed by what both have over the map."""
    b, c, h, w = x.shape
    y = x.reshape((b, 2, c // 2, h, w))
    gap = y.sum(dim=1).mean((2, 3), keepdim=True)
    weight = torch.stack([gap, gap.tanh()], 1).softmax(1)
    return (y * weight.reshape((b, 2, c // 2, 1, 1))).sum(dim=1).repeat_interleave(2, 1)


ON_ROWS: dict[str, Callable[[Tensor], Any]] = {
    "shuffle": shuffled,
    "reshape, permute and -1": lambda x: x.reshape(x.size(0), 4, -1, *x.shape[2:]).permute(0, 2, 1, 3, 4).flatten(1, 2),
    "unflatten and swap": lambda x: x.unflatten(1, (4, 2)).swapaxes(1, 2).reshape(x.shape),
    "module": nn.ChannelShuffle(4),
    "chunk": lambda x: torch.cat([*reversed(x.chunk(2, dim=1))], dim=1),
    "split": lambda x: torch.cat([*reversed(torch.split(x, [3, 5], dim=1))], 1),
    "slices": lambda x: torch.cat([x[:, 4:], x[:, :4, :, :], x[..., :, :][:, [0, 2]]], 1)[:, :8],
    "one by one": lambda x: torch.stack([x[:, n] * (n + 1) for n in range(8)], 1),
    "unbind": lambda x: torch.cat(x.view(x.shape[0], 2, 4, *x.shape[2:]).unbind(1)[::-1], 1),
    "select": lambda x: torch.cat([x.narrow(1, 2, 6), x.select(1, 3)[:, None], x.index_select(1, torch.tensor([1]))], 1),
    "norms of groups": lambda x: F.normalize(x.view(x.shape[0], 2, 4, *x.shape[2:]), dim=2).reshape(x.shape),
    "largest channel": lambda x: x * torch.max(x, 1, keepdim=True)[0].sigmoid(),
    "spatial gate": lambda x: x * torch.cat([x.mean(1, True), x.amax(1, keepdim=True)], 1).sum(1, keepdim=True).sigmoid(),
    "channels last": lambda x: x.permute(0, 2, 3, 1).unflatten(-1, (2, 4)).flip(-2).flatten(3).permute(0, 3, 1, 2),
    "moved": lambda x: x.movedim(1, -1).tanh().movedim(-1, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in ON_ROWS])
@pytest.mark.parametrize("size", SIZES_OF_IMAGES)
def test_channels_are_taken_apart_and_shuffled_on_rows(name: str, size: tuple[int, int]) -> None:
    model, x = on_stride_2(Does(ON_ROWS[name])), torch.randn(2, 3, *size)
    adapted = adapt(model, (2, 8))
    for levels in every_mask(size):
        made, report = adapted.run(x, levels=levels)
        close(coarse(made, 4), model(x))
        assert report.guaranteed and not len(report)


@pytest.mark.parametrize("size", SIZES_OF_IMAGES)
def test_split_attention_is_exact_on_coarse_features(size: tuple[int, int]) -> None:
    model, x = on_stride_2(Does(attended)), torch.randn(2, 3, *size)
    adapted = adapt(model, (2, 8), global_pool="coarse")
    for levels in every_mask(size):
        close(coarse(adapted(x, levels=levels), 4), model(x))


def test_gradients_flow_through_a_shuffle() -> None:
    model, x = on_stride_2(Does(shuffled)), torch.randn(1, 3, 33, 47, requires_grad=True)
    stock = torch.autograd.grad(model(x).square().sum(), x)[0]
    y = adapt(model, (2, 8))(x, levels=masks_of((33, 47), 2, 1)[0])
    close(torch.autograd.grad(coarse(y, 4).square().sum(), x)[0], stock)


OVER_PLACES: dict[str, Callable[[Tensor], Any]] = {
    "length over the map": lambda x: x / (1 + x.norm(p=2, dim=(2, 3), keepdim=True)),
    "spread over the map": lambda x: x * x.var((2, 3), keepdim=True),
    "sum over the map": lambda x: x * x.sum((2, 3), keepdim=True).tanh(),
    "mean over rows": lambda x: x * x.mean(3, keepdim=True).sigmoid() * x.mean(2, keepdim=True).sigmoid(),
    "mean over groups": lambda x: x * x.unflatten(1, (2, 4)).mean((3, 4), keepdim=True).flatten(1, 2).sigmoid(),
    "largest of channels last": lambda x: (lambda y: y * y.amax((1, 2), keepdim=True))(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in OVER_PLACES])
@pytest.mark.parametrize("size", SIZES_OF_IMAGES)
def test_reductions_over_places_are_exact_on_coarse_features_and_named_otherwise(
    name: str, size: tuple[int, int]
) -> None:
    model, x = on_stride_2(Does(OVER_PLACES[name])), torch.randn(2, 3, *size)
    adapted, by_area = adapt(model, (2, 8), global_pool="coarse"), adapt(model, (2, 8))
    for levels in every_mask(size):
        made, report = adapted.run(x, levels=levels)
        close(coarse(made, 4), model(x))
        assert report.guaranteed
    report = by_area.run(x, levels=masks_of(size, 2)[0]).report
    assert {entry.module for entry in report.outside} == {"1"}


@pytest.mark.parametrize("size", SIZES_OF_IMAGES)
def test_pooling_by_area_of_cut_off_cells_is_named_where_all_are_coarse(size: tuple[int, int]) -> None:
    model, x = on_stride_2(Does(lambda y: y * y.mean((2, 3), keepdim=True))), torch.randn(2, 3, *size)
    adapted = adapt(model, (2, 8))
    made, report = adapted.run(x, levels=masks_of(size, 2)[1])
    y = coarse(made, 4)
    exact = bool((y - model(x)).abs().max() <= 1e-11 * y.abs().max())
    assert exact == report.guaranteed


class LayerNorm(nn.Module):
    """Over all features of an image, with a scale for each place."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(8, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1)
        self.norm = nn.LayerNorm([8, *(-(-n // 4) for n in size)])
        nn.init.normal_(self.norm.weight)
        nn.init.normal_(self.norm.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.norm(self.first(x)))


@pytest.mark.parametrize("size", SIZES_OF_IMAGES)
def test_layer_norm_over_space_is_exact_on_coarse_features_and_named_otherwise(size: tuple[int, int]) -> None:
    model, x = on_stride_2(LayerNorm(size)), torch.randn(2, 3, *size)
    adapted, by_area = adapt(model, (2, 8), global_pool="coarse"), adapt(model, (2, 8))
    for levels in every_mask(size):
        close(coarse(adapted(x, levels=levels), 4), model(x))
    report = by_area.run(x, levels=masks_of(size, 2)[0]).report
    assert [str(entry) for entry in report.outside] == ["group_norm in 1.norm"]


def self_attention(x: Tensor) -> Tensor:
    b, c, h, w = x.shape
    tokens = x.view(b, c, h * w).transpose(1, 2)
    return x + F.scaled_dot_product_attention(tokens, tokens, tokens).transpose(1, 2).reshape(b, c, h, w)


MOVED_PLACES: dict[str, Callable[[Tensor], Any]] = {
    "attention": self_attention,
    "flat": lambda x: x.flatten(2).unflatten(2, x.shape[2:]),
    "windows": lambda x: x.view(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3]).flatten(2, 3),
    "turned": lambda x: x.transpose(2, 3),
    "batch": lambda x: x.reshape(-1, 4, *x.shape[2:]).reshape(x.shape),
    "cropped": lambda x: x[:, :, 1:, 1:],
    "reflected": lambda x: F.pad(x, (1, 1, 1, 1), mode="reflect"),
    "repeated borders": lambda x: F.pad(x, (0, 1, 0, 1), mode="replicate"),
}


@pytest.mark.parametrize("name", [name for name in MOVED_PLACES])
def test_what_moves_places_is_refused_in_one_sentence_whatever_the_levels(name: str) -> None:
    model, x = on_stride_2(Does(MOVED_PLACES[name])), torch.randn(2, 3, 64, 96)
    for levels in every_mask((64, 96)):
        with pytest.raises(ValueError, match=r"^module '1': it [^\n]*rows cannot follow[^\n]*Remedy: [^\n]*$"):
            adapt(model, (2, 8))(x, levels=levels)


def test_attention_on_the_dense_grid_is_named_as_outside_the_guarantee() -> None:
    model = on_stride_2(nn.Conv2d(8, 8, 3, 2, 1), Attention(), nn.Conv2d(8, 8, 3, 1, 1))
    adapted, x = adapt(model, (2, 4), dense_from="2"), torch.randn(2, 3, 64, 96)
    for levels in masks_of((64, 96), 1):
        y, report = adapted.run(x, levels=levels)
        assert y.shape[-2:] == (32, 48)
        assert [str(entry) for entry in report.outside] == ["scaled_dot_product_attention in 2"]
    report = adapted.run(x, levels=torch.zeros_like(levels)).report
    assert report.guaranteed


class Attention(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return self_attention(x)


def test_what_torch_refuses_on_the_finest_grid_names_the_module_and_the_remedy() -> None:
    """Sizes of the stock network beside features of the finest grid that are no map any longer."""

    def split_rows(x: Tensor) -> Tensor:
        h, w = x.shape[2:]
        y = torch.cat([x.mean(3), x.mean(2)], 2)
        return x * y.split([h, w], 2)[0][..., None].sigmoid()

    model, x = on_stride_2(Does(split_rows)), torch.randn(2, 3, 64, 96)
    close(coarse(adapt(model, (2, 8), global_pool="coarse")(x, levels=masks_of((64, 96), 2)[0]), 4), model(x))
    for levels in every_mask((64, 96)):
        with pytest.raises(ValueError, match=r"^module '1': split[^\n]*finest grid[^\n]*Remedy: [^\n]*dense_from='1'"):
            adapt(model, (2, 8))(x, levels=levels)


def test_gates_of_a_reshape_before_the_first_step_are_followed() -> None:
    """Attention of a stage that runs as it is (global context) ends in one value for each channel."""
    gate = nn.Conv2d(8, 8, 1)

    def context(x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        seen = x.view(b, c, h * w) @ x.mean(1).view(b, h * w, 1).softmax(1)
        return x + gate(seen.view(b, c, 1, 1))

    class Early(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return context(x)

    model, x = on_stride_2(Early(), nn.Conv2d(8, 8, 3, 2, 1)), torch.randn(2, 3, 61, 90)
    for levels in masks_of((61, 90), 1):
        close(coarse(adapt(model, (2, 4))(x, levels=levels), 2), model(x))


@pytest.mark.parametrize("size", [(64, 96), (63, 97), (61, 90)])
def test_levels_of_the_image_fit_networks_whose_windows_lose_cells(size: tuple[int, int]) -> None:
    """SqueezeNet begins with a convolution without padding: no mask of the image's cells had the size of its features."""
    model = nn.Sequential(nn.Conv2d(3, 8, 5, 2), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(8, 8, 3, 2, 1)).eval()
    x, adapted = torch.randn(2, 3, *size), adapt(model, (2, 8))
    for levels in every_mask(size):
        close(coarse(adapted(x, levels=levels), 4), model(x))
        plan = adapted.plan(levels, size)
        close(coarse(adapted(x, plan=plan), 4), model(x))
        assert list(plan.cost.layers) == adapted._shapes(plan.tree, size, None).layers
    with pytest.raises(ValueError, match="fine grid of this image"):
        adapted(x, levels=levels[..., 1:])
