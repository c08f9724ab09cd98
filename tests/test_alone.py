"""What a page without Python finds out by itself is what Python finds: the doctor's five checks; lighter answers."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lzviz
from lzviz.site.light import lighter

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


def test_lighter_answers_keep_what_is_told_exactly_and_nearly_the_rest() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 12, (40, 60), np.uint8)
    nodes, heat = random.uniform(-1, 1, (9, 12, 2)), random.uniform(0.02, 0.3, (9, 12))
    smooth = np.tile(np.linspace(0, 255, 400).astype(np.uint8), (300, 1))
    answer = {
        "labels": picture(labels), "prediction": None, "image": picture(np.dstack([smooth] * 3)),
        "confidence": picture(smooth), "mesh": {"nodes": packed(nodes)}, "wantedMesh": None,
        "saliency": {"data": packed(heat), "low": 0.02, "high": 0.3}, "target": None, "truth": None, "other": 3,
    }  # fmt: skip
    light = lighter(answer)

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


@pytest.mark.parametrize("name", ["labels", "image"])
def test_an_answer_that_lacks_a_picture_stays_without(name: str) -> None:
    assert lighter({name: None})[name] is None
