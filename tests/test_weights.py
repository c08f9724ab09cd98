"""Published weights: the key names of each repository, as its code makes them, land where they belong."""

import pytest
import torch
from safetensors.torch import save_file

from lzviz import models, samplers
from lzviz.models import weights
from lzviz.pipelines import official
from lzviz.pipelines.pipeline import Pipeline
from lzviz.samplers.lds import DeformationModule


def tensors(shapes):
    """A state dict in which every number is its own."""
    return {key: torch.rand(shape) if shape else torch.zeros((), dtype=torch.int64) for key, shape in shapes.items()}


def norm(name, width):
    return {f"{name}.{part}": (width,) for part in ("weight", "bias", "running_mean", "running_var")} | {
        f"{name}.num_batches_tracked": ()
    }


def block(name, width_in, width, expansion, projected):
    """A residual block under its usual names."""
    out = width * expansion
    shapes = [(width, width_in, 3, 3), (width, width, 3, 3)]
    if expansion == 4:
        shapes = [(width, width_in, 1, 1), (width, width, 3, 3), (out, width, 1, 1)]
    keys = {}
    for k, shape in enumerate(shapes, 1):
        keys |= {f"{name}.conv{k}.weight": shape, **norm(f"{name}.bn{k}", shape[0])}
    if projected:
        keys |= {f"{name}.downsample.0.weight": (out, width_in, 1, 1), **norm(f"{name}.downsample.1", out)}
    return keys


def resnet18_stages(width, prefix):
    keys, before = {}, width
    for k in range(4):
        for n in range(2):
            keys |= block(f"{prefix}layer{k + 1}.{n}", before, width << k, 1, before != width << k)
            before = width << k
    return keys


