"""The zoomed size at which each method spends a budget.

Multiply-adds are counted, each method by itself. Milliseconds are measured, all methods in turns, so that a machine that slows down
slows all of them; what was measured is made to grow with the size before it is read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lzviz.comparison.budget import LARGEST, ROOM, Budget, estimate, solved
from lzviz.comparison.methods import Method
from lzviz.coords import Size
from lzviz.measure import timing

ROUNDS = 5
"""Sizes of each method that are timed."""
FIRST, NEXT = 8, 64
"""Rows of the first two."""
RUNS = 3
"""Timed runs of each method at each size."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A method at the size that spends a budget.

    Attributes:
        note: why there is no such size; empty where there is.
        price: what the size costs, or the nearest one does, in the budget's units; ``None`` where nothing had to be solved.
        nearest: that size.
        floor: milliseconds that go whatever the size.
    """

    method: Method
    note: str = ""
    price: float | None = None
    nearest: Size | None = None
    floor: float | None = None


def fits(methods: Sequence[Method], image: Tensor, budget: Budget) -> list[Fit]:
    """Each method at the size that spends a budget, or a sentence why there is none."""
    if budget.kind == "ms":
        free = [method for method in methods if not method.fixed]
        found = dict(zip((m.name for m in free), _clocked(free, image, budget), strict=True))
        return [found.get(method.name, Fit(method)) for method in methods]
    return [_fit(method, image, budget) for method in methods]


def _fit(method: Method, image: Tensor, budget: Budget) -> Fit:
    if method.fixed:
        return Fit(method)
    if budget.kind == "pixels":
        return Fit(method.at(budget.size))
    if method.pipeline.network is None:
        return Fit(method, "has no network that multiply-adds could be spent on; give a budget of pixels or ms")

    def price(size: Size) -> float:
        return float(method.at(size).cost(image))

    size, cost, note = solved(budget, _aspect(image), method.multiple, price)
    return Fit(method, note, cost) if size is None else Fit(method.at(size), "", cost, size)


def _clocked(methods: Sequence[Method], image: Tensor, budget: Budget) -> list[Fit]:
    """Sizes are tried where those before say that the budget is spent; one that was tried already ends the search."""
    aspect = _aspect(image)
    taken: list[dict[int, float]] = [{} for _ in methods]

    def rows_of(method: Method, rows: int) -> int:
        return max(1, round(rows / method.multiple))

    wanted = {at: rows_of(method, FIRST) for at, method in enumerate(methods)}
    for _ in range(ROUNDS):
        sized = {str(at): methods[at].at(_size(methods[at], k, aspect)) for at, k in wanted.items()}
        works = {name: (lambda m=method: m.once(image)) for name, method in sized.items()}
        if not works:
            break
        times = timing.compare(works, device=image.device, warm_up=1, repeats=RUNS)
        for at, k in wanted.items():
            taken[at][k] = times[str(at)].median
        wanted = {}
        for at, method in enumerate(methods):
            if taken[at][min(taken[at])] > budget.amount * (1 + ROOM["ms"]):
                continue
            k = rows_of(method, NEXT) if len(taken[at]) == 1 else _estimate(taken[at], budget.amount, method, aspect)
            if k not in taken[at]:
                wanted[at] = k
    return [_chosen(method, found, aspect, budget) for method, found in zip(methods, taken, strict=True)]


def _estimate(found: dict[int, float], amount: float, method: Method, aspect: float) -> int:
    """The next k that is tried."""
    most = max(1, math.isqrt(int(LARGEST / (aspect * method.multiple**2))))
    return estimate(dict(zip(sorted(found), grown(found), strict=True)), amount, most)


def grown(found: dict[int, float]) -> list[float]:
    """Costs by size, the nearest ones that never fall as the size grows (pool adjacent violators)."""
    pools: list[list[float]] = []
    for k in sorted(found):
        pools.append([found[k]])
        while len(pools) > 1 and _mean(pools[-2]) > _mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    return [_mean(pool) for pool in pools for _ in pool]


def _chosen(method: Method, found: dict[int, float], aspect: float, budget: Budget) -> Fit:
    ks, costs = sorted(found), grown(found)
    at = min(range(len(ks)), key=lambda n: abs(costs[n] - budget.amount))
    size, floor = _size(method, ks[at], aspect), costs[0]
    text = f"{size[0]}x{size[1]}"
    if costs[0] > budget.amount * (1 + ROOM["ms"]):
        return Fit(method, f"even {text} costs {costs[at]:.3g} ms", costs[at], size, floor)
    if costs[-1] < budget.amount * (1 - ROOM["ms"]) and size[0] * size[1] * 2 > LARGEST:
        return Fit(method, f"{text} costs no more than {costs[at]:.3g} ms", costs[at], size, floor)
    return Fit(method.at(size), "", costs[at], size, floor)


def _size(method: Method, k: int, aspect: float) -> Size:
    return k * method.multiple, max(1, round(k * aspect)) * method.multiple


def _aspect(image: Tensor) -> float:
    h, w = (int(n) for n in torch.as_tensor(image.shape[-2:]))
    return w / h


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
