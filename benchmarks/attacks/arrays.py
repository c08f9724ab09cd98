"""Hostile arrays for the doctor and hostile checkpoints: heads that lie, archives, pickles, blueprints of too much work."""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.attacks.pictures import changed, npy
from benchmarks.attacks.requests import ODD
from benchmarks.attacks.target import Attempt, Target, answer_of
from benchmarks.served import ROOT
from lzviz import samplers

BRANDED = Path(tempfile.gettempdir()) / "lzviz-a-pickle-was-run"
NAMES = (
    "..%2fx.npy",
    "%00.npy",
    "x",
    "x.exe",
    "x.npy.pt",
    "a" * 200,
    "%3Cscript%3E.npy",
    "x.NPY",
    "",
    "x.pth",
    "x.ckpt",
)
FIELDS = [
    "given",
    "specimen",
    "nodes",
    "nodesSize",
    "source",
    "zoomed",
    "use",
    "direction",
    "alignCorners",
    "stride",
    "boxes",
    "applied",
    "mend",
]
SHAPES = (
    (1, 2, 2, 2), (1, 1, 1, 2), (3, 7, 9, 2), (1, 2, 5, 400), (1, 1, 64, 64), (9, 9), (4, 4, 2, 1), (1, 18, 8, 8), (5, 2),
    (1, 900, 900, 2),
)  # fmt: skip
USES = (None, "grid", "flow", "remap", "deform", "attention", "saliency", "points", "x", 5)


