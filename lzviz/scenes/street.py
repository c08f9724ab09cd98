"""The street: the app's first picture. A fixed plan in metres, varied by the seed, seen in one-point perspective."""

from itertools import pairwise

import numpy as np

from lzviz.scenes import facades, furniture, ground, people, shading, vehicles
from lzviz.scenes.paint import Frame, Painting, tag
from lzviz.scenes.scene import Scene, check, render
from lzviz.scenes.stage import FAR, KERB, ROAD, SKY, WALL, Stage

CLASSES = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist",
)  # fmt: skip
LABELS = {name: index for index, name in enumerate(CLASSES)}
CROSSING = (43.0, 53.0)  # the side street, metres ahead
HORIZON, MIDDLE = 0.57, 0.47  # where the vanishing point lies, as shares of the picture's height and width


def street(size: tuple[int, int] = (1024, 2048), seed: int = 0) -> Scene:
    """A sunlit street with exact labels and boxes.

    size: (h, w) pixels, 16..8192 each. The layout is in metres, so a size shows the same street at another resolution,
    and another aspect ratio shows more or less of its sides.
    Labels are CamVid's 11 classes (`CLASSES`), by the object that owns the pixel's centre.
    Boxes: signs, cars, pedestrians and bicyclists, tight around what is *visible* of each (an object that others cut
    in two has one box around both parts; a wholly hidden one has none).
    `highlight` is the box of the blue direction sign.
    """
    h, w = check(size, seed)
    rng = np.random.default_rng([seed, 1])
    stage = Stage(Painting(), rng)
    sign = _compose(stage, furniture.WORDS[seed % len(furniture.WORDS)])
    frame = Frame((h, w), float(min(h, 2 * w)), (w * MIDDLE, h * HORIZON))
    shader = shading.StreetShader(stage, frame, seed)
    return render(stage.painting, frame, shader, CLASSES, seed, highlight=sign)


def _compose(stage: Stage, word: str) -> int:
    """Describe the whole street, back to front; returns the owner number of the direction sign with `word`."""
    rows = facades.plans(stage.rng, CROSSING)
    stage.skyline = sorted((p.z0, p.z1, p.height) for p in rows if p.side < 0)
    _backdrop(stage)
    ground.lay(stage, LABELS, CROSSING)
    for plan in rows:
        facades.draw(stage, plan, LABELS)
        if plan.z0 == CROSSING[1]:
            _side_street(stage, plan.side)
    sign = stage.painting.add(LABELS["sign"], boxed=True)
    things = _things(stage, word, sign)
    for _, draw in sorted(things, key=lambda thing: -thing[0]):
        draw()
    stage.finish()
    return sign


def _backdrop(stage: Stage) -> None:
    """Sky, and the far end of the street: pale houses, a church, trees."""
    painting, rng = stage.painting, stage.rng
    sky = painting.add(LABELS["sky"])
    corners = [(-99, -99), (99, -99), (99, 0.01), (-99, 0.01)]
    painting.polygons(corners, [4], [(0, 0, 0)], [tag(sky, SKY)], backdrop=True)
    owner = painting.add(LABELS["building"])
    z = 330.0
    for x in np.arange(-60, 60, 9.0):
        height = rng.uniform(9, 19)
        quad = [[(x, 0, z), (x + 9.2, 0, z), (x + 9.2, height, z), (x, height, z)]]
        stage.paint(quad, np.array((150, 140, 138.0)) * rng.uniform(0.8, 1.1), owner, FAR)
        roof = [[(x, height, z), (x + 9.2, height, z), (x + 7, height + 4, z), (x + 2, height + 4, z)]]
        stage.paint(roof, np.array((120, 106, 108.0)), owner, FAR)
    _church(stage, owner, -3.5, 300.0)
    park = painting.add(LABELS["tree"])
    for x in rng.uniform(-16, 16, 26):
        turn = np.arange(12) * np.pi / 6
        r = rng.uniform(1.8, 3.6)
        blob = np.stack([x + r * np.cos(turn) * 1.2, 2.0 + r * 0.5 + r * np.sin(turn), np.full(12, 240.0)], 1)
        stage.paint([blob], np.array((96, 112, 84.0)) * rng.uniform(0.85, 1.15), park, FAR)


def _church(stage: Stage, owner: int, x: float, z: float) -> None:
    stone = np.array((170, 158, 148.0))
    tower = [[(x - 3.2, 0, z), (x + 3.2, 0, z), (x + 3.2, 27, z), (x - 3.2, 27, z)]]
    stage.paint(tower, stone * 0.86, owner, FAR)
    stage.paint([[(x + 0.8, 0, z), (x + 3.2, 0, z), (x + 3.2, 27, z), (x + 0.8, 27, z)]], stone * 0.7, owner, FAR)
    stage.paint([[(x - 3.8, 27, z), (x + 3.8, 27, z), (x + 0.0, 46, z)]], np.array((104, 124, 122.0)), owner, FAR)
    stage.paint([[(x - 0.9, 18, z), (x + 0.9, 18, z), (x + 0.9, 23, z), (x - 0.9, 23, z)]], stone * 0.45, owner, FAR)


def _side_street(stage: Stage, side: int) -> None:
    """The mouth of the cross street: a board fence far in, and a hedge over it."""
    x0, x1 = sorted((side * (WALL + 0.1), side * (WALL + 30)))
    furniture.hoarding(
        stage, side, x0 if side < 0 else x0 + 3, x1 if side > 0 else x1 - 3, CROSSING[1] - 0.3, LABELS["fence"]
    )


