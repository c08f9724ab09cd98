"""CAD's room on the trained network: labels of its three forms, how good they are, and the masks that are about them."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from lzviz import gallery
from lzviz.adaptive import masks
from lzviz.contract.answers.cad_masks import Session, predicted, segmenter
from lzviz.contract.maps import Map
from lzviz.contract.messages.cad import AskCost, AskFeatures, AskMask, AskSegmented
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.contract.workshop import Workshop
from lzviz.measure import evaluation
from lzviz.trace.frames import on_zoomed

SHOP = Workshop(gallery.shipped())


def state(**options) -> State:
    return State.parse({"room": "cad", "image": "street", **options})


def plane(png: str) -> torch.Tensor:
    return torch.from_numpy(np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))).astype(np.int64))[None]


def session(**options) -> Session:
    asked = state(**options)
    return Session(SHOP, asked, SHOP.picture("street"), None, SHOP.truth_of(AskSegmented(state=asked)))


def test_the_room_opens_on_the_trained_network():
    opened = State(room="cad")
    assert (opened.cad_network, opened.cad_view) == ("compact", "segmentation")


def test_labels_and_scores_are_the_pipeline_s_own():
    told, here = SHOP.answer(AskSegmented(state=state(cadThreshold=0.1))), session(cadThreshold=0.1)
    labels, truth = {name: plane(png) for name, png in told.labels.items()}, here.labels
    assert truth is not None and told.miou is not None and told.errors is not None
    pipeline, image = segmenter(SHOP), here.working.image
    with torch.no_grad():
        trace = on_zoomed(pipeline.network.logits(image), here.size).argmax(1)  # the strided network as it is
    assert (labels["strided"] == trace).float().mean() > 0.995
    for name, each in labels.items():
        assert tuple(each.shape[1:]) == here.size
        wanted = evaluation.miou(evaluation.confusion(each, truth.long(), len(told.classes), 255))
        assert told.miou[name] == pytest.approx(float(wanted))
        wrong = torch.where(truth == 255, 255, (each != truth).long())
        assert torch.equal(plane(told.errors[name]), wrong)
    assert told.agree["dilated"] == 1 and told.agree["strided"] < told.agree["adaptive"] < 1
    assert told.macs["strided"] < told.macs["adaptive"] < told.macs["dilated"]
    assert not told.fits, "it learned from photographs, not from this drawing"


@pytest.mark.parametrize(("paint", "form"), [(0, "strided"), (255, "dilated")])
def test_all_coarse_and_all_fine_are_the_two_networks(paint, form):
    painted = Map.of(np.full((64, 128), paint, np.uint8)).to_text()
    told = SHOP.answer(AskSegmented(state=state(cadPaint=painted)))
    assert told.labels["adaptive"] == told.labels[form]


def test_the_oracle_keeps_what_only_the_fine_network_gets_right():
    here = session(cadMask="oracle")
    pipeline, cells = segmenter(SHOP), torch.zeros(1, 1, *here.cells, dtype=torch.int64)
    fine, coarse = (predicted(here, pipeline, cells + level).long() for level in (0, 1))
    assert here.labels is not None
    assert torch.equal(here.mask(), masks.oracle(fine, coarse, here.labels.long(), 33, 8, 1))


def test_an_own_mask_that_is_bright_everywhere_is_the_dilated_network():
    file = Map.of(np.full((32, 64), 255, np.uint8)).to_text()
    told = SHOP.answer(AskSegmented(state=state(cadMask="file"), file=file))
    assert told.labels["adaptive"] == told.labels["dilated"]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (AskMask(state=state(cadMask="file")), "a mask of yours"),
        (AskMask(state=state(cadMask="oracle", image="coffee")), "needs true labels"),
        (AskMask(state=state(cadMask="oracle", cadLevels="1-8")), "output stride 8"),
        (AskSegmented(state=state(cadNetwork="resnet18")), "is the compact network's"),
        (AskSegmented(state=state(cadLevels="8-32")), "is the compact network's"),
        (AskCost(state=state(cadMask="oracle")), "belongs to one picture"),
    ],
)
def test_what_cannot_be_had_says_why(question, said):
    with pytest.raises(Refusal, match=said):
        SHOP.answer(question)


def test_a_picture_without_labels_has_no_score():
    told = SHOP.answer(AskSegmented(state=state(image="coffee")))
    assert told.miou is None and told.errors is None and told.agree["dilated"] == 1


def test_a_network_that_nobody_retrained_names_what_it_sees_in_each_form():
    told = SHOP.answer(AskFeatures(state=state(image="chelsea", cadNetwork="efficientnet", cadThreshold=0.1)))
    assert told.likely is not None and set(told.likely) == {"strided", "adaptive", "dilated"}
    assert all(likely[0].name == "Egyptian cat" for likely in told.likely.values())
    assert told.badge.exact and told.channels == 1280 and told.weights.key == "weights.imagenet"
    assert SHOP.answer(AskFeatures(state=state(image="chelsea", cadNetwork="resnet18"))).likely is None
