"""Scores against slow, obvious twins, and their laws."""

import math

import pytest
import torch

from lzviz import Warp, models
from lzviz.adaptive import QuadTree
from lzviz.layout import Layout
from lzviz.measure import evaluation


def twin_iou(prediction, truth, classes, ignore):
    """Per class, pixel by pixel."""
    scores = []
    for c in range(classes):
        intersection = union = 0
        for p, t in zip(prediction.flatten().tolist(), truth.flatten().tolist(), strict=True):
            if t != ignore:
                intersection += p == c and t == c
                union += p == c or t == c
        scores.append(intersection / union if union else math.nan)
    return scores


def noisy_labels(seed):
    rng = torch.Generator().manual_seed(seed)
    truth = torch.randint(0, 4, (2, 9, 7), generator=rng)
    prediction = torch.where(
        torch.rand(2, 9, 7, generator=rng) < 0.6, truth, torch.randint(0, 6, (2, 9, 7), generator=rng)
    )
    truth[torch.rand(2, 9, 7, generator=rng) < 0.1] = 255
    prediction[torch.rand(2, 9, 7, generator=rng) < 0.1] = 255
    return prediction, truth


@pytest.mark.parametrize("seed", range(5))
def test_iou_agrees_with_the_twin(seed):
    prediction, truth = noisy_labels(seed)
    matrix = evaluation.confusion(prediction, truth, classes=6)
    expected = twin_iou(prediction, truth, 6, 255)
    torch.testing.assert_close(
        evaluation.iou(matrix), torch.tensor(expected).double(), rtol=1e-6, atol=0, equal_nan=True
    )
    assert evaluation.miou(matrix) == pytest.approx(sum(x for x in expected if x == x) / sum(x == x for x in expected))
    assert matrix.sum() == (truth != 255).sum()
    assert evaluation.accuracy(matrix) == pytest.approx(((prediction == truth) & (truth != 255)).sum() / matrix.sum())


def test_confusions_of_pictures_add_up():
    prediction, truth = noisy_labels(0)
    whole = evaluation.confusion(prediction, truth, 6)
    assert torch.equal(
        whole, torch.stack([evaluation.confusion(p, t, 6) for p, t in zip(prediction, truth, strict=True)]).sum(0)
    )


def test_convention_rows_are_true_columns_predicted_last_column_is_no_class():
    truth = torch.tensor([0, 0, 0, 1, 255])
    prediction = torch.tensor([0, 1, 255, 1, 0])
    assert evaluation.confusion(prediction, truth, 2).tolist() == [[1, 1, 1], [0, 1, 0]]
    # ignore_index may be a class number of neither map, or lie inside the range
    assert evaluation.confusion(prediction, truth.clamp(max=1), 2, ignore_index=0).tolist() == [[0, 0, 0], [0, 1, 1]]


def test_a_class_that_is_nowhere_does_not_count_and_one_that_is_only_predicted_does():
    matrix = evaluation.confusion(torch.tensor([0, 1]), torch.tensor([0, 0]), 3)
    assert evaluation.miou(matrix) == pytest.approx(0.25)
    assert math.isnan(evaluation.miou(torch.zeros(3, 4)))


class Corners(Layout):
    """Every `step`-th pixel; reconstruction is nearest from above left, except a last column that nobody knows."""

    def __init__(self, size, step):
        self.source_size, self.step = size, step
        y, x = torch.meshgrid(torch.arange(0, size[0], step), torch.arange(0, size[1], step), indexing="ij")
        self.shape = y.shape
        self._sites = torch.stack([x, y], -1).reshape(-1, 2).float()

    sites = property(lambda self: self._sites)
    batch = property(lambda self: torch.zeros(len(self._sites), dtype=torch.int64))
    count = property(lambda self: torch.tensor([len(self._sites)]))
    footprints = property(lambda self: self._sites[:, None].expand(-1, 4, 2))

    def gather(self, image):
        raise AssertionError("labels are read by nearest neighbour, not gathered")

    def scatter(self, rows, size):
        dense = rows.T.reshape(1, -1, *self.shape).repeat_interleave(self.step, 2).repeat_interleave(self.step, 3)
        valid = torch.ones(1, *size, dtype=torch.bool)
        valid[:, :, -1] = False
        return dense[:, :, : size[0], : size[1]], valid


