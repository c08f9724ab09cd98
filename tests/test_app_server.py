"""Every route, as a browser calls it, on the launched app."""

import base64
import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from app.server import modules
from lzviz import samplers
from lzviz.contract import lent
from lzviz.contract.maps import Map
from tests.app_server import app_url, blob, client, encoded, english, nodes_of, post, refusal, server


def upload(data: bytes) -> dict:
    return client().post("lzviz/picture", content=data).json()


def noise(h: int, w: int, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (max(h // 8, 1), max(w // 8, 1), 3), np.uint8)
    return Image.fromarray(values).resize((w, h), Image.Resampling.BICUBIC)


# Pages and files


def test_the_first_page_names_no_other_host_to_load_from():
    page = client().get("")
    assert page.status_code == 200
    for part in ("googleapis", "gstatic", "cdnjs", "unpkg", "jsdelivr"):
        assert part not in page.text


def test_gradio_is_told_to_report_and_record_nothing():
    config = client().get("config").json()
    assert not config["analytics_enabled"]
    assert not config.get("run_history")
    assert config["footer_links"] == []


def test_every_module_of_the_canvas_is_served_as_it_is_on_disk():
    assert {"main.js", "schema.json", "style/page.css"} <= modules().keys()
    for name, path in modules().items():
        answer = client().get(f"lzviz/static/{name}")
        assert answer.content == path.read_bytes(), name
        kind = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}
        assert answer.headers["content-type"].startswith(kind[path.suffix])


def test_a_file_that_the_browser_still_has_is_not_sent_again():
    first = client().get("lzviz/static/main.js")
    assert first.headers["cache-control"] == "no-cache"
    for tag in (first.headers["etag"], f"W/{first.headers['etag']}", f'"x", {first.headers["etag"]}'):
        again = client().get("lzviz/static/main.js", headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
    assert client().get("lzviz/static/main.js", headers={"if-none-match": '"other"'}).status_code == 200


def test_the_favicon():
    answer = client().get("favicon.ico")
    assert answer.headers["content-type"].startswith("image/svg+xml") and b"<circle" in answer.content


# Catalogue and pictures


def test_the_catalogue():
    told = client().get("lzviz/catalogue").json()
    assert told["ok"] and told["version"] and told["device"]
    assert [sampler["name"] for sampler in told["samplers"]] == list(samplers.REGISTRY)
    lz = next(sampler for sampler in told["samplers"] if sampler["name"] == "lz")
    assert lz["modes"] == ["fixed", "published"]
    assert {"antiCrop", "paint", "strength", "fwhm"} <= set(lz["controls"])
    assert lz["prescribes"]["nodes"] == [31, 31]
    assert [option["name"] for option in lz["options"] if option["key"] is None] == []
    es = next(sampler for sampler in told["samplers"] if sampler["name"] == "es")
    assert [(option["name"], option["max"]) for option in es["options"] if option["own"]] == [("smoothness", 100)]
    fixed = told["fixed"]
    values = np.frombuffer(base64.b64decode(fixed["data"]), "<f4").reshape(fixed["h"], fixed["w"])
    assert values.sum() == pytest.approx(1, abs=1e-3)


def test_the_highlight_of_the_street_lies_on_its_sign():
    street = client().get("lzviz/catalogue").json()["pictures"][0]
    at = street["highlight"]
    shown = Image.open(io.BytesIO(client().get("lzviz/picture/street").content)).convert("RGB")
    r = at["r"] * street["width"]
    x, y = at["x"] * street["width"], at["y"] * street["height"]
    red, _, blue = (
        np.asarray(shown.crop((int(x - r), int(y - r / 4), int(x + r), int(y + r / 4)))).reshape(-1, 3).mean(0)
    )
    assert blue > red + 30


def test_a_shipped_picture_and_its_thumbnail():
    answer = client().get("lzviz/picture/coffee")
    assert (answer.headers["x-lzviz-width"], answer.headers["x-lzviz-height"]) == ("600", "400")
    assert Image.open(io.BytesIO(answer.content)).size == (600, 400)
    thumb = client().get("lzviz/picture/coffee?thumb=1")
    assert max(Image.open(io.BytesIO(thumb.content)).size) == 96
    assert client().get("lzviz/picture/coffee", headers={"if-none-match": answer.headers["etag"]}).status_code == 304


def test_menus_travel_packed_to_who_reads_it():
    plain = client().get("lzviz/catalogue", headers={"accept-encoding": "identity"})
    packed = client().get("lzviz/catalogue", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers and packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json() and packed.headers["etag"] != plain.headers["etag"]
    assert 3 * int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    again = client().get("lzviz/catalogue", headers={"if-none-match": packed.headers["etag"]})
    assert again.status_code == 304


def test_an_unknown_picture():
    assert "no picture of that name" in refusal(client().get("lzviz/picture/mona-lisa"))


def test_an_upload_comes_back_at_the_level_that_is_shown():
    told = upload(encoded(noise(600, 3000), "JPEG"))
    assert (told["width"], told["height"], told["displayWidth"], told["displayHeight"]) == (3000, 600, 2048, 410)
    assert [english(note) for note in told["notes"]] == ["Shown at 2048 x 410; computed on the full 3000 x 600."]
    answer = client().get(f"lzviz/picture/{told['id']}")
    assert answer.headers["cache-control"] == "private, no-store"
    assert (answer.headers["x-lzviz-width"], answer.headers["x-lzviz-height"]) == ("3000", "600")
    assert Image.open(io.BytesIO(answer.content)).size == (2048, 410)


def test_a_bad_upload_is_a_sentence():
    assert "not an image" in refusal(client().post("lzviz/picture", content=b"GIF? no."))
    assert "empty" in refusal(client().post("lzviz/picture", content=b""))


def test_two_visitors_do_not_see_each_other():
    one, other = upload(encoded(noise(40, 60, 1))), upload(encoded(noise(40, 60, 2)))
    assert one["id"] != other["id"]
    listed = client().get("lzviz/catalogue").text
    assert one["id"] not in listed and other["id"] not in listed
    state = {"image": "own", "saliency": "edges"}
    first = post("lzviz/compute", {"state": state, "image": one["id"]}).json()
    post("lzviz/compute", {"state": state | {"sampler": "lz"}, "image": other["id"]})
    again = post("lzviz/compute", {"state": state, "image": one["id"]}).json()
    assert again["nodes"] == first["nodes"]


# What Python computes


def test_edges_of_a_picture():
    told = post("lzviz/saliency", {"image": "coffee", "kind": "edges"}).json()
    values = np.frombuffer(base64.b64decode(told["data"]), np.uint8).reshape(told["h"], told["w"])
    assert (told["h"], told["w"]) == (85, 128)
    assert values.max() == 255 and values.std() > 10
    assert "edges" in refusal(post("lzviz/saliency", {"image": "coffee", "kind": "network"}))


def test_an_uploaded_map_is_its_grey_values():
    ramp = np.repeat(np.linspace(0, 255, 256).round().astype(np.uint8)[None], 128, 0)
    told = client().post("lzviz/map", content=encoded(Image.fromarray(ramp))).json()
    values = np.frombuffer(base64.b64decode(told["data"]), np.uint8).reshape(told["h"], told["w"])
    assert values.shape == (64, 128)
    assert np.abs(values - np.linspace(0, 255, 128)).max() <= 1.5


def test_a_question_is_answered_with_its_number():
    state = {"image": "chelsea", "paint": blob(85, 128).to_text(), "width": 90}
    told = post("lzviz/compute", {"seq": 41, "state": state, "image": "chelsea"}).json()
    assert told["ok"] and told["seq"] == 41
    assert nodes_of(told).shape == (31, 51, 2)
    assert english(told["sentence"]).startswith("Spends ") and "top right" in english(told["sentence"])
    assert told["share"] > 2 * told["area"] > 0
    assert 0 <= told["roundTrip"]["median"] <= told["roundTrip"]["max"] < 1e-2
    assert told["zoomRange"][0] < 1 < told["zoomRange"][1]
    times = post("lzviz/warp-time", {"seq": 42, "state": state, "image": "chelsea"}).json()
    assert set(times["milliseconds"]) == {"saliency", "warp", "zoom", "unzoom", "total"} and times["seq"] == 42


def test_a_map_of_the_visitor_counts():
    ask = {"state": {"saliency": "file"}, "image": "chelsea"}
    assert "open the map file again" in refusal(post("lzviz/compute", ask))
    told = post("lzviz/compute", ask | {"file": blob(85, 128, (0.8, 0.2)).to_text()}).json()
    assert "bottom left" in english(told["sentence"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"state": {"width": 5}, "image": "coffee"}, "width: expected"),
        ({"state": {}, "image": "/etc/passwd"}, "no picture of that name"),
        ({"state": {}, "image": ["coffee"]}, "image: expected an id"),
        ({"state": {}, "image": "own-00", "seq": 1}, "no longer holds"),
        ({"state": {}, "image": "coffee", "seq": "1"}, "seq"),
        ({"state": {}, "image": "coffee", "file": "x"}, "file: expected"),
        ({"image": "coffee"}, "state: nothing was given"),
        ({"state": {"image": "own"}}, "no picture"),
    ],
)
def test_a_question_that_makes_no_sense(body, said):
    assert said in refusal(post("lzviz/compute", body))


@pytest.mark.parametrize(("h", "w"), [(1, 1), (1, 300), (300, 1), (2, 2), (3, 1000)])
@pytest.mark.parametrize("sampler", ["uniform", "uniform-area", "lz", "fovea", "lzu"])
def test_pictures_of_any_shape(h, w, sampler):
    told = upload(encoded(noise(h, w)))
    for kind in ("edges", "centre"):
        state = {"sampler": sampler, "saliency": kind, "width": 16, "image": "own"}
        answer = post("lzviz/compute", {"state": state, "image": told["id"]}).json()
        assert answer["ok"], answer
        assert np.isfinite(nodes_of(answer)).all()


@pytest.mark.parametrize(
    ("what", "form", "start"),
    [("zoomed", "png", b"\x89PNG"), ("grid", "npz", b"PK"), ("snippet", "py", b'"""')],
)
def test_an_export_is_an_attachment(what, form, start):
    body = {"state": {"image": "chelsea", "saliency": "centre"}, "image": "chelsea", "what": what, "format": form}
    answer = post("lzviz/export", body)
    assert answer.headers["content-disposition"] == f'attachment; filename="lzviz-chelsea-lzu-{what}.{form}"'
    assert answer.content.startswith(start)


def test_an_unknown_export():
    body = {"state": {"image": "chelsea"}, "image": "chelsea", "what": "../secret", "format": "png"}
    assert "no such export" in refusal(post("lzviz/export", body))
    assert "what: expected" in refusal(post("lzviz/export", body | {"what": ["source"]}))


# What scripts ask


def test_the_endpoint_for_scripts():
    from gradio_client import Client

    script = Client(app_url(), verbose=False)
    data = base64.b64encode(encoded(noise(60, 90))).decode()
    told = script.predict(image=data, options={"width": 30, "sampler": "lzu"}, api_name="/downsample")
    assert Image.open(io.BytesIO(base64.b64decode(told["image"]))).size == (30, 20)
    assert told["sentence"].endswith(".")
    assert nodes_of(told).shape == (31, 51, 2)
    with pytest.raises(Exception, match="width: expected a number from 8"):
        script.predict(image=data, options={"width": 3}, api_name="/downsample")


def test_the_map_of_a_link_is_the_map_of_a_question():
    painted = blob(64, 128)
    assert Map.from_text(painted.to_text()) == painted


def test_a_host_that_lends_gpus_sees_a_function_for_them_before_the_launch(monkeypatch):
    from app.main import launch_options

    seen = []
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=lambda duration: seen.append))
    monkeypatch.setenv("SPACES_ZERO_GPU", "1")
    monkeypatch.delitem(sys.modules, "lzviz.contract.lending", raising=False)
    assert launch_options(server())["app_kwargs"]["routes"]
    assert seen == [lent.work]
