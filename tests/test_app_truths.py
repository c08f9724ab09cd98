"""True labels under the classes of another checkpoint."""

import numpy as np

from lzviz import checkpoints
from lzviz.contract.truth import IGNORE, Truth
from lzviz.gallery import shipped


def truth(*shares: tuple[str, int]) -> Truth:
    """Labels of so many pixels a class, in one row."""
    numbers = np.repeat(np.arange(len(shares), dtype=np.uint8), [count for _, count in shares])[None]
    return Truth(numbers, tuple(name for name, _ in shares), "shipped")


def test_a_class_without_a_namesake_is_not_labelled_and_is_told():
    found = truth(("road", 7), ("grass", 3)).named(("sky", "road"))
    assert found is not None and found.labels.tolist() == [[1] * 7 + [IGNORE] * 3]
    assert found.classes == ("sky", "road") and len(found.notes) == 1


def test_labels_of_which_a_third_has_no_namesake_are_none():
    """A town from above was scored by a network of streets: 4 %, of its roads and trees alone."""
    assert truth(("road", 6), ("grass", 4)).named(("sky", "road")) is None
    assert truth(("grass", 6)).named(("sky", "road")) is None
    town = shipped()["town"].truth
    assert town is not None
    street, above = (
        next(card.classes for card in checkpoints.available() if card.name == name)
        for name in ("lds-scenes-64x128", "lds-aerial-64x64")
    )
    assert town().named(street) is None and town().named(above) is not None


def test_what_is_not_labelled_has_no_vote():
    labels = truth(("road", 3), ("grass", 1), ("void", 7))
    labels.labels[labels.labels == 2] = IGNORE
    assert labels.named(("road",)) is not None
