"""What the given array is taken for: of all readings, the simplest one under which it is a healthy warp.

A reading is a chain of steps (swap the axes, change the units, add the identity ...). Each step costs something, and
so does what is implausible of the grid that it leads to: cells turned over, an extent far from the source's, a lattice of
another shape. The least costly chain wins; how far the next one is behind says how sure that is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lzviz.plain import convert, tiles
from lzviz.text import Text

Size = tuple[int, int]
COST = {"layout": 0.6, "axis-order": 0.5, "transposed": 0.6, "flipped": 0.5, "units": 0.8, "displacement": 0.8}


@dataclass(frozen=True)
class Step:
    check: str
    said: Text
    fix: str
    mend: Callable[[np.ndarray], np.ndarray]
    unit: str = ""  # what offsets are counted in: "grid" ([-1, 1]) or "pixels"


@dataclass(frozen=True)
class Reading:
    grid: np.ndarray  # (B, H, W, 2), [-1, 1] by pixel centres, float64, finite
    steps: tuple[Step, ...]
    sureness: float
    other: tuple[Text, ...] | None  # the steps of the next plausible reading; None where there is none


@dataclass(frozen=True)
class About:
    """What is known of an array before it is read."""

    lattice: Size
    source: Size
    zoomed: Size | None
    use: str | None
    flow: bool  # declared a flow, or in a flow's own form: channels first
    least: float  # largest offset in pixels below which a flow is rather one in [-1, 1]


def read(array: np.ndarray, source: Size, zoomed: Size | None, use: str | None, first: bool = False) -> Reading:
    """An array (B, H, W, 2), finite, to what it means. ``use``: "grid", "flow" or "remap" says what it should be; ``first``:
    whether the channels stood first."""
    if use == "deform":
        return Reading(array, (), 1.0, None)
    about = About(
        array.shape[1:3], source, zoomed, use, use == "flow" or (use is None and first), 0.1 if first else 0.5
    )
    scored = []
    for before in ((), (_VIEWED,)):
        small = _thinned(_VIEWED.mend(array) if before else array)
        if before and _shape(_thinned(array))[0] < 0.2:
            break  # what hardly turns over was not torn apart by a wrong view
        for chain in _chains(small, source, zoomed):
            scored.append((_cost(small, chain, about) + COST["layout"] * len(before), (*before, *chain)))
    scored.sort(key=lambda pair: pair[0])
    cost, chain = scored[0]
    other = next((s for s in scored[1:] if s[0] - cost < 0.4), None)
    gap = scored[1][0] - cost if len(scored) > 1 else 2.0
    grid = array
    for step in chain:
        grid = step.mend(grid)
    told = None if other is None else tuple(step.said for step in other[1])
    return Reading(grid, chain, 1 / (1 + np.exp(-3 * gap)), told)


def _thinned(array: np.ndarray) -> np.ndarray:
    """At most four elements and 48 rows and columns, the first and the last of them among these."""
    rows, columns = (np.unique(np.linspace(0, n - 1, min(n, 48)).round().astype(int)) for n in array.shape[1:3])
    return array[:4, rows][:, :, columns]


def _chains(small: np.ndarray, source: Size, zoomed: Size | None):
    turns = [(), (_AXES,), (_TRANSPOSED,), (_FLIP[0],), (_FLIP[1],)]
    units: list[tuple[Step, ...]] = [(), (_pixels(source, "source"),)]
    if _in_unit_interval(small):
        units.append((_UNIT,))
    if zoomed is not None and zoomed != source:
        units.append((_pixels(zoomed, "zoomed"),))
    if source[0] != source[1] and _spans(_exchanged(source).mend(small), 0.02):
        units.append((_exchanged(source),))
    for turn, unit in itertools.product(turns, units):
        yield (*turn[:1], *unit) if not turn or turn[0] not in _FLIP else (*unit, *turn)
    for scale in (None, source):
        yield (_displaced(scale),)


def _cost(small: np.ndarray, chain: tuple[Step, ...], about: About) -> float:
    grid, cost = small, 0.0
    lattice, source, zoomed = about.lattice, about.source, about.zoomed
    with np.errstate(all="ignore"):
        for step in chain:
            grid, cost = step.mend(grid), cost + COST[step.check]
    checks = [step.check for step in chain]
    if "transposed" in checks:
        lattice = (lattice[1], lattice[0])
    if zoomed is not None and zoomed[0] != zoomed[1]:
        cost += 2.0 * (lattice == (zoomed[1], zoomed[0]))
    cost += 0.8 * abs(np.log(lattice[1] * source[0] / (lattice[0] * source[1])))
    expected = "displacement" if about.flow else {"remap": "units"}.get(about.use or "", "")
    cost -= COST.get(expected, 0) * (expected in checks)
    turned, extent, centre, cosine, _ = _shape(grid)
    if "displacement" in checks:
        cost += _offsets(small, chain[-1].unit, about)
    cost += 6 * turned + np.minimum(np.abs(np.log(np.maximum(extent, 1e-9))), 4.0 if extent.max() > 3 else 0.7).sum()
    return float(cost + np.minimum(np.abs(centre), 0.5 if np.abs(centre).max() < 1.5 else 4).sum() + 0.3 * (1 - cosine))


def _offsets(small: np.ndarray, unit: str, about: About) -> float:
    """How implausible it is that an array holds offsets, and in these units."""
    most = np.abs(small).max()
    cost = 3.0 * _spans(small, 0.1 if about.flow else 0.25)
    if about.use != "flow":
        raw = _shape(small)
        follows = raw[4] > 0.8 and not (raw[3] < 0 and raw[1].max() < 0.7)
        cost += 1.5 * (follows or (raw[4] < 0.8 and _unrolled(small)))  # either way places
    if unit == "grid":
        return cost + 3.0 * (most > 2.5)
    if most > 1.2:
        return cost
    # Flows count pixels, but one that moves nothing by half a pixel, or holds the border and fits, is one in [-1, 1].
    pixels = about.flow and most > about.least and (about.least < 0.5 or not _fits(small))
    if about.flow:
        return cost + (-0.5 if pixels else 0.3)
    return cost + (1.0 if most < 0.5 else 0.3)  # undeclared offsets below half a pixel would move nothing


def _fits(offsets: np.ndarray) -> bool:
    """Whether offsets in [-1, 1] move no border in or out and turn no cell over: a warp that neither crops nor pads."""
    sides = offsets[:, :, [0, -1], 0], offsets[:, [0, -1], :, 1]
    pinned = max(float(np.abs(side).max()) for side in sides) < 0.1 * float(np.abs(offsets).max())
    return pinned and not (tiles.least(convert.identity(offsets.shape[1:3]) + offsets) < 0).any()


def _unrolled(small: np.ndarray) -> bool:
    """Whether they cover much of the source and turn no cell over, as polar coordinates do; offsets that come and go turn half."""
    areas, least = tiles.areas(small), tiles.least(small)
    return bool((least < -1e-9).mean() < 0.02 and np.abs(areas).sum((-1, -2)).min() / 4 > 0.2)


def _shape(grid: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, float, float]:
    """Share of cells turned over; of the best affine map extent (2,), centre (2,), cosine of its turn, share explained."""
    h, w = grid.shape[1:3]
    plane = convert.identity((h, w)).reshape(-1, 2)
    values = grid.mean(0).reshape(-1, 2)
    centre = values.mean(0)
    matrix = ((values - centre).T @ plane / np.maximum((plane**2).sum(0), 1e-12)).T  # [u or v, x or y]
    det = tiles.areas(grid)
    tiny = 1e-9 * max(float(np.abs(det).max(initial=0)), 1e-30)
    turned = float((det < -tiny).mean()) if (np.abs(det) > tiny).any() else 1.0
    size = np.hypot(matrix[0, 0] + matrix[1, 1], matrix[0, 1] - matrix[1, 0])
    cosine = float((matrix[0, 0] + matrix[1, 1]) / size) if size > 1e-12 else 0.0
    rest = ((values - centre - plane @ matrix) ** 2).sum()
    explained = 1 - float(rest / max(((values - centre) ** 2).sum(), 1e-30))
    return turned, np.hypot(*matrix), centre, cosine, explained


def _spans(small: np.ndarray, room: float = 0.25) -> bool:
    """Whether it grows from -1 to 1 along its own axes, however unevenly: a warp that holds the border, and no offsets, which would
    push every border out."""
    grid = small.mean(0)
    across, down = np.diff(grid[..., 0], axis=1), np.diff(grid[..., 1], axis=0)
    if min(across.size, down.size) == 0 or min((across > -1e-6).mean(), (down > -1e-6).mean()) < 0.95:
        return False
    ends = np.array([grid[:, 0, 0].mean(), grid[:, -1, 0].mean(), grid[0, :, 1].mean(), grid[-1, :, 1].mean()])
    return bool((np.abs(ends - [-1, 1, -1, 1]) < room).all())


def _in_unit_interval(small: np.ndarray) -> bool:
    """All within [0, 1], about its middle and over most of it."""
    low, high = small.min((0, 1, 2)), small.max((0, 1, 2))
    return bool(
        (low > -0.02).all()
        and (high < 1.02).all()
        and (high - low > 0.6).all()
        and (np.abs(low + high - 1) < 0.08).all()
    )


def _pixels(size: Size, whose: str) -> Step:
    h, w = size
    return Step(
        "units",
        Text(f"doctor.step.pixels.{whose}", {"h": h, "w": w}),
        f"grid = 2 * grid / torch.tensor([{max(w - 1, 1)}, {max(h - 1, 1)}]) - 1",
        lambda a: convert.from_pixels(a, size),
    )


def _displaced(size: Size | None) -> Step:
    def mend(a: np.ndarray) -> np.ndarray:
        return convert.identity(a.shape[1:3]) + (a if size is None else 2 * a / convert.span(size))

    if size is None:
        code, unit = "grid", "normalised"
    else:
        code = f"2 * grid / torch.tensor([{max(size[1] - 1, 1)}, {max(size[0] - 1, 1)}])"
        unit = "pixels"
    identity = "F.affine_grid(torch.eye(2, 3)[None], (1, 1, *grid.shape[1:3]), align_corners=True)"
    told = Text(f"doctor.step.offsets.{unit}")
    return Step("displacement", told, f"grid = {identity} + {code}", mend, "grid" if size is None else "pixels")


def _exchanged(source: Size) -> Step:
    h, w = source
    height, width = max(h - 1, 1), max(w - 1, 1)
    turned = np.array([height, width], float)
    return Step(
        "units",
        Text("doctor.step.exchanged"),
        f"grid = (grid + 1) * torch.tensor([{height}, {width}]) / torch.tensor([{width}, {height}]) - 1",
        lambda a: (a + 1) * turned / turned[::-1] - 1,
    )


def _viewed(a: np.ndarray) -> np.ndarray:
    return np.moveaxis(np.ascontiguousarray(a).reshape(len(a), 2, *a.shape[1:3]), 1, -1)


_VIEWED = Step(
    "layout",
    Text("doctor.step.viewed"),
    "grid = grid.view(len(grid), 2, *grid.shape[1:3]).permute(0, 2, 3, 1)",
    _viewed,
)
_UNIT = Step("units", Text("doctor.step.unit"), "grid = 2 * grid - 1", lambda a: 2 * a - 1)
_AXES = Step("axis-order", Text("doctor.step.order"), "grid = grid.flip(-1)", lambda a: a[..., ::-1])
_TRANSPOSED = Step(
    "transposed", Text("doctor.step.transposed"), "grid = grid.transpose(1, 2)", lambda a: a.swapaxes(1, 2)
)
_FLIP = (
    Step("flipped", Text("doctor.step.flipped.x"), "grid = grid * torch.tensor([-1, 1])", lambda a: a * [-1, 1]),
    Step("flipped", Text("doctor.step.flipped.y"), "grid = grid * torch.tensor([1, -1])", lambda a: a * [1, -1]),
)
