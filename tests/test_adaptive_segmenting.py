"""Segmentation networks run adaptively, through the same run and Trace as every other pipeline."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lzviz import models, samplers
from lzviz.adaptive import QuadTree, masks
from lzviz.adaptive.learned import MaskNetwork
from lzviz.datasets import Dataset, Example
from lzviz.measure.cost import count
from lzviz.pipelines.adaptive import AdaptivePipeline, between, mask_network
from lzviz.pipelines.blueprint import Blueprint, blueprint_from
from lzviz.pipelines.pipeline import Pipeline
from lzviz.tasks.segmentation import TASK as SEGMENTATION
from lzviz.training import loop
from lzviz.training.batches import Batches
from lzviz.training.masks import Adaptive, Streams
from lzviz.training.recipes import RECIPES

CLASSES = 5
SMALL = {"stem": 4, "decoder": False, "channels": 16}
LEARNED = {"kind": "learned", "widths": (16, 16, 16), "gamma": 0.9}


def network(**options: object) -> models.Segmenter:
    """The strided network, with norms that do something."""
    made = models.create("compact", classes=CLASSES, seed=3, **{"output_stride": 16, **SMALL, **options}).eval()
    generator = torch.Generator().manual_seed(0)
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
    return made  # type: ignore[return-value]


def dilated() -> models.Segmenter:
    """The same weights at half the output stride, the head's taps twice as far apart."""
    made = network(output_stride=8, head_dilation=2)
    made.load_state_dict(network().state_dict())
    return made


def adaptive(mask: str = "edges", **options: object) -> AdaptivePipeline:
    sampler, strided = samplers.create("cad", stride=8, **options), network()
    look = mask_network(strided, sampler, (16, 16, 16), seed=2) if mask == "learned" else None  # type: ignore[arg-type]
    return AdaptivePipeline(sampler, strided, mask, look).eval()  # type: ignore[arg-type]


def picture(h: int = 96, w: int = 128, batch: int = 1) -> Tensor:
    """Noise on the left, one colour on the right."""
    image = torch.rand(batch, 3, h, w, generator=torch.Generator().manual_seed(1))
    image[..., w // 2 :] = 0.4
    return image


def stock(made: models.Segmenter, image: Tensor) -> Pipeline:
    return Pipeline(samplers.create("uniform"), made, tuple(image.shape[-2:])).eval()  # type: ignore[arg-type]


@torch.no_grad()
@pytest.mark.parametrize("size", [(96, 128), (100, 60)])
def test_all_fine_is_the_dilated_network_head_included(size):
    image = picture(*size, batch=2)
    assert torch.allclose(adaptive("fine")(image), stock(dilated(), image)(image), atol=1e-4)
    pipeline, x = adaptive("fine").double(), image.double()
    scores = pipeline.through(x, pipeline.everywhere(x, 0))[2]
    assert torch.allclose(scores, dilated().double().logits(x), rtol=0, atol=1e-12)


@torch.no_grad()
def test_all_coarse_is_the_strided_network_interpolated():
    image = picture(batch=2)
    assert torch.allclose(adaptive("coarse")(image), stock(network(), image)(image), atol=1e-4)


def test_what_lies_between_the_corners_is_bilinear():
    """A plane over the fine grid survives any mask, but for the last cells, beyond which there is no corner."""
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(24.0), indexing="ij")
    plane = (2 * y - 3 * x)[None, None]
    for depth in (1, 2):
        levels = QuadTree(
            masks.random((16, 24), 0.3, depth, generator=torch.Generator().manual_seed(0)), 1, (16, 24)
        ).levels
        corners = plane.clone()
        for level in range(depth + 1):
            side = 2**level
            blocks = plane[..., ::side, ::side].repeat_interleave(side, -2).repeat_interleave(side, -1)
            corners = torch.where(levels == level, blocks, corners)
        assert not torch.equal(corners, plane)
        inside = slice(0, -(2**depth))
        assert torch.allclose(between(corners, levels, depth)[..., inside, inside], plane[..., inside, inside])


def test_cells_that_are_kept_keep_their_scores():
    scores, levels = torch.rand(2, 3, 9, 13), masks.random((9, 13), 0.4, 1, 2)
    kept = (levels == 0).expand_as(scores)
    assert torch.equal(between(scores, levels, 1)[kept], scores[kept])