class Brand:
    """A pickle that leaves a file where it is opened."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (BRANDED,)


def head(about: str, body: bytes = bytes(64), version: int = 1) -> bytes:
    """A .npy file whose head says so."""
    text = about.encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + body


def heads() -> Iterator[tuple[str, bytes]]:
    """Heads of .npy files."""
    shapes = (
        "(2, 2, 2)",
        "(-1, 2)",
        "(99999999999, 2)",
        "(4294967296, 4294967296)",
        "(0,)",
        "()",
        "(2.5, 2)",
        "[2, 2]",
        "None",
        "(True, 8)",
        "(1,) * 40",
    )
    kinds = (
        "<f8",
        "|O",
        "<U999999999",
        "|V16",
        ">f8",
        "<f16",
        "<M8[ns]",
        "|S0",
        "[('a', '<f8'), ('b', '|O')]",
        "<c16",
        "x",
        "",
    )
    for shape, kind, order in product(shapes, kinds, ("False", "True")):
        yield f".npy {shape} {kind}", head(f"{{'descr': {kind!r}, 'fortran_order': {order}, 'shape': {shape}, }}")
    for about in ("", "{}", "__import__('os').system('true')", "{" * 5000, "'" + "x" * 60000, "{'descr': '<f8'}"):
        yield f".npy {about[:20]}", head(about)
        yield f".npy 2 {about[:20]}", head(about, version=2)


def archives() -> Iterator[tuple[str, bytes]]:
    """Archives with other names, sizes and contents than they should have."""

    def packed(*files: tuple[str, bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files:
                archive.writestr(name, data)
        return buffer.getvalue()

    fine = npy(np.zeros((1, 8, 8, 2)))
    long = head("{'descr': '<f8', 'fortran_order': False, 'shape': (33554432,), }", bytes(256 << 20))
    yield "256 MB of zeros", packed(("grid.npy", long))
    yield "5,000 members", packed(*((f"{k}.npy", b"") for k in range(5000)))
    for name in ("../grid.npy", "/etc/grid.npy", "grid", ".", "a\\..\\grid.npy", "x" * 9000 + ".npy"):
        yield f"member {name[:20]!r}", packed((name, fine))
    yield "an archive in an archive", packed(("grid.npz", packed(("grid.npy", fine))))
    yield "a pickled member", packed(("grid.npy", npy(np.array([Brand()], object))))
    whole = packed(("grid.npy", fine))
    chance = random.Random(4)
    for at in range(60):
        yield f"archive changed, {at}", changed(whole, chance)
    for name in ("archive/data.pkl", "data.pkl"):
        yield f"torch's {name}", packed((name, pickle.dumps(Brand())), ("archive/version", b"3"))
    yield "a bare pickle", pickle.dumps(Brand())


def flows() -> Iterator[tuple[str, bytes]]:
    """Optical flow whose size is another."""
    for w, h in product((-1, 0, 1, 2**31 - 1, 30000), repeat=2):
        yield f".flo of {w} x {h}", b"PIEH" + struct.pack("<ii", w, h) + bytes(64)


def tables(base: bytes) -> Iterator[tuple[str, bytes]]:
    """The table of a .safetensors file with something else in it."""
    length = int.from_bytes(base[:8], "little")
    table, body = json.loads(base[8 : 8 + length]), base[8 + length :]
    first = next(name for name in table if name != "__metadata__")

    def made(told: object, size: int | None = None) -> bytes:
        text = told if isinstance(told, bytes) else json.dumps(told).encode()
        return struct.pack("<Q", len(text) if size is None else size) + text + body

    for key, value in product(
        ("dtype", "shape", "data_offsets"),
        (*ODD, [2**63, 2**63], [-1, 4], [4, 0], [0, 2**63], "F8", "BOOL", [1] * 64, [0]),
    ):
        yield f"{key}={str(value)[:30]}", made({**table, first: {**table[first], key: value}})
    for size in (0, 1, 2**31, 2**63, 2**64 - 1, length + len(body), length - 1):
        yield f"a table of {size}", made(table, size)
    yield (
        "two of one name",
        made(
            b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'
        ),
    )
    yield (
        "50,000 empty tensors",
        made({f"t{k}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for k in range(50_000)}),
    )
    yield "a deep table", made(b"[" * 100_000)
    yield "metadata of 1 MB", made({**table, "__metadata__": {"a": "x" * (1 << 20)}})
    yield "metadata of numbers", made({**table, "__metadata__": {"a": 1}})
    one = table[first]
    for name in ("", "\x00", "../x", "x" * 100_000, "__class__", "network.__dict__"):
        yield f"a tensor {name[:20]!r}", made({**{k: v for k, v in table.items() if k != first}, name: one})
    for kind in ("F64", "F16", "BF16", "I64", "U8", "F8_E4M3", "I4", "C64"):
        yield f"weights of {kind}", made({**table, first: {**one, "dtype": kind}})


def values() -> Iterator[tuple[str, bytes]]:
    """JSON that holds no grid."""
    texts = (
        "[]", "{}", "null", "1", "NaN", "[NaN]", "[[1e999]]", "[" * 100_000, '"x"', '[["a"]]', "[[1],[1,2]]",
        '{"grid": [[[0,0]]]}', "[[[1e308,1e308],[1,1]],[[1,1],[1,1]]]", "[" + "[]," * 300_000 + "[]]",
        '{"grid": {"grid": {}}}', "\ufeff[1]", "[true, null]", "[" + "9" * 5000 + "]",
    )  # fmt: skip
    for text in texts:
        yield f".json {text[:16]}", text.encode()


def arrays(target: Target) -> Iterator[Attempt]:
    """As files for the doctor; what is taken is diagnosed, for any use, at any size, and mended."""
    chance = random.Random(5)
    safe = (ROOT / "checkpoints" / "lds-camvid-96x128" / "model.safetensors").read_bytes()

    def attempt(name: str, what: str, data: bytes) -> None:
        BRANDED.unlink(missing_ok=True)
        status, said = target.fair(f"{name}: {what}", "POST", f"/lzviz/warp-file?name={name}", data)
        target.expect(f"{name}: {what} ran code", not BRANDED.exists())
        if status == 200:
            diagnosed(f"{name}: {what}", {"given": answer_of(said)["id"], "mend": True, "use": chance.choice(USES[:8])})

    def diagnosed(what: str, question: dict[str, Any]) -> None:
        source = [chance.choice((2, 33, 1024)), chance.choice((2, 65, 2048))]
        target.fair(
            f"{what} diagnosed", "POST", "/lzviz/diagnosis", json.dumps({"source": source, **question}).encode()
        )

    small = {"npy": npy(np.linspace(-1, 1, 128).reshape(1, 8, 8, 2)), "flo": b"PIEH" + struct.pack("<ii", 8, 8) + bytes(512),
             "json": json.dumps(np.zeros((4, 4, 2)).tolist()).encode()}  # fmt: skip
    for suffix, made in (
        ("npy", heads()),
        ("npz", archives()),
        ("pt", archives()),
        ("flo", flows()),
        ("safetensors", tables(safe)),
        ("json", values()),
    ):
        for what, data in made:
            yield partial(attempt, f"x.{suffix}", what, data)
    for (suffix, data), _ in product(small.items(), range(80)):
        yield partial(attempt, f"x.{suffix}", "changed", changed(data, chance))
    for name in NAMES:
        yield partial(attempt, name, "a name", small["npy"])
    for key, value in product(FIELDS, ODD):
        yield partial(diagnosed, f"{key}={str(value)[:30]}", {"specimen": "folds", key: value})
    for shape, fill in product(SHAPES, (0.0, np.nan, np.inf, 1e30, -1e-300, 0.5)):
        yield partial(attempt, "x.npy", f"{shape} of {fill}", npy(np.full(shape, fill)))


def checkpoints(target: Target) -> Iterator[Attempt]:
    """Checkpoints with something changed: a value of the card, the weights' table, a length, the work of the blueprint."""
    folder = ROOT / "checkpoints" / "lds-camvid-96x128"
    card, model = (folder / "card.json").read_bytes(), (folder / "model.safetensors").read_bytes()

    def attempt(what: str, card: bytes, model: bytes) -> None:
        data = len(card).to_bytes(4, "little") + card + model
        status, said = target.fair(what, "POST", "/lzviz/checkpoint", data)
        if status == 200:
            state = {"image": "coffee", "room": "pipeline", "checkpoint": answer_of(said)["checkpoint"]["name"]}
            target.fair(f"{what} runs", "POST", "/lzviz/learned", json.dumps({"state": state}).encode())

    told = json.loads(card)
    for key in ((key,) for key in told), (("blueprint", key) for key in told["blueprint"]):
        for path, value in product(key, ODD):
            changed_card = json.loads(card)
            (changed_card if len(path) == 1 else changed_card["blueprint"])[path[-1]] = value
            yield partial(attempt, f"{'.'.join(path)}={value!r}", json.dumps(changed_card).encode(), model)
    chance, end = random.Random(0), 8 + int.from_bytes(model[:8], "little")
    for _ in range(600):
        at, value = chance.randrange(end), chance.randrange(256)
        yield partial(attempt, f"byte {at}={value}", card, model[:at] + bytes([value]) + model[at + 1 :])
    for cut in (0, 1, 7, 8, 9, end - 1, end, len(model) // 2, len(model) - 1):
        yield partial(attempt, f"cut at {cut}", card, model[:cut])
    for what, data in tables(model):
        yield partial(attempt, what, card, data)
    for what, changed_card in blueprints(told):
        yield partial(attempt, what, json.dumps(changed_card).encode(), model)


def blueprints(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every system with options of too much, of too little and of nothing that is known."""
    large = {"size": [1024, 1024], "source": [4096, 4096]}
    for name, system in samplers.REGISTRY.items():
        options = {option.name: option.default for option in system.options}
        for key, value in product(options, (*ODD, 64, 4096, [4096, 4096], [512, 512], [2, 2], [4096] * 40)):
            yield f"{name} {key}={str(value)[:24]}", with_blueprint(told, name, {"options": {**options, key: value}})
        for size in ([0, 0], [1, 1], [1024, 1024], [4096, 256], [-8, 8], [1e9, 1e9], [8], [8, 8, 8], ["8", "8"]):
            yield f"{name} of {size}", with_blueprint(told, name, {"options": options, "size": size})
        yield f"{name} at its largest", with_blueprint(told, name, {"options": options, **large})
    for key, value in product(("stem", "channels", "width", "depth", "x"), (0, -1, 1, 4096, 2**31, "x", [4096] * 8)):
        yield f"network {key}={value}", with_blueprint(told, "lds", {"network_options": {key: value}, **large})


def with_blueprint(told: dict[str, Any], system: str, more: dict[str, Any]) -> dict[str, Any]:
    """A card of another system."""
    return {**told, "system": system, "blueprint": {**told["blueprint"], "system": system, **more}}
