"""Questions and answers as they cross any wire."""

import json
import re

import pytest

from lzviz.contract import routes
from lzviz.contract.exchange import asked, failure, found, refused, told
from lzviz.contract.messages.base import File
from lzviz.contract.messages.doctor import AskSpecimens
from lzviz.contract.wire import Busy, Refusal
from lzviz.text import Text


@pytest.mark.parametrize("line", routes.ROUTES, ids=lambda line: line.name)
def test_every_line_is_found_by_its_address_and_no_other_method(line):
    address, held = re.sub(r"\{\w+\}", "own-1%20a", line.path), re.findall(r"\{(\w+)\}", line.path)
    route, path, query = found(line.method, address + "?page=a%20b&empty=")
    assert route is line
    assert path == dict.fromkeys(held, "own-1 a")
    assert query == {"page": "a b", "empty": ""}
    with pytest.raises(Refusal, match="no such question"):
        found("DELETE", address)


@pytest.mark.parametrize(
    "address", ["", "lzviz/nothing", "lzviz/picture/", "lzviz/picture/a/b", "/lzviz/catalogue", "//"]
)
def test_an_address_that_means_nothing_is_refused(address):
    with pytest.raises(Refusal) as refusal:
        found("GET", address)
    assert refusal.value.status == 404


def test_a_refusal_keeps_its_status_and_what_is_missing():
    reply = refused(Refusal("Bring it.", 404, missing="picture"))
    assert reply is not None
    assert (reply.status, json.loads(reply.body)) == (404, {"ok": False, "error": "Bring it.", "missing": "picture"})
    said = refused(Refusal(Text("refused.map.data", {"count": 4})))
    assert said is not None and json.loads(said.body) == {
        "ok": False,
        "error": "the data does not fill its 4 cells; clear the map and paint again.",
        "says": {"key": "refused.map.data", "values": {"count": 4}},
    }
    busy = refused(Busy("Later.", 3))
    assert busy is not None
    assert (busy.status, busy.headers) == (503, {"retry-after": "3"})
    assert refused(RuntimeError("inside")) is None
    assert refused(MemoryError()).status == 503  # type: ignore[union-attr]
    assert failure("No.", 418).status == 418


def test_a_file_keeps_its_facts_its_name_and_who_may_keep_it():
    file = File(body=b"{}", media_type="application/json", name="a.json", facts={"width": 3})
    reply = told(asked(routes.named("specimens"), b"", {}, {}), file)
    assert (reply.body, reply.kept) == (b"{}", "private")
    assert reply.headers == {"x-lzviz-width": "3", "content-disposition": 'attachment; filename="a.json"'}


def test_what_is_asked_is_bounded_as_strict_json():
    line = routes.named("compute")
    with pytest.raises(Refusal, match="not valid JSON"):
        asked(line, b"{", {}, {})
    assert isinstance(asked(routes.named("specimens"), b"", {}, {}), AskSpecimens)
