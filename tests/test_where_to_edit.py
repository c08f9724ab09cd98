"""Where to edit: a sampler, a saliency source and a task are one file each, outside the package, and a language is one beside
the others; everything finds them."""

import io
import json
import shutil

import numpy as np
import pytest
import torch

from app import server
from lzviz import plugins, samplers, tasks, text
from lzviz.contract.answers.catalogue import sampler_entry, source_entry
from lzviz.contract.answers.files import export
from lzviz.contract.messages.pictures import SamplerLine, SourceLine
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.saliency import sources
from tests.test_saliency_sources import NEWCOMER as SOURCE
from tests.test_sampler_newcomer import PLUGIN as SAMPLER
from tests.test_tasks import COLOUR as TASK


@pytest.fixture(autouse=True)
def registries(monkeypatch, tmp_path):
    monkeypatch.setattr(samplers, "REGISTRY", dict(samplers.REGISTRY))
    monkeypatch.setattr(sources, "REGISTRY", dict(sources.REGISTRY))
    monkeypatch.setattr(tasks, "__path__", [*tasks.__path__, str(tmp_path)])


@pytest.fixture
def picture() -> Picture:
    return Picture(np.random.default_rng(0).integers(0, 256, (30, 44, 3), np.uint8))


def exported(text: str, picture: Picture, what: str) -> dict[str, np.ndarray]:
    state = State.from_link(State.from_link(f"#image=own&width=22&nodes=5x7&{text}").to_link())
    return dict(np.load(io.BytesIO(export(state, picture, None, what, "npz").body), allow_pickle=False))


def test_a_sampler_is_one_file(tmp_path, picture):
    with pytest.warns(UserWarning):
        assert State.from_link("#sampler=middle").sampler == "lzu"
    (tmp_path / "edited_sampler.py").write_text(SAMPLER)
    plugins.load(tmp_path / "edited_sampler.py")
    line = SamplerLine.model_validate(sampler_entry(samplers.REGISTRY["middle"])).plain()
    assert json.loads(json.dumps(line))["title"] == "Middle" and line["options"][0]["own"]
    near, far = (exported(f"sampler=middle&options=middle.share:{share}", picture, "grid") for share in (0.5, 0.9))
    assert any(near[name].shape == far[name].shape and not np.allclose(near[name], far[name]) for name in near)


def test_a_saliency_source_is_one_file(tmp_path, picture):
    with pytest.raises(Refusal, match="expected one of paint"):
        State.parse({"saliency": "bright"})
    (tmp_path / "edited_source.py").write_text(SOURCE)
    plugins.load(tmp_path / "edited_source.py")
    line = SourceLine.model_validate(source_entry(sources.REGISTRY["bright"])).plain()
    assert json.loads(json.dumps(line))["title"] == "Bright"
    taking = [name for name, line in samplers.REGISTRY.items() if "bright" in line.sources]
    assert {"lz", "fovea", "lzu", "lds", "es"} <= set(taking)
    once, cubed = (
        exported(f"from=bright{options}", picture, "saliency") for options in ("", "&options=from-bright.power:3")
    )
    assert not np.allclose(once["saliency"], cubed["saliency"])


def test_a_language_is_one_file(tmp_path, monkeypatch):
    for path in text.FOLDER.glob("*.json"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(text, "FOLDER", tmp_path)
    assert "eo" not in text.languages()
    lines = text.words() | {"cad.countRows": {"one": "· {count} vico", "other": "· {count} vicoj"}}
    (tmp_path / "eo.json").write_text(json.dumps(lines))
    assert "eo" in text.languages() and "text/eo.json" in server.modules()
    assert text.t("cad.countRows", "eo", count=2) == "· 2 vicoj"


def test_a_task_is_one_file(tmp_path):
    with pytest.raises(ValueError, match="no task named 'colour'"):
        tasks.task_named("colour")
    (tmp_path / "colour.py").write_text(TASK)
    task = tasks.task_named("colour")
    assert "colour" in tasks.names() and task.metrics
    assert task.score(task.metrics[0], [torch.ones(2), torch.zeros(3)]).item() == 0.5
