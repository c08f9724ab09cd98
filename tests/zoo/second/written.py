"""Warps that are written otherwise than they are read: layout, order, turn, units, offsets, convention, lattice."""

from __future__ import annotations

import numpy as np
import torch

from tests.zoo import maps
from tests.zoo.second.registry import fault


def first(grid: np.ndarray) -> np.ndarray:
    """Channels first."""
    return np.ascontiguousarray(np.moveaxis(grid, -1, 1))


# layout -------------------------------------------------------------------------------------------------------------


@fault("layout", "kornia 1651: (B, 2, H, W) handed to grid_sample", 74, 106)
def channels_first_of_an_odd_lattice(source):
    truth = maps.rotated((37, 53), source, 12, 0.8)
    return first(truth).astype(np.float32), truth


@fault("layout", "pytorch forum: a batch of five flows, channels first", 60, 60)
def channels_first_in_a_batch(source):
    truth = np.concatenate([maps.waves((25, 31), 0.06, seed, True) for seed in range(5)])
    return torch.from_numpy(first(truth)).float(), truth


@fault("layout", "imgaug 314: one picture, no batch", 100, 80)
def no_batch(source):
    truth = maps.lens((41, 33), 0.2)
    return torch.from_numpy(truth[0]), truth


@fault("layout", "voxelmorph 66: (2, H, W)", 90, 130)
def channels_first_and_no_batch(source):
    truth = maps.spline((29, 43), {(0.2, 0.1): (0.1, 0.15)})
    return first(truth)[0], truth


@fault("layout", "pytorch forum: .view(B, H, W, 2) where .permute was meant", 64, 96)
def viewed_not_permuted(source):
    truth = maps.waves((32, 48), 0.05, 3, True)
    return torch.from_numpy(first(truth)).float().view(1, 32, 48, 2), truth


# order, lattice, direction of axes -----------------------------------------------------------------------------------


@fault("axis-order", "pytorch 21457: meshgrid in ij order", 90, 140)
def y_before_x(source):
    truth = maps.rotated((45, 70), source, 8, 0.9)
    return truth[..., ::-1].copy(), truth


@fault("axis-order", "Deformable-DETR 109; square, so that no size tells", 64, 64)
def y_before_x_on_a_square(source):
    truth = np.concatenate([maps.waves((64, 64), 0.08, 11, True), maps.waves((64, 64), 0.05, 12, True)])
    return torch.from_numpy(truth[..., ::-1].copy()).float(), truth


@fault("axis-order", "albumentations 474: remap's maps exchanged", 90, 160)
def maps_exchanged(source):
    truth = maps.lens(source, 0.15)
    x, y = np.moveaxis(maps.pixels(truth, source)[0].astype(np.float32), -1, 0)
    return (y, x), (x, y), {"use": "remap", "room": max(source) / 4}


@fault("axis-order", "np.indices gives rows first", 51, 77)
def y_before_x_in_float16(source):
    truth = maps.zoomed((26, 39), (0.3, -0.2), 3)
    return truth[..., ::-1].astype(np.float16), truth


@fault("transposed", "torch.meshgrid(x, y, indexing='ij') of x first", 80, 120)
def rows_for_columns(source):
    truth = maps.zoomed((40, 60), (-0.4, 0.3), 4)
    return truth.swapaxes(1, 2).copy(), truth, {"zoomed_size": (40, 60)}


@fault("transposed", "the same where nobody says the zoomed size", 65, 131)
def rows_for_columns_untold(source):
    truth = maps.waves((33, 65), 0.05, 5, True)
    return torch.from_numpy(truth.swapaxes(1, 2).copy()).float(), truth


@fault("flipped", "linspace(1, -1): the y of OpenGL points up", 66, 94)
def upside_down(source):
    truth = maps.lens((33, 47), 0.25)
    return truth[:, ::-1].copy(), truth


@fault("flipped", "the mirrored camera of a laptop", 120, 160)
def mirrored(source):
    truth = maps.homography((31, 39), (0.08, -0.05))
    given = truth[:, :, ::-1].copy()  # built backwards or negated afterwards: no grid tells
    return torch.from_numpy(given).half(), [truth, given * (-1, 1)]


@fault("flipped", "y negated after the offsets were added", 97, 97)
def y_negated(source):
    truth = maps.waves((49, 49), 0.06, 21, True)
    return (truth * (1, -1)).astype(np.float32), truth


# units -----------------------------------------------------------------------------------------------------------------


@fault("units", "pytorch 20785: [0, 1]", 82, 122)
def from_nought_to_one(source):
    truth = np.concatenate([maps.waves((41, 61), 0.05, seed, True) for seed in (1, 2, 3)])
    return torch.from_numpy((truth + 1) / 2), truth


@fault("units", "pixels, as OpenCV has them", 100, 150)
def pixels_of_the_source(source):
    truth = maps.rotated((50, 75), source, 5, 0.85)
    return maps.pixels(truth, source).astype(np.float32), truth


@fault("units", "pixels of a large picture on a coarse lattice", 1080, 1920)
def pixels_of_a_large_source(source):
    truth = maps.homography((68, 121), (0.1, 0.05))
    return torch.from_numpy(maps.pixels(truth, source)).float(), truth


@fault("units", "[0, 1] on a tiny lattice, half precision", 33, 29)
def from_nought_to_one_tiny(source):
    truth = maps.lens((9, 7), 0.1)
    return ((truth + 1) / 2).astype(np.float16), truth


@fault("units", "x divided by the height, y by the width", 48, 64)
def sizes_exchanged(source):
    truth = maps.zoomed(source, (0.2, 0.2), 2)
    pixel = maps.pixels(truth, source)
    return (pixel / (np.array(source) - 1) * 2 - 1).astype(np.float32), truth


