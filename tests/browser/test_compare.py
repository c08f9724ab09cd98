"""Compare, driven as a visitor would: methods from a link, one stroke in all panes, hover, budget, table, files."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Visit


def compare(visit: Visit, expression: str) -> Any:
    """Evaluate JavaScript with the room's ``scene`` and ``answers`` at hand."""
    return visit.page.evaluate(
        "() => { const { rooms: { compare: { scene, answers } }, store } = document.querySelector('[data-lzviz]').lzviz;"
        f" return ({expression}); }}"
    )


def wait(visit: Visit, condition: str) -> None:
    """Wait until a condition on ``scene``, ``answers`` or ``store`` holds."""
    visit.page.wait_for_function(
        "() => { const { rooms: { compare: { scene, answers } }, store } = document.querySelector('[data-lzviz]').lzviz;"
        f" return ({condition}); }}"
    )


def test_one_picture_in_all_panes_painted_hovered_counted_and_saved(visit: Visit) -> None:
    visit.open("#image=rocket&room=compare&methods=uniform,lzu,es&width=64")
    panes = visit.page.locator(".lz-compare-panes .lz-view:visible")
    expect(panes).to_have_count(3)
    wait(visit, "answers.get().table && answers.get().about === store.get()")
    expect(visit.page.locator(".lz-compare-table tbody tr")).to_have_count(3)
    # A stroke in the second pane moves the samples of both others that look, before Python says anything.
    before = compare(visit, "scene.frames.map((frame) => Array.from(frame.grid.slice(0, 400)))")
    box = panes.nth(1).locator(".lz-view-overlay").bounding_box()
    assert box is not None
    x, y = box["x"] + 0.5 * box["width"], box["y"] + 0.4 * box["height"]
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + 20, y + 5, steps=4)
    visit.page.mouse.up()
    wait(visit, "store.get().paint !== null")
    after = compare(visit, "scene.frames.map((frame) => Array.from(frame.grid.slice(0, 400)))")
    assert before[0] == after[0] and before[1] != after[1]
    # The same place of the source, a footprint a pane.
    visit.page.mouse.move(x + 2, y)
    wait(visit, "answers.get().hovers.filter(Boolean).length === 3")
    quads = compare(visit, "answers.get().hovers.map(({ quad }) => quad)")
    assert quads[0] != quads[1]
    assert visit.page.locator(".lz-compare-panes .lz-mark-quad:not(.lz-mark-rim):visible").count() == 3
    # Python's table follows; ES moves with it; a column sorts, and the table is a file.
    wait(visit, "answers.get().table && answers.get().about === store.get() && answers.get().table.rows[1].region > 0")
    wait(visit, "!scene.frames[2].waiting")
    visit.page.locator("[data-column=region]").click()
    first = visit.page.locator(".lz-compare-table tbody tr").first
    assert first.get_attribute("data-name") != "uniform"
    expect(first.locator(".lz-compare-best").first).to_be_visible()
    with visit.page.expect_download() as saved:
        visit.page.locator("[data-file=tex]").click()
    assert r"\toprule" in saved.value.path().read_text()


def test_cameras_views_methods_and_budget(visit: Visit) -> None:
    visit.open("#image=rocket&room=compare&methods=uniform,lzu&width=64")
    # One wheel zooms all.
    visit.page.locator(".lz-compare-panes .lz-view:visible .lz-view-overlay").nth(1).hover()
    visit.page.mouse.wheel(0, -400)
    wait(visit, "scene.camera.zoom > 1 && scene.views.source.projection.scale === scene.views.paneB.projection.scale")
    for view in ("Deformed", "Unzoomed", "Difference", "Points"):
        visit.page.get_by_text(view, exact=True).click()
        wait(visit, f"store.get().comparedView === '{view.lower()}' && scene.dirty.size === 0")
    # Space: every pane is the first one's.
    visit.page.locator(".lz-compare-panes .lz-view-overlay").first.focus()
    visit.page.keyboard.down(" ")
    wait(visit, "scene.flipped && scene.shown(1) === scene.frames[0]")
    visit.page.keyboard.up(" ")
    wait(visit, "!scene.flipped")
    # A method that stands elsewhere changes places; one more, one less.
    visit.page.get_by_label("Method of pane A").select_option("lzu")
    wait(visit, "store.get().compared.join() === 'lzu,uniform'")
    visit.page.get_by_role("button", name="Add", exact=True).click()
    expect(visit.page.locator(".lz-compare-panes .lz-view:visible")).to_have_count(3)
    visit.page.get_by_role("button", name="Leave out pane A").click()
    expect(visit.page.locator(".lz-compare-panes .lz-view:visible")).to_have_count(2)
    # A budget that a sampler cannot spend is said in its pane and in its row.
    visit.page.get_by_text("Multiply-adds", exact=True).click()
    wait(visit, "answers.get().table && answers.get().about.comparedEqual === 'macs'")
    expect(visit.page.locator(".lz-compare-table tbody tr").first).to_contain_text("no network")
    assert "methods=" in visit.page.url and "equal=macs" in visit.page.url
