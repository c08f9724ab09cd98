"""Cars: a body lofted through cross-sections, lit face by face; wheels, lights and number plates."""

import numpy as np

from lzviz.scenes.stage import EYE, PLAIN, Face, Stage, shade

# sections from tail to nose: metres from the tail, height of the top, of the belt line, half width there and at the top
_HATCH = np.array(
    [
        (0.00, 0.86, 0.84, 0.78, 0.74), (0.04, 0.93, 0.90, 0.83, 0.77), (0.18, 0.99, 0.95, 0.86, 0.72),
        (0.62, 1.39, 0.96, 0.88, 0.63), (1.00, 1.47, 0.96, 0.89, 0.64), (1.45, 1.50, 0.96, 0.89, 0.64),
        (2.05, 1.49, 0.95, 0.89, 0.64), (2.50, 1.41, 0.94, 0.89, 0.62), (3.12, 1.06, 0.93, 0.88, 0.74),
        (3.40, 0.98, 0.91, 0.87, 0.78), (3.75, 0.92, 0.87, 0.86, 0.78), (3.98, 0.84, 0.80, 0.83, 0.76),
        (4.08, 0.70, 0.68, 0.77, 0.70),
    ]
)  # fmt: skip
_SEDAN = np.array(
    [
        (0.00, 0.88, 0.86, 0.78, 0.74), (0.04, 0.96, 0.92, 0.83, 0.77), (0.50, 1.01, 0.94, 0.87, 0.78),
        (0.72, 1.03, 0.95, 0.87, 0.74), (1.25, 1.37, 0.95, 0.89, 0.61), (1.70, 1.44, 0.95, 0.90, 0.62),
        (2.20, 1.45, 0.95, 0.90, 0.62), (2.72, 1.38, 0.94, 0.90, 0.60), (3.42, 1.04, 0.93, 0.89, 0.74),
        (3.75, 0.97, 0.90, 0.88, 0.79), (4.20, 0.90, 0.85, 0.86, 0.78), (4.46, 0.81, 0.77, 0.82, 0.75),
        (4.56, 0.67, 0.65, 0.76, 0.70),
    ]
)  # fmt: skip
_VAN = np.array(
    [
        (0.00, 1.16, 1.10, 0.88, 0.86), (0.03, 1.30, 1.20, 0.92, 0.86), (0.06, 1.42, 1.24, 0.93, 0.85),
        (0.16, 2.00, 1.24, 0.94, 0.81), (0.60, 2.07, 1.24, 0.95, 0.81), (1.70, 2.09, 1.24, 0.95, 0.81),
        (2.80, 2.07, 1.22, 0.95, 0.80), (3.35, 1.98, 1.20, 0.95, 0.77), (4.05, 1.32, 1.14, 0.94, 0.80),
        (4.28, 1.20, 1.09, 0.93, 0.82), (4.56, 1.08, 1.02, 0.91, 0.80), (4.72, 0.94, 0.90, 0.88, 0.79),
        (4.80, 0.76, 0.74, 0.82, 0.76),
    ]
)  # fmt: skip
_REAR_WINDOW = {"hatch": 2, "sedan": 3, "van": 2}  # the interval between sections that the rear window fills
_WINDSCREEN = 7
BODIES = {"hatch": _HATCH, "sedan": _SEDAN, "van": _VAN}
PAINTS = np.array(
    [
        (178, 62, 54), (62, 92, 132), (226, 224, 216), (96, 104, 112), (46, 52, 60), (170, 178, 182), (86, 118, 104),
        (194, 166, 108), (120, 64, 62), (132, 158, 176), (70, 78, 108), (196, 190, 176),
    ],
    float,
)  # fmt: skip
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def car(stage: Stage, x: float, z: float, ahead: bool, kind: str, paint: np.ndarray, label: int) -> None:
    """A car whose near end is at depth z, its middle at x metres. ahead: it shows its tail, else its nose."""
    owner = stage.painting.add(label, boxed=True)
    body = BODIES[kind]
    length = body[-1, 0]
    lit = stage.lit_at(x, 0.9, z + length / 2)
    grid = _loft(body, x, z, ahead)
    skin = np.stack([grid[:-2:2, :-2:2], grid[2::2, :-2:2], grid[2::2, 2::2], grid[:-2:2, 2::2]], 2)
    stage.cast(skin.reshape(-1, 4, 3))
    stage.contacts.append((x, z + length / 2, 1.02, length / 2 + 0.18))
    _underside(stage, x, z, length, body[:, 3].max(), owner)
    side = 1.0 if x < EYE[0] else -1.0  # the side in sight
    half = body[:, 3].max()
    flank = x + side * half
    _mirror(stage, body, x - side * half, z, ahead, -side, paint, owner, lit)
    _shell(stage, grid, kind, ahead, paint, owner, lit)
    wheels = [0.19 * length, 0.81 * length]
    for t in sorted(wheels if ahead else [length - t for t in wheels], reverse=True):
        _wheel(stage, flank, z + t, side, owner, lit)
    _seams(stage, body, flank, z, ahead, side, paint, owner, lit)
    _mirror(stage, body, flank, z, ahead, side, paint, owner, lit)
    face = Face(stage, "front", z - 0.02, owner, lit)
    (_tail if ahead else _nose)(face, x, body, paint, kind)


