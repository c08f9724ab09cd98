"""What a diagnosis says: findings, each with its place, its number and what mends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lzviz.doctor.adapters import arrays_of
from lzviz.doctor.static import cell, short
from lzviz.text import Text

VERDICTS = ("ok", "note", "warning", "fault")
"""From harmless to wrong."""
UNITS = {
    **dict.fromkeys(
        ("crop", "out-of-range", "collisions", "round-trip", "saliency-negative", "saliency-peaked"), "share"
    ),
    **dict.fromkeys(("convention", "aliasing", "temporal", "precision", "lattice"), "px"),
}
"""What the numbers of a check are counted in: shares of one, or source pixels."""


@dataclass(frozen=True)
class Finding:
    """One check's answer.

    ``said``: what is found, as a line of a language; ``sentence`` is it in English. ``place``: boxes (x0, y0, x1, y1) in
    cells of the grid, corner-exclusive. ``fix``: code to run, or "".
    ``mends``: what the fix changes: "given", "boxes" or "labels". ``mend``: the array as it should be, from the array as given;
    :meth:`apply` runs it.
    """

    check: str
    verdict: str
    value: float | str
    tolerance: float | str
    said: Text | str
    place: tuple[tuple[int, int, int, int], ...] = ()
    fix: str = ""
    mend: Callable[[Any], Any] | None = field(default=None, repr=False, compare=False)
    mends: str = "given"

    @property
    def sentence(self) -> str:
        """What is found, in English."""
        return str(self.said)

    @property
    def unit(self) -> str:
        """ "share", "px", or "" of a count or of words."""
        return UNITS.get(self.check, "")

    def apply(self, given: Any) -> Any:
        """What was given, mended, in the form that its declared ``use`` has; where none was declared, a grid (B, H, W, 2).

        The mended boxes or labels where ``mends`` says so; ``given`` itself where there is nothing to mend. Nothing is changed
        in place.
        """
        if self.mend is None:
            return given
        mended = self.mend(arrays_of(given))
        if self.mends == "given" and isinstance(given, tuple) and np.ndim(mended) == 3 and np.shape(mended)[-1] == 2:
            return mended[..., 0], mended[..., 1]  # OpenCV's pair
        return mended

    def as_dict(self) -> dict[str, Any]:
        names = ("check", "verdict", "value", "tolerance", "place", "sentence", "fix")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """All findings, worst first; ``warp``: the mended grid (B, H, W, 2), or None where the input is no warp; ``gradient``: of a
    loss by the first grid, (H, W, 2), or by its saliency map, (h, w); None where none was said. ``look(**changes)``: the diagnosis
    of the same with something changed, as :func:`lzviz.diagnose` takes it."""

    findings: tuple[Finding, ...]
    warp: Any = field(default=None, repr=False)
    source_size: tuple[int, int] = (1, 1)
    given: Any = field(default=None, repr=False)
    gradient: Any = field(default=None, repr=False)
    look: Any = field(default=None, repr=False, compare=False)

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked, by the names of :func:`lzviz.diagnose`: a file's content in the place of its path."""
        return self.look.keywords

    @property
    def ok(self) -> bool:
        """No warning and no fault."""
        return all(finding.verdict in ("ok", "note") for finding in self.findings)

    def named(self, check: str) -> Finding | None:
        return next((finding for finding in self.findings if finding.check == check), None)

    def __str__(self) -> str:
        told = [f for f in self.findings if f.verdict != "ok"]
        fine = [f.check for f in self.findings if f.verdict == "ok"]
        lines = []
        for f in told:
            lines.append(f"{f.verdict:8}{f.check:18}{short(f.value, f.unit)} · allowed {short(f.tolerance, f.unit)}")
            lines.append(f"        {f.sentence}")
            lines += [f"        > {line}" for line in f.fix.splitlines()]
        return "\n".join([*lines, "ok      " + ", ".join(fine)])

    __repr__ = __str__

    def to_json(self, path: str | Path | None = None) -> str:
        """The findings as JSON text, also written to ``path``."""
        about = {"ok": self.ok, "source_size": list(self.source_size)}
        text = json.dumps({**about, "findings": [f.as_dict() for f in self.findings]}, indent=1, default=str)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def to_html(self, path: str | Path | None = None, title: str = "Diagnosis") -> str:
        """The live canvas and the findings as one self-contained page, which asks nothing of the network; also in ``path``.

        The grid lies on the image that the diagnosis was given, else on a test card of the source's size.
        """
        from lzviz.doctor.report import page  # the canvas is read when it is wanted

        text = page([(title, self)])
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def _repr_html_(self) -> str:
        return cell(self)
