"""Which marked pixel is the nearest? One index map for all channels, in time that hardly depends on how many are marked.

The index map serves whatever is to be spread from scattered samples: labels, scores of any number of channels, coordinates.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

FEW = 4096
"""As few pixels without their nearest are searched for it, each in the rows around it; more ask their neighbours first."""


def nearest_marked(marked: Tensor) -> Tensor:
    """The nearest marked pixel of every pixel: (B, H, W) int64, its index ``row * W + column``.

    Nearest by the Euclidean distance, exactly; of equally near ones any may answer. A 5 x 5 chamfer transform finds candidates,
    within 2 % of the distance; an exact transform, which knows distances but not to whom, tells the pixels that have a wrong one.
    These take the best of their neighbours' answers as long as that helps, and what is left is searched.

    Args:
        marked: (B, H, W) bool, at least one pixel of each image True.

    Raises:
        ValueError: another shape or dtype, or an image without a marked pixel.
    """
    if marked.ndim != 3 or marked.dtype != torch.bool:
        raise ValueError(f"expected marked pixels (B, H, W) bool, got {marked.dtype} {tuple(marked.shape)}")
    if not bool(marked.flatten(1).any(1).all()):
        raise ValueError("an image has no marked pixel, so no pixel has a nearest one; treat it apart")
    maps = [_nearest(np.ascontiguousarray(image)) for image in marked.cpu().numpy()]
    return torch.from_numpy(np.stack(maps)).to(marked.device)


def _nearest(marked: np.ndarray) -> np.ndarray:
    seeds = np.flatnonzero(marked)
    unmarked = (~marked).astype(np.uint8)
    transform = cv2.distanceTransformWithLabels(unmarked, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    cells = np.asarray(transform[1], dtype=np.int32)
    pixel_of = np.zeros(len(seeds) + 1, dtype=np.int64)  # cells are numbered from 1
    pixel_of[cells.ravel()[seeds]] = seeds
    index = pixel_of[cells]
    exact = cv2.distanceTransform(unmarked, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).ravel()
    wrong = _beyond(index, np.arange(index.size), exact)
    while len(wrong):
        if len(wrong) <= FEW or not _asked(index, wrong):
            _searched(index, wrong, marked)
            break
        wrong = _beyond(index, wrong, exact)
    return index


def _squares(index: np.ndarray, pixels: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Squared distances of pixels from answers, both row-major in the image that ``index`` maps."""
    (y, x), (there_y, there_x) = np.divmod(pixels, index.shape[1]), np.divmod(answers, index.shape[1])
    return (there_y - y) ** 2 + (there_x - x) ** 2


def _beyond(index: np.ndarray, pixels: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Those of the pixels whose answer is farther away than ``exact``, distances as float32 has them."""
    true = exact[pixels].astype(np.float64) ** 2
    return pixels[_squares(index, pixels, index.ravel()[pixels]) > true * (1 + 2**-22) + 0.25]


def _asked(index: np.ndarray, pixels: np.ndarray) -> bool:
    """Let pixels choose again among their own answers and those of their 8 neighbours; whether any is nearer now."""
    height, width = index.shape
    y, x = np.divmod(pixels, width)
    rows, columns = ((p + np.array([[-1], [0], [1]])).clip(0, n - 1) for p, n in ((y, height), (x, width)))
    candidates = index[rows[:, None], columns[None]].reshape(9, -1)
    squares = _squares(index, pixels, candidates)
    best = squares.argmin(0), np.arange(len(pixels))
    index.ravel()[pixels] = candidates[best]
    return bool((squares[best] < squares[4]).any())


def _searched(index: np.ndarray, pixels: np.ndarray, marked: np.ndarray) -> None:
    """The nearest marked pixel of each of a few, from the nearest one in every row that could hold it."""
    height, width = marked.shape
    columns, far = np.arange(width), 2 * (height + width)
    left = np.maximum.accumulate(np.where(marked, columns, -far), 1)
    right = np.minimum.accumulate(np.where(marked, columns, far)[:, ::-1], 1)[:, ::-1]
    y, x = np.divmod(pixels, width)
    best = _squares(index, pixels, index.ravel()[pixels])
    for step in range(1 + int(np.sqrt(best.max(initial=0)))):
        for row in {step, -step}:
            rows = (y + row).clip(0, height - 1)
            for side in (left, right):
                there = side[rows, x]
                square = (rows - y) ** 2 + (there - x) ** 2
                nearer = square < best
                best = np.where(nearer, square, best)
                index.ravel()[pixels[nearer]] = (rows * width + there)[nearer]
