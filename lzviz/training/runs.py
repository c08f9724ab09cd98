"""The folder of a run, which may be killed at any moment:

    run.json    the recipe and what it was trained on
    state.pt    weights, their average, the optimiser's state and the number of steps
    log.jsonl   a line every 50 steps

Files are written beside their place, brought to the disk, and put in their place by one rename: whoever reads finds the old file
or the new one, whole. A rest of a killed write (``*.tmp``) is overwritten by the next.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch

from lzviz.datasets import Dataset
from lzviz.pipelines.pipeline import Pipeline
from lzviz.training.recipes import Recipe, recipe_from

STATE, ABOUT, LOG = "state.pt", "run.json", "log.jsonl"


@dataclass(frozen=True)
class About:
    """What a run is: its recipe (as JSON), and of the data the name, the classes, the split and the licence."""

    recipe: Mapping[str, Any]
    data: str
    classes: tuple[str, ...]
    split: str
    licence: str

    @staticmethod
    def of(recipe: Recipe, data: Dataset) -> About:
        return About(recipe.as_json(), data.name, data.classes, data.split, data.licence)


def replace_file(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file that is there as a whole or, after a kill, not at all."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself
    finally:
        os.close(folder)


def begin(folder: Path, about: About) -> None:
    """Write run.json; ValueError where the folder holds a run of another recipe or other data."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ABOUT
    text = json.dumps(asdict(about), indent=1)
    if path.exists():
        old, new = json.loads(path.read_text()), json.loads(text)
        # What a recipe did not say yet when the run began, it does as it did then: by the default.
        old["recipe"] = json.loads(json.dumps(recipe_from(old["recipe"]).as_json()))
        pairs = [(old["recipe"], new["recipe"]), (old, new)]
        differ = {name for a, b in pairs for name in a.keys() | b.keys() if a.get(name) != b.get(name)}
        differ -= {"recipe", "about", "notes", "licence"}  # words
        if differ:
            raise ValueError(
                f"{folder} holds a run that differs in {', '.join(sorted(differ))}: go on with the same values, "
                "or choose another folder with --runs"
            )
    replace_file(path, lambda file: file.write(text.encode()))


def save(folder: Path, state: Mapping[str, Any]) -> None:
    """Replace the state of a run."""
    replace_file(folder / STATE, lambda file: torch.save(dict(state), file))


def load(folder: Path) -> dict[str, Any] | None:
    """The state of a run, on the CPU, or ``None`` where it has none yet."""
    path = folder / STATE
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None


def log(folder: Path, line: Mapping[str, float]) -> None:
    with (folder / LOG).open("a") as file:
        file.write(json.dumps(dict(line)) + "\n")


def rewind(folder: Path, step: int) -> None:
    """Drop what a killed run logged after its last saved state, and a line that it did not finish."""
    path = folder / LOG
    if not path.exists():
        return
    kept = []
    for line in path.read_text().splitlines(keepends=True):
        if line.endswith("}\n") and json.loads(line)["step"] <= step:
            kept.append(line)
    replace_file(path, lambda file: file.write("".join(kept).encode()))


def averaged(folder: str | Path, recipe: Recipe, classes: int) -> Pipeline:
    """The averaged pipeline of a run, finished or not."""
    state = load(Path(folder))
    if state is None:
        raise FileNotFoundError(f"no run in {folder}: it holds no {STATE}")
    pipeline = recipe.blueprint.build(classes, recipe.seed)
    pipeline.load_state_dict(state["average"])
    return pipeline.eval()


def about(folder: str | Path) -> About:
    """What a run is."""
    path = Path(folder) / ABOUT
    if not path.exists():
        raise FileNotFoundError(f"{folder} holds no {ABOUT}: train its recipe again with --runs {Path(folder).parent}")
    values = json.loads(path.read_text())
    return About(**values | {"classes": tuple(values["classes"])})


def pipeline_of(folder: str | Path) -> tuple[Pipeline, Recipe, About]:
    """The averaged pipeline of a run, its recipe, and what it is."""
    what = about(folder)
    recipe = recipe_from(what.recipe)
    return averaged(folder, recipe, len(what.classes)), recipe, what
