"""The quadtree as a layout: it tiles the image, counts its rows, and reads and writes where it says."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lzviz.adaptive import QuadTree, masks
from lzviz.adaptive.levels import active_cells, complete
from lzviz.layout import Layout

SIZES = [((135, 200), 8), ((64, 64), 8), ((37, 29), 1), ((45, 61), 4)]


def tree(size: tuple[int, int], stride: int, batch: int = 2, depth: int = 2) -> QuadTree:
    fine = (-(-size[0] // stride), -(-size[1] // stride))
    return QuadTree(masks.random(fine, 0.3, depth, batch), stride, size)


def area(quads: Tensor) -> Tensor:
    """Shoelace formula of (N, 4, 2) quadrilaterals, clockwise in image coordinates = positive."""
    following = quads.roll(-1, dims=1)
    return (quads[..., 0] * following[..., 1] - quads[..., 1] * following[..., 0]).sum(1) / 2


def test_convention_of_sites_and_footprints() -> None:
    """135 pixels at stride 8 are 17 cells; the last one is 7 pixels high."""
    levels = torch.zeros(1, 1, 17, 3, dtype=torch.int64)
    levels[..., 0:2, 0:2] = 1
    found = QuadTree(levels, 8, (135, 24))
    assert isinstance(found, Layout)
    assert found.batch.numel() == 17 * 3 - 3
    assert found.sites[0].tolist() == [0, 0]
    assert found.footprints[0].tolist() == [[-0.5, -0.5], [15.5, -0.5], [15.5, 15.5], [-0.5, 15.5]]
    last = found.sites.tolist().index([16, 128])
    assert found.footprints[last].tolist() == [[15.5, 127.5], [23.5, 127.5], [23.5, 134.5], [15.5, 134.5]]
    assert found.leaves().boxes[last].tolist() == [16, 128, 24, 135]
    assert found.leaves().level[0] == 1


@pytest.mark.parametrize(("size", "stride"), SIZES)
def test_footprints_tile_the_image(size: tuple[int, int], stride: int) -> None:
    found = tree(size, stride)
    sums = torch.zeros(2).index_add(0, found.batch, area(found.footprints))
    assert sums.tolist() == [size[0] * size[1]] * 2
    covered = torch.zeros(2, *size)
    for image, (x0, y0, x1, y1) in zip(found.batch.tolist(), found.leaves().boxes.long().tolist(), strict=True):
        covered[image, y0:y1, x0:x1] += 1
    assert (covered == 1).all()


@pytest.mark.parametrize(("size", "stride"), SIZES)
def test_rows_are_ordered_by_image_and_counted(size: tuple[int, int], stride: int) -> None:
    found = tree(size, stride, batch=3)
    assert (found.batch.diff() >= 0).all()
    assert found.count.sum() == found.sites.shape[0] == found.footprints.shape[0]
    assert found.count.tolist() == active_cells(found.levels[:, 0]).sum((1, 2)).tolist()
    torch.testing.assert_close(found.density((20, 30)).sum((1, 2)), found.count.float())


@pytest.mark.parametrize(("size", "stride"), SIZES)
def test_scatter_after_gather_gives_each_pixel_its_cells_value(size: tuple[int, int], stride: int) -> None:
    found, image = tree(size, stride), torch.randn(2, 3, *size)
    back, valid = found.scatter(found.gather(image), size)
    assert valid.all()
    for b, (x0, y0, x1, y1) in zip(found.batch.tolist(), found.leaves().boxes.long().tolist(), strict=True):
        assert (back[b, :, y0:y1, x0:x1] == image[b, :, y0, x0][:, None, None]).all()


def test_scatter_to_the_fine_grid_is_the_owner_map() -> None:
    found = tree((135, 200), 8)
    features = torch.randn(2, 4, 17, 25)
    back, valid = found.scatter(found.gather(features), (17, 25))
    assert valid.all()
    kept = found.levels[:, 0] == 0
    assert torch.equal(back.permute(0, 2, 3, 1)[kept], features.permute(0, 2, 3, 1)[kept])
    assert torch.equal(back[..., ::4, ::4], features[..., ::4, ::4])


def test_a_border_that_the_network_drops_is_invalid() -> None:
    found = QuadTree(torch.zeros(1, 1, 16, 16, dtype=torch.int64), 8, (135, 128))
    back, valid = found.scatter(torch.ones(256, 1), (135, 128))
    assert valid[0, :128].all() and not valid[0, 128:].any()
    assert (back[0, 0, 128:] == 0).all()


def test_each_image_alone_gives_the_same() -> None:
    together = tree((37, 29), 1, batch=3)
    for image in range(3):
        alone = QuadTree(together.levels[image : image + 1], 1, (37, 29))
        assert torch.equal(alone.sites, together.sites[together.batch == image])


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_blocks_are_completed_by_keeping(depth: int) -> None:
    wanted = torch.randint(0, depth + 1, (2, 13, 22))
    done = complete(wanted, depth)
    assert (done <= wanted).all()
    for level in range(1, depth + 1):
        side = 2**level
        for y in range(0, 13, side):
            for x in range(0, 22, side):
                block, asked = done[:, y : y + side, x : x + side], wanted[:, y : y + side, x : x + side]
                deep = (block >= level).flatten(1)
                assert (deep.all(1) | ~deep.any(1)).all()
                assert (deep.all(1) == (asked >= level).flatten(1).all(1)).all()


@pytest.mark.parametrize(
    ("levels", "stride", "message"),
    [
        (torch.zeros(1, 1, 5, 5), 8, "cells along the height"),
        (torch.zeros(1, 3, 16, 16), 8, "did you pass the image"),
        (torch.zeros(1, 1, 16, 16), 0, "stride"),
    ],
)
def test_bad_quadtrees_say_why(levels: Tensor, stride: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        QuadTree(levels, stride, (128, 128))


def test_bad_reads_say_why() -> None:
    found = tree((64, 64), 8)
    with pytest.raises(ValueError, match="expected an image"):
        found.gather(torch.zeros(2, 3, 32, 32))
    with pytest.raises(ValueError, match="expected rows"):
        found.scatter(torch.zeros(3, 3), (64, 64))
