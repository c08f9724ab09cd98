"""Networks that ``adapt`` once answered wrongly without a word: exact now, or refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import get_overridable_functions

from lzviz.adaptive import adapt, masks
from lzviz.adaptive.dispatch import METADATA, SIZES
from lzviz.adaptive.rules import POINTWISE, RULES

SIZES_OF_IMAGES = [(64, 96), (63, 97), (61, 90), (70, 83)]


@pytest.fixture(autouse=True)
def _doubles():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(before)


def close(got: Tensor, expected: Tensor) -> None:
    assert got.shape == expected.shape
    assert (got - expected).abs().max() <= 1e-11 * expected.abs().max()


def coarse(y: Tensor, step: int) -> Tensor:
    return y[..., ::step, ::step]


def on_stride_2(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), *layers).eval()


def masks_of(size: tuple[int, int], depth: int, batch: int = 2) -> list[Tensor]:
    """A mixed mask and the deepest one, at stride 2."""
    h, w = (-(-n // 2) for n in size)
    return [masks.random((h, w), 0.4, depth, batch), torch.full((batch, 1, h, w), depth)]


class SamePadded(nn.Conv2d):
    """A convolution that computes its padding from the size of its input, as TensorFlow does."""

    def forward(self, x: Tensor) -> Tensor:
        h, w = x.size()[-2:]
        py, px = (max((-(-n // self.stride[0]) - 1) * self.stride[0] + 3 - n, 0) for n in (h, w))
        return F.conv2d(F.pad(x, [px // 2, px - px // 2, py // 2, py - py // 2]), self.weight, self.bias, self.stride)


@pytest.mark.parametrize("size", SIZES_OF_IMAGES)
def test_same_padding_that_depends_on_the_size(size: tuple[int, int]) -> None:
    model = on_stride_2(SamePadded(8, 8, 3, 2), nn.ReLU(), SamePadded(8, 8, 3, 2), SamePadded(8, 8, 3, 1))
    x = torch.randn(2, 3, *size)
    for levels in masks_of(size, 2):
        close(coarse(adapt(model, (2, 8))(x, levels=levels), 4), model(x))


def test_same_padding_on_the_dense_grid_is_refused_by_name() -> None:
    model = on_stride_2(nn.Conv2d(8, 8, 3, 2, 1), nn.Sequential(SamePadded(8, 8, 3, 1)))
    with pytest.raises(ValueError, match=r"module '2\.0': its padding depends on the size"):
        adapt(model, (2, 4), dense_from="2")(torch.randn(2, 3, 64, 96), levels=masks_of((64, 96), 1)[0])


class Does(nn.Module):
    """A function between two convolutions."""

    def __init__(self, function: Callable[[Tensor], Any]):
        super().__init__()
        self.first, self.last = nn.Conv2d(8, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1)
        self.function = function

    def forward(self, x: Tensor) -> Any:
        return self.last(self.function(self.first(x)))


def test_stacked_features_are_followed() -> None:
    for function in (lambda y: torch.stack([y, 2 * y], 1).sum(1), lambda y: torch.stack([y, y]).amax(0)):
        for size in SIZES_OF_IMAGES:
            model, x = on_stride_2(Does(function)), torch.randn(2, 3, *size)
            for levels in masks_of(size, 2):
                close(coarse(adapt(model, (2, 8))(x, levels=levels), 4), model(x))


def functions_without_rule() -> dict[str, Callable[..., Any]]:
    """Every function that torch lets tensors answer themselves and that no rule knows."""
    found = {}
    for space, functions in get_overridable_functions().items():
        for function in functions:
            name = getattr(function, "__name__", "")
            known = name in RULES or name in METADATA or name in SIZES or name.strip("_") in POINTWISE
            if not known and name not in NO_OPERATIONS:
                found[f"{getattr(space, '__name__', space)}.{name}"] = function
    return found


# They make nothing of a map, or reach for what a test should leave alone.
NO_OPERATIONS = frozenset(
    ("backward", "register_hook", "share_memory_", "requires_grad_", "__get__", "__set__", "__delete__")
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("arity", [1, 2])
@torch.no_grad()
def test_no_function_without_a_rule_passes_silently(arity: int) -> None:
    """It refuses, or names itself in the report, or is exact: nothing else."""
    x = torch.rand(1, 3, 32, 48) + 0.5
    levels = masks_of((32, 48), 2, 1)[0]
    silent, ran = [], 0
    for name, function in functions_without_rule().items():
        model = on_stride_2(Does(lambda y, f=function: f(*[y.abs() + 0.5] * arity)))
        torch.manual_seed(0)
        try:
            stock = model(x)
        except Exception:
            continue
        torch.manual_seed(0)
        adapted = adapt(model, (2, 8))
        try:
            y, report = adapted.run(x, levels=levels)
        except (ValueError, TypeError, RuntimeError, NotImplementedError, IndexError, AttributeError):
            continue
        ran += 1
        there = coarse(y, 4)
        exact = there.shape == stock.shape and torch.allclose(there, stock, rtol=1e-9, equal_nan=True)
        if not exact and not report.outside:
            silent.append(name)
    assert ran > 20
    assert not silent


@pytest.mark.parametrize("name", ["zero_", "fill_", "copy_", "masked_fill_", "floor_", "__setitem__"])
def test_writing_in_place_without_a_rule_is_not_lost(name: str) -> None:
    def write(y: Tensor) -> Tensor:
        rest = {"fill_": (3.0,), "copy_": (y * 2,), "masked_fill_": (y > 0, 0.5), "__setitem__": (slice(None), 0.0)}
        getattr(y, name)(*rest.get(name, ()))
        return y

    model, x = on_stride_2(Does(write)), torch.randn(2, 3, 33, 47)
    with torch.no_grad():
        try:
            y = adapt(model, (2, 8))(x, levels=masks_of((33, 47), 2)[0])
        except ValueError as error:
            assert "module '1'" in str(error)
            return
        close(coarse(y, 4), model(x))


NORMS = {
    "groups": lambda: nn.GroupNorm(2, 8),
    "instance": lambda: nn.InstanceNorm2d(8, affine=True),
    "one group": lambda: nn.GroupNorm(1, 8),
}


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("size", SIZES_OF_IMAGES)
def test_norms_over_space_are_exact_on_coarse_features_and_named_otherwise(norm: str, size: tuple[int, int]) -> None:
    model = on_stride_2(nn.Conv2d(8, 8, 3, 2, 1), NORMS[norm](), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), NORMS[norm]())
    x = torch.randn(2, 3, *size)
    mixed, deepest = masks_of(size, 2)
    adapted = adapt(model, (2, 8), global_pool="coarse")
    for levels in (mixed, deepest):
        made, report = adapted.run(x, levels=levels)
        close(coarse(made, 4), model(x))
        assert report.guaranteed and not len(report)
    by_area = adapt(model, (2, 8))
    report = by_area.run(x, levels=mixed).report
    assert {entry.module for entry in report.outside} == {"2", "5"}
    assert "Outside the guarantee" in str(report)
    report = by_area.run(x, levels=torch.zeros_like(mixed)).report
    assert report.guaranteed


class Last(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1)


@pytest.mark.parametrize("size", SIZES_OF_IMAGES)
def test_a_model_that_ends_with_its_channels_last_has_one_layout(size: tuple[int, int]) -> None:
    model, x = on_stride_2(nn.Conv2d(8, 5, 3, 2, 1), Last()), torch.randn(2, 3, *size)
    mixed, deepest = masks_of(size, 1)
    for levels in (mixed, deepest):
        close(adapt(model, (2, 4))(x, levels=levels)[:, ::2, ::2], model(x))
    assert adapt(model, (2, 4))(x, levels=torch.zeros_like(mixed)).shape[-1] == 5


class Resized(nn.Module):
    """Scores brought to the picture's size, with the mean over the map beside them, as segmentation networks do."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.body, self.pooled = on_stride_2(nn.Conv2d(8, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1)), nn.Conv2d(8, 8, 1)
        self.options = options

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        wide = F.interpolate(self.pooled(F.adaptive_avg_pool2d(y, 1)), size=y.shape[-2:], mode="bilinear")
        return F.interpolate(torch.cat([y, wide], 1), size=x.shape[-2:], **self.options)


