"""What a run starts from: each start gives what fits, later ones win, and what came from where is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from lzviz import checkpoints
from lzviz.cli import main
from lzviz.datasets import clips
from lzviz.training import loop, runs
from lzviz.training.recipes import RECIPES, recipe_from
from lzviz.training.starts import fitting, start_from, starts_of
from tests.training_run import NETWORK, RECIPE, UNIFORM

DETECTOR, TEXTURE = "uniform-clips-128x256", "downsizenet-camvid-96x128"
MOVED = RECIPES["downsizenet-clips-128x256"]


def same(mine, theirs) -> bool:
    mine, theirs = mine.state_dict(), theirs.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)


@pytest.fixture(scope="module")
def starts():
    return {name: checkpoints.load(name) for name in (DETECTOR, TEXTURE)}


def test_a_start_gives_its_weights():
    start, pipeline = UNIFORM.blueprint.build(11, seed=5), RECIPE.blueprint.build(11)
    told = start_from(pipeline, {"before": start})
    assert same(pipeline.network, start.network)
    tensors = len(start.network.state_dict())
    assert told[0] == f"network: {tensors} of {tensors} tensors from before"
    assert told[1].startswith("sampler: all new") and len(told) == 2


def test_a_start_with_other_classes_gives_all_but_its_scores():
    start, pipeline, fresh = (UNIFORM.blueprint.build(n, seed) for n, seed in ((11, 5), (3, 0), (3, 0)))
    told = start_from(pipeline, {"before": start})
    mine, theirs, before = (each.network.state_dict() for each in (pipeline, start, fresh))
    other = [name for name in mine if mine[name].shape != theirs[name].shape]
    assert other and all(name.startswith("classifier") for name in other)
    assert all(torch.equal(mine[name], (before if name in other else theirs)[name]) for name in mine)
    assert told == [f"network: {len(mine) - len(other)} of {len(mine)} tensors from before, {len(other)} new"]


def test_a_start_with_another_architecture_is_refused():
    start = replace(UNIFORM.blueprint, network_options=NETWORK | {"decoder": False}).build(11)
    pipeline = UNIFORM.blueprint.build(11)
    with pytest.raises(ValueError, match=r"nothing of before fits: its network has other layers: \d+ are missing, as "):
        start_from(pipeline, {"before": start})


def test_a_detector_and_the_texture_of_a_segmentation_start_together(starts):
    """The network is one start's and the sampler the other's, in either order."""
    for order in ((DETECTOR, TEXTURE), (TEXTURE, DETECTOR)):
        pipeline = MOVED.blueprint.build(3)
        told = start_from(pipeline, {name: starts[name] for name in order})
        assert same(pipeline.network, starts[DETECTOR].network)
        assert same(pipeline.sampler, starts[TEXTURE].sampler)
        assert told == [f"network: 156 of 156 tensors from {DETECTOR}", f"sampler: 6 of 6 tensors from {TEXTURE}"]


def test_of_two_starts_with_the_same_part_the_later_wins():
    pipeline, first, second = (UNIFORM.blueprint.build(11, seed) for seed in (0, 5, 6))
    told = start_from(pipeline, {"first": first, "second": second})
    assert same(pipeline.network, second.network)
    assert told[-1] == "nothing is left of first: what it gave, later ones gave too"


def test_a_start_of_another_network_needs_another_that_fits(starts):
    """A sampler alone is no start where the network was meant to come too; beside a network it is one."""
    blueprint = RECIPES[TEXTURE].blueprint
    blueprint = replace(blueprint, network_options=dict(blueprint.network_options) | {"decoder": False})
    pipeline, network = blueprint.build(11), replace(blueprint, system="uniform").build(11, 5)
    with pytest.raises(
        ValueError, match=rf"the network of {TEXTURE} has other layers: .* Add a start whose network fits"
    ):
        start_from(pipeline, {TEXTURE: starts[TEXTURE]})
    start_from(pipeline, {TEXTURE: starts[TEXTURE], "network": network})
    assert same(pipeline.network, network.network) and same(pipeline.sampler, starts[TEXTURE].sampler)


def test_a_start_of_which_nothing_fits_is_refused(starts):
    """Even beside one that fits: who names it expects something of it."""
    pipeline = RECIPES[DETECTOR].blueprint.build(3)
    with pytest.raises(
        ValueError, match=rf"nothing of {TEXTURE} fits: its network is a \w+ and not a \w+\. Leave it out"
    ):
        start_from(pipeline, starts)


def test_a_run_says_what_came_from_where_and_goes_on_with_it(starts, tmp_path, capsys):
    blueprint = replace(MOVED.blueprint, size=(32, 64), source=(64, 128))
    recipe = replace(MOVED, blueprint=blueprint, window=(64, 128), steps=1, batch=2, start=(DETECTOR, TEXTURE))
    data = clips(2, 1, (64, 128))
    made = loop.train(recipe, data, tmp_path / recipe.run, starts=starts_of(recipe, tmp_path))
    said = capsys.readouterr().out
    assert f"tensors from {DETECTOR}\n" in said and f"sampler: 6 of 6 tensors from {TEXTURE}\n" in said
    moved = [
        (a - b).abs().max()
        for a, b in zip(made.sampler.parameters(), starts[TEXTURE].sampler.parameters(), strict=True)
    ]
    assert max(moved) < 0.05  # one step away
    assert recipe_from(runs.about(tmp_path / recipe.run).recipe).start == (DETECTOR, TEXTURE)


def test_counters_that_fit_everywhere_are_no_start():
    wanted = {"weight": torch.zeros(3, 2), "steps": torch.tensor(0)}
    theirs = {"weight": torch.ones(4, 2), "steps": torch.tensor(9)}
    for same_task in (True, False):
        assert fitting(wanted, theirs, same_task) == "has no tensor of the shapes that are wanted"
    assert fitting(wanted, {**theirs, "weight": torch.ones(3, 2)}, True).keys() == wanted.keys()


@pytest.mark.parametrize(("written", "start"), [("base", ("base",)), (None, ()), (["a", "b"], ("a", "b"))])
def test_a_recipe_of_when_there_was_one_start_is_read(written, start):
    assert recipe_from(RECIPE.as_json() | {"start": written}).start == start


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--start", DETECTOR, "downsizenet-clips-128x256"], "write the recipe before it, RECIPE --start NAME NAME"),
        (["downsizenet-clips-128x256", "--start", "none", DETECTOR], "--start none is random weights: give it alone"),
    ],
)
def test_starts_that_cannot_be_meant_are_refused(arguments, message, capsys):
    with pytest.raises(SystemExit):
        main(["train", *arguments])
    assert message in capsys.readouterr().err
