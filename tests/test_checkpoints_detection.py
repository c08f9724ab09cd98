"""The detectors that ship: small files, cards that say what was measured, and cars that are found."""

import pytest
import torch

import lzviz
from lzviz import checkpoints
from lzviz.checkpoints import MODEL
from lzviz.checkpoints.places import found
from lzviz.datasets import clips
from lzviz.models.suppression import overlaps
from lzviz.tasks import task_named

CARDS = [card for task in ("detection", "mono3d") for card in checkpoints.available(task)]
NAMES = [card.name for card in CARDS]


@pytest.fixture(scope="module")
def film():
    return clips(1, 2, (1024, 2048), first=100, split="val")


def test_what_is_compared_with_uniform_ships_beside_it():
    assert {"uniform-clips-128x256", "lzu-fixed-clips-128x256", "lzu-adaptive-clips-128x256"} <= set(NAMES)
    for name in NAMES:
        data, size = name.rsplit("-", 2)[1:]
        assert f"uniform-{data}-{size}" in NAMES


@pytest.mark.parametrize("card", CARDS, ids=NAMES)
def test_a_card_says_what_was_measured(card):
    assert card.classes == ("car", "cyclist", "pedestrian") and card.licence == "drawn by lzviz"
    assert (found(card.name) / MODEL).stat().st_size < 1_500_000
    measured = card.metrics["val"]
    assert {metric.name for metric in task_named(card.task).metrics} <= set(measured) and measured["pictures"] >= 36
    assert card.steps and card.recipe["data_options"]["size"] == [1024, 2048]


@pytest.mark.parametrize("name", NAMES)
def test_a_car_is_found_in_a_film(name, film):
    """The largest car of a frame is among what the detector is surest of, in the frame after the first too."""
    pipeline, previous = lzviz.load(name), None
    for example in film:
        trace = pipeline.run(example.image.float() / 255, [example.truth], previous=previous)
        previous = trace.output if pipeline.boundary is not None else None
        cars = example.truth.boxes[(example.truth.classes == 0) & ~example.truth.ignored]
        largest = cars[(cars[:, 2:] - cars[:, :2]).prod(1).argmax()][None]
        best = trace.output[0]
        best = best.boxes[(best.classes == 0) & (best.scores > 0.3)]
        assert len(best) and float(overlaps(largest, best).max()) > 0.5, example.name
    assert trace.classes == film.classes and torch.isfinite(trace.output[0].boxes).all()
