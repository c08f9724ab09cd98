"""What the room of the models is told: cards as texts, marks and points, table, CSV; and its questions."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

import lzviz
from lzviz.checkpoints import Card
from lzviz.contract.answers import cards as models
from lzviz.contract.answers import marks as measured
from lzviz.contract.answers import results
from lzviz.contract.messages.results import AskResults, Results
from lzviz.contract.wire import Refusal, validated
from lzviz.models import create
from lzviz.pipelines.blueprint import Blueprint
from lzviz.text import Text
from tests.app_server import client, post, refusal, server

CLASSES = ("road", "sky")


def scored(miou: float) -> dict[str, float | None]:
    return {"miou": miou, "boundary": miou / 2, "small": None, "intrinsic": 0.9}


def card(name: str = "lzu-fixed-camvid-48x64", **values: object) -> Card:
    seeds = (
        {"seed": 0, "heldout": scored(0.5), "val": scored(0.6)},
        {"seed": 1, "heldout": scored(0.52), "val": scored(0.57)},
    )
    given = {
        "name": name, "system": "lzu", "title": "LZU, fixed", "classes": CLASSES, "data": "camvid", "split": "train",
        "blueprint": {"system": "lzu", "network": "compact", "network_options": {"stem": 2}, "size": [48, 64], "source": None},
        "recipe": {"steps": 600, "scale": [1.0, 2.0], "blueprint": {"system": "lzu"}, "start": None},
        "metrics": {"val": scored(0.6), "heldout": scored(0.5)}, "seeds": seeds, "macs": 163_000_000, "parameters": 848283,
        "date": "2026-11-21", "steps": 600, "licence": "research only", "notes": "Ours.",
    }  # fmt: skip
    return Card(**given | values)  # type: ignore[arg-type]


# Cards ------------------------------------------------------------------------------------------------------------------


def test_a_card_says_everything_in_words():
    view = models.card_view(card(), size=1_700_000)
    told = {str(label): str(text) for label, text in view["facts"]}
    assert told["Origin"] == "Thavamani et al. 2023"
    assert told["Data"] == "CamVid · train" and told["Classes"] == "2: road, sky"
    assert told["Network"] == "compact (stem 2)" and told["Network sees"] == "48 × 64 px"
    assert told["Multiply-adds"] == "163.0 M an image" and told["Parameters"] == "848,283"
    assert told["File"] == "1.70 MB, safetensors" and told["Licence"] == "research only"
    assert "Sampler sees" not in told, "what a card does not say is left out"
    assert str(view["group"]) == "CamVid · 48 × 64" and view["notes"] == "Ours."
    assert str(models.card_view(card(system="mine"))["about"]) == "mine"


def test_words_of_a_card_are_lines_and_its_own_names_are_not():
    view = models.card_view(card(data="my streets", notes="Mine."), own="own-1")
    assert view["title"] == "LZU, fixed" and view["about"].key == "card.about"
    facts = {label.key: text for label, text in view["facts"]}
    assert facts["card.fact.licence"] == "research only" and isinstance(facts["card.fact.classes"], Text)
    assert facts["card.fact.data"].values["facts"] == ["my streets", "train"]


def test_the_headline_is_the_mean_of_the_seeds_held_out_with_its_spread():
    """The shipped seed stood there, the best of three."""
    headline = models.card_view(card())["headline"]
    assert headline["value"] == pytest.approx(51) and (str(headline["label"]), str(headline["split"])) == (
        "mIoU",
        "Held-out sequence",
    )
    assert str(headline["over"]) == "50.0–52.0 over 2 seeds"
    assert str(models.card_view(card(seeds=()))["headline"]["over"]) == "one seed"
    assert models.card_view(card(metrics={}, seeds=()))["headline"] is None


def test_metrics_stand_by_split_and_what_was_not_measured_has_no_row():
    table = models.card_view(card())["metrics"]
    assert [*map(str, table["columns"])] == ["Held-out sequence", "Validation"]
    assert [str(row["label"]) for row in table["rows"]] == ["mIoU", "Boundary mIoU", "Intrinsic mIoU"]
    cell = table["rows"][0]["cells"][1]
    assert cell["value"] == pytest.approx(58.5) and cell["spread"] == pytest.approx((57, 60))


def test_every_seed_has_a_row():
    table = models.card_view(card())["seeds"]
    assert str(table["columns"][0]) == "mIoU · Held-out sequence"
    assert [(row["seed"], row["values"][0]) for row in table["rows"]] == [("0", 50), ("1", 52)]
    assert models.card_view(card(seeds=()))["seeds"] is None


def test_the_recipe_is_flat_and_names_nothing_empty():
    assert models.flat({"steps": 600, "scale": [1.0, 2.0], "size": [48, 64], "start": None, "options": {"anti_crop": True}}) == [
        ["steps", "600"], ["scale", "1, 2"], ["size", "48 × 64"], ["options.anti crop", "yes"],
    ]  # fmt: skip
    keys = [key for key, _ in models.card_view(card())["recipe"]]
    assert len(keys) == len(set(keys)), "the blueprint inside the recipe is not told twice"


def test_the_python_of_a_card_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blueprint = Blueprint("uniform", network_options={"channels": 8}, size=(16, 24))
    made = card("tiny", system="uniform", blueprint=asdict(blueprint))
    lzviz.checkpoints.save(blueprint.build(len(CLASSES)), tmp_path / "tiny", made)
    monkeypatch.setenv("LZVIZ_CHECKPOINTS", str(tmp_path))
    lines = models.card_view(made)["python"]
    assert len(lines.splitlines()) == 3
    names = {"image": torch.rand(1, 3, 32, 48)}
    exec(lines, names)
    assert names["trace"].labels.shape == (1, 32, 48)  # type: ignore[attr-defined]


def test_a_size_that_the_blueprint_leaves_open_is_read_from_the_name():
    assert measured.size_of(card(blueprint={"size": [48, 64]})) == (48, 64)
    assert measured.size_of(card("cad-learned-camvid-360x480", blueprint={"size": None})) == (360, 480)
    assert measured.size_of(card("mine", blueprint={})) is None


# Published numbers ------------------------------------------------------------------------------------------------------


def test_published_numbers_name_their_table_data_and_network():
    for mark in measured.published():
        assert mark.name is None and mark.network and "," in mark.source
        assert mark.data in measured.DATA_SETS and mark.system in measured.systems()
        assert 0 < mark.values[measured.PRINTED]["miou"] < 100


def test_known_rows_of_the_papers_are_there():
    found = {
        (str(mark.title), mark.size, mark.macs): mark.values[measured.PRINTED]["miou"] for mark in measured.published()
    }
    assert found["CAD, oracle mask", None, 6.7e11] == 77.48
    assert found["LZU, fixed", (128, 128), None] == 41.7
    inferred = [mark for mark in measured.published() if Text("results.inferred") in mark.setting]
    assert len(inferred) == 9 and all("Table 4" in mark.source for mark in inferred)


# What is shown ----------------------------------------------------------------------------------------------------------


def marks(*cards: Card) -> list[measured.Mark]:
    return [*measured.marks_of(cards), *measured.published()]


def test_data_sets_never_share_a_panel():
    answer = results.results(
        marks(card(), card("b", data="street scenes", metrics={"val": scored(0.3)}, seeds=())), AskResults()
    )
    assert [panel["data"] for panel in answer["panels"]] == ["camvid", "street scenes", "cityscapes"]
    assert [str(panel["whose"]) for panel in answer["panels"]] == ["Held-out sequence", "Validation", "papers' numbers"]
    assert "other data, other networks" in str(answer["note"])


def test_what_a_visitor_loaded_is_not_counted_as_trained_here():
    own = replace(measured.marks_of([card("c")])[0], name="own-0123")
    note = results.results([own, *measured.marks_of([card(), card("b")])], AskResults())["note"]
    note = str(note)
    assert "2 checkpoints trained here" in note and "1 checkpoint that you loaded" in note
    assert "that you loaded" not in str(results.results(marks(card()), AskResults())["note"])


def test_what_has_no_cost_in_print_stands_in_the_table_and_is_counted():
    answer = results.results(list(measured.published()), AskResults())
    drawn = sum(len(panel["marks"]) for panel in answer["panels"])
    assert drawn == 3 and len(answer["table"]["rows"]) == 28
    assert "25 of the papers' 28 were printed without multiply-adds" in str(answer["note"])


def test_pixels_are_a_cost_that_more_papers_print():
    answer = results.results(list(measured.published()), AskResults(cost="pixels"))
    assert [panel["data"] for panel in answer["panels"]] == ["cityscapes", "voc"]
    assert "5 of the papers' 28 were printed without a size" in str(answer["note"])


def test_filters_keep_what_is_chosen():
    two = marks(card(), card("lds", system="lds", blueprint={"size": [96, 128]}))
    assert {p.mark.system for p in measured.points(two, AskResults(systems=("lds",)))} == {"lds"}
    assert {p.mark.data for p in measured.points(two, AskResults(data=("camvid",)))} == {"camvid"}
    ours = [p.mark.name for p in measured.points(two, AskResults(sizes=("96x128",))) if p.mark.ours]
    assert ours == ["lds"], "sizes choose among the checkpoints and leave the papers alone"
    assert not [p for p in measured.points(two, AskResults(metric="boundary")) if not p.mark.ours]


@pytest.mark.parametrize("wrong", [{"metric": "loss"}, {"cost": "euros"}, {"theme": "sepia"}])
def test_unknown_words_of_a_query_are_refused(wrong: dict[str, str]):
    with pytest.raises(Refusal, match=next(iter(wrong))):
        validated(AskResults, wrong)


# Figures ----------------------------------------------------------------------------------------------------------------


def drawn(*cards: Card, **choice: object) -> list[dict]:
    asked = AskResults(split="heldout", **choice)  # type: ignore[arg-type]
    answer = Results.model_validate(results.results(marks(*cards), asked) | {"forgotten": []}).plain()
    return [mark for panel in answer["panels"] for mark in panel["marks"]]


def test_ours_have_the_spread_as_bars_and_the_papers_none():
    (mine,) = [mark for mark in drawn(card()) if mark["name"]]
    assert (mine["y"], mine["low"], mine["high"], mine["shape"]) == (51.0, 50.0, 52.0, "circle")
    papers = [mark for mark in drawn(card()) if mark["name"] is None]
    assert papers and all(mark["low"] == mark["y"] == mark["high"] and not mark["live"] for mark in papers)


def test_the_checkpoint_that_is_open_is_marked():
    assert [mark["name"] for mark in drawn(card(), live="lzu-fixed-camvid-48x64") if mark["live"]] == [
        "lzu-fixed-camvid-48x64"
    ]
    assert not [mark for mark in drawn(card(), live="no-such") if mark["live"]]


@pytest.mark.parametrize("theme", [0, 1])
def test_every_colour_stands_out_from_the_page(theme: int):
    page = ("#f7f7f5", "#131416")[theme]

    def luminance(colour: str) -> float:
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    colours = [pair[theme] for _, pair in measured.systems().values()]
    for colour in colours:
        low, high = sorted((luminance(colour), luminance(page)))
        assert (high + 0.05) / (low + 0.05) >= 3
    assert len(set(colours)) == len(colours)


# Table and CSV ----------------------------------------------------------------------------------------------------------


def test_the_table_has_the_numbers_of_the_figure_best_first():
    table = results.results(marks(card(), card("b", metrics={"heldout": scored(0.7)}, seeds=())), AskResults())["table"]
    assert [str(column["label"]) for column in table["columns"]][1:3] == ["mIoU, %", "Seeds"]
    assert [row["name"] for row in table["rows"][:3]] == ["b", "lzu-fixed-camvid-48x64", None]
    assert [*map(str, table["rows"][1]["cells"][1:5])] == ["51.0", "2 (50.0–52.0)", "48 × 64", "163.0 M"]


def test_the_csv_holds_all_splits_and_metrics():
    rows = list(csv.DictReader(io.StringIO(results.to_csv(marks(card())))))
    mine = {row["split"]: row for row in rows if row["checkpoint"]}
    assert mine["val"]["miou"] == "58.50" and mine["val"]["miou_low"] == "57.00" and mine["val"]["small"] == ""
    assert mine["heldout"]["height"] == "48" and mine["heldout"]["macs"] == "163000000"
    assert len(rows) == 2 + len(measured.published())


# Routes -----------------------------------------------------------------------------------------------------------------


def test_the_page_gets_cards_results_and_the_table():
    listed = client().get("/lzviz/models").json()
    assert listed["ok"] and listed["empty"][1].startswith("python -m lzviz train")
    answer = client().get("/lzviz/results", params={"cost": "pixels"}).json()
    assert answer["ok"] and {"cityscapes", "voc"} <= {panel["data"] for panel in answer["panels"]}
    assert client().get("/lzviz/results.csv").text.startswith("checkpoint,title,system,data,split")


def test_a_folder_of_this_machine_joins_the_list(tmp_path: Path):
    blueprint = Blueprint("uniform", network_options={"channels": 8}, size=(16, 24))
    made = card("mine", system="uniform", title="Mine", blueprint=asdict(blueprint))
    lzviz.checkpoints.save(blueprint.build(len(CLASSES)), tmp_path / "mine", made)
    loaded = post("/lzviz/checkpoint-folder", {"folder": str(tmp_path / "mine")}).json()["checkpoint"]
    views = client().get("/lzviz/models", params={"own": loaded["name"]}).json()["cards"]
    assert views[0]["own"] and views[0]["title"] == "Mine" and views[0]["name"] == loaded["name"]
    panels = client().get("/lzviz/results", params={"own": loaded["name"], "data": "camvid"}).json()["panels"]
    (found,) = [mark for mark in panels[0]["marks"] if mark["name"] == loaded["name"]]
    assert {"key": "results.brought", "values": {"name": "mine"}} in found["lines"]


def test_a_papers_own_weight_file_joins_the_list_and_code_in_one_is_not_run(tmp_path: Path):
    network = create("deeplabv3", backbone="resnet18", width=4, channels=8, classes=3)
    state = {key.replace("classifier.", "classifier.classifier."): value for key, value in network.state_dict().items()}
    torch.save({"state_dict": {f"module.{key}": value for key, value in state.items()}}, tmp_path / "cad_best.pth")
    loaded = post("/lzviz/checkpoint-folder", {"folder": str(tmp_path / "cad_best.pth")}).json()["checkpoint"]
    assert loaded["title"] == "CAD's DeepLabv3, ResNet-18, 3 classes" and len(loaded["classes"]) == 3
    card = client().get("/lzviz/models", params={"own": loaded["name"]}).json()["cards"][0]
    assert card["own"]
    torch.save(network, tmp_path / "whole.pth")  # a module, which only code could make
    assert "more than tensors" in refusal(post("/lzviz/checkpoint-folder", {"folder": str(tmp_path / "whole.pth")}))
    torch.save({"some.weight": torch.ones(3)}, tmp_path / "other.pth")
    assert "some.weight" in refusal(post("/lzviz/checkpoint-folder", {"folder": str(tmp_path / "other.pth")}))


def test_wrong_folders_are_refused_in_one_sentence(tmp_path: Path):
    assert "no folder" in refusal(post("/lzviz/checkpoint-folder", {"folder": str(tmp_path / "nowhere")}))
    assert "pickle" in refusal(post("/lzviz/checkpoint-folder", {"folder": str(tmp_path / "weights.pt")}))
    assert "path" in refusal(post("/lzviz/checkpoint-folder", {"folder": 3}))
    blueprint = Blueprint("uniform", network_options={"channels": 8}, size=(16, 24))
    lzviz.checkpoints.save(
        blueprint.build(2), tmp_path / "mine", card("mine", system="uniform", blueprint=asdict(blueprint))
    )
    text = (tmp_path / "mine" / "card.json").read_text().replace('"channels": 8', '"channels": 16')
    (tmp_path / "mine" / "card.json").write_text(text)
    assert "of another shape" in refusal(post("/lzviz/checkpoint-folder", {"folder": str(tmp_path / "mine")}))


def test_folders_are_opened_only_where_the_owner_allows_it(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(server(), "folders", False)
    answer = client().post("/lzviz/checkpoint-folder", json={"folder": str(tmp_path)})
    assert answer.status_code == 403 and "--allow-folders" in refusal(answer)
