"""What the pipelines' room asks beside its answer: features of a stage, times, one pixel, the training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lzviz.adaptive.inspect import Colours
from lzviz.contract.answers import checkpoints, words
from lzviz.contract.answers.networks import precisely
from lzviz.contract.answers.pipeline_parts import (
    box,
    slug,
    stages_of,
)
from lzviz.contract.answers.pipeline_session import Session
from lzviz.contract.lent import borrow, device
from lzviz.contract.pictures import fit
from lzviz.contract.state import State
from lzviz.contract.truth import IGNORE
from lzviz.contract.wire import Refusal
from lzviz.coords import Size, to_normalised, to_pixels
from lzviz.measure import timing
from lzviz.pipelines.pipeline import Pipeline
from lzviz.plain.packed import encode_array
from lzviz.tasks.segmentation import SegmentationTrace
from lzviz.text import Text
from lzviz.trace import Trace
from lzviz.trace.frames import stride_of
from lzviz.warp import WarpLayout

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop


# Long side of unzoomed features.
FEATURE_SIDE = 256
# "Time it".
WARM_UP, RUNS = 2, 5


def features_answer(session: Session) -> dict[str, Any]:
    """One stage's features, of the zoomed image and brought back, in the same colours."""
    trace, state = session.run(), session.state
    stages = stages_of(trace, session.finds)
    if not stages:
        raise Refusal(Text("refused.features"))
    wanted = stages[-1]["name"] if state.learned_stage in ("", "auto") else state.learned_stage
    named = {slug(name): feature for name, feature in trace.features.items()}
    if wanted not in named:
        raise Refusal(Text("refused.stage", {"name": repr(wanted), "known": [*named]}), 404)
    feature = named[wanted].float().cpu()
    channels = feature.shape[1]
    if state.learned_channel >= channels:
        said = {"field": "learnedChannel", "what": wanted, "last": channels - 1, "given": state.learned_channel}
        raise Refusal(Text("refused.channel", said))
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
    return {**box((pixels.shape[0], pixels.shape[1])), "image": encode_array(pixels)}


def time_answer(session: Session) -> dict[str, Any]:
    """The stages timed properly: runs that do not count first, then the median of several."""
    session.run()  # what does not run at all is refused there
    saliency = session.saliency()
    with session.workshop.running:
        traces, waited = borrow(_repeat, session.pipeline, session.working.image, saliency, session.previous)
    names = list(traces[0].milliseconds)
    where = traces[0].device
    taken = {name: timing.Timing(tuple(trace.milliseconds[name] for trace in traces), where) for name in names}
    together = timing.Timing(tuple(sum(trace.milliseconds.values()) for trace in traces), where)
    macs = traces[0].macs
    stages = [{"name": n, "ms": taken[n].median, "p95": taken[n].p95, "macs": macs[n]} for n in names]
    total = {"ms": together.median, "p95": together.p95, "macs": sum(macs.values())}
    clock = words.timed(Text("clock.median", {"count": RUNS, "warm": WARM_UP}), traces[-1].report)
    if waited is not None:
        clock = Text("clock.lent", {"clock": clock, "waited": waited / 1000})
    return {
        "stages": stages,
        "total": total,
        "runs": RUNS,
        "warmUp": WARM_UP,
        "device": where,
        "clock": clock,
        "sentence": words.timing(stages, total, where, clock),
    }


def _repeat(pipeline: Pipeline, image: Tensor, saliency: Tensor | None, previous: Any) -> list[Trace]:
    with torch.inference_mode(), precisely():
        return [pipeline.to(device()).run(image, None, saliency, previous) for _ in range(WARM_UP + RUNS)][WARM_UP:]


def pixel_answer(session: Session, x: object, y: object) -> dict[str, Any]:
    """What is known about one pixel of the picture, by its centre (x, y)."""
    (height, width), (column, row) = session.picture.size, (_coordinate("x", x), _coordinate("y", y))
    if not (-0.5 <= column <= width - 0.5 and -0.5 <= row <= height - 0.5):
        raise Refusal(Text("refused.pixel", {"x": column, "y": row, "width": width, "height": height}))
    trace = session.run()
    if not isinstance(trace, SegmentationTrace) or trace.unzoomed is None:
        raise Refusal(Text("refused.pixel.labels"))
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
        raise Refusal(Text("refused.pixel.number", {"field": name}))
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


def training_answer(workshop: Workshop, state: State) -> dict[str, Any]:
    """The saliency maps that the sampler had on its way, on the picture that all are watched on."""
    name = checkpoints.chosen(workshop, state.checkpoint, state.image)
    kept = checkpoints.snapshots(workshop, name)
    if kept is None:
        raise Refusal(Text("refused.training", {"name": name}), 404)
    kind = "saliency" if "saliency" in kept else "nodes"
    values, steps = kept[kind].astype(np.float32), kept["steps"].tolist()
    return {
        "steps": steps,
        "kind": kind,
        **box((values.shape[1], values.shape[2])),
        "data": encode_array(values),
        "low": float(values.min()),
        "high": float(values.max()),
        "picture": "street",
        "sentence": words.training(steps, values, kind),
    }
