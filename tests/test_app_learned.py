"""Trained samplers as the page asks for them: the whole run of a checkpoint, perfect knowledge, true labels, files."""

import base64
import io
import json
import struct
from dataclasses import asdict, replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file

from app.server import Server
from lzviz import checkpoints
from lzviz.checkpoints import Card
from lzviz.contract import palette, truth
from lzviz.contract.answers import checkpoints as offered
from lzviz.contract.answers import pipeline as learned
from lzviz.contract.maps import Map
from lzviz.contract.pictures import encode_png
from lzviz.contract.routes import named
from lzviz.contract.wire import Refusal
from lzviz.datasets import CAMVID
from lzviz.measure import evaluation
from lzviz.pipelines.blueprint import Blueprint
from lzviz.samplers.es import boundary_pixels
from tests.app_server import client, encoded, english, post, refusal, server
from tests.conftest import run_async

SIZE = (48, 64)
ZOOMED = (16, 24)
NETWORK = {"stem": 1, "width": 16, "channels": 16}
BLUEPRINTS = {
    "uniform": Blueprint("uniform"),
    "lds": Blueprint("lds", {"nodes": (12, 16), "widths": (8, 8), "form": "square", "upsampling": "inverse"}),
    "lzu": Blueprint("lzu", {"nodes": (9, 12)}, looks="module", look_options={"widths": (8,)}),
    "es": Blueprint("es", {"nodes": (6, 8), "width": 8}),
    "resizer": Blueprint("resizer", {"width": 4}),
    "downsizenet": Blueprint("downsizenet", {"texture": 4}),
}
ADAPTIVE = Blueprint(
    "cad", {"stride": 8}, network_options=NETWORK | {"stem": 4, "output_stride": 16, "decoder": False},
    mask={"kind": "edges"},
)  # fmt: skip


def blueprint_of(system):
    if system == "cad":
        return ADAPTIVE
    made = BLUEPRINTS[system]
    return Blueprint(**{**asdict(made), "network_options": NETWORK, "size": ZOOMED})


@pytest.fixture(scope="module", autouse=True)
def shipped(tmp_path_factory):
    """Small checkpoints of every system, as if they had been trained."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for seed, system in enumerate([*BLUEPRINTS, "cad"]):
        blueprint = blueprint_of(system)
        card = Card(
            f"{system}-camvid-96x128", system, asdict(blueprint), CAMVID, title=f"{system} tiny", data="camvid",
            seed=seed, steps=7, metrics={"val": {"miou": 0.5}}, licence="for tests",
        )  # fmt: skip
        torch.manual_seed(seed)
        pipeline = blueprint.build(len(CAMVID), seed)
        for parameter in pipeline.sampler.parameters() if isinstance(pipeline.sampler, torch.nn.Module) else ():
            parameter.data += 0.05 * torch.randn_like(parameter)  # an untrained sampler hardly deforms
        checkpoints.save(pipeline, folder / card.name, card)
    steps = {"steps": np.array([0, 5], np.int32), "saliency": np.random.default_rng(0).random((2, 12, 16), np.float32)}
    save_file(steps, folder / "lds-camvid-96x128" / "snapshots.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lzviz.checkpoints.places.folders", lambda: [folder])  # and none of those that ship
        server().workshop.memory.clear()
        yield folder
    server().workshop.memory.clear()


@pytest.fixture(scope="module")
def picture():
    """(id, pixels) of an uploaded picture."""
    small = np.random.default_rng(3).integers(0, 256, (6, 8, 3), np.uint8)
    image = Image.fromarray(small).resize(SIZE[::-1], Image.Resampling.BICUBIC)
    return client().post("lzviz/picture", content=encoded(image)).json()["id"], np.asarray(image)


@pytest.fixture(scope="module")
def labels():
    """(H, W) class indices with a rim that is not labelled."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    numbers = np.where(x + y < 50, 3, np.where(x > 40, 8, 0)).astype(np.uint8)
    numbers[:2] = 255
    return numbers


@pytest.fixture(scope="module")
def known(picture, labels):
    """The id of the uploaded labels."""
    told = give(picture, encode_png(labels)).json()
    assert told["ok"], told
    return told["id"]


