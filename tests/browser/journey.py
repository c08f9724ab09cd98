"""What a visitor wants, in as few actions as it takes: paint, compare, share; and whoever has the link sees the same."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, expect

from tests.browser.conftest import DESKTOP, Visit

WAYS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "dark phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"},
}
SEEN = (
    "[store.get().room, store.get().compared.join(), Array.from(store.get().paint.data).reduce((a, b) => a + b),"
    " live.get().image.id]"
)


def paint_compare_and_share(browser: Browser, address: str, way: str) -> None:
    """Three actions: a stroke, a tab, a button."""
    visit = Visit(browser.new_context(**WAYS[way], permissions=["clipboard-read", "clipboard-write"]), address).open()
    page = visit.page
    assert page.evaluate("document.body.classList.contains('dark')") == ("dark" in way)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing scrolls sideways"
    visit.stroke((0.3, 0.4), (0.45, 0.45))
    visit.wait("!live.get().painting && store.get().paint !== null")
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".lz-compare-panes .lz-view:visible").first).to_be_visible()
    visit.wait("rooms.compare.scene.frames[1] && !rooms.compare.scene.frames[1].waiting")
    page.get_by_role("button", name="Share").click()
    expect(page.locator(".lz-trouble")).to_contain_text("Link copied")
    link, seen = page.evaluate("navigator.clipboard.readText()"), visit.run(SEEN)
    assert seen[0] == "compare" and seen[2] > 0
    visit.check()
    page.context.close()
    friend = Visit(browser.new_context(**WAYS[way]), link).open()
    friend.wait("rooms.compare?.scene?.frames[1] && !rooms.compare.scene.frames[1].waiting")
    assert friend.run(SEEN) == seen
    friend.check()
    friend.page.context.close()
