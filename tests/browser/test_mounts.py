"""Several mounts in one document, none of which is alone: each has its own state, link, theme and keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import DESKTOP, Visit

BUILD = """async (base) => {
  document.body.replaceChildren();
  const { mount, overHttp } = await import(new URL("lzviz/static/main.js", base));
  window.held = [];
  for (let at = 0; at < 4; at++) {
    const element = document.createElement("div");
    element.className = "lz";
    document.body.append(element);
    held.push({ element, ...(await mount(element, { transport: overHttp(base) })) });
  }
}"""
TOOLS = "held.map(({ store }) => store.get().tool)"
THEMES = "held.map(({ element }) => element.dataset.theme)"


@pytest.fixture
def four(browser: Browser, address: str) -> Iterator[Visit]:
    """A bare document of the server's with four mounts."""
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    visit = Visit(context, address)
    visit.page.goto(address + "lzviz/catalogue")
    visit.page.evaluate(BUILD, address)
    visit.page.wait_for_function("held.every(({ element }) => 'lzvizReady' in element.dataset)")
    yield visit
    visit.check()
    context.close()


def test_four_mounts_share_a_document_and_nothing_else(four: Visit) -> None:
    page = four.page
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(({ id }) => id)")
    assert ids and len(ids) == len(set(ids))
    names = page.evaluate("held.map(({ element }) => element.querySelector('input[type=radio]').name)")
    assert len(set(names)) == 4

    first, second = (page.locator(".lz").nth(at) for at in (0, 1))
    before = page.evaluate(TOOLS)
    first.get_by_role("button", name="Move the view").click()
    page.keyboard.press("Escape")
    assert page.evaluate(TOOLS) == ["pan", *before[1:]]
    second.get_by_role("button", name="Erase").click()
    page.keyboard.press("d")
    assert page.evaluate(TOOLS) == ["pan", "erase", *before[2:]]
    assert page.evaluate(THEMES) == ["light", "dark", "light", "light"]
    grounds = page.evaluate("held.map(({ element }) => getComputedStyle(element).backgroundColor)")
    assert grounds[1] != grounds[0] == grounds[2] == grounds[3]

    second.get_by_role("tab", name="Models").click()
    page.wait_for_function("held[1].element.querySelector('.lz-models[data-ready]')")
    assert page.evaluate("held.map(({ element }) => element.dataset.room)") == ["warp", "models", "warp", "warp"]
    assert page.evaluate("[document.body.className, location.hash]") == ["", ""]


def test_a_mount_that_is_disposed_leaves_the_others_and_no_trace(four: Visit) -> None:
    page = four.page
    page.locator(".lz").nth(0).get_by_role("button", name="Move the view").click()
    page.evaluate("held[0].dispose()")
    assert page.evaluate("held[0].element.outerHTML") == '<div class="lz"></div>'
    page.locator(".lz").nth(2).get_by_role("button", name="Read a pixel").focus()
    page.keyboard.press("e")
    assert page.evaluate(TOOLS)[0] == "pan"
    assert page.evaluate(TOOLS)[2] == "erase"
