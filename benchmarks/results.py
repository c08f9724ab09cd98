"""The tables of docs/results.md.

``python -m benchmarks.results``
    the shipped checkpoints, from their cards.
``python -m benchmarks.results --reports FOLDER [--against uniform]``
    paired differences from uniform at the same size, with their intervals, of the reports that
    ``python -m lzviz evaluate NAME DATA --json FOLDER`` wrote. Reports of one name and split are runs with other seeds.
``python -m benchmarks.results --intrinsic scenes``, ``aerial``, ``slide``, ``--intrinsic camvid --data FOLDER``
    what sampling alone allows, without any network: labels are read at the samples of each sampler and brought back bilinearly on
    the exact inverse, the same for all.
``python -m benchmarks.results --equal-cost``
    the size at which uniform sampling costs what each shipped checkpoint does.
``python -m benchmarks.results --reports FOLDER --cards checkpoints``
    writes what the reports say into the cards.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.harness import show, single_thread, table
from lzviz import saliency, samplers
from lzviz.assess import Report, equal_cost_size, paired, with_reports
from lzviz.checkpoints import CARD, Card, available, load, read_card
from lzviz.coords import Size
from lzviz.datasets import IGNORE, Dataset, open_data
from lzviz.layout import Layout
from lzviz.measure import cost, evaluation
from lzviz.samplers.es import boundary_pixels, minimise, nearest_boundary
from lzviz.samplers.lds import LDS, simulated
from lzviz.samplers.lzu import LZU
from lzviz.tasks import task_named
from lzviz.tasks.segmentation import TASK as SEGMENTATION
from lzviz.training.recipes import RECIPES
from lzviz.warp import GridWarp

DENSITIES = (5, 20, 100, 1000)
LAMBDAS = (0.3, 1.0, 3.0, 10.0, 30.0)
LARGE = " --size 1024 2048"  # scenes are drawn at half of it for training, and assessed 16 times the zoomed size
EDGE_ROWS = 48  # of the map that simulated edge-based samplers are drawn by; full width of their kernel .12 of it
BOUNDARY = 100  # how often a boundary outweighs the rest in LZU's maps
WORLDS: dict[str, tuple[str, Size, Size]] = {  # kind, drawn at, zoomed to
    "scenes": ("street", (1024, 2048), (64, 128)),
    "aerial": ("aerial", (1024, 1024), (64, 64)),
    "slide": ("slide", (512, 2560), (48, 240)),
}
HEADINGS = {"miou": "mIoU"}

# What sampling alone allows


def layouts(labels: Tensor, before: Tensor | None, size: Size, mean: Tensor) -> Iterator[tuple[str, Layout]]:
    """Where every network-free sampler puts its samples, by the name of its row.

    Args:
        labels, before: of a picture and of the frame before it, (1, H, W).
        size: (h, w) of the zoomed image.
        mean: LZU's fixed map.
    """
    source: Size = (int(labels.shape[-2]), int(labels.shape[-1]))
    for system in ("uniform", "uniform-area"):
        sampler = samplers.create(system)
        yield samplers.REGISTRY[system].title, sampler(torch.zeros(1, 1, *source), size).layout
    columns = round(EDGE_ROWS * source[1] / source[0])
    edges = LDS((EDGE_ROWS, columns), fwhm=0.12 * EDGE_ROWS, anti_crop=True, upsampling="inverse")
    for density in DENSITIES:
        yield (
            f"true edges, {density} : 1",
            edges.warp(simulated(labels, edges.nodes, density), size, source).at(size, source),
        )
    targets = nearest_boundary(boundary_pixels(labels, IGNORE), size)
    for smoothness in LAMBDAS:
        yield f"ES, lambda {smoothness:g}", GridWarp(minimise(targets, smoothness).float()).at(size, source)
    zoom = LZU(lzu_nodes(source), fwhm=9.3, separable=True)
    yield "LZU, fixed", zoom.warp(mean, size, source).at(size, source)
    for name, seen in (("LZU, own truth", labels), ("LZU, previous frame's truth", before)):
        if seen is not None:
            looked = saliency.from_boundaries(seen, zoom.nodes, BOUNDARY, 1, IGNORE)
            yield name, zoom.warp(looked, size, source).at(size, source)


def lzu_nodes(source: Size) -> Size:
    """31 rows and as many columns as the aspect asks for."""
    return 31, round(30 * source[1] / source[0]) + 1


def mean_map(data: Sequence, source: Size) -> Tensor:
    """LZU's fixed map: the mean boundary saliency of a training set."""
    maps = [saliency.from_boundaries(one.labels[None].long(), lzu_nodes(source), BOUNDARY, 1, IGNORE) for one in data]
    return torch.stack(maps).mean(0)


