"""A sampler that one file registers, outside the package, is in the link, in scripts and under the laws without another edit."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLUGIN = """
from lzviz import samplers
from lzviz.coords import lattice
from lzviz.samplers.base import WarpSampler
from lzviz.options import Option
from lzviz.warp import Warp


class Middle(WarpSampler):
    def __init__(self, share=0.8, interpolation="bilinear"):
        self.share, self.interpolation = share, interpolation

    def look(self, image):
        return None

    def warp(self, saliency, size, source_size):
        return Warp.from_grid(lattice((5, 7))[None] * self.share)


samplers.add(
    samplers.System(
        "middle", "Middle", "the middle alone", "nobody 2031", Middle,
        (Option("share", "number", 0.8, 0.1, 1),), {"share": 0.8},
        claims=frozenset({"constants", "count", "no_fold", "flip", "dtype"}),
    )
)
"""
ASK = """
import json, middle, torch
import lzviz
from lzviz import samplers
line = samplers.REGISTRY["middle"].describe()
state = lzviz.State.parse({"sampler": "middle"})
out = samplers.create("middle", share=0.5)(torch.rand(1, 3, 20, 30), (4, 6))
print(json.dumps([line, state.to_link(), lzviz.State.from_link(state.to_link()).sampler, list(out.image.shape)]))
"""


def python(folder: Path, *arguments: str) -> str:
    (folder / "middle.py").write_text(PLUGIN)
    found = os.pathsep.join([str(folder), str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**os.environ, "PYTHONPATH": found}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_a_newcomer_describes_itself_and_its_name_is_good_in_a_state_and_a_link(tmp_path):
    line, link, read_back, shape = json.loads(python(tmp_path, "-c", ASK))
    assert line["title"] == "Middle" and line["prescribes"] == {"share": 0.8} and line["twin"] is False
    assert [(o["name"], o["kind"], o["min"], o["max"]) for o in line["options"]] == [("share", "number", 0.1, 1)]
    assert "sampler=middle" in link and read_back == "middle"
    assert shape == [1, 3, 4, 6]


def test_a_newcomer_is_examined_by_every_law_that_it_claims(tmp_path):
    told = python(
        tmp_path, "-m", "pytest", "-p", "middle", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=", "-q", "-rA",
        "tests/test_samplers.py", "-k", "middle",
    )  # fmt: skip
    for law in (
        "constants_survive",
        "density_sums",
        "nothing_folds",
        "flips_commute",
        "float64_agrees",
        "tiny_images",
        "inputs_are",
    ):
        assert any(law in row and "middle" in row and row.startswith("PASSED") for row in told.splitlines()), law
    assert "inverse_undoes" not in told
