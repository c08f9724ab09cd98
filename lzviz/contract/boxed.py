"""Boxes that are true of a picture: those that a drawn film brings with its frames, and lists that visitors bring."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lzviz import palette


@dataclass(frozen=True, eq=False)
class TrueBoxes:
    """Everything in a picture that has a box.

    Attributes:
        boxes: (N, 4) pixel edges of the picture.
        kinds: (N,) an index into ``classes``.
        ignored: (N,) bool, what counts neither as found nor as missed.
        solid: (N, 7) centre x, y, z in camera metres, length, width, height, yaw; NaN where it is not known.
        intrinsics: (3, 3) from camera to pixels whose centres are whole numbers.
        classes: names.
        source: how a script gets the same (:class:`lzviz.objects.Objects`), as one Python expression; "": it cannot.
        area: (N,) square pixels by which a thing is small or large, NaN: those of its box; ``None`` for all of them.
    """

    boxes: np.ndarray
    kinds: np.ndarray
    ignored: np.ndarray
    solid: np.ndarray
    intrinsics: np.ndarray
    classes: tuple[str, ...]
    source: str = ""
    area: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def key(self) -> str:
        """What the boxes are called in caches."""
        parts = (self.boxes, self.kinds, self.ignored, self.solid, self.intrinsics)
        digest = hashlib.blake2b(repr(self.classes).encode(), digest_size=12, person=b"boxes")
        for each in (*parts, *([] if self.area is None else [self.area])):
            digest.update(each.tobytes())
        return digest.hexdigest()

    def named(self, names: Sequence[str]) -> TrueBoxes | None:
        """The same as indices of other class names; what has no namesake is left out. ``None`` when no name fits."""
        places = {palette.common(name): index for index, name in reversed(list(enumerate(names)))}
        table = np.array([places.get(palette.common(name), -1) for name in self.classes], np.int64)
        if not (table >= 0).any():
            return None
        kinds = table[self.kinds]
        kept = kinds >= 0
        rows = {name: getattr(self, name)[kept] for name in ("boxes", "ignored", "solid")}
        rows["area"] = None if self.area is None else self.area[kept]
        return replace(self, **rows, kinds=kinds[kept], classes=tuple(names))

    def within(self, size: tuple[int, int], full: tuple[int, int]) -> TrueBoxes:
        """In the pixels of a picture of another ``size`` (h, w) than the ``full`` one that they are of."""
        if size == full:
            return self
        y, x = (n / m for n, m in zip(size, full, strict=True))
        # Centres of pixels are whole numbers: edges scale, centres are half a pixel less.
        scaled = np.array([[x, 0, x / 2 - 0.5], [0, y, y / 2 - 0.5], [0, 0, 1]])
        area = None if self.area is None else self.area * (x * y)
        return replace(self, boxes=self.boxes * [x, y, x, y], intrinsics=scaled @ self.intrinsics, area=area)
