"""What must not be possible from outside: forged paths and URLs, bodies without end, files of the server."""

import http.client
import io
import json
import math
import re
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr
import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.middleware import Middleware

from app import middleware
from app.main import launch_options
from app.middleware import SECURITY_HEADERS, Gate, body_limit, route_path
from app.server import Server
from lzviz.contract import exchange
from lzviz.contract.state import LARGEST_ZOOM, State
from lzviz.contract.wire import Refusal, parse_json
from tests.app_server import app_url, as_json, client, encoded, launch, post, refusal
from tests.conftest import run_async

MIB = 1 << 20


def raw(method: str, path: str, headers: dict[str, str], chunks: list[bytes]) -> tuple[int, bytes]:
    """A request written by hand: what is declared and what is sent need not agree. Returns (status, body)."""
    parts = urlsplit(app_url())
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    try:
        for chunk in chunks:
            connection.send(chunk)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the server has hung up on us, as it should; its answer can still be read
    try:
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (ConnectionResetError, http.client.RemoteDisconnected):
        return 0, b""
    finally:
        connection.close()


# Forged file references


@pytest.fixture(scope="module")
def secret(tmp_path_factory) -> Path:
    """A picture somewhere on the server, of one colour."""
    path = tmp_path_factory.mktemp("private") / "secret.png"
    Image.new("RGB", (8, 8), (201, 13, 77)).save(path)
    return path


def forgeries(secret: Path) -> list[object]:
    meta = {"_type": "gradio.FileData"}
    return [
        {"path": str(secret)},
        {"path": str(secret), "meta": meta},
        {"path": "http://127.0.0.1:9/x.png", "meta": meta},
        {"path": str(secret), "url": "http://127.0.0.1:9/x.png"},
        {"url": f"file://{secret}"},
        [{"image": {"path": str(secret)}, "caption": None}],
    ]


@pytest.fixture(scope="module")
def stock_inputs() -> dict[str, str]:
    """A page with Gradio's own image input, without and with our gate: address by name."""

    def page() -> gr.Blocks:
        with gr.Blocks(analytics_enabled=False) as demo:
            picture, colour = gr.Image(type="numpy"), gr.JSON()
            gr.Button().click(lambda image: np.asarray(image)[0, 0].tolist(), picture, colour, api_name="look")
        return demo

    gate = {"app_kwargs": {"middleware": [Middleware(Gate)]}}
    return {"bare": launch(page()), "guarded": launch(page(), **gate)}


def look(address: str, payload: object) -> str:
    """Call the endpoint by hand; everything that comes back, as text."""
    with httpx.Client(base_url=address, timeout=30) as visitor:
        begun = visitor.post("gradio_api/call/look", json={"data": [payload]})
        if begun.status_code != 200:
            return begun.text
        return visitor.get(f"gradio_api/call/look/{begun.json()['event_id']}").text


def test_a_stock_image_input_opens_any_picture_and_the_gate_keeps_it_shut(stock_inputs, secret):
    assert "201, 13, 77" in look(stock_inputs["bare"], {"path": str(secret)})
    for forged in forgeries(secret):
        answer = look(stock_inputs["guarded"], forged)
        assert "201" not in answer and "not accepted" in answer


def test_a_forged_call_of_our_app_gets_nothing(secret):
    for forged in forgeries(secret):
        for path, body in [
            ("gradio_api/call/downsample", {"data": [forged, {}]}),
            ("gradio_api/call/downsample", {"data": ["", {"image": forged}]}),
            ("gradio_api/queue/join", {"data": [forged], "fn_index": 0, "session_hash": "abc"}),
            ("gradio_api/run/downsample", {"data": [forged, {}]}),
            ("gradio_api/api/predict", {"data": [forged], "fn_index": 0}),
        ]:
            assert "not accepted" in refusal(post(path, body))
        for path in ("lzviz/compute", "lzviz/saliency", "lzviz/export"):
            assert post(path, {"state": {}, "image": forged, "kind": "edges"}).status_code in (400, 404)