def _things(stage: Stage, word: str, sign: int) -> list:
    """(depth, draw) of everything that stands in the street."""
    rng, L = stage.rng, LABELS
    things: list = []
    add = lambda z, function, *args: things.append((z, lambda: function(stage, *args)))  # noqa: E731

    add(35.0, furniture.guide, 35.0, 3.9, word, L["pole"], sign)
    _add_wires(add)
    _add_trees(add, rng)
    _add_posts(add, rng)
    _add_traffic(add, rng)
    _add_people(add, rng)
    for side in (-1, 1):
        add(30.0, furniture.railing, side * (ROAD + 0.3), 30.0, 39.0, L["fence"])
        add(58.0, furniture.railing, side * (ROAD + 0.3), 58.0, 68.0, L["fence"])
    works = rng.uniform(18.5, 22.0)
    if rng.random() < 0.75:
        for x, z in ((4.35, works), (2.85, works + 0.6)):
            add(z, furniture.barrier, x, x + 1.4, z, L["fence"])
    add(works - 3.5, people.cyclist, rng.uniform(2.6, 3.3), works - 3.5, L["bicyclist"], "away")
    return things


LAMPS = {  # depths of the lamps on each side, metres
    -1: (14.0, 28.0, 41.5, 57.0, 76.0, 98.0, 124.0, 152.0),
    1: (19.5, 29.5, 57.0, 66.0, 88.0, 111.0, 138.0, 160.0),
}


def _add_wires(add) -> None:
    """Cables along the lamps and across the street."""
    for side in (-1, 1):
        places = [np.array([side * (ROAD + 0.55), 6.5, z]) for z in LAMPS[side]]
        for a, b in pairwise(places):
            add(b[2], furniture.wire, a, b, 0.35, LABELS["pole"])
    for z in (41.5, 57.0, 76.0, 98.0):
        add(z, furniture.wire, np.array([-WALL, 8.6, z]), np.array([WALL, 9.0, z]), 0.9, LABELS["pole"])


def _add_trees(add, rng) -> None:
    for z in (17.5, 62.0, 70.0, 84.0, 92.0, 106.0, 118.0, 134.0):
        z += rng.uniform(-0.9, 0.9)
        add(z, furniture.tree, -(ROAD + 1.3), z, rng.uniform(1.7, 2.4), LABELS["tree"])
    for z in (14.0, 60.0, 68.0, 82.0, 90.0, 104.0, 116.0, 132.0, 144.0):
        z += rng.uniform(-0.9, 0.9)
        add(z, furniture.tree, ROAD + 1.4, z, rng.uniform(1.7, 2.3), LABELS["tree"])


def _add_posts(add, rng) -> None:
    pole, sign = LABELS["pole"], LABELS["sign"]
    for side in (-1, 1):
        for z in LAMPS[side]:
            add(z, furniture.lamp, side, z, pole)
        for z in np.arange(21.0, 29.0, 1.8):
            add(z, furniture.bollard, side * (ROAD + 0.4), z, pole)
        add(40.6, furniture.traffic_light, side * (ROAD + 0.5), 40.6, pole, sign, 2)
    kinds = ["30", "P", "cross", "bus", "stop"]
    for z, side, kind in zip((22.0, 18.5, 39.6, 72.0, 57.0), (1, -1, -1, 1, 1), rng.permutation(kinds), strict=True):
        add(z, furniture.plate, side * (ROAD + 0.75), z, str(kind), pole, sign)
    add(30.0, furniture.plate, -(ROAD + 0.75), 30.0, "30", pole, sign)


def _add_traffic(add, rng) -> None:
    label = LABELS["car"]
    kinds, chances = ["hatch", "sedan", "van"], [0.46, 0.38, 0.16]

    def one(x: float, z: float, ahead: bool) -> None:
        colour = vehicles.PAINTS[rng.integers(len(vehicles.PAINTS))]
        add(z, vehicles.car, x, z, ahead, str(rng.choice(kinds, p=chances)), colour, label)

    for side, starts in ((1, (9.0, 26.5, 32.2, 57.0)), (-1, (10.5, 16.5, 22.6, 30.4, 57.5))):
        z = 0.0
        for z in starts:
            if rng.random() < 0.86 or z < 12:
                one(side * (ROAD - 1.05), z + rng.uniform(-0.4, 0.4), side > 0)
        while z < 130:
            z += rng.uniform(5.6, 9.0)
            if rng.random() < 0.8:
                one(side * (ROAD - 1.05), z, side > 0)
    for z in (24.0, 47.0, 66.0, 95.0):
        one(-1.75, z + rng.uniform(-3, 3), False)
    for z in (29.0, 60.0, 78.0):
        one(1.55, z + rng.uniform(-2, 2), True)


def _add_people(add, rng) -> None:
    walker, rider = LABELS["pedestrian"], LABELS["bicyclist"]
    for side in (-1, 1):
        for z in (11.5, 15.5, 19.5, 24.0, 28.0, 33.0, 38.0, 55.0, 59.0, 64.0, 73.0, 86.0, 100.0):
            for _ in range(int(rng.integers(0, 3))):
                x = side * rng.uniform(ROAD + 1.2, WALL - 0.9)
                place = z + rng.uniform(-1.5, 1.5)
                add(place, people.pedestrian, x, place, KERB, walker)
    for x in (-4.2, -2.6, 0.4, 3.6):
        if rng.random() < 0.75:
            add(41.8, people.pedestrian, x + rng.uniform(-0.5, 0.5), 41.8, 0.0, walker, True)
    z = rng.uniform(26, 37)
    add(z, people.cyclist, -3.55, z, rider, "towards")
    add(47.0, people.cyclist, 0.6 + rng.uniform(-2, 2), 47.0, rider, "side")
    add(55.0, people.cyclist, 3.5, 55.0, rider, "away")
