"""Pictures: the ones that ship, the ones a visitor brings, and the level of each that the browser shows.

Everything becomes (H, W, 3) uint8 in RGB. What had to be decided on the way there is told in ``notes``.
"""

from __future__ import annotations

import hashlib
import io
import secrets
import struct
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from app.cache import ByteCache
from app.wire import Refusal

T = TypeVar("T")

MAX_PIXELS = 100_000_000
DISPLAY_SIDE = 2048
THUMB_SIDE = 96
# Readers that decode by themselves: no format that starts another program (EPS) or opens other files.
FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "TIFF", "GIF", "BMP", "PPM", "AVIF")
FORMATS_FOR_PEOPLE = "PNG, JPEG, WebP, TIFF, GIF, BMP, PPM or AVIF"
OWN_PREFIX = "own-"

# Pillow warns beyond this and refuses beyond twice this; we refuse ourselves, from the header, before decoding.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


@dataclass(frozen=True, eq=False)
class Picture:
    """Decoded pixels (H, W, 3) uint8 RGB at full resolution, and what was decided while decoding."""

    pixels: np.ndarray
    notes: tuple[str, ...] = ()
    _memory: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def display(self) -> bytes:
        """PNG of the level that the browser shows: long side at most ``DISPLAY_SIDE``, area-averaged."""
        return self.remember("display", lambda: encode_png(shrink(self.pixels, DISPLAY_SIDE)))

    @property
    def thumb(self) -> bytes:
        """PNG of a thumbnail, long side at most ``THUMB_SIDE``."""
        return self.remember("thumb", lambda: encode_png(shrink(self.pixels, THUMB_SIDE)))

    def remember(self, name: str, make: Callable[[], T]) -> T:
        """What ``make()`` gave the first time: something small that follows from the pixels alone."""
        if name not in self._memory:
            self._memory[name] = make()
        return self._memory[name]

    @property
    def cost(self) -> int:
        """Bytes to account for in a cache: the pixels and room for the display level."""
        h, w = fit(self.size, DISPLAY_SIDE)
        return self.pixels.nbytes + 3 * h * w


def fit(size: tuple[int, int], side: int) -> tuple[int, int]:
    """``size`` (h, w), shrunk to a long side of at most ``side``, never below one pixel."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def shrink(pixels: np.ndarray, side: int) -> np.ndarray:
    """Area-averaged to a long side of at most ``side``; the same array where it already fits."""
    h, w = fit((pixels.shape[0], pixels.shape[1]), side)
    if (h, w) == pixels.shape[:2]:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((w, h), Image.Resampling.BOX))


def encode_png(pixels: np.ndarray) -> bytes:
    """A lossless PNG of (H, W), (H, W, 3) or (H, W, 4) uint8, without colour profile: values arrive as they are."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


# Uploaded bytes -> Picture ------------------------------------------------------------------------------------------


def decode(data: bytes) -> Picture:
    """Decode an image file held in memory; :class:`~app.wire.Refusal` with a sentence when it cannot be shown.

    The first frame or page counts; EXIF rotation is applied; transparency is laid on white; 16 bits are scaled to 8.
    """
    if not data:
        raise Refusal("The file is empty; choose an image file.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_pixels(*image.size)
            notes: list[str] = []
            if getattr(image, "n_frames", 1) > 1:
                notes.append(f"{image.n_frames} frames or pages: the first one is shown.")  # type: ignore[attr-defined]
            image.load()
            upright = ImageOps.exif_transpose(image)
            if upright.size != image.size or image.getexif().get(0x0112, 1) != 1:
                notes.append("Turned upright, as the camera noted (EXIF).")
            return Picture(_to_rgb(upright, notes), tuple(notes))
    except Refusal:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels("more than 200") from None
    except UnidentifiedImageError:
        raise Refusal(f"This file is not an image that can be read; choose a {FORMATS_FOR_PEOPLE} file.", 415) from None
    except MemoryError:
        raise Refusal("The server has no memory left for this image; shrink it and try again.", 503) from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, KeyError, IndexError, TypeError):
        raise Refusal("The image file is damaged or ends too early; save it again and retry.", 422) from None