OPTIONS = [{"mode": "bilinear"}, {"mode": "bilinear", "align_corners": True}, {"mode": "nearest"}, {"mode": "bicubic"}]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("size", SIZES_OF_IMAGES)
def test_scores_of_coarse_cells_are_resized_from_the_coarse_grid(size: tuple[int, int], options: dict) -> None:
    model, x = Resized(**options).eval(), torch.randn(2, 3, *size)
    close(adapt(model, (2, 8), global_pool="coarse")(x, levels=masks_of(size, 2)[1]), model(x))


class Branches(nn.Module):
    """Two branches of different strides that exchange features, as in HRNet."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.first, self.down = nn.Conv2d(8, 8, 3, 1, 1), nn.Conv2d(8, 8, 3, 2, 1)
        self.deep, self.last, self.options = nn.Conv2d(8, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1), options

    def forward(self, x: Tensor) -> Tensor:
        fine = self.first(x)
        low = self.down(fine)
        lowest = self.deep(low)
        low = low + F.interpolate(lowest, size=low.shape[-2:], **self.options)
        fine = fine + F.interpolate(low, size=fine.shape[-2:], **self.options)
        return self.last(self.last(fine)) + lowest


@pytest.mark.parametrize("options", [{"mode": "nearest"}, *OPTIONS[:2]])
@pytest.mark.parametrize("size", SIZES_OF_IMAGES)
def test_branches_of_different_strides_stay_on_rows(size: tuple[int, int], options: dict) -> None:
    model, x = on_stride_2(Branches(**options)), torch.randn(2, 3, *size)
    adapted = adapt(model, (2, 8))
    for levels in masks_of(size, 2):
        made, report = adapted.run(x, levels=levels)
        close(coarse(made, 4), model(x))
        assert not len(report) and report.guaranteed
    adapted(x, levels=torch.zeros_like(masks_of(size, 2)[0]))


class Aggregated(nn.Module):
    """A pool and a convolution that lose different parts of the border, joined, as in DLA."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.join = nn.Conv2d(8, 8, 3, 2, 1), nn.Conv2d(16, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.join(torch.cat([self.conv(x), F.max_pool2d(x, 2, 2)], 1))


