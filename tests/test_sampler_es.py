"""ES: the minimiser against a dense solve, the boundaries it is drawn to, and the network that imitates it."""

import pytest
import torch

from lzviz import samplers
from lzviz.coords import lattice
from lzviz.measure import evaluation
from lzviz.nearest import nearest_marked
from lzviz.samplers.es import ES, boundary_pixels, minimise, nearest_boundary, published_smoothness


def energy(phi, b, smoothness):
    pairs = (phi[1:] - phi[:-1]).square().sum() + (phi[:, 1:] - phi[:, :-1]).square().sum()
    return (phi - b).square().sum() + smoothness * pairs


def dense(b, smoothness):
    """The normal equations of the energy in the free coordinates, term by term: (h, w, 2)."""
    h, w = b.shape[:2]
    fixed = torch.zeros(h, w, 2, dtype=torch.bool)
    fixed[:, (0, -1), 0] = True
    fixed[(0, -1), :, 1] = True
    start = torch.where(fixed, lattice((h, w), dtype=torch.float64), torch.zeros(1, dtype=torch.float64))
    free = (~fixed).flatten().nonzero()[:, 0]

    if not len(free):
        return start

    def gradient(values):
        with torch.enable_grad():
            phi = start.flatten().index_put((free,), values).reshape(h, w, 2).requires_grad_()
            return torch.autograd.grad(energy(phi, b, smoothness), phi)[0].flatten()[free]

    zero = torch.zeros(len(free), dtype=torch.float64)
    constant = gradient(zero)
    matrix = torch.stack([gradient(unit) - constant for unit in torch.eye(len(free), dtype=torch.float64)], 1)
    solution = torch.linalg.solve(matrix, -constant)
    return start.flatten().index_put((free,), solution).reshape(h, w, 2)


@pytest.mark.parametrize("size", [(2, 2), (2, 5), (3, 3), (4, 6), (7, 5)])
@pytest.mark.parametrize("smoothness", [0.0, 0.3, 1.0, 30.0])
def test_the_minimiser_is_that_of_a_dense_solve(size, smoothness):
    b = torch.rand(2, *size, 2, dtype=torch.float64) * 2 - 1
    expected = torch.stack([dense(one, smoothness) for one in b])
    torch.testing.assert_close(minimise(b, smoothness), expected, atol=1e-10, rtol=0)
    torch.testing.assert_close(minimise(b.float(), smoothness), expected.float(), atol=1e-5, rtol=0)


def test_corners_are_fixed_and_border_nodes_slide_on_their_border():
    phi = minimise(torch.rand(1, 9, 12, 2) * 2 - 1, 1.0)[0]
    assert (phi[:, 0, 0] == -1).all() and (phi[:, -1, 0] == 1).all()
    assert (phi[0, :, 1] == -1).all() and (phi[-1, :, 1] == 1).all()
    uniform = lattice((9, 12))
    assert (phi[1:-1, 0, 1] - uniform[1:-1, 0, 1]).abs().min() > 1e-4, "they do slide"
    assert (phi[0, 1:-1, 0] - uniform[0, 1:-1, 0]).abs().min() > 1e-4


def test_lambda_leads_from_the_boundaries_to_the_uniform_grid():
    b = torch.rand(1, 8, 8, 2, dtype=torch.float64) * 2 - 1
    uniform = lattice((8, 8), dtype=torch.float64)
    away = [float((minimise(b, s) - uniform).norm()) for s in (0, 0.1, 1, 10, 1e6)]
    assert away == sorted(away, reverse=True) and away[-1] < 1e-4
    torch.testing.assert_close(minimise(b, 0)[:, 1:-1, 1:-1], b[:, 1:-1, 1:-1])
    torch.testing.assert_close(minimise(uniform[None], 3.0)[0], uniform)


def test_gradients_of_the_minimiser():
    b = (torch.rand(1, 3, 4, 2, dtype=torch.float64) * 2 - 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda t: minimise(t, 0.7), (b,))


def test_boundaries_have_two_sides_and_ignored_pixels_make_none():
    labels = torch.tensor([[[0, 0, 1, 1, 255, 2], [0, 0, 1, 1, 255, 2], [3, 3, 3, 3, 255, 2]]])
    expected = torch.tensor([[[0, 1, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0]]]).bool()
    assert torch.equal(boundary_pixels(labels), expected)
    assert not boundary_pixels(torch.full((1, 4, 4), 7)).any()