def _loft(body: np.ndarray, x: float, z: float, ahead: bool) -> np.ndarray:
    """(sections, ring, 3) metres: the body's skin from the right sill over the roof to the left sill."""
    t, top, belt, half, roof = _smooth(body, 3).T
    rise = top - belt
    ring = [
        (half * 0.93, 0.20 + 0 * t), (half * 0.99, 0.36 + 0 * t), (half * 1.015, 0.55 * belt + 0.14),
        (half * 0.985, belt - 0.03), (half * 0.96, belt), (roof + (half * 0.96 - roof) * 0.06, top - 0.07 * rise),
        (roof * 0.86, top - 0.005), (roof * 0.45, top + 0.012), (0 * t, top + 0.018),
    ]  # fmt: skip
    right = np.stack([np.stack(p, 1) for p in ring], 1)
    both = np.concatenate([right, right[:, -2::-1] * [-1, 1]], 1)
    depth = z + (t if ahead else body[-1, 0] - t)
    return np.concatenate([both + np.array([x, 0]), np.broadcast_to(depth[:, None, None], (*both.shape[:2], 1))], 2)


def _smooth(keys: np.ndarray, steps: int) -> np.ndarray:
    """Catmull-Rom through the rows of `keys`, `steps` intervals between two of them."""
    before, after = np.concatenate([keys[:1], keys[:-1]]), np.concatenate([keys[1:], keys[-1:]])
    slope = (after - before) / 2
    t = (np.arange(steps) / steps)[:, None, None]
    a, b = keys[:-1], keys[1:]
    curve = a * (2 * t**3 - 3 * t**2 + 1) + slope[:-1] * (t**3 - 2 * t**2 + t)
    curve = curve + b * (3 * t**2 - 2 * t**3) + slope[1:] * (t**3 - t**2)
    return np.concatenate([curve.transpose(1, 0, 2).reshape(-1, keys.shape[1]), keys[-1:]])


def _shell(stage, grid, kind, ahead, paint, owner, lit) -> None:
    """The skin's faces that look at the camera, far ones first."""
    a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
    quads = np.stack([a, b, c, d], 2)
    normal = np.cross(c - a, d - b)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    outward = (quads.mean(2) - [grid[..., 0].mean(), 0.55, 0]) * [1, 1, 0]
    normal *= np.sign((normal * outward).sum())
    facing = (normal * (quads.mean(2) - EYE)).sum(-1) < 0
    normal[1:-1] = (normal[:-2] + 2 * normal[1:-1] + normal[2:]) / 4
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    colours = np.where(
        _is_glass(quads.shape[:2], kind)[..., None], _pane(normal, quads, lit), _lacquer(paint, normal, quads, lit)
    )
    ends = grid[0 if ahead else -1]
    order = np.argsort(-quads.mean(2)[..., 2][facing], kind="stable")
    stage.paint(quads[facing][order], colours[facing][order], owner, PLAIN)
    stage.paint(ends[None], paint * shade((-0.2, 0.2, -0.96), lit) * 0.94, owner)


