"""What a run of an adapted network says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lzviz.adaptive.run import Fallback


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

    @property
    def path(self) -> str:
        """Where the convolutions ran, in words."""
        if not self.on_dense:
            return "on rows" if self.on_rows else "not run"
        if not self.on_rows:
            return "on the dense grid"
        return f"{len(self.on_rows)} convolutions on rows, {len(self.on_dense)} on the dense grid"

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
