"""What a scene is, and how a painting becomes one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lzviz.scenes.paint import VOID, Band, Frame, Painting, visible_boxes

SMALLEST, LARGEST = 16, 8192


@dataclass(frozen=True)
class Scene:
    """A picture with its truth.

    image: (H, W, 3) uint8 RGB; labels: (H, W) uint8 class indices, 255 = void; boxes: (N, 4) float64 x0, y0, x1, y1 in
    pixel edges, corner-exclusive, each tight around the visible pixels of one object; box_classes: (N,) int64;
    classes: the names the indices stand for; highlight: the box of what is worth zooming to, or None.
    """

    image: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray
    box_classes: np.ndarray
    classes: tuple[str, ...]
    seed: int
    highlight: tuple[float, float, float, float] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) pixels."""
        return self.labels.shape[0], self.labels.shape[1]


def check(size: tuple[int, int], seed: int) -> tuple[int, int]:
    """The size as two integers; ValueError or TypeError with the reason where it or the seed cannot be used."""
    try:
        h, w = size
    except TypeError:
        raise TypeError(f"expected size as (height, width), got {size!r}; did you mean ({size!r}, {size!r})?") from None
    except ValueError:
        raise ValueError(f"expected size as (height, width), got {size!r}") from None
    for name, n in (("height", h), ("width", w)):
        if isinstance(n, bool) or not isinstance(n, int | np.integer):
            raise TypeError(f"expected a whole number of pixels as {name}, got {n!r}")
        if not SMALLEST <= n <= LARGEST:
            raise ValueError(f"expected a {name} of {SMALLEST} to {LARGEST} pixels, got {n}; size is (height, width)")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"expected a seed of 0 or more, a whole number, got {seed!r}")
    return int(h), int(w)


def render(
    painting: Painting,
    frame: Frame,
    shader: Callable[[Band], np.ndarray],
    classes: tuple[str, ...],
    seed: int,
    highlight: int | None = None,
) -> Scene:
    """Draw a painting: `shader` turns each band into (rows, w, 3) uint8; `highlight` is an owner number."""
    image = np.empty((*frame.size, 3), np.uint8)
    owners = np.empty(frame.size, np.int32)
    for band in painting.bands(frame):
        image[band.top : band.bottom] = shader(band)
        owners[band.top : band.bottom] = band.owners
    kinds = np.array(painting.classes)
    labels = np.append(kinds, VOID).astype(np.uint8)[owners]  # -1, nothing drawn, reads the last
    boxes = visible_boxes(owners, len(kinds))
    chosen = np.flatnonzero(np.array(painting.boxed) & ~np.isnan(boxes[:, 0]))
    spot = None if highlight is None or np.isnan(boxes[highlight, 0]) else tuple(boxes[highlight].tolist())
    return Scene(image, labels, boxes[chosen], kinds[chosen].astype(np.int64), classes, int(seed), spot)
