"""Saliency sources: one line each, and whatever finds something in a picture keeps the same promises."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from lzviz import plugins, samplers
from lzviz.contract.answers.catalogue import source_entry
from lzviz.contract.answers.files import export
from lzviz.contract.answers.snippet import snippet
from lzviz.contract.answers.warp import Setting
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.saliency import sources

ENGINE = Path(__file__).parents[1] / "lzviz/canvas/engine/saliency.js"
FOUND = [name for name in sources.SHIPPED if sources.source_named(name).takes == "picture"]
NEWCOMER = """
from lzviz.options import Option
from lzviz.saliency import maps
from lzviz.saliency.sources import Source, add

add(Source("bright", "Bright", "Where it is light.", options=(Option("power", "number", 1.0, 0.1, 9),),
    found=lambda image, size, power=1.0: maps.to_nodes(maps.grey(image), size) ** power))
"""


@pytest.fixture
def picture() -> Picture:
    pixels = np.random.default_rng(0).integers(0, 60, (31, 57, 3), np.uint8)
    pixels[8:14, 36:44] = 255
    return Picture(pixels)


@pytest.fixture
def own_registry(monkeypatch):
    monkeypatch.setattr(sources, "REGISTRY", dict(sources.REGISTRY))


@pytest.mark.parametrize("name", FOUND)
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 1), (31, 57), (300, 200)])
def test_what_is_found_is_a_map_of_its_picture_alone(name, size):
    source, images = sources.source_named(name), torch.rand(3, 3, *size, generator=torch.manual_seed(0))
    before = images.clone()
    found = source.find(images, (5, 8))
    assert found.shape == (3, 1, 5, 8) and torch.equal(images, before)
    assert torch.allclose(found[1:2], source.find(images[1:2], (5, 8)), atol=1e-5)
    assert torch.allclose(source.find(images.flip(3), (5, 8)).flip(3), found, atol=1e-4)


@pytest.mark.parametrize("name", FOUND)
def test_a_flat_picture_draws_nobodys_eye(name):
    assert sources.source_named(name).find(torch.full((1, 3, 20, 30), 0.4), (4, 6)).max() == 0


@pytest.mark.parametrize("name", FOUND)
def test_what_stands_out_is_found(name, picture):
    image = torch.from_numpy(picture.pixels.transpose(2, 0, 1).copy())[None] / 255
    row, column = divmod(int(sources.source_named(name).find(image, (31, 57)).argmax()), 57)
    assert 6 <= row <= 16 and 33 <= column <= 47


def test_the_browser_makes_what_their_lines_say():
    told = f"import {{ handOf, isFound }} from '{ENGINE.as_uri()}'; const names = {list(sources.SHIPPED)};"
    told += "console.log(JSON.stringify(names.map((name) => [isFound(name), handOf(name)])))"
    done = subprocess.run(["node", "--input-type=module", "-e", told], capture_output=True, text=True, check=True)
    hands = {"picture": "edgePaint", "paint": "paint", "boxes": "boxes"}
    lines = [sources.source_named(name) for name in sources.SHIPPED]
    assert json.loads(done.stdout) == [[not line.twin, hands.get(line.takes)] for line in lines]


def test_a_newcomer_is_in_menu_link_samplers_answer_script_and_export(tmp_path, own_registry, picture):
    (tmp_path / "bright_source.py").write_text(NEWCOMER)
    plugins.load(tmp_path / "bright_source.py")
    entry = source_entry(sources.source_named("bright"))
    assert (entry["title"], entry["twin"], entry["options"][0]["own"]) == ("Bright", False, True)
    assert "bright" in samplers.REGISTRY["lzu"].sources
    state = State.from_link("#image=own&sampler=lzu&from=bright&options=from-bright.power:3&nodes=9x13&width=24")
    assert State.from_link(state.to_link()) == state and state.options == (("from-bright", "power", 3.0),)
    setting = Setting.of(state, picture)
    assert setting.saliency is not None and setting.saliency.argmax() // 13 in (2, 3)
    plain = Setting.of(State.parse({"saliency": "bright", "sampler": "lzu", "nodes": [9, 13], "width": 24}), picture)
    assert not torch.equal(plain.saliency, setting.saliency)
    scope: dict = {}
    lines = snippet(setting).partition("picture = ")[0]
    exec(lines, scope)
    assert torch.equal(scope["saliency"], setting.saliency)
    assert export(state, picture, None, "saliency", "npz")


@pytest.mark.parametrize("made", ["image[:, 0]", "maps.grey(image) * 9", "1 / 0"])
def test_a_source_that_fails_is_one_sentence(own_registry, picture, made):
    sources.add(sources.Source("odd", "Odd", "?", found=lambda image, size: eval(made)))
    with pytest.raises(Refusal, match=r"^Odd finds nothing: .*\. Take the saliency from elsewhere\.$"):
        Setting.of(State.parse({"saliency": "odd", "width": 24}), picture)


def test_lines_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="registered already"):
        sources.add(sources.source_named("edges"))
    with pytest.raises(ValueError, match="named by up to 40"):
        sources.Source("a b", "A", "?", found=max)
    with pytest.raises(ValueError, match="belongs to takes"):
        sources.Source("mine", "A", "?")
    with pytest.raises(ValueError, match="twin"):
        sources.Source("mine", "A", "?", takes="nothing")
    with pytest.raises(ValueError, match="finds nothing in a picture"):
        sources.source_named("paint").find(torch.zeros(1, 3, 4, 4), (2, 2))
