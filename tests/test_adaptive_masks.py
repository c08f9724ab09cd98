"""Masks: what they keep, at which level, and that their borders and units are as said."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lzviz.adaptive import adapt, learned, masks


def step(height: float, at: int = 40, size: tuple[int, int] = (64, 96)) -> Tensor:
    """Black left of column ``at``, grey ``height`` from there on."""
    image = torch.zeros(1, 3, *size)
    image[..., at:] = height
    return image


def test_convention_of_the_threshold() -> None:
    """The central difference of a step of height .2 is .2, on both sides of it."""
    assert (masks.edges(step(0.2), threshold=0.21) == 1).all()
    levels = masks.edges(step(0.2), threshold=0.19, dilation=1)
    assert levels.shape == (1, 1, 8, 12)
    assert levels[0, 0, 0].tolist() == [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1]  # columns 39 and 40 are cells 4 and 5


def test_dilation_is_in_pixels_across() -> None:
    """Columns 39 and 40 dilated by 17 (8 on each side) reach columns 31 and 48: cells 3 and 6."""
    assert masks.edges(step(0.2), 0.19, dilation=15)[0, 0, 0].tolist() == [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1]
    assert masks.edges(step(0.2), 0.19, dilation=17)[0, 0, 0].tolist() == [1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("size", [(64, 96), (37, 53)])
@pytest.mark.parametrize("dilation", [1, 5, 33])
def test_within_is_dilation_then_any(size: tuple[int, int], dilation: int) -> None:
    spots = (torch.rand(2, 1, *size) < 0.003).double()
    dilated = torch.nn.functional.max_pool2d(spots, dilation, 1, dilation // 2)
    expected = torch.nn.functional.max_pool2d(dilated, 8, ceil_mode=True)
    assert torch.equal(masks.within(spots, 8, dilation), expected)


def test_an_image_without_edges_is_all_coarse_and_its_border_is_no_edge() -> None:
    assert (masks.edges(torch.full((2, 3, 40, 50), 0.7)) == 1).all()


def test_deeper_edges_are_rings() -> None:
    levels = masks.edges(step(0.5, 128, (64, 256)), stride=8, depth=2)[0, 0, 0]
    assert set(levels.tolist()) == {0, 1, 2}
    assert (levels.diff().abs() <= 1).all()
    assert (masks.edges(step(0.5, 128, (64, 256)), depth=1)[0, 0, 0] == 0).equal(levels == 0)


def test_published_edges_see_rising_ones_only_and_skip_level_one() -> None:
    rising, falling = step(0.5), 0.5 - step(0.5)
    fixed = masks.edges(rising, "medium"), masks.edges(falling, "medium")
    assert torch.equal(*fixed)
    published = [masks.edges(image, "medium", mode="published", depth=2) for image in (rising, falling)]
    inner = published[1][..., 1:-1, 1:-1]
    assert (published[0][0, 0, 4, 4:6] == 0).all() and (inner[..., 3:5] == 2).all()
    assert set(published[0].unique().tolist()) == {0, 2}


def test_sobel_smooths_across_and_answers_four_times() -> None:
    spot = torch.zeros(1, 1, 40, 40)
    spot[..., 20, 20] = 0.4
    assert (masks.edges(spot, 0.3, dilation=1) == 0).any()
    assert (masks.edges(spot, 4 * 0.3, dilation=1, operator="sobel") == 1).all()
    assert torch.equal(masks.edges(step(0.2), 4 * 0.19, operator="sobel"), masks.edges(step(0.2), 0.19))


@pytest.mark.parametrize(("name", "value"), [("low", 0.15), ("medium", 0.35), ("high", 0.95)])
def test_the_paper_s_thresholds_are_on_a_sobel(name: str, value: float) -> None:
    """Against OpenCV's Sobel of the grey picture."""
    image = torch.rand(1, 1, 48, 64, generator=torch.Generator().manual_seed(3)) ** 2
    plain = image[0, 0].double().numpy()
    across, down = (cv2.Sobel(plain, -1, *axis, ksize=3, borderType=cv2.BORDER_REPLICATE) for axis in ((1, 0), (0, 1)))
    change = torch.tensor(np.maximum(abs(across), abs(down)))
    wanted = (change.unfold(0, 8, 8).unfold(1, 8, 8).amax((2, 3)) < value).long()
    assert torch.equal(masks.edges(image, name, dilation=1, operator="sobel")[0, 0], wanted)


def test_keypoints_keep_rings_around_points() -> None:
    points = [torch.tensor([[20.0, 12.0]]), torch.empty(0, 2)]
    levels = masks.keypoints(torch.zeros(2, 3, 32, 48), dilation=(5, 11), stride=1, points=points)
    assert levels[0, 0, 12, 15:26].tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1]
    assert levels[0, 0, 12, 14] == 2 and (levels[1] == 2).all()


