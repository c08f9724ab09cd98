"""Cards and weights of strangers: each is refused in one sentence, before it is built where it would cost much."""

import errno
import json
import struct
import time

import pytest
import torch
from safetensors.torch import load as tensors_of
from safetensors.torch import save as serialised
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.bench import Bench
from app.server import Server
from lzviz import checkpoints
from lzviz.checkpoints import places
from lzviz.contract.answers import pipeline_session
from lzviz.contract.answers.checkpoints import check_work
from lzviz.contract.wire import Refusal
from tests.app_server import client, refusal
from tests.conftest import run_async

NAME = "es-camvid-48x64"


@pytest.fixture(scope="module")
def files() -> tuple[dict, bytes]:
    folder = next(folder / NAME for folder in places.folders() if (folder / NAME).is_dir())
    return json.loads((folder / checkpoints.CARD).read_text("utf-8")), (folder / checkpoints.MODEL).read_bytes()


def sent(card: dict | bytes, model: bytes) -> str:
    text = card if isinstance(card, bytes) else json.dumps(card).encode()
    body = struct.pack("<I", len(text)) + text + model
    return refusal(client().post("lzviz/checkpoint", content=body))


def option(card: dict, **options: object) -> dict:
    return card | {"blueprint": card["blueprint"] | {"options": card["blueprint"]["options"] | options}}


def network(card: dict, **options: object) -> dict:
    return card | {"blueprint": card["blueprint"] | {"network_options": options}}


def lzu(card: dict, **own: object) -> dict:
    return card | {"system": "lzu", "blueprint": {"system": "lzu", "options": {"nodes": [31, 41]}, **own}}


CARDS = {
    "seeds that are numbers": (lambda card: card | {"seeds": [0, 0]}, "seeds must hold objects"),
    "an unknown system": (lambda card: card | {"system": "nobody"}, "and its blueprint's"),
    "another system than the blueprint's": (lambda card: card | {"system": "lds"}, "and its blueprint's"),
    "metrics that are none": (lambda card: card | {"metrics": {"val": {"miou": float("nan")}}}, "NaN"),
    "metrics that are a number": (lambda card: card | {"metrics": {"val": 3}}, "metrics must hold objects"),
    "a metric that is a text": (lambda card: card | {"metrics": {"val": {"miou": "high"}}}, "finite numbers or null"),
    "a metric of a seed that is a list": (lambda card: card | {"seeds": [{"val": {"miou": [1]}}]}, "finite numbers or null"),
    "multiply-adds below zero": (lambda card: card | {"macs": -5}, "macs must be a whole number from 0"),
    "a mode that nobody has": (lambda card: card | {"mode": "x"}, "mode must be fixed or published"),
    "a name that is a path": (lambda card: card | {"name": "../../x"}, "a name without /"),
    "a name of nothing": (lambda card: card | {"name": " "}, "a name without /"),
    "a boundary that is a text": (lambda card: lzu(card, boundary="x", looks="previous"), "boundary must be a positive number"),
    "a boundary below zero": (lambda card: lzu(card, boundary=-1, looks="previous"), "boundary must be a positive number"),
    "channels below zero": (lambda card: network(card, stem=1, channels=-1), "cannot be used"),
    "a spread of zero": (
        lambda card: card | {"system": "lzu", "blueprint": {"system": "lzu", "options": {"nodes": [31, 41], "fwhm": 0}}},
        "cannot be used",
    ),
    "nodes that are a text": (
        lambda card: card | {"system": "lzu", "blueprint": {"system": "lzu", "options": {"nodes": "x"}}},
        "expected nodes as (height, width)",
    ),
    "a size of texts": (
        lambda card: card | {"blueprint": card["blueprint"] | {"size": ["8", "8"]}},
        "expected size as (height, width)",
    ),
    "options that are a list": (lambda card: card | {"blueprint": card["blueprint"] | {"options": []}}, "cannot be used"),
    "a size of three": (lambda card: card | {"blueprint": card["blueprint"] | {"size": [8, 8, 8]}}, "cannot be used"),
    "a million nodes": (lambda card: option(card, nodes=[512, 512]), "at most 16384"),
    "a network without end": (lambda card: network(card, stem=1, channels=4096), "multiply-adds"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), CARDS.values(), ids=CARDS.keys())
def test_a_card_that_cannot_be_run_is_a_sentence(change, said, files):
    card, model = files
    assert said in sent(change(card), model)


def test_a_deep_card_is_a_sentence(files, tmp_path):
    _, model = files
    deep = b'{"recipe": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001
    assert "nested too deeply" in sent(deep, model)
    (tmp_path / checkpoints.CARD).write_bytes(b'{"recipe": ' + b'{"a":' * 100_000)
    with pytest.raises(ValueError, match="nested too deeply"):
        checkpoints.read_card(tmp_path)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), 1j])
def test_weights_that_are_no_finite_real_numbers_are_a_sentence(odd, files):
    card, model = files
    tensors = tensors_of(model)
    name = next(key for key, value in tensors.items() if value.is_floating_point())
    tensors[name] = torch.full_like(tensors[name], odd, dtype=torch.complex64 if odd == 1j else None)
    assert ("complex" if odd == 1j else "NaN or infinity") in sent(card, serialised(tensors))


@pytest.mark.parametrize(
    ("ending", "value", "said"), [(".running_var", -1.0, "below zero"), (".scale", 3e38, "infinity")]
)
def test_weights_that_make_none_are_a_sentence(ending, value, said, files):
    card, model = files
    tensors = tensors_of(model)
    name = next(key for key in tensors if key.endswith(ending))
    tensors[name] = torch.full_like(tensors[name], value)
    assert said in sent(card, serialised(tensors))


def test_a_full_temporary_folder_is_a_sentence(files, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/private/tmp/x")

    monkeypatch.setattr("lzviz.contract.answers.checkpoints.Path.write_bytes", full)
    assert "no room on its disk" in sent(*files)


def test_what_ships_may_be_run():
    for card in checkpoints.available():
        check_work(card)


# The Hub


def test_the_hub_is_not_asked_unless_it_was_allowed(monkeypatch):
    monkeypatch.setattr("lzviz.checkpoints.hub.fetched", lambda *_, **__: pytest.fail("somebody looked"))
    with TestClient(Starlette(routes=Server().routes())) as visitor:
        answer = visitor.post("/lzviz/checkpoint-hub", json={"id": "somebody/lds"})
    assert answer.status_code == 403 and "--allow-hub" in refusal(answer)  # type: ignore[arg-type]


def test_a_silent_hub_is_given_up():
    async def asked() -> int:
        try:
            await Bench(slots=1, seconds=0.05).run(time.sleep, 0.5)
        except Refusal as refused:
            return refused.status
        return 200

    assert run_async(asked) == 504


def test_a_checkpoint_that_loads_and_does_not_run_is_a_sentence(files, monkeypatch):
    def fails(*_):
        raise RuntimeError("mat1 and mat2\ncannot be multiplied")

    card, model = files
    text = json.dumps(card).encode()
    told = client().post("lzviz/checkpoint", content=struct.pack("<I", len(text)) + text + model).json()
    monkeypatch.setattr(pipeline_session, "_run", fails)
    state = {"room": "pipeline", "image": "coffee", "checkpoint": told["checkpoint"]["name"]}
    for path in ("lzviz/learned", "lzviz/learned-time"):
        answer = client().post(path, json={"state": state})
        assert answer.status_code == 422 and "does not run on this picture: mat1 and mat2." in refusal(answer)
