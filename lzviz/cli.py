"""``python -m lzviz COMMAND``: one pair of functions a command, its options and what it does.

What a command needs is imported when it runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

RUNS = Path("runs")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0, or 2 with one sentence on stderr where it cannot be done as asked."""
    parser = argparse.ArgumentParser(prog="python -m lzviz", description="See, touch and debug learned downsampling.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    train_options(commands.add_parser("train", help="train a recipe, or go on where its run was stopped"))
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (ValueError, TypeError, OSError) as problem:
        parser.exit(2, f"{parser.prog}: {problem}\n")
    return 0


# -- train ---------------------------------------------------------------------------------------------------------------


def train_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=train)
    parser.add_argument("recipe", nargs="?", metavar="RECIPE", help="see --list")
    parser.add_argument("--list", action="store_true", help="print the recipes and stop")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="of the data set; scenes need none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, help="another number of steps than the recipe's")
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="FOLDER", help="where runs are kept (%(default)s)")


def train(options: argparse.Namespace) -> None:
    """One run of a recipe."""
    from lzviz.training import loop
    from lzviz.training.data import open_data
    from lzviz.training.recipes import RECIPES, recipe_named

    if options.list or not options.recipe:
        width = max(map(len, RECIPES))
        for recipe in RECIPES.values():
            print(f"{recipe.name:{width}}  {recipe.line()}")
        return
    recipe = replace(recipe_named(options.recipe), seed=options.seed)
    if options.steps is not None:
        recipe = replace(recipe, steps=options.steps)
    start = loop.start_of(recipe, options.runs)
    data = open_data(recipe.data, options.data, "train", **recipe.data_options)
    loop.train(recipe, data, options.runs / recipe.run, start=start)
