"""A picture at the size at which networks read it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lzviz.contract.pictures import Picture, shrink
from lzviz.contract.wire import Refusal
from lzviz.coords import Size
from lzviz.text import Text

# The largest working size of a picture, (h, w) of a wide one: number of pixels whatever the shape, and long side. It bounds
# the time of an answer; features as fine as pixels cost 64 times as much as those of output stride 8.
WORKING = {"resnet18": (256, 512), "resnet50": (192, 384), "vgg16": (256, 512), "compact": (360, 480),
           "efficientnet": (192, 384)}  # fmt: skip
FINE_WORKING = (128, 256)
# A shorter side than this has not one feature of the stock network of output stride 8.
LEAST_SIDE = 8


@dataclass(frozen=True, eq=False)
class Working:
    """A picture at the size at which networks read it.

    Attributes:
        pixels: (H, W, 3) uint8; borders that fill no block are kept.
        key: what the pixels are called in caches.
    """

    pixels: np.ndarray
    key: str

    @classmethod
    def of(cls, picture: Picture, largest: Size) -> Working:
        """Area-averaged to at most the long side and the number of pixels of ``largest`` (h, w), which is wide.

        A narrow picture may be longer, so that its short side keeps a feature; never more pixels.
        """
        (short, long), pixels = sorted(picture.size), largest[0] * largest[1]
        side = min(largest[1], math.floor(math.sqrt(pixels * long / short)))
        side = max(side, min(math.ceil(LEAST_SIDE * long / short), pixels // LEAST_SIDE))
        return picture.remember(f"working {side}", lambda: cls._make(shrink(picture.pixels, side)))

    @classmethod
    def _make(cls, pixels: np.ndarray) -> Working:
        h, w = pixels.shape[:2]
        if min(h, w) < LEAST_SIDE:
            raise Refusal(Text("refused.working", {"width": w, "height": h, "least": LEAST_SIDE}))
        return cls(pixels, hashlib.blake2b(pixels.tobytes() + repr(pixels.shape).encode()).hexdigest())

    @property
    def size(self) -> Size:
        """(H, W)."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def image(self) -> Tensor:
        """(1, 3, H, W) float32 in [0, 1]."""
        return torch.from_numpy(np.ascontiguousarray(self.pixels.transpose(2, 0, 1)))[None].float().div_(255)