def _is_glass(shape: tuple[int, int], kind: str) -> np.ndarray:
    """(intervals, ring) bool: windows of the skin; pillars between them stay body."""
    glass = np.zeros(shape, bool)
    middle = shape[1] // 2
    rear, front = 3 * _REAR_WINDOW[kind], 3 * _WINDSCREEN
    across = slice(middle - 2, middle + 2)
    glass[rear : rear + 3, across] = True
    glass[front : front + 3, across] = True
    sides = [*range(rear + (4 if kind == "van" else 3), front + 1)]
    pillars = {rear + 7, rear + 8} if kind != "van" else {*range(rear + 3, front - 5)}
    for i in sides:
        if i not in pillars:
            glass[i, 4] = glass[i, shape[1] - 5] = True
    return glass


def _lacquer(paint, normal, quads, lit) -> np.ndarray:
    """Car paint: its colour in the light, the sky mirrored on top, the road mirrored below."""
    height = quads.mean(2)[..., 1:2]
    up = np.clip(normal[..., 1:2], 0, 1)
    base = paint * shade(normal, lit) * (0.62 + 0.38 * np.clip(height / 0.55, 0, 1))
    mirror = np.array((206, 220, 232.0)) * (0.55 + 0.45 * lit)
    base = base + (mirror - base) * (0.05 + 0.30 * up**1.5)
    return np.where(height < 0.33, base * 0.5, base)


def _pane(normal, quads, lit) -> np.ndarray:
    up = np.clip(normal[..., 1:2], 0, 1)
    height = quads.mean(2)[..., 1:2]
    dark = np.array((30, 37, 43.0)) + np.array([50, 56, 62]) * np.clip(height / 1.5 - 0.62, 0, 0.4)
    return dark + (np.array((178, 198, 212.0)) * (0.5 + 0.5 * lit) - dark) * (0.06 + 0.42 * up**1.5)


def _underside(stage, x, z, length, half, owner) -> None:
    """The dark below a car, and the treads of the tyres at the near end."""
    dark = [
        [
            (x - half + 0.1, 0.34, z + 0.1),
            (x + half - 0.1, 0.34, z + 0.1),
            (x + half - 0.1, 0.1, z + 0.4),
            (x - half + 0.1, 0.1, z + 0.4),
        ]
    ]
    stage.paint(dark, np.array((30, 31, 34.0)), owner)
    for t in (0.81 * length, 0.19 * length):
        for s in (-1, 1):
            a, b = sorted((x + s * (half - 0.03), x + s * (half - 0.25)))
            tread = [[(a, 0.0, z + t - 0.12), (b, 0.0, z + t - 0.12), (b, 0.42, z + t - 0.28), (a, 0.42, z + t - 0.28)]]
            stage.paint(tread, np.array((36, 36, 38.0)), owner)


def _disc(flank: float, z: float, radius: float, count: int = 22, y: float = 0.33) -> np.ndarray:
    turn = np.arange(count) * 2 * np.pi / count
    return np.stack([np.full(count, flank), y + radius * np.sin(turn), z + radius * np.cos(turn)], 1)[None]


def _wheel(stage, flank, z, side, owner, lit) -> None:
    light = shade((side, 0, 0), lit)
    stage.paint(_disc(flank - side * 0.01, z, 0.395, y=0.35), np.array((24, 25, 28.0)), owner)
    stage.paint(_disc(flank, z, 0.33), np.array((46, 46, 48.0)) * (0.7 + 0.3 * lit), owner)
    stage.paint(_disc(flank, z, 0.225), np.array((90, 94, 98.0)) * light, owner)
    stage.paint(_disc(flank, z, 0.21), np.array((178, 182, 186.0)) * light, owner)
    turn = np.arange(5) * 2 * np.pi / 5 + 0.4
    holes = []
    for a in turn:
        ring = [(0.19, a - 0.36), (0.19, a + 0.36), (0.08, a + 0.24), (0.08, a - 0.24)]
        holes.append([(flank, 0.33 + r * np.sin(t), z + r * np.cos(t)) for r, t in ring])
    stage.paint(holes, np.array((58, 60, 64.0)) * (0.6 + 0.4 * lit), owner)


