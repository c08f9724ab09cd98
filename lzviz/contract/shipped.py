"""A picture or a film that ships with a page: known by its size, made when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from threading import Thread

from lzviz.contract.pictures import Picture
from lzviz.contract.truth import Truth

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Film:
    """What a picture of the gallery is the first frame of: ``frames`` of them, ``fps`` a second, each drawn by its number."""

    frames: int
    fps: float
    draw: Callable[[int], Picture]
    # A small JPEG of its beginning: a menu draws no film.
    thumb: bytes


@dataclass(frozen=True)
class Shipped:
    """One picture of the gallery. ``size``, (H, W), is known without making it."""

    id: str
    title: str
    credit: str
    size: tuple[int, int]
    make: Callable[[], Picture]
    # How a script gets the same pixels: one Python expression.
    source: str
    # Where a first visitor should look: x0, y0, x1, y1 in source pixels, corner-exclusive.
    highlight: Box | None = None
    # What is painted at a first visit, so that the page opens with a warp: somewhere else, in the same units.
    start: Box | None = None
    # True labels, for a picture that was drawn.
    truth: Callable[[], Truth] | None = None
    # Whether the picture comes with true boxes.
    boxed: bool = False
    # The data set that it is like, as checkpoints' cards name theirs.
    dataset: str = ""
    film: Film | None = None
    _future: list[Future[Picture]] = field(default_factory=list, compare=False)

    def prepare(self) -> Future[Picture]:
        """Start making the picture in a thread, once; every caller gets the same future."""
        if not self._future:
            self._future.append(Future())
            Thread(target=self._run, daemon=True, name=f"picture-{self.id}").start()
        return self._future[0]

    def _run(self) -> None:
        try:
            self._future[0].set_result(replace(self.make(), source=self.source))
        except BaseException as error:
            self._future[0].set_exception(error)
