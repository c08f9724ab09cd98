"""Films of the gallery: drives along a street, with everything that is true of their frames. Nothing of them is kept in files but a
thumbnail: a frame is drawn when it is asked for."""

from __future__ import annotations

import io
import threading
from functools import partial
from pathlib import Path

from PIL import Image

from lzviz.contract.boxed import TrueBoxes
from lzviz.contract.pictures import Picture
from lzviz.contract.shipped import Film, Shipped

SIZE, FRAMES, FPS, FIRST = (1024, 2048), 12, 10.0, 10
"""Pixels, frames of a film, frames a second, and the frame of the clip that it begins with: by then cars are on their way."""
QUALITY = 88
"""Of the JPEG that a browser shows: as a PNG a frame has ten times as many bytes."""

# id, title, seed: none that training, validation or test draw.
_DRIVES = (("drive", "Drive", 9003), ("crossing", "Drive, later", 9011))


class _Drive:
    """The drive of a seed, whose street is planned when its first frame is wanted."""

    def __init__(self, seed: int):
        self.seed, self._drawing, self._clip = seed, threading.Lock(), None

    def __call__(self, number: int) -> Picture:
        """Frame ``number``, with everybody in it; one at a time."""
        from lzviz import datasets, scenes

        with self._drawing:
            if self._clip is None:
                self._clip = scenes.clip(
                    SIZE, self.seed, FIRST + FRAMES, FPS, memory=1
                )  # who asks keeps what was drawn
            frame = self._clip[FIRST + number]
        true = datasets.objects_of(frame)
        boxes, kinds, ignored, solid, matrix = (
            part.numpy() for part in (true.boxes, true.classes, true.ignored, true.solid, true.intrinsics)
        )
        source = f"lzviz.datasets.objects_of({self.frame(number)})"
        known = TrueBoxes(boxes, kinds, ignored, solid, matrix, scenes.Clip.classes, source)
        picture = Picture(frame.image, source=f"{self.frame(number)}.image", boxes=known)
        picture.remember("display", lambda: _jpeg(Image.fromarray(frame.image), QUALITY))
        return picture

    def frame(self, number: int) -> str:
        """How a script gets it."""
        return f"lzviz.scenes.clip({SIZE}, seed={self.seed}, length={FIRST + FRAMES})[{FIRST + number}]"


def drives() -> list[Shipped]:
    """The films. Nothing is drawn yet."""
    return [_shipped(id, title, _Drive(seed)) for id, title, seed in _DRIVES]


def _shipped(id: str, title: str, drive: _Drive) -> Shipped:
    return Shipped(
        id,
        title,
        "Drawn by lzviz",
        SIZE,
        partial(drive, 0),
        f"{drive.frame(0)}.image",
        boxed=True,
        dataset="clips",
        film=Film(FRAMES, FPS, drive, _thumb(id).read_bytes()),
    )


def _thumb(id: str) -> Path:
    return Path(__file__).with_name(f"{id}.jpg")


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def draw_thumbs() -> None:
    """Draw the thumbnails again and keep them beside this module."""
    for id, _, seed in _DRIVES:
        image = Image.fromarray(_Drive(seed)(0).pixels).crop((512, 256, 1536, 768))
        _thumb(id).write_bytes(_jpeg(image.resize((96, 48), Image.Resampling.BOX), 75))
