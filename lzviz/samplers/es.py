"""ES: efficient segmentation (Marin et al. 2019, "Efficient Segmentation: Learning Downsampling Near Semantic Boundaries", ICCV).

Samples go to boundaries, and stay an orderly grid: with b the boundary pixel nearest to each node's uniform place, the nodes are

    argmin_phi  sum_i |phi_i - b_i|^2 + lambda sum_(i,j 4-neighbours) |phi_i - phi_j|^2        (eq. 3; each pair counts once)

where corners are fixed and border nodes slide on their border. Each coordinate is a linear system of its own, (I + lambda L) phi =
b, whose Laplacian L is a sum of two 1-D ones; in their eigenvectors it is diagonal, so the exact minimiser is four small matrix
products, for a whole batch, with gradients.

A small network predicts the nodes from the image alone and is trained on the minimiser for the true labels
(:meth:`~lzviz.samplers.base.PlaceLearner.grid_loss`); a given mask or label boundary drives the minimiser itself, the oracle.
Predictions go back by the exact inverse of the piecewise-bilinear map (``layout.scatter``; the public code triangulates its
samples).

``mode="published"`` keeps two slips of the public code. It weighs the two terms alpha and 1 - sqrt(alpha) where 1 - alpha must have
been meant: asked for lambda = (1 - alpha) / alpha, it gets (1 - sqrt(alpha)) / alpha (.59 for 1). And of labels wider than high it
sees the left square only.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lzviz.coords import Size, check_size, lattice, to_normalised, to_pixels
from lzviz.models.initialise import he_, reproducible
from lzviz.nearest import nearest_marked
from lzviz.resampling import Interpolation
from lzviz.samplers import System, add, options
from lzviz.samplers.base import DENSITY, Downsampled, Mode, PlaceLearner, WarpSampler
from lzviz.text import t
from lzviz.tracing import table
from lzviz.warp import GridWarp, Warp

VIEW = 8
"""The network looks at this many pixels a node along each axis, and halves them three times."""


# -- the minimiser -------------------------------------------------------------------------------------------------------


def boundary_pixels(labels: Tensor, ignore_index: int = 255) -> Tensor:
    """Pixels that differ from one of their 4 neighbours, both sides: labels (B, H, W) integers to (B, H, W) bool.

    A pair with a pixel of ``ignore_index`` makes no boundary.
    """
    if labels.is_floating_point() or labels.ndim != 3:
        raise ValueError(f"expected integer labels (B, H, W), got {labels.dtype} {tuple(labels.shape)}")
    edge = torch.zeros_like(labels, dtype=torch.bool)
    known = labels != ignore_index
    for dim in (1, 2):
        n = labels.shape[dim] - 1
        first, second = (slice(0, n), slice(1, n + 1))
        here, there = (labels.narrow(dim, s.start, n) for s in (first, second))
        differs = (here != there) & known.narrow(dim, 0, n) & known.narrow(dim, 1, n)
        edge.narrow(dim, 0, n).logical_or_(differs)
        edge.narrow(dim, 1, n).logical_or_(differs)
    return edge


def nearest_boundary(boundary: Tensor, nodes: Size, mode: Mode = "fixed") -> Tensor:
    """b: where the boundary pixel nearest to each uniform node lies.

    Args:
        boundary: (B, H, W) bool, on a lattice whose corners are those of the image.
        nodes: (h, w).
        mode: "published" looks each node up at a pixel that is cut down to integers, and counts columns with the *height*: on
            a wide picture the nodes look at its left square only, at compressed columns.

    Returns:
        (B, h, w, 2) float64 normalised, x before y; the node's own place in a map without any boundary.
    """
    size: Size = (int(boundary.shape[-2]), int(boundary.shape[-1]))
    uniform = lattice(nodes, dtype=torch.float64, device=boundary.device)
    some = boundary.flatten(1).any(1)
    nearest = nearest_marked(boundary | ~some[:, None, None])
    if mode == "published":
        row, column = ((torch.arange(n, dtype=torch.float64) / (n - 1) * (size[0] - 1)).long() for n in nodes)
        row, column = row[:, None], column.clamp(max=size[1] - 1)
    else:
        column, row = (to_pixels(uniform, size) + 0.5).floor().long().unbind(-1)
    index = nearest[:, row, column]
    pixels = torch.stack((index % size[1], index // size[1]), -1).double()
    return torch.where(some[:, None, None, None], to_normalised(pixels, size), uniform)


def minimise(targets: Tensor, smoothness: float = 1.0) -> Tensor:
    """The exact minimiser of the energy (see the head of the file).

    Args:
        targets: b (B, h, w, 2), normalised, h and w >= 2. The minimiser is the same in any units.
        smoothness: lambda >= 0; 0 gives the targets themselves (border nodes on their border), infinity the uniform grid.

    Returns:
        (B, h, w, 2) in the dtype of ``targets``; differentiable in them.
    """
    if targets.ndim != 4 or targets.shape[-1] != 2 or min(targets.shape[1:3]) < 2:
        raise ValueError(f"expected targets (B, h >= 2, w >= 2, 2), got {tuple(targets.shape)}")
    if not (math.isfinite(smoothness) and smoothness >= 0):
        raise ValueError(f"smoothness (lambda) must be a finite number >= 0, got {smoothness!r}")
    values = targets.double()
    x = _minimise_across(values[..., 0], smoothness)
    y = _minimise_across(values[..., 1].mT, smoothness).mT
    return torch.stack((x, y), -1).to(targets.dtype)


def _minimise_across(values: Tensor, smoothness: float) -> Tensor:
    """One coordinate (B, h, w) that runs across the columns: -1 in the first one, +1 in the last, free elsewhere."""
    h, w = values.shape[-2:]
    first, last = values.new_full((len(values), h, 1), -1), values.new_ones(len(values), h, 1)
    if w == 2:
        return torch.cat((first, last), -1)
    pull = values.new_zeros(w - 2)  # of the two fixed columns on their neighbours
    pull[0] -= smoothness
    pull[-1] += smoothness
    (ey, vy), (ex, vx) = (
        (t.to(values.device) for t in _modes(n, fixed_ends)) for n, fixed_ends in ((h, False), (w - 2, True))
    )
    amplitude = (vy.mT @ (values[..., 1:-1] + pull) @ vx) / (1 + smoothness * (ey[:, None] + ex))
    return torch.cat((first, vy @ amplitude @ vx.mT, last), -1)


@table
def _modes(n: int, fixed_ends: bool) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of the Laplacian of n nodes in a row; ``fixed_ends``: each end has a fixed neighbour."""
    step = torch.diag_embed(torch.ones(n - 1, dtype=torch.float64), 1)
    neighbours = step + step.mT
    degree = torch.full((n,), 2.0, dtype=torch.float64) if fixed_ends else neighbours.sum(1)
    values, vectors = torch.linalg.eigh(torch.diag(degree) - neighbours)
    return values, vectors


