"""Compare, driven as a visitor would: methods from a link, one stroke in all panes, hover, budget, table, files."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit
from tests.browser.test_accessible import AXE, FINDINGS

SCOPE = "const { scene, answers } = rooms.compare;"


def compare(visit: Visit, expression: str) -> Any:
    """Evaluate JavaScript with the room's ``scene`` and ``answers`` at hand."""
    return visit.run(f"(() => {{ {SCOPE} return ({expression}); }})()")


def wait(visit: Visit, condition: str) -> None:
    """Wait until a condition on ``scene``, ``answers`` or ``store`` holds."""
    visit.wait(condition, SCOPE)


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
    expect(visit.page.locator(".lz-compare-panes .lz-mark-quad:not(.lz-mark-rim):visible")).to_have_count(3)
    # Python's table follows; ES moves with it; a column sorts, and the table is a file.
    wait(visit, "answers.get().table && answers.get().about === store.get() && answers.get().table.rows[1].region > 0")
    wait(visit, "!scene.frames[2].waiting")
    visit.page.locator("[data-column=region]").click()
    first = visit.page.locator(".lz-compare-table tbody tr").first
    expect(first).not_to_have_attribute("data-name", "uniform")
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
    for view in ("Deformed", "Unzoomed", "Labels", "Errors", "Difference", "Points"):
        visit.page.get_by_role("radiogroup", name="Show").get_by_text(view, exact=True).click()
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
    expect(visit.page.locator(".lz-compare-panes .lz-view-number").first).to_contain_text("no network")
    assert compare(visit, "scene.frames[0] === null"), "nothing is drawn of what no size fits"
    assert "methods=" in visit.page.url and "equal=macs" in visit.page.url


def test_labels_of_networks_are_told_under_the_pointer_and_points_lead_back(visit: Visit) -> None:
    visit.open("#image=street&room=compare&methods=uniform-scenes-64x128,lds-scenes-64x128&width=64&tool=pick")
    wait(visit, "answers.get().table && answers.get().about === store.get() && answers.get().planes.size === 2")
    visit.page.get_by_role("radiogroup", name="Show").get_by_text("Labels", exact=True).click()
    wait(visit, "store.get().comparedView === 'labels' && scene.dirty.size === 0")
    # Somewhere the first network is wrong; its title says so there.
    place = compare(
        visit,
        "((p, { x, y, scale }, e) => { const k = p.data.indexOf(1, p.width * 300);"
        " return [x + (((k % p.width) + 0.5) / p.width) * e.width * scale,"
        " y + ((Math.floor(k / p.width) + 0.5) / p.height) * e.height * scale]; })"
        "(answers.get().planes.get('uniform-scenes-64x128').error, scene.views.source.projection, scene.extent)",
    )
    box = visit.page.locator(".lz-compare-panes .lz-view-overlay").first.bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + place[0], box["y"] + place[1])
    told = visit.page.locator(".lz-compare-told").first
    expect(told).to_be_visible()
    expect(told).to_contain_text("≠")
    expect(visit.page.locator(".lz-compare-pixel:visible")).to_have_count(2)
    # Samples by class, and the figures: what was compared before is a point that leads back.
    expect(visit.page.locator(".lz-compare-matrix tbody tr").first).to_be_visible()
    visit.run("store.set({ width: 96 }, { history: true })")
    wait(visit, "answers.get().about === store.get() && answers.get().trail.length === 2")
    before = visit.page.locator(".lz-compare-before").first
    visit.rest()  # the figures are drawn again with every number that comes
    before.click(force=True)  # finds it again where it was drawn anew
    wait(visit, "store.get().width === 64")
    expect(visit.page.locator(".lz-compare-hollow").first).to_be_attached()


