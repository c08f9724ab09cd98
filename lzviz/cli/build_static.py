"""``lzviz build-static``: a folder that any web server hosts, with the page and with answers that were made beforehand."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def options_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=build)
    parser.add_argument("out", type=Path, metavar="OUT", help="new, empty, or a part of it that was interrupted")
    parser.add_argument("--pictures", nargs="+", metavar="NAME", help="of the gallery, the first one opens (all)")
    parser.add_argument("--checkpoints", nargs="*", metavar="NAME", help="whose answers go along (all)")


def build(options: argparse.Namespace) -> None:
    """Write the folder and say how large it is."""
    from lzviz.site import build as built

    size = built(options.out, options.pictures, options.checkpoints, _progress)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(
        f"{options.out}: {size.files} files, {size.total / 1e6:.1f} MB; {size.first / 1e6:.2f} MB before the first stroke"
    )
    print(f"look at it: python -m http.server --bind 127.0.0.1 --directory {options.out}")


def _progress(number: int, count: int, name: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{number}/{count} {name[:60]:60}", end="", file=sys.stderr)
