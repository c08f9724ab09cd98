"""Options that samplers share, with their usual values and ranges."""

from __future__ import annotations

from lzviz.options import Option as Option

MODE = Option("mode", "choice", "fixed", choices=("fixed", "published"))
FWHM = Option("fwhm", "number", 10.0, 0.5, 40, "log", "cells")
NODES = Option("nodes", "size", (31, 51), 2, 128)
SEPARABLE = Option("separable", "boolean", True)
ANTI_CROP = Option("anti_crop", "boolean", True)
INTERPOLATION = Option("interpolation", "choice", "bilinear", choices=("nearest", "bilinear", "antialias"))
CONTRAST = Option("contrast", "number", 1.0, 0.25, 4, "log")
FLOOR = Option("floor", "number", None, 0, 1)


def attraction(fwhm: float, nodes: tuple[int, int], separable: bool, anti_crop: bool) -> tuple[Option, ...]:
    """Options of every sampler whose nodes are attracted by saliency, with its own defaults."""
    own = FWHM.at(fwhm), NODES.at(nodes), SEPARABLE.at(separable), ANTI_CROP.at(anti_crop)
    return (*own, INTERPOLATION, CONTRAST, FLOOR)