def test_a_path_as_plain_text_is_no_picture_either(secret):
    begun = post("gradio_api/call/downsample", {"data": [str(secret), {}]}).json()
    told = client().get(f"gradio_api/call/downsample/{begun['event_id']}").text
    assert "error" in told and "201" not in told


# Files and URLs


@pytest.mark.parametrize(
    "path",
    [
        "../schema.json", "..%2fschema.json", "%2e%2e/__init__.py", "style/../../__init__.py", "/etc/passwd",
        "....//__init__.py", "main.js%00.css", "main.js/", "", "style", "..\\__init__.py", "%5c..%5c__init__.py",
    ],
)  # fmt: skip
def test_only_the_files_of_the_canvas_are_served(path):
    status, body = raw("GET", f"/lzviz/static/{path}", {}, [])
    assert status == 404
    assert b"import" not in body


CLOSED = [
    "gradio_api/file=http://127.0.0.1:9/x.png", "gradio_api/file=https://example.com/x.png",
    "gradio_api/file=//example.com/x.png", "gradio_api/file=HTTP://example.com/x.png", "gradio_api/file=app.py",
    "gradio_api/file/http://example.com/x.png", "gradio_api/proxy=http://example.com/x", "gradio_api/upload_progress",
    "gradio_api/dev/reload", "gradio_api/runs", "gradio_api/run-history/records", "gradio_api/deep_link", "monitoring",
    "gradio_api/vibe-code", "gradio_api/custom_component/1/client/component/x.js", "docs", "redoc", "openapi.json",
    "svelte/x.js", "pwa_icon", "gradio_api/stream/a/b/c/playlist.m3u8", "login", "app.py",
]  # fmt: skip


@pytest.mark.parametrize("path", CLOSED)
def test_what_the_page_does_not_need_is_closed(path):
    assert "nothing at this address" in refusal(client().get(path))


@pytest.mark.parametrize("path", ["upload", "component_server", "process_recording", "vibe-edit", "stream/1", "login"])
def test_writing_routes_that_the_page_does_not_need_are_closed(path):
    assert "nothing at this address" in refusal(post(f"gradio_api/{path}", {"data": []}))


@pytest.mark.parametrize("path", ["/etc/passwd", str(Path(__file__).resolve()), "/proc/self/environ"])
def test_files_of_the_server_are_not_served(path):
    assert client().get(f"gradio_api/file={path}").status_code in (403, 404)


# Bodies


@pytest.mark.parametrize("path", ["/lzviz/compute", "/lzviz/export", "/lzviz/saliency", "/gradio_api/queue/join"])
def test_a_body_that_declares_too_much_is_refused_before_it_is_sent(path):
    declared = {"Content-Length": str(10**12), "Content-Type": "application/json"}
    status, body = raw("POST", path, declared, [])
    assert status == 413 and json.loads(body)["ok"] is False


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "ten"])
def test_a_length_that_is_no_number_is_refused(length):
    status, _ = raw("POST", "/lzviz/compute", {"Content-Length": length}, [])
    assert status in (0, 400, 413)


