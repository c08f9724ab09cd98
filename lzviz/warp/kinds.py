"""Tensors, arrays and lists: what is given in one kind is answered in it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lzviz.coords import as_tensor

if TYPE_CHECKING:
    from lzviz.warp.base import Warp


def each(
    warp: Warp, values: Any, k: int, all_of: Callable[[Tensor], Tensor], one_of: Callable[[Warp, Any], Any]
) -> Any:
    """A map of points or boxes (..., k), over a batch of one size or over a list with those of each image."""
    if isinstance(values, list | tuple) and values and all(isinstance(v, Tensor | np.ndarray) for v in values):
        if warp.batch not in (1, len(values)):
            raise ValueError(f"expected a list for each of the {warp.batch} images, got {len(values)}")
        return [one_of(warp[n if warp.batch > 1 else 0], part) for n, part in enumerate(values)]
    given_values = values
    values = as_tensor(values)
    if values.ndim < 2 or values.shape[-1] != k:
        raise ValueError(f"expected (N, {k}) or (B, N, {k}), got {tuple(values.shape)}")
    values = values.to(torch.promote_types(values.dtype, torch.float32))
    if values.ndim == 2:
        batched = values[None].expand(warp.batch, *values.shape)
    elif values.ndim == 3 and values.shape[0] > 0 and (warp.batch == 1 or values.shape[0] in (1, warp.batch)):
        batched = values.expand(max(warp.batch, values.shape[0]), *values.shape[1:])
    else:
        raise ValueError(f"expected (N, {k}) or (B, N, {k}) with B = {warp.batch}, got {tuple(values.shape)}")
    out = all_of(batched)
    return like(given_values, out[0] if values.ndim == 2 and out.shape[0] == 1 else out)


def chosen(index: Any, batch: int) -> list[Any]:
    """The warps of a batch that an index names: an integer (NumPy's and torch's too), a slice, or a list of them."""
    if isinstance(index, slice):
        several = list(range(batch))[index]
    elif isinstance(index, list | tuple | range) or getattr(index, "ndim", 0) == 1:
        several = list(index)
    elif isinstance(index, bool) or not hasattr(index, "__index__"):
        raise TypeError(f"expected warp[i], warp[2:5] or warp[[0, 3]], got warp[{index!r}]")
    else:
        index = operator.index(index)
        if not -batch <= index < batch:
            raise IndexError(f"no warp {index} in a batch of {batch}")
        several = [index % batch]
    if not several:
        raise IndexError(f"{index!r} chooses none of {batch} warps")
    return several


def pixels(image: object, batch: int) -> Tensor:
    """An image or a label map as a tensor, for so many warps.

    Labels may be few columns wide: bytes whose last axis could be colours are labels where the first axis fits the warps, since
    a picture (H, W, C) has more rows than that; other integers always are.
    """
    values = as_tensor(image) if isinstance(image, np.ndarray) else image
    if not isinstance(values, Tensor):
        raise TypeError(f"expected a tensor or an array (B, C, H, W), got {type(image).__name__}")
    last = values.shape[-1:] in ((1,), (3,), (4,))
    colours = last and values.dtype == torch.uint8 and values.shape[0] not in (1, batch)
    if values.ndim == 3 and (colours or values.is_floating_point()):
        hint = "image.transpose(2, 0, 1)[None]" if last and isinstance(image, np.ndarray) else "image[None]"
        hint = "image.permute(2, 0, 1)[None]" if last and isinstance(image, Tensor) else hint
        raise ValueError(f"expected an image (B, C, H, W), got {tuple(values.shape)}; did you mean {hint}?")
    if values.ndim and values.shape[0] == 0:
        raise ValueError(f"expected at least one image, got a batch of 0: {tuple(values.shape)}")
    return values


def like(given_value: object, value: Tensor) -> Any:
    """An array where an array was given."""
    return value.detach().cpu().numpy() if isinstance(given_value, np.ndarray) else value


def checked_label(label: int, dtype: torch.dtype) -> int:
    limits = torch.iinfo(dtype)
    if not limits.min <= label <= limits.max:
        raise ValueError(f"ignore_index {label} does not fit labels of {dtype}; pass another, or labels.long()")
    return label
