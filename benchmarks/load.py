"""Fifty painters and one CAD user against a server that is started here as ``app.py`` starts it; prints a table.

    python -m benchmarks.load [--painters 50] [--seconds 60] [--port 0]

Each painter does what the page does: it loads files, catalogue and picture, asks after every stroke at once, asks again later
and later where the server has no room, drops what a newer stroke has taken the place of, and asks once what a warp takes. The
client is one process of raw sockets, so that the server has the machine; the machine's load is printed beside the numbers.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lzviz.contract.maps import Map

ROOT = Path(__file__).parents[1]
PICTURE, LATTICE = "street", (64, 128)
PAUSE, REST, LONGEST, GROWTH = 0.12, 1.0, 8.0, 1.6  # of the page: core/client.js, times.js, patience.js
BROKEN = (ConnectionError, asyncio.IncompleteReadError, TimeoutError)
GOALS = "goals: 0 errors, catalogue and static p95 <= 0.3 s, last strokes <= 5 s, peak <= 1.5 GB, after a minute <= 1.1 x start"


@dataclass
class Told:
    """What the visitors saw: seconds by what was asked, statuses, errors that a page would have shown."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    strokes: int = 0
    computed: int = 0

    def add(self, what: str, seconds: float) -> None:
        self.seconds.setdefault(what, []).append(seconds)