def test_panes_are_split_flipped_and_saved_as_a_figure(visit: Visit) -> None:
    visit.open("#image=rocket&room=compare&methods=uniform,lz:published,cad:depth=2&width=64")
    wait(visit, "answers.get().table && answers.get().about === store.get() && scene.trees[2]")
    visit.page.locator(".lz-compare-acts [aria-label^=Split]").click()
    wait(visit, "scene.dirty.size === 0 && answers.get().split === 0.5")
    ghosts = visit.page.locator(".lz-compare-ghost:visible")
    expect(ghosts).to_have_count(2)
    handle = visit.page.locator(".lz-compare-split:visible").first
    handle.focus()
    visit.page.keyboard.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuenow", "55")
    box = handle.bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + 12, box["y"] + 40)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] - 60, box["y"] + 40, steps=3)
    visit.page.mouse.up()
    assert compare(visit, "answers.get().split < 0.5 && store.get().paint === null")
    # Space flips although a choice above has the focus, and not while a text is written.
    visit.page.locator(".lz-compare-show input").first.focus()
    visit.page.keyboard.down(" ")
    wait(visit, "scene.flipped")
    visit.page.keyboard.up(" ")
    wait(visit, "!scene.flipped")
    visit.page.get_by_role("button", name="Export").click()
    with visit.page.expect_download() as saved:
        visit.page.locator("dialog[open]").get_by_role("button", name="SVG").click()
    drawn = saved.value.path().read_text()
    assert "<svg" in drawn and ">lz:published" in drawn


def test_a_grid_of_ones_own_is_a_method(visit: Visit) -> None:
    visit.open("#image=rocket&room=compare&methods=uniform,lzu&width=32")
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 12), np.linspace(-0.5, 0.5, 9))
    file = io.BytesIO()
    np.save(file, np.stack([x, y], -1)[None])
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_label("Method of pane B").select_option("given")
    chooser.value.set_files({"name": "half.npy", "mimeType": "application/octet-stream", "buffer": file.getvalue()})
    wait(visit, "store.get().compared[1] === 'given' && answers.get().table && answers.get().about === store.get()")
    row = compare(visit, "answers.get().table.rows[1]")
    assert row["note"] is None and row["unseen"] > 0.5
    wait(visit, "!scene.frames[1].waiting && Math.abs(scene.frames[1].grid[0] + 0.5) < 1e-6")
    # Another file that is none leaves what is there, and says so.
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_label("Method of pane A").select_option("given")
    visit.expected.append("422")
    visit.expected.append("400")
    chooser.value.set_files({"name": "no.npy", "mimeType": "application/octet-stream", "buffer": b"none"})
    expect(visit.page.locator(".lz-trouble-text")).to_be_visible()
    assert compare(visit, "store.get().compared.join()") == "uniform,given"


