"""A host that lends GPUs by the call: what crosses into the call and back, what is timed in it, and what is not."""

from __future__ import annotations

import pickle
import sys
import threading
import time
from types import SimpleNamespace

import pytest
import torch

import lzviz
from lzviz.contract import lent
from lzviz.contract.answers import keypoints, pipeline_more, pipeline_session
from lzviz.contract.answers.working import Working
from lzviz.contract.wire import Refusal
from lzviz.measure import timing
from lzviz.text import Text
from tests.test_timing import FakeGpu

GPU = FakeGpu()
QUEUE, BACK = 4.0, 0.5
"""Seconds for a GPU, and on the way back."""


@pytest.fixture
def clock(monkeypatch):
    """A wall clock that stands still."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(time, "perf_counter", lambda: clock.now)
    return clock


@pytest.fixture
def host(monkeypatch, clock):
    """Lends by the call, to another process: everything is bytes on the way there and back."""
    calls = []

    def gpu(duration):
        def lend(function):
            def there(body):
                assert isinstance(body, bytes)
                calls.append(duration)
                clock.now += QUEUE
                answer = function(body)
                clock.now += BACK
                return answer

            return there

        return lend

    monkeypatch.setenv("SPACES_ZERO_GPU", "1")
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=gpu))
    monkeypatch.delitem(sys.modules, "lzviz.contract.lending", raising=False)
    yield calls
    sys.modules.pop("lzviz.contract.lending", None)


def where() -> tuple[bool, str]:
    return lent.by_the_call(), lent.device().type


def fails(kind: str) -> None:
    if kind == "refusal":
        raise Refusal(Text("refused.keypoints"), 422, missing="picture")
    if kind == "lock":
        raise Held(threading.Lock())
    raise KeyError("a stage")


class Held(Exception):
    """Cannot be pickled."""


@lent.on_gpu
def twice(x: torch.Tensor) -> torch.Tensor:
    return 2 * x


def test_elsewhere_nothing_is_borrowed(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    kept = object()
    assert lent.borrow(lambda: kept) == (kept, None)
    assert not lent.by_the_call() and twice(torch.ones(2)).tolist() == [2, 2]


def test_the_gpu_is_there_only_inside_a_call(monkeypatch, host):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    assert where() == (True, "cpu") and lent.device_name() == "CPU"
    assert lent.borrow(where)[0] == (False, "cuda")
    assert where() == (True, "cpu")


def test_a_decorated_function_runs_there_once(host):
    assert twice(torch.tensor([3.0])).tolist() == [6]
    assert host == [lent.SECONDS]


def test_a_refusal_inside_a_call_is_the_visitors_sentence(host):
    with pytest.raises(Refusal) as caught:
        lent.borrow(fails, "refusal")
    assert (caught.value.status, caught.value.missing) == (422, "picture")
    assert caught.value.says == Text("refused.keypoints") and str(caught.value) == str(Text("refused.keypoints"))
    with pytest.raises(KeyError, match="a stage"):
        lent.borrow(fails, "other")


def test_a_failure_that_cannot_travel_is_told_in_words(host):
    with pytest.raises(RuntimeError, match=r"^Held: <unlocked"):
        lent.borrow(fails, "lock")
    assert lent.by_the_call()


class Timed:
    """A pipeline of two stages on a GPU that the test winds: 7 and 2 ms of device time each run."""

    def to(self, device: torch.device) -> Timed:
        self.device = device
        return self

    def run(self, image, labels, saliency, previous):
        clock = timing.Clock(self.device)
        with clock.stage("network"):
            GPU.now += 7
        with clock.stage("restore"):
            GPU.now += 2
        return SimpleNamespace(
            milliseconds=clock.milliseconds(), macs={"network": 5, "restore": 1}, device="a GPU", report=None
        )


def test_stages_are_timed_by_events_inside_the_call_and_the_queue_is_told_apart(monkeypatch, host):
    class Event(GPU.Event):
        def record(self):
            assert not lent.by_the_call(), "an event outside of the call"
            super().record()

    class Chosen:
        def __init__(self, device): ...

        def __enter__(self): ...

        def __exit__(self, *exception): ...

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "synchronize", GPU.synchronize)
    monkeypatch.setattr(torch.cuda, "device", Chosen)
    monkeypatch.setattr(pipeline_more, "precisely", torch.no_grad)
    session = SimpleNamespace(
        run=lambda: None, saliency=lambda: None, previous=None, pipeline=Timed(),
        working=SimpleNamespace(image=torch.rand(1, 3, 8, 8)),
        workshop=SimpleNamespace(running=threading.Lock()),
    )  # fmt: skip
    told = pipeline_more.time_answer(session)  # type: ignore[arg-type]
    assert [(line["name"], line["ms"]) for line in told["stages"]] == [("network", 7), ("restore", 2)]
    assert told["total"]["ms"] == 9 and told["device"] == "a GPU"
    assert str(told["clock"]).endswith("; it waited 4.5 s for the GPU, which is not counted")
    assert len(host) == 1


def test_a_real_pipeline_and_its_trace_travel(host):
    pipeline = lzviz.load("lds-camvid-96x128").requires_grad_(False)
    image = torch.rand(1, 3, 96, 192, generator=torch.Generator().manual_seed(3))
    expected = pipeline.run(image)
    trace = pipeline_session._run(pipeline, image, None, None, None)
    assert len(host) == 1 and torch.equal(trace.output, expected.output)
    assert trace.layout.sites.equal(expected.layout.sites) and set(trace.features) == set(expected.features)


def test_what_key_points_need_travels(host):
    working = Working(torch.randint(0, 256, (64, 96, 3), dtype=torch.uint8).numpy(), "a picture")
    chosen = keypoints._found()
    given = pickle.loads(pickle.dumps((working, chosen)))
    assert torch.equal(given[0].image, working.image) and given[1].width == chosen.width
