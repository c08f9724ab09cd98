"""LZU and FOVEA around detectors of torchvision, transformers and timm, as their packages make them."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import lzviz
from lzviz import saliency, samplers
from lzviz.tasks.detection import wrap
from lzviz.tasks.wrapping import find_pyramid, unzoom_level
from tests.torchvision_plain import detectors

SIZE = (90, 150)
UNIFORM = torch.ones(1, 1, 31, 51)


@pytest.fixture(scope="module")
def image() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    small = torch.rand(2, 3, 12, 20, generator=generator)
    return nn.functional.interpolate(small, SIZE, mode="bicubic").clamp(0, 1)


def spread(module: nn.Module, seed: int = 0) -> nn.Module:
    """Random weights with an answer that depends on the picture: frozen statistics would leave all scores alike."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        if parameter.ndim > 1:
            nn.init.trunc_normal_(parameter, std=(2 / parameter[0].numel()) ** 0.5, generator=generator)
    for name, parameter in module.named_parameters():
        if "bbox" in name:
            parameter.data *= 0.05  # sizes go through an exponential
    return module.eval()


def torchvision_detector(name: str) -> nn.Module:
    found = detectors()
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
    from torchvision.ops.feature_pyramid_network import LastLevelP6P7

    small = {"min_size": 64, "max_size": 128}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        if name == "fasterrcnn":
            made = found.FasterRCNN(
                resnet_fpn_backbone(backbone_name="resnet18", weights=None), 4, rpn_post_nms_top_n_test=20,
                box_score_thresh=0.0, box_detections_per_img=10, **small,
            )  # fmt: skip
        else:
            pool = LastLevelP6P7(256, 256)
            levels = {"returned_layers": [2, 3, 4], "extra_blocks": pool}
            backbone = resnet_fpn_backbone(backbone_name="resnet18", weights=None, **levels)
            kind = {"retinanet": found.RetinaNet, "fcos": found.FCOS}[name]
            extra = {}
            if name == "retinanet":
                from torchvision.models.detection.anchor_utils import AnchorGenerator

                sizes = tuple((x, int(x * 1.3), int(x * 1.6)) for x in (32, 64, 128, 256, 512))
                extra = {"anchor_generator": AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * 5)}
            made = kind(backbone, 4, score_thresh=0.0, topk_candidates=20, detections_per_img=10, **small, **extra)
    return spread(made)


def same(ours, theirs, tolerance: float = 1e-4) -> None:
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert len(b["boxes"]) > 0
        assert torch.equal(a["labels"], b["labels"])
        assert (a["boxes"] - b["boxes"]).abs().max() < tolerance * max(SIZE)
        assert (a["scores"] - b["scores"]).abs().max() < tolerance


@pytest.mark.parametrize("way", ["features", "boxes"])
@pytest.mark.parametrize("name", ["fasterrcnn", "retinanet", "fcos"])
@torch.no_grad()
def test_torchvisions_detectors_are_themselves_under_uniform_saliency(name, way, image):
    detector = torchvision_detector(name)
    wrapped = wrap(detector, samplers.create("lzu"), way=way)
    same(wrapped(image, saliency=UNIFORM), detector(list(image)))
    assert wrapped.way == way
    assert find_pyramid(detector) is detector.backbone


@torch.no_grad()
def test_what_was_zoomed_is_found_where_it_is_in_the_source(image):
    """LZU around a detector whose heads say where features are bright: the blob stands where it stood."""
    bright = torch.zeros(1, 3, 64, 128)
    bright[..., 20:28, 88:96] = 1
    look = saliency.from_boxes(torch.tensor([[80.0, 12, 104, 36]]), (64, 128), (31, 51), 4, 4)
    for way in ("features", "boxes"):
        wrapped = wrap(Bright(), samplers.create("fovea"), (32, 64), way=way)
        box = wrapped(bright, saliency=look)[0]["boxes"][0]
        assert (box - torch.tensor([88.0, 20, 96, 28])).abs().max() < 5, way
    plain = wrap(Bright(), samplers.create("uniform"), (32, 64), way="boxes")(bright)[0]["boxes"][0]
    assert (plain - torch.tensor([88.0, 20, 96, 28])).abs().max() < 5


class Bright(nn.Module):
    """A detector with a "pyramid" of strides 1 and 2 that boxes what is bright."""

    def __init__(self):
        super().__init__()
        self.neck = Shrinking()

    def forward(self, x: Tensor) -> list[dict[str, Tensor]]:
        fine, _ = self.neck(x)
        out = []
        for each in fine:
            rows, columns = torch.nonzero(each[0] > 0.5).float().unbind(1)
            box = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
            out.append({"boxes": box[None], "scores": torch.ones(1), "labels": torch.zeros(1, dtype=torch.int64)})
        return out


