"""Trained pipelines in Explore, driven as a visitor would: choose one, look, point, tell it where to look, restore a link.

The app of these tests knows two tiny pipelines with random weights beside what ships; nothing here depends on that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from benchmarks.served import App
from lzviz import checkpoints
from lzviz.pipelines.blueprint import Blueprint
from tests.app_server import english
from tests.browser.conftest import DESKTOP, Visit

CLASSES = ("sky", "building", "road", "car")
HASH = "#image=rocket&room=pipeline&checkpoint=tiny-lds"


def make(folder: Path, system: str, options: dict[str, Any]) -> None:
    """Save a pipeline of ``system`` that nobody trained as ``tiny-SYSTEM``."""
    blueprint = Blueprint(system, options=options, network_options={"stem": 2, "channels": 4}, size=(24, 32))
    name = f"tiny-{system}"
    card = checkpoints.Card(
        name=name, system=system, title=system.upper(), blueprint=asdict(blueprint), data="camvid", classes=CLASSES
    )
    checkpoints.save(blueprint.build(len(CLASSES)), folder / name, card)


@pytest.fixture(scope="module")
def learned_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with the two tiny checkpoints."""
    folder = tmp_path_factory.mktemp("checkpoints")
    make(folder, "lds", {"nodes": (8, 12), "widths": (4,), "form": "square"})
    make(folder, "es", {"nodes": (4, 6), "width": 4})
    with App(LZVIZ_CHECKPOINTS=str(folder)) as app:
        yield app.wait().address


@pytest.fixture
def visit(browser: Browser, learned_address: str) -> Iterator[Visit]:
    """A visit to that app, checked when the test ends."""
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    visit = Visit(context, learned_address)
    yield visit
    visit.check()
    context.close()


def wait(visit: Visit, condition: str) -> None:
    """Wait until a condition on ``answers``, ``scene``, ``store`` or ``live`` holds."""
    visit.page.wait_for_function(
        "() => { const { store, live, rooms: { pipeline: learned } } = document.querySelector('[data-lzviz]').lzviz;"
        f" const answers = learned.answers.get(), scene = learned.scene; return ({condition}); }}"
    )


def look(visit: Visit, expression: str) -> Any:
    """Evaluate JavaScript with ``answers`` and ``scene`` at hand."""
    return visit.page.evaluate(
        "() => { const { pipeline: learned } = document.querySelector('[data-lzviz]').lzviz.rooms;"
        f" const answers = learned.answers.get(), scene = learned.scene; return ({expression}); }}"
    )


SETTLED = "answers.room && !answers.room.stale && !answers.asking && !live.get().busy"


def shows(visit: Visit, side: str, name: str) -> None:
    """Press what a view shall show."""
    visit.page.get_by_role("radiogroup", name=side).get_by_text(name, exact=True).click()


def test_a_model_takes_the_room_and_none_gives_it_back_as_it_was(visit: Visit) -> None:
    visit.open("#image=rocket&sampler=fovea&strength=7")
    page = visit.page
    page.get_by_role("button", name="Model: None").click()
    page.get_by_role("combobox", name="Search models").fill("lds 24x32")
    page.get_by_role("option", name="LDS 24 × 32", exact=True).click()  # checkpoints that ship have longer titles
    wait(visit, f"{SETTLED} && scene.views.zoomed.image.width === 32")
    assert look(visit, "answers.room.answer.checkpoint") == "tiny-lds"
    assert look(visit, "Array.from(answers.room.zoomed)") == [24, 32]
    expect(page.locator(".lz-learned-classes tbody tr")).to_have_count(len(CLASSES))
    expect(page.locator(".lz-learned-stages tbody tr")).to_have_count(6)
    expect(page.locator("section[data-view=unzoomed]")).to_be_hidden()
    expect(page.locator(".lz-learned-views [data-view=source] [role=application]")).to_have_attribute(
        "aria-label", f"Prediction. {english(look(visit, 'answers.room.answer.sentences.labels'))}"
    )
    page.get_by_role("button", name="Model: LDS").click()
    page.get_by_role("option", name="None").click()
    expect(page.locator("section[data-view=unzoomed]")).to_be_visible()
    assert visit.run("[store.get().sampler, store.get().strength]") == ["fovea", 7]


def test_pointing_links_the_views_and_a_class_stands_out(visit: Visit) -> None:
    visit.open(HASH + "&tool=pick")
    wait(visit, SETTLED)
    box = look(visit, "scene.views.zoomed.frame.getBoundingClientRect().toJSON()")
    visit.page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.52 * box["height"])
    wait(visit, "answers.hover && answers.pixel")
    assert look(visit, "answers.hover.pixel") == [int(0.4 * 32), 12]
    expect(visit.page.locator(".lz-learned-views [data-view=source] .lz-mark-quad").last).to_be_visible()
    expect(visit.page.locator(".lz-learned-place")).to_contain_text(CLASSES[look(visit, "answers.hover.label")])
    expect(visit.page.locator(".lz-learned-top li")).to_have_count(3)
    assert look(visit, "answers.pixel.class.index") == look(visit, "answers.hover.label")
    visit.page.locator(".lz-learned-class").nth(2).focus()
    wait(visit, "answers.pointed === 2")
    expect(visit.page.locator(".lz-learned-classes tr[data-chosen]")).to_contain_text(CLASSES[2])


