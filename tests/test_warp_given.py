"""What a warp is given: other people's grids, flows, maps, points, arrays and lists; and what it says where they cannot be."""

import warnings

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

import lzviz
from lzviz.coords import lattice, to_pixels
from lzviz.inversion import invert_lattice
from lzviz.measure import describe
from lzviz.measure.examine import examine
from lzviz.warp import GridWarp
from tests.conftest import blobs

SOURCE, ZOOMED = (600, 960), (96, 128)


def warp(batch=1, separable=False, **options):
    return lzviz.Warp.from_saliency(blobs(batch, (31, 51), seed=3), (31, 51), separable=separable, **options)


def flow(size=(24, 32), pixels=4.0, seed=0):
    noise = torch.randn(1, 2, 5, 6, generator=torch.Generator().manual_seed(seed))
    return pixels * F.interpolate(noise, size=size, mode="bicubic", align_corners=True).permute(0, 2, 3, 1)


# -- precision -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("separable", [True, False])
def test_half_precision_boxes_and_points_land_where_their_values_say(dtype, separable):
    w = warp(separable=separable)
    boxes = torch.tensor([[3.0, 5, 90, 70], [100, 60, 128, 96]]).to(dtype)
    for there, sizes in ((w.unzoom_boxes, (ZOOMED, SOURCE)), (w.zoom_boxes, (ZOOMED, SOURCE))):
        half, full = there(boxes, *sizes), there(boxes.float(), *sizes)
        assert half.dtype == torch.float32 and torch.equal(half, full)
    assert torch.equal(
        w.unzoom_points(boxes[:, :2], ZOOMED, SOURCE), w.unzoom_points(boxes[:, :2].float(), ZOOMED, SOURCE)
    )
    assert torch.equal(w.forward(boxes[None, :, :2] / 128), w.forward((boxes / 128).float()[None, :, :2]))


def test_tiles_are_counted_in_integers_beyond_two_to_the_24_nodes():
    nodes = torch.zeros(1, 1, 1, 2).expand(1, 4200, 4200, 2)  # no memory: one node, repeated
    seen = []
    big = GridWarp(nodes)
    real = torch.Tensor.gather
    torch.Tensor.gather = lambda self, dim, index: (
        seen.append(index[..., 0].clone()),
        real(self[:, :1].expand(-1, 1, -1), dim, index * 0),
    )[1]
    try:
        big.forward(torch.tensor([[[1.0, 1.0], [0.9999, 0.99995]]]))
    finally:
        torch.Tensor.gather = real
    assert seen[0][0, 0] == 4198 * 4200 + 4198


def test_halves_become_float32_warps_and_a_half_warp_keeps_its_coordinates():
    w = warp()
    assert lzviz.Warp.from_grid(w.nodes.half()).nodes.dtype == torch.float32
    assert w.half().nodes.dtype == torch.float32 and w.double().nodes.dtype == torch.float64
    assert (w @ w).double().inner.nodes.dtype == torch.float64
    image = torch.rand(1, 3, 60, 96)
    torch.testing.assert_close(
        w.half().zoom(image.half(), (20, 30)).float(), w.zoom(image, (20, 30)), atol=2e-3, rtol=0
    )


@pytest.mark.parametrize("seed", range(12))
def test_float32_grids_of_public_code_keep_their_border_lines(seed):
    """The sums over a padded map, all in float32, end short of the border by up to a hundred roundings."""
    h, w, radius = 31, 51, 30
    saliency = torch.softmax(2 * torch.randn(1, 1, h * w, generator=torch.Generator().manual_seed(seed)), -1).view(
        1, 1, h, w
    )
    d = torch.arange(-radius, radius + 1).float()
    line = torch.exp(-4 * np.log(2) * d**2 / 13**2)
    kernel = torch.outer(line, line)[None, None]
    padded = F.pad(saliency, [radius] * 4, mode="reflect")
    places = [(torch.arange(-radius, n + radius) / (n - 1)).float() for n in (h, w)]
    weight = F.conv2d(padded, kernel)
    x, y = (F.conv2d(padded * p, kernel) / weight for p in (places[1][None, :], places[0][:, None]))
    grid = (torch.stack((x, y), -1)[:, 0] * 2 - 1).clamp(-1, 1)
    assert float(grid.max()) > 1 - 1.2e-5
    _, valid = lzviz.Warp.from_grid(grid).inverse_grid((60, 100))
    assert valid.all(), f"{int((~valid).sum())} holes"
    short = (1 - 1.1e-5) * lattice((4, 5))[None]
    for separable in (True, False):
        assert invert_lattice(short, (30, 40), separable)[1].all()
        assert not invert_lattice(short.double(), (30, 40), separable)[1].all()


