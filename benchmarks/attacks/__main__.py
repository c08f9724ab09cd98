"""Attack and print; see :mod:`benchmarks.attacks`."""

from __future__ import annotations

import argparse
import sys

from benchmarks.attacks import attack
from benchmarks.attacks.strangers import TOKEN
from benchmarks.served import App


def main(arguments: list[str] | None = None) -> int:
    """The exit status is 1 when something did not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(";")[0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=(), help="words of the names of series")
    chosen = parser.parse_args(arguments)
    with App() as app, App("--token", TOKEN) as guarded:
        app.wait()
        guarded.wait(TOKEN)
        assert app.process is not None
        print("| attack | attempts | did not hold | seconds | MB after |\n|---|---:|---:|---:|---:|")
        told = []
        for name, line in attack(app.port, guarded.port, chosen.every, chosen.only, app.process.pid):
            counts = f"{line.attempts:,} | {len(line.broken)} | {line.seconds:.0f} | {line.megabytes:.0f}"
            print(f"| {name} | {counts} |", flush=True)
            told += [f"{name}: {what}" for what in line.broken]
    print(*told[:60], sep="\n")
    return int(bool(told))


if __name__ == "__main__":
    sys.exit(main())
