"""Trained samplers as the page asks for them: the whole run of a checkpoint, perfect knowledge, true labels, files."""

import base64
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from app.server import Server
from lzviz import palette
from lzviz.contract.answers import checkpoints as offered
from lzviz.contract.answers import pipeline as learned
from lzviz.contract.answers import pipeline_session
from lzviz.contract.routes import named
from lzviz.contract.wire import Refusal
from lzviz.datasets import CAMVID
from tests.app_server import client, encoded, english, refusal, server
from tests.conftest import run_async
from tests.pipeline_room.conftest import (
    BLUEPRINTS,
    SIZE,
    ZOOMED,
    answered,
    asked,
    floats,
    opened,
    sites_of,
    traced,
)


def test_the_catalogue_lists_what_is_trained_and_stand_ins_for_the_rest():
    told = client().get("lzviz/catalogue").json()
    rows = {row["name"]: row for row in told["checkpoints"]}
    assert told["checkpointDefault"] == "lds-camvid-96x128"
    lds = rows["lds-camvid-96x128"]
    assert lds["trained"] and lds["size"] == list(ZOOMED) and lds["metrics"]["val"]["miou"] == 0.5
    assert lds["snapshots"] and not rows["es-camvid-96x128"]["snapshots"]
    assert {name for name, row in rows.items() if row["lambda"]} == {"es-camvid-96x128"}
    assert lds["adjusts"] == ["truth", "paint", "edges", "file"] and rows["resizer-camvid-96x128"]["adjusts"] == []
    assert "untrained-lds" not in rows and not rows["untrained-lzu-fixed"]["trained"]
    assert rows["untrained-lzu-fixed"]["title"] == "LZU fixed (untrained)"
    assert [row["labelled"] for row in told["pictures"]][:2] == [True, False]


def test_a_picture_opens_with_the_best_checkpoint_that_learned_from_its_kind(monkeypatch):
    workshop = server().workshop
    known = dict(offered.cards(workshop))
    lds = known["lds-camvid-96x128"]
    scores = {"lz-scenes-64x128": 0.2, "lds-scenes-64x128": 0.6}
    known |= {name: replace(lds, data="street scenes", metrics={"val": {"miou": x}}) for name, x in scores.items()}
    monkeypatch.setattr(offered, "cards", lambda _: known)
    opens = {image: offered.chosen(workshop, "auto", image) for image in ("street", "chelsea", "own", "")}
    assert opens.pop("street") == "lds-scenes-64x128" and set(opens.values()) == {"lds-camvid-96x128"}
    assert offered.chosen(workshop, "lz-scenes-64x128", "chelsea") == "lz-scenes-64x128"


def test_an_untrained_stand_in_runs_and_says_so(picture):
    told = answered(picture, state={"checkpoint": "untrained-lzu-fixed"})
    assert not told["trained"] and told["zoomed"] == {"w": 128, "h": 96}
    assert english(told["sentence"]).endswith("untrained weights.")


def test_the_colour_of_a_class_is_the_same_in_every_data_set():
    street, drive = palette.colours(("road", "sky", "car")), palette.colours(("car", "sidewalk", "road"))
    assert street[0] == drive[2] and street[2] == drive[0]
    assert drive[1] == palette.colours(["pavement"])[0]
    strange = palette.colours(("gland", "stroma", "tree", "duct"))
    assert len(set(strange)) == 4


