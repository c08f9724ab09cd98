"""``lzviz watch``: what a watched run's warps did, as one page with a time line."""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path


def options_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=watch)
    parser.add_argument("folder", type=Path, metavar="RUN", help="the folder that lzviz.watch(model, RUN) writes")
    parser.add_argument("--html", type=Path, metavar="OUT", help="the page; RUN/watch.html where nothing is said")


def watch(options: argparse.Namespace) -> int:
    """Write the page and say what was seen; 1 where a look found a fault."""
    from lzviz.doctor.finding import VERDICTS
    from lzviz.watching import Looks
    from lzviz.watching.page import page

    looks = Looks(options.folder)
    out = options.html or options.folder / "watch.html"
    out.write_text(page(looks), encoding="utf-8")
    sites = defaultdict(list)
    for look in looks.read():
        sites[look.site].append(look)
    for site, seen in sites.items():
        worst = max(seen, key=lambda look: VERDICTS.index(look.verdict))
        told = worst.findings[0]["sentence"] if worst.findings else "nothing to mend"
        count = f"{len(seen)} looks" if len(seen) > 1 else "1 look"
        print(f"{worst.verdict:8}{site}: {count}, worst at step {worst.step}: {told}")
    print(out)
    return int(any(look.verdict == "fault" for seen in sites.values() for look in seen))
