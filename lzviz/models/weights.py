"""Published weights that the user has: state dicts named after their network, in one folder.

``LZVIZ_WEIGHTS`` names the folder (``checkpoints`` by default); ``resnet18.pth`` in it is ResNet-18's, ``d2net.pth`` D2-Net's.
Only tensors are read from such a file, never code.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

ENDINGS = (".pth", ".pt")


class Weights(NamedTuple):
    """A file's content and its name."""

    state: Mapping[str, Any]
    file: str


def folder() -> Path:
    """Where weights are looked for."""
    return Path(os.environ.get("LZVIZ_WEIGHTS", "checkpoints"))


def find(network: str) -> Weights | None:
    """The weights of a network by its name; None where there is no such file.

    Raises:
        ValueError: a file that holds no state dict, named with what was expected.
    """
    for path in (folder() / f"{network}{ending}" for ending in ENDINGS):
        if path.is_file():
            state = torch.load(path, map_location="cpu", weights_only=True)
            if not isinstance(state, Mapping):
                raise ValueError(f"expected a state dict in {path.name}, got {type(state).__name__}")
            return Weights(state, path.name)
    return None