@torch.no_grad()
def test_a_run_has_every_stage_and_counts_what_was_computed():
    image, labels = picture(), torch.randint(0, CLASSES, (1, 96, 128))
    pipeline = adaptive("edges", dilation=1)
    trace = pipeline.run(image, labels)
    assert list(trace.milliseconds) == ["look", "downsample", "network", "restore", "labels"]
    assert isinstance(trace.layout, QuadTree) and trace.layout.source_size == (96, 128)
    levels = trace.out.extras["levels"]
    assert torch.equal(levels, trace.layout.levels) and (levels[..., :8] == 0).all() and (levels[..., 10:] == 1).all()
    plan = pipeline.adapted.plan(levels, (96, 128))
    assert trace.macs == {"look": 0, "downsample": 0, "network": plan.macs, "restore": 0, "labels": 0}
    shape = (1, 3, 96, 128)
    assert count(network(), shape).total < plan.macs < plan.macs_dense == count(dilated(), shape).total
    assert trace.labels is not None and trace.labels.shape == labels.shape
    assert torch.equal(trace.labels, pipeline(image).argmax(1))
    assert {name: tuple(f.shape) for name, f in trace.features.items()} == {
        "stage 1": (1, 16, 24, 32),
        "stage 2": (1, 32, 12, 16),
        "stage 3": (1, 64, 12, 16),
        "stage 4": (1, 128, 12, 16),
    }
    assert 0 <= trace.miou <= 1 and 0 < trace.intrinsic <= 1


class Diary:
    """A meter that writes down what began and ended."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    @contextmanager
    def stage(self, name: str):
        self.lines.append(f"{name} begins")
        yield
        self.lines.append(f"{name} ends")


@torch.no_grad()
def test_a_learned_mask_looks_at_features_in_the_middle_of_the_pass_and_the_networks_clock_pauses():
    pipeline, diary, seen = adaptive("learned"), Diary(), []
    pipeline.look.register_forward_hook(lambda module, arguments, levels: seen.append((arguments[0], levels)))
    done = pipeline.once(picture(), diary)
    assert diary.lines == [
        f"{stage} {what}"
        for stage in ("look", "network", "look", "downsample", "network", "restore", "labels")
        for what in ("begins", "ends")
    ]
    ((features, levels),) = seen
    assert torch.equal(features, done.features["stage 2"])
    assert torch.equal(levels, done.out.extras["levels"])
    assert torch.equal(pipeline.downsample(picture()).extras["levels"], levels)
    assert torch.allclose(pipeline.answer(done.out)[1], done.answer)


@torch.no_grad()
def test_the_mask_network_is_counted_as_look():
    pipeline = adaptive("learned")
    expected = 12 * 16 * 9 * (32 * 16 + 16 * 16) + 6 * 8 * 9 * (16 * 16 + 16 * 2)
    assert pipeline.run(picture()).macs["look"] == expected


@torch.no_grad()
def test_the_oracle_keeps_what_only_the_fine_network_gets_right():
    image = picture()
    fine, coarse = (adaptive(mask)(image).argmax(1) for mask in ("fine", "coarse"))
    differ = (fine != coarse).nonzero()
    assert len(differ)
    _, y, x = differ[len(differ) // 2].tolist()
    labels = coarse.clone()
    labels[0, y, x] = fine[0, y, x]
    trace = adaptive("oracle", dilation=1).run(image, labels)
    kept = (trace.out.extras["levels"] == 0).nonzero()[:, 2:]
    assert len(kept) == 4 and [y // 16, x // 16] == (kept[0] // 2).tolist()
    assert trace.macs["look"] == 0
    assert (adaptive("oracle").run(image, coarse).out.extras["levels"] == 1).all()
    with pytest.raises(ValueError, match="needs labels"):
        adaptive("oracle").run(image)


@torch.no_grad()
@pytest.mark.parametrize("mask", ["edges", "learned", "fine", "coarse", "oracle"])
def test_a_map_of_the_callers_overrules_any_mask(mask):
    look = torch.zeros(1, 1, 7, 9)
    look[..., :3] = 1
    levels = adaptive(mask).run(picture(), saliency=look).out.extras["levels"]
    assert (levels[..., :4] == 0).all() and (levels[..., 8:] == 1).all()


def test_the_published_mode_runs_the_network_as_the_public_code_does():
    settings = adaptive(mode="published").adapted.settings
    assert (settings.offset, settings.pool) == ("center", "paper")


@pytest.mark.parametrize("mask", [LEARNED, {"kind": "edges"}, {"kind": "oracle"}])
def test_a_blueprint_survives_json_and_builds_the_same_pipeline(mask):
    blueprint = Blueprint(
        "cad", {"stride": 8, "threshold": "low"}, network_options=SMALL | {"output_stride": 16}, mask=mask
    )
    again = blueprint_from(json.loads(json.dumps(asdict(blueprint))))
    first, second = blueprint.build(CLASSES, seed=1), again.build(CLASSES, seed=1)
    assert isinstance(second, AdaptivePipeline) and second.mask == mask["kind"]
    assert isinstance(first, AdaptivePipeline) and asdict(second.sampler) == asdict(first.sampler)
    theirs = second.state_dict()
    assert all(torch.equal(value, theirs[key]) for key, value in first.state_dict().items())
    assert len(theirs) == len(first.state_dict())


def test_what_makes_no_adaptive_pipeline():
    strided, cad = network(), samplers.create("cad", stride=8)
    with pytest.raises(ValueError, match=r'create\("cad", stride=8\)'):
        AdaptivePipeline(samplers.create("cad"), strided)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match='sampler "cad"'):
        AdaptivePipeline(samplers.create("uniform"), strided)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"expected a .*Segmenter"):
        AdaptivePipeline(cad, nn.Conv2d(3, 5, 3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="mask must be one of edges, learned, oracle, fine, coarse, got 'sobel'"):
        AdaptivePipeline(cad, strided, "sobel")  # type: ignore[arg-type]
    for mask, look in (("learned", None), ("edges", MaskNetwork(32))):
        with pytest.raises(ValueError, match='belongs to mask="learned"'):
            AdaptivePipeline(cad, strided, mask, look)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="size and source must be left out"):
        Blueprint("cad", {"stride": 8}, size=(96, 128), mask={"kind": "edges"}).build(CLASSES)


# Training ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Two pictures of blocks, each block a class by its colour."""

    def read(seed: int) -> Example:
        small = np.random.default_rng(seed).integers(0, CLASSES, (12, 16), np.uint8)
        labels = small.repeat(8, 0).repeat(8, 1)
        return Example(str(seed), torch.from_numpy(np.stack([labels * 50] * 3)), torch.from_numpy(labels))

    return Dataset("blocks", tuple("abcde"), [lambda seed=seed: read(seed) for seed in (0, 1)])


