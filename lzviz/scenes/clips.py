"""Clips: an ego camera drives along a street of cars, cyclists and people, with exact 2D and 3D boxes.

    clip = lzviz.scenes.clip(size=(1024, 2048), seed=0, length=16)
    frame = clip[3]
    frame.image, frame.objects.visible, frame.objects.centre, frame.intrinsics

The same seed is the same film at any size and of any length: a longer clip goes on where a shorter one stops. Frames are drawn when
asked for, and kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lzviz.scenes.drive import NEAREST, Camera, Painter, items
from lzviz.scenes.scene import check
from lzviz.scenes.solids import Solid
from lzviz.scenes.traffic import CLASSES, SIGHT, WALL, Actor, Traffic

DRAWING = 1
"""Counts what changes the pixels or boxes of a seed: frames that were kept by another one are drawn again. Tests keep a few
frames under this number."""
SMALLEST = 4
"""Pixels of the longer visible side below which an object has no box: nobody could tell what it is."""
LEAST = 0.08
"""Share of an object that must be in sight for it to have a box."""


@dataclass(frozen=True)
class Objects:
    """Everybody in a frame who has a box, nearest first.

    tracks: (N,) int64, the same number in all frames; classes: (N,) int64; visible: (N, 4) float64 x0, y0, x1, y1 in pixel
    edges, tight around the pixels in sight; amodal: (N, 4) the whole of it, also behind others and outside the picture;
    centre: (N, 3) metres in camera coordinates, x right, y down, z ahead, the middle of the 3D box; size: (N, 3) length, width,
    height in metres; yaw: (N,) in (-pi, pi], heading about the axis down: 0 away from the camera, pi / 2 to the right;
    velocity: (N, 2) metres a second along x and z over the ground, in the camera's axes; occlusion: (N,) in [0, 1), the share of
    its pixels in the picture that others hide; truncation: (N,) in [0, 1), the share of the amodal box outside the picture.
    """

    tracks: np.ndarray
    classes: np.ndarray
    visible: np.ndarray
    amodal: np.ndarray
    centre: np.ndarray
    size: np.ndarray
    yaw: np.ndarray
    velocity: np.ndarray
    occlusion: np.ndarray
    truncation: np.ndarray

    def __len__(self) -> int:
        return len(self.tracks)

    def corners(self) -> np.ndarray:
        """(N, 8, 3) the corners of the 3D boxes in camera coordinates."""
        return box_corners(self.centre, self.size, self.yaw)


@dataclass(frozen=True)
class Frame:
    """A picture of a clip and its truth.

    image: (H, W, 3) uint8 RGB; intrinsics: (3, 3), camera coordinates to pixels whose centres are whole numbers (pixel edges
    are 0.5 more); pose: x, z in metres and yaw of the camera in the street; time: seconds.
    """

    image: np.ndarray
    objects: Objects
    intrinsics: np.ndarray
    pose: tuple[float, float, float]
    time: float


class Clip(Sequence[Frame]):
    """The frames of a seed; see :func:`clip`."""

    classes = CLASSES

    def __init__(self, size: tuple[int, int], seed: int, length: int, fps: float, memory: int):
        self.size, self.seed, self.length, self.fps, self.memory = size, seed, length, fps, memory
        self._traffic = Traffic(seed, length / fps)
        self._kept: OrderedDict[int, Frame] = OrderedDict()

    def __repr__(self) -> str:
        return (
            f"Clip of seed {self.seed}: {self.length} frames of {self.size[0]} x {self.size[1]}, {self.fps:g} a second"
        )

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Frame:  # type: ignore[override]
        if isinstance(index, slice):
            raise TypeError("a clip gives one frame at a time: [clip[k] for k in range(...)]")
        if isinstance(index, bool) or not isinstance(index, int | np.integer):
            raise TypeError(f"frames have whole numbers, 0 to {self.length - 1}, got {index!r}")
        index = int(index)
        index = index + self.length if index < 0 else index
        if not 0 <= index < self.length:
            raise IndexError(f"the clip has frames 0 to {self.length - 1}, got {index}")
        if index not in self._kept:
            self._kept[index] = self._draw(index / self.fps)
            while sum(frame.image.nbytes for frame in self._kept.values()) > self.memory and len(self._kept) > 1:
                self._kept.popitem(last=False)
        return self._kept[index]

    def _draw(self, time: float) -> Frame:
        traffic = self._traffic
        camera = Camera(self.size, *traffic.ego(time))
        painter = Painter(camera, self.seed)
        painter.background(traffic)
        near = [actor for actor in traffic.actors if -9 < actor.at(time)[1] - camera.z < SIGHT + 9]
        here = [_Placed.of(actor, camera, time) for actor in near]
        here = [each for each in here if each.in_sight(camera)]
        walls, things = items(traffic, camera)
        # What is beyond the facades is hidden by the buildings before it; what is between them hides them all.
        beyond, between = ([each for each in here if (abs(each.x) >= WALL - 0.3) == out] for out in (True, False))
        for standing, moving in ((walls, beyond), (things, between)):
            draws = [*standing, *((each.z, "actor", each) for each in moving)]
            for _, method, arguments in sorted(draws, key=lambda draw: -draw[0]):
                if method == "actor":
                    arguments.draw(painter)
                else:
                    getattr(painter, method)(*arguments)
        middle = (self.size[1] / 2 - 0.5, camera.horizon - 0.5)
        intrinsics = np.array([[camera.focal, 0, middle[0]], [0, camera.focal, middle[1]], [0, 0, 1.0]])
        image = painter.image
        image.setflags(write=False)
        return Frame(image, _objects(painter, here), intrinsics, (camera.x, camera.z, camera.yaw), time)


@dataclass(frozen=True, eq=False)
class _Placed:
    """An actor at a time: x, z in the world, its solid, and the solid's points (V, 3) in camera coordinates."""

    actor: Actor
    x: float
    z: float
    solid: Solid
    points: np.ndarray
    moving: bool

    @classmethod
    def of(cls, actor: Actor, camera: Camera, time: float) -> _Placed:
        x, z = actor.at(time)
        solid = actor.solid(time)
        a, b, c = solid.points.T
        cos, sin = np.cos(actor.yaw), np.sin(actor.yaw)
        points = camera.seen(np.stack([x + a * cos + c * sin, b, z + c * cos - a * sin], 1))
        return cls(actor, x, z, solid, points, actor.moves(time))

    def in_sight(self, camera: Camera) -> bool:
        """Whether it is in front of the camera, near enough, and reaches into the picture."""
        if self.points[:, 2].min() < NEAREST + 0.4 or self.points[:, 2].max() > SIGHT:
            return False
        flat, (h, w) = camera.project(self.points), camera.size
        return bool((flat.min(0) < (w, h)).all() and (flat.max(0) > 0).all())

    def draw(self, painter: Painter) -> None:
        length, width, _ = self.actor.size
        ring = np.array([(-1, -0.8), (-0.8, -1), (0.8, -1), (1, -0.8), (1, 0.8), (0.8, 1), (-0.8, 1), (-1, 0.8)])
        a, c = (ring * [0.55 * width, 0.52 * length]).T
        cos, sin = np.cos(self.actor.yaw), np.sin(self.actor.yaw)
        painter.shadow(np.stack([self.x + a * cos + c * sin, self.z + c * cos - a * sin], 1))
        painter.solid(self.solid, self.points, self.actor.track, self.actor.yaw)


