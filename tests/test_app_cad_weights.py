"""CAD's room beyond its masks: the key point view, published weights, and checkpoints that lend theirs."""

import base64
import io
from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image

from lzviz import checkpoints, models
from lzviz.contract.answers import cad, cad_masks, keypoints, networks
from lzviz.contract.pictures import Picture
from lzviz.contract.wire import Refusal
from lzviz.measure.evaluation import project
from lzviz.tasks.matching import TRIPLETS
from lzviz.training.recipes import RECIPES
from tests.app_server import english, post
from tests.test_app_cad import SHOP, cells, in_the_browser, parse, picture, price

# Key points


@pytest.fixture(scope="module")
def matched():
    return post(
        "lzviz/keypoints", {"seq": 2, "state": {"room": "cad", "cadView": "keypoints"}, "image": "rocket"}
    ).json()


def test_the_key_point_view(matched):
    assert matched["ok"] and matched["seq"] == 2
    h, w = matched["image"]["h"], matched["image"]["w"]
    assert h * w <= 128 * 256 * 1.01
    warped = Image.open(io.BytesIO(base64.b64decode(matched["warped"])))
    assert warped.size == (w, h)
    assert 20 < len(matched["points"]) <= 512 and 20 < len(matched["warpedPoints"]) <= 512
    assert cells(matched["levels"], "u1", matched["grid"]).max() == 3
    assert english(matched["weights"]) == "random, seed 0, 16 of 64 channels" and english(
        matched["weights"]
    ) in english(matched["sentence"])


def test_each_curve_is_the_share_of_its_pairs(matched):
    curves = matched["curves"]
    assert [curve["stride"] for curve in curves[:4]] == [8, 4, 2, 1]
    kinds = [(tuple(curve["triplet"]), curve["control"]) for curve in curves[4:]]
    assert kinds[-3:] == [((0, 19, 35), "random"), ((0, 19, 35), "inverse"), ((0, 19, 35), None)]
    assert {triplet for triplet, _ in kinds} == set(TRIPLETS[1:-1])
    costs = [curve["macs"] for curve in curves]
    assert costs[:4] == sorted(costs[:4]) and costs[0] < min(costs[4:]) and max(costs[4:]) <= costs[3]
    points, others = np.array(matched["points"]), np.array(matched["warpedPoints"])
    matrix = torch.tensor(matched["homography"], dtype=torch.float64)
    apart = project(torch.tensor(points), matrix).numpy()[:, None] - others
    nearest = np.linalg.norm(apart, axis=2).min(1)
    possible = np.array([(nearest <= t).sum() for t in matched["thresholds"]])
    for curve in curves:
        pairs = np.array(curve["pairs"])
        first, second = points[pairs[:, 0].astype(int)], others[pairs[:, 1].astype(int)]
        errors = np.linalg.norm(project(torch.tensor(first), matrix).numpy() - second, axis=1)
        assert errors == pytest.approx(pairs[:, 2], abs=0.03)
        right = np.array([(pairs[:, 2] <= t).sum() for t in matched["thresholds"]])
        assert curve["mma"] == pytest.approx(right / possible, abs=0.03)


def test_the_matches_shown_are_those_of_the_last_curve(matched):
    shown = np.array(matched["matches"])
    pairs = np.array(matched["curves"][-1]["pairs"])
    assert matched["triplet"] == matched["curves"][-1]["triplet"]
    assert np.array_equal(shown[:, :2], np.array(matched["points"])[pairs[:, 0].astype(int)])
    assert np.array_equal(shown[:, 4], pairs[:, 2] <= matched["correct"])


def test_a_picture_without_key_points():
    with pytest.raises(Refusal, match="No key points"):
        keypoints.answer(SHOP, Picture(np.full((60, 80, 3), 127, np.uint8)))


# Published weights


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LZVIZ_WEIGHTS", str(tmp_path))
    SHOP.memory.clear()
    yield tmp_path
    SHOP.memory.clear()


def test_published_weights_are_used_and_named(folder):
    torch.save(models.resnet18(seed=4).state_dict(), folder / "resnet18.pth")
    answer = cad.answer(SHOP, parse(cadNetwork="resnet18"), picture(64, 64, seed=21))
    assert english(answer["weights"]) == "resnet18.pth" and english(answer["sentence"]).endswith(
        "Weights: resnet18.pth."
    )
    assert answer["badge"]["exact"]


