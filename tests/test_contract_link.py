"""A link means the same to Python and to the page: read, written, mended and complained about alike."""

import json
import random
import re
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest

import lzviz
from lzviz import samplers
from lzviz.contract import generate, link
from lzviz.contract.answers.catalogue import sampler_entry, source_entry
from lzviz.contract.options import FROM, values_of
from lzviz.contract.state import State, declared, lines
from lzviz.contract.wire import Refusal
from lzviz.saliency import sources
from tests.app_server import blob

RUNNER = Path(__file__).parent / "js" / "link.mjs"
PAINT = blob(40, 30).to_text()
ODD = [
    "", "#", "image=street", "#image=coffee&image=rocket", "nonsense", "=1", "image", "a=b&&&c=d", "image=..%2f..", "x" * 200_001,
    "strength=0", "strength=1e3", "strength=1001", "strength=", "strength=%20", "strength=0x20", "strength=nan",
    "strength=Infinity", "strength=-0", "strength=١", "strength=+5", "strength=5.", "strength=1_0", "fwhm=1e-7", "floor=1e-7",
    "floor=1.5e-10", "floor=auto", "floor=0.1", "floor=Auto", "floor=2", "width=99.5", "width=8.4", "width=7.6", "width=1e9",
    "width=1024.5", "nodes=31x51", "nodes=1x500", "nodes=31", "nodes=31x51x2", "nodes=00031x9", "nodes=-1x3",
    "separable=true", "separable=1", "anticrop=0", "read=nearest", "read=NEAREST", "source=0.75", "source=.75",
    "source=1.0", "source=1", "boxes=none", "boxes=1,2,3,4", "boxes=1,,3,4", "boxes=,,1,1", "boxes=5,0,1,9", "boxes=1,2,3",
    "boxes=",    "boxes=-0.5,-0.5,65536,9.25", "boxes=1,2,3,70000", "boxes=" + "_".join(["0,0,1,1"] * 70), "layers=none", "layers=",
    "layers=mesh,points", "layers=mesh,mesh", "layers=stars", f"paint={PAINT}", f"edges={PAINT}", "paint=none", "paint=4x4.AA",
    "paint=128x1000.AAAA", "paint=1x1.AA", "paint=4x4.%zz", "sampler=magic", "sampler=es", "sampler=cad", "sampler=learned",
    "room=doctor", "room=models", "sampler=lz&mode=published",
    "mode=Published", "image=%zz", "image=%ff", "image=a%20b", "image=%E2%82%AC", "from=%65dges", "strength=%35", "step=-5",
    "options=none", "options=es.smoothness:2", "options=es.smoothness:1", "options=es.smoothness:1000", "options=es.smoothness:",
    "options=lds.form:square,es.smoothness:0x2,lds.fwhm:auto,lds.fwhm:12", "options=lds.form:round", "options=es:2", "options=",
    "options=cad.depth:2", "options=no.such:1", "options=downsizenet.depth:2.5,downsizenet.texture_only:1,resizer.width:8",
    "options=es.smoothness:2,es.smoothness:3,,", "options=__proto__.x:1", "options=es.constructor:1", "options=lds.kernel_radius:3",
    "channel=2048", "cadchannel=-1.5", "checkpoint=own-abc", "tool=pan&brush=0.123456789", "image=ok\n", "nodes=31x51\n",
]  # fmt: skip


def random_links(count: int) -> list[str]:
    rng = random.Random(5)
    return ["&".join(_pair(rng, *rng.choice(declared())) for _ in range(rng.randint(1, 9))) for _ in range(count)]


def _pair(rng: random.Random, key: str, name: str, control: object) -> str:
    line = lines()[key]
    choices = [*map(str, line.get("choices", ())), "none", "auto", "1", "0"]
    number = str(rng.choice([rng.uniform(-2, 3), rng.randint(-5, 2000), 10 ** rng.uniform(-9, 9)]))
    return f"{line['url']}={rng.choice([rng.choice(choices), number, number, '7x9'])}"


