"""What the doctor says of an array that was brought, of a specimen, or of the warp that a page shows."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lzviz.contract.decoding import check_wanted
from lzviz.contract.messages import doctor as messages
from lzviz.contract.wire import Refusal, decode_bytes, encode_array, short
from lzviz.doctor import Diagnosis, Finding, adapters, diagnose, downhill
from lzviz.doctor.specimens import SPECIMENS
from lzviz.inversion.tiles import border_tolerance
from lzviz.plain import convert
from lzviz.text import Text, registered

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

Size = tuple[int, int]
MOST_VALUES = 1 << 22
"""Values of an array that are looked at while a page waits."""
MOST_NODES = 1 << 14
"""Nodes of a grid that a page draws; a finer one is thinned."""
SHOWN_SIDE = 256
"""Longest side of what is read through a grid, where nobody says how large."""
MESH = (13, 25)
"""Most rows and columns of a thumbnail."""
MAP = (256, 256)
"""Most rows and columns of a map that is drawn."""
SECONDS = 10.0
"""Processor seconds after which no further fix is applied while a page waits."""
AS_GIVEN = frozenset(
    {"not-finite", "precision", "shared-batch", "saliency-flat", "saliency-peaked", "saliency-negative"}
)
"""Checks whose fix leaves an array of undeclared use what it was taken for; every other gives a grid in [-1, 1]."""


@dataclass(frozen=True)
class Given:
    """An array that somebody brought."""

    array: np.ndarray
    name: str
    use: str | None
    beside: Mapping[str, np.ndarray] = field(default_factory=dict)


def held(workshop: Workshop, question: messages.AddWarp) -> messages.HeldWarp:
    values, use, beside = workshop.decoder.warp(question.data, question.name)
    given = Given(values, question.name, use, beside)
    return messages.HeldWarp.model_validate(
        {
            "id": _keep(workshop, given, question.page),
            "name": given.name,
            "shape": list(values.shape),
            "dtype": values.dtype.name,
            "use": use,
        }
    )


def specimens(workshop: Workshop, question: messages.AskSpecimens) -> messages.Specimens:
    lines = []
    for each in SPECIMENS.values():
        mesh = _thinned(np.nan_to_num(_literal(each.make((400, 800)))), MESH)
        lines.append(
            {"name": each.name, "check": each.check, "sentence": each.said, "seen": each.seen,
             "mesh": encode_array(mesh.astype(np.float32)), "meshSize": list(mesh.shape[:2])}
        )  # fmt: skip
    return messages.Specimens.model_validate({"specimens": lines})


def diagnosed(workshop: Workshop, question: messages.AskDiagnosis) -> messages.Diagnosed:
    given = _given(workshop, question)
    if given.array.size > MOST_VALUES:
        raise Refusal(
            f"{given.name} has {given.array.size} values in shape {given.array.shape}, and at most {MOST_VALUES} are looked at "
            "while a page waits; lzviz doctor FILE takes more.", 413,
        )  # fmt: skip
    course = Course(question, given.array, question.use or given.use, _beside(workshop, question, given))
    for check in question.applied:
        course.apply(check)
    while question.mend and course.next() is not None and len(course.applied) < messages.MOST_FIXES:
        course.apply(str(course.next()))
    return messages.Diagnosed.model_validate(
        {"id": _keep(workshop, given, question.page), "name": given.name, **course.told(given.name)}
    )


class Course:
    """A treatment: the array as it is now, the fixes that were applied, and the diagnosis of now."""

    def __init__(
        self, question: messages.AskDiagnosis, array: np.ndarray, use: str | None, beside: Mapping[str, np.ndarray]
    ):
        self._question, self.array, self.use = question, array, use
        self.beside = dict(beside)
        self._direction = question.direction
        self.applied: list[str] = []
        self._until = time.thread_time() + SECONDS
        self.diagnosis = self._look()

    def _look(self) -> Diagnosis:
        asked = self._question
        try:
            return diagnose(
                self.array, asked.source, asked.zoomed, stride=asked.stride, use=self.use, direction=self._direction,
                align_corners=asked.align_corners, **self.beside,
            )  # fmt: skip
        except (ValueError, TypeError) as problem:
            raise Refusal(f"{str(problem)[:280].rstrip('.')}.", 422) from None

    def next(self) -> str | None:
        """The worst finding that can be mended and was not tried yet."""
        open_ = (f for f in self.diagnosis.findings if f.verdict in ("fault", "warning") and f.mend is not None)
        return next((f.check for f in open_ if f.check not in self.applied), None)

    def apply(self, check: str) -> None:
        check_wanted()
        if time.thread_time() > self._until:
            raise Refusal(
                f"{' x '.join(map(str, self.array.shape))} values take too long to mend while a page waits; "
                "lzviz doctor FILE takes its time.", 413,
            )  # fmt: skip
        finding = self.diagnosis.named(check)
        if finding is None or finding.mend is None:
            raise Refusal(f"There is no fix of {short(check)} to apply just now; undo, or choose another finding.")
        with np.errstate(all="ignore"):
            mended = np.asarray(finding.apply(self.array))
        if finding.mends != "given":
            self.beside[finding.mends] = mended
        else:
            self.array = mended
            self.beside.pop("gradient", None)  # it is by what was there before
            self.use = self.use or (None if check in AS_GIVEN else "grid")
        if check == "direction":
            self._direction = "forward"
        self.applied.append(check)
        self.diagnosis = self._look()

    def told(self, name: str) -> dict[str, Any]:
        """The diagnosis in the words of the contract."""
        found = self.diagnosis
        taken = found.named("input")
        grids = _grids(self.array, self.use, found)
        sure = taken.value if taken and isinstance(taken.value, float) else None
        kind = taken.value if taken and isinstance(taken.value, str) else "grid"
        return {
            "kind": kind,
            "shape": list(self.array.shape),
            "dtype": self.array.dtype.name,
            "taken": taken.said if taken else Text("doctor.says.ok"),
            "sure": sure,
            "well": found.ok,
            "findings": [_told(f, grids["scale"]) for f in found.findings if f.check != "input"],
            "grid": grids["grid"],
            "read": grids["read"],
            "applied": list(self.applied),
            "keep": None if found.warp is None else _kept(found.warp, name),
            "zoomed": None if found.warp is None else list(self._question.zoomed or _shown(found.warp.shape[1:3])),
            "sentence": sentence(found),
            "beside": list(self.beside),
            "downhill": _downhill(found),
        }


def _downhill(found: Diagnosis) -> dict[str, Any] | None:
    slope = found.gradient
    if slope is None:
        return None
    said: dict[str, Any] = {"arrows": None, "values": None, "size": None, "most": float(np.abs(slope).max())}
    if slope.ndim == 2:
        values = _thinned(slope[..., None], MAP)[..., 0]
        return said | {"values": encode_array(values.astype(np.float32)), "size": list(values.shape)}
    pairs = None if found.warp is None else downhill.arrows(found.warp[0], slope, found.source_size)
    if pairs is None:
        return said
    places = convert.from_pixels(pairs, found.source_size).clip(-1e6, 1e6)
    return said | {"arrows": encode_array(places.reshape(-1, 4).astype(np.float32))}


def sentence(found: Diagnosis) -> Text:
    """What is wrong, in one line: how many of each, the worst one and what mends it."""
    counts = {v: sum(f.verdict == v for f in found.findings) for v in ("fault", "warning", "note")}
    said: list[Text | str] = [Text(f"doctor.count.{verdict}", {"count": n}) for verdict, n in counts.items() if n]
    if found.ok:
        return Text("doctor.sum.noted", {"counts": said}) if said else Text("doctor.sum.well")
    worst = next(f for f in found.findings if f.verdict in ("fault", "warning"))
    values = {"counts": said, "check": worst.check, "finding": worst.said}
    if not worst.fix:
        return Text("doctor.sum.worst", values)
    return Text("doctor.sum.mend", values | {"fix": worst.fix.splitlines()[0]})


def _value(value: float | str) -> Text | str:
    """A number or word of a finding; what only code can read, as a shape, stays as it is."""
    if isinstance(value, str):
        return registered(f"doctor.value.{value}", value)
    if not math.isfinite(value):
        return str(value)
    told = float(f"{value:.4g}")
    return Text("number.small" if 0 < abs(told) < 1e-4 else "number.plain", {"value": told})


def _told(finding: Finding, scale: tuple[float, float]) -> dict[str, Any]:
    down, across = scale
    place = [
        (int(x0 * across), int(y0 * down), max(int(np.ceil(x1 * across)), int(x0 * across) + 1),
         max(int(np.ceil(y1 * down)), int(y0 * down) + 1))
        for x0, y0, x1, y1 in finding.place
    ]  # fmt: skip
    return {
        "check": finding.check, "verdict": finding.verdict, "value": _value(finding.value),
        "tolerance": _value(finding.tolerance), "place": place, "sentence": finding.said, "fix": finding.fix,
        "mends": finding.mend is not None,
    }  # fmt: skip


def _grids(array: np.ndarray, use: str | None, found: Diagnosis) -> dict[str, Any]:
    """The grid as it stands and as it is read, and how much of the lattice a page gets."""
    if found.warp is None:
        return {"grid": None, "read": None, "scale": (1.0, 1.0)}
    read = found.warp[0]
    literal = read if use in ("flow", "remap", "deform", "attention") else _literal(array)
    scale = tuple((n - 1) / (whole - 1) for n, whole in zip(_bounded(read).shape[:2], read.shape[:2], strict=True))
    same = literal.shape == read.shape and bool(np.allclose(literal, read, atol=1e-12, rtol=0))
    tolerance = border_tolerance(torch.float64 if array.dtype == np.float64 else torch.float32)
    grid = _lattice(literal, tolerance)
    return {"grid": grid, "read": None if same else _lattice(read, tolerance), "scale": scale}


def _literal(array: np.ndarray) -> np.ndarray:
    """What grid_sample would take an array for: the first (H, W, 2), its values places in [-1, 1]; not finite: the middle."""
    plain = adapters.channels_last(np.asarray(array), None)[0].astype(np.float64)
    return np.nan_to_num(plain, posinf=0.0, neginf=0.0).clip(-1e6, 1e6)


def _lattice(grid: np.ndarray, tolerance: float) -> dict[str, Any]:
    nodes = _bounded(grid)
    return {
        "nodes": encode_array(nodes.astype(np.float64)),
        "nodesSize": list(nodes.shape[:2]),
        "whole": list(grid.shape[:2]),
        "tolerance": tolerance,
    }


def _bounded(grid: np.ndarray) -> np.ndarray:
    h, w = grid.shape[:2]
    share = min(1.0, np.sqrt(MOST_NODES / (h * w)))
    return grid if share == 1 else convert.resize(grid, (max(2, int(h * share)), max(2, int(w * share))))


def _thinned(grid: np.ndarray, most: Size) -> np.ndarray:
    h, w = (min(n, limit) for n, limit in zip(grid.shape[:2], most, strict=True))
    return convert.resize(grid, (h, w))


def _shown(lattice: Size) -> Size:
    share = min(1.0, SHOWN_SIDE / max(lattice))
    h, w = (max(2, round(n * share)) for n in lattice)
    return h, w


def _kept(warp: np.ndarray, name: str) -> str | None:
    """The name by which the sampler of given grids finds it; None where it is no warp that could be shown."""
    import torch

    from lzviz.samplers.given import hold

    try:
        return hold(torch.from_numpy(_bounded(warp[0])[None].copy()), name)
    except ValueError:
        return None


# What is asked about ------------------------------------------------------------------------------------------------


def _given(workshop: Workshop, question: messages.AskDiagnosis) -> Given:
    ways: dict[str, Callable[[], Given]] = {
        "given": lambda: _found(workshop, str(question.given)),
        "specimen": lambda: _specimen(question),
        "nodes": lambda: _nodes(question),
    }
    said = [way for way in ways if getattr(question, way)]
    if len(said) != 1:
        raise Refusal("Expected one of given, specimen and nodes to say what is asked about; open a file again.")
    return ways[said[0]]()


def _found(workshop: Workshop, identifier: str) -> Given:
    given = workshop.memory.get("warp", identifier)
    if given is None:
        raise Refusal("The server no longer holds this array; open or drop its file again.", 404, missing="warp")
    return given


def _beside(workshop: Workshop, question: messages.AskDiagnosis, given: Given) -> dict[str, np.ndarray]:
    """What is looked at with it: what the question says, else what its file holds."""
    asked = {"labels": question.labels, "boxes": question.boxed, "gradient": question.gradient}
    beside = dict(given.beside)
    for name, identifier in asked.items():
        if identifier:
            beside[name] = _found(workshop, identifier).array
    if question.boxes:
        beside["boxes"] = np.array(question.boxes, float)
    if any(values.size > MOST_VALUES for values in beside.values()):
        raise Refusal(
            f"At most {MOST_VALUES} values of labels, boxes or a gradient are looked at while a page waits.", 413
        )
    return beside


def _specimen(question: messages.AskDiagnosis) -> Given:
    specimen = SPECIMENS.get(question.specimen)
    if specimen is None:
        raise Refusal(f"There is no specimen {short(question.specimen)}; there are {', '.join(SPECIMENS)}.", 404)
    return Given(specimen.make(question.source), specimen.name, None)


def _nodes(question: messages.AskDiagnosis) -> Given:
    values, size = decode_bytes(question.nodes, "nodes"), question.nodes_size
    if size is None or len(values) != 16 * size[0] * size[1]:
        expected = (
            "nodesSize too" if size is None else f"{16 * size[0] * size[1]} bytes for {size[0]} x {size[1]} nodes"
        )
        raise Refusal(f"nodes: expected {expected}, got {len(values)} bytes of float64; reload the page.")
    return Given(np.frombuffer(values, "<f8").reshape(1, *size, 2), question.name or "warp", "grid")


def _keep(workshop: Workshop, given: Given, page: str) -> str:
    """Hold an array that a page brought under a keyed hash of its content: only who has it knows its id."""
    digest = hashlib.blake2b(f"{given.use}{given.name}".encode(), key=workshop.secret, digest_size=16)
    arrays = {"": given.array, **given.beside}
    for name, array in arrays.items():
        digest.update(f"{name}{array.shape}{array.dtype.str}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    identifier = digest.hexdigest()
    workshop.memory.put("warp", identifier, given, sum(array.nbytes for array in arrays.values()), page)
    return identifier
