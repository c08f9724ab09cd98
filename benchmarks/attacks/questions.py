"""Hostile questions: every field of a state at its ends and beyond, and every other field of every question."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any
from urllib.parse import urlencode

import numpy as np

from benchmarks.attacks.requests import ODD, SCRIPTS
from benchmarks.attacks.target import Attempt, Target, address
from lzviz import samplers
from lzviz.contract.maps import Map
from lzviz.contract.routes import ROUTES, named
from lzviz.contract.state import lines

ON_STATE = ("compute", "warpTimes", "cadMask", "cadFeatures", "cadTimes", "cadKeypoints", "cadCost", "pipeline", "pipelineFeatures",
            "pipelineTimes", "pipelinePixel", "pipelineTraining")  # fmt: skip
PICTURES = ("coffee", "chelsea", "own-0", "", None, "../x", 5)
WHAT = (
    "source",
    "zoomed",
    "unzoomed",
    "difference",
    "grid",
    "snippet",
    "labels",
    "features",
    "saliency",
    "weights",
    "report",
    "figure",
    "link",
    "x",
    "",
    None,
)
FORMATS = ("png", "npz", "npy", "json", "py", "svg", "csv", "pdf", "pt", "tif", "html", "x", "", None)


def ends(line: dict[str, Any]) -> list[Any]:
    """What a field may be at its ends, and what it may not."""
    kind = line["type"]
    if kind == "choice":
        return [*line.get("choices", ()), "x"]
    if kind in ("number", "integer"):
        low, high = line.get("min", 0), line.get("max", 1)
        return [low, high, low - 1, high + 1, (low + high) / 2, None, float(high) + 0.5]
    if kind == "map":
        noise = np.random.default_rng(6)
        maps = [Map.of(noise.integers(0, 255, size, np.uint8)) for size in ((2, 2), (64, 128), (85, 128))]
        return [*(each.to_text() for each in maps), "x", "AAAA" * 1000, ""]
    if kind == "boxes":
        return [
            [[0, 0, 1, 1]],
            [[5, 5, 5, 5]],
            [[-0.5, -0.5, 65536, 65536]],
            [[9, 9, 1, 1]],
            [[0, 0, 1]],
            [[1e9] * 4],
            [[0, 0, 8, 8]] * 300,
        ]
    return [*(system for system in samplers.REGISTRY), "edges", "auto", *ODD[:4]] if kind == "id" else list(ODD)


def some(chance: random.Random, table: dict[str, list[Any]], most: int = 6) -> dict[str, Any]:
    """A state with a few of its fields somewhere."""
    return {key: chance.choice(table[key]) for key in chance.sample(list(table), chance.randrange(1, most))}


def states(target: Target) -> Iterator[Attempt]:
    """Every question on states: each field at each end, then many at once; key points, pixels, times and learned ones too."""
    table = {key: ends(line) for key, line in lines().items()}
    chance = random.Random(7)

    def attempt(name: str, body: dict[str, Any]) -> None:
        target.fair(f"{name} {json.dumps(body)[:200]}", "POST", address(named(name)), json.dumps(body).encode())

    for key, found in table.items():
        for value in found:
            yield partial(attempt, "compute", {"state": {"image": "coffee", key: value}})
    for name in ON_STATE:
        for _ in range(25 if name != "compute" else 200):
            state = {"image": "coffee", **some(chance, table)}
            more = {"x": chance.choice(ODD[:6]), "y": 3} if name == "pipelinePixel" else {}
            yield partial(attempt, name, {"state": state, **more})
    for system in samplers.REGISTRY.values():
        for option, value in product(system.options, (*ODD, option_high(system), 3)):
            options = {system.name: {option.name: value}}
            yield partial(
                attempt, "compute", {"state": {"image": "coffee", "sampler": system.name, "options": options}}
            )
    for name, key, value in product(
        ON_STATE, ("page", "seq", "image", "file", "truth", "only", "stage"), (*ODD[:7], "x" * 5000)
    ):
        yield partial(attempt, name, {"state": {"image": "coffee", "width": 16}, key: value})


def option_high(system: samplers.System) -> Any:
    """The largest value of a system's options."""
    return max((option.high for option in system.options if isinstance(option.high, int | float)), default=1)


def keeping(target: Target) -> Iterator[Attempt]:
    """Exports of everything in every format, results, cards and tables by every query, saliency of every source."""
    chance, table = random.Random(8), {key: ends(line) for key, line in lines().items()}

    def attempt(what: str, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        target.fair(what, method, path, b"" if body is None else json.dumps(body).encode())

    for what, kind, room in product(WHAT, FORMATS, ("warp", "pipeline")):
        body = {"state": {"image": "coffee", "room": room, "width": 24}, "what": what, "format": kind}
        yield partial(attempt, f"export {what} {kind} {room}", "POST", address(named("export")), body)
    for _ in range(60):
        body = {"state": some(chance, table), "what": chance.choice(WHAT[:8]), "format": chance.choice(FORMATS[:6])}
        yield partial(attempt, f"export {body}", "POST", address(named("export")), body)
    fields = ("split", "metric", "cost", "data", "systems", "sizes", "live", "own", "x", "page", "thumb", "id")
    texts = (
        *SCRIPTS,
        "",
        "=1+1",
        "miou",
        "96x128",
        "lds",
        ",",
        "x" * 3000,
        "\x00",
        "own-0",
        "=cmd|' /C calc'!A0",
        "camvid",
    )
    for line, field, text in product([route for route in ROUTES if route.takes == "query"], fields, texts):
        yield partial(attempt, f"{line.name} {field}={text[:30]}", "GET", f"{address(line)}?{urlencode({field: text})}")
    for kind, image, options in product(
        ("edges", "x", "paint", None), PICTURES, ({}, None, [], {"x": 1}, {"sigma": -1}, {"sigma": 1e9})
    ):
        body = {"kind": kind, "image": image, "options": options}
        yield partial(attempt, f"saliency {body}", "POST", address(named("saliency")), body)
