"""What a cell shows and holds, without a browser: the widget answers messages and keeps a state."""

import base64
import json
import sys

import numpy as np
import pytest
import torch

import lzviz
from lzviz import samplers
from lzviz.contract.state import State
from lzviz.notebook.subject import subject_of


@pytest.fixture(autouse=True)
def menu(monkeypatch):
    """Warps that are shown together join the menu of samplers; other tests find it as it was."""
    monkeypatch.setattr(samplers, "REGISTRY", dict(samplers.REGISTRY))


def said(canvas, **more):
    return json.dumps({"seq": 1, "state": canvas.state.to_json(), "image": canvas.shown, **more}).encode()


def test_a_missing_anywidget_is_told_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "lzviz.notebook.widget", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'lzviz\[notebook\]'; lzviz.save_html"):
        lzviz.show()


@pytest.mark.parametrize("shape", [(37, 53, 3), (1, 3, 37, 53), (3, 37, 53)])
def test_pictures_in_every_form_are_the_same_picture(shape):
    values = np.random.default_rng(0).integers(0, 256, (37, 53, 3), np.uint8)
    tensor = torch.tensor(values).permute(2, 0, 1).float() / 255
    given = values if shape[-1] == 3 else tensor[None] if len(shape) == 4 else tensor
    assert np.array_equal(subject_of(given).picture.pixels, values)


@pytest.mark.parametrize("given", [np.zeros(4), torch.full((1, 3, 4, 4), 3.0), torch.full((3, 4, 4), torch.nan)])
def test_what_is_no_picture_is_refused(given):
    with pytest.raises(ValueError):
        lzviz.show(given)


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(TypeError, match="picture"):
        lzviz.show(object())
    with pytest.raises(TypeError, match="image"):
        lzviz.show(torch.zeros(1, 3, 8, 8), image=torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="height"):
        lzviz.show(height=10)


def test_link_state_saliency_and_observers_agree():
    canvas = lzviz.show()
    states, maps = [], []
    canvas.observe(lambda change: states.append(change["new"]), "state")
    canvas.observe(lambda change: maps.append(change["new"]), "saliency")
    canvas.link = "#image=shown&from=centre&strength=34&nodes=9x17"
    assert (canvas.state.saliency, canvas.state.nodes) == ("centre", (9, 17))
    assert canvas.saliency.shape == (1, 1, 9, 17)
    assert states[-1] == canvas.state and torch.equal(maps[-1], canvas.saliency)

    canvas.state = State(image="shown", width=64)
    assert "width=64" in canvas.link

    wanted = torch.zeros(40, 70)
    wanted[5:10, 50:] = 3
    canvas.saliency = wanted
    assert canvas.state.saliency == "file" and "from=file" in canvas.link
    top = canvas.saliency[0, 0].argmax().item() % 51
    assert top > 30 and canvas.saliency.max() == 1
    for wrong in (torch.zeros(0, 3), torch.full((4, 4), -1.0), torch.zeros(2, 3, 4, 4), torch.full((4, 4), torch.nan)):
        with pytest.raises(ValueError, match="saliency"):
            canvas.saliency = wrong


def test_the_kernel_answers_as_the_server_does():
    canvas = lzviz.show(torch.rand(1, 3, 40, 60))
    picture = canvas.reply("GET", "lzviz/picture/shown")
    assert (picture.headers["x-lzviz-width"], picture.headers["x-lzviz-height"]) == ("60", "40")
    answer = json.loads(canvas.reply("POST", "lzviz/compute", said(canvas)).body)
    assert answer["ok"] and answer["seq"] == 1
    for method, address in (("GET", "lzviz/nothing"), ("POST", "lzviz/compute"), ("GET", "lzviz/picture/none")):
        refusal = canvas.reply(method, address)
        assert refusal.status >= 400 and not json.loads(refusal.body)["ok"]


def test_messages_of_the_page_are_answered_and_others_are_not(monkeypatch):
    canvas, sent = lzviz.show(), []
    monkeypatch.setattr(canvas, "send", lambda content, buffers: sent.append((content, buffers)))
    canvas._asked(canvas, {"ask": "a-1", "method": "GET", "path": "lzviz/picture/shown?thumb=1"}, [])
    (content, buffers) = sent.pop()
    assert content["answer"] == "a-1" and content["status"] == 200 and buffers[0].startswith(b"\xff\xd8\xff")
    for hostile in (None, 3, {}, {"ask": 3}, {"answer": "x"}):
        canvas._asked(canvas, hostile, [])
    assert sent == []


