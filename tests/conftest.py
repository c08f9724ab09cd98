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
TESTS = Path(__file__).parent
DATA = TESTS / "data"

SLOWEST = """test_gpu_script browser/test_explore browser/test_static browser/test_learn browser/test_compare browser/test_stage
test_training_objective browser/test_processes browser/test_own_things browser/test_languages browser/test_terms
test_training_loop browser/test_accessible browser/test_cad browser/test_notebook test_app_cad browser/test_learned test_onnx
test_hostile_checkpoints test_training_data
browser/test_space test_training_detectors test_adaptive_extras browser/test_models browser/test_visit browser/test_doctor
test_cost browser/test_film browser/test_busy test_docs test_scenes test_sampler_newcomer browser/test_where_to_edit
browser/test_own_pictures test_decoding test_comparison test_app_cad_weights test_triton test_training_cli test_notebooks
test_snippets browser/test_report browser/test_saved test_adaptive_engine browser/test_mounts test_adaptive_segmenting
test_house test_app_prefix test_app_doctor test_app_compare test_tracing test_adaptive_models test_adaptive_inspect
test_examples""".split()  # noqa: SIM905
"""The files that take longest, longest first: they start first, so that all workers end together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slowest files first; otherwise the order stays as it is. Workers of xdist keep it with ``--no-loadscope-reorder``."""
    place = {(TESTS / name).with_suffix(".py"): at for at, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


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
