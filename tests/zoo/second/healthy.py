"""A second set of healthy warps, made apart from the first: nothing here may alarm the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from tests.zoo import maps
from tests.zoo.measure import Healthy

Size = tuple[int, int]


def healthy() -> Iterator[Healthy]:
    families = (turns, tilts, splines, lenses, waves, zooms, crops, flows, offsets, locations, remaps, batches, declared,
                clips, maps_of_saliency, truths, systems)  # fmt: skip
    for family in families:
        yield from family()


def _typed(grid: np.ndarray, k: int) -> Any:
    """The same numbers in numpy or torch, double, single or half (small pictures only)."""
    forms = (lambda g: g, lambda g: g.astype(np.float32), torch.from_numpy, lambda g: torch.from_numpy(g).float())
    return forms[k % len(forms)](np.ascontiguousarray(grid))


def turns() -> Iterator[Healthy]:
    for k, degrees in enumerate((-150, -90, -61, -30, -7, -1, 3, 15, 28, 44, 75, 90, 120, 180)):
        source = (63 + 7 * k, 80 + 5 * k)
        size = (source[0] // 2, source[1] // 2)
        # shrunk until the turned rectangle fits: a turn without padding
        fits = maps.rotated(size, source, degrees)
        yield Healthy(f"turn {degrees}", source, _typed(fits / np.abs(fits).max(), k))
    for k, degrees in enumerate((-20, 5, 10)):
        yield Healthy(
            f"turn {degrees}, corners outside", (90, 121), _typed(maps.rotated((45, 61), (90, 121), degrees), k)
        )


def tilts() -> Iterator[Healthy]:
    for k, tilt in enumerate(
        ((0.1, 0), (0, 0.15), (-0.1, 0.1), (0.2, -0.05), (-0.15, -0.1), (0.05, 0.3), (0.25, 0), (0, -0.3))
    ):
        grid = maps.homography((31 + k, 52 - k), tilt, 1.0)
        yield Healthy(f"homography {tilt}", (99, 161), _typed(grid / np.abs(grid).max(), k + 1))


def splines() -> Iterator[Healthy]:
    random = np.random.default_rng(40)
    for k in range(10):
        at = random.uniform(-0.6, 0.6, (2, 2))
        at[1] = np.where(np.abs(at[1] - at[0]).max() < 0.5, -at[0], at[1])
        moved = {tuple(p): tuple(p + random.uniform(-0.12, 0.12, 2)) for p in at}
        yield Healthy(f"spline {k}", (120 + 13 * k, 90), _typed(maps.spline((24 + 3 * k, 31), moved), k))


def lenses() -> Iterator[Healthy]:
    for k, (k1, k2) in enumerate(
        ((0.1, 0), (0.3, 0), (0.6, 0), (-0.1, 0), (-0.2, 0), (0.2, 0.1), (-0.2, 0.08), (1.0, 0.2), (0.05, -0.03))
    ):
        yield Healthy(f"lens {k1} {k2}", (133, 211), _typed(maps.lens((45, 71), k1, k2), k + 2))


def waves() -> Iterator[Healthy]:
    for k in range(12):
        size = (17 + 6 * k, 83 - 5 * k)
        source = (size[0] * (1 + k % 3) + k, size[1] * (1 + k % 3) + 1)
        yield Healthy(f"waves {k}", source, _typed(maps.waves(size, 0.02 + 0.015 * (k % 6), 70 + k, True), k))
    for k in range(4):
        yield Healthy(f"loose waves {k}", (70, 110), _typed(maps.waves((35, 55), 0.03, 90 + k) * 0.95, k))


def zooms() -> Iterator[Healthy]:
    for k, strength in enumerate((2, 3, 5, 8, 12, 20, 30, 50)):
        at = (0.6 - 0.15 * k, -0.5 + 0.12 * k)
        yield Healthy(f"zoom {strength}", (128, 192), _typed(maps.zoomed((64, 96), at, strength, 0.35), k))
    for k, strength in enumerate((4, 10)):
        grid = maps.zoomed((65, 49), (0.9, 0.9), strength)
        yield Healthy(f"zoom at the corner {strength}", (131, 97), _typed(grid, k))
        yield Healthy(
            f"inverse of a zoom {strength}",
            (131, 97),
            _typed(maps.zoomed((65, 49), (0.0, 0.4), strength, back=True), k),
        )


def crops() -> Iterator[Healthy]:
    for k, (scale, shift) in enumerate(((0.95, 0.0), (0.9, 0.05), (0.9, -0.1), (0.85, 0.1), (0.8, 0.0), (0.97, 0.03))):
        yield Healthy(f"mild crop {scale} {shift}", (144, 100), _typed(maps.lattice((48, 36)) * scale + shift, k))
    small = maps.lens((20, 26), 0.2)
    yield Healthy("half precision of a small picture", (40, 52), small.astype(np.float16))
    yield Healthy(
        "half precision of a small turn", (31, 31), torch.from_numpy(maps.rotated((16, 16), (31, 31), 10, 0.8)).half()
    )


def _flow(size: Size, amplitude: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    truth = maps.waves(size, amplitude, seed, True)
    return np.moveaxis(maps.pixels(truth, size) - maps.pixels(maps.lattice(size), size), -1, 1).copy(), truth


def flows() -> Iterator[Healthy]:
    for k, (size, amplitude) in enumerate(
        (((55, 128), 0.1), ((46, 62), 0.05), ((64, 64), 0.02), ((47, 39), 0.2), ((120, 200), 0.15))
    ):
        flow, truth = _flow(size, amplitude, 200 + k)
        told = {"use": "flow"} if k % 2 else {}
        yield Healthy(f"flow {size}", size, _typed(flow, k), told, truth)
        yield Healthy(
            f"flow {size}, channels last", size, _typed(np.moveaxis(flow, 1, -1), k + 1), {"use": "flow"}, truth
        )
    still = np.zeros((1, 2, 40, 56), np.float32)
    yield Healthy("flow of a picture at rest", (40, 56), still, {"use": "flow"}, maps.lattice((40, 56)))
    subpixel, truth = _flow((80, 120), 0.012, 210)
    yield Healthy("flow below a pixel", (80, 120), _typed(subpixel, 3), {"use": "flow"}, truth)


def offsets() -> Iterator[Healthy]:
    """Offsets in units of the grid, small: a pixel's worth or less says nothing by its size alone."""
    for k, amplitude in enumerate((0.3, 0.1, 0.04, 0.02)):
        size = (36 + 5 * k, 61 - 7 * k)
        truth = maps.waves(size, amplitude / 2, 220 + k, True)
        yield Healthy(
            f"normalised offsets {amplitude}",
            (size[0] * 3, size[1] * 3),
            _typed(truth - maps.lattice(size), k),
            {"use": "flow"},
            truth,
        )


