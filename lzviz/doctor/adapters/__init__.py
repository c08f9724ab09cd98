"""What may be given, brought to one array: grids (B, H, W, 2), saliency maps (B, h, w)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lzviz.plain import convert

USES = ("grid", "flow", "remap", "deform", "attention", "saliency", "points", "clip")


@dataclass(frozen=True)
class Taken:
    kind: str
    array: np.ndarray  # as given
    plain: np.ndarray  # (B, H, W, 2) or (B, h, w), float64, finite
    use: str | None
    levels: tuple[np.ndarray, ...] = ()
    beside: dict[str, Any] = field(default_factory=dict)  # what a file holds about its warp


def numpy_of(values: Any) -> np.ndarray:
    """Numpy or torch, any device and type, to numpy; bfloat16 becomes float32."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = values.float() if str(values.dtype) == "torch.bfloat16" else values
        return values.numpy()
    if isinstance(values, list | tuple) and len(values) == 2 and all(np.ndim(numpy_of(v)) in (2, 3) for v in values):
        return np.stack([numpy_of(v) for v in values], -1)  # OpenCV's map_x, map_y
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"values of type {array.dtype}: expected real numbers (floats or integers)")
    return array


def arrays_of(given: Any) -> Any:
    """What a fix is handed: one array, or a list of them where a pyramid's levels were given."""
    if isinstance(given, list | tuple) and len({np.shape(v) for v in given}) > 1:
        return [numpy_of(v) for v in given]
    return numpy_of(given)


def take(given: Any, source: tuple[int, int], image: Any, use: str | None) -> Taken:
    """Anything accepted, as an array whose last axis is x, y (or a saliency map)."""
    if use is not None and use not in USES:
        raise ValueError(f"use is {use!r}: expected one of {', '.join(USES)}")
    levels: tuple[np.ndarray, ...] = ()
    if isinstance(given, str | os.PathLike):
        from lzviz.doctor.adapters.files import load

        loaded = load(given, use)
        try:
            return replace(take(loaded.values, source, image, loaded.use), beside=loaded.beside)
        except (ValueError, TypeError) as problem:
            problem.args = (f"{os.path.basename(given)}: {problem}",)  # what else it carries stays
            raise
    if hasattr(given, "nodes") and hasattr(given, "inverse_grid"):
        given = given.nodes
    elif hasattr(given, "inverse_grid") and hasattr(given, "grid"):
        given = given.grid((64, 64))
    elif callable(given) and not hasattr(given, "__array__"):
        if image is None:
            raise ValueError("a callable image -> grid was given: say image= too, so that it can be asked")
        given = given(image)
    if isinstance(given, list | tuple):
        arrays = [numpy_of(v) for v in given]
        if len(arrays) == 2 and arrays[0].shape == arrays[1].shape and arrays[0].ndim == 2:
            given, use = np.stack(arrays, -1)[None], use or "remap"
        elif len(arrays) > 1 and all(a.ndim >= 3 and a.shape[-1] == 2 for a in arrays):
            given, levels = arrays[0], tuple(channels_last(a, None) for a in arrays)
    array = numpy_of(given)
    return _shaped(array, use, levels, source)


def _shaped(array: np.ndarray, use: str | None, levels: tuple[np.ndarray, ...], source: tuple[int, int]) -> Taken:
    shape: tuple[int, ...] = array.shape
    if not array.size or array.size > 1 << 28:
        raise ValueError(f"an array of shape {shape}: expected 1 to {1 << 28} values")
    if use == "saliency" or (
        use is None and ((array.ndim == 2 and shape[1] != 2) or (array.ndim in (3, 4) and _is_map(shape)))
    ):
        return Taken("saliency", array, _finite(array.reshape(-1, *shape[-2:])), "saliency")
    if use == "points" or (use is None and array.ndim in (2, 3) and shape[-1] == 2 and (array.ndim == 2)):
        return Taken("points", array, _finite(array.reshape(-1, 2)), "points")
    if use == "deform":
        return Taken("grid", array, _at_least_two(_deform(array, source), shape), use)
    if use == "attention":
        return Taken("points", array, _finite(array.reshape(-1, 2)) * convert.span(source), use)
    plain = _at_least_two(channels_last(array, use), shape)
    return Taken("grid", array, _finite(plain), use, levels)


