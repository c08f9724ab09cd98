"""What a run of an adapted network says about itself: a report belongs to one result, never to the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from lzviz.adaptive.run import Fallback, Run


@dataclass(frozen=True)
class Report:
    """What a run could not do on rows, and where it made its adaptive steps. Iterates over the fallbacks.

    Attributes:
        on_rows, on_dense: modules whose convolution ran on rows, and on the dense fine grid because that was cheaper (or because
            no cell is coarse): two schedules of the same function.
        outside: operations of this run that the guarantee for coarse locations does not cover, for they look at the whole map with
            ``global_pool="area"``, or are known to no rule. Empty where all cells are fine, or all coarse.
    """

    fallbacks: tuple[Fallback, ...]
    steps: tuple[str, ...]
    on_rows: tuple[str, ...] = ()
    on_dense: tuple[str, ...] = ()
    outside: tuple[Fallback, ...] = ()

    @property
    def guaranteed(self) -> bool:
        """Coarse locations equal the stock network whatever the levels: nothing of this run was outside the guarantee."""
        return not self.outside

    @staticmethod
    def of(run: Run) -> Report:
        """What a run met."""
        rows, dense = (tuple(name for name, path in run.paths.items() if path == kind) for kind in ("rows", "dense"))
        return Report(tuple(run.fallbacks), tuple(run.steps), rows, dense, tuple(run.outside))

    @property
    def path(self) -> str:
        """The schedule in words: "sparse rows", "dense fall-back", or rows and which convolutions of which stages ran densely."""
        if not self.on_dense:
            return "sparse rows" if self.on_rows else "not run"
        if not self.on_rows:
            return "dense fall-back"
        every, dense = (Counter(map(stage_of, names)) for names in (self.on_rows + self.on_dense, self.on_dense))
        parts = [stage if n == every[stage] else f"{n} of {every[stage]} of {stage}" for stage, n in dense.items()]
        return f"sparse rows, dense fall-back in {', '.join(parts)}"

    def __iter__(self) -> Iterator[Fallback]:
        return iter(self.fallbacks)

    def __len__(self) -> int:
        return len(self.fallbacks)

    def __str__(self) -> str:
        if not self.outside:
            return self._ran()
        return f"{self._ran()} Outside the guarantee for coarse locations: {'; '.join(map(str, self.outside))}."

    def _ran(self) -> str:
        steps = f"Adaptive steps in {', '.join(self.steps)}." if self.steps else "Not run yet."
        if self.on_dense:
            steps += f" Schedule: {self.path}."
        if not self.fallbacks:
            return steps if self.on_dense else f"{steps} Every operation ran on rows."
        return f"{steps} On the dense fine grid ran: {'; '.join(map(str, self.fallbacks))}."


class Ran(NamedTuple):
    """What a call of an adapted network returns, and what it says about that call."""

    output: Any
    report: Report


def stage_of(module: str) -> str:
    """The stage of a network to which a module belongs: its name up to the first number."""
    parts = module.split(".")
    first = next((n for n, part in enumerate(parts) if part.isdigit()), len(parts))
    return ".".join(parts[: max(first, 1)])