def test_each_node_is_drawn_to_its_nearest_boundary_pixel():
    rng = torch.Generator().manual_seed(0)
    boundary = torch.rand(2, 31, 47, generator=rng) < 0.02
    b = nearest_boundary(boundary, (4, 5))
    uniform = lattice((4, 5), dtype=torch.float64)
    scale = torch.tensor([46 / 2, 30 / 2], dtype=torch.float64)
    for k in range(2):
        pixels = (uniform + 1) * scale
        seeds = boundary[k].nonzero().flip(-1).double()
        shortest = torch.cdist((pixels + 0.5).floor().reshape(-1, 2), seeds).amin(1)
        chosen = (((b[k] + 1) * scale).reshape(-1, 2) - (pixels + 0.5).floor().reshape(-1, 2)).norm(dim=-1)
        torch.testing.assert_close(chosen, shortest, atol=1e-9, rtol=0)


def test_without_a_boundary_sampling_is_uniform_next_to_an_image_that_has_one():
    mask = torch.zeros(2, 1, 20, 30)
    mask[1, 0, 4] = 1
    out = samplers.create("es")(torch.rand(2, 3, 20, 30), (8, 8), mask)
    nodes = out.layout.warp.nodes  # type: ignore[attr-defined]
    torch.testing.assert_close(nodes[0], lattice((8, 8)))
    assert (nodes[1] - nodes[0]).abs().max() > 0.1


def test_samples_crowd_at_the_boundary_and_lose_less_than_uniform_ones():
    labels = torch.zeros(1, 64, 96, dtype=torch.int64)
    labels[:, 10:30, 20:34] = 1
    labels[:, 40:50, 60:90] = 2
    image = torch.rand(1, 3, 64, 96)
    edge = boundary_pixels(labels)[:, None].float()
    size = (12, 18)
    sampler = samplers.create("es", nodes=size)
    lost = evaluation.intrinsic_upsampling_error(sampler(image, size, edge).layout, labels, 3)
    uniform = samplers.create("uniform")(image, size).layout
    assert lost < 0.8 * evaluation.intrinsic_upsampling_error(uniform, labels, 3)
    near = torch.nn.functional.max_pool2d(edge, 5, 1, 2)[:, 0]
    assert sampler(image, size, edge).layout.share(near) > 1.5 * uniform.share(near)


def test_published_weighs_neighbours_less_and_looks_at_compressed_columns():
    assert published_smoothness(1.0) == pytest.approx((1 - 0.5**0.5) / 0.5)
    assert published_smoothness(0.0) == 0
    boundary = torch.zeros(1, 10, 30, dtype=torch.bool)
    boundary[:, 5, 4] = True
    fixed, published = ES(), ES(mode="published")
    same = minimise(nearest_boundary(boundary, (8, 8)), published_smoothness(1.0))
    torch.testing.assert_close(published.locate(boundary), same)
    boundary[:, 2, 25] = True
    torch.testing.assert_close(published.locate(boundary), same)
    assert (fixed.locate(boundary) - same).abs().max() > 0.1


@pytest.mark.parametrize("size", [(10, 30), (24, 24), (31, 17)])
def test_published_targets_by_the_twin(size):
    """Each node's pixel is cut down to integers, columns counted with the height; the nearest boundary pixel of the whole map."""
    h, w = size
    boundary = torch.rand(1, h, w, generator=torch.Generator().manual_seed(h)) < 0.05
    rows, columns = (torch.nonzero(boundary[0])[:, k].tolist() for k in (0, 1))
    actual = (nearest_boundary(boundary, (5, 7), "published")[0] + 1) / 2
    for i in range(5):
        for j in range(7):
            row, column = int(i / 4 * (h - 1)), min(int(j / 6 * (h - 1)), w - 1)
            least = min((r - row) ** 2 + (c - column) ** 2 for r, c in zip(rows, columns, strict=True))
            x, y = float(actual[i, j, 0]) * (w - 1), float(actual[i, j, 1]) * (h - 1)
            assert (y - row) ** 2 + (x - column) ** 2 == pytest.approx(least, abs=1e-6), (i, j)


def test_the_network_starts_uniform_and_keeps_corners_and_borders():
    net = ES()
    image = torch.rand(2, 3, 40, 60)
    torch.testing.assert_close(net.predict(image), lattice((8, 8)).expand(2, 8, 8, 2))
    torch.testing.assert_close(net(image, (9, 11)).image, samplers.create("uniform")(image, (9, 11)).image)
    torch.nn.init.normal_(net.network.offset.weight, std=5)
    nodes = net.predict(image)
    assert (nodes[:, :, 0, 0] == -1).all() and (nodes[:, -1, :, 1] == 1).all() and nodes.abs().max() <= 1
    assert (nodes[:, 1:-1, 1:-1] - lattice((8, 8))[1:-1, 1:-1]).abs().mean() > 0.05
    alone = net(image[1:], (9, 11)).image
    torch.testing.assert_close(net(image, (9, 11)).image[1:], alone, atol=2e-4, rtol=0)


