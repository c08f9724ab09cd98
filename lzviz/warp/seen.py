"""What tensors held when something was made of them: a cache asks whether they still do."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor


class Seen:
    """A look at tensors. Torch counts its own changes in place; on the CPU others may share the memory (NumPy's arrays of it,
    in both directions) and count nothing, so there the numbers themselves are kept and compared."""

    def __init__(self, tensors: Sequence[Tensor]):
        self._versions = [t._version for t in tensors]
        self._copies = [_shared(t).copy() if t.device.type == "cpu" else None for t in tensors]

    def holds(self, tensors: Sequence[Tensor]) -> bool:
        """Nothing was changed since, by anyone."""
        return self._versions == [t._version for t in tensors] and all(
            copy is None or bool((copy == _shared(t)).all()) for copy, t in zip(self._copies, tensors, strict=True)
        )


def _shared(tensor: Tensor):
    return tensor.detach().numpy()
