"""Pictures: the ones that ship, the ones a visitor brings, and the level of each that the browser shows.

Everything becomes (H, W, 3) uint8 in RGB. What had to be decided on the way there is told in ``notes``.
"""

from __future__ import annotations

import hashlib
import io
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from lzviz.contract.boxed import TrueBoxes
from lzviz.contract.memory import Memory
from lzviz.contract.wire import Refusal
from lzviz.text import Text

T = TypeVar("T")

MAX_PIXELS = 100_000_000
DISPLAY_SIDE = 2048
THUMB_SIDE = 96
# Readers that decode by themselves: no format that starts another program (EPS) or opens other files.
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "PPM", "AVIF", "HEIF")
FORMATS_FOR_PEOPLE = "PNG, JPEG, WebP, TIFF, GIF, BMP, PPM, AVIF or HEIC"
LOSSY = ("JPEG", "AVIF", "HEIF")
"""Those that never keep values as they are."""
OWN_PREFIX = "own-"
# Where a JPEG that was reduced keeps how many pixels it has.
FULL = "pixels in full"

# Pillow warns beyond this and refuses beyond twice this; we refuse ourselves, from the header, before decoding.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


@dataclass(frozen=True, eq=False)
class Picture:
    """Decoded pixels (H, W, 3) uint8 RGB at full resolution, and what was decided while decoding."""

    pixels: np.ndarray
    notes: tuple[Text, ...] = ()
    # How a script gets the same pixels, as one Python expression; empty for a visitor's own.
    source: str = ""
    # What has a box in it, where the picture was drawn with them.
    boxes: TrueBoxes | None = None
    _memory: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def display(self) -> bytes:
        """The level that the browser shows, encoded: long side at most ``DISPLAY_SIDE``, area-averaged; PNG unless told."""
        return self.remember("display", lambda: encode_png(shrink(self.pixels, DISPLAY_SIDE)))

    @property
    def display_type(self) -> str:
        """The media type of :attr:`display`."""
        return "image/jpeg" if self.display.startswith(b"\xff\xd8") else "image/png"

    @property
    def thumb(self) -> bytes:
        """JPEG of a thumbnail, long side at most ``THUMB_SIDE``: a page fetches a dozen before anybody chose one."""
        return self.remember("thumb", lambda: _encode_jpeg(shrink(self.pixels, THUMB_SIDE)))

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


def encode_png(pixels: np.ndarray, texts: Mapping[str, str] | None = None) -> bytes:
    """A lossless PNG of (H, W), (H, W, 3) or (H, W, 4) uint8, without colour profile: values arrive as they are.

    ``texts`` are kept in the file by their names.
    """
    buffer, words = io.BytesIO(), PngInfo()
    for name, text in (texts or {}).items():
        words.add_text(name, text)
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=3, pnginfo=words)
    return buffer.getvalue()