class Browser:
    """Connections of one visitor, kept open as a browser does."""

    def __init__(self, port: int, told: Told):
        self.port, self.told = port, told
        self.page = f"{random.getrandbits(96):024x}"
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._tags: dict[str, str] = {}

    async def ask(self, path: str, body: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer; a GET brings the tag of what is known already.

        A kept connection that the server has closed meanwhile is replaced, as browsers do.
        """
        while self._idle:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                return await self._over(self._idle.pop(), path, body)
        return await self._over(await asyncio.open_connection("127.0.0.1", self.port), path, body)

    async def _over(
        self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str, body: bytes | None
    ) -> tuple[int, dict[str, str], bytes]:
        reader, writer = connection
        lines = [f"{'GET' if body is None else 'POST'} /{path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += ["Accept-Encoding: gzip", f"Content-Length: {len(body or b'')}", "Content-Type: application/json"]
        if body is None and path in self._tags:
            lines.append(f"If-None-Match: {self._tags[path]}")
        try:
            writer.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            answer = await _body(reader, headers)
        except BaseException:
            writer.close()
            raise
        if headers.get("connection") == "close":
            writer.close()
        else:
            self._idle.append((reader, writer))
        if "etag" in headers:
            self._tags[path] = headers["etag"]
        status = int(head[0].split()[1])
        self.told.statuses[status] += 1
        return status, headers, answer

    async def load(self, what: str, path: str) -> None:
        """A file of the page; anything but a yes is an error that is seen."""
        start = time.perf_counter()
        try:
            status, _, _ = await self.ask(path)
        except BROKEN as error:
            self.told.errors.append(f"{what}: {type(error).__name__}")
            return
        self.told.add(what, time.perf_counter() - start)
        if status not in (200, 304):
            self.told.errors.append(f"{what}: {status}")

    async def patient(self, what: str, path: str, question: dict, wanted=lambda: True) -> dict | None:
        """The answer, asked again while the server is busy; None where something newer took its place."""
        body = json.dumps(question).encode()
        for attempt in range(1000):
            try:
                status, headers, answer = await self.ask(path, body)
            except BROKEN as error:
                self.told.errors.append(f"{what}: {type(error).__name__}")
                return None
            if status == 200:
                return json.loads(answer)
            if status == 409:
                return None
            if status != 503 or "retry-after" not in headers:
                self.told.errors.append(f"{what}: {status} {answer[:90]!r}")
                return None
            wait = min(LONGEST, float(headers["retry-after"]) * GROWTH**attempt)
            await asyncio.sleep(wait * (0.5 + random.random()))
            if not wanted():
                return None
        return None


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "chunked" not in headers.get("transfer-encoding", ""):
        return await reader.readexactly(int(headers.get("content-length", 0)))
    parts = []
    while length := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(length))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)


class Painter:
    """A page on which somebody paints."""

    def __init__(self, port: int, told: Told, maps: Sequence[str]):
        self.browser, self.told, self.maps = Browser(port, told), told, maps
        self.seq = 0
        self.timed = False
        self.asked: set[asyncio.Task[None]] = set()

    def question(self) -> dict:
        state = {"image": PICTURE, "saliency": "paint", "paint": random.choice(self.maps)}
        return {"page": self.browser.page, "seq": self.seq, "image": PICTURE, "state": state}

    async def open(self) -> None:
        """What a visit loads."""
        for what, path in (("page", ""), ("static", "lzviz/static/bundle.js"), ("static", "lzviz/static/bundle.css"),
                           ("catalogue", "lzviz/catalogue"), ("picture", f"lzviz/picture/{PICTURE}")):  # fmt: skip
            await self.browser.load(what, path)

    async def stroke(self, start: float) -> None:
        """Asks about the paint of now; what is older than the newest is dropped."""
        self.seq += 1
        mine = self.seq
        answer = await self.browser.patient("stroke", "lzviz/compute", self.question(), lambda: mine == self.seq)
        if answer is not None:
            self.told.computed += 1
        if answer is not None and mine == self.seq:
            self.told.add("stroke", time.perf_counter() - start)

    def send(self) -> None:
        self.told.strokes += 1
        self.asked.add(asyncio.create_task(self.stroke(time.perf_counter())))

    async def paint(self, until: float) -> None:
        """Visits, paints until then, and waits for the answer to the last stroke."""
        await asyncio.sleep(random.random() * 3)
        await self.open()
        while time.perf_counter() < until:
            await asyncio.sleep(random.uniform(0.3, 1.2) + PAUSE)
            self.send()
            await asyncio.sleep(random.uniform(0.3, 2.5))
            if not self.timed and random.random() < 0.3:
                self.timed = True
                self.asked.add(asyncio.create_task(self.times()))
            if random.random() < 0.1:
                await self.open()
        self.told.strokes += 1
        last = time.perf_counter()
        await self.stroke(last)
        self.told.add("last stroke", time.perf_counter() - last)
        await asyncio.gather(*self.asked)

    async def times(self) -> None:
        await self.browser.patient("times", "lzviz/warp-time", self.question())


async def cad(port: int, told: Told, until: float) -> None:
    """Somebody in the CAD room: another threshold every few seconds, its mask and its features, and at rest its times."""
    browser, seq = Browser(port, told), 0
    while time.perf_counter() < until:
        seq += 1
        state = {"room": "cad", "image": PICTURE, "cadThreshold": round(random.uniform(0.05, 0.5), 3)}
        about = {"page": browser.page, "seq": seq, "image": PICTURE, "state": state}
        for what, path in (("cad mask", "lzviz/cad-mask"), ("cad", "lzviz/cad")):
            start = time.perf_counter()
            if await browser.patient(what, path, about) is not None:
                told.add(what, time.perf_counter() - start)
        await asyncio.sleep(REST)
        await browser.patient("cad times", "lzviz/cad-time", about)
        await asyncio.sleep(REST)


# The server ---------------------------------------------------------------------------------------------------------


def processes(root: int) -> list[int]:
    """A process and all its children."""
    found = [root]
    for pid in found:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, line.read_text().split())
    return found


def memory(root: int) -> float:
    """Resident GB of a process and its children."""
    pages = 0
    for pid in processes(root):
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e9


def processor(root: int) -> float:
    """Seconds of processor that a process has had."""
    fields = Path(f"/proc/{root}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def ready(port: int) -> None:
    for _ in range(1200):
        with contextlib.suppress(*BROKEN, OSError):
            if (await Browser(port, Told()).ask("lzviz/catalogue"))[0] == 200:
                return
        await asyncio.sleep(0.1)
    raise SystemExit("the server did not start")


async def alone(port: int, pid: int, maps: Sequence[str], count: int = 40) -> float:
    """Processor milliseconds of the server for one stroke, everything around it included."""
    painter = Painter(port, Told(), maps)
    await painter.open()
    for warm in (5, count):
        before = processor(pid)
        for _ in range(warm):
            await painter.stroke(time.perf_counter())
    return 1000 * (processor(pid) - before) / count


async def run(port: int, pid: int, painters: int, seconds: float) -> None:
    """The crowd, and what is printed about it."""
    generator = np.random.default_rng(0)
    y, x = np.mgrid[: LATTICE[0], : LATTICE[1]]
    spots = [(generator.uniform(8, 56), generator.uniform(8, 120), generator.uniform(3, 12)) for _ in range(40)]
    maps = [
        Map.of((255 * np.exp(-((y - a) ** 2 + (x - b) ** 2) / r**2)).astype(np.uint8)).to_text() for a, b, r in spots
    ]
    await ready(port)
    each = await alone(port, pid, maps)
    await cad(port, Told(), time.perf_counter() + 0.1)
    start, told, peak = memory(pid), Told(), 0.0
    until = time.perf_counter() + seconds
    before, load = processor(pid), os.getloadavg()[0]
    crowd = [Painter(port, told, maps).paint(until) for _ in range(painters)]
    work = asyncio.gather(*crowd, cad(port, told, until))
    while not work.done():
        peak = max(peak, memory(pid))
        await asyncio.sleep(0.5)
    await work
    spent = processor(pid) - before
    print(f"{painters} painters and one CAD user, {seconds:.0f} s, load of the machine before {load:.1f}")
    print(f"visible errors    {len(told.errors)}  {Counter(told.errors).most_common(3) or ''}")
    print(f"strokes           {told.strokes}, computed {told.computed}, replaced by newer ones {told.statuses[409]}")
    print(f"503s              {told.statuses[503]}")
    for what in ("catalogue", "static", "page", "picture", "stroke", "last stroke", "cad mask", "cad"):
        taken = told.seconds.get(what, [float("nan")])
        p50, p95 = np.quantile(taken, (0.5, 0.95))
        print(f"{what:<17} p50 {p50:6.3f} s   p95 {p95:6.3f} s   most {max(taken):6.3f} s   n {len(taken)}")
    print(f"processor         {each:.1f} ms a stroke alone; {spent:.0f} s in all, the crowd's pages and CAD included")
    print("waiting a minute ...", flush=True)
    await asyncio.sleep(60)
    after = memory(pid)
    print(
        f"memory            start {start:.2f} GB, peak {peak:.2f} GB, a minute later {after:.2f} GB ({after / start:.2f} x start)"
    )
    print(GOALS)


def main() -> None:
    """Start the server, load it, end it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--painters", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--port", type=int, default=0, help="a free one by default")
    chosen = parser.parse_args()
    port = chosen.port or free_port()
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, "app.py", "--port", str(port)]
        server = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        try:
            asyncio.run(run(port, server.pid, chosen.painters, chosen.seconds))
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main()
