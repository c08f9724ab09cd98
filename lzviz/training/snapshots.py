"""How a sampler's places moved while it was trained: what it does to one picture, every so many steps.

A sampler that looks is kept as its saliency (any warp of the family follows from it), one that predicts its grid (ES) as its nodes.
The picture is a drawn one, so that the snapshots may be shipped and the picture need not be.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor

from lzviz.datasets import draw
from lzviz.pipelines.pipeline import Pipeline
from lzviz.training.runs import replace_file
from lzviz.warp import GridWarp, WarpLayout

PICTURE = {"kind": "street", "size": (512, 1024), "seed": 0}
"""Of :mod:`lzviz.scenes`."""

MOST = 32
LARGEST = (48, 64)
FILE = "snapshots.safetensors"


def is_due(step: int, steps: int) -> bool:
    """Whether a snapshot is taken after ``step`` of ``steps``: :data:`MOST`, evenly spaced, the last after the last step."""
    return step * MOST // steps > (step - 1) * MOST // steps


def take(taken: dict[int, dict[str, Tensor]], step: int, pipeline: Pipeline) -> None:
    """Add a snapshot, unless nothing moved since the last one."""
    new = snapshot(pipeline)
    last = taken[max(taken)] if taken else {}
    if any(name not in last or not torch.equal(last[name], value) for name, value in new.items()):
        taken[step] = new


def snapshot(pipeline: Pipeline) -> dict[str, Tensor]:
    """{"saliency": (h, w)}, largest value 1, or {"nodes": (h, w, 2)} in [-1, 1], float16; empty where nothing looks."""
    trace = pipeline.run(_picture())
    if trace.saliency is not None:
        saliency = trace.saliency.float()[:1]
        if any(n > most for n, most in zip(saliency.shape[-2:], LARGEST, strict=True)):
            saliency = F.adaptive_avg_pool2d(saliency, LARGEST)
        return {"saliency": (saliency / saliency.max().clamp(min=1e-12))[0, 0].half().cpu()}
    layout = trace.layout
    if isinstance(layout, WarpLayout) and isinstance(layout.warp, GridWarp) and min(layout.warp.nodes.shape[1:3]) > 2:
        return {"nodes": layout.warp.nodes[0].half().cpu()}
    return {}


def write(folder: Path, taken: Mapping[int, Mapping[str, Tensor]]) -> bool:
    """Write ``snapshots.safetensors``: "steps" (T,) int32 and "saliency" (T, h, w) or "nodes" (T, h, w, 2), with the picture's
    name, size and seed as metadata. Nothing is written, and False returned, where nothing ever moved."""
    steps = sorted(taken)
    if len(steps) < 2:
        return False
    tensors = {name: torch.stack([taken[step][name] for step in steps]) for name in taken[steps[0]]}
    height, width = PICTURE["size"]  # type: ignore[misc]
    about = {"picture": str(PICTURE["kind"]), "size": f"{height}x{width}", "seed": str(PICTURE["seed"])}
    content = save(tensors | {"steps": torch.tensor(steps, dtype=torch.int32)}, about)
    replace_file(folder / FILE, lambda file: file.write(content))
    return True


@lru_cache(maxsize=1)
def _picture() -> Tensor:
    return draw(**PICTURE).image[None].float() / 255  # type: ignore[arg-type]
