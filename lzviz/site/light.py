"""Answers of pipelines as light as a folder needs them: the same messages in fewer bytes.

What is told exactly stays exact (labels, errors, the truth); nodes keep 1/32 px of a picture of 2048, maps 256 steps of their
range, the confidence 32 steps on at most 128 cells a side, and the zoomed image is a WebP of quality 95.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

NODES = 2.0**15
"""Steps of a normalised coordinate."""
STEPS = 255
CONFIDENCE = (128, 31)
"""Most cells a side, and steps."""
EXACT: dict[str, Any] = {"lossless": True, "quality": 100}
SEEN: dict[str, Any] = {"quality": 95}


def lighter(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer of ``lzviz/learned``, or a row of ``lzviz/compared``, in fewer bytes; nothing of ``answer`` is changed."""
    out = dict(answer)
    for name, how in (("labels", EXACT), ("error", EXACT), ("prediction", EXACT), ("image", SEEN)):
        if name in out:
            out[name] = _webp(out[name], how)
    if out.get("confidence"):
        out["confidence"] = _confidence(out["confidence"])
    if truth := out.get("truth"):
        out["truth"] = {**truth, **{name: _webp(truth[name], EXACT) for name in ("labels", "error", "zoomed")}}
    for name in ("mesh", "wantedMesh"):
        if out.get(name):
            out[name] = {**out[name], "nodes": _rounded(out[name]["nodes"], 1 / NODES)}
    for name in ("saliency", "target"):
        if map_ := out.get(name):
            step = (map_["high"] - map_["low"]) / STEPS
            out[name] = {**map_, "data": _rounded(map_["data"], step)}
    if weights := out.get("weights"):
        out["weights"] = {**weights, "maps": [_webp(each, EXACT) for each in weights["maps"]]}
    if correction := out.get("correction"):
        out["correction"] = {**correction, "image": _webp(correction["image"], EXACT)}
    return out


def _opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


def _webp(text: str | None, how: dict[str, Any]) -> str | None:
    if not text:
        return text
    buffer = io.BytesIO()
    _opened(text).convert("RGB").save(buffer, "WEBP", method=6, **how)
    return base64.b64encode(buffer.getvalue()).decode()


def _confidence(text: str) -> str | None:
    image = _opened(text)
    side, steps = CONFIDENCE
    share = min(1.0, side / max(image.size))
    size = tuple(max(1, round(n * share)) for n in image.size)
    values = np.asarray(image.resize(size, Image.Resampling.BOX), float)  # type: ignore[arg-type]
    buffer = io.BytesIO()
    Image.fromarray((np.round(values / 255 * steps) * (255 / steps)).astype(np.uint8)).save(buffer, "PNG")
    return _webp(base64.b64encode(buffer.getvalue()).decode(), EXACT)


def _rounded(text: str, step: float) -> str:
    """float32 values to multiples of a step, as the nearest float32 with few digits, which packs well."""
    values = np.frombuffer(base64.b64decode(text), "<f4").astype(np.float64)
    if step > 0:
        step = 2.0 ** np.floor(np.log2(step))
        values = np.round(values / step) * step
    return base64.b64encode(values.astype("<f4").tobytes()).decode()
