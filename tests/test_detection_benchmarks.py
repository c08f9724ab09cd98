"""What the tables of detection are made of: maps that magnify what they look at, and answers that are late."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmarks import looking, streaming
from lzviz.checkpoints import Card
from lzviz.datasets import clips
from lzviz.training.recipes import RECIPES


def made(system: str, previous: str = "sequence"):
    blueprint = RECIPES[f"{system}-clips-128x256"].blueprint
    pipeline = replace(blueprint, size=(32, 64), network_options={"width": 8, "channels": 16}).build(3).eval()
    pipeline.card = Card(system, blueprint.system, {}, ("car", "cyclist", "pedestrian"), recipe={"previous": previous})
    return pipeline


@pytest.fixture(scope="module")
def films():
    return clips(2, 3, (128, 256), first=100, split="val")


def test_true_boxes_are_magnified_and_nothing_is_where_nothing_is_looked_at(films):
    rows = {row[1]: row[2:] for row in looking.looking([made("lzu-adaptive")], films)}
    assert list(rows) == ["what it found before", "true boxes before", "true boxes now", "nowhere"]
    small = {name: float(row[len(looking.METRICS)]) for name, row in rows.items()}
    assert small["nowhere"] == pytest.approx(1, abs=0.05)
    assert small["true boxes now"] > 1.3 and small["true boxes before"] > 1.2
    assert [row[:2] for row in looking.looking([made("uniform")], films)] == [["`uniform`", "nowhere"]]


def test_the_grid_moves_one_number_at_a_time(films, monkeypatch):
    for name in ("AMPLITUDES", "BANDWIDTHS", "KERNELS"):
        monkeypatch.setattr(looking, name, getattr(looking, name)[1:4:2])
    pipeline = made("lzu-fixed")
    rows = list(looking.grid(pipeline, films, films))
    assert [row[0].split(",")[0] for row in rows] == ["amplitude"] * 2 + ["bandwidth"] * 2 + ["kernel"] * 2
    zoom = [float(row[2 + len(looking.METRICS)]) for row in rows]
    assert zoom[1] > zoom[0] > 1, "more amplitude is more zoom"


def test_what_is_late_is_scored_late(films, monkeypatch):
    """Perfect answers score 1 in time; an answer that comes a frame late is that of the frame before, and none is at first."""

    def perfect(pipeline, example, previous, twice):
        true = example.truth
        found = looking.Boxes(true.boxes, torch.ones(len(true)), true.classes, true.boxes[:, :0], true.classes)
        return [found], {"network": 60.0}

    monkeypatch.setattr(streaming, "answered", perfect)
    *_, spent, waits, late, share = streaming.measured(made("uniform"), films, every=100.0)
    assert (spent, waits) == ("60", "100.0") and 0 < float(late) < 100 and float(share) == 100
    seen = streaming.film_rows(made("uniform"), [films[k] for k in range(3)], True, 100.0, 60.0, 3)
    assert [len(rows) - 3 for rows in seen] == [0, len(films[0].truth), len(films[1].truth)]


@pytest.mark.parametrize(("previous", "looks"), [("sequence", 1), ("twice", 2)])
def test_a_cascade_looks_twice_at_every_frame(films, previous, looks, monkeypatch):
    pipeline, runs = made("lzu-cascaded", previous), []
    once = pipeline.once
    monkeypatch.setattr(pipeline, "once", lambda *values: runs.append(1) or once(*values))
    with torch.no_grad():
        first, _ = streaming.answered(pipeline, films[0], None, previous == "twice")
        runs.clear()
        streaming.answered(pipeline, films[1], first, previous == "twice")
    assert len(runs) == looks
