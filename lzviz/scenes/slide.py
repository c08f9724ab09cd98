"""A stained tissue section, long and thin: glands, stroma, fat, thousands of cell nuclei."""

import numpy as np

from lzviz.scenes.noise import grain, lookup, tile
from lzviz.scenes.paint import Band, Frame, Painting
from lzviz.scenes.scene import Scene, check, render
from lzviz.scenes.shapes import ellipses, paint, ribbons

CLASSES = ("glass", "stroma", "epithelium", "lumen", "fat", "nucleus", "lymphocyte")
LABELS = {name: index for index, name in enumerate(CLASSES)}
_CLEAR, _PINK, _CELL, _NUCLEUS = range(1, 5)
_GLASS = np.array((243, 241, 243.0))
_STROMA = np.array((233, 178, 203.0))
_EPITHELIUM = np.array((196, 142, 190.0))
_DARK = np.array((98, 62, 132.0))


def slide(size: tuple[int, int] = (1024, 5120), seed: int = 0) -> Scene:
    """A histology-like section with exact tissue and nucleus labels, and a box for every visible nucleus.

    size: (h, w) pixels, 16..8192 each. The section runs along the longer side and is as wide as the shorter one (of a
    picture longer than 12 times its width one sees a strip from the middle of such a section).
    Nuclei are of two classes: "nucleus" and the small round "lymphocyte".
    `highlight` is the box of one nucleus that is dividing: two dark bars, unlike all others.
    """
    h, w = check(size, seed)
    scale = max(min(h, w), max(h, w) / 12)
    section = _Section(np.random.default_rng([seed, 3]), max(h, w) / scale, upright=h > w)
    mitosis = section.compose()
    aside = (min(h, w) - scale) / 2
    frame = Frame((h, w), float(scale), (aside, 0.0) if h > w else (0.0, aside))
    return render(section.painting, frame, _Shader(frame, seed), CLASSES, seed, highlight=mitosis)