def _seams(stage, body, flank, z, ahead, side, paint, owner, lit) -> None:
    """Door gaps, handles and a dark sill on the side in sight."""
    length = body[-1, 0]
    at = lambda t: z + (t if ahead else length - t)  # noqa: E731
    light = shade((side, 0, 0), lit)
    belt = body[5, 2]
    for t in (0.33, 0.55, 0.72):
        line = at(t * length)
        quad = [
            [
                (flank, 0.36, line),
                (flank, 0.36, line + 0.02),
                (flank, belt - 0.05, line + 0.02),
                (flank, belt - 0.05, line),
            ]
        ]
        stage.paint(quad, paint * light * 0.45, owner)
    for t in (0.37, 0.575):
        grip = at(t * length)
        quad = [
            [
                (flank, belt - 0.17, grip),
                (flank, belt - 0.17, grip + 0.2),
                (flank, belt - 0.13, grip + 0.2),
                (flank, belt - 0.13, grip),
            ]
        ]
        stage.paint(quad, paint * light * 0.6 + 30, owner)


def _mirror(stage, body, flank, z, ahead, side, paint, owner, lit) -> None:
    """The wing mirror on the side whose skin is at x = flank."""
    belt, t = body[5, 2], body[_WINDSCREEN, 0] + 0.35
    at = z + (t if ahead else body[-1, 0] - t)
    low, high = belt + 0.03, belt + 0.15
    quad = [
        [
            (flank - 0.02 * side, low, at),
            (flank + 0.15 * side, low, at),
            (flank + 0.15 * side, high, at),
            (flank, high, at),
        ]
    ]
    stage.paint(quad, paint * shade((0, 0, -1.0), lit) * 0.85, owner)


def _plate(face: Face, x: float, v: float) -> None:
    rng = face.stage.rng
    text = "".join(rng.choice(list(_LETTERS), 2)) + " " + str(rng.integers(100, 999))
    face.paint([[x - 0.27, x + 0.27, v, v + 0.125]], (40, 40, 42))
    face.paint([[x - 0.26, x + 0.26, v + 0.008, v + 0.117]], (238, 236, 226))
    face.paint([[x - 0.26, x - 0.225, v + 0.008, v + 0.117]], (54, 84, 150))
    face.text(text, x + 0.02, v + 0.03, 0.066, (34, 34, 38), 0.0)


def _tail(face: Face, x: float, body: np.ndarray, paint: np.ndarray, kind: str) -> None:
    half, top = body[1, 3], body[1, 1]
    face.paint([[x - half + 0.06, x + half - 0.06, 0.19, 0.40]], (56, 58, 62))
    face.paint([[x - 0.5, x + 0.5, 0.62, 0.645]], paint * 0.5)
    for s in (-1, 1):
        a, b = sorted((x + s * (half - 0.01), x + s * (half - (0.16 if kind == "van" else 0.3))))
        low, high = (0.66, 1.12) if kind == "van" else (top - 0.22, top - 0.03)
        face.paint([[a, b, low, high]], (92, 22, 24))
        face.paint([[a + 0.02, b - 0.02, low + 0.02, high - 0.02]], (190, 44, 38))
        face.paint([[a + 0.02, b - 0.02, (low + high) / 2, high - 0.04]], (226, 88, 62))
        face.paint([[a + 0.03, b - 0.03, low + 0.03, low + 0.07]], (236, 214, 196))
    _plate(face, x, 0.47)
    face.paint([[x - 0.12, x + 0.12, top - 0.12, top - 0.09]], (210, 212, 214))


def _nose(face: Face, x: float, body: np.ndarray, paint: np.ndarray, kind: str) -> None:
    half, top = body[-2, 3], body[-2, 1]
    face.paint([[x - half + 0.04, x + half - 0.04, 0.19, 0.34]], (50, 52, 56))
    face.paint([[x - 0.42, x + 0.42, top - 0.24, top - 0.08]], (38, 40, 44))
    for i in range(3):
        v = top - 0.22 + i * 0.05
        face.paint([[x - 0.4, x + 0.4, v, v + 0.012]], (132, 136, 140))
    face.paint([[x - 0.06, x + 0.06, top - 0.2, top - 0.11]], (206, 208, 210))
    for s in (-1, 1):
        a, b = sorted((x + s * (half - 0.03), x + s * (half - 0.33)))
        face.paint([[a, b, top - 0.21, top - 0.05]], (70, 76, 82))
        face.paint([[a + 0.03, b - 0.03, top - 0.19, top - 0.07]], (226, 232, 234))
        m = (a + b) / 2
        face.paint([[m - 0.05, m + 0.05, top - 0.17, top - 0.09]], (255, 252, 238), light=np.ones(3))
    _plate(face, x, 0.36 if kind != "van" else 0.42)
