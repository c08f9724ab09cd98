"""Processes that die, and processes that answer for each other: what a visitor sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.served import ROOT, App
from tests.browser.conftest import DESKTOP, Visit
from tests.browser.test_own_pictures import TROUBLE, choose_file, png
from tests.processes import proxy

CHECKPOINT = ROOT / "checkpoints" / "lds-camvid-96x128"
QUIET = ["Failed to load resource"]
SAME = {"LZVIZ_SECRET": "a secret of two processes"}


@pytest.fixture(scope="module")
def apps() -> Iterator[list[App]]:
    """Two processes that share a secret."""
    with ExitStack() as stack:
        yield [app.wait() for app in [stack.enter_context(App(**SAME)) for _ in range(2)]]


@pytest.fixture
def visiting(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A visit to a process that may die."""
    app = request.getfixturevalue("apps")[0]
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    visit = Visit(context, app.address)
    visit.expected = QUIET
    yield visit
    visit.check()
    context.close()


def statuses(visit: Visit) -> list[int]:
    """The status of every answer from now on."""
    heard: list[int] = []
    visit.page.on("response", lambda answer: heard.append(answer.status))
    return heard


def test_any_of_two_processes_answers_every_question(browser: Browser, apps: list[App]) -> None:
    with proxy([app.port for app in apps]) as address, browser.new_context(viewport=DESKTOP) as context:  # type: ignore[arg-type]
        visit = Visit(context, address)
        visit.expected = QUIET
        visit.open("#image=coffee")
        heard = statuses(visit)
        visit.stroke((0.3, 0.3), (0.5, 0.5))
        visit.answered()
        choose_file(visit, "mine.png", png(90, 160))
        visit.wait("store.get().image === 'own' && live.get().image.width === 160")
        for strength in (20, 30, 40):
            visit.run("store.set({strength: given})", strength)
            visit.answered()
            expect(visit.page.locator(TROUBLE)).to_be_hidden()
        for threshold in (0.1, 0.2, 0.3):
            visit.run("store.set({room: 'cad', cadThreshold: given})", threshold)
            visit.answered()
            expect(visit.page.locator(TROUBLE)).to_be_hidden()
        visit.run("store.set({room: 'models'})")
        files = [CHECKPOINT / "card.json", CHECKPOINT / "model.safetensors"]
        visit.page.locator(".lz-own input[type=file]").set_input_files(files)
        visit.page.locator(".lz-own-said button").click()
        name = visit.run("store.get().checkpoint")
        assert name.startswith("own-")
        for source in ("network", "edges", "network"):
            visit.run("store.set({learnedFrom: given})", source)
            visit.answered()
            expect(visit.page.locator(TROUBLE)).to_be_hidden()
        visit.run("store.set({room: 'models'})")
        expect(visit.page.locator(f".lz-card[data-name='{name}']")).to_be_visible()
        assert visit.run("store.get().checkpoint") == name
        visit.check()
    assert set(heard) <= {200, 304, 404} and heard.count(404) <= 12


def test_a_server_killed_in_the_middle_of_a_stroke_is_asked_again_by_itself(visiting: Visit, apps: list[App]) -> None:
    visiting.open("#image=coffee")
    visiting.answered()
    page = visiting.page
    page.mouse.move(*visiting.place(0.3, 0.3))
    page.mouse.down()
    page.mouse.move(*visiting.place(0.4, 0.4), steps=4)
    apps[0].kill()
    page.mouse.move(*visiting.place(0.5, 0.5), steps=4)
    page.mouse.up()
    expect(page.locator(TROUBLE)).to_contain_text("cannot be reached")
    assert visiting.painted(0.4, 0.4) > 200
    apps[0].start().wait()
    visiting.answered()
    expect(page.locator(TROUBLE)).to_be_hidden()
    assert visiting.painted(0.4, 0.4) > 200 and "paint=" in page.url


def test_a_picture_outlives_the_server_that_had_it(visiting: Visit, apps: list[App]) -> None:
    visiting.open("#image=coffee")
    choose_file(visiting, "mine.png", png(90, 160))
    visiting.wait("store.get().image === 'own' && live.get().image.width === 160")
    visiting.answered()
    apps[0].kill()
    apps[0].start().wait()
    visiting.stroke((0.3, 0.3), (0.5, 0.5))
    visiting.answered()
    expect(visiting.page.locator(TROUBLE)).to_be_hidden()


def test_a_browser_that_was_offline_is_answered_as_soon_as_it_is_back(visiting: Visit) -> None:
    visiting.open("#image=coffee")
    visiting.answered()
    visiting.page.context.set_offline(True)
    visiting.stroke((0.3, 0.3), (0.5, 0.5))
    expect(visiting.page.locator(TROUBLE)).to_contain_text("cannot be reached")
    visiting.page.context.set_offline(False)
    visiting.answered()
    expect(visiting.page.locator(TROUBLE)).to_be_hidden()
    assert visiting.painted(0.4, 0.4) > 200


def test_two_tabs_on_one_link_do_not_disturb_each_other(visiting: Visit) -> None:
    visiting.open("#image=coffee&strength=33")
    other = Visit(visiting.page.context, visiting.address).open(f"#{visiting.page.url.partition('#')[2]}")
    visiting.page.bring_to_front()
    visiting.stroke((0.3, 0.3), (0.5, 0.5))
    visiting.answered()
    other.page.bring_to_front()
    other.stroke((0.7, 0.7), (0.8, 0.8))
    other.answered()
    assert visiting.painted(0.4, 0.4) > 200 and visiting.painted(0.75, 0.75) == 0
    assert other.painted(0.75, 0.75) > 200 and other.painted(0.4, 0.4) == 0
    other.check()
