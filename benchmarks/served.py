"""The real ``app.py`` in a process of its own, which can be killed and started again, and what it uses of the machine (Linux)."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
# It imports torch first, which a busy machine takes its time for; one that ends before is told at once.
PATIENCE = 300.0


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class App:
    """``python app.py`` on a port of its own. Use it in a ``with`` block."""

    def __init__(self, *options: str, **environment: str):
        self.folder = ROOT  # whose app.py it is
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}/"
        self.command = [sys.executable, "app.py", "--port", str(self.port), *options]
        quiet = {"OMP_NUM_THREADS": "1", "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}
        self.environment = {**os.environ, **quiet, **environment}
        self.process: subprocess.Popen[bytes] | None = None
        self.said = tempfile.TemporaryFile()  # noqa: SIM115  (closed by __exit__)

    def start(self) -> App:
        """Start it; :meth:`wait` waits until it answers."""
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, env=self.environment, stdout=self.said, stderr=subprocess.STDOUT
        )
        return self

    def wait(self, token: str = "") -> App:
        """Return as soon as the catalogue is served, to whoever has the token."""
        assert self.process is not None
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.said.seek(0)
                raise AssertionError(f"app.py ended with {self.process.returncode}:\n{self.said.read().decode()}")
            with contextlib.suppress(OSError):
                bearer = {"Authorization": f"Bearer {token}"} if token else {}
                asked = urllib.request.Request(f"{self.address}lzviz/catalogue", headers=bearer)
                urllib.request.urlopen(asked, timeout=5).close()
                return self
            time.sleep(0.1)
        raise AssertionError(f"app.py did not answer within {PATIENCE:.0f} s")

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)

    def __enter__(self) -> App:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.said.close()


@dataclass(frozen=True)
class Use:
    """What a process and its children hold: resident megabytes, threads, descriptors, files in its temporary folder."""

    megabytes: float
    threads: int
    descriptors: int
    files: int

    @classmethod
    def of(cls, pid: int, temporary: Path) -> Use:
        """The use of now."""
        held = [_numbers(each) for each in family(pid)]
        files = sum(len(names) for _, _, names in os.walk(temporary))
        return cls(sum(m for m, _, _ in held) / 1024, sum(t for _, t, _ in held), sum(d for _, _, d in held), files)


def family(pid: int) -> list[int]:
    """A process and all below it."""
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{pid}/task").glob("*/children")
        return [
            pid,
            *(below for each in children for child in each.read_text().split() for below in family(int(child))),
        ]
    return []


def _numbers(pid: int) -> tuple[int, int, int]:
    """Resident kilobytes, threads and descriptors; nothing for a process that has just ended."""
    with contextlib.suppress(OSError, KeyError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        said = {key: value for key, _, value in (line.partition(":") for line in lines)}
        return int(said["VmRSS"].split()[0]), int(said["Threads"]), len(os.listdir(f"/proc/{pid}/fd"))
    return 0, 0, 0