def intrinsic(data: Dataset, chosen: Sequence[int], size: Size, mean: Tensor, back: int) -> Iterator[list]:
    """Rows: sampler; mIoU, mIoU in the boundary band, and IoU of small objects of what it lets through, in percent.

    Args:
        chosen: which pictures.
        back: how many pictures before stands the frame before; 0: there is none.
    """
    classes = len(data.classes)
    counts: dict[str, list[Tensor]] = {}
    for k in chosen:
        truth = data[k].labels[None].long()
        before = data[k - back].labels[None].long() if back else None
        distance = max(1, round(truth.shape[-2] / 90))
        for name, layout in layouts(truth, before, size, mean):
            rebuilt = evaluation.reconstructed_labels(layout, truth, classes, IGNORE, border=True)
            found = [
                evaluation.confusion(rebuilt, truth, classes, IGNORE),
                evaluation.boundary_confusion(rebuilt, truth, classes, distance, IGNORE),
                evaluation.small_counts(rebuilt, truth, classes, distance=distance, ignore_index=IGNORE),
            ]
            counts[name] = [a + b for a, b in zip(counts[name], found, strict=True)] if name in counts else found
    kinds = [SEGMENTATION.metric(kind) for kind in ("miou", "boundary", "small")]
    percent = {
        name: [
            100 * SEGMENTATION.score(kind, [total]).nanmean().item() for total, kind in zip(totals, kinds, strict=True)
        ]
        for name, totals in counts.items()
    }
    uniform = next(iter(percent.values()))
    for name, numbers in percent.items():
        yield [name, *(f"{n:.1f} ({n - u:+.1f})" for n, u in zip(numbers, uniform, strict=True))]


def intrinsic_tables(options: argparse.Namespace) -> None:
    head = ["sampler", "mIoU", "boundary", "small"]
    if options.intrinsic in WORLDS:
        kind, source, small = WORLDS[options.intrinsic]
        same = {"kind": kind, "count": options.pictures}
        data = open_data("scenes", split="val", size=source, **same)
        half = source[0] // 2, source[1] // 2
        mean = mean_map(open_data("scenes", split="train", size=half, **same), source)
        sizes, chosen, back = [small], range(len(data)), 0
    else:
        data = open_data("camvid", options.data, options.split)
        mean = mean_map(open_data("camvid", options.data, "train"), (360, 480))
        sizes, back = [(48, 64), (96, 128)], 1
        chosen = range(back, len(data), options.every)
    for size in sizes:
        print(f"### {data.name} {data.split}, {size[0]}x{size[1]}, {len(chosen)} pictures\n")
        show(table(head, intrinsic(data, chosen, size, mean, back)))


# Checkpoints, from their cards


def groups(cards: Sequence[Card]) -> dict[tuple[str, str], list[Card]]:
    """Checkpoints that may be compared, by data and size as their names have them; uniform first."""
    out: dict[tuple[str, str], list[Card]] = {}
    for card in sorted(cards, key=lambda card: (not card.system.startswith("uniform"), card.name)):
        _, data, size = parts(card.name)
        out.setdefault((data, size), []).append(card)
    return out


def parts(name: str) -> tuple[str, str, str]:
    """lzu-fixed-camvid-96x128: ("lzu-fixed", "camvid", "96x128"). What was trained for longer than uniform sampling of its size is
    compared among itself: its size says the steps."""
    found = name.removesuffix("-long").rsplit("-", 2)
    if len(found) != 3:
        return name, "", ""
    system, data, size = found
    own, uniform = (RECIPES.get(each) for each in (name, f"uniform-{data}-{size}"))
    if own is None or uniform is None or own.steps <= uniform.steps:
        return system, data, size
    return system, data, f"{size}, {own.steps:,} steps"


def of_seeds(card: Card, split: str, metric: str) -> dict[int, float]:
    """A metric of every seed, in percent."""
    runs: Sequence[Mapping[str, Any]] = card.seeds or [{"seed": card.seed, **card.metrics}]
    found = {run["seed"]: run.get(split, {}).get(metric) for run in runs}
    return {seed: 100 * value for seed, value in found.items() if value is not None}


