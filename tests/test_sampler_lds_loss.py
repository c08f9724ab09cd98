"""LDS: the edge target and the losses, against plain twins."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter

from lzviz.samplers.lds import (
    LDS,
)
from lzviz.samplers.lds_loss import Loss, area_weights, boundary_cells, edge_target, focal_loss, min_max
from lzviz.warp import Warp, WarpLayout
from tests.conftest import blobs
from tests.test_sampler_lds import NODES, SIZE, SOURCE, scene, small


def edge_twin(mask):
    """Blur of sigma 1 over 7 x 7, then the 3 x 3 kernel, pixel by pixel."""

    def at(m, y, x):
        return float(m[min(max(y, 0), len(m) - 1)][min(max(x, 0), len(m[0]) - 1)])

    def run(m, kernel):
        r = len(kernel) // 2
        span = range(-r, r + 1)
        return [
            [sum(kernel[a + r][b + r] * at(m, y + a, x + b) for a in span for b in span) for x in range(len(m[0]))]
            for y in range(len(m))
        ]

    line = [math.exp(-0.5 * d * d) for d in range(-3, 4)]
    blur = [[a * b / sum(line) ** 2 for b in line] for a in line]
    edge = [[8.0 if a == b == 1 else -1.0 for b in range(3)] for a in range(3)]
    return torch.tensor(run(run(mask.tolist(), blur), edge))


def test_the_target_weighs_every_pair_of_classes_alike_and_published_by_its_numbers():
    labels = torch.ones(2, 9, 12, dtype=torch.int64)
    labels[0, :, 6:], labels[1, :, 6:] = 2, 17
    fixed = edge_target(labels, (9, 12))
    torch.testing.assert_close(fixed[0], fixed[1])
    torch.testing.assert_close(fixed[0, 0], edge_twin(labels[0] == 2).abs(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(9, 12), (24, 40), (16, 16)])
def test_the_published_target_is_pillows_edge_of_an_8_bit_picture(size):
    """Class numbers to [0, 1], to the map's size, to 8 bits; blurred; 8 in the middle and -1 around, clipped to 0..255; the
    outermost pixels as they were."""
    labels = torch.randint(0, 19, (2, 6, 8), generator=torch.Generator().manual_seed(3))
    labels = labels.repeat_interleave(8, 1).repeat_interleave(10, 2)
    labels[1] = (torch.arange(80) >= 40).long() * 17
    actual = edge_target(labels, size, "published")
    assert actual.shape == (2, 1, *size) and float(actual.min()) >= 0 and float(actual.max()) <= 1
    for k in range(2):
        y = labels[k].double()
        y = (y - y.min()) / (y.max() - y.min())
        small = torch.nn.functional.interpolate(y[None, None].float(), size, mode="bilinear", align_corners=False)
        blurred = np.asarray(
            Image.fromarray((small[0, 0] * 255).to(torch.uint8).numpy()).filter(ImageFilter.GaussianBlur(1))
        ).astype(int)
        wanted = blurred.copy()
        for r in range(1, size[0] - 1):
            for c in range(1, size[1] - 1):
                around = blurred[r - 1 : r + 2, c - 1 : c + 2].sum()
                wanted[r, c] = min(max(9 * blurred[r, c] - around, 0), 255)
        np.testing.assert_allclose(actual[k, 0].numpy() * 255, wanted, atol=1e-4)
    falling = edge_target(17 - labels[1:], size, "published")
    assert not torch.equal(falling, actual[1:]), "which side of a boundary answers depends on the numbers"


def test_three_classes_by_the_twin_and_ignored_pixels_make_no_boundary():
    labels = torch.randint(0, 3, (1, 6, 7))
    expected = sum(edge_twin(labels[0] == k).abs() for k in range(3)) / 2
    torch.testing.assert_close(edge_target(labels, (6, 7))[0, 0], expected, atol=1e-5, rtol=0)
    void = torch.full((1, 8, 8), 4)
    void[:, 2:5, 3:6] = 255
    assert edge_target(void, (8, 8)).abs().max() < 1e-5
    assert edge_target(torch.full((1, 8, 8), 255), (8, 8)).abs().max() == 0
    assert edge_target(void, (8, 8), "published").abs().max() > 0.5


def test_the_target_is_read_at_the_uniform_places():
    labels = torch.zeros(1, 9, 17, dtype=torch.int64)
    labels[..., 8:] = 1
    torch.testing.assert_close(edge_target(labels, (5, 9)), edge_target(labels[:, ::2, ::2], (5, 9)))


def test_cells_that_hold_a_boundary():
    labels = torch.zeros(1, 9, 17, dtype=torch.int64)
    labels[:, 0, 0] = 1
    expected = torch.zeros(1, 1, 3, 5)
    expected[0, 0, 0, 0] = 1
    assert torch.equal(boundary_cells(labels, (3, 5)), expected)
    labels[:, :, 9:] = 3  # between columns 8 and 9, both of node 2 (columns 6 to 9)
    expected[..., 2] = 1
    assert torch.equal(boundary_cells(labels, (3, 5)), expected)


def test_min_max_is_of_each_image_and_published_of_the_batch():
    values = torch.tensor([[1.0, 3.0], [10.0, 20.0], [5.0, 5.0]])[:, None, None]
    assert min_max(values)[:, 0, 0].tolist() == [[0, 1], [0, 1], [0, 0]]
    assert min_max(values, True)[1, 0, 0].tolist() == pytest.approx([9 / 19, 1])
    assert min_max(values[2:], True).isnan().all()


# -- the losses ----------------------------------------------------------------------------------------------------------


def test_focal_loss_by_hand_and_as_cross_entropy():
    scores, labels = torch.randn(2, 4, 3, 5), torch.randint(0, 4, (2, 3, 5))
    labels[0, 1, 2:] = 255
    torch.testing.assert_close(focal_loss(scores, labels, 0.0), F.cross_entropy(scores, labels, ignore_index=255))
    p = scores.softmax(1)
    terms = [
        -((1 - p[b, c, y, x]) ** 2) * p[b, c, y, x].log()
        for b in range(2)
        for y in range(3)
        for x in range(5)
        if (c := int(labels[b, y, x])) != 255
    ]
    torch.testing.assert_close(focal_loss(scores, labels), torch.stack(terms).mean())
    weight = torch.rand(2, 3, 5)
    known = labels != 255
    wanted = F.cross_entropy(scores, labels, ignore_index=255, reduction="none")
    wanted = (wanted * weight * known).sum() / (weight * known).sum()
    torch.testing.assert_close(focal_loss(scores, labels, 0.0, weight=weight), wanted)
    assert focal_loss(scores, torch.full_like(labels, 255)) == 0


def test_samples_are_weighed_by_the_area_they_stand_for():
    layout = small(anti_crop=True)(torch.rand(1, 3, *SOURCE), SIZE, blobs(1, NODES)).layout
    weights = area_weights(layout)
    quads = layout.footprints.reshape(*SIZE, 4, 2)
    x, y = quads.unbind(-1)
    area = 0.5 * (x * y.roll(-1, -1) - x.roll(-1, -1) * y).sum(-1).abs()
    inner = (slice(2, -2), slice(2, -2))
    ratio = (weights[0] / area)[inner]
    assert ratio.std() / ratio.mean() < 0.25 and weights.max() <= 10 and weights.std() > 0.2
    torch.testing.assert_close(area_weights(WarpLayout(Warp.identity(), SIZE, SOURCE)), torch.ones(1, *SIZE))


def test_the_joint_loss_is_the_sum_of_its_parts():
    out = small(anti_crop=True)(torch.rand(2, 3, *SOURCE), SIZE)
    labels, scores = scene(2), torch.randn(2, 18, *SIZE)
    loss = Loss(gamma=7.0, exponent=1.0)
    parts = loss(scores, out, labels)
    torch.testing.assert_close(parts["total"], parts["segmentation"] + 7 * parts["edge"])
    target = min_max(edge_target(labels, NODES))
    assert out.saliency is not None
    torch.testing.assert_close(parts["edge"], F.mse_loss(min_max(out.saliency), target))
    seen = out.layout.warp.zoom(labels, SIZE, "nearest")  # type: ignore[attr-defined]
    weights = area_weights(out.layout)  # type: ignore[arg-type]
    torch.testing.assert_close(parts["segmentation"], focal_loss(scores, seen, 1.0, weight=weights))
    single = Loss(gamma=0.0, exponent=1.0)(scores, out, labels)
    torch.testing.assert_close(single["total"], parts["segmentation"])
    bce = Loss(gamma=1.0, edges="bce")(scores, out, labels)["edge"]
    cells = boundary_cells(labels, NODES)
    torch.testing.assert_close(bce, F.binary_cross_entropy(out.extras["logits"].sigmoid(), cells))


def test_published_training_invents_classes_and_fails_on_constant_labels():
    out = small(mode="published")(torch.rand(1, 3, *SOURCE), SIZE)
    loss, labels = Loss(mode="published"), scene()
    seen = set(loss.sampled(out.layout, labels).unique().tolist())  # type: ignore[arg-type]
    assert seen - set(labels.unique().tolist())
    assert set(Loss().sampled(out.layout, labels).unique().tolist()) <= {0, 1, 2, 17}  # type: ignore[arg-type]
    scores = torch.randn(1, 18, *SIZE)
    constant = torch.zeros_like(labels)
    assert loss(scores, out, constant)["total"].isnan()
    assert Loss()(scores, out, constant)["total"].isfinite()


@pytest.mark.parametrize("edges", ["mse", "bce"])
def test_the_edge_loss_teaches_the_module_where_boundaries_are(edges):
    image = torch.zeros(4, 3, 16, 16)
    labels = torch.zeros(4, 16, 16, dtype=torch.int64)
    for k, column in enumerate((4, 7, 10, 12)):
        image[k, :, :, column:] = 1
        labels[k, :, column:] = 1
    net = LDS(nodes=(16, 16), widths=(8, 8), form="softmax" if edges == "mse" else "square", anti_crop=True).train()
    optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
    loss, losses = Loss(edges=edges), []
    for _ in range(40):
        optimiser.zero_grad()
        value = loss.edge(net(image, (6, 6)), labels)
        value.backward()
        optimiser.step()
        losses.append(value.item())
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LDS(mode="old"), "mode must be one of fixed, published, got 'old'"),  # type: ignore[arg-type]
        (lambda: LDS(form="cube"), "form must be one of softmax, square"),  # type: ignore[arg-type]
        (lambda: LDS(upsampling="fast"), "upsampling must be one of nearest, inverse"),  # type: ignore[arg-type]
        (lambda: LDS(widths=()), "widths and channels >= 1"),
        (lambda: small()(torch.rand(1, 1, 8, 8), (4, 4)), r"float image \(B, 3, H, W\), got .*\(1, 1, 8, 8\)"),
        (lambda: small().warp(None, SIZE, SOURCE), "needs a deformation map"),
        (lambda: edge_target(torch.rand(1, 4, 4), (2, 2)), "expected integer labels"),
        (lambda: focal_loss(torch.rand(1, 3, 4, 4), torch.zeros(1, 5, 4)), "do not fit labels"),
        (lambda: focal_loss(torch.rand(1, 3, 4, 4), torch.zeros(1, 4, 4), -1), "exponent must be >= 0, got -1"),
        (lambda: Loss(gamma=-1), "gamma must be >= 0, got -1"),
        (lambda: Loss(edges="l1"), "edges must be 'mse' or 'bce', got 'l1'"),  # type: ignore[arg-type]
        (
            lambda: Loss().edge(small()(torch.rand(1, 3, *SOURCE), SIZE, blobs(1, NODES)), scene()),
            "call the sampler without a saliency map",
        ),
    ],
)
def test_wrong_input_says_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