def _objects(painter: Painter, here: list[_Placed]) -> Objects:
    """The boxes of those who are seen well enough."""
    camera, rows = painter.camera, []
    h, w = camera.size
    cos, sin = np.cos(camera.yaw), np.sin(camera.yaw)
    for each in sorted(here, key=lambda each: each.z):
        seen, actor = painter.seen(each.actor.track), each.actor
        if seen is None or seen[1] < LEAST * seen[2] or max(np.diff(seen[0].reshape(2, 2), axis=0)[0]) < SMALLEST:
            continue
        box, pixels, whole = seen
        flat = camera.project(each.points)
        low, high = np.minimum(flat.min(0), box[:2]), np.maximum(flat.max(0), box[2:])
        inside = np.prod(np.clip(high, 0, (w, h)) - np.clip(low, 0, (w, h))) / np.prod(high - low)
        middle = camera.seen(np.array([each.x, actor.size[2] / 2, each.z]))
        yaw = (actor.yaw - camera.yaw + np.pi) % (2 * np.pi) - np.pi
        vx, vz = actor.velocity if each.moving else (0.0, 0.0)
        velocity = (vx * cos - vz * sin, vx * sin + vz * cos)
        rows.append(
            (
                actor.track,
                actor.label,
                box,
                (*low, *high),
                middle,
                actor.size,
                yaw,
                velocity,
                1 - pixels / whole,
                1 - inside,
            )
        )
    columns = zip(*rows, strict=True) if rows else [()] * 10
    shapes = ((), (), (4,), (4,), (3,), (3,), (), (2,), (), ())
    kinds = (np.int64, np.int64, *[np.float64] * 8)
    made = (np.array(list(c), k).reshape(len(rows), *s) for c, k, s in zip(columns, kinds, shapes, strict=True))
    return Objects(*made)


def box_corners(centre: np.ndarray, size: np.ndarray, yaw: np.ndarray) -> np.ndarray:
    """(N, 8, 3) corners of boxes in camera coordinates: ``centre`` (N, 3), ``size`` (N, 3) length, width, height, ``yaw`` (N,)."""
    signs = np.array([(c, a, b) for c in (-1, 1) for a in (-1, 1) for b in (-1, 1)]) / 2
    ahead, across, up = (signs[None] * np.asarray(size)[:, None]).transpose(2, 0, 1)
    cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    offset = np.stack([across * cos + ahead * sin, -up, ahead * cos - across * sin], -1)
    return np.asarray(centre)[:, None] + offset


def clip(
    size: tuple[int, int] = (1024, 2048), seed: int = 0, length: int = 16, fps: float = 10.0, memory: int = 256 << 20
) -> Clip:
    """A film of a drive along a street.

    Args:
        size: (h, w) pixels, 16..8192 each; 80 degrees across whatever the shape.
        seed: which street.
        length: frames, at least 1.
        fps: frames a second.
        memory: bytes of drawn frames that are kept.
    """
    size = check(size, seed)
    if isinstance(length, bool) or not isinstance(length, int | np.integer) or length < 1:
        raise ValueError(f"expected a length of at least one frame, a whole number, got {length!r}")
    number = isinstance(fps, int | float | np.number) and not isinstance(fps, bool)
    if not (number and np.isfinite(fps) and fps > 0):
        raise ValueError(f"expected fps > 0, frames a second, got {fps!r}")
    if isinstance(memory, bool) or not isinstance(memory, int | np.integer) or memory < 0:
        raise ValueError(f"expected memory as bytes, a whole number from 0, got {memory!r}")
    return Clip(size, int(seed), int(length), float(fps), memory)
