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
from lzviz.tasks.segmentation import SegmentationTrace
from lzviz.text import Text, registered
from lzviz.trace import Trace

# Systems whose map has a name of its own.
MAPS = ("lds", "es", "cad")
# Classes that a sentence names.
NAMED = 3


def map_title(system: str) -> Text:
    return Text(f"map.{system}" if system in MAPS else "map.saliency")


def target_title(system: str, source: str) -> Text:
    if source == "network":
        return Text("map.target")
    return Text("map.told", {"map": map_title(system), "told": Text(f"told.{source}")})


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

    def clauses(self) -> list[Text]:
        """Where it looks, clause by clause."""
        share = self.samples / (self.size[0] * self.size[1])
        does = [] if self.facts is None else describe.clauses(self.facts)
        told = [] if self.source == "network" else [Text("told", {"told": Text(f"told.{self.source}")})]
        key = "pipeline.says.samples" if self.facts is None else "pipeline.says.asMany"
        return [*told, *does, Text(key, {"count": self.samples, "share": share})]

    def sentence(self) -> Text:
        return Text("pipeline.says", {"title": self.title, "clauses": self.clauses()})


def of_places(placing: Placing, made: Mapping[str, Any], maps: Mapping[str, Tensor | None]) -> dict[str, Text]:
    """The sentences of the views that need no network; ``made`` is the answer so far."""
    zoomed = made["zoomed"]
    size = {"width": zoomed["w"], "height": zoomed["h"]}
    said = {"source": placing.sentence(), "zoomed": Text("pipeline.says.zoomed", size)}
    for key, values in maps.items():
        if values is not None and made[key] is not None:
            said[key] = _of_map(made[key]["title"], values[0, 0].float().cpu().numpy())
    if (weights := made["weights"]) is not None:
        named = zip(weights["titles"], weights["mean"], strict=True)
        each = [Text("weights.share", {"name": name, "share": share}) for name, share in named]
        said["weights"] = Text("weights.says", {"weights": each})
    if (correction := made["correction"]) is not None:
        said["correction"] = Text("correction.says", {"rms": correction["rms"], "most": correction["range"]})
    if made["wantedMesh"] is not None:
        said["wantedMesh"] = Text("oracle.says", {"distance": made["wantedMesh"]["distance"]})
    return said


def _of_map(title: Text, values: np.ndarray) -> Text:
    low, high = float(values.min()), float(values.max())
    size = {"title": title, "width": values.shape[1], "height": values.shape[0]}
    if not high > low:
        return Text("map.says.same", size)
    where = describe.place(values - low)
    return Text("map.says", size | {"low": low, "high": high, "where": where})


def labelled(classes: Sequence[Mapping[str, Any]], truth: Mapping[str, Any] | None) -> list[Text]:
    """What a network that labels pixels said, clause by clause."""
    clauses = [Text("labels.says", {"classes": _shares(classes)})]
    return clauses if truth is None or truth["miou"] is None else [*clauses, _score(truth)]


@dataclass(frozen=True)
class Boxed:
    """What a detector found (:class:`lzviz.contract.messages.boxes.Found`), of which at least ``score`` is shown."""

    made: Mapping[str, Any]
    score: float

    @property
    def shown(self) -> list[Mapping[str, Any]]:
        return [each for each in self.made["boxes"] if each["score"] >= self.score]

    def clauses(self) -> list[Text]:
        """Clause by clause."""
        classes = [self.made["classes"][each["class"]]["name"] for each in self.shown]
        often = sorted(((classes.count(name), name) for name in dict.fromkeys(classes)), reverse=True)
        named = [Text("boxes.kind", {"count": count, "name": name}) for count, name in often]
        said = [Text("boxes.says", {"count": len(classes), "score": self.score, "classes": named})]
        if not named:
            said = [Text("boxes.says.none", {"score": self.score})]
        return said if self.made["true"] is None else [*said, *self._judged()]

    def _judged(self) -> list[Text]:
        true = [each for each in self.made["true"] if not each["ignored"]]
        right = sum(each["verdict"] == "right" for each in self.shown)
        said = [Text("boxes.says.right", {"right": right, "count": len(true)})]
        first = self.made["scores"][0]
        return said if first["value"] is None else [*said, Text("boxes.says.score", first)]

    def views(self) -> dict[str, Text]:
        """The sentences of the views."""
        clauses = Text("boxes.says.view", {"clauses": self.clauses()})
        said = {"labels": clauses, "prediction": clauses, "space": clauses}
        if self.made["true"] is None:
            return said
        return said | {"error": clauses, "truth": Text("boxes.says.true", {"count": len(self.made["true"])})}


