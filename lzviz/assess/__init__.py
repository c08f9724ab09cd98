"""How good a pipeline is on a set of labelled pictures, what it costs, and whether another one is better.

    report = assess(pipeline, dataset)
    report.miou, report.boundary_miou, report.small_iou, report.intrinsic_miou
    paired(report, other)                        # difference of mIoU, 95 % interval

A report keeps what was counted for each picture, so that two of them can be compared picture by picture: pictures that are hard are
hard for both, and most of what scatters cancels. Neighbouring frames of a film are not independent; they are resampled in blocks.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.checkpoints import Card
from lzviz.coords import Size, check_size
from lzviz.datasets import IGNORE, Dataset, Example
from lzviz.measure import cost, evaluation
from lzviz.measure.timing import Timing
from lzviz.pipelines.pipeline import Pipeline
from lzviz.resampling import reduce

Metric = Literal["miou", "boundary", "small", "intrinsic"]
Previous = Literal["twice", "sequence"]
METRICS: tuple[Metric, ...] = get_args(Metric)

BLOCK_FRAMES, BLOCK_PICTURES = 30, 3
"""Neighbours that are resampled together: a second of film by the numbers in the names, and at least so many pictures."""

WARM_UP = 2
QUIET = 0.8
"""A process that has a processor for less of the time than this is not alone on its machine."""


@dataclass(frozen=True, eq=False)
class Report:
    """What was counted, picture by picture, in the order of their names. Scores are in [0, 1], NaN where nothing counts.

    Attributes:
        name: of what was assessed; seed: of its training.
        data, split, classes: what it was assessed on.
        pictures: names, n of them.
        everywhere, boundary, intrinsic: (n, K, K + 1) confusion matrices: of all pixels, within ``distance`` pixels of a true
            boundary, and of a perfect network behind the same samples, brought back as the pipeline brings scores back.
        small: (n, K, 3), see :func:`lzviz.measure.evaluation.small_counts`: objects below ``share`` of the picture.
        macs: multiply-adds of each picture, samplers included.
        milliseconds: of each picture, on ``device``; empty where no time was taken.
        processor: share of that time in which this process had a processor; below .8 other work was in the way (``busy``).
        parameters: weights of the pipeline.
        source_scale: pictures had been reduced to this share of their size.
        previous: see :func:`assess`.
    """

    name: str
    data: str
    split: str
    classes: tuple[str, ...]
    pictures: tuple[str, ...]
    everywhere: Tensor
    boundary: Tensor
    intrinsic: Tensor
    small: Tensor
    macs: tuple[int, ...]
    milliseconds: tuple[float, ...]
    device: str
    parameters: int
    distance: int
    share: float
    source_scale: float = 1.0
    previous: Previous = "twice"
    seed: int = 0
    processor: float = 1.0

    @property
    def slug(self) -> str:
        """A file name that no other report of the same data has: lds-camvid-96x128@1.val, with whatever was out of the ordinary."""
        run = self.name if self.seed == 0 else f"{self.name}@{self.seed}"
        reduced = "" if self.source_scale == 1 else f".source-{self.source_scale:g}"
        return f"{run}.{self.split}{reduced}{'' if self.previous == 'twice' else '.sequence'}"

    @property
    def busy(self) -> bool:
        """Times are those of a busy machine, and not to be published."""
        return self.processor < QUIET

    @property
    def per_class(self) -> Tensor:
        """IoU of each class, (K,)."""
        return scores(self.everywhere.sum(0), "miou")

    @property
    def miou(self) -> float:
        return self.score("miou")

    @property
    def boundary_miou(self) -> float:
        return self.score("boundary")

    @property
    def small_iou(self) -> float:
        return self.score("small")

    @property
    def intrinsic_miou(self) -> float:
        return self.score("intrinsic")

    @property
    def class_shares(self) -> Tensor:
        """Share of the labelled pixels that each class has, (K,)."""
        pixels = self.everywhere.sum((0, 2)).double()
        return pixels / pixels.sum()

    @property
    def timing(self) -> Timing | None:
        """Median, p95 and device of the pictures' times; ``None`` where no time was taken."""
        return Timing(self.milliseconds, self.device) if self.milliseconds else None

    def counts(self, metric: Metric) -> Tensor:
        """What a metric is made of, one row a picture."""
        if metric not in METRICS:
            raise ValueError(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
        return self.everywhere if metric == "miou" else getattr(self, metric)

    def score(self, metric: Metric) -> float:
        """A metric of the whole set: the mean over the classes that occur."""
        return scores(self.counts(metric).sum(0), metric).nanmean().item()

    def metrics(self) -> dict[str, float | int | None]:
        """The numbers for a card; ``None`` where nothing counts, and no time of a busy machine."""
        numbers: dict[str, float | int | None] = {}
        for metric in METRICS:
            value = self.score(metric)
            numbers[metric] = None if math.isnan(value) else round(value, 5)
        numbers["macs"] = int(np.median(self.macs))
        if self.timing is not None and not self.busy:
            numbers["milliseconds"] = round(self.timing.median, 2)
        return numbers | {"pictures": len(self.pictures)}

    def to_json(self) -> str:
        """All of it, for :meth:`from_json`."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return json.dumps({k: v.tolist() if isinstance(v, Tensor) else v for k, v in values.items()})

    @classmethod
    def from_json(cls, text: str) -> Report:
        """A report as :meth:`to_json` wrote it; ValueError for anything else."""
        values = json.loads(text)
        known = {f.name: f for f in fields(cls)}
        needed = {name for name, f in known.items() if f.default is MISSING}
        if not isinstance(values, dict) or not set(known) >= set(values) >= needed:
            raise ValueError("this JSON is no report: expected what Report.to_json (evaluate --json) writes")
        for name in ("classes", "pictures", "macs", "milliseconds"):
            values[name] = tuple(values[name])
        for name in ("everywhere", "boundary", "intrinsic", "small"):
            values[name] = torch.tensor(values[name], dtype=torch.int64)
        return cls(**values)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def scores(counts: Tensor, metric: Metric) -> Tensor:
    """The score of each class, (..., K) float64, of summed counts."""
    return (evaluation.small_iou if metric == "small" else evaluation.iou)(counts.double())


# -- assessing -----------------------------------------------------------------------------------------------------------


def assess(
    pipeline: Pipeline,
    dataset: Dataset,
    *,
    batch: int = 1,
    timing: bool = True,
    name: str | None = None,
    seed: int | None = None,
    distance: int | None = None,
    share: float = 0.001,
    source_scale: float = 1.0,
    previous: Previous = "twice",
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Run a pipeline over a data set and count.

    Args:
        pipeline: with a network, in evaluation mode, on the device that shall run it.
        dataset: see :mod:`lzviz.datasets`.
        batch: pictures of one size in a row that run together; times are then means of the batch.
        timing: after two runs that do not count, the times of the pipeline's stages.
        name, seed: for the report; ``None``: the card's.
        distance: of the boundary band, pixels; ``None``: 4 for 360 rows, and in proportion (at least 1).
        share: of the picture, below which an object is small.
        source_scale: reduce pictures to this share of their size first, by area, and stretch them back: no detail beyond that is
            left, wherever a sampler looks.
        previous: what pipelines see that look at previous labels (LZU's adaptive form): "twice" lets the pipeline look twice, first
            on uniform samples, which suits any picture; "sequence" takes the answer to the previous frame of the same film. Names
            tell, as in ``0016E5_07959``; the first frame of a film is looked at twice.
        progress: is told how many pictures are done.
    """
    if previous not in get_args(Previous):
        raise ValueError(f"previous must be one of {', '.join(get_args(Previous))}, got {previous!r}")
    if batch < 1 or (previous == "sequence" and batch > 1):
        raise ValueError(f"batch must be at least 1, and 1 where frames follow each other, got {batch}")
    if not len(dataset):
        raise ValueError("there are no pictures to assess on")
    classes, card = dataset.classes, pipeline.card
    follow = previous == "sequence" and pipeline.boundary is not None
    last: dict[str, tuple[int, Tensor]] = {}
    rows: list[tuple[str, tuple[Tensor, ...], int, float]] = []
    device, warm = "", not timing
    wall = worked = 0.0
    with torch.no_grad():
        for examples in _batches(dataset, batch):
            truth = torch.stack([example.labels for example in examples]).long()
            image, truth = (x.to(_device(pipeline)) for x in (_pixels(examples, source_scale), truth))
            film, number = frame_of(examples[0].name)
            before = None
            if follow and film in last:
                if last[film][0] >= number:
                    raise ValueError(f"{examples[0].name} comes after a later frame of its film: sort the pictures")
                before = last[film][1]
            for _ in range(0 if warm else WARM_UP):
                pipeline.run(image, truth, previous=before)
            start, begun = time.perf_counter(), time.process_time()
            trace, warm = pipeline.run(image, truth, previous=before), True
            wall, worked = wall + time.perf_counter() - start, worked + time.process_time() - begun
            if trace.labels is None:
                raise ValueError("this pipeline has no network: there is nothing to assess but its samples")
            last[film] = number, trace.labels
            device = trace.device
            band = distance or max(1, round(truth.shape[-2] / 90))
            perfect = evaluation.reconstructed_labels(trace.layout, truth, len(classes), IGNORE, border=True)
            macs, spent = (sum(stages.values()) / len(examples) for stages in (trace.macs, trace.milliseconds))
            for k, example in enumerate(examples):
                one = slice(k, k + 1)
                counted = _counted(trace.labels[one], perfect[one], truth[one], len(classes), band, share)
                rows.append((example.name, counted, round(macs), spent))
            if progress is not None:
                progress(len(rows))
    rows.sort(key=lambda row: row[0])
    names, counts, costs, times = zip(*rows, strict=True)
    everywhere, boundary, intrinsic, small = (torch.stack(kind).long().cpu() for kind in zip(*counts, strict=True))
    return Report(
        name=(card.name if card else "") if name is None else name,
        data=dataset.name,
        split=dataset.split,
        classes=classes,
        pictures=names,
        everywhere=everywhere,
        boundary=boundary,
        intrinsic=intrinsic,
        small=small,
        macs=costs,
        milliseconds=times if timing else (),
        device=device,
        parameters=sum(p.numel() for p in pipeline.parameters()),
        distance=band,
        share=share,
        source_scale=source_scale,
        previous=previous,
        seed=(card.seed if card else 0) if seed is None else seed,
        processor=min(1.0, worked / wall) if timing and _device(pipeline).type == "cpu" else 1.0,
    )


def _batches(dataset: Dataset, batch: int) -> Iterator[list[Example]]:
    """Up to ``batch`` examples in a row of one size."""
    kept: list[Example] = []
    for k in range(len(dataset)):
        example = dataset[k]
        if kept and (len(kept) == batch or kept[0].labels.shape != example.labels.shape):
            yield kept
            kept = []
        kept.append(example)
    yield kept


def _pixels(examples: list[Example], scale: float) -> Tensor:
    image = torch.stack([example.image for example in examples]).float() / 255
    if scale == 1:
        return image
    small = reduce(image, scale)
    return F.interpolate(small, size=image.shape[-2:], mode="bilinear", align_corners=False)


def _counted(
    labels: Tensor, perfect: Tensor, truth: Tensor, classes: int, distance: int, share: float
) -> tuple[Tensor, ...]:
    """The counts of one picture, (1, H, W) each, in the order of the report."""
    return (
        evaluation.confusion(labels, truth, classes, IGNORE),
        evaluation.boundary_confusion(labels, truth, classes, distance, IGNORE),
        evaluation.confusion(perfect, truth, classes, IGNORE),
        evaluation.small_counts(labels, truth, classes, share, distance, IGNORE),
    )


def _device(module: nn.Module) -> torch.device:
    return next((p.device for p in module.parameters()), torch.device("cpu"))


def frame_of(name: str) -> tuple[str, int]:
    """The film and the number of a picture: ``0016E5_07959`` is frame 7959 of ``0016E5``; without a number it stands alone."""
    found = re.fullmatch(r"(.+)_\D*(\d+)", name)
    return (found[1], int(found[2])) if found else (name, 0)


# -- comparing -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """First less second, in [-1, 1], and how sure.

    Attributes:
        mean: over the pairs of reports.
        low, high: of the interval that holds ``level`` of the resampled means.
        pairs: the difference of each pair.
        blocks: of pictures, that were resampled; below about 10 the interval is too narrow, and one gives none (NaN).
    """

    metric: Metric
    mean: float
    low: float
    high: float
    pairs: tuple[float, ...]
    blocks: int
    level: float = 0.95

    def __str__(self) -> str:
        if math.isnan(self.low):
            return f"{100 * self.mean:+.1f} (no interval: the pictures are one block)"
        seeds = f", {len(self.pairs)} pairs" if len(self.pairs) > 1 else ""
        return f"{100 * self.mean:+.1f} ({100 * self.low:+.1f} .. {100 * self.high:+.1f}{seeds}, {self.blocks} blocks)"


def paired(
    first: Report | Sequence[Report],
    second: Report | Sequence[Report],
    metric: Metric = "miou",
    *,
    block: int | None = None,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Difference:
    """The difference of a metric on the same pictures, with its bootstrap interval (percentiles).

    Blocks of neighbouring pictures are drawn with replacement, the same ones for both sides. Several reports a side are runs with
    other seeds, paired in their order; then pairs are drawn with replacement too.

    Args:
        block: pictures of one film in a row that are drawn together; ``None``: as :func:`block_length` says.
        resamples: how many draws.
        level: of the interval.
    """
    ours, theirs = ([side] if isinstance(side, Report) else list(side) for side in (first, second))
    if len(ours) != len(theirs) or not ours:
        raise ValueError(f"pairs need as many reports on both sides, got {len(ours)} and {len(theirs)}")
    pictures, distance = ours[0].pictures, ours[0].distance
    for report in (*ours, *theirs):
        if report.pictures != pictures or report.classes != ours[0].classes:
            raise ValueError(f"{report.name!r} was assessed on other pictures than {ours[0].name!r}")
        if (report.distance, report.share) != (distance, ours[0].share):
            raise ValueError("boundary bands or small objects were defined differently in these reports")
    pairs = tuple(a.score(metric) - b.score(metric) for a, b in zip(ours, theirs, strict=True))
    if any(map(math.isnan, pairs)):
        raise ValueError(f"there is nothing to compare by {metric!r}: no picture has what it counts")
    mean = sum(pairs) / len(pairs)
    blocks = blocks_of(pictures, block or block_length(ours[0]))
    if len(blocks) == 1:
        return Difference(metric, mean, math.nan, math.nan, pairs, 1, level)
    draw = np.random.default_rng(seed)
    belongs = np.zeros((len(blocks), len(pictures)))
    for row, members in zip(belongs, blocks, strict=True):
        row[members] = 1
    times = draw.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), size=resamples)
    weights = torch.from_numpy(times @ belongs)  # (resamples, n): how often each picture was drawn
    spread = torch.stack(
        [_resampled(a, metric, weights) - _resampled(b, metric, weights) for a, b in zip(ours, theirs, strict=True)]
    )
    runs = torch.from_numpy(draw.integers(len(ours), size=(len(ours), resamples)))
    means = spread.gather(0, runs).mean(0).numpy()
    low, high = np.nanquantile(means, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Difference(metric, mean, low, high, pairs, len(blocks), level)


def _resampled(report: Report, metric: Metric, weights: Tensor) -> Tensor:
    counts = report.counts(metric).double()
    return scores(torch.tensordot(weights, counts, 1), metric).nanmean(-1)


def block_length(report: Report) -> int:
    """Pictures in a row that are not independent: those of a second of film, at least three; drawn scenes stand alone."""
    if report.data.endswith(" scenes"):
        return 1
    frames = [frame_of(name) for name in report.pictures]
    steps = [b[1] - a[1] for a, b in itertools.pairwise(frames) if a[0] == b[0]]
    return max(BLOCK_PICTURES, round(BLOCK_FRAMES / np.median(steps))) if steps else 1


def blocks_of(pictures: Sequence[str], block: int) -> list[np.ndarray]:
    """Indices of pictures, sorted by name, in runs of about ``block`` of one film; no run crosses films."""
    films: dict[str, list[int]] = {}
    for index, name in enumerate(pictures):
        films.setdefault(frame_of(name)[0], []).append(index)
    return [
        part
        for members in films.values()
        for part in np.array_split(np.array(members), max(1, round(len(members) / block)))
    ]


def with_reports(card: Card, reports: Sequence[Report]) -> Card:
    """A checkpoint's card with what was measured: its own seed's metrics by split, those of every seed, and the
    multiply-adds of the pictures measured, which for an adaptive network are not those of any other picture.

    Reports of a reduced source, or of another name, do not count. On other data than it was trained on, a split is called
    "street scenes val" and the like.
    """
    seeds: dict[int, dict[str, Any]] = {}
    for report in sorted(reports, key=lambda report: report.seed):
        if report.name == card.name and report.source_scale == 1:
            split = report.split if report.data == card.data else f"{report.data} {report.split}"
            seeds.setdefault(report.seed, {"seed": report.seed})[split] = report.metrics()
    if card.seed not in seeds:
        raise ValueError(f"there is no report of {card.name!r} with its own seed, {card.seed}")
    own = {split: found for split, found in seeds[card.seed].items() if split != "seed"}
    pictures = sum(found["pictures"] for found in own.values())
    macs = round(sum(found["macs"] * found["pictures"] for found in own.values()) / max(pictures, 1))
    return replace(card, metrics=own, seeds=tuple(seeds.values()), macs=macs)


# -- the fair baseline ---------------------------------------------------------------------------------------------------


def equal_cost_size(network: nn.Module, macs: int, like: Size, multiple: int = 8) -> Size:
    """The zoomed size at which a network alone costs nearest to ``macs`` multiply-adds: what uniform sampling may spend.

    Args:
        like: (h, w), whose aspect the size has.
        multiple: both sides are multiples of it, the network's stride.
    """
    h, w = check_size(like, "like")

    def size(k: int) -> Size:
        return k * multiple, max(1, round(k * w / h)) * multiple

    def price(k: int) -> int:
        return cost.count(network, (1, 3, *size(k))).total

    low, high = 1, 2
    while price(high) < macs:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if price(middle) < macs else (low, middle)
    return size(min((low, high), key=lambda k: abs(price(k) - macs)))


# -- reading -------------------------------------------------------------------------------------------------------------


def _lines(report: Report) -> Iterator[str]:
    where = " ".join(part for part in (report.data, report.split) if part)
    yield f"{report.name} on {where}: {len(report.pictures)} pictures".lstrip()
    if report.source_scale != 1:
        yield f"source reduced to {report.source_scale:g} of its size"
    yield (
        f"mIoU {_percent(report.miou)}   boundary {_percent(report.boundary_miou)} (within {report.distance} px)   "
        f"small {_percent(report.small_iou)} (below {100 * report.share:g} % of the picture)   "
        f"intrinsic {_percent(report.intrinsic_miou)}"
    )
    low, middle, high = (f(report.macs) / 1e6 for f in (min, np.median, max))
    between = "" if low == high else f" ({low:.1f} .. {high:.1f})"
    yield f"{middle:.1f} M multiply-adds{between}   {report.parameters / 1e6:.2f} M weights   {report.timing or 'not timed'}"
    if report.busy:
        yield f"times of a busy machine: this process had a processor for {100 * report.processor:.0f} % of them"
    yield ""
    width = max(map(len, report.classes))
    yield f"{'class':{width}}  share %    IoU  boundary  small  recall  intrinsic"
    kinds = [scores(report.counts(metric).sum(0), metric).tolist() for metric in ("miou", "boundary", "small")]
    kinds.append(evaluation.small_recall(report.small.sum(0)).tolist())
    kinds.append(scores(report.intrinsic.sum(0), "intrinsic").tolist())
    shares = report.class_shares.tolist()
    for k in sorted(range(len(report.classes)), key=lambda k: -shares[k]):
        cells = [_percent(kind[k]).rjust(n) for kind, n in zip(kinds, (5, 8, 5, 6, 9), strict=True)]
        yield f"{report.classes[k]:{width}}  {100 * shares[k]:7.2f}  {'  '.join(cells)}"


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f}"
