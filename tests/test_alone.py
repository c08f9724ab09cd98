"""What a page without Python finds out by itself is what Python finds: the doctor's five checks; lighter answers."""

from __future__ import annotations

import base64
import gzip
import io
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lzviz
from lzviz.contract.pictures import encode_png
from lzviz.site.light import NODES, lighter, lighter_grid, lighter_mask, lighter_row
from lzviz.site.light import picture as lighter_picture

SCRIPT = Path(__file__).parent / "js" / "alone.mjs"
CHECKS = ("axis-order", "units", "convention", "folds", "crop")
SOURCE = (400, 600)


def warp(h: int = 24, w: int = 36, seed: int = 0) -> np.ndarray:
    """A smooth grid that holds the border."""
    random = np.random.default_rng(seed)
    y, x = np.meshgrid(np.linspace(-1, 1, h), np.linspace(-1, 1, w), indexing="ij")
    a, b, c, d = random.uniform(-0.12, 0.12, 4)
    return np.stack((x + (1 - x * x) * (a + b * y), y + (1 - y * y) * (c + d * x)), -1)


def cases() -> dict[str, np.ndarray]:
    made = {}
    span = np.array([SOURCE[1] - 1, SOURCE[0] - 1])
    size = np.array([SOURCE[1], SOURCE[0]])
    for seed in range(4):
        grid = warp(seed=seed)
        pixels = (grid + 1) / 2 * span
        folded = grid.copy()
        folded[6:10, 8:13] = folded[6:10, 8:13][:, ::-1]
        made |= {
            f"well-{seed}": grid,
            f"order-{seed}": grid[..., ::-1],
            f"pixels-{seed}": pixels,
            f"unit-{seed}": (grid + 1) / 2,
            f"both-{seed}": pixels[..., ::-1],
            f"edges-{seed}": (2 * pixels + 1) / size - 1,
            f"divided-{seed}": 2 * pixels / size - 1,
            f"folds-{seed}": folded,
            f"crop-{seed}": 0.8 * grid + 0.05,
            f"tight-{seed}": 0.3 * grid,
        }
    return made


def test_the_page_finds_what_the_doctor_finds(tmp_path: Path) -> None:
    grids = cases()
    file = tmp_path / "grids.json"
    file.write_text(
        json.dumps([{"size": g.shape[:2], "nodes": g.ravel().tolist(), "source": SOURCE} for g in grids.values()])
    )
    told = json.loads(subprocess.run(["node", SCRIPT, file], capture_output=True, text=True, check=True).stdout)
    wrong = []
    for (name, grid), findings in zip(grids.items(), told, strict=True):
        diagnosis = lzviz.diagnose(grid[None], SOURCE)
        for check, verdict in findings:
            known = diagnosis.named(check)
            if known is not None and known.verdict != verdict:
                wrong.append(f"{name}: {check} is {verdict}, the doctor says {known.verdict}")
    assert not wrong, "\n".join(wrong)
    assert {check for findings in told for check, _ in findings} == set(CHECKS)