def give(picture, body, checkpoint="lds-camvid-96x128"):
    return client().post(f"lzviz/truth?image={picture[0]}&checkpoint={checkpoint}", content=body)


def asked(picture, system="lds", path="lzviz/learned", state=None, **more):
    state = {"room": "pipeline", "checkpoint": f"{system}-camvid-96x128", "image": "own", **(state or {})}
    return post(path, {"seq": 5, "state": state, "image": picture[0], **more})


def answered(*arguments, **more):
    told = asked(*arguments, **more).json()
    assert told["ok"], told
    assert told["seq"] == 5
    return told


def traced(picture, system="lds", **more):
    image = torch.from_numpy(picture[1].transpose(2, 0, 1).copy())[None].float() / 255
    return checkpoints.load(f"{system}-camvid-96x128").run(image, **more)


def opened(text):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def floats(text, *shape):
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(shape)


def painted():
    y, x = np.mgrid[:30, :40]
    return Map.of((255 * ((x - 28) ** 2 + (y - 9) ** 2 < 40)).astype(np.uint8))


# The catalogue


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
    h, w = ZOOMED
    assert (
        np.abs(opened(told["image"]).astype(int) - 255 * trace.zoomed[0].permute(1, 2, 0).clamp(0, 1).numpy()).max()
        <= 1
    )
    assert np.array_equal(opened(told["prediction"]).shape, ZOOMED)
    assert floats(told["sites"], h * w, 2) == pytest.approx(trace.layout.sites.numpy(), abs=1e-3)
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
    assert told["image"] is told["sites"] is told["mesh"] is told["prediction"] is None
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
    sites = floats(told["sites"], -1, 2)
    assert sites.min(0) == pytest.approx([0, 0]) and sites.max(0) == pytest.approx([1499, 899])


def test_a_question_is_run_once(picture, monkeypatch):
    answered(picture, "lzu")
    monkeypatch.setattr(learned, "_run", lambda *_: pytest.fail("the network ran again"))
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


# True labels


def test_true_labels_are_compared_with(picture, labels, known):
    told = answered(picture, truth=known)["truth"]
    trace = traced(picture, labels=torch.from_numpy(labels).long()[None])
    assert told["source"] == "upload"
    assert told["miou"] == pytest.approx(trace.miou, abs=1e-3)
    assert told["intrinsic"] == pytest.approx(trace.intrinsic, abs=1e-3) and told["intrinsic"] > 0.5
    assert np.array_equal(opened(told["labels"]), labels)
    error = opened(told["error"])
    shown = opened(answered(picture, truth=known)["labels"])
    assert np.array_equal(error, np.where(labels == 255, 255, shown != labels))
    assert 1 - told["accuracy"] == pytest.approx((error == 1).sum() / (error != 255).sum())
    rows = {row["name"]: row for row in told["perClass"]}
    assert rows["road"]["truth"] == pytest.approx((labels == 3).sum() / (labels != 255).sum())
    assert rows["fence"]["truth"] == 0
    values = [row["iou"] for row in told["perClass"] if row["iou"] is not None]
    assert np.mean(values) == pytest.approx(told["miou"])


def test_true_labels_show_what_the_sampler_should_have_found(picture, labels, known):
    lds, es = (answered(picture, system, truth=known) for system in ("lds", "es"))
    trace = traced(picture, labels=torch.from_numpy(labels).long()[None])
    assert floats(lds["target"]["data"], 12, 16) == pytest.approx(trace.extras["target"][0, 0].numpy())
    sampler = checkpoints.load("es-camvid-96x128").sampler
    wanted = sampler.locate(boundary_pixels(torch.from_numpy(labels).long()[None]))[0].numpy()
    assert floats(es["wantedMesh"]["nodes"], 6, 8, 2) == pytest.approx(wanted, abs=1e-6)
    predicted = floats(es["mesh"]["nodes"], 6, 8, 2)
    assert es["wantedMesh"]["distance"] == pytest.approx(
        np.sqrt(np.square(wanted - predicted).sum(-1).mean()), rel=1e-4
    )


