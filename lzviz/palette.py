"""The colour of a class: the same wherever its name occurs, on the page and in files.

Those of a street were chosen so that the closest two stay .1 apart in Oklab, also as people see them who lack red, green or
blue cones (Machado et al. 2009); what covers much of a street is muted, what is small is not; none is black or white, so that
they stand on both themes. Nineteen classes cannot be kept apart by colour alone: legend, hover and table name them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

COLOURS = {
    "sky": "#80e4ff",
    "building": "#823c01",
    "pole": "#b0cc8a",
    "road": "#836aa5",
    "pavement": "#ca94da",
    "tree": "#296062",
    "sign": "#ffde00",
    "fence": "#8b9b83",
    "car": "#0059e5",
    "pedestrian": "#d64b0d",
    "bicyclist": "#60197c",
    "wall": "#9d7174",
    "traffic light": "#fa8c00",
    "terrain": "#b3f397",
    "truck": "#2229a8",
    "bus": "#0082d1",
    "train": "#008921",
    "motorcycle": "#0e00e5",
    "bicycle": "#b51975",
    "grass": "#a6d854",
    "field": "#e5c46b",
    "water": "#3f8fd2",
    "glass": "#e9ebf2",
    "stroma": "#f2a7c3",
    "epithelium": "#7b3fa0",
    "lumen": "#8fd3e8",
    "fat": "#f3e08a",
    "nucleus": "#1f4e9c",
    "lymphocyte": "#c8102e",
}
# What other data sets call the same thing.
SAME = {
    "sidewalk": "pavement",
    "vegetation": "tree",
    "traffic sign": "sign",
    "sign symbol": "sign",
    "person": "pedestrian",
    "rider": "bicyclist",
    "cyclist": "bicyclist",
    "column pole": "pole",
}
# For names that are not above, in this order; the colours of a street that are furthest apart.
OTHERS = ("#296062", "#ffde00", "#80e4ff", "#ca94da", "#823c01", "#0059e5", "#d64b0d", "#b0cc8a", "#60197c", "#8b9b83")


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
