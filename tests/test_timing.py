"""Clocks: their arithmetic and their order, on a clock that the test winds itself; no test waits."""

import time

import pytest
import torch

from lzviz.measure import timing


@pytest.fixture
def hours(monkeypatch):
    """A wall clock that stands still until `hours.pass_(seconds)`."""

    class Hours:
        now = 100.0

        def pass_(self, seconds):
            self.now += seconds

    hours = Hours()
    monkeypatch.setattr(time, "perf_counter", lambda: hours.now)
    return hours


def test_median_and_p95():
    taken = timing.Timing(tuple(float(n) for n in (5, 1, 4, 2, 3)), "here")
    assert taken.median == 3
    assert taken.p95 == pytest.approx(4.8)
    assert str(taken) == "3.00 ms (p95 4.80, n = 5, here)"


def test_warm_up_does_not_count(hours):
    costs = iter([9, 9, 0.001, 0.003, 0.002])
    taken = timing.measure(lambda: hours.pass_(next(costs)), warm_up=2, repeats=3)
    assert taken.samples == pytest.approx((1, 3, 2))
    assert taken.device == timing.device_name("cpu")


def test_functions_take_turns(hours):
    order = []
    taken = timing.compare(
        {"a": lambda: (order.append("a"), hours.pass_(1)), "b": lambda: (order.append("b"), hours.pass_(2))},
        warm_up=1,
        repeats=2,
    )
    assert "".join(order) == "ababab"
    assert taken["a"].samples == pytest.approx((1000, 1000)) and taken["b"].median == pytest.approx(2000)


def test_stages_add_up_and_keep_their_order(hours):
    clock = timing.Clock()
    for name, seconds in (("warp", 1), ("network", 2), ("warp", 0.5)):
        with clock.stage(name):
            hours.pass_(seconds)
    hours.pass_(50)  # between stages nobody counts
    taken = clock.milliseconds()
    assert list(taken) == ["warp", "network"] and taken == pytest.approx({"warp": 1500, "network": 2000})


def test_a_stage_that_failed_is_not_recorded(hours):
    clock = timing.Clock()
    with pytest.raises(ZeroDivisionError), clock.stage("network"):
        raise ZeroDivisionError
    assert clock.milliseconds() == {}


class FakeGpu:
    """Events that may only be read once the device was waited for, in milliseconds of device time."""

    def __init__(self):
        self.now, self.finished = 0.0, -1.0
        gpu = self

        class Event:
            def __init__(self, enable_timing):
                assert enable_timing

            def record(self):
                self.at = gpu.now

            def elapsed_time(self, other):
                assert max(self.at, other.at) <= gpu.finished, "read before the device was done"
                return other.at - self.at

        self.Event = Event

    def synchronize(self, device):
        self.finished = self.now


def test_on_a_gpu_events_are_read_after_synchronising(monkeypatch):
    gpu = FakeGpu()
    monkeypatch.setattr(torch.cuda, "Event", gpu.Event)
    monkeypatch.setattr(torch.cuda, "synchronize", gpu.synchronize)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "a GPU")

    class Chosen:
        def __init__(self, device):
            assert torch.device(device).index == 1

        def __enter__(self): ...

        def __exit__(self, *exception): ...

    monkeypatch.setattr(torch.cuda, "device", Chosen)

    def work():
        gpu.now += 7

    taken = timing.measure(work, device="cuda:1", repeats=4)
    assert taken.samples == (7, 7, 7, 7) and taken.device == "a GPU"


def test_device_name_tells_processor_and_threads():
    name = timing.device_name("cpu")
    assert name.endswith(f"{torch.get_num_threads()} thread" + "s" * (torch.get_num_threads() > 1))
    assert len(name.split(",")[0]) > 3


@pytest.mark.parametrize("options", [{"repeats": 0}, {"warm_up": -1}])
def test_errors(options):
    with pytest.raises(ValueError, match="repeats >= 1"):
        timing.measure(lambda: None, **options)
