"""Labels of a comparison: whose classes their numbers are."""

import torch

import lzviz
from lzviz import scenes

NAME = "uniform-camvid-48x64"


def test_labels_of_other_classes_give_no_score_and_the_row_says_so():
    """CamVid's ids were read as field and water by a checkpoint of towns; a void of 11 took the score away without a word."""
    drawn = scenes.street(size=(120, 160), seed=3)
    image = torch.from_numpy(drawn.image).permute(2, 0, 1)[None].float() / 255
    labels = torch.from_numpy(drawn.labels)[None].long().clamp(max=10)
    towns = "lzu-fixed-aerial-64x64"
    found = lzviz.compare(image, [NAME, towns], "24x32", labels=labels, repeats=0)
    ours, theirs = found.table
    assert ours.score is not None and not ours.note
    assert theirs.score is None and theirs.note.startswith(
        "no score: the labels are read as sky, building, pole, road, ..."
    )
    assert "it knows grass, field, water, road, ..." in theirs.note and theirs.classes.keys() == ours.classes.keys()
    void = labels.clone()
    void[..., :2] = 11
    row = lzviz.compare(image, NAME, "24x32", labels=void, repeats=0).table[0]
    assert row.score is None and "the labels go to 11, its classes are 0 to 10" in row.note
