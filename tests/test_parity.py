"""The browser's engine and torch agree: random maps, all options, forward and inverse, in one run of Node.

Geometry is compared in source pixels of a 2048-pixel side, against float64 torch; colours on the scale 0..255, unrounded.
"""

from __future__ import annotations

import base64
import json
import random
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lzviz import Warp, resampling, saliency
from lzviz.contract.answers.warp import Setting, fit_lattice, found_in
from lzviz.contract.maps import Map
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.coords import to_pixels
from lzviz.saliency import sources
from lzviz.samplers.lzu import PublishedInverse

RUNNER = Path(__file__).parent / "js" / "parity.mjs"
PIXELS = 2047 / 2
"""Source pixels a normalised unit, at a side of 2048."""

GEOMETRY = 1e-6
FLOAT32_GEOMETRY = 5e-4
"""Half-pixel uniform nodes are float32 in torch."""

COLOUR = 1e-3
SAMPLERS = ("uniform", "uniform-area", "lz", "fovea", "lzu")
KINDS = sources.SHIPPED
FIXED = saliency.fixed()[0, 0]


@dataclass
class Case:
    """What is asked of both sides."""

    asked: dict[str, Any]
    setting: Setting | None = None

    @property
    def name(self) -> str:
        state = self.asked["state" if "state" in self.asked else "options"]
        return ", ".join(f"{k}={v}" for k, v in state.items() if k not in ("paint", "edgePaint", "layers"))


def _painted(rng: random.Random, size: tuple[int, int], neutral: int) -> Map:
    """A few soft spots on a neutral map: mostly empty, as people paint."""
    y, x = np.ogrid[: size[0], : size[1]]
    values = np.full(size, float(neutral))
    for _ in range(rng.randint(1, 3)):
        d = (y - rng.uniform(0, size[0])) ** 2 + (x - rng.uniform(0, size[1])) ** 2
        sign = rng.choice((1, 1, -1)) if neutral else 1
        values += sign * rng.uniform(50, 255) * np.exp(-d / rng.uniform(2, size[1] ** 2 / 20))
    return Map.of(np.clip(values + 0.5, 0, 255))


def _boxes(rng: random.Random, size: tuple[int, int]) -> list[list[float]]:
    def box() -> list[float]:
        x, y = rng.uniform(0, size[1] - 2), rng.uniform(0, size[0] - 2)
        return [x, y, x + rng.uniform(0.2, 30), y + rng.uniform(0.2, 20)]

    return [box() for _ in range(rng.randint(0, 4))]