def _check_pixels(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise Refusal("The image has no pixels; choose another file.", 422)
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(f"{width * height / 1e6:.0f}")


def _too_many_pixels(count: str) -> Refusal:
    return Refusal(
        f"The image has {count} megapixels and at most {MAX_PIXELS // 10**6} are computed here; shrink or crop it.", 413
    )


def _to_rgb(image: Image.Image, notes: list[str]) -> np.ndarray:
    """Any mode of Pillow to (H, W, 3) uint8."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _deep_grey_to_rgb(np.asarray(image), notes)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return _on_white(image.convert("RGBA"), notes)
    if image.mode == "CMYK":
        notes.append("Printing colours (CMYK) converted to RGB without a colour profile.")
    return np.asarray(image.convert("RGB"))


def _deep_grey_to_rgb(values: np.ndarray, notes: list[str]) -> np.ndarray:
    """Grey of more than 8 bits: integers by their nominal range (12 or 16 bits), anything else by its own extremes."""
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    if np.issubdtype(values.dtype, np.integer) and low >= 0 and high <= 65535:
        bits = 12 if 255 < high <= 4095 else 16
        low, high = 0.0, float(2**bits - 1)
        notes.append(f"{bits} bit grey values scaled to 8 bit.")
    else:
        notes.append(f"Values from {low:g} to {high:g} stretched to 8 bit grey.")
    grey = np.rint((finite - low) * (255 / max(high - low, 1e-30))).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _on_white(image: Image.Image, notes: list[str]) -> np.ndarray:
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    if image.getchannel("A").getextrema() != (255, 255):
        notes.append("Transparent parts are shown on white.")
    return np.asarray(Image.alpha_composite(white, image).convert("RGB"))


class Uploads:
    """Pictures that visitors brought, by a keyed hash of their bytes: only who has the file knows its id.

    Bounded by bytes; the least recently used is forgotten and the browser, which still has it, sends it again.
    """

    def __init__(self, limit: int = 640 << 20):
        self._cache: ByteCache[Picture] = ByteCache(limit)
        self._key = secrets.token_bytes(32)

    def add(self, data: bytes) -> tuple[str, Picture]:
        """Decode and hold an uploaded file: (its id, the picture)."""
        identifier = OWN_PREFIX + hashlib.blake2b(data, key=self._key, digest_size=16).hexdigest()
        picture = self._cache.get(identifier) or decode(data)
        self._cache.put(identifier, picture, picture.cost)
        return identifier, picture

    def get(self, identifier: str) -> Picture:
        """The picture; a 404 sentence when it is unknown or was let go."""
        if picture := self._cache.get(identifier):
            return picture
        raise Refusal("The server no longer holds this picture; choose or drop the file again.", 404)


# The pictures that ship ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shipped:
    """One picture of the gallery. ``size``, (H, W), is known without making it."""

    id: str
    title: str
    credit: str
    size: tuple[int, int]
    make: Callable[[], Picture]
    # How a script gets the same pixels: one Python expression.
    source: str
    # Where a first visitor should look: x0, y0, x1, y1 in source pixels, corner-exclusive.
    highlight: tuple[float, float, float, float] | None = None
    _future: list[Future[Picture]] = field(default_factory=list, compare=False)

    def prepare(self) -> Future[Picture]:
        """Start making the picture in a thread, once; every caller gets the same future."""
        if not self._future:
            self._future.append(Future())
            Thread(target=self._run, daemon=True, name=f"picture-{self.id}").start()
        return self._future[0]

    def _run(self) -> None:
        try:
            picture = self.make()
            _ = picture.display
            self._future[0].set_result(picture)
        except BaseException as error:
            self._future[0].set_exception(error)


STREET = Path(__file__).with_name("street.png")
STREET_SIZE = (1024, 2048)
# The blue direction sign: x0, y0, x1, y1 in pixels.
STREET_HIGHLIGHT = (1006.0, 368.0, 1130.0, 430.0)

_STREET_SOURCE = f"lzviz.scenes.street({STREET_SIZE}).image"

# id, file in scikit-image's wheel, the function there that reads it, title, size, credit.
_PHOTOGRAPHS = (
    ("motorcycle", "motorcycle_left.png", "stereo_motorcycle()[0]", "Motorcycle", (500, 741),
     "Middlebury Stereo 2014 (Scharstein et al.), via scikit-image"),
    ("astronaut", "astronaut.png", "astronaut()", "Astronaut", (512, 512), "NASA, public domain, via scikit-image"),
    ("coffee", "coffee.png", "coffee()", "Coffee", (400, 600), "Rachel Michetti, CC0, via scikit-image"),
    ("chelsea", "chelsea.png", "chelsea()", "Cat", (300, 451), "Stéfan van der Walt, CC0, via scikit-image"),
    ("rocket", "rocket.jpg", "rocket()", "Rocket", (427, 640), "SpaceX, public domain, via scikit-image"),
    ("retina", "retina.jpg", "retina()", "Retina", (1411, 1411), "Mikael Häggström, CC0, via scikit-image"),
    ("tissue", "ihc.png", "immunohistochemistry()", "Tissue", (512, 512),
     "CMMI Charleroi, no known restrictions, via scikit-image"),
    ("hubble", "hubble_deep_field.jpg", "hubble_deep_field()", "Deep field", (872, 1000),
     "NASA / ESA, public domain, via scikit-image"),
)  # fmt: skip


def _photograph(path: Path) -> Picture:
    with Image.open(path) as image:
        return Picture(np.asarray(image.convert("RGB")))


def _street() -> Picture:
    """The street as it was drawn once: drawing it takes seconds, and it is the first thing that anybody sees."""
    picture = _photograph(STREET)
    picture.remember("display", STREET.read_bytes)
    return picture


def draw_street() -> None:
    """Draw the street again and keep it beside this module."""
    from lzviz import scenes

    STREET.write_bytes(encode_png(scenes.street(STREET_SIZE).image))


def shipped() -> dict[str, Shipped]:
    """The gallery by id, the procedural street first. Nothing is decoded, drawn or downloaded yet."""
    package = find_spec("skimage")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("scikit-image is not installed; run `pip install -r requirements.txt`")
    folder = Path(package.submodule_search_locations[0]) / "data"
    street = Shipped("street", "Street", "Drawn by lzviz", STREET_SIZE, _street, _STREET_SOURCE, STREET_HIGHLIGHT)
    photographs = [
        Shipped(id, title, credit, size, partial(_photograph, folder / file), f"skimage.data.{call}")
        for id, file, call, title, size, credit in _PHOTOGRAPHS
    ]
    return {picture.id: picture for picture in (street, *photographs)}
