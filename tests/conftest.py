"""Shared by all tests: one thread, a fixed seed for each test, and maps worth testing on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import numpy as np
import pytest
import torch
from torch import Tensor

torch.set_num_threads(1)
DATA = Path(__file__).parent / "data"


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def published() -> dict[str, np.ndarray]:
    """A few outputs of the public LZU and FOVEA code (MIT licence): grids, inverse grids, kernel densities."""
    with np.load(DATA / "published_lzu_fovea.npz") as file:
        return dict(file)


def blobs(batch: int, size: tuple[int, int], strength: float = 30.0, seed: int = 0) -> Tensor:
    """Smooth asymmetric saliency: (batch, 1, h, w), one off-centre blob an image on a floor of 1."""
    rng = torch.Generator().manual_seed(seed)
    y, x = (torch.linspace(0, 1, n) for n in size)
    at = 0.15 + 0.6 * torch.rand(batch, 2, 1, 1, generator=rng)
    d2 = (x[None, None, :] - at[:, 0]) ** 2 + (y[None, :, None] - at[:, 1]) ** 2
    return 1 + strength * torch.exp(-d2 / 0.02)[:, None]


def run_async(function):
    """Run an async function to its end in a thread of its own: the browser of other tests keeps a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, function).result()
