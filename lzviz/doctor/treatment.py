"""Fixes one after the other: what was given, the fixes that were applied, and the diagnosis of what that left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lzviz.doctor.finding import Diagnosis

AS_GIVEN = frozenset(
    {"not-finite", "precision", "shared-batch", "saliency-flat", "saliency-peaked", "saliency-negative"}
)
"""Checks whose fix leaves an array of undeclared use what it was taken for; every other gives a grid in [-1, 1]."""


@dataclass(frozen=True)
class Treatment:
    """``diagnosis``: of now; ``applied``: the checks whose fixes led to it, in order."""

    diagnosis: Diagnosis
    applied: tuple[str, ...] = ()

    def open(self) -> list[str]:
        """Checks whose fix can be applied now and was not yet, worst first."""
        return [f.check for f in self.diagnosis.findings if f.mend is not None and f.check not in self.applied]

    def next(self) -> str | None:
        """The worst fault or warning that can be mended and was not tried yet."""
        bad = {f.check for f in self.diagnosis.findings if f.verdict in ("fault", "warning")}
        return next((check for check in self.open() if check in bad), None)

    def apply(self, check: str) -> Treatment:
        """The next one, with one fix more.

        Raises:
            ValueError: there is no fix of that name just now.
        """
        before = self.diagnosis
        finding = before.named(check)
        if finding is None or finding.mend is None:
            raise ValueError(
                f"there is no fix of {check!r} to apply just now: expected one of {', '.join(self.open())}"
            )
        asked = before.asked
        with np.errstate(all="ignore"):
            mended = finding.apply(asked[finding.mends])
        changes = {finding.mends: mended}
        if finding.mends == "given":
            changes["gradient"] = None  # it is by what was there before
            changes["use"] = asked["use"] or (None if check in AS_GIVEN else "grid")
        if check == "direction":
            changes["direction"] = "forward"
        return Treatment(before.look(**changes), (*self.applied, check))
