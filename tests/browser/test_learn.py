"""The room of the lessons: what each lesson claims holds of the numbers that the page shows, in every language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Route, expect

import lzviz
from lzviz import lessons
from lzviz.lessons.expression import NAMES, READER
from tests.browser.conftest import DESKTOP, PATIENCE, Visit
from tests.browser.test_accessible import AXE, FINDINGS

ROOM = "document.querySelector('.lz-learn')?.lzvizLearn"
TOLD = {language: json.loads(lessons.built(language)) for language in lessons.languages()}
# Every claim of a lesson in each of its states, the numbers there, and those that its text shows.
JUDGED = f"""async (number) => {{
  const room = {ROOM};
  const {{ store }} = document.querySelector('[data-lzviz]').lzviz;
  store.set({{ room: 'learn', lesson: number, lessonStep: 'reveal' }});
  while (room.lesson.number !== number) await new Promise(requestAnimationFrame);
  const judged = {{}};
  const names = new Set();
  for (const state of Object.keys(room.lesson.states)) {{
    judged[state] = await room.claims(state);
    for (const name of Object.keys(room.numbers())) names.add(name);
  }}
  const written = [...room.text.querySelectorAll('data.lz-live')].map(({{ dataset, value, textContent }}) =>
    [dataset.number, value, textContent]);
  return {{ judged, written, names: [...names] }};
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
        assert set(told["names"]) >= {*NAMES[lesson["figure"]], *READER}, lesson["name"]
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
    visit.page.wait_for_function("document.querySelectorAll('.lz-spring').length > 10")
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
    for name in ("span", "mrow", "path"):
        expect(visit.page.locator(f"{name}.lz-lit").first).to_be_attached()
    visit.page.locator(".lz-lesson h2").hover()
    expect(lit).to_have_count(0)


def test_a_student_completes_every_lesson_with_the_keyboard_alone(learning: Visit) -> None:
    page = learning.page
    focused = "document.activeElement"
    keys = page.keyboard

    def walk(to: str) -> None:
        """Tab until the focus matches a selector."""
        for _ in range(80):
            if page.evaluate(f"{focused}.matches({json.dumps(to)})"):
                return
            keys.press("Tab")
        raise AssertionError(f"no way to {to}")

    lessons_told = TOLD[learning.language]  # type: ignore[attr-defined]
    page.locator(".lz-lesson h2").focus()
    for lesson in lessons_told:
        expect(page.locator(".lz-lesson")).to_have_attribute("data-lesson", lesson["name"])
        page.wait_for_function(f"{ROOM}.kept.has('start')")
        walk(".lz-predict input[type=range]")
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Shift+ArrowLeft"):
            keys.press(key)
        keys.press("Enter")
        expect(page.locator(".lz-attempts tbody tr")).to_have_count(1)
        said = page.locator(".lz-learn > footer [role=status]")
        assert page.locator(".lz-attempts tbody td").nth(1).inner_text() in said.inner_text()
        right = next(k for k, option in enumerate(lesson["check"]["options"]) if option["right"])
        walk(f".lz-answer:nth-child({right + 1})")
        keys.press("Enter")
        expect(page.locator(".lz-why b")).to_have_attribute("data-right", "true")
        assert said.inner_text() == page.locator(".lz-why").inner_text()
        if lesson["number"] < len(lessons_told):
            walk(".lz-turn:last-child")
            keys.press("Enter")
            page.wait_for_function(f"{focused}.tagName === 'H2'")
    expect(page.locator(".lz-lesson-cell[data-done]")).to_have_count(len(lessons_told))
    page.reload()
    page.wait_for_function(f"{ROOM}?.page")
    expect(page.locator(".lz-lesson-cell[data-done]")).to_have_count(len(lessons_told))


def test_on_a_phone_the_lesson_is_a_sheet_below_the_picture(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce", has_touch=True)
    visit = Visit(context, address)
    for number in (1, 3, 7, 11):
        visit.open(f"#room=learn&lesson={number}&at=reveal")
        visit.page.wait_for_function(f"{ROOM}?.page && {ROOM}.kept.has('reveal')")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390, number
        picture, text = (visit.page.locator(name).bounding_box() for name in (".lz-learn-picture", ".lz-learn-text"))
        assert picture and text and picture["y"] + picture["height"] <= text["y"] + 1, number
        assert picture["height"] < 0.62 * 844, number
        small = visit.page.locator(".lz-learn").evaluate(
            "root => [...root.querySelectorAll('button.lz-answer, .lz-lesson-cell, .lz-turn, .lz-predict button')]"
            ".filter((each) => each.offsetHeight < 44).map((each) => each.className)"
        )
        assert small == [], number
        # Whoever reads on keeps the picture in sight, and room for the text.
        top = visit.page.evaluate(
            "() => { document.scrollingElement.scrollTop = 400;"
            " return document.querySelector('.lz-learn-picture').getBoundingClientRect().top; }"
        )
        assert 0 <= top < 60, number
        visit.page.goto("about:blank")
    # Where there is no room for both, the picture goes its way with the text.
    visit.page.set_viewport_size({"width": 667, "height": 375})
    visit.open("#room=learn&lesson=1&at=reveal")
    visit.page.wait_for_function(f"{ROOM}?.page && {ROOM}.kept.has('reveal')")
    visit.page.evaluate("document.scrollingElement.scrollTop = 600")
    picture = visit.page.locator(".lz-learn-picture").bounding_box()
    assert picture and picture["y"] < -200
    visit.check()
    context.close()


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_no_lesson_has_a_serious_finding(browser: Browser, address: str, language: str, scheme: str) -> None:
    context = browser.new_context(viewport=DESKTOP, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    visit = Visit(context, address).open(f"?lang={language}#room=learn&lesson=1&at=reveal")
    visit.page.add_script_tag(path=AXE)
    for number in range(1, len(TOLD[language]) + 1):
        visit.run("store.set({ lesson: given, lessonStep: 'reveal' })", number)
        visit.page.wait_for_function(f"{ROOM}?.lesson.number === {number} && {ROOM}.kept.has('reveal')")
        visit.page.locator(".lz-answer").first.click()
        # Contrast is measured over light pictures alone: axe takes what a canvas holds for the page's ground.
        found = visit.page.evaluate(FINDINGS, None if scheme == "light" else ["color-contrast"])
        assert found == [], number
    visit.check()
    context.close()


# Every text that a live region says from now on.
LISTEN = """() => {
  window.heard = [];
  const live = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], output";
  new MutationObserver((all) => {
    const regions = new Set(all.map(({ target }) => (target.closest ? target : target.parentElement)?.closest(live)));
    for (const region of regions) {
      if (region?.checkVisibility() && region.textContent.trim()) window.heard.push(region.textContent.trim());
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


@pytest.mark.parametrize("number", [1, 9, 12])
def test_what_changes_is_said_once(visit: Visit, number: int) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    visit.open(f"#room=learn&lesson={number}")
    visit.page.wait_for_function(f"{ROOM}?.kept.has('start') && {ROOM}.settled()")
    visit.page.evaluate(LISTEN)
    visit.page.locator(".lz-reveal").click()
    expect(visit.page.locator(".lz-attempts tbody tr")).to_have_count(1)
    visit.page.locator(".lz-answer").first.click()
    expect(visit.page.locator(".lz-why")).to_be_visible()
    computed = [line for line in visit.page.evaluate("window.heard") if line.startswith("Computed:")]
    why = visit.page.locator(".lz-why").inner_text()
    assert len(computed) == 1
    heard = visit.page.evaluate("window.heard")
    assert heard.count(why) == 1
    assert max(map(heard.count, heard)) == 1, heard


def test_a_number_that_is_awaited_says_so_and_comes_by_itself(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    waiting: list[Route] = []
    visit.page.route("**/lzviz/smoothness", lambda route: waiting.append(route), times=1)
    visit.open("#room=learn&lesson=9")
    visit.page.wait_for_function(f"{ROOM}?.page && {ROOM}.shown === 'start'")
    visit.page.locator(".lz-reveal").click()
    expect(visit.page.locator(".lz-predict-wait")).to_be_visible()
    coming = visit.page.locator('.lz-live[data-at="reveal"]')
    visit.page.wait_for_function(f"{ROOM}.shown === 'reveal'")
    assert set(coming.evaluate_all("all => all.map((each) => each.dataset.blank)")) == {"coming"}
    assert "?" not in "".join(coming.all_inner_texts())
    # Whoever waited for longer than the page does gets the numbers all the same.
    visit.page.evaluate(f"() => {{ const room = {ROOM}; room.coming = null; room.turn += 1; room.keep(); }}")
    while not waiting:
        visit.page.wait_for_timeout(50)
    waiting[0].continue_()
    expect(visit.page.locator(".lz-attempts tbody tr")).to_have_count(1)
    expect(visit.page.locator(".lz-predict-wait")).to_be_hidden()
    assert all(coming.evaluate_all("all => all.map((each) => each.value)"))


def test_what_python_refuses_is_told_and_asked_again(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    visit.expected.append("500")
    visit.page.route("**/lzviz/smoothness", lambda route: route.fulfill(status=500, body="no"), times=1)
    visit.open("#room=learn&lesson=9&at=reveal")
    told = visit.page.locator(".lz-learn-status .lz-link")
    expect(told).to_be_visible()
    expect(visit.page.locator(".lz-learn-told")).to_contain_text("λ")
    told.click()
    visit.page.wait_for_function(f"{ROOM}.kept.get('reveal')?.bests >= 3")
    numbers = visit.page.locator('.lz-live[data-at="reveal"]')
    expect(numbers.first).to_have_text(re.compile("[0-9]"))
    assert all(numbers.evaluate_all("all => all.map((each) => each.value)"))


def test_the_picture_of_a_lesson_goes_back_and_goes_along_with_the_brush(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    visit.open("#room=learn&lesson=2&at=reveal")
    visit.page.wait_for_function(f"{ROOM}?.kept.has('reveal')")
    visit.page.evaluate(f"{ROOM}.set('weak')")
    visit.page.wait_for_function(f"{ROOM}.kept.has('weak')")
    reset, explore = visit.page.locator(".lz-learn-ways button").all()
    reset.click()
    visit.page.wait_for_function(f"{ROOM}.inner.store.get().strength === 50")
    explore.click()
    visit.wait("store.get().room === 'warp' && store.get().tool === 'paint'")


def test_what_the_text_asks_for_may_be_done_by_hand(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    visit.open("#room=learn&lesson=1&at=reveal")
    visit.page.wait_for_function(f"{ROOM}?.kept.has('reveal') && {ROOM}.targets.length")
    double = visit.page.locator('.lz-live[data-at="double"]').first
    expect(double).to_have_attribute("data-blank", "open")
    visit.page.evaluate(f"{ROOM}.inner.store.set({{ width: 150 }})")
    visit.page.wait_for_function(f"{ROOM}.settled() && {ROOM}.numbers().width === 150")
    expect(double).to_have_attribute("data-blank", "open")
    visit.page.evaluate(f"{ROOM}.inner.store.set({{ width: 192 }})")
    expect(double).to_have_text(re.compile("[0-9]+"))


def test_nothing_hangs_out_of_the_page_that_the_focus_could_scroll_to(visit: Visit) -> None:
    visit.open("#room=learn&lesson=1")
    visit.page.wait_for_function(f"{ROOM}?.kept.has('start')")
    visit.page.locator(".lz-share").focus()
    for _ in range(6):
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.checkVisibility()")
    page = visit.page.locator(".lz-page")
    assert page.evaluate("page => { page.scrollTop = 50; return [page.scrollTop, page.scrollLeft]; }") == [0, 0]


def test_a_sheet_has_goals_and_questions_and_the_answers_on_a_page_of_their_own(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    visit.open("#room=learn&lesson=2")
    visit.page.wait_for_function(f"{ROOM}?.page")
    visit.page.evaluate("() => { window.print = () => { window.printed = (window.printed ?? 0) + 1; }; }")
    visit.page.locator(".lz-teach summary").click()
    visit.page.locator(".lz-teach-list button").nth(3).click()
    # Numbers are computed before anything goes to paper, also of lessons that nobody came to.
    visit.page.wait_for_function("window.printed === 1", timeout=5 * PATIENCE * 1000)
    assert visit.run("store.get().lesson") == 2
    visit.page.emulate_media(media="print")
    asked, answers = visit.page.locator(".lz-sheet-page").all()
    assert asked.is_visible() and answers.evaluate("page => getComputedStyle(page).breakBefore") == "page"
    assert not visit.page.locator(".lz-learn").is_visible()
    for lesson in TOLD["en"]:
        assert lesson["goal"] in asked.inner_text()
        assert "".join(part for part in lesson["check"]["options"][0]["why"] if isinstance(part, str)) not in (
            asked.inner_text()
        )
    assert answers.locator("section").count() == len(TOLD["en"])
    visit.page.wait_for_function(
        "(all => all.length > 5 && all.every((each) => each.value))([...document.querySelectorAll('.lz-sheet data.lz-live')])"
    )
    assert "–" not in answers.inner_text() and "119 samples" in answers.inner_text()
    visit.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert visit.page.locator(".lz-sheet").count() == 0


def test_a_teacher_leaves_rooms_and_controls_out_and_writes_larger_by_the_address(visit: Visit) -> None:
    visit.open("?hide=compare,doctor,fwhm,antiCrop,export&class=1#image=street")
    page = visit.page
    for hidden in ('[data-tab="compare"]', '[data-tab="doctor"]', '[data-control="fwhm"]', ".lz-export"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator('[data-tab="learn"]')).to_be_visible()
    expect(page.locator('[data-control="strength"]').first).to_be_visible()
    visit.run("store.set({ room: 'learn', lesson: 4, lessonStep: 'reveal' })")
    page.wait_for_function(f"{ROOM}?.page")
    expect(page.locator('.lz-learn [data-control="separable"]')).to_be_visible()
    expect(page.locator('.lz-learn [data-control="antiCrop"]')).to_be_hidden()
    size = page.locator(".lz-lesson").evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
    assert size > 20
    # The link to this step keeps what the teacher left out.
    page.wait_for_url(re.compile(r"hide=compare.*lesson=4.*at=reveal"))
