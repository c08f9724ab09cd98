"""The pictures that ship: a street, a town from above, a slide of tissue and two drives, drawn by lzviz itself, and photographs
that are part of scikit-image's wheel.

Nothing here is downloaded, and nothing is decoded before somebody asks for it.
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from lzviz.contract.pictures import DISPLAY_SIDE, Picture, encode_png
from lzviz.contract.shipped import Box, Shipped
from lzviz.contract.truth import Truth
from lzviz.gallery.drives import drives

STREET = Path(__file__).with_name("street.png")
# What the browser shows of it: half of the bytes of the first load.
STREET_SHOWN = Path(__file__).with_name("street.jpg")
STREET_LABELS = Path(__file__).with_name("street-labels.png")
STREET_SIZE = (1024, 2048)
# Where a parked car seen from behind has its plate, as shares of its box: x, y, and half the plate's width.
PLATE = (0.68, 0.72, 0.12)

# id, title, scene, size, seed: drawn when asked for, in less than a second.
_DRAWN = (("town", "Town", "aerial", (1024, 1024), 7), ("slide", "Slide", "slide", (512, 2560), 3))

# id, file in scikit-image's wheel, the function there that reads it, title, size, credit.
_PHOTOGRAPHS = (
    ("motorcycle", "motorcycle_left.png", "stereo_motorcycle()[0]", "Motorcycle", (500, 741),
     "Middlebury Stereo 2014 (Scharstein et al.), via scikit-image"),
    ("astronaut", "astronaut.png", "astronaut()", "Astronaut", (512, 512), "NASA, public domain, via scikit-image"),
    ("coffee", "coffee.png", "coffee()", "Coffee", (400, 600), "Rachel Michetti, CC0, via scikit-image"),
    ("chelsea", "chelsea.png", "chelsea()", "Cat", (300, 451), "Stéfan van der Walt, CC0, via scikit-image"),
    ("rocket", "rocket.jpg", "rocket()", "Rocket", (427, 640), "SpaceX, public domain, via scikit-image"),
    ("retina", "retina.jpg", "retina()", "Retina", (1411, 1411), "Mikael Häggström, CC0, via scikit-image"),
    ("tissue", "ihc.png", "immunohistochemistry()", "Tissue", (512, 512),
     "CMMI Charleroi, no known restrictions, via scikit-image"),
    ("hubble", "hubble_deep_field.jpg", "hubble_deep_field()", "Deep field", (872, 1000),
     "NASA / ESA, public domain, via scikit-image"),
)  # fmt: skip


def shipped() -> dict[str, Shipped]:
    """The gallery by id, the drawn street first. Nothing is decoded, drawn or downloaded yet."""
    package = find_spec("skimage")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("scikit-image is not installed; run `pip install -r requirements.txt`")
    folder = Path(package.submodule_search_locations[0]) / "data"
    source = f"lzviz.scenes.street({STREET_SIZE}).image"
    street = Shipped(
        "street",
        "Street",
        "Drawn by lzviz",
        STREET_SIZE,
        _street,
        source,
        _noted("highlight"),
        _noted("start"),
        street_truth,
        dataset="street scenes",
    )
    photographs = [
        Shipped(id, title, credit, size, partial(_photograph, folder / file), f"skimage.data.{call}")
        for id, file, call, title, size, credit in _PHOTOGRAPHS
    ]
    drawn = [
        Shipped(
            id,
            title,
            "Drawn by lzviz",
            size,
            partial(_drawn, scene, size, seed),
            f"lzviz.scenes.{scene}({size}, seed={seed}).image",
            truth=partial(_drawn_truth, scene, size, seed),
            dataset=f"{scene} scenes",
        )
        for id, title, scene, size, seed in _DRAWN
    ]
    return {picture.id: picture for picture in (street, *photographs, *drawn, *drives())}


def _drawn(scene: str, size: tuple[int, int], seed: int) -> Picture:
    from lzviz import scenes

    return Picture(scenes.SCENES[scene](size, seed).image)


def _drawn_truth(scene: str, size: tuple[int, int], seed: int) -> Truth:
    from lzviz import scenes

    drawn = scenes.SCENES[scene](size, seed)
    return Truth(drawn.labels, drawn.classes, "scene")


def _photograph(path: Path) -> Picture:
    with Image.open(path) as image:
        picture = Picture(np.asarray(image.convert("RGB")))
        if image.format == "JPEG" and image.mode == "RGB" and max(image.size) <= DISPLAY_SIDE:
            # A browser decodes it to the same pixels, out of a third of the bytes.
            picture.remember("display", path.read_bytes)
    return picture


def _street() -> Picture:
    """The street as it was drawn once: drawing it takes seconds, and it is the first thing that anybody sees."""
    picture = _photograph(STREET)
    picture.remember("display", STREET_SHOWN.read_bytes)
    return picture


def street_truth() -> Truth:
    """The labels that were drawn with the street; the file names the classes."""
    with Image.open(STREET_LABELS) as image:
        return Truth(np.asarray(image), tuple(image.info["Classes"].split(", ")), "scene")


def draw_street() -> None:
    """Draw the street again and keep it beside this module, its labels in a file of their own, with two boxes as texts: its
    direction sign, and the plate of the parked car nearest on the right."""
    from lzviz import scenes

    scene = scenes.street(STREET_SIZE)
    cars = [box for box, c in zip(scene.boxes, scene.box_classes, strict=True) if scene.classes[c] == "car"]
    x0, y0, x1, y1 = max((c for c in cars if c[0] > STREET_SIZE[1] / 2), key=lambda c: (c[2] - c[0]) * (c[3] - c[1]))
    x, y, r = x0 + PLATE[0] * (x1 - x0), y0 + PLATE[1] * (y1 - y0), PLATE[2] * (x1 - x0)
    notes = {"highlight": scene.highlight or (), "start": (x - r, y - r / 2, x + r, y + r / 2)}
    texts = {name: " ".join(f"{edge:.1f}" for edge in box) for name, box in notes.items()}
    STREET.write_bytes(encode_png(scene.image, texts))
    # Full chroma: thin coloured signs are what the picture is about.
    Image.fromarray(scene.image).save(STREET_SHOWN, quality=92, subsampling=0, optimize=True)
    STREET_LABELS.write_bytes(encode_png(scene.labels, {"Classes": ", ".join(scene.classes)}))


def _noted(name: str) -> Box | None:
    """A box that :func:`draw_street` noted: x0, y0, x1, y1 in pixel edges."""
    with Image.open(STREET) as image:
        box = tuple(float(edge) for edge in image.info[name].split())
    return box if len(box) == 4 else None
