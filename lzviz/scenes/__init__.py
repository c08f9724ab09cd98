"""Procedural pictures of any size with exact labels and boxes: numpy and OpenCV only, no files, no fonts."""

from collections.abc import Callable

from lzviz.scenes.scene import Scene
from lzviz.scenes.street import street

SCENES: dict[str, Callable[..., Scene]] = {"street": street}

__all__ = ["SCENES", "Scene", "street"]