def packed(values: np.ndarray) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def picture(values: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def whole(answer: object, folder: Path) -> dict:
    """A light answer as the page restores it."""
    file = folder / "answer.json"
    file.write_text(json.dumps(answer))
    script = SCRIPT.with_name("light.mjs")
    return json.loads(subprocess.run(["node", script, file], capture_output=True, text=True, check=True).stdout)


def kept(_: str) -> dict[str, str]:
    return {"shared": "truth.pack"}


def test_lighter_answers_keep_what_is_told_exactly_and_nearly_the_rest(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 12, (40, 60), np.uint8)
    nodes, heat = random.uniform(-1, 1, (9, 12, 2)), random.uniform(0.02, 0.3, (9, 12))
    smooth = np.tile(np.linspace(0, 255, 400).astype(np.uint8), (300, 1))
    answer = {
        "labels": picture(labels), "prediction": None, "image": picture(np.dstack([smooth] * 3)),
        "confidence": picture(smooth), "mesh": {"nodes": packed(nodes), "w": 12, "h": 9}, "wantedMesh": None,
        "saliency": {"data": packed(heat), "low": 0.02, "high": 0.3, "w": 12, "h": 9}, "target": None, "truth": None, "other": 3,
    }  # fmt: skip
    light = whole(lighter(answer, kept), tmp_path)

    def opened(text: str) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))

    def floats(text: str) -> np.ndarray:
        return np.frombuffer(base64.b64decode(text), "<f4")

    assert np.array_equal(opened(light["labels"])[..., 0], labels) and light["other"] == 3
    assert np.abs(floats(light["mesh"]["nodes"]) - nodes.ravel()).max() <= 2**-15
    assert np.abs(floats(light["saliency"]["data"]) - heat.ravel()).max() <= 0.28 / 255
    assert opened(light["confidence"]).shape == (96, 128, 3)
    assert np.abs(opened(light["image"]).astype(int) - np.dstack([smooth] * 3)).max() < 6
    assert sum(map(len, map(json.dumps, light.values()))) < sum(map(len, map(json.dumps, answer.values())))


def test_the_image_of_those_that_look_nowhere_is_written_once() -> None:
    image = picture(np.zeros((4, 6, 3), np.uint8))
    heat = {"data": packed(np.zeros((2, 3))), "low": 0.0, "high": 0.0, "w": 3}
    for saliency, shared in ((None, True), (heat, False)):
        assert (lighter({"image": image, "saliency": saliency}, kept)["image"] == kept("")) is shared


@pytest.mark.parametrize("name", ["labels", "image"])
def test_an_answer_that_lacks_a_picture_stays_without(name: str) -> None:
    assert lighter({name: None}, kept)[name] is None


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (6, 1), (5, 8)])
def test_steps_are_the_same_floats_again(size: tuple[int, int], tmp_path: Path) -> None:
    steps = np.random.default_rng(1).integers(-(2**21), 2**21, (*size, 2))
    nodes = (steps / NODES).astype(np.float32)
    light = lighter({"mesh": {"nodes": packed(nodes), "w": size[1]}}, kept)
    assert whole(light, tmp_path)["mesh"]["nodes"] == packed(nodes)


def test_smooth_nodes_take_a_fraction_of_their_bytes(tmp_path: Path) -> None:
    light = lighter({"mesh": {"nodes": packed(warp(48, 64)), "w": 64}}, kept)
    assert 4 * len(gzip.compress(json.dumps(light).encode())) < 48 * 64 * 2 * 4
    flat = {"saliency": {"data": packed(np.ones((2, 3))), "low": 1.0, "high": 1.0, "w": 3}}
    assert whole(lighter(flat, kept), tmp_path) == flat, "what is the same everywhere has no steps"


def test_what_answers_share_is_read_from_its_file(tmp_path: Path) -> None:
    truth = {"labels": {"shared": "a.pack"}, "error": {"differs": {"shared": "a.pack"}}, "more": [None, 1, {"b": "c"}]}
    said = {"labels": "mine", "sentence": {"values": {"wrong": 0.4}}}
    assert whole({**said, "truth": truth}, tmp_path) == {
        **said,
        "truth": {"labels": "of a.pack", "error": "mine against of a.pack", "more": [None, 1, {"b": "c"}]},
    }


