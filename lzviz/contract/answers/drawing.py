"""Pure functions from a setting to pictures: what the page shows, drawn by Python on the original resolution.

Arrays are (H, W, 3 or 4) uint8. Colours and ranges are those of the page (``lzviz/canvas/viewer/colours.js``, light theme).
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from html import escape

import cv2
import numpy as np
from torch import Tensor

from lzviz import resampling
from lzviz.contract.answers.warp import Setting
from lzviz.contract.pictures import encode_png
from lzviz.coords import Size, to_pixels

AMBER = (255, 178, 46)
INK = (26, 28, 31)
SHRUNK, UNIFORM, MAGNIFIED = (179, 88, 6), (216, 216, 211), (43, 108, 176)
SALIENCY_ALPHA = 0.62
DENSITY_ALPHA, DENSITY_RANGE = 0.85, 4.0
LOG_RANGE = 2.0
DIFFERENCE_GAIN = 2.0
HEAT = np.array([(8, 8, 16), (74, 27, 98), (170, 54, 84), (240, 130, 60), (252, 245, 190)], np.float32)
# Sub-pixel bits of OpenCV's drawing functions.
SHIFT = 4
MOST_PIXELS = 8_000_000

Floats = np.ndarray


def bounded(source: Size) -> Size:
    """The size a source-sized picture is drawn at: its own, or the largest of the same shape below 8 megapixels."""
    scale = min(1.0, math.sqrt(MOST_PIXELS / (source[0] * source[1])))
    return max(1, int(source[0] * scale)), max(1, int(source[1] * scale))


def to_bytes(image: Tensor) -> np.ndarray:
    """(1, C, H, W) in [0, 1] to (H, W, C) uint8, rounded."""
    return (image[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()


# The four views -----------------------------------------------------------------------------------------------------


def unzoomed(setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """The zoomed image brought back: (H, W, 3) uint8 at :func:`bounded` size, and where it is valid (H, W) bool."""
    grid, valid = setting.warp_float32.inverse_grid(bounded(setting.picture.size))
    return to_bytes(resampling.read(setting.image(), grid)), valid[0].numpy()


def unzoomed_view(setting: Setting) -> np.ndarray:
    """The unzoomed image (H, W, 4), transparent where the zoomed image has seen nothing."""
    pixels, valid = unzoomed(setting)
    return np.dstack((pixels, np.where(valid, 255, 0).astype(np.uint8)))


def difference_view(setting: Setting) -> np.ndarray:
    """Mean absolute difference of unzoomed and source over the channels, twice as bright, as heat; (H, W, 4)."""
    pixels, valid = unzoomed(setting)
    there = _source(setting).astype(np.int16)
    grey = np.abs(pixels.astype(np.int16) - there).mean(axis=2, dtype=np.float32) * DIFFERENCE_GAIN
    return np.dstack((heat(grey / 255), np.where(valid, 255, 0).astype(np.uint8)))


def source_view(setting: Setting) -> np.ndarray:
    """The source with the areas of the layers that are on; the photograph recedes as soon as one is."""
    pixels, layers = _source(setting), setting.state.layers
    canvas = recede(pixels) if layers else pixels.astype(np.float32)
    weights = setting.emphasis()
    if "saliency" in layers and weights is not None:
        canvas = _blend(canvas, AMBER, SALIENCY_ALPHA * _stretched(weights[0, 0].numpy(), pixels.shape))
    if "density" in layers:
        canvas = _blend(canvas, INK, DENSITY_ALPHA * np.clip(_density(setting, pixels.shape), 0, 1))
    if "jacobian" in layers:
        canvas = _magnification(canvas, setting)
    return canvas.round().clip(0, 255).astype(np.uint8)


def _source(setting: Setting) -> np.ndarray:
    h, w = bounded(setting.picture.size)
    pixels = setting.picture.pixels
    return pixels if pixels.shape[:2] == (h, w) else cv2.resize(pixels, (w, h), interpolation=cv2.INTER_AREA)


# Layers -------------------------------------------------------------------------------------------------------------


def recede(pixels: np.ndarray) -> Floats:
    """A photograph at half its saturation and nine tenths of its brightness, float32, so that the data speak."""
    values = pixels.astype(np.float32)
    grey = values @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    return (0.9 * 0.5) * (values + grey[..., None])


def heat(values: np.ndarray) -> np.ndarray:
    """[0, 1] to black, purple, orange, pale yellow; lightness rises evenly."""
    at = np.clip(values, 0, 1) * (len(HEAT) - 1)
    low = np.minimum(at.astype(np.intp), len(HEAT) - 2)
    share = (at - low)[..., None]
    return (HEAT[low] * (1 - share) + HEAT[low + 1] * share).round().astype(np.uint8)


def _blend(canvas: Floats, colour: tuple[int, int, int], alpha: Floats) -> Floats:
    return canvas + alpha[..., None].astype(np.float32) * (np.array(colour, np.float32) - canvas)


def _stretched(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A corner-aligned map (h, w) at every pixel of an image."""
    h, w = values.shape
    y, x = (np.linspace(0, n - 1, m, dtype=np.float32) for n, m in zip((h, w), shape[:2], strict=True))
    columns, rows = np.meshgrid(x, y)
    return cv2.remap(values.astype(np.float32), columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _density(setting: Setting, shape: tuple[int, ...]) -> np.ndarray:
    """Samples per place as a share of ``DENSITY_RANGE`` times the mean, on cells of about two uniform samples."""
    layout = setting.warp.at(setting.zoomed, setting.picture.size)
    cells = tuple(max(2, n // 2) for n in setting.zoomed)
    density = layout.density(cells)[0].numpy()  # type: ignore[arg-type]
    density[[0, -1]] *= 2  # a border cell covers half a cell of the image
    density[:, [0, -1]] *= 2
    return _stretched(density / density.mean() / DENSITY_RANGE, shape)


def _magnification(canvas: Floats, setting: Setting) -> Floats:
    """Every tile in the colour of its magnification against uniform: orange shrunk, blue magnified, grey as it was."""
    quads, folds, zoom = tiles(setting, canvas.shape)
    sound = ~folds & np.isfinite(zoom)
    logs = (np.log2(np.where(sound, zoom, 1.0)) / LOG_RANGE).clip(-1, 1)
    colours, alpha = canvas.copy(), np.zeros(canvas.shape[:2], np.float32)
    for quad, s in zip(quads[sound], logs[sound], strict=True):
        end = np.array(SHRUNK if s < 0 else MAGNIFIED, float)
        colour = UNIFORM + min(1.0, 1.6 * abs(s)) * (end - UNIFORM)
        cv2.fillConvexPoly(colours, _fixed(quad), colour.tolist(), cv2.LINE_8, SHIFT)
        cv2.fillConvexPoly(alpha, _fixed(quad), 0.35 + 0.5 * min(1.0, 2 * abs(s)), cv2.LINE_8, SHIFT)
    return canvas + alpha[..., None] * (colours - canvas)


def tiles(setting: Setting, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The tiles of the control grid over an image: corners (N, 4, 2) in its pixels, folded (N,), linear zoom (N,)."""
    nodes = to_pixels(setting.nodes, (shape[0], shape[1])).numpy()
    corners = (nodes[:-1, :-1], nodes[:-1, 1:], nodes[1:, 1:], nodes[1:, :-1])
    quads = np.stack(corners, axis=2).reshape(-1, 4, 2)
    folds = setting.warp.foldovers()[0].numpy().ravel()  # type: ignore[attr-defined]
    one, other = quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1]
    area = 0.5 * (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
    uniform = (shape[0] - 1) * (shape[1] - 1) / len(quads)
    with np.errstate(divide="ignore", invalid="ignore"):
        zoom = np.sqrt(np.where(area > 0, uniform / area, np.inf))
    return quads, folds, zoom


# Marks: points, mesh, folds, as pixels or as SVG ----------------------------------------------------------------------


def sites(setting: Setting, shape: tuple[int, ...]) -> np.ndarray:
    """Where the samples lie over an image, (N, 2) pixels."""
    return to_pixels(setting.warp.grid(setting.zoomed), (shape[0], shape[1])).reshape(-1, 2).double().numpy()


def mesh(setting: Setting, shape: tuple[int, ...]) -> list[np.ndarray]:
    """The lines of the control grid over an image: rows, then columns, each (N, 2) pixels."""
    nodes = to_pixels(setting.nodes, (shape[0], shape[1])).numpy()
    return [*nodes, *nodes.transpose(1, 0, 2)]


def draw_marks(canvas: np.ndarray, setting: Setting) -> np.ndarray:
    """``source_view`` with the layers that are lines and dots drawn into it, anti-aliased."""
    layers, canvas = setting.state.layers, canvas.copy()
    unit = max(1.0, max(canvas.shape) / 1024)
    if "folds" in layers:
        quads, folds, _ = tiles(setting, canvas.shape)
        for quad in quads[folds]:
            cv2.polylines(canvas, [_fixed(quad)], True, INK, max(1, round(1.5 * unit)), cv2.LINE_AA, SHIFT)
            cv2.polylines(canvas, [_fixed(quad[[0, 2]])], False, INK, max(1, round(unit)), cv2.LINE_AA, SHIFT)
    if "mesh" in layers:
        lines = [_fixed(line) for line in mesh(setting, canvas.shape)]
        cv2.polylines(canvas, lines, False, (255, 255, 255), max(1, round(unit)), cv2.LINE_AA, SHIFT)
    if "points" in layers:
        for centre in _fixed(sites(setting, canvas.shape)):
            cv2.circle(canvas, centre.tolist(), round(2.1 * unit * 2**SHIFT), INK, -1, cv2.LINE_AA, SHIFT)
            cv2.circle(canvas, centre.tolist(), round(1.3 * unit * 2**SHIFT), (255, 255, 255), -1, cv2.LINE_AA, SHIFT)
    return canvas


def _fixed(points: np.ndarray) -> np.ndarray:
    """Pixels to OpenCV's fixed point; far outside is brought near, where integers can hold it."""
    return (np.clip(points, -1e5, 1e5) * 2**SHIFT).round().astype(np.int32)


def svg(pixels: np.ndarray, sentence: str, marks: Iterable[str] = (), pixelated: bool = False) -> bytes:
    """A picture as SVG, the pixels embedded losslessly and ``marks`` above them in its pixel coordinates.

    Pixel centres are integers in our coordinates and half-integers in those of an image in SVG, so marks are moved.
    """
    h, w = pixels.shape[:2]
    data = base64.b64encode(encode_png(pixels)).decode()
    style = ' style="image-rendering:pixelated"' if pixelated else ""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img">',
        f"<title>{escape(sentence)}</title>",
        f'<image width="{w}" height="{h}"{style} href="data:image/png;base64,{data}"/>',
        '<g transform="translate(.5 .5)" fill="none" stroke-linejoin="round">',
        *marks,
        "</g></svg>",
    ]
    return "\n".join(lines).encode()


def svg_marks(setting: Setting, shape: tuple[int, ...]) -> list[str]:
    """The layers that are lines and dots, as SVG elements."""
    layers, unit = setting.state.layers, max(1.0, max(shape) / 1024)
    marks = []
    if "folds" in layers:
        quads, folds, _ = tiles(setting, shape)
        outline = "".join(f"{_path(quad)}z{_path(quad[[0, 2]])}" for quad in quads[folds])
        marks.append(f'<path stroke="#1a1c1f" stroke-width="{1.5 * unit:.2f}" d="{outline}"/>')
    if "mesh" in layers:
        lines = "".join(_path(line) for line in mesh(setting, shape))
        marks.append(f'<path stroke="#fff" stroke-width="{unit:.2f}" d="{lines}"/>')
    if "points" in layers:
        # A line of no length with a round end is a dot: two elements for any number of them.
        dots = "".join(f"M{x:.2f} {y:.2f}h0" for x, y in sites(setting, shape))
        for colour, width in (("#1a1c1f", 4.2), ("#fff", 2.6)):
            marks.append(
                f'<path stroke="{colour}" stroke-width="{width * unit:.2f}" stroke-linecap="round" d="{dots}"/>'
            )
    return marks


def _path(points: np.ndarray) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
