"""LDS's way back, as the paper means it and as the public code does it, each against a search of every pixel."""

import pytest
import torch

from lzviz.measure import evaluation
from lzviz.samplers.lds import LDS, simulated
from lzviz.samplers.lds_layout import NearestLayout, PublishedLayout
from lzviz.warp import Warp, WarpLayout
from tests.conftest import blobs

SOURCE, SIZE, NODES = (48, 80), (12, 20), (8, 16)


def small(**options) -> LDS:
    return LDS(**{"nodes": NODES, "widths": (4, 4), **options})


def scene():
    labels = torch.zeros(1, *SOURCE, dtype=torch.int64)
    labels[:, 20:] = 1
    labels[:, 8:18, 30:36] = 2
    labels[:, 26:40, 50:70] = 17
    return labels


def nearest_of(written: dict[tuple[int, int], int], size: tuple[int, int]) -> list[set[int]]:
    """The samples on the written pixels (row, column) that are nearest to each pixel: as many as are equally near."""
    places, samples = torch.tensor(list(written)), torch.tensor(list(written.values()))
    pixels = torch.cartesian_prod(*map(torch.arange, size))
    squares = (pixels[:, None] - places).square().sum(-1)
    return [set(samples[each == each.min()].tolist()) for each in squares]


# -- as the paper means it -----------------------------------------------------------------------------------------------


def test_every_pixel_takes_the_sample_nearest_to_it_and_one_index_map_serves_all_channels():
    out = small()(torch.rand(2, 3, *SOURCE), SIZE, blobs(2, NODES))
    assert isinstance(out.layout, NearestLayout)
    rows = torch.rand(2 * SIZE[0] * SIZE[1], 5)
    dense, valid = out.layout.scatter(rows, SOURCE)
    assert dense.shape == (2, 5, *SOURCE) and valid.all()
    index = out.layout.nearest(SOURCE).flatten(1)
    for k in range(2):
        written: dict[tuple[int, int], int] = {}
        for sample, (x, y) in enumerate((out.layout.sites.reshape(2, -1, 2)[k] + 0.5).floor().int().tolist()):
            written.setdefault((y, x), sample)
        near = nearest_of(written, SOURCE)
        assert all(answer in each for answer, each in zip(index[k].tolist(), near, strict=True))
        expected = rows.reshape(2, -1, 5)[k][index[k]].T.reshape(5, *SOURCE)
        assert torch.equal(dense[k], expected)


def test_of_samples_on_one_pixel_the_first_answers_and_gradients_reach_the_rows():
    layout = NearestLayout(Warp.identity((2, 2)), (5, 5), (2, 3))
    rows = torch.arange(25.0)[:, None].requires_grad_()
    dense, _ = layout.scatter(rows, (2, 3))
    # columns 0, .5, 1, 1.5, 2 fall on pixels 0, 1, 1, 2, 2; rows 0, .25, .5, .75, 1 on 0, 0, 1, 1, 1
    assert dense[0, 0].tolist() == [[0, 1, 3], [10, 11, 13]]
    dense.sum().backward()
    assert rows.grad is not None and rows.grad.sum() == 6


# -- as the public code does it ------------------------------------------------------------------------------------------


def published(size: tuple[int, int], zoomed: tuple[int, int], seed: int):
    """A published layout, and the samples that it may take at each pixel: a place is cut down to a pixel, of samples on one
    pixel the last answers, and an empty pixel takes the nearest one's."""
    sampler = LDS(nodes=(6, 8), kernel_radius=2, widths=(4,), mode="published")
    look = torch.rand(1, 1, 6, 8, generator=torch.Generator().manual_seed(seed)) ** 4
    layout = sampler(torch.rand(1, 3, *size), zoomed, look).layout
    assert isinstance(layout, PublishedLayout)
    grid = layout.warp.half_pixel[0].reshape(-1, 2)  # type: ignore[attr-defined]
    written = {}
    for sample, (x, y) in enumerate(((grid + 1) / 2 * torch.tensor([size[1] - 1.0, size[0] - 1.0])).tolist()):
        written[int(y), int(x)] = sample
    return layout, nearest_of(written, size)


CASES = [((12, 20), (6, 8), 1), ((17, 15), (6, 8), 1), ((48, 80), (9, 7), 2), ((7, 40), (12, 5), 3)]


@pytest.mark.parametrize(("size", "zoomed", "seed"), CASES)
def test_published_scores_are_means_with_the_sample_before_at_every_pixel(size, zoomed, seed):
    """Sample k is written as 2 k / n - 1, which half-pixel code reads at k - 1/2; before the first one it reads zeros."""
    layout, near = published(size, zoomed, seed)
    values = torch.rand(zoomed[0] * zoomed[1], generator=torch.Generator().manual_seed(0))
    prediction = torch.zeros(zoomed[0] + 1, zoomed[1] + 1)
    prediction[1:, 1:] = values.reshape(zoomed)
    dense, valid = layout.scatter(values[:, None], size)
    assert valid.all()
    for actual, samples in zip(dense.flatten().tolist(), near, strict=True):
        read = []
        for sample in samples:
            r, c = divmod(sample, zoomed[1])
            read.append(float(prediction[r : r + 2, c : c + 2].mean()))
        assert min(abs(actual - each) for each in read) < 1e-5


@pytest.mark.parametrize(("size", "zoomed", "seed"), CASES)
def test_published_labels_are_the_samples_own_or_the_one_before_at_every_pixel(size, zoomed, seed):
    layout, near = published(size, zoomed, seed)
    labels = torch.arange(1, zoomed[0] * zoomed[1] + 1)
    prediction = torch.zeros(zoomed[0] + 1, zoomed[1] + 1, dtype=torch.int64)
    prediction[1:, 1:] = labels.reshape(zoomed)
    dense, _ = layout.scatter(labels[:, None], size)
    before = 0
    for actual, samples in zip(dense.flatten().tolist(), near, strict=True):
        read = set()
        for sample in samples:
            r, c = divmod(sample, zoomed[1])
            read |= set(prediction[r : r + 2, c : c + 2].flatten().tolist())
        assert actual in read
        before += actual - 1 not in samples
    assert before > 0.3 * len(near), "which one is a matter of rounding"


def test_the_published_way_back_is_half_a_low_resolution_pixel_off():
    labels, look = scene(), simulated(scene(), NODES, 100)
    image = torch.rand(1, 3, *SOURCE)
    layouts = [small(mode=mode)(image, SIZE, look).layout for mode in ("fixed", "published")]
    lost = [evaluation.intrinsic_upsampling_error(layout, labels, 18) for layout in layouts]
    assert lost[1] > lost[0] + 0.03


def test_the_inverse_is_another_way_back():
    layout = small(upsampling="inverse", anti_crop=True)(torch.rand(1, 3, *SOURCE), SIZE, blobs(1, NODES)).layout
    assert type(layout) is WarpLayout
