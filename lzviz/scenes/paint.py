"""A display list of coloured polygons in unit coordinates, rasterised at any size, band by band.

A scene is described once, without pixels: every polygon has a colour, a material (what the shader should do with
it) and an owner (the object it belongs to). `Painting.bands` draws the list at a size. Colours are supersampled and
averaged, so edges are smooth; owners and materials are read at the pixel's centre, so labels are exact and follow the
drawing order: the last polygon over a pixel's centre owns it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

VOID = 255
_SHIFT = 8  # fractional bits of polygon corners
_BAND_SAMPLES = 6_000_000  # supersampled pixels held at once: bounds the memory at any picture size


@dataclass(frozen=True)
class Frame:
    """Where unit coordinates lie in a picture: pixel edge = unit * scale + origin, x and y.

    size: (h, w) pixels; scale: pixels per unit; origin: (x, y) in pixels, the place of unit (0, 0).
    """

    size: tuple[int, int]
    scale: float
    origin: tuple[float, float]

    def extent(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 of the picture in unit coordinates."""
        (h, w), (ox, oy) = self.size, self.origin
        return -ox / self.scale, -oy / self.scale, (w - ox) / self.scale, (h - oy) / self.scale

    def columns(self) -> np.ndarray:
        """(w,) unit x of the pixel centres."""
        return ((np.arange(self.size[1]) + 0.5 - self.origin[0]) / self.scale).astype(np.float32)

    def rows(self, top: int, bottom: int) -> np.ndarray:
        """(bottom - top,) unit y of the pixel centres."""
        return ((np.arange(top, bottom) + 0.5 - self.origin[1]) / self.scale).astype(np.float32)


@dataclass(frozen=True)
class Band:
    """Some rows of a drawn picture, before shading.

    colour: (rows, w, 3) float32 in 0..255, premultiplied by what `backdrop` leaves;
    backdrop: (rows, w) float32 in 0..1, the share of each pixel covered by backdrop polygons (the sky);
    owners: (rows, w) int32, -1 where nothing was drawn; materials: (rows, w) uint8; both at pixel centres.
    """

    top: int
    bottom: int
    colour: np.ndarray
    backdrop: np.ndarray
    owners: np.ndarray
    materials: np.ndarray


