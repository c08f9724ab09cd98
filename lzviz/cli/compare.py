"""``lzviz compare``: methods side by side at one budget, as tables and figures, without a browser."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def options_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=compare)
    parser.add_argument(
        "image", type=Path, metavar="IMAGE|FOLDER",
        help="a picture; a folder of pictures; or one with images/ and labels/, CamVid's or Cityscapes' own layout",
    )  # fmt: skip
    parser.add_argument(
        "--samplers", nargs="+", required=True, metavar="NAME",
        help="samplers (lzu, lzu:published, cad:threshold=high:depth=2), checkpoints and files of grids, in any mix",
    )  # fmt: skip
    parser.add_argument("--plugin", type=Path, metavar="FILE.py", help="a file that registers samplers of your own")
    parser.add_argument(
        "--budget", default="96x128", metavar="B", help="96x128 pixels, 0.3G multiply-adds or 20ms (96x128)"
    )
    parser.add_argument("--labels", type=Path, metavar="FILE", help="true classes of one picture: scores and errors")
    parser.add_argument("--split", default="val", metavar="SPLIT", help="of a data set (val)")
    parser.add_argument("--limit", type=int, metavar="N", help="only so many pictures of a folder, evenly spread")
    parser.add_argument("--out", type=Path, default=Path("compared"), metavar="DIR", help="where files go (compared)")


def compare(options: argparse.Namespace) -> None:
    """Print the table and write the files."""
    import lzviz
    from lzviz import plugins
    from lzviz.comparison import compare_folder

    if options.plugin is not None:
        plugins.load(options.plugin)
    if not options.image.is_dir():
        if not options.image.is_file():
            raise ValueError(f"there is no picture or folder {options.image}")
        comparison = lzviz.compare(
            options.image,
            options.samplers,
            options.budget,
            labels=options.labels,
            progress=lambda line: print(line, file=sys.stderr, flush=True),
        )
        comparison.save(options.out)
        print(comparison)
    else:
        data = _pictures(options)
        table = compare_folder(data, options.samplers, options.budget, options.out, _progress)
        if sys.stderr.isatty():
            print(file=sys.stderr)
        print(f"{len(data)} pictures at {options.budget}\n\n{table.to_markdown()}")
    print(options.out)


def _pictures(options: argparse.Namespace):
    """Pictures with labels where the folder has them, else paths."""
    from lzviz import checkpoints, datasets

    folder = options.image
    if (folder / "images").is_dir() and (folder / "labels").is_dir():
        known = {card.name: card.classes for card in checkpoints.available()}
        classes = next((known[name] for name in options.samplers if known.get(name)), tuple(map(str, range(255))))
        data = datasets.pairs(folder / "images", folder / "labels", classes, options.split)
    elif (folder / "leftImg8bit").is_dir():
        data = datasets.open_data("cityscapes", folder, options.split)
    elif (folder / options.split).is_dir():
        data = datasets.open_data("camvid", folder, options.split)
    else:
        data = sorted(path for path in folder.iterdir() if path.suffix.lower() in datasets.PICTURES)
        if not data:
            raise ValueError(f"no pictures in {folder}: expected {', '.join(datasets.PICTURES)} files")
    if options.limit is None:
        return data
    if options.limit < 1:
        raise ValueError(f"--limit is a number of pictures, at least 1, got {options.limit}")
    chosen = [k * len(data) // options.limit for k in range(min(options.limit, len(data)))]
    if isinstance(data, list):
        return [data[k] for k in chosen]
    data.readers = [data.readers[k] for k in chosen]
    return data


def _progress(number: int, count: int, name: str) -> None:
    if sys.stderr.isatty():
        bar = "█" * (20 * number // count)
        print(f"\r{bar:20} {number}/{count} {name[:40]:40}", end="", file=sys.stderr)
