"""Warps that go the wrong way, fold, tear or miss; numbers that were lost; what is read through them; saliency and clips."""

from __future__ import annotations

import numpy as np
import torch

from tests.zoo import maps
from tests.zoo.second.registry import fault

# direction -----------------------------------------------------------------------------------------------------------------


@fault("direction", "softmax-splatting 26: a forward flow for backward reading", 80, 100)
def inverse_declared(source):
    truth = maps.zoomed((40, 50), (0.2, -0.3), 3)
    return maps.zoomed((40, 50), (0.2, -0.3), 3, back=True), truth, {"direction": "inverse"}


@fault("direction", "Forward-Warp 10: the same of a turn", 101, 75)
def inverse_turn(source):
    wide, close = maps.rotated((51, 38), source, -9, 1.25), maps.rotated((51, 38), source, 9, 0.8)
    return wide.astype(np.float32), close, {"direction": "inverse"}


# geometry ------------------------------------------------------------------------------------------------------------------


@fault("folds", "waves steeper than the lattice", 82, 62)
def steep_waves(source):
    grid = maps.lattice((41, 31))
    fold = (
        grid
        + 0.22 * np.sin(9 * grid[..., ::-1]) * (1 - grid**2).prod(-1, keepdims=True)
        + 0.2 * np.sin(7 * grid) * (1 - grid**2).prod(-1, keepdims=True)
    )
    return fold, None


@fault("folds", "a thin-plate spline whose points changed places", 104, 104)
def crossed_spline(source):
    return torch.from_numpy(maps.spline((52, 52), {(-0.2, 0.0): (0.25, 0.0), (0.2, 0.0): (-0.25, 0.0)})).float(), None


@fault("folds", "voxelmorph 90: a flow that nothing smoothed", 40, 56)
def rough_flow(source):
    noise = np.random.default_rng(0).normal(0, 1.6, (1, 2, *source))
    for axis in (2, 3):
        noise[(slice(None),) * axis + ([0, 1, -2, -1],)] = 0
    return noise.astype(np.float32), None, {"use": "flow"}


@fault("folds", "one element of a batch folds", 60, 80)
def one_of_three(source):
    good = [maps.waves((24, 32), 0.04, s, True) for s in (1, 2)]
    return np.concatenate(
        [good[0], maps.spline((24, 32), {(0.0, -0.2): (0.0, 0.3), (0.0, 0.2): (0.0, -0.3)}), good[1]]
    ), None


@fault("crop", "only the upper left quarter", 90, 120)
def upper_left_quarter(source):
    return maps.lattice((45, 60)) * 0.5 - 0.5, None, {"boxes": np.array([[10.0, 10, 40, 30], [70, 60, 110, 85]])}


@fault("crop", "a window of a tenth", 300, 200)
def small_window(source):
    return torch.from_numpy(maps.waves((30, 20), 0.05, 3) * 0.28 + 0.1).float(), None


@fault("out-of-range", "shifted by two fifths", 77, 99)
def shifted(source):
    return maps.lattice((39, 50)) + np.array([0.8, 0.0]), None


@fault("out-of-range", "scaled about the corner", 128, 64)
def scaled_out(source):
    return (maps.lattice((64, 32)) * 2.2).astype(np.float32), None


@fault("round-trip", "clamped: whole columns read one place", 70, 90)
def plateau(source):
    grid = maps.lattice((35, 45))
    x = np.clip(grid[..., 0], -2, 2)
    flat = np.where(np.abs(x) < 0.25, 0.0, np.sign(x) * (np.abs(x) - 0.25) / 0.75)
    return np.stack((flat, grid[..., 1]), -1), None


@fault("holes", "Forward-Warp 12: a cloud that covers a third", 120, 90)
def cloud(source):
    return np.random.default_rng(3).uniform(0, 1, (900, 2)).astype(np.float32) * (29, 119), None, {"use": "points"}


@fault("collisions", "splatting rounds to whole pixels", 60, 80)
def rounded_cloud(source):
    points = np.random.default_rng(4).uniform(0, 1, (3000, 2)) * (79, 59)
    return torch.from_numpy(points.round()), None, {"use": "points"}


@fault("collisions", "coordinates rounded before an enlargement", 40, 50)
def rounded_grid(source):
    pixel = maps.pixels(maps.waves((120, 150), 0.05, 17, True), source).round()
    return maps.normal(pixel, source), maps.waves((120, 150), 0.05, 17, True), {"room": 0.75}


# numbers ----------------------------------------------------------------------------------------------------------------


@fault("precision", "float16 of a picture of 4096 columns", 2048, 4096)
def half_precision(source):
    truth = maps.waves((96, 160), 0.03, 9, True)
    return truth.astype(np.float16), truth, {"room": 1.0}


@fault("precision", "bfloat16 at 224 pixels: half a pixel", 224, 224)
def brain_floats(source):
    truth = maps.rotated((56, 56), source, 10, 0.7)
    return torch.from_numpy(truth).bfloat16(), truth


@fault("not-finite", "0 / 0 where the saliency is nought", 64, 48)
def a_few_nan(source):
    truth = maps.waves((33, 25), 0.05, 2, True)
    given = truth.copy()
    given[0, 5:8, 7:9] = np.nan
    return given.astype(np.float32), None


