"""A run becomes a checkpoint: the average's weights, a card that says where they come from, and the snapshots of its training."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import torch

from lzviz.checkpoints import Card, save
from lzviz.training import runs, snapshots


def export(folder: str | Path, to: str | Path = "checkpoints") -> Path:
    """Write ``to/NAME`` from the folder of a run, finished or not, and return it. The card's ``metrics`` are left to evaluation."""
    folder = Path(folder)
    pipeline, recipe, about = runs.pipeline_of(folder)
    state = runs.load(folder)
    assert state is not None
    done = state["step"] == recipe.steps
    saved = datetime.fromtimestamp((folder / runs.STATE).stat().st_mtime, UTC)
    trace = pipeline.run(torch.zeros(3, *recipe.window))
    card = Card(
        name=recipe.name,
        system=recipe.blueprint.system,
        blueprint=asdict(recipe.blueprint),
        classes=about.classes,
        title=recipe.about,
        mode=getattr(pipeline.sampler, "mode", "fixed"),
        recipe=recipe.as_json(),
        data=about.data,
        split=about.split,
        licence=about.licence,
        seed=recipe.seed,
        steps=state["step"],
        date=saved.date().isoformat(),
        macs=sum(trace.macs.values()),
        notes=recipe.notes if done else f"Unfinished: {state['step']} of {recipe.steps} steps. {recipe.notes}".strip(),
    )
    target = save(pipeline, Path(to) / recipe.name, card)
    snapshots.write(target, state.get("snapshots", {}))
    return target
