"""``lzviz lessons``: the page's lessons, built from their Markdown, or what is wrong with them."""

from __future__ import annotations

import argparse
from pathlib import Path

WORDS_A_MINUTE = 150


def options_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=lessons)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("app/lessons"), help="a folder a language (app/lessons)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where what was built is out of date")


def lessons(options: argparse.Namespace) -> int:
    """Build them and say how long each takes to read."""
    from lzviz.lessons.build import read, texts
    from lzviz.lessons.parse import words

    told = read(options.folder)
    for tag, each in ((tag, each) for tag, lessons in told.items() for each in lessons):
        count = words(each)
        print(f"{tag} {each['number']:2} {each['name']:14} {count:4} words  {count / WORDS_A_MINUTE:.1f} min")
    stale = 0
    for path, text in texts(told).items():
        if options.check and (not path.exists() or path.read_text("utf-8") != text):
            stale = 1
            print(f"{path.name} is out of date: run `python -m lzviz lessons`")
        elif not options.check:
            path.write_text(text, "utf-8")
    return stale