BLUEPRINT = Blueprint("cad", {"stride": 8}, network_options=SMALL | {"output_stride": 16}, mask=LEARNED)
FIRST, SECOND = (
    replace(
        RECIPES[f"cad-{part}-camvid-360x480"],
        blueprint=BLUEPRINT,
        steps=2,
        batch=2,
        window=(64, 96),
        scale=(1.0, 1.0),
        train_size=(64, 96),
    )
    for part in ("mask", "learned")
)


def objective(recipe, data):
    pipeline = recipe.blueprint.build(CLASSES).train()
    kind = {"streams": Streams, "adaptive": Adaptive}[recipe.objective]
    shares = SEGMENTATION.summary((e.truth for e in data), len(data.classes))
    return kind(pipeline, recipe, shares), Batches(data, recipe)[0].to(torch.device("cpu"))


def test_streams_teach_the_mask_alone(data):
    made, batch = objective(FIRST, data)
    before = {name: value.clone() for name, value in made.pipeline.network.state_dict().items()}
    losses = made(batch)
    halved = float(losses["halved"])
    assert 0.2 < halved < 0.8
    assert losses["total"].item() == pytest.approx(losses["segmentation"].item() + (0.9 - halved) ** 2)
    losses["total"].backward()
    gradients = [p.grad for p in made.pipeline.look.parameters()]
    assert all(g is not None and g.isfinite().all() for g in gradients)
    assert any(g.abs().sum() > 0 for g in gradients if g is not None)
    assert all(p.grad is None for p in made.pipeline.network.parameters())
    assert all(torch.equal(value, before[name]) for name, value in made.pipeline.network.state_dict().items())


def test_the_budget_moves_the_mask_to_its_gamma(data):
    made, batch = objective(FIRST, data)
    optimiser = torch.optim.Adam(made.pipeline.look.parameters(), 1e-2)
    torch.manual_seed(0)
    for _ in range(25):
        losses = made(batch)
        optimiser.zero_grad()
        losses["total"].backward()
        optimiser.step()
    assert float(losses["halved"]) == pytest.approx(0.9, abs=0.1)


def test_fine_tuning_leaves_the_mask_as_it_is(data):
    made, batch = objective(SECOND, data)
    losses = made(batch)
    losses["total"].backward()
    assert all(p.grad is None for p in made.pipeline.look.parameters())
    assert all(p.grad is not None for p in made.pipeline.network.parameters())


def test_the_two_recipes_follow_each_other(data, tmp_path):
    first = loop.train(FIRST, data, tmp_path / "first")
    second = loop.train(SECOND, data, tmp_path / "second", starts={"first": first})
    assert isinstance(second, AdaptivePipeline)
    mask, before = second.look.state_dict(), first.look.state_dict()
    assert all(torch.equal(mask[key], before[key]) for key in before)
    weights, before = second.network.state_dict(), first.network.state_dict()
    assert not torch.equal(weights["backbone.conv1.0.weight"], before["backbone.conv1.0.weight"])
    assert second.adapted.model.backbone is second.network.backbone


def test_objectives_of_masks_want_a_mask(data):
    plain = replace(FIRST, blueprint=Blueprint("uniform", size=(64, 96), network_options=SMALL))
    with pytest.raises(TypeError, match="its blueprint needs mask="):
        objective(plain, data)
    with pytest.raises(ValueError, match='"gamma"'):
        objective(replace(FIRST, blueprint=replace(BLUEPRINT, mask={"kind": "edges"})), data)
