"""Coordinates: the one convention of the library, said once.

* Sizes are ``(h, w)``. Points are ``(x, y)``. Grids are ``(B, H, W, 2)``, x before y.
* *Pixel* coordinates: 0 is the centre of the first pixel, ``n - 1`` the centre of the last.
* *Normalised* coordinates: -1 is the centre of the first pixel, +1 the centre of the last (corner-aligned,
  ``align_corners=True`` in torch). An axis of a single pixel has that pixel at normalised 0.
* A warp goes *zoomed -> source*: for each pixel of the zoomed image it says where in the source it reads.
* Boxes are ``(x0, y0, x1, y1)`` in pixel *edges*, corner-exclusive: edge ``e`` is the point ``e - 0.5``.

Half-pixel coordinates (``align_corners=False``: -1 and +1 are the outer *edges* of the image) exist only at the border
of the library and are converted here on the way in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lzviz.tracing import concrete

Size = tuple[int, int]


def check_size(size: object, name: str = "size") -> Size:
    """Return ``size`` as ``(h, w)`` with two integers >= 1; raise ``ValueError`` with the remedy otherwise."""
    try:
        h, w = (int(n) for n in size)  # type: ignore[union-attr]
        exact = [float(n) for n in size] == [h, w] and not any(isinstance(n, str) for n in size)  # type: ignore[union-attr]
    except (TypeError, ValueError):
        exact, h, w = False, 0, 0
    if not exact or h < 1 or w < 1:
        raise ValueError(f"expected {name} as (height, width), two integers >= 1, got {size!r}")
    return h, w


def axis(n: int, *, dtype: torch.dtype = torch.float32, device: torch.device | str | None = None) -> Tensor:
    """The ``n`` normalised pixel centres of one axis, from -1 to 1; ``[0]`` for a single pixel."""
    if n == 1:
        return torch.zeros(1, dtype=dtype, device=device)
    return torch.linspace(-1, 1, n, dtype=dtype, device=device)


def interleave(x: Tensor, y: Tensor) -> Tensor:
    """Put x and y of the same shape side by side: (..., 2). As complex numbers, the fastest way that torch has."""
    if not concrete():  # exported graphs know no complex numbers
        return torch.stack((x, y), dim=-1)
    return torch.view_as_real(torch.complex(x, y))


def outer(x: Tensor, y: Tensor) -> Tensor:
    """The grid of one x axis (..., W) and one y axis (..., H): (..., H, W, 2).

    One complex sum writes x and y side by side at memory speed, four times faster than ``torch.stack``.
    """
    if not concrete():
        return torch.stack(torch.broadcast_tensors(x[..., None, :], y[..., :, None]), dim=-1)
    real, imaginary = torch.complex(x, torch.zeros_like(x)), torch.complex(torch.zeros_like(y), y)
    return torch.view_as_real(real[..., None, :] + imaginary[..., :, None])


def lattice(size: Size, *, dtype: torch.dtype = torch.float32, device: torch.device | str | None = None) -> Tensor:
    """The normalised pixel centres of an image of ``size``: (h, w, 2), x before y."""
    y, x = (axis(n, dtype=dtype, device=device) for n in size)
    return outer(x, y)


def _extent(points: Tensor, size: Size) -> Tensor:
    return points.new_tensor([size[1] - 1, size[0] - 1])


def to_pixels(points: Tensor, size: Size) -> Tensor:
    """Normalised ``(..., 2)`` to pixels of an image of ``size``: ``px = (x + 1) / 2 * (W - 1)``."""
    return (points + 1) * (_extent(points, size) / 2)


def to_normalised(pixels: Tensor, size: Size) -> Tensor:
    """Pixels ``(..., 2)`` of an image of ``size`` to normalised: ``x = 2 px / (W - 1) - 1``; 0 on an axis of one pixel."""
    extent = _extent(pixels, size)
    # Divide before doubling, so that the last pixel is exactly +1.
    return pixels / extent.clamp(min=1) * 2 - (extent > 0).to(pixels.dtype)


def from_half_pixel(grid: Tensor, size: Size) -> Tensor:
    """A half-pixel grid ``(..., 2)`` over a source of ``size`` in our convention.

    ``px = ((g + 1) W - 1) / 2``, then ``2 px / (W - 1) - 1``.
    """
    full = grid.new_tensor([size[1], size[0]])
    return to_normalised(((grid + 1) * full - 1) / 2, size)


def edges_to_points(boxes: Tensor) -> Tensor:
    """Boxes ``(..., 4)`` of pixel edges to the corner *points* of the same rectangle: edge ``e`` is point ``e - 0.5``."""
    return boxes - 0.5


def points_to_edges(boxes: Tensor) -> Tensor:
    """The inverse of :func:`edges_to_points`."""
    return boxes + 0.5


def as_tensor(values: Any) -> Tensor:
    """A tensor of whatever torch takes; arrays may run backwards (``grid[..., ::-1]``) and have any order of bytes."""
    if isinstance(values, np.ndarray):
        values = np.ascontiguousarray(values, values.dtype.newbyteorder("="))
    return torch.as_tensor(values)
