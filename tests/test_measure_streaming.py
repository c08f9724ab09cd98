"""Frames that pass while a detector thinks."""

import random

import numpy as np
import pytest
import torch

from lzviz.measure.streaming import known, taken


def test_a_detector_that_keeps_up_is_one_frame_late():
    assert [frame for frame, _ in taken(5, 100, 80)] == [0, 1, 2, 3, 4]
    assert known(5, 100, 80) == [None, 0, 1, 2, 3]
    assert known(4, 100, 100) == [None, 0, 1, 2]  # ready at the very moment


def test_what_is_slower_than_the_film_drops_frames():
    """Li et al. 2020: the newest frame is taken whenever the detector is free, and the answer is as old as the thinking took."""
    assert taken(6, 100, 250) == [(0, 250), (2, 500), (5, 750)]
    assert known(6, 100, 250) == [None, None, None, 0, 0, 2]


def test_each_frame_may_take_its_own_time():
    assert taken(4, 100, [10, 210, 10, 10]) == [(0, 10), (1, 310), (3, 320)]
    assert known(4, 100, [10, 210, 10, 10]) == [None, 0, 0, 0]


@pytest.mark.parametrize("values", [(0, 100, 10), (2, 0, 10), (2, 100, 0), (2, 100, [10]), (1, 100, float("inf"))])
def test_times_that_are_none(values):
    with pytest.raises(ValueError, match="frame"):
        taken(*values)


def plain(count, every, spent):
    """A clock that ticks: frames arrive, who is free takes the newest, and what is ready by then is known."""
    seen, ready, of, working, now = [], [], [None] * count, None, 0
    while now < count * every or working is not None:
        if working is not None and now >= working:
            ready.append(seen[-1])
            working = None
        newest = now // every
        if working is None and newest < count and newest not in seen:
            seen.append(newest)
            working = now + spent[newest]
        if now % every == 0 and newest < count:
            of[newest] = ready[-1] if ready else None
        now += 1
    return seen, of


@pytest.mark.parametrize("seed", range(20))
def test_frames_taken_and_known_are_those_of_a_plain_clock(seed):
    rng = random.Random(seed)
    count, every = rng.randint(1, 30), rng.choice([2, 3, 7, 16])
    spent = [rng.randint(1, rng.choice([2, 5, 40])) for _ in range(count)]
    assert ([frame for frame, _ in taken(count, every, spent)], known(count, every, spent)) == plain(
        count, every, spent
    )


@pytest.mark.parametrize(
    "spent", [np.float32(80), np.array(80.0), torch.tensor(80.0), [np.float32(80)] * 3, torch.full((3,), 80.0)]
)
def test_measured_times_are_numbers_of_any_library(spent):
    assert taken(3, np.float64(100), spent) == taken(3, 100, 80)


@pytest.mark.parametrize("values", [(5.0, 100, 5), (5, 100, "55555"), (5, "100", 5), (5, 100, None), (True, 100, 5)])
def test_what_is_no_time_is_told_in_a_sentence(values):
    with pytest.raises(TypeError, match="expected"):
        taken(*values)
    with pytest.raises(ValueError, match="finite"):
        taken(5, float("inf"), 5)
