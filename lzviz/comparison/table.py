"""The table: a line a method, in every form in which papers and programs want it."""

from __future__ import annotations

import csv
import html
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from lzviz.coords import Size
from lzviz.spreadsheet import no_formula

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Row:
    """What a method does with the budget. ``None``: not comparable, or not asked for; shares are in [0, 1].

    Attributes:
        name: of the method; size: (h, w) of its zoomed image, ``None`` where it has none or no size spends the budget.
        samples: how many it takes.
        region: share of the samples in the painted region; classes: share of the samples on each class of the labels.
        intrinsic: intrinsic upsampling error, 1 - mIoU of a perfect network (Jin et al. 2022).
        score: of the task with the labels, in [0, 1]; ``metric`` names it; ious: intersection over union of each class.
        ap: COCO's average precision of the boxes that were found, in [0, 1]; film_ap: the same over the frames of a film so far.
        folds: share of folded tiles; out_of_range: of samples outside the source; unseen: of the source that no sample comes from.
        step: distance of neighbouring samples, 95 % of them at most, in source pixels; taps: how far reading reaches, source
            pixels; beyond them what lies between samples is never read. ``inf``: the whole footprint is read.
        round_trip: largest \\|forward(inverse(p)) - p\\|, source pixels.
        macs: multiply-adds; p50, p95: milliseconds; noisy: the spread of the times is wide.
        note: why something is missing.
    """

    name: str
    title: str
    size: Size | None = None
    samples: int | None = None
    region: float | None = None
    classes: Mapping[str, float] = field(default_factory=dict)
    intrinsic: float | None = None
    score: float | None = None
    metric: str = ""
    ious: Mapping[str, float] = field(default_factory=dict)
    ap: float | None = None
    film_ap: float | None = None
    folds: float | None = None
    out_of_range: float | None = None
    unseen: float | None = None
    step: float | None = None
    taps: float | None = None
    round_trip: float | None = None
    macs: int | None = None
    p50: float | None = None
    p95: float | None = None
    noisy: bool = False
    note: str = ""


@dataclass(frozen=True)
class Column:
    """How a column is called, written and judged; ``better``: "high", "low" or "" (neither)."""

    name: str
    head: str
    write: Callable[[Any], str]
    better: str = ""


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


COLUMNS = (
    Column("size", "zoomed", lambda size: f"{size[0]}x{size[1]}"),
    Column("samples", "samples", str),
    Column("region", "in region, %", _percent, "high"),
    Column("intrinsic", "intrinsic error, %", _percent, "low"),
    Column("score", "score, %", _percent, "high"),
    Column("ap", "AP, %", _percent, "high"),
    Column("film_ap", "AP of the film, %", _percent, "high"),
    Column("folds", "folds, %", _percent, "low"),
    Column("out_of_range", "out of range, %", _percent, "low"),
    Column("unseen", "unseen, %", _percent, "low"),
    Column("step", "step, px", lambda v: f"{v:.1f}", "low"),
    Column("round_trip", "round trip, px", lambda v: f"{v:.2g}", "low"),
    Column("macs", "G multiply-adds", lambda v: f"{v / 1e9:.3f}", "low"),
    Column("p50", "ms, median", lambda v: f"{v:.1f}", "low"),
    Column("p95", "ms, p95", lambda v: f"{v:.1f}", "low"),
)


TIMES = ("p50", "p95")