def _state(rng: random.Random, k: int, picture: Picture) -> dict[str, Any]:
    """A random state; samplers, saliencies and interpolations take turns, so that all of them occur."""
    lattice = fit_lattice(picture.size)
    return {
        "sampler": SAMPLERS[k % 5] if k % 3 else "lzu",
        "saliency": KINDS[6:][k % len(KINDS[6:])] if k % 11 == 10 else KINDS[k // 2 % 6],
        "mode": "published" if k % 4 == 1 else "fixed",
        "interpolation": ("nearest", "bilinear", "antialias")[k % 3],
        "separable": k % 7 < 3,
        "antiCrop": k % 5 < 3,
        "fwhm": round(rng.choice((0.5, 1, rng.uniform(1, 8), rng.uniform(8, 40), 40)), 2),
        "strength": rng.choice((1, 5.5, 50, 1000)),
        "contrast": rng.choice((1, 1, 0.25, 0.7, 4)),
        "floor": rng.choice((None, None, 0.01, 0.5)),
        "nodes": rng.choice(([31, 51], [2, 2], [9, 5], [rng.randint(2, 40), rng.randint(2, 40)])),
        "width": rng.choice((8, 37, 64, 130)),
        "sourceScale": rng.choice((1, 1, 0.75, 0.5, 0.25)),
        "paint": None if k % 11 == 0 else _painted(rng, lattice, 0).to_text(),
        "edgePaint": None if k % 4 == 0 else _painted(rng, lattice, 128).to_text(),
        "boxes": _boxes(rng, picture.size),
    }


def _picture(rng: random.Random) -> Picture:
    h, w = rng.choice(((48, 97), (90, 61), (20, 128), (64, 64)))
    noise = np.random.default_rng(rng.randrange(2**32)).integers(0, 256, (h // 4 + 1, w // 4 + 1, 3))
    return Picture(np.kron(noise, np.ones((4, 4, 1)))[:h, :w].astype(np.uint8))


def _frame_case(seed: int) -> Case:
    rng = random.Random(seed)
    picture = _picture(rng)
    state = _state(rng, seed, picture)
    file = _painted(rng, (19, 33), 0)
    setting, kind = Setting.of(State.parse(state), picture, file), state["saliency"]
    return Case(
        {
            "state": State.parse(state).to_json(),
            "picture": {
                "h": picture.size[0],
                "w": picture.size[1],
                "data": base64.b64encode(picture.pixels.tobytes()).decode(),
            },
            "found": found_in(picture, kind).to_text() if sources.source_named(kind).found else None,
            "file": file.to_text(),
            "fixed": {"h": FIXED.shape[0], "w": FIXED.shape[1], "data": FIXED.double().flatten().tolist()},
            "unzoom": rng.choice(([33, 57], [60, 60], [1, 31], [4, 6])),
        },
        setting,
    )


def _attraction_case(seed: int) -> Case:
    rng = random.Random(seed)
    h, w = rng.randint(4, 33), rng.randint(4, 52)
    aspect = rng.choice((1, 1, 0.5, 1.5, 2))
    radius = rng.randint(1, max(1, int((min(h, w) - 1) / max(aspect, 1))))
    map_ = np.random.default_rng(seed).random((h, w)) ** rng.choice((1, 8, 40))
    if seed % 4 == 0:
        map_ = np.zeros((h, w))
        map_[rng.choice((0, -1)), rng.choice((0, -1))] = 1
    if seed % 4 == 1:
        map_[rng.randrange(h), rng.randrange(w)] = 1e6
    options = {
        "fwhm": round(rng.choice((0.5, rng.uniform(1, 15), 40)), 2),
        "separable": rng.random() < 0.5,
        "padding": rng.choice(("reflect", "replicate", "zero")),
        "kernelRadius": radius,
        "aspect": aspect,
        "floor": rng.choice((None, 0.1)),
    }
    return Case({"saliency": map_.flatten().tolist(), "h": h, "w": w, "options": options})


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Random states on random pictures."""
    return [_frame_case(seed) for seed in range(90)]


@pytest.fixture(scope="module")
def attractions() -> list[Case]:
    """Random maps with the options that no state has."""
    return [_attraction_case(seed) for seed in range(40)]


@pytest.fixture(scope="module")
def answers(cases, attractions) -> list[dict[str, np.ndarray]]:
    """What the engine says to all cases."""
    node = shutil.which("node")
    assert node, "the canvas is tested with Node 20 or newer: install it, or run `make test`, which brings its own"
    asked = json.dumps([case.asked for case in (*cases, *attractions)]).encode()
    done = subprocess.run([node, str(RUNNER)], input=asked, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    head, _, body = done.stdout.partition(b"\n")
    numbers = iter(np.split(*_cuts(np.frombuffer(body, "<f8"), json.loads(head))))
    return [{name: next(numbers) for name, _ in arrays} for arrays in json.loads(head)]


def _cuts(values: np.ndarray, heads: list[list[list[Any]]]) -> tuple[np.ndarray, np.ndarray]:
    return values, np.cumsum([count for arrays in heads for _, count in arrays])[:-1]


@pytest.fixture(scope="module")
def pairs(cases, answers) -> list[tuple[Case, Setting, dict[str, np.ndarray]]]:
    """Each state's case with its setting in torch and the engine's answer."""
    return [(case, case.setting, answer) for case, answer in zip(cases, answers, strict=False) if case.setting]


def _off(ours: Tensor, theirs: np.ndarray) -> float:
    """Largest difference of normalised coordinates, in source pixels."""
    return float(np.abs(ours.double().numpy().ravel() - theirs).max()) * PIXELS


def _tolerance(warp: Warp) -> float:
    return GEOMETRY if warp.like.dtype == torch.float64 else FLOAT32_GEOMETRY


def test_saliency(pairs) -> None:
    for case, setting, answer in pairs:
        if setting.saliency is None:
            assert answer["attracting"].size == 0
            continue
        raised = setting.saliency**setting.state.contrast
        if raised.shape[-2:] != tuple(setting.state.nodes):
            raised = torch.nn.functional.interpolate(
                raised, size=setting.state.nodes, mode="bilinear", align_corners=True
            )
        expected = raised.numpy().ravel()
        np.testing.assert_allclose(answer["attracting"], expected, rtol=1e-9, atol=1e-12, err_msg=case.name)


def test_nodes_and_folds(pairs) -> None:
    for case, setting, answer in pairs:
        assert tuple(answer["size"]) == setting.nodes.shape[:2], case.name
        assert _off(setting.nodes, answer["nodes"]) <= _tolerance(setting.warp), case.name
        ours = setting.warp.foldovers().numpy().ravel()  # type: ignore[attr-defined]
        # Where rounding decides the sign of an area, either answer is right.
        clear = np.abs(_least_area(setting.nodes)) > 1e-12
        assert (ours == answer["folds"])[clear].all(), case.name


def _least_area(nodes: Tensor) -> np.ndarray:
    """Least determinant at the corners of each tile."""
    p = nodes.numpy()
    across, down = np.diff(p, axis=1), np.diff(p, axis=0)
    pairs = [(a, d) for a in (across[:-1], across[1:]) for d in (down[:, :-1], down[:, 1:])]
    return np.min([a[..., 0] * d[..., 1] - a[..., 1] * d[..., 0] for a, d in pairs], axis=0).ravel()


def test_attraction_with_every_option(attractions, answers) -> None:
    for case, answer in zip(attractions, answers[-len(attractions) :], strict=True):
        options = dict(case.asked["options"])
        options["kernel_radius"] = options.pop("kernelRadius")
        map_ = torch.tensor(case.asked["saliency"], dtype=torch.float64).reshape(1, 1, case.asked["h"], case.asked["w"])
        warp = Warp.from_saliency(map_, (case.asked["h"], case.asked["w"]), **options)
        assert _off(warp.nodes, answer["nodes"]) <= GEOMETRY, case.name


def test_forward_grid_and_jacobian(pairs) -> None:
    for case, setting, answer in pairs:
        grid = setting.warp.grid(setting.zoomed)
        assert _off(grid, answer["grid"]) <= _tolerance(setting.warp), case.name
        if setting.warp.like.dtype != torch.float64:
            continue
        ours = setting.warp.at(setting.zoomed, setting.picture.size).jacobian().numpy().ravel()
        off = np.abs(answer["jacobian"] - ours)[_clear_of_node_lines(setting)]
        assert off.max(initial=0) <= 1e-9 * max(1, np.abs(ours).max()), case.name


def _clear_of_node_lines(setting: Setting) -> np.ndarray:
    """Pixels inside one tile: on a node line the Jacobian jumps, and rounding decides which side is meant."""
    steps = zip(setting.zoomed, setting.nodes.shape, strict=False)
    positions = [np.arange(n) * ((k - 1) / (n - 1)) if n > 1 else np.array([(k - 1) / 2]) for n, k in steps]
    rows, columns = (np.abs(at - at.round()) > 1e-9 for at in positions)
    return (rows[:, None] & columns).ravel()


def test_inverse_grid(pairs) -> None:
    for case, setting, answer in pairs:
        warp, size = setting.warp, tuple(case.asked["unzoom"])
        grid, valid = (t.numpy() for t in warp.inverse_grid(size))
        clear = _clear_of_rounding(warp, size)
        assert (valid.ravel() == answer["valid"])[clear].all(), case.name
        both = clear & valid.ravel() & (answer["valid"] > 0)
        theirs = torch.tensor(answer["inverse"]).reshape(1, -1, 2)
        back = _back(warp, theirs) - _back(warp, torch.tensor(grid).reshape(1, -1, 2).double())
        assert np.abs(back[0][both]).max(initial=0) * PIXELS <= _tolerance(warp), case.name


def _back(warp: Warp, points: Tensor) -> np.ndarray:
    return warp.forward(points.to(warp.like.dtype)).double().numpy()


def _clear_of_rounding(warp: Warp, size: tuple[int, int]) -> np.ndarray:
    """Pixels at which the published fault's border tests do not hang on the last bit: the last lines are lost or not by the
    order of float32 sums, and ``|g| <= 1`` has no tolerance."""
    if not isinstance(warp, PublishedInverse):
        return np.ones(size[0] * size[1], dtype=bool)
    grid = warp.exact.inverse_grid(size)[0]
    clear = ((grid.abs() - 1).abs() > 1e-9).all(-1)
    clear[:, -1], clear[:, :, -1] = False, False
    return clear.numpy().ravel()


def _zoomed(setting: Setting) -> np.ndarray:
    """The zoomed image (h, w, 3) on the scale 0..255, read in float64."""
    pixels = torch.tensor(setting.picture.pixels).permute(2, 0, 1)[None].double()
    source = resampling.reduce(pixels / 255, setting.state.source_scale)
    grid = setting.warp.grid(setting.zoomed).double()
    read = resampling.read
    if (setting.state.sampler, setting.state.mode, setting.state.interpolation) == ("lz", "published", "bilinear"):
        read = zeros_read
    zoomed = read(source, grid, setting.state.interpolation)  # type: ignore[arg-type]
    return 255 * zoomed[0].permute(1, 2, 0).numpy()


def zeros_read(source: Tensor, grid: Tensor, interpolation: str) -> Tensor:
    return torch.nn.functional.grid_sample(source, grid, interpolation, "zeros", align_corners=True)


def test_zoomed_image(pairs) -> None:
    for case, setting, answer in pairs:
        actual = answer["zoomed"].reshape(*setting.zoomed, 4)
        assert (actual[..., 3] == 255).all()
        off = np.abs(actual[..., :3] - _zoomed(setting)).max(-1)
        # A pixel half way between two source pixels may be read from either; float32 nodes move samples a little.
        clear = _clear_of_halves(setting) if setting.state.interpolation == "nearest" else np.ones_like(off, dtype=bool)
        tolerance = COLOUR if setting.warp.like.dtype == torch.float64 else 0.02
        assert off[clear].max(initial=0) <= tolerance, case.name


def _clear_of_halves(setting: Setting) -> np.ndarray:
    h, w = (max(1, int(n * setting.state.source_scale + 0.5)) for n in setting.picture.size)
    px = to_pixels(setting.warp.grid(setting.zoomed).double(), (h, w))[0]
    return ((px % 1 - 0.5).abs() > 1e-4).all(-1).numpy()


def test_unzoomed_image(pairs) -> None:
    for case, setting, answer in pairs:
        size = tuple(case.asked["unzoom"])
        zoomed = torch.tensor(answer["zoomed"]).reshape(1, *setting.zoomed, 4).permute(0, 3, 1, 2)[:, :3]
        expected = setting.warp.unzoom(zoomed, size)[0].permute(1, 2, 0).double().numpy()
        valid = setting.warp.inverse_grid(size)[1][0].numpy()
        agreed = (valid.ravel() == answer["valid"]).reshape(size)
        off = np.abs(answer["unzoomed"].reshape(*size, 4)[..., :3] - expected).max(-1)
        tolerance = COLOUR if setting.warp.like.dtype == torch.float64 else 0.02
        assert off[agreed].max(initial=0) <= tolerance, case.name


def test_there_and_back(pairs) -> None:
    """On the same lattice the page says the same before and after Python has answered."""
    for case, setting, answer in pairs:
        if setting.warp.like.dtype != torch.float64 or isinstance(setting.warp, PublishedInverse):
            continue
        trip, (furthest, coverage) = setting.examine(), answer["trip"]
        assert abs(trip.facts.coverage - coverage) < 1e-6, case.name
        assert abs(trip.round_trip["max"] - furthest) <= GEOMETRY, case.name


def test_share_and_area(pairs) -> None:
    for case, setting, answer in pairs:
        weights = setting.emphasis()
        if weights is None:
            assert answer["share"].size == 0, case.name
            continue
        share = float(resampling.read(weights, setting.warp.grid(setting.zoomed).double()).mean())
        assert abs(share - answer["share"][0]) < 1e-6, case.name


def test_every_option_took_part(cases, attractions) -> None:
    """The cases would agree about nothing, too."""
    states = [case.asked["state"] for case in cases]
    for key in ("sampler", "saliency", "mode", "interpolation", "separable", "antiCrop", "sourceScale"):
        seen = {state[key] for state in states}
        assert len(seen) == {"sampler": 5, "saliency": len(KINDS), "interpolation": 3, "sourceScale": 4}.get(key, 2), (
            key
        )
    assert {o["padding"] for o in (case.asked["options"] for case in attractions)} == {"reflect", "replicate", "zero"}