# What is left of linear red, green, blue without one kind of cones (Machado, Oliveira & Fernandes 2009, severity 1).
SEEN = {
    "all": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


@pytest.mark.parametrize("eyes", SEEN)
def test_the_colours_of_a_street_are_told_apart_by_everybody(eyes):
    colours = np.array([palette.rgb(colour) for colour in palette.colours(CAMVID)]) / 255
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    cones = [
        [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]  # fmt: skip
    oklab = [
        [0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.808675766],
    ]  # fmt: skip
    seen = np.cbrt((linear @ np.array(SEEN[eyes]).T).clip(0, 1) @ np.array(cones).T) @ np.array(oklab).T
    apart = np.linalg.norm(seen[:, None] - seen, axis=-1) + 9 * np.eye(len(seen))
    assert apart.min() > 0.1
    assert seen[:, 0].min() > 0.35 and seen[:, 0].max() < 0.93


# A run


@pytest.mark.parametrize("system", [*BLUEPRINTS, "cad"])
def test_an_answer_is_the_trace(picture, system):
    told, trace = answered(picture, system), traced(picture, system)
    assert told["trained"] and told["title"] == f"{system} tiny"
    assert told["working"] == told["picture"] == {"w": SIZE[1], "h": SIZE[0]}
    shown = opened(told["labels"])
    assert np.mean(shown == trace.labels[0].numpy()) > 0.999  # ties may fall either way
    shares = [entry["share"] for entry in told["classes"]]
    assert [entry["name"] for entry in told["classes"]] == list(CAMVID) and sum(shares) == pytest.approx(1)
    assert shares[3] == pytest.approx((shown == 3).mean())
    assert [stage["name"] for stage in told["stages"]] == ["look", "downsample", "network", "restore", "labels"]
    assert told["total"]["macs"] == sum(trace.macs.values()) > 0
    assert told["total"]["ms"] == pytest.approx(sum(stage["ms"] for stage in told["stages"]))
    assert told["truth"] is None and told["truthNote"] is None and told["own"] is None
    assert opened(told["confidence"]).shape == SIZE
    assert (
        "samples" in english(told["sentence"])
        and "billion multiply-adds" in english(told["sentence"])
        and english(told["sentence"]).endswith(".")
    )


@pytest.mark.parametrize("system", list(BLUEPRINTS))
def test_the_zoomed_image_and_its_places(picture, system):
    told, trace = answered(picture, system), traced(picture, system)
    assert (
        np.abs(opened(told["image"]).astype(int) - 255 * trace.zoomed[0].permute(1, 2, 0).clamp(0, 1).numpy()).max()
        <= 1
    )
    assert np.array_equal(opened(told["prediction"]).shape, ZOOMED)
    assert sites_of(told) == pytest.approx(trace.layout.sites.numpy(), abs=1e-3)
    mesh = told["mesh"]
    assert floats(mesh["nodes"], mesh["h"], mesh["w"], 2) == pytest.approx(trace.layout.warp.nodes[0].numpy(), abs=1e-6)
    assert told["levels"] is None


def test_maps_that_a_system_has_are_told_and_others_are_not(picture):
    lds, resizer, downsize = (answered(picture, system) for system in ("lds", "resizer", "downsizenet"))
    trace = traced(picture)
    assert english(lds["saliency"]["title"]) == "Deformation map"
    assert floats(lds["saliency"]["data"], 12, 16) == pytest.approx(trace.saliency[0, 0].numpy(), abs=1e-6)
    assert lds["weights"] is lds["correction"] is lds["target"] is None
    assert [opened(each).shape for each in downsize["weights"]["maps"]] == [ZOOMED] * 4
    assert sum(downsize["weights"]["mean"]) == pytest.approx(1, abs=1e-5)
    correction, shown = traced(picture, "resizer").extras["correction"], resizer["correction"]
    back = (opened(shown["image"]) - 128.0) / 127 * shown["range"]
    assert np.abs(back - correction[0].permute(1, 2, 0).numpy()).max() < 0.02 * shown["range"]
    assert shown["rms"] == pytest.approx(float(correction.square().mean().sqrt()), rel=1e-4)
    assert resizer["saliency"] is None
    assert set(lds["sentences"]) >= {"source", "saliency", "zoomed", "labels", "prediction", "timing"}
    assert "weights" in downsize["sentences"] and "correction" in resizer["sentences"]


def test_a_quadtree_has_levels_instead_of_a_zoomed_image(picture):
    told, trace = answered(picture, "cad"), traced(picture, "cad")
    assert told["image"] is told["mesh"] is told["prediction"] is None
    levels = told["levels"]
    assert (levels["h"], levels["w"], levels["stride"]) == (6, 8, 8)
    assert np.array_equal(
        np.frombuffer(base64.b64decode(levels["data"]), "u1").reshape(6, 8), trace.layout.levels[0, 0]
    )


def test_large_pictures_are_averaged_first_and_places_stay_those_of_the_picture():
    image = Image.new("RGB", (1500, 900), (40, 90, 160))
    large = client().post("lzviz/picture", content=encoded(image)).json()["id"], None
    told = answered(large, "uniform")
    assert told["picture"] == {"w": 1500, "h": 900} and told["working"] == {"w": 1024, "h": 614}
    assert opened(told["labels"]).shape == (614, 1024)
    sites = sites_of(told)
    assert sites.min(0) == pytest.approx([0, 0]) and sites.max(0) == pytest.approx([1499, 899])


def test_a_question_is_run_once(picture, monkeypatch):
    answered(picture, "lzu")
    monkeypatch.setattr(pipeline_session, "_run", lambda *_: pytest.fail("the network ran again"))
    for path in ("lzviz/learned", "lzviz/learned-features"):
        assert asked(picture, "lzu", path).json()["ok"]
    assert asked(picture, "lzu", "lzviz/learned-pixel", x=3, y=4).json()["ok"]


def test_what_is_kept_is_bounded():
    memory = server().workshop.memory
    assert 0 < memory.bytes_held <= memory.budget == 1 << 30


def test_an_answer_that_nobody_waits_for_is_not_computed(picture, monkeypatch):
    monkeypatch.setattr(learned, "answer", lambda *_: pytest.fail("it was computed"))

    class Gone:
        path_params: ClassVar = {}
        query_params: ClassVar = {}

        async def body(self):
            return b'{"state": {}, "image": "coffee"}'

        async def receive(self):
            return {"type": "http.disconnect"}

    async def ask():
        with pytest.raises(Refusal, match="no longer waits"):
            await Server().answering(named("pipeline"))(Gone())

    run_async(ask)


def test_features_have_the_same_colours_in_both_places(picture):
    told = answered(picture, "uniform", "lzviz/learned-features", state={"learnedChannel": 3})
    assert told["stage"] == told["stages"][-1]["name"] and told["channel"] == 3
    stage = told["stages"][-1]
    small, back = told["zoomed"], told["unzoomed"]
    assert (small["h"], small["w"]) == (stage["h"], stage["w"]) and (back["h"], back["w"]) == SIZE
    zoomed, unzoomed = (
        np.frombuffer(base64.b64decode(shown["image"]), "u1").reshape(shown["h"], shown["w"], 3)
        for shown in (small, back)
    )
    assert np.abs(zoomed[0, 0].astype(int) - unzoomed[0, 0]).max() <= 1  # uniform, corner on corner
    assert len(np.unique(zoomed)) > 3
    first = answered(picture, "uniform", "lzviz/learned-features", state={"learnedStage": "stage-1"})
    assert (first["stage"], first["channel"]) == ("stage-1", None)


def test_downsizenet_shows_the_texture_by_which_it_chose_down_and_up(picture):
    """The network's features were there, those that decided about the pixels were not."""
    told = answered(picture, "downsizenet", "lzviz/learned-features", state={"learnedStage": "texture"})
    assert told["stages"][0]["name"] == "texture" and told["channels"] == 4
    assert (told["zoomed"]["h"], told["zoomed"]["w"]) == ZOOMED
    assert told["unzoomed"]["w"] > ZOOMED[1]


@pytest.mark.parametrize(
    ("state", "said"), [({"learnedStage": "stage-9"}, "no stage"), ({"learnedChannel": 2000}, "has channels 0 to")]
)
def test_features_that_a_network_has_not(picture, state, said):
    assert said in refusal(asked(picture, path="lzviz/learned-features", state=state))


def test_time_is_the_median_of_several_runs(picture):
    told = answered(picture, path="lzviz/learned-time")
    assert (told["runs"], told["warmUp"]) == (5, 2)
    assert all(0 <= stage["ms"] <= stage["p95"] for stage in told["stages"])
    assert told["total"]["macs"] == sum(traced(picture).macs.values())
    assert "thread" in told["device"] and "median of 5" in english(told["sentence"])


def test_a_pixel_knows_its_class_and_its_samples(picture, labels, known):
    told = answered(picture, "uniform", truth=known)
    at = answered(picture, "uniform", "lzviz/learned-pixel", x=30, y=20, truth=known)
    assert (
        at["class"]["index"] == opened(told["labels"])[20, 30] and at["class"]["name"] == CAMVID[at["class"]["index"]]
    )
    assert [entry["probability"] for entry in at["top"]] == sorted((e["probability"] for e in at["top"]), reverse=True)
    assert at["truth"] == {"index": int(labels[20, 30]), "name": CAMVID[labels[20, 30]]}
    weights = np.array([[s["weight"], s["weight"] * s["x"], s["weight"] * s["y"]] for s in at["samples"]]).sum(0)
    assert weights == pytest.approx([1, 30, 20], abs=1e-3)
    assert at["zoomed"] == pytest.approx([30 * 23 / 63, 20 * 15 / 47], abs=1e-3)
    assert answered(picture, "cad", "lzviz/learned-pixel", x=0, y=0)["samples"] == []
    for x, y, said in ((64, 3, "outside"), (-1, 3, "outside"), ("3", 3, "x: expected"), (3, None, "y: expected")):
        assert said in refusal(asked(picture, "uniform", "lzviz/learned-pixel", x=x, y=y))


def test_snapshots_of_the_training(picture):
    told = answered(picture, path="lzviz/learned-training")
    assert told["steps"] == [0, 5] and told["kind"] == "saliency"
    assert floats(told["data"], 2, told["h"], told["w"]).max() == pytest.approx(told["high"])
    answer = asked(picture, "es", "lzviz/learned-training")
    assert answer.status_code == 404 and "No snapshots" in refusal(answer)
