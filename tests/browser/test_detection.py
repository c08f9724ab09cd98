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


def test_a_false_box_says_which_kind_it_is_and_every_verdict_explains_itself(visit: Visit) -> None:
    """Doubles, other classes and background were all called false, beside an IoU of .84, and no word had a card."""
    page = visit.page
    page.set_default_timeout(NETWORK)
    visit.open(LINK + "&least=0.05")
    expect(page.locator(ROWS).first).to_be_visible(timeout=NETWORK)
    told = visit.run(
        "(({ found }) => ({ of: Object.fromEntries(['false', 'twice', 'class'].map((kind) => [kind,"
        " found.shown(store.get().foundScore).filter(({ verdict }) => verdict === kind).length])),"
        " chip: document.querySelector('.lz-found-legend li:nth-child(3)').innerText,"
        " rows: [...document.querySelectorAll('.lz-found-table tbody small')].map(({ textContent }) => textContent) }))"
        "(rooms.pipeline.answers.get().room)"
    )
    words = {"false": "background", "twice": "double", "class": "other class"}
    assert sum(told["of"].values()) > 0
    for kind, count in told["of"].items():
        assert (f"{words[kind]} {count}" in told["chip"]) == (count > 0), told
        assert told["rows"].count(words[kind]) >= count
    visit.wait(
        "['right', 'placed', 'false', 'missed', 'verdict', 'level', 'ap', 'ap50', 'ap75', 'iou']"
        ".every((term) => document.querySelector(`.lz-dock [data-term=${term}]`))"
    )
    page.locator(".lz-found-scores [data-term=ap50]").hover()
    expect(page.locator(".lz-term")).to_contain_text("half an overlap")


def test_a_phone_shows_the_film_below_the_picture_scores_before_boxes_and_the_score_of_the_slider(visit: Visit) -> None:
    """The film's bar lay over the zoomed picture, and the scores came after a list of 64 boxes."""
    page = visit.page
    page.set_default_timeout(NETWORK)
    page.set_viewport_size({"width": 390, "height": 844})
    visit.open(LINK)
    expect(page.locator(".lz-film-watched")).to_be_visible(timeout=NETWORK)
    expect(page.locator(ROWS).first).to_be_visible(timeout=NETWORK)
    expect(page.locator(".lz-learned-amount:visible").first).to_contain_text("≥ 0.30")
    visit.wait("document.querySelectorAll('.lz-view-frame').length === 2")
    place = visit.run(
        "Object.fromEntries(Object.entries({ views: '[data-view=zoomed].lz-view', film: '.lz-film', scores:"
        " '.lz-found-scores', boxes: '.lz-found-boxes', save: '.lz-film-watched' }).map(([name, select]) => {"
        " const box = document.querySelector(select).getBoundingClientRect();"
        " return [name, { top: box.top, bottom: box.bottom, left: box.left, right: box.right }]; }))"
    )
    assert place["film"]["top"] >= place["views"]["bottom"]
    assert place["scores"]["bottom"] <= place["boxes"]["top"] + 1
    inside = "[...document.querySelectorAll('.lz-film *')].every((each) => !each.checkVisibility()"
    assert visit.run(inside + " || each.getBoundingClientRect().right <= innerWidth)")
    assert visit.run("document.documentElement.scrollWidth") == 390
    rows = page.locator(f"{ROWS}:visible")
    assert rows.count() <= 6
    page.get_by_role("button", name="All boxes", exact=True).click()
    assert rows.count() > 6
    page.get_by_role("button", name="Fewer boxes").click()
    assert rows.count() <= 6
