"""Faulty warps: the fault's name, where it was seen, the array, what is true of it (None where it cannot be had back)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lzviz.doctor.specimens import SPECIMENS
from lzviz.plain import convert
from tests.zoo.healthy import blob, zoom
from tests.zoo.measure import Faulty

SOURCE, SIZE = (512, 1024), (48, 96)


def faulty() -> Iterator[Faulty]:
    for case in _all():
        yield replace(case, told={"source_size": SOURCE} | case.told)


def _all() -> Iterator[Faulty]:
    strong, weak = (zoom(SIZE, s, at)[None] for s, at in ((12.0, (0.3, -0.4)), (3.0, (-0.5, 0.2))))
    full = zoom(SIZE, 8.0, (0.2, 0.3), separable=False)[None]
    for grid in (strong, weak, full):
        yield from _written(grid)
    yield from _numbers(strong, weak)
    yield from _beside(strong, weak)
    for values, check in (
        (np.ones((1, 1, 31, 51)), "saliency-flat"),
        (np.full((1, 1, 31, 51), 0.2) + 1e-6 * blob((31, 51), 1, (0, 0)).numpy(), "saliency-flat"),
        (np.eye(31 * 51)[700].reshape(1, 1, 31, 51), "saliency-peaked"),
        (blob((31, 51), 9, (0, 0)).numpy() - 2, "saliency-negative"),
    ):
        yield Faulty(check, "Saliency-Sampler 5, 6", values.astype(np.float32))


def _written(g: np.ndarray) -> Iterator[Faulty]:
    offset = g - convert.identity(SIZE)
    for name in (
        "layout",
        "axis-order",
        "pixels",
        "transposed",
        "flipped",
        "unit-interval",
        "displacement",
        "convention",
    ):
        specimen = SPECIMENS[name]
        yield Faulty(specimen.check, specimen.seen, specimen.spoil(g, SOURCE), g)
    yield Faulty("layout", "pytorch 36107", g[0], g)
    yield Faulty("flipped", "mirrored x", g * [-1, 1], g)
    yield Faulty("displacement", "voxelmorph 35", offset, g)
    yield Faulty("convention", "pytorch 24870", convert.from_edges(g, SOURCE), g)
    yield Faulty("convention", "pixels by the size", (g + 1) * (1 - 1 / np.array([1024, 512])) - 1, g)


def _numbers(g: np.ndarray, other: np.ndarray) -> Iterator[Faulty]:
    spike, nan, patch = g.copy(), g.copy(), g.copy()
    spike[0, 20, 40] += [0.3, 0.1]
    nan[0, 10:12, 7] = np.nan
    patch[0, 20:30, 40:50] = g[0, 20:30, 40:50][:, ::-1]
    yield Faulty("folds", "one node off", spike, g, room=2e-2)
    yield Faulty("folds", "a patch mirrored", patch, g)
    yield Faulty("not-finite", "FOVEA's box without size", nan, g, room=5e-3)
    yield Faulty("not-finite", "0/0 far from a painted spot", np.where(g > 0.9, np.inf, g), None)
    yield Faulty("crop", "a tenth of the source", g * 0.3)
    yield Faulty("crop", "a sixth, at the lower right", g * 0.4 + [0.55, 0.5])
    yield Faulty("out-of-range", "scaled beyond the source", g * 1.2, None)
    yield Faulty("precision", "torchvision 9029", g.astype(np.float16), g, {"source_size": (2048, 4096)}, 1e-3)
    rounded = (g.astype(np.float32).view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
    yield Faulty("precision", "bfloat16", rounded, None)
    yield Faulty("shared-batch", "LZU keeps the first picture's", np.repeat(g, 3, 0), None)
    lost, column = g.copy(), g.copy()
    lost[:, -1], column[:, :, -1] = 2.0, -1.0
    yield Faulty("pyramid", "LZU: the last row", lost, g, room=2e-2)
    yield Faulty("pyramid", "LZU: the last column", column, g, room=2e-2)
    clip = np.concatenate([g + 0.0005 * t * (1 - g**2) for t in range(8)])
    jump = clip.copy()
    jump[4] = other[0]
    yield Faulty("temporal", "per-frame saliency", jump, clip, room=1e-3)


def _beside(g: np.ndarray, other: np.ndarray) -> Iterator[Faulty]:
    yield Faulty("direction", "declared", g, None, {"direction": "inverse"})
    yield Faulty("boxes", "FOVEA", g, None, {"boxes": np.array([[500, 100, 40, 60], [20, 300, 30, 30]])})
    yield Faulty("boxes", "boxes in [0, 1]", g, None, {"boxes": np.array([[0.2, 0.3, 0.4, 0.6]])})
    yield Faulty(
        "labels", "LDS: labels read bilinearly", g, None, {"labels": np.tile([0.0, 1.5, 3.0, 3.0], (512, 256))}
    )
    yield Faulty("lattice", "features corner to corner", convert.resize(other, (32, 64)), None,
                 {"zoomed_size": (512, 1024), "stride": 16})  # fmt: skip
    points = np.random.default_rng(0).uniform(0, 200, (4000, 2))
    yield Faulty("holes", "softmax-splatting 26", points, None, {"use": "points"})
    doubled = np.concatenate([points * [5, 2.5]] * 2)
    yield Faulty("collisions", "Forward-Warp 10", doubled, None, {"use": "points"})
    torn = g.copy()
    torn[:, :, 48:] += [0.4, 0]
    yield Faulty("holes", "torn apart", np.where(torn > 1, 1 - 0 * torn, torn) * 0.7, None)
