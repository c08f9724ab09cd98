"""Checkpoints that a visitor brings, and files that one takes home."""

import io
import json
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from lzviz import palette
from lzviz.contract.pictures import encode_png
from lzviz.measure import evaluation
from tests.app_server import client, post, refusal
from tests.pipeline_room.conftest import SIZE, ZOOMED, answered, asked, give, traced

# A checkpoint of one's own


def bundle(card, model):
    return struct.pack("<I", len(card)) + card + model


@pytest.fixture
def files(shipped):
    folder = shipped / "lds-camvid-96x128"
    return json.loads((folder / "card.json").read_text()), (folder / "model.safetensors").read_bytes()


def test_a_checkpoint_of_ones_own_answers_like_the_one_it_is(picture, files):
    card, model = files
    told = client().post("lzviz/checkpoint", content=bundle(json.dumps(card).encode(), model)).json()
    entry = told["checkpoint"]
    assert told["ok"] and entry["name"].startswith("own-") and entry["title"] == "lds tiny" and entry["trained"]
    own = answered(picture, state={"checkpoint": entry["name"]})
    assert own["labels"] == answered(picture)["labels"]


def test_a_checkpoint_that_is_none_is_refused_in_a_sentence(files):
    card, model = files
    text = json.dumps(card).encode()
    options = card["blueprint"] | {"options": {**card["blueprint"]["options"], "widths": [8] * 9}}
    for body, said in (
        (b"", "two files"),
        (bundle(text, b""), "two files"),
        (bundle(text, b"\x80\x04pickle"), "no safetensors file"),
        (bundle(b"{}", model), "lacks"),
        (bundle(b"[1]", model), "JSON object"),
        (bundle(json.dumps(card | {"blueprint": options}).encode(), model), "is not the lds pipeline"),
        (bundle(json.dumps(card | {"blueprint": {"system": "resizer", "options": {"blocks": 10**9}}}).encode(), model), "at most"),
        (bundle(json.dumps(card | {"blueprint": card["blueprint"] | {"size": [4000, 4000]}}).encode(), model), "million pixels"),
    ):  # fmt: skip
        assert said in refusal(client().post("lzviz/checkpoint", content=body))


@pytest.mark.parametrize("identifier", [None, 7, "lds", "/etc/passwd", "../checkpoints", "a/b/c", "https://x.y/z"])
def test_what_is_no_hub_id_is_refused_without_a_look(identifier, monkeypatch):
    monkeypatch.setattr("lzviz.checkpoints.hub.fetched", lambda *_, **__: pytest.fail("somebody looked"))
    assert "owner/name" in refusal(post("lzviz/checkpoint-hub", {"id": identifier}))


def test_a_hub_id_is_fetched_and_never_a_folder_of_the_server(picture, shipped, monkeypatch):
    monkeypatch.setattr("lzviz.checkpoints.hub.fetched", lambda name, token: shipped / "lds-camvid-96x128")
    told = post("lzviz/checkpoint-hub", {"id": "somebody/lds"}).json()
    assert told["checkpoint"]["title"] == "lds tiny"

    def unreachable(name, token):
        raise ConnectionError(f"the Hugging Face Hub did not answer about {name}: are you offline?")

    monkeypatch.setattr("lzviz.checkpoints.hub.fetched", unreachable)
    assert "did not answer" in refusal(post("lzviz/checkpoint-hub", {"id": "app/data"}))


def test_a_checkpoint_that_was_let_go_is_asked_for_again(picture):
    answer = asked(picture, state={"checkpoint": "own-1"})
    assert answer.status_code == 404 and "load it again" in refusal(answer)


# Files


def kept(picture, what, form, system="lds", **more):
    answer = asked(picture, system, "lzviz/export", what=what, format=form, **more)
    assert answer.status_code == 200, answer.text
    assert f"{system}-camvid-96x128-{what}.{form}" in answer.headers["content-disposition"]
    return answer.content


def test_exported_labels_can_be_loaded_as_true_labels(picture):
    body = kept(picture, "labels", "png")
    image = Image.open(io.BytesIO(body))
    assert image.mode == "P" and image.info["Classes"].startswith("sky, building")
    assert tuple(image.getpalette()[:3]) == palette.rgb(palette.COLOURS["sky"])
    identifier = give(picture, body).json()["id"]
    told = answered(picture, truth=identifier)["truth"]
    assert told["miou"] == 1 and told["accuracy"] == 1


def test_images_of_the_room(picture, known):
    for what, size in (("labels", SIZE), ("zoomed", ZOOMED), ("prediction", ZOOMED)):
        image = Image.open(io.BytesIO(kept(picture, what, "png", truth=known)))
        assert image.size == size[::-1] and "mIoU" in image.info["Description"]
    assert "labels.png" in refusal(asked(picture, path="lzviz/export", what="grid", format="npz"))


def test_the_exported_trace_is_the_trace(picture, known):
    arrays, trace = np.load(io.BytesIO(kept(picture, "trace", "npz", truth=known))), traced(picture)
    assert arrays["scores"] == pytest.approx(trace.scores[0].numpy(), abs=1e-4)
    assert arrays["sites"] == pytest.approx(trace.layout.sites.numpy(), abs=1e-3)
    assert arrays["truth"].shape == SIZE and arrays["feature_stage_1"].ndim == 3
    assert arrays["stages"].tolist() == ["look", "downsample", "network", "restore", "labels"]
    confusion = evaluation.confusion(torch.from_numpy(arrays["labels"]), torch.from_numpy(arrays["truth"]), 11)
    assert evaluation.miou(confusion) == pytest.approx(answered(picture, truth=known)["truth"]["miou"])


def test_the_exported_script_runs_the_checkpoint(picture, tmp_path, monkeypatch):
    (tmp_path / "picture.png").write_bytes(encode_png(picture[1]))
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(kept(picture, "snippet", "py").decode(), names)
    assert torch.equal(names["trace"].labels, traced(picture).labels)