def test_a_warp_is_shown_as_it_is():
    mask = torch.zeros(1, 1, 31, 51)
    mask[..., 3:9, 40:48] = 1
    warp = lzviz.Warp.from_saliency(1 + 49 * mask)
    canvas = lzviz.show(warp, image=torch.rand(1, 3, 60, 90))
    assert torch.allclose(canvas.warp.nodes, warp.nodes, atol=1e-6)
    assert json.loads(canvas.reply("POST", "lzviz/compute", said(canvas)).body)["ok"]
    composed = lzviz.show(warp @ warp)
    grid = torch.as_tensor((warp @ warp).grid((33, 65)))
    assert (composed.warp.grid((33, 65)) - grid).abs().max() < 0.02


def test_a_comparison_brings_its_warps_to_the_menu():
    image = torch.rand(1, 3, 48, 96)
    comparison = lzviz.compare(image, ["uniform", "lzu"], "24x48")
    canvas = lzviz.show(comparison)
    titles = [line["title"] for line in canvas._given["catalogue"]["samplers"]]
    assert titles[-2:] == list(comparison.traces)
    trace = next(iter(comparison.traces.values()))
    assert json.loads(canvas.reply("POST", "lzviz/compute", said(canvas)).body)["ok"]
    assert lzviz.show(trace).state.width == 48


@pytest.fixture(scope="module")
def comparison():
    return lzviz.compare(torch.rand(1, 3, 48, 96), ["uniform", "lzu"], "24x48", repeats=0)


def data_of(path):
    """What the document of a saved page holds, after a look for what would need a network."""
    text = path.read_text()
    for part in ("<script src", "<link", "http://", "//cdn"):
        assert part not in text.replace("http://www.w3.org", "")
    return json.loads(text.split('id="lzviz-data">')[1].split("</script>")[0])


def computed(data):
    """The answers about warps that it keeps: {sampler: answer}."""
    lines = data["index"]["kept"]["lzviz/compute"]
    return {
        line["when"]["state.sampler"]: json.loads(base64.b64decode(line["file"].partition(",")[2])) for line in lines
    }


def test_a_saved_page_holds_all_that_it_shows(tmp_path):
    warp = lzviz.Warp.from_saliency(1 + torch.rand(1, 1, 31, 51))
    data = data_of(lzviz.show(warp).save_html(tmp_path / "warp.html"))
    assert computed(data)["given"]["ok"] and data["link"].startswith("#image=shown")


def test_warp_trace_and_comparison_are_saved_without_anywidget(tmp_path, monkeypatch, comparison):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.delitem(sys.modules, "lzviz.notebook.widget", raising=False)
    warp = lzviz.Warp.from_saliency(1 + torch.rand(1, 1, 31, 51))
    trace = next(iter(comparison.traces.values()))
    paths = (
        warp.save_html(tmp_path / "warp.html", torch.rand(1, 3, 60, 90)),
        (warp @ warp).save_html(str(tmp_path / "composed.html")),
        trace.save_html(tmp_path / "trace.html"),
        lzviz.save_html(torch.rand(3, 20, 30), tmp_path / "picture.html", state=State(sampler="lz", width=16)),
    )
    *warps, picture = [data_of(path) for path in paths]
    assert [set(computed(data)) for data in warps] == [{"given"}] * 3
    assert "sampler=lz" in picture["link"] and "width=16" in picture["link"]
    nodes = computed(warps[0])["given"]["nodes"]
    assert np.allclose(np.frombuffer(base64.b64decode(nodes)), warp.nodes.flatten(), atol=1e-6)


def test_a_saved_comparison_holds_every_warp_of_it(tmp_path, comparison):
    before = dict(samplers.REGISTRY)
    data = data_of(comparison.save_html(tmp_path / "comparison.html"))
    assert before == samplers.REGISTRY, "the script's own menu stays as it was"
    titles = {line["name"]: line["title"] for line in data["given"]["catalogue"]["samplers"]}
    assert [titles[name] for name in computed(data)] == list(comparison.traces)


@pytest.mark.parametrize("what", [object(), torch.full((1, 3, 4, 4), 3.0)])
def test_what_cannot_be_shown_is_not_saved(tmp_path, what):
    with pytest.raises((TypeError, ValueError), match=r"picture|image"):
        lzviz.save_html(what, tmp_path / "never.html")
    assert list(tmp_path.iterdir()) == []
