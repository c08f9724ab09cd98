"""Two warps, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from lzviz.warp.base import KINDS, Warp


@dataclass(frozen=True, eq=False)
class Composed(Warp):
    """``outer`` after ``inner``: forward(p) = outer(inner(p)). Exact: nothing is resampled to a common control grid."""

    outer: Warp
    inner: Warp

    def __post_init__(self) -> None:
        if self.outer.batch != self.inner.batch and 1 not in (self.outer.batch, self.inner.batch):
            raise ValueError(f"cannot compose batches of {self.outer.batch} and {self.inner.batch} warps")

    def __repr__(self) -> str:
        parts = ("\n".join("  " + line for line in repr(part).splitlines()) for part in (self.outer, self.inner))
        return f"Composed, batch {self.batch}, from the source inwards\n" + "\n".join(parts)

    @property
    def batch(self) -> int:
        return max(self.outer.batch, self.inner.batch)

    @property
    def separable(self) -> bool:
        return self.outer.separable and self.inner.separable

    @property
    def like(self) -> Tensor:
        return self.inner.like

    def forward(self, points: Tensor) -> Tensor:
        return self.outer.forward(self.inner.forward(points))

    def inverse(self, points: Tensor) -> tuple[Tensor, Tensor]:
        middle, outer_valid = self.outer.inverse(points)
        zoomed, inner_valid = self.inner.inverse(middle)
        return zoomed, outer_valid & inner_valid

    def jacobian(self, points: Tensor) -> Tensor:
        return self.outer.jacobian(self.inner.forward(points)) @ self.inner.jacobian(points)


KINDS["composed"] = Composed
