"""Reports: one self-contained HTML page, and JUnit XML for continuous integration."""

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
STYLE = """:root{color-scheme:light dark;--ink:light-dark(#1b1d22,#eceef2);--soft:light-dark(#666b76,#9aa1ad);
--line:light-dark(#dfe1e6,#363a42);--paper:light-dark(#fff,#17191d);--fault:light-dark(#c0262d,#ff7a73);
--code:light-dark(#f4f5f7,#22252b);--mesh:light-dark(#3355cc,#a9bcff)}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.1rem;margin:0}section{border-top:1px solid var(--line);padding:1rem 0}
.two{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:2rem}@media(max-width:50rem){.two{display:block}}
svg{width:100%;height:auto;border:1px solid var(--line);box-sizing:border-box}
path{fill:none;stroke:var(--mesh);stroke-width:.6;vector-effect:non-scaling-stroke}
.downhill{stroke:var(--fault);stroke-width:1.2}
.place{fill:none;stroke:var(--fault);stroke-width:2;vector-effect:non-scaling-stroke}
article{padding:.6rem 0;border-bottom:1px solid var(--line)}b i{font-style:normal}.fault i{color:var(--fault)}
.value{float:right;color:var(--soft)}p{margin:.25rem 0}pre{background:var(--code);padding:.5rem;white-space:pre-wrap;
overflow-wrap:anywhere;margin:.3rem 0}
.ok{color:var(--soft)}"""


def page(diagnoses: Sequence[tuple[str, Diagnosis]]) -> str:
    """Named diagnoses as one page."""
    body = "".join(_section(name, diagnosis) for name, diagnosis in diagnoses)
    well = sum(diagnosis.ok for _, diagnosis in diagnoses)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Warp doctor</title><style>{STYLE}</style><p>{well} of {len(diagnoses)} without warning</p>{body}</html>\n"
    )


CELL = """.lzviz-diagnosis{display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start}
.lzviz-diagnosis svg{width:340px;height:auto;border:1px solid currentColor;background:none}
.lzviz-diagnosis path{fill:none;stroke:#5b7be0;stroke-width:.6;vector-effect:non-scaling-stroke}
.lzviz-diagnosis .place,.lzviz-diagnosis .downhill{fill:none;stroke:#d8433b;stroke-width:1.5;vector-effect:non-scaling-stroke}
.lzviz-diagnosis table{flex:1 1 420px}.lzviz-diagnosis td,.lzviz-diagnosis th{text-align:left;vertical-align:top}
.lzviz-diagnosis pre{white-space:pre-wrap;margin:4px 0 0}"""


def cell(diagnosis: Diagnosis) -> str:
    """The findings as a table beside the drawing, for a notebook's cell."""
    rows = "".join(
        f"<tr><th>{SHAPES[f.verdict]} {f.verdict}</th><td><b>{html.escape(f.check)}</b></td><td>{html.escape(short(f.value))}</td>"
        f"<td>{html.escape(f.sentence)}{f'<pre>{html.escape(f.fix)}</pre>' if f.fix else ''}</td></tr>"
        for f in diagnosis.findings
        if f.verdict != "ok"
    )
    fine = ", ".join(f.check for f in diagnosis.findings if f.verdict == "ok")
    drawing = "" if diagnosis.warp is None else _mesh(diagnosis)
    return (
        f'<div class="lzviz-diagnosis"><style>{CELL}</style>{drawing}<table>{rows}'
        f'<tr><th>✓ ok</th><td colspan="3">{html.escape(fine)}</td></tr></table></div>'
    )


def _section(name: str, diagnosis: Diagnosis) -> str:
    told = "".join(_article(f) for f in diagnosis.findings if f.verdict != "ok")
    fine = ", ".join(f.check for f in diagnosis.findings if f.verdict == "ok")
    h, w = diagnosis.source_size
    drawing = "" if diagnosis.warp is None else _mesh(diagnosis)
    return (
        f"<section><h1>{html.escape(name)}</h1><p class=ok>Source {h} × {w}</p><div class=two><div>{drawing}</div>"
        f"<div>{told}<p class=ok>✓ {html.escape(fine)}</p></div></div></section>"
    )


def _article(f: Finding) -> str:
    code = f"<pre>{html.escape(f.fix)}</pre>" if f.fix else ""
    value = f"{html.escape(short(f.value))} · allowed {html.escape(short(f.tolerance))}"
    return (
        f"<article class={f.verdict}><span class=value>{value}</span><b><i>{SHAPES[f.verdict]} {f.verdict}</i> "
        f"{html.escape(f.check)}</b><p>{html.escape(f.sentence)}</p>{code}</article>"
    )


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


def short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
