"""Lists of boxes as COCO writes them (JSON of images, annotations and categories), read once and checked whole: what is wrong is
told at opening, with the file and the entry, and not in the middle of a training.

    listed = read(Path("annotations/instances_val2017.json"))
    listed.classes, listed.pictures[0].file, listed.pictures[0].boxes
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import torch

from lzviz.coords import Size
from lzviz.objects import Objects

PARTS = ("images", "annotations", "categories")
OURS = {"picture", "size", "checkpoint", "boxes", "true"}
"""Keys of the JSON of boxes that the page writes."""
FRAMES = ("frame_index", "frame_id", "fid")
"""What lists call the number of a frame."""
BEYOND = 1.0
"""Times its own size by which a picture may be left by a box: what is cut by the border may be given whole."""

Row = tuple[float, float, float, float, int, bool, float]
"""x0, y0, x1, y1, class, crowd, area (NaN: it was not given)."""


@dataclass(frozen=True, eq=False)
class Pictured:
    """A picture of a list: a name that sorts by film and frame, its file, (h, w) where the list says it, its boxes, its place in
    the list, and the number of its frame where that is said (``frame_index``, ``frame_id`` or ``fid``)."""

    name: str
    file: str
    size: Size | None
    boxes: Sequence[Row]
    listed: Path
    place: int = 0
    frame: int | None = None

    def objects(self, size: Size) -> Objects:
        """What is true of the picture, which turned out to have the ``size`` (h, w)."""
        if self.size is not None and self.size != size:
            raise ValueError(
                f"{self.file} is {size[1]} x {size[0]}, {self.listed} says {self.size[1]} x {self.size[0]}: its boxes are in "
                "the pixels of another picture"
            )
        if self.size is None:
            for row in self.boxes:
                _check_inside(row, size, f"{self.listed}: a box of {self.file}")
        values = torch.tensor([row[:4] for row in self.boxes], dtype=torch.float32).reshape(-1, 4)
        classes = torch.tensor([row[4] for row in self.boxes], dtype=torch.int64)
        crowd = torch.tensor([row[5] for row in self.boxes], dtype=torch.bool)
        area = torch.tensor([row[6] for row in self.boxes], dtype=torch.float32)
        return Objects.flat(values, classes, crowd, area)


@dataclass(frozen=True, eq=False)
class Listed:
    """A list: names of classes in the order of their ids, and pictures in the order of their names."""

    classes: tuple[str, ...]
    pictures: tuple[Pictured, ...]


def read(path: Path) -> Listed:
    """The list in a file, see :func:`parsed`."""
    return parsed(path.read_bytes(), path)


def parsed(data: bytes, path: Path) -> Listed:
    """The list in the bytes of a file, which is called ``path`` where something is wrong with it. The JSON of boxes that the page
    writes is a list of one picture too: what is true in it, or, where nothing is known to be, what was found.

    Boxes without an inside are left out, as COCO's own list has some; boxes may reach over the border of their picture.

    Raises:
        ValueError: the file and the entry, what was expected there, and what stands there instead.
    """
    values = _json(data, path)
    kinds = [_Entry(path, "categories", k, each) for k, each in enumerate(_list(path, values, "categories"))]
    ids = _unique(kinds, "id")
    if len({isinstance(each, str) for each in ids}) > 1:
        raise ValueError(f"{path}: ids of categories are numbers or texts, here they are both: give all the same form")
    _unique(kinds, "name", text=True)
    ordered = sorted(zip(ids, kinds, strict=True), key=lambda pair: pair[0])
    classes = {number: k for k, (number, _) in enumerate(ordered)}
    images = [_Entry(path, "images", k, each) for k, each in enumerate(_list(path, values, "images"))]
    films = values.get("seq_dirs")
    if films is not None and not (isinstance(films, list) and all(isinstance(each, str) for each in films)):
        raise ValueError(f"{path}: seq_dirs are the folders of films, a list of texts, got {_short(films)}")
    numbers = _unique(images, "id")
    named = [_named(each, films) for each in images]
    for file, times in Counter(file for _, file in named).most_common(1):
        if times > 1:
            raise ValueError(f"{path}: {times} images have the file {file!r}: list each picture once")
    sizes = dict(zip(numbers, map(_size, images), strict=True))
    rows = _rows(path, _list(path, values, "annotations"), sizes, classes)
    pictures = [
        Pictured(name, file, sizes[number], rows[number], path, place, _frame(image))
        for place, (number, (name, file), image) in enumerate(zip(numbers, named, images, strict=True))
    ]
    return Listed(tuple(each.values["name"] for _, each in ordered), tuple(sorted(pictures, key=lambda p: p.name)))


def _json(data: bytes, path: Path) -> dict[str, Any]:
    try:
        values = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise ValueError(f"{path} is no text in UTF-8 (byte {problem.start}): save it as UTF-8") from None
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"{path} is no JSON: {str(problem).partition(chr(10))[0]}") from None
    if isinstance(values, dict) and values.keys() >= OURS:
        values = _of_page(values, path)
    missing = [each for each in PARTS if each not in values] if isinstance(values, dict) else []
    if not isinstance(values, dict) or missing:
        what = f"has no {', '.join(missing)}" if missing else f"holds {_short(values)}"
        raise ValueError(f"{path} {what}: it is no list of boxes in COCO's form, an object of {', '.join(PARTS)}")
    return values


def _of_page(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The page's own file as COCO would have it; what is no box stays as it is, to be refused as any other list's."""
    boxes = values["true"] or values["boxes"]
    if not isinstance(boxes, list) or not all(isinstance(each, dict) for each in boxes):
        raise ValueError(f"{path}: boxes and true are lists of objects, got {_short(boxes)}")
    names = list(dict.fromkeys(str(each.get("class")) for each in boxes))
    size = values["size"] if isinstance(values["size"], list) and len(values["size"]) == 2 else [None, None]
    image = {"id": 1, "file_name": str(values["picture"] or "picture"), "height": size[0], "width": size[1]}
    if "frame" in values:
        image["frame_index"] = values["frame"]
    annotations = [
        {
            "id": k,
            "image_id": 1,
            "category_id": names.index(str(each.get("class"))),
            "bbox": _xywh(each.get("box")),
            "iscrowd": int(bool(each.get("ignored"))),
        }
        for k, each in enumerate(boxes)
    ]
    categories = [{"id": k, "name": name} for k, name in enumerate(names)]
    return {"images": [image], "annotations": annotations, "categories": categories}


