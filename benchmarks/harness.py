"""How we measure: one thread, interleaved medians, ratios within one run, peak memory of the process.

A ratio is only as good as its denominator, so subject and baseline are run in turns and compared by their medians. On one thread
times are processor time, which is what a clock shows on an idle machine, and stays it on a busy one; on several they are the
clock's, since processor time would hide a thread that waits.
"""

from __future__ import annotations

import ctypes
import gc
import itertools
import platform
import re
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import torch

Work = Callable[[], object]


def single_thread() -> None:
    """One thread and a fixed seed, as all published numbers."""
    torch.set_num_threads(1)
    torch.manual_seed(0)


def milliseconds(work: Work, repeats: int = 15, warm_up: int = 2) -> float:
    """Median time of ``work`` in ms."""
    return together([work], repeats, warm_up)[0]


def together(
    works: Sequence[Work],
    repeats: int = 15,
    warm_up: int = 2,
    reduce: Callable[[Sequence[float]], float] = statistics.median,
) -> list[float]:
    """Median (or what ``reduce`` makes of it) time of each of ``works`` in ms, run in turns: what slows one slows all of them."""
    now = time.process_time if torch.get_num_threads() == 1 and not torch.cuda.is_initialized() else time.perf_counter
    times: list[list[float]] = [[] for _ in works]
    for turn in range(warm_up + repeats):
        for work, seen in zip(works, times, strict=True):
            start = now()
            work()
            if torch.cuda.is_initialized():
                torch.cuda.synchronize()
            elapsed = now() - start
            if turn >= warm_up:
                seen.append(1e3 * elapsed)
    return [reduce(seen) for seen in times]


def peak_megabytes(work: Work) -> float:
    """By how much ``work`` raises the resident memory of the process at its highest, in MB (Linux; NaN elsewhere)."""
    try:
        work()
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)  # what the allocator keeps for reuse would hide what the work needs
        Path("/proc/self/clear_refs").write_text("5")  # forget the high-water mark
        before = _status("VmRSS")
        work()
        return (_status("VmHWM") - before) / 1e3
    except (OSError, AttributeError):
        return float("nan")


def _status(field: str) -> float:
    """A field of /proc/self/status, in kB."""
    found = re.search(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text())
    if found is None:
        raise OSError(f"/proc/self/status has no {field}")
    return float(found[1])


def processor() -> str:
    """The machine in a few words."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except (OSError, AttributeError):
        found = None
    return f"{found[1] if found else platform.processor() or platform.machine()}, torch {torch.__version__}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a Markdown table, each as soon as its row is measured; numbers get three significant digits."""
    for row in itertools.chain((head, ["---"] * len(head)), ([_cell(value) for value in row] for row in rows)):
        yield "| " + " | ".join(row) + " |"


def show(lines: Iterable[str]) -> None:
    """Print lines as they come, and an empty one."""
    for line in lines:
        print(line, flush=True)
    print(flush=True)


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e6):
        return f"{int(value):,}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