def published_smoothness(smoothness: float) -> float:
    """What the public code weighs neighbours with when asked for ``smoothness``."""
    alpha = 1 / (1 + smoothness)
    return (1 - math.sqrt(alpha)) / alpha


# -- the network ---------------------------------------------------------------------------------------------------------


class GridNetwork(nn.Module):
    """A view (B, channels, 8 h, 8 w) to nodes (B, h, w, 2): three strided convolutions and one more, then offsets from uniform.

    The last layer starts at zero, so that an untrained network samples uniformly.
    """

    def __init__(self, nodes: Size, width: int, channels: int):
        super().__init__()
        widths = (channels, width, 2 * width, 2 * width, 2 * width)
        self.layers = nn.Sequential()
        for k in range(4):
            self.layers.append(nn.Conv2d(widths[k], widths[k + 1], 3, stride=2 if k < 3 else 1, padding=1, bias=False))
            self.layers.append(nn.BatchNorm2d(widths[k + 1]))
            self.layers.append(nn.ReLU())
        self.offset = nn.Conv2d(2 * width, 2, 1)
        he_(self)
        nn.init.zeros_(self.offset.weight)
        slides = torch.ones(*nodes, 2)
        slides[:, (0, -1), 0] = 0
        slides[(0, -1), :, 1] = 0
        self.register_buffer("slides", slides, persistent=False)
        self.nodes = nodes

    def forward(self, view: Tensor) -> Tensor:
        offset = self.offset(self.layers(view)).permute(0, 2, 3, 1)
        uniform = lattice(self.nodes, dtype=offset.dtype, device=offset.device)
        return (uniform + offset * self.slides).clamp(-1, 1)


# -- the sampler ---------------------------------------------------------------------------------------------------------


