"""True labels of a picture: those that a drawn scene brings, and label maps that visitors bring.

A truth is numbers and the names of the classes that they stand for, so that any checkpoint whose classes have those names can
be held against it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from lzviz import palette
from lzviz.contract.memory import Memory
from lzviz.contract.pictures import LOSSY, OWN_PREFIX, opened
from lzviz.contract.wire import Refusal
from lzviz.text import Text

IGNORE = 255
# Colours that are no class may cover so much of a map (borders that an editor blended) before it is refused.
STRANGE = 0.05
# Pixels whose numbers are looked at together.
STRIP = 1 << 20

# The colours in which the data sets' own label maps are drawn.
CAMVID_COLOURS = {
    "sky": (128, 128, 128), "building": (128, 0, 0), "pole": (192, 192, 128), "road": (128, 64, 128),
    "pavement": (60, 40, 222), "tree": (128, 128, 0), "sign": (192, 128, 128), "fence": (64, 64, 128),
    "car": (64, 0, 128), "pedestrian": (64, 64, 0), "bicyclist": (0, 128, 192),
}  # fmt: skip
CITYSCAPES_COLOURS = {
    "road": (128, 64, 128), "sidewalk": (244, 35, 232), "building": (70, 70, 70), "wall": (102, 102, 156),
    "fence": (190, 153, 153), "pole": (153, 153, 153), "traffic light": (250, 170, 30), "traffic sign": (220, 220, 0),
    "vegetation": (107, 142, 35), "terrain": (152, 251, 152), "sky": (70, 130, 180), "person": (220, 20, 60),
    "rider": (255, 0, 0), "car": (0, 0, 142), "truck": (0, 0, 70), "bus": (0, 60, 100), "train": (0, 80, 100),
    "motorcycle": (0, 0, 230), "bicycle": (119, 11, 32),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Truth:
    """Labels of a whole picture.

    Attributes:
        labels: (H, W) uint8, an index into ``classes``; 255 = not labelled.
        classes: names.
        source: "scene" (drawn with the picture) or "upload".
        kind: how an upload was written, "index" or "colour".
        notes: what was decided while reading.
    """

    labels: np.ndarray
    classes: tuple[str, ...]
    source: str
    kind: str = "index"
    notes: tuple[Text, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        return self.labels.shape[0], self.labels.shape[1]

    @property
    def labelled(self) -> float:
        """Share of the pixels that have a label."""
        return float((self.labels != IGNORE).mean())

    @property
    def found(self) -> list[str]:
        """The classes that occur."""
        return [self.classes[index] for index in np.unique(self.labels) if index != IGNORE]

    @property
    def key(self) -> str:
        """What the labels are called in caches."""
        return hashlib.blake2b(self.labels.tobytes(), digest_size=12, person=b"truth").hexdigest()

    def within(self, size: tuple[int, int]) -> np.ndarray:
        """The labels at another size, each pixel the one at its middle: (h, w) uint8."""
        rows, columns = (((np.arange(n) + 0.5) * m / n).astype(int) for n, m in zip(size, self.size, strict=True))
        return self.labels[rows[:, None], columns]

    def named(self, names: Sequence[str]) -> Truth | None:
        """The same labels as indices of other class names; classes without a namesake are not labelled. ``None`` when the
        names leave a third of the labelled pixels without a class: roads and trees alone make no street of a town from above."""
        places = {palette.common(name): index for index, name in reversed(list(enumerate(names)))}
        table = np.full(256, IGNORE, np.uint8)
        for index, name in enumerate(self.classes):
            table[index] = places.get(palette.common(name), IGNORE)
        lost = [name for index, name in enumerate(self.classes) if table[index] == IGNORE]
        labels = table[self.labels]
        labelled, kept = (int((each != IGNORE).sum()) for each in (self.labels, labels))
        if 3 * kept < 2 * labelled or len(lost) == len(self.classes):
            return None
        notes = [Text("note.lost", {"classes": lost})] if lost else []
        return Truth(labels, tuple(names), self.source, self.kind, (*self.notes, *notes))


# An upload -> Truth ------------------------------------------------------------------------------------------------


def read(data: bytes, size: tuple[int, int], classes: Sequence[str]) -> Truth:
    """A label map of a picture of ``size`` (H, W): one number a pixel (an index into ``classes``), or one colour.

    Raises:
        Refusal: another size, a lossy format, numbers or colours that are no class.
    """
    with opened(data) as image:
        if image.format in LOSSY:
            raise Refusal(Text("refused.labels.lossy", {"format": image.format}), 415)
        _check_size((image.height, image.width), size)
        values = _values(image)
    return _of_numbers(values, classes) if values.ndim == 2 else _of_colours(values)


def of_array(values: np.ndarray, size: tuple[int, int], classes: Sequence[str]) -> Truth:
    """The same of an array of class indices, (H, W) or with axes of length 1 besides.

    Raises:
        Refusal: another shape or size, numbers that are not whole or no class.
    """
    flat = values.squeeze()
    if flat.ndim != 2 or flat.dtype.kind not in "biuf":
        raise Refusal(Text("refused.labels.array", {"type": str(values.dtype), "shape": str(values.shape)}))
    _check_size(flat.shape, size)
    if flat.dtype.kind == "f" and not (np.isfinite(flat) & (flat == np.floor(flat))).all():
        raise Refusal(Text("refused.labels.whole"))
    return _of_numbers(flat, classes)


def _check_size(found: tuple[int, ...], size: tuple[int, int]) -> None:
    if found != size:
        sizes = {"width": found[1], "height": found[0], "pictureWidth": size[1], "pictureHeight": size[0]}
        raise Refusal(Text("refused.labels.size", sizes))


def _values(image: Image.Image) -> np.ndarray:
    """Numbers (H, W), or colours (H, W, 4) with their opacity; a palette's numbers are its indices."""
    if image.mode in ("P", "L", "1", "I", "I;16", "I;16B", "I;16L"):
        return np.asarray(image)
    rgba = np.asarray(image.convert("RGBA"))
    strips = (rgba[rows] for rows in _strips(rgba))
    grey = all((part[..., :3] == part[..., :1]).all() and (part[..., 3] == 255).all() for part in strips)
    return rgba[..., 0] if grey else rgba


