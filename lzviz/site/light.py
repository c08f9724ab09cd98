"""Answers of pipelines as light as a folder needs them: the same messages in fewer bytes.

What is told exactly stays exact (labels, errors, the truth, grids of the doctor); nodes keep 1/32 px of a picture of 2048, maps
256 steps of their range, the confidence 32 steps on at most 128 cells a side, and the zoomed image is a WebP of quality 85. What
many answers have is written once: the truth, and the image of those that look nowhere. Where labels are wrong follows from them
and the truth. All becomes the same message again in ``canvas/alone/light.js``.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from lzviz.contract.truth import IGNORE

Share = Callable[[str], dict[str, str]]
"""Writes a text to a file of its own, unless it is there, and says where."""
NODES = 2.0**15
"""Steps of a normalised coordinate."""
STEPS = 255
STRENGTHS = 2.0**12
"""Steps of the strength of an edge."""
PLANE = 512
"""Most pixels a side of labels and errors that are compared."""
CONFIDENCE = (128, 31)
"""Most cells a side, and steps."""
EXACT: dict[str, Any] = {"lossless": True, "quality": 100}
SEEN: dict[str, Any] = {"quality": 85}


def lighter(answer: dict[str, Any], share: Share) -> dict[str, Any]:
    """An answer of ``lzviz/learned`` in fewer bytes; nothing of ``answer`` is changed."""
    out = dict(answer)
    for name, how in (("labels", EXACT), ("prediction", EXACT), ("image", SEEN)):
        if name in out:
            out[name] = _webp(out[name], how)
    if out.get("image") and not out.get("saliency"):
        out["image"] = share(out["image"])  # looks nowhere: so do others, at the same size
    if out.get("confidence"):
        out["confidence"] = _confidence(out["confidence"])
    if truth := out.get("truth"):
        out["truth"] = {
            **truth,
            "labels": share(_truth(truth["labels"])),
            "error": _wrong(answer["labels"], truth["labels"], truth["error"], share),
            "zoomed": _webp(truth["zoomed"], EXACT),
        }
    for name in ("mesh", "wantedMesh"):
        if out.get(name):
            out[name] = {**out[name], "nodes": _stepped(out[name]["nodes"], 1 / NODES, out[name]["w"], 2)}
    for name in ("saliency", "target"):
        if map_ := out.get(name):
            step = (map_["high"] - map_["low"]) / STEPS
            out[name] = {**map_, "data": _stepped(map_["data"], step, map_["w"])}
    if weights := out.get("weights"):
        out["weights"] = {**weights, "maps": [_webp(each, EXACT) for each in weights["maps"]]}
    if correction := out.get("correction"):
        out["correction"] = {**correction, "image": _webp(correction["image"], EXACT)}
    return out


def lighter_row(row: dict[str, Any], truth: str | None, share: Share) -> dict[str, Any]:
    """A row of ``lzviz/compared`` in fewer bytes: every n-th pixel of large planes.

    Args:
        row: as it is told.
        truth: PNG of the true labels in the row's classes, as large as its own labels; None where none are known.
        share: for the truth, which all rows of a picture with the same classes have.
    """
    out = dict(row)
    labels, real, error = (
        _text(_apart(_opened(text))) if text else None for text in (row["labels"], truth, row["error"])
    )
    if labels:
        out["labels"] = _webp(labels, EXACT)
    if labels and error:
        out["error"] = _wrong(labels, real, error, share)
    return out


def lighter_mask(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer of ``lzviz/cad-mask`` in fewer bytes: strengths of edges in steps."""
    rings, width = answer.get("strength"), answer["grid"]["w"]
    return answer | {"strength": rings and [_stepped(ring, 1 / STRENGTHS, width) for ring in rings]}


