"""``lzviz train``: train a recipe, or go on where its run was stopped."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

RUNS = Path("runs")


def options_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=train)
    parser.add_argument("recipe", nargs="?", metavar="RECIPE", help="see --list")
    parser.add_argument("--list", action="store_true", help="print the recipes and stop")
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="of the data set; scenes need none, clips keep frames there"
    )
    parser.add_argument(
        "--labels", type=Path, metavar="FOLDER", help="your own data: --data is a folder of pictures then"
    )
    parser.add_argument("--split", default="train", metavar="NAME", help="of a --data in COCO's layout (%(default)s)")
    parser.add_argument("--classes", metavar="NAMES", help="of your own data: sky,road,..., or a file with one a line")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, help="another number of steps than the recipe's")
    parser.add_argument(
        "--start",
        metavar="NAME",
        nargs="+",
        help="runs or checkpoints to start from: each gives what fits, later ones win; none: random weights",
    )
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="FOLDER", help="where runs are kept (%(default)s)")
    parser.add_argument("--log", choices=("tensorboard", "none"), default="tensorboard")
    parser.add_argument(
        "--preview-every", type=int, default=0, metavar="N", help="steps; 0, as by default: no pictures"
    )
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes that read pictures ahead")


def train(options: argparse.Namespace) -> None:
    """One run of a recipe; under ``accelerate launch`` on many processes."""
    from lzviz.training.recipes import RECIPES, recipe_named

    if options.start and not options.recipe:
        raise ValueError("--start takes every name after it: write the recipe before it, RECIPE --start NAME NAME")
    if options.list or not options.recipe:
        width = max(map(len, RECIPES))
        print("\n".join(f"{recipe.name:{width}}  {recipe.line()}" for recipe in RECIPES.values()))
        return
    recipe = replace(recipe_named(options.recipe), seed=options.seed)

    from accelerate import Accelerator

    from lzviz.datasets import class_names, open_data, pairs
    from lzviz.training import loop
    from lzviz.training.starts import starts_of

    if options.labels is None and options.data is not None and (options.data / "annotations").is_dir():
        data = open_data("coco", options.data, options.split)
        recipe = recipe.on(data)
    elif options.labels is None:
        data = open_data(recipe.data, options.data, "train", **recipe.data_options)
    elif options.data is None or options.classes is None:
        raise ValueError("your own data are --data PICTURES --labels FOLDER --classes NAMES")
    else:
        data = pairs(options.data, options.labels, class_names(options.classes))
        recipe = recipe.on(data)
    if options.steps is not None:
        recipe = replace(recipe, steps=options.steps)
    if options.start is not None:
        if "none" in options.start and len(options.start) > 1:
            raise ValueError("--start none is random weights: give it alone, or leave none out")
        recipe = replace(recipe, start=() if options.start == ["none"] else tuple(options.start))
    starts = starts_of(recipe, options.runs)
    log = None if options.log == "none" else options.log
    accelerator = Accelerator(log_with=log, project_dir=options.runs)
    loop.train(
        recipe,
        data,
        options.runs / recipe.run,
        starts=starts,
        accelerator=accelerator,
        preview_every=options.preview_every,
        workers=options.workers,
    )
    accelerator.print(f"{options.runs / recipe.run}: {recipe.steps} steps; next: python -m lzviz export {recipe.run}")
    accelerator.end_training()
