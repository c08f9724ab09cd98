"""A film of the gallery before a detector: boxes handed on from frame to frame, precision, frame drop, the strip."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_film import FRAMES, film

PANEL = ".lz-film-watched"
SEEN = f"document.querySelectorAll('{PANEL} [data-is=seen]').length"
ROOM = "rooms.pipeline.answers.get().room"
CLEAR = """[...document.querySelectorAll('.lz-learned-views .lz-view')].every((view) =>
    view.getBoundingClientRect().bottom <= document.querySelector('.lz-film').getBoundingClientRect().top)"""
NETWORK = 180_000  # a detector on a busy machine, in ms


def open_drive(visit: Visit, more: str = "") -> None:
    visit.page.set_default_timeout(NETWORK)
    visit.open(f"#image=drive&room=pipeline&checkpoint=lzu-adaptive-clips-128x256{more}")
    expect(visit.page.locator(PANEL)).to_be_visible(timeout=NETWORK)


def test_boxes_are_handed_on_and_a_scrub_begins_anew(visit: Visit, tmp_path: Path) -> None:
    open_drive(visit, "&frame=3")
    page = visit.page
    expect(page.locator(".lz-film-count")).to_have_text("4 / 12")
    used = page.locator(".lz-film-used")
    # The frame of a link says as well what it looked by.
    expect(used).to_have_text("Looks at this frame twice, evenly first.", timeout=NETWORK)
    page.get_by_role("button", name="One frame on").click()
    visit.wait("store.get().frame === 4")
    expect(used).to_have_text("Looks at this frame twice, evenly first.", timeout=NETWORK)
    page.get_by_role("button", name="One frame on").click()
    expect(used).to_have_text("Looks where frame 5 had boxes.", timeout=NETWORK)
    assert visit.run("[store.get().frame, live.get().image.id, rooms.pipeline.answers.get().room.answer.looked]") == [
        5,
        "drive.5",
        "before",
    ]
    page.get_by_role("slider", name="Frame").press("End")
    expect(used).to_have_text("Looks at this frame twice, evenly first.", timeout=NETWORK)
    expect(page.locator(".lz-film-precision")).to_contain_text("(3 frames are few)", timeout=NETWORK)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the strip").click()
    saved.value.save_as(tmp_path / "strip.png")
    with Image.open(tmp_path / "strip.png") as strip:
        assert strip.width > 3 * 480 and strip.height > 480


def test_a_film_that_does_not_wait_drops_frames_and_scores_late_boxes(visit: Visit) -> None:
    open_drive(visit)
    page = visit.page
    page.locator(".lz-film-rate").select_option("60")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".lz-film-precision")).to_contain_text("streaming AP", timeout=NETWORK)
    page.get_by_role("button", name="Play").wait_for(timeout=NETWORK)
    expect(page.locator(".lz-film-count")).to_have_text("12 / 12")
    assert 0 < visit.run(SEEN) < 12
    expect(page.locator(".lz-film-used")).to_contain_text(re.compile("late|No answer"))


def test_a_frame_that_passed_is_shown_under_the_boxes_that_were_known_by_then(visit: Visit) -> None:
    """The last frame that was answered stayed, with its own boxes, while the counter and the link told a later one."""
    open_drive(visit, "&left=error")
    page = visit.page
    page.locator(".lz-film-rate").select_option("60")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".lz-film-count")).to_have_text("12 / 12", timeout=NETWORK)
    page.get_by_role("button", name="Play").wait_for(timeout=NETWORK)
    visit.wait(f"{ROOM}?.late?.frame === 11 && {ROOM}.found.true")
    told = visit.run(
        f"((room) => ({{ link: store.get().frame, picture: room.picture.id, image: live.get().image.id,"
        f" of: room.late.of, boxes: room.found.boxes.length, true: room.found.true.map(({{ box }}) => box),"
        f" note: document.querySelector('.lz-found-late').textContent,"
        f" said: document.querySelector('.lz-film-used').textContent }}))({ROOM})"
    )
    assert (told["link"], told["picture"], told["image"]) == (11, "drive.11", "drive.11")
    assert told["of"] is None or told["of"] < 11
    assert (told["boxes"] > 0) == (told["of"] is not None)
    assert told["note"] == told["said"] and re.search("late|No answer", told["said"])
    # What was known is there to be looked at, frame by frame, and nothing is asked about it.
    asked = len([url for url in visit.requests if url.endswith("lzviz/learned")])
    page.get_by_role("button", name="One frame back").click()
    visit.wait(f"{ROOM}.late?.frame === 10 && {ROOM}.picture.id === 'drive.10' && {ROOM}.found.true.length > 0")
    assert visit.run(f"{ROOM}.found.true.map(({{ box }}) => box)") != told["true"]
    assert asked == len([url for url in visit.requests if url.endswith("lzviz/learned")])
    # A film that waits shows the frame's own boxes again.
    page.locator(".lz-film-rate").select_option("The film waits")
    visit.wait(f"!{ROOM}.late && {ROOM}.picture.id === 'drive.10'")
    expect(page.locator(".lz-film-used")).to_have_text("Looks at this frame twice, evenly first.", timeout=NETWORK)


def test_detectors_stand_side_by_side_and_each_looks_where_its_own_boxes_were(visit: Visit) -> None:
    page = visit.page
    page.set_default_timeout(NETWORK)
    visit.open(
        "#image=drive&room=compare&frame=3&width=128"
        "&methods=uniform-clips-128x256,lzu-adaptive-clips-128x256,uniform-camvid-48x64"
    )
    used, table = page.locator(".lz-film-used"), page.locator(".lz-compare-table")
    expect(used).to_have_text("A: the same way at every frame. B: twice at this frame, evenly first.", timeout=NETWORK)
    expect(page.locator(".lz-view-number").filter(has_text="AP").locator("visible=true")).to_have_count(2)
    expect(table.locator("tbody tr").nth(2)).to_contain_text("not comparable")
    page.get_by_role("button", name="One frame on").click()
    expect(used).to_have_text("A: the same way at every frame. B: where frame 4 had boxes.", timeout=NETWORK)
    expect(table.locator("thead")).to_contain_text("AP, film", timeout=NETWORK)
    found = visit.run("Object.fromEntries(rooms.compare.answers.get().table.rows.map((row) => [row.name, row.looked]))")
    assert found == {
        "uniform-clips-128x256": "own",
        "lzu-adaptive-clips-128x256": "before",
        "uniform-camvid-48x64": None,
    }
    assert visit.run("live.get().image.id") == "drive.4"
    page.get_by_role("button", name="Play").click()
    visit.wait("rooms.compare.answers.get().handed.films['uniform-clips-128x256']?.length >= 2")
    page.get_by_role("button", name="Pause").click()
    assert visit.complaints == []


@pytest.mark.parametrize("kind", ["gif", "webm"])
def test_an_own_film_is_shown_and_played_by_its_own_boxes_without_a_precision(
    visit: Visit, tmp_path: Path, kind: str
) -> None:
    """Opened from a film of the gallery: the first frame was asked about under the name of that one, and never shown."""
    page = visit.page
    open_drive(visit, "&frame=3")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a picture").first.click()
    chooser.value.set_files(film(kind, tmp_path))
    room = "rooms.pipeline.answers.get().room"
    visit.wait(f"store.get().image === 'own' && {room}?.picture === live.get().image && {room}.found")
    assert visit.run(f"[store.get().frame, {room}.found.true, {room}.answer.looked]") == [0, None, "twice"]
    page.get_by_role("button", name="One frame on").click()
    expect(page.locator(".lz-film-used")).to_have_text("Looks where frame 1 had boxes.", timeout=NETWORK)
    expect(page.locator(".lz-film-precision")).to_have_text("No AP: add true boxes in the options.")
    page.locator(".lz-film-rate").select_option("60")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Play").wait_for(timeout=NETWORK)
    assert visit.complaints == []


def test_a_film_says_that_its_frames_are_few_and_what_others_came_to(visit: Visit) -> None:
    """AP of twelve frames stood there like a result, and uniform's had to be remembered."""
    open_drive(visit, "&frame=3")
    page = visit.page
    precision = page.locator(".lz-film-precision")
    page.get_by_role("button", name="One frame on").click()
    expect(precision).to_contain_text("(1 frame tells little)", timeout=NETWORK)
    assert "intervals" in (precision.get_attribute("title") or "")
    first = visit.run(f"{ROOM}.answer.title")
    visit.run("store.set({ checkpoint: 'uniform-clips-128x256' })")
    visit.wait(f"{ROOM}?.answer.checkpoint === 'uniform-clips-128x256'")
    expect(page.locator(".lz-film-beside")).to_be_hidden()
    page.get_by_role("button", name="One frame on").click()
    expect(precision).to_contain_text(re.compile(rf"· {re.escape(first)}: [\d.]+ % \(1 frame\)"), timeout=NETWORK)
    # However much the bar says, the views end above it.
    visit.run("(document.querySelector('.lz-film-precision').textContent = 'word '.repeat(120), 0)")
    visit.wait(CLEAR)
    visit.run("store.set({ checkpoint: 'lzu-adaptive-clips-128x256' })")
    page.get_by_role("button", name="Beside uniform").click()
    visit.wait("store.get().room === 'compare'")
    assert visit.run("store.get().compared") == ["uniform-clips-128x256", "lzu-adaptive-clips-128x256"]