def _at_least_two(grid: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if min(grid.shape[:3]) < 1 or min(grid.shape[1:3]) < 2:
        raise ValueError(f"a grid of shape {shape}: expected at least 2 rows and 2 columns")
    return grid


def _is_map(shape: tuple[int, ...]) -> bool:
    return 2 not in (shape[-1], shape[-3]) and (len(shape) == 3 or shape[1] == 1)


class Shapeless(ValueError):
    """An array whose shape says nothing of what it holds.

    Attributes:
        shape: of the array; begins: its first values, as text.
    """

    def __init__(self, array: np.ndarray):
        self.shape, self.begins = array.shape, np.array2string(np.ravel(array)[:4], precision=4)
        super().__init__(
            f"an array of shape {self.shape} that begins {self.begins} is neither a grid (B, H, W, 2), a flow (B, 2, H, W) nor "
            "a saliency map (B, 1, h, w); say use= for offsets, sampling locations or points"
        )


def channels_last(array: np.ndarray, use: str | None) -> np.ndarray:
    shape = array.shape
    if array.ndim == 3 and 2 in (shape[-1], shape[0]):
        array = array[None]
    if array.ndim == 5 and array.shape[-1] == 2 and 1 in array.shape[:2]:
        array = array.reshape(-1, *array.shape[2:])
    if array.ndim == 4 and array.shape[-1] == 2 and not (array.shape[1] == 2 and use == "flow"):
        return array
    if array.ndim == 4 and array.shape[1] == 2:
        return np.moveaxis(array, 1, -1)
    raise Shapeless(array)


def _deform(array: np.ndarray, source: tuple[int, int]) -> np.ndarray:
    """Offsets (B, 2 K, H, W), y before x, of K taps: where the mean of the taps reads, as a grid."""
    if array.ndim != 4 or array.shape[1] % 2:
        raise ValueError(
            f"offsets of shape {array.shape}: expected (B, 2 K, H, W) of a deformable convolution with K taps"
        )
    b, _, h, w = array.shape
    mean = _finite(array).reshape(b, -1, 2, h, w).mean(1)[:, ::-1]
    return convert.identity((h, w)) + 2 * np.moveaxis(mean, 1, -1) / convert.span((h, w))


def _finite(array: np.ndarray) -> np.ndarray:
    """As float64, holes filled along rows, then columns, from their neighbours."""
    values = array.astype(np.float64)
    values = np.where(np.abs(values) < 1e15, values, np.nan) if values.size else values
    if np.isfinite(values).all():
        return values
    if not np.isfinite(values).any():
        return np.zeros_like(values)
    axes = (-2, -3) if values.ndim >= 3 and values.shape[-1] == 2 else (-1, -2)
    for axis in [a for a in axes if -a <= values.ndim]:
        lines = np.moveaxis(values, axis, -1)
        flat = np.ascontiguousarray(lines).reshape(-1, values.shape[axis])
        for k in np.flatnonzero(~np.isfinite(flat).all(1)):
            flat[k] = _filled(flat[k])
        values = np.moveaxis(flat.reshape(lines.shape), -1, axis)
    return np.nan_to_num(values)


def _filled(line: np.ndarray) -> np.ndarray:
    """Linear between known values and beyond the first and last of them; unchanged where fewer than two are known."""
    known = np.flatnonzero(np.isfinite(line))
    if len(known) < 2:
        return line
    at = np.arange(len(line))
    out = np.interp(at, known, line[known])
    for near, inner, side in ((known[0], known[1], at < known[0]), (known[-1], known[-2], at > known[-1])):
        slope = (line[inner] - line[near]) / (inner - near)
        out[side] = line[near] + slope * (at[side] - near)
    return out