class ES(nn.Module, PlaceLearner):
    """The sampler; made in evaluation mode.

    A ``saliency`` map for a call is a mask of boundaries on a lattice over the image: where it exceeds the middle of its range is
    one; a constant map has none and means uniform. Without it the network says where the nodes go.

    Args:
        nodes: (h, w) of the grid, of the minimiser and of the network.
        smoothness: lambda.
        mode: see the head of the file.
        interpolation: how the source is read.
        width: channels of the network's first layer.
        channels: of the image.
        seed: of the initial weights.
    """

    told = frozenset({"where", "smoothness"})

    def __init__(
        self,
        nodes: Size = (8, 8),
        smoothness: float = 1.0,
        mode: Mode = "fixed",
        interpolation: Interpolation = "bilinear",
        width: int = 16,
        channels: int = 3,
        seed: int = 0,
    ):
        if mode not in ("fixed", "published"):
            raise ValueError(f"mode must be 'fixed' or 'published', got {mode!r}")
        if min(check_size(nodes, "nodes")) < 2:
            raise ValueError(f"a grid needs at least 2 x 2 nodes, got {nodes!r}")
        if not (math.isfinite(smoothness) and smoothness >= 0):
            raise ValueError(f"smoothness (lambda) must be a finite number >= 0, got {smoothness!r}")
        super().__init__()
        self.nodes, self.smoothness = check_size(nodes, "nodes"), smoothness
        self.mode: Mode = mode
        self.interpolation: Interpolation = interpolation
        self.width, self.channels = width, channels
        with reproducible(seed):
            self.network = GridNetwork(self.nodes, width, channels)
        self.eval()

    def look(self, image: Tensor) -> None:
        return None

    def oracle(self, labels: Tensor, density: float = DENSITY, ignore_index: int = 255) -> Tensor:
        """A mask of the boundary pixels, at the size of the labels; nothing is weighed."""
        return boundary_pixels(labels, ignore_index)[:, None].float()

    def oracle_map(self, values: Tensor, density: float = DENSITY) -> Tensor:
        """The map itself: :meth:`warp` finds its boundaries."""
        return values.float()

    def warp(self, saliency: Tensor | None, size: Size, source_size: Size) -> GridWarp:
        """The minimiser for a mask of boundaries (B, 1, H, W); any size, as its lattice is that of the nodes."""
        if saliency is None:
            raise ValueError("without a mask of boundaries the network needs the image: call the sampler on it")
        if saliency.ndim != 4 or saliency.shape[1] != 1:
            raise ValueError(f"expected a mask of shape (B, 1, h, w), got {tuple(saliency.shape)}")
        low, high = saliency.detach().amin((2, 3), True), saliency.detach().amax((2, 3), True)
        boundary = (saliency > (low + high) / 2)[:, 0]
        return GridWarp(self.locate(boundary).to(torch.promote_types(saliency.dtype, torch.float32)))

    def locate(self, boundary: Tensor) -> Tensor:
        """Nodes (B, h, w, 2) float64 of the minimiser for boundary pixels (B, H, W) bool."""
        smoothness = published_smoothness(self.smoothness) if self.mode == "published" else self.smoothness
        return minimise(nearest_boundary(boundary, self.nodes, self.mode), smoothness)

    def predict(self, image: Tensor) -> Tensor:
        """Nodes (B, h, w, 2) that the network predicts for images (B, channels, H, W)."""
        if image.shape[1] != self.channels:
            raise ValueError(f"expected images (B, {self.channels}, H, W), got {tuple(image.shape)}")
        view_size = (VIEW * self.nodes[0], VIEW * self.nodes[1])
        weights = self.network.offset.weight
        view = Warp.identity((2, 2)).zoom(image, view_size, "antialias")
        return self.network(view.to(weights)).to(torch.promote_types(image.dtype, torch.float32))

    def wanted(self, labels: Tensor, ignore_index: int = 255) -> Tensor:
        """The minimiser for the labels, float64."""
        return self.locate(boundary_pixels(labels, ignore_index))

    def forward(self, image: Tensor, size: Size, saliency: Tensor | None = None) -> Downsampled:
        if saliency is not None:
            return WarpSampler.__call__(self, image, size, saliency)
        if image.ndim != 4 or not image.is_floating_point():
            raise ValueError(f"expected a float image (B, C, H, W) in [0, 1], got {image.dtype} {tuple(image.shape)}")
        warp = GridWarp(self.predict(image))
        layout = warp.at(size, (int(image.shape[-2]), int(image.shape[-1])))
        return Downsampled(warp.zoom(image, size, self.interpolation), layout)


add(
    System(
        name="es",
        title="ES",
        summary=t("sampler.es.summary"),
        paper="Marin et al. 2019",
        make=ES,
        options=(
            options.MODE,
            options.Option("smoothness", "number", 1.0, 0.01, 100, "log"),
            options.NODES.at((8, 8)),
            options.INTERPOLATION,
        ),
        prescribes={"smoothness": 1.0, "nodes": (8, 8)},
        saliency=True,
        unfit=frozenset({"centre", "fixed"}),
        # Of the minimiser for a mask. Not "flip": of two boundaries equally near, one must be taken. Not "no_fold": nothing
        # in the energy forbids it. Not "gradient": which pixel is nearest does not change smoothly.
        claims=frozenset({"identity", "inverse", "composition", "constants", "count", "batch", "dtype"}),
        colour=("#6d4fc4", "#b7a4f7"),
    )
)
