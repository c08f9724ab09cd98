"""Honest clocks: what ran, on which device, how long, and how sure.

On a GPU, time is read from CUDA events on the stream that did the work, after it finished; elsewhere from the wall
clock, after the device was waited for. Times are in milliseconds. The models never hold a clock; a clock goes around.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch


@dataclass(frozen=True)
class Timing:
    """Samples in milliseconds, in the order in which they were taken, and the name of the device."""

    samples: tuple[float, ...]
    device: str

    def quantile(self, share: float) -> float:
        """The `share` quantile of the samples, between neighbours linearly."""
        return torch.tensor(self.samples, dtype=torch.float64).quantile(share).item()

    @property
    def median(self) -> float:
        return self.quantile(0.5)

    @property
    def p95(self) -> float:
        return self.quantile(0.95)

    def __str__(self) -> str:
        return f"{self.median:.2f} ms (p95 {self.p95:.2f}, n = {len(self.samples)}, {self.device})"


def device_name(device: torch.device | str = "cpu") -> str:
    """What a reader needs to place a number: the GPU's name, or the processor's and the number of threads."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type != "cpu":
        return device.type
    threads = torch.get_num_threads()
    return f"{_processor()}, {threads} thread{'s' if threads > 1 else ''}"


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine() or "unknown processor"


def synchronise(device: torch.device | str) -> None:
    """Wait until the device has done everything asked of it so far."""
    device = torch.device(device)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


class Clock:
    """Named stages of one run; on a GPU they are only marked while running, and read when the work is done.

    clock = Clock(image.device)
    with clock.stage("network"):
        features = network(image)
    clock.milliseconds()          # {"network": 12.3}
    """

    def __init__(self, device: torch.device | str = "cpu"):
        self.device = torch.device(device)
        self._marks: list[tuple[str, Any, Any]] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block; a name used twice adds up. A block that raises is not recorded."""
        start = self._mark()
        yield
        self._marks.append((name, start, self._mark()))

    def _mark(self) -> Any:
        if self.device.type != "cuda":
            synchronise(self.device)
            return time.perf_counter()
        with torch.cuda.device(self.device):
            event = torch.cuda.Event(enable_timing=True)
            event.record()
        return event

    def milliseconds(self) -> dict[str, float]:
        """{stage: milliseconds} in the order of first use."""
        synchronise(self.device)
        sums: dict[str, float] = {}
        for name, start, end in self._marks:
            elapsed = start.elapsed_time(end) if self.device.type == "cuda" else 1000 * (end - start)
            sums[name] = sums.get(name, 0.0) + elapsed
        return sums


def measure(
    function: Callable[[], object], *, device: torch.device | str = "cpu", warm_up: int = 3, repeats: int = 20
) -> Timing:
    """Time `function()`: `warm_up` calls that do not count, then `repeats` that do, each by itself."""
    return compare({"it": function}, device=device, warm_up=warm_up, repeats=repeats)["it"]


def compare(
    functions: Mapping[str, Callable[[], object]],
    *,
    device: torch.device | str = "cpu",
    warm_up: int = 3,
    repeats: int = 20,
) -> dict[str, Timing]:
    """Time several functions in turns, a, b, c, a, b, c, ..., so that a machine that slows down slows all of them.

    Their ratios can be trusted even where other work disturbs each single number.
    """
    if warm_up < 0 or repeats < 1:
        raise ValueError(f"expected warm_up >= 0 and repeats >= 1, got {warm_up} and {repeats}")
    for _ in range(warm_up):
        for function in functions.values():
            function()
    samples: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(repeats):
        for name, function in functions.items():
            clock = Clock(device)
            synchronise(device)
            with clock.stage(name):
                function()
            samples[name].append(clock.milliseconds()[name])
    where = device_name(device)
    return {name: Timing(tuple(taken), where) for name, taken in samples.items()}
