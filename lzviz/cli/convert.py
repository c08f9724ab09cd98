"""``lzviz convert``: published weights become a checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path


def options_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=convert)
    parser.add_argument("name", metavar="NAME", help="of the weights, such as efficientnet-lite0-imagenet")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="their .pth or .safetensors")
    parser.add_argument("--to", type=Path, default=Path("checkpoints"), metavar="FOLDER", help="(%(default)s)")


def convert(options: argparse.Namespace) -> None:
    """Print the folder of the checkpoint that was written."""
    from lzviz.checkpoints.published import convert as write

    print(write(options.name, *options.files, to=options.to))