# -- grids that are none ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(3, 3), (4, 5), (24, 32), (200, 300)])
@pytest.mark.parametrize("shift", [0.0, 1.7, -1.7])
def test_pixel_grids_are_refused_with_the_remedy(size, shift):
    y, x = torch.meshgrid(torch.arange(size[0]).float(), torch.arange(size[1]).float(), indexing="ij")
    grid = torch.stack((x, y), -1)[None] + (shift if min(size) > 20 else abs(shift))
    with pytest.raises(ValueError, match=r"looks like pixels.*from_map.*from_flow"):
        lzviz.Warp.from_grid(grid)


def test_displacements_are_warned_of_and_never_guessed():
    for field in (flow(pixels=0.1), torch.zeros(1, 20, 30, 2), 0.05 * torch.randn(2, 20, 30, 2)):
        with pytest.warns(UserWarning, match=r"looks like displacements.*from_flow.*lzviz\.diagnose"):
            taken = lzviz.Warp.from_grid(field)
        assert torch.equal(taken.nodes, field)
    places = [warp().nodes, warp(separable=True).nodes, 3 * lattice((9, 9))[None], 0.1 * lattice((5, 9))[None] + 0.4]
    places += [
        lattice((6, 8))[None].flip(2),
        lattice((6, 6))[None].flip(-1),
        lzviz.Warp.from_flow(flow(pixels=5)).nodes,
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for grid in places:
            lzviz.Warp.from_grid(grid)


def test_a_grid_changed_in_place_leaves_no_stale_view():
    grid, image = warp().nodes.clone(), torch.rand(1, 3, 60, 96)
    for w in (lzviz.Warp.from_grid(grid), lzviz.Warp.from_grid(grid) @ lzviz.Warp.identity()):
        points = torch.rand(1, 9, 2)
        w.zoom(image, (20, 30)), w.unzoom(image, (20, 30)), w.inverse(points)
        grid.mul_(0.5)
        fresh = lzviz.Warp.from_grid(w.grid((31, 51)))
        torch.testing.assert_close(w.zoom(image, (20, 30)), fresh.zoom(image, (20, 30)), atol=1e-4, rtol=0)
        torch.testing.assert_close(w.unzoom(image, (20, 30)), fresh.unzoom(image, (20, 30)), atol=1e-3, rtol=0)
        torch.testing.assert_close(w.inverse(points)[0], fresh.inverse(points)[0], atol=1e-4, rtol=0)


@pytest.mark.parametrize("axis", [1, 2])
def test_a_mirrored_warp_is_mirrored_once_and_folds_nowhere(axis):
    plain, w = warp().double(), lzviz.Warp.from_grid(warp().nodes.flip(axis)).double()
    assert w.mirrored.all() and not plain.mirrored.any()
    assert not w.foldovers().any()
    found, straight = examine(w, (20, 30), (60, 96)), examine(plain, (20, 30), (60, 96))
    text = str(describe.sentence(found.facts))
    assert text.count("mirrored") == 1 and "no folds" in text and "1 mirrored" in repr(w)
    assert found.zoom_range == pytest.approx(straight.zoom_range)
    bent = w.nodes.clone()
    bent[0, 10, 10], bent[0, 10, 12] = w.nodes[0, 10, 12], w.nodes[0, 10, 10]
    assert 0 < int(lzviz.Warp.from_grid(bent).foldovers().sum()) < 12


# -- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda w, i: w.zoom(i, 32), r"expected size as \(height, width\)"),
        (lambda w, i: (w.zoom(i, (8, 8)), w.zoom(i, 32)), r"expected size as \(height, width\)"),
        (lambda w, i: w.unzoom(i, 32), r"expected source_size as \(height, width\)"),
        (lambda w, i: w.zoom(i[:0], (4, 4)), "batch of 0"),
        (lambda w, i: w.unzoom(i[:0], (4, 4)), "batch of 0"),
        (lambda w, i: w.zoom(i[0], (4, 4)), r"did you mean image\[None\]"),
        (lambda w, i: w.zoom(np.zeros((8, 9, 3), np.uint8), (4, 4)), "transpose"),
        (lambda w, i: lzviz.Warp.from_grid(torch.zeros(0, 4, 5, 2)), "batch of 0"),
        (lambda w, i: lzviz.Warp.identity(batch=0), "at least one"),
        (lambda w, i: w.zoom_points(torch.zeros(4, 3), (4, 4), (9, 9)), r"expected \(N, 2\)"),
        (lambda w, i: w.zoom_boxes([torch.zeros(1, 4)] * 3, (4, 4), (9, 9)), "each of the 2 images, got 3"),
        (lambda w, i: examine(w, (4, 4), (9, 9)), r"did you mean warp\[0\]"),
        (lambda w, i: examine(w[0], 32, (9, 9)), "expected zoomed_size"),
        (lambda w, i: examine(w[0], (4, 4), (9, 9), emphasis=np.zeros((3, 3))), "expected emphasis"),
        (lambda w, i: lzviz.Warp.from_flow(torch.rand(1, 4, 5, 3)), "shape"),
        (lambda w, i: lzviz.Warp.from_flow(torch.rand(1, 4, 5, 2), units="px"), "units must be one of pixels"),
        (lambda w, i: lzviz.Warp.from_map(np.zeros((4, 5), "f"), np.zeros((5, 4), "f")), "differ in size"),
    ],
)
def test_wrong_input_ends_in_a_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call(warp(2), torch.rand(1, 3, 20, 30))


