"""``lzviz doctor``: what is wrong with warps in files, where, and what mends it; exit code 1 where something is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def options_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=doctor)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files of warps, or folders of them")
    parser.add_argument("--source", type=_size, required=True, metavar="HxW", help="the source's size, as 1024x2048")
    parser.add_argument("--zoomed", type=_size, metavar="HxW", help="the zoomed picture's size")
    parser.add_argument("--use", metavar="USE", help="grid, flow, remap, deform, attention, saliency, points or clip")
    parser.add_argument("--stride", type=float, metavar="S", help="of the features that the grid reads")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="class ids of the source: an array, or a PNG")
    parser.add_argument("--boxes", type=Path, metavar="FILE", help="boxes x0, y0, x1, y1 in source pixels, (n, 4)")
    parser.add_argument("--gradient", type=Path, metavar="FILE", help="of a loss by the warp, or by its saliency map")
    parser.add_argument("--image", type=Path, metavar="PICTURE", help="the source, which lies under the grid in a page")
    parser.add_argument("--fail-on", default="", metavar="CHECKS", help="only these checks break the build (comma)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--html", type=Path, metavar="OUT", help="write one page")
    parser.add_argument("--junit", type=Path, metavar="OUT", help="write JUnit XML")


def _size(text: str) -> tuple[int, int]:
    try:
        h, w = (int(n) for n in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected HEIGHTxWIDTH, as 1024x2048") from None
    return h, w


def doctor(options: argparse.Namespace) -> int:
    """Diagnose each file; 0 where all is well, 1 where a check fails."""
    import json

    from lzviz.doctor import CHECKS, diagnose, report, static
    from lzviz.doctor.adapters.files import SUFFIXES, picture

    fail_on = [name for name in options.fail_on.split(",") if name]
    if unknown := [name for name in fail_on if name not in CHECKS]:
        raise ValueError(f"--fail-on {','.join(unknown)}: expected checks of {', '.join(CHECKS)}")
    files: list[Path] = []
    for place in options.files:
        inner = sorted(p for p in place.rglob("*") if p.suffix in SUFFIXES) if place.is_dir() else [place]
        files += inner
    if not files:
        raise ValueError(f"no file of {', '.join(SUFFIXES)} in {', '.join(map(str, options.files))}")
    asked = {
        "zoomed_size": options.zoomed, "use": options.use, "stride": options.stride, "labels": options.labels,
        "boxes": options.boxes, "gradient": options.gradient, "image": options.image and picture(options.image),
    }  # fmt: skip
    done = []
    for number, file in enumerate(files, 1):
        if len(files) > 1 and sys.stderr.isatty():
            bar = "█" * (20 * number // len(files))
            print(f"\r{bar:20} {number}/{len(files)} {file.name[:40]:40}", end="", file=sys.stderr)
        done.append((str(file), diagnose(file, options.source, **asked)))
    if len(files) > 1 and sys.stderr.isatty():
        print(file=sys.stderr)
    if options.json:
        print(json.dumps({name: json.loads(diagnosis.to_json()) for name, diagnosis in done}, indent=1))
    else:
        print("\n\n".join(f"{name}\n{diagnosis}" for name, diagnosis in done))
    if options.html:
        options.html.write_text(report.page(done), encoding="utf-8")
    if options.junit:
        options.junit.write_text(static.junit(done, fail_on), encoding="utf-8")
    return int(any(static.fails(f, fail_on) for _, diagnosis in done for f in diagnosis.findings))
