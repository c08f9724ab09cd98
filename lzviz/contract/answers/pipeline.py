"""Trained samplers on the page: one picture, one checkpoint, everything that happens between them.

    state + picture + truth --Session--> Pipeline.run --Trace--> JSON

Pictures are averaged to at most :data:`WORKING` before the pipeline sees them; places are told in pixels of the picture itself.
Pipelines and traces are held in caches that are bounded in bytes, so that hover, features and files need no second run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor

from lzviz.adaptive import QuadTree
from lzviz.adaptive.inspect import Colours
from lzviz.contract import palette
from lzviz.contract.answers import checkpoints, words
from lzviz.contract.answers.cad import WORKING as NETWORKS
from lzviz.contract.answers.cad import Working, precisely
from lzviz.contract.answers.warp import device, edited, found_in, map_tensor, on_gpu
from lzviz.contract.maps import Map
from lzviz.contract.pictures import Picture, encode_png, fit
from lzviz.contract.state import State
from lzviz.contract.truth import IGNORE, Truth
from lzviz.contract.wire import Refusal, encode_array
from lzviz.coords import Size, to_normalised, to_pixels
from lzviz.measure import examine, timing
from lzviz.pipelines.adaptive import AdaptivePipeline
from lzviz.pipelines.pipeline import Pipeline
from lzviz.samplers.base import Downsampled, PlaceLearner
from lzviz.tasks.segmentation import SegmentationTrace as Trace
from lzviz.text import Text
from lzviz.trace.frames import stride_of
from lzviz.warp import GridWarp, Warp, WarpLayout

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

# Long side of the picture that pipelines see: labels and errors are told at this size.
WORKING = 1024
# Long sides of the confidence and of unzoomed features.
CONFIDENCE_SIDE, FEATURE_SIDE = 512, 256
# "Time it".
WARM_UP, RUNS = 2, 5
CLOCK = Text("clock.one")


@dataclass(frozen=True, eq=False)
class Session:
    """A state on a picture.

    Attributes:
        file: the visitor's own map, where the state wants one.
        given: true labels of the picture, in whatever classes they name.
    """

    workshop: Workshop
    state: State
    picture: Picture
    file: Map | None = None
    given: Truth | None = None

    @cached_property
    def name(self) -> str:
        return checkpoints.chosen(self.workshop, self.state.checkpoint, self.state.image)

    @cached_property
    def trained(self) -> Pipeline:
        """The checkpoint as it is, on the device."""
        return checkpoints.pipeline(self.workshop, self.name)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The checkpoint, its energy as stiff as the state says where a map drives it."""
        pipeline = self.trained
        if not self.told or "smoothness" not in pipeline.sampler.told:
            return pipeline
        sampler = pipeline.sampler.tuned(smoothness=self.state.learned_lambda)
        stiff = Pipeline(sampler, pipeline.network, pipeline.size, source=pipeline.source, unzoom=pipeline.unzoom)
        stiff.card = pipeline.card
        return stiff

    @property
    def told(self) -> bool:
        """Whether a map says where to look, instead of the trained network."""
        return self.state.learned_from != "network"

    @cached_property
    def working(self) -> Working:
        """The picture as the pipeline reads it. An adaptive network reads it as it is: at the scale that it was trained on."""
        adaptive = isinstance(self.trained, AdaptivePipeline)
        return Working.of(self.picture, NETWORKS["compact"] if adaptive else (WORKING, WORKING))

    @property
    def size(self) -> Size:
        """(H, W) at working size."""
        return self.working.size

    @cached_property
    def truth(self) -> Truth | None:
        """The true labels as the checkpoint's classes; ``None`` where there are none, or none of its classes."""
        return None if self.given is None else self.given.named(self.trained.classes)

    @property
    def truth_note(self) -> Text | None:
        """Why there is no truth although labels were given."""
        if self.given is None or self.truth is not None:
            return None
        return Text("truth.foreign", {"classes": list(self.given.classes[:3])})

    @cached_property
    def labels(self) -> Tensor | None:
        """(1, H, W) int64 true labels at working size."""
        if self.truth is None:
            return None
        return torch.from_numpy(self.truth.within(self.size).astype(np.int64))[None]

    def saliency(self) -> Tensor | None:
        """What the sampler is told, (1, 1, h, w) float32; ``None``: it looks by itself."""
        state, sampler = self.state, self.trained.sampler
        if not self.told:
            return None
        if "where" not in sampler.told:
            title = checkpoints.title(checkpoints.card(self.workshop, self.name))
            raise Refusal(
                f"{title} looks nowhere in particular, so nobody can tell it where; "
                "choose LDS, ES, LZ or LZU, or let the trained network look."
            )
        if state.learned_from == "truth":
            if self.labels is None:
                raise Refusal(
                    "There are no true labels of this picture in the checkpoint's classes; load a label map, or paint what "
                    "matters."
                )
            return sampler.oracle(self.labels, state.strength)
        return sampler.oracle_map(self._map(), state.strength)

    def _map(self) -> Tensor:
        """(1, 1, h, w) in [0, 1], what was painted, found or brought."""
        if self.state.learned_from == "paint":
            return torch.zeros(1, 1, 2, 2) if self.state.paint is None else map_tensor(self.state.paint)
        if self.state.learned_from == "edges":
            return edited(found_in(self.picture, "edges"), self.state.edge_paint)
        if self.file is None:
            raise Refusal("The state asks for a map of yours but none came along; open the map file again.")
        return map_tensor(self.file)

    def key(self, saliency: Tensor | None) -> str:
        """What this session's trace is called in caches."""
        told = "" if saliency is None else hashlib.blake2b(saliency.numpy().tobytes(), digest_size=12).hexdigest()
        stiff = self.state.learned_lambda if told and "smoothness" in self.trained.sampler.told else ""
        return f"{self.name} {self.working.key} {told} {stiff} {self.truth.key if self.truth else ''}"

    def run(self) -> Trace:
        """The trace, from its cache or run."""
        saliency = self.saliency()
        key = self.key(saliency)
        trace = self.workshop.memory.get("trace", key)
        if trace is None:
            with self.workshop.running:
                trace = _run(self.pipeline, self.working.image, self.labels, saliency)
            self.workshop.memory.put("trace", key, trace, trace.memory + trace.image.nbytes)
        return trace