def test_any_warp_can_be_examined():
    composed = warp().double() @ warp().double()
    assert "no folds" in str(
        describe.sentence(examine(composed, (20, 30), (60, 96), emphasis=np.ones((1, 1, 3, 4))).facts)
    )
    with pytest.raises(TypeError, match=r"did you mean Warp\.from_grid"):
        examine(torch.zeros(1, 3, 3, 2), (4, 4), (9, 9))


# -- flows and maps --------------------------------------------------------------------------------------------------


def test_a_flow_moves_each_pixel_by_so_many_pixels_in_any_layout_units_and_order():
    field, size = flow(), (24, 32)
    w = lzviz.Warp.from_flow(field)
    expected = to_pixels(lattice(size), size) + field
    torch.testing.assert_close(to_pixels(w.grid(size), size), expected, atol=1e-4, rtol=0)
    scale = torch.tensor([2 / 31, 2 / 23])
    for same in (
        lzviz.Warp.from_flow(field.permute(0, 3, 1, 2)),
        lzviz.Warp.from_flow(field[0].numpy()),
        lzviz.Warp.from_flow(field.flip(-1), order="yx"),
        lzviz.Warp.from_flow(field * scale, units="normalised"),
        lzviz.Warp.from_flow(field.double()),
    ):
        torch.testing.assert_close(same.nodes.float(), w.nodes)


