"""A budget, and the zoomed size at which a method spends it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from lzviz.coords import Size

Kind = Literal["pixels", "macs", "ms"]
ROOM = {"macs": 0.03, "ms": 0.1}
"""How far from the budget a size may be that spends it."""
TRIES = 8
SECOND = 8
"""The first k that is tried after 1."""
LARGEST = 1 << 22
"""Most pixels of a zoomed image that are tried."""


@dataclass(frozen=True)
class Budget:
    """``kind``: "pixels" (``size``, (h, w)), "macs" or "ms" (``amount``)."""

    kind: Kind
    size: Size = (0, 0)
    amount: float = 0.0

    @classmethod
    def of(cls, text: str | Size | Budget) -> Budget:
        """ "96x128" or (96, 128) pixels, "0.3G" or "300M" multiply-adds, "20ms"."""
        if isinstance(text, Budget):
            return text
        if not isinstance(text, str | tuple | list):
            raise TypeError(f"budget is {text!r}: expected a text such as 96x128, 0.3G or 20ms, or (96, 128)")
        if not isinstance(text, str):
            text = "x".join(str(n) for n in text)
        plain = text.strip().lower().replace(" ", "")
        if found := re.fullmatch(r"(\d{1,5})[x×](\d{1,5})", plain):
            h, w = int(found[1]), int(found[2])
            if h and w and h * w <= LARGEST:
                return cls("pixels", (h, w))
        elif found := re.fullmatch(r"(\d*\.?\d+)(g|m)(?:macs?)?", plain):
            return cls("macs", amount=float(found[1]) * (1e9 if found[2] == "g" else 1e6))
        elif (found := re.fullmatch(r"(\d*\.?\d+)ms", plain)) and float(found[1]) > 0:
            return cls("ms", amount=float(found[1]))
        raise ValueError(
            f"budget is {text!r}: expected pixels as 96x128 (at most {LARGEST}), multiply-adds as 0.3G or 300M, or time as 20ms"
        )

    def __str__(self) -> str:
        if self.kind == "pixels":
            return f"{self.size[0]}x{self.size[1]}"
        return f"{self.amount:g}ms" if self.kind == "ms" else f"{self.amount / 1e9:g}G"


def solved(
    budget: Budget, aspect: float, multiple: int, price: Callable[[Size], float]
) -> tuple[Size | None, float, str]:
    """The size that spends a budget of multiply-adds or milliseconds.

    Args:
        aspect: width over height of the sizes that are tried.
        multiple: both sides are multiples of it.
        price: what a size costs, in the budget's units; grows with the size.

    Returns:
        The size and its price; or ``None``, the nearest price and a sentence where no size comes near.
    """

    def size(k: int) -> Size:
        return k * multiple, max(1, round(k * aspect)) * multiple

    unit = "ms" if budget.kind == "ms" else "multiply-adds"
    prices = {1: price(size(1))}
    if prices[1] > budget.amount * (1 + ROOM[budget.kind]):
        return None, prices[1], f"even {size(1)[0]}x{size(1)[1]} costs {_said(prices[1], budget)} {unit}".strip()
    most = max(1, math.isqrt(int(LARGEST / (aspect * multiple**2))))
    k = min(SECOND, most)
    for _ in range(TRIES):
        if k in prices:
            break
        prices[k] = price(size(k))
        k = estimate(prices, budget.amount, most)
    best = min(prices, key=lambda k: abs(prices[k] - budget.amount))
    if most in prices and prices[most] < budget.amount * (1 - ROOM[budget.kind]):
        h, w = size(most)
        return None, prices[most], f"{h}x{w} costs no more than {_said(prices[most], budget)} {unit}"
    return size(best), prices[best], ""


def estimate(prices: Mapping[int, float], amount: float, most: int) -> int:
    """The k, at most ``most``, at which an amount is spent: prices, which grow with k, are taken for linear in pixels, k squared,
    between and beyond those that are known."""
    ks = sorted(prices)
    above = next((at for at, k in enumerate(ks) if prices[k] >= amount), len(ks) - 1)
    low, high = max(above - 1, 0), max(above, 1)
    slope = max(prices[ks[high]] - prices[ks[low]], 1e-9) / (ks[high] ** 2 - ks[low] ** 2)
    squared = ks[low] ** 2 + (amount - prices[ks[low]]) / slope
    return round(min(max(squared, 1.0), 64.0 * ks[-1] ** 2, float(most) ** 2) ** 0.5)


def _said(amount: float, budget: Budget) -> str:
    return f"{amount:.3g}" if budget.kind == "ms" else f"{amount / 1e9:.3g} G"
