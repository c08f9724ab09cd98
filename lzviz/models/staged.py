"""What a network must show to have its features brought back before its head reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class Staged(Protocol):
    """A network in two halves: a backbone (a pyramid's top-down path included), and a head.

    levels   which of the stages the head reads; each of them is unzoomed by itself
    """

    @property
    def levels(self) -> Sequence[int]: ...

    def stages(self, image: Tensor) -> Sequence[Tensor]:
        """Feature maps (B, C, h, w), finest first."""
        ...

    def answer(self, stages: Sequence[Tensor]) -> Any:
        """The head's answer to the stages: a tensor, or mappings and sequences of tensors."""
        ...
