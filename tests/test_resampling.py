"""Reading an image on a grid: each reader against a plain twin, and what anti-aliasing is for."""

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

import lzviz
from lzviz import footprints, resampling
from lzviz.coords import lattice, to_pixels


def slow_bilinear(image, px):
    """Four taps by hand, border repeated: image (H, W), px (x, y)."""
    h, w = image.shape
    x, y = min(max(px[0], 0), w - 1), min(max(px[1], 0), h - 1)
    j, i = min(int(x), w - 2) if w > 1 else 0, min(int(y), h - 2) if h > 1 else 0
    fx, fy = x - j, y - i
    right, below = min(j + 1, w - 1), min(i + 1, h - 1)
    top = (1 - fx) * image[i, j] + fx * image[i, right]
    return (1 - fy) * top + fy * ((1 - fx) * image[below, j] + fx * image[below, right])


def slow_antialias(image, grid):
    """The definition: explicit pyramid levels, one sample, one box and one pixel at a time."""
    levels = [image]
    while max(levels[-1].shape) > 1:
        last = levels[-1]
        h, w = -(-last.shape[0] // 2), -(-last.shape[1] // 2)
        levels.append(
            np.array([[last[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean() for j in range(w)] for i in range(h)])
        )
    px = to_pixels(grid, image.shape).numpy()
    steps = [np.gradient(px, axis=k) if px.shape[k] > 1 else np.zeros_like(px) for k in (1, 0)]
    out = np.empty(px.shape[:2])
    for at in np.ndindex(*out.shape):
        (xx, yx), (xy, yy) = steps[0][at], steps[1][at]
        wide, high = np.hypot(xx, xy), np.hypot(yx, yy)
        split = abs(xx * yx + xy * yy) > footprints.SHEAR * max(1, wide * high)
        sides = [max(1, side / (2 if split else 1)) for side in (wide, high)]
        length = (2 * np.prod(sides) ** 2 / sum(sides)) ** (1 / 3)
        level = max(0, int(np.ceil(np.log2(length / footprints.LONGEST) - footprints.EPSILON)))
        shifts = [(u, v) for u in (-0.25, 0.25) for v in (-0.25, 0.25)] if split else [(0, 0)]
        middles = [px[at] + u * steps[0][at] + v * steps[1][at] for u, v in shifts]
        out[at] = np.mean([box_mean(levels, level, middle, sides, image.shape) for middle in middles])
    return out


def box_mean(levels, level, middle, sides, size):
    """The mean of a level's pixels by the part of each that the box, cut at the image, covers."""
    last = levels[min(level, len(levels) - 1)]
    scale = 2.0 ** min(level, len(levels) - 1)
    weights = []
    for at, side, n, m in zip(middle, sides, size[::-1], last.shape[::-1], strict=True):
        centre = min(max(at, 0), n - 1) + 0.5
        low, high = max(centre - side / 2, 0) / scale, min(centre + side / 2, n) / scale
        k = np.arange(m)
        weights.append(np.clip(np.minimum(high, k + 1) - np.maximum(low, k), 0, None))
    x, y = weights
    return y @ last @ x / (x.sum() * y.sum())


def grids():
    yield "identity", lattice((5, 7), dtype=torch.float64)
    saliency = 1 + 100 * torch.rand(1, 1, 5, 6, dtype=torch.float64) ** 8
    yield "zoom", lzviz.Warp.from_saliency(saliency, (5, 6), 3, separable=False).grid((7, 9))[0]
    yield "stretched", lattice((6, 2), dtype=torch.float64) * torch.tensor([1.0, 0.01])
    yield "one row", lattice((1, 6), dtype=torch.float64)
    yield "sheared", lattice((6, 5), dtype=torch.float64) @ torch.tensor([[0.6, 0.3], [0.4, 0.7]], dtype=torch.float64)
    yield "far outside", lattice((3, 4), dtype=torch.float64) * 40


@pytest.mark.parametrize(("name", "grid"), list(grids()), ids=lambda v: v if isinstance(v, str) else "")
def test_antialias_is_the_mean_over_the_boxes_of_the_footprint(name, grid):
    image = torch.rand(37, 52, dtype=torch.float64)
    fast = resampling.read(image[None, None], grid[None], "antialias")[0, 0]
    np.testing.assert_allclose(fast, slow_antialias(image.numpy(), grid), atol=2 * footprints.EPSILON)
    # Slivers of a ten-thousandth of a pixel are left out; elsewhere it is exact.
    assert np.median(np.abs(fast - slow_antialias(image.numpy(), grid))) < 1e-9


def pictures(h, w):
    """White noise, noise of black and white, and blocks of 1 to 8 pixels: letters, stripes and surfaces."""
    seed = torch.Generator().manual_seed(0)
    noise = torch.rand(1, 1, h, w, generator=seed)
    cells = [torch.rand(1, 1, -(-h // n), -(-w // n), generator=seed).round() for n in (1, 2, 5, 8)]
    large = [c.repeat_interleave(n, 2).repeat_interleave(n, 3) for c, n in zip(cells, (1, 2, 5, 8), strict=True)]
    return {"noise": noise, "binary": noise.round(), "blocks": sum(c[..., :h, :w] for c in large) / 4}


@pytest.mark.parametrize("learned", [False, True])
def test_uniform_area_is_an_area_average_at_every_factor_and_size(learned):
    """45 dB on the hardest pictures: every factor, odd sizes, other factors along x than along y."""
    sampler = lzviz.samplers.create("uniform-area", interpolation="antialias")
    settings = [((203, 331), (f, f)) for f in (1.1, 1.3, 1.7, *range(2, 41, 2 if learned else 1))]
    settings += [
        ((480, 616), (480 / 60, 616 / 77)),
        ((199, 201), (9, 1.5)),
        ((150, 311), (1, 17)),
        ((331, 97), (33, 2.9)),
        ((9, 2999), (1, 999)),
    ]
    for (h, w), (down, across) in settings:
        size = (max(1, round(h / down)), max(1, round(w / across)))
        grid = sampler.warp(None, size, (h, w)).grid(size).requires_grad_(learned)
        for name, image in pictures(h, w).items():
            expected = cv2.resize(image[0, 0].double().numpy(), size[::-1], interpolation=cv2.INTER_AREA)
            actual = resampling.read(image, grid, "antialias")[0, 0].detach().numpy()
            decibels = -10 * np.log10(max(np.square(actual - expected).mean(), 1e-20))
            assert decibels >= 45, f"{name}, {h}x{w} to {size}: {decibels:.1f} dB"


@pytest.mark.parametrize("source", [(64, 96), (301, 411), (7, 900)])
@pytest.mark.parametrize("size", [(5, 8), (33, 46), (90, 120), (1, 1), (1, 7)])
def test_a_grid_of_rows_and_columns_is_read_like_any_other(source, size):
    image = torch.rand(2, 3, *source, dtype=torch.float64)
    y, x = (torch.rand(n, dtype=torch.float64).sort()[0] * 2.2 - 1.1 for n in size)
    plain = torch.stack(torch.broadcast_tensors(x, y[:, None]), -1)[None]
    for grid in (plain, plain.flip(1), lattice(size, dtype=torch.float64)[None]):
        other = resampling.read(image, grid.clone().requires_grad_(), "antialias").detach()
        torch.testing.assert_close(resampling.read(image, grid, "antialias"), other, atol=1e-9, rtol=0)


def test_where_the_map_magnifies_antialias_is_bilinear():
    image = torch.rand(1, 2, 9, 14, dtype=torch.float64)
    grid = lzviz.Warp.from_saliency(torch.rand(1, 1, 5, 6, dtype=torch.float64) + 0.5, (5, 6), 3).grid((31, 53))
    off = (resampling.read(image, grid, "antialias") - resampling.read(image, grid)).abs().max()
    assert off < 2 * footprints.EPSILON


def test_sixteen_times_down_bilinear_aliases_and_antialias_does_not():
    image = torch.zeros(1, 1, 512, 512)
    image[..., ::2] = 1  # stripes of one pixel: mean 1/2 everywhere
    warp = lzviz.Warp.identity()
    bilinear, smooth = (warp.zoom(image, (32, 32), kind) for kind in ("bilinear", "antialias"))
    assert (bilinear - 0.5).abs().max() > 0.45
    assert (smooth - 0.5).abs().max() < 0.05


def test_bilinear_reads_four_taps():
    image = torch.rand(4, 6, dtype=torch.float64)
    grid = torch.rand(1, 3, 5, 2, dtype=torch.float64) * 2.4 - 1.2
    px = to_pixels(grid, (4, 6))[0]
    expected = [[slow_bilinear(image.numpy(), px[i, j].numpy()) for j in range(5)] for i in range(3)]
    np.testing.assert_allclose(resampling.read(image[None, None], grid)[0, 0], expected, atol=1e-12)


def test_nearest_rounds_half_up_and_never_mixes_labels():
    labels = torch.tensor([[[0, 7, 255, 3]]])
    at = to_normalised_row([-1.0, 0.49, 0.5, 1.5, 2.51, 9.0], 4)
    assert resampling.read(labels, at, "nearest")[0, 0].tolist() == [0, 0, 7, 255, 3, 3]
    with pytest.raises(ValueError, match="labels are only ever read by nearest"):
        resampling.read(labels, at, "bilinear")


def to_normalised_row(px, width):
    x = torch.tensor(px) * 2 / (width - 1) - 1
    return torch.stack((x, torch.zeros_like(x)), -1)[None, None]


@pytest.mark.parametrize("kind", ["nearest", "bilinear", "antialias"])
def test_a_single_pixel_a_batch_and_a_half_image_can_be_read(kind):
    grid = lattice((3, 4))[None]
    assert resampling.read(torch.full((1, 3, 1, 1), 0.25), grid, kind).unique().tolist() == [0.25]
    images = torch.rand(3, 2, 9, 8)
    together = resampling.read(images, grid, kind)
    for k in range(3):
        torch.testing.assert_close(resampling.read(images[k : k + 1], grid, kind)[0], together[k])
    assert resampling.read(images.half(), grid, kind).dtype == torch.float16


@pytest.mark.parametrize("shear", [0.0, 0.5])
def test_antialias_passes_gradients_to_the_image_and_the_grid(shear):
    image = torch.rand(2, 1, 13, 11, dtype=torch.float64, requires_grad=True)
    turn = torch.tensor([[0.83, shear], [shear, 0.71]], dtype=torch.float64)
    grid = (0.97 * lattice((3, 4), dtype=torch.float64)[None] @ turn + 0.013).requires_grad_()
    assert torch.autograd.gradcheck(lambda i, g: resampling.read(i, g, "antialias"), (image, grid))


@pytest.mark.parametrize(("scale", "size"), [(1, (9, 14)), (0.75, (7, 11)), (0.5, (5, 7)), (0.25, (2, 4))])
def test_reducing_the_source_averages_areas(scale, size):
    image = torch.rand(1, 3, 9, 14)
    reduced = resampling.reduce(image, scale)
    assert reduced.shape[-2:] == size
    torch.testing.assert_close(reduced, F.adaptive_avg_pool2d(image, size))
    with pytest.raises(ValueError, match="scale must be"):
        resampling.reduce(image, 1.5)


@pytest.mark.parametrize(
    ("image", "kind", "error", "message"),
    [
        (torch.rand(1, 3, 8, 8), "lanczos", ValueError, "interpolation must be one of"),
        (torch.rand(8, 8), "bilinear", ValueError, r"image \(B, C, H, W\)"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), "bilinear", TypeError, "did you mean image / 255"),
        (torch.rand(3, 1, 8, 8), "bilinear", ValueError, "does not fit a batch of 2"),
    ],
)
def test_wrong_input_says_what_to_do(image, kind, error, message):
    with pytest.raises(error, match=message):
        resampling.read(image, lattice((3, 3)).expand(2, 3, 3, 2), kind)


def test_cubic_is_what_image_libraries_do():
    """torch's own bicubic resize, half-pixel, on sizes up and down; and it stands beside bilinear and area as a system."""
    image = torch.rand(2, 3, 30, 44, dtype=torch.float64)
    for size in ((13, 21), (60, 88), (30, 44)):
        ours = lzviz.samplers.create("uniform-cubic")(image, size).image
        wanted = torch.nn.functional.interpolate(image, size=size, mode="bicubic", align_corners=False)
        torch.testing.assert_close(ours, wanted, rtol=0, atol=1e-5)  # places are float32
