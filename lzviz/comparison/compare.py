"""One picture, several methods, one budget."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lzviz.comparison.budget import Budget, solved
from lzviz.comparison.methods import Given, Method, methods_of
from lzviz.comparison.table import Row, Table
from lzviz.coords import Size
from lzviz.doctor import diagnose
from lzviz.measure import evaluation, timing
from lzviz.measure.examine import examine
from lzviz.trace import Trace
from lzviz.warp import WarpLayout

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IGNORE = 255
REPEATS = 9
SPREAD = 1.5
"""p95 over median from which times are called noisy."""
LATTICE = 256
"""Longest side of the lattice on which a round trip is looked at."""
TAPS = {"nearest": 1.0, "bilinear": 2.0, "antialias": float("inf")}


@dataclass(frozen=True, eq=False)
class Comparison:
    """What :func:`compare` found.

    Attributes:
        image: (1, 3, H, W); labels: (1, H, W) or ``None``; budget: what each method could spend.
        table: a :class:`~lzviz.comparison.table.Row` a method, in the order given.
        traces: the runs behind the rows, by name; a method that no size fits has none.
        device: what the times were taken on.
    """

    image: Tensor
    labels: Tensor | None
    budget: Budget
    table: Table
    traces: Mapping[str, Trace]
    device: str

    def __str__(self) -> str:
        head = f"{len(self.table)} methods at {self.budget}, {self.image.shape[-2]}x{self.image.shape[-1]}, on {self.device}"
        return f"{head}\n\n{self.table.to_markdown()}"

    def _repr_html_(self) -> str:
        return f"<p>At {self.budget}, on {self.device}</p>{self.table.to_html()}"

    def figure(self, width: float = 6.9) -> Figure:
        """A contact sheet, ``width`` inches wide: where each method samples, what its network sees, what comes back."""
        from lzviz.comparison.figures import sheet

        return sheet(self, width)

    def pareto(self, width: float = 3.4) -> Figure:
        """Score (or, without labels, share of the source seen) against cost, with the checkpoints that ship."""
        from lzviz.comparison.figures import pareto

        return pareto(self.table, self.budget, width)

    def to_csv(self, path: str | Path | None = None) -> str:
        """See :meth:`Table.to_csv`; also written to ``path``."""
        return _written(self.table.to_csv(), path)

    def to_latex(self, path: str | Path | None = None) -> str:
        """See :meth:`Table.to_latex`; also written to ``path``."""
        return _written(self.table.to_latex(), path)

    def to_json(self, path: str | Path | None = None) -> str:
        """See :meth:`Table.to_json`; also written to ``path``."""
        return _written(self.table.to_json(), path)

    def save(self, folder: str | Path) -> Path:
        """table.csv, table.tex, table.json, sheet.png, sheet.svg and pareto.png in a folder, which is made."""
        from lzviz.comparison.figures import saved

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.to_csv(folder / "table.csv")
        self.to_latex(folder / "table.tex")
        self.to_json(folder / "table.json")
        saved(self.figure(), folder / "sheet.png", folder / "sheet.svg")
        saved(self.pareto(), folder / "pareto.png")
        return folder


def compare(
    image: Any,
    samplers: Sequence[Given] | Mapping[str, Given],
    budget: str | Size | Budget = "96x128",
    *,
    labels: Any = None,
    saliency: Any = None,
    region: Any = None,
    repeats: int = REPEATS,
) -> Comparison:
    """Run methods on one picture so that each spends the same, and measure what each makes of it.

    Args:
        image: (1, 3, H, W) or (3, H, W) float in [0, 1], an array (H, W, 3) of bytes or floats, or a path.
        samplers: names of samplers or checkpoints, samplers, pipelines or callables image -> grid (1, h, w, 2); or a mapping from
            the name to be shown to one of these.
        budget: "96x128" pixels, "0.3G" or "300M" multiply-adds, "20ms". Multiply-adds and milliseconds are solved for each method's
            zoomed size, of the picture's aspect, to 3 and 10 %.
        labels: (H, W) or (1, H, W) integer classes, 255 not labelled: for scores, errors and samples by class.
        saliency: (1, 1, h, w), for every sampler that looks at a map; without, each looks where it looks by itself.
        region: (h, w) or (1, 1, h, w) in [0, 1], corner-aligned: whose share of the samples is asked for.
        repeats: timed runs of each method, in turns; 0: no times.

    Raises:
        ValueError, TypeError: wrong input, in a sentence that says what was expected.
    """
    picture, truth = picture_of(image), None if labels is None else labels_of(labels)
    if truth is not None and truth.shape[-2:] != picture.shape[-2:]:
        raise ValueError(f"labels are {tuple(truth.shape[-2:])}, the picture is {tuple(picture.shape[-2:])}")
    spend = Budget.of(budget)
    look = None if saliency is None else torch.as_tensor(saliency, dtype=torch.float32)
    if look is not None and (look.ndim != 4 or look.shape[:2] != (1, 1)):
        raise ValueError(f"expected saliency (1, 1, h, w), got {tuple(look.shape)}")
    methods = methods_of(samplers, look)
    sized = [fitted(method, picture, spend) for method in methods]
    rows, traces = [], {}
    for method, note in sized:
        row, trace = (
            row_of(method, picture, truth, region) if not note else (Row(method.name, method.title, note=note), None)
        )
        if method.fixed and not note:
            row = replace(row, note=f"has no zoomed size that could be {spend}")
        rows.append(row)
        if trace is not None:
            traces[method.name] = trace
    if repeats:
        works = {m.name: (lambda m=m: m.once(picture)) for m, note in sized if not note}
        times = timing.compare(works, device=picture.device, warm_up=2, repeats=repeats) if works else {}
        rows = [timed(row, times.get(row.name)) for row in rows]
    return Comparison(picture, truth, spend, Table(rows), traces, timing.device_name(picture.device))


def fitted(method: Method, image: Tensor, budget: Budget) -> tuple[Method, str]:
    """A method at the size that spends a budget, or a sentence why there is none."""
    if method.fixed:
        return method, ""
    if budget.kind == "pixels":
        return method.at(budget.size), ""
    if budget.kind == "macs" and method.pipeline.network is None:
        return method, "has no network that multiply-adds could be spent on; give a budget of pixels or ms"
    h, w = (int(n) for n in image.shape[-2:])

    def price(size: Size) -> float:
        at = method.at(size)
        if budget.kind == "macs":
            return float(sum(at.run(image).macs.values()))
        taken = timing.measure(lambda: at.once(image), device=image.device, warm_up=1, repeats=5)
        return taken.median

    size, _, note = solved(budget, w / h, method.multiple, price)
    return (method, note) if size is None else (method.at(size), "")


def row_of(method: Method, image: Tensor, truth: Tensor | None, region: Any = None) -> tuple[Row, Trace]:
    """Everything of a row but its times, and the run behind it."""
    known = method.pipeline.network is not None and truth is not None and _fits(method, truth)
    trace = method.run(image, truth if known else None)
    layout, source_size = trace.layout, (int(image.shape[-2]), int(image.shape[-1]))
    size = (int(trace.zoomed.shape[-2]), int(trace.zoomed.shape[-1]))
    row = Row(method.name, method.title, size, int(layout.count.sum()), macs=sum(trace.macs.values()) or None)
    if truth is not None:
        count = classes_of(method, truth)
        names = method.pipeline.classes or tuple(str(k) for k in range(count))
        seen = evaluation.sampled_labels(layout, truth)
        shares = {n: float((seen == k).float().mean()) for k, n in enumerate(names) if bool((truth == k).any())}
        error = evaluation.intrinsic_upsampling_error(layout, truth, count, border=True)
        row = replace(row, classes=shares, intrinsic=error)
    if known:
        row = replace(row, score=_score(trace, truth, len(method.pipeline.classes)), metric="mIoU")
    weights = None if region is None else region_of(region)
    if isinstance(layout, WarpLayout):
        return _warped(row, method, layout, source_size, weights), trace
    if weights is not None:
        row = replace(row, region=_share(layout.sites, source_size, weights))
    return row, trace


def _warped(row: Row, method: Method, layout: WarpLayout, source_size: Size, weights: Tensor | None) -> Row:
    warp, size = layout.warp, layout.zoomed_size
    shrink = min(1.0, LATTICE / max(source_size))
    lattice = tuple(max(2, round(n * shrink)) for n in source_size)
    found = examine(warp, size, source_size, emphasis=weights, inverse_size=lattice)  # type: ignore[arg-type]
    grid = warp.grid(size).detach().float().cpu().numpy()
    told = diagnose(grid, source_size, size, use="grid") if min(size) > 1 else None
    interpolation = getattr(method.pipeline.sampler, "interpolation", "bilinear")
    return replace(
        row,
        region=found.facts.share,
        folds=found.facts.folds / max(found.facts.tiles, 1),
        out_of_range=float((np.abs(grid) > 1 + 1e-6).any(-1).mean()),
        unseen=1 - found.facts.coverage,
        step=_number(told and told.named("aliasing")),
        taps=TAPS.get(interpolation, 2.0),
        round_trip=found.round_trip["max"],
    )


def timed(row: Row, taken: timing.Timing | None) -> Row:
    """With what was measured of it."""
    if taken is None:
        return row
    return replace(row, p50=taken.median, p95=taken.p95, noisy=taken.p95 > SPREAD * taken.median)


def _score(trace: Trace, truth: Tensor | None, classes: int) -> float:
    assert truth is not None
    return evaluation.miou(evaluation.confusion(trace.output, truth, classes))


def _fits(method: Method, truth: Tensor) -> bool:
    """Whether the labels are of the classes that the network knows."""
    return _most(truth) < len(method.pipeline.classes)


def _most(truth: Tensor) -> int:
    known = truth[truth != IGNORE]
    return int(known.max()) if known.numel() else 0


def classes_of(method: Method, truth: Tensor) -> int:
    """How many classes labels have: a network's, where they fit."""
    return max(len(method.pipeline.classes), _most(truth) + 1)


