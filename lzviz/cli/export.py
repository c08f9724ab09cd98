"""``lzviz export``: a run becomes a checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path

RUNS = Path("runs")


def options_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=export)
    parser.add_argument("name", metavar="RUN", help="its name among the runs, or its folder")
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="FOLDER", help="where runs are kept (%(default)s)")
    parser.add_argument("--to", type=Path, default=Path("checkpoints"), metavar="FOLDER", help="(%(default)s)")


def export(options: argparse.Namespace) -> None:
    """A run's average becomes a checkpoint of the recipe's name."""
    from lzviz.training import runs
    from lzviz.training.export import export as write

    places = [options.runs / options.name, Path(options.name)]
    found = [place for place in places if (place / runs.STATE).is_file()]
    if not found:
        raise FileNotFoundError(f"no run in {' or '.join(map(str, places))}: neither holds {runs.STATE}")
    print(write(found[0], options.to))