@fault("units", "integer pixels: argmin over places", 71, 53)
def integer_pixels(source):
    truth = maps.lattice(source)
    return np.round(maps.pixels(truth, source)).astype(np.int64), truth


@fault("units", "Deformable-DETR 109: locations in pixels of the level", 50, 76)
def locations_in_pixels(source):
    spread = np.random.default_rng(6).uniform(0, 1, (1, 90, 8, 1, 4, 2))
    return (spread * source[::-1]).astype(np.float32), spread, {"use": "attention"}


@fault("units", "deformable-attention 6: locations in [-1, 1]", 33, 41)
def locations_from_minus_one(source):
    spread = np.random.default_rng(7).uniform(0, 1, (2, 70, 4, 2, 4, 2))
    return torch.from_numpy(spread * 2 - 1), spread, {"use": "attention"}


@fault("units", "a grid of [-1, 1] handed to remap", 75, 110)
def remap_of_a_grid(source):
    truth = maps.lens(source, 0.2)
    pixel = np.moveaxis(maps.pixels(truth, source)[0], -1, 0)
    return tuple(np.moveaxis(truth[0].astype(np.float32), -1, 0)), tuple(pixel), {"use": "remap", "room": 0.01}


# displacement ----------------------------------------------------------------------------------------------------------


@fault("displacement", "voxelmorph 35: identity not added; units of the grid", 60, 88)
def offsets_without_identity(source):
    truth = maps.waves((30, 44), 0.05, 4)
    return (truth - maps.lattice((30, 44))).astype(np.float32), truth, {"use": "grid"}


@fault("displacement", "the same, nobody says what it is", 72, 72)
def offsets_untold(source):
    truth = np.concatenate([maps.waves((36, 36), 0.15, 14, True), maps.waves((36, 36), 0.1, 15, True)])
    return torch.from_numpy(truth - maps.lattice((36, 36))), truth


@fault("displacement", "RAFT: pixel flow handed to grid_sample", 120, 200)
def flow_as_places(source):
    truth = maps.waves(source, 0.08, 6)
    flow = maps.pixels(truth, source) - maps.pixels(maps.lattice(source), source)
    return flow.astype(np.float32), truth, {"use": "grid"}


@fault("displacement", "the same with less than a pixel of motion", 90, 150)
def small_flow_as_places(source):
    truth = maps.waves(source, 0.008, 7)
    flow = maps.pixels(truth, source) - maps.pixels(maps.lattice(source), source)
    return flow.astype(np.float32), truth, {"use": "grid"}


@fault("displacement", "RAFT: coords1 for coords1 - coords0", 60, 100)
def places_as_flow(source):
    truth = maps.waves(source, 0.05, 8)
    coords = maps.pixels(truth, source)
    return torch.from_numpy(first(coords)).float(), first(coords - np.moveaxis(np.indices(source)[::-1], 0, -1)), {
        "use": "flow", "room": 0.1 * max(source)}  # fmt: skip


@fault("displacement", "a grid of [-1, 1] where a flow is declared", 63, 91)
def grid_as_flow(source):
    truth = maps.spline((63, 91), {(-0.3, 0.2): (-0.2, 0.2)})
    flow = maps.pixels(truth, source) - maps.pixels(maps.lattice(source), source)
    return truth.astype(np.float32), flow, {"use": "flow", "room": 0.1 * max(source)}


@fault("displacement", "torchvision 9029: places for offsets in deform_conv2d", 21, 27)
def places_as_deformable_offsets(source):
    at = maps.pixels(maps.lattice(source), source)[0][..., ::-1]
    taps = [at + np.array([i - 1, j - 1]) for i in range(3) for j in range(3)]
    places = np.concatenate([np.moveaxis(t, -1, 0) for t in taps])[None]
    return torch.from_numpy(places).float(), np.zeros_like(places), {"use": "deform"}


# convention --------------------------------------------------------------------------------------------------------------


@fault("convention", "pytorch 24870: affine_grid(align_corners=False) read as corners", 24, 40)
def half_pixels_as_corners(source):
    grid = torch.nn.functional.affine_grid(torch.eye(2, 3)[None], [1, 1, *source], align_corners=False)
    return grid, maps.lattice(source)


@fault("convention", "pytorch 36107: the same at an eighth of the size", 96, 160)
def half_pixels_of_a_coarse_lattice(source):
    size = (12, 20)
    ends = [(np.arange(n) * 2 + 1) / n - 1 for n in size[::-1]]
    grid = np.stack(np.meshgrid(*ends), -1)[None]
    px = ((grid + 1) * np.array(source[::-1]) - 1) / 2
    return grid, maps.normal(px, source)


@fault("convention", "kornia 747: (i + 0.5) / n * 2 - 1", 35, 45)
def half_pixels_of_an_odd_size(source):
    ends = [(np.arange(n) * 2 + 1) / n - 1 for n in source[::-1]]
    grid = np.stack(np.meshgrid(*ends), -1)[None]
    return grid.astype(np.float32), maps.lattice(source)


@fault("lattice", "stride-8 features read corner to corner", 256, 320)
def stride_eight(source):
    return maps.lattice((32, 40)), maps.normal(maps.pixels(maps.lattice((32, 40)), (249, 313)), source), {"stride": 8}


@fault("lattice", "stride 16 at an odd size", 255, 383)
def stride_sixteen(source):
    size = (16, 24)
    truth = maps.normal(maps.pixels(maps.lattice(size), (241, 369)), source)
    return torch.from_numpy(maps.lattice(size)).float(), truth, {"stride": 16}
