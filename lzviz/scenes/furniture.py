"""What stands on the pavement: trees, lamps and wires, traffic lights, signs, fences, bollards."""

from itertools import pairwise

import numpy as np

from lzviz.scenes.stage import EYE, FOLIAGE, KERB, ROAD, Face, Stage, project, shade

STEEL = np.array((92, 98, 102.0))
GREENS = np.array([(98, 120, 66), (82, 110, 70), (112, 124, 68), (126, 122, 66)], float)
WORDS = ("ZOOM", "OPERA", "PARK", "PORT", "MUSEUM", "LENS")


def column(
    stage: Stage, x: float, z: float, low: float, high: float, radius: float, colour, owner: int, top=None
) -> None:
    """A round upright post from height low to high, light on its left; `top`: its radius there."""
    top = radius if top is None else top
    lit = stage.lit_at(x, (low + high) / 2, z)
    edges = np.array([-1.0, -0.62, -0.1, 0.45, 1.0])
    normals = np.stack([edges[:-1] + 0.1, 0 * edges[1:], -np.sqrt(1 - (edges[:-1] + 0.1) ** 2 * 0.99)], 1)
    quads = [
        [(x + a * radius, low, z), (x + b * radius, low, z), (x + b * top, high, z), (x + a * top, high, z)]
        for a, b in pairwise(edges)
    ]
    stage.paint(quads, np.asarray(colour, float) * shade(normals, lit), owner, cast=True)
    stage.contacts.append((x, z, radius * 2.2, radius * 2.2))


def bar(stage: Stage, points: np.ndarray, thick: float, colour, owner: int, cast: bool = False) -> None:
    """A rod along points (n, 3) metres, drawn `thick` metres wide in the plane of the picture."""
    points = np.asarray(points, float)
    flat = project(points)
    along = np.diff(flat, axis=0)
    across = along[:, ::-1] * [1, -1] / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9) * thick / 2
    across = np.concatenate([across, np.zeros((len(across), 1))], 1)
    a, b = points[:-1], points[1:]
    stage.paint(np.stack([a - across, b - across, b + across, a + across], 1), colour, owner, cast=cast)


def tree(stage: Stage, x: float, z: float, size: float, label: int) -> None:
    """A street tree: trunk, branches, a crown of leaf clusters. size: the crown's half width, metres."""
    rng = stage.rng
    owner = stage.painting.add(label)
    green = GREENS[rng.integers(len(GREENS))] * rng.uniform(0.92, 1.06)
    bark = np.array((112, 94, 78.0))
    crown = np.array([x, KERB + 2.5 + size * 1.05, z])
    column(stage, x, z, KERB, crown[1], 0.15 + 0.02 * size, bark, owner, top=0.09)
    for s in (-0.8, -0.35, 0.3, 0.75):
        tip = crown + np.array([s * size * 0.8, rng.uniform(0, 0.5) * size, 0])
        bar(stage, np.array([[x, crown[1] - size * 0.7, z], tip]), 0.1, bark * shade((-0.3, 0, -0.9), 0.5), owner)
    clusters = 15
    turn, high = rng.uniform(0, 2 * np.pi, clusters), rng.uniform(-0.75, 0.95, clusters)
    reach = np.sqrt(np.clip(1 - high**2, 0.12, 1)) * rng.uniform(0.35, 0.72, clusters)
    offset = np.stack([np.cos(turn) * reach, high * 0.78, np.sin(turn) * reach], 1) * size
    radius = size * rng.uniform(0.34, 0.5, clusters)
    order = np.argsort(-offset[:, 2])
    lit = stage.lit_at(*crown)
    for i in order:
        _cluster(stage, crown, crown + offset[i], float(radius[i]), size, green, owner, lit)
    stage.contacts.append((x, z, 0.7, 0.7))