def trained(cards: Sequence[Card], split: str) -> Iterator[list]:
    """Rows of checkpoints of one size on one split; differences are of the same seeds."""
    first, *rest = (metric.name for metric in task_named(cards[0].task).metrics)
    base = of_seeds(cards[0], split, first)
    for card in cards:
        own = of_seeds(card, split, first)
        if not own:
            continue
        gains = [own[seed] - base[seed] for seed in own if seed in base]
        others = [of_seeds(card, split, metric) for metric in rest]
        found = card.metrics.get(split, {})
        yield [
            f"`{card.name}`",
            spread(own.values(), ".1f"),
            spread(gains, "+.1f") if card is not cards[0] else "",
            *(spread(each.values(), ".1f") if each else "" for each in others),
            found.get("macs", card.macs) / 1e6,
            card.parameters / 1e6,
            found.get("milliseconds", ""),
        ]


def spread(values: Iterable[float], form: str) -> str:
    """Mean, and each of several values."""
    values = list(values)
    if not values:
        return ""
    mean = format(sum(values) / len(values), form)
    return mean if len(values) == 1 else f"{mean} ({', '.join(format(value, form) for value in values)})"


def trained_tables() -> None:
    for task in ("segmentation", "detection", "mono3d"):
        first, *rest = (HEADINGS.get(metric.name, metric.name) for metric in task_named(task).metrics)
        head = ["checkpoint", f"{first} (seeds)", "less the first row", *rest, "M multiply-adds", "M weights", "ms"]
        for (named, size), cards in groups(available(task)).items():
            drawn = cards[0].data.endswith(" scenes")  # which world, the card knows
            data = "scenes" if drawn else named if task == "segmentation" else cards[0].data
            for split in dict.fromkeys(split for card in cards for split in card.metrics):
                print(f"### {named}, {size}, {split}\n")
                print(f"`python -m lzviz evaluate NAME {data} --split {split}{LARGE if named == 'scenes' else ''}`\n")
                rows = list(trained(cards, split))
                told = [k for k in range(len(head)) if any(row[k] != "" for row in rows)]
                several = any(len(card.seeds) > 1 for card in cards)
                named_so = [name if several else name.removesuffix(" (seeds)") for name in head]
                show(table([named_so[k] for k in told], [[row[k] for k in told] for row in rows]))


def equal_cost_table() -> None:
    def rows() -> Iterator[list]:
        for (_, size), cards in groups(available("segmentation")).items():
            uniform = next((card for card in cards if card.system == "uniform"), None)
            if uniform is None or uniform.blueprint.get("size") is None:
                continue
            network = load(uniform.name).network
            assert network is not None
            like = tuple(uniform.blueprint["size"])
            for card in cards:
                fair = equal_cost_size(network, card.macs, like)
                price = cost.count(network, (1, 3, *fair)).total
                yield [f"`{card.name}`", size, card.macs / 1e6, f"{fair[0]}x{fair[1]}", price / 1e6]

    show(table(["checkpoint", "size", "M multiply-adds", "uniform of equal cost", "M multiply-adds of it"], rows()))
    print("`python -m lzviz evaluate uniform-... DATA --zoomed H W` runs the uniform checkpoint at that size.\n")


# Checkpoints, from reports


def read_reports(folder: Path) -> dict[tuple[str, str, float, str], dict[int, Report]]:
    """Reports by name, split, reduction of the source and way of looking; then by seed."""
    out: dict[tuple[str, str, float, str], dict[int, Report]] = {}
    for path in sorted(folder.glob("*.json")):
        report = Report.from_json(path.read_text())
        key = report.name, f"{report.data} {report.split}", report.source_scale, report.previous
        out.setdefault(key, {})[report.seed] = report
    return out


