"""Files to keep: views as PNG for who has no page, grids and saliency as NPZ, and a script that makes the same warp."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import torch

from lzviz.contract.answers import drawing as figures
from lzviz.contract.answers.snippet import snippet
from lzviz.contract.answers.warp import UNZOOM_SIDE, Setting, title_of
from lzviz.contract.maps import Map
from lzviz.contract.messages.base import File
from lzviz.contract.pictures import Picture, encode_png, fit
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.measure import describe
from lzviz.text import Text

MEDIA_TYPES = {
    "png": "image/png",
    "npz": "application/octet-stream",
    "py": "text/x-python",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


def export(state: State, picture: Picture, file: Map | None, what: object, form: object) -> File:
    """Make a file of a state on a picture.

    Args:
        what, form: one of "source", "zoomed", "unzoomed", "difference" as "png"; "grid", "saliency" as "npz";
            "snippet" as "py". Anything else is a :class:`~lzviz.contract.wire.Refusal`.
    """
    writer = WRITERS.get((what, form)) if isinstance(what, str) and isinstance(form, str) else None
    if writer is None:
        raise Refusal(Text("refused.export", {"known": [f"{w}.{f}" for w, f in WRITERS]}))
    with torch.inference_mode():
        body = writer(Setting.of(state, picture, file))
    name = state.image if state.image != "own" else "picture"
    return File(name=f"lzviz-{name}-{state.sampler}-{what}.{form}", body=body, media_type=MEDIA_TYPES[str(form)])


def _sentence(setting: Setting) -> str:
    return str(describe.sentence(setting.examine().facts))


def _png(pixels: np.ndarray, sentence: str) -> bytes:
    return encode_png(pixels, {"Description": sentence})


def _as_png(view: Callable[[Setting], np.ndarray]) -> Callable[[Setting], bytes]:
    return lambda setting: _png(view(setting), _sentence(setting))


def _zoomed(setting: Setting) -> np.ndarray:
    return figures.to_bytes(setting.image())


def _npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _grid(setting: Setting) -> bytes:
    """nodes, grid (zoomed -> source), inverse_grid (source -> zoomed) and valid; normalised, x before y, corner-aligned."""
    source = fit(setting.picture.size, UNZOOM_SIDE)
    inverse, valid = setting.warp_float32.inverse_grid(source)
    return _npz(
        nodes=setting.nodes.numpy(),
        grid=setting.warp.grid(setting.zoomed)[0].numpy(),
        inverse_grid=inverse[0].numpy(),
        valid=valid[0].numpy(),
        source_size=np.array(setting.picture.size),
        zoomed_size=np.array(setting.zoomed),
        inverse_size=np.array(source),
    )


def _saliency(setting: Setting) -> bytes:
    """saliency as asked for, used = saliency ** contrast, and what is emphasised in [0, 1] where there is something."""
    if setting.saliency is None:
        raise Refusal(Text("refused.export.saliency", {"title": title_of(setting.state)}))
    emphasis, values = setting.emphasis(), setting.saliency[0, 0].numpy()
    arrays = {} if emphasis is None else {"emphasis": emphasis[0, 0].numpy()}
    return _npz(saliency=values, used=values**setting.state.contrast, **arrays)


WRITERS: dict[tuple[str, str], Callable[[Setting], bytes]] = {
    ("source", "png"): _as_png(figures.source_view),
    ("zoomed", "png"): _as_png(_zoomed),
    ("unzoomed", "png"): _as_png(figures.unzoomed_view),
    ("difference", "png"): _as_png(figures.difference_view),
    ("grid", "npz"): _grid,
    ("saliency", "npz"): _saliency,
    ("snippet", "py"): lambda setting: snippet(setting).encode(),
}
