"""Figures for a paper: the contact sheet, and score against cost. Matplotlib; fonts stay text in SVG files."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from lzviz import checkpoints, palette, samplers
from lzviz.comparison.budget import Budget
from lzviz.comparison.table import COLUMNS, Row, Table
from lzviz.coords import Size
from lzviz.warp import WarpLayout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lzviz.comparison.compare import Comparison
    from lzviz.trace import Trace

DOTS = 3000
"""Most samples drawn as dots; of more, every second line and column, and so on."""
FONT, DPI = 7, 300
POINT: dict[str, Any] = {"marker": "o", "s": 22, "linewidths": 1.0}
SMALL = POINT | {"s": 12}


def sheet(comparison: Comparison, width: float) -> Figure:
    """A row a method: source with its samples, zoomed image, and what comes back (labels, or the image unzoomed)."""
    shown = [row for row in comparison.table if row.name in comparison.traces]
    h, w = (int(n) for n in comparison.image.shape[-2:])
    each = (width - 0.1) / 3 * h / w
    figure = Figure(figsize=(width, (each + 0.28) * max(len(shown), 1) + 0.1), layout="constrained", dpi=DPI)
    axes = figure.subplots(max(len(shown), 1), 3, squeeze=False)
    for place in axes.flat:
        place.set_axis_off()
    picture = _picture(comparison.image)
    for row, line in zip(shown, axes, strict=True):
        trace = comparison.traces[row.name]
        _source(line[0], picture, trace, (h, w), _colour(row.name))
        line[0].set_title(_caption(row), fontsize=FONT, loc="left")
        line[1].imshow(_picture(trace.zoomed), interpolation="nearest", aspect="auto")
        size = f"zoomed, {row.size[0]} × {row.size[1]}" if row.size else ""
        kept = f"{row.samples} samples" if not isinstance(trace.layout, WarpLayout) else size
        line[1].set_title(kept, fontsize=FONT, loc="left")
        _back(line[2], trace)
    return figure


def pareto(table: Table, budget: Budget, width: float) -> Figure:
    """Rings: the rows of a table; filled: the checkpoints that ship and learned from the same data, on their own held-out pictures;
    below, in a panel of their own, hollow: what papers printed on Cityscapes, against the zoomed image's pixels."""
    scored = any(row.score is not None for row in table)
    figure = Figure(figsize=(width, width * 1.35), layout="constrained", dpi=DPI)
    axes, below = figure.subplots(2, 1, height_ratios=(3, 2))
    cost = "macs" if scored and any(row.macs for row in table) else "p50"
    if scored and cost == "macs":
        for name, macs, score in shipped(table):
            axes.scatter(macs / 1e9, 100 * score, color=_colour(name), s=9, linewidths=0)
    for row in table:
        x, y = getattr(row, cost), row.score if scored else None if row.unseen is None else 1 - row.unseen
        if x is None or y is None:
            continue
        x = x / 1e9 if cost == "macs" else x
        axes.scatter(x, 100 * y, facecolors="none", edgecolors=_colour(row.name), label=row.name, **POINT)
    _axes(
        axes, "G multiply-adds" if cost == "macs" else "milliseconds, median", "mIoU, %" if scored else "source seen, %"
    )
    axes.set_title(f"at {budget}; dots: validation sets" if scored else f"at {budget}", fontsize=FONT, loc="left")
    for name, points in published().items():
        below.scatter(*zip(*points, strict=True), facecolors="none", edgecolors=_colour(name), label=name, **SMALL)
    below.legend(loc="lower right", fontsize=FONT - 1, frameon=False, handletextpad=0.2)
    below.set_xscale("log", base=2)
    _axes(below, "pixels of the zoomed image", "mIoU, %")
    below.set_title("as published: Cityscapes", fontsize=FONT, loc="left")
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside lower center", ncols=2, fontsize=FONT - 1, frameon=False)
    return figure


