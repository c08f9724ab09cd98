"""The Python of README.md and docs/ runs: each page in an interpreter of its own, its blocks one after the other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [path.relative_to(ROOT).as_posix() for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

PICTURE = """
import torch
image, labels = torch.rand(1, 3, 64, 96), torch.randint(0, 11, (1, 64, 96))
"""
GIVEN = {
    "README.md": [
        PICTURE + "saliency = torch.rand(1, 1, 20, 30) + 0.1\nnetwork = torch.nn.Conv2d(3, 4, 3, stride=4, padding=1)\n"
    ],
    "docs/comparing.md": [PICTURE],
    "docs/cad.md": [
        PICTURE,
        "network = lzviz.models.create('compact', classes=11, stem=4, width=16, channels=16, output_stride=16, decoder=False)\n",
    ],
    "docs/detection.md": [
        """
import functools
import torch
from tests.torchvision_plain import detectors
image, found = torch.rand(1, 3, 64, 96), detectors()
small = {"min_size": 64, "max_size": 96}
found.fasterrcnn_resnet50_fpn = functools.partial(
    lambda weights, make, **options: make(weights=None, weights_backbone=None, **options | small),
    make=found.fasterrcnn_resnet50_fpn, rpn_post_nms_top_n_test=9,
)
found.FCOS = functools.partial(found.FCOS, **small)
from lzviz.tasks import wrapping
wrapping.check_size = lambda size, *_: (48, 64)
"""
    ],
    "docs/results.md": [
        """
from lzviz import datasets
drawn = datasets.open_data("scenes", count=1, size=(48, 64)).readers
def few(name, folder, split):
    return datasets.Dataset(name, datasets.CAMVID, drawn, split=split)
datasets.open_data = few
"""
    ],
    "docs/training.md": [
        """
import pathlib
import numpy
import PIL.Image
for folder, shape in (("mine", (48, 64, 3)), ("truth", (48, 64))):
    pathlib.Path(folder).mkdir()
    for name in ("a", "b"):
        PIL.Image.fromarray(numpy.random.default_rng(0).integers(0, 3, shape, numpy.uint8)).save(f"{folder}/{name}.png")
import dataclasses
whole = dataclasses.replace
def short(recipe, **changes):
    return whole(recipe, **changes | ({"steps": 1, "batch": 2} if "steps" in changes else {}))
dataclasses.replace = short
"""
    ],
}
"""What a reader has before each block, and small stand-ins for what takes hours."""


def blocks(page: str) -> list[str]:
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)])
def test_the_code_of_a_page_runs(page, tmp_path):
    given = GIVEN.get(page, [])
    given = given + [""] * (len(blocks(page)) - len(given))
    script = tmp_path / "page.py"
    script.write_text("\n".join(part for pair in zip(given, blocks(page), strict=True) for part in pair))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


def test_links_between_pages_lead_somewhere():
    lost = []
    for page in [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md"]:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8")):
            if not ((ROOT / page).parent / target).exists():
                lost.append(f"{page}: {target}")
    assert lost == []
