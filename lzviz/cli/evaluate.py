"""``lzviz evaluate``: how good a checkpoint is."""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

FRAMES = 6
"""Of each clip, a tenth of a second apart."""


def options_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=evaluate)
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="a name, a folder, a Hub id, or the folder of a run")
    parser.add_argument(
        "data",
        metavar="DATA",
        help="camvid, cityscapes, scenes or clips; the folder of one of the first two; one with images/ and labels/; "
        "or one in COCO's layout",
    )
    parser.add_argument(
        "--data-root", type=Path, metavar="FOLDER", help="where camvid or cityscapes lies, or drawn clips are kept"
    )
    parser.add_argument("--split", nargs="+", default=["val"], metavar="SPLIT", help="val, heldout, test, ... (val)")
    parser.add_argument(
        "--against", metavar="OTHER", help="a checkpoint, a run, or a report of --json: paired differences from it"
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the report: a file, or a folder for several")
    parser.add_argument(
        "--limit", type=int, metavar="N", help="only so many pictures, evenly spread (16 scenes, 72 frames of clips)"
    )
    parser.add_argument("--size", type=int, nargs=2, metavar=("H", "W"), help="of scenes, pixels (as in training)")
    parser.add_argument("--source-scale", type=float, default=1.0, metavar="S", help="reduce the pictures first")
    parser.add_argument("--previous", choices=("twice", "sequence"), help="for LZU's adaptive form (as its card says)")
    parser.add_argument("--unzoom", choices=("scores", "features"), help="bring back something else than was trained")
    parser.add_argument("--zoomed", type=int, nargs=2, metavar=("H", "W"), help="another zoomed size than was trained")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--device", default="cpu")


def evaluate(options: argparse.Namespace) -> None:
    """Print a report, or two and their difference."""
    from lzviz.assess import Report, paired

    if options.limit is not None and options.limit < 1:
        raise ValueError(f"--limit is a number of pictures, at least 1, got {options.limit}")
    if options.json is not None and options.json.suffix == ".json" and len(options.split) > 1:
        raise ValueError("several splits need a folder: --json FOLDER")
    _check_device(options.device)
    ours = trained(options.checkpoint, options.unzoom, options.zoomed)
    theirs = None
    if options.against is not None and not options.against.endswith(".json"):
        theirs = trained(options.against)
    for split in options.split:
        data = _labelled(options, split, ours)
        report = _assessed(ours, data, options)
        print(f"{report}\n{_order(report, ours)}")
        if options.json is not None:
            out = options.json if options.json.suffix == ".json" else options.json / f"{report.slug}.json"
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(report.to_json())
        if options.against is None:
            continue
        if theirs is None:
            other = Report.from_json(Path(options.against).read_text())
        else:
            other = _assessed(theirs, data, options)
            print(f"{other}\n{_order(other, theirs)}")
        print(f"{report.name} less {other.name}, points of 100 and their 95 % interval")
        for metric in (each.name for each in report.task.metrics):
            if not any(math.isnan(each.score(metric)) for each in (report, other)):
                print(f"  {metric:10}{paired(report, other, metric)}")
        print()


def _check_device(name: str) -> None:
    """ValueError in one sentence where torch's own would be a page, or come after minutes."""
    import torch

    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise ValueError(f"--device is cpu, or cuda or mps where this machine has it, got {name!r}") from None


def trained(name: str, unzoom: Literal["scores", "features"] | None = None, zoomed: tuple[int, int] | None = None):
    """A checkpoint, or the average of a run: its pipeline, with a card, and used in another way than it was trained."""
    from lzviz import checkpoints
    from lzviz.training import runs

    if (Path(name) / runs.STATE).is_file():
        pipeline, recipe, about = runs.pipeline_of(name)
        pipeline.card = checkpoints.Card(
            recipe.name, recipe.blueprint.system, {}, about.classes, recipe=recipe.as_json(), seed=recipe.seed
        )
    else:
        pipeline = checkpoints.load(name)
    assert pipeline.card is not None
    if unzoom is not None and unzoom != pipeline.unzoom:
        pipeline.unzoom = unzoom
        pipeline.card = replace(pipeline.card, name=f"{pipeline.card.name} ({unzoom} unzoomed)")
    if zoomed is not None and tuple(zoomed) != pipeline.size:
        if pipeline.size is None:
            raise ValueError(f"{name} has no zoomed size of its own to replace")
        pipeline.size = (zoomed[0], zoomed[1])
        pipeline.card = replace(pipeline.card, name=f"{pipeline.card.name} (at {zoomed[0]}x{zoomed[1]})")
    return pipeline


def _assessed(pipeline, data, options: argparse.Namespace):
    """The report of a pipeline; ValueError where it knows other classes: those of boxes are found by name."""
    from lzviz.assess import assess
    from lzviz.datasets import named

    card = pipeline.card
    if tuple(card.classes) != data.classes and data.task == pipeline.task.name == "detection":
        print(f"{data.name}: boxes of {', '.join(data.classes)} count as {', '.join(card.classes)} by name, no others")
        data = named(data, card.classes)
    if tuple(card.classes) != data.classes:
        raise ValueError(
            f"{card.name} knows {', '.join(card.classes)}; the labels of {data.name} are {', '.join(data.classes)}"
        )

    def progress(done: int) -> None:
        print(f"\r{card.name}: {done} of {len(data)}", end="\n" * (done == len(data)), file=sys.stderr, flush=True)

    return assess(
        pipeline.to(options.device),
        data,
        batch=options.batch,
        source_scale=options.source_scale,
        previous=options.previous or card.recipe.get("previous", "twice"),
        progress=progress if sys.stderr.isatty() else None,
    )


def _order(report, pipeline) -> str:
    """What it means that names do not say which frame follows which, for a pipeline that looks at the frame before; "": they do."""
    from lzviz.assess.frames import frame_of

    films = [frame_of(name)[0] for name in report.pictures]
    if report.previous != "sequence" or pipeline.boundary is None or len(set(films)) < len(films):
        return ""
    said = "the order of the frames is unknown: names such as film_0007, or sid and fid, would say it"
    return f"{said}. Looked twice at each picture; intervals are over pictures, not films\n"


def _labelled(options: argparse.Namespace, split: str, pipeline):
    """The pictures that DATA means, for this pipeline: its classes, and scenes of the kind and size of its training."""
    from lzviz.datasets import open_data, pairs

    folder, card = Path(options.data), pipeline.card
    seen = card.recipe.get("data_options", {})
    if options.data == "scenes":
        drawn = {"kind": seen.get("kind", "street"), "size": tuple(options.size or seen.get("size", (1024, 2048)))}
        return open_data("scenes", split=split, count=options.limit or 16, **drawn)
    if options.data == "clips":
        size = options.size or seen.get("size", (1024, 2048))
        films = dict(
            count=max(1, (options.limit or 72) // FRAMES), frames=FRAMES, size=tuple(size), task=pipeline.task.name
        )
        return open_data("clips", options.data_root, split, **films)
    if options.data in ("camvid", "cityscapes") and (options.data_root is not None or not folder.is_dir()):
        if options.data_root is None:
            raise ValueError(f"{options.data} needs its folder: --data-root FOLDER")
        data = open_data(options.data, options.data_root, split)
    elif (folder / "leftImg8bit").is_dir():
        data = open_data("cityscapes", folder, split)
    elif (folder / "annotations").is_dir():
        data = open_data("coco", folder, split)
    elif (folder / "images").is_dir():
        data = pairs(folder / "images", folder / "labels", card.classes, split)
    elif (folder / "train").is_dir() or (folder / split).is_dir():
        data = open_data("camvid", folder, split)
    else:
        raise ValueError(
            f"{folder} is no folder of labelled pictures: expected images/ and labels/, CamVid's {split}/images, "
            "or Cityscapes' leftImg8bit and gtFine"
        )
    if options.limit is None or options.limit >= len(data):
        return data
    chosen = [data.readers[k * len(data) // options.limit] for k in range(options.limit)]
    return replace(data, readers=chosen)
