"""What every check is handed: the array as given, what it was taken for, and what was told beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lzviz.doctor import adapters
from lzviz.doctor.finding import Finding
from lzviz.doctor.reading import Reading
from lzviz.plain import convert
from lzviz.text import Text

Size = tuple[int, int]


@dataclass(frozen=True)
class Case:
    kind: str  # "grid", "saliency" or "points"
    array: np.ndarray  # as given
    plain: np.ndarray  # (B, H, W, 2), or (B, h, w) of a saliency map; float64, finite
    reading: Reading | None
    source: Size
    zoomed: Size | None = None
    image: np.ndarray | None = None
    labels: Any = None
    boxes: np.ndarray | None = None
    stride: float | None = None
    use: str | None = None
    direction: str | None = None
    align_corners: bool = True
    gradient: np.ndarray | None = None
    levels: tuple[np.ndarray, ...] = ()

    @property
    def grid(self) -> np.ndarray:
        assert self.reading is not None
        return self.reading.grid

    @property
    def step(self) -> np.ndarray:
        """One source pixel in units of the grid, x before y."""
        return 2 / convert.span(self.source)

    @property
    def channels_first(self) -> bool:
        """Whether what was given is (B, 2, H, W) or (2, H, W)."""
        return self.kind == "grid" and self.array.ndim >= 3 and self.array.shape[-3:] != self.plain.shape[-3:]

    def mended(self, further=None):
        """A function from the array as given to what is meant, with one more change, in the form of the declared use."""

        def mend(array: np.ndarray) -> np.ndarray:
            grid = adapters.take(array, self.source, None, self.use).plain
            for step in self.reading.steps if self.reading else ():
                grid = step.mend(grid)
            return self._formed(grid if further is None else further(grid), array).astype(_kept(array))

        return mend

    def _formed(self, grid: np.ndarray, array: np.ndarray) -> np.ndarray:
        """A grid as the declared use writes it: offsets of a flow, pixels of a remap, offsets of a deformable convolution."""
        if self.use == "deform":
            before = adapters.take(array, self.source, None, self.use).plain
            moved = np.moveaxis((grid - before) / 2 * convert.span(grid.shape[1:3]), -1, 1)[:, ::-1]
            return array + np.tile(moved, (1, array.shape[1] // 2, 1, 1))
        if self.use == "flow":
            grid = grid - convert.identity(grid.shape[1:3])
            if not (self.reading and any(step.unit == "grid" for step in self.reading.steps)):
                grid = grid / 2 * convert.span(self.source)
            grid = np.moveaxis(grid, -1, 1) if self.channels_first else grid
        elif self.use == "remap":
            grid = convert.to_pixels(grid, self.source)
        else:
            return grid
        return grid[0] if array.ndim == 3 else grid


def _kept(array: np.ndarray) -> np.dtype:
    return array.dtype if array.dtype in (np.float32, np.float64) else np.dtype(np.float32)


def ok(
    check: str, value: float | str = "as expected", tolerance: float | str = "", said: Text | None = None
) -> Finding:
    return Finding(check, "ok", value, tolerance, said or Text("doctor.says.ok"))


def box_of(cells: np.ndarray) -> tuple[tuple[int, int, int, int], ...]:
    """The hull of the marked cells (..., h, w) as one box (x0, y0, x1, y1)."""
    flat = np.any(cells.reshape(-1, *cells.shape[-2:]), axis=0)
    rows, columns = np.flatnonzero(np.any(flat, axis=1)), np.flatnonzero(np.any(flat, axis=0))
    if not len(rows):
        return ()
    return ((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1),)
