"""Adaptive downsampling as the page asks for it: masks to the last cell, proofs, prices, key points."""

import base64
import threading

import anyio
import numpy as np
import pytest
import torch
from PIL import Image

from app.server import Server
from lzviz import gallery, samplers
from lzviz.adaptive import masks
from lzviz.adaptive.levels import complete
from lzviz.adaptive.report import Report
from lzviz.adaptive.run import Fallback
from lzviz.contract.answers import cad, keypoints, working
from lzviz.contract.answers.catalogue import sampler_entry
from lzviz.contract.answers.warp import in_turn
from lzviz.contract.maps import Map
from lzviz.contract.memory import Memory
from lzviz.contract.messages.cad import AskFeatures, AskFeatureTimes
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.contract.workshop import Workshop
from tests.app_server import client, encoded, english, post, refusal
from tests.conftest import run_async

SHOP = Workshop(gallery.shipped())


def picture(h, w, seed=0):
    small = np.random.default_rng(seed).integers(0, 256, (max(h // 16, 2), max(w // 16, 2), 3), np.uint8)
    return Picture(np.asarray(Image.fromarray(small).resize((w, h), Image.Resampling.BICUBIC)))


def parse(**options):
    return State.parse({"room": "cad", **options})


def cells(text, kind, grid):
    return np.frombuffer(base64.b64decode(text), kind).reshape(grid["h"], grid["w"])


def painted(h=64, w=128):
    """Left fine, right coarse, the middle as the mask says."""
    values = np.full((h, w), 128, np.uint8)
    values[:, : w // 4] = 255
    values[:, -w // 4 :] = 0
    return Map.of(values)


def in_the_browser(told, state):
    """Levels from the mask's answer alone, as the page makes them."""
    grid, size = told["grid"], (told["image"]["h"], told["image"]["w"])
    if "strength" in told:
        strengths = np.stack([cells(ring, "<f4", grid) for ring in told["strength"]])
        levels = (strengths < np.float32(state.cad_threshold)).sum(0)
        levels = grid["depth"] - levels if told["mask"] == "inverse" else levels
    else:
        levels = cells(told["levels"], "u1", grid).astype(int)
    levels = torch.tensor(levels)[None, None]
    if state.cad_paint is not None:
        paint = torch.tensor(state.cad_paint.values)
        levels = masks.forced(levels, paint, grid["stride"], grid["depth"], size)
    return complete(levels[:, 0], grid["depth"])[0].numpy()


def price(told, levels):
    """Multiply-adds from the mask's answer alone."""
    y, x = np.mgrid[: levels.shape[0], : levels.shape[1]]
    total = told["macs"]["fixed"]
    for halvings, macs in enumerate(told["macs"]["perRow"]):
        side = 2 ** np.minimum(levels, halvings)
        total += macs * int(((y % side == 0) & (x % side == 0)).sum())
    return total


CASES = [
    {}, {"cadLevels": "8-32"}, {"cadLevels": "1-8"}, {"cadMask": "inverse", "cadLevels": "8-32"}, {"cadMask": "paint"},
    {"cadMask": "keypoints", "cadLevels": "8-32"}, {"cadMask": "random", "cadKeep": 0.4}, {"cadNetwork": "vgg16"},
    {"cadThreshold": 0.02, "cadDilation": 3}, {"cadOperator": "sobel", "cadThreshold": 0.35}, {"mode": "published"},
]  # fmt: skip


@pytest.mark.parametrize("options", CASES, ids=lambda options: "-".join(map(str, options.values())) or "default")
def test_the_browser_knows_levels_and_multiply_adds_from_the_mask_alone(options):
    shown = picture(135, 203)
    state = parse(**options, cadPaint=painted().to_text())
    told, answer = cad.mask_answer(SHOP, state, shown), cad.answer(SHOP, state, shown)
    assert told["grid"] == answer["grid"] and told["image"] == answer["image"]
    levels = in_the_browser(told, state)
    assert np.array_equal(cells(answer["levels"], "u1", answer["grid"]), levels)
    assert price(told, levels) == answer["macs"]["adaptive"]
    assert (told["macs"]["strided"], told["macs"]["dilated"]) == (answer["macs"]["strided"], answer["macs"]["dilated"])
    y, x = np.mgrid[: levels.shape[0], : levels.shape[1]]
    corners = (y % 2**levels == 0) & (x % 2**levels == 0)
    assert answer["rows"] == [int((corners & (levels == level)).sum()) for level in range(told["grid"]["depth"] + 1)]
    assert answer["active"] == pytest.approx(corners.mean())


@pytest.mark.parametrize("mask", ["edges", "inverse", "keypoints", "random"])
@pytest.mark.parametrize("levels", ["8-16", "8-32", "1-8"])
def test_the_badge_is_exact_as_fixed_and_is_not_as_published(mask, levels):
    answer = cad.answer(
        SHOP, parse(cadMask=mask, cadLevels=levels, cadThreshold=0.05, cadDilation=3), picture(135, 203)
    )
    assert len(set(cells(answer["levels"], "u1", answer["grid"]).flat)) > 1
    badge = answer["badge"]
    assert badge["exact"] and 0 <= badge["relative"] <= 1e-5
    assert badge["publishedRelative"] > 1000 * max(badge["relative"], 1e-8)
    assert badge["published"] > badge["max"]


def test_the_badge_names_what_is_outside_the_guarantee(monkeypatch):
    """What happens to be equal on one picture is not guaranteed: the report decides, not the difference alone."""
    state, shown = parse(cadMask="random", cadLevels="8-16"), picture(96, 136)
    assert cad.answer(SHOP, state, shown)["badge"]["outside"] == []
    report = Report((), (), outside=(Fallback("layer3.0.bn1", "group_norm"),))
    monkeypatch.setattr(Report, "of", staticmethod(lambda run: report))
    answer = cad.answer(Workshop(gallery.shipped()), state, shown)
    assert answer["badge"]["outside"] == ["group_norm in layer3.0.bn1"]
    assert "outside the guarantee: group_norm in layer3.0.bn1" in english(answer["sentence"])


def test_a_border_that_fills_no_block_is_a_cell_of_its_own():
    told = cad.mask_answer(SHOP, parse(), picture(135, 203))
    assert told["image"] == {"h": 135, "w": 203}
    assert told["grid"] == {"h": 17, "w": 26, "stride": 8, "depth": 1}


@pytest.mark.parametrize("beside", ["strided", "dilated"])
@pytest.mark.parametrize("options", [{}, {"cadChannel": 7}, {"cadLevels": "8-32"}, {"cadLevels": "1-8"}])
def test_where_everything_is_coarse_or_fine_the_maps_are_those_of_the_stock_networks(beside, options):
    value = 0 if beside == "strided" else 255
    everywhere = Map.of(np.full((2, 2), value, np.uint8)).to_text()
    answer = cad.answer(SHOP, parse(cadPaint=everywhere, **options), picture(96, 120))
    grid = answer["grid"]
    shown = {name: base64.b64decode(data) for name, data in answer["maps"].items()}
    assert {len(data) for data in shown.values()} == {grid["h"] * grid["w"] * 3}
    maps = {name: np.frombuffer(data, np.uint8).astype(int) for name, data in shown.items()}
    assert np.abs(maps["adaptive"] - maps[beside]).max() <= 1
    other = "dilated" if beside == "strided" else "strided"
    assert np.abs(maps["adaptive"] - maps[other]).max() > 20
    assert answer["macs"]["adaptive"] == answer["macs"][beside]


def test_the_mode_decides_which_features_are_shown():
    shown = picture(135, 203)
    fixed, published = (cad.answer(SHOP, parse(cadMask="random", mode=mode), shown) for mode in ("fixed", "published"))
    assert fixed["maps"]["adaptive"] != published["maps"]["adaptive"]
    assert fixed["maps"]["dilated"] == published["maps"]["dilated"]
    assert fixed["badge"] == published["badge"]


def test_an_answer_is_labelled():
    answer = cad.answer(SHOP, parse(cadLevels="1-8", cadNetwork="resnet18"), picture(100, 150))
    assert answer["network"] == "vgg16"
    assert english(answer["weights"]) == "random, seed 0, 16 of 64 channels"
    assert english(answer["weights"]) in english(answer["sentence"])
    assert (answer["channel"], answer["channels"]) == (None, 128)


def test_an_answer_measures_nothing_and_its_times_are_a_question_of_their_own(monkeypatch):
    shown, state = picture(100, 150), parse(cadNetwork="compact")
    in_turn = cad.in_turn
    monkeypatch.setattr(cad, "in_turn", lambda *_: pytest.fail("an answer waited for a clock"))
    assert not {"milliseconds", "clock"} & set(cad.answer(SHOP, state, shown))
    monkeypatch.setattr(cad, "in_turn", in_turn)
    told = cad.times_answer(SHOP, state, shown)
    assert set(told["milliseconds"]) == {"strided", "adaptive", "dilated"}
    assert all(taken > 0 for taken in told["milliseconds"].values())
    assert "thread" in told["device"] and "in turns" in english(told["clock"]) and "schedule" in english(told["clock"])
    assert AskFeatureTimes(state=state).bench == "clocks" != AskFeatures(state=state).bench


def test_other_networks_run_between_two_that_are_timed():
    lock, seen = threading.Lock(), []
    in_turn({"a": lambda: seen.append(lock.locked())}, torch.device("cpu"), lock)
    assert seen and all(seen) and not lock.locked()


def test_a_brush_stroke_makes_adaptive_features_only(monkeypatch):
    shown = picture(120, 160, seed=5)
    cad.answer(SHOP, parse(), shown)
    monkeypatch.setattr(cad, "run_stock", lambda *_: pytest.fail("the stock networks ran again"))
    cad.answer(SHOP, parse(cadPaint=painted().to_text()), shown)
    monkeypatch.setattr(cad, "run_adaptive", lambda *_: pytest.fail("the adaptive network ran again"))
    first = cad.answer(SHOP, parse(cadPaint=painted().to_text(), cadChannel=3), shown)
    assert first["channel"] == 3


def test_a_channel_that_the_network_has_not():
    with pytest.raises(Refusal, match=r"cadChannel: resnet18 has channels 0 to 511, got 512\."):
        cad.answer(SHOP, parse(cadNetwork="resnet18", cadChannel=512), picture(64, 64))


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (7, 64), (9, 30_000)])
@pytest.mark.parametrize("ask", [cad.mask_answer, cad.answer])
def test_a_picture_without_a_feature_is_refused_in_a_sentence(size, ask):
    with pytest.raises(Refusal, match=r"needs at least 8 a side; choose a larger or less narrow picture\."):
        ask(SHOP, parse(), picture(*size))
    with pytest.raises(Refusal, match="less narrow"):
        keypoints.answer(SHOP, picture(*size))


@pytest.mark.parametrize("size", [(8, 8), (8, 400), (9, 17), (300, 31), (20, 3000)])
@pytest.mark.parametrize("levels", ["8-16", "8-32", "1-8"])
def test_small_and_narrow_pictures_are_answered(size, levels):
    answer = cad.answer(SHOP, parse(cadLevels=levels, cadMask="random"), picture(*size))
    assert answer["badge"]["exact"]


def test_the_working_size_bounds_the_work_whatever_the_shape():
    for size in [(2000, 4000), (3000, 3000), (4000, 500), (100, 5000)]:
        for network, (rows, columns) in working.WORKING.items():
            h, w = working.Working.of(picture(*size), working.WORKING[network]).size
            assert h * w <= 1.01 * rows * columns and (max(h, w) <= columns or min(h, w) == 8)
            assert w / h == pytest.approx(size[1] / size[0], rel=0.06)
    assert working.Working.of(picture(50, 60), (256, 512)).size == (50, 60)


def test_what_is_kept_is_bounded():
    assert 0 < SHOP.memory.bytes_held <= SHOP.memory.budget == 1 << 30
    small = Workshop(memory=Memory(1 << 20))
    for seed in range(3):
        cad.mask_answer(small, parse(), picture(96, 120, seed))
    kinds = {kind for kind, _ in small.memory._held}
    assert "networks" not in kinds and small.memory.bytes_held <= 1 << 20


# Routes


def test_the_routes_of_a_shipped_picture():
    state = {"room": "cad", "image": "chelsea", "cadThreshold": 0.15}
    mask = post("lzviz/cad-mask", {"seq": 7, "state": state, "image": "chelsea"}).json()
    assert mask["ok"] and mask["seq"] == 7 and len(mask["strength"]) == 1
    answer = post("lzviz/cad", {"seq": 8, "state": state, "image": "chelsea"}).json()
    assert answer["ok"] and answer["seq"] == 8 and answer["badge"]["exact"]
    assert price(mask, cells(answer["levels"], "u1", answer["grid"])) == answer["macs"]["adaptive"]


def test_an_uploaded_pixel_is_refused_by_every_route():
    told = client().post("lzviz/picture", content=encoded(Image.new("RGB", (1, 1)))).json()
    for path in ("lzviz/cad-mask", "lzviz/cad", "lzviz/keypoints"):
        assert "1 x 1 pixels" in refusal(post(path, {"state": {"image": "own"}, "image": told["id"]}))


@pytest.mark.parametrize("path", ["lzviz/cad-mask", "lzviz/cad", "lzviz/keypoints", "lzviz/cad-cost"])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"state": {"cadThreshold": 0}, "image": "coffee"}, "cadThreshold: expected"),
        ({"state": {"cadLevels": "2-4"}, "image": "coffee"}, "cadLevels: expected one of 8-16"),
        ({"state": {"cadPaint": "x"}, "image": "coffee"}, "cadPaint: expected"),
        ({"state": {}, "image": "coffee", "seq": True}, "seq"),
        ({"image": "coffee"}, "state: nothing was given"),
    ],
)
def test_a_question_that_makes_no_sense(path, body, said):
    assert said in refusal(post(path, body))