def test_a_phone_shows_a_pane_at_a_time_and_an_upright_table(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark")
    visit = Visit(context, address)
    visit.open("#image=street&room=compare&methods=uniform,lds-scenes-64x128&width=64&show=labels")
    wait(visit, "answers.get().table && answers.get().about === store.get() && answers.get().planes.size === 2")
    assert visit.page.evaluate("document.scrollingElement.scrollWidth") <= 390
    second = visit.page.locator(".lz-compare-panes .lz-view").nth(1)
    before = second.bounding_box()
    visit.page.get_by_role("button", name="Show pane B").click()
    wait(visit, "scene.dirty.size === 0 && answers.get().leads === 1")
    after = second.bounding_box()
    assert before is not None and after is not None
    assert before["x"] > 300 and after["x"] >= 0 and after["x"] + after["width"] <= 390
    table = visit.page.locator(".lz-compare-table[data-upright]")
    expect(table.locator("thead th")).to_have_count(3)
    assert table.evaluate("(it) => it.scrollWidth <= it.parentElement.clientWidth + 1")
    small = visit.page.evaluate(
        "[...document.querySelectorAll('.lz-compare-strip button')].filter((b) => b.offsetParent)"
        ".map((b) => b.getBoundingClientRect()).filter(({ width, height }) => width < 44 || height < 44).length"
    )
    assert small == 0
    visit.page.add_script_tag(path=AXE)
    assert visit.page.evaluate(FINDINGS, None) == []
    visit.check()
    context.close()


def test_nothing_serious_is_found_in_labels_and_split_panes(visit: Visit) -> None:
    visit.open(
        "#image=street&room=compare&methods=uniform,cad:depth=2,lds-scenes-64x128&width=64&show=errors&equal=macs&tool=pick"
    )
    wait(visit, "answers.get().table && answers.get().about === store.get() && answers.get().table.rows[0].note")
    visit.page.keyboard.press("s")
    visit.page.locator(".lz-compare-panes .lz-view-overlay").nth(2).hover(position={"x": 60, "y": 90})
    wait(visit, "scene.dirty.size === 0 && answers.get().split !== null")
    visit.page.add_script_tag(path=AXE)
    assert visit.page.evaluate(FINDINGS, None) == []


def test_another_photograph_has_numbers_of_its_own_and_a_grid_that_is_dropped_is_a_method(visit: Visit) -> None:
    visit.expected.append("422")

    def drop(name: str, data: bytes) -> None:
        visit.page.evaluate(
            "([name, data]) => { const all = new DataTransfer();"
            " all.items.add(new File([Uint8Array.from(data)], name)); const on = document.querySelector('[data-lzviz]');"
            " for (const type of ['dragover', 'drop']) on.dispatchEvent(new DragEvent(type,"
            " { bubbles: true, cancelable: true, dataTransfer: all })); }",
            [name, list(data)],
        )

    def photograph(w: int, h: int) -> bytes:
        written = io.BytesIO()
        Image.new("RGB", (w, h), "teal").save(written, "PNG")
        return written.getvalue()

    visit.open("#image=rocket&room=compare&methods=uniform,lzu&width=64")
    steps = []
    for w, h in ((640, 320), (30, 20)):
        drop("mine.png", photograph(w, h))
        wait(visit, f"scene.extent.width === {w} && answers.get().table && answers.get().about === store.get()")
        steps.append(compare(visit, "answers.get().table.rows[0].step"))
    assert steps[0] > 10 * steps[1], "the state calls both 'own'"
    assert "pane A" in visit.page.locator(".lz-keys-line").inner_text()
    written = io.BytesIO()
    np.save(written, np.stack(np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 30)), -1).astype(np.float32))
    drop("mine.npy", written.getvalue())
    wait(visit, "store.get().compared.join() === 'uniform,lzu,given' && store.get().room === 'compare'")
    wait(visit, "answers.get().table && answers.get().about === store.get() && answers.get().table.rows[2].size")
    np.save(written := io.BytesIO(), np.zeros(3))
    drop("other.npy", written.getvalue())
    expect(visit.page.get_by_role("alert")).to_contain_text("neither a grid")
    assert "…." not in visit.page.get_by_role("alert").inner_text()


def test_the_navigator_moves_and_zooms_all_panes(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 1920, "height": 1080})
    visit.open("#image=rocket&room=compare&methods=uniform,lzu&width=64")
    place = visit.page.locator(".lz-compare-where")
    window = visit.page.locator(".lz-compare-window")
    expect(window).to_be_hidden()
    box = place.bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(640 / 427, rel=0.05)
    visit.page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    for _ in range(4):
        visit.page.mouse.wheel(0, -100)
    wait(visit, "scene.camera.zoom > 2 && scene.camera.u > 0.6")
    expect(window).to_be_visible()
    expect(visit.page.locator(".lz-compare-zoom")).to_have_text("2.4×")
    visit.page.mouse.click(box["x"] + 1, box["y"] + 1)
    wait(
        visit,
        "Math.abs(scene.camera.u * scene.camera.zoom - 0.5) < 0.05"
        " && scene.views.source.projection.x === scene.views.paneB.projection.x",
    )
    assert compare(visit, "getComputedStyle(document.querySelector('.lz-compare-window')).left") == "0px"
    visit.page.set_viewport_size({"width": 390, "height": 844})
    expect(place).to_be_hidden()
