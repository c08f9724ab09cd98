"""The fast schedules: the same function whichever ran, chosen by costs, and nothing kept that belongs to the caller."""

from __future__ import annotations

import copy
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from lzviz.adaptive import adapt, masks
from lzviz.adaptive import engine as engines
from lzviz.adaptive.adapter import Adapted
from lzviz.adaptive.engine import Engine
from lzviz.adaptive.lattice import Grid, Window
from lzviz.adaptive.report import Report
from lzviz.contract.memory import Memory
from lzviz.models import resnet, segmentation
from tests.test_adaptive_segmenting import adaptive, network, picture

SIZE = (135, 100)  # 17 x 13 cells at stride 8


def compiled(seed: int = 0) -> Adapted:
    torch.manual_seed(seed)
    return adapt(resnet.resnet18(width=16, classes=None, output_stride=16).eval(), (8, 16)).compile()


def image(batch: int = 2) -> Tensor:
    return torch.rand(batch, 3, *SIZE, generator=torch.Generator().manual_seed(4))


def levels(keep: float, batch: int = 2) -> Tensor:
    return masks.random((17, 13), keep, 1, batch, generator=torch.Generator().manual_seed(5))


def costs(monkeypatch: pytest.MonkeyPatch, **seconds: float) -> None:
    """Fixed prices: of a row, of the coarsest grid's convolution and of the dense grid's; products are free."""
    monkeypatch.setattr(Engine, "_seconds_of", lambda self, key, way: seconds.get(key[0], 0.0))


ROWS = {"row": 0.0, "coarse": 0.0, "dense": 1.0}
DENSE = {"row": 1e3, "coarse": 1.0, "dense": 1e-3}
GATHER = {"row": 1e-3, "coarse": 1e3, "dense": 1e9}


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("prices", [ROWS, DENSE, GATHER], ids=["rows", "dense", "gather"])
@torch.no_grad()
def test_every_schedule_is_the_same_function_and_the_report_names_it(monkeypatch, keep, prices):
    network = compiled()
    expected = adapt(network.model, (8, 16))(image(), levels=levels(keep))  # norms are identities by now
    costs(monkeypatch, **prices)
    made, report = network.run(image(), levels=levels(keep))
    assert (made - expected).abs().max() <= 1e-5 * expected.abs().max()
    stock = network.model(image())
    corners = made[..., ::2, ::2]
    assert (corners - stock).abs().max() <= 1e-5 * stock.abs().max()
    if prices is DENSE:
        assert report.path == "dense fall-back" and "dense fall-back" in str(report)
        assert "layer4.1.conv2" in report.on_dense
    else:
        assert report.path == "sparse rows" and not report.on_dense


@torch.no_grad()
def test_prices_decide_by_the_number_of_rows(monkeypatch):
    """At a price where half the cells are cheaper on rows and nearly all are not."""
    network, plan = compiled(), {}
    costs(monkeypatch, row=1024.0, coarse=20.0, dense=150.0)
    for keep in (0.2, 0.95):
        report = network.run(image(1), levels=levels(keep, 1)).report
        plan[keep] = report.path
    assert plan == {0.2: "sparse rows", 0.95: "dense fall-back"}


@pytest.mark.parametrize("seed", range(4))
@torch.no_grad()
def test_layers_may_change_between_schedules_at_will(seed, monkeypatch):
    """Rows left on the dense grid by some layers, read from there or taken by others."""
    torch.manual_seed(0)
    model = segmentation.deeplabv3("resnet18", 5, output_stride=16).eval()
    x, cells = torch.randn(2, 3, 72, 104), masks.random((9, 13), 0.6, 1)
    cells = torch.cat([cells, masks.random((9, 13), 0.9, 1)])
    generator, prices = torch.Generator().manual_seed(seed), {}

    def price(self: Engine, key: tuple, way: object) -> float:
        if key[0] != "dense":
            return 1e6 if key[0] == "row" else 0.0
        return prices.setdefault(key, 1e9 * float(torch.rand((), generator=generator) < 0.5))

    monkeypatch.setattr(Engine, "_seconds_of", price)
    network = adapt(model, (8, 16))
    fast = network.compile()
    made, report = fast.run(x, levels=cells)
    assert report.on_rows and report.on_dense
    assert torch.allclose(made, network(x, levels=cells), atol=1e-4)


@torch.no_grad()
def test_prices_are_asked_once(monkeypatch):
    network, asked = compiled(), []
    clock = engines._clock
    monkeypatch.setattr(engines, "_clock", lambda way: asked.append(1) or clock(way))
    network(image(), levels=levels(0.5))
    assert asked
    asked.clear()
    network(image(), levels=levels(0.5))
    network(image(), levels=levels(0.3))
    assert not asked