def test_intrinsic_error_is_that_of_a_perfect_network():
    labels = torch.zeros(1, 4, 6, dtype=torch.int64)
    labels[:, :, 1] = 1  # falls between the samples: lost
    labels[:, 2:, 4] = 2
    labels[0, 0, 0] = 255  # sampled, so that its block has no class
    layout = Corners((4, 6), 2)
    rebuilt = evaluation.reconstructed_labels(layout, labels, 3)
    assert rebuilt[0].tolist() == [
        [255, 255, 0, 0, 0, 255],
        [255, 255, 0, 0, 0, 255],
        [0, 0, 0, 0, 2, 255],
        [0, 0, 0, 0, 2, 255],
    ]
    by_hand = twin_iou(rebuilt, labels, 3, 255)
    assert by_hand == [pytest.approx(12 / 19), 0, 1]
    assert evaluation.intrinsic_upsampling_error(layout, labels, 3) == pytest.approx(1 - sum(by_hand) / 3)


def test_sampling_every_pixel_loses_only_what_is_not_valid():
    labels = torch.randint(0, 3, (1, 4, 5))
    matrix = evaluation.intrinsic_confusion(Corners((4, 5), 1), labels, 3)
    assert matrix[:, :3].diagonal().sum() == 16 and matrix[:, 3].sum() == 4


def blocky_labels():
    return torch.randint(0, 3, (2, 8, 11)).repeat_interleave(3, 1).repeat_interleave(3, 2)


@pytest.mark.parametrize("kind", ["warp", "quadtree"])
def test_intrinsic_error_of_real_layouts(kind):
    labels = blocky_labels()
    size = (24, 33)
    everything, some = {
        "warp": lambda: (Warp.identity(batch=2).at(size, size), Warp.identity(batch=2).at((10, 14), size)),
        "quadtree": lambda: (
            QuadTree(torch.zeros(2, 1, 24, 33, dtype=torch.int64), 1, size),
            QuadTree(torch.ones(2, 1, 24, 33, dtype=torch.int64), 1, size),
        ),
    }[kind]()
    assert evaluation.intrinsic_upsampling_error(everything, labels, 3) == 0
    assert 0.05 < evaluation.intrinsic_upsampling_error(some, labels, 3) < 0.6
    second = evaluation.reconstructed_labels(some, labels, 3)[1]
    alone = Warp.identity().at((10, 14), size) if kind == "warp" else QuadTree(torch.ones(1, 1, 24, 33).long(), 1, size)
    assert torch.equal(second, evaluation.reconstructed_labels(alone, labels[1:], 3)[0])


def test_scores_of_many_matrices_at_once():
    matrices = torch.stack([evaluation.confusion(*noisy_labels(seed), 6) for seed in range(3)])
    together = evaluation.iou(matrices)
    assert together.shape == (3, 6)
    for one, matrix in zip(together, matrices, strict=True):
        assert torch.equal(one.nan_to_num(-1), evaluation.iou(matrix).nan_to_num(-1))


def test_boundary_band_is_a_square_neighbourhood_of_both_sides():
    labels = torch.zeros(1, 7, 9, dtype=torch.int64)
    labels[:, :, 5:] = 1  # the boundary stands between columns 4 and 5
    for distance, columns in ((0, (4, 5)), (1, (3, 6)), (2, (2, 7))):
        expected = torch.zeros(1, 7, 9, dtype=torch.bool)
        expected[:, :, columns[0] : columns[1] + 1] = True
        assert torch.equal(evaluation.boundary_band(labels, distance), expected)
    corner = torch.zeros(1, 5, 5, dtype=torch.int64)
    corner[:, 0, 0] = 1
    assert evaluation.boundary_band(corner, 1)[0].nonzero().amax(0).tolist() == [2, 2]  # diagonal steps count as one
    assert not evaluation.boundary_band(torch.where(labels == 1, 255, labels), 3).any()  # void makes no boundary


def test_boundary_confusion_counts_the_band_only():
    truth = torch.zeros(1, 4, 10, dtype=torch.int64)
    truth[:, :, 5:] = 1
    truth[:, 0] = 255
    prediction = truth.clone()
    prediction[:, :, 0] = 1  # far from the boundary: not seen
    prediction[:, 1, 5] = 0  # one pixel at it
    matrix = evaluation.boundary_confusion(prediction, truth, 2, distance=1)
    assert matrix.tolist() == [[6, 0, 0], [1, 5, 0]]
    everything = evaluation.boundary_confusion(prediction, truth, 2, distance=10)
    assert torch.equal(everything, evaluation.confusion(prediction, truth, 2))


