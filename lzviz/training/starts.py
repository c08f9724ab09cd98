"""Where a run takes its first weights from: earlier runs and checkpoints, each of which gives what fits.

A pipeline has up to three parts with weights: its network, what looks where, and its sampler. So a detector can come from one
training and the network of its sampler from another, of another task: ``--start uniform-clips-128x256 downsizenet-camvid-96x128``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from lzviz import checkpoints
from lzviz.pipelines.pipeline import Pipeline
from lzviz.training import runs
from lzviz.training.recipe import Recipe

PARTS = ("network", "look", "sampler")


def starts_of(recipe: Recipe, folder: str | Path) -> dict[str, Pipeline]:
    """The pipelines that a recipe starts from, by name: runs in a folder of runs, or checkpoints.

    Raises:
        ValueError: a name is neither, or a run that is not finished.
    """
    return {name: _named(name, recipe, Path(folder)) for name in recipe.start}


def _named(name: str, recipe: Recipe, folder: Path) -> Pipeline:
    run = folder / name
    if not (run / runs.ABOUT).exists():
        try:
            return checkpoints.load(name)
        except (ValueError, OSError) as problem:
            raise ValueError(
                f"{recipe.name} starts from {name}, which is no run in {folder} and no checkpoint ({problem}). First "
                f"`python -m lzviz train {name}`, or --start none for random weights"
            ) from None
    pipeline, before, _ = runs.pipeline_of(run)
    step = (runs.load(run) or {})["step"]
    if step < before.steps:
        raise ValueError(
            f"{recipe.name} starts from {name}, which has done {step} of {before.steps} steps: finish it first"
        )
    return pipeline


def start_from(pipeline: Pipeline, starts: Mapping[str, Pipeline]) -> list[str]:
    """Copy into a pipeline what of each start fits it, later ones over earlier ones.

    A part fits one of the same kind. Within a task its layers must be the same, and only what has another shape, as scores for
    another number of classes, starts anew; after another task so does what that task has no weights for.

    Returns:
        A line for each part with weights: how many of its tensors are whose.

    Raises:
        ValueError: a start has nothing that fits, or a part of the same kind and task does not and no other start has the right
            one.
    """
    parts = {name: part for name in PARTS if isinstance(part := getattr(pipeline, name, None), nn.Module)}
    origin = {name: dict.fromkeys(part.state_dict(), "") for name, part in parts.items()}
    unlike: dict[str, str] = {}
    for name, start in starts.items():
        problems = []
        for part, mine in parts.items():
            theirs = getattr(start, part, None)
            if not origin[part]:
                continue
            if not isinstance(theirs, type(mine)):
                problems.append(f"its {part} is {_kind(theirs)} and not {_kind(mine)}")
                continue
            same_task = pipeline.task.name == start.task.name
            given = fitting(mine.state_dict(), theirs.state_dict(), same_task)
            if isinstance(given, str):
                problems.append(f"its {part} {given}")
                if same_task:
                    unlike[part] = f"the {part} of {name} {given}"
                continue
            mine.load_state_dict(given, strict=False)
            origin[part] |= dict.fromkeys(given, name)
        if len(problems) == sum(map(bool, origin.values())):
            why = "; ".join(problems) or "it has no weights to give"
            raise ValueError(f"nothing of {name} fits: {why}. Leave it out, or choose a start of the same parts")
    for part, why in unlike.items():
        if set(origin[part].values()) == {""}:
            raise ValueError(f"{why}. Add a start whose {part} fits, or --start none for random weights")
    used = {name for whose in origin.values() for name in whose.values()}
    told = [f"{part}: {_shares(whose)}" for part, whose in origin.items() if whose]
    return told + [
        f"nothing is left of {name}: what it gave, later ones gave too" for name in starts if name not in used
    ]


def _kind(part: object) -> str:
    return "without weights" if not isinstance(part, nn.Module) else f"a {type(part).__name__}"


def fitting(wanted: Mapping[str, Tensor], theirs: Mapping[str, Tensor], same_task: bool) -> dict[str, Tensor] | str:
    """The tensors that can be taken over, or why none can: what a part has that is not wanted here."""
    missing, more = sorted(wanted.keys() - theirs.keys()), sorted(theirs.keys() - wanted.keys())
    if same_task and (missing or more):
        told = [f"{len(missing)} are missing, as {missing[0]}"] if missing else []
        return "has other layers: " + ", ".join(told + ([f"{len(more)} too many, as {more[0]}"] if more else []))
    given = {key: value for key, value in theirs.items() if key in wanted and value.shape == wanted[key].shape}
    if not any(value.is_floating_point() for value in given.values()):  # counters of steps fit everywhere
        return "has no tensor of the shapes that are wanted"
    return given


def _shares(whose: Mapping[str, str]) -> str:
    """ "118 of 120 tensors from NAME, 2 new" """
    counts = Counter(whose.values())
    new = counts.pop("", 0)
    told = [f"{count} of {len(whose)} tensors from {name}" for name, count in counts.items()]
    return ", ".join(told + ([f"{new} new" if told else "all new"] if new else []))