def test_the_cost_over_the_gallery():
    told = post("lzviz/cad-cost", {"seq": 3, "state": {"room": "cad", "cadThreshold": 0.214}}).json()
    assert told["ok"] and told["seq"] == 3
    rows = told["rows"]
    assert [row["id"] for row in rows][:2] == ["street", "motorcycle"] and len(rows) > 10
    for row in rows:
        assert row["strided"] <= row["macs"] <= row["dilated"] and 0.25 <= row["active"] <= 1
    for key in ("active", "macs", "share"):
        values = [row[key] for row in rows]
        assert told[key] == {"min": min(values), "mean": pytest.approx(np.mean(values)), "max": max(values)}
    assert told["active"]["min"] < 0.6 < told["active"]["max"]
    assert "belongs to one picture" in refusal(post("lzviz/cad-cost", {"state": {"cadMask": "paint"}}))


def test_a_warp_cannot_be_asked_of_it():
    sentence = refusal(post("lzviz/compute", {"state": {"sampler": "cad"}, "image": "coffee"}))
    assert "lzviz/cad" in sentence and "no warp" in sentence
    body = {"state": {"sampler": "cad"}, "image": "coffee", "what": "grid", "format": "npz"}
    assert "no warp" in refusal(post("lzviz/export", body))


def test_keys_named_after_a_sampler_are_its_controls():
    entry = sampler_entry(samplers.REGISTRY["cad"])
    assert {"cadLevels", "cadMask", "cadPaint", "cadView", "mode"} <= set(entry["controls"])
    assert entry["modes"] == ["fixed", "published"]
    for known in samplers.REGISTRY.values():
        if known.name != "cad":
            assert not any(key.startswith("cad") for key in sampler_entry(known)["controls"])


