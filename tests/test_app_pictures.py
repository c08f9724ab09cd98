"""Pictures: what ships is there without a network, what is uploaded becomes RGB or one clear sentence."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from lzviz import palette
from lzviz.contract import pictures
from lzviz.contract.memory import Memory
from lzviz.contract.pictures import Uploads, decode, fit
from lzviz.contract.wire import Refusal
from lzviz.gallery import STREET_SIZE, draw_street, shipped
from lzviz.training.recipes import RECIPES
from tests.app_server import encoded

RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def rgb(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=2)


# What ships


def test_the_street_comes_first_and_at_least_eight_photographs_follow():
    gallery = list(shipped().values())
    assert gallery[0].id == "street" and gallery[0].highlight
    assert len(gallery) >= 9
    assert all(picture.title and picture.credit for picture in gallery)


@pytest.mark.parametrize("identifier", list(shipped()))
def test_every_shipped_picture_is_there_and_as_large_as_told(identifier):
    entry = shipped()[identifier]
    picture = entry.prepare().result(timeout=60)
    assert picture.size == entry.size
    assert picture.pixels.dtype == np.uint8 and picture.pixels.std() > 10
    with Image.open(io.BytesIO(picture.display)) as shown:
        assert shown.size[::-1] == fit(entry.size, pictures.DISPLAY_SIDE)


def test_the_source_of_a_picture_gives_the_same_pixels():
    import skimage.data

    import lzviz

    names = {"skimage": skimage, "lzviz": lzviz}
    for entry in list(shipped().values())[1:]:
        pixels = entry.prepare().result().pixels
        assert np.array_equal(eval(entry.source, names), pixels), entry.id


@pytest.mark.parametrize("identifier", ["town", "slide"])
def test_other_worlds_bring_their_labels_and_what_they_are_like(identifier):
    """A recipe of that world learns from pictures of its data set."""
    entry = shipped()[identifier]
    assert entry.truth is not None
    truth = entry.truth()
    assert truth.size == entry.size and len(truth.found) == len(truth.classes)
    world = entry.dataset.removesuffix(" scenes")
    recipes = [recipe for name, recipe in RECIPES.items() if f"-{world}-" in name]
    assert {recipe.data_options["kind"] for recipe in recipes} == {world} and len(recipes) == 7
    assert all(palette.COLOURS[palette.common(name)] for name in truth.classes)


def test_the_kept_street_is_the_street_that_would_be_drawn():
    from lzviz import scenes

    kept = shipped()["street"].prepare().result().pixels
    scene = scenes.street(STREET_SIZE)
    again = f"draw it again: python -c 'import lzviz.gallery as g; g.{draw_street.__name__}()'"
    assert scene.highlight == pytest.approx(shipped()["street"].highlight, abs=2), again
    # OpenCV's anti-aliasing may differ by a level between versions.
    assert np.abs(kept.astype(int) - scene.image).mean() < 0.5, again
    labels = shipped()["street"].truth()
    assert labels.classes == scene.classes and (labels.labels == scene.labels).mean() > 0.999, again


# What is uploaded


def test_grey_and_rgb():
    assert np.array_equal(decode(encoded(Image.fromarray(RAMP))).pixels, rgb(RAMP))
    colour = np.dstack((RAMP, RAMP[::-1], RAMP[:, ::-1]))
    assert np.array_equal(decode(encoded(Image.fromarray(colour))).pixels, colour)


def test_one_pixel():
    assert decode(encoded(Image.new("RGB", (1, 1), (1, 2, 3)))).pixels.tolist() == [[[1, 2, 3]]]


def test_transparency_is_laid_on_white():
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    picture = decode(encoded(image))
    assert picture.pixels.tolist() == [[[0, 0, 0], [255, 255, 255]]]
    assert "white" in str(picture.notes[0])


def test_grey_with_alpha_and_palette_with_transparency():
    half = decode(encoded(Image.new("LA", (1, 1), (0, 128))))
    assert abs(int(half.pixels[0, 0, 0]) - 127) <= 1
    palette = Image.fromarray(RAMP).quantize(4)
    assert decode(encoded(palette)).pixels.shape == (3, 4, 3)
    assert [str(note) for note in decode(encoded(palette, transparency=0)).notes] == [
        "Transparent parts are shown on white."
    ]


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_by_their_range(form):
    deep = np.array([[0, 257, 32768, 65535]], np.uint16)
    picture = decode(encoded(Image.fromarray(deep), form))
    assert picture.pixels[0, :, 0].tolist() == [0, 1, 128, 255]
    assert [str(note) for note in picture.notes] == ["16 bit grey values scaled to 8 bit."]


def test_twelve_bits_in_sixteen():
    deep = np.array([[0, 2048, 4095]], np.uint16)
    assert decode(encoded(Image.fromarray(deep), "TIFF")).pixels[0, :, 0].tolist() == [0, 128, 255]


def test_floats_are_stretched_and_what_is_not_finite_is_dark():
    values = np.array([[-1.0, 0.0, 1.0, np.nan]], np.float32)
    picture = decode(encoded(Image.fromarray(values), "TIFF"))
    assert picture.pixels[0, :, 0].tolist() == [0, 128, 255, 128]
    assert "stretched" in str(picture.notes[0])


def test_cmyk():
    picture = decode(encoded(Image.new("CMYK", (2, 2), (0, 0, 0, 0)), "JPEG"))
    assert picture.pixels.min() > 250
    assert "CMYK" in str(picture.notes[0])


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (1, 2)), (6, (0, 1)), (8, (2, 0))])
def test_exif_rotation(orientation, corner):
    image = Image.new("RGB", (3, 2), (0, 0, 0))
    image.putpixel((0, 0), (255, 255, 255))
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(encoded(image, exif=exif))
    assert tuple(np.argwhere(picture.pixels[..., 0] > 200)[0]) == corner
    assert len(picture.notes) == (orientation != 1)


def test_the_first_frame_of_an_animation():
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "green", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    picture = decode(data)
    assert picture.pixels[0, 0].tolist() == [255, 0, 0]
    assert [str(note) for note in picture.notes] == ["3 frames or pages: the first one is shown."]


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "BMP", "PPM", "AVIF", "HEIF"])
def test_other_formats(form):
    picture = decode(encoded(Image.new("RGB", (20, 10), (200, 100, 50)), form))
    assert picture.size == (10, 20) and np.abs(picture.pixels[5, 10] - [200.0, 100, 50]).max() < 12


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_of_a_telephone_stands_upright_and_says_so(orientation):
    lit = Image.new("RGB", (33, 20))
    lit.paste("white", (0, 0, 16, 8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(encoded(lit, "HEIF", exif=exif.tobytes()))
    turns = {1: 0, 3: 2, 6: 3, 8: 1}[orientation]
    expected = np.rot90(np.asarray(lit), turns)
    assert picture.pixels.shape == expected.shape
    assert np.abs(picture.pixels.astype(int) - expected).mean() < 12
    assert [note.key for note in picture.notes] == ["note.upright"] * (orientation != 1)


def test_transparent_and_grey_heic_become_rgb():
    assert decode(encoded(Image.new("RGBA", (21, 10), (0, 0, 0, 0)), "HEIF")).pixels.min() > 240
    assert decode(encoded(Image.new("L", (21, 10), 90), "HEIF")).pixels.shape == (10, 21, 3)


def test_a_heic_above_the_limit_is_refused_from_its_header(monkeypatch):
    data = encoded(Image.new("RGB", (64, 48)), "HEIF")
    monkeypatch.setattr(pictures, "MAX_PIXELS", 2000)
    with pytest.raises(Refusal, match="megapixels"):
        decode(data)


def header_only(width: int, height: int) -> bytes:
    """A PNG that claims a size and has almost no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")


