"""Methods of a state side by side at one budget, asked of the workshop as a page does."""

import io

import numpy as np
import pytest
from PIL import Image

import lzviz
from lzviz import gallery
from lzviz.contract.messages.compare import AskCompared, Compared
from lzviz.contract.messages.warp import Export
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal, decode_bytes
from lzviz.contract.workshop import Workshop
from lzviz.measure import timing

SMALL = {"image": "rocket", "width": 32}
BOXED = {"saliency": "boxes", "boxes": [[100, 60, 180, 140]]}


@pytest.fixture(scope="module")
def workshop():
    return Workshop(gallery.shipped())


def asked(workshop, clock=False, **state):
    answer = workshop.answer(AskCompared(state=State.parse({**SMALL, **state}), clock=clock))
    assert isinstance(answer, Compared)
    return answer


def test_a_warped_sampler_spends_more_of_its_samples_in_the_box_and_the_best_is_said(workshop):
    answer = asked(workshop, compared=["uniform", "lzu"], **BOXED)
    uniform, lzu = answer.rows
    assert uniform.size == lzu.size and uniform.samples == lzu.samples
    assert lzu.region > 1.3 * uniform.region
    assert answer.best["region"] == [1] and answer.best["folds"] == [0, 1]
    assert (lzu.macs, lzu.p50, lzu.note) == (None, None, None)
    nodes = np.frombuffer(decode_bytes(lzu.nodes, "nodes"), np.float64).reshape(*lzu.nodes_size, 2)
    assert nodes.shape == (31, 51, 2) and abs(nodes).max() <= 1 + 1e-6


def test_the_warp_of_a_row_is_that_of_the_sampler_as_its_paper_sets_it(workshop):
    """Whatever the visitor has set for another sampler."""
    rows = [
        asked(workshop, compared=["uniform", "fovea"], fwhm=fwhm, nodes=[9, 9], **BOXED).rows[1] for fwhm in (2, 30)
    ]
    assert rows[0].nodes == rows[1].nodes and rows[0].nodes_size == (31, 51)


def test_the_table_comes_as_files_and_no_text_of_them_is_computed(workshop):
    answer = asked(workshop, compared=["uniform", "lzu"], **BOXED)
    assert answer.csv.splitlines()[0].startswith("method,") and len(answer.csv.splitlines()) == 3
    assert r"\toprule" in answer.latex and answer.markdown.startswith("| method |")


def test_what_cannot_spend_a_budget_says_so_and_the_others_stay(workshop):
    answer = asked(workshop, compared=["uniform", "lds-camvid-48x64"], comparedEqual="macs", comparedMacs=100)
    uniform, lds = answer.rows
    assert uniform.note.key == "compare.noNetwork" and uniform.size is None
    assert lds.note is None and lds.size is not None and abs(lds.macs / 1e8 - 1) < 0.5
    none = asked(workshop, compared=["lzu", "lds-camvid-48x64"], comparedEqual="macs", comparedMacs=10).rows[1]
    assert none.size is None or none.macs <= 1.1e7


def test_an_unknown_method_is_told_in_its_row(workshop):
    rows = asked(workshop, compared=["uniform", "no-such-checkpoint"]).rows
    assert rows[0].note is None and rows[0].size is not None
    assert rows[1].note.key == "compare.failed" and "no-such-checkpoint" in str(rows[1].note)
    assert rows[1].note.values["why"].key == "refused.checkpoint.unknown"


def test_times_come_only_when_they_are_asked_for(workshop):
    assert asked(workshop, compared=["uniform", "lzu"]).rows[0].p50 is None
    timed = asked(workshop, clock=True, compared=["uniform", "lzu"]).rows
    assert all(0 < row.p50 <= row.p95 for row in timed)
    question = AskCompared(state=State.parse(SMALL))
    assert question.bench == "networks" and question.model_copy(update={"clock": True}).bench == "clocks"


