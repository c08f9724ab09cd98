"""Segmentation by the trained network on the cells of a state, beside the strided and the dilated network."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lzviz import palette
from lzviz.adaptive import QuadTree
from lzviz.contract.answers.cad_masks import Session, predicted, segmenter
from lzviz.contract.answers.checkpoints import fits
from lzviz.contract.answers.networks import macs_of
from lzviz.contract.answers.pipeline_parts import index_bytes, number, png
from lzviz.contract.truth import IGNORE
from lzviz.contract.wire import Refusal
from lzviz.measure import evaluation
from lzviz.plain.packed import encode_array
from lzviz.text import Text

FORMS = ("strided", "adaptive", "dilated")


def segmented(session: Session) -> dict[str, Any]:
    """What the three forms of the trained network say of every pixel, and how good that is where labels are known."""
    if session.network != "compact" or session.state.cad_levels != "8-16":
        raise Refusal(Text("refused.cad.segmentation"))
    pipeline = segmenter(session.workshop)
    assert pipeline.card is not None
    levels = session.levels()
    maps = {
        "strided": predicted(session, pipeline, torch.full_like(levels, session.depth)),
        "adaptive": predicted(session, pipeline, levels),
        "dilated": predicted(session, pipeline, torch.zeros_like(levels)),
    }
    names = tuple(pipeline.card.classes)
    macs = macs_of(session.prices, levels, session.depth)
    rows = torch.bincount(QuadTree(levels, session.stride, session.size).leaves().level, minlength=session.depth + 1)
    truth = session.labels
    scores = None if truth is None else {name: _score(labels, truth, len(names)) for name, labels in maps.items()}
    agree = {name: float((labels == maps["dilated"]).float().mean()) for name, labels in maps.items()}
    known = fits(session.workshop, pipeline.card, session.state.image)
    return session.where() | {
        "network": session.network,
        "levels": encode_array(levels[0, 0].to(torch.uint8).numpy()),
        "rows": rows.tolist(),
        "active": int(rows.sum()) / (session.cells[0] * session.cells[1]),
        "macs": macs,
        "classes": [{"name": n, "colour": c} for n, c in zip(names, palette.colours(names), strict=True)],
        "labels": {name: png(index_bytes(labels)) for name, labels in maps.items()},
        "errors": None if truth is None else {name: png(_errors(labels, truth)) for name, labels in maps.items()},
        "miou": None if scores is None else {name: number(value) for name, value in scores.items()},
        "agree": agree,
        "fits": known,
        "weights": Text("weights.street", {"name": pipeline.card.name}),
        "sentence": _sentence(macs, scores, agree, known),
    }


def _score(labels: Tensor, truth: Tensor, classes: int) -> float:
    return float(evaluation.miou(evaluation.confusion(labels.long(), truth.long(), classes, IGNORE)))


def _errors(labels: Tensor, truth: Tensor) -> np.ndarray:
    """1 where a labelled pixel is wrong, 0 where it is right, 255 where nothing is known."""
    wrong = torch.where(truth == IGNORE, IGNORE, (labels != truth).to(torch.uint8))
    return index_bytes(wrong)


def _sentence(macs: dict[str, int], scores: dict[str, float] | None, agree: dict[str, float], known: bool) -> Text:
    work = macs["adaptive"] / macs["dilated"]
    foreign = Text("cad.segmented.foreign") if not known else ""
    if scores is None:
        values = {"work": work, "adaptive": agree["adaptive"], "strided": agree["strided"], "foreign": foreign}
        return Text("cad.segmented.agrees", values)
    return Text("cad.segmented", {"work": work, **scores, "foreign": foreign})