@pytest.mark.parametrize("size", [(64, 96), (32, 48), (80, 112)])
def test_branches_that_lose_different_borders_are_joined(size: tuple[int, int]) -> None:
    model, x = on_stride_2(Aggregated(), Aggregated()), torch.randn(2, 3, *size)
    for levels in masks_of(size, 2):
        close(coarse(adapt(model, (2, 8))(x, levels=levels), 4), model(x))


@pytest.mark.parametrize("value", [0.0, 1.5])
@pytest.mark.parametrize("window", [nn.Conv2d(8, 8, 3), nn.MaxPool2d(3, 1), nn.AvgPool2d(3, 1)])
def test_padding_kept_for_a_window_that_runs_before_the_first_step_is_not_lost(window: nn.Module, value: float) -> None:
    """Transformers' MobileNets pad by a function, then convolve with stride 1 at the fine output stride."""
    model = on_stride_2(nn.ConstantPad2d(1, value), window.double(), nn.Conv2d(8, 8, 3, 2, 1))
    x = torch.randn(2, 3, 61, 90)
    for levels in masks_of((61, 90), 1):
        close(coarse(adapt(model, (2, 4))(x, levels=levels), 2), model(x))


def test_resizing_on_the_dense_grid_is_named_as_outside_the_guarantee() -> None:
    class Detour(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.interpolate(F.interpolate(x, size=(20, 20), mode="bilinear"), size=x.shape[-2:], mode="bilinear")

    model = on_stride_2(nn.Conv2d(8, 8, 3, 2, 1), Detour())
    adapted = adapt(model, (2, 4), dense_from="2")
    for levels in masks_of((64, 96), 1):
        report = adapted.run(torch.randn(2, 3, 64, 96), levels=levels).report
        assert [str(entry) for entry in report.outside] == ["interpolate in 2"]
