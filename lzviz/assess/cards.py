"""What a card says of what was measured, and the size at which uniform sampling may spend as much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import nn

from lzviz.assess.report import Report
from lzviz.checkpoints.cards import Card
from lzviz.coords import Size, check_size
from lzviz.measure import cost


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
