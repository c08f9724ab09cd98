"""One picture, several methods, one budget."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lzviz.comparison.budget import Budget
from lzviz.comparison.fits import fits
from lzviz.comparison.measured import IGNORE, measured, timed
from lzviz.comparison.methods import Given, Method, methods_of
from lzviz.comparison.table import Row, Table
from lzviz.coords import Size
from lzviz.measure import timing
from lzviz.trace import Trace
from lzviz.trace.frames import image_size

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REPEATS = 9


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
        count, (h, w) = len(self.table), self.image.shape[-2:]
        head = f"{count} method{'s' if count != 1 else ''} at {self.budget}, {h}x{w}, on {self.device}"
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

    def save_html(self, path: str | Path) -> Path:
        """The live canvas with the warps of all methods in its menu of samplers, as one file: see :func:`lzviz.save_html`."""
        from lzviz import save_html

        return save_html(self, path)

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
    samplers: str | Sequence[Given] | Mapping[str, Given],
    budget: str | Size | Budget = "96x128",
    *,
    labels: Any = None,
    saliency: Any = None,
    region: Any = None,
    repeats: int = REPEATS,
    progress: Callable[[str], None] | None = None,
) -> Comparison:
    """Run methods on one picture so that each spends the same, and measure what each makes of it.

    Args:
        image: (1, 3, H, W) or (3, H, W) in [0, 1], an array (H, W, 3) of bytes or floats, an image of Pillow, or a path.
        samplers: a name, or names, of samplers ("lzu", "lzu:published", "cad:threshold=high:depth=2") or checkpoints, files of
            grids, samplers, pipelines or callables image -> grid (1, h, w, 2); or a mapping from the name to be shown to one of
            these.
        budget: "96x128" pixels, "0.3G" or "300M" multiply-adds, "20ms". Multiply-adds and milliseconds are solved for each method's
            zoomed size, of the picture's aspect, to 3 and 10 %.
        labels: (H, W) or (1, H, W) integer classes, 255 not labelled: for scores, errors and samples by class.
        saliency: (1, 1, h, w), for every sampler that looks at a map; without, each looks where it looks by itself.
        region: (h, w) or (1, 1, h, w) in [0, 1], corner-aligned: whose share of the samples is asked for.
        repeats: timed runs of each method, in turns; 0: no times.
        progress: is told what begins, a line each: detectors take seconds a run.

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
    asked = None if region is None else region_of(region)
    samplers = [samplers] if isinstance(samplers, str) else samplers
    found = fits(methods_of(samplers, image_size(picture), look), picture, spend)
    rows, traces = [], {}
    classes = classes_of(fit.method for fit in found)
    tell = progress or (lambda _: None)
    for number, fit in enumerate(found, 1):
        method = fit.method
        if fit.note:
            rows.append(Row(method.name, method.title, note=fit.note))
            continue
        tell(f"{method.name} ({number} of {len(found)})")
        unscored = unscored_note(method, truth, classes)
        made = measured(method, picture, truth, asked, classes, same=not unscored)
        rows.append(replace(made.row, note="; ".join(filter(None, (fixed_note(method, spend), unscored)))))
        traces[method.name] = made.trace
    if repeats:
        tell(f"times: {repeats + 2} runs of each")
        works = {f.method.name: (lambda m=f.method: m.once(picture)) for f in found if not f.note}
        times = timing.compare(works, device=picture.device, warm_up=2, repeats=repeats) if works else {}
        rows = [timed(row, times.get(row.name), spend) for row in rows]
    return Comparison(picture, truth, spend, Table(rows), traces, timing.device_name(picture.device))


def fixed_note(method: Method, budget: Budget) -> str:
    """What is to be said of a method that has one size."""
    return f"has no zoomed size that could be {budget}" if method.fixed else ""


def classes_of(methods: Iterable[Method]) -> tuple[str, ...]:
    """What the numbers of labels stand for: the classes of the first method that has any."""
    return next((tuple(each.pipeline.classes) for each in methods if not each.finds and each.pipeline.classes), ())


def unscored_note(method: Method, truth: Tensor | None, classes: Sequence[str]) -> str:
    """Why labels give a method no score: they are read as ``classes``."""
    own = method.pipeline.classes
    if truth is None or method.finds or not own:
        return ""
    if tuple(own) != tuple(classes):
        return f"no score: the labels are read as {_listed(classes)}, it knows {_listed(own)}"
    most = int(truth[truth != IGNORE].max()) if bool((truth != IGNORE).any()) else 0
    if most >= len(own):
        return (
            f"no score: the labels go to {most}, its classes are 0 to {len(own) - 1}; what has none of them is {IGNORE}"
        )
    return ""


def _listed(names: Sequence[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


# -- what is given -------------------------------------------------------------------------------------------------------


def picture_of(given: Any) -> Tensor:
    """(1, 3, H, W) float32 in [0, 1] of a path, an image of Pillow, an array (H, W) or (H, W, 1, 3 or 4), or a tensor
    (C, H, W) or (1, C, H, W) of as many channels C. Bytes are scaled, grey becomes colour, transparency is laid on white."""
    if isinstance(given, str | Path) or hasattr(given, "convert"):
        from lzviz.datasets import colours_of, read_picture

        given = read_picture(Path(given)) if isinstance(given, str | Path) else colours_of(given)
    if isinstance(given, np.ndarray):
        if given.ndim not in (2, 3) or given.dtype.kind not in "fu":
            raise ValueError(
                f"expected an array (H, W, 3) of bytes or floats in [0, 1], got {given.dtype} {given.shape}"
            )
        given = torch.from_numpy(np.array(given if given.ndim == 3 else given[..., None])).permute(2, 0, 1)
    if not isinstance(given, Tensor):
        raise TypeError(f"expected a picture as tensor, array or path, got {type(given).__name__}")
    picture = given[None] if given.ndim == 3 else given
    bytes_ = picture.dtype == torch.uint8
    if (
        picture.ndim != 4
        or len(picture) != 1
        or picture.shape[1] not in (1, 3, 4)
        or not (bytes_ or picture.is_floating_point())
    ):
        raise ValueError(
            f"expected one picture (1, 3, H, W) of floats in [0, 1], got {given.dtype} {tuple(given.shape)}"
        )
    picture = picture.float() / 255 if bytes_ else picture.float()
    if picture.shape[1] == 4:
        picture = picture[:, :3] * picture[:, 3:] + 1 - picture[:, 3:]
    picture = picture.expand(-1, 3, -1, -1)
    low, high = float(picture.min()), float(picture.max())
    if not (bool(picture.isfinite().all()) and low >= 0 and high <= 1):
        raise ValueError(f"image: expected values in [0, 1], got {low:.4g} to {high:.4g}; did you mean image / 255?")
    return picture


def labels_of(given: Any) -> Tensor:
    """(1, H, W) int64."""
    if isinstance(given, str | Path):
        from lzviz.datasets import read_labels

        given = read_labels(Path(given))
    labels = torch.as_tensor(np.asarray(given) if isinstance(given, np.ndarray) else given)
    labels = labels[None] if labels.ndim == 2 else labels
    if labels.ndim != 3 or len(labels) != 1 or labels.is_floating_point():
        raise ValueError(f"expected labels (H, W) or (1, H, W) of integers, got {labels.dtype} {tuple(labels.shape)}")
    if bool((labels == IGNORE).all()):
        raise ValueError("the labels label no pixel: all are 255")
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
