"""Attraction against an independent double loop, the public code's grids, and maps that break naive code."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from lzviz.attraction import attract, gaussian

RNG = np.random.default_rng(0)
PADDINGS = ("reflect", "replicate", "zero")


def slow_attract(s, fwhm, padding, radius_y, radius_x, kernel_x=None):
    """The definition: four loops over an explicitly padded map (2-D kernel, float64)."""
    h, w = s.shape
    mode = {"reflect": "reflect", "replicate": "edge", "zero": "constant"}[padding]
    padded = np.pad(s, ((radius_y, radius_y), (radius_x, radius_x)), mode=mode)
    out = np.empty((h, w, 2))
    for i in range(h):
        for j in range(w):
            total, x, y = 0.0, 0.0, 0.0
            for a in range(2 * radius_y + 1):
                for b in range(2 * radius_x + 1):
                    kx = math.exp(-4 * math.log(2) * (b - radius_x) ** 2 / fwhm**2) if kernel_x is None else kernel_x[b]
                    k = math.exp(-4 * math.log(2) * (a - radius_y) ** 2 / fwhm**2) * kx * padded[i + a, j + b]
                    total += k
                    x += k * (j + b - radius_x) / (w - 1)
                    y += k * (i + a - radius_y) / (h - 1)
            out[i, j] = x / total * 2 - 1, y / total * 2 - 1
    return np.clip(out, -1, 1)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("fwhm", [1.5, 4.0])
def test_it_is_the_double_sum_of_the_paper(padding, fwhm):
    s = RNG.random((5, 7)) + 0.05
    grid = attract(torch.tensor(s)[None, None], (5, 7), fwhm=fwhm, separable=False, padding=padding)
    np.testing.assert_allclose(grid[0], slow_attract(s, fwhm, padding, 4, 4), atol=1e-12)


@pytest.mark.parametrize("padding", PADDINGS)
def test_separable_attraction_is_the_double_sum_of_the_marginals(padding):
    s = RNG.random((5, 7)) + 0.05
    grid = attract(torch.tensor(s)[None, None], (5, 7), fwhm=3, padding=padding)[0].numpy()
    # A marginal is a map with a single row; replicating it along the other axis changes no weighted mean.
    for axis, marginal in ((0, s.sum(0)), (1, s.sum(1))):
        n = len(marginal)
        total, moment = np.zeros(n), np.zeros(n)
        padded = np.pad(marginal, 4, mode={"reflect": "reflect", "replicate": "edge", "zero": "constant"}[padding])
        for i in range(n):
            for t in range(9):
                k = math.exp(-4 * math.log(2) * (t - 4) ** 2 / 9) * padded[i + t]
                total[i] += k
                moment[i] += k * (i + t - 4) / (n - 1)
        expected = np.clip(moment / total * 2 - 1, -1, 1)
        actual = grid[0, :, 0] if axis == 0 else grid[:, 0, 1]
        np.testing.assert_allclose(actual, expected, atol=1e-12)


def test_the_stretched_truncated_kernel_of_lds():
    # Kernel radius 3 rows and int(2 * 3) columns: the row kernel, stretched bilinearly half-pixel from 7 to 13 taps.
    stretched = F.interpolate(gaussian(3, 3.0)[None, None], size=13, mode="linear", align_corners=False)[0, 0].numpy()
    s = RNG.random((6, 12)) + 0.05
    grid = attract(
        torch.tensor(s)[None, None],
        (6, 12),
        fwhm=3,
        separable=False,
        padding="replicate",
        kernel_radius=3,
        aspect=2.0,
        floor=0,
    )
    np.testing.assert_allclose(grid[0], slow_attract(s, 3, "replicate", 3, 6, stretched), atol=1e-12)


@pytest.mark.parametrize("key", ["fwhm4_anticrop", "fwhm4_crop", "fwhm20_anticrop", "fwhm13_crop"])
def test_it_agrees_with_the_public_lzu_code(published, key):
    fwhm, crop = key.removeprefix("fwhm").split("_")
    padding = "reflect" if crop == "anticrop" else "replicate"
    grid = attract(torch.tensor(published["saliency"]), (31, 51), fwhm=float(fwhm), padding=padding)
    np.testing.assert_allclose(grid[:, 0, :, 0], published[f"grid_sep_{key}_x"], atol=2e-6)
    np.testing.assert_allclose(grid[:, :, 0, 1], published[f"grid_sep_{key}_y"], atol=2e-6)


def test_convention_a_salient_corner_pulls_nodes_towards_it():
    s = torch.ones(1, 1, 4, 6)
    s[0, 0, 0, 5] = 50  # top right: x large, y small
    moved = attract(s, (4, 6), fwhm=3, separable=False) - attract(torch.ones_like(s), (4, 6), fwhm=3)
    assert moved[0, 1, 4, 0] > 0.05 and moved[0, 1, 4, 1] < -0.05


@pytest.mark.parametrize("separable", [True, False])
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1.0, 1e30])
def test_uniform_saliency_of_any_scale_is_the_identity_with_anti_crop(separable, scale):
    grid = attract(torch.full((1, 1, 5, 8), scale), (5, 8), separable=separable)
    y, x = torch.linspace(-1, 1, 5), torch.linspace(-1, 1, 8)
    torch.testing.assert_close(grid[0, ..., 0], x.expand(5, 8), atol=1e-6, rtol=0)
    torch.testing.assert_close(grid[0, ..., 1], y[:, None].expand(5, 8), atol=1e-6, rtol=0)


def test_anti_crop_keeps_the_border_and_replicate_crops_it():
    s = torch.ones(1, 1, 31, 31)
    s[..., 10:21, 10:21] = 1000
    assert attract(s, (31, 31), fwhm=13)[0, 0, 0].tolist() == pytest.approx([-1, -1], abs=1e-6)
    cropped = attract(s, (31, 31), fwhm=13, separable=False, padding="replicate")
    assert cropped[0, 15, 0, 0] > -0.97 and cropped[0, 15, -1, 0] < 0.97


@settings(max_examples=60, deadline=None)
@given(
    h=st.integers(2, 9),
    w=st.integers(2, 9),
    fwhm=st.floats(0.5, 40),
    separable=st.booleans(),
    padding=st.sampled_from(PADDINGS),
    kind=st.sampled_from(["zeros", "one cell", "peak", "tiny", "random"]),
    seed=st.integers(0, 1000),
)
def test_nodes_are_always_finite_and_inside(h, w, fwhm, separable, padding, kind, seed):
    s = torch.zeros(1, 1, h, w)
    if kind == "one cell":
        s[0, 0, seed % h, seed % w] = 1
    elif kind == "peak":
        s += torch.rand(1, 1, h, w, generator=torch.Generator().manual_seed(seed)) * 1e-6
        s[0, 0, seed % h, -1] = 1e6
    elif kind == "tiny":
        s += 1e-38
    elif kind == "random":
        s += torch.rand(1, 1, h, w, generator=torch.Generator().manual_seed(seed)) ** 8
    for floor in (None, 0.0):
        grid = attract(s, (h, w), fwhm=fwhm, separable=separable, padding=padding, floor=floor)
        assert grid.isfinite().all() and grid.abs().max() <= 1


def test_one_painted_cell_in_a_corner_still_moves_only_what_it_should():
    s = torch.zeros(1, 1, 31, 51)
    s[0, 0, 0, 0] = 1
    grid = attract(s, (31, 51), separable=False)
    y, x = torch.linspace(-1, 1, 31), torch.linspace(-1, 1, 51)
    far = (grid[0, 30, 50] - torch.stack((x[50], y[30]))).abs().max()
    assert far < 1e-3, "far from the spot the floor makes the map uniform again"
    assert grid[0, 5, 5, 0] < x[5] - 0.02


def test_the_floor_is_a_share_of_the_mean():
    s = torch.rand(1, 1, 6, 6)
    s[0, 0, 2, 2] = 0
    explicit = torch.maximum(s, 1e-3 * s.mean())
    torch.testing.assert_close(attract(s, (6, 6)), attract(explicit, (6, 6)))
    torch.testing.assert_close(attract(s, (6, 6), floor=0.5), attract(torch.maximum(s, 0.5 * s.mean()), (6, 6)))


def test_saliency_of_another_size_is_resampled_corner_aligned():
    s = torch.rand(1, 1, 4, 7) + 0.1
    resized = F.interpolate(s.double(), size=(6, 9), mode="bilinear", align_corners=True)
    torch.testing.assert_close(attract(s, (6, 9)).double(), attract(resized, (6, 9)), atol=1e-6, rtol=0)


@pytest.mark.parametrize("separable", [True, False])
def test_gradcheck(separable):
    s = (torch.rand(2, 1, 4, 5, dtype=torch.float64) + 0.2).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: attract(t, (4, 5), fwhm=3, separable=separable), s)


def test_gradients_pass_after_a_first_use_in_inference_mode():
    s = torch.rand(1, 1, 6, 9) + 0.1
    with torch.inference_mode():
        attract(s, (6, 9), fwhm=2.25)
    attract(s.requires_grad_(), (6, 9), fwhm=2.25).sum().backward()
    assert s.grad is not None and s.grad.isfinite().all()


def test_each_element_of_a_batch_alone_gives_the_same():
    s = torch.rand(3, 1, 5, 6) + 0.1
    for separable in (True, False):
        together = attract(s, (5, 6), separable=separable)
        for k in range(3):
            torch.testing.assert_close(attract(s[k : k + 1], (5, 6), separable=separable)[0], together[k])


@pytest.mark.parametrize(
    ("saliency", "options", "message"),
    [
        (torch.ones(1, 3, 8, 8), {}, "did you pass the image"),
        (torch.ones(8, 8), {}, r"shape \(B, 1, h, w\)"),
        (-torch.ones(1, 1, 8, 8), {}, "non-negative"),
        (torch.full((1, 1, 8, 8), math.nan), {}, "not finite"),
        (torch.ones(1, 1, 8, 8), {"fwhm": 0}, "fwhm must be a positive"),
        (torch.ones(1, 1, 8, 8), {"padding": "mirror"}, "padding must be one of"),
        (torch.ones(1, 1, 8, 8), {"kernel_radius": 9}, "needs more nodes"),
        (torch.ones(1, 1, 8, 8), {"floor": -1.0}, "floor must be"),
        (torch.ones(1, 1, 8, 8), {"aspect": 0.0}, "aspect must be"),
    ],
)
def test_wrong_input_says_what_to_do(saliency, options, message):
    with pytest.raises(ValueError, match=message):
        attract(saliency, (8, 8), **options)