def test_small_objects_are_connected_components_of_one_class():
    labels = torch.zeros(2, 10, 20, dtype=torch.int64)
    labels[0, 1, 1], labels[0, 2, 2] = 1, 1  # touch at a corner: one object of 2 pixels
    labels[0, 2, 3] = 2  # another class beside it: another object, of 1 pixel
    labels[0, 6:9, 4:8] = 1  # 12 pixels
    labels[0, 9, 19] = 255
    small = evaluation.small_objects(labels, share=3 / 200)
    assert small[0].nonzero().tolist() == [[1, 1], [2, 2], [2, 3]] and not small[1].any()
    assert evaluation.small_objects(labels, share=2 / 200)[0].nonzero().tolist() == [[2, 3]]  # smaller than, not equal
    assert evaluation.small_objects(labels, share=13 / 200)[0].sum() == 15


def test_small_counts_by_hand():
    truth = torch.zeros(1, 20, 20, dtype=torch.int64)
    truth[:, 5:7, 5:7] = 1  # small: 4 pixels
    truth[:, 10:20, 10:20] = 1  # large
    truth[:, 4, 5] = 255
    prediction = torch.zeros_like(truth)
    prediction[:, 5:8, 6] = 1  # two hits, one false beside
    prediction[:, 4, 5] = 1  # on void
    prediction[:, 5, 12] = 1  # false, but six pixels off
    prediction[:, 8:20, 10:20] = 1  # the large object, and two rows above it: no business of the small one
    counts = evaluation.small_counts(prediction, truth, 3, share=0.02, distance=3)
    assert counts.tolist() == [[0, 0, 0], [2, 2, 1], [0, 0, 0]]
    assert evaluation.small_iou(counts)[1] == 2 / 5 and evaluation.small_recall(counts)[1] == 1 / 2
    assert evaluation.small_iou(counts)[[0, 2]].isnan().all()
    assert evaluation.small_counts(truth, truth, 3, share=0.02).tolist() == [[0, 0, 0], [4, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("border", [False, True])
def test_a_layout_of_one_image_serves_all_labels(border):
    labels = blocky_labels()
    shared, each = (Warp.identity(batch=n).at((10, 14), (24, 33)) for n in (1, 2))
    assert torch.equal(
        evaluation.reconstructed_labels(shared, labels, 3, border=border),
        evaluation.reconstructed_labels(each, labels, 3, border=border),
    )


def test_outside_the_view_the_border_may_answer():
    x, y = torch.linspace(-0.5, 0.5, 5), torch.linspace(-1, 1, 5)
    grid = torch.stack(torch.broadcast_tensors(x[None, :], y[:, None]), -1)[None]
    layout = Warp.from_grid(grid).at((9, 5), (9, 9))  # sees columns 2 to 6 of 9
    labels = torch.arange(9).expand(1, 9, 9)
    rebuilt = evaluation.reconstructed_labels(layout, labels, 9)[0, 0]
    assert rebuilt.tolist() == [255, 255, 2, 3, 4, 5, 6, 255, 255]
    rebuilt = evaluation.reconstructed_labels(layout, labels, 9, border=True)[0, 0]
    assert rebuilt.tolist() == [2, 2, 2, 3, 4, 5, 6, 6, 6]


def test_key_points_of_a_shifted_picture_match_where_the_network_sees_the_shift():
    """A shift by the output stride moves the features by one: away from the border the descriptors are the same."""
    network = models.d2net(width=4)
    wide = torch.rand(1, 3, 176, 184)
    first, second = wide[:, :, 8:, 8:], wide[:, :, :-8, :-8]
    points = 64 + 40 * torch.rand(1, 30, 2)
    moved = points + 8
    shift = torch.tensor([[1.0, 0, 8], [0, 1, 8], [0, 0, 1]])
    with torch.no_grad():
        described = [network.describe(image, at)[0] for image, at in ((first, points), (second, moved))]
    assert evaluation.mma(points[0], described[0], moved[0], described[1], shift, (0.1,)) == 1
    shuffled = described[1].roll(1, 0)
    assert evaluation.mma(points[0], described[0], moved[0], shuffled, shift, (0.1,)) < 0.2


def rotation(angle, shift):
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s, shift[0]], [s, c, shift[1]], [1e-4, -2e-4, 1.0]], dtype=torch.float64)