def test_maps_of_opencv_read_the_same_pixels():
    image = np.random.default_rng(0).random((40, 60)).astype(np.float32)
    y, x = np.meshgrid(np.linspace(3, 35, 24), np.linspace(2, 55, 32), indexing="ij")
    x, y = (x + np.sin(y / 4)).astype("f"), (y + np.cos(x / 5)).astype("f")
    expected = cv2.remap(image, x, y, cv2.INTER_LINEAR)
    w = lzviz.Warp.from_map(x, y, source_size=(40, 60))
    ours = w.zoom(image[None, None], (24, 32))
    assert isinstance(ours, np.ndarray)
    np.testing.assert_allclose(ours[0, 0], expected, atol=0.03)  # OpenCV rounds places to 1/32 pixel
    assert torch.equal(lzviz.Warp.from_map(np.stack((x, y), -1), source_size=(40, 60)).nodes, w.nodes)
    with pytest.raises(TypeError, match="convertMaps"):
        lzviz.Warp.from_map(*cv2.convertMaps(x, y, cv2.CV_16SC2))


# -- batches, arrays, lists, labels ----------------------------------------------------------------------------------


def test_warps_of_a_batch_are_had_by_index():
    w = warp(3)
    assert torch.equal(w[1].nodes, w.nodes[1:2]) and torch.equal(w[-1].nodes, w.nodes[2:])
    assert torch.equal(w[:2].nodes, w.nodes[:2]) and torch.equal(w[[2, 0]].nodes, w.nodes[[2, 0]])
    assert len(w) == 3 and [one.batch for one in w] == [1, 1, 1]
    both = w @ warp(1)
    torch.testing.assert_close(both[2].grid((5, 6)), both.grid((5, 6))[2:])
    with pytest.raises(IndexError, match="no warp 3 in a batch of 3"):
        w[3]


def test_arrays_in_arrays_out():
    w, boxes = warp(), np.array([[10.0, 20, 200, 150]], dtype=np.float32)
    for name, values in (("zoom_boxes", boxes), ("unzoom_points", boxes[:, :2])):
        ours = getattr(w, name)(values, ZOOMED, SOURCE)
        assert isinstance(ours, np.ndarray)
        np.testing.assert_array_equal(ours, getattr(w, name)(torch.tensor(values), ZOOMED, SOURCE).numpy())
    assert isinstance(w.unzoom(np.ones((1, 2, 8, 9)), (20, 30)), np.ndarray)
    grid = w.nodes.numpy().copy()
    mine = lzviz.Warp.from_grid(grid)
    grid[:] = 0
    assert torch.equal(mine.nodes, w.nodes)


def test_lists_of_each_images_boxes_keep_their_lengths():
    w = warp(2)
    lists = [torch.tensor([[10.0, 20, 200, 150], [0, 0, 9, 9]]), torch.zeros(0, 4)]
    out = w.zoom_boxes(lists, ZOOMED, SOURCE)
    assert [tuple(o.shape) for o in out] == [(2, 4), (0, 4)]
    torch.testing.assert_close(out[0], w[0].zoom_boxes(lists[0], ZOOMED, SOURCE))
    assert len(w[0].unzoom_points([torch.rand(3, 2), torch.rand(1, 2)], ZOOMED, SOURCE)) == 2


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.int32])
def test_labels_come_back_by_nearest_neighbour_and_are_ignored_outside(dtype):
    w = lzviz.Warp.from_grid(0.5 * lattice((3, 4))[None])
    labels = torch.randint(0, 11, (1, 16, 24)).to(dtype)
    back = w.unzoom(labels, (33, 49))
    assert back.dtype == dtype and back.shape == (1, 33, 49)
    grid, valid = w.inverse_grid((33, 49))
    assert (back[~valid] == 255).all() and (~valid).any()
    px = (to_pixels(grid, (16, 24)) + 0.5).floor().long()
    assert torch.equal(back[valid], labels[0, px[..., 1].clamp(0, 15), px[..., 0].clamp(0, 23)][valid])
    assert (w.unzoom(labels, (33, 49), ignore_index=7)[~valid] == 7).all()
    assert not (w.unzoom(labels, (33, 49), fill=None) == 255).any()
    assert isinstance(w.unzoom(labels.numpy(), (33, 49)), np.ndarray)