@on_gpu
def _run(pipeline: Pipeline, image: Tensor, labels: Tensor | None, saliency: Tensor | None) -> Trace:
    with torch.inference_mode(), precisely():
        return cast(Trace, pipeline.run(image, labels, saliency))


# The answer --------------------------------------------------------------------------------------------------------


def answer(session: Session, only: object = None) -> dict[str, Any]:
    """Everything that the room shows of a session.

    Args:
        only: "warp": where the sampler looks and what it sees, without the network; for a map that is being drawn. Where the
            trained network looks, there is nothing to leave out.
    """
    if only not in (None, "warp"):
        raise Refusal(f'only: expected "warp" or nothing, got {str(only)[:20]!r}; reload the page.')
    if only == "warp" and session.told:
        with torch.inference_mode(), precisely():
            out = session.pipeline.downsample(session.working.image.to(device()), _to_device(session.saliency()))
        return _placed(session, out, out.extras)[1]
    trace = session.run()
    with torch.inference_mode():
        placing, placed = _placed(session, trace.out, trace.extras)
        read = _read(session, trace, placing)
    return {**placed, **read, "sentences": placed["sentences"] | read["sentences"]}


def _placed(session: Session, out: Downsampled, extras: Mapping[str, Tensor]) -> tuple[words.Placing, dict[str, Any]]:
    """The part of an answer that needs no network: places, maps, the zoomed image."""
    picture, card, layout = session.picture, checkpoints.card(session.workshop, session.name), out.layout
    h, w = out.image.shape[-2:]
    facts = words.Placing(checkpoints.title(card), layout.count.tolist()[0], picture.size, session.state.learned_from)
    maps = {"saliency": out.saliency, "target": extras.get("target")}
    if session.told and out.saliency is not None and not isinstance(session.trained.sampler, PlaceLearner):
        maps["target"] = out.saliency
    if isinstance(layout, WarpLayout):
        facts = facts.examined(_facts(layout, out.saliency, picture.size))
    made: dict[str, Any] = {
        "checkpoint": session.name,
        "title": checkpoints.title(card),
        "system": card.system,
        "trained": checkpoints.is_trained(card),
        "knows": session.state.learned_from,
        "picture": _box(picture.size),
        "working": _box(session.size),
        "zoomed": _box((h, w)),
        "image": png(image_bytes(out.image)) if isinstance(layout, WarpLayout) else None,
        "sites": _sites(layout, picture.size),
        "mesh": _mesh(layout.warp, (h, w)) if isinstance(layout, WarpLayout) else None,
        "levels": _levels(layout),
        "saliency": _map(maps["saliency"], words.map_title(card.system)),
        "target": _map(maps["target"], words.target_title(card.system, session.state.learned_from)),
        "wantedMesh": _wanted(session, layout),
        "own": _own(session),
        "weights": _weights(extras.get("weights")),
        "correction": _correction(extras.get("correction")),
        "device": timing.device_name(device()),
    }
    return facts, made | {"sentence": facts.sentence(), "sentences": words.of_places(facts, made, maps)}


