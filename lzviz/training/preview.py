"""What a pipeline makes of a picture, as one picture: where it samples, what the network sees, what it answers, what is true."""

from __future__ import annotations

import colorsys
import math

import cv2
import numpy as np
from torch import Tensor

from lzviz.coords import Size
from lzviz.datasets import IGNORE, Example
from lzviz.layout import Layout
from lzviz.pipelines.pipeline import Pipeline
from lzviz.warp import WarpLayout

HEIGHT, GAP = 288, 6
POINT = (255, 214, 0)
SPACING = 9
"""Pixels between the points that are drawn, on the average: more of them would hide the picture."""


def preview(pipeline: Pipeline, example: Example) -> np.ndarray:
    """(h, w, 3) uint8: the picture with its sampling points | the zoomed image | what the task shows as classes of pixels: for
    segmentation the prediction and the truth."""
    trace = pipeline.run(example.image.float() / 255, pipeline.task.collate([example.truth]))
    views = [view.name for view in pipeline.task.views if (view.kind, view.frame) == ("classes", "source")]
    picture = _bytes(trace.image[0])
    small = _fit(picture)
    panels = [
        _with_points(small, _thinned(trace.layout, small.shape[:2]), HEIGHT / len(picture)),
        _fit(_bytes(trace.zoomed[0]), picture.shape[:2]),
        *(_fit(_coloured(getattr(trace, name)[0])) for name in views),
    ]
    gap = np.full((HEIGHT, GAP, 3), 255, np.uint8)
    return np.concatenate([part for panel in panels for part in (panel, gap)][:-1], 1)


def png(picture: np.ndarray) -> bytes:
    """A picture (h, w, 3) as the bytes of a PNG file."""
    return cv2.imencode(".png", picture[..., ::-1])[1].tobytes()


def palette(classes: int) -> np.ndarray:
    """(256, 3) uint8: colours by class, hues far apart; black where nothing is labelled."""
    colours = np.zeros((256, 3), np.uint8)
    for k in range(classes):
        hue, value = (k * 0.618034) % 1, (1.0, 0.7)[k % 2]
        colours[k] = [round(255 * c) for c in colorsys.hsv_to_rgb(hue, 0.75, value)]
    return colours


def _bytes(image: Tensor) -> np.ndarray:
    return (image.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()


def _coloured(labels: Tensor) -> np.ndarray:
    return palette(IGNORE)[labels.clamp(0, IGNORE).byte().cpu().numpy()]


def _fit(picture: np.ndarray, shape: tuple[int, int] | None = None) -> np.ndarray:
    """To the height of a panel, and the width of a picture of ``shape``."""
    h, w = shape or picture.shape[:2]
    size = (max(1, round(w * HEIGHT / h)), HEIGHT)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if picture.shape[0] > HEIGHT else cv2.INTER_NEAREST)


def _thinned(layout: Layout, panel: Size) -> np.ndarray:
    """Some of the sites (N, 2): every k-th row and column of a warp's, every k^2-th of other samples."""
    sites = layout.sites.cpu().numpy()
    k = max(1, round(SPACING * (len(sites) / math.prod(panel)) ** 0.5))
    if isinstance(layout, WarpLayout):
        return sites.reshape(*layout.zoomed_size, 2)[k // 2 :: k, k // 2 :: k].reshape(-1, 2)
    return sites[:: k * k]


def _with_points(panel: np.ndarray, sites: np.ndarray, scale: float) -> np.ndarray:
    panel = panel.copy()
    for x, y in np.round((sites + 0.5) * scale - 0.5).astype(int).tolist():
        cv2.circle(panel, (x, y), 1, POINT, -1, cv2.LINE_AA)
    return panel
