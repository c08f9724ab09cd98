"""Pipeline and Trace: every system through all stages, where scores lie, what is counted, and what is refused."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lzviz
from lzviz import models, samplers
from lzviz.measure import cost, timing
from lzviz.pipelines.blueprint import Blueprint
from lzviz.pipelines.pipeline import Pipeline
from lzviz.samplers.base import WarpSampler
from lzviz.samplers.lds_loss import boundary_cells, edge_target, min_max
from lzviz.trace.frames import stride_of
from lzviz.warp import WarpLayout
from tests.conftest import blobs

SIZE, SOURCE, CLASSES = (16, 24), (46, 70), 3
SYSTEMS = tuple(samplers.REGISTRY)
SMALL = {"lds": {"nodes": (8, 12), "widths": (4, 4)}, "es": {"nodes": (4, 6), "width": 4}, "resizer": {"width": 4}}
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


def sampler(system, **options):
    return samplers.create(system, **{**SMALL.get(system, {}), **options})


def compact():
    return models.compact(CLASSES, stem=1, width=4, channels=8).eval()


@pytest.fixture(scope="module")
def network():
    return compact()


def scene(batch=1, size=SOURCE):
    """One-hot colours and their labels, a part of them not labelled."""
    labels = torch.zeros(batch, *size, dtype=torch.int64)
    labels[:, size[0] // 2 :] = 1
    labels[:, 8:20, 30:44] = 2
    labels[batch // 2 :, 25:40, 8:20] = 2
    image = F.one_hot(labels, CLASSES).permute(0, 3, 1, 2).float()
    labels[:, :4, :6] = 255
    return image, labels


def adaptive(network, **options):
    return Pipeline(sampler("lzu", nodes=(8, 12)), network, SIZE, boundary=50.0, **options)


class Colours(nn.Module):
    """Scores that are colours: a network that is right about every pixel that it sees, of any stride."""

    def __init__(self, stride=1):
        super().__init__()
        self.stride = stride

    def forward(self, image):
        return image[:, :, :: self.stride, :: self.stride]


# -- every system --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_runs_through_all_stages(system, device, network):
    image, labels = scene(2)
    pipeline = Pipeline(sampler(system), network, SIZE).to(device)
    trace = pipeline.run(image, labels)
    network.cpu()
    assert trace.zoomed.shape == (2, 3, *SIZE) and trace.zoomed_truth.shape == trace.zoomed_labels.shape == (2, *SIZE)
    assert trace.unzoomed.shape == (2, CLASSES, *SOURCE)
    assert torch.equal(trace.labels, trace.unzoomed.argmax(1)) and trace.labels.dtype == torch.int64
    assert list(trace.milliseconds) == list(trace.macs) == ["look", "downsample", "network", "restore", "labels"]
    assert all(spent >= 0 for spent in trace.milliseconds.values()) and trace.milliseconds["network"] > 0
    assert trace.macs["network"] == cost.count(lambda x: network.logits(x), trace.zoomed.cpu()).total
    assert trace.macs["restore"] == trace.macs["labels"] == 0
    assert trace.device == timing.device_name(trace.image.device) and trace.memory > 0
    assert all(torch.isfinite(feature).all() for feature in trace.unzoomed_features.values())
    assert 0 <= trace.miou <= 1 and 0 < trace.intrinsic <= 1
    assert trace.confusion.sum() == (labels != 255).sum()
    assert torch.equal(trace.error.cpu(), (trace.labels.cpu() != labels) & (labels != 255))


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_image_of_a_batch_alone_gives_the_same(system, network):
    image, labels = scene(2)
    pipeline = Pipeline(sampler(system), network, SIZE)
    both = pipeline.run(image, labels)
    for k in range(2):
        one = pipeline.run(image[k], labels[k])
        assert torch.allclose(one.unzoomed[0], both.unzoomed[k], atol=1e-4)
        assert torch.equal(one.zoomed_truth[0], both.zoomed_truth[k])


@pytest.mark.parametrize("system", [name for name in SYSTEMS if isinstance(sampler(name), WarpSampler)])
def test_a_network_that_is_right_about_what_it_sees_reaches_the_intrinsic_miou(system):
    image, labels = scene(2)
    labels[labels == 255] = 0
    trace = Pipeline(sampler(system, interpolation="nearest"), Colours(), SIZE).run(image, labels, blobs(2, (8, 12)))
    assert trace.miou == pytest.approx(trace.intrinsic, abs=1e-6) and 0.5 < trace.miou < 1
    assert torch.equal(trace.zoomed_labels, trace.zoomed_truth)


@pytest.mark.parametrize("size", [(2, 2), (3, 120), (121, 5), (64, 64)])
@pytest.mark.parametrize("system", SYSTEMS)
def test_pictures_of_any_size(system, size, network):
    image = torch.rand(1, 3, *size)
    labels = torch.randint(0, CLASSES, (1, *size))
    trace = Pipeline(sampler(system), network, SIZE).run(image, labels)
    assert trace.labels.shape == (1, *size) and trace.intrinsic > 0


@pytest.mark.parametrize("system", ["uniform", "lzu", "lds", "es", "cad", "resizer"])
def test_without_a_network_it_downsamples_only(system):
    image, labels = scene()
    trace = Pipeline(sampler(system)).run(image[0], labels[0])
    assert trace.zoomed.shape == (1, 3, 12, 18)  # a quarter along each axis
    assert trace.scores is trace.unzoomed is trace.labels is trace.error is trace.per_class is None
    assert list(trace.milliseconds) == ["look", "downsample"]
    assert math.isnan(trace.miou) and trace.intrinsic > 0.5


def test_the_public_names():
    assert lzviz.Pipeline is Pipeline and lzviz.Trace.__module__ == "lzviz.trace"


# -- where scores lie ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_scores_come_back_from_where_a_strided_network_puts_them(stride):
    """Feature i on zoomed pixel s i: a ramp comes back as itself as far as the last feature reaches."""
    ramp = torch.linspace(0, 1, 97).expand(1, 3, 49, 97)
    trace = Pipeline(samplers.create("uniform"), Colours(stride), (25, 49)).run(ramp)
    reach = 2 * stride * ((49 - 1) // stride) + 1  # source pixels, two a zoomed one
    assert torch.allclose(trace.unzoomed[..., :reach], ramp[..., :reach], atol=1e-5)


def test_a_warp_is_undone_exactly_where_the_image_is_smooth():
    y, x = torch.meshgrid(torch.linspace(0, 1, 60), torch.linspace(0, 1, 90), indexing="ij")
    image = torch.stack((x, y, (x + y) / 2))[None]
    trace = Pipeline(sampler("lzu", nodes=(8, 12)), Colours(), (60, 90)).run(image, saliency=blobs(1, (8, 12)))
    assert (trace.unzoomed - image).abs().max() < 2e-3
    assert (trace.zoomed - image).abs().max() > 0.05


def test_samples_of_an_averaged_picture_lie_where_they_lie_in_the_picture():
    """Half-pixel samples of means of 2 x 2 pixels are half-pixel samples of the picture."""
    image = torch.rand(1, 3, 64, 96)
    averaged = Pipeline(sampler("resizer"), source=(32, 48), size=SIZE).run(image)
    direct = Pipeline(samplers.create("uniform-area"), size=SIZE).run(image)
    assert averaged.layout.source_size == (64, 96)
    assert torch.allclose(averaged.layout.sites, direct.layout.sites, atol=1e-4)


@pytest.mark.parametrize("system", ["lzu", "lds"])
def test_an_averaged_picture_is_zoomed_and_restored_in_the_same_places(system):
    image, labels = scene(1, (64, 96))
    pipeline = Pipeline(sampler(system, nodes=(8, 12)), Colours(), (32, 48), source=(32, 48))
    trace = pipeline.run(image, labels, blobs(1, (8, 12), 3.0))
    assert trace.layout.source_size == (64, 96) and trace.intrinsic > 0.8 and trace.miou > 0.8


def test_features_brought_back_before_the_head_equal_scores_brought_back_where_nothing_moves(network):
    image, labels = scene()
    scores, features = (Pipeline(samplers.create("uniform"), network, SIZE, unzoom=u) for u in ("scores", "features"))
    a, b = scores.run(image, labels), features.run(image, labels)
    assert torch.allclose(a.unzoomed, b.unzoomed, atol=1e-4)
    uniform = a.unzoomed_features
    assert list(uniform) == ["stage 1", "stage 2", "stage 3", "stage 4"]
    assert all(torch.allclose(uniform[name], a.features[name], atol=1e-4) for name in uniform)


def test_features_brought_back_before_the_head_follow_the_warp(network):
    image, labels = scene(2)
    pipeline = Pipeline(sampler("lzu", nodes=(8, 12)), network, SIZE, unzoom="features")
    trace = pipeline.run(image, labels, blobs(2, (8, 12)))
    assert trace.unzoomed.shape == (2, CLASSES, *SOURCE)
    assert torch.equal(trace.zoomed_labels, trace.layout.warp.zoom(trace.labels, SIZE, "nearest"))


def test_the_stride_of_few_features_is_one_that_networks_have():
    assert stride_of((96, 128), torch.empty(1, 4, 12, 16)) == 8
    assert stride_of((10, 12), torch.empty(1, 4, 2, 2)) == 8
    assert stride_of((12, 12), torch.empty(1, 4, 4, 4)) == 3
    with pytest.raises(ValueError, match="multiple of the network's stride"):
        stride_of((96, 128), torch.empty(1, 4, 12, 12))


def test_run_and_forward_agree(network):
    image, _ = scene(2)
    for pipeline in (Pipeline(sampler("lds"), network, SIZE), adaptive(network)):
        assert torch.allclose(pipeline(image), pipeline.run(image).unzoomed, atol=1e-5)


# -- where to look -------------------------------------------------------------------------------------------------------


def test_a_saliency_map_overrides_what_the_sampler_looks_at(network):
    image, _ = scene()
    left = torch.ones(1, 1, 8, 12)
    left[..., :3] = 50
    trace = Pipeline(sampler("lzu", nodes=(8, 12)), network, SIZE).run(image, saliency=left)
    mask = torch.zeros(1, *SOURCE)
    mask[..., : SOURCE[1] // 4] = 1
    assert torch.equal(trace.saliency, left)
    assert trace.layout.share(mask).item() > 0.4


def test_previous_labels_say_where_to_look(network):
    image, _ = scene()
    previous = torch.zeros(1, 30, 40, dtype=torch.int64)
    previous[:, :, :8] = 1
    trace = adaptive(network).run(image, previous=previous)
    column = trace.saliency[0, 0].sum(0).argmax().item()
    assert column == round(7.5 / 39 * 11)
    assert torch.equal(trace.extras["previous"], previous)


def test_without_previous_labels_it_looks_uniformly_first_and_both_looks_count(network):
    image, _ = scene()
    pipeline = adaptive(network)
    twice = pipeline.run(image)
    first = Pipeline(samplers.create("uniform"), network, SIZE).run(image)
    assert torch.equal(twice.extras["previous"], first.labels)
    once = pipeline.run(image, previous=first.labels)
    assert torch.allclose(once.unzoomed, twice.unzoomed)
    assert twice.macs["network"] == 2 * once.macs["network"] == 2 * first.macs["network"]


def test_a_fixed_map_belongs_to_the_pipeline_and_drives_it(network):
    pipeline = Pipeline(sampler("lzu", nodes=(8, 12), saliency=torch.ones(1, 1, 8, 12)), network, SIZE)
    wanted = blobs(1, (8, 12))
    pipeline.load_state_dict({**pipeline.state_dict(), "look": wanted})
    trace = pipeline.run(scene()[0])
    assert torch.equal(trace.saliency, wanted)
    assert not torch.allclose(trace.layout.sites, Pipeline(sampler("uniform"), None, SIZE).run(scene()[0]).layout.sites)


@pytest.mark.parametrize("form", ["softmax", "square"])
def test_with_labels_the_trace_shows_what_the_deformation_module_was_taught(form, network):
    image, labels = scene(2)
    trace = Pipeline(sampler("lds", form=form), network, SIZE).run(image, labels)
    wanted = boundary_cells(labels, (8, 12)) if form == "square" else min_max(edge_target(labels, (8, 12)))
    assert torch.equal(trace.extras["target"], wanted)
    assert trace.extras["target"].shape == trace.saliency.shape


# -- what is counted -----------------------------------------------------------------------------------------------------


def test_networks_of_the_sampler_count_where_they_work(network):
    image, _ = scene()
    lds = sampler("lds")
    looked = Pipeline(lds, network, SIZE).run(image).macs
    assert looked["look"] == cost.count(lds.module, (1, 3, 8, 12)).total
    assert Pipeline(sampler("resizer"), network, SIZE).run(image).macs["downsample"] > 0
    assert Pipeline(samplers.create("uniform"), network, SIZE).run(image).macs["downsample"] == 0


def test_what_a_run_costs_grows_with_the_batch(network):
    pipeline = Pipeline(sampler("lds"), network, SIZE)
    one, three = (pipeline.run(torch.rand(n, 3, *SOURCE)) for n in (1, 3))
    assert three.macs["network"] == 3 * one.macs["network"] and three.macs["look"] == 3 * one.macs["look"]
    assert three.memory > 2 * one.memory


def test_a_run_leaves_everything_as_it_was(network):
    image, labels = scene()
    before = image.clone()
    pipeline = Pipeline(sampler("lds"), models.compact(CLASSES, stem=1, width=4, channels=8), SIZE).train()
    pipeline.network.backbone.eval()
    state = {name: value.clone() for name, value in pipeline.state_dict().items()}
    trace = pipeline.run(image, labels)
    assert pipeline.training and pipeline.network.classifier.training and not pipeline.network.backbone.training
    assert all(torch.equal(value, state[name]) for name, value in pipeline.state_dict().items())
    assert torch.equal(image, before) and not trace.scores.requires_grad
    assert torch.equal(pipeline.run(image).scores, trace.scores)  # in evaluation mode: no dropout


# -- other people's networks ---------------------------------------------------------------------------------------------


class Dictionary(nn.Module):
    """As torchvision's segmentation networks answer: a dictionary of scores at the image's size."""

    def __init__(self, key):
        super().__init__()
        self.key = key
        self.backbone, self.head = nn.Conv2d(3, 8, 3, 8, 1), nn.Conv2d(8, CLASSES, 1)

    def forward(self, image):
        scores = self.head(self.backbone(image))
        return {self.key: F.interpolate(scores, size=image.shape[-2:]), "aux": scores}


@pytest.mark.parametrize("key", ["out", "logits"])
def test_dictionaries_of_scores(key):
    image, labels = scene(2)
    trace = Pipeline(sampler("lzu"), Dictionary(key)).run(image, labels)
    assert trace.labels.shape == labels.shape and trace.scores.shape[-2:] == trace.zoomed.shape[-2:]
    assert [tuple(f.shape) for f in trace.features.values()] == [(2, 8, 2, 3)]


@pytest.mark.parametrize(
    ("network", "got"),
    [
        (nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), r"\(1, 3\)"),
        (nn.ReflectionPad2d((-8, -9, 0, 0)), "stride"),
    ],
)
def test_networks_that_give_no_scores(network, got):
    with pytest.raises((TypeError, ValueError), match=got):
        Pipeline(samplers.create("uniform"), network, SIZE).run(scene()[0])


# -- blueprints ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "values"),
    [
        (
            "lz",
            {
                "options": {"nodes": [8, 8]},
                "looks": "network",
                "look_options": {"width": 4, "view": [32, 32], "stem": 2},
            },
        ),
        ("lzu", {"options": {"nodes": [8, 12]}, "looks": "fixed", "unzoom": "features"}),
        ("lzu", {"options": {"nodes": [8, 12]}, "looks": "module", "look_options": {"widths": [4, 4]}}),
        ("lzu", {"options": {"nodes": [8, 12]}, "looks": "previous", "boundary": 30.0}),
        ("lds", {"options": {"nodes": [8, 12], "widths": [4, 4], "form": "square"}}),
    ],
)
def test_a_blueprint_builds_the_same_pipeline_from_the_same_seed(system, values):
    small = {"network_options": {"stem": 1, "width": 4, "channels": 8}, "size": [16, 24]}
    blueprint = Blueprint(system, **values, **small)
    image, labels = scene()
    first, again, other = (blueprint.build(CLASSES, seed).run(image, labels) for seed in (1, 1, 2))
    assert torch.equal(first.scores, again.scores) and not torch.equal(first.scores, other.scores)
    assert isinstance(first.layout, WarpLayout) and first.layout.zoomed_size == SIZE


def test_the_weights_of_a_saliency_network_are_saved_once():
    look = torch.nn.Sequential(torch.nn.Conv2d(3, 1, 3, padding=1), torch.nn.Softplus())
    pipeline = Pipeline(sampler("lzu", nodes=(8, 12), saliency=look), None, SIZE)
    assert set(pipeline.state_dict()) == {"look.0.weight", "look.0.bias"}
    assert pipeline.sampler.saliency is pipeline.look
    again = copy.deepcopy(pipeline)
    assert again.sampler.saliency is again.look and again.look is not look


def test_traces_and_pipelines_print_on_one_screen(network):
    image, labels = scene(2)
    pipeline = Pipeline(sampler("lzu", nodes=(8, 12)), network, SIZE)
    for shown in (pipeline, pipeline.run(image, labels), Pipeline(sampler("lzu"), None, SIZE).run(image)):
        lines = repr(shown).splitlines()
        assert len(lines) <= 24 and max(map(len, lines)) <= 160
    assert "LZU" in repr(pipeline) and "16 x 24" in repr(pipeline)
    text = repr(pipeline.run(image, labels))
    assert all(
        word in text for word in ("look", "network", " ms", "multiply-adds", "mIoU", "x".join(map(str, image.shape)))
    )