def mmsegmentation(width=4, part=6, channels=8, classes=5):
    """EncoderDecoder of a "V1c" ResNet, PSPHead and FCNHead."""
    half = width // 2
    keys = resnet18_stages(width, "backbone.")
    for k, shape in zip((0, 3, 6), ((half, 3, 3, 3), (half, half, 3, 3), (width, half, 3, 3)), strict=True):
        keys |= {f"backbone.stem.{k}.weight": shape, **norm(f"backbone.stem.{k + 1}", shape[0])}
    deep = 8 * width
    for k in range(4):
        name = f"decode_head.psp_modules.{k}.1"
        keys |= {f"{name}.conv.weight": (part, deep, 1, 1), **norm(f"{name}.bn", part)}
    keys |= {"decode_head.bottleneck.conv.weight": (channels, deep + 4 * part, 3, 3)}
    keys |= norm("decode_head.bottleneck.bn", channels)
    keys |= {"decode_head.conv_seg.weight": (classes, channels, 1, 1), "decode_head.conv_seg.bias": (classes,)}
    third = 4 * width
    keys |= {"auxiliary_head.convs.0.conv.weight": (third // 4, third, 3, 3)}
    keys |= norm("auxiliary_head.convs.0.bn", third // 4)
    return keys | {
        "auxiliary_head.conv_seg.weight": (classes, third // 4, 1, 1),
        "auxiliary_head.conv_seg.bias": (classes,),
    }


WIDTHS, STEM, MODULES = (4, 6, 8, 10), 2, (1, 2, 1)


def lds_encoder():
    """HRNetV2 with one block a branch, in the names of its code."""
    keys = {
        "conv1.weight": (STEM, 3, 3, 3),
        "conv2.weight": (STEM, STEM, 3, 3),
        **norm("bn1", STEM),
        **norm("bn2", STEM),
    }
    keys |= block("layer1.0", STEM, STEM, 4, True)
    wide = 4 * STEM
    for stage in (2, 3, 4):
        before = wide if stage == 2 else WIDTHS[stage - 2]
        new = f"transition{stage - 1}.{stage - 1}.0"
        keys |= {f"{new}.0.weight": (WIDTHS[stage - 1], before, 3, 3), **norm(f"{new}.1", WIDTHS[stage - 1])}
        for module in range(MODULES[stage - 2]):
            name = f"stage{stage}.{module}"
            for branch in range(stage):
                keys |= block(f"{name}.branches.{branch}.0", WIDTHS[branch], WIDTHS[branch], 1, False)
            for target in range(stage):
                for source in range(stage):
                    path = f"{name}.fuse_layers.{target}.{source}"
                    if source > target:
                        keys |= {f"{path}.0.weight": (WIDTHS[target], WIDTHS[source], 1, 1)}
                        keys |= norm(f"{path}.1", WIDTHS[target])
                    for step in range(target - source):
                        out = WIDTHS[target] if step == target - source - 1 else WIDTHS[source]
                        keys |= {
                            f"{path}.{step}.0.weight": (out, WIDTHS[source], 3, 3),
                            **norm(f"{path}.{step}.1", out),
                        }
    return keys | {"transition1.0.0.weight": (WIDTHS[0], wide, 3, 3), **norm("transition1.0.1", WIDTHS[0])}


def lds_decoder(classes=5):
    channels = sum(WIDTHS) // 4
    keys = {"cbr.0.weight": (channels, sum(WIDTHS), 3, 3), **norm("cbr.1", channels)}
    return keys | {"conv_last.weight": (classes, channels, 1, 1), "conv_last.bias": (classes,)}


def hrnet(classes=5):
    return models.create(
        "hrnetv2",
        **{"widths": WIDTHS, "stem": STEM, "blocks": 1, "modules": MODULES, "output_stride": 1},
        **{"classes": classes, "channels": sum(WIDTHS) // 4, "kernel": 3},
    )


def pspnet(**options):
    size = {"backbone": "resnet18", "width": 4, "channels": 8, "part": 6, "classes": 5}
    return models.create("pspnet", **{**size, "stem": "deep", "auxiliary": True, **options})


# -- formats -------------------------------------------------------------------------------------------------------------


def test_mmsegmentation_pspnet():
    state, network = tensors(mmsegmentation()), pspnet()
    assert weights.load(network, state) == "mmsegmentation"
    ours = network.state_dict()
    assert len(ours) == len(state)
    for key, theirs in {
        "backbone.conv1.0.weight": "backbone.stem.0.weight",
        "backbone.conv1.6.weight": "backbone.stem.6.weight",
        "backbone.bn1.running_var": "backbone.stem.7.running_var",
        "backbone.layer3.0.downsample.1.bias": "backbone.layer3.0.downsample.1.bias",
        "classifier.pyramid.3.1.weight": "decode_head.psp_modules.3.1.conv.weight",
        "classifier.refine.1.running_mean": "decode_head.bottleneck.bn.running_mean",
        "classifier.refine.4.bias": "decode_head.conv_seg.bias",
        "aux_classifier.4.weight": "auxiliary_head.conv_seg.weight",
    }.items():
        assert torch.equal(ours[key], state[theirs]), key
    assert network.normalisation == "imagenet"


def test_an_auxiliary_head_that_the_network_does_not_have_is_left_out():
    assert weights.load(pspnet(auxiliary=False), tensors(mmsegmentation())) == "mmsegmentation"


def test_cad_deeplabv3():
    network = models.create("deeplabv3", backbone="resnet18", width=4, channels=8, classes=5)
    state = {key.replace("classifier.", "classifier.classifier."): torch.rand_like(t) if t.ndim else t
             for key, t in network.state_dict().items()}  # fmt: skip
    assert weights.load(network, state) == "cad"
    assert torch.equal(network.classifier[4].bias, state["classifier.classifier.4.bias"])
    assert torch.equal(network.backbone.conv1.weight, state["backbone.conv1.weight"])


def test_lds_encoder_and_decoder_make_one_hrnet():
    state, network = tensors(lds_encoder() | lds_decoder()), hrnet()
    assert weights.load(network, state) == "lds"
    ours = network.state_dict()
    assert len(ours) == len(state)
    for key, theirs in {
        "backbone.stem.0.weight": "conv1.weight",
        "backbone.stem.4.running_var": "bn2.running_var",
        "backbone.first.0.weight": "transition1.0.0.weight",
        "backbone.transitions.2.1.bias": "transition3.3.0.1.bias",
        "backbone.fusions.1.1.branches.2.0.conv2.weight": "stage3.1.branches.2.0.conv2.weight",
        "backbone.fusions.2.0.paths.0.3.1.weight": "stage4.0.fuse_layers.0.3.1.weight",
        "backbone.fusions.2.0.paths.3.0.0.weight": "stage4.0.fuse_layers.3.0.0.0.weight",
        "backbone.fusions.2.0.paths.3.0.3.weight": "stage4.0.fuse_layers.3.0.1.0.weight",
        "backbone.fusions.2.0.paths.3.0.7.running_mean": "stage4.0.fuse_layers.3.0.2.1.running_mean",
        "classifier.mix.0.weight": "cbr.0.weight",
        "classifier.classify.bias": "conv_last.bias",
    }.items():
        assert torch.equal(ours[key], state[theirs]), key
    scores = network.eval().logits(torch.rand(1, 3, 16, 24))
    assert scores.shape == (1, 5, 16, 24)  # as fine as the image


def test_lds_saliency_and_compress_make_one_deformation_module():
    keys = {"conv_last.weight": (1, 24, 1, 1), "conv_last.bias": (1,)}
    for name, number, shape in (
        ("fov_expand_1", 1, (192, 3, 3, 3)),
        ("fov_expand_2", 2, (192, 192, 3, 3)),
        ("fov_squeeze_1", 3, (24, 192, 3, 3)),
    ):
        keys |= {f"{name}.weight": shape, **norm(f"norm{number}", shape[0])}
    state, module = tensors(keys), DeformationModule()
    assert weights.load(module, state) == "lds, saliency"
    assert torch.equal(module.layers[6].weight, state["fov_squeeze_1.weight"])
    assert torch.equal(module.layers[4].running_var, state["norm2.running_var"])
    assert torch.equal(module.score.weight, state["conv_last.weight"])
    view = torch.rand(1, 3, 8, 8)
    normalised = module.eval()(view)
    module.normalisation = "none"
    assert torch.allclose(normalised, module(models.prepare(view, "imagenet")), atol=1e-5)


def test_torchvision_keys_are_ours_and_another_tasks_classifier_is_left_out():
    trunk = models.resnet18(width=4, classes=None)
    state = {**models.resnet18(width=4, classes=7, seed=3).state_dict()}
    assert weights.load(trunk, state) == "torchvision"
    assert torch.equal(trunk.conv1.weight, state["conv1.weight"])


def test_a_network_normalises_what_a_pipeline_shows_it():
    network = pspnet().eval()
    pipeline = Pipeline(samplers.create("uniform"), network, (16, 24))
    image = torch.rand(1, 3, 32, 48)
    plain = pipeline.run(image)
    network.normalisation = "imagenet"
    wanted = pipeline.run(image)
    assert torch.equal(wanted.zoomed, plain.zoomed)
    network.normalisation = "none"
    assert torch.allclose(wanted.scores, network.logits(models.prepare(plain.zoomed, "imagenet")), atol=1e-6)


# -- files and refusals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrapped", [lambda s: s, lambda s: {"state_dict": s, "meta": {"epoch": 3}}, lambda s: {"model_state": s}]
)
def test_files_of_training_scripts(wrapped, tmp_path):
    state = {"module.conv1.weight": torch.rand(4, 3, 7, 7), "module.bn1.bias": torch.rand(4)}
    torch.save(wrapped(state), tmp_path / "a.pth")
    read = weights.read(tmp_path / "a.pth")
    assert read.keys() == {"conv1.weight", "bn1.bias"}
    assert torch.equal(read["bn1.bias"], state["module.bn1.bias"])


def test_parts_of_one_network_come_in_several_files(tmp_path):
    save_file(tensors(lds_encoder()), tmp_path / "encoder.safetensors")
    torch.save(tensors(lds_decoder()), tmp_path / "decoder.pth")
    state = weights.read(tmp_path / "encoder.safetensors", tmp_path / "decoder.pth")
    assert weights.load(hrnet(), state) == "lds"
    with pytest.raises(ValueError, match=r"decoder.pth holds .* once more"):
        weights.read(tmp_path / "decoder.pth", tmp_path / "decoder.pth")


class Surprise:
    def __reduce__(self):
        return (print, ("run",))


def test_code_in_a_file_is_not_run(tmp_path, capsys):
    torch.save({"conv1.weight": Surprise()}, tmp_path / "a.pth")
    with pytest.raises(ValueError, match=r"a.pth is no file of tensors"):
        weights.read(tmp_path / "a.pth")
    assert "run" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"hello"])
@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_files_that_are_none(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} is no file of tensors"):
        weights.read(tmp_path / name)


def test_weights_that_fit_nothing_say_what_came_closest():
    state = tensors(mmsegmentation(classes=7))
    del state["decode_head.bottleneck.bn.weight"]
    state["neck.weight"] = torch.rand(2)
    with pytest.raises(ValueError) as refusal:
        weights.load(pspnet(), state)
    said = str(refusal.value)
    assert "as mmsegmentation" in said and "1 missing, e.g. classifier.refine.1.weight" in said
    assert "1 unexpected, e.g. neck.weight" in said
    assert "classifier.refine.4.weight (7, 8, 1, 1) instead of (5, 8, 1, 1)" in said


def test_weights_that_do_not_fit_change_nothing():
    network = pspnet()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(ValueError, match="of another shape"):
        weights.load(network, tensors(mmsegmentation(part=8)))
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert network.normalisation == "none"


# -- what fits -----------------------------------------------------------------------------------------------------------


def cad(classes=5):
    network = models.create("deeplabv3", backbone="resnet18", width=4, channels=8, classes=classes)
    return {
        key.replace("classifier.", "classifier.classifier."): torch.rand_like(t) if t.ndim else t
        for key, t in network.state_dict().items()
    }


def deformation():
    keys = {"conv_last.weight": (1, 24, 1, 1), "conv_last.bias": (1,)}
    shapes = (("fov_expand_1", 1, (192, 3, 3, 3)), ("fov_expand_2", 2, (192, 192, 3, 3)),
              ("fov_squeeze_1", 3, (24, 192, 3, 3)))  # fmt: skip
    for name, number, shape in shapes:
        keys |= {f"{name}.weight": shape, **norm(f"norm{number}", shape[0])}
    return tensors(keys)


@pytest.mark.parametrize(
    ("state", "network", "said"),
    [
        (lambda: tensors(mmsegmentation()), "pspnet", "ResNet-18 V1c, 5 classes: fits lzviz's pspnet"),
        (cad, "deeplabv3", "fits lzviz's deeplabv3"),
        (lambda: tensors(lds_encoder() | lds_decoder()), "hrnetv2", "fits lzviz's hrnetv2"),
        (deformation, "", "fits lzviz.samplers.lds.DeformationModule"),
    ],
    ids=["mmsegmentation", "cad", "lds", "lds-saliency"],
)
def test_an_official_file_says_what_it_fits_and_builds_it(state, network, said):
    given = state()
    fit = official.identify(given)
    assert fit.network == network and said in fit.sentence and fit.sentence.count(". ") == 0
    ours = fit.build().state_dict()
    assert sum(t.numel() for t in ours.values() if t.ndim) == sum(t.numel() for t in given.values() if t.ndim)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"bbox_head.conv_cls.weight": (1,)}, "detector"),
        (lds_encoder, "encoder alone"),
        (lds_decoder, "decoder alone"),
        ({"some.weight": (3,)}, "begin with some.weight"),
        ({}, "nothing"),
    ],
)
def test_what_fits_nothing_says_what_it_looks_like(keys, said):
    with pytest.raises(ValueError, match=said):
        official.identify(tensors(keys() if callable(keys) else keys))
