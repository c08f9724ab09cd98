"""Reading an image on a grid: each reader against a plain twin, and what anti-aliasing is for."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import lzviz
from lzviz import resampling
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
    """The definition: explicit pyramid levels, one sample at a time."""
    levels = [image]
    while max(levels[-1].shape) > 1:
        last = levels[-1]
        h, w = -(-last.shape[0] // 2), -(-last.shape[1] // 2)
        levels.append(
            np.array([[last[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean() for j in range(w)] for i in range(h)])
        )
    px = to_pixels(grid, image.shape).numpy()
    lod = resampling.level_of_detail(grid[None], image.shape)[0].numpy()
    out = np.empty(px.shape[:2])
    for i in range(px.shape[0]):
        for j in range(px.shape[1]):
            d = min(lod[i, j], len(levels) - 1)
            k = int(d)
            reads = [
                slow_bilinear(levels[min(n, len(levels) - 1)], (px[i, j] + 0.5) / 2**n - 0.5 if n else px[i, j])
                for n in (k, k + 1)
            ]
            out[i, j] = (k + 1 - d) * reads[0] + (d - k) * reads[1]
    return out


def grids():
    yield "identity", lattice((5, 7), dtype=torch.float64)
    saliency = 1 + 100 * torch.rand(1, 1, 5, 6, dtype=torch.float64) ** 8
    yield "zoom", lzviz.Warp.from_saliency(saliency, (5, 6), 3, separable=False).grid((7, 9))[0]
    yield "stretched", lattice((6, 2), dtype=torch.float64) * torch.tensor([1.0, 0.01])
    yield "one row", lattice((1, 6), dtype=torch.float64)


@pytest.mark.parametrize(("name", "grid"), list(grids()), ids=lambda v: v if isinstance(v, str) else "")
def test_antialias_reads_the_box_pyramid_at_the_footprints_size(name, grid):
    image = torch.rand(37, 52, dtype=torch.float64)
    fast = resampling.read(image[None, None], grid[None], "antialias")[0, 0]
    np.testing.assert_allclose(fast, slow_antialias(image.numpy(), grid), atol=1e-9)


def test_the_level_is_log2_of_the_footprint():
    # 65 x 129 source, 5 x 17 samples: 16 px apart in y, 8 in x; area 128 px^2, so rho = sqrt(128).
    lod = resampling.level_of_detail(lattice((5, 17))[None], (65, 129))
    torch.testing.assert_close(lod, torch.full((1, 5, 17), 3.5))
    magnified = resampling.level_of_detail(lattice((80, 300))[None], (65, 129))
    assert float(magnified.max()) == 0


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


def test_antialias_passes_gradients_to_the_image_and_the_grid():
    image = torch.rand(1, 1, 8, 8, dtype=torch.float64, requires_grad=True)
    grid = (lattice((3, 3), dtype=torch.float64)[None] * 0.83).requires_grad_()

    def frozen_level(image, grid):
        # The level is chosen without gradient, so the check holds it where it was.
        return resampling.read(image, grid, "antialias")

    assert torch.autograd.gradcheck(lambda i: frozen_level(i, grid.detach()), image)
    frozen_level(image, grid).sum().backward()
    assert grid.grad is not None and grid.grad.isfinite().all() and grid.grad.abs().max() > 0


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
        (torch.rand(1, 3, 8, 8), "cubic", ValueError, "interpolation must be one of"),
        (torch.rand(8, 8), "bilinear", ValueError, r"image \(B, C, H, W\)"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), "bilinear", TypeError, "did you mean image / 255"),
        (torch.rand(3, 1, 8, 8), "bilinear", ValueError, "does not fit a batch of 2"),
    ],
)
def test_wrong_input_says_what_to_do(image, kind, error, message):
    with pytest.raises(error, match=message):
        resampling.read(image, lattice((3, 3)).expand(2, 3, 3, 2), kind)
