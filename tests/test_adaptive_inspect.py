"""What the viewer of adaptive downsampling shows: masks as thresholds, price lists, proofs, colours, forced cells."""

import numpy as np
import pytest
import torch

import lzviz
from lzviz import models
from lzviz.adaptive import masks
from lzviz.adaptive.inspect import Badge, Colours, Subject, badge, grid_rows, levels_of, on_fine_grid, ring_strengths
from lzviz.adaptive.levels import complete
from lzviz.measure import cost
from lzviz.models import weights

SUBJECTS = [
    ("resnet18", 8, 16), ("resnet18", 8, 32), ("resnet50", 8, 32), ("vgg16", 1, 8), ("vgg16", 8, 16), ("vgg16", 8, 32),
]  # fmt: skip


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def picture(h, w, seed=0):
    """Blobs and an edge: strengths of all sizes."""
    small = torch.rand(1, 3, max(h // 9, 2), max(w // 9, 2), generator=generator(seed))
    image = torch.nn.functional.interpolate(small, size=(h, w), mode="bilinear")
    image[..., : h // 3, w // 2 :] *= 0.1
    return image


def mixed(subject, size, seed=0):
    """Levels of all depths, drawn cell by cell in blocks; completed."""
    h, w = (-(-n // subject.fine) for n in size)
    step = 2**subject.depth
    blocks = torch.randint(0, subject.depth + 1, (1, 1, -(-h // step), -(-w // step)), generator=generator(seed))
    levels = blocks.repeat_interleave(step, 2).repeat_interleave(step, 3)[..., :h, :w]
    levels = torch.where(torch.rand(levels.shape, generator=generator(seed + 1)) < 0.02, 0, levels)
    return complete(levels[:, 0], subject.depth)[:, None]


# Masks as thresholds


@pytest.mark.parametrize(("stride", "depth"), [(8, 1), (8, 2), (1, 3)])
@pytest.mark.parametrize("size", [(64, 96), (135, 201), (9, 8), (1, 1)])
@pytest.mark.parametrize("dilation", [1, 10, 11, 63])
@pytest.mark.parametrize("operator", masks.OPERATORS)
def test_thresholded_ring_strengths_are_the_edge_mask(stride, depth, size, dilation, operator):
    image = picture(*size)
    strengths = ring_strengths(image, dilation, stride, depth, operator)
    assert strengths.shape == (depth, *(-(-n // stride) for n in size))
    some = strengths.flatten()[:: max(1, strengths.numel() // 5)].tolist()
    for threshold in [*masks.OPERATORS[operator].values(), 0.005, 0.5, *some]:
        wanted = masks.edges(image, threshold, dilation | 1, stride, depth, operator=operator)
        assert torch.equal(levels_of(strengths, threshold), wanted)


def test_a_threshold_that_is_met_exactly_counts_as_in_float32():
    strengths = torch.tensor([[[0.079]]])
    assert float(strengths) != 0.079
    assert levels_of(strengths, 0.079).item() == 0
    assert levels_of(strengths, 0.07901).item() == 1


@pytest.mark.parametrize("lattice", [(128, 85), (2, 2), (64, 128)])
@pytest.mark.parametrize(("size", "stride", "depth"), [((135, 203), 8, 2), ((40, 60), 1, 3), ((1, 1), 8, 1)])
def test_paint_forces_the_cells_whose_centre_it_covers(lattice, size, stride, depth):
    h, w = (-(-n // stride) for n in size)
    levels = torch.randint(0, depth + 1, (1, 1, h, w), generator=generator())
    values = torch.tensor([0, 64, 65, 128, 191, 192, 255], dtype=torch.uint8)
    paint = values[torch.randint(0, 7, lattice, generator=generator(1))]
    forced = masks.forced(levels, paint, stride, depth, size)
    for i in range(h):
        for j in range(w):
            y = (stride * i + (stride - 1) / 2) * (lattice[0] - 1) / max(size[0] - 1, 1)
            x = (stride * j + (stride - 1) / 2) * (lattice[1] - 1) / max(size[1] - 1, 1)
            there = paint[min(int(y + 0.5), lattice[0] - 1), min(int(x + 0.5), lattice[1] - 1)].item()
            wanted = 0 if there >= 192 else depth if there <= 64 else levels[0, 0, i, j].item()
            assert forced[0, 0, i, j].item() == wanted, (i, j)


def test_paint_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="expected paint"):
        masks.forced(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4), 8, 1, (32, 32))


# Networks


@pytest.mark.parametrize(("name", "fine", "coarse"), SUBJECTS)
@pytest.mark.parametrize("size", [(64, 96), (135, 201), (17, 9)])
def test_the_price_list_is_the_plan_s_count(name, fine, coarse, size):
    subject = Subject.make(name, fine, coarse, width=4)
    prices = subject.coefficients(size)
    levels = mixed(subject, size)
    assert prices.macs(levels) == subject.fixed.plan(levels, size).macs
    assert prices.macs(torch.zeros_like(levels)) == cost.count(subject.dilated, (1, 3, *size)).total
    assert prices.macs(torch.full_like(levels, subject.depth)) == cost.count(subject.strided, (1, 3, *size)).total


def test_rows_of_the_grid_are_the_corners_of_the_clamped_blocks():
    subject = Subject.make("vgg16", 1, 8, width=1)
    levels = mixed(subject, (37, 53))
    y, x = torch.meshgrid(torch.arange(37), torch.arange(53), indexing="ij")
    for halvings, rows in enumerate(grid_rows(levels, 3)):
        side = 2 ** levels[0, 0].clamp(max=halvings)
        assert rows == int(((y % side == 0) & (x % side == 0)).sum())


@pytest.mark.parametrize(("name", "fine", "coarse"), SUBJECTS)
@pytest.mark.parametrize("size", [(64, 96), (135, 201)])
def test_the_badge_is_rounding_when_fixed_and_an_error_as_published(name, fine, coarse, size):
    size = size if fine > 1 else (size[0] // 3, size[1] // 3)
    subject = Subject.make(name, fine, coarse, width=8)
    x, levels = models.prepare(picture(*size), "imagenet"), mixed(subject, size)
    with torch.inference_mode():
        strided, dilated = subject.strided(x), subject.dilated(x)
        proof = badge(subject.fixed(x, levels=levels), strided, 2**subject.depth)
        published = badge(subject.published(x, levels=levels), strided, 2**subject.depth)
        fine_everywhere = subject.fixed(x, levels=torch.zeros_like(levels))
    assert proof.exact and proof.relative <= 1e-5
    assert not published.exact and published.relative > 1e-2
    torch.testing.assert_close(fine_everywhere, dilated, rtol=1e-4, atol=1e-5 * float(dilated.abs().max()))
    assert dilated.shape[1] == subject.channels


def test_the_three_forms_share_their_weights():
    subject = Subject.make("resnet18", 8, 16, width=4)
    one, other = (dict(network.named_parameters()) for network in (subject.strided, subject.dilated))
    assert one.keys() == other.keys()
    assert all(one[key].data_ptr() == other[key].data_ptr() for key in one)


def test_a_badge_says_how_far_and_how_far_that_is():
    stock = torch.tensor([[[[1.0, -4.0]]]])
    adaptive = torch.tensor([[[[1.0, 9.0, -3.5, 9.0], [9.0, 9.0, 9.0, 9.0]]]])
    assert badge(adaptive, stock, 2) == Badge(0.5, 0.125)
    assert badge(torch.zeros(1, 1, 2, 4), torch.zeros(1, 1, 1, 2), 2).exact
    with pytest.raises(ValueError, match="at coarse locations"):
        badge(adaptive, stock, 4)


def test_strided_features_stand_for_their_blocks():
    coarse = torch.arange(6.0).view(1, 1, 2, 3)
    wanted = [[0, 0, 1, 1, 2], [0, 0, 1, 1, 2], [3, 3, 4, 4, 5]]
    assert on_fine_grid(coarse, 2, (3, 5))[0, 0].tolist() == wanted


# Published weights


def test_published_weights_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("LZVIZ_WEIGHTS", str(tmp_path))
    assert weights.find("resnet18") is None
    whole = models.resnet18(width=4, classes=10, seed=3)
    torch.save(whole.state_dict(), tmp_path / "resnet18.pth")
    found = weights.find("resnet18")
    assert found is not None and found.file == "resnet18.pth"
    subject = Subject.make("resnet18", 8, 16, width=4, state=found.state, weights=found.file)
    assert subject.weights == "resnet18.pth"
    assert torch.equal(
        subject.dilated.get_parameter("layer4.1.conv2.weight"), whole.get_parameter("layer4.1.conv2.weight")
    )


def test_published_weights_of_vgg16_come_with_its_classifier():
    whole = models.vgg16(width=4, hidden=2, classes=2, seed=3)
    subject = Subject.make("vgg16", 1, 8, width=4, state=whole.state_dict())
    assert torch.equal(subject.strided.get_parameter("21.weight"), whole.get_parameter("features.21.weight"))


def test_weights_of_another_network_are_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"weights of resnet18 .* tensors are missing"):
        Subject.make("resnet18", 8, 16, width=4, state=models.resnet18(width=8).state_dict())
    monkeypatch.setenv("LZVIZ_WEIGHTS", str(tmp_path))
    torch.save([1, 2], tmp_path / "vgg16.pt")
    with pytest.raises(ValueError, match="expected a state dict"):
        weights.find("vgg16")


# Colours


def test_principal_components_are_those_of_the_decomposition():
    features = torch.randn(1, 20, 15, 17, generator=generator()) * torch.linspace(3, 0.1, 20)[:, None, None]
    rows = features[0].flatten(1).T.double().numpy()
    _, _, directions = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    axes = Colours.fit(features).axes.double().numpy()
    assert np.abs((directions[:3] @ axes).diagonal()) == pytest.approx(1, abs=1e-3)
    assert (axes[np.abs(axes).argmax(0), range(3)] > 0).all()


def test_equal_features_have_equal_colours_in_every_view():
    features = torch.randn(1, 12, 9, 9, generator=generator())
    colours = Colours.fit(features)
    other = torch.randn(1, 12, 4, 4, generator=generator(1))
    other[0, :, 2, 3] = features[0, :, 5, 6]
    assert torch.equal(colours(other)[2, 3], colours(features)[5, 6])
    assert colours(features).float().std() > 30


def test_a_channel_is_shown_in_grey_on_its_own_scale():
    features = torch.zeros(1, 3, 1, 101)
    features[0, 1, 0] = torch.linspace(-2, 8, 101)
    colours = Colours.fit(features, channel=1)
    assert colours.low.tolist() == pytest.approx([-1.9] * 3) and colours.high.tolist() == pytest.approx([7.9] * 3)
    shown = colours(features)[0]
    assert torch.equal(shown[:, 0], shown[:, 2])
    assert (shown[0, 0], shown[50, 0], shown[-1, 0]) == (0, 128, 255)


@pytest.mark.parametrize("features", [torch.ones(1, 5, 4, 4), torch.ones(1, 1, 1, 1), torch.zeros(1, 2, 3, 3)])
def test_constant_features_are_mid_grey(features):
    assert (Colours.fit(features)(features) == 128).all()


def test_the_network_of_the_viewer_is_the_one_of_the_library():
    subject = Subject.make("resnet18", 8, 16, width=4)
    x, levels = picture(32, 48), torch.randint(0, 2, (1, 1, 4, 6), generator=generator())
    with torch.inference_mode():
        same = lzviz.adapt(models.resnet18(classes=None, width=4, output_stride=16).eval(), (8, 16))(x, levels=levels)
        assert (
            subject.fixed(x, levels=levels) - same
        ).abs().max() <= 1e-5 * same.abs().max()  # compiled: same function