def test_python_and_the_page_read_and_write_the_same_links():
    node = shutil.which("node")
    assert node, "Node.js is needed: see package.json for its version"
    links = ODD + random_links(200)
    known = {"samplers": [*samplers.REGISTRY], "sources": [*sources.REGISTRY]}
    lines = {name: sampler_entry(system)["options"] for name, system in samplers.REGISTRY.items()}
    lines |= {FROM + name: source_entry(source)["options"] for name, source in sources.REGISTRY.items()}
    own = {name: [line for line in options if line["own"]] for name, options in lines.items()}
    asked = json.dumps({"links": links, "registries": known, "options": own})
    made = subprocess.run([node, RUNNER], input=asked, capture_output=True, text=True, check=True, timeout=60).stdout
    for text, theirs in zip(links, json.loads(made), strict=True):
        values, problems = link.read(text, declared())
        state = State(**values)
        assert problems == theirs["problems"], text
        assert state == State.parse(theirs["state"]), text
        assert without_maps(state.to_link()[1:]) == without_maps(theirs["link"]), text
        assert State.from_link(theirs["link"]) == state, text


def without_maps(text: str) -> str:
    """A link with the packed bytes of its maps left out: two compressors need not agree on them."""
    return re.sub(r"(=\d+x\d+\.)[\w-]+", r"\1", text)


def test_a_state_survives_its_link():
    given = {"image": "coffee", "sampler": "lz", "paint": PAINT, "boxes": [[-0.5, 3, 7.25, 9]], "floor": 0.25, "cadKeep": 1e-7,
             "layers": {"mesh": True}, "nodes": [9, 14], "sourceScale": 0.75, "separable": True}  # fmt: skip
    state = State.parse(given)
    address = state.to_link("https://somewhere/?__theme=dark#image=street")
    assert address.startswith("https://somewhere/?__theme=dark#image=coffee&sampler=lz&")
    assert lzviz.State.from_link(address) == state


def test_rooms_that_older_links_called_samplers_are_found():
    for old, room in (("cad", "cad"), ("learned", "pipeline")):
        state = State.from_link(f"#image=coffee&sampler={old}")
        assert (state.room, state.sampler) == (room, "lzu")
        assert state.to_link() == f"#image=coffee&room={room}"


def test_what_a_link_asks_in_vain_is_told():
    with pytest.warns(UserWarning, match="Strength 5000 is out of range, 1000 is used; Reading cannot be read"):
        state = State.from_link("#strength=5000&mode=magic&x=y")
    assert (state.strength, state.mode) == (1000, "fixed")


def test_a_link_of_the_defaults_tells_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert State.from_link("https://somewhere/") == State()
    assert State().to_link() == "#image=street"


def test_a_sampler_that_somebody_registered_is_in_the_link(monkeypatch):
    monkeypatch.setattr(samplers, "REGISTRY", dict(samplers.REGISTRY))
    with pytest.warns(UserWarning, match="Sampler cannot be read"):
        assert State.from_link("#sampler=mine").sampler == "lzu"
    samplers.register("mine", lambda image: image)
    assert State.from_link("#sampler=mine").to_link() == "#image=street&sampler=mine"


def test_the_generated_files_are_those_of_the_contract():
    for path, text in generate.files().items():
        assert path.read_text("utf-8") == text, f"{path} is stale: run python -m lzviz.contract"


def test_options_of_one_sampler_are_checked_by_its_registry_line_and_survive_their_link():
    state = State.parse(
        {"sampler": "es", "options": {"lds": {"form": "square", "kernel_radius": None}, "es": {"smoothness": 2.5}}}
    )
    assert dict(values_of(state))["smoothness"] == 2.5
    assert state.to_link() == "#image=street&sampler=es&options=es.smoothness:2.5,lds.form:square"
    assert State.from_link(state.to_link()) == state == State.parse(state.to_json())
    wrong = [{"es": {"smoothness": 0}}, {"es": {"smoothness": None}}, {"es": {"fwhm": 3}}, {"mine": {}}, {"es": 3}, []]
    wrong.append({"cad": {"depth": 2}})
    for options in wrong:
        with pytest.raises(Refusal, match="options: expected"):
            State.parse({"options": options})


def test_the_output_size_is_no_option_of_a_sampler_that_has_a_width():
    assert dict(values_of(State(sampler="resizer", width=333)))["width"] == 16
