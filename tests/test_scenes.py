"""Procedural scenes: the same by seed, true labels and boxes, the same scene at every size."""

import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from lzviz.scenes import SCENES, Scene, aerial, slide, street
from lzviz.scenes.letters import text_quads, text_width
from lzviz.scenes.noise import grain, lookup, tile
from lzviz.scenes.paint import Frame, Painting, supersampling, tag, visible_boxes

SIZES = {"street": (192, 384), "aerial": (320, 320), "slide": (150, 600)}


@cache
def draw(name: str, seed: int) -> Scene:
    return SCENES[name](SIZES[name], seed=seed)


@pytest.fixture(scope="module")
def scenes() -> dict[str, Scene]:
    return {name: draw(name, 1) for name in SIZES}


@pytest.mark.parametrize("name", SCENES)
def test_shapes_and_types(scenes, name):
    scene, (h, w) = scenes[name], SIZES[name]
    assert scene.size == (h, w)
    assert scene.image.shape == (h, w, 3) and scene.image.dtype == np.uint8
    assert scene.labels.shape == (h, w) and scene.labels.dtype == np.uint8
    assert scene.boxes.shape == (len(scene.boxes), 4) and scene.boxes.dtype == np.float64
    assert scene.box_classes.shape == (len(scene.boxes),) and scene.box_classes.dtype == np.int64
    assert scene.labels.max() < len(scene.classes) and len(set(scene.classes)) == len(scene.classes)
    assert scene.seed == 1


@pytest.mark.parametrize("name", SCENES)
def test_a_seed_is_a_scene(scenes, name):
    again, other = SCENES[name](SIZES[name], seed=1), draw(name, 2)
    assert np.array_equal(again.image, scenes[name].image)
    assert np.array_equal(again.labels, scenes[name].labels)
    assert np.array_equal(again.boxes, scenes[name].boxes)
    assert (other.labels != again.labels).mean() > 0.02
    assert np.abs(other.image.astype(int) - again.image).mean() > 4


@pytest.mark.parametrize("name", SCENES)
def test_every_box_is_tight_around_pixels_of_its_class(scenes, name):
    scene = scenes[name]
    h, w = scene.size
    assert len(scene.boxes) > 20
    for (x0, y0, x1, y1), kind in zip(scene.boxes.astype(int), scene.box_classes, strict=True):
        assert 0 <= x0 < x1 <= w and 0 <= y0 < y1 <= h
        inside = scene.labels[y0:y1, x0:x1] == kind
        assert inside.any(0)[[0, -1]].all() and inside.any(1)[[0, -1]].all()  # its class touches all four sides


@pytest.mark.parametrize("name", SCENES)
def test_all_classes_appear(name):
    pictures = [draw(name, seed) for seed in (1, 2)]
    seen = {label for scene in pictures for label in np.unique(scene.labels).tolist()}
    assert seen == set(range(len(pictures[0].classes)))


def test_the_street_speaks_camvid(scenes):
    names = "sky building pole road pavement tree sign fence car pedestrian bicyclist"
    assert scenes["street"].classes == tuple(names.split())
    boxed = {scenes["street"].classes[k] for k in scenes["street"].box_classes}
    assert boxed == {"sign", "car", "pedestrian", "bicyclist"}


@pytest.mark.parametrize("name, size", [("street", (512, 1024)), ("aerial", (1400, 1400)), ("slide", (480, 960))])
def test_the_same_scene_at_another_size(name, size):
    """The small picture's labels are those of the large one, shrunk: by nearest, and by a vote of the four."""
    small = SCENES[name](size, seed=4)
    large = SCENES[name]((2 * size[0], 2 * size[1]), seed=4)
    assert (large.labels[1::2, 1::2] == small.labels).mean() > 0.97
    blocks = large.labels.reshape(size[0], 2, size[1], 2).transpose(0, 2, 1, 3).reshape(*size, 4)
    votes = np.stack([(blocks == k).sum(-1) for k in range(len(small.classes))], -1)
    mine = np.take_along_axis(votes, small.labels[..., None].astype(int), -1)[..., 0]
    assert (mine == votes.max(-1)).mean() > 0.99
    shrunk = large.image.reshape(size[0], 2, size[1], 2, 3).mean((1, 3))
    assert np.abs(shrunk - small.image).mean() < 6


@pytest.mark.parametrize("size", [(192, 384), (240, 320), (300, 150), (90, 360)])
def test_the_highlight_is_a_visible_sign(size):
    scene = street(size, seed=0)
    assert scene.highlight is not None
    x0, y0, x1, y1 = (int(v) for v in scene.highlight)
    assert 0 <= x0 < x1 <= size[1] and 0 <= y0 < y1 <= size[0]
    patch = scene.labels[y0:y1, x0:x1]
    assert (patch == scene.classes.index("sign")).mean() > 0.9  # nothing stands in front of it
    assert [*scene.highlight] in scene.boxes.tolist()


