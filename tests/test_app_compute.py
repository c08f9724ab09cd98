"""The exact answer: nodes, shares, folds, round trip, clock; against numbers worked out by other means."""

import base64
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from lzviz import samplers
from lzviz.contract.answers import warp as compute
from lzviz.contract.answers.snippet import snippet
from lzviz.contract.answers.warp import Setting, answer, box_weights, edited, fit_lattice, found_in, map_of
from lzviz.contract.maps import Map
from lzviz.contract.messages.warp import Computed
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.coords import lattice
from lzviz.gallery import shipped
from lzviz.saliency import sources
from lzviz.warp import GridWarp
from tests.app_server import blob, english, nodes_of

SAMPLERS = ("uniform", "uniform-area", "lz", "fovea", "lzu")
KINDS = sources.SHIPPED


@pytest.fixture(scope="module")
def coffee() -> Picture:
    return shipped()["coffee"].prepare().result()


def state_of(**given) -> State:
    return State.parse({"image": "coffee", "width": 60, **given})


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("mode", ["fixed", "published"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_has_an_answer_in_plain_json(coffee, sampler, mode, kind):
    state = state_of(sampler=sampler, mode=mode, saliency=kind, boxes=[[300, 50, 420, 150]], contrast=1.5)
    told = json.loads(json.dumps(Computed(**answer(state, coffee, blob(85, 128))).plain(), allow_nan=False))
    assert np.isfinite(nodes_of(told)).all()
    assert 0.9 < told["coverage"] <= 1
    assert told["roundTrip"]["max"] < 5e-3
    assert told["samples"] == 60 * 40


def test_paint_attracts_samples_and_the_sentence_says_so(coffee):
    told = answer(state_of(paint=blob(85, 128, (0.25, 0.8)).to_text(), strength=80), coffee)
    assert told["share"] > 4 * told["area"]
    assert told["zoomRange"][1] > 2
    assert english(told["sentence"]).startswith(f"Spends {100 * told['share']:.0f} % of 2,400 samples on ")
    assert "top right; no folds; at most " in english(told["sentence"])


def test_uniform_sampling_spends_on_paint_what_its_area_is(coffee):
    told = answer(state_of(sampler="uniform", paint=blob(85, 128).to_text()), coffee)
    assert told["share"] == pytest.approx(told["area"], rel=0.05)
    assert told["zoomRange"] == pytest.approx([1, 1])


def test_without_paint_nothing_is_emphasised(coffee):
    told = answer(state_of(), coffee)
    assert (told["share"], told["area"]) == (None, 0)
    assert english(told["sentence"]) == "Spreads 2,400 samples over the whole image; no folds; at most 1.0× zoom."
    assert (
        np.abs(nodes_of(told) - np.stack(np.meshgrid(np.linspace(-1, 1, 51), np.linspace(-1, 1, 31)), -1)).max() < 1e-12
    )


def test_cropping_is_told(coffee):
    told = answer(state_of(sampler="lz", antiCrop=False, saliency="centre", fwhm=8), coffee)
    assert told["coverage"] < 0.9
    assert english(told["sentence"]).endswith(f"; shows {100 * told['coverage']:.1f} % of the image.")


def test_nodes_are_float64_and_those_of_the_library(coffee):
    painted = blob(85, 128)
    told = answer(state_of(paint=painted.to_text(), fwhm=7.3, strength=33), coffee)
    from lzviz import Warp
    from lzviz.saliency import from_mask

    mask = torch.tensor(painted.values / 255.0)
    expected = Warp.from_saliency(from_mask(mask, (31, 51), 33.0), (31, 51), 7.3, separable=False)
    assert np.array_equal(nodes_of(told), expected.nodes[0].numpy())


def test_the_source_resolution_changes_what_is_read_and_not_where(coffee):
    full, quarter = (answer(state_of(saliency="edges", sourceScale=s), coffee) for s in (1, 0.25))
    assert full["nodes"] == quarter["nodes"]


def test_boxes_cover_what_they_say():
    weights = box_weights(((-0.5, -0.5, 50, 39.5),), (40, 101))
    assert float(weights.mean()) == pytest.approx(0.5, abs=0.02)
    assert weights[0, 0, :, 0].all() and not weights[0, 0, :, -1].any()


def test_painted_edges_add_and_remove():
    edges = Map.of(np.array([[0, 100], [200, 255]], np.uint8))
    painted = Map.of(np.array([[255, 128], [0, 1]], np.uint8))
    values = edited(edges, painted)[0, 0].numpy()
    assert values == pytest.approx(np.array([[1, 100 / 255], [0, 0]]))
    with pytest.raises(Refusal, match="3 x 2 cells"):
        edited(edges, Map.of(np.zeros((2, 3), np.uint8)))


def test_edges_are_found_once_and_where_they_are():
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:, 48:] = 255
    picture = Picture(pixels)
    edges = found_in(picture, "edges")
    assert found_in(picture, "edges") is edges
    assert (edges.h, edges.w) == (85, 128)
    assert abs(int(edges.values.sum(0).argmax()) - 63.5) <= 1.5


@pytest.mark.parametrize(("size", "lattice"), [((100, 300), (43, 128)), ((300, 100), (128, 43)), ((1, 900), (2, 128))])
def test_the_lattice_of_painted_maps(size, lattice):
    assert fit_lattice(size) == lattice


def test_a_map_keeps_its_greys():
    ramp = np.repeat(np.linspace(0, 255, 128).round().astype(np.uint8)[None, :, None], 64, 0).repeat(3, 2)
    assert np.abs(map_of(Picture(ramp)).values.astype(int) - ramp[..., 0]).max() <= 1


def test_a_stroke_is_answered_without_any_clock_and_times_are_medians_of_warm_runs(coffee, monkeypatch):
    read = list[str]()
    monkeypatch.setattr("lzviz.measure.timing.time.perf_counter", lambda: float(read.append("") or len(read)))
    assert "milliseconds" not in answer(state_of(), coffee) and not read
    runs, saliency_of = list[int](), compute.saliency_of
    monkeypatch.setattr(compute, "saliency_of", lambda *a: runs.append(1) or saliency_of(*a))
    told = compute.times_answer(state_of(), coffee)
    assert set(told["milliseconds"]) == {"saliency", "warp", "zoom", "unzoom", "total"} and told["device"]
    assert sum(runs) >= 3, "once for the setting, once warm, and at least once timed"
    assert {key: value for key, value in told["milliseconds"].items() if key != "total"} == dict.fromkeys(
        ("saliency", "warp", "zoom", "unzoom"), 1000.0
    )


def test_networks_that_are_compared_run_in_turns_and_one_slow_run_decides_nothing(monkeypatch):
    now, calls = [0.0], []
    monkeypatch.setattr("lzviz.measure.timing.time.perf_counter", lambda: now[0])

    def work(name: str, *seconds: float):
        return lambda: (calls.append(name), now.__setitem__(0, now[0] + seconds[calls.count(name) - 1]))

    cpu = torch.device("cpu")
    taken = compute.in_turn({"a": work("a", 0.09, *[0.01] * 4), "b": work("b", *[0.02] * 5)}, cpu)
    assert calls == ["a", "b"] * compute.TURNS
    assert taken == {"a": pytest.approx(10), "b": pytest.approx(20)}
    calls.clear()
    assert compute.in_turn({"slow": work("slow", 2.0)}, cpu) == {"slow": pytest.approx(2000)}


def entered(monkeypatch, grid_of) -> None:
    monkeypatch.setattr(samplers, "REGISTRY", dict(samplers.REGISTRY))
    samplers.register("ours", grid_of)


@pytest.mark.parametrize("name", [name for name, line in samplers.REGISTRY.items() if not line.twin])
@pytest.mark.parametrize("size", [(97, 61), (1, 5), (60, 200)])
def test_a_sampler_that_the_browser_has_no_twin_of_is_computed_with_its_image(name, size):
    picture = Picture(np.random.default_rng(3).integers(0, 256, (*size, 3), dtype=np.uint8))
    state = State(sampler=name, width=24, saliency="edges")
    told, setting = answer(state, picture), Setting.of(state, picture)
    pixels = np.frombuffer(base64.b64decode(told["image"]), np.uint8).reshape(*setting.zoomed, 3)
    assert np.abs(pixels - compute.bytes_of(setting.image()).astype(int)).max() == 0
    assert told["nodesSize"] == list(setting.nodes.shape[:2])
    lines: dict = {"PIXELS": picture.pixels}
    exec(snippet(setting).replace('PIL.Image.open("picture.png").convert("RGB")', "PIXELS"), lines)
    assert torch.equal(lines["warp"].nodes[0].double(), setting.nodes)


def test_a_registered_grid_is_computed_and_its_faults_are_one_sentence(monkeypatch, coffee):
    entered(monkeypatch, lambda image: lattice((4, 5))[None] * 0.5)
    state = State(**{**vars(state_of()), "sampler": "ours"})
    assert torch.allclose(Setting.of(state, coffee).nodes, lattice((4, 5), dtype=torch.float64) * 0.5, atol=1e-6)
    for broken in (lambda image: 1 / 0, lambda image: image, lambda image: lattice((4, 5))[None] * torch.nan):
        samplers.REGISTRY.pop("ours")
        entered(monkeypatch, broken)
        with pytest.raises(Refusal, match=r"^ours could not sample this picture: .*Choose another sampler\.$"):
            Setting.of(state, coffee)


def test_the_registry_tells_what_the_browser_computes_itself():
    asked = """
        import { TWINS } from "./lzviz/canvas/engine/samplers.js";
        import { ROOMS } from "./lzviz/canvas/rooms/list.js";
        console.log(JSON.stringify([...Object.keys(TWINS), ...ROOMS.all.flatMap(({ sampler }) => sampler ?? [])]));
    """
    command, root = ["node", "--input-type=module", "-e", asked], Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) == {name for name, line in samplers.REGISTRY.items() if line.twin}


def test_a_stroke_on_a_large_picture_looks_back_on_few_points(monkeypatch):
    points = list[tuple[int, int]]()
    grid = GridWarp.inverse_grid
    monkeypatch.setattr(GridWarp, "inverse_grid", lambda self, size: points.append(size) or grid(self, size))
    rng = np.random.default_rng(0)
    picture = Picture(rng.integers(0, 255, (2100, 4200, 3), np.uint8))
    told = answer(state_of(saliency="centre", interpolation="bilinear"), picture)
    assert points == [(32, 64)]
    assert told["roundTrip"]["max"] < 5e-3


def test_the_same_setting_has_the_same_answer(coffee):
    state = state_of(saliency="edges")
    assert Setting.of(state, coffee).nodes.equal(Setting.of(state, coffee).nodes)