def _cluster(stage, crown, centre, radius: float, size: float, green, owner: int, lit: float) -> None:
    """Leaves on a ball: dark ones inside first, then those that catch the light."""
    rng = stage.rng
    count = int(np.clip(5200 / crown[2], 50, 210))
    normal = rng.standard_normal((count, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    normal[:, 2] = -np.abs(normal[:, 2])
    depth = np.sort(rng.uniform(0.35, 1.06, count))
    place = centre + normal * radius * depth[:, None] * [1, 0.9, 1]
    big = np.linspace(2.0, 0.8, count) * (0.20 + 0.42 / np.sqrt(count)) * 0.36 * rng.uniform(0.7, 1.35, count)
    turn = rng.uniform(0, np.pi, count)
    ring = np.arange(6) * np.pi / 3
    leaf = np.stack([np.cos(ring) * 1.25, np.sin(ring) * 0.7], 1)
    spin = np.stack([np.stack([np.cos(turn), -np.sin(turn)], 1), np.stack([np.sin(turn), np.cos(turn)], 1)], 1)
    flat = np.einsum("nij,kj->nki", spin, leaf) * big[:, None, None]
    points = place[:, None] + np.concatenate([flat, np.zeros((count, 6, 1))], 2)
    outer = (place - crown) / size
    mixed = 0.55 * normal + 0.75 * outer
    mixed /= np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-6)
    inner = np.clip(depth, 0.3, 1)[:, None] ** 1.3
    colours = green * shade(mixed, lit) * (0.60 + 0.46 * inner) * rng.uniform(0.86, 1.14, (count, 1))
    sunny = np.clip((mixed @ np.array([-0.55, 0.75, -0.35]))[:, None], 0, 1) * lit
    colours += sunny * np.array((34, 28, 2.0)) * inner
    stage.paint(points, colours, owner, FOLIAGE)
    if rng.random() < 0.8:
        stage.cast(points[:: max(1, count // 40)])


def lamp(stage: Stage, side: int, z: float, label: int) -> np.ndarray:
    """A street lamp at the kerb, its arm over the road. Returns where a wire may hang, metres."""
    owner = stage.painting.add(label)
    x, top = side * (ROAD + 0.55), 7.2
    column(stage, x, z, KERB, 1.0, 0.12, STEEL * 0.9, owner)
    column(stage, x, z, 1.0, top - 0.6, 0.075, STEEL, owner, top=0.05)
    turn = np.linspace(0, np.pi / 2, 8)
    arm = np.stack([x - side * 1.5 * (1 - np.cos(turn)), top - 0.6 + 0.75 * np.sin(turn), np.full(8, z)], 1)
    lit = stage.lit_at(x, 5.0, z)
    bar(stage, arm, 0.075, STEEL * shade((0, 0.3, -0.95), lit), owner, cast=True)
    hx, hy = x - side * 1.5, top + 0.13
    head = [[(hx - 0.42, hy, z), (hx + 0.42, hy, z), (hx + 0.34, hy + 0.14, z), (hx - 0.34, hy + 0.14, z)]]
    stage.paint(head, STEEL * 0.62, owner, cast=True)
    glass = [[(hx - 0.34, hy - 0.08, z), (hx + 0.34, hy - 0.08, z), (hx + 0.42, hy, z), (hx - 0.42, hy, z)]]
    stage.paint(glass, np.array((232, 226, 204.0)), owner)
    return np.array([x, top - 0.7, z])


def wire(stage: Stage, start: np.ndarray, end: np.ndarray, sag: float, label: int) -> None:
    """A cable that hangs between two points."""
    t = np.linspace(0, 1, 17)[:, None]
    line = start + (end - start) * t
    line[:, 1:2] -= sag * 4 * t * (1 - t)
    bar(stage, line, 0.03, np.array((66, 68, 74.0)), stage.painting.add(label))


def traffic_light(stage: Stage, x: float, z: float, pole: int, sign: int, glow: int) -> None:
    """A signal on its post. glow: 0 red, 1 amber, 2 green."""
    owner = stage.painting.add(pole)
    column(stage, x, z, KERB, 3.0, 0.065, STEEL, owner)
    owner = stage.painting.add(sign, boxed=True)
    lit = stage.lit_at(x, 2.6, z)
    face = Face(stage, "front", z - 0.1, owner, lit)
    face.paint([[x - 0.24, x + 0.24, 1.98, 3.12]], (226, 222, 210))
    face.paint([[x - 0.21, x + 0.21, 2.01, 3.09]], (34, 38, 40), 0.01)
    lamps = np.array([(214, 58, 44), (226, 160, 60), (76, 186, 122)], float)
    for i, v in enumerate((2.9, 2.55, 2.2)):
        colour = lamps[i] * 1.06 if i == glow else lamps[i] * 0.2 + 12
        _round(face, x, v, 0.135, np.array((20, 22, 24.0)))
        _round(face, x, v, 0.118, colour, np.ones(3))
        _round(face, x - 0.03, v + 0.03, 0.05, np.clip(colour * 1.2 + 12, 0, 255), np.ones(3))


def _round(face: Face, u: float, v: float, radius: float, colour, light=None) -> None:
    turn = np.arange(24) * np.pi / 12
    points = face.points((u + radius * np.cos(turn))[None], (v + radius * np.sin(turn))[None], 0.02)
    light = face.light if light is None else light
    face.stage.paint(points, np.clip(np.asarray(colour, float) * light, 0, 255), face.owner)


def plate(stage: Stage, x: float, z: float, kind: str, pole: int, sign: int) -> None:
    """A small traffic sign on a post. kind: "30", "P", "stop", "bus" or "cross"."""
    column(stage, x, z, KERB, 2.9, 0.04, STEEL, stage.painting.add(pole))
    lit = stage.lit_at(x, 2.5, z)
    face = Face(stage, "front", z - 0.05, stage.painting.add(sign, boxed=True), max(lit, 0.35))
    white, blue, red = np.array((242, 240, 232.0)), np.array((42, 86, 158.0)), np.array((190, 48, 44.0))
    if kind == "30":
        _round(face, x, 2.55, 0.33, red)
        _round(face, x, 2.55, 0.25, white)
        face.text("30", x, 2.44, 0.22, (34, 34, 36), 0.03)
    elif kind == "stop":
        turn = np.arange(8) * np.pi / 4 + np.pi / 8
        for r, colour in ((0.36, white), (0.33, red)):
            octagon = face.points((x + r * np.cos(turn))[None], (2.55 + r * np.sin(turn))[None], 0.01)
            stage.paint(octagon, colour * face.light, face.owner)
        face.text("STOP", x, 2.48, 0.14, white, 0.03)
    else:
        face.paint([[x - 0.31, x + 0.31, 2.24, 2.86]], white, 0.01)
        face.paint([[x - 0.28, x + 0.28, 2.27, 2.83]], blue, 0.01)
        face.text(
            {"P": "P", "bus": "BUS", "cross": "^"}[kind],
            x,
            2.40 if kind != "bus" else 2.48,
            0.32 if kind != "bus" else 0.17,
            white,
            0.03,
        )


def guide(stage: Stage, z: float, x: float, word: str, pole: int, owner: int) -> None:
    """The blue direction sign on its arm over the road, the picture's hidden word. owner: the sign's own number."""
    post = stage.painting.add(pole)
    foot = ROAD + 0.7
    column(stage, foot, z, KERB, 6.6, 0.12, STEEL, post, top=0.09)
    lit = stage.lit_at(x, 5.4, z)
    for v in (6.3, 5.5):
        bar(
            stage, np.array([[foot, v, z], [x - 0.6, v, z]]), 0.09, STEEL * shade((0, 0.3, -0.95), lit), post, cast=True
        )
    face = Face(stage, "front", z - 0.12, owner, 1.0)
    white, blue = np.array((250, 249, 244.0)), np.array((32, 78, 156.0))
    half, low, high = 1.62, 5.02, 6.62
    stage.cast(face.corners(np.array([[x - half, x + half, low, high]])))
    face.paint([[x - half, x + half, low, high]], white, light=np.ones(3) * 0.97)
    face.paint([[x - half + 0.06, x + half - 0.06, low + 0.06, high - 0.06]], blue, 0.01, light=np.ones(3))
    height = min(0.74, 2.75 / (len(word) * 5.4 - 1.4) * 6)
    face.text(word, x, low + 0.74 - height * 0.12, height, white, 0.03, 0.17, np.ones(3))
    face.text("^ 300 M", x, low + 0.2, 0.3, white, 0.03, 0.16, np.ones(3))


def railing(stage: Stage, x: float, z0: float, z1: float, label: int) -> None:
    """An iron fence along the kerb, from depth z0 to z1."""
    owner = stage.painting.add(label)
    iron = np.array((70, 86, 84.0))
    for z in np.arange(z1, z0, -0.16):
        lit = stage.lit_at(x, 0.6, z)
        r = 0.045 if round((z1 - z) / 0.16) % 12 == 0 else 0.014
        quad = [[(x - r, KERB, z), (x + r, KERB, z), (x + r, KERB + 1.0, z), (x - r, KERB + 1.0, z)]]
        stage.paint(quad, iron * shade((-0.5, 0, -0.86), lit), owner, cast=True)
    for v, t in ((KERB + 0.18, 0.045), (KERB + 0.98, 0.06)):
        lit = stage.lit_at(x, 0.6, z0)
        ends = np.linspace(z1, z0, 9)
        for a, b in pairwise(ends):
            rail = [[(x, v, b), (x, v, a), (x, v + t, a), (x, v + t, b)]]
            stage.paint(rail, iron * shade((-float(np.sign(x - EYE[0])), 0.2, 0), lit) * 1.1, owner, cast=True)
            lid = [[(x - 0.03, v + t, b), (x + 0.03, v + t, b), (x + 0.03, v + t, a), (x - 0.03, v + t, a)]]
            stage.paint(lid, iron * shade((0, 1.0, 0), lit), owner)


def barrier(stage: Stage, x0: float, x1: float, z: float, label: int) -> None:
    """A red and white roadworks fence across part of the road."""
    owner = stage.painting.add(label)
    lit = stage.lit_at((x0 + x1) / 2, 0.6, z)
    face = Face(stage, "front", z, owner, lit)
    for x in (x0 + 0.12, x1 - 0.12):
        face.paint([[x - 0.04, x + 0.04, 0.03, 1.05]], (84, 84, 86), -0.02)
        face.paint([[x - 0.2, x + 0.2, 0.0, 0.1]], (52, 52, 54), 0.06)
    for low, high in ((0.72, 1.0), (0.32, 0.5)):
        edges = np.arange(x0, x1 - 1e-6, 0.31)
        for i, a in enumerate(edges):
            b = min(a + 0.31, x1)
            lean = 0.12
            quad = face.points([[a, b, min(b + lean, x1), min(a + lean, x1)]], [[low, low, high, high]], 0.02)
            base = [[a, b, low, high]]
            colour = (196, 62, 50) if i % 2 else (238, 234, 224)
            face.paint(base, colour, 0.01)
            stage.paint(quad, np.array(colour, float) * face.light, owner)
    stage.cast(face.corners(np.array([[x0, x1, 0.72, 1.0], [x0, x1, 0.32, 0.5]])))
    stage.contacts.append(((x0 + x1) / 2, z, (x1 - x0) / 2, 0.15))


def hoarding(stage: Stage, side: int, x0: float, x1: float, z: float, label: int) -> None:
    """A fence of boards across a gap between houses, at depth z."""
    owner = stage.painting.add(label)
    face = Face(stage, "front", z, owner, 1.0 if side > 0 else 0.2)
    wood = np.array((164, 136, 104.0))
    edges = np.arange(x0, x1, 0.28)
    tone = stage.rng.uniform(0.84, 1.1, (len(edges), 1))
    rects = np.stack([edges, edges + 0.29, 0 * edges, 0 * edges + 2.1], 1)
    face.paint(rects, wood * tone)
    face.paint(np.stack([edges, edges + 0.025, 0 * edges, 0 * edges + 2.1], 1), wood * 0.6, 0.01)
    face.paint([[x0, x1, 2.05, 2.15]], wood * 0.75, 0.03)


def bollard(stage: Stage, x: float, z: float, label: int) -> None:
    owner = stage.painting.add(label)
    column(stage, x, z, KERB, KERB + 0.85, 0.075, np.array((72, 76, 82.0)), owner, top=0.065)
    column(stage, x, z, KERB + 0.62, KERB + 0.74, 0.078, np.array((226, 222, 210.0)), owner)
