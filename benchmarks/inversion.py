"""What the exact inverse costs: ``python -m benchmarks.inversion`` prints Markdown. One thread, fixed seeds.

Times are medians of interleaved runs; ratios are against a bare 3-channel ``grid_sample`` of the same output size, in turns
with it. Memory is the rise of the process' resident memory above what it held before.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.harness import milliseconds, peak_megabytes, processor, show, single_thread, table, together
from lzviz.attraction import attract
from lzviz.coords import Size, lattice
from lzviz.inversion import invert_lattice, invert_points
from lzviz.warp import GridWarp

SIZES: tuple[Size, ...] = ((600, 960), (1024, 2048))
NODES: Size = (31, 51)


def main() -> None:
    single_thread()
    print(f"Inversion, {NODES[0]}x{NODES[1]} nodes, batch 1, one thread. {processor()}\n")
    for title, section in SECTIONS.items():
        print(f"### {title}\n")
        show(section())


def street_nodes(separable: bool, padding: str = "reflect", fwhm: float = 10.0) -> Tensor:
    """A map as it is used: a horizon band and a few objects, up to 50 times as salient as the rest; about 3x zoom."""
    generator = torch.Generator().manual_seed(0)
    y, x = torch.meshgrid(torch.linspace(0, 1, NODES[0]), torch.linspace(0, 1, NODES[1]), indexing="ij")
    saliency = 1 + 10 * torch.exp(-(((y - 0.45) / 0.08) ** 2))
    for cx, cy in torch.rand(6, 2, generator=generator).tolist():
        saliency = saliency + 50 * torch.exp(-(((x - cx) / 0.04) ** 2) - ((y - cy) / 0.05) ** 2)
    return attract(saliency[None, None], NODES, fwhm=fwhm, separable=separable, padding=padding).float()  # type: ignore[arg-type]


def folding_nodes(spread: float, fwhm: float) -> Tensor:
    """Saliency from a softmax over random logits, so peaked that the discrete map folds."""
    generator = torch.Generator().manual_seed(5)
    logits = spread * torch.randn(1, NODES[0] * NODES[1], generator=generator)
    return attract(logits.softmax(-1).view(1, 1, *NODES), NODES, fwhm=fwhm, separable=False).float()


def round_trip(nodes: Tensor, grid: Tensor, valid: Tensor) -> float:
    """Largest |forward(inverse(p)) - p| in source pixels where valid, in float64."""
    size = grid.shape[1], grid.shape[2]
    back = GridWarp(nodes.double(), False).forward(grid.double().flatten(1, 2)).view_as(grid)
    scale = torch.tensor([(size[1] - 1) / 2, (size[0] - 1) / 2], dtype=torch.float64)
    return float(((back - lattice(size, dtype=torch.float64)) * scale).norm(dim=-1)[valid].max())


def holes(valid: Tensor) -> int:
    """Invalid pixels with valid ones on all four sides: left, right, above and below."""
    surrounded = ~valid
    for axis in (1, 2):
        before = valid.cumsum(axis)
        surrounded &= (before > 0) & (before < before.narrow(axis, -1, 1))
    return int(surrounded.sum())


def lattices() -> Iterator[str]:
    """Both kinds, at both sizes, on a whole-image and on a cropping map."""
    rows = []
    for size in SIZES:
        for kind, separable, padding in (
            ("separable", True, "reflect"),
            ("nonseparable", False, "reflect"),
            ("nonseparable, cropping", False, "replicate"),
        ):
            rows.append(_lattice_row(kind, street_nodes(separable, padding), size, separable))
        for kind, spread, fwhm in (("nonseparable, few folds", 8.0, 4.0), ("nonseparable, many folds", 15.0, 4.0)):
            rows.append(_lattice_row(kind, folding_nodes(spread, fwhm), size, False))
    head = (
        "size",
        "map",
        "folded tiles",
        "grid_sample ms",
        "inverse ms",
        "ratio",
        "outside",
        "holes",
        "round trip px",
        "peak MB",
    )
    return table(head, rows)


def _lattice_row(kind: str, nodes: Tensor, size: Size, separable: bool) -> tuple:
    folds = int(GridWarp(nodes, separable).foldovers().sum())
    grid, valid = invert_lattice(nodes, size, separable)
    image = torch.rand(1, 3, *size)
    bare, inverse = together(
        [lambda: F.grid_sample(image, grid, align_corners=True), lambda: invert_lattice(nodes, size, separable)]
    )
    outside, worst = int((~valid).sum()), round_trip(nodes, grid, valid)
    memory = peak_megabytes(lambda: invert_lattice(nodes, size, separable))
    return f"{size[0]}x{size[1]}", kind, folds, bare, inverse, inverse / bare, outside, holes(valid), worst, memory


def dense() -> Iterator[str]:
    """Fields with a node a pixel, as registration and elastic transforms have them, from hardly to heavily folded."""
    rows = []
    for size, pixels, cells in (
        ((384, 512), 14, (12, 16)),
        ((384, 512), 30, (12, 16)),
        ((384, 512), 20, (24, 32)),
        ((1024, 1024), 2, (16, 16)),
    ):
        noise = torch.randn(1, 2, *cells, generator=torch.Generator().manual_seed(0))
        flow = pixels * F.interpolate(noise, size=size, mode="bicubic", align_corners=True)
        warp, source = GridWarp.from_flow(flow), 2 * torch.rand(1, 2000, 2) - 1
        folds = float(warp.foldovers().double().mean())
        whole = milliseconds(lambda n=warp.nodes, s=size: invert_lattice(n, s), repeats=3, warm_up=0)
        first = milliseconds(lambda n=warp.nodes, s=source: GridWarp(n).inverse(s), repeats=3, warm_up=0)
        again = milliseconds(lambda w=warp, s=source: w.inverse(s), repeats=3, warm_up=1)
        rows.append((f"{size[0]}x{size[1]}", f"{100 * folds:.0f} %", whole, first, again))
    return table(("size", "folded tiles", "whole lattice ms", "2,000 points, first ms", "then ms"), rows)


def gradients() -> Iterator[str]:
    """Forward and backward, to the nodes."""
    rows = []
    for size in SIZES:
        image = torch.rand(1, 3, *size)
        for kind, separable in (("separable", True), ("nonseparable", False)):
            nodes = street_nodes(separable).requires_grad_()
            upstream = torch.rand(1, *size, 2)
            grid = invert_lattice(nodes.detach(), size, separable)[0]

            def step(
                nodes: Tensor = nodes, size: Size = size, separable: bool = separable, e: Tensor = upstream
            ) -> None:
                nodes.grad = None
                invert_lattice(nodes, size, separable)[0].backward(e)

            bare, time = together([lambda i=image, g=grid: F.grid_sample(i, g, align_corners=True), step], repeats=7)
            rows.append((f"{size[0]}x{size[1]}", kind, bare, time, time / bare, peak_megabytes(step)))
    return table(("size", "map", "grid_sample ms", "inverse + gradient ms", "ratio", "peak MB"), rows)


def points() -> Iterator[str]:
    """Any points, not a lattice."""
    rows = []
    for count in (100, 10_000, 1_000_000):
        source = 2 * torch.rand(1, count, 2) - 1
        for kind, separable in (("separable", True), ("nonseparable", False)):
            nodes = street_nodes(separable)
            time = milliseconds(lambda n=nodes, s=source, k=separable: invert_points(n, s, k), repeats=5)
            rows.append((count, kind, time, 1e6 * time / count))
    return table(("points", "map", "ms", "ns a point"), rows)


def transcription() -> Iterator[str]:
    """The inverse as one would write it first: every tile solves every pixel, the one whose solution fits answers."""
    small: Size = (64, 128)
    nodes = street_nodes(False)
    (slow,) = together([lambda: all_tiles_all_pixels(nodes, small)], repeats=3, warm_up=1)
    difference = float((all_tiles_all_pixels(nodes, small) - invert_lattice(nodes, small)[0]).abs().max())
    rows = [(f"{small[0]}x{small[1]}", "measured", slow, milliseconds(lambda: invert_lattice(nodes, small)))]
    for size in SIZES:
        scale = size[0] * size[1] / (small[0] * small[1])
        ours = milliseconds(lambda s=size: invert_lattice(nodes, s))
        rows.append((f"{size[0]}x{size[1]}", "extrapolated by pixels", slow * scale, ours))
    note = f"Largest difference between the two, {small[0]}x{small[1]}: {difference:.1e} (normalised)."
    yield from table(("size", "all tiles x all pixels", "ms", "ours ms"), rows)
    yield from ("", note)


def all_tiles_all_pixels(nodes: Tensor, size: Size) -> Tensor:
    """(B, H, W, 2): a plain transcription of the closed form, float32, all tiles x all pixels in memory."""
    source = lattice(size).reshape(1, -1, 2)  # (1, P, 2)
    batch, h, w, _ = nodes.shape
    p00, p01, p10, p11 = (
        corner.reshape(batch, -1, 1, 2)
        for corner in (nodes[:, :-1, :-1], nodes[:, :-1, 1:], nodes[:, 1:, :-1], nodes[:, 1:, 1:])
    )
    right, down, twist, offset = p01 - p00, p10 - p00, p00 - p01 - p10 + p11, p00 - source[:, None]

    def cross(a: Tensor, b: Tensor) -> Tensor:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]

    a, b, c = cross(right, twist), cross(right, down) + cross(offset, twist), cross(offset, down)  # (B, T, P)
    u = -2 * c / (b + (b * b - 4 * a * c).clamp(min=0).sqrt())
    along, rest = down + u[..., None] * twist, offset + u[..., None] * right
    v = -(rest * along).sum(-1) / (along * along).sum(-1)
    miss = (torch.stack((u, v)) - 0.5).abs().amax(0).nan_to_num(torch.inf)  # at most 0.5 inside a tile
    tile = miss.argmin(1, keepdim=True)
    u, v = u.gather(1, tile)[:, 0], v.gather(1, tile)[:, 0]
    column, row = tile[:, 0] % (w - 1), tile[:, 0] // (w - 1)
    return torch.stack(((column + u) * 2 / (w - 1) - 1, (row + v) * 2 / (h - 1) - 1), dim=-1).view(batch, *size, 2)


def zooms() -> Iterator[str]:
    """Zoom of a 3x1024x2048 image to 256x512: what the warp adds to a bare ``grid_sample``."""
    image, size = torch.rand(1, 3, 1024, 2048), (256, 512)
    rows = []
    for kind, separable in (("separable", True), ("nonseparable", False)):
        nodes = street_nodes(separable)
        warp = GridWarp(nodes, separable)
        grid = warp.grid(size).contiguous()
        saliency = torch.rand(1, 1, *NODES, generator=torch.Generator().manual_seed(2)) + 0.1

        def cold(saliency: Tensor = saliency, separable: bool = separable) -> Tensor:
            return GridWarp.from_saliency(saliency, NODES, separable=separable).zoom(image, size)

        works = [
            lambda g=grid: F.grid_sample(image, g, align_corners=True),
            lambda w=warp: w.zoom(image, size),
            cold,
            lambda w=warp: w.zoom(image, size, interpolation="antialias"),
        ]
        bare, cached, made, smooth = together(works, repeats=31, warm_up=5)
        for what, time in (("warp at hand", cached), ("from saliency", made), ("warp at hand, antialias", smooth)):
            rows.append((kind, what, bare, time, f"{100 * (time / bare - 1):+.0f} %"))
    return table(("map", "zoom", "grid_sample ms", "zoom ms", "over grid_sample"), rows)


SECTIONS = {
    "Whole lattice": lattices,
    "Dense fields": dense,
    "Gradients to the nodes": gradients,
    "Points": points,
    "For scale: all tiles x all pixels": transcription,
    "Zoom, 3x1024x2048 to 256x512": zooms,
}

if __name__ == "__main__":
    main()
