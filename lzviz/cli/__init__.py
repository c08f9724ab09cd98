"""``lzviz COMMAND``: one file a command, its options and what it does.

What a command needs is imported when it runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from lzviz.cli import build_static, compare, convert, doctor, evaluate, export, lessons, train, watch

EXTRAS = {
    "PIL": "train",
    "accelerate": "train",
    "tensorboard": "train",
    "tqdm": "train",
    "skimage": "app",
    "matplotlib": "app",
}
EXTRAS |= {"latex2mathml": "lessons"}
EXTRAS |= dict.fromkeys(("onnx", "onnxruntime", "onnxscript"), "onnx")
"""What a bare installation lacks: module -> the extra that has it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0, 1 where it found faults, or 2 with one sentence on stderr where it cannot be done as asked."""
    parser = argparse.ArgumentParser(
        prog=Path(sys.argv[0]).name if Path(sys.argv[0]).name == "lzviz" else "python -m lzviz",
        description="See, touch and debug learned downsampling.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    train.options_of(commands.add_parser("train", help="train a recipe, or go on where its run was stopped"))
    export.options_of(commands.add_parser("export", help="make a checkpoint of a run, or an ONNX file of a checkpoint"))
    convert.options_of(commands.add_parser("convert", help="make a checkpoint of published weights"))
    evaluate.options_of(commands.add_parser("evaluate", help="how good a checkpoint is, and whether another is better"))
    doctor.options_of(commands.add_parser("doctor", help="what is wrong with a warp, where, and what mends it"))
    compare.options_of(commands.add_parser("compare", help="methods side by side at one budget: tables and figures"))
    watch.options_of(commands.add_parser("watch", help="what a watched run's warps did, as one page with a time line"))
    build_static.options_of(
        commands.add_parser("build-static", help="the page as a folder that any web server hosts, without Python")
    )
    lessons.options_of(
        commands.add_parser("lessons", help="build the page's lessons from their Markdown, or check them")
    )
    options = parser.parse_args(arguments)
    try:
        code = options.run(options)
    except ModuleNotFoundError as missing:
        module = (missing.name or "").partition(".")[0]
        if module not in EXTRAS:
            raise
        parser.exit(2, f"{parser.prog}: {module} is not installed: pip install 'lzviz[{EXTRAS[module]}]'\n")
    except (ValueError, TypeError, OSError) as problem:
        parser.exit(2, f"{parser.prog}: {problem}\n")
    return code or 0
