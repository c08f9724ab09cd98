"""Files: every one is hostile. Nothing is unpickled, and sizes are bounded by the header before anything is read."""

from __future__ import annotations

import json
import math
import os
import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

LIMIT = 1 << 30  # bytes of one array
_KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1"}
_NAMES = {"flow": "flow", "map_x": "remap", "offset": "deform", "offsets": "deform", "saliency": "saliency"}
BESIDE = ("labels", "boxes", "gradient")
"""Names of arrays in a file that are about its warp."""
SUFFIXES = (".npy", ".npz", ".pt", ".pth", ".safetensors", ".json", ".flo")
MAPS = (".png",)
"""Pictures that hold a number in each pixel: class ids, or saliency. A folder's pictures are not taken for warps."""


class Loaded(NamedTuple):
    """The array of a file, what its name or kind says of its use, and what lies :data:`BESIDE` it, by name."""

    values: Any
    use: str | None
    beside: dict[str, Any]


def load(path: str | os.PathLike[str], use: str | None, first: Iterable[str] = ()) -> Loaded:
    """Read a file; of many arrays one of the names in ``first``, if any."""
    place = Path(path)
    readers = {".npy": _npy, ".npz": _npz, ".pt": _pt, ".pth": _pt, ".safetensors": _safetensors, ".json": _json,
               **dict.fromkeys(MAPS, _map)}  # fmt: skip
    if place.suffix == ".flo":
        return Loaded(_bounded(_flo, place), use or "flow", {})
    reader = readers.get(place.suffix.lower())
    if reader is None:
        raise ValueError(f"{place.name}: expected a file of {', '.join(SUFFIXES + MAPS)}")
    values = _bounded(reader, place)
    if not isinstance(values, dict):
        return Loaded(values, use, {})
    beside = {name: values[name] for name in BESIDE if name in values}
    for name in first:
        if name in values:
            return Loaded(values[name], use, beside)
    if {"map_x", "map_y"} <= values.keys():
        return Loaded((values["map_x"], values["map_y"]), use or "remap", beside)
    for name in (
        "grid",
        "flow",
        "offset",
        "offsets",
        "saliency",
        *(name for name in values if name not in BESIDE),
        *values,
    ):
        if name in values:
            return Loaded(values[name], use or _NAMES.get(name), beside)
    raise ValueError(f"{place.name}: holds no array")


def _bounded(reader: Any, place: Path) -> Any:
    try:
        return reader(place)
    except (ValueError, TypeError, OSError) as problem:
        raise ValueError(f"{place.name}: {problem}") from None
    except Exception as problem:
        raise ValueError(f"{place.name}: cannot be read as {place.suffix} ({type(problem).__name__})") from None


def _check(shape: Any, itemsize: int) -> None:
    if len(shape) > 8 or any(not isinstance(n, int) or n < 0 for n in shape) or math.prod(shape) * itemsize > LIMIT:
        raise ValueError(f"its header says shape {tuple(shape)}: more than {LIMIT >> 20} MiB are not read")


def _npy_stream(file: BinaryIO) -> np.ndarray:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("holds Python objects (a pickle), which are never read; save numbers only")
    _check(shape, dtype.itemsize)
    data = file.read(math.prod(shape) * dtype.itemsize)
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"its header says shape {shape}, but the data end before")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def _npy(place: Path) -> np.ndarray:
    with place.open("rb") as file:
        return _npy_stream(file)


def _npz(place: Path) -> dict[str, np.ndarray]:
    out = {}
    with zipfile.ZipFile(place) as archive:
        members = [m for m in archive.infolist() if m.filename.endswith(".npy")]
        if sum(m.file_size for m in members) > LIMIT:
            raise ValueError(f"its arrays are larger than {LIMIT >> 20} MiB")
        for member in members[:64]:
            with archive.open(member) as file:
                out[member.filename[:-4]] = _npy_stream(file)  # type: ignore[arg-type]
    return out


def _map(place: Path) -> np.ndarray:
    """(H, W) integers: of a palette the indices, which are the ids; of three equal channels the first."""
    from PIL import Image

    with Image.open(place) as picture:
        _check((picture.height, picture.width), 4)
        values = np.asarray(picture)
    values = values.astype(np.uint8) if values.dtype == bool else values
    if values.ndim == 3 and values.shape[-1] >= 3 and not (values[..., :1] == values[..., :3]).all():
        raise ValueError("is a picture in colours: expected a class id in each pixel, as grey levels or a palette")
    return values[..., 0] if values.ndim == 3 else values


def picture(path: str | os.PathLike[str]) -> np.ndarray:
    """(H, W, 3) bytes of a picture's file."""
    from PIL import Image

    def read(place: Path) -> np.ndarray:
        with Image.open(place) as opened:
            _check((opened.height, opened.width), 3)
            return np.asarray(opened.convert("RGB"))

    return _bounded(read, Path(path))


def _pt(place: Path) -> Any:
    if place.stat().st_size > LIMIT:
        raise ValueError(f"larger than {LIMIT >> 20} MiB")
    import torch

    try:
        values = torch.load(place, map_location="cpu", weights_only=True)
    except Exception:
        raise ValueError("holds more than tensors (a pickle), which is never read; torch.save a tensor") from None
    if isinstance(values, dict):
        values = {str(k): v for k, v in values.items() if isinstance(v, torch.Tensor)}
    for tensor in values.values() if isinstance(values, dict) else [values]:
        if not isinstance(tensor, torch.Tensor):
            raise ValueError(f"holds a {type(tensor).__name__}: expected a tensor or a dict of tensors")
        _check(list(tensor.shape), tensor.element_size())
    return values


def _safetensors(place: Path) -> dict[str, np.ndarray]:
    size = place.stat().st_size
    with place.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > min(size, 1 << 24):
            raise ValueError(f"its header claims {length} bytes of {size}")
        header, out = json.loads(file.read(length)), {}
        for name, entry in header.items():
            if name == "__metadata__" or entry["dtype"] not in (*_KINDS, "BF16"):
                continue
            dtype = np.dtype(_KINDS.get(entry["dtype"], "<u2"))
            start, end = entry["data_offsets"]
            _check(entry["shape"], dtype.itemsize)
            if not 0 <= start <= end <= size or end - start != math.prod(entry["shape"]) * dtype.itemsize:
                raise ValueError(f"{name}: shape {entry['shape']} does not fit its bytes {start} to {end}")
            file.seek(8 + length + start)
            values = np.frombuffer(file.read(end - start), dtype).reshape(entry["shape"])
            out[name] = (values.astype("<u4") << 16).view("<f4") if entry["dtype"] == "BF16" else values
    return out


def _json(place: Path) -> Any:
    if place.stat().st_size > 1 << 27:
        raise ValueError("more than 128 MiB of JSON; save .npy")
    values = json.loads(place.read_text(encoding="utf-8"))
    if isinstance(values, dict):
        return {k: np.array(v, float) for k, v in values.items() if isinstance(v, list)}
    return np.array(values, float)


def _flo(place: Path) -> np.ndarray:
    with place.open("rb") as file:
        if file.read(4) != b"PIEH":
            raise ValueError("does not begin as a .flo file does (PIEH)")
        w, h = struct.unpack("<ii", file.read(8))
        _check((h, w, 2), 4)
        data = file.read(h * w * 8)
    if len(data) != h * w * 8:
        raise ValueError(f"its header says {h}x{w}, but the data end before")
    return np.frombuffer(data, "<f4").reshape(1, h, w, 2)