def test_the_methods_are_checked_and_stand_in_a_link():
    state = State.parse({"compared": ["uniform", "lzu", "lds-x", "cad:depth=2"]})
    assert "methods=uniform,lzu,lds-x,cad%3Adepth%3D2" in state.to_link()
    assert State.from_link(state.to_link()) == state
    for wrong in (["uniform"], ["a", "a"], list("abcde"), "uniform,lzu", ["a", "b c"], ["a", "b:"], [1, 2], None):
        with pytest.raises(Refusal):
            State.parse({"compared": wrong})
    with pytest.warns(UserWarning, match="Methods"):
        assert lzviz.State.from_link("methods=uniform,uniform").compared == State().compared


def plane(text):
    return np.asarray(Image.open(io.BytesIO(decode_bytes(text, "labels"))))


def test_labels_and_errors_are_the_networks_or_a_perfect_ones(workshop):
    answer = asked(workshop, image="street", width=64, compared=["uniform", "lds-scenes-64x128"])
    bare, trained = answer.rows
    truth = plane(answer.truth)
    assert bare.perfect and not trained.perfect and abs(sum(line.share for line in answer.classes) - 1) < 1e-9
    for row in answer.rows:
        labels, error = plane(row.labels), plane(row.error)
        assert labels.shape == error.shape == truth.shape and set(np.unique(error)) <= {0, 1, 255}
        names = np.array([line.name for line in row.lines] + ["?"] * (256 - len(row.lines)))
        same = (
            names[labels]
            == np.array([line.name for line in answer.classes] + ["!"] * (256 - len(answer.classes)))[truth]
        )
        assert same[error == 0].mean() > 0.99 and not same[error == 1].any()
    assert (plane(bare.error) == 1).mean() < (plane(trained.error) == 1).mean(), "a perfect network errs less"
    assert trained.ious.keys() <= {line.name for line in trained.lines} and bare.ious == {}
    unlabelled = asked(workshop, compared=["uniform", "lds-scenes-64x128"])
    assert unlabelled.truth is None and unlabelled.rows[0].labels is None and unlabelled.rows[1].error is None
    assert unlabelled.rows[1].labels is not None, "a network labels any picture"


def test_published_beside_fixed_and_settings_of_cad_are_methods(workshop):
    names = ["lds", "lds:published", "cad:depth=2", "lz:fwhm=4"]
    rows = asked(workshop, compared=names, **BOXED).rows
    assert [row.note for row in rows] == [None] * 4 and [row.name for row in rows] == names
    assert rows[0].nodes != rows[1].nodes
    assert rows[2].nodes is None and rows[2].levels.stride >= 1 and rows[2].samples < rows[0].samples
    wrong = asked(workshop, compared=["uniform", "lzu:fwhm=1000"]).rows[1]
    assert "no value of fwhm" in str(wrong.note)


def test_what_was_compared_is_not_computed_again_for_its_times(workshop, monkeypatch):
    """A budget of milliseconds would be solved anew by the clock, and the panes would change their sizes while one looks."""
    from lzviz.comparison import fits
    from lzviz.contract.answers import comparing

    def clock(functions, *, device, warm_up, repeats):
        sizes = {name: function.__defaults__[0].pipeline.size for name, function in functions.items()}
        return {name: timing.Timing((5 + h * w / 100,) * repeats, "a clock") for name, (h, w) in sizes.items()}

    state = {"compared": ["uniform", "lzu"], "comparedEqual": "ms", "comparedMs": 30.0}
    with monkeypatch.context() as patch:
        patch.setattr(fits.timing, "compare", clock)
        first = asked(workshop, **state)
    monkeypatch.setattr(comparing, "fits", None)
    again = asked(workshop, clock=True, **state, camera=[0.5, 0.5, 2])
    assert [row.size for row in again.rows] == [row.size for row in first.rows] and again.rows[0].p50 > 0
    assert all(row.floor > 0 for row in first.rows)


def test_figures_for_a_paper_come_from_the_room(workshop):
    state = State.parse({**SMALL, "room": "compare", "compared": ["uniform", "lzu"]})
    sheet = workshop.answer(Export(state=state, what="sheet", format="svg"))
    assert sheet.name == "lzviz-rocket-sheet.svg" and b">uniform" in sheet.body and b"<svg" in sheet.body
    assert workshop.answer(Export(state=state, what="sheet", format="png")).body[:4] == b"\x89PNG"
    with pytest.raises(Refusal, match=r"choose one of sheet\.png"):
        workshop.answer(Export(state=state, what="sheet", format="gif"))