@fault("not-finite", "an overflow of float16", 60, 90)
def infinite(source):
    given = np.concatenate([maps.lens((20, 30), 0.1), maps.lens((20, 30), 0.2)]).astype(np.float16)
    given[1, 3, 4, 0], given[1, 3, 5, 1] = np.inf, -np.inf
    return torch.from_numpy(given), None


@fault("shared-batch", "fovea 4: every picture gets the warp of the first", 66, 88)
def expanded(source):
    return torch.from_numpy(maps.zoomed((22, 29), (0.5, 0.1), 4)).float().expand(4, -1, -1, -1), None


@fault("shared-batch", "pairs in a batch of four", 40, 40)
def repeated(source):
    return np.repeat(maps.waves((20, 20), 0.07, 31, True), 3, 0), None


# what is read through it ----------------------------------------------------------------------------------------------------


def town(source: tuple[int, int]) -> np.ndarray:
    y, x = np.indices(source)
    return np.where(y < source[0] // 3, 11, np.where((x // 9 + y // 13) % 3 == 0, 26, 7)).astype(np.int64)


@fault("labels", "Deformation-Segmentation 23: class ids read bilinearly", 60, 84)
def labels_between(source):
    grid = maps.zoomed((30, 42), (0.0, 0.0), 2)
    ids = torch.from_numpy(town(source))[None, None].double()
    read = torch.nn.functional.grid_sample(ids, torch.from_numpy(grid), align_corners=True)
    return grid, None, {"labels": (town(source), read[0, 0].round().long().numpy())}


@fault("boxes", "a sign of two pixels between the samples", 512, 1024)
def lost_box(source):
    return maps.lattice((16, 32)), None, {"boxes": np.array([[500.0, 200, 502, 203], [100, 100, 400, 400]])}


@fault("boxes", "centre, width and height", 200, 300)
def boxes_by_centre(source):
    given = np.array([[250.0, 150, 60, 40], [40, 30, 50, 60], [280, 100, 30, 30]])
    return maps.waves((40, 60), 0.04, 41, True), None, {"boxes": given}


@fault("pyramid", "grid[:, ::2, ::2]: the last row and column are lost", 128, 192)
def strided_levels(source):
    base = maps.zoomed((32, 48), (0.2, 0.2), 2)
    return [base, base[:, ::2, ::2], base[:, ::4, ::4]], None


@fault("pyramid", "the coarse level was padded after the zoom", 100, 140)
def padded_levels(source):
    base, coarse = maps.waves((25, 35), 0.03, 5, True), maps.waves((13, 18), 0.03, 5, True)
    padded = np.pad(coarse, ((0, 0), (0, 3), (0, 6), (0, 0)))
    return [torch.from_numpy(base).float(), torch.from_numpy(padded).float()], None


# saliency, resolution, time --------------------------------------------------------------------------------------------------


@fault("saliency-flat", "Saliency-Sampler 5: the network answers the same everywhere", 64, 64)
def constant_map(source):
    return torch.full((1, 1, 17, 23), 0.37), None, {"use": "saliency"}


@fault("saliency-flat", "softmax of a temperature too high", 90, 60)
def nearly_constant(source):
    map_ = np.random.default_rng(1).normal(0, 1e-4, (2, 1, 31, 51))
    e = np.exp(map_)
    return e / e.sum((2, 3), keepdims=True), None, {"use": "saliency"}


@fault("saliency-peaked", "fovea 1: one cell has it all", 128, 128)
def one_cell(source):
    map_ = np.full((1, 1, 25, 25), 1e-9, np.float32)
    map_[0, 0, 12, 7] = 1.0
    return map_, None, {"use": "saliency"}


@fault("saliency-negative", "no softplus before the attraction", 100, 200)
def below_nought(source):
    return torch.from_numpy(np.random.default_rng(2).normal(0.2, 0.5, (1, 1, 20, 40))), None, {"use": "saliency"}


@fault("resolution", "seven by nine nodes for a sharp zoom", 448, 576)
def too_few_nodes(source):
    return maps.zoomed((7, 9), (0.05, -0.1), 30, 0.08), None, {"zoomed_size": (224, 288)}


@fault("temporal", "the fovea jumps in one frame of a clip", 80, 80)
def jump(source):
    at = [0.0, 0.02, 0.04, 0.06, -0.7, 0.1, 0.12]
    return np.concatenate([maps.zoomed((20, 20), (a, 0.0), 4) for a in at]).astype(np.float32), None, {"use": "clip"}


@fault("temporal", "a flicker between two fixations", 60, 100)
def flicker(source):
    at = [-0.5, 0.5] * 4
    return torch.from_numpy(np.concatenate([maps.zoomed((15, 25), (a, 0.1), 5) for a in at])), None, {"use": "clip"}


@fault("aliasing", "sixty-four pixels a sample, four taps", 1024, 2048)
def far_between(source):
    image = np.random.default_rng(8).uniform(0, 1, source).astype(np.float32)

    def proof(names):
        zoomed, blocks = names["zoomed"], image.reshape(16, 64, 32, 64).mean((1, 3))
        return float(np.abs(zoomed[0, 0].numpy() - blocks).mean()) < 0.05

    beside = {"image": torch.from_numpy(image)[None, None], "size": (16, 32)}
    return torch.from_numpy(maps.lattice((16, 32))).float(), None, {"image": image, "proof": (beside, proof)}
