"""Hostile pictures and label maps: every format with something changed, bombs, and files that are two things at once."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from PIL import Image, features

from benchmarks.attacks.target import Attempt, Target, answer_of

SIZES = ((0, 0), (0, 9), (1, 65535), (65535, 1), (65535, 65535), (30000, 30000), (2**31 - 1, 2**31 - 1), (2**32 - 1, 1))
MARK = b"<script>alert(1)</script>"


def encoded(form: str, size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """Noise of a format."""
    buffer, noise = io.BytesIO(), np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(noise).save(buffer, form, **options)
    return buffer.getvalue()


def formats() -> dict[str, bytes]:
    """A small picture of every format that is read."""
    names = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "PPM", *(("AVIF",) if features.check("avif") else ()))
    kinds: dict[str, tuple[str, dict[str, Any]]] = {name: (name, {}) for name in names}
    kinds |= {"JPEG progressive": ("JPEG", {"progressive": True}), "TIFF packed": ("TIFF", {"compression": "tiff_lzw"})}
    return {name: encoded(form, **options) for name, (form, options) in kinds.items()}


def changed(data: bytes, chance: random.Random) -> bytes:
    """A file with bytes replaced, cut, doubled or filled, mostly in its head."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(min(len(made), chance.choice((40, 200, len(made)))))
        kind = chance.randrange(6)
        if kind < 3:
            made[at] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
        elif kind == 3:
            made[at : at + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"))
        elif kind == 4:
            made[at:at] = made[at : at + chance.randrange(1, 64)] * chance.choice((1, 3, 200))
        else:
            del made[at : at + chance.randrange(1, 200)]
        made = made or bytearray(b"\0")
    return bytes(made)


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(size: tuple[int, int], body: bytes, extra: bytes = b"", depth: int = 8, colour: int = 2) -> bytes:
    """A PNG that says a size and holds whatever it holds."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", size[0] % 2**32, size[1] % 2**32, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def lies() -> Iterator[tuple[str, bytes]]:
    """Heads that say another size than there is."""
    body = zlib.compress(bytes(3000))
    bmp, gif, jpeg = encoded("BMP"), encoded("GIF"), encoded("JPEG")
    frame = jpeg.index(b"\xff\xc0")
    for w, h in SIZES:
        yield f"PNG of {w} x {h}", png((w, h), body)
        yield f"BMP of {w} x {h}", bmp[:18] + struct.pack("<II", w % 2**32, h % 2**32) + bmp[26:]
        yield f"GIF of {w} x {h}", gif[:6] + struct.pack("<HH", w % 2**16, h % 2**16) + gif[10:]
        yield f"JPEG of {w} x {h}", jpeg[: frame + 5] + struct.pack(">HH", h % 2**16, w % 2**16) + jpeg[frame + 9 :]
        yield f"PPM of {w} x {h}", b"P6 %d %d 255\n" % (w, h) + bytes(300)
        yield f"plain PPM of {w} x {h}", b"P3 %d %d 255\n" % (w, h) + b"1 " * 300
    for w, h in ((-1, -1), (40, -30), (2**31, 30)):
        yield f"BMP of {w} x {h}", bmp[:18] + struct.pack("<ii", w if w < 2**31 else -1, h) + bmp[26:]


def directories(count: int, loop: bool) -> bytes:
    """A TIFF of many directories, each of one pixel, or of one that is its own next."""
    parts, each = [b"II*\0\x08\0\0\0"], 2 + 12 * 4 + 4
    for at in range(count):
        place = 8 + at * each
        tags = [(256, 3, 1, 1), (257, 3, 1, 1), (273, 4, 1, 0), (279, 4, 1, 1)]
        last = 8 if loop else place + each if at + 1 < count else 0
        rows = b"".join(struct.pack("<HHII", *tag) for tag in tags)
        parts.append(struct.pack("<H", 4) + rows + struct.pack("<I", last))
    return b"".join(parts)


def scans(count: int) -> bytes:
    """A progressive JPEG of 4 megapixels with so many more scans that say nothing."""
    whole = encoded("JPEG", (2000, 2000), progressive=True, quality=5)
    scan = whole.rindex(b"\xff\xda")
    length = int.from_bytes(whole[scan + 2 : scan + 4], "big")
    return whole[:-2] + (whole[scan : scan + 2 + length] + b"\0") * count + whole[-2:]


def frames(form: str, count: int) -> bytes:
    """An animation."""
    buffer = io.BytesIO()
    first, *rest = (Image.new("P" if form == "GIF" else "RGB", (8, 8), k % 251) for k in range(count))
    first.save(buffer, form, save_all=True, append_images=rest, duration=10)
    return buffer.getvalue()


def bombs() -> Iterator[tuple[str, bytes]]:
    """Small files that are large when they are read, or long."""
    zeros = zlib.compress(bytes(64 << 20), 9)
    yield "PNG of 100 megapixels", png((10000, 10000), zlib.compress(bytes(10000 * 1251), 9), depth=1, colour=0)
    yield "PNG of 100 megapixels in 16 bits, too short", png((10000, 10000), zeros, depth=16, colour=6)
    yield "PNG a little above the limit", png((10001, 10000), zeros)
    yield "PNG with a profile of 64 MB", png((1, 1), zlib.compress(b"\0\1\2\3"), chunk(b"iCCP", b"x\0\0" + zeros))
    yield "PNG with a text of 64 MB", png((1, 1), zlib.compress(b"\0\1\2\3"), chunk(b"zTXt", b"x\0\0" + zeros))
    yield "PNG with 50,000 texts", png((1, 1), zlib.compress(b"\0\1\2\3"), chunk(b"tEXt", b"a\0b") * 50_000)
    yield "PNG whose pixels go on for 64 MB", png((4, 4), zeros)
    yield "JPEG of 1,000 empty scans", scans(1000)
    yield "TIFF of 40,000 directories", directories(40_000, loop=False)
    yield "TIFF that is its own next", directories(1, loop=True)
    yield "TIFF of two that are each other's next", directories(2, loop=True)
    yield "GIF of 3,000 frames", frames("GIF", 3000)
    yield "WebP of 300 frames", frames("WEBP", 300)
    yield "APNG of 300 frames", frames("PNG", 300)
    yield (
        "BMP in runs",
        encoded("BMP")[:18] + struct.pack("<iiHHI", 30000, 3000, 1, 8, 1) + bytes(20) + b"\xff\1" * 9000,
    )
    yield "plain PPM of 10 MB", b"P3 1900 900 255\n" + b"1 " * 5_130_000
    yield "PPM with comments for 5 MB", b"P6\n" + b"# x\n" * 1_300_000 + b"1 1 255\n\0\0\0"
    yield "JPEG with 5,000 segments", b"\xff\xd8" + b"\xff\xe1\0\x08Exif\0\0" * 5000 + encoded("JPEG")[2:]
    yield "thin WebP", encoded("WEBP", (16383, 8))


def both() -> Iterator[tuple[str, bytes]]:
    """Files that are two things, or none."""
    for name, data in formats().items():
        yield f"{name} and a script", data + MARK
        yield f"{name} and an archive", data + b"PK\3\4" + bytes(30) + b"PK\5\6" + bytes(18)
        yield f"{name} after a page", b"<!doctype html>" + MARK + data
        yield f"{name} after %PDF", b"%PDF-1.7\n" + data
    gif = encoded("GIF")
    yield "GIF89a=1;", b"GIF89a=1;" + MARK + gif[6:]
    others = (
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) run",
        "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><svg>&e;</svg>",
        "push graphic-context\nfill 'url(file:///etc/passwd)'\npop graphic-context", "P7\nWIDTH 1\n", "{}",
    )  # fmt: skip
    for text in others:
        yield text[:20], text.encode()
    for magic in (
        b"8BPS",
        b"\0\0\1\0\1\0",
        b"\x0a\5\1\x08",
        b"\x89HDF\r\n\x1a\n",
        b"SIMPLE  =",
        b"\x00\x00\x00\x0cjP  ",
        b"DDS ",
    ):
        yield repr(magic), magic + bytes(400)


def pictures(target: Target) -> Iterator[Attempt]:
    """As pictures and as maps; what is taken comes back as an image and as nothing else."""

    def attempt(what: str, data: bytes, path: str) -> None:
        status, said = target.fair(what, "POST", path, data)
        if status == 200 and path.endswith("picture"):
            status, headers, shown = target.send("GET", f"/lzviz/picture/{answer_of(said)['id']}")
            plain = headers.get("content-type") in ("image/png", "image/jpeg") and MARK not in shown
            target.expect(f"{what} is shown: {status} {headers.get('content-type')}", status == 200 and plain)

    chance = random.Random(2)
    for (name, data), at in product(formats().items(), range(110)):
        yield partial(attempt, f"{name} changed, {at}", changed(data, chance), "/lzviz/picture")
    for name, data in formats().items():
        for cut in sorted({chance.randrange(len(data)) for _ in range(12)}):
            yield partial(attempt, f"{name} cut at {cut}", data[:cut], "/lzviz/picture")
    for path, made in product(("/lzviz/picture", "/lzviz/map"), (lies, both)):
        for what, data in made():
            yield partial(attempt, what, data, path)
    for what, data in bombs():
        yield partial(attempt, what, data, "/lzviz/picture")


def labels(target: Target) -> Iterator[Attempt]:
    """As true labels of a picture: pictures and arrays of every size, kind and value."""

    def attempt(what: str, data: bytes, query: str = "?image=coffee") -> None:
        target.fair(what, "POST", f"/lzviz/truth{query}", data)

    _, _, said = target.send("GET", "/lzviz/picture/coffee")
    w, h = struct.unpack(">II", said[16:24]) if said.startswith(b"\x89PNG") else Image.open(io.BytesIO(said)).size
    chance, random_of = random.Random(3), np.random.default_rng(1)
    for dtype in "?bBhHiIqQefdFDSUO":
        for shape in ((h, w), (w, h), (1, h, w), (h, w, 1), (1, 1, h, w), (h * w,), (0, 0), (), (h, w, 2), (h, 0)):
            values = np.zeros(shape, dtype)
            yield partial(attempt, f"{dtype} {shape}", npy(values))
    for value in (-1, 11, 12, 254, 255, 256, 2**31, -(2**63), 0.5, np.nan, np.inf, -np.inf, 1e300):
        values = np.zeros((h, w), np.int64 if isinstance(value, int) else np.float64)
        values[chance.randrange(h), chance.randrange(w)] = value
        yield partial(attempt, f"the label {value}", npy(values))
    for mode in ("1", "L", "P", "I;16", "I", "F", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "LAB"):
        for form, side in product(("PNG", "TIFF", "GIF", "BMP", "WEBP", "JPEG"), ((w, h), (h, w), (1, 1))):
            noise = Image.fromarray(random_of.integers(0, 12, (side[1], side[0], 3), np.uint8))
            buffer = io.BytesIO()
            try:
                grey = noise.convert("L") if mode in ("I;16", "I", "F") else noise
                grey.convert(mode).save(buffer, form)
            except (ValueError, OSError, KeyError):
                continue  # no file of this mode exists
            yield partial(attempt, f"{mode} as {form} of {side}", buffer.getvalue())
    for what, data in (*lies(), *both()):
        yield partial(attempt, what, data)
    for query in (
        "",
        "?image=",
        "?image=own-0",
        "?image=../x",
        "?image=coffee&checkpoint=x",
        "?image=coffee&x=1",
        "?image=%00",
    ):
        yield partial(attempt, query, encoded("PNG"), query)


def npy(values: np.ndarray) -> bytes:
    """The bytes of a .npy file, objects and all."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=True)
    return buffer.getvalue()
