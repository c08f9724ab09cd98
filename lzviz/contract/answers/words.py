"""What the views of the learned room say, in one sentence each, with their numbers: alt text, caption and answer to a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from lzviz.adaptive.report import Report
from lzviz.checkpoints import Card
from lzviz.measure import describe
from lzviz.measure.describe import percent
from lzviz.tasks.segmentation import SegmentationTrace as Trace

# What a system calls the map that drives it.
MAPS = {"lds": "Deformation map", "es": "Boundary mask", "cad": "Mask"}
TOLD = {"truth": "true labels", "paint": "what is painted", "edges": "the edges of the picture", "file": "a map file"}
# Classes that a sentence names.
NAMED = 3


def map_title(system: str) -> str:
    return MAPS.get(system, "Saliency")


def target_title(system: str, source: str) -> str:
    if source == "network":
        return "Edge target of the true labels"
    return f"{map_title(system)} of {TOLD[source]}"


@dataclass(frozen=True)
class Placing:
    """Where a checkpoint looks.

    Attributes:
        title: of the checkpoint.
        samples: how many places it reads.
        size: (H, W) of the picture.
        source: "network", or who told it where.
        facts: of its warp; ``None`` where it has none.
    """

    title: str
    samples: int
    size: tuple[int, int]
    source: str
    facts: describe.Facts | None = None

    def examined(self, facts: describe.Facts) -> Placing:
        return replace(self, facts=facts)

    def sentence(self) -> str:
        told = "" if self.source == "network" else f", told by {TOLD[self.source]} where to look"
        share = percent(self.samples / (self.size[0] * self.size[1]))
        if self.facts is None:
            return f"{self.title}{told}: {self.samples:,} samples, {share} of the pixels."
        does = describe.sentence(self.facts)
        return f"{self.title}{told}: {does[0].lower()}{does[1:-1]}; as many samples as {share} of the pixels."


def of_places(placing: Placing, made: Mapping[str, Any], maps: Mapping[str, Tensor | None]) -> dict[str, str]:
    """The sentences of the views that need no network; ``made`` is the answer so far."""
    said = {"source": placing.sentence()}
    zoomed = made["zoomed"]
    said["zoomed"] = f"What the network sees: {zoomed['w']} × {zoomed['h']} pixels."
    for key, values in maps.items():
        if values is not None and made[key] is not None:
            said[key] = _of_map(made[key]["title"], values[0, 0].float().cpu().numpy())
    if made["weights"] is not None:
        shares = ", ".join(
            f"{name} {percent(share)}"
            for name, share in zip(made["weights"]["titles"], made["weights"]["mean"], strict=True)
        )
        said["weights"] = f"Mean weights of the four neighbours: {shares}."
    if made["correction"] is not None:
        rms, reach = made["correction"]["rms"], made["correction"]["range"]
        said["correction"] = (
            f"What the learned resizer adds to bilinear: {rms:.3f} of full scale (rms), at most {reach:.2f}."
        )
    if made["wantedMesh"] is not None:
        said["wantedMesh"] = (
            f"The grid of perfect knowledge is {made['wantedMesh']['distance']:.3f} away from the predicted one "
            "(rms, the picture is 2 wide)."
        )
    return said


def _of_map(title: str, values: np.ndarray) -> str:
    low, high = float(values.min()), float(values.max())
    if not high > low:
        return f"{title}, {values.shape[1]} × {values.shape[0]}: the same everywhere."
    where = describe.place(values - low)
    return f"{title}, {values.shape[1]} × {values.shape[0]} from {low:.3g} to {high:.3g}, strongest {where}."


def whole(
    card: Card, placed: str, trace: Trace, classes: Sequence[Mapping[str, Any]], truth: Mapping[str, Any] | None
) -> str:
    """The sentence of the whole answer; ``placed`` is the one about places."""
    parts = [placed.rstrip("."), _shares(classes)]
    if truth is not None and truth["miou"] is not None:
        parts.append(_score(truth))
    parts.append(_cost(sum(trace.milliseconds.values()), sum(trace.macs.values()), trace.device))
    if not card.steps:
        parts.append("untrained weights")
    return "; ".join(parts) + "."


def of_reading(
    card: Card, trace: Trace, classes: Sequence[Mapping[str, Any]], truth: Mapping[str, Any] | None
) -> dict[str, str]:
    """The sentences of the views that the network made."""
    untrained = "" if card.steps else " by untrained weights"
    assert trace.labels is not None
    (height, width), (h, w) = trace.labels.shape[-2:], trace.zoomed.shape[-2:]
    said = {
        "labels": f"Labels of the whole picture, {width} × {height}{untrained}: {_shares(classes)}.",
        "prediction": f"Labels of the {w} × {h} pixels that the network saw{untrained}.",
        "timing": timing(
            [{"name": name, "ms": ms} for name, ms in trace.milliseconds.items()],
            {"ms": sum(trace.milliseconds.values()), "macs": sum(trace.macs.values())},
            trace.device,
            "one run",
        ),
    }
    if truth is not None and truth["miou"] is not None:
        said["error"] = f"{percent(1 - truth['accuracy'])} of the labelled pixels are wrong; {_score(truth)}."
        said["truth"] = f"True labels from {'the scene itself' if truth['source'] == 'scene' else 'an uploaded map'}."
    return said


def _shares(classes: Sequence[Mapping[str, Any]]) -> str:
    most = sorted(classes, key=lambda each: -each["share"])[:NAMED]
    return "labels " + ", ".join(f"{percent(each['share'])} {each['name']}" for each in most if each["share"])


def _score(truth: Mapping[str, Any]) -> str:
    most = "" if truth["intrinsic"] is None else f" of the {percent(truth['intrinsic'])} that its samples allow"
    return f"mIoU {percent(truth['miou'])}{most}"


def _cost(ms: float, macs: int, device: str) -> str:
    return f"{macs / 1e9:.2f} billion multiply-adds in {ms:.0f} ms on {device}"


def features(stage: str, channels: int, size: Sequence[int], kind: str) -> str:
    shown = "three principal components as colours" if kind == "pca" else kind
    return f"Features of {stage}: {channels} channels on {size[1]} × {size[0]}, {shown}."


def timing(stages: Sequence[Mapping[str, Any]], total: Mapping[str, Any], device: str, clock: str) -> str:
    slow = max(stages, key=lambda stage: stage["ms"])
    share = slow["ms"] / max(total["ms"], 1e-9)
    return f"{_cost(total['ms'], total['macs'], device)} ({clock}); {slow['name']} takes {percent(share)} of it."


def pixel(place: Mapping[str, Any]) -> str:
    best, true = place["class"], place["truth"]
    verdict = (
        "" if true is None else ", which is right" if true["index"] == best["index"] else f"; truly {true['name']}"
    )
    return f"({place['x']:.0f}, {place['y']:.0f}): {best['name']}, {percent(best['probability'])} sure{verdict}."


def training(steps: Sequence[int], values: np.ndarray, kind: str) -> str:
    """``values`` (T, h, w) saliency or (T, h, w, 2) nodes."""
    start = f"{len(steps)} {'maps' if kind == 'saliency' else 'grids'} from step {steps[0]:,} to {steps[-1]:,}"
    if kind == "saliency":
        return f"{start}; at the end strongest {describe.place(values[-1] - values[-1].min()) or 'nowhere'}."
    moved = float(np.sqrt(np.square(values[-1] - values[0]).sum(-1).mean()))
    return f"{start}; nodes moved {moved:.3f} on the way (rms, the picture is 2 wide)."


def schedule(report: Report | None) -> str:
    """Which of its schedules an adaptive network took, to follow what was timed; nothing for other networks."""
    return f"; schedule: {report.path}" if report else ""