def _xywh(edges: Any) -> Any:
    if not isinstance(edges, list) or len(edges) != 4 or not all(map(_finite, edges)):
        return edges
    x0, y0, x1, y1 = edges
    return [x0, y0, x1 - x0, y1 - y0]


def _list(path: Path, values: Mapping[str, Any], part: str) -> list[Any]:
    if not isinstance(values[part], list):
        raise ValueError(f"{path}: {part} are a list of objects, got {_short(values[part])}")
    return values[part]


class _Entry:
    """One object of a part, which can say where it stands."""

    def __init__(self, path: Path, part: str, place: int, values: Any):
        self.path, self.part, self.place, self.values = path, part, place, values
        if not isinstance(values, dict):
            raise self.wrong(f"expected an object, got {_short(values)}")

    def wrong(self, told: str) -> ValueError:
        number = f" (id {self.values['id']!r})" if isinstance(self.values, dict) and "id" in self.values else ""
        return ValueError(f"{self.path}: {self.part}[{self.place}]{number}: {told}")

    def id(self, name: str) -> int | str:
        """A whole number or a text."""
        value = self.values.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise self.wrong(f"{name} is a whole number or a text, got {self.told(name)}")
        return value

    def text(self, *names: str) -> str:
        """The first of several that is there."""
        name = next((each for each in names if self.values.get(each) is not None), names[0])
        value = self.values.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(f"{name} is a text, got {self.told(name)}")
        return value

    def whole(self, name: str, below: int | None = None) -> int:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0 or (below is not None and value >= below):
            what = "a whole number from 0" if below is None else f"0 to {below - 1}"
            raise self.wrong(f"{name} is {what}, got {self.told(name)}")
        return value

    def told(self, name: str) -> str:
        return _short(self.values[name]) if name in self.values else "nothing"