def _number(finding: Any) -> float | None:
    return None if finding is None or isinstance(finding.value, str) else float(finding.value)


def _share(sites: Tensor, source_size: Size, weights: Tensor) -> float:
    """Mean weight at sites (N, 2) in source pixels."""
    half = (
        torch.tensor([max(source_size[1] - 1, 1), max(source_size[0] - 1, 1)], dtype=sites.dtype, device=sites.device)
        / 2
    )
    points = (sites / half - 1)[None, None]
    read = torch.nn.functional.grid_sample(weights.to(sites), points, padding_mode="border", align_corners=True)
    return float(read.mean())


# -- what is given -------------------------------------------------------------------------------------------------------


def picture_of(given: Any) -> Tensor:
    """(1, 3, H, W) float32 in [0, 1]."""
    if isinstance(given, str | Path):
        from lzviz.datasets import read_picture

        given = read_picture(Path(given))
    if isinstance(given, np.ndarray):
        if given.ndim != 3 or given.shape[-1] != 3:
            raise ValueError(f"expected an array (H, W, 3), got {given.shape}")
        given = torch.from_numpy(np.ascontiguousarray(given)).permute(2, 0, 1)
        given = given.float() / 255 if given.dtype == torch.uint8 else given.float()
    if not isinstance(given, Tensor):
        raise TypeError(f"expected a picture as tensor, array or path, got {type(given).__name__}")
    picture = given[None] if given.ndim == 3 else given
    if picture.ndim != 4 or picture.shape[:2] != (1, 3) or not picture.is_floating_point():
        raise ValueError(
            f"expected one picture (1, 3, H, W) of floats in [0, 1], got {given.dtype} {tuple(given.shape)}"
        )
    return picture.float()


def labels_of(given: Any) -> Tensor:
    """(1, H, W) int64."""
    if isinstance(given, str | Path):
        from lzviz.datasets import read_labels

        given = read_labels(Path(given))
    labels = torch.as_tensor(np.asarray(given) if isinstance(given, np.ndarray) else given)
    labels = labels[None] if labels.ndim == 2 else labels
    if labels.ndim != 3 or len(labels) != 1 or labels.is_floating_point():
        raise ValueError(f"expected labels (H, W) or (1, H, W) of integers, got {labels.dtype} {tuple(labels.shape)}")
    return labels.long()


def region_of(given: Any) -> Tensor:
    """(1, 1, h, w) float64 in [0, 1]."""
    region = torch.as_tensor(given, dtype=torch.float64)
    region = region[None, None] if region.ndim == 2 else region
    if region.ndim != 4 or region.shape[:2] != (1, 1) or float(region.min()) < 0 or float(region.max()) > 1:
        raise ValueError(f"expected a region (h, w) of weights in [0, 1], got {tuple(region.shape)}")
    return region


def median(values: Sequence[float | None]) -> float | None:
    """Of those that are numbers."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
