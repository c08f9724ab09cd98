"""What a network recognises in few pixels, while a hand paints."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit


def test_the_panel_names_what_few_pixels_show_and_follows_the_brush(visit: Visit) -> None:
    visit.open("#image=chelsea")
    assert not [url for url in visit.requests if "recognised" in url], "nobody asked yet"
    visit.page.get_by_text("Recognition", exact=True).click()
    whole, warped = (visit.page.locator(f".lz-seen-column[data-taken={name}]") for name in ("whole", "warped"))
    expect(whole.locator("li").first).to_contain_text("Egyptian cat")
    expect(warped.locator("h3")).to_contain_text("78 × 52")
    before = warped.inner_text()
    box = visit.page.locator("[data-view=source] .lz-view-frame").bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.1 * box["height"])
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.3 * box["height"], steps=8)
    expect(warped).not_to_have_text(before)  # while the hand is still down
    visit.page.mouse.up()
    expect(whole.locator("li").first).to_contain_text("Egyptian cat")
    visit.answered()