BAD = {
    "empty": (b"", "empty"),
    "text": (b"hello, I am a picture", "not an image"),
    "html": (b"<html><script>alert(1)</script></html>", "not an image"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not an image"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not an image"),
    "truncated": (encoded(Image.effect_noise((200, 200), 90), "JPEG")[:2000], "damaged"),
    "truncated heic": (encoded(Image.effect_noise((200, 200), 90), "HEIF")[:3000], "damaged|not an image"),
    "a heic of nothing": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64, "damaged|not an image"),
    "truncated png": (encoded(Image.effect_noise((200, 200), 90))[:3000], "damaged"),
    "above 100 megapixels": (header_only(20_000, 5_001), "100 megapixels"),
    "a bomb": (header_only(60_000, 60_000), "megapixels"),
    "no pixels": (header_only(0, 5), "image"),
}


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("data", "said"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_shown_is_told_in_one_sentence(data, said):
    with pytest.raises(Refusal, match=said) as refused:
        decode(data)
    assert refused.value.status in (400, 413, 415, 422)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_exactly_100_megapixels_pass_the_header():
    with pytest.raises(Refusal, match="damaged"):
        decode(header_only(20_000, 5_000))


def test_a_jpeg_above_the_limit_is_read_at_half_its_size_and_says_so(monkeypatch):
    monkeypatch.setattr(pictures, "MAX_PIXELS", 2000)
    ramp = Image.linear_gradient("L").resize((63, 48)).convert("RGB")
    made = decode(encoded(ramp, "JPEG", quality=95))
    assert made.size == (24, 32) and [note.key for note in made.notes] == ["note.reduced"]
    assert abs(made.pixels[6, 8, 0] - ramp.getpixel((16, 12))[0]) < 8
    assert decode(encoded(ramp.resize((40, 30)), "JPEG")).notes == ()
    with pytest.raises(Refusal, match="megapixels"):
        decode(encoded(ramp.resize((200, 100)), "JPEG"))
    with pytest.raises(Refusal, match="megapixels"):
        decode(encoded(ramp))


def test_damage_anywhere_is_a_sentence_and_never_another_error():
    whole = bytearray(encoded(Image.effect_noise((40, 30), 60).convert("RGB"), "TIFF"))
    rng = np.random.default_rng(0)
    for _ in range(300):
        broken = bytearray(whole)
        for at in rng.integers(0, len(broken), 4):
            broken[at] = rng.integers(256)
        try:
            decode(bytes(broken))
        except Refusal as refused:
            assert len(str(refused)) < 200


# Keeping them


def test_the_same_bytes_have_the_same_id_for_the_same_secret_and_for_another_one_another():
    data, server = encoded(Image.fromarray(RAMP)), Uploads(Memory(), b"one")
    first, picture = server.add(data)
    assert server.add(data)[0] == first and server.get(first) is picture
    assert Uploads(Memory(), b"other").add(data)[0] != first
    assert Uploads(Memory(), b"one").add(data)[0] == first


def test_an_unknown_picture_is_a_404():
    with pytest.raises(Refusal, match="no longer holds") as refused:
        Uploads(Memory(), b"").get("own-0123")
    assert refused.value.status == 404


def test_the_cache_forgets_the_least_recently_used_beyond_its_bytes():
    cache = Memory(100)
    cache.put("text", "a", "A", 40)
    cache.put("text", "b", "B", 40)
    assert cache.get("text", "a") == "A"
    cache.put("text", "c", "C", 40)
    assert (cache.get("text", "a"), cache.get("text", "b"), cache.get("text", "c")) == ("A", None, "C")
    cache.put("text", "large", "L", 500)
    assert cache.get("text", "large") == "L" and cache.bytes_held == 500
    cache.put("text", "c", "C", 10)
    assert cache.bytes_held == 10


def test_a_value_put_twice_counts_once():
    cache = Memory(100)
    for _ in range(3):
        cache.put("text", "a", "A", 60)
    assert cache.bytes_held == 60


@pytest.mark.parametrize(
    ("size", "side", "shown"),
    [((10, 20), 2048, (10, 20)), ((4096, 8192), 2048, (1024, 2048)), ((1, 50_000), 2048, (1, 2048))],
)
def test_the_display_level(size, side, shown):
    assert fit(size, side) == shown


def test_shrinking_averages_areas():
    pixels = rgb(np.tile(np.array([[0, 200], [200, 0]], np.uint8), (50, 50)))
    assert np.abs(pictures.shrink(pixels, 50).astype(int) - 100).max() <= 1