def test_published_descriptors_are_used_and_named(folder):
    network = models.d2net(seed=4)
    torch.save({"model": network.state_dict()}, folder / "d2net.pth")
    chosen = keypoints.descriptors(SHOP)
    assert (str(chosen.name), chosen.width, chosen.normalisation) == ("d2net.pth", 64, "caffe")
    for stride in keypoints.STRIDES:
        made = chosen.network(stride).state_dict()
        assert all(torch.equal(made[key], value) for key, value in network.state_dict().items())


def test_weights_of_something_else_are_refused_in_a_sentence(folder):
    torch.save({"w": torch.zeros(2)}, folder / "resnet18.pth")
    torch.save({"w": torch.zeros(2)}, folder / "d2net.pth")
    with pytest.raises(Refusal, match="weights of resnet18 cannot be used"):
        cad.answer(SHOP, parse(cadNetwork="resnet18"), picture(64, 64, seed=22))
    with pytest.raises(Refusal, match="cannot be used"):
        keypoints.answer(SHOP, picture(64, 96, seed=22))


# Checkpoints


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A folder of checkpoints with the learned mask, which keeps some cells and halves others."""
    monkeypatch.setattr("lzviz.checkpoints.places.folders", lambda: [tmp_path])  # and none of those that ship
    SHOP.memory.clear()
    recipe = RECIPES[networks.LEARNED]
    pipeline = recipe.blueprint.build(11, seed=5)
    blueprint = asdict(recipe.blueprint)

    def ship(name=networks.LEARNED):
        checkpoints.save(pipeline, tmp_path / name, checkpoints.Card(name, "cad", blueprint, tuple("abcdefghijk")))
        return checkpoints.load(name)

    yield ship
    SHOP.memory.clear()


def test_without_a_checkpoint_the_compact_network_is_random_and_says_so(shipped):
    answer = cad.answer(SHOP, parse(cadNetwork="compact"), picture(72, 96))
    assert (answer["network"], english(answer["weights"]), answer["channels"]) == ("compact", "random, seed 0", 128)
    assert answer["badge"]["exact"]
    for ask in (cad.mask_answer, cad.answer):
        with pytest.raises(Refusal, match="There is no checkpoint cad-learned-camvid-360x480"):
            ask(SHOP, parse(cadMask="learned"), picture(72, 96))


@pytest.mark.parametrize("name", [networks.LEARNED, "dilated-camvid-360x480"])
def test_the_compact_network_has_a_checkpoint_s_weights_and_names_it(shipped, name):
    pipeline = shipped(name)
    subject = networks.subject(SHOP, "compact", "8-16")
    assert str(subject.weights) == f"trained on street scenes ({name})"
    weight = "layer4.1.conv2.weight"
    assert torch.equal(subject.dilated.get_parameter(weight), pipeline.network.backbone.get_parameter(weight))


@pytest.mark.parametrize("levels", ["8-16", "8-32"])
def test_the_learned_mask_is_the_checkpoint_s_and_runs_its_network(shipped, levels):
    shown, pipeline = picture(135, 203), shipped()
    state = parse(cadMask="learned", cadLevels=levels)
    told, answer = cad.mask_answer(SHOP, state, shown), cad.answer(SHOP, state, shown)
    grid, wanted = (
        told["grid"],
        pipeline.downsample(cad_masks.Session(SHOP, state, shown).working.image).extras["levels"],
    )
    assert np.array_equal(cells(told["levels"], "u1", grid), wanted[0, 0].numpy() * grid["depth"])
    assert told["network"] == answer["network"] == "compact" and answer["badge"]["exact"]
    assert price(told, in_the_browser(told, state)) == answer["macs"]["adaptive"]


def test_the_learned_mask_was_trained_at_one_output_stride(shipped):
    shipped()
    with pytest.raises(Refusal, match="choose the levels 8 → 16 or 8 → 32"):
        cad.mask_answer(SHOP, parse(cadMask="learned", cadLevels="1-8"), picture(64, 64))
