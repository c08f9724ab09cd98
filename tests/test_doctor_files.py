"""Three hundred hostile files: each is read or refused in one sentence with its name, in little time and memory."""

from __future__ import annotations

import io
import json
import pickle
import tracemalloc
import zipfile
from collections import Counter

import numpy as np
import pytest

from lzviz import doctor
from lzviz.cli import main
from lzviz.doctor import diagnose
from lzviz.doctor.adapters import files
from lzviz.doctor.specimens import healthy

SOURCE = (48, 64)


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def lying_npy(shape: tuple, descr: str = "<f4") -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"shape": shape, "fortran_order": False, "descr": descr})
    return file.getvalue() + b"\0" * 64


def npz(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(f"{name}.npy", data)
    return file.getvalue()


def safetensors(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return np.array([len(text)], "<u8").tobytes() + text + data


def flo(width: int, height: int, data: bytes = b"") -> bytes:
    return b"PIEH" + np.array([width, height], "<i4").tobytes() + data


class Run:
    """What a pickle could do."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was run",))


def written():
    """Names and contents made by hand: lying headers, sizes beyond all memory, pickles, wrong kinds, ranks and texts."""
    grid = np.zeros((1, 6, 8, 2), np.float32)
    for shape in (
        (1, 10**6, 10**6, 2),
        (10**11,),
        (2,) * 60,
        (-1, 4, 4, 2),
        (1, 1 << 62, 2, 2),
        (0, 0, 0, 0),
        (1, 6, 8, 2),
    ):
        yield "a.npy", lying_npy(shape)
        yield "a.npz", npz(grid=lying_npy(shape))
        entry = {"dtype": "F32", "shape": list(shape), "data_offsets": [0, 64]}
        yield "a.safetensors", safetensors({"grid": entry}, b"\0" * 64)
    for kind in ("O", "<U4", "S3", "<M8[s]", "<c8", "V7", "<f2", "<u8", "?"):
        yield "b.npy", lying_npy((4, 4), kind)
        yield "b.npy", npy(np.zeros((1, 6, 8, 2), kind if kind != "V7" else "V7"))
    for values in ({"a": Run()}, Run(), [Run()] * 3):
        yield "c.npy", npy(np.array([values], object))
        yield "c.npz", npz(grid=npy(np.array([values], object)))
        yield "c.pt", pickle.dumps(values)
        yield "c.pth", pickle.dumps({"grid": values}, protocol=2)
    for header in ([], 7, {"grid": 3}, {"grid": {}}, {"grid": {"dtype": "F32", "shape": "x", "data_offsets": [0, 4]}},
                   {"grid": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}},
                   {"grid": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}},
                   {"grid": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}}):  # fmt: skip
        yield "d.safetensors", safetensors(header, b"\0" * 8)
    yield "d.safetensors", np.array([1 << 62], "<u8").tobytes() + b"{"
    for width, height in ((1 << 30, 1 << 30), (-4, 4), (0, 0), (8, 6), (2**31 - 1, 1)):
        yield "e.flo", flo(width, height)
    for text in ("[" * 100_000, '{"grid": [[["a"]]]}', "NaN", "{}", '{"grid": [[1, 2], [3]]}', "[1e999]", '{"grid": null}',
                 "[" + "1," * 9 + "1]"):  # fmt: skip
        yield "f.json", text.encode()
    yield "g.exe", grid.tobytes()
    yield "g.npz", npz(**{f"part{k}": npy(np.zeros(1 << 20, np.float64)) for k in range(200)})
    yield "g.npz", npz(grid=b"not an array", other=npy(grid))
    for array in (
        np.zeros(5),
        np.zeros((3, 5, 7, 9, 2, 4)),
        np.full((1, 6, 8, 2), np.nan),
        np.float32(3.0),
        np.full((1, 6, 8, 2), 1e308),
    ):
        yield "h.npy", npy(np.asarray(array))


def spoilt(count: int):
    """Good files with bytes changed, cut off or put in, at random."""
    import torch

    draw = np.random.default_rng(11)
    grid = draw.uniform(-1, 1, (1, 6, 8, 2)).astype(np.float32)
    tensor = io.BytesIO()
    torch.save({"grid": torch.from_numpy(grid)}, tensor)
    entry = {"dtype": "F32", "shape": list(grid.shape), "data_offsets": [0, grid.nbytes]}
    good = {"x.npy": npy(grid), "x.npz": npz(grid=npy(grid)), "x.pt": tensor.getvalue(), "x.flo": flo(8, 6, grid.tobytes()),
            "x.safetensors": safetensors({"grid": entry}, grid.tobytes()),
            "x.json": json.dumps({"grid": grid.tolist()}).encode()}  # fmt: skip
    for k in range(count):
        name = list(good)[k % len(good)]
        data = bytearray(good[name])
        early = int(draw.integers(min(len(data), 160)))
        if k % 3 == 0:
            data[early] ^= int(draw.integers(1, 256))
        elif k % 3 == 1:
            del data[int(draw.integers(len(data))) :]
        else:
            data[early:early] = draw.bytes(int(draw.integers(1, 40)))
        yield name, bytes(data)


@pytest.mark.filterwarnings("ignore")
def test_hostile_files_are_read_or_refused_by_name(tmp_path):
    files = [*written(), *spoilt(240)]
    assert len(files) >= 300
    ends: Counter[str] = Counter()
    for name, data in files:
        place = tmp_path / name
        place.write_bytes(data)
        tracemalloc.start()
        try:
            found = doctor.diagnose(place, SOURCE)
            ends["read"] += bool(found.findings)
        except (ValueError, TypeError) as problem:
            assert name in str(problem) and len(str(problem)) < 600, problem
            ends["refused"] += 1
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 300 << 20, (name, data[:80], peak)
    print(dict(ends))
    assert sum(ends.values()) == len(files) and ends["refused"] > 150


def test_a_label_map_is_read_of_a_png_and_a_picture_in_colours_is_refused(tmp_path, capsys):
    from PIL import Image

    ids = np.zeros((20, 40), np.uint8)
    ids[4:9, 5:20] = 3
    grey = Image.fromarray(ids)
    palette = grey.convert("P")
    palette.putpalette([0, 0, 0, 9, 9, 9, 50, 0, 0, 255, 0, 0])
    forms = {
        "grey": grey,
        "palette": palette,
        "same": grey.convert("RGB"),
        "deep": Image.fromarray(ids.astype(np.uint16)),
    }
    for name, form in forms.items():
        form.save(tmp_path / f"{name}.png")
        np.testing.assert_array_equal(files.load(tmp_path / f"{name}.png", None).values, ids)
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (20, 40, 3), np.uint8)).save(tmp_path / "colours.png")
    with pytest.raises(ValueError, match=r"colours\.png: is a picture in colours: expected a class id in each pixel"):
        diagnose(healthy((8, 16)), (20, 40), labels=tmp_path / "colours.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    with pytest.raises(ValueError, match=r"broken\.png"):
        files.load(tmp_path / "broken.png", None)
    np.save(tmp_path / "grid.npy", healthy((8, 16)))
    asked = ["--source", "20x40", "--labels", str(tmp_path / "palette.png"), "--image", str(tmp_path / "same.png")]
    main(["doctor", str(tmp_path / "grid.npy"), *asked, "--html", str(tmp_path / "r.html")])
    assert "labels" in capsys.readouterr().out