def test_the_word_is_lost_in_a_uniform_resize_but_there():
    """The sign is white on blue at full size; sixteen times smaller hardly a letter's contrast is left."""
    scene = street((1024, 2048), seed=0)
    assert scene.highlight is not None
    x0, y0, x1, y1 = (int(v) for v in scene.highlight)
    patch = scene.image[y0 + 6 : y1 - 6, x0 + 6 : x1 - 6, 0].astype(float)
    h, w = (n // 16 * 16 for n in patch.shape)
    coarse = patch[:h, :w].reshape(h // 16, 16, w // 16, 16).mean((1, 3))
    assert np.ptp(patch) > 150 and (patch > 180).mean() > 0.1 and (patch < 90).mean() > 0.3
    assert coarse.std() < 0.5 * patch.std()
    assert (x1 - x0) * (y1 - y0) < 0.005 * 1024 * 2048


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("size", [(16, 16), (16, 200), (131, 97)])
def test_any_size_has_no_holes(name, size):
    scene = SCENES[name](size, seed=3)
    assert scene.labels.shape == size
    assert scene.labels.max() < len(scene.classes)


def test_an_upright_slide_lies_along_its_long_side():
    wide, tall = slide((100, 300), seed=2), slide((300, 100), seed=2)
    assert (wide.labels == tall.labels.T).mean() > 0.97


def test_cuts_into_bands_do_not_show(monkeypatch):
    whole = street((128, 256), seed=5)
    monkeypatch.setattr("lzviz.scenes.paint._BAND_SAMPLES", 256 * 9 * 9 * 5)
    cut = street((128, 256), seed=5)
    assert (whole.labels != cut.labels).mean() < 0.003  # a polygon's edge, clipped elsewhere, may be rounded otherwise
    assert np.abs(whole.image.astype(int) - cut.image).mean() < 0.2


@pytest.mark.parametrize("scene", [street, aerial, slide])
@pytest.mark.parametrize(
    "size, message",
    [
        ((8, 64), "height of 16 to 8192 pixels, got 8"),
        ((64, 9000), "width of 16 to 8192 pixels, got 9000"),
        ((0, 0), "height of 16"),
        ((-64, 64), "got -64"),
        ((64,), "expected size as"),
        ((64, 64, 3), "expected size as"),
    ],
)
def test_bad_sizes_are_explained(scene, size, message):
    with pytest.raises(ValueError, match=message):
        scene(size)


def test_bad_types_are_explained():
    with pytest.raises(TypeError, match="did you mean"):
        street(512)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"whole number of pixels as width, got 64\.5"):
        street((64, 64.5))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="seed of 0 or more"):
        street((64, 64), seed=-1)


def test_no_torch_is_loaded():
    code = "import sys, lzviz.scenes.street; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# --- the parts


def _square(painting: Painting, corner: float, side: float, label: int, colour) -> int:
    owner = painting.add(label, boxed=True)
    a, b = corner, corner + side
    painting.polygons([(a, a), (b, a), (b, b), (a, b)], [4], [colour], [tag(owner, 3)])
    return owner


def test_the_last_polygon_owns_the_pixel_and_boxes_see_only_what_is_visible():
    painting = Painting()
    back = _square(painting, 0.1, 0.6, 0, (200, 0, 0))
    front = _square(painting, 0.4, 0.4, 1, (0, 200, 0))
    band = next(iter(painting.bands(Frame((20, 20), 20.0, (0.0, 0.0)))))
    assert band.owners[4, 4] == back and band.owners[10, 10] == front
    assert band.materials[10, 10] == 3 and band.colour[10, 10].tolist() == [0, 200, 0]
    boxes = visible_boxes(band.owners, 2)
    assert boxes[front].tolist() == [8, 8, 16, 16]
    assert boxes[back].tolist() == [2, 2, 14, 14]  # the arms of the L that is left still reach its old corner
    assert band.owners[0, 0] == -1 and band.colour[0, 0].tolist() == [0, 0, 0]


def test_visible_boxes_against_the_obvious_loop():
    owners = np.random.default_rng(0).integers(-1, 9, (13, 17))
    owners[owners == 4] = 5
    boxes = visible_boxes(owners, 9)
    for k in range(9):
        y, x = np.nonzero(owners == k)
        if len(y) == 0:
            assert np.isnan(boxes[k]).all()
        else:
            assert boxes[k].tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]


def test_supersampling_is_odd_and_higher_for_small_pictures():
    factors = [supersampling((n, 2 * n)) for n in (16, 64, 256, 1024, 4096)]
    assert all(f % 2 == 1 for f in factors)
    assert factors == sorted(factors, reverse=True) and factors[-1] == 3


def test_edges_are_averaged():
    painting = Painting()
    painting.add(0)
    painting.polygons([(0, 0), (0.525, 0), (0.525, 1), (0, 1)], [4], [(240, 240, 240)], [tag(0)])
    band = next(iter(painting.bands(Frame((20, 20), 20.0, (0.0, 0.0)))))
    assert band.colour[5, 9, 0] == 240 and band.colour[5, 12, 0] == 0
    assert 60 < band.colour[5, 10, 0] < 180  # half covered


def test_noise_repeats_without_a_seam():
    texture = tile(1.0, 3)
    x = np.linspace(0.1, 0.9, 33)[None]
    assert np.allclose(lookup(texture, x, x), lookup(texture, x + 2, x - 1), atol=1e-3)
    seam = np.abs(np.diff(np.concatenate([texture[:, -1:], texture[:, :1]], 1))).mean()
    assert seam < 1.5 * np.abs(np.diff(texture, axis=1)).mean()
    rows = np.concatenate([grain(0, (600, 40), 1), grain(600, (30, 40), 1)])
    assert np.array_equal(rows, grain(0, (630, 40), 1))


def test_letters_keep_to_their_line():
    quads = text_quads("OPERA 42", 2.0)
    assert quads[..., 1].min() > -0.3 and quads[..., 1].max() < 2.3
    assert quads[..., 0].max() == pytest.approx(text_width("OPERA 42", 2.0), abs=0.35)
    assert len(text_quads("~", 1.0)) == 0
