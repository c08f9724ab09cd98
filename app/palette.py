"""The colour of a class: the same wherever its name occurs, on the page and in files.

Those of a street were chosen so that the closest two stay .16 apart in Oklab, also as people see them who lack red, green or
blue cones (Machado et al. 2009), neither black nor white, so that they stand on both themes. Nineteen classes cannot be kept
apart by colour alone: legend, hover and table name them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

COLOURS = {
    "sky": "#3cdbff",
    "building": "#9d2301",
    "pole": "#c2ecb1",
    "road": "#6f5c95",
    "pavement": "#ca74d3",
    "tree": "#229266",
    "sign": "#ffb600",
    "fence": "#adb09a",
    "car": "#3421c8",
    "pedestrian": "#ff2111",
    "bicyclist": "#71115d",
    "wall": "#666dc8",
    "traffic light": "#fa8c00",
    "terrain": "#9ae377",
    "truck": "#1f563d",
    "bus": "#2e7559",
    "train": "#485b6b",
    "motorcycle": "#0000fc",
    "bicycle": "#a17ca5",
}
# What other data sets call the same thing.
SAME = {
    "sidewalk": "pavement",
    "vegetation": "tree",
    "traffic sign": "sign",
    "sign symbol": "sign",
    "person": "pedestrian",
    "rider": "bicyclist",
    "column pole": "pole",
}
# For names that are not above, in this order; the colours of a street that are furthest apart.
OTHERS = ("#229266", "#ffb600", "#3cdbff", "#ca74d3", "#9d2301", "#3421c8", "#c2ecb1", "#6f5c95", "#ff2111", "#adb09a")


def common(name: str) -> str:
    """The name under which a class is known here."""
    plain = name.lower().replace("_", " ").strip()
    return SAME.get(plain, plain)


def colours(names: Sequence[str]) -> list[str]:
    """``#rrggbb`` of each class; names that nobody knows take what is left, in their order."""
    known = [COLOURS.get(common(name)) for name in names]
    left = [colour for colour in OTHERS if colour not in known] or list(OTHERS)
    strange = iter(range(len(names)))
    return [left[next(strange) % len(left)] if colour is None else colour for colour in known]


def rgb(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as three bytes."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def flat(values: Iterable[str]) -> list[int]:
    """Colours one after the other, as a palette image wants them."""
    return [byte for colour in values for byte in rgb(colour)]