def test_the_network_learns_the_minimiser_of_the_labels():
    image = torch.zeros(4, 3, 32, 32)
    labels = torch.zeros(4, 32, 32, dtype=torch.int64)
    for k, column in enumerate((6, 12, 20, 26)):
        image[k, :, :, column:] = 1
        labels[k, :, column:] = 1
    net = ES(nodes=(4, 4), width=4).train()
    optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = net.grid_loss(net.predict(image), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_gradients_reach_the_network_through_the_zoom():
    net = ES(nodes=(3, 3), width=2).double()
    torch.nn.init.normal_(net.network.offset.weight, std=0.01)
    image = torch.rand(1, 3, 7, 9, dtype=torch.float64)
    bias = dict(net.named_parameters())["network.offset.bias"]
    assert torch.autograd.gradcheck(lambda b: net(image, (4, 4)).image, (bias,))
    assert bool(torch.autograd.grad(net(image, (4, 4)).image.square().sum(), bias)[0].abs().max() > 1e-3)


def test_the_index_map_is_that_of_an_exhaustive_search():
    rng = torch.Generator().manual_seed(1)
    marked = torch.rand(3, 41, 60, generator=rng) < torch.tensor([0.003, 0.03, 0.3])[:, None, None]
    marked[:, 7, 9] = True
    for one, index in zip(marked, nearest_marked(marked), strict=True):
        assert_nearest(one, index)


def assert_nearest(marked: torch.Tensor, index: torch.Tensor) -> None:
    """Every answer is a marked pixel, and none is nearer."""
    assert marked.flatten()[index.flatten()].all()
    y, x = torch.meshgrid(*map(torch.arange, marked.shape), indexing="ij")
    square = (index // marked.shape[1] - y) ** 2 + (index % marked.shape[1] - x) ** 2
    seeds = marked.nonzero()
    for part in seeds.split(64):
        assert ((part[:, 0, None, None] - y) ** 2 + (part[:, 1, None, None] - x) ** 2 >= square).all()


@pytest.mark.parametrize("few", [0, 10**9])
def test_the_nearest_is_exact_far_away_too(few, monkeypatch):
    """A chamfer transform is off by 2 % of the distance: far from a crowd of samples by many pixels, at a tenth of the places."""
    monkeypatch.setattr("lzviz.nearest.FEW", few)
    rng = torch.Generator().manual_seed(2)
    crowd, pair = torch.zeros(2, 300, 450, dtype=torch.bool)
    crowd[100:120, 200:230] = torch.rand(20, 30, generator=rng) < 0.1
    pair[(7, 280), (11, 400)] = True
    for one in (crowd, pair, pair.T, crowd[110:111], crowd[:, 210:211] | (torch.arange(300) == 299)[:, None]):
        assert_nearest(one, nearest_marked(one[None])[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ES(mode="old"), "mode must be 'fixed' or 'published'"),  # type: ignore[arg-type]
        (lambda: ES(nodes=(1, 8)), "at least 2 x 2 nodes"),
        (lambda: ES(smoothness=-1), r"smoothness \(lambda\) must be a finite number >= 0, got -1"),
        (lambda: minimise(torch.zeros(1, 4, 4)), r"expected targets \(B, h >= 2, w >= 2, 2\)"),
        (lambda: minimise(torch.zeros(1, 4, 4, 2), float("inf")), "finite number >= 0, got inf"),
        (lambda: boundary_pixels(torch.rand(1, 4, 4)), "expected integer labels"),
        (lambda: ES()(torch.rand(1, 1, 8, 8), (4, 4)), r"expected images \(B, 3, H, W\)"),
        (lambda: ES()(torch.rand(3, 8, 8), (4, 4)), r"float image \(B, C, H, W\)"),
        (lambda: ES()(torch.rand(1, 3, 8, 8), (4, 4), torch.rand(1, 8, 8)), r"mask of shape \(B, 1, h, w\)"),
        (lambda: ES().warp(None, (4, 4), (8, 8)), "call the sampler on it"),
        (lambda: nearest_marked(torch.zeros(1, 4, 4, dtype=torch.bool)), "no marked pixel"),
        (lambda: nearest_marked(torch.zeros(1, 4, 4)), r"\(B, H, W\) bool, got torch.float32"),
    ],
)
def test_wrong_input_says_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()