def test_a_film_in_space_is_watched_as_one_in_the_picture(visit: Visit) -> None:
    """A detector in space had the row of painted maps below its film."""
    page = visit.page
    page.set_default_timeout(NETWORK)
    visit.open("#image=drive&room=pipeline&checkpoint=lzu-fixed-mono3d-128x256&frame=2")
    expect(page.locator(PANEL)).to_be_visible(timeout=NETWORK)
    expect(page.locator(".lz-film-rate")).to_be_visible()
    expect(page.get_by_role("button", name="Answer every frame")).to_be_hidden()
    page.get_by_role("button", name="One frame on").click()
    expect(page.locator(".lz-film-used")).to_have_text("Looks the same way at every frame.", timeout=NETWORK)
    expect(page.locator(".lz-film-precision")).to_contain_text("(1 frame tells little)", timeout=NETWORK)
    assert visit.run(f"[store.get().frame, {ROOM}.found.answer.camera]") == [3, "true"]
    terms = "[...document.querySelectorAll('.lz-found-scores [data-term]')].map((label) => label.dataset.term)"
    visit.wait(f"['map3d', 'ate', 'ase', 'aoe'].every((term) => {terms}.includes(term))")
    # Late bodies in space stand where they stood.
    page.locator(".lz-film-rate").select_option("60")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".lz-film-count")).to_have_text("12 / 12", timeout=NETWORK)
    page.get_by_role("button", name="Play").wait_for(timeout=NETWORK)
    visit.wait(f"{ROOM}?.late?.frame === 11 && {ROOM}.found.true")