def lighter_grid(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer of ``lzviz/diagnose`` in fewer bytes: float64 nodes that are float32 numbers, which they stay exactly."""
    grid = answer["grid"]
    if not grid:
        return answer
    nodes = np.frombuffer(base64.b64decode(grid["nodes"]), "<f8")
    with np.errstate(over="ignore"):
        single = nodes.astype("<f4")
    if not np.isfinite(single).all() or single.astype("<f8").tobytes() != nodes.tobytes():
        return answer
    bits = single.view("<i4")
    # Neighbouring numbers have neighbouring bits, below zero too.
    ordered = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    return answer | {"grid": {**grid, "nodes": {"floats": _folded(ordered, grid["nodesSize"][1], 2)}}}


def picture(body: bytes) -> bytes:
    """A picture's file with the same pixels in fewer bytes, where lossless WebP needs fewer; else the file as it is."""
    image = Image.open(io.BytesIO(body))
    if image.format != "PNG":
        return body
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "WEBP", lossless=True, quality=80, method=4)
    return min(body, buffer.getvalue(), key=len)


def _opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


def _webp(text: str | None, how: dict[str, Any]) -> str | None:
    if not text:
        return text
    buffer = io.BytesIO()
    _opened(text).convert("RGB").save(buffer, "WEBP", method=6, **how)
    return base64.b64encode(buffer.getvalue()).decode()


@lru_cache(8)
def _truth(text: str) -> str:
    """A truth, of which the next answers have the same."""
    return _webp(text, EXACT) or ""


def _apart(plane: Image.Image) -> Image.Image:
    """Every n-th pixel, so that it is no larger than :data:`PLANE`."""
    n = -(-max(plane.size) // PLANE)
    return Image.fromarray(np.asarray(plane.convert("L"))[::n, ::n])


def _wrong(labels: str | None, truth: str | None, error: str | None, share: Share) -> dict[str, Any] | str | None:
    """Where labels are wrong: the truth they are held against, where the two tell it exactly, else the plane itself."""
    if labels and truth and error:
        said, real, told = (np.asarray(_opened(text).convert("L")) for text in (labels, truth, error))
        if said.shape == real.shape and np.array_equal(np.where(real == IGNORE, IGNORE, said != real), told):
            return {"differs": share(_truth(truth))}
    return _webp(error, EXACT)


def _confidence(text: str) -> str | None:
    image = _opened(text)
    side, steps = CONFIDENCE
    share = min(1.0, side / max(image.size))
    size = tuple(max(1, round(n * share)) for n in image.size)
    values = np.asarray(image.resize(size, Image.Resampling.BOX), float)  # type: ignore[arg-type]
    return _webp(_text(Image.fromarray((np.round(values / 255 * steps) * (255 / steps)).astype(np.uint8))), EXACT)


def _text(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def _stepped(text: str, step: float, row: int, deep: int = 1) -> str | dict[str, Any]:
    """float32 values as multiples of a step, which is rounded down to a power of two: exactly those, in what packs well.

    Neighbours differ by few steps, and by the same from row to row: what is kept is the difference of differences, folded to be
    positive (0, -1, 1, -2, ...) and written byte by byte. ``row`` values of ``deep`` interleaved kinds each.
    """
    if step <= 0:
        return text
    step = float(2.0 ** np.floor(np.log2(step)))
    steps = np.round(np.frombuffer(base64.b64decode(text), "<f4").astype(np.float64) / step).astype(np.int32)
    return {"stepped": {"step": step, **_folded(steps, row, deep)}}


def _folded(steps: np.ndarray, row: int, deep: int) -> dict[str, Any]:
    """int32 (wrapping) as differences of differences."""
    rows = steps.astype(np.int32).reshape(-1, row, deep)
    apart = np.diff(np.diff(rows, axis=1, prepend=np.int32(0)), axis=0, prepend=np.int32(0))
    folded = ((apart << 1) ^ (apart >> 31)).astype(np.int32).view("<u4")
    planes = np.ascontiguousarray(folded).reshape(-1).view(np.uint8).reshape(-1, 4).T
    return {"row": row * deep, "deep": deep, "data": base64.b64encode(planes.tobytes()).decode()}