def _strips(values: np.ndarray) -> Iterator[slice]:
    """Rows of a large array, :data:`STRIP` pixels at a time, so that what is computed from them stays small."""
    rows = max(1, STRIP // values.shape[1])
    return (slice(start, start + rows) for start in range(0, len(values), rows))


def _of_numbers(values: np.ndarray, classes: Sequence[str]) -> Truth:
    count, void = len(classes), False
    labels = np.empty(values.shape, np.uint8)
    for rows in _strips(values):
        numbers = values[rows].astype(np.int64)
        none = (numbers == IGNORE) | (numbers == count)
        odd = numbers[~none & ((numbers < 0) | (numbers >= count))]
        if odd.size:
            ends = {"first": classes[0], "last": count - 1, "lastName": classes[-1]}
            said = {"number": int(odd[0]), **ends, "void": count, "ignored": IGNORE}
            raise Refusal(Text("refused.labels.number", said))
        void = void or bool((numbers == count).any())
        labels[rows] = np.where(none, IGNORE, numbers)
    notes = (Text("note.void", {"number": count}),) if void else ()
    return _some(Truth(labels, tuple(classes), "upload", "index", notes))


def _of_colours(rgba: np.ndarray) -> Truth:
    table = colour_table()
    names = tuple(dict.fromkeys(table.values()))
    index = np.full(1 << 24, IGNORE, np.uint8)
    for (r, g, b), name in table.items():
        index[(r << 16) + (g << 8) + b] = names.index(name)
    labels, seen = np.empty(rgba.shape[:2], np.uint8), np.zeros(1 << 24, np.int32)
    for rows in _strips(rgba):
        codes = rgba[rows, :, :3].astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
        opaque = rgba[rows, :, 3] == 255
        labels[rows] = np.where(opaque, index[codes], IGNORE)
        found, counts = np.unique(codes[(index[codes] == IGNORE) & (codes != 0) & opaque], return_counts=True)
        seen[found] += counts.astype(np.int32)
    share = float(seen.sum() / labels.size)
    if share > STRANGE:
        raise Refusal(Text("refused.labels.colours", {"share": share, "colour": f"#{int(seen.argmax()):06x}"}))
    notes = (Text("note.strange", {"share": share}),) if share else ()
    return _some(Truth(labels, names, "upload", "colour", notes))


def _some(truth: Truth) -> Truth:
    if not truth.labelled:
        raise Refusal(Text("refused.labels.none"))
    return truth


def colour_table() -> Mapping[tuple[int, int, int], str]:
    """Colour -> class name: the page's, CamVid's and Cityscapes'."""
    ours = {palette.rgb(colour): name for name, colour in palette.COLOURS.items()}
    theirs = {
        rgb: palette.common(name) for table in (CITYSCAPES_COLOURS, CAMVID_COLOURS) for name, rgb in table.items()
    }
    return theirs | ours


class Truths:
    """Label maps that visitors brought, held like their pictures (:class:`lzviz.contract.pictures.Uploads`)."""

    def __init__(
        self, memory: Memory, key: bytes, read: Callable[[bytes, tuple[int, int], Sequence[str]], Truth] = read
    ):
        self._memory, self._key, self._read = memory, key, read

    def add(self, data: bytes, size: tuple[int, int], classes: Sequence[str], owner: str = "") -> tuple[str, Truth]:
        """Read and hold a label map of an owner: (its id, the truth)."""
        truth = self._read(data, size, classes)
        identifier = (
            OWN_PREFIX
            + hashlib.blake2b(data + repr((size, tuple(classes))).encode(), key=self._key, digest_size=16).hexdigest()
        )
        self._memory.put("truth", identifier, truth, truth.labels.nbytes, owner)
        return identifier, truth

    def get(self, identifier: str) -> Truth:
        """The truth; a 404 sentence when it is unknown or was let go."""
        if truth := self._memory.get("truth", identifier):
            return truth
        raise Refusal(Text("refused.labels.gone"), 404, missing="truth")
