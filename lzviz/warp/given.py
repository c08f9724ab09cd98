"""Other people's grids, flows and maps: what is taken, what is refused with the remedy, and what is only warned of."""

from __future__ import annotations

import warnings
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from lzviz.coords import Size, as_tensor, check_size, from_half_pixel, lattice, to_normalised
from lzviz.tracing import concrete

Units = Literal["pixels", "normalised"]
Order = Literal["xy", "yx"]

FARTHEST = 10.0
"""A normalised grid of which a tenth reads farther out than this is in pixels."""

FOLLOWS = 0.5
"""At most this share of the variance of a grid follows its own rows and columns: it looks like displacements."""


def tensor(values: object, name: str) -> Tensor:
    """A tensor, or a copy of an array, in floats of at least 32 bits."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        values = as_tensor(values).clone()
    if not isinstance(values, Tensor) or not values.is_floating_point():
        kind = getattr(values, "dtype", type(values).__name__)
        raise TypeError(f"expected {name} as a floating-point tensor or array, got {kind}")
    return values.to(torch.promote_types(values.dtype, torch.float32))


def nodes_from_grid(grid: object, align_corners: bool, source_size: Size | None) -> Tensor:
    """See :meth:`lzviz.Warp.from_grid`: corner-aligned nodes (B, H, W, 2)."""
    values = tensor(grid, "a grid (B, H, W, 2)")
    _check_shape(values)
    _check_values(values.detach())
    if align_corners:
        return values
    if source_size is None:
        raise ValueError("a grid with align_corners=False needs source_size=(H, W) to be converted")
    return from_half_pixel(values, check_size(source_size, "source_size"))


def nodes_from_flow(flow: object, units: Units, order: Order) -> Tensor:
    """See :meth:`lzviz.Warp.from_flow`."""
    for name, value, known in (("units", units, Units), ("order", order, Order)):
        if value not in get_args(known):
            raise ValueError(f"{name} must be one of {', '.join(get_args(known))}, got {value!r}")
    values = tensor(flow, "a flow (B, H, W, 2) or (B, 2, H, W)")
    values = values[None] if values.ndim == 3 else values
    if values.ndim == 4 and values.shape[-1] != 2 and values.shape[1] == 2:
        values = values.permute(0, 2, 3, 1)
    _check_shape(values)
    check_finite(values.detach())
    values = values.flip(-1) if order == "yx" else values
    size = int(values.shape[1]), int(values.shape[2])
    if units == "pixels":
        values = values * values.new_tensor([2 / (size[1] - 1), 2 / (size[0] - 1)])
    return lattice(size, dtype=values.dtype, device=values.device) + values


def nodes_from_map(map_x: object, map_y: object | None, source_size: Size | None) -> Tensor:
    """See :meth:`lzviz.Warp.from_map`."""
    if str(getattr(map_x, "dtype", "")).endswith("int16"):
        raise TypeError("these are OpenCV's fixed-point maps: turn them into float32 by cv2.convertMaps first")
    x = tensor(map_x, "map_x (H, W)")
    if map_y is not None:
        y = tensor(map_y, "map_y (H, W)").to(x.device)
        if x.shape != y.shape:
            raise ValueError(f"map_x {tuple(x.shape)} and map_y {tuple(y.shape)} differ in size")
        x = torch.stack((x, y), dim=-1)
    values = x[None] if x.ndim == 3 else x
    _check_shape(values)
    check_finite(values.detach())
    size = values.shape[1:3] if source_size is None else source_size
    return to_normalised(values, check_size(size, "source_size"))


def is_separable(grid: Tensor) -> bool:
    """True if x depends on the column only and y on the row only, exactly; False where values cannot be looked at.

    False with gradients too: read by its axes, a grid passes them to its first row and column only, and every node is free.
    """
    return concrete() and not grid.requires_grad and has_axes(grid)


def has_axes(grid: Tensor) -> bool:
    """x depends on the column only and y on the row only, exactly."""
    g = grid.detach()
    return bool((g[:, :1, :, 0] == g[..., 0]).all() and (g[:, :, :1, 1] == g[..., 1]).all())


def _check_shape(grid: Tensor) -> None:
    if grid.ndim != 4 or grid.shape[-1] != 2:
        hint = "; did you mean grid.permute(0, 2, 3, 1)?" if grid.ndim == 4 and grid.shape[1] == 2 else ""
        hint = "; did you mean grid[None]?" if grid.ndim == 3 and grid.shape[-1] == 2 else hint
        raise ValueError(f"expected a grid of shape (B, H, W, 2), got {tuple(grid.shape)}{hint}")
    if grid.shape[0] < 1:
        raise ValueError("expected at least one grid, got a batch of 0")
    if min(grid.shape[1:3]) < 2:
        raise ValueError(f"a warp needs at least 2 x 2 grid points, got {tuple(grid.shape[1:3])}")


def check_finite(values: Tensor) -> None:
    """ValueError where places are no numbers, or stand on a device that has none."""
    if not concrete():
        return
    if values.is_meta:
        raise ValueError(
            "a grid on the meta device has no values, so no warp; move it first: torch.empty_like(grid, device='cpu')"
        )
    finite = torch.isfinite(values)
    if not bool(finite.all()):
        bad = int((~finite).any(-1).sum())
        raise ValueError(f"{bad} of the grid's points are not finite; replace them first, e.g. by their neighbours")


def _check_values(values: Tensor) -> None:
    if not concrete():
        return
    check_finite(values)
    low, high = (float(v) for v in torch.aminmax(values))
    if low >= 0 and 0.5 < high <= 1 and bool((values[:, 0, 0] < 0.25).all()):
        raise ValueError(f"grid is in [{low:.3g}, {high:.3g}]; did you mean grid * 2 - 1?")
    # Pixels count from the first one: such a range begins near 0, or reaches far beyond any view.
    counted = high >= 1.5 and low + high >= 2 and low > -high / 4
    if counted or (max(high, -low) > FARTHEST and float((values.abs() > FARTHEST).float().mean()) > 0.1):
        raise ValueError(
            f"grid is in [{low:.4g}, {high:.4g}], which looks like pixels, not normalised places in [-1, 1]: pixel places go "
            "through Warp.from_map(map_x, map_y, source_size), displacements through Warp.from_flow(flow, units='pixels')"
        )
    if _looks_displaced(values):
        warnings.warn(
            f"grid is in [{low:.3g}, {high:.3g}] and does not follow its own rows and columns: it is taken as places, but it "
            "looks like displacements. If so, use Warp.from_flow(flow, units=, order=); lzviz.diagnose(grid, source_size=) "
            "says more",
            stacklevel=4,
        )


def _looks_displaced(values: Tensor) -> bool:
    """An affine map of row and column explains little of where the grid reads, in every image of the batch."""
    stride = tuple(max(1, n // 64) for n in values.shape[1:3])
    few = values[:, :: stride[0], :: stride[1]].double()
    places = lattice((few.shape[1], few.shape[2]), dtype=torch.float64, device=few.device).reshape(-1, 2)
    places = places - places.mean(0)
    spread = few.flatten(1, 2) - few.flatten(1, 2).mean(1, keepdim=True)
    # Rows and columns are orthogonal on a lattice: each explains its own part.
    slopes = torch.einsum("nk,bnc->bkc", places, spread) / places.square().sum(0)[None, :, None]
    explained = (slopes.square() * places.square().sum(0)[None, :, None]).sum((1, 2))
    return bool((explained <= FOLLOWS * spread.square().sum((1, 2))).all())
