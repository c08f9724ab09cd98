"""A detector in the real page: its boxes, their scores, what became of them, and the menu of tasks."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit

LINK = "#image=drive&room=pipeline&checkpoint=lzu-fixed-clips-128x256&right=labels&left=error"
NETWORK = 180_000  # a detector on a busy machine, in ms
ROWS = ".lz-found-table tbody tr:not([hidden])"
MARKED = """[...document.querySelectorAll('.lz-learned-views .lz-mark-quad:not([hidden], .lz-mark-rim)')]
    .map(mark => mark.getAttribute('points').split(' ').length)"""


def test_boxes_are_linked_judged_and_hidden_below_a_score(visit: Visit) -> None:
    visit.page.set_default_timeout(NETWORK)
    visit.open(LINK)
    page = visit.page
    rows = page.locator(ROWS)
    expect(rows.first).to_be_visible(timeout=NETWORK)
    expect(page.locator(".lz-found-legend li")).to_have_count(4)
    rows.first.get_by_role("button").focus()
    # The box in the picture has four corners, its border in the zoomed image as many as were told.
    visit.wait(f"JSON.stringify({MARKED}) === '[4,32]'")
    before, asked = rows.count(), len([url for url in visit.requests if "lzviz/learned" in url])
    visit.run("store.set({ foundScore: 0.9 })")
    visit.wait(f"document.querySelectorAll('{ROWS}').length !== {before}")
    assert len([url for url in visit.requests if "lzviz/learned" in url]) == asked
    assert visit.run("store.get().foundScore") == 0.9


def test_every_task_says_itself_and_detection_brings_a_picture_with_boxes(visit: Visit) -> None:
    visit.page.set_default_timeout(NETWORK)
    visit.open("#image=street")
    page = visit.page
    page.get_by_role("button", name="Task").click()
    options = page.get_by_role("listbox", name="Task").get_by_role("option")
    expect(options.filter(has_text=".").or_(options.filter(has_text="?")).first).to_be_visible()
    assert options.count() >= 5
    options.filter(has_text="A box, a class and a score").click()
    visit.wait("store.get().image === 'drive' && store.get().room === 'pipeline'")
    expect(page.locator(ROWS).first).to_be_visible(timeout=NETWORK)