def test_a_drawn_picture_brings_its_labels():
    state = {"room": "pipeline", "checkpoint": "uniform-camvid-96x128", "image": "street"}
    told = post("lzviz/learned", {"state": state}).json()
    assert told["truth"]["source"] == "scene" and told["truth"]["intrinsic"] > 0.3
    assert post("lzviz/learned", {"state": state, "truth": ""}).json()["truth"] is None


def test_labels_are_matched_by_the_names_of_their_classes():
    drawn = truth.Truth(np.array([[0, 1], [2, 255]], np.uint8), ("sidewalk", "water", "sky"), "scene")
    named = drawn.named(("sky", "pavement"))
    assert named.labels.tolist() == [[1, 255], [0, 255]]
    assert str(named.notes[-1]) == "no class of the checkpoint: water"
    assert drawn.named(("gland",)) is None
    assert drawn.within((1, 4)).tolist() == [[2, 2, 255, 255]]


def coloured(labels, table):
    pixels = np.zeros((*labels.shape, 3), np.uint8)
    for index, colour in table.items():
        pixels[labels == index] = colour
    return pixels


@pytest.mark.parametrize("table", ["ours", "camvid", "cityscapes", "palette", "grey rgb"])
def test_a_label_map_may_be_indices_or_one_of_three_sets_of_colours(picture, labels, table):
    city = {0: (70, 130, 180), 3: (128, 64, 128), 8: (0, 0, 142)}
    camvid = {index: truth.CAMVID_COLOURS[CAMVID[index]] for index in (0, 3, 8)}
    ours = {index: palette.rgb(palette.COLOURS[CAMVID[index]]) for index in (0, 3, 8)}
    if table == "palette":
        image = Image.fromarray(labels, "P")
        image.putpalette(list(range(255)) * 3)
    elif table == "grey rgb":
        image = Image.fromarray(np.repeat(labels[..., None], 3, 2))
    else:
        image = Image.fromarray(coloured(labels, {"ours": ours, "camvid": camvid, "cityscapes": city}[table]))
    told = give(picture, encoded(image)).json()
    assert told["kind"] == ("index" if table in ("palette", "grey rgb") else "colour")
    assert (told["width"], told["height"]) == SIZE[::-1] and told["labelled"] == pytest.approx((labels != 255).mean())
    assert sorted(told["classes"]) == ["car", "road", "sky"]
    assert np.array_equal(opened(answered(picture, truth=told["id"])["truth"]["labels"]), labels)


def test_camvid_void_is_not_labelled(picture, labels):
    told = give(picture, encode_png(np.where(labels == 255, 11, labels).astype(np.uint8))).json()
    assert told["labelled"] == pytest.approx((labels != 255).mean())
    assert [english(note) for note in told["notes"]] == ["11 was read as not labelled"]


NOISE = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (encode_png(np.zeros((40, 64), np.uint8)), "64 x 40 and the picture 64 x 48"),
        (encode_png(np.full(SIZE, 17, np.uint8)), "holds the number 17"),
        (encode_png(np.full(SIZE, 255, np.uint8)), "labels no pixel"),
        (encode_png(NOISE), "colours that are no class"),
        (encoded(Image.new("L", SIZE[::-1], 3), "JPEG"), "as PNG"),
        (b"labels", "not an image"),
        (b"", "empty"),
    ],
)
def test_a_label_map_that_is_none_is_refused_in_a_sentence(picture, body, said):
    assert said in refusal(give(picture, body))


def test_labels_that_were_let_go_are_asked_for_again(picture):
    answer = asked(picture, truth="own-0")
    assert answer.status_code == 404 and "label map" in refusal(answer)


# The oracle


