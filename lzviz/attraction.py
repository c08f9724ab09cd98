"""From saliency to a control grid: every node goes to the weighted mean of what attracts it.

Recasens et al. 2018, "Learning to Zoom", eq. 3, and its descendants FOVEA, LZU and LDS, which differ only in the arguments:

    g(p) = sum_q S(q) k(p - q) q / sum_q S(q) k(p - q)

q runs over the cells of the saliency map S, padded by P cells on each side; cell i of an axis of n cells has the coordinate
``(i - P) / (n - 1)``, so padding lies outside [0, 1] and really pulls outwards. The kernel is a Gaussian,
``k(d) = exp(-4 ln2 d^2 / fwhm^2)``, d in saliency cells. With it the Jacobian of the continuous warp is ``Cov_w(q) / sigma^2``,
positive semi-definite: no foldover in the continuum. The discrete grid can fold all the same when saliency is very peaked.

The Gaussian is separable even where the saliency is not, and padding is linear, so one axis is one small dense matrix
(kernel and padding in one) and the whole warp is three matrix products; no padded map, no convolution.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.coords import Size, check_size, interleave, lattice, outer
from lzviz.tracing import concrete, table

Padding = Literal["reflect", "replicate", "zero"]

ZERO_FLOOR = 1e-3
"""Floor of a map with exact zeros, as a share of its mean: kernels would see nothing far from a painted spot."""


def prepare(saliency: Tensor, nodes: Size, floor: float | None = None) -> Tensor:
    """Saliency as the attraction sees it: at the nodes, positive, its maximum near 1.

    Args:
        saliency: (B, 1, h, w), non-negative and finite, any scale. Resampled bilinearly (corner-aligned) to ``nodes``.
            Zero everywhere means uniform.
        nodes: (h, w) of the control grid.
        floor: least value as a share of the mean of each map. ``None``: 1e-3 where the map has an exact zero, else nothing.

    Returns:
        (B, h, w) in float64 (a few thousand cells: exactness is free here), of any scale.

    Raises:
        ValueError: not (B, 1, h, w), negative or not finite.
    """
    if saliency.ndim != 4 or saliency.shape[1] != 1:
        hint = ": did you pass the image?" if saliency.ndim == 4 and saliency.shape[1] == 3 else ""
        raise ValueError(f"expected saliency of shape (B, 1, h, w), got {tuple(saliency.shape)}{hint}")
    if saliency.is_meta:
        raise ValueError(
            "saliency on the meta device has no values; move it first: torch.empty_like(saliency, device='cpu')"
        )
    s = saliency[:, 0].double()
    low, high = _range(s.detach())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError("saliency has values that are not finite; clean it first, e.g. torch.nan_to_num(saliency)")
    if low < 0:
        raise ValueError(
            f"saliency must be non-negative, its minimum is {low:.4g}; did you mean saliency.clamp(min=0)?"
        )
    if tuple(s.shape[-2:]) != tuple(nodes):
        s = F.interpolate(s[:, None], size=tuple(nodes), mode="bilinear", align_corners=True)[:, 0]
    if low > 1e-100 and high < 1e100 and floor is None:
        return s  # attraction has no scale, and nothing below is needed
    peak = s.detach().amax((1, 2), keepdim=True)
    # Dividing by the peak first keeps maps of any scale inside the range of the arithmetic below.
    s = torch.where(peak > 0, s / peak.clamp(min=torch.finfo(s.dtype).tiny), torch.ones_like(s))
    mean = s.mean((1, 2), keepdim=True)
    if floor is not None:
        return torch.maximum(s, floor * mean)
    has_zero = (s.detach() == 0).any(-1, keepdim=True).any(-2, keepdim=True)
    return torch.where(has_zero, torch.maximum(s, ZERO_FLOOR * mean), s)


def _range(values: Tensor) -> tuple[float, float]:
    """Least and greatest value; those of a map that needs every care where values cannot be looked at."""
    if not concrete():
        return 0.0, 0.0
    low, high = torch.aminmax(values)
    return float(low), float(high)


def gaussian(radius: int, fwhm: float, taps_radius: int | None = None) -> Tensor:
    """The 1-D kernel ``exp(-4 ln2 d^2 / fwhm^2)``, d = -radius..radius: (2 radius + 1,) float64.

    ``taps_radius`` stretches it bilinearly (half-pixel) to 2 taps_radius + 1 taps: LDS's kernel along the longer axis.
    """
    d = torch.arange(-radius, radius + 1, dtype=torch.float64)
    kernel = torch.exp(-4 * math.log(2) * (d / fwhm) ** 2)
    if taps_radius is None or taps_radius == radius:
        return kernel
    return F.interpolate(kernel[None, None], size=2 * taps_radius + 1, mode="linear", align_corners=False)[0, 0]


@table
def _axis_operator(n: int, radius: int, taps_radius: int, fwhm: float, padding: Padding) -> Tensor:
    """(2, n, n) float64: kernel sums of one axis, and the same weighted with the normalised coordinate of each padded cell.

    Row p of the first matrix holds how much each cell of the unpadded map weighs at node p; padding is folded in.
    """
    kernel = gaussian(radius, fwhm, taps_radius)
    padded = torch.arange(-taps_radius, n + taps_radius)
    source = n - 1 - (n - 1 - padded.abs()).abs() if padding == "reflect" else padded.clamp(0, n - 1)
    weight = ((padded == source) | (padding != "zero")).double()
    coordinate = padded.double() * (2 / (n - 1)) - 1
    rows = torch.arange(n)[:, None]
    taps = torch.arange(2 * taps_radius + 1)[None, :]
    cells = rows + taps  # (n, 2P+1) positions in the padded axis
    values = kernel[None, :] * weight[cells]
    operator = torch.zeros(2, n, n, dtype=torch.float64)
    operator[0].index_put_((rows.expand_as(cells), source[cells]), values, accumulate=True)
    operator[1].index_put_((rows.expand_as(cells), source[cells]), values * coordinate[cells], accumulate=True)
    return operator


def attract(
    saliency: Tensor,
    nodes: Size,
    *,
    fwhm: float = 10.0,
    separable: bool = True,
    padding: Padding = "reflect",
    kernel_radius: int | None = None,
    aspect: float = 1.0,
    floor: float | None = None,
) -> Tensor:
    """The control grid that ``saliency`` attracts.

    Args:
        saliency: (B, 1, h, w), see :func:`prepare`.
        nodes: (h, w) of the control grid, both >= 2.
        fwhm: full width at half maximum of the kernel, saliency cells, > 0 (``sigma = fwhm / 2.3548``).
        separable: attract each axis by the marginal of the saliency (FOVEA, LZU) instead of the full map (LZ, LDS).
        padding: "reflect" keeps the whole image in view ("anti-crop"), "replicate" crops, "zero" crops most.
        kernel_radius: P in cells (rows); default ``min(nodes) - 1``. Columns have ``int(aspect * P)``.
        aspect: LDS's stretch of the kernel along x; 1 elsewhere.
        floor: see :func:`prepare`.

    Returns:
        (B, h, w, 2) normalised source coordinates x, y in [-1, 1], always finite, in the dtype of ``saliency`` (at least
        float32). Differentiable with respect to ``saliency``.

    Raises:
        ValueError: an argument out of its range.
    """
    h, w = check_size(nodes, "nodes")
    _check_arguments(h, w, fwhm, padding, kernel_radius, aspect, floor)
    radius = min(h, w) - 1 if kernel_radius is None else int(kernel_radius)
    radius_x = int(aspect * radius)
    if padding == "reflect" and (radius > h - 1 or radius_x > w - 1):
        raise ValueError(
            f"reflect padding of {radius} rows and {radius_x} columns needs more nodes than {(h, w)}; "
            "lower kernel_radius or aspect, or use padding='replicate'"
        )
    s = prepare(saliency, (h, w), floor)
    along_y = _axis_operator(h, radius, radius, float(fwhm), padding).to(s.device)
    along_x = _axis_operator(w, radius, radius_x, float(fwhm), padding).to(s.device)
    # Only without a floor can a node be attracted by nothing; it then stays where it was.
    identity = lattice((h, w), dtype=s.dtype, device=s.device) if floor == 0 else None
    grid = (_separable if separable else _joint)(s, along_y, along_x, identity)
    dtype = saliency.dtype if saliency.dtype in (torch.float32, torch.float64) else torch.float32
    return grid.to(dtype)


def _separable(s: Tensor, along_y: Tensor, along_x: Tensor, identity: Tensor | None) -> Tensor:
    (total_x, moment_x), (total_y, moment_y) = s.sum(1) @ along_x.mT, s.sum(2) @ along_y.mT
    x = _mean(total_x, moment_x, None if identity is None else identity[0, :, 0])  # (B, w)
    y = _mean(total_y, moment_y, None if identity is None else identity[:, 0, 1])  # (B, h)
    return outer(x, y)


def _joint(s: Tensor, along_y: Tensor, along_x: Tensor, identity: Tensor | None) -> Tensor:
    rows = along_y[:, None] @ s  # (2, B, h, w): summed over rows of the kernel; [1] carries the y coordinate
    total = rows[0] @ along_x[0].mT
    x = _mean(total, rows[0] @ along_x[1].mT, None if identity is None else identity[..., 0])
    y = _mean(total, rows[1] @ along_x[0].mT, None if identity is None else identity[..., 1])
    return interleave(x, y)


def _mean(total: Tensor, moment: Tensor, identity: Tensor | None) -> Tensor:
    """Weighted mean coordinate, kept in [-1, 1]; ``identity`` (if given) where nothing attracts."""
    if identity is None:
        return (moment / total).clamp(-1, 1)
    empty = total <= torch.finfo(total.dtype).tiny
    return torch.where(empty, identity, (moment / total.masked_fill(empty, 1)).clamp(-1, 1))


def _check_arguments(
    h: int, w: int, fwhm: float, padding: str, kernel_radius: int | None, aspect: float, floor: float | None
) -> None:
    if h < 2 or w < 2:
        raise ValueError(f"a control grid needs at least 2 x 2 nodes, got {(h, w)}")
    if not (math.isfinite(fwhm) and fwhm > 0):
        raise ValueError(f"fwhm must be a positive number of saliency cells, got {fwhm!r}")
    if padding not in get_args(Padding):
        raise ValueError(f"padding must be one of {', '.join(get_args(Padding))}, got {padding!r}")
    if kernel_radius is not None and kernel_radius < 0:
        raise ValueError(f"kernel_radius must be >= 0 cells, got {kernel_radius!r}")
    if not (math.isfinite(aspect) and aspect > 0):
        raise ValueError(f"aspect must be a positive number, got {aspect!r}")
    if floor is not None and not (math.isfinite(floor) and floor >= 0):
        raise ValueError(f"floor must be None or a share of the mean >= 0, got {floor!r}")