class Shrinking(nn.Module):
    def forward(self, x: Tensor) -> list[Tensor]:
        return [x, x[..., ::2, ::2]]


@torch.no_grad()
def test_levels_come_back_where_their_features_sit():
    """A ramp over the zoomed picture, read at each level's own lattice, comes back as the inverse of the warp at that lattice."""
    zoomed, shown, padded = (60, 100), (72, 120), (96, 128)
    look = saliency.from_boxes(torch.tensor([[10.0, 5, 40, 30]]), (60, 100), (31, 51), 4, 5)
    warp = lzviz.Warp.from_saliency(look, fwhm=4).double()
    for stride, offset in ((4, 0.0), (8, 3.5), (32, 0.0)):
        size = tuple(-(-n // stride) for n in padded)
        y, x = (torch.arange(n, dtype=torch.float64) * stride + offset for n in size)
        ramp = torch.stack(torch.meshgrid(y, x, indexing="ij"))[None]
        back = unzoom_level(warp, ramp, stride, zoomed, shown, offset)[0]
        seen = torch.stack(torch.meshgrid(y, x, indexing="ij"), -1).flip(-1).reshape(-1, 2)
        inside = (seen >= 0).all(1) & (seen <= seen.new_tensor([shown[1] - 1, shown[0] - 1])).all(1)
        ratio = seen.new_tensor([zoomed[1] / shown[1], zoomed[0] / shown[0]])
        there = warp.zoom_points(((seen + 0.5) * ratio - 0.5)[None], zoomed, zoomed)[0]
        wanted = (there + 0.5) / ratio - 0.5
        highest = seen.new_tensor([x[-1], y[-1]])
        inner = inside & (wanted >= offset).all(1) & (wanted <= highest).all(1)
        assert inner.sum() > 3
        assert (back.permute(1, 2, 0).reshape(-1, 2).flip(-1) - wanted)[inner].abs().max() < 1e-9


@torch.no_grad()
@pytest.mark.parametrize("kind", ["detr", "deformable_detr"])
def test_transformers_detectors_fovea(kind, image):
    transformers = pytest.importorskip("transformers")
    trunk = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16, 16, 16], depths=[1, 1, 1, 1], layer_type="basic",
                                      out_features=["stage4"] if kind == "detr" else ["stage2", "stage3", "stage4"])  # fmt: skip
    small = {"backbone_config": trunk, "use_timm_backbone": False, "backbone": None, "use_pretrained_backbone": False,
             "d_model": 32, "encoder_layers": 1, "decoder_layers": 2, "encoder_attention_heads": 2, "num_queries": 7,
             "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "num_labels": 3}  # fmt: skip
    torch.manual_seed(0)
    if kind == "detr":
        model = transformers.DetrForObjectDetection(transformers.DetrConfig(**small)).eval()
    else:
        model = transformers.DeformableDetrForObjectDetection(transformers.DeformableDetrConfig(**small)).eval()
    wrapped = wrap(model, samplers.create("fovea"), way="boxes")
    ours, theirs = wrapped(image, saliency=UNIFORM), model(image)
    middle, half = theirs.pred_boxes[..., :2], theirs.pred_boxes[..., 2:] / 2
    edges = torch.cat((middle - half, middle + half), -1) * torch.tensor([SIZE[1], SIZE[0]] * 2)
    for k in range(2):
        assert (ours[k]["boxes"] - edges[k]).abs().max() < 1e-4 * max(SIZE)
        assert ours[k]["labels"].max() < 3 and ours[k]["scores"].shape == (7,)
    near = wrapped(image, saliency=saliency.from_boxes(torch.tensor([[9.0, 9, 40, 40]]), SIZE, amplitude=5))
    assert (near[0]["boxes"] - edges[0]).abs().max() > 0.5


class TimmPyramid(nn.Module):
    """Any backbone of timm behind torchvision's pyramid, as torchvision's detectors take it."""

    def __init__(self, name: str, channels: int = 32):
        super().__init__()
        import timm
        from torchvision.ops import FeaturePyramidNetwork

        self.body = timm.create_model(name, pretrained=False, features_only=True, out_indices=(2, 3, 4))
        self.fpn = FeaturePyramidNetwork(self.body.feature_info.channels(), channels)
        self.out_channels = channels

    def forward(self, x: Tensor) -> OrderedDict[str, Tensor]:
        return self.fpn(OrderedDict((str(k), level) for k, level in enumerate(self.body(x))))


@torch.no_grad()
def test_a_timm_backbone_with_a_pyramid(image):
    found = detectors()
    pytest.importorskip("timm")
    from torchvision.models.detection.anchor_utils import AnchorGenerator

    anchors = AnchorGenerator(((8,), (16,), (32,)), ((1.0,),) * 3)
    torch.manual_seed(0)
    options = {"min_size": 64, "max_size": 128, "score_thresh": 0.0, "topk_candidates": 20, "detections_per_img": 10}
    detector = spread(found.FCOS(TimmPyramid("resnet10t"), 4, anchor_generator=anchors, **options))
    wrapped = wrap(detector, samplers.create("lzu"))
    assert wrapped.way == "features"
    same(wrapped(image, saliency=UNIFORM), detector(list(image)))


def test_training_sees_targets_in_the_frame_of_the_boxes(image):
    """Losses under uniform saliency are the detector's own, and gradients arrive at its backbone."""
    detector = torchvision_detector("fcos").train()
    targets = [{"boxes": torch.tensor([[20.0, 20, 60, 70]]), "labels": torch.tensor([1])}] * 2
    wrapped = wrap(detector, samplers.create("lzu")).train()
    ours, theirs = wrapped(image, targets, saliency=UNIFORM), detector(list(image), targets)
    for name in theirs:
        assert (ours[name] - theirs[name]).abs() < 1e-3 * theirs[name].clamp(min=1)
    sum(ours.values()).backward()
    assert detector.backbone.body.layer4[0].conv1.weight.grad.abs().sum() > 0


@torch.no_grad()
def test_hooks_are_gone_after_a_call_even_one_that_failed(image):
    detector = torchvision_detector("fcos")
    before = detector(list(image))
    wrapped = wrap(detector, samplers.create("lzu"))
    wrapped(image)
    with pytest.raises(ValueError):
        wrap(detector, samplers.create("lzu"), strides=(8,))(image)
    same(detector(list(image)), before, 1e-7)


def test_pictures_of_several_sizes_and_refusals(image):
    wrapped = wrap(Bright(), samplers.create("uniform"), (32, 64), way="boxes")
    bright = torch.ones(3, 40, 60)
    found = wrapped([bright, torch.ones(3, 64, 128)])
    assert [round(float(each["boxes"][0, 2])) for each in found] == [60, 128]
    with pytest.raises(ValueError, match="pyramid"):
        wrap(nn.Conv2d(3, 3, 1), samplers.create("lzu"), way="features")
    with pytest.raises(ValueError, match="no submodule"):
        wrap(Bright(), samplers.create("lzu"), pyramid="missing")
    with pytest.raises(ValueError, match="way"):
        wrap(Bright(), samplers.create("lzu"), way="both")
    with pytest.raises(TypeError, match="no warp"):
        wrap(Bright(), samplers.create("cad"))(image)
    with pytest.raises(TypeError, match="sampler"):
        wrap(Bright(), "lzu")


class Pyramid(nn.Module):
    """Two levels of brightness, in whatever shape a network gives them on."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, image: Tensor):
        return self.shape(*(nn.functional.avg_pool2d(image, s, s, ceil_mode=True) for s in (4, 8)))


class Bent(nn.Module):
    """A detector behind a pyramid that gives one box: its scores are the levels' means."""

    def __init__(self, shape, answer=None):
        super().__init__()
        self.neck, self.answer = Pyramid(shape), answer
        self.seen = None

    def forward(self, image: Tensor, targets=None):
        self.seen = self.neck(image)
        box = {"boxes": torch.tensor([[1.0, 2, 9, 8]]), "scores": torch.ones(1), "labels": torch.ones(1)}
        return [box for _ in image] if self.answer is None else self.answer


Levels = namedtuple("Levels", "fine coarse")


def shapes():
    yield "namedtuple", Levels, lambda out: out
    yield "defaultdict", lambda a, b: defaultdict(list, fine=a, coarse=b), lambda out: (out["fine"], out["coarse"])
    yield "nested", lambda a, b: {"fpn": [a, b]}, lambda out: out["fpn"]
    yield "with none", lambda a, b: [a, b, None], lambda out: out[:2]


@pytest.mark.parametrize(("shape", "levels"), [pytest.param(*each[1:], id=each[0]) for each in shapes()])
def test_a_pyramid_may_come_in_any_container(shape, levels, image):
    """The same levels as from a plain list, in the container in which they came."""
    sampler, looks = samplers.create("lzu"), torch.rand(2, 1, 31, 51, generator=torch.Generator().manual_seed(1))
    plain, bent = Bent(lambda a, b: [a, b]), Bent(shape)
    wrap(plain, sampler, (48, 64))(image, saliency=looks)
    wrap(bent, sampler, (48, 64))(image, saliency=looks)
    assert type(bent.seen) is type(shape(1, 2))
    for ours, theirs in zip(levels(bent.seen), plain.seen, strict=True):
        assert torch.equal(ours, theirs)


def test_what_is_no_pyramid_is_named(image):
    with pytest.raises(TypeError, match="pyramid, got str"):
        wrap(Bent(lambda a, b: [a, "b"]), samplers.create("lzu"))(image)


@pytest.mark.parametrize("strides", [[0, 0], [-4, 8], [float("nan"), 8], "ab", []])
def test_strides_are_positive(strides):
    with pytest.raises(ValueError, match="positive"):
        wrap(Bent(Levels), samplers.create("lzu"), strides=strides)


def test_each_of_several_sizes_has_its_own_saliency():
    """A picture of a list is warped by its own map, as it is alone."""
    looks = torch.rand(2, 1, 31, 51, generator=torch.Generator().manual_seed(2)) ** 4
    pictures = [torch.ones(3, 50, 90), torch.ones(3, 37, 111)]
    wrapped = wrap(Bent(Levels), samplers.create("lzu"), (32, 48), way="boxes")
    both = wrapped(pictures, saliency=looks)
    for k, picture in enumerate(pictures):
        assert torch.equal(both[k]["boxes"], wrapped([picture], saliency=looks[k : k + 1])[0]["boxes"])
    assert not torch.allclose(both[1]["boxes"], wrapped(pictures[1:], saliency=looks[:1])[0]["boxes"])


def test_counts_are_looked_at(image):
    wrapped, box = wrap(Bent(Levels), samplers.create("lzu")), {"boxes": torch.ones(1, 4), "labels": torch.ones(1)}
    assert wrapped([]) == []
    with pytest.raises(ValueError, match="targets of 2 images, got 1"):
        wrapped(image, [box])
    with pytest.raises(ValueError, match="targets of 2 images, got 3"):
        wrapped(image, [box] * 3)
    with pytest.raises(ValueError, match="targets of image 1"):
        wrapped(image, [box, {"labels": torch.ones(1)}])
    with pytest.raises(ValueError, match="one size"):
        wrapped([image[0], image[1, :, 1:]], [box] * 2)
    with pytest.raises(ValueError, match="saliency of 1 or 2 images, got 3"):
        wrapped(image, saliency=torch.ones(3, 1, 31, 51))
    with pytest.raises(ValueError, match="2 images and answered 1"):
        wrap(Bent(Levels, [box]), samplers.create("lzu"))(image)


def test_boxes_that_are_none_leave_the_others(image):
    rows = np.array([[1.0, 2, 9, 8], [9, 2, 1, 8], [1, np.nan, 9, 8], [3, 3, 3, 3]])
    answer = [{"boxes": rows, "scores": np.arange(4.0), "labels": np.arange(4)}]
    for way in ("boxes", "features"):
        (found,) = wrap(Bent(Levels, answer), samplers.create("lzu"), way=way)(image[:1], saliency=UNIFORM)
        assert found["labels"].tolist() == found["scores"].tolist() == [0, 3]
        assert (found["boxes"] - torch.from_numpy(rows[[0, 3]])).abs().max() < 1e-2


def test_half_precision_of_either_kind(image):
    for kind in (torch.bfloat16, torch.float16):
        found = wrap(Bent(Levels), samplers.create("lzu"), way="boxes")(image.to(kind), saliency=UNIFORM.to(kind))
        assert len(found) == 2


@pytest.mark.parametrize("name", ["downsizenet", "resizer", "lz", "lds", "es"])
@torch.no_grad()
def test_every_sampler_that_is_a_warp(name, image):
    for way in ("features", "boxes"):
        found = wrap(torchvision_detector("fcos"), samplers.create(name), (48, 64), way=way)(image)
        assert len(found) == 2 and all(each["boxes"].isfinite().all() for each in found)
        assert all((each["boxes"][:, 2] <= SIZE[1]).all() and (each["boxes"] >= 0).all() for each in found)
    with pytest.raises(TypeError, match="decode="):
        wrap(lambda x: x, samplers.create("uniform"))(image)


def test_an_image_of_0_to_255_is_told(image):
    wrapped = wrap(Bent(lambda a, b: [a, b]), samplers.create("lzu"), (48, 64))
    for given in (image * 255, list(image * 255)):
        with pytest.raises(ValueError, match="did you mean image / 255"):
            wrapped(given)
