"""Files of strangers are decoded in a process that is killed in time; whoever comes next is served as if nothing was."""

import base64
import io
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time

import httpx
import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save

from lzviz.contract import truth
from lzviz.contract.answers.warp import map_of_values
from lzviz.contract.decoding import GONE, ROOT, Decoder
from lzviz.contract.messages.pictures import AddMap
from lzviz.contract.pictures import decode
from lzviz.contract.truth import IGNORE
from lzviz.contract.wire import Refusal
from tests.app_server import app_url, client, encoded, refusal, server

SMALL = encoded(Image.effect_noise((40, 30), 60).convert("RGB"))


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(seconds=1.0, processes=1)


def scans(count: int, side: int = 2000) -> bytes:
    """A progressive JPEG with ``count`` scans that say nothing: each walks over all of the picture."""
    whole = encoded(Image.new("L", (side, side), 100), "JPEG", progressive=True)
    empty = b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 1, 63, 0x10) + b"\x7f" * 4
    return whole[:-2] + empty * count + b"\xff\xd9"


def directories(count: int) -> bytes:
    """A TIFF of one pixel with ``count`` directories, one after the other."""
    entries = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 1)]
    size = 2 + 12 * len(entries) + 4
    out = io.BytesIO()
    out.write(struct.pack("<2sHI", b"II", 42, 12) + b"\x00" * 4)
    for at in range(count):
        after = 12 + (at + 1) * size if at + 1 < count else 0
        out.write(struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries))
        out.write(struct.pack("<I", after))
    return out.getvalue()


BOMBS = {
    "a progressive JPEG of empty scans": lambda: scans(4000),
    "a TIFF of directories": lambda: directories(40_000),
    "a plain PPM": lambda: b"P3 3000 3000 255\n" + b"1 " * (30 << 20),
}


def test_a_picture_is_what_decoding_it_here_gives(decoder):
    for data in (SMALL, encoded(Image.new("RGBA", (5, 3), (9, 8, 7, 90)), "PNG"), encoded(Image.new("L", (1, 1)))):
        here, there = decode(data), decoder.picture(data)
        assert np.array_equal(here.pixels, there.pixels) and here.notes == there.notes


@pytest.mark.parametrize("data", [b"", b"hello", SMALL[:200]])
def test_a_refusal_crosses_the_pipe_as_it_is(data, decoder):
    with pytest.raises(Refusal) as here:
        decode(data)
    with pytest.raises(Refusal) as there:
        decoder.picture(data)
    assert (str(here.value), here.value.status) == (str(there.value), there.value.status)


def test_heic_is_read_in_the_process_and_damage_to_it_is_a_sentence(decoder):
    whole = encoded(Image.effect_noise((200, 130), 60).convert("RGB"), "HEIF")
    here, there = decode(whole), decoder.picture(whole)
    assert np.array_equal(here.pixels, there.pixels) and here.size == (130, 200)
    rng, refused = np.random.default_rng(0), 0
    for turn in range(60):
        broken = bytearray(whole[: rng.integers(1, len(whole))] if turn % 2 else whole)
        for at in rng.integers(0, min(len(broken), 600), 4):
            broken[at] = rng.integers(256)
        try:
            decoder.picture(bytes(broken))
        except Refusal as refusal:
            refused += 1
            assert str(refusal).endswith(".") and len(str(refusal)) < 200
    assert refused > 30
    assert decoder.picture(whole).size == (130, 200)


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_a_decoder_that_does_not_end_is_killed_and_the_next_file_is_read(bomb, decoder):
    with pytest.raises(Refusal, match="took more than 1 s") as refused:
        decoder.picture(bomb())
    assert refused.value.status == 422
    assert decoder.picture(SMALL).size == (30, 40)


def test_a_decoder_that_wants_too_much_memory_says_so_and_the_next_file_is_read():
    tight = Decoder(memory=600 << 20, processes=1)
    with pytest.raises(Refusal, match="memory") as refused:
        tight.picture(encoded(Image.new("1", (20_000, 5_000))))
    assert refused.value.status in (413, 503)
    assert tight.picture(SMALL).size == (30, 40)


def test_a_client_that_left_stops_the_decoder(decoder):
    token = GONE.set(lambda: True)
    try:
        with pytest.raises(Refusal, match="no longer waits"):
            decoder.picture(scans(4000))
    finally:
        GONE.reset(token)


def test_a_decoder_killed_from_outside_is_replaced():
    decoder = Decoder(processes=1)
    decoder.picture(SMALL)
    process = decoder._idle.queue[0]._process
    process.kill()
    process.wait()
    assert decoder.picture(SMALL).size == (30, 40)


def test_the_process_loads_neither_torch_nor_gradio():
    code = "import sys, lzviz.contract.decoding; print({'torch', 'gradio', 'cv2', 'scipy'} & {*sys.modules})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "set()"


def test_the_process_ends_with_its_owner():
    decoder = Decoder(processes=1)
    decoder.picture(SMALL)
    process = decoder._idle.queue[0]._process
    process.stdin.close()
    assert process.wait(timeout=20) == 0


