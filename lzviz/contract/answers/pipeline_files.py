"""Files to keep of the learned room: label maps with their colours, what the network saw, the whole trace, a script."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from lzviz import palette
from lzviz.contract.answers.files import MEDIA_TYPES
from lzviz.contract.answers.pipeline import answer
from lzviz.contract.answers.pipeline_boxes import found
from lzviz.contract.answers.pipeline_parts import image_bytes, index_bytes, stages_of
from lzviz.contract.answers.pipeline_session import Session
from lzviz.contract.answers.pipeline_snippet import snippet
from lzviz.contract.messages.base import File
from lzviz.contract.pictures import encode_png
from lzviz.contract.wire import Refusal
from lzviz.spreadsheet import no_formula
from lzviz.tasks.detection import DetectionTrace
from lzviz.tasks.segmentation import SegmentationTrace
from lzviz.text import Text
from lzviz.trace import Trace


def export(session: Session, what: object, form: object) -> File:
    """Make a file of a session.

    Args:
        what, form: one of :data:`WRITERS`. Anything else is a :class:`~lzviz.contract.wire.Refusal`.
    """
    writer = WRITERS.get((what, form)) if isinstance(what, str) and isinstance(form, str) else None
    if writer is None:
        raise Refusal(Text("refused.export", {"known": [f"{w}.{f}" for w, f in WRITERS]}))
    picture, frame = session.state.image if session.state.image != "own" else "picture", _frame(session)
    name = f"lzviz-{picture}-{'' if frame is None else f'frame{frame}-'}{session.name}-{what}.{form}"
    return File(name=name, body=writer(session), media_type=MEDIA_TYPES[str(form)])


def _sentence(session: Session) -> str:
    return str(answer(session)["sentence"])


def _labels_png(session: Session) -> bytes:
    """One number a pixel, its class, in the colours of the page; it can be loaded as true labels again."""
    return _indexed(session, index_bytes(_labelled(session).labels))


def _prediction_png(session: Session) -> bytes:
    return _indexed(session, index_bytes(_labelled(session).zoomed_labels))


def _labelled(session: Session) -> SegmentationTrace:
    trace = session.run()
    if not isinstance(trace, SegmentationTrace):
        raise Refusal(Text("refused.export.labels"))
    return trace


def _frame(session: Session) -> int | None:
    """The number of the film's frame, as links count it, from 0; ``None``: the picture is none of the gallery's films'."""
    shipped = session.workshop.gallery.get(session.state.image)
    return None if shipped is None or shipped.film is None else session.state.frame


SAID = {"magnification": "zoom", "overlap": "IoU", "truth": "true box"}
"""What a box's facts are called in files, as on the page."""
UNITS = {
    "box": "x0, y0, x1, y1 in pixels of the picture; 0 is its left or upper border",
    "zoomed": "the hull of the same box in pixels of the zoomed image",
    "zoom": "times that a side is longer in the zoomed image than with as many uniform samples",
    "true box": "the row of `true` that a found box is about, from 0",
    "frame": "of the film, from 0",
}


def _boxes(session: Session) -> dict[str, Any]:
    """What was found with at least the score of the state, and what is true; in the words of the page."""
    trace = session.run()
    if not isinstance(trace, DetectionTrace):
        raise Refusal(Text("refused.export.boxes"))
    made = found(session.read, trace)
    kept = [each for each in made["boxes"] if each["score"] >= session.state.found_score]
    levels = [stage["title"] for stage in stages_of(trace, True)]
    named = {
        part: [_named(each, session, levels) for each in rows or []]
        for part, rows in (("boxes", kept), ("true", made["true"]))
    }
    return {**named, "scores": made["scores"], "camera": made["camera"]}


def _named(box: dict[str, Any], session: Session, levels: list[str]) -> dict[str, Any]:
    told = {SAID.get(name, name): value for name, value in box.items()} | {
        "class": session.trained.classes[box["class"]]
    }
    if "level" in box:
        told["level"] = levels[box["level"]] if box["level"] < len(levels) else str(box["level"])
    if box.get("verdict") is not None:
        told["verdict"] = str(Text(f"boxes.verdict.{box['verdict']}"))
    return told