@dataclass
class Painting:
    """Polygons in drawing order, and the objects they belong to."""

    classes: list[int] = field(default_factory=list)  # class index of each object
    boxed: list[bool] = field(default_factory=list)  # does the object get a box?
    _points: list[np.ndarray] = field(default_factory=list)
    _counts: list[np.ndarray] = field(default_factory=list)
    _colours: list[np.ndarray] = field(default_factory=list)
    _tags: list[np.ndarray] = field(default_factory=list)

    def add(self, label: int, boxed: bool = False) -> int:
        """A new object of class `label`; returns the owner number its polygons carry."""
        self.classes.append(label)
        self.boxed.append(boxed)
        return len(self.classes) - 1

    def polygons(self, points, counts, colours, tags, backdrop: bool = False) -> None:
        """Append n polygons.

        points: (m, 2) unit coordinates, the corners of one polygon after another; counts: (n,) corners of each;
        colours: (n, 3) in 0..255; tags: (n,) from `tag`; backdrop: they are windows to what the shader paints behind
        everything.
        """
        rgba = np.empty((len(counts), 4), np.uint8)
        rgba[:, :3] = np.clip(colours, 0, 255)
        rgba[:, 3] = 255 if backdrop else 0
        self._points.append(np.asarray(points, np.float32))
        self._counts.append(np.asarray(counts))
        self._colours.append(rgba)
        self._tags.append(np.asarray(tags))

    def bands(self, frame: Frame) -> Iterator[Band]:
        """Draw the picture, top to bottom, in bands of whole rows."""
        h, w = frame.size
        factor = supersampling(frame.size)
        rows = int(np.clip(_BAND_SAMPLES // (w * factor**2), 1, h))
        polygons = self._flatten()
        for top in range(0, h, rows):
            yield _draw(polygons, frame, top, min(h, top + rows), factor)

    def _flatten(self) -> "_Polygons":
        counts = np.concatenate(self._counts)
        starts = np.concatenate([[0], np.cumsum(counts)])
        points = np.concatenate(self._points)
        low = np.minimum.reduceat(points, starts[:-1])
        high = np.maximum.reduceat(points, starts[:-1])
        none = np.zeros((1, 4), np.uint8)
        colours = np.ascontiguousarray(np.concatenate([none, *self._colours])).view(np.uint32).ravel()
        tags = np.concatenate([[-256], *self._tags]).astype(np.int32)
        return _Polygons(points, starts, low, high, colours, tags)


@dataclass(frozen=True)
class _Polygons:
    points: np.ndarray  # (m, 2)
    starts: np.ndarray  # (n + 1,) first point of each polygon
    low: np.ndarray  # (n, 2)
    high: np.ndarray  # (n, 2)
    colours: np.ndarray  # (n + 1,) uint32, four bytes each; 0 is where nothing was drawn
    tags: np.ndarray  # (n + 1,) int32 from `tag`; -256 (owner -1) is where nothing was drawn


def tag(owner, material=0):
    """One number for what a polygon belongs to and what the shader should do with it."""
    return (np.asarray(owner) << 8) | material


def supersampling(size: tuple[int, int]) -> int:
    """Samples per pixel and axis; odd, so that one lies in the pixel's centre. Small pictures get more."""
    return int(np.clip(3072 // max(size), 3, 9)) // 2 * 2 + 1


def _draw(polygons: _Polygons, frame: Frame, top: int, bottom: int, factor: int) -> Band:
    x0, y0, x1, _ = frame.extent()
    y0, y1 = y0 + top / frame.scale, y0 + bottom / frame.scale
    low, high = polygons.low, polygons.high
    seen = np.flatnonzero((high[:, 1] >= y0) & (low[:, 1] <= y1) & (high[:, 0] >= x0) & (low[:, 0] <= x1))
    # sample k of the fine lattice has its centre at (k + .5) / factor pixels
    corners = (polygons.points.astype(np.float64) * frame.scale + np.subtract(frame.origin, (0, top))) * factor - 0.5
    corners = np.rint(np.clip(corners, -(2**21), 2**21) * 2**_SHIFT).astype(np.int32)
    index = np.zeros(((bottom - top) * factor, frame.size[1] * factor), np.int32)
    starts = polygons.starts.tolist()
    for i in seen.tolist():
        cv2.fillPoly(index, [corners[starts[i] : starts[i + 1]]], i + 1, cv2.LINE_8, _SHIFT)
    colour = polygons.colours[index].view(np.uint8).reshape(*index.shape, 4)
    mean = cv2.resize(colour, (frame.size[1], bottom - top), interpolation=cv2.INTER_AREA)
    tags = polygons.tags[index[factor // 2 :: factor, factor // 2 :: factor]]
    backdrop = mean[..., 3].astype(np.float32) / 255
    return Band(top, bottom, mean[..., :3].astype(np.float32), backdrop, tags >> 8, (tags & 255).astype(np.uint8))


def visible_boxes(owners: np.ndarray, count: int) -> np.ndarray:
    """(count, 4) x0, y0, x1, y1 pixel edges, tight around the visible pixels of each owner; NaN where none is seen.

    owners: (h, w) owner numbers below `count`, or -1.
    """
    h, w = owners.shape
    low = np.full((count + 1, 2), max(h, w), np.int64)  # the last row gathers the owner -1
    high = np.full((count + 1, 2), -1, np.int64)
    columns = np.arange(w)
    for y in range(h):
        row = owners[y]
        change = np.flatnonzero(np.diff(row))  # runs of one owner: their ends are all a box needs
        first = np.concatenate([[0], change + 1])
        last = np.concatenate([change, [w - 1]])
        who = row[first]
        np.minimum.at(low[:, 0], who, columns[first])
        np.maximum.at(high[:, 0], who, columns[last])
        low[who, 1] = np.minimum(low[who, 1], y)
        high[who, 1] = y
    boxes = np.concatenate([low, high + 1], 1).astype(np.float64)
    boxes[high[:, 0] < 0] = np.nan
    return boxes[:-1]