@pytest.mark.parametrize(("triplet", "level"), [((0, 0, 0), 3), ((float("inf"),) * 3, 0)])
def test_keypoint_extremes(triplet: tuple, level: int) -> None:
    assert (masks.keypoints(torch.rand(1, 3, 40, 40), 32, triplet) == level).all()


def test_sift_finds_the_blobs() -> None:
    image = torch.zeros(64, 64)
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    image += torch.exp(-((x - 20) ** 2 + (y - 40) ** 2) / 18)
    found = masks.sift(image, 5)
    assert 1 <= len(found) <= 5
    assert (found[0] - torch.tensor([20.0, 40.0])).abs().max() < 1


def test_oracle_keeps_what_only_the_fine_network_gets_right() -> None:
    labels = torch.zeros(1, 32, 32, dtype=torch.int64)
    coarse = labels.clone()
    coarse[0, 3, 20] = 1
    coarse[0, 30, 2] = 1
    labels[0, 30, 2] = 255
    levels = masks.oracle(torch.zeros_like(labels), coarse, labels, dilation=1, stride=8)
    assert (levels == 0).nonzero().tolist() == [[0, 0, 0, 2]]
    assert (masks.oracle(labels, coarse, labels, dilation=1, stride=8) == 0).sum() == 1


def test_painted_masks_keep_where_the_paint_is() -> None:
    paint = torch.zeros(1, 1, 16, 16)
    paint[..., 0, 9] = 1
    paint[..., 9, 0] = 0.5
    assert masks.painted(paint, stride=8, depth=2)[0, 0].tolist() == [[2, 0], [1, 2]]
    assert masks.painted(paint, size=(64, 64), stride=8)[0, 0].sum() == 63 - 1 + 1 - 1
    with pytest.raises(ValueError, match="lies in"):
        masks.painted(paint * 3)


def test_inverse_is_the_opposite() -> None:
    levels = torch.tensor([[[[0, 1, 2]]]])
    assert masks.inverse(levels).tolist() == [[[[2, 1, 0]]]]
    assert torch.equal(masks.inverse(masks.inverse(levels, 3), 3), levels)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "old"}, "mode"),
        ({"threshold": "hot"}, "threshold"),
        ({"depth": 0}, "depth"),
        ({"dilation": 4}, "odd"),
        ({"operator": "canny"}, "operator"),
    ],
)
def test_bad_options_say_why(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        masks.edges(torch.rand(1, 3, 32, 32), **options)


class Body(nn.Module):
    """A stem at stride 2 and a strided body."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU())
        self.body = nn.Sequential(nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 4, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(self.stem(x))


def test_the_learned_mask_sees_the_features_before_the_step() -> None:
    model, network, seen = Body(), masks.MaskNetwork(8), []

    def levels(features: Tensor) -> Tensor:
        seen.append(features)
        return network(features)

    adapted, x = adapt(model, (2, 4)), torch.randn(2, 3, 18, 26)
    y = adapted(x, levels=levels)
    assert torch.equal(seen[0], model.stem(x))
    assert torch.equal(y, adapted(x, levels=masks.learned(model.stem(x), network)))
    assert y.shape == (2, 4, 9, 13)


def test_the_estimator_is_hard_forward_and_soft_backward() -> None:
    network, features = masks.MaskNetwork(8), torch.randn(2, 8, 9, 13)
    sample = network.sample(features)
    assert set(sample.unique().tolist()) <= {0.0, 1.0}
    assert sample.shape == (2, 1, 9, 13)
    sample.sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())
    assert torch.equal(network.sample(features, noise=False).long(), network(features))


def test_two_streams_train_a_mask_towards_its_budget_and_its_task() -> None:
    """Left half of the image: fine and coarse differ much, right half: not at all. The mask learns where to spend."""
    torch.manual_seed(1)
    model, network = Body(), masks.MaskNetwork(8)
    adapted = adapt(model.requires_grad_(False), (2, 4))
    image = torch.randn(4, 3, 32, 64)
    image[..., 32:] = 0
    with torch.no_grad():
        target = adapted(image, levels=torch.zeros(4, 1, 16, 32, dtype=torch.int64))
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(60):
        blended, downsample = learned.two_streams(adapted, network, image)
        loss = learned.blended_loss((blended - target).square().mean(), downsample, target=0.5, task_weight=30)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    levels = adapted.model.get_submodule("stem")(image)
    found = network(levels).float()
    assert found[..., 18:].mean() > 0.9
    assert found[..., :14].mean() < 0.4
