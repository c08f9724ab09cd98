"""What ``pip install`` would put in place, used from another folder by a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    egg, lib = folder / "egg", folder / "lib"
    egg.mkdir()
    command = ["setup.py", "-q", "egg_info", "--egg-base", str(egg), "build_py", "--build-lib", str(lib)]
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True)
    return lib


def run(library, code, **more):
    environment = {k: v for k, v in os.environ.items() if k != "LZVIZ_CHECKPOINTS"} | {
        "PYTHONPATH": str(library),
        **more,
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=library.parent, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_an_installation_finds_the_shipped_checkpoints_and_the_canvas(library, tmp_path):
    code = """
import lzviz, lzviz.canvas, pathlib
print(lzviz.__file__)
print(*(card.name for card in lzviz.checkpoints.available()))
print(lzviz.load("uniform-camvid-48x64").card.name)
"""
    place, *names = run(library, code)
    shipped = sorted(path.parent.name for path in (ROOT / "checkpoints").glob("*/card.json"))
    assert Path(place).is_relative_to(library) and names == [*shipped, "uniform-camvid-48x64"] and len(shipped) >= 36
    for folder in ("canvas", "data"):
        files = [path.relative_to(ROOT) for path in (ROOT / "lzviz" / folder).rglob("*") if path.is_file()]
        assert files and [file for file in files if file.suffix != ".pyc" and not (library / file).is_file()] == []
