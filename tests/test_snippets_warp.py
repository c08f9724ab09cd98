"""Explore's scripts, of every sampler and in both modes, run in an interpreter that has seen nothing of the page: their nodes,
zoomed and unzoomed pixels are those that the contract answers for the same state."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from lzviz import samplers
from lzviz.contract.answers import drawing
from lzviz.contract.answers.files import export
from lzviz.contract.answers.warp import Setting, answer
from lzviz.contract.options import has_room
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.samplers.given import hold
from lzviz.warp import Warp
from tests.app_server import blob, nodes_of

ROOT = Path(__file__).resolve().parent.parent
RUN = """
import pathlib, runpy, sys
import numpy
for path in map(pathlib.Path, sys.argv[1:]):
    made = runpy.run_path(str(path))
    nodes = made["warp"].nodes[0].double().numpy()
    numpy.savez(path.with_suffix(".npz"), nodes=nodes, zoomed=made["zoomed"].numpy(), unzoomed=made["unzoomed"].numpy())
"""
SHOWN = [name for name in samplers.REGISTRY if not has_room(name)]
MODES = {name: ("fixed", "published") if "mode" in samplers.REGISTRY[name].controls else ("fixed",) for name in SHOWN}
OTHERS = {
    "crop": {"sampler": "lz", "antiCrop": False, "mode": "published", "saliency": "boxes", "boxes": [[1, 1, 9, 9]], "fwhm": 20},
    "nearest": {"sampler": "lds", "mode": "published", "interpolation": "nearest", "nodes": [9, 17]},
    "averaged": {"sampler": "lz", "mode": "published", "interpolation": "antialias", "sourceScale": 0.5},
    "lost lines": {"sampler": "lzu", "mode": "published", "contrast": 1.7, "separable": True, "nodes": [13, 41]},
    "edges": {"sampler": "es", "saliency": "edges", "options": {"es": {"smoothness": 0.3}}},
    "square": {"sampler": "lds", "options": {"lds": {"form": "square", "kernel_radius": 3}}},
}  # fmt: skip


def picture() -> Picture:
    rng = np.random.default_rng(5)
    small = Image.fromarray(rng.integers(0, 256, (9, 14, 3), np.uint8))
    return Picture(np.asarray(small.resize((131, 90), Image.Resampling.BICUBIC)))


def states() -> dict[str, dict]:
    """Bilinear, since footprints have no outside; painted up to the border, so that samples lie there."""
    common = {"image": "own", "width": 37, "interpolation": "bilinear", "paint": blob(88, 128, (0.02, 0.97)).to_text()}
    bent = Warp.identity((7, 9)).nodes + 0.02 * torch.randn(1, 7, 9, 2, generator=torch.Generator().manual_seed(0))
    own = {"given": {"options": {"given": {"grid": hold(bent.clamp(-1, 1), "bent")}}}}
    each = {
        f"{name} {mode}": {"sampler": name, "mode": mode, **own.get(name, {})}
        for name, modes in MODES.items()
        for mode in modes
    }
    return {name: common | given for name, given in (each | OTHERS).items()}


STATES = states()


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> dict[str, dict[str, np.ndarray]]:
    """{name: the script's arrays}, all run by one new interpreter in an empty folder but for the picture."""
    folder, own = tmp_path_factory.mktemp("snippets"), picture()
    Image.fromarray(own.pixels).save(folder / "picture.png")
    paths = {name: folder / f"{name}.py" for name in STATES}
    for name, path in paths.items():
        path.write_bytes(export(State.parse(STATES[name]), own, None, "snippet", "py").body)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error::SyntaxWarning", "-c", RUN, *(path.name for path in paths.values())]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name: dict(np.load(path.with_suffix(".npz"))) for name, path in paths.items()}


@pytest.mark.parametrize("name", STATES)
def test_a_script_computes_what_the_page_shows(ran, name):
    state, own, made = State.parse(STATES[name]), picture(), ran[name]
    with torch.inference_mode():
        setting = Setting.of(state, own)
        image, (back, valid) = setting.image(), drawing.unzoomed(setting)
        np.testing.assert_allclose(made["nodes"], nodes_of(answer(state, own)), atol=1e-12)
    apart = np.abs(made["zoomed"] - image.numpy())
    # Float32 and float64 may disagree on a place exactly between two pixels.
    assert (apart < 1e-4).mean() > (0.99 if state.interpolation == "nearest" else 0.99999), apart.max()
    seen = made["unzoomed"][0].transpose(1, 2, 0)
    assert ((seen == 0).all(-1) <= (~valid | (back == 0).all(-1))).all()
    assert (np.abs(seen * 255 - back)[valid] < (40 if state.interpolation == "nearest" else 1.01)).mean() > 0.99


def test_the_scripts_reach_what_they_are_for(ran):
    """Dark borders of published LZ, lines that published LZU loses, places that differ between the modes."""
    for name in ("lz", "lds"):
        dark, bright = (ran[f"{name} {mode}"]["zoomed"][..., 0, :].mean() for mode in ("published", "fixed"))
        assert dark < 0.9 * bright
    assert any((ran[name]["unzoomed"][..., -1, :] == 0).all() or (ran[name]["unzoomed"][..., -1] == 0).all()
               for name in ("lzu published", "lost lines"))  # fmt: skip
    for name in MODES:
        if len(MODES[name]) > 1:
            assert not np.array_equal(ran[f"{name} fixed"]["zoomed"], ran[f"{name} published"]["zoomed"])


def test_every_other_sampler_has_a_room_of_its_own():
    assert set(samplers.REGISTRY) - set(SHOWN) == {"cad"}


def test_the_exported_picture_is_the_scripts(ran):
    name = "lz published"
    shown = np.asarray(Image.open(io.BytesIO(export(State.parse(STATES[name]), picture(), None, "zoomed", "png").body)))
    made = (ran[name]["zoomed"][0].clip(0, 1) * 255).round().astype(int).transpose(1, 2, 0)
    assert np.abs(shown[..., :3].astype(int) - made).max() <= 1
