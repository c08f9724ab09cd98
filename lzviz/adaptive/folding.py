"""Folding BatchNorm into the convolution before it, in a copy of the model, and finding what may be rectified in passing.

Which pairs may be folded is observed, not guessed: a pass without data notes who reads each convolution's output.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten

from lzviz.adaptive.run import Run
from lzviz.adaptive.tensor import MultiResolution


class Watch:
    """Notes, during a run, which module made each map and who used it."""

    def __init__(self) -> None:
        self._makers: dict[int, tuple[nn.Module, MultiResolution]] = {}
        self._users: dict[int, list[tuple[str, nn.Module]]] = defaultdict(list)
        self._runs: dict[nn.Module, int] = defaultdict(int)
        self._alive: list[Any] = []  # an identity is only one for as long as its object lives

    def used(self, run: Run, name: str, args: tuple, kwargs: dict) -> None:
        self._alive.append((args, kwargs))
        for value in tree_flatten((args, kwargs))[0]:
            if isinstance(value, MultiResolution) and run.stack:
                self._users[id(value)].append((name, run.stack[-1].module))

    def made(self, run: Run, name: str, result: Any) -> Any:
        if name in ("conv2d", "batch_norm") and isinstance(result, MultiResolution) and run.stack:
            self._makers[id(result)] = (run.stack[-1].module, result)
            self._runs[run.stack[-1].module] += 1
        return result

    def returned(self, output: Any) -> None:
        """The model's output is read by its caller."""
        for value in tree_flatten(output)[0]:
            self._users[id(value)].append(("output", nn.Identity()))

    def rectified(self) -> list[nn.Conv2d]:
        """Convolutions that run once and of which nothing is read but what is above zero, their norm folded."""
        norms = dict(self.pairs())
        results = {module: key for key, (module, _) in self._makers.items()}
        ends = {maker: results[norms.get(maker, maker)] for maker in results if type(maker) is nn.Conv2d}
        return [
            maker
            for maker, end in ends.items()
            if self._runs[maker] == 1 and [name.strip("_") for name, _ in self._users[end]] == ["relu"]
        ]

    def pairs(self) -> list[tuple[nn.Conv2d, nn.Module]]:
        """(convolution, norm) where the norm is all that reads the convolution, and each runs once."""
        found = []
        for key, (maker, _) in self._makers.items():
            users = self._users[key]
            if type(maker) is nn.Conv2d and len(users) == 1 and users[0][0] == "batch_norm":
                norm = users[0][1]
                if self._runs[maker] == self._runs[norm] == 1 and foldable(norm):
                    found.append((maker, norm))
        return found


def foldable(norm: nn.Module) -> bool:
    """A norm with running statistics of its own."""
    return isinstance(getattr(norm, "running_mean", None), Tensor) and isinstance(getattr(norm, "eps", None), float)


def fold(conv: nn.Conv2d, norm: nn.Module) -> None:
    """Make ``norm(conv(x))`` the convolution's own doing and ``norm`` the identity; both are changed.

    ``s = weight / sqrt(var + eps)``; the kernel becomes ``s k``, the bias ``s (b - mean) + bias``.
    """
    mean, variance, eps = norm.running_mean, norm.running_var, norm.eps
    assert isinstance(mean, Tensor) and isinstance(variance, Tensor) and isinstance(eps, float)
    weight = norm.weight if isinstance(norm.weight, Tensor) else torch.ones_like(mean)
    shift = norm.bias if isinstance(norm.bias, Tensor) else torch.zeros_like(mean)
    bias = conv.bias if conv.bias is not None else torch.zeros_like(mean)
    with torch.no_grad():
        scale = weight / torch.sqrt(variance + eps)
        conv.weight = nn.Parameter(conv.weight * scale[:, None, None, None])
        conv.bias = nn.Parameter((bias - mean) * scale + shift)
        mean.zero_()
        variance.fill_(1 - eps)
        for parameter, value in ((norm.weight, 1.0), (norm.bias, 0.0)):
            if isinstance(parameter, Tensor):
                parameter.fill_(value)


class Folded(nn.Identity):
    """Where a norm was: the identity, without the ceremony of a module's call."""

    def __call__(self, input: Tensor) -> Tensor:
        return input


def shape_twin(model: nn.Module) -> nn.Module:
    """A copy of the model without data, for passes that only ask for shapes."""
    memo: dict[int, Any] = {}
    for tensor in [*model.parameters(), *model.buffers()]:
        empty = torch.empty_like(tensor, device="meta")
        memo[id(tensor)] = nn.Parameter(empty, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty
    return copy.deepcopy(model, memo).eval()
