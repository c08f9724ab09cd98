"""Procedural pictures of any size with exact labels and boxes: numpy and OpenCV only, no files, no fonts.

    scene = lzviz.scenes.street(size=(1024, 2048), seed=0)
    scene.image, scene.labels, scene.boxes, scene.highlight

    film = lzviz.scenes.clip(size=(1024, 2048), seed=0, length=16)
    film[3].image, film[3].objects

A scene is described once in unit coordinates and then drawn, so the same seed is the same scene at any size.
"""

from collections.abc import Callable

from lzviz.scenes.aerial import aerial
from lzviz.scenes.clips import Clip, Frame, Objects, clip
from lzviz.scenes.scene import Scene
from lzviz.scenes.slide import slide
from lzviz.scenes.street import street

SCENES: dict[str, Callable[..., Scene]] = {"street": street, "aerial": aerial, "slide": slide}

__all__ = ["SCENES", "Clip", "Frame", "Objects", "Scene", "aerial", "clip", "slide", "street"]
