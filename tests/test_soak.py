"""The long run in short: what benchmarks/soak.py asks is answered, and it would notice a leak."""

from __future__ import annotations

import time

from benchmarks.served import Use
from benchmarks.soak import Painter, grown
from tests.app_server import app_url


def test_everything_that_a_painter_asks_is_answered():
    painter = Painter(app_url(), 3, until=0.0, pause=0.0)
    painter.upload()
    painter.step()
    for _ in range(6):
        painter.step()
    assert set(painter.heard) == {"200"} and painter.heard.total() >= 7


def test_a_picture_that_the_server_let_go_of_is_no_failure():
    painter = Painter(app_url(), 0, until=time.monotonic(), pause=0.0)
    painter.picture = "own-00"
    assert painter.ask("lzviz/compute", {"state": {"image": "own"}, "image": "own-00"}) is None
    assert painter.picture == "coffee" and painter.heard["404"] == 1


def test_a_leak_is_noticed_and_a_cache_that_fills_is_not():
    filling = [Use(300 + 40 * min(at, 10), 20, 60, 1) for at in range(30)]
    assert all(flat for _, _, flat in grown(filling).values())
    leaking = [Use(300 + 8 * at, 20 + at, 60 + 2 * at, at) for at in range(30)]
    assert not any(flat for _, _, flat in grown(leaking).values())


def test_the_use_of_a_process_counts_its_children(tmp_path):
    import os
    import subprocess
    import sys

    (tmp_path / "left behind").write_text("x")
    before = Use.of(os.getpid(), tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        now = Use.of(os.getpid(), tmp_path)
        child.communicate(b"\n")
    assert before.files == 1 and now.threads > before.threads and now.megabytes > before.megabytes > 50