def locations() -> Iterator[Healthy]:
    random = np.random.default_rng(9)
    for k, taps in enumerate((1, 4, 9)):
        reference = random.uniform(0.1, 0.9, (2, 60 + k, 1, 1, 1, 2))
        spread = random.normal(0, 0.03, (2, 60 + k, 8, 3, taps, 2))
        yield Healthy(
            f"attention, {taps} taps",
            (50, 76),
            _typed((reference + spread).clip(0.01, 0.99), k + 2),
            {"use": "attention"},
        )
    for k, (taps, scale) in enumerate(((9, 0.4), (25, 1.0), (1, 2.0))):
        grid = random.normal(0, scale, (2, 2 * taps, 23, 31))
        yield Healthy(f"deformable offsets, {taps} taps", (23, 31), _typed(grid, k + 1), {"use": "deform"})


def remaps() -> Iterator[Healthy]:
    for k, (k1, source) in enumerate(((0.1, (75, 99)), (0.4, (48, 120)), (-0.15, (120, 90)))):
        truth = maps.lens(source, k1)
        x, y = np.moveaxis(maps.pixels(truth, source)[0].astype(np.float32), -1, 0)
        yield Healthy(f"remap {k1}", source, (x, y), {"use": "remap"} if k else {}, truth)
        smaller = maps.lens((30, 41), k1)
        x, y = np.moveaxis(maps.pixels(smaller, source)[0].astype(np.float32), -1, 0)
        yield Healthy(f"remap {k1}, smaller", source, (x, y), {"use": "remap"}, smaller)


def batches() -> Iterator[Healthy]:
    for k, b in enumerate((2, 3, 7)):
        grid = np.concatenate([maps.waves((19, 27), 0.04, 300 + 10 * k + i, True) for i in range(b)])
        yield Healthy(f"batch of {b}", (57, 54), _typed(grid, k))
    yield Healthy("identity in a batch of three", (57, 54), np.repeat(maps.lattice((19, 27)), 3, 0).astype(np.float32))
    mixed = [maps.lattice((33, 21)), maps.zoomed((33, 21), (0.3, 0), 4), maps.rotated((33, 21), (99, 63), 5, 0.9)]
    yield Healthy("batch of different kinds", (99, 63), torch.from_numpy(np.concatenate(mixed)).float())
    for k, size in enumerate(((2, 2), (3, 5), (2, 90))):
        yield Healthy(f"identity of {size}", (size[0] * 2 + 1, size[1] * 2 + 1), _typed(maps.lattice(size), k))