class Table(list[Row]):
    """Rows, and what they can be written as. Columns that no row has are left out."""

    def __init__(self, rows: Iterable[Row] = ()):
        super().__init__(rows)

    def columns(self) -> list[Column]:
        """Those with a value in some row, and one for each class of the labels."""
        shown = [column for column in COLUMNS if any(getattr(row, column.name) is not None for row in self)]
        return shown

    def classes(self) -> list[str]:
        """The classes of the labels, most of the samples first."""
        names = {name for row in self for name in row.classes}
        return sorted(names, key=lambda name: -max(row.classes.get(name, 0) for row in self))

    def best(self, column: Column) -> set[int]:
        """Which rows are best in a column, ties included; none where nothing is better, or only one row has a value. Noisy times
        are never best."""
        values = {k: v for k, row in enumerate(self) if (v := _finite(getattr(row, column.name))) is not None}
        if not column.better or len(values) < 2:
            return set()
        pick = max if column.better == "high" else min
        written = column.write(pick(values.values()))
        noisy = {k for k, row in enumerate(self) if row.noisy and column.name in TIMES}
        return {k for k, v in values.items() if column.write(v) == written} - noisy

    def sorted_by(self, name: str) -> Table:
        """Best first by a column's name; rows without a value last."""
        column = next((c for c in COLUMNS if c.name == name), None)
        if column is None:
            raise ValueError(f"no column {name!r}: there are {', '.join(c.name for c in COLUMNS)}")
        sign = -1 if column.better == "high" else 1

        def key(row: Row) -> tuple[bool, float]:
            value = getattr(row, name)
            value = math.prod(value) if isinstance(value, tuple) else value
            return value is None, 0 if value is None else sign * value

        return Table(sorted(self, key=key))

    def to_pandas(self) -> pandas.DataFrame:
        """A frame, a column an attribute; each class of the labels one of its own."""
        import pandas

        rows = [{**asdict(row), "size": row.size and "x".join(map(str, row.size))} for row in self]
        for row in rows:
            row.update({f"samples on {name}": share for name, share in row.pop("classes").items()})
            row.update({f"IoU of {name}": value for name, value in row.pop("ious").items()})
        return pandas.DataFrame(rows)

    def to_json(self) -> str:
        """A list of objects; numbers that are not finite are null."""
        rows = [{k: _finite(v) if isinstance(v, float) else v for k, v in asdict(row).items()} for row in self]
        return json.dumps(rows, indent=1)

    def to_csv(self) -> str:
        """With a line of heads; text that a spreadsheet would compute is quoted with an apostrophe."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        classes = self.classes()
        scored = [name for name in classes if any(name in row.ious for row in self)]
        heads = [*map("% on {}".format, classes), *map("IoU of {}, %".format, scored)]
        writer.writerow(["method", *(c.head for c in self.columns()), *map(no_formula, heads), "note"])
        for row in self:
            cells = [c.write(v) if (v := getattr(row, c.name)) is not None else "" for c in self.columns()]
            shares = [_percent(row.classes[name]) if name in row.classes else "" for name in classes]
            ious = [_percent(row.ious[name]) if name in row.ious else "" for name in scored]
            writer.writerow([no_formula(row.name), *cells, *shares, *ious, no_formula(row.note)])
        return out.getvalue()

    def to_latex(self) -> str:
        """A ``tabular`` for the package booktabs, the best of a column in bold."""
        head, lines = self._cells(lambda text: rf"\textbf{{{text}}}", _tex)
        body = [" & ".join(line) + r" \\" for line in [head, *lines]]
        layout = "l" + "r" * (len(head) - 1)
        return "\n".join(
            [
                rf"\begin{{tabular}}{{{layout}}}",
                r"\toprule",
                body[0],
                r"\midrule",
                *body[1:],
                r"\bottomrule",
                r"\end{tabular}",
                "",
            ]
        )

    def to_markdown(self) -> str:
        """Pipes, the best of a column in bold; notes below."""
        head, lines = self._cells("**{}**".format, lambda text: text.replace("|", "\\|"))
        rows = [head, ["---"] + ["---:"] * (len(head) - 1), *lines]
        return "\n".join(["| " + " | ".join(row) + " |" for row in rows] + [""] + list(self.notes()))

    def to_html(self) -> str:
        """A ``<table>`` for notebooks."""
        head, lines = self._cells("<b>{}</b>".format, html.escape)
        row = "<tr>{}</tr>".format
        top = row("".join(f"<th>{cell}</th>" for cell in head))
        body = "".join(row("".join(f"<td>{cell}</td>" for cell in line)) for line in lines)
        return f"<table>{top}{body}</table>" + "".join(f"<p>{html.escape(note)}</p>" for note in self.notes())

    def notes(self) -> Iterator[str]:
        """What the rows have to say besides numbers."""
        for row in self:
            if row.note:
                yield f"{row.name}: {row.note}."
            if row.noisy:
                yield f"{row.name}: its times are noisy; other work keeps the machine busy."

    def _cells(self, strong: Callable[[str], str], escape: Callable[[str], str]) -> tuple[list[str], list[list[str]]]:
        columns, lines = self.columns(), []
        best = {column.name: self.best(column) for column in columns}
        for k, row in enumerate(self):
            line = [escape(row.name)]
            for column in columns:
                value = getattr(row, column.name)
                text = "–" if value is None else escape(column.write(value))
                line.append(strong(text) if k in best[column.name] else text)
            lines.append(line)
        metric = next((row.metric for row in self if row.metric), "score")
        heads = [column.head.replace("score", metric) for column in columns]
        return [escape(head) for head in ("method", *heads)], lines


def _finite(value: Any) -> Any:
    return value if not isinstance(value, float) or math.isfinite(value) else None


def _tex(text: str) -> str:
    marks = {"\\": r"\textbackslash{}", "–": "--", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    marks |= {c: "\\" + c for c in "&%$#_{}"}
    return "".join(marks.get(c, c) for c in text)
