"""Expressions over the live numbers of a lesson, and the names that each figure gives them.

The page computes them (``canvas/rooms/learn/expression.js``); here they are only read, so that a wrong one is found before
anybody opens the lesson. ``tests/browser/test_learn.py`` holds NAMES against what the page gives.
"""

from __future__ import annotations

import re

FUNCTIONS = frozenset(("abs", "sqrt", "min", "max", "round", "floor"))
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([a-zA-Z]\w*)|([-+*/^(),]))")
COMPARISON = re.compile(r"(<=|>=|<|>|=)")
CLAIM = re.compile(r"^(\w+) (\w+): (.+?) (<=|>=|<|>|=) (.+?)(?: ± ([\d.e-]+))?$")


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


READER = ("guess", "off")
"""What the reader said, and how far that is from the truth."""
WARP = _names(
    "samples columns rows pixels each regionSamples regionShare regionArea regionGain most least folds tiles trip coverage "
    "width strength fwhm contrast"
)
NAMES: dict[str, tuple[str, ...]] = {
    "warp": WARP,
    "bend": WARP + _names("bend slope limit"),
    "features": WARP + _names("scattered stride features last corner edgeOff"),
    "pixels": WARP + _names("far along first shift ratio"),
    "zone": WARP + _names("shrink ghost limit"),
    "smoothness": _names("lambdas classes bests loosest stiffest miou intrinsic sampling network road fence"),
    "cells": _names("cells rows active fine saved cost strided threshold gap published places"),
    "seeds": _names("seeds first mean sd error wins pairs spread best other"),
    "findings": _names("checks faults warnings notes fine"),
    "springs": WARP
    + _names("node home rest moved half sigma spread variance kernelVariance jacobian zoom det areaZoom"),
}
"""Live numbers by the figure that gives them."""


def names_in(expression: str) -> set[str]:
    """The numbers that an expression reads.

    Raises:
        ValueError: it is not an expression.
    """
    at, names, depth = 0, set(), 0
    expression = expression.strip()
    while at < len(expression):
        found = _TOKEN.match(expression, at)
        if not found:
            raise ValueError(f"{expression[at:]!r} is not understood in {expression!r}")
        if found[2] and found[2] not in FUNCTIONS:
            names.add(found[2])
        depth += {"(": 1, ")": -1}.get(found[3] or "", 0)
        at = found.end()
    if depth or not expression:
        raise ValueError(f"a parenthesis is not closed in {expression!r}")
    return names
