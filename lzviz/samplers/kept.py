"""Warps of fixed saliency, made once: the paper caches both directions, and only the images change.

A map counts by its content, so that a copy of it is the same map. Maps that are new each frame are looked at and not kept: a warp
is held from the second time on that a sampler meets the map, and until it meets another one twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields, is_dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from lzviz.tracing import keeps
from lzviz.warp import Warp


@dataclass
class _Met:
    """What a sampler met last, and the warp of what it met twice."""

    last: Hashable = None
    key: Hashable = None
    warp: Warp | None = None


_MET: WeakKeyDictionary[object, _Met] = WeakKeyDictionary()


def kept(sampler: object, saliency: Tensor | None, sizes: Hashable, make: Callable[[], Warp]) -> Warp:
    """The warp that ``make()`` gives for a saliency map: the same object, with the lattices that it keeps, while the map's content,
    the sampler's options and ``sizes`` stay the same. With gradients, and where values cannot be looked at, always a new one."""
    if saliency is None or torch.is_grad_enabled() or not keeps() or saliency.is_inference():
        return make()
    key = (sizes, _options(sampler), saliency.device, saliency.dtype, tuple(saliency.shape), _digest(saliency))
    met = _MET.setdefault(sampler, _Met())
    if met.key == key and met.warp is not None:
        return met.warp
    warp = make()
    if met.last == key:
        met.key, met.warp = key, warp
    met.last = key
    return warp


def _digest(saliency: Tensor) -> bytes:
    return hashlib.blake2b(
        saliency.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes(), digest_size=16
    ).digest()


def _options(sampler: object) -> Hashable:
    """What a warp depends on besides the map."""
    if not is_dataclass(sampler):
        return ()
    told = ((each.name, getattr(sampler, each.name)) for each in fields(sampler))
    return tuple((name, repr(value)) for name, value in told if not isinstance(value, Tensor | nn.Module))
