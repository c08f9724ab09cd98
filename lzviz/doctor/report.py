"""The report: the doctor's room of the page as one file, with the diagnoses of what was given and of what its fixes leave."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lzviz import text
from lzviz.canvas.page import given
from lzviz.canvas.page import page as document
from lzviz.doctor import adapters, static, telling
from lzviz.doctor.treatment import Treatment
from lzviz.plain.card import card
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.doctor.finding import Diagnosis

STYLES = tuple(f"style/{name}.css" for name in ("tokens", "page", "stage", "doctor", "report"))
LOOKS, LEAST_LOOKS = 24, 3
"""Diagnoses of all files together, shared among them, and the fewest of one: as given, and as its fixes leave it."""
NODES, LEAST_NODES = 1 << 17, 1 << 11
"""Nodes of all grids together, and the fewest of one."""
VALUES = 1 << 22
"""Values of an array that are looked at again and again; a larger one has fewer looks."""
SIDE = 1024
"""Longest side of a picture."""
START = (
    "open(element, data).catch((error) => { element.textContent = `The report could not start: ${error.message}`; });"
)


def page(diagnoses: Sequence[tuple[str, Diagnosis]]) -> str:
    """Named diagnoses as one page.

    Raises:
        ValueError: there are none.
    """
    if not diagnoses:
        raise ValueError("no diagnosis to report on: expected at least one")
    share = max(LEAST_LOOKS, LOOKS // len(diagnoses))
    pictures: dict[str, str] = {}
    files = [_file(number, name, found, share, pictures) for number, (name, found) in enumerate(diagnoses)]
    told = {**given({}), "files": files, "pictures": pictures}
    lines = {key: line for key, line in told.pop("words")["lines"].items() if not key.startswith(ELSEWHERE)}
    packed = json.dumps({**told, "language": text.ENGLISH, "lines": lines}, default=_plain, separators=(",", ":"))
    plain = "".join(f"<h2>{html.escape(name)}</h2>{static.listed(found)}" for name, found in diagnoses)
    data = {"packed": base64.b64encode(gzip.compress(packed.encode(), 9, mtime=0)).decode()}
    return document("report.js", START, title="Warp doctor", data=data, styles=STYLES, without=plain)


ELSEWHERE = (
    "cad.",
    "compare.",
    "export.",
    "learn.",
    "lesson.",
    "models.",
    "pipeline.",
    "sampler.",
    "source.",
    "state.",
)
"""Words of other rooms, by how their keys begin."""


def _file(number: int, name: str, found: Diagnosis, share: int, pictures: dict[str, str]) -> dict[str, Any]:
    """One file as ``report.js`` takes it."""
    looks = _looks(Treatment(found), max(LEAST_LOOKS, min(share, VALUES // max(1, _values(found)))))
    nodes = min(telling.MOST_NODES, max(LEAST_NODES, NODES // (share * len(looks))))
    identifier = hashlib.blake2b(f"{number}{name}".encode(), digest_size=16).hexdigest()
    told = {key: telling.told(look, nodes) for key, look in looks.items()}
    for key, look in told.items():
        look |= {"ok": True, "id": identifier, "name": name, "keep": None}
        for finding in look["findings"]:
            finding["mends"] &= _key((*looks[key].applied, finding["check"])) in looks
    picture = _picture(found)
    shown = hashlib.blake2b(picture.encode(), digest_size=8).hexdigest()
    pictures[shown] = picture
    return {"id": identifier, "name": name, "source": found.source_size, "picture": shown, "looks": told}


def _looks(first: Treatment, most: int) -> dict[str, Treatment]:
    """What was given and what fixes leave of it: as the worst first mend it, then every other fix, one, two, ... of them."""
    looks = {"": first}

    def add(look: Treatment, check: str) -> Treatment | None:
        key = _key((*look.applied, check))
        if key not in looks and len(looks) < most:
            try:
                looks[key] = look.apply(check)
            except (ValueError, TypeError):  # what this fix leaves is nothing that could be looked at
                return None
        return looks.get(key)

    now: Treatment | None = first
    while now is not None and (check := now.next()):
        now = add(now, check)
    waiting = [first]
    while waiting and len(looks) < most:
        look = waiting.pop(0)
        waiting += [after for check in look.open() if (after := add(look, check)) is not None]
    return looks


def _key(applied: Sequence[str]) -> str:
    return ",".join(applied)


def _values(found: Diagnosis) -> int:
    given = found.asked["given"]
    return sum(level.size for level in given) if isinstance(given, list) else given.size


def _plain(value: Any) -> Any:
    return value.plain() if isinstance(value, Text) else str(value)


def _picture(found: Diagnosis) -> str:
    """What lies under the grid, as a file that a browser decodes, base64."""
    from PIL import Image

    scale = SIDE / max(found.source_size)
    size = max(1, round(scale * found.source_size[0])), max(1, round(scale * found.source_size[1]))
    image = found.asked["image"]
    buffer = io.BytesIO()
    if image is None:
        Image.fromarray(card(size)).save(buffer, "PNG")
    else:
        shown = Image.fromarray(_pixels(adapters.numpy_of(image)))
        shown.resize((size[1], size[0]), Image.Resampling.BOX).save(buffer, "JPEG", quality=92)
    return base64.b64encode(buffer.getvalue()).decode()


def _pixels(image: np.ndarray) -> np.ndarray:
    """(H, W[, C]) or (B, C, H, W), bytes or values in [0, 1], as (H, W, 3) bytes of the first."""
    values = np.moveaxis(image[0], 0, -1) if image.ndim == 4 else image
    values = values[..., None] if values.ndim == 2 else values
    values = values[..., :3] if values.shape[-1] >= 3 else values[..., :1].repeat(3, -1)
    if values.dtype != np.uint8:
        values = (np.nan_to_num(values.astype(float)).clip(0, 1) * 255 + 0.5).astype(np.uint8)
    return np.ascontiguousarray(values)
