"""Lists of boxes as COCO has them, which visitors bring beside their own pictures and films."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lzviz import palette
from lzviz.contract.boxed import TrueBoxes
from lzviz.contract.memory import Memory
from lzviz.contract.pictures import OWN_PREFIX
from lzviz.contract.wire import Refusal
from lzviz.coords import Size
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.boxlists import Listed


class BoxLists:
    """Lists of boxes that visitors brought (:mod:`lzviz.boxlists`), held like their pictures."""

    def __init__(self, memory: Memory, key: bytes):
        self._memory, self._key = memory, key

    def add(self, data: bytes, title: str, owner: str = "") -> tuple[str, Listed]:
        """Read and hold a list of an owner: (its id, the list).

        Raises:
            Refusal: the entry that is wrong, in the words of the reader.
        """
        from lzviz import boxlists  # torch, which a page that shows pictures does not wait for

        try:
            listed = boxlists.parsed(data, Path(title.replace("\\", "/").rsplit("/", 1)[-1] or "list.json"))
        except ValueError as problem:
            raise Refusal(Text("refused.boxes.list", {"told": str(problem)}), 415) from None
        identifier = OWN_PREFIX + hashlib.blake2b(data, key=self._key, digest_size=16, person=b"boxes").hexdigest()
        # Rows of Python's own numbers are some times as large as their text.
        self._memory.put("boxes", identifier, listed, 4 * len(data), owner)
        return identifier, listed

    def get(self, identifier: str, size: Size) -> TrueBoxes:
        """What is true of the picture ``ID.PLACE`` of a list (its place among the list's images), which is of the ``size`` (h, w)
        here; a 404 sentence when the list is unknown or was let go.

        Raises:
            Refusal: another place than the list has, or another form of picture than it says.
        """
        name, _, number = identifier.partition(".")
        listed = self._memory.get("boxes", name)
        if listed is None:
            raise Refusal(Text("refused.boxes.gone"), 404, missing="truth")
        pictured = next((each for each in listed.pictures if str(each.place) == number), None)
        if pictured is None:
            raise Refusal(Text("refused.boxes.place", {"count": len(listed.pictures)}), 404)
        full = pictured.size if pictured.size is not None and same_form(pictured.size, size) else size
        try:
            objects = pictured.objects(full)
        except ValueError as problem:
            raise Refusal(Text("refused.boxes.list", {"told": str(problem)})) from None
        parts = (objects.boxes, objects.classes, objects.ignored, objects.solid, objects.intrinsics)
        boxes, kinds, ignored, solid, matrix = (part.double().numpy() for part in parts)
        area = None if objects.area is None else objects.area.double().numpy()
        there = TrueBoxes(boxes, kinds.astype(np.int64), ignored.astype(bool), solid, matrix, listed.classes, area=area)
        return there.within(size, full)


def same_form(one: Size, other: Size) -> bool:
    """Whether two sizes (h, w) are of one picture, which was made smaller: a page shows frames of large films so."""
    (h, w), (small, narrow) = max(one, other), min(one, other)
    return abs(h * narrow / w - small) <= 1 and narrow <= w


def notes_of(listed: Listed, classes: Sequence[str]) -> list[Text]:
    """What a detector of ``classes`` leaves out of a list.

    Raises:
        Refusal: everything, or there is no box at all.
    """
    counts = Counter(listed.classes[row[4]] for each in listed.pictures for row in each.boxes)
    known = {palette.common(name) for name in classes}
    lost = {name: count for name, count in counts.items() if palette.common(name) not in known}
    if not counts:
        raise Refusal(Text("refused.boxes.none"))
    if len(lost) == len(counts):
        raise Refusal(Text("refused.boxes.classes", {"classes": list(lost)[:5], "known": list(classes)}))
    return [Text("note.boxes.lost", {"classes": list(lost)[:5], "count": sum(lost.values())})] if lost else []
