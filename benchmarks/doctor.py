"""The doctor's time, and what it makes of the zoo: ``python -m benchmarks.doctor`` prints Markdown. One thread, fixed seeds.

Named: the right check has the highest verdict and at most one other check warns. Clean: the fix, applied, leaves nothing. True: it
gives what was meant back. Alarm: any warning or fault on a healthy grid, or a healthy one taken for something else.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict

import numpy as np

from benchmarks.harness import milliseconds, processor, show, single_thread, table
from lzviz.doctor import diagnose
from lzviz.plain import convert
from tests.zoo import drawn, second
from tests.zoo.faulty import faulty
from tests.zoo.healthy import healthy
from tests.zoo.measure import Faulty, Healthy, alarms, outcome


def main() -> None:
    single_thread()
    print(f"One thread. {processor()}\n\n### Time\n")
    show(table(("", "processor ms"), times()))
    for name, cases, fit in (
        ("The zoo", faulty(), healthy()),
        ("The second zoo: other sizes, types and forms", second.faulty(), second.healthy()),
        ("Drawn at random", drawn.faulty(160, 500), drawn.healthy(160, 501)),
    ):
        judged(name, list(cases), list(fit))


def judged(name: str, cases: list[Faulty], fit: list[Healthy]) -> None:
    print(f"### {name}\n")
    marks = defaultdict(list)
    for case in cases:
        marks[case.check].append(outcome(case))
    rows = [(check, len(each), *np.mean(each, 0)) for check, each in sorted(marks.items())]
    every = np.array([mark for each in marks.values() for mark in each])
    show(table(("fault", "cases", "named", "clean", "true"), [*rows, ("all", len(every), *every.mean(0))]))
    loud = [case.name for case in fit if alarms(case)]
    print(f"{len(fit)} healthy grids, {len(loud)} alarms ({len(loud) / len(fit):.1%}) {', '.join(loud)}\n")


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
    # Of the larger one; the way there and back is looked at on 4,096 points.
    for check in ("round-trip", "holes"):
        yield f"of it, {check} alone", milliseconds(lambda check=check: diagnose(given, source, checks=[check]))
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
