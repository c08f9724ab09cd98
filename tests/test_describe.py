"""The sentence: what is said, in which words, and that it never says 0 % of something."""

import numpy as np
import pytest

from lzviz.measure.describe import Facts, place, sentence
from lzviz.text import Text, percent


def test_the_sentence_of_the_design():
    facts = Facts(
        7776, 0.164, 0.041, Text("places", {"places": [Text("place.centre"), Text("place.right")]}), 0, 1500, 3.31
    )
    assert str(sentence(facts)) == (
        "Spends 16 % of 7,776 samples on 4 % of the image, centre and right; no folds; at most 3.3× zoom."
    )


def test_folds_crops_and_unbounded_zoom_are_said():
    facts = Facts(100, None, 0.0, None, 12, 1500, None, 0.8734)
    assert str(sentence(facts)) == (
        "Spreads 100 samples over the whole image; 12 of 1,500 tiles fold; unbounded zoom; shows 87.3 % of the image."
    )


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (1e-5, "under 0.1 %"),
        (0.0034, "0.3 %"),
        (0.0099, "1 %"),
        (0.5, "50 %"),
        (0.997, "over 99 %"),
        (1, "100 %"),
    ],
)
def test_shares(share, text):
    assert percent(share) == text


def spots(*at: tuple[int, int], n: int = 9) -> np.ndarray:
    weight = np.zeros((n, n))
    for i, j in at:
        weight[i, j] += 1
    return weight


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (np.zeros((4, 4)), "None"),
        (np.ones((5, 7)), "all over"),
        (spots((4, 4)), "centre"),
        (spots((0, 0)), "top left"),
        (spots((8, 4)), "bottom"),
        (spots((4, 4), (4, 4), (4, 8)), "centre and right"),
        (spots((0, 8), (4, 0), (8, 8)), "top right, left and bottom right"),
        (np.pad(np.ones((1, 9)), ((0, 8), (0, 0))), "across the top"),
        (np.pad(np.ones((3, 9)), ((3, 3), (0, 0))), "across the middle"),
        (np.pad(np.ones((9, 1)), ((0, 0), (8, 0))), "down the right"),
        (np.ones((1, 1)), "all over"),
    ],
)
def test_places(weight, words):
    assert str(place(weight)) == words


def test_a_place_does_not_depend_on_the_scale_or_the_size_of_the_map():
    small = spots((0, 8), (4, 4), n=9)
    assert place(small * 1e-9) == place(small) == place(np.kron(small, np.ones((5, 5))))


def test_no_torch_is_needed():
    import subprocess
    import sys

    code = "import lzviz.measure.describe, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