def test_visitors_at_the_same_time_get_their_own_answers():
    shown = [picture(96, 120, seed) for seed in (11, 12, 13)]
    alone = [cad.answer(SHOP, parse(cadMask="keypoints"), one)["maps"]["dilated"] for one in shown]
    SHOP.memory.clear("stock features", "adaptive features")
    found: dict[int, str] = {}

    def ask(index):
        found[index] = cad.answer(SHOP, parse(cadMask="keypoints"), shown[index])["maps"]["dilated"]

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[index] for index in range(3)] == alone


def test_networks_that_run_for_long_do_not_hold_up_the_rest():
    """The networks' bench is full; warps are still answered, and whoever comes too late is told so."""
    server, release = Server(), threading.Event()

    async def crowd():
        async with anyio.create_task_group() as group:
            for _ in range(17):
                group.start_soon(server.benches["networks"].run, release.wait)
            await anyio.sleep(0.05)
            assert await server.benches["numbers"].run(lambda: "a warp") == "a warp"
            with pytest.raises(Refusal, match="busy"):
                await server.benches["networks"].run(lambda: "a network")
            release.set()

    run_async(crowd)


def test_a_mask_of_the_visitor_says_where_cells_stay_fine():
    """Browser and Python read the same levels from it, and a bright stripe keeps its cells alone."""
    values = np.zeros((32, 48), np.uint8)
    values[:, 20:24] = 255
    state, shown, own = parse(cadMask="file", cadDilation=1), picture(135, 203), Map.of(values)
    told, answer = cad.mask_answer(SHOP, state, shown, own), cad.answer(SHOP, state, shown, own)
    levels = in_the_browser(told, state)
    assert np.array_equal(cells(answer["levels"], "u1", answer["grid"]), levels)
    fine = np.flatnonzero((levels == 0).all(0)) / (levels.shape[1] - 1)
    assert len(fine) and np.abs(fine - 21.5 / 47).max() < 0.12 and (levels == 0).mean() < 0.3
    other = cad.mask_answer(SHOP, state, shown, Map.of(values[:, ::-1].copy()))
    assert other["strength"] != told["strength"]


def test_a_mask_that_did_not_come_along_is_asked_for():
    with pytest.raises(Refusal, match="open the mask file again"):
        cad.mask_answer(SHOP, parse(cadMask="file"), picture(64, 64))