@pytest.mark.parametrize("size", [(9, 14), (300, 1100)])
def test_where_labels_are_wrong_is_told_by_labels_and_truth(size: tuple[int, int]) -> None:
    random = np.random.default_rng(6)
    labels, truth = random.integers(0, 12, size, np.uint8), random.choice(np.array([0, 3, 255], np.uint8), size)
    error = np.where(truth == 255, 255, labels != truth).astype(np.uint8)
    told = {"labels": picture(labels), "truth": {"labels": picture(truth), "error": picture(error), "zoomed": None}}
    light = lighter(told, kept)["truth"]
    assert light["labels"] == {"shared": "truth.pack"} and light["error"] == {"differs": light["labels"]}
    row = {"labels": picture(labels), "error": picture(error)}
    assert lighter_row(row, picture(truth), kept)["error"] == {"differs": {"shared": "truth.pack"}}
    for other in (None, picture(truth[:-4]), picture(labels)):
        plane = lighter_row(row, other, kept)["error"]
        apart = -(-max(size) // 512)
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(plane))))[..., 0]
        assert np.array_equal(shown, error[::apart, ::apart]), "what the two do not tell stays"


def test_grids_of_the_doctor_stay_exactly_in_a_fraction_of_their_bytes(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    smooth = warp(24, 48).astype(np.float32)
    odd = np.array([[[-0.0, 0.0], [1e-42, -1e-42], [3.4e38, -3.4e38], [1023, -7]]] * 3, np.float32)
    for grid in (smooth, odd, random.normal(size=(5, 3, 2)).astype(np.float32)):
        text = base64.b64encode(grid.astype("<f8").tobytes()).decode()
        answer = {"grid": {"nodes": text, "nodesSize": list(grid.shape[:2])}, "ok": True}
        light = lighter_grid(answer)
        assert "floats" in light["grid"]["nodes"] and whole(light, tmp_path) == answer
    given = {"grid": {"nodes": base64.b64encode(smooth.astype("<f8").tobytes()).decode(), "nodesSize": [24, 48]}}
    before, after = (len(gzip.compress(json.dumps(answer).encode())) for answer in (given, lighter_grid(given)))
    assert 2 * after < before
    for grid in (np.array([[[0.1, 0.2]]]), np.array([[[np.nan, 0.5]]]), np.array([[[1e300, 0.5]]])):
        given = {"grid": {"nodes": base64.b64encode(grid.astype("<f8").tobytes()).decode(), "nodesSize": [1, 1]}}
        assert lighter_grid(given) == given, "what is no float32 number stays as it is"
    assert lighter_grid({"grid": None}) == {"grid": None}


def test_a_picture_of_a_folder_keeps_its_pixels() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (8, 9, 3), np.uint8).repeat(9, 0).repeat(9, 1)
    file = encode_png(pixels)
    light = lighter_picture(file)
    assert len(light) < len(file) and np.array_equal(np.asarray(Image.open(io.BytesIO(light)).convert("RGB")), pixels)
    jpeg = io.BytesIO()
    Image.fromarray(pixels).save(jpeg, "JPEG")
    assert lighter_picture(jpeg.getvalue()) == jpeg.getvalue()


def test_planes_that_are_compared_keep_every_nth_pixel() -> None:
    labels = np.random.default_rng(3).integers(0, 12, (300, 1100), np.uint8)
    small = np.random.default_rng(4).integers(0, 2, (20, 30), np.uint8)
    row = {"labels": picture(labels), "error": picture(small), "p50": 3}
    light = lighter_row(row, None, kept)
    planes = [np.asarray(Image.open(io.BytesIO(base64.b64decode(light[name]))))[..., 0] for name in ("labels", "error")]
    assert np.array_equal(planes[0], labels[::3, ::3]) and np.array_equal(planes[1], small) and light["p50"] == 3


def test_strengths_of_edges_keep_their_steps(tmp_path: Path) -> None:
    strength = np.random.default_rng(5).uniform(0, 1.5, (2, 6, 9))
    answer = {"grid": {"w": 9, "h": 6}, "strength": [packed(ring) for ring in strength], "levels": None}
    rings = whole(lighter_mask(answer), tmp_path)["strength"]
    told = np.array([np.frombuffer(base64.b64decode(ring), "<f4") for ring in rings]).reshape(strength.shape)
    assert np.abs(told - strength).max() <= 2.0**-12
    assert lighter_mask({**answer, "strength": None})["strength"] is None