def differences(
    found: dict[tuple[str, str, float, str], dict[int, Report]], against: str, resamples: int = 2000
) -> None:
    """Two tables for each data set, split and size: paired differences, and gains by class (by which is measured first, IoU or AP),
    the most frequent first."""
    baselines = {key: runs for key, runs in found.items() if parts(key[0])[0] == against}
    for (base, split, scale, _), theirs in baselines.items():
        first = next(iter(theirs.values()))
        metrics = [metric.name for metric in first.task.metrics]
        rows: dict[str, list] = {}
        classes: dict[str, Tensor] = {}
        for (name, other_split, other_scale, previous), ours in found.items():
            # "lds-camvid-96x128 (features unzoomed)" is compared where "lds-camvid-96x128" is.
            same = parts(name.partition(" (")[0])[1:] == parts(base)[1:]
            seeds = sorted(ours.keys() & theirs.keys())
            if not same or name == base or (other_split, other_scale) != (split, scale) or not seeds:
                continue
            pairs = [ours[seed] for seed in seeds], [theirs[seed] for seed in seeds]
            title = name if previous == "twice" else f"{name}, previous frame"
            rows[title] = [spread((100 * ours[seed].score(metrics[0]) for seed in seeds), ".1f")]
            for metric in metrics:
                nothing = any(math.isnan(report.score(metric)) for side in pairs for report in side)
                rows[title].append("" if nothing else str(paired(*pairs, metric, resamples=resamples)))
            gains = [a.per_class - b.per_class for a, b in zip(*pairs, strict=True)]
            classes[title] = 100 * torch.stack(gains).nanmean(0)
        if not rows:
            continue
        reduced = "" if scale == 1 else f", source reduced to {scale:g}"
        said = HEADINGS.get(metrics[0], metrics[0])
        own = spread((100 * report.score(metrics[0]) for report in theirs.values()), ".1f")
        print(f"### {split}, less {base} ({own}){reduced}\n")
        show(table(["checkpoint", f"{said} (seeds)", *metrics], ([f"`{name}`", *row] for name, row in rows.items())))
        if len(first.per_class) == len(first.classes):
            by_class(first, base, classes)


def by_class(first: Report, base: str, gains: Mapping[str, Tensor]) -> None:
    """The gains of each class, in points, over what a report says of it."""
    share = first.columns.get("share")
    order = first.per_class.nan_to_num() if share is None else share
    head = ["class", *([] if share is None else ["% of pixels"]), base, *(f"`{name}`" for name in gains)]
    rows = (
        [first.classes[k], *([] if share is None else [f"{100 * share[k]:.2f}"]), f"{100 * first.per_class[k]:.1f}"]
        + [f"{gain[k]:+.1f}" for gain in gains.values()]
        for k in order.argsort(descending=True).tolist()
    )
    show(table(head, rows))


def write_cards(found: dict[tuple[str, str, float, str], dict[int, Report]], folder: Path) -> None:
    every = [(previous, report) for (*_, previous), runs in found.items() for report in runs.values()]
    for path in sorted(folder.glob(f"*/{CARD}")):
        card = read_card(path.parent)
        reports = [report for previous, report in every if previous == card.recipe.get("previous", "twice")]
        if any(report.name == card.name and report.seed == card.seed for report in reports):
            path.write_text(with_reports(card, reports).to_json(), encoding="utf-8")
            print(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intrinsic", choices=(*WORLDS, "camvid"), help="print what sampling alone allows")
    parser.add_argument("--data", type=Path, help="folder of CamVid")
    parser.add_argument("--split", default="val")
    parser.add_argument("--every", type=int, default=5, help="of CamVid's pictures, one in so many (%(default)s)")
    parser.add_argument("--pictures", type=int, default=6, help="number of scenes (%(default)s)")
    parser.add_argument("--equal-cost", action="store_true", help="print sizes of uniform sampling of equal cost")
    parser.add_argument("--reports", type=Path, metavar="FOLDER", help="of JSON files of `lzviz evaluate --json`")
    parser.add_argument("--against", default="uniform", help="system that the reports are compared with (%(default)s)")
    parser.add_argument("--resamples", type=int, default=2000, help="of the bootstrap (%(default)s)")
    parser.add_argument("--cards", type=Path, metavar="FOLDER", help="write the reports into the cards of this folder")
    options = parser.parse_args()
    single_thread()
    if options.intrinsic:
        with torch.inference_mode():
            intrinsic_tables(options)
    elif options.equal_cost:
        equal_cost_table()
    elif options.cards is not None:
        write_cards(read_reports(options.reports), options.cards)
    elif options.reports is not None:
        differences(read_reports(options.reports), options.against, options.resamples)
    else:
        trained_tables()


if __name__ == "__main__":
    main()