@pytest.mark.parametrize("path", ["/lzviz/compute", "/lzviz/map", "/gradio_api/queue/join"])
def test_a_chunked_body_is_counted_while_it_arrives(path):
    limit = body_limit(path)
    chunk = b"%x\r\n" % (256 << 10) + bytes(256 << 10) + b"\r\n"
    chunks = [chunk] * (limit // (256 << 10) + 8)
    status, _ = raw("POST", path, {"Transfer-Encoding": "chunked"}, [*chunks, b"0\r\n\r\n"])
    assert status in (0, 413)


def test_more_bytes_than_declared_are_not_read():
    body = as_json({"image": "coffee", "kind": "edges"})
    status, answer = raw("POST", "/lzviz/saliency", {"Content-Length": str(len(body))}, [body, b"x" * (2 * MIB)])
    assert status in (0, 200)
    assert status == 0 or json.loads(answer)["ok"]


def test_a_body_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(middleware, "BODY_SECONDS", 0.2)
    status, body = raw("POST", "/lzviz/compute", {"Content-Length": "1000"}, [b'{"state": '])
    assert status == 408 and "too long" in json.loads(body)["error"]


def test_a_body_that_stalls_is_given_up_long_before_its_time(monkeypatch):
    monkeypatch.setattr(middleware, "SPAN_SECONDS", 0.3)
    status, body = raw("POST", "/lzviz/picture", {"Content-Length": str(8 * MIB)}, [bytes(4 * MIB)])
    assert status == 408 and "too long" in json.loads(body)["error"]


def test_uploads_that_fill_their_room_leave_room_for_small_requests(monkeypatch):
    monkeypatch.setattr(middleware, "BODIES_IN_FLIGHT", 1000)
    assert "Too many uploads" in refusal(client().post("lzviz/map", content=b"x" * 2000))
    body = {"image": "coffee", "kind": "edges", "pad": "x" * 2000}
    assert "no field 'pad'" in refusal(post("lzviz/saliency", body))


def test_requests_at_one_time_are_bounded(monkeypatch):
    monkeypatch.setattr(middleware, "CONCURRENT", 0)
    assert "busy" in refusal(client().get("lzviz/catalogue"))


def test_nothing_is_rendered_on_the_server():
    """Server-side rendering has a known hole in this version of Gradio (CVE-2026-134825)."""
    assert launch_options(Server())["ssr_mode"] is False


def test_the_lock_file_holds_every_pin_with_hashes():
    root = Path(__file__).parents[1]
    locked = (root / "requirements.lock").read_text("utf-8")
    pins = [line for line in (root / "requirements.txt").read_text("utf-8").split() if "==" in line and line[0] != "#"]
    assert len(pins) > 5 and all(f"\n{pin} " in f"\n{locked}" for pin in pins)
    assert re.search(r"^mcp==1\.\d+\.\d+ ", locked, re.M) and "\nsse-starlette==" in locked  # what serves agents
    assert locked.count("--hash=sha256:") > locked.count("==") and "://" not in locked


def test_bodies_together_are_bounded(monkeypatch):
    monkeypatch.setattr(middleware, "BODIES_IN_FLIGHT", 1000)
    assert "Too many uploads" in refusal(client().post("lzviz/map", content=b"x" * 2000))
    monkeypatch.undo()
    assert "not an image" in refusal(client().post("lzviz/map", content=b"x" * 2000))


def test_a_fault_inside_is_one_sentence_without_its_inside(monkeypatch):
    def fault(*_: object) -> None:
        raise RuntimeError("/secret/path broke")

    monkeypatch.setattr("lzviz.contract.answers.warp.found_in", fault)
    answer = post("lzviz/saliency", {"image": "coffee", "kind": "edges"})
    assert answer.status_code == 500
    assert "secret" not in refusal(answer)


def test_faults_without_end_do_not_fill_the_log(caplog):
    from app.server import log

    for _ in range(500):
        log.warning("a fault")
    assert 0 < len(caplog.records) <= 20


def test_the_server_still_answers_after_all_that():
    assert client().get("lzviz/catalogue").status_code == 200


@pytest.mark.parametrize(
    "body",
    [b'{"state":' + b"[" * 200_000, b'{"state": {"fwhm": NaN}}', b'{"state": {"fwhm": 1e999}}', b"\x00" * 50,
     b'{"state": {"boxes": [' + b"[1,2,3,4]," * 20_000 + b"[1,2,3,4]]}}"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["lzviz/compute", "lzviz/export", "gradio_api/queue/join"])
def test_bombs_in_json(path, body):
    refusal(client().post(path, content=body, headers={"content-type": "application/json"}))


@pytest.mark.parametrize("bomb", [b"[],", b"{},", b"0,", b"[["], ids=["lists", "objects", "numbers", "nested"])
def test_the_structure_of_json_is_bounded_before_it_is_built(bomb, monkeypatch):
    monkeypatch.setattr("lzviz.contract.wire.json.loads", lambda *_, **__: pytest.fail("it was parsed"))
    with pytest.raises(Refusal, match="20000 values") as refused:
        parse_json(b'{"data": [' + bomb * 100_000 + b"0]}")
    assert refused.value.status == 413


@pytest.mark.parametrize("coding", ["utf-16", "utf-32"])
def test_the_structure_of_json_is_bounded_in_every_coding(coding):
    with pytest.raises(Refusal, match="20000 values"):
        parse_json(f"[{'[],' * 30_000}0]".encode(coding))


def test_json_is_parsed_off_the_event_loop(monkeypatch):
    threads = []

    def spied(body: bytes, **options: object) -> dict[str, object]:
        threads.append(threading.current_thread())
        return parse_json(body, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(middleware, "parse_json", spied)
    monkeypatch.setattr(exchange, "parse_json", spied)
    post("lzviz/saliency", {"image": "coffee", "kind": "edges"})
    post("gradio_api/call/nothing", {"data": []})
    assert len(threads) == 2 and all("AnyIO worker" in thread.name for thread in threads)


@pytest.mark.parametrize("size", [(2000, 8), (65536, 1), (100_000_000, 1), (2049, 1000), (4000, 30)])
def test_a_product_of_width_and_aspect_is_bounded(size):
    height, width = State(width=1024).zoomed_size(size)
    assert LARGEST_ZOOM / 3 < height * width <= LARGEST_ZOOM and 1 <= width < 1024
    assert height == LARGEST_ZOOM or height == max(1, math.floor(width * size[0] / size[1] + 0.5))
    assert (width + 1) * math.floor((width + 1) * size[0] / size[1] + 0.5) > LARGEST_ZOOM
    assert State(width=1024).zoomed_size((2048, 1024)) == (2048, 1024)


def test_a_thin_picture_with_a_large_width_is_computed_at_the_most_that_is_allowed():
    held = client().post("lzviz/picture", content=encoded(Image.new("RGB", (8, 2000)))).json()["id"]
    for path, more in (("lzviz/compute", {}), ("lzviz/export", {"what": "zoomed", "format": "png"})):
        answer = post(path, {"state": {"width": 512, "sampler": "uniform"}, "image": held, **more})
        assert answer.status_code == 200, answer.text[:200]
    with Image.open(io.BytesIO(answer.content)) as made:
        assert made.size == State(width=512).zoomed_size((2000, 8))[::-1] and made.width < 100


def test_other_methods_do_not_exist():
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        assert client().request(method, "lzviz/compute").status_code in (404, 405)


# Headers and load


@pytest.mark.parametrize("path", ["", "lzviz/catalogue", "lzviz/static/main.js", "nowhere", "lzviz/picture/nobody"])
def test_every_answer_carries_the_security_headers(path):
    headers = client().get(path).headers
    for name, value in SECURITY_HEADERS.items():
        assert headers[name].startswith(value)


def test_a_crowd_is_told_to_come_again():
    import anyio

    from app.bench import Bench

    async def crowd() -> list[str]:
        bench, heard = Bench(slots=1, waiting=2), []

        async def visitor() -> None:
            try:
                heard.append(await bench.run(lambda: time.sleep(0.05) or "served"))
            except Refusal as refused:
                assert refused.status == 503
                heard.append("busy")

        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(visitor)
        return heard

    heard = run_async(crowd)
    assert sorted(heard) == ["busy"] * 3 + ["served"] * 3


def test_queue_and_sessions_are_bounded():
    options = launch_options(Server())
    assert options["state_session_capacity"] <= 1000
    assert not options["run_history"] and not options["pwa"] and not options["share"]


# Behind a prefix


@pytest.mark.parametrize(
    ("root", "path", "below"),
    [("", "/lzviz/x", "/lzviz/x"), ("/foo", "/foo/lzviz/x", "/lzviz/x"), ("/foo", "/lzviz/x", "/lzviz/x"),
     ("/foo/", "/foo/", "/"), ("/foo", "/foo", "/"), ("/foo", "/foobar", "/foobar")],
)  # fmt: skip
def test_the_path_below_a_prefix(root, path, below):
    assert route_path({"path": path, "root_path": root}) == below


def test_uploaded_bytes_are_not_json_and_not_limited_as_such():
    data = encoded(Image.effect_noise((1500, 1500), 90))
    assert len(data) > body_limit("/lzviz/compute")
    assert client().post("lzviz/picture", content=data).json()["ok"]
