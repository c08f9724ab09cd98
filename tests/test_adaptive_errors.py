"""Bad input: each mistake gets a sentence that names the place and the remedy."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import lzviz

STRIDED = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, 2, 1))
X = torch.zeros(2, 3, 32, 48)


def zeros(*shape: int) -> Tensor:
    return torch.zeros(*shape, dtype=torch.int64)


@pytest.mark.parametrize(
    ("levels", "error", "message"),
    [
        (zeros(2, 1, 16, 23), ValueError, r"16 x 23.*fine grid of this image is 16 x 24"),
        (zeros(3, 1, 16, 24), ValueError, "3 images, but the batch has 2"),
        (torch.full((2, 1, 16, 24), 0.5), TypeError, r"value 0\.5: threshold the map first"),
        (torch.full((2, 1, 16, 24), float("nan")), TypeError, "levels are integers"),
        (zeros(2, 1, 16, 24) + 2, ValueError, r"from 2 to 2.*1 time"),
        (zeros(2, 1, 16, 24) - 1, ValueError, "from -1"),
        (zeros(2, 3, 16, 24), ValueError, "did you pass the image"),
        ([[0, 1]], TypeError, "as a tensor"),
    ],
)
def test_levels_that_are_none(levels: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        lzviz.adapt(STRIDED, (2, 4))(X, levels=levels)  # type: ignore[arg-type]


def test_whole_floats_and_bools_are_levels() -> None:
    adapted = lzviz.adapt(STRIDED, (2, 4))
    mask = torch.rand(2, 1, 16, 24) < 0.5
    assert torch.equal(adapted(X, levels=mask), adapted(X, levels=mask.float()))


def test_a_predicted_mask_is_checked_too() -> None:
    with pytest.raises(ValueError, match="fine grid"):
        lzviz.adapt(STRIDED, (2, 4))(X, levels=lambda features: zeros(2, 1, 5, 5))


def test_levels_or_plan() -> None:
    with pytest.raises(ValueError, match="give either levels"):
        lzviz.adapt(STRIDED, (2, 4))(X)
    with pytest.raises(ValueError, match="expected an image"):
        lzviz.adapt(STRIDED, (2, 4))(X[0], levels=zeros(1, 1, 16, 24))


@pytest.mark.parametrize("strides", [(8, 8), (16, 8), (8, 24), (0, 2), 8, (8, 16, 32)])
def test_output_strides_that_are_none(strides: object) -> None:
    with pytest.raises(ValueError, match="powers of two, fine < coarse"):
        lzviz.adapt(STRIDED, strides)  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["offset", "pool", "global_pool", "batch_norm"])
def test_options_that_are_none(option: str) -> None:
    with pytest.raises(ValueError, match=f"expected {option} as one of"):
        lzviz.adapt(STRIDED, (2, 4), **{option: "blue"})


def test_a_submodule_that_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"no submodule 'classifier'.*'0', '1', '2'"):
        lzviz.adapt(STRIDED, (2, 4), dense_from="classifier")


def test_a_model_without_stride() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3, 1, 1))
    with pytest.raises(ValueError, match=r"Sequential.*has no stride.*Remedy"):
        lzviz.adapt(model, (1, 2))(X, levels=zeros(2, 1, 32, 48))


def test_a_dilated_model_has_nothing_left_to_adapt() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 1, 2, dilation=2))
    with pytest.raises(ValueError, match=r"strides end at 2.*give the strided network"):
        lzviz.adapt(model, (2, 4))(X, levels=zeros(2, 1, 16, 24))


def test_a_network_less_deep_than_asked() -> None:
    with pytest.raises(ValueError, match=r"halves the fine grid 1 time.*Remedy: output_stride=\(2, 4\)"):
        lzviz.adapt(STRIDED, (2, 16))(X, levels=zeros(2, 1, 16, 24))


def test_a_stride_that_jumps_over_the_fine_one() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 4, 4), nn.Conv2d(4, 4, 2, 2))
    with pytest.raises(ValueError, match=r"module '0': it goes from output stride 1 to 4 at once.*Remedy"):
        lzviz.adapt(model, (2, 4))(X, levels=zeros(2, 1, 16, 24))


@pytest.mark.parametrize("stride", [3, (2, 1)])
def test_strides_that_cannot_be_halvings(stride: object) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, stride, 1))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="module '1': its stride is"):
        lzviz.adapt(model, (2, 4))(X, levels=zeros(2, 1, 16, 24))


class Reshaping(nn.Module):
    """Reshapes its rows between two convolutions."""

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        return x.view(b, c, h * w).roll(1, 1).reshape(b, c, h, w)


def test_a_module_that_reshapes_its_features_is_named_with_the_remedy() -> None:
    model = nn.Sequential(STRIDED, Reshaping(), nn.Conv2d(4, 2, 3, 1, 1)).eval()
    levels = torch.randint(0, 2, (2, 1, 16, 24))
    with pytest.raises(ValueError, match=r"module '1': it reshapes its features.*dense_from='1'"):
        lzviz.adapt(model, (2, 4))(X, levels=levels)
    x = torch.randn_like(X)
    adapted = lzviz.adapt(model, (2, 4), dense_from="1")
    torch.testing.assert_close(adapted(x, levels=levels)[..., ::2, ::2], model(x))


def test_the_remedy_names_every_module_of_the_kind() -> None:
    """One name at a time would lead from one refusal to the next."""
    tail = [Reshaping(), nn.Conv2d(4, 4, 3, 1, 1), Reshaping(), nn.Conv2d(4, 2, 3, 1, 1)]
    model = nn.Sequential(STRIDED, *tail).eval()
    levels, x = torch.randint(0, 2, (2, 1, 16, 24)), torch.randn_like(X)
    with pytest.raises(ValueError, match=r"module '1': .*dense_from=\('1', '3'\)\)"):
        lzviz.adapt(model, (2, 4))(x, levels=levels)
    adapted = lzviz.adapt(model, (2, 4), dense_from=("1", "3"))
    torch.testing.assert_close(adapted(x, levels=levels)[..., ::2, ::2], model(x))
    with pytest.raises(ValueError, match="no submodule '7'"):
        lzviz.adapt(model, (2, 4), dense_from=("1", "7"))


class Patches(nn.Module):
    """A 1x1 convolution of features whose places lie in patches, as mobile attention has it."""

    def __init__(self) -> None:
        super().__init__()
        self.point = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        b, c, h, w = x.shape
        return self.point(x.reshape(b, c, h // 2, 2 * w)).reshape(b, c, h, w)


@pytest.mark.parametrize("fast", [False, True])
@torch.no_grad()
def test_points_read_no_neighbours_and_run_on_whatever_shape_before_the_step(fast: bool) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), Patches(), nn.Conv2d(4, 2, 3, 2, 1)).eval()
    x, levels = torch.randn_like(X), torch.randint(0, 2, (2, 1, 16, 24))
    adapted = lzviz.adapt(model, (2, 4))
    adapted = adapted.compile() if fast else adapted
    torch.testing.assert_close(adapted(x, levels=levels)[..., ::2, ::2], model(x), atol=1e-5, rtol=1e-5)
    assert adapted.plan(levels, x.shape[-2:]).macs > 0


def test_features_resized_before_the_step_are_named() -> None:
    class Resized(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = STRIDED

        def forward(self, x: Tensor) -> Tensor:
            return self.body(nn.functional.interpolate(x, scale_factor=0.5))

    with pytest.raises(ValueError, match="resized by interpolate in 'Resized'"):
        lzviz.adapt(Resized(), (2, 4))(X, levels=zeros(2, 1, 8, 12))


def test_plans_check_their_size() -> None:
    adapted = lzviz.adapt(STRIDED, (2, 4))
    with pytest.raises(ValueError, match="has 16 x 24 cells"):
        adapted.plan(zeros(1, 1, 8, 8), (32, 48))
    plan = adapted.plan(zeros(1, 1, 16, 24) + 1, (32, 48))
    with pytest.raises(ValueError, match=r"levels are for 1 image.*2 of 16 x 24"):
        adapted(X, plan=plan)


def test_rows_of_a_model_that_returns_none() -> None:
    model = nn.Sequential(STRIDED, nn.AdaptiveAvgPool2d(1))
    with pytest.raises(ValueError, match="returns no rows"):
        lzviz.adapt(model, (2, 4)).rows(X, levels=zeros(2, 1, 16, 24))


def test_nothing_stays_behind_after_an_error() -> None:
    from torch.nn.modules import module

    before = len(module._global_forward_pre_hooks), len(module._global_forward_hooks)
    with pytest.raises(ValueError, match="fine grid"):
        lzviz.adapt(STRIDED, (2, 4))(X, levels=zeros(2, 1, 5, 5))
    assert before == (len(module._global_forward_pre_hooks), len(module._global_forward_hooks))
