"""Reproducible weights: the same call gives the same network, and the caller's random state is left as it was."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


def he_(module: nn.Module) -> None:
    """He's initialisation (2015), in place: convolutions N(0, 2 / fan_out), BatchNorm the identity.

    Layers that give class scores (linear, or a convolution marked `starts_small`) get N(0, .01^2); biases are 0, or what
    a layer's `bias_start` says.
    The last BatchNorm of a residual branch starts at 1 / sqrt(number of blocks in its stage) where a network marks it
    with `residual_gain`: the variance then grows at most e-fold a stage instead of doubling with each block, so that an
    untrained ResNet-152 still fits into half precision.
    """
    for part in module.modules():
        if isinstance(part, nn.Linear) or getattr(part, "starts_small", False):
            nn.init.normal_(part.weight, std=0.01)  # type: ignore[arg-type]
        elif isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(part, nn.BatchNorm2d):
            nn.init.constant_(part.weight, getattr(part, "residual_gain", 1.0))
        if getattr(part, "bias", None) is not None:
            nn.init.constant_(part.bias, getattr(part, "bias_start", 0.0))  # type: ignore[arg-type]


_drawing = threading.RLock()


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """Numbers drawn inside follow from ``seed``; the random state is left as it was.

    torch has one random state for all threads: one at a time draws, or two networks made at once would have neither's weights.
    """
    with _drawing, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def seeded(build: Callable[..., M]) -> Callable[..., M]:
    """Decorate a builder: it gains `seed=0`, is initialised by `he_`, and does not touch the global random state."""

    @functools.wraps(build)
    def build_seeded(*arguments, seed: int = 0, **options) -> M:
        with reproducible(seed):
            network = build(*arguments, **options)
            he_(network)
        return network

    return build_seeded
