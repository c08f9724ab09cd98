"""Trained samplers on the page: one picture, one checkpoint, everything that happens between them.

    state + picture + truth --Session--> Pipeline.run --Trace--> JSON

Pictures are averaged to at most :data:`WORKING` before the pipeline sees them; places are told in pixels of the picture itself.
Pipelines and traces are held in caches that are bounded in bytes, so that hover, features and files need no second run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lzviz import palette
from lzviz.contract.answers import checkpoints, words
from lzviz.contract.answers.networks import precisely
from lzviz.contract.answers.pipeline_boxes import found
from lzviz.contract.answers.pipeline_parts import (
    box,
    confidence,
    correction_of,
    image_bytes,
    index_bytes,
    levels_of,
    map_of,
    mesh,
    number,
    png,
    stages_of,
    weights_of,
)
from lzviz.contract.answers.pipeline_session import Session
from lzviz.contract.lent import device
from lzviz.contract.pictures import fit
from lzviz.contract.truth import IGNORE
from lzviz.contract.wire import Refusal
from lzviz.coords import Size
from lzviz.measure import examine, timing
from lzviz.samplers.base import Downsampled, PlaceLearner
from lzviz.tasks.segmentation import SegmentationTrace
from lzviz.text import Text
from lzviz.trace import Trace
from lzviz.warp import GridWarp, WarpLayout

CLOCK = Text("clock.one")


def answer(session: Session, only: object = None) -> dict[str, Any]:
    """Everything that the room shows of a session.

    Args:
        only: "warp": where the sampler looks and what it sees, without the network; for a map that is being drawn. Where the
            trained network looks, there is nothing to leave out.
    """
    if only not in (None, "warp"):
        raise Refusal(Text("refused.only", {"given": repr(str(only)[:20])}))
    if only == "warp" and session.told:
        with torch.inference_mode(), precisely():
            out = session.pipeline.downsample(session.working.image.to(device()), _to_device(session.saliency()))
        return _placed(session, out, out.extras)[1]
    trace = session.run()
    with torch.inference_mode():
        placing, placed = _placed(session, trace.out, trace.extras)
        read = _found(session, trace, placing) if session.finds else _read(session, trace, placing)
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
        "task": card.task,
        "trained": checkpoints.is_trained(card),
        "knows": session.state.learned_from,
        "picture": box(picture.size),
        "working": box(session.size),
        "zoomed": box((h, w)),
        "image": png(image_bytes(out.image)) if isinstance(layout, WarpLayout) else None,
        "mesh": mesh(layout.warp, (h, w)) if isinstance(layout, WarpLayout) else None,
        "levels": levels_of(layout),
        "saliency": map_of(maps["saliency"], words.map_title(card.system)),
        "target": map_of(maps["target"], words.target_title(card.system, session.state.learned_from)),
        "wantedMesh": _wanted(session, layout),
        "own": _own(session),
        "weights": weights_of(extras.get("weights")),
        "correction": correction_of(extras.get("correction")),
        "device": timing.device_name(device()),
    }
    return facts, made | {"sentence": facts.sentence(), "sentences": words.of_places(facts, made, maps)}


def _found(session: Session, trace: Trace, placing: words.Placing) -> dict[str, Any]:
    """The part of an answer that a detector made."""
    card, made = checkpoints.card(session.workshop, session.name), found(session.read, trace)
    about = words.Boxed(made, session.state.found_score)
    return _run_facts(trace, pyramid=True) | {
        "found": made,
        "looked": session.looked,
        "follows": session.trained.boundary is not None and card.recipe.get("previous") == "sequence",
        "sentence": words.whole(card, placing, trace, about.clauses()),
        "sentences": about.views() | {"timing": words.timing_once(trace)},
    }


def _run_facts(trace: Trace, pyramid: bool = False) -> dict[str, Any]:
    """What any run took."""
    stages = [{"name": name, "ms": trace.milliseconds[name], "macs": trace.macs[name]} for name in trace.milliseconds]
    return {
        "stages": stages,
        "total": {"ms": sum(trace.milliseconds.values()), "macs": sum(trace.macs.values())},
        "features": stages_of(trace, pyramid),
        "memory": {"bytes": trace.memory, "kind": Text(f"memory.{trace.memory_kind}")},
        "clock": words.timed(CLOCK, trace.report),
    }


def _read(session: Session, trace: Trace, placing: words.Placing) -> dict[str, Any]:
    """The part of an answer that the network made; ``placing`` is what the sentence says of the other part."""
    card = checkpoints.card(session.workshop, session.name)
    assert isinstance(trace, SegmentationTrace)
    labels, unzoomed = trace.labels, trace.unzoomed
    assert labels is not None and unzoomed is not None
    names = session.trained.classes
    shares = torch.bincount(labels.flatten(), minlength=len(names)).double() / labels.numel()
    classes = [
        {"name": name, "colour": colour, "share": share}
        for name, colour, share in zip(names, palette.colours(names), shares.tolist(), strict=True)
    ]
    truth = _truth(session, trace)
    return _run_facts(trace) | {
        "classes": classes,
        "labels": png(index_bytes(labels)),
        "confidence": png(confidence(unzoomed)),
        "prediction": png(index_bytes(trace.zoomed_labels)) if isinstance(trace.layout, WarpLayout) else None,
        "truth": truth,
        "truthNote": session.truth_note,
        "sentence": words.whole(card, placing, trace, words.labelled(classes, truth)),
        "sentences": words.of_reading(card, trace, classes, truth),
    }


def _truth(session: Session, trace: SegmentationTrace) -> dict[str, Any] | None:
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
        "miou": number(trace.miou),
        "accuracy": number(float(confusion.diagonal().sum()) / counted),
        "intrinsic": number(trace.intrinsic),
        "perClass": [
            {"name": name, "iou": number(iou), "truth": true / counted, "predicted": predicted / counted}
            for name, iou, true, predicted in rows
        ],
        "notes": list(session.truth.notes),
    }


def _to_device(values: Tensor | None) -> Tensor | None:
    return None if values is None else values.to(device())


def _wanted(session: Session, layout: object) -> dict[str, Any] | None:
    """The nodes that a sampler would want for the true labels, beside those that it predicts."""
    sampler = session.trained.sampler
    if session.told or session.labels is None or not isinstance(layout, WarpLayout):
        return None
    if not isinstance(sampler, PlaceLearner):
        return None
    nodes = sampler.wanted(session.labels)
    distance = (nodes.cpu() - layout.warp.nodes.double().cpu()).square().sum(-1).mean().sqrt()  # type: ignore[attr-defined]
    return mesh(GridWarp(nodes), (0, 0)) | {"distance": float(distance)}


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
                found = {"saliency": None, "mesh": mesh(GridWarp(sampler.predict(seen)), (0, 0))}
            else:
                saliency = None if pipeline.boundary is not None else pipeline.where(seen)
                found = {
                    "saliency": map_of(
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
