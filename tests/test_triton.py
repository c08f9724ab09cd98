"""The GPU kernel of row convolutions, under Triton's interpreter: no GPU is needed, Triton is."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lzviz.adaptive import gpu

SCRIPT = Path(__file__).parent / "triton_checks.py"
TREE = ast.parse(SCRIPT.read_text()).body


def listed(name: str) -> list[str]:
    """The functions in a tuple of the script, which must not be imported here."""
    for node in TREE:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == name:
            return [entry.id for entry in node.value.elts]  # type: ignore[attr-defined]
    raise LookupError(name)


def run(interpret: bool) -> dict[str, str]:
    """{check: its line}, from a process of its own: whether Triton interprets is decided when it is imported."""
    if importlib.util.find_spec("triton") is None:
        pytest.fail("the GPU kernel cannot be checked without Triton: pip install triton==3.9.0 (it needs no GPU)")
    path = [str(SCRIPT.parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(path)}
    environment["TRITON_INTERPRET"] = str(int(interpret))
    done = subprocess.run([sys.executable, SCRIPT], env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return {line.split(":")[0].split()[1]: line for line in done.stdout.splitlines() if line}


@pytest.fixture(scope="module")
def interpreted() -> dict[str, str]:
    return run(interpret=True)


@pytest.mark.parametrize("check", listed("INTERPRETED"))
def test_under_the_interpreter(interpreted, check):
    assert interpreted.get(check) == f"passed {check}"


def test_compiles_for_gpus_that_are_not_here():
    assert run(interpret=False) == {check: f"passed {check}" for check in listed("COMPILED")}


def test_all_checks_are_listed():
    functions = [node.name for node in TREE if isinstance(node, ast.FunctionDef)]
    helpers = ("problem", "twin", "close", "compiles")
    assert sorted(listed("INTERPRETED") + listed("COMPILED")) == sorted(set(functions) - set(helpers))


def test_on_a_cpu_the_backend_leaves_rows_to_pytorch():
    rows, table = torch.randn(3, 4), torch.zeros(2, 1, dtype=torch.int64)
    assert gpu.triton_rows(rows, table, torch.randn(5, 4, 1, 1), None, 1) is None


def test_without_triton_the_backend_steps_aside(monkeypatch):
    gpu.kernels.cache_clear()
    monkeypatch.setitem(sys.modules, "lzviz.adaptive.triton_kernels", None)
    assert gpu.kernels() is None
    gpu.kernels.cache_clear()