class _Section:
    """The tissue in coordinates along (0..length) and across (0..1) the section."""

    def __init__(self, rng: np.random.Generator, length: float, upright: bool):
        self.rng, self.length, self.upright = rng, length, upright
        self.painting = Painting()
        self.phase = rng.uniform(0, 2 * np.pi, 8)
        self.taken: list[tuple[float, float, float]] = []  # discs that hold a gland, a fat lobe or a vessel

    def put(self, points, colours, owners, material: int) -> None:
        points = np.asarray(points, float)
        paint(self.painting, points[..., ::-1] if self.upright else points, colours, owners, material)

    def compose(self) -> int:
        """Draw everything; returns the owner of the dividing nucleus."""
        glass = self.painting.add(LABELS["glass"])
        far = self.length + 1
        self.put([[(-1, -1), (far, -1), (far, 2), (-1, 2)]], _GLASS, glass, _CLEAR)
        self._tissue()
        self._fibres()
        self._fat()
        self._glands()
        self._stroma_cells()
        self._lymphocytes()
        return self._mitosis()

    def bounds(self, u) -> tuple[np.ndarray, np.ndarray]:
        """The tissue's two edges at u along the section."""
        p = self.phase
        wave = lambda k: (  # noqa: E731
            0.045 * np.sin(2.1 * u + p[k]) + 0.024 * np.sin(5.3 * u + p[k + 1]) + 0.010 * np.sin(17 * u + p[k + 2])
        )
        closing = np.clip(np.minimum(u - 0.06, self.length - 0.06 - u) / 0.5, 0, 1) ** 0.5
        return 0.5 - closing * (0.40 + wave(0)), 0.5 + closing * (0.40 + wave(3))

    def inside(self, points: np.ndarray, margin: float = 0.0) -> np.ndarray:
        """(n,) bool: in the tissue, and outside the discs taken."""
        low, high = self.bounds(points[:, 0])
        good = (points[:, 1] > low + margin) & (points[:, 1] < high - margin)
        for x, y, r in self.taken:
            good &= (points[:, 0] - x) ** 2 + (points[:, 1] - y) ** 2 > (r + margin) ** 2
        return good

    def flow(self, points: np.ndarray) -> np.ndarray:
        """(n,) the direction the fibres run, radians."""
        u, v, p = points[..., 0], points[..., 1], self.phase
        return 0.5 * np.sin(2.3 * u + p[6]) + 0.45 * np.sin(5.1 * v + 1.7 * u + p[7])

    def scatter(self, count: int) -> np.ndarray:
        """(count, 2) points anywhere along the section."""
        return self.rng.uniform((0, 0), (self.length, 1), (count, 2))

    def _tissue(self) -> None:
        self.stroma = self.painting.add(LABELS["stroma"])
        u = np.linspace(0.06, self.length - 0.06, max(24, int(140 * self.length)))
        low, high = self.bounds(u)
        ragged = lambda v: v + self.rng.normal(0, 0.0016, len(u))  # noqa: E731
        edge = np.concatenate([np.stack([u, ragged(low)], 1), np.stack([u, ragged(high)], 1)[::-1]])
        self.put(edge[None], _STROMA * 0.97, self.stroma, _PINK)

    def _fibres(self) -> None:
        """Wavy strands of collagen, paler and darker than the ground."""
        rng = self.rng
        start = self.scatter(int(2600 * self.length))
        start = start[self.inside(start, 0.012)]
        n, steps = len(start), 9
        line = np.empty((n, steps, 2))
        line[:, 0] = start
        for i in range(1, steps):
            angle = self.flow(line[:, i - 1]) + 0.35 * np.sin(i * 1.1 + start[:, 0] * 40)
            line[:, i] = line[:, i - 1] + 0.0085 * np.stack([np.cos(angle), np.sin(angle)], 1)
        width = rng.uniform(0.0005, 0.0022, (n, 1)) * np.sin(np.linspace(0.15, np.pi - 0.15, steps))
        tone = np.where(rng.random((n, 1)) < 0.5, _STROMA * [1.03, 1.12, 1.07], _STROMA * [0.95, 0.84, 0.90])
        keep = self.inside(line[:, -1], 0.004)
        self.put(ribbons(line, width)[keep], tone[keep], self.stroma, _PINK)

    def _room(self, low: float, high: float, tries: int) -> list[tuple[float, float, float]]:
        """Discs of radius low..high that fit into the tissue and beside each other."""
        found = []
        for x, y, r in zip(*self.scatter(tries).T, self.rng.uniform(low, high, tries), strict=True):
            if self.inside(np.array([[x, y]]), r + 0.012)[0]:
                self.taken.append((x, y, r))
                found.append((x, y, r))
        return found

    def _fat(self) -> None:
        """Lobes of fat: clear round cells with thin walls."""
        rng = self.rng
        owner = self.painting.add(LABELS["fat"])
        for x, y, r in self._room(0.08, 0.13, int(8 * self.length)):
            spots = rng.uniform((x - r, y - r), (x + r, y + r), (90, 2))
            kept: list[np.ndarray] = []
            for spot in spots:
                if np.hypot(*(spot - (x, y))) < r * 0.84 and all(np.hypot(*(spot - k)) > 0.034 for k in kept):
                    kept.append(spot)
            cells = np.array(kept)
            rough = rng.uniform(0.93, 1.07, (len(cells), 18))
            size = rng.uniform(0.017, 0.021, (len(cells), 1)) * np.ones(2)
            self.put(ellipses(cells, size, 0.0, 18, rough), _STROMA * [0.94, 0.9, 0.95], owner, _PINK)
            self.put(ellipses(cells, size - 0.0016, 0.0, 18, rough), _GLASS * 0.985, owner, _CLEAR)
            wall = cells + 0.0165 * np.stack(_compass(rng.uniform(0, 6.3, len(cells))), 1)
            self._nuclei(wall, np.full((len(cells), 2), (0.0042, 0.0016)), rng.uniform(0, 3, len(cells)), "nucleus")

    def _glands(self) -> None:
        """Rings of tall cells about a hollow, each with its nucleus near the outside."""
        rng = self.rng
        lining, hollow = self.painting.add(LABELS["epithelium"]), self.painting.add(LABELS["lumen"])
        for x, y, r in self._room(0.045, 0.12, int(150 * self.length)):
            turn = np.arange(64) * 2 * np.pi / 64
            wobble = np.ones(64) + sum(
                rng.uniform(0.02, 0.09) * np.sin(k * turn + rng.uniform(0, 6.3)) for k in (2, 3, 5)
            )
            wobble /= wobble.max()
            thick = rng.uniform(0.017, 0.024)
            centre = np.array([[x, y]])
            self.put(ellipses(centre, np.full(2, r), 0.0, 64, wobble[None]), _STROMA * [0.9, 0.78, 0.88], lining, _PINK)
            self.put(ellipses(centre, np.full(2, r - 0.003), 0.0, 64, wobble[None]), _EPITHELIUM, lining, _CELL)
            cells = max(10, int(2 * np.pi * r / 0.0088))
            spoke = np.arange(cells) * 2 * np.pi / cells + rng.normal(0, 0.02, cells)
            radius = r * np.interp(spoke % (2 * np.pi), np.append(turn, 2 * np.pi), np.append(wobble, wobble[0]))
            out = np.stack(_compass(spoke), 1)
            walls = np.stack([centre + out * (radius - 0.004)[:, None], centre + out * (radius - thick)[:, None]], 1)
            self.put(ribbons(walls, 0.0005), _EPITHELIUM * 1.12, lining, _CELL)
            inner = ellipses(
                centre, np.full(2, r), 0.0, 64, ((r * wobble - thick) / r + rng.normal(0, 0.006, 64))[None]
            )
            self.put(inner, _GLASS * [0.985, 0.965, 0.985], hollow, _CLEAR)
            self._secretion(centre, r - thick, hollow)
            place = centre + out * (radius - rng.uniform(0.0055, 0.0085, cells))[:, None]
            halves = np.stack([rng.uniform(0.0040, 0.0054, cells), rng.uniform(0.0026, 0.0034, cells)], 1)
            self._nuclei(place, halves, spoke + rng.normal(0, 0.15, cells), "nucleus")

    def _secretion(self, centre: np.ndarray, room: float, hollow: int) -> None:
        """Pale foam in the hollow of a gland."""
        if room > 0.03 and self.rng.random() < 0.6:
            spots = centre + self.rng.normal(0, room * 0.28, (14, 2))
            size = self.rng.uniform(0.006, 0.016, (14, 1)) * [1.0, 0.8]
            self.put(
                ellipses(spots, size, 0.3, 14, self.rng.uniform(0.8, 1.15, (14, 14))), (240, 214, 228), hollow, _CLEAR
            )

    def _stroma_cells(self) -> None:
        """Spindle-shaped nuclei between the fibres, small vessels with red cells."""
        rng = self.rng
        owner = self.stroma
        for x, y, r in self._room(0.014, 0.028, int(60 * self.length)):
            disc = np.array([[x, y]])
            self.put(ellipses(disc, np.full(2, r), 0.0, 24), _STROMA * [0.93, 0.76, 0.86], owner, _PINK)
            self.put(ellipses(disc, np.full(2, r * 0.8), 0.0, 24), _GLASS * 0.97, owner, _CLEAR)
            red = disc + rng.normal(0, r * 0.34, (int(9000 * r * r) + 4, 2))
            red = red[np.hypot(*(red - disc).T) < r * 0.68]
            self.put(ellipses(red, np.full(2, 0.0034), 0.0, 12), (206, 92, 104), owner, _PINK)
            self.put(ellipses(red - 0.0006, np.full(2, 0.0018), 0.0, 10), (222, 124, 128), owner, _PINK)
        place = self.scatter(int(1500 * self.length))
        place = place[self.inside(place, 0.010)]
        n = len(place)
        halves = np.stack([rng.uniform(0.0046, 0.0082, n), rng.uniform(0.0014, 0.0024, n)], 1)
        self._nuclei(place, halves, self.flow(place) + rng.normal(0, 0.2, n), "nucleus")

    def _lymphocytes(self) -> None:
        """Crowds of small, round, very dark nuclei."""
        rng = self.rng
        for _ in range(max(2, int(2.4 * self.length))):
            centre = rng.uniform((0.2, 0.25), (self.length - 0.2, 0.75))
            place = centre + rng.normal(0, rng.uniform(0.02, 0.06), (260, 2)) * [1.6, 1.0]
            place = place[self.inside(place, 0.008)]
            size = rng.uniform(0.0028, 0.0036, (len(place), 1)) * [1.0, 0.94]
            self._nuclei(place, size, rng.uniform(0, 3, len(place)), "lymphocyte")

    def _nuclei(self, place: np.ndarray, halves: np.ndarray, angle: np.ndarray, kind: str) -> None:
        """Nuclei (n, 2): a dark rim, a paler inside, grains of chromatin."""
        rng, n = self.rng, len(place)
        if n == 0:
            return
        owners = np.array([self.painting.add(LABELS[kind], boxed=True) for _ in range(n)])
        rough = rng.uniform(0.93, 1.07, (n, 16))
        tone = _DARK * rng.uniform(0.82, 1.24, (n, 1)) * (0.74 if kind == "lymphocyte" else 1.0)
        self.put(ellipses(place, halves, angle, 16, rough), tone * 0.84, owners, _NUCLEUS)
        self.put(ellipses(place, halves * 0.78, angle, 16, rough), tone + np.array((34, 30, 26)), owners, _NUCLEUS)
        for _ in range(4):
            shift = (
                np.stack(_compass(rng.uniform(0, 6.3, n)), 1)
                * halves.min(1, keepdims=True)
                * rng.uniform(0.1, 0.55, (n, 1))
            )
            dot = halves.min(1, keepdims=True) * rng.uniform(0.14, 0.32, (n, 1)) * np.ones(2)
            self.put(ellipses(place + shift, dot, 0.0, 8), tone * 0.72, owners, _NUCLEUS)

    def _mitosis(self) -> int:
        """One dividing cell in the stroma near the middle: two dark bars in a clear halo."""
        owner = self.painting.add(LABELS["nucleus"], boxed=True)
        place = self.scatter(4000)
        place = place[self.inside(place, 0.012)]
        middle = (self.length / 2, 0.5)
        spot = place[np.argmin(np.hypot(*(place - middle).T))] if len(place) else np.array(middle)
        self.put(ellipses(spot[None], np.full(2, 0.0085), 0.0, 24), _STROMA * [1.02, 1.14, 1.08], self.stroma, _PINK)
        angle = self.rng.uniform(0, np.pi)
        across = np.array([-np.sin(angle), np.cos(angle)]) * 0.0030
        bars = np.stack([spot - across, spot + across])
        rough = self.rng.uniform(0.84, 1.12, (2, 16))
        self.put(ellipses(bars, np.array([0.0058, 0.0017]), angle, 16, rough), _DARK * 0.55, owner, _NUCLEUS)
        return owner


def _compass(angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.cos(angle), np.sin(angle)


class _Shader:
    """Uneven stain, fine texture in the tissue, an even lamp, grain."""

    def __init__(self, frame: Frame, seed: int):
        self.frame, self.seed = frame, seed
        self.x = frame.columns()[None]
        self.coarse, self.fine = tile(1.5, seed + 7), tile(0.7, 6)

    def __call__(self, band: Band) -> np.ndarray:
        y = self.frame.rows(band.top, band.bottom)[:, None]
        kinds, colour = band.materials, band.colour
        stain = lookup(self.coarse, self.x * 0.6, y * 0.6)
        sharp = min(1.0, self.frame.scale / 500)
        grains = lookup(self.fine, self.x * 2.7, y * 2.7) * sharp
        even = np.array([0, 0.004, 0.028, 0.03, 0.02], np.float32)[kinds]
        rough = np.array([0, 0.003, 0.030, 0.040, 0.075], np.float32)[kinds]
        change = even * stain + rough * grains
        colour *= 1 + change[..., None] * np.array((0.7, 1.3, 0.8), np.float32)
        colour += grain(band.top, kinds.shape, self.seed)[..., None] * 1.4 + 0.5
        return np.clip(colour, 0, 255).astype(np.uint8)
