"""Does a server that is used for long stay as it was? Painters, uploads and CAD against a real ``app.py``.

    python -m benchmarks.soak                  5 painters for 10 minutes
    python -m benchmarks.soak --minutes 0.5 --painters 2

Memory, threads, descriptors and temporary files of the process and its children are read as time goes by and must be flat: the
last third is compared with the third before it. What a cache may hold is filled before (its budget is the whole answer to "how
much"), so the first third is not counted. Prints a table; the exit status is 1 when something grew or an answer was wrong.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.served import App, Use
from lzviz.contract.maps import Map

PICTURES = ("coffee", "chelsea", "astronaut", "street")
# By how much each may grow from the second third to the last: megabytes, threads, descriptors, files.
SLACK = {"megabytes": 60.0, "threads": 4, "descriptors": 12, "files": 2}
SAMPLES = 30


class Painter(threading.Thread):
    """Somebody who paints, changes pictures, uploads one now and then and looks at CAD."""

    def __init__(self, address: str, seed: int, until: float, pause: float):
        super().__init__(daemon=True)
        self.address, self.until, self.pause = address, until, pause
        self.random = np.random.default_rng(seed)
        self.heard: Counter[str] = Counter()
        self.picture = PICTURES[seed % len(PICTURES)]

    def run(self) -> None:
        """Ask until the time is over."""
        while time.monotonic() < self.until:
            self.step()
            time.sleep(self.pause * self.random.random())

    def step(self) -> None:
        """One thing that a visitor does."""
        roll = self.random.random()
        if roll < 0.05:
            self.upload()
        elif roll < 0.1:
            self.picture = str(self.random.choice(PICTURES))
            self.ask(f"lzviz/picture/{self.picture}")
        elif roll < 0.2:
            self.ask("lzviz/cad-mask", {"state": {"image": "coffee", "room": "cad", "cadThreshold": round(roll, 2)}})
        else:
            own = "own" if self.picture.startswith("own-") else self.picture
            state = {"image": own, "paint": self.stroke()}
            self.ask("lzviz/compute", {"state": state, "image": self.picture, "seq": 1})

    def stroke(self) -> str:
        """A painted map with one spot."""
        y, x = np.mgrid[0:48, 0:64]
        at = self.random.random(2) * (48, 64)
        return Map.of((255 * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / 40)).astype(np.uint8)).to_text()

    def upload(self) -> None:
        """A picture that nobody has sent before."""
        side, buffer = int(self.random.integers(300, 900)), io.BytesIO()
        Image.fromarray(self.random.integers(0, 255, (side, side + 100, 3), np.uint8)).save(buffer, "JPEG")
        if told := self.ask("lzviz/picture", data=buffer.getvalue()):
            self.picture = told["id"]

    def ask(self, path: str, body: object = None, data: bytes | None = None) -> dict[str, Any] | None:
        """An answer; its status is counted."""
        data = json.dumps(body).encode() if body is not None else data
        try:
            with urllib.request.urlopen(urllib.request.Request(self.address + path, data), timeout=60) as answer:
                said = answer.read()
                self.heard[str(answer.status)] += 1
                return json.loads(said) if said.startswith(b"{") else None
        except urllib.error.HTTPError as refused:
            self.heard[str(refused.code)] += 1
            if refused.code == 404:
                self.picture = PICTURES[0]  # the server let go of it: a page would send it again
        except OSError as error:
            self.heard[type(error).__name__] += 1
        return None


def grown(uses: list[Use]) -> dict[str, tuple[float, float, bool]]:
    """(before, after, flat) of each quantity: the medians of the second and of the last third."""
    third = len(uses) // 3
    told = {}
    for name, slack in SLACK.items():
        values = [float(getattr(use, name)) for use in uses]
        before, after = statistics.median(values[third : 2 * third]), statistics.median(values[2 * third :])
        told[name] = (before, after, after <= before + slack)
    return told


def soak(minutes: float, painters: int, pause: float = 1.0) -> tuple[list[Use], Counter[str]]:
    """The use of the machine as time goes by, and the status of every answer."""
    uses: list[Use] = []
    with tempfile.TemporaryDirectory() as folder, App(TMPDIR=folder) as app:
        app.wait()
        assert app.process is not None
        until = time.monotonic() + 60 * minutes
        crowd = [Painter(app.address, seed, until, pause) for seed in range(painters)]
        for painter in crowd:
            painter.start()
        while time.monotonic() < until:
            time.sleep(60 * minutes / SAMPLES)
            uses.append(Use.of(app.process.pid, Path(folder)))
        for painter in crowd:
            painter.join(90)
        return uses, sum((painter.heard for painter in crowd), Counter())


def main(arguments: list[str] | None = None) -> int:
    """Soak and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--painters", type=int, default=5)
    chosen = parser.parse_args(arguments)
    uses, heard = soak(chosen.minutes, chosen.painters)
    print(f"{chosen.painters} painters, {chosen.minutes:g} minutes, {heard.total()} answers: {dict(heard)}\n")
    print("| | at first | second third | last third | highest | flat |\n|---|---:|---:|---:|---:|---|")
    result = grown(uses)
    for name, (before, after, flat) in result.items():
        highest = max(getattr(use, name) for use in uses)
        row = f"{getattr(uses[0], name):.0f} | {before:.0f} | {after:.0f} | {highest:.0f}"
        print(f"| {name} | {row} | {'yes' if flat else 'NO'} |")
    wrong = heard.total() - sum(heard[status] for status in ("200", "404", "503"))
    return int(wrong > 0 or not all(flat for _, _, flat in result.values()))


if __name__ == "__main__":
    sys.exit(main())
