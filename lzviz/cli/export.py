"""``lzviz export``: a run becomes a checkpoint, a checkpoint an ONNX file."""

from __future__ import annotations

import argparse
from pathlib import Path

RUNS = Path("runs")


def options_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=export)
    parser.add_argument("name", metavar="NAME", help="a run, or its folder; with --onnx also a checkpoint")
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="FOLDER", help="where runs are kept (%(default)s)")
    parser.add_argument("--to", type=Path, default=Path("checkpoints"), metavar="FOLDER", help="(%(default)s)")
    parser.add_argument(
        "--onnx", type=Path, metavar="FILE", help="write an ONNX file, and see that it answers the same"
    )
    parser.add_argument("--size", type=int, nargs=2, metavar=("H", "W"), help="of its pictures (as in training)")


def export(options: argparse.Namespace) -> None:
    """A run's average becomes a checkpoint of the recipe's name; with --onnx, a run or a checkpoint becomes a file."""
    from lzviz.training import runs

    places = [options.runs / options.name, Path(options.name)]
    found = [place for place in places if (place / runs.STATE).is_file()]
    if options.onnx is not None:
        return _onnx(options, str(found[0]) if found else options.name)
    if options.size is not None:
        raise ValueError("--size is of --onnx FILE")
    if not found:
        raise FileNotFoundError(f"no run in {' or '.join(map(str, places))}: neither holds {runs.STATE}")

    from lzviz.training.export import export as write

    print(write(found[0], options.to))


def _onnx(options: argparse.Namespace, name: str) -> None:
    from lzviz.cli.evaluate import trained
    from lzviz.pipelines.onnx import written

    print(f"{options.onnx}: {written(trained(name), options.onnx, options.size)}")
