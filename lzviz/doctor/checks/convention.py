"""Where -1 and 1 lie, which way the map goes, and which lattice features sit on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lzviz.doctor.case import Case, ok
from lzviz.doctor.finding import Finding
from lzviz.plain import convert, tiles
from lzviz.plain.inverse import invert_grid
from lzviz.text import Text


def border(grid: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The least and the greatest x, y as the straight borders have them, and how far the borders are from straight."""
    sides = grid[:, :, 0, 0], grid[:, 0, :, 1], grid[:, :, -1, 0], grid[:, -1, :, 1]
    mids = [float(np.median(side)) for side in sides]
    bent = max(float(np.quantile(np.abs(side - mid), 0.9)) for side, mid in zip(sides, mids, strict=True))
    return np.array(mids[:2]), np.array(mids[2:]), bent


def convention(case: Case) -> Finding | None:
    """Half-pixel values read corner to corner, or the reverse: each way of mixing them leaves its mark at the border."""
    if case.kind != "grid":
        return None
    low, high, bent = border(case.grid)
    source = np.array([case.source[1], case.source[0]], float)
    lattice = np.array([case.grid.shape[2], case.grid.shape[1]], float)
    eps = 2.0 * float(np.finfo(case.array.dtype).eps) if case.array.dtype.kind == "f" else 1e-7

    def at(first: np.ndarray, last: np.ndarray, n: np.ndarray) -> bool:
        room = np.minimum(0.1 / n + eps, 0.45 / n)
        return bool((np.abs(low - first) < room).all() and (np.abs(high - last) < room).all() and bent < room.max())

    marks: list[tuple[bool, str, str, Callable[[np.ndarray], np.ndarray]]] = []
    edges = any(at(-1 + 1 / n, 1 - 1 / n, n) for n in (source, lattice))
    h, w = case.source
    size = f"torch.tensor([{w}, {h}])"
    if not case.align_corners:
        told, code = (
            "declared",
            f"grid = ((grid + 1) * ({size} - 1) + 1) / {size} - 1",
        )
        marks.append((at(-np.ones(2), np.ones(2), source), told, code, lambda g: convert.to_edges(g, case.source)))
    else:
        marks += [
            (edges, "edges",
             f"grid = ((grid + 1) * {size} - 1) / ({size} - 1) - 1", lambda g: convert.from_edges(g, case.source)),
            (at(-1 - 1 / (source - 1).clip(1), 1 + 1 / (source - 1).clip(1), source),
             "twice",
             f"grid = ((grid + 1) * ({size} - 1) + 1) / {size} - 1", lambda g: convert.to_edges(g, case.source)),
            (at(-np.ones(2), 1 - 2 / source, source), "divided",
             f"grid = (grid + 1) * {size} / ({size} - 1) - 1", lambda g: (g + 1) * source / (source - 1).clip(1) - 1),
        ]  # fmt: skip
    for hit, told, code, mend in marks:
        if hit:
            off = float(np.abs((mend(case.grid) - case.grid) / case.step).max())
            said = Text(f"doctor.says.convention.{told}", {"off": off})
            return Finding("convention", "warning", off, 0.05, said, (), code, case.mended(mend))
    return ok("convention", 0.0, 0.05)


def direction(case: Case) -> Finding | None:
    """A field source -> zoomed used to read: by what was declared, by the lattice's size, by boxes or the image."""
    if case.kind != "grid":
        return None
    lattice = case.grid.shape[1:3]
    inverse = case.direction in ("inverse", "source->zoomed")
    why = "declared" if inverse else ""
    if not why and case.zoomed and case.zoomed != case.source and lattice == case.source:
        why = "lattice"
    value: float | str = "source -> zoomed"
    share = np.abs(tiles.areas(case.grid)).mean(0)
    uneven = share.std() > 0.1 * share.mean()
    if not why and case.boxes is not None and len(case.boxes) and uneven:
        value = _inside(case, share)
        why = "boxes" if value > 1.3 else ""
    if not why and case.image is not None and uneven:
        value = _busy(case, share)
        why = "detail" if value > 0.45 else ""
    if not why:
        if case.direction or case.boxes is not None or case.image is not None or case.zoomed:
            return ok("direction", "zoomed -> source")
        return None
    size = case.zoomed or lattice

    def mend(grid: np.ndarray) -> np.ndarray:
        return invert_grid(grid, size)

    code = f"grid, valid = lzviz.Warp.from_grid(grid).inverse_grid({tuple(size)})"
    said = Text("doctor.says.direction", {"why": Text(f"doctor.why.{why}", {"h": lattice[0], "w": lattice[1]})})
    return Finding(
        "direction", "fault" if inverse else "warning", value, "zoomed -> source", said, (), code, case.mended(mend)
    )


