"""Tensors inside of whatever holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor, nn


def shape(value: Any) -> str:
    """A tensor's shape, 1x3x96x128; of anything that holds tensors, the shapes of the first few."""
    if value is None:
        return "none"
    if isinstance(value, Tensor):
        return "x".join(str(n) for n in value.shape) or "a number"
    found = [shape(each) for each in tensors(value)]
    return f"{type(value).__name__} of {', '.join(found[:4])}{', ...' * (len(found) > 4)}"


def tensors(value: Any) -> Iterator[Tensor]:
    """All tensors in nested mappings, sequences and dataclasses."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from tensors(list(value.values()))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from tensors(each)
    elif is_dataclass(value):
        yield from tensors([getattr(value, each.name) for each in fields(value)])


def described(part: object) -> str:
    """A part in one line: its kind and its weights, or its size."""
    if isinstance(part, Tensor):
        return f"a map {shape(part)}"
    weights = sum(p.numel() for p in part.parameters()) if isinstance(part, nn.Module) else 0
    return type(part).__name__ + (f", {weights:,} weights" if weights else "")
