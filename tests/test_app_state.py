"""The state of the page: declared once, checked key by key, the same after a round trip."""

import json
import zlib
from base64 import urlsafe_b64encode

import numpy as np
import pytest
from pydantic.alias_generators import to_camel

from lzviz.contract.maps import LATTICE, Map
from lzviz.contract.state import State, lines, snake
from lzviz.contract.wire import Refusal, parse_json
from lzviz.text import t
from tests.app_server import blob

FULL = {
    "image": "coffee", "sampler": "lz", "mode": "published", "saliency": "boxes", "strength": 12.5, "fwhm": 3.3,
    "width": 100, "nodes": [9, 14], "separable": True, "antiCrop": False, "interpolation": "nearest",
    "sourceScale": 0.75, "contrast": 2, "floor": 0.25, "boxes": [[-0.5, 3, 7.25, 9]], "compare": "difference",
    "layers": {"points": False, "mesh": True}, "tool": "pan", "brushSize": 0.2, "brushSoftness": 0,
}  # fmt: skip


def test_the_defaults_of_the_schema_are_a_state():
    state = State.parse({})
    assert (state.image, state.sampler, state.nodes, state.floor) == ("street", "lzu", (31, 51), None)
    assert state.layers == {"points", "saliency"}


def test_a_state_survives_a_round_trip():
    state = State.parse(FULL | {"paint": blob().to_text(), "edgePaint": blob(40, 30).to_text()})
    again = State.parse(json.loads(json.dumps(state.to_json())))
    assert again == state
    assert again.paint == blob()
    assert again.boxes == ((-0.5, 3.0, 7.25, 9.0),)


def test_every_declared_key_has_a_field_and_is_checked():
    for key, field in lines().items():
        assert to_camel(snake(key)) == key
        with pytest.raises(Refusal, match=rf"^{key}: "):
            State.parse({key: {"not": "this"}})
        assert t(f"state.{field['url']}.help")


WRONG = [
    ("strength", 0.5), ("strength", 1001), ("strength", "50"), ("strength", True), ("strength", float("nan")),
    ("strength", 1e999), ("fwhm", -1), ("width", 10.5), ("width", 10**30), ("nodes", [31]), ("nodes", [31, 1]),
    ("nodes", [31, 129]), ("nodes", "31x51"), ("separable", 1), ("sampler", "nearest"), ("interpolation", ["nearest"]),
    ("sourceScale", 0.3), ("sourceScale", True), ("floor", 2), ("image", "../../etc/passwd"), ("image", ""),
    ("image", "a" * 81), ("boxes", [[5, 0, 1, 9]]), ("boxes", [[0, 0, 1]]), ("boxes", [[0, 0, 1, 1]] * 65),
    ("boxes", [[0, 0, 1, 1e9]]), ("layers", {"stars": True}), ("layers", {"points": 1}), ("paint", 5),
    ("cadLevels", "8-64"), ("cadMask", "magic"), ("cadThreshold", 0), ("cadDilation", 64), ("cadKeep", 1.5),
    ("cadNetwork", "vgg19"), ("cadChannel", -2), ("cadPaint", "1x1.AA"), ("cadView", None),
    ("paint", "128x64."), ("paint", "4x4.!!!!"), ("brushSize", None),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_value_out_of_its_range_is_named(key, value):
    with pytest.raises(Refusal) as refused:
        State.parse({key: value})
    assert len(str(refused.value)) < 250


def test_an_unknown_key_is_refused():
    with pytest.raises(Refusal, match="no key 'path'"):
        State.parse({"path": "/etc/passwd"})


@pytest.mark.parametrize("given", [None, [], "state", 7])
def test_a_state_is_an_object(given):
    with pytest.raises(Refusal, match="expected the state as an object"):
        State.parse(given)


def test_a_map_is_read_back():
    values = np.arange(12, dtype=np.uint8).reshape(3, 4)
    text = Map.of(values).to_text()
    assert text.startswith("4x3.") and "=" not in text
    assert np.array_equal(Map.from_text(text).values, values)


def test_a_map_never_inflates_beyond_its_size():
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = squeeze.compress(bytes(50_000_000)) + squeeze.flush()
    with pytest.raises(Refusal, match="does not fill its 16 cells"):
        Map.from_text(f"4x4.{urlsafe_b64encode(packed).decode().rstrip('=')}")


@pytest.mark.parametrize("size", ["1x4", "4x1", f"4x{LATTICE + 1}", "0x0"])
def test_a_map_of_an_impossible_size_is_refused(size):
    with pytest.raises(Refusal, match="cells a side"):
        Map.from_text(f"{size}.AAAA")


def test_the_height_follows_from_the_aspect_and_is_rounded_half_up():
    state = State.parse({"width": 100})
    assert state.zoomed_size((1024, 2048)) == (50, 100)
    assert state.zoomed_size((125, 1000)) == (13, 100)
    assert state.zoomed_size((1, 5000)) == (1, 100)


BAD_JSON = {
    "nested": b"[" * 100_000,
    "nested objects": b'{"a":' * 20 + b"1" + b"}" * 20,
    "not json": b"state=1",
    "not text": b"\xff\xfe\x00",
    "empty": b"",
    "an array": b"[]",
    "nan": b'{"a": NaN}',
    "infinity": b'{"a": [-Infinity]}',
    "overflow": b'{"a": 1e999}',
    "a long integer": b'{"a": ' + b"9" * 4000 + b"}",
    "a very long integer": b'{"a": ' + b"9" * 100_000 + b"}",
    "too many values": b'{"a": [' + b"0," * 30_000 + b"0]}",
}


@pytest.mark.parametrize("body", BAD_JSON.values(), ids=BAD_JSON.keys())
def test_json_that_is_no_plain_object_of_finite_numbers_is_refused(body):
    with pytest.raises(Refusal):
        parse_json(body)


def test_forbidden_keys_are_found_at_any_depth():
    assert parse_json(b'{"a": [{"b": 1}]}', forbidden=frozenset({"path"})) == {"a": [{"b": 1}]}
    with pytest.raises(Refusal, match="'path'"):
        parse_json(b'{"a": [{"p\\u0061th": 1}]}', forbidden=frozenset({"path"}))