def _axes(axes: Axes, across: str, up: str) -> None:
    axes.set_xlabel(across, fontsize=FONT)
    axes.set_ylabel(up, fontsize=FONT)
    axes.tick_params(labelsize=FONT - 1)
    axes.grid(color="0.92", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def shipped(table: Table) -> list[tuple[str, int, float]]:
    """System, multiply-adds and score, on their own held-out pictures, of the checkpoints that load by name and learned from what
    those of a table did."""
    cards = checkpoints.available()
    data = {card.data for card in cards if card.name in {row.name for row in table}}
    found = []
    for card in cards:
        scores = (card.metrics.get(split, {}).get("miou") for split in ("heldout", "val"))
        score = next((each for each in scores if isinstance(each, int | float)), None)
        if card.macs and card.data in data and score is not None:
            found.append((card.system, card.macs, float(score)))
    return found


def published() -> dict[str, list[tuple[int, float]]]:
    """Pixels of the zoomed image and percent, as papers printed them on Cityscapes, by method."""
    text = resources.files("lzviz").joinpath("data/published.csv").read_text("utf-8")
    found: dict[str, list[tuple[int, float]]] = {}
    for row in csv.DictReader(text.splitlines()):
        if row["dataset"] == "Cityscapes" and row["height"]:
            found.setdefault(row["method"], []).append((int(row["height"]) * int(row["width"]), float(row["miou"])))
    return found


def written(figure: Figure, kind: str) -> bytes:
    """A file of a kind, "png" or "svg"; the text of SVG files stays text, and nothing says when it was made."""
    file = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "lzviz"}):
        figure.savefig(file, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return file.getvalue()


def saved(figure: Figure, *paths: Path) -> None:
    """Written in the kind that each path's end says."""
    for path in paths:
        path.write_bytes(written(figure, path.suffix[1:]))


def _source(axes: Axes, picture: np.ndarray, trace: Trace, size: Size, colour: str) -> None:
    axes.imshow(picture, interpolation="antialiased", aspect="auto")
    sites = trace.layout.sites.detach().cpu().numpy()
    if isinstance(trace.layout, WarpLayout):
        h, w = trace.layout.zoomed_size
        step = max(1, int(np.ceil((h * w / DOTS) ** 0.5)))
        sites = sites.reshape(-1, h, w, 2)[0, step // 2 :: step, step // 2 :: step].reshape(-1, 2)
    elif len(sites) > DOTS:
        sites = sites[:: len(sites) // DOTS + 1]
    axes.scatter(sites[:, 0], sites[:, 1], s=0.6, color=colour, linewidths=0)
    axes.set_xlim(-0.5, size[1] - 0.5)
    axes.set_ylim(size[0] - 0.5, -0.5)


def _back(axes: Axes, trace: Trace) -> None:
    if isinstance(trace.output, Tensor) and trace.output.ndim == 3:
        count = max(len(trace.classes), int(trace.output.max()) + 1)
        names = (*trace.classes, *map(str, range(len(trace.classes), count)))
        table = np.array([palette.rgb(colour) for colour in palette.colours(names)], np.uint8)
        axes.imshow(table[trace.output[0].cpu().numpy()], interpolation="nearest", aspect="auto")
        axes.set_title("labels that come back", fontsize=FONT, loc="left")
    elif isinstance(trace.layout, WarpLayout):
        size = (int(trace.image.shape[-2]), int(trace.image.shape[-1]))
        axes.imshow(_picture(trace.layout.warp.unzoom(trace.zoomed, size)), aspect="auto")
        axes.set_title("unzoomed", fontsize=FONT, loc="left")
    else:
        axes.imshow(_picture(trace.zoomed), interpolation="nearest", aspect="auto")
        axes.set_title("each block its sample", fontsize=FONT, loc="left")


def _caption(row: Row) -> str:
    parts = [row.name]
    for name in ("score", "intrinsic", "region"):
        value = getattr(row, name)
        if value is not None:
            column = next(c for c in COLUMNS if c.name == name)
            parts.append(
                f"{row.metric if name == 'score' else column.head.removesuffix(', %')} {column.write(value)} %"
            )
            break
    return " · ".join(parts)


def _picture(image: Tensor) -> np.ndarray:
    return image[0].detach().clamp(0, 1).permute(1, 2, 0).cpu().numpy()


def _colour(name: str) -> str:
    """Of a sampler, or of the system that a checkpoint's name begins with."""
    fitting: Sequence[str] = [
        each for each in samplers.REGISTRY if name == each or name.startswith((f"{each}-", f"{each}:"))
    ]
    return samplers.REGISTRY[max(fitting, key=len)].colour[0] if fitting else "#5b6270"