@torch.no_grad()
def test_no_table_is_made_for_what_runs_densely(monkeypatch):
    """Which schedule is cheaper follows from the number of rows alone."""
    network = compiled()
    costs(monkeypatch, **DENSE)
    network(image(), levels=levels(0.8))
    made: list[str] = []
    for name in ("_at", "owner", "_row_at"):
        maker = Grid.__dict__[name].func
        monkeypatch.setattr(
            Grid.__dict__[name], "func", lambda self, name=name, maker=maker: made.append(name) or maker(self)
        )
    monkeypatch.setattr(Grid, "make_blocks", lambda *_: pytest.fail("tables were made"))
    report = network.run(image(), levels=levels(0.9)).report
    assert not report.on_rows and not made


@torch.no_grad()
def test_tables_have_a_price_shared_by_those_who_read_them(monkeypatch):
    network = compiled()
    users = cast(Engine, network._engine).users
    assert (
        users[Window((3, 3), (1, 1), (1, 1), (1, 1), 1), 1] > users[Window((3, 3), (1, 1), (1, 1), (1, 1), 2), 0] == 1
    )
    costs(monkeypatch, row=0.0, coarse=0.0, dense=1.0, tables=2.0)
    report = network.run(image(), levels=levels(0.7)).report
    assert report.on_dense == ("layer3.0.conv1", "layer3.0.downsample.0") and "layer3.0.conv2" in report.on_rows
    assert network.run(image(), levels=levels(0.7)).report == report, "a mask has one schedule, whatever ran before"


@torch.no_grad()
def test_whoever_listens_to_a_convolution_still_hears_it():
    heard: list[int] = []
    model = resnet.resnet18(width=16, classes=None, output_stride=16).eval()
    model.layer4[1].conv1.register_forward_hook(lambda *_: heard.append(1))
    adapt(model, (8, 16)).compile()(image(), levels=levels(0.5))
    assert heard


