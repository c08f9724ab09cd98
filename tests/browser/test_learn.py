"""The room of the lessons: what each lesson claims holds of the numbers that the page shows, in every language."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, expect

import lzviz
from lzviz import lessons
from lzviz.lessons.expression import NAMES, READER
from tests.browser.conftest import DESKTOP, Visit

ROOM = "document.querySelector('.lz-learn')?.lzvizLearn"
TOLD = {language: json.loads(lessons.built(language)) for language in lessons.languages()}
# Every claim of a lesson in each of its states, the numbers there, and those that its text shows.
JUDGED = f"""async (number) => {{
  const room = {ROOM};
  const {{ store }} = document.querySelector('[data-lzviz]').lzviz;
  store.set({{ room: 'learn', lesson: number, lessonStep: 'reveal' }});
  while (room.lesson.number !== number) await new Promise(requestAnimationFrame);
  const judged = {{}};
  for (const state of Object.keys(room.lesson.states)) judged[state] = await room.claims(state);
  const written = [...room.text.querySelectorAll('data.lz-live')].map(({{ dataset, value, textContent }}) =>
    [dataset.number, value, textContent]);
  return {{ judged, written, names: Object.keys(room.numbers()) }};
}}"""


@pytest.fixture(params=["en", "zh"])
def learning(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """The room of the lessons in a language; nothing moves by itself there."""
    context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce")  # type: ignore[arg-type]
    visit = Visit(context, address)
    visit.language = request.param  # type: ignore[attr-defined]
    visit.open(f"?lang={request.param}#room=learn")
    visit.page.wait_for_function(f"{ROOM}?.page")
    yield visit
    visit.check()
    context.close()


def test_every_claim_of_every_lesson_holds_of_the_numbers_on_the_page(learning: Visit) -> None:
    for lesson in TOLD[learning.language]:  # type: ignore[attr-defined]
        told = learning.page.evaluate(JUDGED, lesson["number"])
        claims = [(state, claim) for state, judged in told["judged"].items() for claim in judged]
        assert len(claims) == len(lesson["claims"])
        wrong = [f"{lesson['name']} {state}: {claim}" for state, claim in claims if not claim["holds"]]
        assert not wrong, "\n".join(wrong)
        assert set(told["names"]) == {*NAMES[lesson["figure"]], *READER}, lesson["name"]
        assert told["written"] and all(value and text != "–" for _, value, text in told["written"]), lesson["name"]


def test_the_springs_of_the_line_are_those_of_the_library(visit: Visit) -> None:
    visit.open("#room=learn&lesson=3&at=reveal")
    visit.page.wait_for_function(f"{ROOM}?.page && {ROOM}.kept.has('reveal')")
    told = visit.run(
        f"((room) => ({{ numbers: room.kept.get('reveal'), h: room.inner.now().scene.frame.warp.size[0],"
        f" saliency: Array.from(room.inner.now().scene.frame.attracting) }}))({ROOM})"
    )
    numbers, saliency = told["numbers"], torch.tensor(told["saliency"], dtype=torch.float64)
    saliency = saliency.reshape(1, 1, told["h"], -1)
    line = lzviz.Warp.from_saliency(saliency, nodes=(31, 51), fwhm=numbers["fwhm"], separable=True)
    node = int(numbers["node"])
    cells = (line.nodes[0, 0, :, 0].numpy() + 1) / 2 * 50
    assert numbers["rest"] == pytest.approx(cells[node], abs=1e-6)
    # J is the slope of the springs; between nodes the warp is a line, so it is met to the second order only.
    assert numbers["jacobian"] == pytest.approx((cells[node + 1] - cells[node - 1]) / 2, abs=0.05)
    plane = lzviz.Warp.from_saliency(saliency, nodes=(31, 51), fwhm=numbers["fwhm"], separable=False)
    x, y = ((plane.nodes[0, ..., k].numpy() + 1) / 2 * n for k, n in ((0, 50), (1, 30)))
    across, down = (np.gradient(each) for each in (x, y))
    det = across[1][15, node] * down[0][15, node] - across[0][15, node] * down[1][15, node]
    assert numbers["det"] == pytest.approx(det, rel=0.1)


def test_nothing_gives_the_answer_away_before_it_is_revealed(visit: Visit) -> None:
    visit.open("#room=learn&lesson=3")
    visit.page.wait_for_function(f"{ROOM}?.page && {ROOM}.kept.has('start')")
    assert visit.page.locator(".lz-spring, .lz-band, .lz-rest, .lz-plane-pull").count() == 0
    expect(visit.page.locator(".lz-after")).to_be_hidden()
    nodes = np.array(visit.run(f"Array.from({ROOM}.inner.now().scene.frame.warp.nodes)")).reshape(31, 51, 2)
    assert np.allclose(nodes[15, :, 0], np.linspace(-1, 1, 51), atol=1e-12)
    assert visit.page.locator(".lz-learn-told").inner_text() == TOLD["en"][2]["goal"]
    visit.page.locator(".lz-reveal").click()
    expect(visit.page.locator(".lz-attempts tbody tr")).to_have_count(1)
    assert visit.page.locator(".lz-spring").count() > 10
    expect(visit.page.locator(".lz-learn [role=status]")).to_contain_text("Computed: 2")


def test_a_lesson_leaves_what_was_made_elsewhere_alone_and_its_picture_can_be_taken_along(visit: Visit) -> None:
    visit.open("#image=street&strength=77&fwhm=9")
    before = visit.run("store.get()")
    visit.run("store.set({ room: 'learn', lesson: 2, lessonStep: 'reveal' })")
    visit.page.wait_for_function(f"{ROOM}?.kept.has('reveal')")
    visit.run("store.set({ room: 'warp' })")
    after = visit.run("store.get()")
    assert {key for key in before if before[key] != after[key]} <= {"lesson", "lessonStep", "camera"}
    visit.run("store.set({ room: 'learn' })")
    visit.page.locator(".lz-learn-ways button").nth(1).click()
    assert visit.run("store.get().room") == "warp" and visit.run("store.get().width") == 96
    visit.page.keyboard.press("z")
    assert visit.run("store.get().strength") == 77 and visit.run("store.get().width") == before["width"]


def test_a_symbol_lights_up_wherever_it_stands(visit: Visit) -> None:
    visit.open("#room=learn&lesson=3&at=reveal")
    visit.page.wait_for_function(f"{ROOM}?.page && {ROOM}.kept.has('reveal')")
    visit.page.locator(".lz-symbol[data-symbol=kernel]").first.hover()
    lit = visit.page.locator(".lz-lit")
    names = lit.evaluate_all("all => all.map((each) => each.tagName.toLowerCase())")
    assert {"span", "mrow", "path"} <= set(names)
    visit.page.locator(".lz-lesson h2").hover()
    expect(lit).to_have_count(0)