def test_labels_of_the_visitor_bring_errors_and_scores(visit: Visit, tmp_path: Path) -> None:
    visit.open(HASH)
    wait(visit, SETTLED)
    expect(visit.page.get_by_role("radiogroup", name="On the source").get_by_label("Errors")).to_be_disabled()
    width, height = visit.run("[live.get().image.width, live.get().image.height]")
    labels = Image.new("L", (width, height), 1)
    labels.save(tmp_path / "labels.png")
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Add labels").click()
    chooser.value.set_files(tmp_path / "labels.png")
    wait(visit, f"{SETTLED} && answers.room.truth")
    share = look(visit, "answers.room.labels.data.filter((k) => k === 1).length / answers.room.labels.data.length")
    assert look(visit, "answers.room.truth.accuracy") == pytest.approx(share)
    shows(visit, "On the source", "Errors")
    expect(visit.page.locator(".lz-learned-classes[data-truth]")).to_be_visible()
    visit.expected.append("422")
    visit.expected.append("400")
    Image.new("L", (width + 1, height), 1).save(tmp_path / "other.png")
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Choose others").click()
    chooser.value.set_files(tmp_path / "other.png")
    visit.wait("live.get().error?.text.startsWith('other.png')")
    assert look(visit, "Object.values(answers.truths).map(({ title }) => title)") == ["labels.png"]
    visit.page.get_by_role("button", name="Remove").click()
    wait(visit, f"{SETTLED} && !answers.room.truth")


def test_painted_knowledge_moves_es_and_lambda_stiffens_it(visit: Visit) -> None:
    visit.open(HASH.replace("tiny-lds", "tiny-es"))
    wait(visit, SETTLED)
    visit.page.get_by_role("radiogroup", name="Where to look, from").get_by_text("Paint", exact=True).click()
    wait(visit, f"{SETTLED} && answers.room.answer.knows === 'paint'")
    box = look(visit, "scene.views.source.frame.getBoundingClientRect().toJSON()")
    visit.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.2 * box["height"])
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.8 * box["height"], steps=4)
    visit.page.mouse.up()
    wait(visit, f"store.get().paint && {SETTLED}")
    even = [v for i in range(4) for j in range(6) for v in (-1 + 2 * j / 5, -1 + 2 * i / 3)]
    spread = "Math.hypot(...answers.room.warp.nodes.map((x, k) => x - scene.even[k]))"
    look(visit, f"(scene.even = {even}, 0)")
    loose = look(visit, spread)
    assert loose > 0.1
    slider = visit.page.get_by_role("slider", name="Smoothness")
    for _ in range(3):
        slider.press("PageUp")
    wait(visit, f"{SETTLED} && {spread} < {loose}")


def test_a_link_restores_features_and_choices_and_keys_move_them(visit: Visit) -> None:
    visit.open(HASH + "&left=features&right=labels&channel=1&opacity=0.3")
    wait(visit, f"{SETTLED} && answers.features")
    assert look(visit, "answers.features.channel") == 1
    assert look(visit, "answers.features.unzoomed.width") > 0
    visit.page.keyboard.press(".")
    wait(visit, "answers.features.channel === 2")
    visit.page.keyboard.press("t")
    assert visit.run("store.get().learnedRight") == "features"
    expect(visit.page.get_by_role("slider", name="Opacity of the labels")).to_be_hidden()


def test_a_failure_is_one_line_and_nothing_of_another_model_stays_as_its_answer(visit: Visit) -> None:
    visit.open(HASH)
    wait(visit, SETTLED)
    visit.expected.append("status of 500")
    answer = {"ok": False, "error": "The network is asleep; wake it."}
    visit.page.route("**/lzviz/learned", lambda route: route.fulfill(status=500, json=answer))
    visit.page.get_by_role("button", name="Model: LDS").click()
    visit.page.get_by_role("option", name="ES 24 × 32", exact=True).click()
    expect(visit.page.locator(".lz-trouble")).to_contain_text(
        "The pipeline did not run. The network is asleep; wake it."
    )
    assert look(visit, "answers.room") is None
    expect(visit.page.locator(".lz-learned-classes tbody tr")).to_have_count(0)
    visit.page.unroute("**/lzviz/learned")
    visit.page.get_by_role("button", name="Ask again").click()
    wait(visit, f"{SETTLED} && answers.room.answer.checkpoint === 'tiny-es'")


@pytest.mark.parametrize(("name", "key"), [("arrows", "8"), ("aliasing", "9"), ("holes", None), ("folds", "6")])
def test_layers_of_the_warp_lie_over_the_source_of_a_pipeline(visit: Visit, name: str, key: str | None) -> None:
    visit.open(f"{HASH}&layers=none&left=photo")
    wait(visit, "answers.room && !answers.asking")
    before = look(visit, "scene.views.source.overlay.toDataURL()")
    button = visit.page.locator(f".lz-learned-views .lz-layer[data-layer={name}]")
    if key:
        visit.page.keyboard.press(key)
    else:
        button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button.locator("small")).not_to_be_empty()
    if name in ("arrows", "aliasing"):
        wait(visit, f"scene.views.source.overlay.toDataURL() !== {before!r}")
