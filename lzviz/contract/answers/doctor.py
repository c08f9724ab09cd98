"""What the doctor says of an array that was brought, of a specimen, or of the warp that a page shows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from lzviz.contract.decoding import check_wanted
from lzviz.contract.messages import doctor as messages
from lzviz.contract.wire import Refusal, decode_bytes, short
from lzviz.doctor import diagnose, telling
from lzviz.doctor.adapters import Shapeless
from lzviz.doctor.specimens import SPECIMENS
from lzviz.doctor.treatment import Treatment
from lzviz.plain.packed import encode_array
from lzviz.samplers.given import hold
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

Size = tuple[int, int]
MOST_VALUES = 1 << 22
"""Values of an array that are looked at while a page waits."""
MESH = (13, 25)
"""Most rows and columns of a thumbnail."""
SECONDS = 10.0
"""Processor seconds after which no further fix is applied while a page waits."""


@dataclass(frozen=True)
class Given:
    """An array that somebody brought."""

    array: np.ndarray
    name: str
    use: str | None
    beside: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def elements(self) -> int:
        """Of a batch or clip; 1 of anything else."""
        return len(self.array) if self.array.ndim >= 4 else 1


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
        mesh = telling.thinned(np.nan_to_num(telling.literal(each.make((400, 800)))), MESH)
        lines.append(
            {"name": each.name, "check": each.check, "sentence": each.said, "seen": each.seen,
             "mesh": encode_array(mesh.astype(np.float32)), "meshSize": list(mesh.shape[:2])}
        )  # fmt: skip
    return messages.Specimens.model_validate({"specimens": lines})


def diagnosed(workshop: Workshop, question: messages.AskDiagnosis) -> messages.Diagnosed:
    whole, beside = subject(workshop, question)
    given, beside = element_of(whole, beside, question.element)
    until = time.thread_time() + SECONDS
    treatment = looked(question, given, beside)
    for check in question.applied:
        treatment = _applied(treatment, check, until)
    while question.mend and (check := treatment.next()) and len(treatment.applied) < messages.MOST_FIXES:
        treatment = _applied(treatment, check, until)
    warp = treatment.diagnosis.warp
    about = {"id": _keep(workshop, whole, question.page), "name": given.name, "elements": whole.elements}
    keep = None if warp is None else _kept(warp, given.name)
    return messages.Diagnosed.model_validate({**about, "keep": keep, **telling.told(treatment)})


def subject(workshop: Workshop, question: messages.AskDiagnosis) -> tuple[Given, dict[str, np.ndarray]]:
    """What is asked about, and what lies beside it."""
    given = _given(workshop, question)
    if given.array.size > MOST_VALUES:
        size = {"count": given.array.size, "shape": str(given.array.shape), "most": MOST_VALUES}
        raise Refusal(Text("refused.doctor.large", {"name": given.name, **size}), 413)
    return given, _beside(workshop, question, given)


def element_of(given: Given, beside: dict[str, np.ndarray], element: int | None) -> tuple[Given, dict[str, np.ndarray]]:
    """One element of a batch or clip as a batch of one, with its part of a gradient; None: all of it."""
    count = given.elements
    if element is None:
        return given, beside
    if element >= count:
        raise Refusal(Text("refused.doctor.element", {"element": element, "name": given.name, "count": count}))
    one = slice(element, element + 1)
    slope = beside.get("gradient")
    if slope is not None and slope.ndim >= given.array.ndim - 1 and len(slope) == count:
        beside = {**beside, "gradient": slope[one]}
    name = given.name if count == 1 else f"{given.name} [{element}]"
    return replace(given, array=given.array[one], name=name), beside


def looked(question: messages.AskDiagnosis, given: Given, beside: Mapping[str, np.ndarray]) -> Treatment:
    """The diagnosis of what was brought, as it stands."""
    use = question.use or given.use
    if use == "clip" and len(given.array) == 1:
        use = "grid"  # one frame is none
    try:
        return Treatment(
            diagnose(
                given.array, question.source, question.zoomed, stride=question.stride, use=use,
                direction=question.direction, align_corners=question.align_corners, **beside,
            )
        )  # fmt: skip
    except Shapeless as problem:
        said = {"name": given.name, "shape": " × ".join(map(str, problem.shape)), "begins": problem.begins}
        raise Refusal(Text("refused.doctor.shapeless", said), 422) from None
    except (ValueError, TypeError) as problem:
        raise Refusal(Text("refused.told", {"told": str(problem)[:280].rstrip(".")}), 422) from None


def _applied(treatment: Treatment, check: str, until: float) -> Treatment:
    check_wanted()
    now = treatment.diagnosis
    if time.thread_time() > until:
        shape = " x ".join(map(str, telling.first(now.asked["given"]).shape))
        raise Refusal(Text("refused.doctor.late", {"shape": shape}), 413)
    if (finding := now.named(check)) is None or finding.mend is None:
        raise Refusal(Text("refused.doctor.fix", {"check": short(check)}))
    try:
        return treatment.apply(check)
    except (ValueError, TypeError) as problem:
        raise Refusal(Text("refused.told", {"told": str(problem)[:280].rstrip(".")}), 422) from None


def _kept(warp: np.ndarray, name: str) -> str | None:
    """The name by which the sampler of given grids finds it; None where it is no warp that could be shown."""
    try:
        return hold(torch.from_numpy(telling.bounded(warp[0])[None].copy()), name)
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
        raise Refusal(Text("refused.doctor.ask"))
    return ways[said[0]]()


def _found(workshop: Workshop, identifier: str) -> Given:
    given = workshop.memory.get("warp", identifier)
    if given is None:
        raise Refusal(Text("refused.doctor.gone"), 404, missing="warp")
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
        raise Refusal(Text("refused.doctor.beside", {"most": MOST_VALUES}), 413)
    return beside


def _specimen(question: messages.AskDiagnosis) -> Given:
    specimen = SPECIMENS.get(question.specimen)
    if specimen is None:
        said = {"name": short(question.specimen), "known": [*SPECIMENS]}
        raise Refusal(Text("refused.doctor.specimen", said), 404)
    return Given(specimen.make(question.source), specimen.name, None)


def _nodes(question: messages.AskDiagnosis) -> Given:
    values, size = decode_bytes(question.nodes, "nodes"), question.nodes_size
    if size is None or len(values) != 16 * size[0] * size[1]:
        expected = Text("refused.doctor.nodes.size")
        if size is not None:
            rows, columns = size
            bytes_of = {"count": 16 * rows * columns, "rows": rows, "columns": columns}
            expected = Text("refused.doctor.nodes.bytes", bytes_of)
        raise Refusal(Text("refused.doctor.nodes", {"expected": expected, "count": len(values)}))
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
