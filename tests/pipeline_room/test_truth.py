"""True labels of a picture: compared with, refused, and told to a sampler, as painted maps and files are."""

import numpy as np
import pytest
import torch
from PIL import Image

from lzviz import checkpoints, palette
from lzviz.contract import truth
from lzviz.contract.answers import checkpoints as offered
from lzviz.contract.pictures import encode_png
from lzviz.datasets import CAMVID
from lzviz.samplers.es import boundary_pixels
from tests.app_server import encoded, english, post, refusal, server
from tests.pipeline_room.conftest import SIZE, answered, asked, floats, give, opened, painted, sites_of, traced

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
            (np.abs(sites_of(answered(picture, name, state=more)) - [45, 14.5]).max(1) < 9).sum()
            for name, more in ((system, state), ("uniform", {}))
        )
        assert there > 1.3 * uniform


def test_nothing_painted_is_uniform(picture):
    told, uniform = answered(picture, "es", state={"learnedFrom": "paint"}), answered(picture, "uniform")
    assert sites_of(told) == pytest.approx(sites_of(uniform), abs=1e-3)


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
