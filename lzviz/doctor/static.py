"""Findings as a table in a notebook's cell, and as JUnit XML for continuous integration."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from lzviz.doctor import downhill
from lzviz.plain import mesh

if TYPE_CHECKING:
    from lzviz.doctor.finding import Diagnosis, Finding

SHAPES = {"fault": "■", "warning": "▲", "note": "●", "ok": "✓"}
CELL = """.lzviz-diagnosis{display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start}
.lzviz-diagnosis svg{width:340px;height:auto;border:1px solid currentColor;background:none}
.lzviz-diagnosis path{fill:none;stroke:#5b7be0;stroke-width:.6;vector-effect:non-scaling-stroke}
.lzviz-diagnosis .place,.lzviz-diagnosis .downhill{fill:none;stroke:#d8433b;stroke-width:1.5;vector-effect:non-scaling-stroke}
.lzviz-diagnosis table{flex:1 1 420px}.lzviz-diagnosis td,.lzviz-diagnosis th{text-align:left;vertical-align:top}
.lzviz-diagnosis pre{white-space:pre-wrap;margin:4px 0 0}"""


def cell(diagnosis: Diagnosis) -> str:
    """The findings as a table beside the drawing, for a notebook's cell."""
    drawing = "" if diagnosis.warp is None else _mesh(diagnosis)
    return f'<div class="lzviz-diagnosis"><style>{CELL}</style>{drawing}{listed(diagnosis)}</div>'


def listed(diagnosis: Diagnosis) -> str:
    """The findings as a table."""
    rows = "".join(_row(f) for f in diagnosis.findings if f.verdict != "ok")
    fine = ", ".join(f.check for f in diagnosis.findings if f.verdict == "ok")
    return f'<table>{rows}<tr><th>✓ ok</th><td colspan="3">{html.escape(fine)}</td></tr></table>'


def _row(f: Finding) -> str:
    code = f"<pre>{html.escape(f.fix)}</pre>" if f.fix else ""
    cells = f"<td><b>{html.escape(f.check)}</b></td><td>{html.escape(short(f.value, f.unit))}</td>"
    return f"<tr><th>{SHAPES[f.verdict]} {f.verdict}</th>{cells}<td>{html.escape(f.sentence)}{code}</td></tr>"


def _mesh(diagnosis: Diagnosis) -> str:
    """The mesh in the source, and the places of the findings."""
    grid, size = diagnosis.warp[0], diagnosis.source_size
    paths = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line) for line in mesh.lines(grid, size))
    places = ""
    for f in diagnosis.findings:
        for left, top, right, bottom in mesh.hulls(grid, size, f.place if f.verdict != "ok" else ()):
            box = f'x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}"'
            places += f'<rect class="place" {box}><title>{html.escape(f.check)}</title></rect>'
    moves = None if diagnosis.gradient is None else downhill.arrows(grid, diagnosis.gradient, size)
    if moves is not None:
        lines = "".join(f"M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" for (x0, y0), (x1, y1) in moves)
        places += f'<path class="downhill" d="{lines}"><title>-dL/dgrid</title></path>'
    height, width = size
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="The mesh in the source"><path d="{paths}"/>{places}</svg>'


def junit(diagnoses: Sequence[tuple[str, Diagnosis]], fail_on: Sequence[str]) -> str:
    """One test suite a file, one test case a check."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for name, diagnosis in diagnoses:
        failed = [f for f in diagnosis.findings if fails(f, fail_on)]
        count = f'tests="{len(diagnosis.findings)}" failures="{len(failed)}"'
        out.append(f"<testsuite name={quoteattr(name)} {count}>")
        for f in diagnosis.findings:
            inner = f"<failure message={quoteattr(f.sentence)}>{escape(f.fix)}</failure>" if f in failed else ""
            out.append(f"<testcase classname={quoteattr(name)} name={quoteattr(f.check)}>{inner}</testcase>")
        out.append("</testsuite>")
    return "\n".join([*out, "</testsuites>"]) + "\n"


def fails(finding: Finding, fail_on: Sequence[str]) -> bool:
    """Whether a finding breaks a build: a warning or fault, of the named checks where some are named."""
    return finding.verdict in ("warning", "fault") and (not fail_on or finding.check in fail_on)


def short(value: float | str, unit: str = "") -> str:
    if isinstance(value, str):
        return value
    return f"{100 * value:.3g} %" if unit == "share" else f"{value:.4g} {unit}".rstrip()
