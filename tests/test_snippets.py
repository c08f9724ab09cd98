"""Exported scripts run by themselves, in an interpreter that has seen nothing of the page, and compute what the page shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lzviz.contract.answers.pipeline_session import Session
from lzviz.contract.answers.pipeline_snippet import snippet
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.truth import Truth
from lzviz.contract.workshop import Workshop
from lzviz.datasets import CAMVID
from tests.app_server import blob

ROOT = Path(__file__).resolve().parent.parent
LONG = (150, 1100)  # longer than what networks read, and not by a whole number
TALL, SMALL = (1300, 170), (97, 63)
RUN = """
import os, pathlib, runpy, sys
import numpy
for path in [pathlib.Path(name).absolute() for name in sys.argv[1:]]:
    os.chdir(path.parent)
    trace = runpy.run_path(str(path))["trace"]
    kept = {"labels": trace.labels, "saliency": trace.saliency, "zoomed": trace.zoomed}
    kept = {name: value.numpy() for name, value in kept.items() if value is not None}
    numpy.savez(path.with_suffix(".npz"), miou=trace.miou if trace.truth is not None else -1.0, **kept)
"""
SESSIONS = {
    "network": ("lds-camvid-48x64", {}),
    "paint": ("lds-camvid-48x64", {"learnedFrom": "paint", "paint": blob(40, 128).to_text(), "strength": 21.5}),
    "nothing painted": ("lds-camvid-48x64", {"learnedFrom": "paint", "paint": None}),
    "file": ("lds-camvid-48x64", {"learnedFrom": "file"}),
    "edges": ("lds-camvid-48x64", {"learnedFrom": "edges"}),
    "truth": ("lds-camvid-48x64", {"learnedFrom": "truth", "strength": 7.0}),
    "lambda": ("es-camvid-48x64", {"learnedFrom": "truth", "learnedLambda": 3.25}),
    "quadtree": ("cad-edges-camvid-360x480", {}),
    "its own masks": ("cad-learned7-camvid-360x480", {}),
    "masks of a small picture": ("cad-learned-camvid-360x480", {}, SMALL),
    "edges of a tall picture": ("cad-edges-camvid-360x480", {}, TALL),
    "dilated": ("dilated-camvid-360x480", {}),
    "looks twice": ("lzu-adaptive-camvid-48x64", {}, SMALL),
    "features": ("lzu-features-camvid-96x128", {}, TALL),
    "separable, told": ("lz-camvid-48x64", {"learnedFrom": "truth", "strength": 3.5}, TALL),
    "small, painted": ("es-camvid-48x64", {"learnedFrom": "paint", "paint": blob(20, 128).to_text()}, SMALL),
    "streets": ("lds-scenes-64x128", {"learnedFrom": "edges"}, TALL),
    "no places": ("resizer-camvid-48x64", {}, SMALL),
    "flows": ("downsizenet-camvid-48x64", {}, TALL),
    "no weights": ("untrained-downsizenet-texture", {}, SMALL),
}


def sessions():
    rng = np.random.default_rng(5)
    coarse = [Image.fromarray(rng.integers(0, 256, shape, np.uint8)) for shape in ((6, 9, 3), (6, 10))]
    workshop = Workshop()
    for name, (checkpoint, state, *size) in SESSIONS.items():
        shape = (size or [LONG])[0][::-1]
        picture = Picture(np.asarray(coarse[0].resize(shape, Image.Resampling.BICUBIC)))
        labels = np.asarray(coarse[1].resize(shape, Image.Resampling.NEAREST)) % 12
        truth = Truth(np.where(labels == 11, 255, labels).astype(np.uint8), CAMVID, "upload")
        made = State.parse({"room": "pipeline", "image": "own", "checkpoint": checkpoint, **state})
        file = blob(30, 90, (0.7, 0.2)) if name == "file" else None
        yield name, Session(workshop, made, picture, file, None if name == "network" else truth)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """{name: (the page's trace, the script's arrays, the script)}, all scripts run by one new interpreter in an empty folder but
    for the picture."""
    folder, kept = tmp_path_factory.mktemp("snippets"), {}
    for name, session in sessions():
        path = folder / "x".join(map(str, session.picture.size)) / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(snippet(session))
        kept[name] = session.run(), path
        Image.fromarray(session.picture.pixels).save(path.parent / "picture.png")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    paths = [str(path.relative_to(folder)) for _, path in kept.values()]
    command = [sys.executable, "-W", "error::SyntaxWarning", "-c", RUN, *paths]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("multiply-adds") >= len(SESSIONS)
    return {n: (trace, dict(np.load(path.with_suffix(".npz"))), path.read_text()) for n, (trace, path) in kept.items()}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_script_computes_what_the_page_shows(ran, name):
    trace, made, _ = ran[name]
    assert made["labels"].shape == trace.labels.shape  # the reading size
    assert (made["labels"] == trace.labels.numpy()).mean() > 0.9999
    assert made["zoomed"] == pytest.approx(
        trace.zoomed.numpy(), abs=1e-5
    )  # another number of threads adds up otherwise
    if trace.saliency is not None:
        assert made["saliency"] == pytest.approx(trace.saliency.numpy(), rel=1e-4, abs=1e-5)
    assert made["miou"] == pytest.approx(-1.0 if trace.truth is None else trace.miou, abs=1e-4)


@pytest.mark.parametrize("name", SESSIONS)
def test_a_script_begins_with_how_to_install_what_it_needs(ran, name):
    title, empty, install, *_ = ran[name][2].splitlines()
    assert title.startswith('"""') and not empty and install.startswith("# python -m pip install lzviz")
    assert '# dependencies = ["lzviz"]' in ran[name][2]


def test_a_script_reads_no_labels_from_a_file_that_a_prediction_is_saved_as(ran):
    assert not any("labels.png" in script for _, _, script in ran.values())


def test_scripts_of_shipped_pictures_want_their_packages():
    from lzviz.contract.answers.snippet import needs

    assert json.loads(needs("skimage.data.coffee()")[-2].partition(" = ")[2]) == ["lzviz", "scikit-image"]
