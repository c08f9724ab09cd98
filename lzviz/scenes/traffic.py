"""Who is in the street of a clip, and where at which time.

World, metres: X to the right of the road's middle, Z along it; the ground is flat. The street is made in blocks of
:data:`BLOCK` metres, each from (seed, block), so that a longer clip only goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from lzviz.scenes import solids

CLASSES = ("car", "cyclist", "pedestrian")
BLOCK = 50.0
SIGHT = 460.0
"""Metres ahead that anything is drawn."""
ROAD, WALL = 6.4, 10.4  # metres from the middle to the kerb, and to the facades
EYE = 1.55  # metres above the ground
LANE = 1.75
SIDE_STREET = 4.5  # half its width, metres
FASTEST = 14.0


@dataclass(frozen=True)
class Actor:
    """Somebody or something with a box.

    track: unique in the clip; kind: of the solid; place: (x, z) at time 0; velocity: (x, z) metres a second; yaw: heading,
    0 along the road, positive to the right; size: length, width, height; look: indices of colours; span: seconds
    between which it moves, from ``place``; ``None``: always.
    """

    track: int
    label: int
    kind: str
    place: tuple[float, float]
    velocity: tuple[float, float]
    yaw: float
    size: tuple[float, float, float]
    look: tuple[int, ...]
    tall: float = 1.0
    span: tuple[float, float] | None = None

    def at(self, time: float) -> tuple[float, float]:
        """(x, z) in the world."""
        moved = time if self.span is None else min(max(time, self.span[0]), self.span[1]) - self.span[0]
        return self.place[0] + self.velocity[0] * moved, self.place[1] + self.velocity[1] * moved

    def moves(self, time: float) -> bool:
        """Whether it goes on at its velocity."""
        return self.span is None or self.span[0] <= time <= self.span[1]

    def solid(self, time: float) -> solids.Solid:
        """What is drawn."""
        if self.kind in solids.CAR_SIZES:
            return solids.car(self.kind, self.look[0])
        speed = float(np.hypot(*self.velocity)) if self.moves(time) else 0.0
        phase = int(time * speed * (0.9 if self.kind == "cyclist" else 1.4) * solids.PHASES / 2.0 + self.track)
        if self.kind == "cyclist":
            return solids.cyclist(phase % solids.PHASES, *self.look)
        return solids.pedestrian(phase % solids.PHASES if speed else 0, *self.look, self.tall)


@dataclass(frozen=True)
class Building:
    """side -1 or 1; z0, z1 metres of the street; height; colour index; storeys; seed of its windows."""

    side: int
    z0: float
    z1: float
    height: float
    colour: int
    seed: int


@dataclass(frozen=True)
class Block:
    """What stands still, by kind, and who is there."""

    actors: tuple[Actor, ...]
    buildings: tuple[Building, ...]
    trees: tuple[tuple[float, float, float, int], ...]  # x, z, radius, variant
    poles: tuple[tuple[float, float], ...]  # x, z
    crossing: float | None  # z of the middle of a side street


class Traffic:
    """The street of a seed for ``duration`` seconds."""

    def __init__(self, seed: int, duration: float):
        rng = np.random.default_rng([seed, 17])
        self.seed = seed
        self.speed = float(rng.uniform(5.5, 11.0))
        self.ahead = self.speed * float(rng.uniform(1.0, 1.15))
        self.towards = float(rng.uniform(7.0, 12.0))
        self.sway = (float(rng.uniform(0.006, 0.02)), float(rng.uniform(0, 6.28)), float(rng.uniform(0.05, 0.12)))
        self.density = float(rng.uniform(0.5, 1.1))
        last = int(np.ceil((SIGHT + (FASTEST + self.speed) * duration) / BLOCK)) + 1
        self.blocks = [self._block(k) for k in range(-1, last + 1)]

    def ego(self, time: float) -> tuple[float, float, float]:
        """x, z and yaw of the camera."""
        amount, phase, rate = self.sway
        angle = 2 * np.pi * rate * time + phase
        yaw = amount * np.sin(angle)
        # The way follows the yaw: dx/dt = speed * yaw.
        x = LANE - amount * self.speed / (2 * np.pi * rate) * np.cos(angle)
        return float(np.clip(x, 0.6, 3.0)), self.speed * time, float(yaw)

    @cached_property
    def actors(self) -> list[Actor]:
        return [actor for block in self.blocks for actor in block.actors]

    def _block(self, index: int) -> Block:
        rng = np.random.default_rng([self.seed, 23, index + 8])
        z0 = index * BLOCK
        crossing = z0 + 25.0 if index % 3 == 2 else None
        actors = _Actors(rng, (index + 2) * 1000)
        self._cars(actors, rng, z0, crossing)
        self._others(actors, rng, z0, crossing)
        trees = tuple(
            (
                side * (ROAD + 1.0),
                z0 + z + float(rng.uniform(-2, 2)),
                float(rng.uniform(1.4, 2.3)),
                int(rng.integers(3)),
            )
            for side in (-1, 1)
            for z in (8.0, 41.0)
            if rng.random() < 0.55
        )
        poles = tuple((side * (ROAD + 0.5), z0 + (2.0 if side > 0 else 18.0)) for side in (-1, 1))
        return Block(tuple(actors.made), tuple(_buildings(rng, z0, crossing)), trees, poles, crossing)

    def _cars(self, actors: _Actors, rng: np.random.Generator, z0: float, crossing: float | None) -> None:
        for side in (-1, 1):
            for slot in range(7):
                z = z0 + 3.5 + 7.1 * slot
                blocked = crossing is not None and abs(z - crossing) < SIDE_STREET + 3.5
                taken = rng.random() < 0.42 * self.density
                if taken and not blocked and not (side > 0 and -6 < z < 9):
                    turn = float(rng.normal(0, 0.02)) + (np.pi if side < 0 else 0.0)
                    actors.car((side * (ROAD - 1.15), z + float(rng.uniform(-0.3, 0.3))), (0.0, 0.0), turn)
        if rng.random() < 0.8 * self.density:
            z = z0 + float(rng.uniform(5, 20))
            if z > 14:
                actors.car((LANE + float(rng.normal(0, 0.15)), z), (0.0, self.ahead), 0.0)
        for start in (2.0, 27.0):
            if rng.random() < 0.55 * self.density:
                z = z0 + start + float(rng.uniform(0, 14))
                actors.car((-LANE + float(rng.normal(0, 0.15)), z), (0.0, -self.towards), float(np.pi))
        if crossing is not None:
            for side in (-1, 1):
                if rng.random() < 0.7:
                    place = (side * (WALL + float(rng.uniform(-1.2, 5))), crossing - side * 1.8)
                    actors.car(place, (0.0, 0.0), -side * np.pi / 2)
                if rng.random() < 0.4:
                    place = (side * (WALL + 2 + float(rng.uniform(0, 12))), crossing + side * 1.8)
                    actors.car(place, (side * float(rng.uniform(3, 7)), 0.0), side * np.pi / 2)

    def _others(self, actors: _Actors, rng: np.random.Generator, z0: float, crossing: float | None) -> None:
        for side in (-1, 1):
            if rng.random() < 0.5:
                z, speed = z0 + float(rng.uniform(0, BLOCK)), side * float(rng.uniform(3.2, 5.2))
                if z > 10 or side < 0:
                    place = (side * (ROAD - 2.75 + float(rng.uniform(-0.1, 0.1))), z)
                    actors.add("cyclist", place, (0.0, speed), 0.0 if side > 0 else float(np.pi))
            for _ in range(int(rng.poisson(1.6 * self.density))):
                x, z = side * float(rng.uniform(ROAD + 0.9, WALL - 0.7)), z0 + float(rng.uniform(0, BLOCK))
                speed = float(rng.choice([-1.0, 0.0, 1.0], p=[0.4, 0.2, 0.4])) * float(rng.uniform(0.9, 1.6))
                yaw = 0.0 if speed > 0 else float(np.pi) if speed < 0 else float(rng.uniform(-3.1, 3.1))
                actors.add("pedestrian", (x, z), (0.0, speed), yaw)
        if crossing is not None:
            for _ in range(int(rng.integers(0, 3))):
                side, speed = int(rng.choice([-1, 1])), float(rng.uniform(1.1, 1.6))
                lasts = 2 * (ROAD + 1) / speed  # over the road before the camera comes
                begins = (crossing - SIDE_STREET) / self.speed - lasts - 2.5 - float(rng.uniform(0, 6))
                place = (-side * (ROAD + 1), crossing - SIDE_STREET - 1.5 + float(rng.uniform(-1, 1)))
                yaw, span = side * float(np.pi) / 2, (begins, begins + lasts)
                actors.add("pedestrian", place, (side * speed, 0.0), yaw, span)


@dataclass
class _Actors:
    """Makes actors with numbers of their own."""

    rng: np.random.Generator
    next: int

    def __post_init__(self) -> None:
        self.made: list[Actor] = []

    def car(self, place: tuple[float, float], velocity: tuple[float, float], yaw: float) -> None:
        kind = str(self.rng.choice(list(solids.CAR_SIZES), p=[0.45, 0.38, 0.17]))
        look = (int(self.rng.integers(len(solids.PAINTS))),)
        self._put(0, kind, place, velocity, yaw, solids.CAR_SIZES[kind], look)

    def add(self, kind: str, place, velocity, yaw: float, span: tuple[float, float] | None = None) -> None:
        rng, cyclist = self.rng, kind == "cyclist"
        clothes, trousers = (int(k) for k in rng.integers(len(solids.CLOTHES), size=2))
        look = (clothes, trousers, int(rng.integers(len(solids.SKIN))))
        tall = 1.0 if cyclist else float(rng.choice([0.72, 0.94, 1.0, 1.06], p=[0.12, 0.3, 0.33, 0.25]))
        length, width, height = solids.CYCLIST if cyclist else solids.PEDESTRIAN
        size = (length * tall, width * tall, height * tall)
        self._put(CLASSES.index(kind), kind, place, velocity, yaw, size, look, tall, span)

    def _put(self, label, kind, place, velocity, yaw, size, look, tall=1.0, span=None) -> None:
        self.made.append(Actor(self.next, label, kind, place, velocity, yaw, size, look, tall, span))
        self.next += 1


def _buildings(rng: np.random.Generator, z0: float, crossing: float | None) -> list[Building]:
    out = []
    for side in (-1, 1):
        stretches = [(z0, z0 + BLOCK)]
        if crossing is not None:
            stretches = [(z0, crossing - SIDE_STREET), (crossing + SIDE_STREET, z0 + BLOCK)]
        for low, high in stretches:
            count = max(1, round((high - low) / 13))
            edges = np.linspace(low, high, count + 1)
            for a, b in pairwise(edges):
                height = 4.0 + 3.2 * int(rng.integers(2, 6))
                out.append(
                    Building(side, float(a), float(b), height, int(rng.integers(10)), int(rng.integers(1 << 30)))
                )
    return out