def _short(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 60 else f"{said[:57]}..."


def _unique(entries: Sequence[_Entry], name: str, text: bool = False) -> list[Any]:
    """Of each entry its id or name; no two have the same."""
    first: dict[Any, _Entry] = {}
    found = [each.text(name) if text else each.id(name) for each in entries]
    for value, each in zip(found, entries, strict=True):
        if (other := first.setdefault(value, each)) is not each:
            raise each.wrong(f"{each.part}[{other.place}] has the same {name} {value!r}: give each its own")
    return found


def _named(image: _Entry, films: Sequence[str] | None) -> tuple[str, str]:
    """An image's name for us, film and frame where it has them, and its file."""
    file = image.text("file_name", "name")
    if films is not None and "sid" in image.values:
        film, frame = image.whole("sid", len(films)), image.whole("fid")
        return f"film{film:04d}_{frame:05d}", str(PurePosixPath(_inside(image, films[film])) / _inside(image, file))
    return PurePosixPath(_inside(image, file)).with_suffix("").as_posix(), file


def _inside(image: _Entry, file: str) -> str:
    """A name below the folder of the data: the list may be somebody else's."""
    path = PurePosixPath(file)
    if path.is_absolute() or PureWindowsPath(file).anchor or ".." in PureWindowsPath(file).parts or not path.name:
        raise image.wrong(f"pictures are named from the data's folder and lie in it, got {_short(file)}")
    return file


def _frame(image: _Entry) -> int | None:
    name = next((each for each in FRAMES if image.values.get(each) is not None), None)
    return None if name is None else image.whole(name)


def _size(image: _Entry) -> Size | None:
    """(h, w); ``None`` where it is not said."""
    sides = [image.values.get(name) for name in ("height", "width")]
    if None in sides:
        return None
    if not all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in sides):
        raise image.wrong(f"height and width are pixels, whole numbers from 1, got {sides[0]!r} and {sides[1]!r}")
    return sides[0], sides[1]  # type: ignore[return-value]


def _rows(
    path: Path, annotations: Sequence[Any], sizes: Mapping[Any, Size | None], classes: Mapping[Any, int]
) -> dict[Any, list[Row]]:
    """The boxes of each image, by its id."""
    rows: dict[Any, list[Row]] = {number: [] for number in sizes}
    seen: dict[Any, int] = {}
    strange: list[_Entry] = []
    for place, values in enumerate(annotations):
        entry = _Entry(path, "annotations", place, values)
        if "id" in values and (other := seen.setdefault(entry.id("id"), place)) != place:
            raise entry.wrong(f"annotations[{other}] has the same id: give each its own")
        image, kind = entry.id("image_id"), entry.id("category_id")
        if kind not in classes:
            raise entry.wrong(f"category_id {kind!r} is none of the categories {_short(list(classes))}")
        row = _row(entry, classes[kind])
        if image not in rows:
            strange.append(entry)
        elif row is not None:
            if (size := sizes[image]) is not None:
                _check_inside(row, size, entry)
            rows[image].append(row)
    if strange:
        said = f"{len(strange)} of {len(annotations)} boxes belong to no image"
        raise strange[0].wrong(f"there is no image with the id {strange[0].id('image_id')!r}; {said}: leave them out")
    return rows


def _row(entry: _Entry, kind: int) -> Row | None:
    """An annotation; ``None``: its box has no inside."""
    box, crowd, area = entry.values.get("bbox"), entry.values.get("iscrowd", 0), entry.values.get("area")
    if not isinstance(box, list) or len(box) != 4 or not all(map(_finite, box)) or box[2] < 0 or box[3] < 0:
        raise entry.wrong(f"bbox is [x, y, width, height] in finite pixels, got {entry.told('bbox')}")
    if not isinstance(crowd, int) or crowd not in (0, 1):
        raise entry.wrong(f"iscrowd is 0 or 1, got {entry.told('iscrowd')}")
    if area is not None and not (_finite(area) and area >= 0):
        raise entry.wrong(f"area is a number of pixels, got {entry.told('area')}")
    if box[2] == 0 or box[3] == 0:
        return None
    x, y, w, h = map(float, box)
    return x, y, x + w, y + h, kind, bool(crowd), math.nan if area is None else float(area)


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _check_inside(row: Row, size: Size, at: _Entry | str) -> None:
    """ValueError for what nobody can see in the picture, or is larger than anything that could be cut by its border."""
    h, w = size
    x0, y0, x1, y1 = row[:4]
    seen = x1 > 0 and y1 > 0 and x0 < w and y0 < h
    if seen and x0 >= -BEYOND * w and y0 >= -BEYOND * h and x1 <= (1 + BEYOND) * w and y1 <= (1 + BEYOND) * h:
        return
    how = "lies outside" if not seen else "reaches far out"
    said = f"the box from ({x0:g}, {y0:g}) to ({x1:g}, {y1:g}) {how} of its picture of {w} x {h} pixels"
    raise at.wrong(said) if isinstance(at, _Entry) else ValueError(f"{at}: {said}")
