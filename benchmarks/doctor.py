"""The doctor's time, and what it makes of the zoo: ``python -m benchmarks.doctor`` prints Markdown. One thread, fixed seeds.

Named: the right check has the highest verdict and at most one other check warns. Clean: the fix, applied, leaves nothing. True: it
gives the true grid back. Alarm: any warning or fault on a healthy grid.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict

import numpy as np

from benchmarks.harness import milliseconds, processor, show, single_thread, table
from lzviz.doctor import diagnose
from lzviz.plain import convert
from tests.test_doctor import BAD, outcome
from tests.zoo.faulty import faulty
from tests.zoo.healthy import healthy


def main() -> None:
    single_thread()
    print(f"One thread. {processor()}\n\n### Time\n")
    show(table(("", "processor ms"), times()))
    print("### The zoo\n")
    marks = defaultdict(list)
    for case in faulty():
        marks[case.check].append(outcome(case))
    rows = [(check, len(each), *np.mean(each, 0)) for check, each in sorted(marks.items())]
    every = np.array([mark for each in marks.values() for mark in each])
    show(table(("fault", "cases", "named", "clean", "true"), [*rows, ("all", len(every), *every.mean(0))]))
    grids = list(healthy())
    alarms = [n for n, g, source in grids if any(f.verdict in BAD for f in diagnose(g, source).findings)]
    print(f"{len(grids)} healthy grids, {len(alarms)} alarms ({len(alarms) / len(grids):.1%}) {', '.join(alarms)}")


def times():
    """What is timed, and how long it takes."""
    for size, source in (((31, 51), (600, 960)), ((512, 1024), (1024, 2048))):
        plane = convert.identity(size)
        grid = plane - 0.2 * plane * (1 - plane[..., :1] ** 2) * (1 - plane[..., 1:] ** 2)
        given = grid[None].astype(np.float32)
        yield (
            f"diagnose, {size[0]}x{size[1]} of {source[0]}x{source[1]}",
            milliseconds(lambda g=given, s=source: diagnose(g, s)),
        )
    yield "import lzviz.doctor, after NumPy", imported()


def imported() -> float:
    """Processor ms of the import in a fresh interpreter; it must load no torch."""
    code = (
        "import numpy, sys, time; began = time.process_time(); import lzviz.doctor; "
        "assert 'torch' not in sys.modules; print(1000 * (time.process_time() - began))"
    )
    return min(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(3)
    )


if __name__ == "__main__":
    main()
