"""How densely the source is read: tears, doubles, footprints against taps, the control grid's fineness, lost borders."""

from __future__ import annotations

import numpy as np

from lzviz.doctor.case import Case, box_of, ok
from lzviz.doctor.checks.convention import grey_of
from lzviz.doctor.finding import Finding
from lzviz.plain import convert, tiles
from lzviz.text import Text


def _steps(case: Case) -> list[np.ndarray]:
    """Distances in source pixels between neighbours along rows and along columns."""
    pixels = convert.to_pixels(case.grid, case.source)
    return [np.hypot(*np.moveaxis(np.diff(pixels, axis=axis), -1, 0)) for axis in (2, 1)]


def holes(case: Case) -> Finding | None:
    """Source pixels between scattered samples that none reaches; of a grid: cells torn apart."""
    if case.kind == "points":
        # Two blocks a side at least, and never an array of the source's size, which somebody may only claim.
        h, w = case.source
        wanted = int(np.ceil(np.sqrt(4 * h * w / max(len(case.plain), 1))))
        room = max(1, min(wanted, min(h, w) // 2))
        empty = tiles.density(case.plain, case.source, room) < 1e-9
        share = float(empty.mean())
        said = Text("doctor.says.holes.points", {"share": share, "room": room})
        if share <= 0.15 or case.use == "attention":  # which looks where it likes
            return Finding("holes", "ok" if share <= 0.15 else "note", share, 0.15, said, box_of(empty))
        middles = (np.argwhere(empty)[:, ::-1] + 0.5) * room - 0.5
        code = "points = lzviz.diagnose(points, source_size, use='points').named('holes').apply(points)"

        def fill(array: np.ndarray) -> np.ndarray:
            return np.concatenate((array.reshape(-1, 2), middles)).astype(array.dtype)

        return Finding("holes", "warning", share, 0.15, said, box_of(empty), code, fill)
    if case.kind != "grid" or min(case.grid.shape[1:3]) < 8:
        return None
    torn = 0
    where = np.zeros(case.grid.shape[1:3], bool)
    for axis, step in zip((2, 1), _steps(case), strict=True):
        lines = np.moveaxis(step, axis, -1)
        edge = np.pad(lines, ((0, 0), (0, 0), (1, 1)), "edge")
        around = np.maximum(edge[..., :-2], edge[..., 2:])
        hit = (lines[..., 1:-1] > 8 * around[..., 1:-1]) & (lines[..., 1:-1] > 4 * np.median(step))
        torn += int(hit.sum())
        index = np.argwhere(np.moveaxis(hit, -1, axis).any(0))
        where[tuple(index.T)] = True
    if torn < 0.25 * min(case.grid.shape[1:3]):
        return ok("holes", torn, 0)
    said = Text("doctor.says.holes", {"count": torn})
    code = "grid = torch.as_tensor(lzviz.diagnose(grid, source_size).named('holes').apply(grid))"
    return Finding("holes", "warning", torn, 0, said, box_of(where[:-1, :-1]), code, case.mended(_joined))


def _joined(grid: np.ndarray) -> np.ndarray:
    """Offsets smoothed as wide as it takes until no neighbours are further apart than four usual steps."""
    plane = convert.identity(grid.shape[1:3])
    smooth = grid - plane
    for _ in range(64):
        smooth = convert.smoothed(smooth, np.inf, [1, 2], 8)
        steps = [np.abs(np.diff(plane + smooth, axis=axis)).max(-1) for axis in (1, 2)]
        if all(step.max() < 4 * np.median(step) for step in steps):
            break
    return plane + smooth


def collisions(case: Case) -> Finding | None:
    """Samples that read the same place: rounded or repeated coordinates."""
    if case.kind == "saliency":
        return None
    rows = case.plain if case.kind == "points" else case.grid[0]
    if case.kind == "grid":
        rows = rows[(np.abs(rows) < 1 - 1e-7).all(-1)]
    rows = rows.reshape(-1, 2)[: 1 << 16]
    if len(rows) < 16:
        return ok("collisions", 0.0, 0.1)
    twice = 1 - len(np.unique(rows.round(9), axis=0)) / len(rows)
    if twice <= 0.1:
        return ok("collisions", twice, 0.1)
    said = Text("doctor.says.collisions", {"share": twice})
    if case.kind == "points":
        if case.use == "attention":
            return Finding("collisions", "note", twice, 0.1, said)
        code = "points = torch.unique(points, dim=0)  # or keep the coordinates in float32, unrounded"

        def once(array: np.ndarray) -> np.ndarray:
            return np.unique(array.reshape(-1, 2), axis=0)

        return Finding("collisions", "warning", twice, 0.1, said, (), code, once)
    pixels = convert.to_pixels(case.grid, case.source)
    if (np.abs(pixels - pixels.round()) > 1e-3).mean() > 0.01:
        said = Text("doctor.says.collisions.still", {"share": twice})
        return Finding("collisions", "note", twice, 0.1, said)
    code = "grid = make_grid(saliency.float())  # without round(), long() or an argmax over places"
    mend = case.mended(lambda g: convert.smoothed(g, case.step / 2, [1, 2]))
    return Finding("collisions", "warning", twice, 0.1, said, (), code, mend)


def aliasing(case: Case) -> Finding | None:
    """Samples further apart than the taps of bilinear reading reach; the image decides whether that shows."""
    if case.kind != "grid":
        return None
    lattice = case.grid.shape[1:3]
    scale = (
        1.0 if case.zoomed is None else max((n - 1) / max(z - 1, 1) for n, z in zip(lattice, case.zoomed, strict=True))
    )
    step = float(np.quantile(np.concatenate([s.ravel() for s in _steps(case)]), 0.95)) * scale
    code = 'zoomed = lzviz.Warp.from_grid(grid).zoom(image, size, interpolation="antialias")'
    if step <= 2 or (case.image is None and case.zoomed is None):
        return ok("aliasing", step, 2.0, Text("doctor.says.aliasing.ok", {"step": step}))
    said = Text("doctor.says.aliasing", {"step": step})
    shows = 0.0 if case.image is None else _lost(grey_of(case.image), step)
    verdict = "warning" if shows > 0.5 else "note"
    return Finding("aliasing", verdict, step, 2.0, said, (), code)


def _lost(grey: np.ndarray, step: float) -> float:
    """Share of the image's variance that is finer than the samples' distance."""
    n = max(round(step), 2)
    h, w = (m // n * n for m in grey.shape)
    if not h or not w or grey.std() < 1e-6:
        return 0.0
    blocks = grey[:h, :w].reshape(h // n, n, w // n, n).mean((1, 3))
    return float(1 - blocks.var() / grey[:h, :w].var())


def resolution(case: Case) -> Finding | None:
    """A control grid too coarse for its own map: against every second node, the error of which is four times larger."""
    if case.kind != "grid" or case.zoomed is None or min(case.grid.shape[1:3]) < 5:
        return None
    h, w = case.grid.shape[1:3]
    if min(case.zoomed[0] / h, case.zoomed[1] / w) < 2:
        return ok("resolution", 0.0, 0.5)
    odd = case.grid[:, : h - (h + 1) % 2, : w - (w + 1) % 2]
    coarse = convert.resize(odd[:, ::2, ::2], odd.shape[1:3])
    error = np.abs(coarse - odd).max(-1) / 4
    step = np.median(np.abs(np.diff(odd, axis=2)[..., 0]))
    value = float(np.quantile(error, 0.98) / max(step, 1e-12))
    if value <= 0.5:
        return ok("resolution", value, 0.5)
    said = Text("doctor.says.resolution", {"h": h, "w": w, "bend": value})
    code = f"nodes = ({2 * h - 1}, {2 * w - 1})  # or finer: lzviz.Warp.from_saliency(saliency, nodes=nodes)"
    most = case.zoomed

    def mend(grid: np.ndarray) -> np.ndarray:
        while min(m / n for m, n in zip(most, grid.shape[1:3], strict=True)) >= 2:
            grid = finer(finer(grid, 1), 2)
        return grid

    return Finding("resolution", "warning", value, 0.5, said, (), code, case.mended(mend))


def finer(grid: np.ndarray, axis: int) -> np.ndarray:
    """n lines to 2 n - 1: between two a cubic with Fritsch and Butland's slopes, so that nothing overshoots."""
    lines = np.moveaxis(grid, axis, 0)
    step = np.diff(lines, axis=0)
    with np.errstate(all="ignore"):
        inner = np.where(step[:-1] * step[1:] > 0, 2 / (1 / step[:-1] + 1 / step[1:]), 0.0)
    slope = np.concatenate((step[:1], inner, step[-1:]))
    out = np.empty((2 * len(lines) - 1, *lines.shape[1:]))
    out[::2] = lines
    out[1::2] = (lines[:-1] + lines[1:]) / 2 + (slope[:-1] - slope[1:]) / 8
    return np.moveaxis(out, 0, axis)


def _goes_on_to_the_border(lines: np.ndarray, along: int) -> bool:
    """Whether the last line is the next one in order and no farther than the border: a strong warp ends with a long cell."""
    last, before = lines[-1], lines[-2]
    onward = np.sign(np.median(before[..., along] - lines[0][..., along]))
    return bool(
        np.median((last - before)[..., along] * onward) > 0
        and np.abs(last).max() < 1.05
        and np.median(np.abs(last - before)[..., 1 - along]) < 0.2
    )


def pyramid(case: Case) -> Finding | None:
    """The last row or column lost (a marker, or zeros), and levels that do not agree."""
    if case.kind != "grid":
        return None
    for axis, name in ((1, "row"), (2, "column")):
        lines = np.moveaxis(case.grid, axis, 0)
        if len(lines) < 5:
            continue
        last, expected = lines[-1], 2 * lines[-2] - lines[-3]
        usual = np.abs(lines[-2] - (2 * lines[-3] - lines[-4])).max() + np.abs(lines[-2] - lines[-3]).max()
        same = float(np.ptp(last.reshape(-1, 2), axis=0).max()) < 1e-6
        jumps = np.median(np.abs(last - expected).max(-1)) > 3 * usual
        if same or (jumps and not _goes_on_to_the_border(lines, 2 - axis)):

            def mend(grid: np.ndarray, axis: int = axis) -> np.ndarray:
                out = np.moveaxis(grid.copy(), axis, 0)
                out[-1] = 2 * out[-2] - out[-3]
                along = 0 if axis == 2 else 1
                if abs(np.median(out[-1][..., along]) - 1) < abs(np.median(out[-1] - out[-2])) + 0.1:
                    out[-1][..., along] = (
                        1.0 if np.median(np.abs(out[0][..., along] + 1)) < 1e-6 else out[-1][..., along]
                    )
                return np.moveaxis(out, 0, axis)

            at = case.grid.shape[axis] - 1
            place = ((0, at - 1, case.grid.shape[2], at),) if axis == 1 else ((at - 1, 0, at, case.grid.shape[1]),)
            said = Text(f"doctor.says.pyramid.{name}")
            line = "grid[:, -1]" if axis == 1 else "grid[:, :, -1]"
            code = f"{line} = 2 * {line.replace('-1', '-2')} - {line.replace('-1', '-3')}"
            return Finding("pyramid", "fault", name, "every line", said, place, code, case.mended(mend))
    for k, level in enumerate(case.levels[1:], 1):
        miss = np.abs(convert.resize(case.levels[0], level.shape[1:3]) - level).max(-1)
        cell = 2 / (min(level.shape[1:3]) - 1)
        if np.quantile(miss, 0.9) > 0.75 * cell:
            said = Text("doctor.says.pyramid.level", {"level": k, "cells": float(miss.max() / cell)})
            code = (
                "sizes = [level.shape[1:3] for level in grids]  # before any padding\n"
                "first = grids[0].movedim(-1, 1)\n"
                "grids = [F.interpolate(first, s, mode='bilinear', align_corners=True).movedim(1, -1) for s in sizes]"
            )

            def agreed(levels: list[np.ndarray]) -> list[np.ndarray]:
                return [convert.resize(levels[0], each.shape[1:3]).astype(each.dtype) for each in levels]

            return Finding("pyramid", "warning", float(miss.max() / cell), 0.75, said, (), code, agreed)
    return ok("pyramid", "every line")


CHECKS = {f.__name__.replace("_", "-"): f for f in (holes, collisions, aliasing, resolution, pyramid)}