def declared() -> Iterator[Healthy]:
    """Half-pixel grids that say so, and zooms that say their direction."""
    for k, angle in enumerate((0.0, 0.05, -0.1)):
        c, s = np.cos(angle), np.sin(angle)
        theta = torch.tensor([[[c * 0.95, -s * 0.9, 0.0], [s * 0.9, c * 0.95, 0.0]]], dtype=torch.float32)
        grid = F.affine_grid(theta, [1, 1, 31 + k, 40], align_corners=False)
        yield Healthy(f"half-pixel affine {angle}", (62 + 2 * k, 80), grid, {"align_corners": False})
    whole = F.affine_grid(torch.eye(2, 3)[None], [1, 1, 24, 36], align_corners=False)
    yield Healthy("half-pixel identity", (48, 72), whole, {"align_corners": False})
    yield Healthy("declared forward", (80, 100), maps.zoomed((40, 50), (0.2, -0.3), 3), {"direction": "forward"})
    size = (16, 24)
    at = maps.normal(maps.pixels(maps.lattice(size), (241, 369)), (255, 383))
    yield Healthy("features of stride 16 where they are", (255, 383), at, {"stride": 16})


def clips() -> Iterator[Healthy]:
    for k, n in enumerate((5, 9)):
        steps = np.linspace(-0.3, 0.3, n)
        yield Healthy(
            f"clip of {n}",
            (60, 80),
            _typed(np.concatenate([maps.zoomed((15, 20), (a, 0.1), 4) for a in steps]), k),
            {"use": "clip"},
        )
    still = np.repeat(maps.zoomed((15, 20), (0.2, 0.1), 4), 4, 0)
    yield Healthy("a clip at rest", (60, 80), still, {"use": "clip"})


def maps_of_saliency() -> Iterator[Healthy]:
    for k, size in enumerate(((31, 51), (17, 17), (9, 40))):
        y, x = np.indices(size)
        bump = 1 + 8 * np.exp(-((y - size[0] / 3) ** 2 + (x - size[1] / 2) ** 2) / 20)
        yield Healthy(f"saliency {size}", (128, 200), _typed(bump[None, None], k), {"use": "saliency"})
    rough = np.random.default_rng(5).uniform(0.2, 1, (2, 1, 24, 24))
    yield Healthy("saliency of noise", (96, 96), torch.from_numpy(rough).float(), {"use": "saliency"})


def truths() -> Iterator[Healthy]:
    y, x = np.indices((60, 84))
    ids = np.where(y < 20, 11, np.where((x // 9 + y // 13) % 3 == 0, 26, 7))
    grid = maps.zoomed((30, 42), (0.0, 0.0), 2)
    px = np.round(maps.pixels(grid, (60, 84))[0]).astype(int)
    yield Healthy("labels by nearest neighbour", (60, 84), grid, {"labels": (ids, ids[px[..., 1], px[..., 0]])})
    boxes = np.array([[5.0, 6, 40, 30], [50, 20, 80, 59]])
    yield Healthy("boxes that survive", (60, 84), grid.astype(np.float32), {"boxes": boxes})
    levels = [maps.zoomed(size, (0.2, 0.2), 2) for size in ((32, 48), (16, 24), (8, 12))]
    yield Healthy("a pyramid", (128, 192), levels)
    odd = [maps.waves(size, 0.03, 5, True) for size in ((25, 35), (13, 18), (7, 9))]
    yield Healthy("a pyramid of odd sizes", (100, 140), [torch.from_numpy(g).float() for g in odd])


def systems() -> Iterator[Healthy]:
    """The library's own samplers at odd sizes, of saliency that varies from one picture to the next."""
    from lzviz import samplers
    from lzviz.warp import Warp

    torch.manual_seed(5)
    for name in ("uniform", "uniform-area", "lz", "fovea", "lzu"):
        for size, source in (((27, 41), (90, 137)), ((33, 33), (101, 66)), ((13, 64), (77, 200))):
            saliency = F.interpolate(torch.rand(2, 1, 7, 9) + 0.1, (31, 51), mode="bicubic").clamp_min(0.05)
            warp = samplers.create(name)(torch.rand(2, 3, *source), size, saliency).layout.warp
            if not bool(Warp.from_grid(warp.grid(size)).foldovers().any()):  # what folds is not healthy
                yield Healthy(f"{name} {size}", source, warp.grid(size))