def test_a_folder_of_frames_is_a_film_before_a_detector(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    open_drive(visit)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a picture").first.click()
    chooser.value.set_files(film("frames", tmp_path))
    expect(page.locator(".lz-film-count")).to_have_text(f"1 / {FRAMES}", timeout=NETWORK)
    visit.wait(f"store.get().image === 'own' && {ROOM}?.picture === live.get().image && {ROOM}.found")
    page.get_by_role("button", name="One frame on").click()
    expect(page.locator(".lz-film-used")).to_have_text("Looks where frame 1 had boxes.", timeout=NETWORK)
    expect(page.locator(".lz-film-precision")).to_have_text("No AP: add true boxes in the options.")
    # Frames that pass are not given to Python; one that is wanted after them is.
    page.locator(".lz-film-rate").select_option("60")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".lz-film-count")).to_have_text(f"{FRAMES} / {FRAMES}", timeout=NETWORK)
    page.get_by_role("button", name="Play").wait_for(timeout=NETWORK)
    visit.wait(f"{ROOM}?.late?.frame === {FRAMES - 1} && {ROOM}.picture === live.get().image")
    visit.run("store.set({ checkpoint: 'uniform-clips-128x256' })")
    visit.wait(f"!{ROOM}?.late && {ROOM}?.answer.checkpoint === 'uniform-clips-128x256' && {ROOM}.found")
    assert visit.complaints == []