@pytest.mark.parametrize("stiffness", [0.1, 3.0])
def test_a_painted_mask_drives_the_energy_at_the_stiffness_asked_for(picture, stiffness):
    state = {"learnedFrom": "paint", "paint": painted().to_text(), "learnedLambda": stiffness}
    told = answered(picture, "es", state=state)
    sampler = checkpoints.load("es-camvid-96x128").sampler
    sampler.smoothness = stiffness
    mask = torch.from_numpy(painted().values.copy())[None] > 127
    assert floats(told["mesh"]["nodes"], 6, 8, 2) == pytest.approx(sampler.locate(mask)[0].numpy(), abs=1e-6)
    own = told["own"]["mesh"]
    assert floats(own["nodes"], 6, 8, 2) == pytest.approx(traced(picture, "es").layout.warp.nodes[0].numpy(), abs=1e-6)
    quick = answered(picture, "es", state=state, only="warp")
    assert quick["mesh"] == told["mesh"] and quick["image"] == told["image"]
    assert "labels" not in quick and "stages" not in quick


def test_the_checkpoint_itself_keeps_its_stiffness(picture):
    before = answered(picture, "es")["mesh"]
    answered(picture, "es", state={"learnedFrom": "edges", "learnedLambda": 9.0})
    assert answered(picture, "es")["mesh"] == before
    assert offered.pipeline(server().workshop, "es-camvid-96x128").sampler.smoothness == 1


def test_true_labels_and_files_drive_the_deformation(picture, labels, known):
    told = answered(picture, truth=known, state={"learnedFrom": "truth"})
    sampler = checkpoints.load("lds-camvid-96x128").sampler
    wanted = sampler.oracle(torch.from_numpy(labels).long()[None])
    assert floats(told["saliency"]["data"], 12, 16) == pytest.approx(wanted[0, 0].numpy(), abs=1e-6)
    own = floats(told["own"]["saliency"]["data"], 12, 16)
    assert own == pytest.approx(traced(picture).saliency[0, 0].numpy(), abs=1e-6)
    assert "told by true labels" in english(told["sentence"])
    file = answered(picture, file=painted().to_text(), state={"learnedFrom": "file"})
    values = torch.from_numpy(painted().values.copy())[None, None].double() / 255
    wanted = sampler.oracle_map(values)
    assert floats(file["saliency"]["data"], 12, 16) == pytest.approx(wanted[0, 0].numpy(), abs=1e-6)


def test_more_samples_lie_where_something_is_painted(picture):
    state = {"learnedFrom": "paint", "paint": painted().to_text(), "strength": 100}
    for system in ("lds", "lzu"):
        there, uniform = (
            (np.abs(floats(answered(picture, name, state=more)["sites"], -1, 2) - [45, 14.5]).max(1) < 9).sum()
            for name, more in ((system, state), ("uniform", {}))
        )
        assert there > 1.3 * uniform


def test_nothing_painted_is_uniform(picture):
    told, uniform = answered(picture, "es", state={"learnedFrom": "paint"}), answered(picture, "uniform")
    assert floats(told["sites"], -1, 2) == pytest.approx(floats(uniform["sites"], -1, 2), abs=1e-3)


@pytest.mark.parametrize(
    ("system", "state", "more", "said"),
    [
        ("uniform", {"learnedFrom": "edges"}, {}, "nobody can tell it where"),
        ("downsizenet", {"learnedFrom": "paint"}, {"only": "warp"}, "nobody can tell it where"),
        ("lds", {"learnedFrom": "truth"}, {}, "no true labels"),
        ("lds", {"learnedFrom": "file"}, {}, "open the map file again"),
        ("lds", {}, {"only": "labels"}, "only: expected"),
        ("lds", {}, {"truth": 3}, "truth: expected"),
        ("lds", {}, {"seq": True}, "seq"),
        ("nothing", {}, {}, "no checkpoint 'nothing-camvid-96x128'"),
    ],
)
def test_a_question_without_an_answer(picture, system, state, more, said):
    assert said in refusal(asked(picture, system, state=state, **more))


# Features, time, a pixel, training


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
    for what, size in (("overlay", SIZE), ("zoomed", ZOOMED), ("prediction", ZOOMED), ("error", SIZE)):
        image = Image.open(io.BytesIO(kept(picture, what, "png", truth=known)))
        assert image.size == size[::-1] and "mIoU" in image.info["Description"]
    assert "true labels" in refusal(asked(picture, path="lzviz/export", what="error", format="png"))
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
