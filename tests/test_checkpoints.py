"""Checkpoints: what is saved comes back, cards say what they must, and whatever is no checkpoint is refused in words."""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import lzviz
from lzviz.checkpoints import Card, available, load, read_card, save
from lzviz.checkpoints.hub import fetched
from lzviz.pipelines.blueprint import Blueprint

CLASSES = ("road", "sky", "tree")
NETWORK = {"stem": 1, "width": 4, "channels": 8}
NODES = {"nodes": [8, 12]}
ADAPTIVE = {"network_options": {**NETWORK, "decoder": False}, "size": None}
BLUEPRINTS = {
    "uniform": {},
    "uniform-area": {},
    "lz": {"options": {"nodes": [8, 8]}, "looks": "network", "look_options": {"width": 4, "view": [32, 32], "stem": 2}},
    "lzu-fixed": {"options": NODES, "looks": "fixed"},
    "lzu-previous": {"options": NODES, "looks": "previous", "boundary": 30.0},
    "lzu-module": {"options": NODES, "looks": "module", "look_options": {"widths": [4, 4]}, "unzoom": "features"},
    "fovea": {},
    "cad": {},
    "cad-edges": {"options": {"stride": 2}, "mask": {"kind": "edges"}, **ADAPTIVE},
    "cad-learned": {"options": {"stride": 2}, "mask": {"kind": "learned", "widths": [4, 4, 4]}, **ADAPTIVE},
    "lds": {"options": {**NODES, "widths": [4, 4]}},
    "es": {"options": {"nodes": [4, 6], "width": 4}},
    "resizer": {"options": {"width": 4}, "source": [32, 48]},
    "downsizenet": {"source": [32, 48]},
}


def blueprint(name="uniform"):
    values = {"network_options": NETWORK, "size": (16, 24), **BLUEPRINTS[name]}
    return Blueprint(name if name == "uniform-area" else name.partition("-")[0], **values)


def card(name="uniform", **values):
    made = blueprint(name)
    return Card(name=name, system=made.system, blueprint=asdict(made), classes=CLASSES, **values)


