"""The plan of a town: its blocks, what stands in it, and the angle at which it is seen."""

from dataclasses import dataclass

import numpy as np

from lzviz.scenes.paint import Painting
from lzviz.scenes.shapes import paint, rotate

CLASSES = ("grass", "field", "water", "road", "building", "tree", "car")
LABELS = {name: index for index, name in enumerate(CLASSES)}
METRE = 1 / 1000  # the unit is a kilometre
GRASS, SOIL, TAR, WATER, ROOF, LEAF, METAL = range(1, 8)
_SHADOW = np.array([0.55, 0.62])  # per unit of height: the sun stands in the upper left


@dataclass(frozen=True)
class Block:
    """An axis-aligned piece of the plan, in unit coordinates before the town is turned."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def centre(self) -> np.ndarray:
        return np.array([(self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2])

    @property
    def size(self) -> np.ndarray:
        return np.array([self.x1 - self.x0, self.y1 - self.y0])

    def inset(self, margin: float) -> "Block":
        return Block(self.x0 + margin, self.y0 + margin, self.x1 - margin, self.y1 - margin)


class Town:
    """Collects the town's shapes; everything is turned by one angle, so that no street runs along the pixels."""

    def __init__(self, rng: np.random.Generator, extent: np.ndarray):
        self.rng, self.extent = rng, extent
        self.angle = rng.uniform(0.12, 0.4) * rng.choice([-1, 1])
        self.painting = Painting()
        self.shadows: list[np.ndarray] = []
        self.cars: list[tuple[np.ndarray, np.ndarray]] = []  # centres (n, 2), angles (n,)
        self.trees: list[tuple[np.ndarray, np.ndarray]] = []  # centres (n, 2), radii (n,)
        self.lake = extent * rng.uniform(0.18, 0.32, 2) + (extent * 0.5 if rng.random() < 0.5 else 0)
        self.ground = {name: self.painting.add(LABELS[name]) for name in ("grass", "field", "water", "road")}

    def turn(self, points: np.ndarray) -> np.ndarray:
        """Plan to picture."""
        middle = self.extent / 2
        points = np.asarray(points, float)
        return rotate(points - middle, np.full(points.shape[:-2], self.angle)) + middle

    def in_sight(self, block: Block) -> bool:
        """May any of the block, or a shadow from it, fall into the picture?"""
        reach = float(np.hypot(*block.size)) / 2 + 0.02
        centre = self.turn(block.centre[None])[0]
        return bool(((centre > -reach) & (centre < self.extent + reach)).all())

    def flat(self, points, colour, name: str, material: int) -> None:
        paint(self.painting, self.turn(points), colour, self.ground[name], material)

    def cast(self, points: np.ndarray, height) -> None:
        """The shadow of an upright thing with this outline (n, k, 2), in picture coordinates."""
        shift = _SHADOW * np.broadcast_to(height, len(points))[:, None]
        for part in np.linspace(0.2, 1, 4):
            self.shadows.extend(points + part * shift[:, None])