def whole(card: Card, placing: Placing, trace: Trace, read: Sequence[Text]) -> Text:
    """The sentence of the whole answer; ``read``: what the network said, clause by clause."""
    clauses = [*placing.clauses(), *read]
    clauses.append(_cost(sum(trace.milliseconds.values()), sum(trace.macs.values()), trace.device))
    if not card.steps:
        clauses.append(Text("pipeline.says.untrained"))
    return Text("pipeline.says", {"title": placing.title, "clauses": clauses})


def timing_once(trace: Trace) -> Text:
    """Of a run that was timed once."""
    stages = [{"name": name, "ms": ms} for name, ms in trace.milliseconds.items()]
    total = {"ms": sum(trace.milliseconds.values()), "macs": sum(trace.macs.values())}
    return timing(stages, total, trace.device, Text("clock.once"))


def of_reading(
    card: Card, trace: SegmentationTrace, classes: Sequence[Mapping[str, Any]], truth: Mapping[str, Any] | None
) -> dict[str, Text]:
    """The sentences of the views that the network made."""
    form = "" if card.steps else ".untrained"
    assert trace.labels is not None
    (height, width), (h, w) = trace.labels.shape[-2:], trace.zoomed.shape[-2:]
    said = {
        "labels": Text(f"labels.says.whole{form}", {"width": width, "height": height, "classes": _shares(classes)}),
        "prediction": Text(f"labels.says.zoomed{form}", {"width": w, "height": h}),
        "timing": timing_once(trace),
    }
    if truth is not None and truth["miou"] is not None:
        said["error"] = Text("error.says", {"wrong": 1 - truth["accuracy"], "score": _score(truth)})
        said["truth"] = Text(f"truth.says.{'scene' if truth['source'] == 'scene' else 'map'}")
    return said


def _shares(classes: Sequence[Mapping[str, Any]]) -> list[Text]:
    most = sorted(classes, key=lambda each: -each["share"])[:NAMED]
    return [Text("class.share", {"share": each["share"], "name": each["name"]}) for each in most if each["share"]]


def _score(truth: Mapping[str, Any]) -> Text:
    if truth["intrinsic"] is None:
        return Text("score.says", {"miou": truth["miou"]})
    return Text("score.says.of", {"miou": truth["miou"], "most": truth["intrinsic"]})


def _cost(ms: float, macs: int, device: str) -> Text:
    return Text("cost.says", {"billions": macs / 1e9, "ms": ms, "device": device})


def features(stage: str, channels: int, size: Sequence[int], channel: int | None) -> Text:
    values = {"stage": stage, "count": channels, "width": size[1], "height": size[0]}
    return (
        Text("features.says", values) if channel is None else Text("features.says.one", values | {"channel": channel})
    )


def timing(stages: Sequence[Mapping[str, Any]], total: Mapping[str, Any], device: str, clock: Text) -> Text:
    slow = max(stages, key=lambda stage: stage["ms"])
    share = slow["ms"] / max(total["ms"], 1e-9)
    cost = _cost(total["ms"], total["macs"], device)
    stage = registered(f"stage.{slow['name']}", slow["name"])  # a task that somebody registers has its own word
    return Text("time.says", {"cost": cost, "clock": clock, "stage": stage, "share": share})


def pixel(place: Mapping[str, Any]) -> Text:
    best, true = place["class"], place["truth"]
    values = {"x": place["x"], "y": place["y"], "name": best["name"], "share": best["probability"]}
    if true is None:
        return Text("pixel.says", values)
    if true["index"] == best["index"]:
        return Text("pixel.says.right", values)
    return Text("pixel.says.wrong", values | {"truth": true["name"]})


def training(steps: Sequence[int], values: np.ndarray, kind: str) -> Text:
    """``values`` (T, h, w) saliency or (T, h, w, 2) nodes."""
    said = {"count": len(steps), "first": steps[0], "last": steps[-1]}
    if kind != "saliency":
        moved = float(np.sqrt(np.square(values[-1] - values[0]).sum(-1).mean()))
        return Text("training.says.grids", said | {"moved": moved})
    where = describe.place(values[-1] - values[-1].min())
    return Text("training.says.flat", said) if where is None else Text("training.says.maps", said | {"where": where})


def timed(clock: Text, report: Report | None) -> Text:
    """How it was timed, with the schedule that an adaptive network took; other networks have none."""
    return Text("clock.schedule", {"clock": clock, "schedule": report.path}) if report else clock