def _encode_jpeg(pixels: np.ndarray) -> bytes:
    """A small JPEG of (H, W, 3) uint8, of full chroma: colours tell thumbnails apart."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=85, subsampling=0, optimize=True)
    return buffer.getvalue()


# Uploaded bytes -> Picture ------------------------------------------------------------------------------------------


def formats() -> tuple[str, ...]:
    """Those of :data:`FORMATS` that this build of Pillow has; HEIC is pillow-heif's, which belongs to the app's packages."""
    Image.init()
    if "HEIF" not in Image.OPEN:
        with suppress(ImportError):
            import pillow_heif

            # One picture, one thread: nothing of a file is kept but its picture, and threads reserve the address space of many.
            pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    return tuple(name for name in FORMATS if name in Image.OPEN)


@contextmanager
def opened(data: bytes, reduced: bool = False) -> Iterator[Image.Image]:
    """An image file held in memory, its size checked, not yet decoded; whatever fails inside the block becomes a
    :class:`~lzviz.contract.wire.Refusal` with a sentence. ``reduced``: a JPEG that is too large is decoded at half its size."""
    if not data:
        raise Refusal(Text("refused.image.empty"))
    try:
        with Image.open(io.BytesIO(data), formats=formats()) as image:
            if reduced and image.format == "JPEG" and math.prod(image.size) > MAX_PIXELS:
                image.info[FULL] = math.prod(image.size)
                image.draft(None, (image.width // 2, image.height // 2))  # type: ignore[arg-type]
            _check_pixels(*image.size)
            yield image
    except Refusal:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refusal(Text("refused.image.pixels.over", {"count": 200, "most": MAX_PIXELS // 10**6}), 413) from None
    except UnidentifiedImageError:
        raise Refusal(Text("refused.image.unread", {"formats": FORMATS_FOR_PEOPLE}), 415) from None
    except MemoryError:
        raise Refusal(Text("refused.image.noMemory"), 503) from None
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        struct.error,
        LookupError,
        TypeError,
        RuntimeError,
        ArithmeticError,
    ):
        raise Refusal(Text("refused.image.damaged"), 422) from None


def decode(data: bytes) -> Picture:
    """Decode an image file held in memory; :class:`~lzviz.contract.wire.Refusal` with a sentence when it cannot be shown.

    The first frame or page counts; EXIF rotation is applied; transparency is laid on white; 16 bits are scaled to 8; a JPEG of
    more than :data:`MAX_PIXELS` is read at half its width and height.
    """
    with opened(data, reduced=True) as image:
        notes: list[Text] = []
        if image.format == "JPEG" and (pixels := image.info.get(FULL)):
            notes.append(Text("note.reduced", {"megapixels": round(pixels / 1e6)}))
        if getattr(image, "n_frames", 1) > 1:
            notes.append(Text("note.frames", {"count": image.n_frames}))  # type: ignore[attr-defined]
        image.load()
        upright = ImageOps.exif_transpose(image)
        # HEIC is turned while it is read.
        turned = image.info.get("original_orientation") or image.getexif().get(0x0112, 1)
        if upright.size != image.size or turned != 1:
            notes.append(Text("note.upright"))
        return Picture(_to_rgb(upright, notes), tuple(notes))


def _check_pixels(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise Refusal(Text("refused.image.noPixels"), 422)
    if width * height > MAX_PIXELS:
        counts = {"count": width * height / 1e6, "most": MAX_PIXELS // 10**6}
        raise Refusal(Text("refused.image.pixels", counts), 413)


def _to_rgb(image: Image.Image, notes: list[Text]) -> np.ndarray:
    """Any mode of Pillow to (H, W, 3) uint8."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _deep_grey_to_rgb(np.asarray(image), notes)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return _on_white(image.convert("RGBA"), notes)
    if image.mode == "CMYK":
        notes.append(Text("note.cmyk"))
    return np.asarray(image.convert("RGB"))


def _deep_grey_to_rgb(values: np.ndarray, notes: list[Text]) -> np.ndarray:
    """Grey of more than 8 bits: integers by their nominal range (12 or 16 bits), anything else by its own extremes."""
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    if np.issubdtype(values.dtype, np.integer) and low >= 0 and high <= 65535:
        bits = 12 if 255 < high <= 4095 else 16
        low, high = 0.0, float(2**bits - 1)
        notes.append(Text("note.bits", {"bits": bits}))
    else:
        notes.append(Text("note.stretched", {"low": low, "high": high}))
    grey = np.rint((finite - low) * (255 / max(high - low, 1e-30))).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _on_white(image: Image.Image, notes: list[Text]) -> np.ndarray:
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    if image.getchannel("A").getextrema() != (255, 255):
        notes.append(Text("note.transparent"))
    return np.asarray(Image.alpha_composite(white, image).convert("RGB"))


class Uploads:
    """Pictures that visitors brought, by a keyed hash of their bytes: only who has the file knows its id.

    The least recently used is forgotten and the browser, which still has it, sends it again. ``decode`` reads a file; ``key``
    is of the ids: processes with the same one call a file the same.
    """

    def __init__(self, memory: Memory, key: bytes, decode: Callable[[bytes], Picture] = decode):
        self._memory, self._key, self._decode = memory, key, decode

    def add(self, data: bytes, owner: str = "") -> tuple[str, Picture]:
        """Decode and hold an uploaded file of an owner: (its id, the picture)."""
        identifier = OWN_PREFIX + hashlib.blake2b(data, key=self._key, digest_size=16).hexdigest()
        picture = self._memory.get("picture", identifier) or self._decode(data)
        self._memory.put("picture", identifier, picture, picture.cost, owner)
        return identifier, picture

    def get(self, identifier: str) -> Picture:
        """The picture; a 404 sentence when it is unknown or was let go."""
        if picture := self._memory.get("picture", identifier):
            return picture
        raise Refusal(Text("refused.picture.gone"), 404, missing="picture")
