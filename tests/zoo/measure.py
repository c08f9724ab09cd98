"""How a zoo is judged: what is named, what the fix makes of it, and what is called faulty that is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lzviz import doctor

BAD = ("warning", "fault")


@dataclass(frozen=True)
class Faulty:
    check: str
    seen: str
    given: Any
    true: Any = None  # what was meant, None where it cannot be had back; pairs of equally good answers as a list
    told: dict[str, Any] = field(default_factory=dict)
    room: float = 1e-4  # how far the mended array may be from the true one
    proof: tuple[dict[str, Any], Callable[[dict[str, Any]], bool]] | None = (
        None  # names for the code of the fix; what it must do
    )


@dataclass(frozen=True)
class Healthy:
    name: str
    source: tuple[int, int]
    given: Any
    told: dict[str, Any] = field(default_factory=dict)
    true: np.ndarray | None = None  # what it must be read as, where its form is not the grid's own


def outcome(case: Faulty) -> tuple[bool, bool, bool]:
    """Whether a faulty warp was named, whether its fix leaves nothing, and whether it gives what was meant back."""
    found = doctor.diagnose(case.given, **case.told)
    bad = [f for f in found.findings if f.verdict in BAD]
    finding = found.named(case.check)
    named = bool(finding and finding.verdict in BAD and bad[0].verdict == finding.verdict and len(bad) <= 2)
    if not named or finding is None:
        return False, False, False
    if finding.mend is None:
        works = _runs(case, finding.fix)
        return True, works, works
    mended = finding.apply(case.given)
    clean = _again(case, finding, mended).ok
    if case.true is None:
        return True, clean, clean
    answers = case.true if isinstance(case.true, list) else [case.true]
    return True, clean, any(_near(mended, true, case.room) for true in answers)


def _again(case: Faulty, finding: doctor.Finding, mended: Any) -> doctor.Diagnosis:
    told = dict(case.told)
    if case.check == "direction":
        told.pop("direction", None)
    if finding.mends != "given":
        pair = isinstance(told[finding.mends], tuple)
        told[finding.mends] = (told[finding.mends][0], mended) if pair else mended
        return doctor.diagnose(case.given, **told)
    return doctor.diagnose(mended, **told)


def _runs(case: Faulty, code: str) -> bool:
    """Whether the code of a fix that changes no array does what it must."""
    if case.proof is None:
        return False
    import lzviz

    names = {"lzviz": lzviz, "grid": case.given} | case.proof[0]
    exec(code, names)  # the fix as somebody would run it
    return case.proof[1](names)


def _near(mended: Any, true: Any, room: float) -> bool:
    return np.shape(mended) == np.shape(true) and float(np.abs(np.asarray(mended, float) - true).max()) <= room


def alarms(case: Healthy) -> list[str]:
    """The checks that warn of a healthy warp; "misread" where it was taken for something else."""
    found = doctor.diagnose(case.given, case.source, **case.told)
    bad = [f.check for f in found.findings if f.verdict in BAD]
    if not bad and case.true is not None and not _near(found.warp, case.true, 1 / max(case.source)):
        bad.append("misread")
    return bad


def report(name: str, cases: list[Faulty], fit: list[Healthy]) -> tuple[list, list]:
    """Prints what went wrong and the sums; gives (case, named, clean, true) and the alarms."""
    rows = [(case, *outcome(case)) for case in cases]
    loud = [(case.name, bad) for case in fit if (bad := alarms(case))]
    for case, *marks in rows:
        if not all(marks):
            print(f"   {case.check:16}{case.seen[:70]:72}", *("ok" if mark else "NO" for mark in marks))
    for each, bad in loud:
        print("   alarm:", each, ", ".join(bad))
    named, clean, true = np.mean([row[1:] for row in rows], axis=0)
    print(f"{name}: {len(rows)} faulty, named {named:.1%}, clean {clean:.1%}, true {true:.1%}; ", end="")
    print(f"{len(fit)} healthy, alarms {len(loud) / len(fit):.1%}")
    return rows, loud
