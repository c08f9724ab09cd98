"""The notebooks of the examples run, and stand there with their outputs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def said(notebook) -> list[list[str]]:
    """The plain text of each cell's outputs."""
    return [
        [out.get("text") or out["data"]["text/plain"] for out in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_runs_and_stands_there_executed(path, monkeypatch):
    monkeypatch.setenv(
        "PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )  # its kernel is this Python
    notebook = nbformat.read(path, as_version=4)
    shown = said(notebook)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(EXAMPLES.parent)}}).execute()
    assert [bool(cell) for cell in said(notebook)] == [bool(cell) for cell in shown] and any(shown)
    assert path.stat().st_size < 100_000