def _boxes_json(session: Session) -> bytes:
    frame = _frame(session)
    said = {
        "picture": session.state.image,
        **({} if frame is None else {"frame": frame}),
        "size": list(session.picture.size),
        "checkpoint": session.name,
        "looked": session.looked,
        "least": session.state.found_score,
        "units": UNITS,
        **_boxes(session),
    }
    return (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode()


def _boxes_csv(session: Session) -> bytes:
    """A row a box: edges in pixels of the picture and of the zoomed image."""
    sides, text = ("x0", "y0", "x1", "y1"), io.StringIO()
    rows, frame = csv.writer(text), _frame(session)
    facts = ("class", "score", "verdict", "true box", "IoU", "zoom", "size", "level", "ignored")
    rows.writerow(["frame", "of", *facts, *(f"{side} px" for side in sides), *(f"zoomed {side} px" for side in sides)])
    made = _boxes(session)
    for of, part in (("found", made["boxes"]), ("true", made["true"])):
        for each in part:
            told = ["" if each.get(fact) is None else no_formula(each[fact]) for fact in facts]
            rows.writerow(["" if frame is None else frame, of, *told, *each["box"], *each["zoomed"]])
    return text.getvalue().encode()


def _indexed(session: Session, labels: np.ndarray) -> bytes:
    image, texts, buffer = Image.fromarray(labels, "P"), PngInfo(), io.BytesIO()
    names = session.trained.classes
    image.putpalette(palette.flat(palette.colours(names)))
    texts.add_text("Description", _sentence(session))
    texts.add_text("Classes", ", ".join(names))
    image.save(buffer, "PNG", pnginfo=texts)
    return buffer.getvalue()


def _zoomed_png(session: Session) -> bytes:
    return encode_png(image_bytes(session.run().zoomed), {"Description": _sentence(session)})


def _saliency_npz(session: Session) -> bytes:
    saliency = session.run().saliency
    if saliency is None:
        raise Refusal(Text("refused.export.saliency.learned"))
    return _npz(saliency=saliency[0, 0].float().cpu().numpy())


def _trace_npz(session: Session) -> bytes:
    """Everything of the run but the scores at the picture's size, by the names of :class:`lzviz.Trace`; ``sites`` (N, 2)
    are x, y in pixels of the working size."""
    trace = session.run()
    arrays = {
        "zoomed": trace.zoomed,
        "saliency": trace.saliency,
        **_read(trace),
        **{f"feature {name}": feature for name, feature in trace.features.items()},
        **{f"extra {name}": value for name, value in trace.extras.items()},
    }
    kept = {
        name.replace(" ", "_"): value[0].cpu().numpy() for name, value in arrays.items() if isinstance(value, Tensor)
    }
    stages = list(trace.milliseconds)
    return _npz(
        **kept,
        sites=trace.layout.sites.float().cpu().numpy(),
        classes=np.array(trace.classes),
        stages=np.array(stages),
        milliseconds=np.array([trace.milliseconds[name] for name in stages]),
        macs=np.array([trace.macs[name] for name in stages]),
        working_size=np.array(session.size),
        picture_size=np.array(session.picture.size),
        device=np.array(trace.device),
    )


def _read(trace: Trace) -> dict[str, Any]:
    """What the task read, (1, ...) each, by the names of its trace."""
    if isinstance(trace, DetectionTrace):
        found, zoomed = trace.boxes, trace.zoomed_boxes
        assert found is not None and zoomed is not None
        said = {
            "boxes": found[0].boxes,
            "zoomed_boxes": zoomed[0],
            "box_scores": found[0].scores,
            "box_classes": found[0].classes,
        }
        true = (
            {} if trace.truth is None else {"true_boxes": trace.truth[0].boxes, "true_classes": trace.truth[0].classes}
        )
        return {name: value[None] for name, value in (said | true).items()}
    assert isinstance(trace, SegmentationTrace)
    return {"scores": trace.scores, "labels": trace.labels, "zoomed_labels": trace.zoomed_labels, "truth": trace.truth}


def _npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


WRITERS: dict[tuple[str, str], Callable[[Session], bytes]] = {
    ("labels", "png"): _labels_png,
    ("zoomed", "png"): _zoomed_png,
    ("prediction", "png"): _prediction_png,
    ("boxes", "csv"): _boxes_csv,
    ("boxes", "json"): _boxes_json,
    ("saliency", "npz"): _saliency_npz,
    ("trace", "npz"): _trace_npz,
    ("snippet", "py"): lambda session: snippet(session).encode(),
}
