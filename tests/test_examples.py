"""The numbered examples run as they stand, from an empty folder, in an interpreter of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.test_adaptive_extras import PRESENT

ROOT = Path(__file__).resolve().parent.parent
RUN = """
import pathlib, runpy, sys
from tests import test_adaptive_extras  # declares what torchvision lacks beside another build of torch
for path in sys.argv[1:]:
    print(f"== {pathlib.Path(path).name}")
    sys.argv = [path]
    runpy.run_path(path, run_name="__main__")
"""


def test_examples_run(tmp_path):
    examples = sorted((ROOT / "examples").glob("*.py"))
    assert [path.name[:3] for path in examples] == [f"{k:02d}_" for k in range(1, len(examples) + 1)] and examples
    if not PRESENT["torchvision"] and os.environ.get("LZVIZ_EXTRAS") != "required":
        examples = [path for path in examples if "import torchvision" not in path.read_text()]
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", RUN, *map(str, examples)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    said = re.split(r"^== .*\n", done.stdout, flags=re.M)[1:]
    assert len(said) == len(examples) and all(text.strip() for text in said)
    assert (tmp_path / "zoomed.png").is_file()


def test_every_example_is_named_in_the_contents():
    listed = (ROOT / "examples/README.md").read_text()
    assert [path.name for path in (ROOT / "examples").glob("*.py") if f"({path.name})" not in listed] == []
