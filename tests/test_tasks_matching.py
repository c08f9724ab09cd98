"""Key points under a known change of view."""

import pytest
import torch

from lzviz.adaptive import masks
from lzviz.measure.evaluation import project
from lzviz.models import d2net
from lzviz.scenes import street
from lzviz.tasks.matching import THRESHOLDS, TRIPLETS, Pair, Trial, homography, trial, warped


@pytest.fixture(scope="module")
def pair():
    scene = torch.from_numpy(street((96, 160)).image.copy()).permute(2, 0, 1)[None].float() / 255
    return Pair.of(scene, homography((96, 160)), count=120)


def run(pair, stride=8, **options) -> Trial:
    with torch.inference_mode():
        return trial(pair, d2net(output_stride=stride, width=4).eval(), "imagenet", **options)


@pytest.mark.parametrize("size", [(96, 160), (200, 40), (1, 1)])
def test_the_view_changes_mildly(size):
    for seed in range(20):
        matrix = homography(size, seed)
        h, w = size
        corners = torch.tensor([[0, 0], [w - 1, 0], [0, h - 1], [w - 1, h - 1]], dtype=torch.float64)
        moved = project(corners, matrix)
        assert (moved - corners).norm(dim=1).max() < 0.35 * max(size)
        assert torch.linalg.det(matrix) > 0
        torch.testing.assert_close(project(moved, torch.linalg.inv(matrix)), corners, rtol=0, atol=1e-9)
    assert torch.equal(homography(size, 5), homography(size, 5))
    assert not torch.equal(homography(size, 5), homography(size, 6))


def test_a_point_of_the_image_appears_where_the_homography_says():
    spot = torch.zeros(1, 1, 61, 81)
    y, x = torch.meshgrid(torch.arange(61), torch.arange(81), indexing="ij")
    spot[0, 0] = torch.exp(-((x - 30) ** 2 + (y - 25) ** 2) / 18)
    matrix = homography((61, 81), seed=2)
    seen = warped(spot, matrix)[0, 0]
    weights = seen / seen.sum()
    found = torch.stack([(weights * x).sum(), (weights * y).sum()]).double()
    wanted = project(torch.tensor([[30.0, 25.0]], dtype=torch.float64), matrix)[0]
    torch.testing.assert_close(found, wanted, rtol=0, atol=0.1)


def test_the_same_view_twice_is_matched_perfectly(pair):
    same = Pair.of(pair.first, torch.eye(3, dtype=torch.float64), count=60)
    result = run(same)
    assert result.mma == (1.0,) * len(THRESHOLDS)
    assert result.errors.max() < 1e-6


def test_points_of_the_second_view_come_from_the_first(pair):
    origin = project(pair.second_points.double(), torch.linalg.inv(pair.matrix))
    assert len(origin) > 20
    assert (origin >= 2).all() and (origin <= torch.tensor([157, 93])).all()


def test_a_finer_stride_costs_more_and_matches_closer(pair):
    coarse, fine = run(pair, 8), run(pair, 1)
    assert fine.macs > 10 * coarse.macs
    assert fine.mma[0] > coarse.mma[0]
    assert not coarse.levels


def test_accuracy_is_the_share_of_the_possible_matches(pair):
    result = run(pair, 4)
    expected = project(pair.first_points.double(), pair.matrix)
    nearest = torch.cdist(expected, pair.second_points.double()).amin(1)
    for limit, share in zip(THRESHOLDS, result.mma, strict=True):
        right, possible = int((result.errors <= limit).sum()), int((nearest <= limit).sum())
        assert possible < len(pair.first_points) and share == pytest.approx(right / possible)


def test_the_triplets_end_in_the_network_of_stride_8_and_of_stride_1(pair):
    coarse, fine = run(pair, triplet=TRIPLETS[0]), run(pair, triplet=TRIPLETS[-1])
    assert (coarse.levels[0] == 3).all() and (fine.levels[1] == 0).all()
    assert coarse.macs == run(pair, 8).macs
    assert fine.macs == run(pair, 1).macs
    assert fine.mma == pytest.approx(run(pair, 1).mma, abs=0.03)
    assert coarse.mma == pytest.approx(run(pair, 8).mma, abs=1e-6)
    assert coarse.errors.tolist() == run(pair, 8).errors.tolist()


def test_a_random_control_costs_the_same_and_is_elsewhere(pair):
    good, moved = run(pair, triplet=(0, 0, 5)), run(pair, triplet=(0, 0, 5), control="random")
    for before, after in zip(good.levels, moved.levels, strict=True):
        assert after.flatten().bincount().tolist() == before.flatten().bincount().tolist()
        assert not torch.equal(before, after)
    assert moved.macs == pytest.approx(good.macs, rel=0.02)


def test_an_inverse_control_is_fine_where_no_point_is(pair):
    good, bad = run(pair, triplet=(0, 0, 5)), run(pair, triplet=(0, 0, 5), control="inverse")
    assert ((good.levels[0] == 3) == (bad.levels[0] == 0)).all()
    assert bad.macs > good.macs
    with pytest.raises(ValueError, match="of a triplet, got 'inverse'"):
        run(pair, control="inverse")


def test_an_adaptive_run_costs_between_the_two_and_is_fine_around_points(pair):
    result = run(pair, triplet=(5, 11, 21))
    assert run(pair, 8).macs < result.macs < run(pair, 1).macs
    x, y = pair.first_points.round().long().T
    assert (result.levels[0][0, 0, y, x] == 0).all()
    assert (result.levels[0] <= masks.keypoints(pair.first, dilation=(5, 11, 21), points=[pair.first_points])).all()