class Peeking(nn.Module):
    """Reads convolutions before their rectification too: in a sum, and in what it returns."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8)
        self.second, self.third = nn.Conv2d(8, 8, 3, 1, 1), nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = torch.relu(self.norm(self.first(x)))
        z = self.second(y)
        w = self.third(torch.relu(z) + z)
        return torch.relu(w), w


@pytest.mark.parametrize("keep", [0.4, 1.0])
@torch.no_grad()
def test_only_what_nothing_else_reads_is_rectified_in_passing(keep):
    torch.manual_seed(0)
    model, x, cells = Peeking().eval(), torch.randn(1, 3, 16, 24), masks.random((16, 24), keep, 1)
    fast = adapt(model, (1, 2)).compile()
    assert fast._rectified == {"first"}
    for made, expected in zip(fast(x, levels=cells), adapt(model, (1, 2))(x, levels=cells), strict=True):
        assert torch.allclose(made, expected, atol=1e-5)


@torch.no_grad()
def test_a_result_outlives_the_runs_after_it():
    network = compiled()
    first = network(image(), levels=levels(0.5))
    kept = first.clone()
    network(image() + 1, levels=levels(0.3))
    assert torch.equal(first, kept)


@torch.no_grad()
def test_a_mask_seen_again_brings_its_tables():
    network = compiled()
    tree = network.plan(levels(0.5), SIZE).tree
    assert network.plan(levels(0.5).clone(), SIZE).tree is tree
    assert network.plan(levels(0.3), SIZE).tree is not tree
    for keep in (0.1, 0.2, 0.7, 0.9):
        network.plan(levels(keep), SIZE)
    assert network.plan(levels(0.5), SIZE).tree is not tree, "only the latest masks are kept"


def test_a_mask_seen_in_inference_mode_can_train():
    model = resnet.resnet18(width=8, classes=None)
    adapted, cells = adapt(model, (8, 16)), levels(0.5)
    with torch.inference_mode():
        adapted(image(), levels=cells)
    adapted(image(), levels=cells).sum().backward()
    assert model.layer4[1].conv2.weight.grad is not None


@pytest.mark.parametrize("keep", [0.0, 0.3, 1.0])
def test_multiply_adds_of_a_mask_are_those_of_a_pass_of_its_own(keep):
    adapted = compiled()
    adapted.plan(levels(0.6), SIZE).macs  # noqa: B018 - what is remembered comes from another mask
    plan = adapted.plan(levels(keep), SIZE)
    own = adapted._shapes(plan.tree, SIZE, None)
    assert list(plan.cost.layers) == own.layers and list(plan.cost_dense.layers) == own.layers_dense


def test_a_copied_network_measures_for_itself():
    network = compiled()
    with torch.no_grad():
        expected, report = network.run(image(), levels=levels(0.5))
        assert report.on_rows or report.on_dense
        for other in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
            assert torch.allclose(other(image(), levels=levels(0.5)), expected, atol=1e-5)
            assert set(other._names) == {id(module) for module in other.model.modules()}


# The pipeline --------------------------------------------------------------------------------------------------------


@torch.no_grad()
def test_a_pipeline_runs_compiled_and_follows_its_weights():
    pipeline, x = adaptive(), picture()
    slow = pipeline.adapted(x, levels=pipeline.levels(x))[0]
    fast = pipeline.ready(x)
    assert fast is not pipeline.adapted and pipeline.ready(x) is fast
    levels: Any = pipeline.levels(x)
    assert torch.allclose(fast(x, levels=levels)[0], slow, rtol=0, atol=1e-5 * float(slow.abs().max()))
    before, report = pipeline(x), pipeline.run(x).report
    assert report.on_rows or report.on_dense
    pipeline.network.load_state_dict({k: v * 1.5 for k, v in network().state_dict().items()})
    assert (pipeline(x) - before).abs().max() > 1e-3
    other = copy.deepcopy(pipeline)
    assert torch.allclose(other(x), pipeline(x), rtol=0, atol=1e-5 * float(pipeline(x).abs().max()))
    with torch.no_grad():
        other.network.classifier[-1].weight.mul_(0)  # type: ignore[index, operator]
    assert not torch.allclose(other(x), pipeline(x), rtol=1e-4)


def test_a_pipeline_in_training_or_with_gradients_runs_the_network_itself():
    pipeline, x = adaptive(), picture()
    assert pipeline.ready(x) is pipeline.adapted  # gradients are wanted
    with torch.no_grad():
        assert pipeline.train().ready(x) is pipeline.adapted


# Many at once --------------------------------------------------------------------------------------------------------


def at_once(works: list) -> list:
    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(lambda work: work(), works))


@pytest.mark.parametrize("fast", [False, True], ids=["eager", "compiled"])
def test_a_report_belongs_to_its_result_and_one_network_serves_many_threads(fast):
    network = compiled()
    network = network if fast else adapt(network.model, (8, 16))
    cells = [torch.zeros_like(levels(0.5)), *(levels(keep) for keep in (0.1, 0.3, 0.5, 0.7))] * 4

    def run(some: Tensor) -> tuple[Tensor, Any]:
        with torch.no_grad():
            return network.run(image(), levels=some)

    expected = [run(some) for some in cells]
    for (made, report), (wanted, before) in zip(at_once([partial(run, c) for c in cells]), expected, strict=True):
        assert (made - wanted).abs().max() <= 1e-5 * wanted.abs().max()
        assert set(report.on_rows + report.on_dense) == set(before.on_rows + before.on_dense)
        assert bool(report.on_rows) or not before.on_rows or fast
        assert report.steps == before.steps


def test_networks_made_at_once_have_the_weights_of_their_seed():
    """torch has one random state: two builders that draw at the same time would share it."""
    build = partial(resnet.resnet18, width=32, classes=None)
    wanted = build().state_dict()
    for made in at_once([build] * 8):
        assert all(torch.equal(value, wanted[name]) for name, value in made.state_dict().items())


def test_what_several_ask_for_at_once_is_made_once():
    memory, made = Memory(), []

    def make() -> object:
        time.sleep(0.02)
        made.append(object())
        return made[-1]

    found = at_once([lambda: memory.keep("networks", "one", make, lambda _: 1)] * 6)
    assert len(made) == 1 and all(one is found[0] for one in found)


def test_a_mixed_schedule_names_its_stages():
    report = Report((), ("a",), ("backbone.layer4.0.conv1",), ("backbone.layer4.1.conv1", "classifier.0.convs.1.0"))
    assert report.path == "sparse rows, dense fall-back in 1 of 2 of backbone.layer4, classifier"


@torch.no_grad()
def test_layers_on_the_dense_grid_fetch_no_rows_between_them(monkeypatch):
    """Asking a map for its number of axes brought its rows back after every layer."""
    torch.manual_seed(0)
    network = adapt(segmentation.deeplabv3("resnet18", 5, output_stride=16).eval(), (8, 16)).compile()
    costs(monkeypatch, **DENSE)
    taken: list[int] = []
    take = Grid.take
    monkeypatch.setattr(Grid, "take", lambda self, dense: taken.append(self.exponent) or take(self, dense))
    network(image(), levels=levels(0.8))
    assert not any(taken), "only the adaptive step takes rows, at exponent 0"
