"""A task is one file: everything that runs, trains, counts and keeps it asks the promise."""

import json
from dataclasses import asdict

import pytest
import torch
from torch import nn

import lzviz
from lzviz import checkpoints, tasks
from lzviz.assess import Report, assess, paired
from lzviz.datasets import Dataset, Example
from lzviz.pipelines.blueprint import Blueprint
from lzviz.training import loop
from lzviz.training.recipes import Recipe

COLOUR = """
import torch
from torch import nn
from lzviz.tasks.base import Metric, Task


class Network(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.score = nn.Conv2d(3, classes, 1)

    def forward(self, image):
        return {"logits": [self.score(image).mean((2, 3))]}


class Loss(nn.Module):
    def forward(self, answer, out, truth, pipeline):
        return {"colour": nn.functional.cross_entropy(answer["logits"][0], truth)}


class Colour(Task):
    name, output = "colour", "colours"
    metrics = (Metric("accuracy", "accuracy", "right", "accuracy"),)

    def network(self, name, classes, seed=0, **options):
        torch.manual_seed(seed)
        return Network(classes)

    def restore(self, answer, out, size, uniform=False):
        return answer["logits"][0]

    def decide(self, restored):
        return list(restored.argmax(1))  # one an image, as boxes would be

    def checked(self, truth, image, name="labels", same_size=True):
        return truth.to(image.device)

    def collate(self, truths):
        return torch.stack(list(truths))

    def loss(self, recipe, summary):
        return Loss()

    def count(self, trace, index, classes, settings):
        right = trace.output[index] == trace.truth[index]
        return {"right": torch.full((index + 1,), int(right))}  # of varying length

    def score(self, metric, counts, weights=None):
        right = torch.stack([one.double().mean() for one in counts])
        return right.mean()[None] if weights is None else (weights.double() @ right / weights.sum(1))[:, None]


TASK = Colour()
"""


@pytest.fixture
def colours(tmp_path, monkeypatch):
    """Pictures of one colour, whose task is a file in another folder."""
    (tmp_path / "colour.py").write_text(COLOUR)
    monkeypatch.setattr(tasks, "__path__", [*tasks.__path__, str(tmp_path)])

    def example(k):
        image = torch.zeros(3, 24, 32, dtype=torch.uint8)
        image[k % 3] = 200
        return Example(f"{k:02d}", image, torch.tensor(k % 3))

    return Dataset("colours", ("red", "green", "blue"), [lambda k=k: example(k) for k in range(6)], task="colour")


def test_a_task_is_one_file(colours, tmp_path):
    assert "colour" in tasks.names()
    blueprint = Blueprint("lzu", {"nodes": (6, 8)}, size=(12, 16), task="colour")
    recipe = Recipe("tiny", blueprint, "colours", steps=2, batch=2, window=(24, 32))
    trained = loop.train(recipe, colours, tmp_path / "run")
    trace = trained.run(torch.rand(2, 3, 24, 32), torch.tensor([0, 1]))
    assert len(trace.output) == 2 and list(trace.milliseconds)[-1] == "colours" and "colours" in repr(trace)

    card = checkpoints.Card("tiny", "lzu", asdict(blueprint), colours.classes)
    loaded = lzviz.load(checkpoints.save(trained, tmp_path / "tiny", card))
    assert loaded.card is not None and loaded.card.task == loaded.task.name == "colour"

    report = assess(loaded, colours, batch=3, timing=False)
    assert report.accuracy == report.score("accuracy") and 0 <= report.accuracy <= 1
    assert [len(one) for one in report.counted["right"]] == [1, 2, 3, 1, 2, 3]
    back = Report.from_json(report.to_json())
    assert json.loads(back.to_json()) == json.loads(report.to_json()) and back.accuracy == report.accuracy
    assert paired(report, back).mean == 0 and "accuracy" in str(report)


def test_truths_of_another_task_are_refused(colours):
    other = lzviz.Pipeline(lzviz.samplers.create("uniform"), nn.Conv2d(3, 3, 1), (12, 16))
    with pytest.raises(ValueError, match="for segmentation, the truths of colours are for colour"):
        assess(other, colours)


def test_a_task_that_is_no_file_is_named():
    with pytest.raises(ValueError, match=r"no task named 'cooking'; there are .*segmentation"):
        tasks.task_named("cooking")


def test_tasks_are_attributes_of_their_package():
    from lzviz import tasks
    from lzviz.tasks import detection

    assert tasks.__getattr__("detection") is detection and callable(tasks.detection.wrap)
    for other in ("boxed", "no_such_task", "__wrapped__"):
        with pytest.raises(AttributeError, match="no attribute"):
            tasks.__getattr__(other)
