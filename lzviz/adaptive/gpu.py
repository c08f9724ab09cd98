"""The Triton backend of row convolutions: chosen by itself for tensors on a GPU where Triton is installed."""

from __future__ import annotations

import functools
import importlib
from types import ModuleType

import torch
from torch import Tensor

from lzviz.adaptive.convolution import register_backend


@functools.cache
def kernels() -> ModuleType | None:
    """`lzviz.adaptive.triton_kernels`, or None where Triton is not installed."""
    try:
        return importlib.import_module("lzviz.adaptive.triton_kernels")
    except ImportError:
        return None


@register_backend
def triton_rows(features: Tensor, table: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> Tensor | None:
    """Answer for ungrouped float32, bfloat16 and float16 rows on a GPU; None leaves the rest to PyTorch.

    Under autocast the operands are cast as a convolution's would be.
    """
    if not features.is_cuda or groups != 1 or (module := kernels()) is None:
        return None
    if torch.is_autocast_enabled("cuda"):
        dtype = torch.get_autocast_dtype("cuda")
        features, weight = features.to(dtype), weight.to(dtype)
        bias = None if bias is None else bias.to(dtype)
    if features.dtype not in module.DTYPES or weight.dtype != features.dtype:
        return None
    return module.convolve_rows(features, table, weight, bias)
