"""What is run on a GPU, in small sizes on a CPU, so that it never rots."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_part_runs_in_dry_size(tmp_path):
    out = tmp_path / "gpu.json"
    command = [
        "sh",
        "benchmarks/gpu.sh",
        "--dry",
        "--out",
        str(out),
        "--runs",
        str(tmp_path / "runs"),
        "--minutes",
        "5",
    ]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, "OMP_NUM_THREADS": "1"},
                          capture_output=True, text=True, timeout=580)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(out.read_text())
    assert found["failed"] == {} and max(found["parity"].values()) < 1e-4
    assert [line["name"] for line in found["pipelines"]] == ["uniform-camvid-96x128", "cad-edges-camvid-360x480"]
    assert all(line["same_labels"] == 1 and line["total_ms"] > 0 for line in found["pipelines"])
    assert found["kernel"][0]["rows_ms"] > 0 and found["training"][0]["finished"], found["training"]
    assert (tmp_path / "runs").is_dir()
