"""Anybody's network: what it answers, what its backbone found on the way, and a mode that is given back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from torch import Tensor, nn


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode for as long as the block lasts; then every part is as it was."""
    training = [part for part in module.modules() if part.training]
    try:
        for part in training:
            part.training = False
        yield
    finally:
        for part in training:
            part.training = True


def call(network: nn.Module, zoomed: Tensor) -> tuple[dict[str, Tensor], object]:
    """The features of a network's ``backbone``, where it has one, and its answer."""
    seen: list[object] = []
    backbone = getattr(network, "backbone", None)
    handle = None
    if isinstance(backbone, nn.Module):
        handle = backbone.register_forward_hook(lambda module, arguments, output: seen.append(output))
    try:
        answer = network(zoomed)
    finally:
        if handle is not None:
            handle.remove()
    return _named(seen[-1]) if seen else {}, answer


def _named(features: object) -> dict[str, Tensor]:
    if isinstance(features, Tensor):
        features = {"backbone": features}
    if isinstance(features, Sequence):
        features = {f"stage {k}": feature for k, feature in enumerate(features, 1)}
    items = features.items() if isinstance(features, Mapping) else ()
    return {str(name): value for name, value in items if isinstance(value, Tensor) and value.ndim == 4}