def test_mma_of_known_errors():
    homography = rotation(0.3, (20, 5))
    first = torch.rand(40, 2, dtype=torch.float64) * 100
    second = evaluation.project(first, homography)
    errors = torch.linspace(0, 9.9, 40, dtype=torch.float64)
    second[:, 0] += errors
    descriptors = torch.randn(40, 16)
    shuffle = torch.randperm(40)
    accuracy = evaluation.mma(first, descriptors, second[shuffle], descriptors[shuffle], homography)
    expected = [(errors <= limit).double().mean().item() for limit in range(1, 11)]
    assert accuracy.tolist() == pytest.approx(expected)


def test_mma_per_possible_counts_what_could_have_been_found():
    points = torch.tensor([[0.0, 0], [10, 0], [20, 0], [50, 0]])
    partners = torch.tensor([[0.0, 1], [10, 1], [20, 1]])  # the fourth point has none
    first = torch.eye(4)
    second = torch.eye(4)[[0, 2, 1]]  # of three possible matches two are swapped
    same = torch.eye(3)
    assert evaluation.mma(points, first, partners, second, same, (2,)).tolist() == pytest.approx([1 / 3])
    second = torch.eye(4)[[0, 1, 3]]  # the fourth point takes the third's partner
    assert evaluation.mma(points, first, partners, second, same, (0.5, 2), "match").tolist() == pytest.approx(
        [0, 2 / 3]
    )
    assert evaluation.mma(points, first, partners, second, same, (0.5, 2), "possible").tolist() == pytest.approx(
        [0, 2 / 3]
    )
    assert evaluation.mma(points[[0, 1, 3]], first[[0, 1, 3]], partners, second, same, (2,), "possible") == 1


def test_mutual_matches_agree_with_the_twin():
    first, second = torch.randn(15, 4), torch.randn(11, 4)
    nearest = lambda a, many: min(range(len(many)), key=lambda k: (a - many[k]).square().sum().item())  # noqa: E731
    expected = [[i, j] for i in range(15) if nearest(second[j := nearest(first[i], second)], first) == i]
    assert evaluation.mutual_matches(first, second).tolist() == expected


def test_convention_points_are_x_before_y_and_the_homography_goes_first_to_second():
    shift = torch.tensor([[1.0, 0, 7], [0, 1, 0], [0, 0, 1]])
    assert evaluation.project(torch.tensor([[1.0, 2.0]]), shift).tolist() == [[8, 2]]
    one = torch.ones(1, 3)
    assert evaluation.mma(torch.tensor([[1.0, 2]]), one, torch.tensor([[8.0, 2]]), one, shift, (0.1,)) == 1


def test_nothing_to_match_scores_zero():
    none, one = torch.zeros(0, 2), torch.zeros(1, 2)
    for per in ("match", "possible"):
        assert not evaluation.mma(none, torch.zeros(0, 3), one, torch.zeros(1, 3), torch.eye(3), per=per).any()
        assert not evaluation.mma(one, torch.zeros(1, 3), none, torch.zeros(0, 3), torch.eye(3), per=per).any()


ONES = torch.ones(2, 2)
ZEROS = torch.zeros(1, 2, 2, dtype=torch.int64)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: evaluation.confusion(ZEROS.float(), ZEROS, 2), TypeError, "prediction must be integer labels"),
        (lambda: evaluation.confusion(ZEROS[:, :1], ZEROS, 2), ValueError, "differ in shape"),
        (lambda: evaluation.confusion(ZEROS, ZEROS + 7, 2), ValueError, "label 7, but classes=2"),
        (
            lambda: evaluation.sampled_labels(Corners((4, 6), 2), ZEROS),
            ValueError,
            r"2 x 2, the layout's source is \(4, 6\)",
        ),
        (lambda: evaluation.boundary_band(ZEROS, -1), ValueError, "pixels >= 0, got -1"),
        (lambda: evaluation.small_objects(ZEROS, 0), ValueError, r"in \(0, 1\], got 0"),
        (lambda: evaluation.mutual_matches(torch.zeros(2, 3), torch.zeros(2, 4)), ValueError, r"\(2, 3\) and \(2, 4\)"),
        (
            lambda: evaluation.mma(ONES, ONES, ONES, ONES, torch.eye(3), per="all"),  # type: ignore[arg-type]
            ValueError,
            "got 'all'",
        ),
        (
            lambda: evaluation.mma(torch.zeros(3, 2), ONES, ONES, ONES, torch.eye(3)),
            ValueError,
            r"got \(3, 2\) and 2",
        ),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