def _inside(case: Case, share: np.ndarray) -> float:
    """Mean footprint of the samples that fall in boxes, over that of all others."""
    assert case.boxes is not None
    cells = convert.to_pixels(case.grid.mean(0), case.source)[:-1, :-1]
    x0, y0, x1, y1 = case.boxes.T[:, :, None, None]
    hit = ((cells[..., 0] >= x0) & (cells[..., 0] <= x1) & (cells[..., 1] >= y0) & (cells[..., 1] <= y1)).any(0)
    return float(np.median(share[hit]) / max(np.median(share[~hit]), 1e-12)) if hit.any() and not hit.all() else 1.0


def _busy(case: Case, share: np.ndarray) -> float:
    """Rank correlation between the image's gradient at a sample and the sample's footprint."""
    grey = grey_of(case.image)
    busy = np.hypot(*np.gradient(grey))
    h, w = grey.shape
    fine = convert.resize(busy[..., None], (min(h, 64), min(w, 64)))
    at = convert.to_pixels(case.grid.mean(0)[:-1, :-1], fine.shape[:2]).round().astype(int)
    values = fine[at[..., 1].clip(0, fine.shape[0] - 1), at[..., 0].clip(0, fine.shape[1] - 1), 0]
    ranks = np.stack([np.argsort(np.argsort(v.ravel())) for v in (values, share)])
    return float(np.asarray(np.corrcoef(ranks))[0, 1])


def grey_of(image: np.ndarray | None) -> np.ndarray:
    """(H, W[, C]) or (B, C, H, W) to grey (H, W) in float64."""
    assert image is not None
    array = np.asarray(image, float)
    if array.ndim == 4:
        array = array[0]
    if array.ndim == 3:
        array = array.mean(0 if array.shape[0] in (1, 3, 4) else -1)
    return array


def lattice(case: Case) -> Finding | None:
    """Features of stride s sit on pixels 0, s, 2 s ..., not corner to corner."""
    if case.kind != "grid" or not case.stride:
        return None
    n = np.array(case.grid.shape[1:3])
    zoomed = case.zoomed or case.source  # where nothing is zoomed, the network reads the source itself
    size = np.array(zoomed)
    expected = np.ceil(size / case.stride).astype(int)
    off = (size - 1) - case.stride * (n - 1)
    low, high, _ = border(case.grid)
    reach = np.array([(high[1] - low[1]) / 2, (high[0] - low[0]) / 2])
    true = case.stride * (n - 1) / np.maximum(size - 1, 1)
    if (n != expected).any() or off.max() <= 0.5 or (np.abs(reach - 1) > 0.25 * (1 - true)).any():
        return ok("lattice", 0.0, 0.5)

    def mend(grid: np.ndarray) -> np.ndarray:
        rows, columns = (case.stride * np.arange(m) / max(s - 1, 1) * (m - 1) for m, s in zip(n, size, strict=True))
        return convert.sample(grid, rows, columns)

    ends = {"at": float(case.stride * (n[1] - 1)), "last": int(size[1] - 1), "off": float(off.max())}
    said = Text("doctor.says.lattice", {"stride": float(case.stride)} | ends)
    code = f"features = warp.unzoom(features, source_size, zoomed_size={zoomed}, stride={case.stride:g})"
    return Finding("lattice", "warning", float(off.max()), 0.5, said, (), code, case.mended(mend))


CHECKS = {"convention": convention, "direction": direction, "lattice": lattice}
