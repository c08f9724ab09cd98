"""A town from above: thousands of roofs, cars and trees in blocks between streets, fields around them."""

import cv2
import numpy as np

from lzviz.scenes.noise import grain, lookup, tile
from lzviz.scenes.paint import Band, Frame
from lzviz.scenes.scene import Scene, check, render
from lzviz.scenes.shapes import rectangles
from lzviz.scenes.town import CLASSES, LABELS, METRE, TAR, WATER, Block, Town
from lzviz.scenes.town_blocks import draw_cars, draw_trees, field, houses, lake, park, perimeter, works


def aerial(size: tuple[int, int] = (2048, 2048), seed: int = 0) -> Scene:
    """A town seen from above with exact labels, and boxes for each building and car (visible pixels only).

    size: (h, w) pixels, 16..8192 each; the picture always covers a square kilometre, whatever its shape.
    `highlight` is the box of one building near the middle.
    """
    h, w = check(size, seed)
    scale = float(np.sqrt(h * w))
    rng = np.random.default_rng([seed, 2])
    town = Town(rng, np.array([w / scale, h / scale]))
    _compose(town)
    frame = Frame((h, w), scale, (0.0, 0.0))
    scene = render(town.painting, frame, _Shader(town, frame, seed), CLASSES, seed)
    return _with_highlight(scene)


def _with_highlight(scene: Scene) -> Scene:
    h, w = scene.size
    houses = scene.boxes[scene.box_classes == LABELS["building"]]
    if len(houses) == 0:
        return scene
    off = (houses[:, :2] + houses[:, 2:]) / 2 - (w / 2, h / 2)
    near = houses[np.argmin((off**2).sum(1))]
    x0, y0, x1, y1 = near.tolist()
    return Scene(scene.image, scene.labels, scene.boxes, scene.box_classes, scene.classes, scene.seed, (x0, y0, x1, y1))


def _compose(town: Town) -> None:
    margin = 0.35 * float(town.extent.max())
    x1, y1 = town.extent + margin
    whole = Block(-margin, -margin, x1, y1)
    town.flat([[(whole.x0, whole.y0), (x1, whole.y0), (x1, y1), (whole.x0, y1)]], (126, 126, 128), "road", TAR)
    for block in _split(town, whole):
        _fill(town, block)
    lake(town)
    draw_cars(town)
    draw_trees(town)


def _split(town: Town, block: Block) -> list[Block]:
    """Halve the plan until blocks have the size of a city block, leaving streets with dashes between."""
    rng = town.rng
    w, h = block.size
    if not town.in_sight(block):
        return []
    if max(w, h) < rng.uniform(0.13, 0.24):
        return [block]
    share = rng.uniform(0.36, 0.64)
    street = 5 * METRE if max(w, h) < 0.5 else 8 * METRE
    across = w > h
    cut = (block.x0 + share * w) if across else (block.y0 + share * h)
    start, end = (block.y0, block.y1) if across else (block.x0, block.x1)
    dashes = np.arange(start + 6 * METRE, end - 6 * METRE, 9 * METRE)
    centres = np.stack([np.full_like(dashes, cut), dashes] if across else [dashes, np.full_like(dashes, cut)], 1)
    halves = np.array([0.14, 1.8]) * METRE
    town.flat(rectangles(centres, halves if across else halves[::-1], 0.0), (206, 204, 196), "road", TAR)
    _street_cars(town, cut, start, end, across, street)
    if across:
        parts = Block(block.x0, block.y0, cut - street, block.y1), Block(cut + street, block.y0, block.x1, block.y1)
    else:
        parts = Block(block.x0, block.y0, block.x1, cut - street), Block(block.x0, cut + street, block.x1, block.y1)
    return [leaf for part in parts for leaf in _split(town, part)]


def _street_cars(town: Town, cut: float, start: float, end: float, across: bool, street: float) -> None:
    rng = town.rng
    for side in (-1, 1):
        along = np.arange(start + 0.01, end - 0.01, 16 * METRE)
        along = along[rng.random(len(along)) < 0.4]
        along = along + rng.uniform(-4, 4, len(along)) * METRE
        lane = np.full_like(along, cut + side * street * 0.42)
        centres = np.stack([lane, along] if across else [along, lane], 1)
        town.cars.append((centres, np.full(len(along), np.pi / 2 if across else 0.0)))


def _fill(town: Town, block: Block) -> None:
    """Give a block its use: the further out, the greener."""
    rng = town.rng
    out = float(np.abs((block.centre - town.extent / 2) / town.extent).max())
    use = rng.random() + 1.1 * (out - 0.32)
    near = np.maximum(np.abs(block.centre - town.lake) - block.size / 2, 0)
    if np.hypot(*near) < 0.13:
        park(town, block)
        return
    if use > 0.86:
        field(town, block)
        return
    pavement = [[(block.x0, block.y0), (block.x1, block.y0), (block.x1, block.y1), (block.x0, block.y1)]]
    town.flat(pavement, (176, 170, 160), "road", TAR)
    yard = block.inset(2.5 * METRE)
    if min(yard.size) < 20 * METRE:
        return
    if use < 0.14:
        works(town, yard)
    elif use < 0.26:
        park(town, yard)
    elif use < 0.5 and max(yard.size) < 0.15:
        perimeter(town, yard)
    else:
        houses(town, yard)


class _Shader:
    """Mottled ground, shadows on the ground, grain."""

    def __init__(self, town: Town, frame: Frame, seed: int):
        self.frame, self.seed = frame, seed
        self.x = frame.columns()[None]
        self.coarse, self.fine = tile(1.4, seed + 5), tile(0.6, 4)
        self.mask = np.zeros(frame.size, np.uint8)
        for polygon in town.shadows:
            cv2.fillPoly(self.mask, [np.rint((polygon * frame.scale - 0.5) * 256).astype(np.int32)], 255, cv2.LINE_8, 8)

    def __call__(self, band: Band) -> np.ndarray:
        y = self.frame.rows(band.top, band.bottom)[:, None]
        kinds, colour = band.materials, band.colour
        noise = lookup(self.coarse, self.x * 1.3, y * 1.3)
        detail = lookup(self.fine, self.x * 4.1, y * 4.1) * min(1.0, self.frame.scale / 900)
        amount = np.array([0, 0.085, 0.055, 0.03, 0.03, 0.02, 0.03, 0.01], np.float32)[kinds]
        fine = np.array([0, 0.06, 0.05, 0.03, 0.02, 0.02, 0.09, 0.01], np.float32)[kinds]
        factor = 1 + amount * noise + fine * detail
        flat = (kinds > 0) & (kinds <= WATER)
        shadow = self.mask[band.top : band.bottom].astype(np.float32) / 255 * flat
        colour *= factor[..., None] * (1 - shadow[..., None] * np.array((0.54, 0.50, 0.42), np.float32))
        colour += grain(band.top, kinds.shape, self.seed)[..., None] * 1.6 + 0.5
        return np.clip(colour, 0, 255).astype(np.uint8)
