"""Classification: its task, the network that ships with ImageNet's weights, and what the page says of it."""

from __future__ import annotations

import pytest
import torch

import lzviz
from lzviz import checkpoints, gallery, samplers
from lzviz.checkpoints.published import KNOWN, convert, imagenet
from lzviz.contract.messages.recognition import AskRecognised
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.contract.workshop import Workshop
from lzviz.measure.cost import count
from lzviz.models import efficientnet_lite0
from lzviz.tasks import task_named
from lzviz.tasks.classification import ClassificationTrace, top
from lzviz.text import Text

NAME = "efficientnet-lite0-imagenet"
SHOP = Workshop(gallery.shipped())


def picture(name: str) -> torch.Tensor:
    pixels = SHOP.picture(name).pixels
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())[None].float() / 255


def cropped(image: torch.Tensor) -> torch.Tensor:
    side = min(image.shape[-2:])
    top, left = ((n - side) // 2 for n in image.shape[-2:])
    return image[..., top : top + side, left : left + side]


@pytest.mark.parametrize(
    ("name", "said"), [("chelsea", "Egyptian cat"), ("coffee", "espresso"), ("motorcycle", "moped")]
)
def test_what_ships_knows_the_world(name, said):
    trace = lzviz.load(NAME).run(cropped(picture(name)))
    assert isinstance(trace, ClassificationTrace) and trace.found is not None
    classes, shares = trace.top()
    assert said in [trace.name(k) for k in classes[0].tolist()]
    assert shares.shape == (1, 5) and bool((shares[0].diff() <= 0).all()) and 0 < shares.sum() <= 1
    assert f"{trace.name(int(trace.found))} {shares[0, 0]:.0%}" in str(trace)


def test_any_sampler_feeds_it():
    made = lzviz.load(NAME)
    warped = lzviz.Pipeline(samplers.create("lzu"), made.network, (48, 64), task=task_named("classification"))
    saliency = torch.ones(1, 1, 31, 51)
    saliency[..., 10:20, 15:35] = 50
    trace = warped.run(picture("chelsea"), saliency=saliency)
    assert trace.answer.shape == (1, 1000) and tuple(trace.zoomed.shape[-2:]) == (48, 64)


def test_a_set_is_scored_by_rank():
    task, scores = task_named("classification"), torch.zeros(3, 7)
    scores[0, 2], scores[1, 3], scores[2, 0] = 5, 5, 5
    scores[1, 4] = 4
    traces = [_trace(scores, torch.tensor([2, 4, -1]))] * 3
    counts = [task.count(trace, index, 7, {})["ranks"] for index, trace in enumerate(traces)]
    top1, top5 = (float(task.score(metric, counts)) for metric in task.metrics)
    assert (top1, top5) == (0.5, 1.0)
    weighted = task.score(task.metrics[0], counts, torch.tensor([[2.0, 1.0, 5.0], [0.0, 1.0, 0.0]]))
    assert weighted.squeeze(1).tolist() == pytest.approx([2 / 3, 0.0])


def _trace(scores: torch.Tensor, truth: torch.Tensor) -> ClassificationTrace:
    blank = dict.fromkeys(("image", "out", "extras", "features", "restored", "memory_kind", "device"))
    return ClassificationTrace(  # type: ignore[arg-type]
        **blank, answer=scores, output=scores.argmax(1), truth=truth, milliseconds={}, macs={}, memory=0
    )


def test_the_loss_leaves_out_pictures_without_a_class():
    task, scores = task_named("classification"), torch.randn(3, 5, requires_grad=True)
    loss = task.loss(None, torch.empty(0))(scores, None, torch.tensor([1, -1, 4]), None)["classification"]
    wanted = -(scores.log_softmax(1)[0, 1] + scores.log_softmax(1)[2, 4]) / 2
    torch.testing.assert_close(loss, wanted)
    loss.backward()
    assert scores.grad is not None and not scores.grad[1].any()


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda task: task.checked_answer(torch.rand(1, 5, 4, 4)), TypeError, r"expected class scores \(B, K\)"),
        (lambda task: task.checked(torch.rand(1), torch.rand(1, 3, 4, 4)), TypeError, "tensor of integers"),
        (
            lambda task: task.checked(torch.ones(2, dtype=torch.long), torch.rand(1, 3, 4, 4)),
            ValueError,
            "for 1 images",
        ),
    ],
)
def test_what_is_none_of_its_own_is_named(call, error, said):
    with pytest.raises(error, match=said):
        call(task_named("classification"))


def test_published_weights_become_a_checkpoint(tmp_path):
    network = efficientnet_lite0()
    torch.save(network.state_dict(), tmp_path / "lite0.pth")
    folder = convert(NAME, tmp_path / "lite0.pth", to=tmp_path)
    card = checkpoints.read_card(folder)
    assert card.classes == imagenet() and len(set(range(len(card.classes)))) == 1000 and card.task == "classification"
    assert card.recipe == {"converted": ["lite0.pth"]} and card.licence == KNOWN[NAME].licence
    assert card.macs == count(efficientnet_lite0(), (1, 3, 224, 224)).total
    loaded, x = lzviz.load(folder), torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        network.normalisation, network.at_least = "half", 224
        wanted = network.eval()(x)
        assert (loaded.network(x) - wanted).abs().max() < 0.05 * wanted.abs().max()
    with pytest.raises(ValueError, match="no published weights named 'mine' are known; there are efficientnet"):
        convert("mine", tmp_path / "lite0.pth", to=tmp_path)


def test_the_rooms_of_segmentation_do_not_offer_it():
    assert NAME in [card.name for card in checkpoints.available()]
    assert NAME not in [card.name for card in checkpoints.available("segmentation")]


def test_what_ships_is_small():
    """Each below 10 MB, all below 60: what an installation may weigh."""
    sizes = [file.stat().st_size for folder in checkpoints.folders()[-1:] for file in folder.glob("*/*.safetensors")]
    assert len(sizes) > 30 and max(sizes) < 10e6 and sum(sizes) < 60e6


# The page


def test_few_pixels_spent_two_ways():
    answer = SHOP.answer(AskRecognised(state=State(image="chelsea", width=192)))
    assert answer.warped.size == answer.uniform.size == (52, 78) and abs(52 * 78 - 64 * 64) < 64
    pairs = zip(answer.warped.likely, answer.uniform.likely, strict=True)
    assert all(a.name == b.name and abs(a.share - b.share) < 1e-4 for a, b in pairs), "nothing is painted"
    assert [len(each.likely) for each in (answer.whole, answer.uniform, answer.warped)] == [5, 5, 5]
    assert answer.whole.likely[0].name == "Egyptian cat"
    assert isinstance(answer.sentence, Text) and answer.sentence.values["pixels"] == 52 * 78
    zoomed = SHOP.answer(AskRecognised(state=State(image="chelsea", saliency="centre")))
    assert zoomed.warped != answer.warped and zoomed.uniform == answer.uniform


def test_no_classifier_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr("lzviz.checkpoints.places.shipped", lambda: tmp_path)
    with pytest.raises(Refusal, match="recognises things is not here"):
        Workshop(gallery.shipped()).answer(AskRecognised(state=State(image="chelsea")))


def test_top_knows_fewer_classes_than_five():
    classes, shares = top(torch.tensor([[0.0, 3.0]]))
    assert classes.tolist() == [[1, 0]] and float(shares.sum()) == pytest.approx(1)