def _read(session: Session, trace: Trace, placing: words.Placing) -> dict[str, Any]:
    """The part of an answer that the network made; ``placing`` is what the sentence says of the other part."""
    card = checkpoints.card(session.workshop, session.name)
    labels, unzoomed = trace.labels, trace.unzoomed
    assert labels is not None and unzoomed is not None
    names = session.trained.classes
    shares = torch.bincount(labels.flatten(), minlength=len(names)).double() / labels.numel()
    classes = [
        {"name": name, "colour": colour, "share": share}
        for name, colour, share in zip(names, palette.colours(names), shares.tolist(), strict=True)
    ]
    truth = _truth(session, trace)
    stages = [{"name": name, "ms": trace.milliseconds[name], "macs": trace.macs[name]} for name in trace.milliseconds]
    total = {"ms": sum(trace.milliseconds.values()), "macs": sum(trace.macs.values())}
    return {
        "classes": classes,
        "labels": png(index_bytes(labels)),
        "confidence": png(_confidence(unzoomed)),
        "prediction": png(index_bytes(trace.zoomed_labels)) if isinstance(trace.layout, WarpLayout) else None,
        "truth": truth,
        "truthNote": session.truth_note,
        "stages": stages,
        "total": total,
        "features": stages_of(trace),
        "memory": {"bytes": trace.memory, "kind": Text(f"memory.{trace.memory_kind}")},
        "clock": words.timed(CLOCK, trace.report),
        "sentence": words.whole(card, placing, trace, classes, truth),
        "sentences": words.of_reading(card, trace, classes, truth),
    }


def _truth(session: Session, trace: Trace) -> dict[str, Any] | None:
    """How the labels compare with the truth; a note alone where the truth names none of the checkpoint's classes."""
    if session.truth is None:
        return None
    confusion, per_class, error = trace.confusion, trace.per_class, trace.error
    zoomed = trace.zoomed_truth if isinstance(trace.layout, WarpLayout) else None
    assert confusion is not None and per_class is not None and error is not None and trace.truth is not None
    counted = max(float(confusion.sum()), 1.0)
    marks = torch.where(trace.truth == IGNORE, IGNORE, error.long())
    rows = zip(
        session.trained.classes, per_class.tolist(), confusion.sum(1).tolist(), confusion.sum(0).tolist(), strict=False
    )
    return {
        "source": session.truth.source,
        "labels": png(index_bytes(trace.truth)),
        "error": png(index_bytes(marks)),
        "zoomed": None if zoomed is None else png(index_bytes(zoomed)),
        "miou": _number(trace.miou),
        "accuracy": _number(float(confusion.diagonal().sum()) / counted),
        "intrinsic": _number(trace.intrinsic),
        "perClass": [
            {"name": name, "iou": _number(iou), "truth": true / counted, "predicted": predicted / counted}
            for name, iou, true, predicted in rows
        ],
        "notes": list(session.truth.notes),
    }


# Parts -------------------------------------------------------------------------------------------------------------


def png(pixels: np.ndarray) -> str:
    """A PNG as base64."""
    return encode_array(np.frombuffer(encode_png(pixels), np.uint8))


def _to_device(values: Tensor | None) -> Tensor | None:
    return None if values is None else values.to(device())


def _box(size: Size) -> dict[str, int]:
    return {"w": int(size[1]), "h": int(size[0])}


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return value if value == value else None


def image_bytes(image: Tensor) -> np.ndarray:
    """(1, C, h, w) in [0, 1] as (h, w, C) uint8."""
    return (image[0].clamp(0, 1) * 255 + 0.5).byte().permute(1, 2, 0).contiguous().cpu().numpy()


def index_bytes(labels: Tensor | None) -> np.ndarray:
    """(1, h, w) class indices as (h, w) uint8."""
    assert labels is not None
    return labels[0].to(torch.uint8).cpu().numpy()


