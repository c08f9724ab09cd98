"""The room of the models, as a visitor meets it: loaded when it is opened, results, filters, cards, loading one's own."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Visit


def opened(visit: Visit, rest: str = "") -> Visit:
    """The room of the models, ready."""
    visit.open(rest)
    visit.page.locator("button.lz-tab", has_text="Models").click()
    visit.page.wait_for_selector(".lz-models[data-ready]")
    return visit


def test_nothing_of_the_tab_is_loaded_before_it_is_opened(visit: Visit) -> None:
    visit.open()
    assert not [url for url in visit.requests if "models/models" in url or "/lzviz/models" in url or "/results" in url]
    visit.page.locator("button.lz-tab", has_text="Models").click()
    visit.page.wait_for_selector(".lz-models[data-ready]")
    expect(visit.page.locator(".lz-result[data-data=cityscapes] .lz-plot-mark").first).to_be_visible()


def test_the_bar_stays_where_it_is_when_tabs_change(visit: Visit) -> None:
    visit.open()
    places = "tabs.filter((tab) => tab.offsetParent).map((tab) => tab.getBoundingClientRect().x)"
    strip = f"((tabs) => {places})([...document.querySelectorAll('.lz-tab')])"
    before = visit.page.evaluate(strip)
    visit.page.locator("button.lz-tab", has_text="Models").click()
    visit.page.wait_for_selector(".lz-models[data-ready]")
    assert visit.page.evaluate(strip) == before
    visit.page.locator("button.lz-tab", has_text="Explore").click()
    expect(visit.page.locator("[data-view=zoomed] canvas").first).to_be_visible()
    assert visit.page.evaluate(strip) == before


def test_another_cost_draws_more_papers_and_the_table_follows_the_filters(visit: Visit) -> None:
    opened(visit)
    visit.page.get_by_text("Pixels", exact=True).click()
    expect(visit.page.locator(".lz-result[data-data=voc]")).to_be_visible()
    rows = visit.page.locator("table.lz-numbers tbody tr")
    all_rows = rows.count()
    visit.page.get_by_role("button", name="LZU", exact=True).click()
    expect(rows.filter(has_text="LZU, fixed")).to_have_count(0)
    visit.page.wait_for_function(
        "(all) => document.querySelectorAll('table.lz-numbers tbody tr').length < all", arg=all_rows
    )


def test_figures_follow_the_theme(visit: Visit) -> None:
    opened(visit)
    tick = visit.page.locator(".lz-plot .lz-plot-y").first
    light = tick.evaluate("e => getComputedStyle(e).fill")
    visit.page.locator(".lz-top-theme").click()
    visit.page.wait_for_function(
        "(light) => getComputedStyle(document.querySelector('.lz-plot .lz-plot-y')).fill !== light", arg=light
    )


def test_a_mark_tells_its_facts_and_opens_its_card(visit: Visit) -> None:
    opened(visit)
    visit.rest()  # what comes later moves the figures
    mark = visit.page.locator(".lz-plot-mark:not([data-name='']) > :last-child").first
    name = visit.page.locator(".lz-plot-mark:not([data-name=''])").first.get_attribute("data-name")
    box = mark.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    visit.page.mouse.move(*middle)
    expect(visit.page.locator(".lz-plot-facts:visible")).to_contain_text("multiply-adds")
    visit.page.mouse.click(*middle)
    expect(visit.page.locator(f".lz-card[data-name='{name}']")).to_be_focused()


def test_files_that_are_no_checkpoint_are_refused_in_a_sentence(visit: Visit, tmp_path: Path) -> None:
    opened(visit)
    (tmp_path / "weights.pth").write_bytes(b"x")
    choose, said = visit.page.locator(".lz-own input[type=file]"), visit.page.locator(".lz-own-said")
    choose.set_input_files(tmp_path / "weights.pth")
    expect(said).to_contain_text("may be a pickle")
    (tmp_path / "model.safetensors").write_bytes(b"x")
    choose.set_input_files(tmp_path / "model.safetensors")
    expect(said).to_contain_text("two files together")
    visit.expected.append("status of 4")
    visit.page.get_by_text("Folder", exact=True).click()
    visit.page.get_by_label("Folder", exact=True).last.fill("/no/such/folder")
    visit.page.get_by_role("button", name="Load", exact=True).first.click()
    expect(said).to_contain_text("This server opens no folders")


def test_the_link_carries_the_room_and_back_and_forward_step_through_rooms(visit: Visit) -> None:
    opened(visit, "#image=coffee")
    room = "document.querySelector('[data-lzviz]').dataset.room"
    visit.page.wait_for_function("location.hash.includes('room=models')")
    visit.page.go_back()
    visit.page.wait_for_function(f"{room} === 'warp' && !location.hash.includes('room=')")
    visit.page.go_forward()
    visit.page.wait_for_function(f"{room} === 'models'")
    assert "image=coffee" in visit.page.url
    visit.page.reload()
    visit.ready()
    expect(visit.page.get_by_role("tab", name="Models")).to_have_attribute("aria-selected", "true")
    visit.page.get_by_role("tab", name="Models").press("ArrowRight")
    expect(visit.page.locator("[data-view=zoomed] canvas").first).to_be_visible()


def test_a_loaded_checkpoint_stands_in_the_menu_by_its_title_and_never_as_none(visit: Visit) -> None:
    opened(visit)
    folder = Path(__file__).parents[2] / "checkpoints/uniform-camvid-48x64"
    files = [folder / "model.safetensors", folder / "card.json"]
    visit.page.locator(".lz-own input[type=file]").set_input_files(files)
    visit.page.locator(".lz-own-said button").click()
    menu = visit.page.locator(".lz-model button[aria-label^=Model]").first
    expect(menu).to_contain_text("Uniform")
    title = menu.inner_text()
    name = visit.run("store.get().checkpoint")
    assert name.startswith("own-")
    visit.page.reload()
    visit.ready()
    expect(menu).to_have_text(title, use_inner_text=True)
