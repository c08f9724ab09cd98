"""A server that nobody asks gives back what it made; what visitors brought stays."""

import ctypes
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from app.housekeeping import Housekeeping
from lzviz.contract.memory import Memory


def test_what_rests_and_can_be_made_again_goes(monkeypatch):
    memory, clock = Memory(1000), [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    memory.put("features", "old", "a", 300)
    memory.put("picture", "own", "b", 300, owner="me")
    clock[0] = 130.0
    memory.put("features", "new", "c", 300)
    assert memory.forget(20) == 300
    assert memory.get("features", "old") is None
    assert memory.get("features", "new") == "c" and memory.get("picture", "own") == "b"
    assert memory.bytes_held == 600


def test_use_keeps_a_value(monkeypatch):
    memory, clock = Memory(1000), [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    memory.put("features", "k", "a", 10)
    clock[0] = 30.0
    memory.get("features", "k")
    clock[0] = 40.0
    assert memory.forget(20) == 0 and memory.get("features", "k") == "a"


def test_it_looks_by_itself_until_it_is_ended():
    memory = Memory(1000)
    memory.put("features", "k", "a", 10)
    keeper = Housekeeping(memory, rest=0.0, every=0.01)
    keeper.start()
    for _ in range(500):
        if memory.get("features", "k") is None:
            break
        time.sleep(0.01)
    keeper.end()
    keeper.join(5)
    assert memory.bytes_held == 0 and not keeper.is_alive()


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only this C library keeps pages for reuse")
def test_pages_of_many_threads_come_back():
    script = """
    import os, sys, threading, torch  # which the package loads beside
    from app.housekeeping import Housekeeping
    from lzviz.contract.memory import Memory
    keeper = Housekeeping(Memory())
    held = []
    gate = threading.Barrier(8)
    def work():
        mine = [bytes(60_000) for _ in range(400)]  # below the size that is mapped by itself
        held.append(bytes(1000))  # what stays above them keeps the heap from shrinking
        gate.wait()
    def resident():
        return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    before = resident()
    threads = [threading.Thread(target=work) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    keeper.look()
    print((resident() - before) / 1e6)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parent.parent, env=os.environ,
    )  # fmt: skip
    assert float(done.stdout) < 40, "192 MB were held"