def _confidence(unzoomed: Tensor) -> np.ndarray:
    """The best class's probability on a corner-aligned lattice of the picture: (h, w) uint8."""
    size = int(unzoomed.shape[-2]), int(unzoomed.shape[-1])
    rows, columns = (
        torch.linspace(0, n - 1, m, device=unzoomed.device).round().long()
        for n, m in zip(size, fit(size, CONFIDENCE_SIDE), strict=True)
    )
    best = unzoomed[0][:, rows[:, None], columns].float().softmax(0).amax(0)
    return (best * 255 + 0.5).byte().cpu().numpy()


def _sites(layout: object, size: Size) -> str | None:
    """Places of all samples in pixels of the picture."""
    if not isinstance(layout, WarpLayout):
        return None
    return encode_array(to_pixels(layout.warp.grid(layout.zoomed_size), size)[0].float().cpu().numpy())


def _levels(layout: object) -> dict[str, Any] | None:
    if not isinstance(layout, QuadTree):
        return None
    levels = layout.levels[0, 0].to(torch.uint8).cpu().numpy()
    return {**_box((levels.shape[0], levels.shape[1])), "stride": layout.stride, "data": encode_array(levels)}


def _mesh(warp: Warp, zoomed: Size) -> dict[str, Any]:
    """Control nodes; a warp without any shows its samples."""
    control = isinstance(warp, GridWarp)
    nodes = warp.nodes if isinstance(warp, GridWarp) else warp.grid(zoomed)
    return {
        **_box((nodes.shape[1], nodes.shape[2])),
        "nodes": encode_array(nodes[0].float().cpu().numpy()),
        "folds": int(warp.foldovers().sum()) if isinstance(warp, GridWarp) else 0,
        "kind": "control" if control and tuple(nodes.shape[1:3]) != tuple(zoomed) else "dense",
    }


def _map(values: Tensor | None, title: Text) -> dict[str, Any] | None:
    if values is None:
        return None
    shown = values[0, 0].float().cpu().numpy()
    return {
        **_box((shown.shape[0], shown.shape[1])),
        "data": encode_array(shown),
        "low": float(shown.min()),
        "high": float(shown.max()),
        "title": title,
    }


def _weights(weights: Tensor | None) -> dict[str, Any] | None:
    """DownsizeNet's four maps."""
    if weights is None:
        return None
    shown = (weights[0].clamp(0, 1) * 255 + 0.5).byte().cpu().numpy()
    return {
        **_box((shown.shape[1], shown.shape[2])),
        "maps": [png(each) for each in shown],
        "titles": [Text(f"place.{name}") for name in ("topLeft", "topRight", "bottomLeft", "bottomRight")],
        "mean": weights[0].mean((1, 2)).tolist(),
    }


def _correction(correction: Tensor | None) -> dict[str, Any] | None:
    """What the learned resizer adds, 0 in the middle of the bytes."""
    if correction is None:
        return None
    reach = max(float(correction.abs().max()), 1e-6)
    shown = (correction[0] / reach * 127 + 128.5).clamp(0, 255).byte().permute(1, 2, 0).contiguous().cpu().numpy()
    return {"image": png(shown), "range": reach, "rms": float(correction.square().mean().sqrt())}


def _wanted(session: Session, layout: object) -> dict[str, Any] | None:
    """The nodes that a sampler would want for the true labels, beside those that it predicts."""
    sampler = session.trained.sampler
    if session.told or session.labels is None or not isinstance(layout, WarpLayout):
        return None
    if not isinstance(sampler, PlaceLearner):
        return None
    nodes = sampler.wanted(session.labels)
    distance = (nodes.cpu() - layout.warp.nodes.double().cpu()).square().sum(-1).mean().sqrt()  # type: ignore[attr-defined]
    return _mesh(GridWarp(nodes), (0, 0)) | {"distance": float(distance)}