def test_other_routes_answer_while_a_bomb_is_decoded(monkeypatch):
    client()  # the app is up
    for each in server().workshop.decoder._idle.queue:
        monkeypatch.setattr(each, "_seconds", 3.0)
    answers = []

    def visit(count: int) -> None:
        answers.append(httpx.post(f"{app_url()}lzviz/picture", content=scans(count), timeout=120))

    bombs = [threading.Thread(target=visit, args=(8000 + n,)) for n in range(2)]
    for bomb in bombs:
        bomb.start()
    time.sleep(0.5)
    begun = base64.b64encode(SMALL).decode()
    assert "event_id" in client().post("gradio_api/call/downsample", json={"data": [begun, {}]}).json()
    assert client().get("lzviz/catalogue").status_code == 200
    for bomb in bombs:
        bomb.join()
    assert ["took more than 3 s" in refusal(answer) for answer in answers] == [True, True]


# Labels of large pictures


@pytest.mark.parametrize("form", ["index", "colour"])
def test_labels_are_the_same_in_strips_of_any_height(form, monkeypatch):
    rng = np.random.default_rng(3)
    if form == "index":
        values = rng.choice([0, 1, 2, IGNORE], (37, 23)).astype(np.uint8)
    else:
        colours = np.array([*truth.CAMVID_COLOURS.values(), (0, 0, 0)], np.uint8)
        values = colours[rng.integers(0, len(colours), (37, 23))]
    data = encoded(Image.fromarray(values))
    whole = truth.read(data, (37, 23), ("a", "b", "c"))
    monkeypatch.setattr(truth, "STRIP", 50)
    strips = truth.read(data, (37, 23), ("a", "b", "c"))
    assert np.array_equal(whole.labels, strips.labels) and whole.notes == strips.notes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="memory is limited on POSIX only")
@pytest.mark.parametrize("mode", ["P", "RGB"])
def test_labels_of_100_megapixels_fit_into_two_gigabytes(mode):
    image = Image.new(mode, (10_000, 10_000), 1 if mode == "P" else (128, 64, 128))
    decoder = Decoder(seconds=100, memory=2 << 30, processes=1)
    held = decoder.truth(encoded(image, compress_level=1), (10_000, 10_000), ("road", "car"))
    assert held.size == (10_000, 10_000) and held.labelled == 1


def test_a_process_that_is_killed_leaves_no_file_behind(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = GONE.set(lambda: any(tmp_path.glob("*/file.json")))
    try:
        with pytest.raises(Refusal, match="no longer waits"):
            Decoder(processes=1).array(b"[" + b"[0, 0]," * 2_000_000 + b"[0, 0]]", "grid.json")
    finally:
        GONE.reset(left)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_where_an_array_needs_a_file(monkeypatch, decoder):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(Refusal, match="no room for files") as refused:
        decoder.array(b"[[0, 0], [1, 1]]", "points.json")
    assert refused.value.status == 503


def arrays(**given: np.ndarray) -> dict[str, bytes]:
    """One array, or several, in each kind of file that holds arrays."""
    first = next(iter(given.values()))
    npy, npz = io.BytesIO(), io.BytesIO()
    np.save(npy, first)
    np.savez_compressed(npz, other=np.zeros(3), **given)
    return {"npy": npy.getvalue(), "npz": npz.getvalue(), "safetensors": save(given)}


@pytest.mark.parametrize("kind", ["npy", "npz", "safetensors"])
def test_labels_and_maps_are_taken_as_arrays_too(kind: str) -> None:
    labels = np.arange(12, dtype=np.int64).reshape(3, 4) % 3
    told = Decoder(processes=1).truth(arrays(labels=labels)[kind], (3, 4), ("a", "b", "c"))
    assert (told.labels == labels).all() and told.kind == "index"
    weights = np.float32([[0, 2], [4, 8]])
    made = server().workshop.answer(AddMap(data=arrays(saliency=weights)[kind]))
    values = np.frombuffer(base64.b64decode(made.data), np.uint8).reshape(made.h, made.w)
    assert [values[0, 0], values[0, -1], values[-1, 0], values[-1, -1]] == [0, 64, 128, 255]


@pytest.mark.parametrize(
    ("values", "why"),
    [(np.zeros((3, 5), np.uint8), "5 x 3"), (np.full((3, 4), 0.5), "not whole"), (np.zeros((2, 3, 4)), "shape")],
)
def test_arrays_that_are_no_labels_are_refused_in_a_sentence(values: np.ndarray, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        truth.of_array(values, (3, 4), ("a", "b"))


@pytest.mark.parametrize(
    ("values", "why"),
    [(np.full((3, 4), -1.0), "negative"), (np.full((3, 4), np.nan), "finite"), (np.zeros(5), "shape")],
)
def test_arrays_that_are_no_map_are_refused_in_a_sentence(values: np.ndarray, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        map_of_values(values)


def test_labels_that_cannot_be_read_are_not_called_by_a_name_that_nobody_gave():
    with pytest.raises(Refusal, match=r"^This is no readable .npy file; its reader says: (?!labels.npy)") as refused:
        Decoder(processes=1).truth(b"\x93NUMPY\x01\x00\x70\x00{'descr'", (3, 4), ("a", "b"))
    assert "labels.npy" not in str(refused.value)
