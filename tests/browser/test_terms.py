"""Words explained where they stand: by a pointer, by the keyboard and by a finger, in every room; papers to read along."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from lzviz import terms
from tests.browser.conftest import DESKTOP, Visit
from tests.browser.test_accessible import AXE, FINDINGS

PHONE = {"width": 390, "height": 844}
TOLD = terms.told("en")["terms"]
CARD = ".lz-term:not([hidden])"
ROOMS = (
    "",
    "#room=pipeline&checkpoint=lds-scenes-64x128&left=saliency&right=target",
    "#room=pipeline&checkpoint=es-scenes-64x128&knows=truth",
    "#room=pipeline&checkpoint=downsizenet-scenes-64x128&right=correction",
    "#room=cad&cadmask=oracle&cadview=features",
    "#room=compare",
    "#room=doctor",
    "#room=models",
    "#image=drive&room=pipeline&checkpoint=lzu-adaptive-clips-128x256&left=errors",
    "#image=drive&room=pipeline&checkpoint=uniform-mono3d-128x256",
)


def explained(visit: Visit) -> Visit:
    """Wait until labels are marked."""
    visit.page.wait_for_selector("[data-term]", state="attached")
    return visit


def test_a_label_explains_itself_to_a_pointer_and_escape_closes(visit: Visit) -> None:
    explained(visit.open())
    page = visit.page
    page.locator(".lz-rail [data-term=fwhm]").first.hover()
    card = page.locator(CARD)
    expect(card).to_contain_text(TOLD["fwhm"]["why"])
    expect(card).to_contain_text(TOLD["fwhm"]["formula"])
    expect(page.locator(".lz-tip:visible")).to_have_count(0)
    label, box = page.locator(".lz-rail [data-term=fwhm]").first.bounding_box(), card.bounding_box()
    assert label and box and (box["y"] >= label["y"] + label["height"] or box["y"] + box["height"] <= label["y"])
    assert box["x"] >= 0 and box["x"] + box["width"] <= DESKTOP["width"]
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.mouse.move(*visit.place(0.5, 0.5))
    page.locator(".lz-rail [data-term=strength]").first.hover()
    expect(card).to_contain_text(TOLD["strength"]["what"])
    page.mouse.move(*visit.place(0.5, 0.5))
    expect(card).to_have_count(0)


def test_the_keyboard_opens_a_term_and_describes_its_control(visit: Visit) -> None:
    explained(visit.open())
    page = visit.page
    slider = page.get_by_role("slider", name="Spread (fwhm)")
    slider.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(slider).to_be_focused()
    expect(page.locator(CARD)).to_contain_text(TOLD["fwhm"]["what"])
    assert page.locator(CARD).get_attribute("id") in (slider.get_attribute("aria-describedby") or "").split()
    before = visit.run("store.get()")
    page.keyboard.press("Escape")
    expect(page.locator(CARD)).to_have_count(0)
    assert slider.get_attribute("aria-describedby") is None
    assert visit.run("store.get()") == before
    stop = page.locator(".lz-dock [data-term=roundTrip][tabindex]").first
    stop.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.locator(CARD)).to_contain_text(TOLD["roundTrip"]["what"])


@pytest.mark.parametrize("rest", ["", "#room=models", "#room=compare"])
def test_marked_labels_and_the_card_are_accessible(visit: Visit, rest: str) -> None:
    explained(visit.open(rest))
    visit.page.locator("[data-term]:visible").first.hover()
    expect(visit.page.locator(CARD)).to_have_count(1)
    visit.page.add_script_tag(path=AXE)
    assert visit.page.evaluate(FINDINGS, None) == []
    stops = visit.run("[...document.querySelectorAll('[data-term-stop]')].map((each) => each.dataset.term)")
    assert len(stops) == len(set(stops)), "the keyboard stops at a term once"


def test_papers_to_read_along_are_accessible(visit: Visit) -> None:
    visit.open("#room=learn")
    visit.page.get_by_role("button", name="Read along").click()
    expect(visit.page.locator(".lz-along li").first).to_be_visible()
    visit.page.add_script_tag(path=AXE)
    assert visit.page.evaluate(FINDINGS, None) == []


@pytest.fixture
def finger(browser: Browser, address: str) -> Iterator[Visit]:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    visit = Visit(context, address)
    yield visit
    visit.check()
    context.close()


def test_a_long_press_opens_a_term_and_is_no_tap(finger: Visit) -> None:
    explained(finger.open()).rest()
    page = finger.page
    label = page.locator(".lz-layers [data-term=density], .lz-rail [data-term=strength]").first
    label.scroll_into_view_if_needed()
    box = label.bounding_box()
    assert box
    touch = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    client = page.context.new_cdp_session(page)
    before = finger.run("store.get()")
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [touch]})
    card = page.locator(CARD)
    expect(card).to_have_count(1)
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(card).to_have_count(1)
    shown = card.bounding_box()
    assert shown and shown["x"] >= 0 and shown["x"] + shown["width"] <= PHONE["width"]
    assert finger.run("store.get()") == before
    page.touchscreen.tap(5, 400)
    expect(card).to_have_count(0)


def test_every_term_is_reached_from_a_label(visit: Visit) -> None:
    missing = set(TOLD)
    for rest in ROOMS:
        explained(visit.open(rest))
        visit.rest()
        if rest == "#room=compare":  # its table comes after every method was read in Python
            visit.page.wait_for_selector("[data-term=unseen]", state="attached")
            visit.rest()
        shown = visit.run("[...document.querySelectorAll('[data-term]')].map((each) => each.dataset.term)")
        assert set(shown) <= set(TOLD)
        missing -= set(shown)
    assert missing == set()


def test_one_hint_a_visit_comes_after_the_first_stroke_and_is_put_away_for_good(visit: Visit) -> None:
    explained(visit.open())
    bar = visit.page.locator(".lz-guide")
    for told in ("Dotted words", "Share"):
        expect(bar).to_have_count(0)
        visit.stroke((0.3, 0.5), (0.35, 0.55))
        expect(bar).to_contain_text(told)
        visit.page.get_by_role("button", name="Understood").click()
        expect(bar).to_have_count(0)
        visit.page.reload()
        explained(visit.ready())
    visit.stroke((0.3, 0.5), (0.35, 0.55))
    visit.rest()
    expect(bar).to_have_count(0)


def test_papers_are_read_along_in_the_state_that_shows_them(visit: Visit) -> None:
    visit.open("#room=learn")
    page = visit.page
    page.get_by_role("button", name="Read along").click()
    expect(page.locator(".lz-along li")).to_have_count(sum(len(line["entries"]) for line in terms.told("en")["along"]))
    page.get_by_role("link", name="What a coarse grid costs").click()
    visit.wait("store.get().room === 'warp' && store.get().nodes[0] === 8 && store.get().layers.approximation")
    expect(page.locator(".lz-along")).to_have_count(0)
    page.go_back()
    visit.wait("store.get().room === 'learn'")
