"""What is minimised, each loss against its definition, and what several processes must agree on."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn

from lzviz.checkpoints import available
from lzviz.datasets import procedural
from lzviz.parallel import SyncBatchNorm, mean_of_processes, synchronise
from lzviz.pipelines.blueprint import Blueprint, blueprint_from
from lzviz.samplers.lds import LDS
from lzviz.samplers.lds_loss import Loss, boundary_cells
from lzviz.training.batches import Batch
from lzviz.training.loop import OBJECTIVES
from lzviz.training.objective import Edges, Objective, jittered, pooled, recolour
from lzviz.training.recipes import RECIPES, Recipe, recipe_from, recipe_named

NETWORK = {"stem": 1, "width": 16, "channels": 16, "dropout": 0.0}
SHARES = torch.full((11,), 1 / 11)
UNIFORM = Recipe("tiny", Blueprint("uniform", network_options=NETWORK, size=(12, 16)), colour=0.0)
LDS_OPTIONS = {"nodes": (6, 8), "form": "square", "widths": (8,)}
LDS_RECIPE = replace(UNIFORM, blueprint=replace(UNIFORM.blueprint, system="lds", options=LDS_OPTIONS), edge=1.0)


def batch(size=(36, 48), count=2) -> Batch:
    examples = list(procedural(count=count, size=size))
    image = torch.stack([example.image for example in examples]).float() / 255
    labels = torch.stack([example.labels for example in examples]).long()
    return Batch(image, labels, torch.zeros(count, 3), torch.zeros(count, 3), torch.ones(count, dtype=torch.int64))


def objective(recipe: Recipe, shares=SHARES) -> Objective:
    return Objective(recipe.blueprint.build(11).eval(), recipe, shares)


# -- cross-entropy -------------------------------------------------------------------------------------------------------


def twin(scores, labels, weights, focal=0.0, area=None):
    """The weighted mean of -(1 - p)^focal log p, pixel by pixel."""
    above = below = 0.0
    for b, y, x in (labels != 255).nonzero().tolist():
        p = scores[b, :, y, x].softmax(0)[labels[b, y, x]]
        count = float(weights[labels[b, y, x]]) * (1 if area is None else float(area[b, y, x]))
        above += count * float(-((1 - p) ** focal) * p.log())
        below += count
    return above / below


@pytest.mark.parametrize("focal", [0.0, 2.0])
def test_cross_entropy_counts_labelled_pixels_by_class_and_area(focal):
    shares = torch.tensor([0.64, 0.32, 0.04])
    labels = torch.tensor([[[0, 1, 255], [2, 2, 1]], [[255, 255, 0], [1, 0, 0]]])
    scores, area = torch.randn(2, 3, 2, 3), torch.rand(2, 2, 3)
    loss = objective(replace(UNIFORM, focal=focal), shares).criterion.cross_entropy(scores, labels, area)
    assert loss == pytest.approx(twin(scores, labels, shares**-0.5, focal, area), rel=1e-5)
    even = objective(replace(UNIFORM, balance=0.0), shares).criterion.cross_entropy(scores, labels)
    assert even == pytest.approx(float(F.cross_entropy(scores, labels, ignore_index=255)), rel=1e-5)


def test_a_batch_without_labels_costs_nothing():
    scores = torch.randn(1, 11, 4, 4, requires_grad=True)
    loss = objective(UNIFORM).criterion.cross_entropy(scores, torch.full((1, 4, 4), 255))
    loss.backward()
    assert loss == 0 and not scores.grad.any()


def test_a_pixel_that_is_surely_right_has_a_finite_focal_gradient():
    scores = torch.tensor([90.0, 0.0]).reshape(1, 2, 1, 1).requires_grad_()
    objective(replace(UNIFORM, focal=0.5), torch.tensor([0.5, 0.5])).criterion.cross_entropy(
        scores, torch.zeros(1, 1, 1).long()
    ).backward()
    assert scores.grad.isfinite().all()


def test_where_nothing_is_warped_both_frames_are_the_same():
    zoomed, source = (
        objective(replace(UNIFORM, frame=frame))(batch())["total"].detach() for frame in ("zoomed", "source")
    )
    assert zoomed == pytest.approx(float(source), rel=1e-4)


# -- the sampler's own loss ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("edges", "gamma"), [("bce", 1.0), ("mse", 100.0)])
def test_the_edge_loss_is_that_of_lds(edges, gamma):
    module = objective(replace(LDS_RECIPE, edges=edges, edge=gamma))
    given = batch()
    sampler = module.pipeline.sampler
    assert isinstance(sampler, LDS)
    losses = module(given)
    out = sampler(given.image, (12, 16))
    torch.testing.assert_close(losses["edge"], Loss(gamma, edges=edges).edge(out, given.truth))
    torch.testing.assert_close(losses["total"], losses["segmentation"] + gamma * losses["edge"])


def test_the_single_loss_has_no_edges():
    assert set(objective(replace(LDS_RECIPE, edge=0.0))(batch())) == {"total", "segmentation"}


def test_a_learned_map_of_lzu_is_taught_edges_too():
    blueprint = Blueprint(
        "lzu", {"nodes": (6, 8), "fwhm": 2.0}, "module", {"widths": (8,)}, network_options=NETWORK, size=(12, 16)
    )
    module = objective(replace(UNIFORM, blueprint=blueprint, edge=1.0))
    given = batch()
    logits = module.pipeline.look.logits(given.image)
    wanted = F.binary_cross_entropy_with_logits(logits, boundary_cells(given.truth, (6, 8)))
    torch.testing.assert_close(module(given)["edge"], wanted)


def test_edges_alone_teach_the_sampler_and_leave_the_network():
    pipeline = LDS_RECIPE.blueprint.build(11).train()
    module, given = Edges(pipeline, LDS_RECIPE, SHARES), batch()
    before = {name: tensor.clone() for name, tensor in pipeline.network.state_dict().items()}
    losses = module(given)
    joint = objective(LDS_RECIPE)
    joint.pipeline.train()
    torch.testing.assert_close(losses["total"], joint(given)["edge"])
    losses["total"].backward()
    assert all(p.grad is not None for p in pipeline.sampler.module.parameters())
    assert not any(p.requires_grad for p in pipeline.network.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in pipeline.network.state_dict().items())


def test_edges_alone_need_a_module_and_a_loss():
    with pytest.raises(ValueError, match="needs an edge loss"):
        Edges(LDS_RECIPE.blueprint.build(11), replace(LDS_RECIPE, edge=0.0), SHARES)
    with pytest.raises(ValueError, match="no module to be taught"):
        Edges(UNIFORM.blueprint.build(11), replace(UNIFORM, edge=1.0), SHARES)(batch())


def test_a_pooled_view_moves_the_samples():
    module = objective(LDS_RECIPE)
    with torch.no_grad():
        for parameter in module.pipeline.sampler.parameters():
            parameter.normal_()
        plain, _ = module.downsample(batch())
        half, _ = module.downsample(batch()._replace(pool=torch.tensor([1, 4])))
    assert torch.equal(plain.saliency[0], half.saliency[0])
    assert not torch.allclose(plain.saliency[1], half.saliency[1])


@pytest.mark.parametrize(
    "name", [n for n, r in RECIPES.items() if n.endswith(("camvid-48x64", "360x480")) and r.blueprint.mask is None]
)
def test_every_recipe_has_finite_gradients_wherever_it_learns(name):
    recipe = RECIPES[name]
    blueprint = replace(recipe.blueprint, size=(24, 32), source=recipe.blueprint.source and (48, 64))
    recipe = replace(recipe, blueprint=blueprint, train_size=None)
    module = OBJECTIVES[recipe.objective](blueprint.build(11).train(), recipe, SHARES)
    given = batch((48, 64))
    losses = module(given._replace(shift=given.shift + 0.5, colour=given.colour - 0.5))
    losses["total"].backward()
    gradients = {key: p.grad for key, p in module.named_parameters() if p.requires_grad}
    assert all(g is not None and g.isfinite().all() for g in gradients.values())
    looks = [g for key, g in gradients.items() if "network" not in key]
    assert not looks or any(g.any() for g in looks)


# -- what is random ------------------------------------------------------------------------------------------------------


def test_recolouring_changes_gain_bias_and_saturation():
    image = torch.rand(3, 3, 4, 4)
    assert torch.allclose(recolour(image, torch.zeros(3, 3)), image)
    gain, bias, grey = recolour(image, torch.tensor([[0.2, 0, 0], [0, 0.2, 0], [0, 0, -1.0]]))
    torch.testing.assert_close(gain, image[0] * 1.2)
    torch.testing.assert_close(bias, image[1] + 0.1)
    torch.testing.assert_close(grey, image[2].mean(0).expand(3, -1, -1))


def test_an_older_frame_is_shifted_and_scaled():
    ramp = torch.linspace(0, 1, 11).expand(1, 1, 5, 11)
    left = jittered(ramp, torch.tensor([[0.0, 0.2, 0.0]]))
    torch.testing.assert_close(left[0, 0, 0, :9], ramp[0, 0, 0, 2:])
    wide = jittered(ramp, torch.tensor([[-0.5, 0.0, 0.0]]))
    torch.testing.assert_close(wide[0, 0, 0], torch.linspace(0.25, 0.75, 11))


def test_each_view_is_pooled_by_its_own_side():
    view = torch.arange(32.0).reshape(2, 1, 4, 4)
    out = pooled(view, torch.tensor([1, 2]))
    assert torch.equal(out[0], view[0])
    assert torch.equal(out[1, 0, 0], torch.tensor([18.5, 18.5, 20.5, 20.5]))
    odd = pooled(torch.arange(3.0).reshape(1, 1, 1, 3), torch.tensor([2]))
    assert odd.flatten().tolist() == [0.5, 0.5, 2.0]


# -- several processes ---------------------------------------------------------------------------------------------------


@pytest.fixture
def one_of_one():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def test_batchnorm_of_all_processes_is_batchnorm(one_of_one):
    ours, theirs = SyncBatchNorm(3).double(), nn.BatchNorm2d(3).double()
    inputs = [torch.randn(4, 3, 5, 6, dtype=torch.float64).mul(3).add(2).requires_grad_() for _ in range(2)]
    inputs[1].data.copy_(inputs[0].data)
    weight = torch.randn(4, 3, 5, 6, dtype=torch.float64)
    for module, x in zip((ours, theirs), inputs, strict=True):
        nn.init.uniform_(module.weight, 0.5, 0.5)
        (module(x) * weight).sum().backward()
    torch.testing.assert_close(inputs[0].grad, inputs[1].grad)
    torch.testing.assert_close(ours.weight.grad, theirs.weight.grad)
    torch.testing.assert_close(ours.state_dict(), theirs.state_dict())
    torch.testing.assert_close(ours.eval()(inputs[0]), theirs.eval()(inputs[0]))


def test_one_process_keeps_its_batchnorm(one_of_one):
    network = nn.Sequential(nn.BatchNorm2d(3))
    synchronise(network, torch.device("cpu"))
    assert type(network[0]) is nn.BatchNorm2d
    assert mean_of_processes(torch.tensor(3.0, requires_grad=True)).requires_grad is False


def test_many_processes_share_theirs(monkeypatch):
    monkeypatch.setattr("lzviz.parallel.processes", lambda: 2)
    network = nn.Sequential(nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm2d(4)))
    before = {name: id(value) for name, value in network.named_parameters()}
    synchronise(network, torch.device("cpu"))
    assert all(isinstance(each, SyncBatchNorm) for each in (network[0], network[1][0]))
    assert {name: id(value) for name, value in network.named_parameters()} == before
    on_gpu = nn.Sequential(nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm2d(4)))
    synchronise(on_gpu, torch.device("cuda"))
    assert all(type(each) is nn.SyncBatchNorm for each in (on_gpu[0], on_gpu[1][0]))


# -- recipes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_survive_json(name):
    recipe = RECIPES[name]
    assert recipe.name == name
    text = json.dumps(recipe.as_json())
    back = recipe_from(json.loads(text))
    assert json.dumps(back.as_json()) == text
    assert (back.window, back.scale, back.train_size) == (recipe.window, recipe.scale, recipe.train_size)


def test_every_start_is_a_recipe_of_its_own():
    for recipe in RECIPES.values():
        seen = set()
        while recipe.start:
            assert recipe.name not in seen
            seen.add(recipe.name)
            (start,) = recipe.start
            recipe = RECIPES[start]


def network_of(recipe: Recipe) -> tuple[str, ...]:
    """The run that the network comes from: stages that teach the sampler alone hand it on as it is."""
    while recipe.start and RECIPES[recipe.start[0]].objective == "edges":
        recipe = RECIPES[recipe.start[0]]
    return recipe.start


LONGER = ("lds-published-camvid-96x128", "downsizenet-camvid-96x128")


def test_zoomed_systems_differ_in_the_sampler_alone():
    """Same network, data, schedule and start: what may differ is the blueprint's sampler and the loss that suits it. Two have three
    times the steps, and stand in the tables of those."""
    may = {
        "name",
        "about",
        "notes",
        "blueprint",
        "frame",
        "area_weighted",
        "balance",
        "edge",
        "edges",
        "focal",
        "curriculum",
        "jitter",
        "start",
    }
    for size in ("camvid-96x128", "camvid-48x64", "scenes-64x128"):
        named = [r for name, r in RECIPES.items() if name.endswith(size) and not name.startswith("base")]
        assert {recipe.name for recipe in named if recipe.steps == 3000} == {r.name for r in named if r.name in LONGER}
        named = [replace(each, steps=1000) if each.name in LONGER else each for each in named]
        family = [recipe for recipe in named if recipe.objective == "task"]
        assert len(family) >= 13
        assert len({network_of(recipe) for recipe in family}) == 1
        for key in family[0].as_json().keys() - may:
            assert len({str(recipe.as_json()[key]) for recipe in family}) == 1, key
        assert len({str((r.blueprint.network, r.blueprint.network_options, r.blueprint.size)) for r in family}) == 1


def test_an_unknown_recipe_is_told_its_neighbours():
    with pytest.raises(ValueError, match=r"did you mean .*lds-camvid-96x128"):
        recipe_named("lds-camvid-96x12")
    with pytest.raises(ValueError, match="unknown colours"):
        recipe_from(UNIFORM.as_json() | {"colours": 1})


def test_the_cards_that_ship_say_what_their_recipes_say():
    """LDS's still named two of the seven things in which ours differs from the paper's."""
    told = 0
    for card in available():
        recipe = RECIPES.get(card.name)
        if recipe is None or json.dumps(asdict(blueprint_from(card.blueprint))) != json.dumps(asdict(recipe.blueprint)):
            continue
        told += 1
        assert recipe.notes in card.notes, card.name  # it may say more of what was measured
    assert told > 20


def test_the_recipes_train_what_ships():
    """Checkpoints of 800 and 3,000 steps stood under recipes of 1,500 and 1,000."""
    cards = [card for task in ("segmentation", "detection", "mono3d") for card in available(task)]
    steps = {card.name: (card.steps, RECIPES[card.name].steps) for card in cards if card.name in RECIPES}
    assert len(steps) > 45 and all(done == asked for done, asked in steps.values()), steps
