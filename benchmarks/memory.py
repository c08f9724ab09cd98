"""What a picture costs the server: megabytes while it is decoded and asked about, and while it is kept; prints a table.

    python -m benchmarks.memory [--megapixels 1 12 50 100]

A fresh ``app.py`` for each size, warmed with a small picture. Resident memory of the process, and of its decoders apart, is read
twenty times a second while a picture arrives, is shown and is asked about once; and again after a rest.
"""

from __future__ import annotations

import argparse
import io
import json
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.served import App, family

REST = 12.0


class Watch(threading.Thread):
    """The most that a process, and its children together, held meanwhile."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid, self.ended = pid, threading.Event()
        self.own = self.children = 0.0

    def run(self) -> None:
        """Look until it is ended."""
        while not self.ended.wait(0.05):
            own = resident(self.pid)
            children = sum(resident(pid) for pid in family(self.pid)[1:])
            self.own, self.children = max(self.own, own), max(self.children, children)


def resident(pid: int) -> float:
    """Megabytes of one process."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
    except OSError:
        return 0.0


def drawn(megapixels: float) -> bytes:
    """A JPEG with something in it."""
    h = round((megapixels * 1e6 / 1.5) ** 0.5)
    rows = np.add.outer(np.arange(h) // 7, np.arange(round(1.5 * h)) // 5).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(rows).convert("RGB").save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def ask(app: App, path: str, body: bytes | None = None) -> bytes:
    """The body of an answer."""
    with urllib.request.urlopen(urllib.request.Request(app.address + path, body), timeout=300) as answer:
        return answer.read()


def visit(app: App, data: bytes) -> None:
    """Bring a picture, look at it and ask about it."""
    name = json.loads(ask(app, "lzviz/picture", data))["id"]
    ask(app, f"lzviz/picture/{name}")
    state = {"image": "own", "saliency": "edges"}
    ask(app, "lzviz/compute", json.dumps({"state": state, "image": name}).encode())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(";")[0])
    parser.add_argument("--megapixels", nargs="*", type=float, default=(1, 12, 50, 100))
    print(
        "| megapixels | seconds | most while asked, MB more | decoders then, MB | kept, MB more |\n|---:|---:|---:|---:|---:|"
    )
    for megapixels in parser.parse_args().megapixels:
        data = drawn(megapixels)
        with App() as app:
            app.wait()
            assert app.process is not None
            pid = app.process.pid
            visit(app, drawn(0.1))
            before, watch, start = resident(pid), Watch(pid), time.monotonic()
            watch.start()
            visit(app, data)
            taken = time.monotonic() - start
            watch.ended.set()
            time.sleep(REST)
            kept = resident(pid) - before
        most = f"{watch.own - before:.0f} | {watch.children:.0f}"
        print(f"| {megapixels:g} | {taken:.1f} | {most} | {kept:.0f} |", flush=True)


if __name__ == "__main__":
    main()