def trained(name="uniform"):
    """A pipeline whose every number is its own: weights, statistics and maps."""
    pipeline = blueprint(name).build(len(CLASSES), seed=5)
    with torch.no_grad():
        for tensor in (*pipeline.parameters(), *pipeline.buffers()):
            if tensor.is_floating_point():
                tensor.add_(torch.rand_like(tensor) * 0.02)
    return pipeline.eval()


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder of checkpoints, found by name."""
    monkeypatch.setenv("LZVIZ_CHECKPOINTS", str(tmp_path))
    return tmp_path


# -- there and back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_what_is_saved_comes_back(name, shelf):
    pipeline = trained(name)
    save(pipeline, shelf / name, card(name))
    loaded = lzviz.load(name)
    theirs, ours = loaded.state_dict(), pipeline.state_dict()
    assert theirs.keys() == ours.keys()
    for key, tensor in ours.items():
        step = tensor.abs().amax((1, 2, 3), keepdim=True) / 127 if tensor.ndim == 4 else torch.zeros(())
        assert theirs[key].dtype == tensor.dtype, key
        assert ((theirs[key] - tensor).abs() <= 0.501 * step + 1e-3 * tensor.abs() + 1e-4).all(), key
    image = torch.rand(1, 3, 46, 70)
    assert not loaded.training and loaded.classes == CLASSES
    # samples in the same places: networks that are not trained change their mind about labels, and so where to look, at a touch
    same = {"previous": torch.zeros(1, 46, 70, dtype=torch.int64)} if name == "lzu-previous" else {}
    wanted = pipeline.run(image, **same).scores
    assert (loaded.run(image, **same).scores - wanted).norm() < 0.02 * wanted.norm()


def test_large_weights_are_bytes_small_ones_halves_and_what_must_be_exact_is_whole(shelf):
    pipeline = trained("lzu-fixed")
    save(pipeline, shelf / "mine", card("lzu-fixed"))
    stored = load_file(shelf / "mine" / "model.safetensors")
    weights = {name: p.numel() for name, p in pipeline.named_parameters() if p.ndim > 1}
    large = {name for name, count in weights.items() if count >= 4096}
    assert large and {name for name, tensor in stored.items() if tensor.dtype == torch.int8} == large
    assert {name for name, tensor in stored.items() if tensor.dtype == torch.float16} == set(weights) - large
    assert all(stored[name + ".scale"].shape == stored[name].shape[:1] for name in large)
    assert torch.equal(load("mine").look, pipeline.look)
    assert torch.equal(load("mine").network.backbone.bn1.running_var, pipeline.network.backbone.bn1.running_var)


def test_weights_that_half_precision_would_spoil_stay_whole(shelf):
    pipeline = trained()
    with torch.no_grad():
        pipeline.network.backbone.layer1[0].conv1.weight.mul_(1e-6)
        pipeline.network.backbone.layer1[0].conv2.weight.mul_(1e7)
    save(pipeline, shelf / "mine", card())
    stored = load_file(shelf / "mine" / "model.safetensors")
    assert all(stored[f"network.backbone.layer1.0.conv{k}.weight"].dtype == torch.float32 for k in (1, 2))
    assert torch.equal(
        load("mine").state_dict()["network.backbone.layer1.0.conv1.weight"],
        pipeline.network.backbone.layer1[0].conv1.weight,
    )


def test_each_channel_has_a_scale_of_its_own(shelf):
    pipeline, name = trained(), "network.backbone.layer4.0.conv1.weight"
    weight = pipeline.state_dict()[name]
    with torch.no_grad():
        weight[0], weight[1] = 0, weight[1] * 1e-12
        weight[2:] *= 1e9
    save(pipeline, shelf / "mine", card())
    stored, loaded = load_file(shelf / "mine" / "model.safetensors"), load("mine").state_dict()[name]
    assert stored[name].dtype == torch.int8
    assert not loaded[0].any()
    for channel in (1, 2, 3):
        torch.testing.assert_close(
            loaded[channel], weight[channel], rtol=0, atol=0.501 * weight[channel].abs().max() / 127
        )


def test_a_card_says_everything_again(shelf):
    said = card(
        "lds", title="LDS", seed=2, metrics={"val": {"miou": 0.5, "small": None}}, seeds=({"val": {"miou": 0.4}},)
    )
    save(trained("lds"), shelf / "mine", said)
    read = load("mine").card
    assert read == replace(said, parameters=read.parameters, blueprint=read.blueprint)
    assert read.parameters == sum(p.numel() for p in trained("lds").parameters())
    assert json.loads(json.dumps(asdict(blueprint("lds")))) == read.blueprint
    assert Card.from_json(read.to_json()) == read


def test_numbers_that_are_none_are_null_in_json():
    text = card(metrics={"val": {"per_class": [0.5, float("nan")]}}).to_json()
    assert json.loads(text)["metrics"] == {"val": {"per_class": [0.5, None]}}


def test_saving_again_replaces_and_leaves_nothing_behind(shelf):
    for notes in ("first", "second"):
        save(trained(), shelf / "mine", card(notes=notes))
    files = sorted((shelf / "mine").iterdir())
    assert [path.name for path in files] == ["card.json", "model.safetensors"]
    assert files[0].stat().st_mode == files[1].stat().st_mode, "whoever may read the card may read the weights"
    assert load("mine").card.notes == "second"


def test_a_save_that_fails_leaves_the_old_checkpoint(shelf, monkeypatch):
    save(trained(), shelf / "mine", card(notes="old"))

    def full(*arguments):
        raise OSError("no space left")

    monkeypatch.setattr("lzviz.checkpoints.storage.serialised", full)
    with pytest.raises(OSError, match="no space"):
        save(trained(), shelf / "mine", card(notes="new"))
    assert load("mine").card.notes == "old"


def test_a_pipeline_that_the_card_does_not_describe_is_not_saved(shelf):
    with pytest.raises(ValueError, match=r"the pipeline is not the lds pipeline.*missing: sampler.module"):
        save(trained("uniform"), shelf / "mine", card("lds"))
    assert not (shelf / "mine").exists()


# -- names, folders, the Hub ---------------------------------------------------------------------------------------------


def test_names_and_folders(shelf):
    for name in ("uniform", "lds"):
        save(trained(name), shelf / name, card(name))
    (shelf / "broken").mkdir()
    (shelf / "broken" / "card.json").write_text("{")
    with pytest.warns(UserWarning, match="broken.*not JSON"):
        cards = available()
    assert [each.name for each in cards if each.name in ("uniform", "lds", "broken")] == ["lds", "uniform"]
    assert next(each for each in cards if each.name == "lds") == read_card(shelf / "lds")
    (shelf / "lds").rename(shelf / "renamed")
    (shelf / "broken" / "card.json").unlink()
    assert "renamed" in [each.name for each in available()] and load("renamed").card.name == "lds"
    (shelf / "renamed").rename(shelf / "lds")
    assert load(shelf / "lds").card == load(str(shelf / "lds")).card == load("lds").card == read_card(shelf / "lds")


def test_a_name_that_is_none_lists_those_that_are(shelf):
    save(trained(), shelf / "uniform", card())
    with pytest.raises(ValueError, match=r"no checkpoint named 'unifrom'.*uniform"):
        load("unifrom")


class Hub:
    """A folder that stands for the Hub, and another for its cache; keeps what was asked for."""

    def __init__(self, folder: Path):
        self.online, self.kept, self.asked = folder / "online", folder / "kept", []
        self.extra, self.tokens = {}, []

    def model_info(self, name, files_metadata, token, timeout):
        assert 0 < timeout <= 30
        self.tokens.append(token)
        assert files_metadata
        if not self.online.is_dir():
            raise OSError("could not connect")
        files = [SimpleNamespace(rfilename=p.name, size=p.stat().st_size) for p in (self.online / name).iterdir()]
        for file in files:
            file.size += self.extra.get(file.rfilename, 0)
        return SimpleNamespace(siblings=files)

    def snapshot_download(self, name, allow_patterns, local_files_only, token, etag_timeout):
        self.tokens.append(token)
        self.asked.append((name, allow_patterns, local_files_only))
        if local_files_only and not (self.kept / name).is_dir():
            raise OSError("nothing is kept")
        return str((self.kept if local_files_only else self.online) / name)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    import huggingface_hub

    made = Hub(tmp_path)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", made.snapshot_download)
    monkeypatch.setattr(huggingface_hub, "model_info", made.model_info)
    return made


def test_an_id_of_the_hub_is_fetched_and_loaded(hub):
    save(trained("lds"), hub.online / "someone" / "lds-of-mine", card("lds"))
    assert load("someone/lds-of-mine").card.system == "lds"
    assert hub.asked == [("someone/lds-of-mine", ["model.safetensors", "card.json"], False)]


def test_what_the_hub_gave_before_needs_no_network(hub):
    save(trained("lds"), hub.kept / "someone" / "lds-of-mine", card("lds"))
    assert load("someone/lds-of-mine").card.system == "lds"
    assert hub.asked == [("someone/lds-of-mine", ["model.safetensors", "card.json"], True)]


def test_what_is_no_checkpoint_or_too_large_is_not_downloaded(hub):
    save(trained("lds"), hub.online / "someone" / "large", card("lds"))
    hub.extra = {"model.safetensors": 1 << 30}
    with pytest.raises(ValueError, match=r"has 1,024 MB, above the 512 MB .* load its folder"):
        load("someone/large")
    hub.extra = {"card.json": 1 << 30}
    with pytest.raises(ValueError, match=r"the card.json of .* has 1,024 MB, above the 1 MB"):
        load("someone/large")
    (hub.online / "someone" / "large" / "card.json").unlink()
    with pytest.raises(ValueError, match=r"'someone/large' on the Hub has no card\.json"):
        load("someone/large")
    assert not hub.asked


def test_a_visitor_sees_what_is_public_and_nothing_that_was_kept_for_the_owner(hub):
    save(trained("lds"), hub.online / "someone" / "lds", card("lds"))
    fetched("someone/lds", token=False)
    assert hub.tokens == [False, False]
    save(trained("lds"), hub.kept / "owner" / "private", card("lds"))
    (hub.online).rename(hub.online.with_name("offline"))
    with pytest.raises(ConnectionError, match="did not answer"):
        fetched("owner/private", token=False)


def test_without_the_hub_the_error_says_what_to_do(hub, monkeypatch):
    with pytest.raises(ConnectionError, match=r"no folder 'someone/else' here.*could not connect.*load their folder"):
        load("someone/else")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ValueError, match="pip install huggingface_hub"):
        load("someone/else")


# -- refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "pytorch_model.bin", "run.ckpt", "someone/model.PT"])
def test_pickles_are_refused_unread(name, tmp_path):
    path = tmp_path / Path(name).name
    path.write_bytes(b"never opened")
    for asked in (name, path):
        with pytest.raises(ValueError, match="pickle, which can run code"):
            load(asked)


def test_a_folder_with_a_pickle_only(tmp_path):
    (tmp_path / "card.json").write_text(card().to_json())
    (tmp_path / "pytorch_model.bin").write_bytes(b"never opened")
    with pytest.raises(ValueError, match=r"pytorch_model.bin is a pickle"):
        load(tmp_path)


def test_files_that_are_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no card.json in"):
        load(tmp_path)
    (tmp_path / "card.json").write_text(card().to_json())
    with pytest.raises(FileNotFoundError, match=r"no model.safetensors in"):
        load(tmp_path)
    with pytest.raises(ValueError, match="is a file: a checkpoint is the folder"):
        load(tmp_path / "card.json")


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"\xff" * 64, lambda b: b""])
def test_a_damaged_model(damage, tmp_path):
    save(trained(), tmp_path, card())
    model = tmp_path / "model.safetensors"
    model.write_bytes(damage(model.read_bytes()))
    with pytest.raises(ValueError, match="is damaged, or no safetensors file"):
        load(tmp_path)


def test_a_model_of_another_architecture_names_the_first_that_differ(tmp_path):
    save(trained(), tmp_path, card())
    state = load_file(tmp_path / "model.safetensors")
    state["network.extra"] = torch.zeros(2)
    state["network.classifier.classify.weight"] = torch.zeros(7, 8, 1, 1)
    for key in ("network.backbone.bn1.weight", "network.backbone.bn1.bias"):
        del state[key]
    save_file(state, tmp_path / "model.safetensors")
    with pytest.raises(ValueError) as refusal:
        load(tmp_path)
    said = str(refusal.value)
    assert "2 missing: network.backbone.bn1.weight, network.backbone.bn1.bias" in said
    assert "1 unexpected: network.extra" in said
    assert "network.classifier.classify.weight (7, 8, 1, 1) instead of (3, 8, 1, 1)" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "version 2, this lzviz reads version 1: update lzviz"),
        ({"colour": "red"}, "has unknown fields colour"),
        ({"classes": []}, "classes must be a list of names"),
        ({"classes": "road"}, "classes is a str, expected list"),
        ({"seed": "0"}, "seed is a str, expected int"),
        ({"metrics": []}, "metrics is a list, expected dict"),
        ({"blueprint": {"system": "zoomer"}}, "no sampler named 'zoomer'|zoomer"),
        ({"blueprint": {"system": "lzu", "colour": 1}}, "unknown colour"),
        ({"blueprint": {}}, "no system"),
        ({"blueprint": {"system": "lzu", "network": "vit"}}, "unknown network 'vit'"),
        ({"blueprint": {"system": "lzu", "looks": "fixed"}}, "describes no pipeline"),
        ({"blueprint": {"system": "uniform", "network_options": {"stem": 3}}}, "stem must be"),
        ({"blueprint": {"system": "uniform", "size": [0, 4]}}, "integers >= 1"),
    ],
)
def test_cards_that_cannot_be_read(change, words, tmp_path):
    save(trained(), tmp_path, card())
    (tmp_path / "card.json").write_text(json.dumps({**json.loads(card().to_json()), **change}))
    with pytest.raises(ValueError, match=words):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"), [("{", "not JSON"), ("[]", "holds a list"), ("{}", "lacks blueprint, classes, name, system")]
)
def test_cards_that_are_none(text, words):
    with pytest.raises(ValueError, match=words):
        Card.from_json(text)


def test_a_card_that_asks_for_more_than_its_model_holds_costs_no_memory(tmp_path):
    """The shapes are compared before anything is allocated: this network would have 10^14 weights."""
    save(trained(), tmp_path, card())
    huge = replace(blueprint(), network_options={**NETWORK, "width": 10_000_000})
    (tmp_path / "card.json").write_text(replace(card(), blueprint=asdict(huge)).to_json())
    with pytest.raises(
        ValueError, match=r"of another shape: network.backbone.conv1.0.weight \(4, 3, 3, 3\) instead of"
    ):
        load(tmp_path)


def test_loading_leaves_the_random_state_alone(tmp_path):
    save(trained(), tmp_path, card())
    torch.manual_seed(1)
    wanted = torch.rand(1)
    torch.manual_seed(1)
    assert isinstance(load(tmp_path), nn.Module)
    assert torch.equal(torch.rand(1), wanted)
