"""How long a cold server takes to a page that draws: ``python -m benchmarks.coldstart [--runs 3]``.

What a page needs before its first frame is asked in its own order: the page, the script, the menus, the first picture. Wall time
depends on what else the machine does; the server's own processor time hardly does, and is printed beside it.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("", "lzviz/static/bundle.js", "lzviz/catalogue", "lzviz/picture/street")
PATIENCE = 120.0
GOAL = 5.0


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def spent(process: int) -> float:
    """Processor seconds of a process and of those that it has waited for."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def once() -> dict[str, tuple[float, float]]:
    """(wall seconds, processor seconds) since the start at which each thing had come."""
    port, began = free_port(), time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    came = {}
    try:
        for path in NEEDED:
            while True:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=PATIENCE) as answer:
                        answer.read()
                    break
                except urllib.error.URLError:
                    if server.poll() is not None or time.perf_counter() - began > PATIENCE:
                        raise SystemExit(f"the server did not answer /{path}") from None
                    time.sleep(0.02)
            came[path or "page"] = time.perf_counter() - began, spent(server.pid)
    finally:
        server.terminate()
        server.wait()
    return came


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    runs = [once() for _ in range(parser.parse_args().runs)]
    print(f"{'':24}{'wall s':>8}{'processor s':>13}   median of {len(runs)}, load {os.getloadavg()[0]:.1f}")
    for name in runs[0]:
        wall, own = (statistics.median(run[name][k] for run in runs) for k in (0, 1))
        print(f"{name:24}{wall:8.2f}{own:13.2f}")
    last = statistics.median(max(wall for wall, _ in run.values()) for run in runs)
    print(f"to a page that draws: {last:.2f} s, goal {GOAL:g} s")


if __name__ == "__main__":
    main()
