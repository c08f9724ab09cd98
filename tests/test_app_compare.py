"""Methods of a state side by side at one budget, asked of the workshop as a page does."""

import numpy as np
import pytest

import lzviz
from lzviz import gallery
from lzviz.contract.messages.compare import AskCompared, Compared
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal, decode_bytes
from lzviz.contract.workshop import Workshop

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


def test_times_come_only_when_they_are_asked_for(workshop):
    assert asked(workshop, compared=["uniform", "lzu"]).rows[0].p50 is None
    timed = asked(workshop, clock=True, compared=["uniform", "lzu"]).rows
    assert all(0 < row.p50 <= row.p95 for row in timed)
    question = AskCompared(state=State.parse(SMALL))
    assert question.bench == "networks" and question.model_copy(update={"clock": True}).bench == "clocks"


def test_the_methods_are_checked_and_stand_in_a_link():
    state = State.parse({"compared": ["uniform", "lzu", "lds-x"]})
    assert "methods=uniform,lzu,lds-x" in state.to_link()
    assert State.from_link(state.to_link()) == state
    for wrong in (["uniform"], ["a", "a"], list("abcde"), "uniform,lzu", ["a", "b c"], [1, 2], None):
        with pytest.raises(Refusal):
            State.parse({"compared": wrong})
    with pytest.warns(UserWarning, match="Methods"):
        assert lzviz.State.from_link("methods=uniform,uniform").compared == State().compared