def _own(session: Session) -> dict[str, Any] | None:
    """Where the trained network itself would look, beside the map that it is told."""
    if not session.told:
        return None
    key = f"{session.name} {session.working.key}"
    found = session.workshop.memory.get("own look", key)
    if found is None:
        pipeline, image = session.trained, session.working.image.to(device())
        with torch.inference_mode():
            seen = pipeline.seen(image)
            sampler = pipeline.sampler
            if isinstance(sampler, PlaceLearner):
                found = {"saliency": None, "mesh": _mesh(GridWarp(sampler.predict(seen)), (0, 0))}
            else:
                saliency = None if pipeline.boundary is not None else pipeline.where(seen)
                found = {
                    "saliency": _map(
                        saliency, words.map_title(checkpoints.card(session.workshop, session.name).system)
                    ),
                    "mesh": None,
                }
        session.workshop.memory.put(
            "own look", key, found, sum(len(part.get("data", part.get("nodes"))) for part in found.values() if part)
        )
    return found


def _facts(layout: WarpLayout, saliency: Tensor | None, size: Size) -> Any:
    """What a warp does to the picture (:class:`lzviz.measure.describe.Facts`)."""
    warp = layout.warp if isinstance(layout.warp, GridWarp) else GridWarp(layout.warp.grid(layout.zoomed_size))
    emphasis = None
    if saliency is not None:
        low, high = torch.aminmax(saliency)
        if bool(high > low):
            emphasis = ((saliency - low) / (high - low)).double().cpu()[:1]
    return examine.examine(
        GridWarp(warp.nodes.double().cpu()), layout.zoomed_size, size, emphasis=emphasis, inverse_size=fit(size, 256)
    ).facts


# Features ----------------------------------------------------------------------------------------------------------


def stages_of(trace: Trace) -> list[dict[str, Any]]:
    """The feature stages that a trace has, by the names that a state may hold."""
    return [
        {"name": _slug(name), "title": name, "channels": int(f.shape[1]), "h": int(f.shape[-2]), "w": int(f.shape[-1])}
        for name, f in trace.features.items()
    ]


def _slug(name: str) -> str:
    return name.replace(" ", "-")


def features_answer(session: Session) -> dict[str, Any]:
    """One stage's features, of the zoomed image and brought back, in the same colours."""
    trace, state = session.run(), session.state
    stages = stages_of(trace)
    if not stages:
        raise Refusal("This checkpoint's network shows no features; choose another checkpoint.")
    wanted = stages[-1]["name"] if state.learned_stage in ("", "auto") else state.learned_stage
    named = {_slug(name): feature for name, feature in trace.features.items()}
    if wanted not in named:
        raise Refusal(f"There is no stage {wanted!r}; this network has {', '.join(named)}.", 404)
    feature = named[wanted].float().cpu()
    channels = feature.shape[1]
    if state.learned_channel >= channels:
        raise Refusal(f"learnedChannel: {wanted} has channels 0 to {channels - 1}, got {state.learned_channel}.")
    with torch.inference_mode():
        colours = Colours.fit(feature, None if state.learned_channel < 0 else state.learned_channel)
        layout = trace.layout
        shown = {"zoomed": None, "unzoomed": _coloured(colours, feature)}
        if isinstance(layout, WarpLayout):
            size, stride = fit(session.picture.size, FEATURE_SIDE), stride_of(layout.zoomed_size, feature)
            back = layout.warp.to("cpu").unzoom(feature, size, layout.zoomed_size, stride, fill=None)
            shown = {"zoomed": shown["unzoomed"], "unzoomed": _coloured(colours, back)}
    channel = None if state.learned_channel < 0 else state.learned_channel
    return {
        "stage": wanted,
        "channels": channels,
        "channel": channel,
        "range": [colours.low.tolist(), colours.high.tolist()],
        **shown,
        "stages": stages,
        "sentence": words.features(wanted, channels, feature.shape[-2:], channel),
    }


def _coloured(colours: Colours, features: Tensor) -> dict[str, Any]:
    pixels = colours(features).numpy()
    return {**_box((pixels.shape[0], pixels.shape[1])), "image": encode_array(pixels)}


# Time --------------------------------------------------------------------------------------------------------------


def time_answer(session: Session) -> dict[str, Any]:
    """The stages timed properly: runs that do not count first, then the median of several."""
    saliency = session.saliency()
    with session.workshop.running:
        traces = _repeat(session.pipeline, session.working.image, saliency)
    names = list(traces[0].milliseconds)
    where = traces[0].device
    taken = {name: timing.Timing(tuple(trace.milliseconds[name] for trace in traces), where) for name in names}
    together = timing.Timing(tuple(sum(trace.milliseconds.values()) for trace in traces), where)
    macs = traces[0].macs
    stages = [{"name": n, "ms": taken[n].median, "p95": taken[n].p95, "macs": macs[n]} for n in names]
    total = {"ms": together.median, "p95": together.p95, "macs": sum(macs.values())}
    clock = words.timed(Text("clock.median", {"count": RUNS, "warm": WARM_UP}), traces[-1].report)
    return {
        "stages": stages,
        "total": total,
        "runs": RUNS,
        "warmUp": WARM_UP,
        "device": where,
        "clock": clock,
        "sentence": words.timing(stages, total, where, clock),
    }