# -- numbers that are none -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), float("nan")])
@pytest.mark.parametrize("separable", [True, False])
def test_points_that_are_not_finite_come_back_as_not_finite(value, separable):
    w = warp(separable=separable)
    points = torch.tensor([[value, 20.0], [30.0, value], [5.0, 6.0]])
    for moved in (w.zoom_points(points, (20, 30), (60, 96)), w.unzoom_points(points, (20, 30), (60, 96))):
        assert not moved[:2].isfinite().all(-1).any() and moved[2].isfinite().all()
    assert w.inverse(points[None] / 10)[1].tolist() == [[False, False, True]]
    boxes = torch.tensor([[4.0, 5.0, value, 9.0], [4.0, 5.0, 7.0, 9.0]])
    if value > 0 or value != value:
        for moved in (w.zoom_boxes(boxes, (20, 30), (60, 96)), w.unzoom_boxes(boxes, (20, 30), (60, 96))):
            assert not moved[0].isfinite().all() and moved[1].isfinite().all()


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_warp_whose_nodes_are_not_finite_is_refused_however_it_is_made(value):
    nodes = warp().nodes.clone()
    nodes[0, 3, 4, 1] = value
    for make in (lzviz.Warp.from_grid, GridWarp, lambda n: warp()._mapped(lambda _: n, lambda w: w)):
        with pytest.raises(ValueError, match="1 of the grid's points are not finite"):
            make(nodes)


def test_the_meta_device_is_refused_in_a_sentence():
    nodes = warp().nodes.to("meta")
    for make in (
        lambda: lzviz.Warp.from_grid(nodes),
        lambda: lzviz.Warp.from_flow(nodes),
        lambda: lzviz.Warp.from_map(nodes[..., 0], nodes[..., 1]),
        lambda: warp().to("meta"),
        lambda: lzviz.Warp.from_saliency(torch.ones(1, 1, 9, 9, device="meta")),
    ):
        with pytest.raises(ValueError, match="on the meta device has no values"):
            make()


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8, torch.bool])
def test_label_maps_of_few_columns_are_labels(columns, dtype):
    two = lzviz.Warp.from_grid(warp().nodes.expand(2, -1, -1, -1).clone())
    labels = torch.arange(2 * 7 * columns).reshape(2, 7, columns).to(dtype)
    for w, given in ((two, labels), (warp(), labels[:1]), (two, labels[:1])):
        read = w.unzoom(given, (20, 31), fill=None)
        assert read.shape == (w.batch, 20, 31) and set(read.unique().tolist()) <= set(labels.unique().tolist())
        assert w.zoom(given.numpy(), (9, 9), "nearest").shape == (w.batch, 9, 9)
    with pytest.raises(ValueError, match=r"did you mean image\.permute"):
        warp().zoom(torch.zeros(20, 30, 3, dtype=torch.uint8), (9, 9))


@pytest.mark.parametrize("separable", [True, False])
def test_an_array_that_shares_the_grids_memory_leaves_no_stale_view(separable):
    shared, image = warp(separable=separable).nodes.numpy().copy(), torch.rand(1, 3, 60, 96)
    own = warp(separable=separable)
    for w, array in ((lzviz.Warp.from_grid(torch.from_numpy(shared)), shared), (own, own.nodes.numpy())):
        seen = (w @ lzviz.Warp.identity(), w)
        points = torch.rand(1, 9, 2)
        for each in seen:
            each.zoom(image, (20, 30)), each.unzoom(image, (20, 30)), each.inverse(points)
        array[:, :, 5:20, 1] += 0.01 * np.sin(
            np.arange(15, dtype=np.float32)
        )  # no longer separable, and torch counts nothing
        fresh = lzviz.Warp.from_grid(array)
        assert not w.separable and not fresh.separable
        for each in seen:
            torch.testing.assert_close(each.zoom(image, (20, 30)), fresh.zoom(image, (20, 30)), atol=1e-5, rtol=0)
            torch.testing.assert_close(each.unzoom(image, (20, 30)), fresh.unzoom(image, (20, 30)), atol=1e-3, rtol=0)
            torch.testing.assert_close(each.inverse(points)[0], fresh.inverse(points)[0], atol=1e-5, rtol=0)