@on_gpu
def _repeat(pipeline: Pipeline, image: Tensor, saliency: Tensor | None) -> list[Trace]:
    with torch.inference_mode(), precisely():
        return [cast(Trace, pipeline.run(image, None, saliency)) for _ in range(WARM_UP + RUNS)][WARM_UP:]


# One pixel ---------------------------------------------------------------------------------------------------------


def pixel_answer(session: Session, x: object, y: object) -> dict[str, Any]:
    """What is known about one pixel of the picture, by its centre (x, y)."""
    (height, width), (column, row) = session.picture.size, (_coordinate("x", x), _coordinate("y", y))
    if not (-0.5 <= column <= width - 0.5 and -0.5 <= row <= height - 0.5):
        raise Refusal(
            f"({column:g}, {row:g}) is outside the picture of {width} x {height} pixels; point at the picture."
        )
    trace = session.run()
    assert trace.unzoomed is not None
    h, w = session.size
    at = min(int((row + 0.5) * h / height), h - 1), min(int((column + 0.5) * w / width), w - 1)
    probabilities = trace.unzoomed[0, :, at[0], at[1]].float().softmax(0)
    most = probabilities.topk(min(3, len(probabilities)))
    names = session.trained.classes
    top = [
        {"name": names[k], "index": k, "probability": p}
        for p, k in zip(most.values.tolist(), most.indices.tolist(), strict=True)
    ]
    known = IGNORE if trace.truth is None else int(trace.truth[0, at[0], at[1]])
    place = {"x": column, "y": row, "class": top[0], "top": top}
    place["truth"] = None if known == IGNORE else {"name": names[known], "index": known}
    return place | _samples(trace.layout, session.picture.size, column, row) | {"sentence": words.pixel(place)}


def _coordinate(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(f"{name}: expected a number of pixels; reload the page.")
    return float(value)


def _samples(layout: object, size: Size, x: float, y: float) -> dict[str, Any]:
    """The samples between which a place of the picture lies in the zoomed image, with their bilinear weights."""
    if not isinstance(layout, WarpLayout):
        return {"zoomed": None, "samples": []}
    like, (h, w) = layout.warp.like, layout.zoomed_size
    point = to_normalised(like.new_tensor([[[x, y]]]), size)
    u, v = to_pixels(layout.warp.inverse(point)[0], (h, w))[0, 0].tolist()
    u, v = min(max(u, 0.0), w - 1.0), min(max(v, 0.0), h - 1.0)
    j, i = min(int(u), max(w - 2, 0)), min(int(v), max(h - 2, 0))
    sites = to_pixels(layout.warp.grid((h, w))[0], size)
    samples = []
    for row, column in ((i, j), (i, j + 1), (i + 1, j), (i + 1, j + 1)):
        weight = max(0.0, 1 - abs(u - column)) * max(0.0, 1 - abs(v - row))
        if weight > 1e-6:
            sx, sy = sites[row, column].tolist()
            samples.append({"u": column, "v": row, "x": sx, "y": sy, "weight": weight})
    return {"zoomed": [u, v], "samples": samples}


# Training ----------------------------------------------------------------------------------------------------------


def training_answer(workshop: Workshop, state: State) -> dict[str, Any]:
    """The saliency maps that the sampler had on its way, on the picture that all are watched on."""
    name = checkpoints.chosen(workshop, state.checkpoint, state.image)
    kept = checkpoints.snapshots(workshop, name)
    if kept is None:
        raise Refusal(f"No snapshots of the training were kept for {name}; choose a checkpoint that has them.", 404)
    kind = "saliency" if "saliency" in kept else "nodes"
    values, steps = kept[kind].astype(np.float32), kept["steps"].tolist()
    return {
        "steps": steps,
        "kind": kind,
        **_box((values.shape[1], values.shape[2])),
        "data": encode_array(values),
        "low": float(values.min()),
        "high": float(values.max()),
        "picture": "street",
        "sentence": words.training(steps, values, kind),
    }
